"""The published base environment, number for number, quirks and all: for parity tests and for old results.

It shares the mean dynamics with our own environment and keeps what differs: two generators with the same seed (one for
contexts, one for the rest) that no reset re-seeds; sigma up to 0.1 read as perfect inference; a study one decision
longer than its length; the last reward, and the last step count, zeroed.

Source: the behaviour of the package ``stepcountjitai`` 0.0.1 (Karine & Marlin 2024, arXiv:2411.00336).
"""

import math
from typing import Any, NamedTuple

import numpy as np

from jitai.simulator.config import BETA, DETERMINISTIC, SimulatorConfig
from jitai.simulator.dynamics import SMALLEST, case_index, mean_outcome, responses
from jitai.simulator.participant import STEPS_BEFORE_THE_FIRST_DECISION
from jitai.simulator.world import PERFECT_READING_NOISE


class PublishedState(NamedTuple):
    """The published state vector; Z and W of the package repeat the true context after the first decision."""

    true_context: float
    probability_context_0: float
    probability_context_1: float
    inferred_context: float
    habituation: float
    disengagement_risk: float
    z: float
    w: float
    step_count: float


class PublishedEnv:
    """The published environment, with its own semantics instead of Gymnasium's.

    Args:
        config: only the settings of the base environment are used (no walk state).
        seed: of both generators.
    """

    def __init__(self, config: SimulatorConfig, seed: int) -> None:
        self.config = config
        self._context_rng = np.random.default_rng(seed)
        self._rng = np.random.default_rng(seed)
        self._responses = responses(config)
        self.reset()

    def reset(self) -> PublishedState:
        """Return to the first day; the random generators are not reset."""
        self._day = 0
        start = self.config
        self.state = PublishedState(
            0.0, 0.5, 0.5, 0.0, start.initial_habituation, start.initial_disengagement, 0.0, 1.0,
            STEPS_BEFORE_THE_FIRST_DECISION,
        )  # fmt: skip
        return self.state

    def step(self, action: int) -> tuple[PublishedState, float, bool]:
        """Live one day; return the next state, the reward in steps, and whether the episode has ended."""
        response = self._responses[case_index(action, int(self.state.true_context), 1)]
        means = mean_outcome(self.state.habituation, self.state.disengagement_risk, response)
        context, probability_0, probability_1 = self._sample_context()
        habituation, risk, step_count = (float(value) for value in self._sample_outcome(*means))
        habituation, risk, step_count = min(1, max(0, habituation)), min(1, max(0, risk)), max(0, step_count)
        done = self._day >= self.config.study_length or risk >= self.config.disengagement_threshold
        if done:
            step_count = 0.0
        self._day += 1
        inferred = float(probability_1 > probability_0)
        self.state = PublishedState(
            context, probability_0, probability_1, inferred, habituation, risk, context, context, step_count
        )
        return self.state, step_count, done

    def _sample_context(self) -> tuple[float, float, float]:
        context = float(self._context_rng.choice(2, p=[0.5, 0.5]))
        sigma = self.config.context_noise
        reading = context + sigma * self._context_rng.standard_normal()
        if sigma <= PERFECT_READING_NOISE:
            return context, 1 - context, context
        probability_1 = 1 / (1 + math.exp((0.5 - reading) / sigma**2))
        return context, 1 - probability_1, probability_1

    def _sample_outcome(self, habituation: Any, risk: Any, step_count: Any) -> tuple[Any, Any, Any]:
        config, rng = self.config, self._rng
        if config.variation == DETERMINISTIC:
            return habituation, risk, step_count
        if config.variation == BETA:
            habituation, risk = (
                rng.beta(max(SMALLEST, concentration * mean), max(SMALLEST, concentration * (1 - mean)))
                for concentration, mean in (
                    (config.habituation_concentration, habituation),
                    (config.disengagement_concentration, risk),
                )
            )
        else:
            half = config.uniform_width / 2
            habituation, risk = (rng.uniform((1 - half) * mean, (1 + half) * mean) for mean in (habituation, risk))
        floored = max(SMALLEST, step_count)
        shape = (floored / config.step_count_spread) ** 2
        return habituation, risk, rng.gamma(shape, config.step_count_spread**2 / floored)
