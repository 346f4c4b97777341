"""How often a judge is right goes the whole way: measured, kept, read back, and decides which judge is proposed."""

from pathlib import Path

import pytest

from jitai.judge.calibration import Calibration
from jitai.judge.ollama.listing import OllamaModel
from jitai.judge.ollama.options import OllamaProbe
from jitai.judge.prompt_file import available_prompts
from jitai.judge.prompts import DEFAULT_PROMPT, find_prompt
from jitai.judge.registry import available_judges
from jitai.judge.user_prompts import PersonalJudging
from jitai.records import Decision, Label, Statement, Verdict, VerdictSource
from jitai.validation.calibration import measure
from jitai.validation.runner import JudgedRow

MODEL = OllamaModel("strange:1b", "sha256:" + "5" * 64, 1)


def rows(n_right: int, n_wrong: int) -> list[JudgedRow]:
    """Statements of people who can walk, of which so many are recognised."""
    right = Verdict(Decision.SEND, 0.9, VerdictSource.MODEL, "")
    wrong = Verdict(Decision.HOLD_BACK, 0.1, VerdictSource.MODEL, "")
    verdicts = [right] * n_right + [wrong] * n_wrong
    return [
        JudgedRow("it", Statement(f"s{number}", "fine", Label.CAN_WALK, "plain", number), verdict)
        for number, verdict in enumerate(verdicts)
    ]


@pytest.mark.parametrize(("n_right", "n_wrong"), [(97, 3), (72, 28), (55, 45)])
def test_what_was_measured_is_what_ranks_a_judge(n_right: int, n_wrong: int, tmp_path: Path) -> None:
    share = n_right / (n_right + n_wrong)
    kept = PersonalJudging(tmp_path)
    prompt = find_prompt(kept.prompts(), DEFAULT_PROMPT)
    measured = measure(rows(n_right, n_wrong), "made up", "2026-11-30")
    calibration = Calibration(scale=0.9, model=MODEL.name, fitted_on="made up", measured=measured, is_fitted=True)
    kept.save_calibration(prompt, MODEL.digest, calibration)
    prompts = PersonalJudging(tmp_path).prompts()
    read = find_prompt(prompts, DEFAULT_PROMPT).calibration_for(MODEL.digest).measured
    assert read == measured and read is not None
    assert read.share_right == pytest.approx(share)
    order = [option.key for option in available_judges({"ollama": OllamaProbe("1", (MODEL,))}, prompts)]
    shares = {"embedded-tuned": 0.90, "embedded": 0.6642, "ollama:strange:1b": share}
    assert order == sorted(shares, key=shares.__getitem__, reverse=True)


def test_what_the_shipped_calibrations_measured_is_known() -> None:
    found = [item.measured for prompt in available_prompts() for item in prompt.calibrations.values()]
    assert sorted(item.share_right for item in found if item is not None) == [0.6642, 0.90]
    assert None not in found
