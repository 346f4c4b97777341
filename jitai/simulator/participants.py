"""Participants in their worlds, n at once: what is observed, and how they answer actions.

This is where a day is lived. The Gymnasium environment of one participant keeps scalar arithmetic of its own
(``participant``), for its speed; a test holds the two equal.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from jitai.arrays import Flags, Floats, Integers
from jitai.simulator.config import DETERMINISTIC, SimulatorConfig
from jitai.simulator.dynamics import disengages, respond, response_table
from jitai.simulator.participant import STEPS_BEFORE_THE_FIRST_DECISION
from jitai.simulator.world import World, draw_worlds, with_walk_state


class Today(NamedTuple):
    """Today's part of the worlds, which no action can change; every array has shape (n,).

    Attributes:
        true_context, can_walk: c_t and w_t, 0 or 1; hidden from policies.
        context_probability: p_t in [0, 1].
        inferred_context: l_t, 0 or 1.
        writes: whether something is written.
        statement_uniform: in [0, 1), chooses which statement of the fitting label.
    """

    true_context: Integers
    can_walk: Integers
    context_probability: Floats
    inferred_context: Integers
    writes: Flags
    statement_uniform: Floats


class Outcomes(NamedTuple):
    """What followed the actions of one day; every array has shape (n,).

    Attributes:
        step_count: s_{t+1} >= 0, in steps.
        habituation, disengagement_risk: h_{t+1} and d_{t+1} in [0, 1].
        terminated: the participant disengaged with this decision.
        truncated: the study reached its length with this decision.
    """

    step_count: Floats
    habituation: Floats
    disengagement_risk: Floats
    terminated: Flags
    truncated: Flags


class Participants:
    """n participants with the same settings.

    Args:
        config: settings of the study.
        seeds: one for each participant; at least one.

    Attributes:
        day: t of each participant, from 0; this and the following of shape (n,).
        habituation, disengagement_risk: h_t and d_t in [0, 1].
        step_count: steps that followed the previous decision, >= 0.
        over: whether the study is over for them; habituation and risk then stay as they are.
    """

    def __init__(self, config: SimulatorConfig, seeds: Sequence[int]) -> None:
        self.config = config
        self.n = len(seeds)
        self._table = response_table(config)
        self._world = _drawn(config, tuple(seeds))
        self._rows = np.arange(self.n)
        self._together: int | None = 0  # the day of all, until some are restarted
        self.day: Integers = np.zeros(self.n, dtype=np.int64)
        self.habituation: Floats = np.full(self.n, config.initial_habituation)
        self.disengagement_risk: Floats = np.full(self.n, config.initial_disengagement)
        self.step_count: Floats = np.full(self.n, STEPS_BEFORE_THE_FIRST_DECISION)
        self.over: Flags = np.zeros(self.n, dtype=bool)

    def today(self) -> Today:
        """Return today's part of the worlds, one entry for each participant."""
        world = self._world
        probability = self._of_today(world.context_probability)
        return Today(
            self._of_today(world.true_context).astype(np.int64),
            self._of_today(world.can_walk).astype(np.int64),
            probability,
            (probability > 0.5).astype(np.int64),
            self._of_today(world.writes) == 1,
            self._of_today(world.statement_uniform),
        )

    def act(self, action: Integers, today: Today) -> Outcomes:
        """Do something, or nothing, today and move on to tomorrow.

        Args:
            action: codes 0 to 3; shape (n,).
            today: of ``today``.
        """
        config, there = self.config, ~self.over
        luck = None
        if config.variation != DETERMINISTIC:
            of_today = self._of_today(self._world.luck)
            luck = (of_today[:, 0], of_today[:, 1], of_today[:, 2])
        habituation, risk, steps = respond(
            config, self._table, self.habituation, self.disengagement_risk, action, today.true_context, today.can_walk,
            luck,
        )  # fmt: skip
        if not there.all():
            habituation = np.where(there, habituation, self.habituation)
            risk = np.where(there, risk, self.disengagement_risk)
        self.habituation, self.disengagement_risk, self.step_count = habituation, risk, steps
        self.day = self.day + 1
        if self._together is not None:
            self._together += 1
        terminated = there & disengages(config, risk)
        truncated = there & ~terminated & (self.day >= config.study_length)
        self.over = self.over | terminated | truncated
        return Outcomes(steps, habituation, risk, terminated, truncated)

    def set_can_walk(self, who: int, can_walk: bool) -> None:
        """Set today's walk state of one participant by hand; the following days run on from it with the same luck."""
        day = int(self.day[who])
        if bool(self._world.can_walk[who, day]) == can_walk:
            return
        changed = with_walk_state(self._world.each(lambda part: part[who]), self.config, day, can_walk)
        place = np.arange(self.n) == who
        self._world = _with_places(self._world, place, changed.each(lambda part: part[None]))

    def restart(self, who: Flags, world: World) -> None:
        """Let new participants take the places of some.

        Args:
            who: the places; shape (n,).
            world: of the new participants, as many as places.
        """
        self._world, self._together = _with_places(self._world, who, world), None
        self.day = np.where(who, 0, self.day)
        self.habituation = np.where(who, self.config.initial_habituation, self.habituation)
        self.disengagement_risk = np.where(who, self.config.initial_disengagement, self.disengagement_risk)
        self.step_count = np.where(who, STEPS_BEFORE_THE_FIRST_DECISION, self.step_count)
        self.over = self.over & ~who

    def _of_today(self, values: Any) -> Any:
        return values[self._rows, self.day] if self._together is None else values[:, self._together]


@lru_cache(maxsize=4)
def _drawn(config: SimulatorConfig, seeds: tuple[int, ...]) -> World:
    """Return the worlds of these seeds; the latest are kept for the next method that meets them."""
    return draw_worlds(config, seeds)


def _with_places(world: World, who: Flags, new: World) -> World:
    """Return the worlds with some replaced; the given ones, which others may share, are not changed."""
    changed = world.each(np.copy)
    for part, fresh in zip(changed, new, strict=True):
        part[who] = fresh  # type: ignore[index]
    return changed
