"""The published environments, number for number, quirks and all: for parity tests and for old results.

They share the mean dynamics with our own environment and keep what differs: two generators with the same seed (one for
contexts, one for the rest) that no reset re-seeds; sigma up to 0.1 read as perfect inference; a study one decision
longer than its length; the last reward, and the last step count, zeroed. The variant with walk state and text draws
these from a third generator, says nothing before the first decision and keeps one text through a spell of inability.

Source: the behaviour of the package ``stepcountjitai`` 0.0.1 (Karine & Marlin 2024, arXiv:2411.00336), and of the
authors' environment StepCountJITAI_LLM (used with arXiv:2507.03871).
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from jitai.errors import ParameterError
from jitai.parameters import build
from jitai.records import Action, tailored_to
from jitai.simulator.config import BETA, DETERMINISTIC, UNIFORM, SimulatorConfig
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
        self._draws = _Draws(config, np.random.default_rng(seed), np.random.default_rng(seed))
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
        context, probability_0, probability_1 = self._draws.context()
        habituation, risk, step_count = self._draws.outcome(*means)
        done = self._day >= self.config.study_length or risk >= self.config.disengagement_threshold
        if done:
            step_count = 0.0
        self._day += 1
        inferred = float(probability_1 > probability_0)
        self.state = PublishedState(
            context, probability_0, probability_1, inferred, habituation, risk, context, context, step_count
        )
        return self.state, step_count, done


class TextState(NamedTuple):
    """The state vector of the variant, in its order, and what was said.

    Attributes:
        can_walk: W, 1 or 0.
        uncertainty: U = p_0 (1 - p_0) of the context; 0.1 before the first decision.
        n_generic, n_tailored: A and B, messages among the last five actions.
        text: None where nothing is said.
    """

    true_context: float
    probability_context_0: float
    probability_context_1: float
    inferred_context: float
    habituation: float
    disengagement_risk: float
    can_walk: float
    step_count: float
    uncertainty: float
    n_generic: float
    n_tailored: float
    text: str | None


class LegacyGenerator(Protocol):
    """The part of numpy's legacy generator (``RandomState``) that the variant draws from."""

    def choice(self, a: Any, *, p: Any = None) -> Any:
        """Return one of several values."""
        ...


class PublishedTextEnv:
    """The authors' variant with walk state and text, with its own semantics instead of Gymnasium's.

    Args:
        config: settings; see ``variant_settings`` for their names and defaults in the authors' code.
        context_rng, rng: two generators of the same seed, for contexts and for the varying response.
        legacy: draws walk states and texts.
        texts_cannot_walk, texts_other: what is said when ability goes, and otherwise.
        constrains: whether the walk state changes risk and steps; otherwise it only decides what is said.
    """

    def __init__(
        self,
        config: SimulatorConfig,
        context_rng: np.random.Generator,
        rng: np.random.Generator,
        legacy: LegacyGenerator,
        texts_cannot_walk: Sequence[str],
        texts_other: Sequence[str],
        constrains: bool = True,
    ) -> None:
        self.config = config
        self._draws = _Draws(config, context_rng, rng)
        self._legacy = legacy
        self._texts_cannot_walk, self._texts_other = list(texts_cannot_walk), list(texts_other)
        self._constrains = constrains
        self._responses = responses(config)
        self.reset()

    def reset(self) -> TextState:
        """Return to the first day; the random generators are not reset."""
        self._day = 0
        self._latest: deque[int] = deque(maxlen=5)
        start = self.config
        self.state = TextState(
            0.0, 0.5, 0.5, 0.0, start.initial_habituation, start.initial_disengagement, 1.0,
            STEPS_BEFORE_THE_FIRST_DECISION, 0.1, 0.0, 0.0, None,
        )  # fmt: skip
        return self.state

    def step(self, action: int) -> tuple[TextState, float, bool]:
        """Live one day; return the next state, the reward in steps, and whether the episode has ended."""
        before = self.state
        means = self._means(action)
        context, probability_0, probability_1 = self._draws.context()
        habituation, risk, step_count = self._draws.outcome(*means)
        can_walk, text = self._walk_and_speak(int(before.can_walk), before.text)
        self._latest.append(action)
        n_generic = self._latest.count(Action.GENERIC)
        n_tailored = sum(past > Action.GENERIC for past in self._latest)
        done = self._day >= self.config.study_length or risk >= self.config.disengagement_threshold
        if done:
            step_count = 0.0
        self._day += 1
        self.state = TextState(
            context, probability_0, probability_1, float(probability_1 > probability_0), habituation, risk, can_walk,
            step_count, probability_0 * (1 - probability_0), n_generic, n_tailored, text,
        )  # fmt: skip
        return self.state, step_count, done

    def _means(self, action: int) -> tuple[float, float, float]:
        context, can_walk = int(self.state.true_context), not self._constrains or self.state.can_walk == 1
        response = self._responses[case_index(action, context, int(can_walk))]
        habituation, risk, step_count = mean_outcome(
            self.state.habituation, self.state.disengagement_risk, response, min
        )
        if not can_walk and action not in (Action.NO_MESSAGE, Action.GENERIC, tailored_to(context)):
            # Summed in the authors' order: the rounding may decide who leaves.
            start = self.state.disengagement_risk + self.config.disengagement_increment
            risk = min(1.0, start + self.config.cannot_walk_disengagement)
        return habituation, risk, step_count

    def _walk_and_speak(self, before: int, text: str | None) -> tuple[float, str | None]:
        """Return the next walk state, and what is said after it: one text stays through a spell of inability."""
        config, draw = self.config, self._legacy.choice
        if before:
            row = [1 - config.can_walk_persistence, config.can_walk_persistence]
        else:
            row = [config.cannot_walk_persistence, 1 - config.cannot_walk_persistence]
        after = int(draw([0, 1], p=row))
        if before and not after:
            return after, str(draw(self._texts_cannot_walk))
        if not after:
            return after, text
        if before and not draw([True, False], p=[config.statement_probability, 1 - config.statement_probability]):
            return after, None
        return after, str(draw(self._texts_other))


