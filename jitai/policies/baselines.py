"""Policies that learn nothing, to which every method must be compared."""

from typing import Any

import numpy as np

from jitai.policies.base import Chances, Policy, PolicyInputs, Proposals, View
from jitai.records import Action, Role


class TailoredPolicy(Policy):
    """Proposes the message tailored to the likelier context, every day."""

    key, label, role = "tailored", "Always tailored to the context read", Role.PLAIN
    is_deterministic = True

    def propose(self, view: View) -> Proposals:
        """Return the message for the inferred context."""
        return Proposals(int(Action.TAILORED_HOME) + view.inferred_context)


class GenericPolicy(Policy):
    """Proposes a generic message every day."""

    key, label, role = "generic", "Always generic", Role.PLAIN
    is_deterministic = True

    def propose(self, view: View) -> Proposals:
        """Return a generic message for everybody."""
        return Proposals(np.full(len(view.day), int(Action.GENERIC)))


class RandomPolicy(Policy):
    """Proposes each of the four actions with equal probability."""

    key, label, role = "random", "Random", Role.PLAIN

    def __init__(self, settings: Any, inputs: PolicyInputs) -> None:
        n_days = inputs.config.study_length
        self._rows = np.arange(inputs.n)
        self._drawn = np.stack([rng.integers(len(Action), size=n_days) for rng in inputs.generators()])

    def propose(self, view: View) -> Proposals:
        """Return the actions that were drawn for today."""
        return Proposals(self._drawn[self._rows, view.day])

    def chances(self, view: View, proposals: Proposals) -> Chances:
        """Return a quarter for each action."""
        n = len(view.day)
        return Chances(np.full((n, len(Action)), 1 / len(Action)), np.zeros((n, len(Action))), np.zeros(n))


class NeverPolicy(Policy):
    """Proposes no message, ever."""

    key, label, role = "never", "Never a message", Role.PLAIN
    is_deterministic = True

    def propose(self, view: View) -> Proposals:
        """Return no message for everybody."""
        return Proposals(np.full(len(view.day), int(Action.NO_MESSAGE)))
