"""Figures of merit of a judge, from arrays alone, with intervals that know about pairs.

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
from jitai.statistics import TAILS, Estimate, cohen_kappa, interval_of_bounded

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

N_BINS = 10
N_DRAWS = 300
"""Simulated judges for each of ``_GAP_FACTORS``."""
_GAP_FACTORS = np.linspace(0, 3, 31)
_CELLS_AT_ONCE = 2_000_000
"""Weights held in memory at a time (16 MB)."""
MINIMUM_FOR_CALIBRATION = 48
"""Statements from which on the calibration error's interval holds the truth about as often as it says."""


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
        calibration_error: expected calibration error over N_BINS bins of equal width, in [0, 1], without what chance
            adds to it; 0 is best. See ``calibration_error``.
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
    seed: int = 0,
) -> JudgeMetrics:
    """Return all figures with their 95 % intervals.

    The halves of a pair share words, so they are not two independent pieces of evidence: the jackknife behind the
    intervals leaves out whole groups (``statistics.interval_of_bounded``). A group counts for a figure that it bears
    on: a precision rests on the groups with a veto, a recall on those with somebody who cannot walk.

    Args:
        p_send: probabilities in [0, 1], shape (n,), n at least 1.
        cannot_walk: the truth, shape (n,).
        groups: the number of each statement's group, shape (n,); by default every statement is alone.
        seed: of the simulated judges behind the calibration error; 0 to seeding.MAX_SEED.
    Raises: ParameterError if the shapes differ, nothing is given, or a probability lies outside [0, 1].
    """
    probabilities, truth, group_index = _checked(p_send, cannot_walk, groups)
    n_groups = int(group_index.max()) + 1
    sums = _Sums(probabilities, truth)
    values = sums.figures(np.ones((1, len(truth))))
    parts: list[dict[str, Floats]] = []
    at_once = max(1, _CELLS_AT_ONCE // len(truth))
    for first in range(0, n_groups, at_once):
        left_out = np.arange(first, min(first + at_once, n_groups))
        parts.append(sums.figures((group_index != left_out[:, None]).astype(np.float64)))
    without = {name: np.concatenate([part[name] for part in parts]) for name in FIGURE_NAMES}
    unable, able, vetoed = (
        np.bincount(group_index[chosen], minlength=n_groups) > 0
        for chosen in (truth, ~truth, says_cannot_walk(probabilities))
    )
    rarer = unable if unable.sum() <= able.sum() else able
    bears = {"balanced_accuracy": rarer, "auc": rarer, "precision": vetoed, "recall": unable, "f1": unable | vetoed}
    found = {
        name: _interval(float(values[name][0]), without[name][bears.get(name, slice(None))])
        for name in FIGURE_NAMES
        if name != "calibration_error"
    }
    return JudgeMetrics(**found, calibration_error=calibration_error(probabilities, truth, seed=seed).debiased)


def share_interval(right: Sequence[bool] | Booleans, groups: Sequence[int] | Integers | None = None) -> Interval:
    """Return a share with its interval, for the statements of one kind or language.

    Args:
        right: shape (n,), n at least 1.
        groups: as for ``figures``.
    Raises: ParameterError as figures does.
    """
    is_right = np.asarray(right, dtype=bool)
    _, _, group_index = _checked(np.zeros(len(is_right)), is_right, groups)
    n_right, n_each = np.bincount(group_index, is_right), np.bincount(group_index)
    without = _ratio(n_right.sum() - n_right, n_each.sum() - n_each)
    return _interval(float(is_right.mean()), without)


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


def _interval(value: float, without: Floats) -> Interval:
    """Return a figure with its interval from what it is without each group that bears on it."""
    if np.isnan(value):
        return Interval(value, float("nan"), float("nan"))
    return Interval(value, *interval_of_bounded(value, without))


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


class CalibrationError(NamedTuple):
    """The calibration error, beside what a judge without any such fault would show on so many statements.

    Attributes:
        seen: the mean distance of the bins from the diagonal, as it is, in [0, 1].
        debiased: without what chance adds to it, with its interval.
        floor: what a faultless judge would show on average.
        floor_high: which 95 of 100 such judges do not exceed.
    """

    seen: float
    debiased: Interval
    floor: float
    floor_high: float


def calibration_error(
    p_send: Sequence[float] | Floats, cannot_walk: Sequence[bool] | Booleans, *, seed: int = 0
) -> CalibrationError:
    """Return the calibration error, and what of it chance explains.

    A bin with few statements is never right as often as it says, so the error that is seen is too large. Judges are
    simulated whose error is known: the share that can walk lies c times as far from P(send) as it does here, for many
    c; c = 0 is a faultless judge. The debiased value is the error of those who on average show what is seen (0 if
    faultless judges show more). The interval holds every error of which what is seen is none of the 2.5 % smallest or
    largest. Two more things are allowed for, each of which only makes it longer: a bin may hide one more mistake than
    it shows, and pairs may make chance weaker than statements alone would.

    Args:
        p_send: probabilities in [0, 1], shape (n,), n at least 1.
        cannot_walk: the truth, shape (n,).
        seed: of the simulated judges.
    Raises: ParameterError as figures does.
    """
    probabilities, truth, _ = _checked(p_send, cannot_walk, None)
    index = bin_index(probabilities)
    count = np.bincount(index, minlength=N_BINS)
    used = count > 0
    n, total = count[used], len(truth)
    says = np.bincount(index, probabilities, N_BINS)[used] / n
    gap = np.bincount(index, ~truth, N_BINS)[used] / n - says
    seen = float((n * np.abs(gap)).sum()) / total
    random = generator(seed, Stream.BOOTSTRAP)
    ends: list[float] = []
    for hidden in (0.0, 1 / (n + 2)):
        far = np.where(gap < 0, -1, 1) * (np.abs(gap) + hidden)
        able = np.clip(says + _GAP_FACTORS[:, None] * far, 0, 1)
        known = (n * np.abs(able - says)).sum(axis=1) / total
        share = random.binomial(n, able[:, None], (len(_GAP_FACTORS), N_DRAWS, len(n))) / n
        shown = (n * np.abs(share - says)).sum(axis=2) / total
        mean, (low, high) = shown.mean(axis=1), np.quantile(shown, TAILS, axis=1)
        if not ends:
            floor, floor_high = float(mean[0]), float(np.quantile(shown[0], 0.95))
            value = 0.0 if floor >= seen else float(np.interp(seen, np.maximum.accumulate(mean), known))
        # The errors of which what is seen is the 97.5th and the 2.5th percentile, by straight lines between factors.
        low -= np.maximum(mean - known, 0)
        ends += [value, *(float(np.interp(seen, np.maximum.accumulate(end), known)) for end in (high, low))]
    return CalibrationError(seen, Interval(value, min(ends), max(ends)), floor, floor_high)


def kappa_matrix(
    readers: Sequence[Sequence[str | None]], groups: Sequence[int] | Integers | None = None
) -> tuple[list[list[Estimate]], Integers]:
    """Return Cohen's kappa of every two readers, on the statements that both have read.

    Args:
        readers: one sequence a reader, all of the same statements in the same order; None where one gave no answer.
        groups: of the statements, as for ``figures``.
    Returns: kappa and the number of statements compared, both readers by readers.
    """
    numbers = range(len(readers[0]) if readers else 0) if groups is None else groups
    counts = np.zeros((len(readers), len(readers)), dtype=np.int64)
    kappas: list[list[Estimate]] = [[] for _ in readers]
    for row, first in enumerate(readers):
        for column, second in enumerate(readers):
            both = [(a, b, group) for a, b, group in zip(first, second, numbers, strict=True) if a and b]
            counts[row, column] = len(both)
            kappas[row].append(cohen_kappa([a for a, _, _ in both], [b for _, b, _ in both], [g for *_, g in both]))
    return kappas, counts
