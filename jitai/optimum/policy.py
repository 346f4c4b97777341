"""The optimum as a policy of the decision loop: the ceiling, no method."""

import numpy as np

from jitai.errors import JitaiError
from jitai.optimum.solve import Optimum, first_best
from jitai.records import Action, Observation, Proposal


class OptimalPolicy:
    """Does what is best for those who know the walk state and the context.

    Args:
        optimum: solved for the participant as they are.
    """

    def __init__(self, optimum: Optimum) -> None:
        self.optimum = optimum

    def propose_informed(self, observation: Observation, can_walk: bool, true_context: int) -> Proposal:
        """The best action."""
        values = self.optimum.action_values(
            observation.decision_index,
            observation.habituation,
            observation.disengagement_risk,
            int(can_walk),
            true_context,
        )
        return Proposal(Action(int(first_best(values))), steps_to_come=tuple(values.tolist()))

    def propose(self, observation: Observation, rng: np.random.Generator) -> Proposal:
        """Cannot be answered.

        Raises: JitaiError, always: the truth is needed.
        """
        raise JitaiError("The optimum cannot propose from observations alone: it must be told the truth.")

    def learn(self, observation: Observation, action: Action, step_count: float) -> None:
        """Nothing to learn for those who know."""
