"""Every 95 % interval of the project: of means, paired differences, shares, figures between two bounds, and resamples.

``tests/unit/test_coverage.py`` simulates how often each holds the truth, at the numbers that are shown.

Scipy is imported by the first interval, not by this module: few who import it need scipy at once.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from jitai.arrays import Flags, Floats
from jitai.errors import ParameterError

TAILS = (0.025, 0.975)
"""The probabilities below the two ends of every interval that a page, a report or a command shows."""


ENOUGH_SEEDS = 30
"""From so many seeds on, intervals of means hold the truth in 93 of 100 samples or more (by simulation)."""
FEW_SEEDS = (
    f"Under {ENOUGH_SEEDS} seeds a 95 % interval may be too narrow: by simulation it held the truth in 89 to 98 of 100."
)


class Estimate(NamedTuple):
    """A mean with its 95 % interval; low and high are NaN where nothing says how sure the value is."""

    value: float
    low: float
    high: float
    n: int

    @property
    def half_width(self) -> float:
        """Half of the interval's length; 0 where several values are all equal, NaN for one value."""
        return 0.0 if self.n > 1 and not self.has_interval else (self.high - self.low) / 2

    def scaled(self, factor: float) -> "Estimate":
        """In another unit; factor > 0."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor, self.n)

    @property
    def has_interval(self) -> bool:
        """Whether anything says how sure the value is."""
        return not math.isnan(self.low)

    @property
    def no_interval(self) -> str:
        """Why there is no interval, where there is none."""
        return "one seed, no interval" if self.n == 1 else "the same on all seeds, no interval"

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of zero; False where there is none."""
        return self.low > 0 or self.high < 0


class MoreSameLess(NamedTuple):
    """Of 100 seeds: on how many one thing is more than another, exactly the same, and less; they add up to 100."""

    more: int
    same: int
    less: int

    @property
    def in_words(self) -> str:
        """The three numbers, each with its word."""
        return f"{self.more} more, {self.same} the same, {self.less} less"


class PairedDifference(NamedTuple):
    """How two methods differ under the same seeds.

    Attributes:
        difference: mean of (method minus baseline), with its interval.
        share_better: of the seeds on which the method earned more; a tie counts half.
        of_100: on how many of 100 seeds the method earned more, exactly the same, and less.
    """

    difference: Estimate
    share_better: float
    of_100: "MoreSameLess"


def interval_of_mean(values: Floats | Sequence[float]) -> Estimate:
    """The mean of independent values, shape (n,), n >= 1, with an interval for values of which many may be equal.

    Student's t has as many degrees of freedom as values differ from the commonest one, less one: where 17 of 20 people
    stay to the end, three say how long others stay. Each end is moved outwards to where Hall's correction for skewness
    has it (Hall 1992, J. R. Stat. Soc. B 54:221); it is never moved inwards. Where all values are equal, nothing says
    how much others would differ: low and high are NaN.

    Raises: ParameterError if there is none.
    """
    n = len(values)
    if n == 0:
        raise ParameterError("There is nothing to take a mean of.")
    commonest = int(np.unique(values, return_counts=True)[1].max())
    return _interval(np.asarray(values, dtype=np.float64), n if commonest == 1 < n else n - commonest)


def interval_of_difference(difference: Floats) -> Estimate:
    """The mean of paired differences, shape (n,), n >= 1, as ``interval_of_mean``; a tie is a difference of zero.

    Where all tie, nothing says how large a difference could be: low and high are NaN.
    """
    return _interval(difference, int(np.count_nonzero(difference)) if len(difference) > 1 else 0)


def _interval(values: Floats, n_telling: int) -> Estimate:
    """Return the mean with its interval, from so many values that tell of the spread."""
    n, mean = len(values), float(np.mean(values))
    if n_telling == 0:
        return Estimate(mean, math.nan, math.nan, n)
    from scipy.special import stdtrit

    spread = float(np.std(values, ddof=1))
    half = float(stdtrit(max(n_telling - 1, 1), TAILS[1])) * spread / math.sqrt(n)
    low, high = _with_skewness(values, mean, spread)
    return Estimate(mean, min(mean - half, low), max(mean + half, high), n)


def _with_skewness(values: Floats, mean: float, spread: float) -> tuple[float, float]:
    """Return the ends of Hall's interval of a mean: t is made symmetric by a cubic, whose inverse moves both ends."""
    from scipy.special import stdtrit

    n = len(values)
    if n < 3 or spread == 0:
        return mean, mean
    skewness = float(np.mean(((values - mean) / spread) ** 3)) * n**2 / ((n - 1) * (n - 2))
    if abs(skewness) < 1e-6:
        return mean, mean
    t = float(stdtrit(n - 1, TAILS[1])) / math.sqrt(n)
    low, high = (3 / skewness * (np.cbrt(1 + skewness * (end - skewness / (6 * n))) - 1) for end in (t, -t))
    return mean - spread * float(low), mean - spread * float(high)


