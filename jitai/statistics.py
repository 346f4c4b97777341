"""Every 95 % interval of the project: of means, of paired differences, of shares and of resampled figures.

Scipy is imported by the first interval, not by this module: few who import it need scipy at once.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jitai.arrays import Flags, Floats
from jitai.errors import ParameterError

TAILS = (0.025, 0.975)
"""The probabilities below the two ends of every interval that a page, a report or a command shows."""


class Estimate(NamedTuple):
    """A mean with its 95 % interval (Student's t); low and high are NaN where one value says nothing of the spread."""

    value: float
    low: float
    high: float
    n: int

    @property
    def half_width(self) -> float:
        """Half of the interval."""
        return (self.high - self.low) / 2

    def scaled(self, factor: float) -> "Estimate":
        """In another unit; factor > 0."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor, self.n)

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
    """The mean of independent values, shape (n,), n >= 1, with Student's t interval.

    Raises: ParameterError if there is none.
    """
    n = len(values)
    if n == 0:
        raise ParameterError("There is nothing to take a mean of.")
    mean = float(np.mean(values))
    if n == 1:
        return Estimate(mean, math.nan, math.nan, 1)
    from scipy.special import stdtrit

    half = float(stdtrit(n - 1, TAILS[1])) * float(np.std(values, ddof=1)) / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half, n)


def interval_of_share(share: float, n: int) -> tuple[float, float]:
    """The score interval of a share in [0, 1] of n independent trials, n >= 1 (Wilson 1927)."""
    from scipy.special import ndtri

    z = float(ndtri(TAILS[1]))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


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
    return PairedDifference(interval_of_mean(difference), float(better), more_same_less(difference))


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
