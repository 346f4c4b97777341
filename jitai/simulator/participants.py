"""Participants in their worlds, n at once: what is observed, and how they answer actions.

This is where a day is lived. The Gymnasium environment of one participant keeps scalar arithmetic of its own
(``participant``), for its speed; a test holds the two equal.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

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
        statement_uniform: in [0, 1), chooses which statement of the fitting label, or which story.
        spell_day: see ``World``.
        luck: shape (n, 3), see ``World``.
    """

    true_context: Integers
    can_walk: Integers
    context_probability: Floats
    inferred_context: Integers
    writes: Flags
    statement_uniform: Floats
    spell_day: Integers
    luck: Floats

    @classmethod
    def of(cls, world: World) -> "Today":
        """Return these parts of a world, of one day or of several: shape as the world's."""
        return cls(
            world.true_context.astype(np.int64), world.can_walk.astype(np.int64), world.context_probability,
            world.inferred_context.astype(np.int64), world.writes == 1, world.statement_uniform,
            world.spell_day.astype(np.int64), world.luck,
        )  # fmt: skip


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
        n_over: for how many it is.
    """

    def __init__(self, config: SimulatorConfig, seeds: Sequence[int]) -> None:
        self.config = config
        self.n = len(seeds)
        self._table = response_table(config)
        self._world, self._days = _drawn(config, tuple(seeds))
        self._together: int | None = 0  # the day of all, until some are restarted
        self._nobody: Flags = np.zeros(self.n, dtype=bool)
        self.day: Integers = np.zeros(self.n, dtype=np.int64)
        self.habituation: Floats = np.full(self.n, config.initial_habituation)
        self.disengagement_risk: Floats = np.full(self.n, config.initial_disengagement)
        self.step_count: Floats = np.full(self.n, STEPS_BEFORE_THE_FIRST_DECISION)
        self.over: Flags = self._nobody
        self.n_over = 0

    def today(self) -> Today:
        """Return today's part of the worlds, one entry for each participant."""
        day = self._together
        if day is None:
            rows = np.arange(self.n)
            return Today.of(self._world.each(lambda part: part[rows, self.day]))
        return Today._make([part[day] for part in self._days])

    def act(self, action: Integers, today: Today) -> Outcomes:
        """Do something, or nothing, today and move on to tomorrow.

        Args:
            action: codes 0 to 3; shape (n,).
            today: of ``today``.
        """
        config = self.config
        luck = None
        if config.variation != DETERMINISTIC:
            luck = (today.luck[:, 0], today.luck[:, 1], today.luck[:, 2])
        habituation, risk, steps = respond(
            config, self._table, self.habituation, self.disengagement_risk, action, today.true_context, today.can_walk,
            luck,
        )  # fmt: skip
        if self.n_over:
            habituation = np.where(self.over, self.habituation, habituation)
            risk = np.where(self.over, self.disengagement_risk, risk)
        self.habituation, self.disengagement_risk, self.step_count = habituation, risk, steps
        self.day = self.day + 1
        if self._together is not None:
            self._together += 1
        return Outcomes(steps, habituation, risk, *self._end())

    def _end(self) -> tuple[Flags, Flags]:
        """Return who left with the day that was lived, and whose study reached its length."""
        leaves = disengages(self.config, self.disengagement_risk)
        may_be_last = self._together is None or self._together >= self.config.study_length
        if not (self.n_over or may_be_last or np.count_nonzero(leaves)):  # as on most days of one participant
            return self._nobody, self._nobody
        terminated = ~self.over & leaves
        truncated = ~(self.over | leaves) & (self.day >= self.config.study_length)
        self.over = self.over | terminated | truncated
        self.n_over = int(np.count_nonzero(self.over))
        return terminated, truncated

    def set_can_walk(self, who: int, can_walk: bool) -> None:
        """Set today's walk state of one participant by hand; the following days run on from it with the same luck."""
        day = int(self.day[who])
        if bool(self._world.can_walk[who, day]) == can_walk:
            return
        changed = with_walk_state(self._world.each(lambda part: part[who]), self.config, day, can_walk)
        place = np.arange(self.n) == who
        self._world = _with_places(self._world, place, changed.each(lambda part: part[None]))
        self._days = _by_day(self._world)

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
        self.n_over = int(np.count_nonzero(self.over))


@lru_cache(maxsize=4)
def _drawn(config: SimulatorConfig, seeds: tuple[int, ...]) -> tuple[World, Today]:
    """Return the worlds of these seeds, also by day; the latest are kept for the next method that meets them."""
    world = draw_worlds(config, seeds)
    return world, _by_day(world)


def _by_day(world: World) -> Today:
    """Return the parts of the worlds with days first: a day is then one row, which costs next to nothing to read."""
    return Today.of(world.each(lambda part: np.ascontiguousarray(part.swapaxes(0, 1))))


def _with_places(world: World, who: Flags, new: World) -> World:
    """Return the worlds with some replaced; the given ones, which others may share, are not changed."""
    changed = world.each(np.copy)
    for part, fresh in zip(changed, new, strict=True):
        part[who] = fresh  # type: ignore[index]
    return changed
