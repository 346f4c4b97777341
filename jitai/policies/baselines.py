"""Policies that learn nothing: what every method must be compared to."""

import numpy as np

from jitai.records import Action, Observation, Proposal, tailored_to


class FixedPolicy:
    """Proposes the same action every day."""

    def __init__(self, action: Action) -> None:
        self.action = action

    def propose(self, observation: Observation, rng: np.random.Generator) -> Proposal:
        """The one action."""
        return Proposal(self.action)

    def learn(self, observation: Observation, action: Action, step_count: float) -> None:
        """Nothing to learn."""


class RandomPolicy:
    """Proposes each of the four actions with equal probability."""

    def propose(self, observation: Observation, rng: np.random.Generator) -> Proposal:
        """One of four actions."""
        return Proposal(Action(int(rng.integers(len(Action)))))

    def learn(self, observation: Observation, action: Action, step_count: float) -> None:
        """Nothing to learn."""


class TailoredPolicy:
    """Proposes the message tailored to the context that was read, every day."""

    def propose(self, observation: Observation, rng: np.random.Generator) -> Proposal:
        """The message for the likelier context."""
        return Proposal(tailored_to(observation.inferred_context))

    def learn(self, observation: Observation, action: Action, step_count: float) -> None:
        """Nothing to learn."""
