"""A person's CSV file: what is read, and how what is wrong is said; and balanced samples."""

import io
from collections import Counter
from itertools import pairwise

import pytest

from jitai.corpus import CALIBRATION, DEVELOPMENT, KINDS, TEST, load_part
from jitai.errors import FileFormatError, ParameterError
from jitai.importing.labels import label_words
from jitai.importing.statements import labelled_reader
from jitai.importing.table import open_table
from jitai.records import Label, Statement
from jitai.validation import corpora
from jitai.validation.corpora import (
    NOT_GIVEN,
    LabelledFile,
    balanced_sample,
    chosen,
    labelled_statements,
    shuffled,
    stratified_sample,
)


def file_of(text: str) -> LabelledFile:
    return labelled_statements(labelled_reader(open_table(io.BytesIO(text.encode()), "mine.csv"), label_words()))


def read(text: str) -> tuple[Statement, ...]:
    return file_of(text).statements


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


def test_a_participant_s_id_may_repeat() -> None:
    found = read("text,label,id\na,1,p7\nb,0,p7\nc,1,p8\n")
    assert [item.identifier for item in found] == ["p7", "p7 (line 3)", "p8"]


def test_long_words_are_cut_and_stay_on_their_line() -> None:
    [item] = read(f"text,label,kind,language\na b,1,{'k' * 61},\x1b[31m\n")
    assert item.kind == "k" * 59 + "…" and item.language == "[31m"


def test_rows_that_cannot_be_used_are_named_and_the_others_used() -> None:
    content = "text,label\nfine,1\nwhatever,perhaps\n  ,1\nNA,0\nill,\na,b,1\n" + f"{'x' * 20_001},1\nhurt,0\n"
    found = file_of(content)
    assert [item.text for item in found.statements] == ["fine", "hurt"]
    assert found.notes == (
        "2 rows with no statement (empty, or a code such as NA or -99).",
        "2 rows cannot be used, without a label that is known: lines 3, 6.",
        "1 row cannot be used, with more cells than columns: line 7.",
        "1 row cannot be used, too long a statement: line 8.",
    )


def test_a_file_without_anything_to_use_says_why() -> None:
    with pytest.raises(FileFormatError, match=r"mine.csv has no statement with a label that can be used. 1 row cannot"):
        read("text,label\nx,maybe\n")


def test_no_more_are_held_than_a_validation_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "MAX_STATEMENTS", 2)
    found = file_of("text,label\na,1\nb,1\nc,0\n")
    assert len(found.statements) == 2 and "1 more are not" in found.notes[0]


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


@pytest.mark.parametrize("n", [14, 51, 300])
def test_a_stratified_sample_gives_every_kind_its_share_of_either_label(n: int) -> None:
    everything = load_part(TEST)
    sample = stratified_sample(everything, n, 1)
    assert sum(item.label == Label.CANNOT_WALK for item in sample) * 2 == len(sample) == n // 2 * 2
    assert len({item.identifier for item in sample}) == len(sample)
    kinds = Counter(item.kind for item in everything)
    drawn = Counter(item.kind for item in sample)
    for kind, number in kinds.items():
        assert abs(drawn[kind] - len(sample) * number / len(everything)) <= 2
        of_kind = [item for item in sample if item.kind == kind]
        assert 2 * sum(item.label == Label.CANNOT_WALK for item in of_kind) == len(of_kind)
    first_half = {item.kind for item in sample[: len(sample) // 2]}
    assert n < 300 or len(first_half) > len(kinds) / 2, "the kinds are mixed, for a run that is stopped"
    assert sample == stratified_sample(everything, n, 1)
    assert sample != stratified_sample(everything, n, 2)
    with pytest.raises(ParameterError, match="at least 2"):
        stratified_sample(everything, 1, 1)
