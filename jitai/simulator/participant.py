"""One simulated participant, decision by decision."""

from typing import NamedTuple

import numpy as np

from jitai.errors import JitaiError
from jitai.records import Action, Observation
from jitai.simulator.config import DETERMINISTIC, SimulatorConfig
from jitai.simulator.dynamics import case_index, disengages, mean_outcome, responses, vary
from jitai.simulator.world import UniformStream, World, make_world, with_walk_state

STEPS_BEFORE_THE_FIRST_DECISION = 0.1
"""The step count that the first observation shows, as in the published environment."""


class Outcome(NamedTuple):
    """What followed an action.

    Attributes:
        step_count: s_{t+1} >= 0, the reward, in steps.
        habituation: h_{t+1} in [0, 1].
        disengagement_risk: d_{t+1} in [0, 1].
        terminated: the participant disengaged.
        truncated: the study reached its length.
    """

    step_count: float
    habituation: float
    disengagement_risk: float
    terminated: bool
    truncated: bool


class Participant:
    """A participant in their world: what is observed, and how they answer actions.

    Args:
        config: settings of the study.
        rng: seeds the participant's world; it is not used otherwise.
    """

    def __init__(self, config: SimulatorConfig, rng: np.random.Generator) -> None:
        self.config = config
        self._responses = responses(config)
        self._stream = UniformStream(rng)
        self.day = 0
        self.begin()

    def begin(self) -> None:
        """Start a new trial, in the days that follow those already lived."""
        uniforms = self._stream.advance(self.day, self.config.study_length + 1)
        self.day = 0
        self.over = False
        self._habituation = self.config.initial_habituation
        self._risk = self.config.initial_disengagement
        self._step_count = STEPS_BEFORE_THE_FIRST_DECISION
        self._settle(make_world(self.config, uniforms))

    def _settle(self, world: World) -> None:
        # Plain lists: reading one number of a numpy array costs ten times as much.
        self.world = world
        self._context: list[int] = world.true_context.tolist()
        self._probability: list[float] = world.context_probability.tolist()
        self._inferred: list[int] = world.inferred_context.tolist()
        self._can_walk: list[int] = world.can_walk.tolist()

    @property
    def true_context(self) -> int:
        """Today's true context c_t: 0 home, 1 work; hidden from policies."""
        return self._context[self.day]

    @property
    def can_walk(self) -> bool:
        """Today's walk state w_t; hidden from policies."""
        return bool(self._can_walk[self.day])

    @property
    def writes(self) -> bool:
        """Whether the participant writes something today."""
        return bool(self.world.writes[self.day])

    @property
    def statement_uniform(self) -> float:
        """A number in [0, 1) that picks today's statement among those of the fitting label, or the story."""
        return float(self.world.statement_uniform[self.day])

    @property
    def spell_day(self) -> int:
        """Days since the first of a spell with a story; -1 where there is none."""
        return int(self.world.spell_day[self.day])

    def set_can_walk(self, can_walk: bool) -> None:
        """Set today's walk state by hand; the following days run on from it with the same luck."""
        self._settle(with_walk_state(self.world, self.config, self.day, can_walk))

    def observe(self) -> Observation:
        """Return what a policy may know before today's decision."""
        day = self.day
        return Observation(
            day, self._probability[day], self._inferred[day], self._habituation, self._risk, self._step_count
        )

    def act(self, action: Action | int) -> Outcome:
        """Do something (or nothing) today and move on to tomorrow.

        Raises: JitaiError if the trial is over.
        """
        if self.over:
            raise JitaiError("This participant's study is over.", "Reset before acting again.")
        day, config = self.day, self.config
        response = self._responses[case_index(int(action), self._context[day], self._can_walk[day])]
        habituation, risk, step_count = mean_outcome(self._habituation, self._risk, response, min)
        if config.variation != DETERMINISTIC:
            luck = self.world.luck[day]
            habituation, risk, step_count = vary(config, habituation, risk, step_count, (luck[0], luck[1], luck[2]))
        self._habituation, self._risk, self._step_count = float(habituation), float(risk), float(step_count)
        self.day = day + 1
        terminated = disengages(config, self._risk)
        truncated = not terminated and self.day >= config.study_length
        self.over = terminated or truncated
        return Outcome(self._step_count, self._habituation, self._risk, terminated, truncated)
