"""Making a model fit to judge in the background: its prompt is chosen, its calibration fitted and kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from jitai.background import Progress
from jitai.charts.validation import CalibrationPoint
from jitai.judge.calibration import UNCALIBRATED, Calibration
from jitai.judge.consent import Consent
from jitai.judge.ollama.management import BackgroundWork, Cancellation
from jitai.judge.prompts import Prompt
from jitai.judge.registered_backend import JudgeOption
from jitai.judge.registry import backend_of
from jitai.ui.session.resources import background_jobs, judge_for, personal_judging, prompts, reread_prompts
from jitai.ui.session.state import AppState
from jitai.ui.widgets.consent import consent_for
from jitai.validation import fitting
from jitai.validation.calibration import log_odds_of
from jitai.validation.fitting import Fitted, candidates, fit_model, statements_to_fit
from jitai.validation.metrics import reliability
from jitai.validation.runner import JudgedRow


@dataclass(frozen=True)
class Fit:
    """The reliability of a model before and after a calibration.

    Attributes:
        before, after: the reliability diagram of the statements that it was fitted on.
        n: statements answered.
        n_failed: statements that the model could not answer.
    """

    before: tuple[CalibrationPoint, ...]
    after: tuple[CalibrationPoint, ...]
    n: int
    n_failed: int


@st.cache_resource(show_spinner=False)
def fits() -> dict[tuple[str, str], Fit]:
    """Return the calibrations fitted by this process, by the prompt's content hash and the model's digest."""
    return {}


def key_of_fit(option: JudgeOption, prompt: Prompt | None = None) -> str:
    """Return the key of the work in the background."""
    return f"calibrate_{option.key}_{'' if prompt is None else prompt.name}"


def fit_under_way(option: JudgeOption) -> BackgroundWork | None:
    """Return the work at choosing a judge's prompt and calibration while it runs; None if there is none."""
    key = key_of_fit(option)
    return next((work for work in background_jobs().shown() if work.key == key and work.running), None)


def begin_fit(state: AppState, option: JudgeOption, prompt: Prompt | None = None) -> None:
    """Begin to calibrate a judge in the background, unless that is under way.

    Args:
        state: of the session; what it has agreed to holds for the work.
        option: the judge.
        prompt: how it is asked; None chooses among those worth trying.
    """
    settings, consent = state.settings_of(backend_of(option.key)), consent_for(state, option.where)
    to_try = candidates(prompts()) if prompt is None else (prompt,)
    how = "choosing its prompt" if prompt is None else f"for the prompt {prompt.label}"
    background_jobs().start(
        key_of_fit(option, prompt),
        f"Calibrating {option.short_name}, {how}",
        lambda stop: _steps(option.key, to_try, settings, consent, stop),
        can_be_cancelled=True,
    )


def _steps(
    key: str, to_try: Sequence[Prompt], settings: Any, consent: Consent, cancellation: Cancellation
) -> Iterator[Progress]:
    """Judge the statements, fit, and keep what was fitted as soon as it can be used.

    Raises: BackendError if the model leaves too much unanswered; ParameterError if its answers cannot be calibrated.
    """

    def open_judge(prompt: Prompt) -> Any:
        return judge_for(key, prompt.name, settings=settings, consent=consent)

    outcome = ""
    for step in fit_model(open_judge, to_try, statements_to_fit(fitting.N_TO_CALIBRATE)):
        if cancellation.cancelled:
            return
        if step.fitted is not None:
            outcome = step.fitted.sentence
            _keep(step.fitted, open_judge(step.fitted.prompt).backend.identity().digest)
        yield Progress("reading", step.n_done, step.n_total, "statements", outcome)


def _keep(fitted: Fitted, digest: str) -> None:
    personal_judging().save_calibration(fitted.prompt, digest, fitted.calibration)
    fits()[fitted.prompt.content_hash, digest] = _what_it_changes(fitted.calibration, fitted.rows)
    reread_prompts()


def _what_it_changes(calibration: Calibration, rows: Sequence[JudgedRow]) -> Fit:
    """Return the reliability of answers as the model gave them and as they are calibrated."""
    log_odds, can_walk = log_odds_of(rows)
    before, after = (
        tuple(
            CalibrationPoint(item.low, item.high, item.mean_p_send, item.share_can_walk, item.n)
            for item in reliability([given.p_send(float(value)) for value in log_odds], ~can_walk)
        )
        for given in (UNCALIBRATED, calibration)
    )
    return Fit(before, after, len(log_odds), sum(row.failed for row in rows))
