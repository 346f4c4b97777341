"""Figures of merit of a judge, from arrays alone, with bootstrap intervals that know about pairs.

The positive class is "cannot walk": the veto. A judge's side is that of 0.5 on which P(send) lies, exactly 0.5 being a
veto, because a message is sent only if sending is the likelier of the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jitai.errors import ParameterError
from jitai.seeding import Stream, generator
from jitai.statistics import interval_of_resamples, interval_of_share

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

N_RESAMPLES = 1000
N_BINS = 10
_CELLS_AT_ONCE = 2_000_000
"""Weights held in memory at a time (16 MB)."""


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval.

    Attributes:
        value: NaN where the figure is not defined, such as the precision of a judge without a single veto.
        low, high: NaN where value is.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class JudgeMetrics:
    """How good a judge is on some statements.

    Attributes:
        accuracy: share on the right side of 0.5, in [0, 1].
        balanced_accuracy: mean of the shares right among "can walk" and among "cannot walk", in [0, 1].
        precision: of the vetoes, the share that was right, in [0, 1].
        recall: of the statements that say "cannot walk", the share vetoed, in [0, 1].
        f1: harmonic mean of precision and recall, in [0, 1].
        auc: probability that a "cannot walk" statement gets a lower P(send) than a "can walk" one, ties counting half.
        brier: mean squared distance of P(send) from the truth, in [0, 1]; 0 is best, 0.25 is a coin's.
        calibration_error: expected calibration error over N_BINS bins of equal width, in [0, 1]; 0 is best.
    """

    accuracy: Interval
    balanced_accuracy: Interval
    precision: Interval
    recall: Interval
    f1: Interval
    auc: Interval
    brier: Interval
    calibration_error: Interval


FIGURE_NAMES = tuple(item.name for item in fields(JudgeMetrics))


@dataclass(frozen=True)
class ReliabilityBin:
    """One bin of a reliability diagram.

    Attributes:
        low, high: edges of P(send); the last bin includes its upper edge.
        n: statements in it.
        mean_p_send: their mean P(send); NaN in an empty bin.
        share_can_walk: the share of them that may be sent a message; NaN in an empty bin.
    """

    low: float
    high: float
    n: int
    mean_p_send: float
    share_can_walk: float


def says_cannot_walk(p_send: Floats) -> Booleans:
    """Return which statements lie on the veto's side of 0.5. Shape (n,) in, (n,) out."""
    return p_send <= 0.5


