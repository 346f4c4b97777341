"""Complaints about people's files: each names the field, says what it must be, and suggests the near word."""

from typing import Annotated, Any

import pytest
from pydantic import BeforeValidator, Field

from jitai.errors import FileFormatError
from jitai.file_models import LIST_OF_OBJECTS, Complaint, FileModel, Label, Text, Texts, validated


def _even(value: object) -> object:
    if value == 13:
        raise Complaint("thirteen is not wanted here")
    return value


class Part(FileModel):
    share: Annotated[float, Field(ge=0, le=1)] = 0.5
    count: Annotated[int, BeforeValidator(_even)] = 0


class Whole(FileModel):
    name: Text
    version: Label = "1"
    parts: Annotated[list[Part], LIST_OF_OBJECTS] = Field(default_factory=list)
    by_name: dict[str, Part] = Field(default_factory=dict)
    words: Texts = Field(default_factory=list)
    few: Annotated[list[str], Field(max_length=1000)] = Field(default_factory=list)
    is_on: bool = False
    above: Annotated[float, Field(gt=0)] = 1.0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({}, '"name" is missing'),
        ([], "it must hold names and values (a JSON object)"),
        ({"name": " "}, '"name" must be a text that is not empty'),
        ({"name": 3}, '"name" must be a text, not 3'),
        ({"name": "a", "version": 1.5}, '"version" must be a text, not 1.5'),
        ({"name": "a", "is_on": "yes"}, '"is_on" must be true or false, not \'yes\''),
        ({"name": "a", "above": 0}, '"above" must be above 0, not 0'),
        ({"name": "a", "above": float("nan")}, '"above" must be a finite number'),
        ({"name": "a", "above": True}, '"above" must be a finite number'),
        ({"name": "a", "words": ["x", ""]}, '"words" must be a list of texts that are not empty'),
        ({"name": "a", "parts": {}}, '"parts" must be a list of JSON objects'),
        ({"name": "a", "parts": [{}, {"share": 2}]}, '"share" must be at most 1, not 2 (in "parts", number 2)'),
        ({"name": "a", "parts": [{"count": 1.5}]}, '"count" must be a whole number, not 1.5 (in "parts", number 1)'),
        ({"name": "a", "parts": [{"count": 13}]}, 'thirteen is not wanted here (in "parts", number 1, "count")'),
        ({"name": "a", "by_name": {"x" * 30: 3}},
         f'"{"x" * 30}" must hold names and values (a JSON object), not 3 (in "by_name")'),
        ({"name": "a", "by_name": {"x" * 30: {"share": -1}}},
         f'must be at least 0, not -1 (in "by_name", "{"x" * 20}…")'),
        ({"name": "a", "few": ["b", 1]}, '"few", number 2, must be a text, not 1'),
        ({"name": "a", "few": ["b"] * 1001}, '"few" holds 1,001 values: at most 1,000 are allowed'),
        ({"name": "a", "above": 10**5000}, '"above" must be a finite number, not so large a number'),
        ({"name": "a", "above": -(10**5000)}, '"above" must be a finite number, not so large a number'),
        ({"name": "a", 10**5000: 1}, "cannot be used"),
        ({"nam": "a"}, "there is no field 'nam'; did you mean 'name'"),
        ({"name": "b", "elsewher": 1}, "there is no field 'elsewher'; did you mean 'elsewhere'"),
        ({"name": "b", "parts": [{"shar": 1}]}, "no field 'shar' (in \"parts\", number 1); did you mean 'share'"),
        ({"name": "b", "by_name": {"k": {"zzz": 1}}}, "no field 'zzz' (in \"by_name\", \"k\"); known are share, count"),
    ],
)  # fmt: skip
def test_a_complaint_names_the_field(content: Any, complaint: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        validated(Whole, content, FileFormatError, known_names_only=True, also_known=("elsewhere",))
    assert complaint in str(caught.value)
    assert caught.value.__cause__ is None, "pydantic's error repeats what the file holds"


def test_names_that_are_not_known_are_passed_over_unless_they_are_asked_for() -> None:
    found = validated(Whole, {"name": "a", "version": 7, "more": 1, "parts": [{"more": 1}]}, FileFormatError)
    assert (found.name, found.version, found.parts) == ("a", "7", [Part()])


def test_the_place_of_a_part_is_told() -> None:
    with pytest.raises(FileFormatError, match=r'"share" must be at most 1, not 2 \(in "parts", number 3\)'):
        validated(Part, {"share": 2}, FileFormatError, inside=("parts", 2))
