"""Episodes to learn from: many simulated participants, restarted where their study ends.

Training seeds come from the upper half of all seeds, and nothing else uses those.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jitai.arrays import Flags, Floats, Integers
from jitai.errors import ParameterError
from jitai.policies.base import Proposals, View
from jitai.policies.network import BELIEF, TRUE_CONTEXT, check_learned_observations, features
from jitai.seeding import FIRST_TRAINING_SEED, MAX_SEED, Stream, generator
from jitai.simulator.world import World, draw_worlds
from jitai.trial.filters import training_filters
from jitai.trial.loop import OutsideLearner, Trial
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import Verdicts, VerdictTable

Features = npt.NDArray[np.float32]
_BLOCK = 256


class EpisodeStep(NamedTuple):
    """What followed one decision for every participant.

    Attributes:
        shown: what the policy sees next, of the new episode where one ended; shape (n_envs, n_observations).
        step_count: earned, >= 0, in steps; shape (n_envs,), like all that follow.
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
    """An endless sequence of seeds that only training uses.

    Args:
        seed: 0 to MAX_SEED; another one gives another row.
        n_used: how many were used before, by a training that is resumed.

    Attributes:
        n_used: how many have been taken from this row.
    """

    def __init__(self, seed: int, n_used: int = 0) -> None:
        self._generator = generator(seed, Stream.TRAINING)
        self.n_used = 0
        self.take(n_used)

    def take(self, n_seeds: int) -> list[int]:
        """Return the next seeds."""
        self.n_used += n_seeds
        drawn: list[int] = self._generator.integers(FIRST_TRAINING_SEED, MAX_SEED, size=n_seeds, endpoint=True).tolist()
        return drawn


class Episodes:
    """Simulated participants to learn from: n at once, and a new one wherever a study ends.

    Each episode is the trial of its seed, number for number (``trial.loop``); an episode that ends makes room for the
    next seed in the same step.

    Args:
        spec: participant, filter and belief of the trials; the learner proposes in place of the policy.
        observations: what the learner sees, keys of OBSERVATION_LABELS.
        n_envs: participants at once, at least 1.
        verdicts: of the judge, on every statement of the book; None where nobody reads.
        seeds: of the participants to come.

    Attributes:
        seed: of each participant's present episode; shape (n_envs,).
        executed_action: of the last step, codes 0 to 3; shape (n_envs,).
    Raises: ParameterError for an unknown observation, no participant, or a filter under which nobody can train.
    """

    def __init__(
        self,
        spec: TrialSpec,
        observations: tuple[str, ...],
        n_envs: int,
        verdicts: Verdicts | None,
        seeds: TrainingSeeds,
    ) -> None:
        if n_envs < 1:
            raise ParameterError(f"The number of participants is {n_envs}: at least 1 is needed.")
        if not spec.filter.filter.can_train:
            raise ParameterError(
                f'The filter is "{spec.filter.key}": in training, it can be {" or ".join(training_filters())}.'
            )
        self.spec, self.n_envs = spec, n_envs
        self.observations = check_learned_observations(observations)
        self._texts = None if verdicts is None else VerdictTable(verdicts, spec.belief)
        self._seeds = seeds
        self._learner = OutsideLearner(BELIEF in observations, TRUE_CONTEXT in observations)
        self._reserve_seeds: list[int] = []
        self._reserve: World | None = None
        self._fill_reserve(max(_BLOCK, n_envs))
        self.begin()

    def begin(self) -> Features:
        """Start a new episode everywhere and return what the learner sees first."""
        seeds, _ = self._next_episodes(self.n_envs)
        self.seed = np.array(seeds, dtype=np.int64)
        self._trial = Trial(self.spec, seeds, self._texts, learner=self._learner)
        self.executed_action: Integers = np.zeros(self.n_envs, dtype=np.int64)
        return self._show(self._trial.begin_day())

    def step(self, actions: Integers) -> EpisodeStep:
        """Live one day everywhere, and restart where a study has ended.

        Args:
            actions: what the learner proposes, codes 0 to 3; shape (n_envs,).
        """
        filtered, outcomes = self._trial.end_day(Proposals(np.asarray(actions, dtype=np.int64)))
        self.executed_action = filtered.executed_action
        last_shown = shown = self._show(self._trial.begin_day())
        ended = outcomes.terminated | outcomes.truncated
        if ended.any():
            who = np.flatnonzero(ended)
            seeds, world = self._next_episodes(len(who))
            self.seed[who] = seeds
            shown = self._show(self._trial.restart(ended, world))
        return EpisodeStep(shown, outcomes.step_count, outcomes.terminated, outcomes.truncated, last_shown)

    def _show(self, view: View) -> Features:
        return features(self.observations, view, self.spec.config.study_length)

    def _next_episodes(self, n_episodes: int) -> tuple[list[int], World]:
        """Return the next episodes in reserve; if the reserve runs short, it is filled up."""
        if len(self._reserve_seeds) < n_episodes:
            self._fill_reserve(max(_BLOCK, n_episodes))
        assert self._reserve is not None
        seeds, world = self._reserve_seeds[:n_episodes], self._reserve.each(lambda part: part[:n_episodes])
        self._reserve_seeds = self._reserve_seeds[n_episodes:]
        self._reserve = self._reserve.each(lambda part: part[n_episodes:])
        return seeds, world

    def _fill_reserve(self, n_episodes: int) -> None:
        """Draw worlds in blocks: one by one they would take longer than all that is lived in them."""
        seeds = self._seeds.take(n_episodes)
        drawn = draw_worlds(self.spec.config, seeds)
        if self._reserve is not None:
            pairs: Any = zip(self._reserve, drawn, strict=True)
            parts: list[Any] = [np.concatenate(pair) for pair in pairs]
            drawn = World(*parts)
        self._reserve_seeds, self._reserve = self._reserve_seeds + seeds, drawn
