"""Does the optimal policy earn the computed optimum? The value is compared with simulated studies and a finer grid."""

from functools import lru_cache
from typing import NamedTuple

from jitai.policies.optimum import OptimalPolicy, optimum, solve
from jitai.policies.registry import PolicySpec
from jitai.simulator.config import SimulatorConfig
from jitai.statistics import interval_of_mean
from jitai.trial.filters import NONE, FilterSpec
from jitai.trial.loop import run_trial
from jitai.trial.spec import TrialSpec

GRID_ERROR = 0.4
"""Steps by which the grid may be off, measured in the published cells (50 days): tests/unit/test_optimum.py."""
FINE_GRID = (641, 41)
"""Even nodes of habituation and of risk to compare with."""


class OptimumCheck(NamedTuple):
    """The computed value, and what the policy earned.

    Attributes:
        computed: expected steps of the whole study.
        n_seeds: studies simulated, under seeds 0 to n_seeds - 1.
        mean: steps that they earned on average.
        half_width: of the mean's 95 % interval, in steps.
        is_exact: whether the two must agree, the grid aside; with random variation the value is an estimate.
    """

    computed: float
    n_seeds: int
    mean: float
    half_width: float
    is_exact: bool = True

    @property
    def agrees(self) -> bool:
        """Whether the value lies in the interval, widened by the grid's error; by chance one in twenty does not."""
        return abs(self.computed - self.mean) <= self.half_width + GRID_ERROR

    @property
    def sentence(self) -> str:
        """The outcome as a sentence for people."""
        if self.agrees:
            return (
                "The computed value lies in the interval, give or take the error of the grid on which it is computed."
            )
        if not self.is_exact:
            return (
                "The computed value lies outside the interval: the response varies, and the optimum plans on its mean, "
                "so that its value is an estimate and no bound."
            )
        return "The computed value lies outside the interval, as happens by chance in one check of twenty."


@lru_cache(maxsize=64)
def check_optimum(config: SimulatorConfig, n_seeds: int) -> OptimumCheck:
    """Run the optimal policy in many studies and compare what it earns with the computed value.

    Args:
        config: settings. With random variation the optimum plans on the mean dynamics, and the two may differ.
        n_seeds: at least 2.
    """
    spec = TrialSpec(config, PolicySpec(OptimalPolicy.key), FilterSpec(NONE))
    earned, solved = interval_of_mean(run_trial(spec, range(n_seeds), None).total_steps), optimum(config)
    return OptimumCheck(solved.value(), n_seeds, earned.value, earned.half_width, solved.is_exact)


@lru_cache(maxsize=16)
def value_on_fine_grid(config: SimulatorConfig) -> float:
    """Return the optimum's expected steps on a grid of FINE_GRID even nodes; takes half a second for 50 days."""
    return solve(config, *FINE_GRID).value()
