"""A person's CSV file: what is read, and how what is wrong is said; and balanced samples."""

from itertools import pairwise

import pytest

from jitai.corpus import CALIBRATION, DEVELOPMENT, KINDS, TEST, load_part
from jitai.errors import FileFormatError, ParameterError
from jitai.records import Label, Statement
from jitai.validation import corpora
from jitai.validation.corpora import NOT_GIVEN, balanced_sample, chosen, read_labelled_csv, shuffled


def read(text: str) -> tuple[Statement, ...]:
    return read_labelled_csv(text.encode(), "mine.csv")


def test_the_least_that_is_needed() -> None:
    found = read("text,label\nMy knee hurts,cannot_walk\nFine,can_walk\n")
    assert [item.text for item in found] == ["My knee hurts", "Fine"]
    assert [item.label for item in found] == [Label.CANNOT_WALK, Label.CAN_WALK]
    assert {item.kind for item in found} == {NOT_GIVEN}
    assert found[0].pair != found[1].pair
    assert [item.identifier for item in found] == ["line 2", "line 3"]


def test_everything_that_may_be_there() -> None:
    found = read(
        "\ufeffLabel;Pair;TEXT;id;kind;language;remark\r\n"
        '1;p;"two\r\nlines; and a semicolon";007;mood;de;x\r\n'
        "\r\n"
        "DO NOT  SEND;p;Nein;NA;;;\r\n"
        "No;;Weh;9;;;\r\n"
    )
    assert [item.text for item in found] == ["two\r\nlines; and a semicolon", "Nein", "Weh"]
    assert [item.label for item in found] == [Label.CAN_WALK, Label.CANNOT_WALK, Label.CANNOT_WALK]
    assert found[0].pair == found[1].pair != found[2].pair
    assert [item.identifier for item in found] == ["007", "NA", "9"]
    assert (found[0].kind, found[0].language) == ("mood", "de")
    assert found[1].language == NOT_GIVEN
    assert read("text\tlabel\na, b\tyes\n")[0].text == "a, b"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "has no statements"),
        ("text,label\n", "has no statements"),
        ("words,label\nx,1\n", "line 1: there is no column text"),
        ("x\n", "no column text and no column label"),
        ("text,label,Text\nx,1,y\n", "two columns are called text"),
        ("text,label\nx,1\ny,perhaps\n", 'line 3, column label: "perhaps" is no label'),
        ("text,label\nx,\n", "line 2, column label: nothing is no label"),
        ('text,label\n"a\nb",1\n  ,1\n', "line 4, column text: it is empty"),
        ("text,label\na,b,1\n", "line 2, has 3 cells; the header has 2"),
        ('text,label\nfine,1\n"never closed,1\n', "line 3, is not valid CSV"),
        ("text,label,id\na,1,x\nb,0,x\n", 'line 3, column id: "x" stands in line 2 already'),
        (f"text,label,kind\na,1,{'k' * 61}\n", "line 2, column kind"),
        ("text,label,language\na,1,\x1b[31m\n", "line 2, column language"),
        (f"text,label\n{'x' * 20_001},1\n", "line 2, column text: 20,001 characters"),
        (f"text,label\n{'x' * 200_000},1\n", "line 2, is not valid CSV: field larger"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_column(content: str, words: str) -> None:
    with pytest.raises(FileFormatError) as error:
        read(content)
    assert words in str(error.value)
    assert str(error.value).startswith("mine.csv")
    assert "\n" not in str(error.value)
    assert error.value.hint


def test_other_encodings_and_sizes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileFormatError, match="line 3, is not UTF-8"):
        read_labelled_csv("text,label\nok,1\nmüde,0\n".encode("latin-1"), "mine.csv")
    monkeypatch.setattr(corpora, "MAX_ROWS", 2)
    with pytest.raises(FileFormatError, match="more than 2 rows"):
        read("text,label\na,1\nb,1\nc,0\n")
    monkeypatch.setattr(corpora, "MAX_FILE_BYTES", 10)
    with pytest.raises(FileFormatError, match="at most"):
        read("text,label\na,1\n")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", [2, 51, 300])
def test_a_sample_is_balanced_and_keeps_pairs_whole(n: int, seed: int) -> None:
    everything = load_part(TEST)
    sample = balanced_sample(everything, n, seed)
    n_unable = sum(item.label == Label.CANNOT_WALK for item in sample)
    assert n_unable * 2 == len(sample) == n // 2 * 2
    assert len({item.identifier for item in sample}) == len(sample)
    pairs = {item.pair for item in sample}
    assert sum(item.pair in pairs for item in everything) == len(sample)
    order = [item.pair for item in sample]
    assert sum(a != b for a, b in pairwise(order)) == len(pairs) - 1, "pairs stand together"
    assert sample == balanced_sample(everything, n, seed)
    assert sample != balanced_sample(everything, n, seed + 1)
    assert sorted(shuffled(sample, 1), key=repr) == sorted(sample, key=repr)


def test_a_rare_label_limits_the_sample() -> None:
    rows = "".join(f"text {number},{int(number >= 3)}\n" for number in range(40))
    sample = balanced_sample(read("text,label\n" + rows), 20, 0)
    assert sorted(item.label for item in sample) == [Label.CAN_WALK] * 3 + [Label.CANNOT_WALK] * 3
    with pytest.raises(ParameterError, match="cannot_walk") as error:
        balanced_sample(read("text,label\na,1\nb,1\n"), 2, 0)
    assert "All of them" in error.value.hint
    with pytest.raises(ParameterError, match="at least 2"):
        balanced_sample(sample, 1, 0)


def test_sources_and_kinds_are_chosen() -> None:
    everything = load_part(TEST)
    found = chosen(everything, {"independent"}, {"plain", "time"})
    assert found
    assert {item.source for item in found} == {"independent"}
    assert {item.kind for item in found} == {"plain", "time"}
    assert chosen(everything) == everything


@pytest.mark.parametrize("part", [DEVELOPMENT, CALIBRATION, TEST])
def test_the_kinds_are_those_of_the_files(part: str) -> None:
    assert {item.kind for item in load_part(part)} == set(KINDS)
