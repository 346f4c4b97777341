"""What every policy can do, and two more things that some ask to be told."""

from typing import Protocol, runtime_checkable

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


@runtime_checkable
class BeliefPolicy(Policy, Protocol):
    """A policy that also acts on how likely it is that the participant can walk.

    The decision loop recognises it by its method: it then has the text judged before the proposal instead of after it,
    keeps the belief (``jitai.policies.belief``) and calls ``propose_on_belief`` instead of ``propose``. Nothing changes
    for other policies. ``propose`` remains as the answer where no belief is kept.
    """

    def propose_on_belief(self, observation: Observation, belief: float, rng: np.random.Generator) -> Proposal:
        """The candidate action for today.

        Args:
            observation: what is known today.
            belief: P(w_t = 1) in [0, 1], given today's text and all steps so far.
            rng: the policy's own stream.
        """
        ...


@runtime_checkable
class InformedPolicy(Policy, Protocol):
    """A policy that is told the hidden truth: no method, but the ceiling that methods are compared to."""

    def propose_informed(self, observation: Observation, can_walk: bool, true_context: int) -> Proposal:
        """The candidate action for today, from w_t and c_t themselves."""
        ...