VARIANT_PARAMETERS = {
    "sigma": "context_noise",
    "p_able_after_able": "can_walk_persistence",
    "uniform_width": "uniform_width",
    "kappa_h": "habituation_concentration",
    "kappa_d": "disengagement_concentration",
    "sigma_s": "step_count_spread",
    "max_episode_length": "study_length",
    "delta_h": "habituation_decay",
    "epsilon_h": "habituation_increment",
    "delta_d": "disengagement_decay",
    "epsilon_d": "disengagement_increment",
    "eta_d": "cannot_walk_disengagement",
    "rho_1": "generic_message_steps",
    "rho_2": "tailored_message_steps",
    "rho_3": "mismatched_message_steps",
    "D_threshold": "disengagement_threshold",
    "p_other": "statement_probability",
}
"""Names of the authors' parameters whose values are ours as they stand."""


def variant_settings(parameters: Mapping[str, Any]) -> tuple[SimulatorConfig, bool]:
    """Return the settings of a ``PublishedTextEnv`` and whether the walk state constrains.

    Args:
        parameters: by the authors' names: those of VARIANT_PARAMETERS, and p_able_after_unable, mu_s (home, work),
            n_version (0 deterministic), uniform (whether it varies uniformly) and walk_state_constrains. What is not
            given is as in the authors' code: eta_d 0.05, epsilon_d 0.4, p_other 0.3, D_threshold 0.99, 50 days.
    Raises: ParameterError naming a parameter that is unknown or out of range.
    """
    values: dict[str, Any] = {"cannot_walk_disengagement": 0.05}
    stochastic, uniform, constrains = 0, True, True
    for name, value in parameters.items():
        if name in VARIANT_PARAMETERS:
            values[VARIANT_PARAMETERS[name]] = value
        elif name == "p_able_after_unable":
            values["cannot_walk_persistence"] = 1 - value
        elif name == "mu_s":
            values["steps_at_home"], values["steps_at_work"] = value
        elif name == "n_version":
            stochastic = value
        elif name == "uniform":
            uniform = value
        elif name == "walk_state_constrains":
            constrains = bool(value)
        else:
            raise ParameterError(f"The authors' environment has no parameter {name!r}.")
    values["variation"] = (UNIFORM if uniform else BETA) if stochastic else DETERMINISTIC
    return build(SimulatorConfig, values), constrains


class _Draws:
    """What both environments draw, in their order.

    Args:
        config: of the environment.
        context_rng, rng: for contexts and for the varying response.
    """

    def __init__(self, config: SimulatorConfig, context_rng: np.random.Generator, rng: np.random.Generator) -> None:
        self._config, self._context_rng, self._rng = config, context_rng, rng

    def context(self) -> tuple[float, float, float]:
        """Return tomorrow's context and the probabilities of home and work after its reading."""
        context = float(self._context_rng.choice(2, p=[0.5, 0.5]))
        sigma = self._config.context_noise
        reading = context + sigma * self._context_rng.standard_normal()
        if sigma <= PERFECT_READING_NOISE:
            return context, 1 - context, context
        probability_1 = 1 / (1 + math.exp((0.5 - reading) / sigma**2))
        return context, 1 - probability_1, probability_1

    def outcome(self, *means: float) -> tuple[float, float, float]:
        """Return habituation and risk in [0, 1] and steps >= 0, varied around their means."""
        habituation, risk, step_count = (float(value) for value in self._varied(*means))
        return min(1, max(0, habituation)), min(1, max(0, risk)), max(0, step_count)

    def _varied(self, habituation: Any, risk: Any, step_count: Any) -> tuple[Any, Any, Any]:
        config, rng = self._config, self._rng
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
