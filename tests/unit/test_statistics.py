"""Intervals: against scipy's own, and against their promise."""

import math

import numpy as np
import pytest
from scipy import stats

from jitai.errors import ParameterError
from jitai.statistics import (
    interval_of_difference,
    interval_of_mean,
    interval_of_resamples,
    interval_of_share,
    intervals_by_day,
    paired_difference,
)


def test_the_interval_is_students_where_nothing_ties_and_nothing_is_skewed() -> None:
    half = np.random.default_rng(0).normal(50.0, 10.0, size=19)
    values = np.concatenate([half, 100 - half, [50.0]])
    found = interval_of_mean(values)
    low, high = stats.t.interval(0.95, 38, loc=values.mean(), scale=stats.sem(values))
    assert found == pytest.approx((values.mean(), low, high, 39))
    assert found.half_width == pytest.approx((high - low) / 2)


def test_only_values_that_differ_from_the_commonest_say_how_sure_a_mean_is() -> None:
    values = np.array([0.0] * 17 + [-8.0, 0.5, 7.5])
    low, high = stats.t.interval(0.95, 2, loc=0, scale=stats.sem(values))
    assert interval_of_mean(values)[:3] == pytest.approx((0, low, high), abs=0.1)


def test_an_end_is_moved_out_where_the_values_are_skewed() -> None:
    """Hall's transformation of t has Student's quantile at the end."""
    values = np.random.default_rng(0).gamma(0.5, 50.0, size=30)
    found = interval_of_mean(values)
    n, skewness = 30, float(stats.skew(values, bias=False))
    t = (found.value - found.high) / stats.sem(values)
    transformed = t + skewness * t**2 / (3 * n**0.5) + skewness**2 * t**3 / (27 * n) + skewness / (6 * n**0.5)
    assert transformed == pytest.approx(stats.t.ppf(0.025, n - 1))
    assert (
        found.high - found.value > found.value - found.low == pytest.approx(stats.t.ppf(0.975, 29) * stats.sem(values))
    )


def test_one_value_has_no_interval_and_none_no_mean() -> None:
    one = interval_of_mean(np.array([3.0]))
    assert one.value == 3.0 and math.isnan(one.low) and not one.excludes_zero and not one.has_interval
    for alike in (interval_of_mean([7.0] * 5), interval_of_difference(np.zeros(5))):
        assert math.isnan(alike.low) and math.isnan(alike.high) and alike.half_width == 0.0 and alike.n == 5
    with pytest.raises(ParameterError, match="nothing to take a mean of"):
        interval_of_mean(np.array([]))


@pytest.mark.parametrize(("share", "n"), [(0.0, 1), (0.5, 2), (0.75, 8), (1.0, 646), (0.3, 10)])
def test_the_interval_of_a_share_is_wilsons(share: float, n: int) -> None:
    reference = stats.binomtest(round(share * n), n).proportion_ci(0.95, method="wilson")
    assert interval_of_share(share, n) == pytest.approx((reference.low, reference.high))


def test_the_interval_of_resamples_is_between_its_percentiles() -> None:
    resampled = np.random.default_rng(3).permutation(np.arange(1001.0))
    assert interval_of_resamples(resampled) == pytest.approx((25.0, 975.0))
    assert interval_of_resamples(np.array([0.0, 1.0])) == pytest.approx((0.025, 0.975))
    resampled[resampled > 900] = np.inf
    assert interval_of_resamples(resampled, interpolate=False) == (25.0, np.inf)


def test_pairs_are_narrower_than_their_parts() -> None:
    rng = np.random.default_rng(2)
    luck = rng.normal(0.0, 100.0, size=200)
    base, method = luck + rng.normal(0, 1, 200), luck + 5 + rng.normal(0, 1, 200)
    found = paired_difference(method, base)
    assert found.difference.half_width < interval_of_mean(base).half_width / 20
    assert found.difference.excludes_zero and found.share_better > 0.99
    assert paired_difference(base, base).share_better == 0.5
    with pytest.raises(ParameterError, match="only the same seeds can be paired"):
        paired_difference(base, method[:10])


@pytest.mark.parametrize(
    ("difference", "of_100"),
    [
        ([1.0] * 41 + [0.0] * 54 + [-1.0] * 5, (41, 54, 5)),
        ([1.0, 0.0, -1.0], (34, 33, 33)),
        ([1.0] * 2 + [-1.0], (67, 0, 33)),
        ([0.0], (0, 100, 0)),
        ([5.0] * 999 + [-5.0], (100, 0, 0)),
    ],
)
def test_more_the_same_and_less_are_whole_numbers_that_add_up(
    difference: list[float], of_100: tuple[int, int, int]
) -> None:
    found = paired_difference(np.array(difference), np.zeros(len(difference))).of_100
    assert found == of_100 and sum(found) == 100
    assert found.in_words == f"{of_100[0]} more, {of_100[1]} the same, {of_100[2]} less"


def test_days_count_only_the_seeds_that_count() -> None:
    values = np.array([[1.0, 5.0], [3.0, 7.0]])
    counted = np.array([[True, False], [True, False]])
    first, second = intervals_by_day(values, counted)
    assert first is not None and first.value == 2.0 and first.n == 2
    assert second is None
