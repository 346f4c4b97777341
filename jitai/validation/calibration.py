"""Fitting the calibration of a model for a prompt, and measuring the calibrated judge."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from jitai.corpus import INDEPENDENT
from jitai.errors import ParameterError
from jitai.judge.calibration import MEASURED_PARTS, Calibration, Measured
from jitai.judge.judge import Judge
from jitai.records import Label, Statement, VerdictSource
from jitai.validation.report import judge_report
from jitai.validation.runner import JudgedRow, judge_corpus

Floats = npt.NDArray[np.float64]
MINIMUM_ROWS = 30


def uncalibrated(judge: Judge) -> Judge:
    """Return the same judge with the model's own probabilities; it shares the cache, which keeps replies."""
    prompt = replace(judge.prompt, calibrations={})
    return Judge(judge.backend, prompt, judge.rules, judge.cache, judge.on_failure, judge.band)


def has_log_odds(row: JudgedRow) -> bool:
    """Return whether a row is the model's answer with a likelihood: no rule's, no failure, no bare word."""
    asked = row.verdict.source == VerdictSource.MODEL or row.verdict.is_earlier
    return row.is_counted and asked and not row.verdict.in_words_only


def log_odds_of(rows: Sequence[JudgedRow]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return log-odds of sending and the truth (can walk) for rows of an uncalibrated model: shape (n,) each.

    Answers in words alone are left out: their P(send) is 0 or 1 by definition, and says nothing about likelihoods.
    """
    answered = [row for row in rows if has_log_odds(row)]
    p_send = np.clip(np.array([row.p_send for row in answered], dtype=float), 1e-12, 1.0 - 1e-12)
    truth = np.array([row.statement.label == Label.CAN_WALK for row in answered], dtype=bool)
    return np.log(p_send) - np.log1p(-p_send), truth


def fit_scale_and_bias(log_odds: Floats, can_walk: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return the maximum-likelihood scale and bias of P(send) = sigmoid(scale * log_odds + bias) (Platt 1999).

    Args:
        log_odds: shape (n,), n at least MINIMUM_ROWS.
        can_walk: the truth, shape (n,), with both values in it.
    Raises: ParameterError if there is too little to fit, or larger log-odds do not mean "can walk" more often.
    """
    if len(log_odds) < MINIMUM_ROWS or can_walk.all() or not can_walk.any():
        raise ParameterError(
            f"A calibration needs at least {MINIMUM_ROWS} answers of the model with a probability, "
            "to statements of both labels."
        )
    from sklearn.linear_model import LogisticRegression

    # A faint penalty keeps the scale finite where the model makes no mistake at all.
    fitted = LogisticRegression(C=100.0, max_iter=1000).fit(log_odds[:, None], can_walk)
    scale, bias = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if scale <= 0.0:
        raise ParameterError(
            "This model's answers say nothing about the statements under this prompt, so they cannot be calibrated.",
            hint="Choose another model or another prompt.",
        )
    return scale, bias


def calibrate(
    judge: Judge,
    statements: Sequence[Statement],
    fitted_on: str,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Calibration:
    """Fit a judge's calibration on labelled statements.

    Args:
        judge: its model and prompt; a calibration that it has is left aside.
        statements: of the development part, or the person's own; never those that figures are reported on.
        fitted_on: what they are, in words.
        progress: told how many of how many statements are done.
    Raises: ParameterError as fit_scale_and_bias; BackendError if the model's name cannot be found out.
    """
    rows: list[JudgedRow] = []
    for row in judge_corpus("", uncalibrated(judge), statements):
        rows.append(row)
        progress(len(rows), len(statements))
    return calibration_from(judge, rows, fitted_on)


def calibration_from(judge: Judge, rows: Sequence[JudgedRow], fitted_on: str) -> Calibration:
    """Fit a calibration to rows that the uncalibrated judge has answered.

    Args:
        judge: whose model it is for.
        rows: its answers, uncalibrated.
        fitted_on: what they are, in words.
    Raises: as ``calibrate``.
    """
    log_odds, can_walk = log_odds_of(rows)
    scale, bias = fit_scale_and_bias(log_odds, can_walk)
    return Calibration(
        scale=round(scale, 4),
        bias=round(bias, 4),
        model=judge.backend.identity().name,
        fitted_on=f"{fitted_on}, {len(log_odds)} statements",
        is_fitted=True,
    )


def measure(rows: Sequence[JudgedRow], statements: str, date: str) -> Measured | None:
    """Return how often a judge is right, to be kept with its calibration; None if it answered nothing.

    Args:
        rows: its verdicts on held-out statements.
        statements: where they come from, such as "assets/statements/test.csv".
        date: of the measurement, as YYYY-MM-DD.
    """
    counted = [row for row in rows if row.is_counted]
    figures = judge_report("", counted).figures
    if figures is None:
        return None
    groups = {
        "independent": [row for row in counted if row.statement.source == INDEPENDENT],
        "plain": [row for row in counted if row.statement.kind == "plain"],
        "other_languages": [row for row in counted if row.statement.language != "en"],
    }
    balanced = figures.balanced_accuracy
    return Measured(
        _share_right(counted),
        len(counted),
        {key: _share_right(groups[key]) for key in MEASURED_PARTS if groups[key]},
        balanced_accuracy=_rounded(balanced.value),
        low=_rounded(balanced.low),
        high=_rounded(balanced.high),
        statements=statements,
        date=date,
    )


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def _share_right(rows: Sequence[JudgedRow]) -> float:
    return round(sum(row.is_right for row in rows) / len(rows), 4)
