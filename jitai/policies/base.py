"""The base class of policies. A policy acts for n participants at once; one participant is n = 1."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from jitai.arrays import Flags, Floats, Integers
from jitai.policies.belief import BeliefSettings
from jitai.records import Action, Role
from jitai.registry import NoSettings
from jitai.simulator.config import SimulatorConfig


class Truth(NamedTuple):
    """What is hidden from all but privileged policies; each of shape (n,), 0 or 1.

    Attributes:
        can_walk: w_t.
        true_context: c_t.
    """

    can_walk: Integers
    true_context: Integers


class View(NamedTuple):
    """What a policy knows before a decision; every array has shape (n,).

    Attributes:
        day: t, 0 for the first decision.
        context_probability: p_t, probability of context 1 (work) given the noisy reading, in [0, 1].
        inferred_context: l_t, 0 or 1, the likelier context.
        habituation, disengagement_risk: h_t and d_t in [0, 1].
        step_count: steps that followed the previous decision, >= 0; 0.1 before the first, as published.
        belief: P(w_t = 1) in [0, 1], given today's text and all steps so far; None where no belief is kept.
        truth: None but for privileged policies.
    """

    day: Integers
    context_probability: Floats
    inferred_context: Integers
    habituation: Floats
    disengagement_risk: Floats
    step_count: Floats
    belief: Floats | None = None
    truth: Truth | None = None


class Proposals(NamedTuple):
    """What a policy proposes.

    Attributes:
        candidate_action: codes 0 to 3; shape (n,).
        preference: how much each action is liked, shape (n, n_actions): more is better; None if the policy compares
            nothing. The filter "next best" reads it.
        details: what led to it, by fields of ``records.Proposal``; each of shape (n, n_actions).
    """

    candidate_action: Integers
    preference: Floats | None = None
    details: Mapping[str, Floats] = {}


class Chances(NamedTuple):
    """With which probability each action is proposed, given all that the policy knows before it draws.

    Attributes:
        candidate: of each action, in [0, 1]; shape (n, n_actions); NaN where the policy cannot tell.
        rather_none: that the action is proposed and "no message" is liked at least as much as a generic one; same
            shape, at most ``candidate``. The filter "next best" needs it.
        error: bound of the numerical error of each; shape (n,).
    """

    candidate: Floats
    rather_none: Floats
    error: Floats


class PolicyInputs(NamedTuple):
    """What a new policy is given.

    Attributes:
        config: the participants and the study as they are. A policy that is not privileged may use the study's length.
        assumed: what belief and planner assume of the participants; it may be wrong.
        belief: how the belief in ability is formed.
        n: participants.
        generators: makes the policy's own random stream of each participant, from its beginning.
    """

    config: SimulatorConfig
    assumed: SimulatorConfig
    belief: BeliefSettings
    n: int
    generators: Callable[[], Sequence[np.random.Generator]]


class Policy(ABC):
    """Proposes actions from what is known, and learns from what followed.

    Attributes:
        key, label, Settings: as ``registry.Component``.
        role: what kind of method it is where no filter is at work.
        remark: one sentence for a person who picks it; may be empty.
        is_deterministic: whether what it knows decides what it proposes. If not, it overrides ``chances``, so that logs
            can say with which probability an action was chosen.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    role: ClassVar[Role]
    remark: ClassVar[str] = ""
    is_deterministic: ClassVar[bool] = False
    Settings: ClassVar[type[Any]] = NoSettings

    def __init__(self, settings: Any, inputs: PolicyInputs) -> None:  # noqa: B027 (may need nothing)
        """Make a policy that has seen nothing.

        Args:
            settings: of this policy's Settings.
            inputs: of the trial.
        """

    @classmethod
    def uses_belief(cls, settings: Any) -> bool:
        """Whether it acts on the belief in ability, so that the text must be judged before it proposes."""
        return False

    @classmethod
    def is_privileged(cls, settings: Any) -> bool:
        """Whether it is told the hidden truth, which makes it a standard of comparison and no method."""
        return False

    @abstractmethod
    def propose(self, view: View) -> Proposals:
        """Return today's candidate actions."""

    def learn(self, view: View, action: Integers, step_count: Floats, told: Flags) -> None:  # noqa: B027 (may do nothing)
        """Learn from what followed the action.

        Args:
            view: what was known when the action was taken.
            action: what the policy is told was done, codes 0 to 3; shape (n,).
            step_count: steps that followed; shape (n,).
            told: participants of whom the policy is told; shape (n,).
        """

    def explain(self, view: View) -> Mapping[str, Floats]:
        """Return more to show about today's proposal, by fields of ``records.Proposal``; each of shape (n, n_actions).

        It is asked between ``propose`` and ``learn``, and only where somebody looks at single days.
        """
        return {}

    def chances(self, view: View, proposals: Proposals) -> Chances:
        """Return with which probability today's candidates were proposed; asked between ``propose`` and ``learn``.

        It must not draw from the policy's own generators: a run is the same whether or not it is asked.

        Args:
            view: as given to ``propose``.
            proposals: what that returned.
        """
        n = len(view.day)
        if not self.is_deterministic:
            unknown = np.full((n, len(Action)), np.nan)
            return Chances(unknown, unknown, np.full(n, np.nan))
        candidate, liked, _ = proposals
        certain = (candidate[:, None] == np.arange(len(Action))).astype(np.float64)
        rather_none = np.zeros(n, dtype=bool) if liked is None else liked[:, 0] >= liked[:, 1]
        return Chances(certain, certain * rather_none[:, None], np.zeros(n))
