"""What every policy can do."""

from typing import Protocol

import numpy as np

from jitai.records import Action, Observation, Proposal


class Policy(Protocol):
    """Proposes an action from an observation, and learns from what followed."""

    def propose(self, observation: Observation, rng: np.random.Generator) -> Proposal:
        """The candidate action for today, with what led to it.

        Args:
            observation: what is known today.
            rng: the policy's own stream; a policy draws the same number of numbers every day.
        """
        ...

    def learn(self, observation: Observation, action: Action, step_count: float) -> None:
        """Take in that ``action``, done when ``observation`` was seen, was followed by ``step_count`` steps."""
        ...