def interval_of_share(share: float, n: int) -> tuple[float, float]:
    """The score interval of a share in [0, 1] of n independent trials, n >= 1 (Wilson 1927)."""
    from scipy.special import ndtri

    z = float(ndtri(TAILS[1]))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def interval_of_bounded(
    value: float, leaving_one_out: Floats, bounds: tuple[float, float] = (0.0, 1.0)
) -> tuple[float, float]:
    """The interval of a figure between two bounds, from what it is without each piece of evidence.

    The jackknife's variance, on the scale of the log-odds, with Student's t: such an interval stays within the bounds
    (for the area under the curve: Pepe 2003, The Statistical Evaluation of Medical Tests, section 5.2.5). Where no
    piece changes the figure, as where a judge is always right, the score interval for as many pieces stands in.

    Args:
        value: of all pieces, within the bounds.
        leaving_one_out: the figure without each piece that bears on it, shape (n,), n >= 1; NaN where it is then not
            defined.
        bounds: of the figure.
    """
    from scipy.special import stdtrit

    least, most = bounds
    n = len(leaving_one_out)
    known = leaving_one_out[np.isfinite(leaving_one_out)]
    share = (value - least) / (most - least)
    deviation = 0.0
    if len(known) > 1:
        deviation = math.sqrt((len(known) - 1) * float(np.var(known))) / (most - least)
    if deviation < 1e-9 or not 0 < share < 1:
        low, high = interval_of_share(min(max(share, 0.0), 1.0), n)
    else:
        log_odds = math.log(share / (1 - share))
        half = float(stdtrit(n - 1, TAILS[1])) * deviation / (share * (1 - share))
        low, high = (1 / (1 + math.exp(min(-end, 700))) for end in (log_odds - half, log_odds + half))
    return least + (most - least) * low, least + (most - least) * high


def interval_of_resamples(resampled: Floats, interpolate: bool = True) -> tuple[float, float]:
    """The percentile interval of a figure's bootstrap resamples.

    Args:
        resampled: shape (n,), n >= 1; may hold infinities if it is not interpolated.
        interpolate: whether an end may lie between two resamples.
    """
    low, high = np.quantile(resampled, TAILS, method="linear" if interpolate else "inverted_cdf")
    return float(low), float(high)


def paired_difference(method: Floats, baseline: Floats) -> PairedDifference:
    """Both of shape (n,), the same seeds in the same order.

    Raises: ParameterError if they are not as many.
    """
    if method.shape != baseline.shape:
        raise ParameterError(
            f"One has {len(method):,} seeds and the other {len(baseline):,}: only the same seeds can be paired."
        )
    difference = method - baseline
    better = np.mean(difference > 0) + np.mean(difference == 0) / 2
    return PairedDifference(interval_of_difference(difference), float(better), more_same_less(difference))


def more_same_less(difference: Floats) -> MoreSameLess:
    """How many of 100 differences, shape (n,), n >= 1, are above, at and below zero, in whole numbers that add up.

    What rounding down leaves goes to those that lost most by it (largest remainders; the first of equals).
    """
    shares = 100 * np.array([(difference > 0).mean(), (difference == 0).mean(), (difference < 0).mean()])
    whole = np.floor(shares + 1e-9)
    left = 100 - int(whole.sum())
    whole[np.argsort(whole - shares, kind="stable")[:left]] += 1
    return MoreSameLess(*(int(number) for number in whole))


def intervals_by_day(values: Floats, counted: Flags) -> list[Estimate | None]:
    """The mean of each day over the seeds that count on it.

    Args:
        values: shape (n_seeds, n_days).
        counted: of the same shape.
    Returns: one a day; None where no seed counts.
    """
    return [
        interval_of_mean(values[counted[:, day], day]) if counted[:, day].any() else None
        for day in range(values.shape[1])
    ]


def cohen_kappa(first: Sequence[Any], second: Sequence[Any], groups: Sequence[int] | None = None) -> Estimate:
    """Cohen's kappa: how much two readers agree beyond chance (Cohen 1960), with ``interval_of_bounded``.

    Args:
        first, second: what each said of the same things, in the same order.
        groups: the group of each thing; things of one group are one piece of evidence. By default each is alone.
    Returns: 1 for full agreement, 0 for what chance gives, below 0 for less; NaN where there is nothing to compare or
        both always say the same one thing, so that chance alone would agree fully.
    Raises: ParameterError if they are not as many as each other.
    """
    n = len(first)
    if n != len(second):
        raise ParameterError("Two readers can be compared only on the same things.")
    if n == 0:
        return Estimate(math.nan, math.nan, math.nan, 0)
    answers, codes = np.unique([*first, *second], return_inverse=True)
    one, other = (part[:, None] == np.arange(len(answers)) for part in np.split(codes, 2))
    _, group = np.unique(np.arange(n) if groups is None else groups, return_inverse=True)
    sums = np.zeros((group.max() + 1, 2 + 2 * len(answers)))
    np.add.at(sums, group, np.column_stack([np.ones(n), (one & other).any(axis=1), one, other]))
    value = float(_kappa(sums.sum(axis=0)[None])[0])
    if math.isnan(value):
        return Estimate(value, value, value, n)
    return Estimate(value, *interval_of_bounded(value, _kappa(sums.sum(axis=0) - sums), (-1.0, 1.0)), n)


def _kappa(sums: Floats) -> Floats:
    """Kappa from sums, one kappa a row: things, agreements, and how often the first and the second gave each answer."""
    n, agreeing = sums[:, 0], sums[:, 1]
    first, second = np.split(sums[:, 2:], 2, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_chance = (first * second).sum(axis=1) / n**2
        return np.where(by_chance < 1 - 1e-12, (agreeing / n - by_chance) / (1 - by_chance), np.nan)
