"""Does the optimal policy earn the computed optimum? The value is compared with simulated studies and a finer grid."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from jitai.policies.optimum import OptimalPolicy, optimum, resolution, solve
from jitai.policies.registry import PolicySpec
from jitai.simulator.config import DETERMINISTIC, SimulatorConfig
from jitai.statistics import interval_of_mean
from jitai.trial.filters import NONE, FilterSpec
from jitai.trial.loop import run_trial
from jitai.trial.spec import TrialSpec

GRID_ERROR, DAYS_MEASURED = 0.4, 50
"""Steps by which the grid may be off in studies of so many days, measured in the published cells."""
STUDIES_AT_ONCE = 5_000
ERROR_SHARE = 0.0005
"""Least error that is granted elsewhere, as a share of the value."""
FINE_GRID, FINE_VARYING_GRID = (641, 41), (241, 161)
"""Even nodes of habituation and of risk to compare with, without and with random variation."""


class OptimumCheck(NamedTuple):
    """The computed value, and what the policy earned.

    Attributes:
        computed: expected steps of the whole study.
        n_seeds: studies simulated, under seeds 0 to n_seeds - 1.
        mean: steps that they earned on average.
        half_width: of the mean's 95 % interval, in steps.
        grid_error: by how much the grid may be off, in steps.
    """

    computed: float
    n_seeds: int
    mean: float
    half_width: float
    grid_error: float = GRID_ERROR

    @property
    def agrees(self) -> bool:
        """Whether the value lies in the interval, widened by the grid's error; by chance one in twenty does not."""
        return abs(self.computed - self.mean) <= self.half_width + self.grid_error

    @property
    def sentence(self) -> str:
        """The outcome as a sentence for people."""
        if self.agrees:
            return (
                "The computed value lies in the interval, give or take the error of the grid on which it is computed."
            )
        return "The computed value lies outside the interval, as happens by chance in one check of twenty."


@lru_cache(maxsize=64)
def check_optimum(config: SimulatorConfig, n_seeds: int) -> OptimumCheck:
    """Run the optimal policy in many studies and compare what it earns with the computed value; kept.

    Args:
        config: settings.
        n_seeds: at least 2.
    """
    return run_check(config, n_seeds, lambda n_done: None)


def run_check(config: SimulatorConfig, n_seeds: int, on_progress: Callable[[int], None]) -> OptimumCheck:
    """Do what ``check_optimum`` does, and tell how many studies are done."""
    spec = TrialSpec(config, PolicySpec(OptimalPolicy.key), FilterSpec(NONE))
    totals = np.empty(n_seeds)
    for first in range(0, n_seeds, STUDIES_AT_ONCE):
        seeds = range(first, min(first + STUDIES_AT_ONCE, n_seeds))
        totals[first : seeds.stop] = run_trial(spec, seeds, None).total_steps
        on_progress(seeds.stop)
    earned = interval_of_mean(totals)
    return OptimumCheck(optimum(config).value(), n_seeds, earned.value, earned.half_width, grid_error(config))


@lru_cache(maxsize=64)
def grid_error(config: SimulatorConfig) -> float:
    """Return by how many steps the grid may be off.

    Without random variation and in studies that are not longer, what was measured in the published cells. Else what the
    value changes by if the habituation has half as many nodes, and if the risk has (about three times what is left, as
    the error falls with the square of the distance between nodes), and no less than ERROR_SHARE of it and GRID_ERROR.
    """
    if config.variation == DETERMINISTIC and config.study_length <= DAYS_MEASURED:
        return GRID_ERROR
    (n_habituation, n_risk), value = resolution(config), optimum(config).value()
    coarser = ((n_habituation // 2 + 1, n_risk), (n_habituation, n_risk // 2 + 1))
    return max(GRID_ERROR, ERROR_SHARE * value, sum(abs(value - solve(config, *nodes).value()) for nodes in coarser))


def fine_grid(config: SimulatorConfig) -> tuple[int, int]:
    """Return the even nodes of habituation and of risk on the finer grid."""
    return FINE_GRID if config.variation == DETERMINISTIC else FINE_VARYING_GRID


@lru_cache(maxsize=16)
def value_on_fine_grid(config: SimulatorConfig) -> float:
    """Return the optimum's expected steps on the finer grid; takes half a second for 50 days."""
    return solve(config, *fine_grid(config)).value()
