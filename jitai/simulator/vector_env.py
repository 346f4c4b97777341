"""The study as a Gymnasium vector environment: one array operation for all environments."""

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium.utils.seeding import np_random
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from jitai.errors import ParameterError
from jitai.records import Action
from jitai.simulator.config import DETERMINISTIC, REDRAWN, STORY, SimulatorConfig
from jitai.simulator.dynamics import disengages, respond, response_table
from jitai.simulator.participant import STEPS_BEFORE_THE_FIRST_DECISION
from jitai.simulator.spaces import ONE_HOT_DAY, StatementChoice, action_codes, check_observations, observation_bounds
from jitai.simulator.world import ABILITY_COLUMNS, CONTEXT_COLUMNS, LUCK_COLUMNS, context_posterior, writes_today

Floats = npt.NDArray[np.float64]
BUFFER_BYTES = 32 * 1024**2
"""Memory for the uniform numbers drawn ahead, of each purpose."""
MAX_ENVS = 1_000_000


class EnvUniforms:
    """The uniform numbers of one purpose for all environments, drawn ahead in blocks of days.

    Args:
        generators: one for each environment.
        n_columns: numbers a day.
    """

    def __init__(self, generators: list[np.random.Generator], n_columns: int) -> None:
        self._generators = generators
        self._n_columns = n_columns
        self._n_days = max(1, min(512, BUFFER_BYTES // (8 * n_columns * max(1, len(generators)))))
        self._day = self._n_days
        self._block: Floats = np.empty((self._n_days, n_columns, len(generators)))

    def next_day(self) -> Floats:
        """Return the next day's numbers, shape (n_columns, n_envs); they are valid until the next call."""
        if self._day == self._n_days:
            drawn = np.empty((self._n_days, self._n_columns))
            for number, generator in enumerate(self._generators):
                generator.random(out=drawn)
                self._block[:, :, number] = drawn
            self._day = 0
        self._day += 1
        row: Floats = self._block[self._day - 1]
        return row


class StepCountVectorEnv(VectorEnv[npt.NDArray[np.float32], npt.NDArray[np.int64], Floats]):
    """Many independent participants at once; environment i under seed s is ``StepCountEnv`` under seed s + i.

    Spaces, rewards and episode ends are those of ``StepCountEnv``. An environment that ends starts anew in the same
    step (``AutoresetMode.SAME_STEP``): its last observation is in ``info["final_obs"]``.
    """

    metadata = {  # noqa: RUF012 - declared so by Gymnasium
        "render_modes": [],
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(
        self,
        n_envs: int,
        config: SimulatorConfig | None = None,
        observations: Sequence[str] = ("P", "H", "D"),
        statements: StatementChoice | None = None,
    ) -> None:
        """Args: number of participants (at least 1), settings of the study, names of the observed quantities, what is
        said (if given, ``info["statement"]`` has it; empty where nothing is)."""
        if not isinstance(n_envs, int | np.integer) or isinstance(n_envs, bool) or not 1 <= n_envs <= MAX_ENVS:
            raise ParameterError(
                f"The number of environments is {n_envs!r:.60}: allowed is a whole number from 1 to {MAX_ENVS:,}."
            )
        n_envs = int(n_envs)
        self.num_envs = n_envs
        self.config = config or SimulatorConfig()
        self.observations = check_observations(observations)
        high = observation_bounds(self.observations, self.config.study_length)
        self.single_observation_space = gym.spaces.Box(np.zeros_like(high), high, dtype=np.float32)
        self.single_action_space = gym.spaces.Discrete(len(Action))
        self.observation_space = batch_space(self.single_observation_space, n_envs)
        self.action_space = batch_space(self.single_action_space, n_envs)
        self._table = response_table(self.config)
        # P(1 tomorrow | 0 today), P(1 tomorrow | 1 today)
        self._context_one = np.array([1 - self.config.context_persistence, self.config.context_persistence])
        self._walk_one = np.array([1 - self.config.cannot_walk_persistence, self.config.can_walk_persistence])
        self._ability_varies = self.config.can_walk_persistence < 1
        self._statements = statements
        self._statement_uniform: Floats = np.zeros(n_envs)
        self._spell_day: npt.NDArray[np.int64] = np.full(n_envs, -1)
        self._seeded = False

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[np.float32], dict[str, Any]]:
        """Begin a trial in every environment.

        Args:
            seed: one number, of which environment i takes seed + i, or a number for each environment.
        """
        if seed is not None or not self._seeded:
            self._seed(seed)
        n_envs = self.num_envs
        self._days = np.zeros(n_envs, dtype=np.int64)
        self._true_context = np.zeros(n_envs, dtype=np.int8)
        self._can_walk = self._could_walk = np.ones(n_envs, dtype=np.int8)
        self._probability = np.full(n_envs, 0.5)
        self._habituation = np.full(n_envs, self.config.initial_habituation)
        self._risk = np.full(n_envs, self.config.initial_disengagement)
        self._step_count = np.full(n_envs, STEPS_BEFORE_THE_FIRST_DECISION)
        self._pick_statements(np.zeros(n_envs, dtype=bool))
        return self._observe(), self._truth()

    def step(  # type: ignore[override] # ends are booleans, as Gymnasium's own environments return them
        self, actions: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.float32], Floats, npt.NDArray[np.bool_], npt.NDArray[np.bool_], dict[str, Any]]:
        """Live one day in every environment, under one action for each.

        Args:
            actions: 0 to 3; shape (n_envs,).
        Returns: observations (n_envs, n_observed), steps earned, terminated, truncated, each (n_envs,), and the
            hidden truth; where an environment ended (``_final_obs``), ``final_obs`` holds its last observation.
        Raises: ParameterError if the actions are not one for each environment.
        """
        if not self._seeded:
            raise gym.error.ResetNeeded("Call reset before step.")
        config = self.config
        actions = action_codes(actions, self.num_envs)
        luck = None
        if config.variation != DETERMINISTIC:
            luck = (self._luck_row[0], self._luck_row[1], self._luck_row[2])
        habituation, risk, step_count = respond(
            config, self._table, self._habituation, self._risk, actions, self._true_context, self._can_walk,
            luck,
        )  # fmt: skip
        self._habituation, self._risk, self._step_count = habituation, risk, step_count
        self._to_tomorrow()
        terminated = disengages(config, risk)
        ended = terminated | (self._days >= config.study_length)
        observations, truth = self._observe(), self._truth()
        if ended.any():
            truth |= {"final_obs": observations, "_final_obs": ended}
            self._start_anew(ended)
            observations = self._observe()
            truth |= self._truth()
        return observations, step_count, terminated, ended & ~terminated, truth

    def _seed(self, seed: int | Sequence[int | None] | None) -> None:
        if seed is None or isinstance(seed, int | np.integer):
            seeds: Sequence[int | None] = [
                None if seed is None else int(seed) + number for number in range(self.num_envs)
            ]
        elif isinstance(seed, Sequence | np.ndarray) and not isinstance(seed, str):
            seeds = [int(one) if isinstance(one, np.integer) else one for one in seed]
        else:
            raise ParameterError(f"The seed is {seed!r:.60}: give a whole number, or one for each environment.")
        if len(seeds) != self.num_envs:
            raise ParameterError(f"There are {len(seeds)} seeds for {self.num_envs} environments: give one for each.")
        by_purpose = zip(*(np_random(env_seed)[0].spawn(3) for env_seed in seeds), strict=True)
        widths = (len(CONTEXT_COLUMNS), len(ABILITY_COLUMNS), len(LUCK_COLUMNS))
        self._context_uniforms, self._ability_uniforms, self._luck_uniforms = (
            EnvUniforms(list(generators), width) for generators, width in zip(by_purpose, widths, strict=True)
        )
        self._next_row()
        self._seeded = True

    def _next_row(self) -> None:
        """Every environment's next row of uniform numbers; ability and luck only where the settings use them."""
        self._context_row = self._context_uniforms.next_day()
        if self._ability_varies or self._statements is not None:
            self._ability_row = self._ability_uniforms.next_day()
        if self.config.variation != DETERMINISTIC:
            self._luck_row = self._luck_uniforms.next_day()

    def _to_tomorrow(self) -> None:
        self._next_row()
        self._days = self._days + 1
        self._true_context = (self._context_row[0] < self._context_one[self._true_context]).view(np.int8)
        self._probability = context_posterior(self._true_context, self._context_row[1], self.config.context_noise)
        if self._ability_varies:
            self._could_walk = self._can_walk
            self._can_walk = (self._ability_row[0] < self._walk_one[self._can_walk]).view(np.int8)
        tells = self.config.spell_statements == STORY
        self._pick_statements((self._could_walk == 0) & ((self._can_walk == 0) | tells))

    def _pick_statements(self, kept: npt.NDArray[np.bool_], days: int = 1) -> None:
        """Pick today's statements, or stories.

        Args:
            kept: where the spell's pick stays, if it is held or tells a story; shape (n_envs,).
            days: that have passed for those.
        """
        if self._statements is None:
            return
        unable = self._can_walk == 0
        if self.config.spell_statements == REDRAWN:
            self._statement_uniform, self._spell_day = self._ability_row[2], np.full(self.num_envs, -1)
            return
        first_day = np.where(unable & (self.config.spell_statements == STORY), 0, -1)
        self._spell_day = np.where(kept & (self._spell_day >= 0), self._spell_day + days, first_day)
        self._statement_uniform = np.where(kept, self._statement_uniform, self._ability_row[2])

    def _start_anew(self, ended: npt.NDArray[np.bool_]) -> None:
        """Put the marked environments back to day 1; their rows of uniform numbers go on where they are."""
        # New arrays, as those of this step have been handed out.
        self._days = np.where(ended, 0, self._days)
        self._true_context = np.where(ended, np.int8(0), self._true_context)
        self._can_walk = np.where(ended, np.int8(1), self._can_walk)
        self._could_walk = np.where(ended, np.int8(1), self._could_walk)
        self._probability = np.where(ended, 0.5, self._probability)
        self._habituation = np.where(ended, self.config.initial_habituation, self._habituation)
        self._risk = np.where(ended, self.config.initial_disengagement, self._risk)
        self._step_count = np.where(ended, STEPS_BEFORE_THE_FIRST_DECISION, self._step_count)
        self._pick_statements(~ended, days=0)

    def _observe(self) -> npt.NDArray[np.float32]:
        observed = np.empty(self.observation_space.shape or (), dtype=np.float32)
        column = 0
        for name in self.observations:
            if name == ONE_HOT_DAY:
                length = self.config.study_length
                observed[:, column : column + length] = self._days[:, None] == np.arange(length)
                column += length
            else:
                observed[:, column] = self._quantity(name)
                column += 1
        return observed

    def _quantity(self, name: str) -> npt.NDArray[Any]:
        if name == "P":
            return self._probability
        if name == "L":
            return self._probability > 0.5
        if name == "H":
            return self._habituation
        if name == "D":
            return self._risk
        if name == "S":
            return self._step_count
        if name == "C":
            return self._true_context
        return self._days % 2

    def _truth(self) -> dict[str, Any]:
        """Return what no observation shows: context and walk state of the coming day, and what is said; (n_envs,)."""
        truth: dict[str, Any] = {"true_context": self._true_context, "can_walk": self._can_walk}
        if self._statements is not None:
            said = np.full(self.num_envs, "", dtype=object)
            writes = writes_today(self.config, self._can_walk, self._could_walk, self._ability_row[1])
            if not self.config.writes_on_first_day:
                writes[self._days == 0] = 0
            for number in np.flatnonzero(writes):
                picked = float(self._statement_uniform[number]), int(self._spell_day[number])
                said[number] = self._statements(bool(self._can_walk[number]), *picked)
            truth["statement"] = said
        return truth
