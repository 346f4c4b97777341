"""A model is made fit: the better prompt is chosen, the calibration fitted, what it changes counted elsewhere."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from jitai.errors import BackendError, ParameterError
from jitai.judge.base import Reply, Request
from jitai.judge.calibration import Improvement
from jitai.judge.judge import Judge
from jitai.judge.prompt_file import available_prompts
from jitai.judge.prompts import TUNED_PROMPT, Prompt, find_prompt
from jitai.judge.rules import load_rules
from jitai.judge.scripted import ScriptedBackend, ScriptLine, scripted_reply
from jitai.records import Label, Statement
from jitai.validation.calibration import uncalibrated
from jitai.validation.fitting import (
    N_TO_CHOOSE,
    FitStep,
    Fitted,
    candidates,
    fit_model,
    improvement,
    statements_to_fit,
)
from jitai.validation.runner import judge_corpus

STATEMENTS = tuple(
    Statement(f"{word}{pair}", f"the word is {word} {pair}", label, "plain", pair)
    for pair in range(100)
    for word, label in (("lovely", Label.CAN_WALK), ("awful", Label.CANNOT_WALK))
)
BASE = find_prompt(available_prompts(), "few_shot")
PROMPTS = tuple(replace(BASE, name=name, calibrations={}) for name in ("blind", "seeing", "silent"))
LEAN = 5.0


def leaning(request: Request) -> ScriptLine:
    """Right nine times in ten, but every answer is shifted so far that as it comes it always says "send"."""
    asked = request.prompt.removeprefix(request.head)
    is_wrong = any(asked.rstrip().endswith(f"{digit}\nStatus:") for digit in "7")
    return scripted_reply(LEAN + (2.0 if ("lovely" in asked) != is_wrong else -2.0))


def blind(request: Request) -> ScriptLine:
    return scripted_reply(LEAN + (0.1 if "3" in request.prompt.removeprefix(request.head) else 0.0))


def silent(request: Request) -> ScriptLine:
    return BackendError("This model does not chat.")


def opener(scripts: dict[str, Callable[[Request], ScriptLine]]) -> Callable[[Prompt], Judge]:
    backends = {name: ScriptedBackend(script) for name, script in scripts.items()}
    return lambda prompt: Judge(backends[prompt.name], prompt, load_rules())


def last(steps: list[FitStep]) -> Fitted:
    assert steps[-1].fitted is not None
    return steps[-1].fitted


def test_the_prompt_that_tells_the_labels_apart_is_chosen_and_fitted() -> None:
    open_judge = opener({"blind": blind, "seeing": leaning, "silent": silent})
    steps = list(fit_model(open_judge, PROMPTS, STATEMENTS))
    fitted = last(steps)
    assert fitted.prompt.name == "seeing"
    assert fitted.tried == ("seeing", "blind"), "one that cannot be read is left out"
    assert len(fitted.rows) == len(STATEMENTS)
    [found] = [item for item in (fitted.calibration.improvement,) if item is not None]
    # Of the 160 statements after the first 40, those of 16 pairs get the other label's answer.
    assert (found.before, found.after, found.n) == (0.5, 0.9, len(STATEMENTS) - N_TO_CHOOSE)
    assert found.low < 0.4 < found.high
    assert "right on 90 % instead of 50 % of 160 development statements" in fitted.sentence
    assert "Of 2 prompts, seeing 1 told the labels apart best." in fitted.sentence


def test_there_is_something_to_use_after_the_first_few() -> None:
    steps = list(fit_model(opener({"blind": blind, "seeing": leaning}), PROMPTS[:2], STATEMENTS))
    news = [step for step in steps if step.fitted is not None]
    assert [len(step.fitted.rows) for step in news if step.fitted] == [N_TO_CHOOSE, len(STATEMENTS)]
    assert [step.n_done for step in steps][:3] == [0, 1, 2]
    assert steps[-1].n_done == steps[-1].n_total == 2 * N_TO_CHOOSE + len(STATEMENTS) - N_TO_CHOOSE


def test_a_single_prompt_is_taken_as_it_is_and_all_statements_count() -> None:
    fitted = last(list(fit_model(opener({"seeing": leaning}), PROMPTS[1:2], STATEMENTS)))
    assert fitted.calibration.improvement is not None
    assert fitted.calibration.improvement.n == len(STATEMENTS)
    assert "told the labels apart" not in fitted.sentence


def test_what_it_changes_is_counted_on_statements_that_it_was_not_fitted_on() -> None:
    """A model that knows nothing gains nothing: a calibration counted on its own statements would seem to."""
    judge = uncalibrated(Judge(ScriptedBackend(noise), BASE, load_rules()))
    found = improvement(list(judge_corpus("", judge, STATEMENTS)), 0)
    assert found is None or found.after <= 0.55


def noise(request: Request) -> ScriptLine:
    asked = request.prompt.removeprefix(request.head)
    return scripted_reply(float(sum(map(ord, asked)) * 7919 % 101) / 50 - 1)


def test_a_model_that_says_nothing_useful_is_not_fitted() -> None:
    def backwards(request: Request) -> ScriptLine:
        return scripted_reply(-1.0 if "lovely" in request.prompt.removeprefix(request.head) else 1.0)

    with pytest.raises(ParameterError, match="say nothing about the statements"):
        list(fit_model(opener({"seeing": backwards}), PROMPTS[1:2], STATEMENTS))
    with pytest.raises(BackendError, match="does not chat"):
        list(fit_model(opener({"blind": silent, "seeing": silent}), PROMPTS[:2], STATEMENTS))
    with pytest.raises(ParameterError, match="no probabilities"):
        words = {"blind": in_words, "seeing": in_words}
        list(fit_model(opener(words), PROMPTS[:2], STATEMENTS))


def in_words(request: Request) -> ScriptLine:
    return Reply(" good")


def test_what_is_tried_are_prompts_of_one_short_answer() -> None:
    names = {prompt.name for prompt in candidates(available_prompts())}
    assert names == {"few_shot", "zero_shot", "behavioural_dynamics"}
    assert TUNED_PROMPT not in names


def test_the_statements_are_balanced_and_the_same_each_time() -> None:
    statements = statements_to_fit()
    assert statements == statements_to_fit()
    assert sum(item.label == Label.CAN_WALK for item in statements) == len(statements) / 2


def test_the_sentence_says_both_shares_and_the_interval() -> None:
    assert Improvement(0.665, 0.843, 160, 0.1, 0.26).sentence == (
        "Calibrated: right on 84 % instead of 66 % of 160 development statements that the calibration was not fitted "
        "on (+18 points, 95 % +10 to +26)."
    )
