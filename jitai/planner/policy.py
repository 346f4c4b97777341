"""The planner as a policy of the decision loop."""

import numpy as np

from jitai.planner.plan import Plan, best_action
from jitai.records import Action, Observation, Proposal


class BeliefPlanner:
    """Proposes what its plan holds for best. It knows a model and learns nothing.

    Args:
        plan: solved; its model may differ from the participant.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def propose_on_belief(self, observation: Observation, belief: float, rng: np.random.Generator) -> Proposal:
        """The best action for this belief, this reading of the context, habituation and risk."""
        values = self.plan.action_values(
            observation.decision_index,
            observation.habituation,
            observation.disengagement_risk,
            belief,
            observation.context_probability,
        )
        return Proposal(Action(int(best_action(values))), steps_to_come=tuple(values.tolist()))

    def propose(self, observation: Observation, rng: np.random.Generator) -> Proposal:
        """The best action for somebody who can surely walk: where no belief is kept, none is at hand."""
        return self.propose_on_belief(observation, 1.0, rng)

    def learn(self, observation: Observation, action: Action, step_count: float) -> None:
        """The plan is made before the study."""
