"""Every interval that is shown holds the truth about as often as it says: simulated, at the numbers that are shown.

A 95 % interval must hold it in 93 to 97.5 of 100 samples; the allowances beside the limits are the Monte Carlo error of
the test (three standard errors), and where the program says that an interval holds less, what it says is tested.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest
from scipy import stats

from jitai.arrays import Flags, Floats
from jitai.experiments import sweep
from jitai.experiments.sweep import ErrorLine, crossing
from jitai.policies.registry import PolicySpec
from jitai.simulator.config import SimulatorConfig
from jitai.statistics import (
    ENOUGH_SEEDS,
    cohen_kappa,
    interval_of_difference,
    interval_of_mean,
    interval_of_share,
)
from jitai.study.power import TwoArms, power_at
from jitai.trial.filters import FilterSpec
from jitai.trial.loop import run_trial
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import simulated_verdicts
from jitai.validation.metrics import (
    FIGURE_NAMES,
    MINIMUM_FOR_CALIBRATION,
    Interval,
    calibration_error,
    figures,
    share_interval,
)

LOW, HIGH = 0.93, 0.975
N_PEOPLE = 4000


def holds(low: float, high: float, truth: float) -> bool:
    """Whether an interval makes no false claim; where there is none, nothing is claimed."""
    return math.isnan(low) or low <= truth <= high


def allowance(n_samples: int) -> float:
    """Three standard errors of a share of 0.95."""
    return 3 * math.sqrt(0.95 * 0.05 / n_samples)


@cache
def people(method: tuple[str, str], increment: float, persistence: float) -> tuple[Floats, Floats]:
    """Return steps and days of simulated studies of a published setting, the same seeds for every method."""
    config = SimulatorConfig(
        initial_habituation=0, initial_disengagement=0, cannot_walk_disengagement=0.4, study_length=50,
        disengagement_increment=increment, can_walk_persistence=persistence, cannot_walk_persistence=0.1,
    )  # fmt: skip
    policy, filtering = method
    verdicts = None if filtering == "none" else simulated_verdicts(0.9, 0.1)
    log = run_trial(
        TrialSpec(config, PolicySpec(policy), FilterSpec(filtering)), range(70_000, 70_000 + N_PEOPLE), verdicts
    )
    return log.total_steps, log.lived.sum(axis=1).astype(float)


TS, LLM_TS, MEMORY, TAILORED, RULE = (
    ("thompson", "none"), ("thompson", "veto"), ("thompson", "carry-forward"), ("tailored", "none"),
    ("tailored", "veto"),
)  # fmt: skip


def coverage(values: Floats, n: int, interval: Callable[[Floats], Sequence[float]], n_samples: int = 1500) -> float:
    """Return how often an interval of n of the values holds the mean of all."""
    rng = np.random.default_rng(n)
    truth = float(values.mean())
    samples = values[rng.integers(0, len(values), (n_samples, n))]
    return float(np.mean([holds(*interval(sample)[1:3], truth) for sample in samples]))


@pytest.mark.parametrize("n", [5, 10, 20, 50, 200])
@pytest.mark.parametrize(
    ("one", "other", "increment", "persistence"),
    [(LLM_TS, TS, 0.4, 0.95), (MEMORY, LLM_TS, 0.4, 0.95), (LLM_TS, TS, 0.05, 0.7), (RULE, TAILORED, 0.05, 0.95)],
)
def test_a_paired_difference_holds_the_truth_though_most_seeds_tie(
    n: int, one: tuple[str, str], other: tuple[str, str], increment: float, persistence: float
) -> None:
    difference = people(one, increment, persistence)[0] - people(other, increment, persistence)[0]
    held = coverage(difference, n, interval_of_difference)
    assert held > LOW - allowance(1500)
    # Fewer seeds that differ than three leave an interval that says little: it holds the truth too often.
    assert held < HIGH + allowance(1500) or (difference != 0).mean() * n < 6


@pytest.mark.parametrize("method", [TS, LLM_TS, RULE])
def test_a_mean_holds_the_truth_from_enough_seeds_on(method: tuple[str, str]) -> None:
    for column in (0, 1):
        values = people(method, 0.05, 0.95)[column]
        assert coverage(values, ENOUGH_SEEDS, interval_of_mean) > LOW - allowance(1500)
        assert coverage(values, 100, interval_of_mean) > LOW - allowance(1500)
        # Below, the program says 89.
        assert coverage(values, 10, interval_of_mean) > 0.89 - allowance(1500)


@pytest.mark.parametrize("n", [24, 48, 100])
def test_a_share_holds_the_truth_on_average_and_seldom_in_less_than_89(n: int) -> None:
    shares = np.linspace(0.02, 0.98, 97)
    ends = np.array([interval_of_share(k / n, n) for k in range(n + 1)])
    held = (ends[:, :1] <= shares) & (shares <= ends[:, 1:])
    by_share = (held * stats.binom.pmf(np.arange(n + 1)[:, None], n, shares)).sum(axis=0)
    assert LOW < by_share.mean() < HIGH
    assert (by_share > 0.89).mean() > 0.95


def judged(rng: np.random.Generator, n_pairs: int, skill: float) -> tuple[Floats, Flags, list[int]]:
    """Return pairs that share words: P(send), the truth and the pair; P(send) is calibrated."""
    unable = np.tile([True, False], n_pairs)
    shared = np.repeat(rng.normal(0, 0.7 * skill, n_pairs), 2)
    seen = np.where(unable, -1, 1) * skill**2 / 2 + shared + rng.normal(0, skill * math.sqrt(0.51), 2 * n_pairs)
    return 1 / (1 + np.exp(-seen)), unable, np.repeat(np.arange(n_pairs), 2).tolist()


@pytest.mark.parametrize("skill", [1.0, 2.5, 3.5])
def test_every_figure_of_a_judge_holds_the_truth_on_24_pairs(skill: float) -> None:
    rng = np.random.default_rng(int(10 * skill))
    n_samples = 200
    p_send, unable, _ = judged(rng, 20_000, skill)
    whole = figures(p_send, unable, np.zeros(len(unable), dtype=int))
    held = dict.fromkeys(FIGURE_NAMES, 0)
    for _ in range(n_samples):
        found = figures(*judged(rng, 24, skill))
        for name in FIGURE_NAMES:
            interval: Interval = getattr(found, name)
            held[name] += holds(interval.low, interval.high, getattr(whole, name).value)
    assert {
        name: share / n_samples for name, share in held.items() if share / n_samples < LOW - allowance(n_samples)
    } == {}
    assert np.mean(list(held.values())) / n_samples < 0.985


@pytest.mark.parametrize(
    ("n", "skill", "too_sure"), [(48, 2.0, 1.0), (48, 2.0, 2.5), (48, 1.0, 2.5), (300, 2.0, 1.6), (300, 1.5, 0.4)]
)
def test_the_calibration_error_is_not_biased_and_holds_the_truth(n: int, skill: float, too_sure: float) -> None:
    assert n >= MINIMUM_FOR_CALIBRATION

    def said(p_send: Floats) -> Floats:
        return 1 / (1 + (1 / p_send - 1) ** too_sure)

    rng = np.random.default_rng(n)
    p_send, unable, _ = judged(rng, 100_000, skill)
    truth = calibration_error(said(p_send), unable).seen
    held, values, seen = 0, [], []
    for run in range(150):
        p_send, unable, _ = judged(rng, n // 2, skill)
        found = calibration_error(said(p_send), unable, seed=run)
        held += found.debiased.low <= truth <= found.debiased.high
        values.append(found.debiased.value)
        seen.append(found.seen)
    assert held / 150 > LOW - allowance(150)
    assert abs(np.mean(values) - truth) < 0.045
    assert abs(np.mean(values) - truth) < max(0.6 * abs(np.mean(seen) - truth), 0.02)


def test_a_share_of_pairs_holds_the_truth() -> None:
    rng = np.random.default_rng(4)
    pair = np.repeat(np.arange(24), 2).tolist()
    held = 0
    for _ in range(1500):
        difficulty = np.repeat(rng.beta(4, 1, 24), 2)
        interval = share_interval(rng.random(48) < difficulty, pair)
        held += interval.low <= 0.8 <= interval.high
    assert LOW - allowance(1500) < held / 1500 < HIGH + allowance(1500)


@pytest.mark.parametrize(("n", "agree"), [(24, 0.9), (48, 0.75), (48, 0.97), (300, 0.9)])
def test_kappa_holds_the_truth(n: int, agree: float) -> None:
    rng = np.random.default_rng(n)
    held = 0
    for _ in range(1000):
        first = rng.random(n) < 0.4
        second = np.where(rng.random(n) < agree, first, ~first)
        found = cohen_kappa(first.tolist(), second.tolist())
        by_chance = 0.4 * (0.4 * agree + 0.6 * (1 - agree)) + 0.6 * (0.6 * agree + 0.4 * (1 - agree))
        held += holds(found.low, found.high, (agree - by_chance) / (1 - by_chance))
    assert LOW - allowance(1000) < held / 1000 < HIGH + 0.01 + allowance(1000)


def test_where_a_method_stops_paying_is_between_the_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "N_RESAMPLES", 300)
    rng = np.random.default_rng(8)
    errors = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    slope = 200 - 800 * np.array(errors)  # zero at an error of 0.25
    held = 0
    for run in range(200):
        luck = rng.gamma(1.0, 200.0, (1, 100)) - 200
        gains = slope[:, None] + luck + rng.normal(0, 60, (6, 100))
        found = crossing(ErrorLine(errors, (), (), (), gains, np.zeros_like(gains), 1.0), seed=run)
        low, high = (math.inf if end is None else end for end in (found.low, found.high))
        held += low <= 0.25 <= high
    assert LOW - allowance(200) < held / 200 < HIGH + allowance(200)


def test_a_power_lies_within_its_monte_carlo_error() -> None:
    arms = TwoArms(people(LLM_TS, 0.05, 0.7)[0], people(TS, 0.05, 0.7)[0])

    def power(first: int, n_trials: int) -> tuple[float, float]:
        found = power_at(arms, 5, lambda n: np.random.default_rng((first, n)), n_trials)
        return found.found, 1.96 * found.error

    truth, _ = power(10**6, 40_000)
    held = np.mean([abs(value - truth) <= error for value, error in (power(run, 400) for run in range(500))])
    assert LOW - allowance(500) < held < HIGH + allowance(500)
