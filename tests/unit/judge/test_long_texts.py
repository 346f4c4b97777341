"""Texts of any length are read whole, in parts; the part that speaks most against a message counts."""

import pytest

from jitai.judge.base import ModelIdentity, Reply, Request
from jitai.judge.judge import Judge
from jitai.judge.prompt_file import load_prompt
from jitai.judge.registry import open_judge
from jitai.judge.rules import load_rules
from jitai.judge.text import MAX_STATEMENT_LENGTH, MAX_TEXT_LENGTH, read_in_parts
from jitai.records import Decision, VerdictSource

TREES = "We planted forty trees along the old road. "
ANKLE = "This morning I broke my ankle on the stairs. "


class Scripted:
    """Says "bad" of what mentions an ankle, fails where it reads of a storm; counts its questions."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def identity(self) -> ModelIdentity:
        return ModelIdentity("scripted", "sha256:1")

    def warm_up(self, head: str) -> None:
        """There is nothing to load."""

    def complete(self, request: Request) -> Reply:
        text = request.prompt.removeprefix(request.head)
        self.asked.append(text)
        if "storm" in text:
            raise ValueError(text)
        odds = -2.0 if "ankle" in text else 2.0
        return Reply(" good", {request.answers[0]: odds, request.answers[1]: -odds})


def judge() -> tuple[Judge, Scripted]:
    backend = Scripted()
    return Judge(backend, load_prompt(), load_rules(), on_failure=Decision.SEND), backend


def test_all_of_a_text_is_in_its_parts() -> None:
    text = (TREES * 20 + ANKLE + TREES * 20).strip()
    parts = [part.text for part in read_in_parts(text).parts]
    assert max(map(len, parts)) <= MAX_STATEMENT_LENGTH
    assert len(parts) > 4
    for sentence in (TREES.strip(), ANKLE.strip()):
        assert any(sentence in part for part in parts)
    assert sum(len(part) for part in parts) >= len(text) - len(parts)


@pytest.mark.parametrize("word", ["walk ", "x" * 900 + " ", "\u6b69" * 500])
def test_texts_without_sentences_are_read_whole_too(word: str) -> None:
    text = (word * 3)[:2700].strip()
    read = read_in_parts(text)
    assert "".join("".join(part.text for part in read.parts).split()) == "".join(text.split())
    assert not read.is_cut


def test_the_decisive_words_may_stand_anywhere() -> None:
    reader, backend = judge()
    fine = reader.judge(TREES * 30)
    assert fine.decision is Decision.SEND and fine.notes[0].startswith("Read in ")
    verdict = reader.judge(TREES * 15 + ANKLE + TREES * 15)
    assert verdict.decision is Decision.HOLD_BACK
    assert ANKLE.strip() in verdict.statement and len(verdict.statement) <= MAX_STATEMENT_LENGTH
    assert len(backend.asked) == len(set(backend.asked)) > 3
    # A request not to be written to is heard behind character 400 too, and asks no model.
    assert reader.judge(TREES * 15 + "Please stop texting me.").source is VerdictSource.RULE


def test_what_is_not_read_is_never_told_to_be_safe() -> None:
    reader, _ = judge()
    verdict = reader.judge(TREES * 400)
    assert verdict.decision is Decision.UNSURE and verdict.p_send == 0.5
    assert any(f"Only the first {MAX_TEXT_LENGTH:,} of" in note for note in verdict.notes)
    assert reader.judge(ANKLE + TREES * 400).decision is Decision.HOLD_BACK


def test_a_part_that_fails_is_not_passed_over() -> None:
    reader, _ = judge()
    text = TREES * 15 + "A storm is coming. " + TREES * 15
    assert reader.judge(text).source is VerdictSource.FALLBACK
    assert reader.judge(ANKLE + text).decision is Decision.HOLD_BACK


def test_parts_are_remembered_like_statements() -> None:
    reader, backend = judge()
    text = TREES * 15 + ANKLE
    assert reader.remembered(text) is None
    first, n_asked = reader.judge(text), len(backend.asked)
    again = reader.judge(text)
    assert len(backend.asked) == n_asked and again.p_send == first.p_send
    known = reader.remembered(text)
    assert known is not None and known.notes == first.notes


@pytest.mark.model
def test_the_tuned_judge_hears_what_is_said_late() -> None:
    tuned = open_judge("embedded-tuned")
    assert tuned.judge(TREES * 12 + ANKLE).decision is Decision.HOLD_BACK
