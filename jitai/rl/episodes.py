"""Many simulated participants to learn from: one array operation for all lanes.

Each episode of a lane is the trial of one seed, number for number (``run_batch``); an episode that ends makes room for
the next seed in the same step. Training seeds come from the upper half of all seeds, and nothing else uses those.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jitai.errors import ParameterError
from jitai.policies.belief import Belief, Text
from jitai.policies.network import BELIEF, Seen, check_learned_observations, features
from jitai.seeding import FIRST_TRAINING_SEED, MAX_SEED, Stream, generator
from jitai.simulator.config import DETERMINISTIC
from jitai.simulator.dynamics import Response, case_index, disengages, mean_outcome, response_table, vary
from jitai.simulator.participant import STEPS_BEFORE_THE_FIRST_DECISION
from jitai.trial.batch import draw_worlds
from jitai.trial.filters import NONE, TRAINING_FILTERS, execute_all
from jitai.trial.spec import TrialSpec, unread
from jitai.trial.verdict_table import DayTexts, Verdicts

Floats = npt.NDArray[np.float64]
Features = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
_BLOCK = 256


class LaneStep(NamedTuple):
    """What followed one decision in every lane.

    Attributes:
        shown: what the policy sees next, of the new episode where one ended; shape (n_lanes, n_observations).
        step_count: earned, >= 0, in steps; shape (n_lanes,), like all that follow.
        terminated: the participant left.
        truncated: the study reached its length.
        last_shown: as ``shown``, but where an episode ended, what would have been seen on the day after it.
    """

    shown: Features
    step_count: Floats
    terminated: Flags
    truncated: Flags
    last_shown: Features


class TrainingSeeds:
    """An endless row of seeds that only training uses.

    Args:
        seed: 0 to MAX_SEED; another one gives another row.
        n_used: how many were used before, by a training that goes on.

    Attributes:
        n_used: how many have been taken from this row.
    """

    def __init__(self, seed: int, n_used: int = 0) -> None:
        self._generator = generator(seed, Stream.TRAINING)
        self.n_used = 0
        self.take(n_used)

    def take(self, n_seeds: int) -> list[int]:
        """The next seeds."""
        self.n_used += n_seeds
        drawn: list[int] = self._generator.integers(FIRST_TRAINING_SEED, MAX_SEED, size=n_seeds, endpoint=True).tolist()
        return drawn


class _Episodes(NamedTuple):
    """What the participants of some episodes meet; each of shape (n_episodes, n_days + 1), but for the luck."""

    true_context: Integers
    probability: Floats
    inferred: Integers
    can_walk: Integers
    luck: Floats
    writes: Flags
    decision: Integers
    p_send: Floats
    if_can: Floats
    if_cannot: Floats

    def each(self, change: Callable[[Any], Any]) -> "_Episodes":
        """The same change of every array."""
        return _Episodes(*map(change, self))


class StudyLanes:
    """Participants of one kind, each in a lane that starts anew as soon as its study is over.

    Args:
        spec: participant, filter, belief and model; its policy and seed are not used.
        observations: what is shown.
        n_lanes: at least 1.
        verdicts: of the judge; None where nobody reads.
        seeds: of the episodes.

    Attributes:
        executed_action: what was done last, after the filter; shape (n_lanes,).
        seed: of each lane's present episode; shape (n_lanes,).

    Raises: ParameterError for an unknown observation, no lane, or a filter that is not among TRAINING_FILTERS.
    """

    def __init__(
        self,
        spec: TrialSpec,
        observations: tuple[str, ...],
        n_lanes: int,
        verdicts: Verdicts | None,
        seeds: TrainingSeeds,
    ) -> None:
        if n_lanes < 1:
            raise ParameterError(f"The number of lanes is {n_lanes}: at least 1 is needed.")
        if spec.filter.strategy not in TRAINING_FILTERS:
            raise ParameterError(
                f'The filter is "{spec.filter.strategy}": in training, it can be {" or ".join(TRAINING_FILTERS)}.'
            )
        self.spec = unread(spec) if verdicts is None else spec
        self.n_lanes, self.observations = n_lanes, check_learned_observations(observations)
        self._verdicts, self._seeds = verdicts, seeds
        self._table = response_table(spec.config)
        self._lanes = np.arange(n_lanes)
        self._belief = Belief(self.spec.assumed, self.spec.belief) if BELIEF in observations else None
        self._reserve_seeds, self._reserve = self._draw(max(_BLOCK, n_lanes))
        self.begin()

    def begin(self) -> Features:
        """Start a new episode in every lane; what the policy sees first."""
        everywhere = np.ones(self.n_lanes, dtype=bool)
        self.seed, self._episode = self._next_episodes(self.n_lanes)
        self._day = np.zeros(self.n_lanes, dtype=np.int64)
        self._habituation = np.full(self.n_lanes, self.spec.config.initial_habituation)
        self._risk = np.full(self.n_lanes, self.spec.config.initial_disengagement)
        self._step_count = np.full(self.n_lanes, STEPS_BEFORE_THE_FIRST_DECISION)
        self.executed_action = np.zeros(self.n_lanes, dtype=np.int64)
        if self._belief is not None:
            self._belief.read(None)
            self._belief.begin_again(everywhere)
        return self._show()

    def step(self, actions: Integers) -> LaneStep:
        """One decision in every lane.

        Args:
            actions: what the policy proposes, codes 0 to 3; shape (n_lanes,).
        """
        config, today = self.spec.config, self._today()
        self.executed_action = executed = self._filter(np.asarray(actions, dtype=np.int64), today)
        case = case_index(executed, today.true_context, today.can_walk)
        response = Response(*self._table.take(case, axis=1))
        habituation, risk, steps = mean_outcome(self._habituation, self._risk, response)
        if config.variation != DETERMINISTIC:
            luck = today.luck
            habituation, risk, steps = vary(config, habituation, risk, steps, (luck[:, 0], luck[:, 1], luck[:, 2]))
        if self._belief is not None:
            self._belief.see(executed, today.probability, self._habituation, steps)
        self._habituation, self._risk, self._step_count = habituation, risk, steps
        self._day = self._day + 1
        if self._belief is not None:
            morning = self._today()
            text = Text(morning.writes, morning.if_can, morning.if_cannot)
            self._belief.read(None if self._verdicts is None else text)
        terminated = disengages(config, risk)
        ended = terminated | (self._day >= config.study_length)
        last_shown = self._show()
        shown = last_shown
        if ended.any():
            self._start_anew(ended)
            shown = self._show()
        return LaneStep(shown, steps, terminated, ended & ~terminated, last_shown)

    def _today(self) -> _Episodes:
        """Today's row of every lane."""
        lanes, day = self._lanes, self._day
        return self._episode.each(lambda part: part[lanes, day])

    def _filter(self, candidate: Integers, today: _Episodes) -> Integers:
        if self._verdicts is None or self.spec.filter.strategy == NONE:
            return candidate
        unused = np.zeros(self.n_lanes)
        return execute_all(self.spec.filter, candidate, today.decision, today.p_send, unused, None, today.can_walk)

    def _show(self) -> Features:
        lanes, day = self._lanes, self._day
        seen = Seen(
            self._episode.probability[lanes, day], self._episode.inferred[lanes, day], self._habituation, self._risk,
            self._step_count, day, self.spec.config.study_length,
            1.0 if self._belief is None else self._belief.can_walk, self._episode.true_context[lanes, day],
        )  # fmt: skip
        return features(self.observations, seen)

    def _start_anew(self, lanes: Flags) -> None:
        which = np.flatnonzero(lanes)
        self.seed[which], fresh = self._next_episodes(len(which))
        for mine, new in zip(self._episode, fresh, strict=True):
            mine[which] = new
        config = self.spec.config
        self._day = np.where(lanes, 0, self._day)
        self._habituation = np.where(lanes, config.initial_habituation, self._habituation)
        self._risk = np.where(lanes, config.initial_disengagement, self._risk)
        self._step_count = np.where(lanes, STEPS_BEFORE_THE_FIRST_DECISION, self._step_count)
        if self._belief is not None:
            self._belief.begin_again(lanes)

    def _next_episodes(self, n_episodes: int) -> tuple[Integers, _Episodes]:
        """The next ones in reserve, as arrays of their own; the reserve is filled up where it runs short."""
        if len(self._reserve_seeds) < n_episodes:
            seeds, drawn = self._draw(max(_BLOCK, n_episodes))
            self._reserve_seeds = np.concatenate([self._reserve_seeds, seeds])
            columns: list[Any] = [np.concatenate(parts) for parts in zip(self._reserve, drawn, strict=True)]
            self._reserve = _Episodes(*columns)
        seeds = self._reserve_seeds[:n_episodes].copy()
        episodes = self._reserve.each(lambda part: part[:n_episodes].copy())
        self._reserve_seeds = self._reserve_seeds[n_episodes:]
        self._reserve = self._reserve.each(lambda part: part[n_episodes:])
        return seeds, episodes

    def _draw(self, n_episodes: int) -> tuple[Integers, _Episodes]:
        seeds = self._seeds.take(n_episodes)
        world = draw_worlds(self.spec.config, seeds)
        shape = world.true_context.shape
        if self._verdicts is None:
            texts = (world.writes == 1, np.zeros(shape, dtype=np.int64), *(np.ones(shape) for _ in range(3)))
        else:
            read = DayTexts(world, self._verdicts, self.spec.belief)
            texts = (read.writes, read.decision, read.p_send, read.if_can, read.if_cannot)
        return np.array(seeds), _Episodes(
            world.true_context.astype(np.int64),
            world.context_probability,
            world.inferred_context.astype(np.int64),
            world.can_walk.astype(np.int64),
            world.luck,
            *texts,
        )
