"""A scenario's file with branches: back to the digit, small, and a sentence for whatever cannot be read."""

import json
from typing import Any

import pytest

from jitai.corpus import TEST, StatementBook, load_part
from jitai.errors import ParameterError
from jitai.records import Decision, JudgeReference, Verdict, VerdictSource
from jitai.trial.fork import fork
from jitai.trial.saved_run import SavedBranch, SavedRun, saved_run_from_mapping
from jitai.trial.scenario import VERSION, compose, play, scenario_from_mapping
from jitai.trial.spec import TrialSpec

BOOK = StatementBook(load_part(TEST))


class Reader:
    def judge(self, text: str) -> Verdict:
        decision = Decision.HOLD_BACK if len(text) % 3 else Decision.SEND
        return Verdict(decision, 0.4, VerdictSource.MODEL, "", statement=text)


def a_saved_run() -> SavedRun:
    run = play(compose(TrialSpec(seed=7), BOOK, judge=JudgeReference("scripted")), Reader()).scenario
    first = play(fork(run, BOOK, 4, words="I twisted my ankle", can_walk=False), Reader()).scenario
    silent = play(
        fork(run, BOOK, next(day for day, words in enumerate(run.words) if words), words=""), Reader()
    ).scenario
    second = play(fork(first, BOOK, 9, action=0), Reader()).scenario
    return SavedRun(
        run, (SavedBranch("day 5", 5, first), SavedBranch("silent", 1, silent), SavedBranch("both", 5, second))
    )


def test_a_run_and_its_branches_come_back_to_the_digit() -> None:
    saved = a_saved_run()
    written = json.dumps(saved.as_mapping())
    back = saved_run_from_mapping(json.loads(written))
    assert back.as_mapping() == saved.as_mapping() and len(back.branches) == 3
    for mine, theirs in zip(back.branches, saved.branches, strict=True):
        assert play(mine.scenario).records == play(theirs.scenario).records
        assert play(mine.scenario).records != play(saved.scenario).records
    alone = len(json.dumps(saved.scenario.as_mapping()))
    assert len(written) < 2 * alone, "of a branch, only what it changes is written"


def test_a_file_of_the_first_version_is_read_and_one_without_branches_is_written_as_such() -> None:
    saved = SavedRun(a_saved_run().scenario)
    content = saved.as_mapping()
    assert content["scenario"] == 1 and "branches" not in content
    assert saved_run_from_mapping(content).as_mapping() == content
    assert a_saved_run().as_mapping()["scenario"] == VERSION
    assert scenario_from_mapping(a_saved_run().as_mapping()).as_mapping() == content, "the run alone"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"first_day": 0}, "first_day"),
        ({"first_day": 999}, "branches, number 1: first_day is 999"),
        ({"name": "x" * 201}, "name"),
        ({"days": {"77": {"action": 1}}}, "branches, number 1: days"),
        ({"words": {"5": "x" * 20_001}}, "words"),
        ({"verdicts": [{"words": "hm", "decision": "perhaps", "source": "model"}]}, "decision"),
        ({"html": "<b>"}, "html"),
    ],
)
def test_what_is_wrong_with_a_branch_is_said(change: dict[str, Any], said: str) -> None:
    content = a_saved_run().as_mapping()
    content["branches"][0] |= change
    with pytest.raises(ParameterError, match=said):
        saved_run_from_mapping(content)


def test_more_branches_than_letters_are_refused() -> None:
    content = a_saved_run().as_mapping()
    content["branches"] = [content["branches"][0]] * 5
    with pytest.raises(ParameterError, match="branches"):
        saved_run_from_mapping(content)
