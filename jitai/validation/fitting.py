"""Making a model fit to judge: choosing its prompt, fitting its calibration, and counting what that changes.

Every prompt reads the first few statements of a sample of the development part; the one that tells the labels apart
best reads the rest, and the calibration is fitted to all of them. What that changes is counted on statements that
neither the choice nor the fit has seen: those after the first few, each by a calibration fitted without its fold.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from jitai.corpus import CALIBRATION, load_part
from jitai.errors import BackendError, ParameterError
from jitai.judge.calibration import Calibration, Improvement
from jitai.judge.consent import check_consent
from jitai.judge.judge import Judge
from jitai.judge.prompts import TUNED_PROMPT, Prompt, ReadingMethod
from jitai.records import Statement
from jitai.statistics import interval_of_difference
from jitai.validation.calibration import calibration_from, fit_scale_and_bias, has_log_odds, log_odds_of, uncalibrated
from jitai.validation.corpora import balanced_sample
from jitai.validation.runner import JudgedRow, judge_corpus

N_TO_CALIBRATE = 200
N_TO_CHOOSE = 40
"""Statements that every prompt reads before one is chosen."""
N_FOLDS = 5
SEED = 1
FITTED_ON = "assets/statements/calibration.csv"
MAX_FAILED_SHARE = 0.1
"""Share of the statements that may stay unanswered; a model that leaves more unanswered needs attention first."""
N_TO_GIVE_UP = 3
"""Statements after which a model that has answered none is given up: each may take until the time-out."""


@dataclass(frozen=True)
class Fitted:
    """A prompt with the calibration of a model.

    Attributes:
        prompt: that was chosen, or given.
        calibration: with what it improves, once all statements are read.
        rows: the answers that it was fitted to, as the model gave them.
        tried: names of the prompts that could be read, the best first.
    """

    prompt: Prompt
    calibration: Calibration
    rows: tuple[JudgedRow, ...]
    tried: tuple[str, ...]

    @property
    def n_failed(self) -> int:
        """Statements that the model could not answer."""
        return sum(row.failed for row in self.rows)

    @property
    def sentence(self) -> str:
        """What was chosen and what it changes, in words."""
        others = f" Of {len(self.tried)} prompts, {self.prompt.label} told the labels apart best."
        improvement = self.calibration.improvement
        first = f"Calibrated on {len(self.rows)} statements." if improvement is None else improvement.sentence
        return first + (others if len(self.tried) > 1 else "")


@dataclass(frozen=True)
class FitStep:
    """How far it is.

    Attributes:
        n_done, n_total: statements.
        fitted: what can be used from now on: at first on few statements, at last on all; None for no news.
    """

    n_done: int
    n_total: int
    fitted: Fitted | None = None


def candidates(prompts: Sequence[Prompt]) -> tuple[Prompt, ...]:
    """Return the prompts worth trying on a model that nothing is known of: one short answer, with a likelihood."""
    return tuple(item for item in prompts if item.reading == ReadingMethod.ANSWER_TOKENS and item.name != TUNED_PROMPT)


def statements_to_fit(n: int = N_TO_CALIBRATE) -> tuple[Statement, ...]:
    """Return the development statements that are set aside for calibrating: as many of each label, whole pairs.

    Raises: ParameterError for a number that makes no sample.
    """
    return balanced_sample(load_part(CALIBRATION), n, SEED)


def fit_model(
    open_judge: Callable[[Prompt], Judge], prompts: Sequence[Prompt], statements: Sequence[Statement]
) -> Iterator[FitStep]:
    """Choose the prompt of a model and fit its calibration.

    Args:
        open_judge: opens the model with a prompt.
        prompts: to choose from; a single one is taken as it is.
        statements: from ``statements_to_fit``.
    Yields: after every statement; with something to use after the choice, and at the end.
    Raises: BackendError if the model leaves too much unanswered; ParameterError if its answers cannot be calibrated;
        NotAgreed if the statements would leave this machine and the person has not agreed.
    """
    check_consent(open_judge(prompts[0]).backend)
    n_first = min(N_TO_CHOOSE, len(statements)) if len(prompts) > 1 else 0
    n_total, n_done = n_first * len(prompts) + len(statements) - n_first, 0
    yield FitStep(n_done, n_total)
    read: dict[str, list[JudgedRow]] = {}
    merits: dict[str, float] = {}
    failure: Exception = ParameterError("There is no prompt to ask the model with.")
    for prompt in prompts if n_first else ():
        rows: list[JudgedRow] = []
        try:
            for row in _answers(open_judge(prompt), statements[:n_first], n_first):
                rows.append(row)
                n_done += 1
                yield FitStep(n_done, n_total)
            merits[prompt.name], read[prompt.name] = _separation(rows), rows
        except (BackendError, ParameterError) as error:
            failure, n_total = error, n_total - (n_first - len(rows))
    # Of equals, the one that stands first.
    order = sorted(merits, key=lambda name: -merits[name])
    if n_first and not order:
        raise failure
    chosen = next(item for item in prompts if not order or item.name == order[0])
    judge, rows = open_judge(chosen), read.get(chosen.name, [])
    if n_first:
        yield FitStep(n_done, n_total, _fitted(judge, chosen, rows, order, 0))
    for row in _answers(judge, statements[n_first:], len(statements), rows):
        rows.append(row)
        n_done += 1
        yield FitStep(n_done, n_total)
    yield FitStep(n_total, n_total, _fitted(judge, chosen, rows, order or [chosen.name], n_first))


def _answers(
    judge: Judge, statements: Sequence[Statement], n_in_all: int, before: Sequence[JudgedRow] = ()
) -> Iterator[JudgedRow]:
    """Yield the uncalibrated answers of a model.

    Raises: BackendError once too many are missing.
    """
    n_read, n_failed = len(before), sum(row.failed for row in before)
    for row in judge_corpus("", uncalibrated(judge), statements):
        n_read, n_failed = n_read + 1, n_failed + row.failed
        if n_failed > MAX_FAILED_SHARE * n_in_all or n_failed == n_read == N_TO_GIVE_UP:
            raise BackendError(
                f"The model could not answer {n_failed} of the first {n_read} statements, so nothing is kept. "
                f"The last reason: {row.verdict.failure}"
            )
        yield row


def _separation(rows: Sequence[JudgedRow]) -> float:
    """Return how well answers tell the labels apart: the area under the ROC curve, in [0, 1].

    Raises: ParameterError if there are none of a label.
    """
    from sklearn.metrics import roc_auc_score

    log_odds, can_walk = log_odds_of(rows)
    if can_walk.all() or not can_walk.any():
        raise ParameterError("The model gave no probabilities, so there is nothing to calibrate.")
    return float(roc_auc_score(can_walk, log_odds))


def _fitted(judge: Judge, prompt: Prompt, rows: Sequence[JudgedRow], order: Sequence[str], n_seen: int) -> Fitted:
    """Return the calibration of all rows.

    Args:
        n_seen: of the first rows, on which the prompt was chosen; nothing is counted on them.
    Raises: as calibration_from.
    """
    calibration = calibration_from(judge, rows, FITTED_ON)
    return Fitted(prompt, replace(calibration, improvement=improvement(rows, n_seen)), tuple(rows), tuple(order))


def improvement(rows: Sequence[JudgedRow], n_seen: int) -> Improvement | None:
    """Return how often the model is right as it comes and calibrated, on rows that the calibration was not fitted on.

    Args:
        rows: answers of the uncalibrated model, pairs next to each other.
        n_seen: of the first rows, on which something was chosen; they are fitted on and not counted.
    Returns: None if too little is left to count.
    """
    answered = [(number, row) for number, row in enumerate(rows) if has_log_odds(row)]
    log_odds, can_walk = log_odds_of(rows)
    pairs = np.unique([row.statement.pair for _, row in answered], return_inverse=True)[1]
    is_counted = np.array([number >= n_seen for number, _ in answered], dtype=bool)
    before, after = (log_odds > 0) == can_walk, np.zeros(len(log_odds), dtype=bool)
    try:
        for fold in range(N_FOLDS):
            inside = pairs % N_FOLDS == fold
            scale, bias = fit_scale_and_bias(log_odds[~inside], can_walk[~inside])
            after[inside] = (scale * log_odds[inside] + bias > 0) == can_walk[inside]
    except ParameterError:
        return None
    if not is_counted.any():
        return None
    gain = interval_of_difference(after[is_counted].astype(float) - before[is_counted])
    return Improvement(
        round(float(before[is_counted].mean()), 4),
        round(float(after[is_counted].mean()), 4),
        int(is_counted.sum()),
        round(gain.low, 4) if gain.has_interval else None,
        round(gain.high, 4) if gain.has_interval else None,
    )
