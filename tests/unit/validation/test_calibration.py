"""Fitting a calibration, with a scripted backend (no language model)."""

import numpy as np
import pytest

from jitai.errors import ParameterError
from jitai.judge.base import Reply, Request
from jitai.judge.judge import Judge
from jitai.judge.prompt_file import available_prompts, load_prompt
from jitai.judge.prompts import find_prompt
from jitai.judge.rules import load_rules
from jitai.judge.scripted import ScriptedBackend, ScriptLine, scripted_reply
from jitai.records import Label, Statement
from jitai.validation.calibration import calibrate, log_odds_of, uncalibrated
from jitai.validation.runner import judge_corpus

STATEMENTS = tuple(
    Statement(f"{word}{pair}", f"the word is {word} {pair}", label, "plain", pair)
    for pair in range(30)
    for word, label in (("lovely", Label.CAN_WALK), ("awful", Label.CANNOT_WALK))
)


def is_lovely(request: Request) -> bool:
    return "lovely" in request.prompt.removeprefix(request.head)


def with_probability(request: Request) -> ScriptLine:
    """Right nine times in ten, with one size of log-odds."""
    is_wrong = any(f" {number}" in request.prompt for number in ("7", "17", "27"))
    return scripted_reply(2.0 if is_lovely(request) != is_wrong else -2.0)


def in_words(request: Request) -> ScriptLine:
    return Reply(" good" if is_lovely(request) else " bad")


def in_json(request: Request) -> ScriptLine:
    return Reply(f'{{"reason": "So it is.", "decision": "{"yes" if is_lovely(request) else "no"}"}}')


def test_a_calibration_is_fitted_to_probabilities() -> None:
    judge = Judge(ScriptedBackend(with_probability), load_prompt(), load_rules())
    fitted = calibrate(judge, STATEMENTS, "made up")
    assert fitted.scale == pytest.approx(np.log(9) / 2, abs=0.1)
    assert fitted.fitted_on == "made up, 60 statements"


@pytest.mark.parametrize(("name", "script"), [("few_shot", in_words), ("json_with_reason", in_json)])
def test_answers_in_words_alone_are_no_probabilities_to_fit(name: str, script: object) -> None:
    backend = ScriptedBackend(script)  # type: ignore[arg-type]
    judge = Judge(backend, find_prompt(available_prompts(), name), load_rules())
    with pytest.raises(ParameterError, match="at least 30 answers of the model with a probability"):
        calibrate(judge, STATEMENTS, "made up")


def test_a_certain_answer_with_log_odds_counts_and_one_in_words_does_not() -> None:
    backend = ScriptedBackend(lambda request: scripted_reply(50.0) if is_lovely(request) else Reply(" bad"))
    judge = uncalibrated(Judge(backend, load_prompt(), load_rules()))
    rows = list(judge_corpus("", judge, STATEMENTS))
    assert {row.p_send for row in rows} == {0.0, 1.0}
    log_odds, can_walk = log_odds_of(rows)
    assert len(log_odds) == len(STATEMENTS) / 2
    assert can_walk.all()
    assert len(log_odds_of([])[0]) == 0
