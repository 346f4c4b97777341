"""A person's measurements of models: kept, extended, compared in pairs; a damaged file is set aside."""

from dataclasses import replace
from pathlib import Path

import pytest

from jitai.corpus import TEST, load_part
from jitai.errors import FileFormatError
from jitai.judge.base import Request
from jitai.judge.judge import Judge
from jitai.judge.prompt_file import load_prompt
from jitai.judge.rules import Rules
from jitai.judge.scripted import ScriptedBackend, ScriptLine, scripted_reply
from jitai.records import JudgesText, Label, Statement, Verdict
from jitai.validation.corpora import balanced_sample
from jitai.validation.measurements import (
    FILE_NAME,
    MOST_KEPT,
    Measurement,
    Measurements,
    built_in_verdicts,
    compared,
    comparison_table,
    fingerprint,
    in_words,
    keep_measurements,
    measurement_of,
)
from jitai.validation.runner import Candidate, Validation, ValidationRun, judge_corpus

STATEMENTS = tuple(
    Statement(f"{word}{pair}", f"the word is {word} {pair}", label, "plain", pair)
    for pair in range(50)
    for word, label in (("lovely", Label.CAN_WALK), ("awful", Label.CANNOT_WALK))
)
DAY = "2026-11-30"


def script(request: Request) -> ScriptLine:
    """Always right, but for every tenth pair."""
    asked = request.prompt.removeprefix(request.head)
    wrong = asked.rstrip().endswith("7\nStatus:")
    return scripted_reply(2.0 if ("lovely" in asked) != wrong else -2.0)


def a_judge(digest: str = "sha256:" + "0" * 64) -> Judge:
    return Judge(ScriptedBackend(script, digest=digest), replace(load_prompt(), calibrations={}), Rules("1"))


def measured(n: int = 100, digest: str = "sha256:" + "0" * 64) -> Measurement:
    judge = a_judge(digest)
    found = measurement_of(judge, list(judge_corpus("", judge, STATEMENTS[:n])), DAY)
    assert found is not None
    return found


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    kept, one = Measurements(tmp_path / "data"), measured()
    assert kept.all() == ()
    assert kept.keep(one) == ""
    assert kept.all() == (one,)
    assert one.name == "scripted, no model, few_shot 1, not calibrated"
    assert len(one.p_send) == 100
    kept.keep(measured(digest="sha256:" + "1" * 64))
    assert len(kept.all()) == 2
    kept.forget(one.asked_by)
    assert [item.asked_by for item in kept.all()] != [one.asked_by]


def test_more_statements_of_the_same_model_are_added(tmp_path: Path) -> None:
    kept = Measurements(tmp_path)
    kept.keep(measured(60))
    kept.keep(replace(measured(100), p_send={fingerprint(STATEMENTS[99]): 0.25}))
    [both] = kept.all()
    assert len(both.p_send) == 61
    assert both.p_send[fingerprint(STATEMENTS[99])] == 0.25


def test_at_most_so_many_are_kept(tmp_path: Path) -> None:
    kept, one = Measurements(tmp_path), measured(4)
    for number in range(MOST_KEPT + 3):
        kept.keep(replace(one, asked_by=f"{number:064x}"))
    found = kept.all()
    assert len(found) == MOST_KEPT
    assert found[0].asked_by == f"{MOST_KEPT + 2:064x}", "the latest first"


@pytest.mark.parametrize("damage", ["{", '{"format": 1}', '{"format": 2, "measurements": []}', "[]",
                                    '{"format": 1, "measurements": [{"model": "m"}]}'])  # fmt: skip
def test_a_damaged_file_is_named_set_aside_and_never_overwritten(tmp_path: Path, damage: str) -> None:
    kept = Measurements(tmp_path)
    (tmp_path / FILE_NAME).write_text(damage, encoding="utf-8")
    with pytest.raises(FileFormatError, match=FILE_NAME):
        kept.all()
    notice = kept.keep(measured(4))
    assert "set aside as measurements.json.damaged-1" in notice
    assert (tmp_path / f"{FILE_NAME}.damaged-1").read_text(encoding="utf-8") == damage
    assert len(kept.all()) == 1


def test_two_models_are_compared_on_the_statements_that_both_have_read() -> None:
    one = measured()
    # The other is wrong about one half of every pair, and has read sixty statements only.
    other = {fingerprint(item): 0.9 for item in STATEMENTS[:60]}
    found = compared("it", one.p_send, other, STATEMENTS)
    assert found is not None and found.difference is not None
    assert found.n == 100 and found.n_both == 60
    assert found.balanced_accuracy == pytest.approx(0.9)
    # 30 pairs: in 27 of them one more is right, in 3 (those that end with 7) it is one less.
    assert found.difference.value == pytest.approx(100 * (27 * 0.5 - 3 * 0.5) / 30)
    assert found.difference.low < found.difference.value < found.difference.high
    assert "+40.0 points against the other on the same 60" in in_words(found, "the other")
    alone = compared("it", one.p_send, {}, STATEMENTS)
    assert alone is not None and alone.difference is None
    assert compared("it", {"0" * 16: 0.5}, other, STATEMENTS) is None, "statements that have changed drop out"
    table = comparison_table([one], other, STATEMENTS)
    assert table["n both"].tolist() == [60]
    assert comparison_table([], other, STATEMENTS).empty


def test_a_validation_keeps_its_language_models_and_compares_them(tmp_path: Path) -> None:
    class Keyword:
        def judge(self, text: str) -> Verdict:
            return a_judge().judge(text)

    sample = balanced_sample(load_part(TEST), 20, 1)
    judges: dict[str, JudgesText] = {"model": a_judge(), "keyword": Keyword()}
    found = validated(judges, sample)
    kept = Measurements(tmp_path)
    [sentence] = keep_measurements(kept, judges, found, DAY)
    assert "Kept among your measurements" in sentence
    assert f"against the built-in judge on the same {len(sample)}" in sentence
    assert [item.model for item in kept.all()] == ["scripted, no model"]
    (tmp_path / "blocked").write_text("a file", encoding="utf-8")
    [failed] = keep_measurements(Measurements(tmp_path / "blocked"), judges, found, DAY)
    assert "could not be kept" in failed


def validated(judges: dict[str, JudgesText], statements: tuple[Statement, ...]) -> Validation:
    run = ValidationRun([Candidate(name, lambda judge=judge: judge) for name, judge in judges.items()], statements)  # type: ignore[misc]
    run.start()
    assert run.wait(30)
    return run.snapshot()


def test_the_built_in_judge_has_read_the_whole_held_out_part() -> None:
    assert set(built_in_verdicts()) == {fingerprint(item) for item in load_part(TEST)}
