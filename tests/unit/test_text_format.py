"""Words that pages and commands share."""

import pytest

from jitai.text_format import counted, duration


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (1200, "1,200 days"), (-1, "-1 days")]
)
def test_a_noun_agrees_with_its_number(number: int, words: str) -> None:
    assert counted(number, "day") == words


def test_a_noun_may_have_a_plural_of_its_own() -> None:
    assert counted(1, "study", "studies") == "1 study"
    assert counted(2, "study", "studies") == "2 studies"


def test_times_are_no_more_exact_than_anybody_needs() -> None:
    assert (duration(99.4), duration(120.0)) == ("99 s", "2 min")
