"""What a judge says, read once: the same trials as with the judge itself."""

import json
from dataclasses import replace

import numpy as np
import pytest

from jitai.corpus import TEST, StatementBook, load_part
from jitai.decision import UnsureBand
from jitai.errors import FileFormatError
from jitai.experiments.judgements import JudgeResponse, read_statements, responses_from_mapping, simulated_responses
from jitai.judge.judge import Judge
from jitai.judge.registry import open_judge
from jitai.records import Decision, Label, Statement, Verdict, VerdictSource
from jitai.simulator.config import PRESETS
from jitai.trial.filters import VETO, FilterSettings, filter_spec
from jitai.trial.live import live_days
from jitai.trial.loop import run_trial
from jitai.trial.spec import TrialSpec

BOOK = StatementBook([item for item in load_part(TEST) if item.kind in ("plain", "colloquial")][:40])
CELL = replace(PRESETS["Ability comes and goes"], study_length=15)


@pytest.mark.parametrize("strategy", [VETO, "sampled-veto", "carry-forward"])
def test_trials_from_readings_are_trials_with_the_judge(strategy: str) -> None:
    filtering = filter_spec(strategy, unsure_low=0.3, unsure_high=0.8)
    judge: Judge = open_judge("embedded-tuned", band=UnsureBand(0.3, 0.8))
    readings = read_statements(judge, "it", BOOK, load_part(TEST)[40:48])
    spec = TrialSpec(CELL, filter=filtering)
    batch = run_trial(spec, range(3), readings.verdicts(filtering.settings))
    for number in range(3):
        records = list(live_days(replace(spec, seed=number), BOOK, judge))
        assert batch.executed_action[number, : len(records)].tolist() == [r.executed_action for r in records]
        assert batch.step_count[number, : len(records)].tolist() == [r.step_count for r in records]


class OddJudge:
    """Scripted: a rule, silence, a failure and numbers, by the statement's first letter; counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def judge(self, text: str) -> Verdict:
        self.asked.append(text)
        kind = text[0]
        if kind == "r":
            return Verdict(Decision.UNSURE, 0.5, VerdictSource.RULE, "")
        if kind == "s":
            return Verdict(Decision.SEND, None, VerdictSource.NO_STATEMENT, "")
        if kind == "f":
            return Verdict(Decision.HOLD_BACK, None, VerdictSource.FALLBACK, "", failure="gone")
        return Verdict(Decision.SEND, float(text[1:]), VerdictSource.MODEL, "")


def _statement(text: str, label: Label) -> Statement:
    return Statement(text, text, label, "plain", 1)


def test_every_text_is_read_once_and_every_kind_of_answer_survives() -> None:
    judge, told = OddJudge(), []
    able = [_statement(text, Label.CAN_WALK) for text in ("r", "s", "f", "m0.45", "m0.9", "m0.9")]
    unable = [_statement(text, Label.CANNOT_WALK) for text in ("m0.1", "m0.45")]
    others = [_statement("m0.2", Label.CANNOT_WALK), _statement("m0.7", Label.CANNOT_WALK),
              _statement("m0.6", Label.CAN_WALK), _statement("f", Label.CAN_WALK)]  # fmt: skip
    readings = read_statements(judge, "odd", StatementBook([*able, *unable]), others, lambda *n: told.append(n))
    assert sorted(judge.asked) == sorted(set(judge.asked))
    assert told[-1] == (12, 12)
    assert (readings.finds_cannot_walk, readings.false_alarms) == (0.5, 0.0)
    assert readings.n_failed == 1
    wide, plain = filter_spec(VETO, unsure_low=0.4, unsure_high=0.6), filter_spec(VETO, unsure_low=0.5, unsure_high=0.5)
    assert [v.decision for v in readings.verdicts(wide.settings).if_able] == [
        Decision.UNSURE, Decision.SEND, Decision.SEND, Decision.UNSURE, Decision.SEND, Decision.SEND,
    ]  # fmt: skip
    # A failure follows the method's rule; the band is the method's, but not for what a rule decided.
    strict = filter_spec(VETO, on_failure="do not send", unsure_low=0.5, unsure_high=0.5)
    assert readings.verdicts(strict.settings).if_able[2].decision is Decision.HOLD_BACK
    assert readings.verdicts(plain.settings).if_able[3].decision is Decision.HOLD_BACK
    assert readings.verdicts(plain.settings).if_able[0].decision is Decision.UNSURE
    assert readings.verdicts(plain.settings).if_able[1].source is VerdictSource.NO_STATEMENT
    assert readings.verdicts(plain.settings).if_able[2].failure
    again = responses_from_mapping(json.loads(json.dumps(readings.as_mapping())))
    assert again == readings and again.digest == readings.digest
    assert replace(readings, judge="another name").digest == readings.digest
    assert replace(readings, if_able=(JudgeResponse(0.8), *readings.if_able[1:])).digest != readings.digest


def test_a_simulated_judge_errs_as_often_as_it_says() -> None:
    readings = simulated_responses(0.93, 0.07)
    verdicts = readings.verdicts(FilterSettings())
    said = [np.mean([v.decision == Decision.HOLD_BACK for v in part]) for part in verdicts[:2]]
    assert said == pytest.approx([0.07, 0.93])
    # At chance it is not unsure all the time: it errs in one half.
    coin = simulated_responses(0.5, 0.5).verdicts(FilterSettings())
    assert np.mean([v.decision == Decision.HOLD_BACK for v in coin.if_able]) == 0.5


def test_damaged_readings_are_named() -> None:
    with pytest.raises(FileFormatError, match="responses of the judge are damaged"):
        responses_from_mapping({"judge": "x"})