def figures(
    p_send: Sequence[float] | Floats,
    cannot_walk: Sequence[bool] | Booleans,
    groups: Sequence[int] | Integers | None = None,
    *,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> JudgeMetrics:
    """Return all figures, with percentile intervals of a bootstrap that draws whole groups.

    The halves of a pair share words, so they are not two independent pieces of evidence: a resample draws groups with
    replacement, as many as there are, and takes all statements of a drawn group (cluster bootstrap; Davison & Hinkley
    1997, section 3.8). Where a figure is the same in every resample, as where a judge is always right, or says the same
    of both halves of every pair, the percentiles would claim certainty; there the Wilson score interval for that many
    groups stands in (Wilson 1927).

    Args:
        p_send: probabilities in [0, 1], shape (n,), n at least 1.
        cannot_walk: the truth, shape (n,).
        groups: the number of each statement's group, shape (n,); by default every statement is alone.
        n_resamples: at least 1.
        seed: of the resampling; 0 to seeding.MAX_SEED.
    Raises: ParameterError if the shapes differ, nothing is given, or a probability lies outside [0, 1].
    """
    probabilities, truth, group_index = _checked(p_send, cannot_walk, groups)
    n_groups = int(group_index.max()) + 1
    sums = _Sums(probabilities, truth)
    values = sums.figures(np.ones((1, len(truth))))
    resampled: list[dict[str, Floats]] = []
    random = generator(seed, Stream.BOOTSTRAP)
    at_once = max(1, _CELLS_AT_ONCE // max(len(truth), n_groups))
    for first in range(0, n_resamples, at_once):
        n_now = min(at_once, n_resamples - first)
        drawn = random.integers(0, n_groups, size=(n_now, n_groups))
        drawn += np.arange(n_now)[:, None] * n_groups
        counts = np.bincount(drawn.ravel(), minlength=n_now * n_groups).reshape(n_now, n_groups)
        resampled.append(sums.figures(counts[:, group_index].astype(np.float64)))
    return JudgeMetrics(
        **{
            name: _interval(float(values[name][0]), np.concatenate([part[name] for part in resampled]), n_groups)
            for name in FIGURE_NAMES
        }
    )


def share_interval(
    right: Sequence[bool] | Booleans,
    groups: Sequence[int] | Integers | None = None,
    *,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Return a share with the interval that ``figures`` gives, for the statements of one kind or language.

    Args:
        right: shape (n,), n at least 1.
        groups, n_resamples, seed: as for figures.
    Raises: ParameterError as figures does.
    """
    # A statement judged "can walk" for sure is right exactly if it is labelled so.
    p_send = np.where(np.asarray(right, dtype=bool), 1.0, 0.0)
    never = np.zeros(len(p_send), dtype=bool)
    return figures(p_send, never, groups, n_resamples=n_resamples, seed=seed).accuracy


def _checked(
    p_send: Sequence[float] | Floats, cannot_walk: Sequence[bool] | Booleans, groups: Sequence[int] | Integers | None
) -> tuple[Floats, Booleans, Integers]:
    """Return the three as arrays, with the groups numbered from 0 without gaps.

    Raises: ParameterError.
    """
    probabilities = np.asarray(p_send, dtype=np.float64)
    truth = np.asarray(cannot_walk, dtype=bool)
    numbers = np.arange(len(truth)) if groups is None else np.asarray(groups)
    if not len(truth) or not probabilities.shape == truth.shape == numbers.shape:
        raise ParameterError("Probabilities, labels and groups must be as many as each other, and at least one.")
    if not bool(np.all((probabilities >= 0) & (probabilities <= 1))):
        raise ParameterError("A probability lies outside 0 to 1.")
    _, group_index = np.unique(numbers, return_inverse=True)
    return probabilities, truth, group_index.astype(np.int64)


class _Sums:
    """Figures of many weightings of the same statements at once: one weighting a row.

    Args:
        p_send: shape (n,).
        cannot_walk: shape (n,).
    """

    def __init__(self, p_send: Floats, cannot_walk: Booleans) -> None:
        said = says_cannot_walk(p_send)
        columns = [cannot_walk & said, ~cannot_walk & said, cannot_walk & ~said, ~cannot_walk & ~said]
        self._cells = np.stack([*columns, (p_send - ~cannot_walk) ** 2], axis=1).astype(np.float64)
        in_bin = bin_index(p_send)[:, None] == np.arange(N_BINS)
        self._gaps = in_bin * (p_send - ~cannot_walk)[:, None]
        self._order = np.argsort(p_send, kind="stable")
        ordered = p_send[self._order]
        self._first_of_tie = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        self._truth_ordered = cannot_walk[self._order].astype(np.float64)

    def figures(self, weights: Floats) -> dict[str, Floats]:
        """Return every figure for every weighting.

        Args:
            weights: how often each statement counts, shape (rows, n).
        Returns: by name, shape (rows,); NaN where a figure is not defined.
        """
        hit, false_veto, missed, right_send, squares = (weights @ self._cells).T
        total = weights.sum(axis=1)
        recall, sent_rightly = _ratio(hit, hit + missed), _ratio(right_send, right_send + false_veto)
        return {
            "accuracy": _ratio(hit + right_send, total),
            "balanced_accuracy": (recall + sent_rightly) / 2,
            "precision": _ratio(hit, hit + false_veto),
            "recall": recall,
            "f1": _ratio(2 * hit, 2 * hit + false_veto + missed),
            "auc": self._auc(weights),
            "brier": _ratio(squares, total),
            "calibration_error": _ratio(np.abs(weights @ self._gaps).sum(axis=1), total),
        }

    def _auc(self, weights: Floats) -> Floats:
        """Return the share of (cannot walk, can walk) pairs in which the first has the lower P(send)."""
        ordered = weights[:, self._order]
        unable = np.add.reduceat(ordered * self._truth_ordered, self._first_of_tie, axis=1)
        able = np.add.reduceat(ordered * (1 - self._truth_ordered), self._first_of_tie, axis=1)
        able_above = able.sum(axis=1, keepdims=True) - np.cumsum(able, axis=1)
        won = (unable * (able_above + able / 2)).sum(axis=1)
        return _ratio(won, unable.sum(axis=1) * able.sum(axis=1))


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return the quotient; NaN where the divisor is 0."""
    result = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=result, where=denominator > 0)
    return result


def _interval(value: float, resampled: Floats, n_groups: int) -> Interval:
    """Return a figure with the percentiles of its resamples."""
    known = resampled[np.isfinite(resampled)]
    if np.isnan(value) or not len(known):
        return Interval(value, float("nan"), float("nan"))
    if bool(np.all(np.abs(known - value) < 1e-12)):
        return Interval(value, *interval_of_share(value, n_groups))
    return Interval(value, *interval_of_resamples(known))


def bin_index(p_send: Floats) -> Integers:
    """Return the bin of each P(send), 0 to N_BINS - 1; an inner edge belongs to the bin above. (n,) in and out."""
    return np.minimum((p_send * N_BINS).astype(np.int64), N_BINS - 1)


def reliability(p_send: Sequence[float] | Floats, cannot_walk: Sequence[bool] | Booleans) -> tuple[ReliabilityBin, ...]:
    """Return the bins of a reliability diagram, empty ones included.

    Args:
        p_send: probabilities in [0, 1], shape (n,), n at least 1.
        cannot_walk: the truth, shape (n,).
    Raises: ParameterError as figures does.
    """
    probabilities, truth, _ = _checked(p_send, cannot_walk, None)
    index = bin_index(probabilities)
    bins = []
    for number in range(N_BINS):
        inside = index == number
        n = int(inside.sum())
        mean = float(probabilities[inside].mean()) if n else float("nan")
        share = float((~truth[inside]).mean()) if n else float("nan")
        bins.append(ReliabilityBin(number / N_BINS, (number + 1) / N_BINS, n, mean, share))
    return tuple(bins)


class CalibrationFloor(NamedTuple):
    """The calibration error that a judge without any such fault would seem to have on so many statements.

    Attributes:
        mean: on average, in [0, 1].
        high: which 95 of 100 such judges do not exceed.
    """

    mean: float
    high: float


def calibration_floor(
    p_send: Sequence[float] | Floats, *, n_draws: int = N_RESAMPLES, seed: int = 0
) -> CalibrationFloor:
    """Return the floor of the calibration error: few statements in a bin are never right as often as it says.

    Each draw makes the truth of every statement from the judge's own probability of it, so that the judge is faultless,
    and takes its calibration error.

    Args:
        p_send: probabilities in [0, 1], shape (n,), n at least 1.
        n_draws: at least 1.
        seed: of the draws.
    Raises: ParameterError as figures does.
    """
    probabilities, _, _ = _checked(p_send, np.zeros(len(p_send), dtype=bool), None)
    random = generator(seed, Stream.BOOTSTRAP)
    in_bin = (bin_index(probabilities)[:, None] == np.arange(N_BINS)).astype(np.float64)
    errors = []
    at_once = max(1, _CELLS_AT_ONCE // len(probabilities))
    for first in range(0, n_draws, at_once):
        able = random.random((min(at_once, n_draws - first), len(probabilities))) < probabilities
        errors.append(np.abs((probabilities - able) @ in_bin).sum(axis=1) / len(probabilities))
    drawn = np.concatenate(errors)
    return CalibrationFloor(float(drawn.mean()), float(np.quantile(drawn, 0.95)))


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Return Cohen's kappa: how much two readers agree beyond chance (Cohen 1960).

    Args:
        first, second: what each said of the same things, in the same order.
    Returns: 1 for full agreement, 0 for what chance gives, below 0 for less; NaN where there is nothing to compare or
        both always say the same one thing, so that chance alone would agree fully.
    Raises: ParameterError if they are not as many as each other.
    """
    if len(first) != len(second):
        raise ParameterError("Two readers can be compared only on the same statements.")
    if not first:
        return float("nan")
    n = len(first)
    agree = sum(a == b for a, b in zip(first, second, strict=True)) / n
    by_chance = sum(first.count(word) * second.count(word) for word in set(first)) / n**2
    return float("nan") if by_chance == 1.0 else (agree - by_chance) / (1 - by_chance)


def kappa_matrix(readers: Sequence[Sequence[str | None]]) -> tuple[Floats, Integers]:
    """Return Cohen's kappa of every two readers, on the statements that both have read.

    Args:
        readers: one sequence a reader, all of the same statements in the same order; None where one gave no answer.
    Returns: kappa and the number of statements compared, both of shape (readers, readers).
    """
    kappas = np.full((len(readers), len(readers)), np.nan)
    counts = np.zeros((len(readers), len(readers)), dtype=np.int64)
    for row, first in enumerate(readers):
        for column, second in enumerate(readers):
            both = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
            counts[row, column] = len(both)
            kappas[row, column] = cohen_kappa([a for a, _ in both], [b for _, b in both])
    return kappas, counts
