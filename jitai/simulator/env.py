"""The study as a Gymnasium environment of one participant."""

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from jitai.records import Action
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.participant import Participant
from jitai.simulator.spaces import ONE_HOT_DAY, StatementChoice, action_code, check_observations, observation_bounds

Observed = npt.NDArray[np.float32]
_N_ACTIONS = len(Action)


class StepCountEnv(gym.Env[Observed, np.int64]):
    """One participant of the simulated study, under Gymnasium's own semantics.

    ## Action space
    ``Discrete(4)``: 0 no message, 1 generic, 2 tailored to context 0, 3 tailored to context 1.

    ## Observation space
    ``Box`` of float32 with the chosen quantities in the chosen order; see ``spaces.QUANTITIES``.

    ## Rewards
    The steps that follow the decision, the last one included.

    ## Episode end
    ``terminated`` when the participant disengages, ``truncated`` after exactly ``study_length`` decisions.

    ## Differs
    From the published package (kept by ``reference.PublishedEnv``): the last reward is not zeroed, an episode is not
    one decision longer than the study, ``reset(seed=...)`` seeds, and truncation is told from termination.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 - declared so by Gymnasium

    def __init__(
        self,
        config: SimulatorConfig | None = None,
        observations: Sequence[str] = ("P", "H", "D"),
        statements: StatementChoice | None = None,
    ) -> None:
        """Args: settings of the study (the defaults if None), names of the observed quantities, what is said (if given,
        ``info["statement"]`` has it; empty where nothing is)."""
        self.config = config or SimulatorConfig()
        self._statements = statements
        self.observations = check_observations(observations)
        high = observation_bounds(self.observations, self.config.study_length)
        self.observation_space = gym.spaces.Box(np.zeros_like(high), high, dtype=np.float32)
        self.action_space = gym.spaces.Discrete(len(Action))
        self._participant: Participant | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observed, dict[str, Any]]:
        """Begin a trial; with a seed in a fresh world, without one in the days that follow."""
        super().reset(seed=seed)
        if self._participant is None or seed is not None:
            self._participant = Participant(self.config, self.np_random)
        else:
            self._participant.begin()
        return self._observe(self._participant), self._truth(self._participant)

    def step(self, action: np.int64 | int) -> tuple[Observed, float, bool, bool, dict[str, Any]]:
        """Live one day under an action; the class describes what is returned.

        Raises: ParameterError if there is no such action.
        """
        participant = self._participant
        if participant is None:
            raise gym.error.ResetNeeded("Call reset before step.")
        # The usual kind first: numpy takes ten times as long to look at a number.
        outcome = participant.act(action if type(action) is int and 0 <= action < _N_ACTIONS else action_code(action))
        return (
            self._observe(participant),
            outcome.step_count,
            outcome.terminated,
            outcome.truncated,
            self._truth(participant),
        )

    def _observe(self, participant: Participant) -> Observed:
        seen = participant.observe()
        values: list[float] = []
        for name in self.observations:
            if name == "P":
                values.append(seen.context_probability)
            elif name == "H":
                values.append(seen.habituation)
            elif name == "D":
                values.append(seen.disengagement_risk)
            elif name == "L":
                values.append(seen.inferred_context)
            elif name == "S":
                values.append(seen.step_count)
            elif name == "C":
                values.append(participant.true_context)
            elif name == "T":
                values.append(seen.decision_index % 2)
            elif name == ONE_HOT_DAY:
                # After the last decision no day is left: all zeros.
                values += [float(day == seen.decision_index) for day in range(self.config.study_length)]
        return np.array(values, dtype=np.float32)

    def _truth(self, participant: Participant) -> dict[str, Any]:
        """Return what no observation shows: true context and walk state of the coming day, for analysis, and what is
        said.
        """
        truth: dict[str, Any] = {"true_context": participant.true_context, "can_walk": participant.can_walk}
        if self._statements is not None:
            told = (participant.can_walk, participant.statement_uniform, participant.spell_day)
            truth["statement"] = self._statements(*told) if participant.writes else ""
        return truth
