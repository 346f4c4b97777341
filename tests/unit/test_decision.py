"""From P(send) to a decision, in one place."""

import pytest

from jitai.decision import DEFAULT_BAND, UnsureBand
from jitai.experiments.judgements import JudgeResponse
from jitai.records import Decision
from jitai.trial.verdict_table import PreparedJudge

EDGES = [
    (0.6, Decision.SEND),
    (0.59, Decision.UNSURE),
    (0.41, Decision.UNSURE),
    (0.4, Decision.HOLD_BACK),
    (0.0, Decision.HOLD_BACK),
    (1.0, Decision.SEND),
]


@pytest.mark.parametrize(("p_send", "decision"), EDGES)
def test_all_who_decide_decide_alike(p_send: float, decision: Decision) -> None:
    assert DEFAULT_BAND.decide(p_send) is decision
    assert JudgeResponse(p_send).verdict(UnsureBand(0.4, 0.6), Decision.SEND).decision is decision
    assert PreparedJudge({"x": p_send}, 0.6, 0.4).judge("x").decision is decision
