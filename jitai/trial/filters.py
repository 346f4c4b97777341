"""What the judge's verdict does to the candidate action, and what the learner is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from jitai.arrays import Floats, Integers
from jitai.errors import ParameterError
from jitai.parameters import choice, parameter, validate
from jitai.records import Action, Decision, Verdict, VerdictSource
from jitai.trial.verdict_table import SEND, UNSURE

NONE, VETO, SAMPLED_VETO, CARRY_FORWARD = "none", "veto", "sampled-veto", "carry-forward"
NEXT_BEST, BELIEF = "next-best", "belief"
FILTER_LABELS: dict[str, str] = {
    VETO: "Veto",
    CARRY_FORWARD: "Veto with memory",
    SAMPLED_VETO: "Sampled veto",
    NEXT_BEST: "Next best",
    BELIEF: "Veto on belief",
    NONE: "No filter",
}
EXECUTED, CANDIDATE, NOTHING = "executed", "candidate", "nothing"
LEARNER_LABELS: dict[str, str] = {
    EXECUTED: "the action that was done",
    CANDIDATE: "its own candidate",
    NOTHING: "nothing on a veto",
}
ASK = "ask the participant"
_GROUP = "Filter"
_PAPER = "Karine & Marlin 2025, arXiv:2501.06980"


@dataclass(frozen=True)
class FilterSettings:
    """How the judge filters; validated when made.

    Raises: ParameterError naming the field and what is allowed.
    """

    strategy: str = choice(
        VETO, label="Filter", group=_GROUP, choices=tuple(FILTER_LABELS), source=_PAPER,
        help="What the judge may do with the message that the policy proposes. Veto: hold it back when the judge says "
        "so. With memory: the last statement still counts on silent days. Sampled: send with the judge's probability. "
        "Next best: as veto, but an unsure judge rules out tailored messages only. On belief: hold back while it is "
        "too unlikely, given all statements, silences and steps so far, that the participant can walk.",
    )  # fmt: skip
    on_unsure: str = choice(
        Decision.HOLD_BACK.value, label="When the judge is unsure", group=_GROUP,
        source="our choice: with the embedded judge it earned more in every published cell (docs/ARCHITECTURE.md)",
        choices=(Decision.SEND.value, Decision.HOLD_BACK.value, ASK),
        help="What is done when the judge's probability lies in the unsure band. A simulated participant who is asked "
        "answers truthfully; the questions are counted, because each is a burden.",
    )  # fmt: skip
    unsure_low: float = parameter(
        0.4, label="Unsure above P(send)", group=_GROUP, low=0.0, high=1.0, step=0.05, unit="probability",
        source="our choice",
        help="At this probability or below, the judge says: do not send.",
    )  # fmt: skip
    unsure_high: float = parameter(
        0.6, label="Unsure below P(send)", group=_GROUP, low=0.0, high=1.0, step=0.05, unit="probability",
        source="our choice",
        help="At this probability or above, the judge says: send. Both edges alike make a plain threshold.",
    )  # fmt: skip
    on_failure: str = choice(
        Decision.SEND.value, label="When the judge cannot answer", group=_GROUP, source="our choice",
        choices=(Decision.SEND.value, Decision.HOLD_BACK.value),
        help="What is done when the model is missing, too slow or answers nonsense. The verdict then says so.",
    )  # fmt: skip
    belief_threshold: float = parameter(
        0.5, label="Belief needed to send", low=0, high=1, unit="probability", group=_GROUP, source="our choice",
        help="Veto on belief: the probability that the participant can walk from which on messages are sent.",
    )  # fmt: skip
    learner_told: str = choice(
        EXECUTED, label="What the policy learns from after a veto", group=_GROUP, source=_PAPER,
        choices=tuple(LEARNER_LABELS),
        help="The published method tells the policy the action that was done. Telling it its own candidate punishes "
        "that candidate for the veto; telling it nothing leaves such days out.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        validate(self)
        if self.unsure_low > self.unsure_high:
            raise ParameterError(
                f"The unsure band cannot begin at {self.unsure_low:g} and end at {self.unsure_high:g}.",
                hint="Make the lower edge (unsure_low) no larger than the upper one (unsure_high).",
            )

    def asks(self, verdict: Verdict | None) -> bool:
        """Whether the participant is asked, because the judge is unsure."""
        decides = self.strategy not in (NONE, SAMPLED_VETO, BELIEF)
        return decides and self.on_unsure == ASK and verdict is not None and verdict.decision == Decision.UNSURE

    def rule_stands_in(self, verdict: Verdict | None) -> bool:
        """Whether the rule for failures decides; a belief does without the verdict that is missing."""
        decides = self.strategy not in (NONE, BELIEF)
        return decides and verdict is not None and verdict.is_fallback


def execute(
    settings: FilterSettings,
    candidate: Action,
    verdict: Verdict | None,
    uniform: float,
    preference: Sequence[float] = (),
    belief: float | None = None,
    says_can_walk: bool | None = None,
) -> Action:
    """The action that is done.

    Args:
        settings: the strategy.
        candidate: what the policy proposes.
        verdict: what the judge says; None where no filter is at work.
        uniform: in [0, 1), for the sampled veto; drawn every day, used or not, so that runs stay comparable.
        preference: how much the policy likes each action, in Action order; empty if it does not say. For next-best.
        belief: P(can walk) in [0, 1], for the strategy "belief"; None where none is kept.
        says_can_walk: what the participant answers when asked; None where nobody asked.
    Returns: the candidate, or no message; under next-best also the best of the two actions that an unsure judge allows.
    """
    if settings.strategy == BELIEF and belief is not None:
        return candidate if belief >= settings.belief_threshold else Action.NO_MESSAGE
    if settings.strategy == NONE or verdict is None:
        return candidate
    if settings.strategy == SAMPLED_VETO and verdict.p_send is not None:
        return candidate if uniform < verdict.p_send else Action.NO_MESSAGE
    if says_can_walk is not None:
        return candidate if says_can_walk else Action.NO_MESSAGE
    if settings.strategy == NEXT_BEST and verdict.decision == Decision.UNSURE and settings.on_unsure != Decision.SEND:
        return next_best_untailored(candidate, preference)
    decision = settings.on_unsure if verdict.decision == Decision.UNSURE else verdict.decision
    return candidate if decision == Decision.SEND else Action.NO_MESSAGE


def next_best_untailored(candidate: Action, preference: Sequence[float] = ()) -> Action:
    """What the policy likes best where tailored messages are ruled out.

    To somebody who may be unable to walk, a generic message does less harm than a tailored one, which may miss the
    context as well.

    Args:
        candidate: what the policy likes best of all actions.
        preference: of each action, in Action order; without it a generic message stands in for a tailored one.
    """
    if candidate in (Action.NO_MESSAGE, Action.GENERIC):
        return candidate
    if preference and preference[Action.NO_MESSAGE] >= preference[Action.GENERIC]:
        return Action.NO_MESSAGE
    return Action.GENERIC


def action_to_learn_from(settings: FilterSettings, candidate: Action, executed: Action) -> Action | None:
    """The action that the policy is told it took; None if it is told nothing."""
    if settings.learner_told == CANDIDATE:
        return candidate
    if settings.learner_told == NOTHING and executed != candidate:
        return None
    return executed


def carried_forward(verdict: Verdict, day: int) -> Verdict:
    """A verdict used again on a silent day; ``day`` is the index of the day on which it was spoken."""
    return replace(
        verdict,
        source=VerdictSource.CACHE if verdict.source == VerdictSource.MODEL else verdict.source,
        reason=f"Nothing was said today; the verdict of day {day + 1} still counts. {verdict.reason}",
        latency_ms=0.0,
        model_ms=0.0,
    )


def execute_all(
    filtering: FilterSettings,
    candidate: Integers,
    decision: Integers,
    p_send: Floats,
    uniform: Floats,
    preference: Floats | None,
    can_walk: Integers,
) -> Integers:
    """``filters.execute`` for all lanes, but for the belief; who is asked tells the truth.

    Args:
        filtering: the strategy.
        candidate: what the policy proposes, codes 0 to 3; this and the following of shape (n_lanes,).
        decision, p_send: of ``DayTexts``, today's.
        uniform: in [0, 1), for the sampled veto.
        preference: how much each action is liked, shape (n_lanes, n_actions); None if the policy does not say.
        can_walk: w_t.
    """
    if filtering.strategy in (NONE, BELIEF):
        return candidate
    holds_on_unsure = filtering.on_unsure != Decision.SEND
    sends = (decision == SEND) | ((decision == UNSURE) & (not holds_on_unsure))
    if filtering.strategy == SAMPLED_VETO:
        sends = np.where(np.isnan(p_send), sends, uniform < p_send)
    executed = np.where(sends, candidate, int(Action.NO_MESSAGE))
    if filtering.strategy == NEXT_BEST and holds_on_unsure:
        rather_none = np.zeros(len(candidate), dtype=bool)
        if preference is not None:
            rather_none = preference[:, Action.NO_MESSAGE] >= preference[:, Action.GENERIC]
        untailored = np.where(rather_none, int(Action.NO_MESSAGE), int(Action.GENERIC))
        untailored = np.where(candidate <= Action.GENERIC, candidate, untailored)
        executed = np.where(decision == UNSURE, untailored, executed)
    if filtering.on_unsure == ASK and filtering.strategy != SAMPLED_VETO:
        executed = np.where(decision == UNSURE, np.where(can_walk == 1, candidate, int(Action.NO_MESSAGE)), executed)
    return executed.astype(np.int64)


TRAINING_FILTERS = (NONE, VETO)
"""Filters under which a policy can be trained."""
