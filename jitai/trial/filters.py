"""Filters: what the judge's verdict does to the candidate actions, and what the learner is told of it.

A filter acts for n participants at once and may remember; one participant is n = 1.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np

from jitai.arrays import Flags, Floats, Integers
from jitai.errors import ParameterError
from jitai.parameters import at_place, build, choice, describe, parameter, settings_as_mapping, validate
from jitai.policies.base import Proposals
from jitai.policies.belief import BeliefSettings
from jitai.policies.registry import POLICIES
from jitai.records import Action, Decision, Verdict, VerdictSource
from jitai.registry import Registry
from jitai.simulator.config import SimulatorConfig
from jitai.trial.texts import SEND, SILENT, UNSURE, Evidence

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
    """Settings of all filters: the unsure band, what is done in it, and what the learner is told; validated when made.

    Raises: ParameterError naming the field and what is allowed.
    """

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


@dataclass(frozen=True)
class BeliefVetoSettings(FilterSettings):
    """The settings of all filters, and the belief from which on messages are sent."""

    belief_threshold: float = parameter(
        0.5, label="Belief needed to send", low=0, high=1, unit="probability", group=_GROUP, source="our choice",
        help="Veto on belief: the probability that the participant can walk from which on messages are sent.",
    )  # fmt: skip


AS_JUDGE, AS_SET = "as the judge does", "as set here"


@dataclass(frozen=True)
class CoinSettings(FilterSettings):
    """The settings of all filters, and how often the coin holds back."""

    coin_rate: str = choice(
        AS_JUDGE, label="How often the coin holds back", group=_GROUP, source="our choice", choices=(AS_JUDGE, AS_SET),
        help="Coin: in experiments, as often as the veto of the cell's own judge would hold a message back. A single "
        "run, such as on Live, does not know how often that is, and uses the probability below.",
    )  # fmt: skip
    coin_probability: float = parameter(
        0.3, label="Coin's probability to hold back", low=0, high=1, step=0.05, unit="probability", group=_GROUP,
        source="about as often as the built-in judge does for the default participant",
        help="Coin: the probability with which a message is held back on any day, whatever was written.",
    )  # fmt: skip


class FilterInputs(NamedTuple):
    """What a filter is shown of a day; every array has shape (n,).

    Attributes:
        proposals: of the policy.
        evidence: today's; None where nobody reads.
        belief: P(w_t = 1) in [0, 1]; None where none is kept.
        can_walk: w_t, 0 or 1, for the answers of participants who are asked.
        uniform: in [0, 1), one number a day, for filters that draw; zeros for others.
        day: t of each participant.
    """

    proposals: Proposals
    evidence: Evidence | None
    belief: Floats | None
    can_walk: Integers
    uniform: Floats
    day: Integers


class Filtered(NamedTuple):
    """What a filter does on a day; every array has shape (n,).

    Attributes:
        executed_action: codes 0 to 3.
        verdict: the verdict that was applied, HOLD_BACK, UNSURE or SEND; SILENT where there was none.
        verdict_day: day on which that verdict was spoken; -1 where there was none.
        was_asked: whether the participant was asked.
        rule_stood_in: whether the judge could not answer, and the rule for that case decided.
    """

    executed_action: Integers
    verdict: Integers
    verdict_day: Integers
    was_asked: Flags
    rule_stood_in: Flags


class Filter(ABC):
    """Turns candidate actions into executed ones.

    Attributes:
        key, label, Settings: as ``registry.Component``.
        uses_text: whether it needs verdicts.
        uses_belief: whether it needs the belief in ability.
        draws: whether it needs a random number a day.
        can_train: whether policies can be trained under it: it neither draws nor remembers.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    Settings: ClassVar[type[Any]] = FilterSettings
    uses_text: ClassVar[bool] = True
    uses_belief: ClassVar[bool] = False
    draws: ClassVar[bool] = False
    can_train: ClassVar[bool] = False

    def __init__(self, settings: Any, n: int) -> None:
        """Make a filter that has seen nothing.

        Args:
            settings: of this filter's Settings.
            n: participants.
        """
        self.settings = settings
        self.n = n
        self._everybody = np.ones(n, dtype=bool)

    @abstractmethod
    def apply(self, inputs: FilterInputs) -> Filtered:
        """Return what is done today."""

    def chances(self, inputs: FilterInputs, candidate: Floats, rather_none: Floats) -> Floats:
        """Return with which probability each action is done today, given with which probability each is proposed.

        It is asked before ``apply`` and changes nothing. A filter that draws must override it; NaN is "unknown".

        Args:
            inputs: of the day.
            candidate, rather_none: as ``policies.base.Chances``; shape (n, n_actions).
        Returns: shape (n, n_actions).
        """
        done = np.full(candidate.shape, np.nan) if self.draws else np.zeros(candidate.shape)
        if not self.draws:
            for action in Action:
                # A copy, as a filter may remember what it applies.
                proposals = Proposals(np.full(self.n, int(action)))
                executed = deepcopy(self).apply(inputs._replace(proposals=proposals)).executed_action
                done[np.arange(self.n), executed] += candidate[:, action]
        return done

    def credited(self, candidate: Integers, executed: Integers) -> tuple[Integers, Flags]:
        """Return which action the policy is told, and about which participants it is told at all; each (n,)."""
        if self.settings.learner_told == CANDIDATE:
            return candidate, self._everybody
        return executed, executed == candidate if self.settings.learner_told == NOTHING else self._everybody


class Veto(Filter):
    """Holds the message back if today's verdict says so."""

    key, label = "veto", "Veto"
    can_train = True

    def apply(self, inputs: FilterInputs) -> Filtered:
        """Return the candidate, or no message where today's verdict forbids it."""
        evidence, silent = inputs.evidence, silence(self.n)
        if evidence is None:
            return unfiltered(inputs)
        shown = np.where(evidence.writes, evidence.decision, silent.verdict)
        spoken = np.where(evidence.writes, inputs.day, silent.verdict_day)
        return self._decide(inputs, evidence.decision, shown, spoken, evidence.failed)

    def _decide(
        self, inputs: FilterInputs, decision: Integers, shown: Integers, spoken: Integers, failed: Flags
    ) -> Filtered:
        """Apply a decision, whichever day it was made on."""
        candidate = inputs.proposals.candidate_action
        silent = silence(self.n)
        was_asked = silent.was_asked
        if self.settings.on_unsure == ASK:
            unsure = decision == UNSURE
            allowed = np.where(unsure, inputs.can_walk == 1, decision == SEND)
            was_asked = unsure & (candidate != Action.NO_MESSAGE)
        else:
            allowed = decision >= (UNSURE if self.settings.on_unsure == Decision.SEND else SEND)
        executed = np.where(allowed, candidate, silent.executed_action)
        return Filtered(executed, shown, spoken, was_asked, failed)


class CarryForwardVeto(Veto):
    """A veto by which the last verdict still counts on silent days."""

    key, label = "carry-forward", "Veto with memory"
    can_train = False

    def __init__(self, settings: FilterSettings, n: int) -> None:
        super().__init__(settings, n)
        self._decision, self._day = np.full(n, SILENT), np.full(n, -1)
        self._failed = np.zeros(n, dtype=bool)

    def apply(self, inputs: FilterInputs) -> Filtered:
        """Return the candidate, or no message where the last verdict forbids it."""
        evidence = inputs.evidence
        if evidence is None:
            return unfiltered(inputs)
        self._decision = np.where(evidence.writes, evidence.decision, self._decision)
        self._day = np.where(evidence.writes, inputs.day, self._day)
        self._failed = np.where(evidence.writes, evidence.failed, self._failed)
        decision = np.where(self._decision == SILENT, SEND, self._decision)
        return self._decide(inputs, decision, self._decision, self._day, self._failed)


class SampledVeto(Veto):
    """Sends with probability P(send) instead of deciding by a band."""

    key, label = "sampled-veto", "Sampled veto"
    draws = True
    can_train = False

    def apply(self, inputs: FilterInputs) -> Filtered:
        """Draw against P(send), or follow the decision if the judge gives no probability. Nobody is asked."""
        evidence = inputs.evidence
        if evidence is None:
            return unfiltered(inputs)
        by_decision = super().apply(inputs)
        sends_unsure = self.settings.on_unsure == Decision.SEND
        sends = (evidence.decision == SEND) | ((evidence.decision == UNSURE) & sends_unsure)
        sends = np.where(np.isnan(evidence.p_send), sends, inputs.uniform < evidence.p_send)
        executed = np.where(sends, inputs.proposals.candidate_action, int(Action.NO_MESSAGE))
        return by_decision._replace(executed_action=executed, was_asked=np.zeros(self.n, dtype=bool))

    def chances(self, inputs: FilterInputs, candidate: Floats, rather_none: Floats) -> Floats:
        """Return the candidates' probabilities times P(send), or 0 or 1 by decision if the judge gives none."""
        sure = self.apply(inputs._replace(proposals=Proposals(np.full(self.n, int(Action.GENERIC))))).executed_action
        p_send = np.full(self.n, np.nan) if inputs.evidence is None else inputs.evidence.p_send
        return _passing(candidate, np.where(np.isnan(p_send), sure != Action.NO_MESSAGE, p_send))


class NextBest(Veto):
    """A veto by which an unsure judge rules out tailored messages only.

    To somebody who may be unable to walk, a generic message does less harm than a tailored one, which may miss the
    context as well.
    """

    key, label = "next-best", "Next best"
    can_train = False

    def apply(self, inputs: FilterInputs) -> Filtered:
        """Return the best action that an unsure judge allows; a generic message if it states no preferences."""
        filtered = super().apply(inputs)
        if inputs.evidence is None or self.settings.on_unsure in (ASK, Decision.SEND):
            return filtered
        candidate, preference, _ = inputs.proposals
        untailored = np.full(self.n, int(Action.GENERIC))
        if preference is not None:
            rather_none = preference[:, Action.NO_MESSAGE] >= preference[:, Action.GENERIC]
            untailored = np.where(rather_none, int(Action.NO_MESSAGE), untailored)
        untailored = np.where(candidate <= Action.GENERIC, candidate, untailored)
        unsure = inputs.evidence.decision == UNSURE
        return filtered._replace(executed_action=np.where(unsure, untailored, filtered.executed_action))

    def chances(self, inputs: FilterInputs, candidate: Floats, rather_none: Floats) -> Floats:
        """Return the probabilities; a tailored message that an unsure judge rules out gives way to the next best."""
        done = super().chances(inputs, candidate, rather_none)
        if inputs.evidence is not None and self.settings.on_unsure not in (ASK, Decision.SEND):
            unsure = inputs.evidence.decision == UNSURE
            ruled_out = unsure * rather_none[:, Action.TAILORED_HOME :].sum(axis=1)
            done[:, Action.GENERIC] -= ruled_out
            done[:, Action.NO_MESSAGE] += ruled_out
        return done


class Coin(Filter):
    """Holds messages back at random, as often as the judge does: the control for a filter that listens.

    Each day the candidate is held back with one probability q, drawn anew from the filter's own stream, whatever was
    written and whether or not anything was. Where q follows the judge, it is the share of all days of the whole study,
    over all participants of the cell, on which the veto with the same settings would have held a message back
    (``coin.held_back_share``). That depends on what is written and what the judge says of it, but on nothing that is
    done. So policy for policy, the coin sends as much less as the judge does; what a veto earns beyond it, it earns by
    listening. Matched is the probability of each decision and not the sum: people who stay longer are held back more.
    """

    key, label = "coin", "Coin"
    Settings = CoinSettings
    draws = True

    def apply(self, inputs: FilterInputs) -> Filtered:
        """Return the candidate, or no message where the coin falls so. Verdicts are shown and not used."""
        sends = inputs.uniform >= self.settings.coin_probability
        executed = np.where(sends, inputs.proposals.candidate_action, int(Action.NO_MESSAGE))
        return unfiltered(inputs)._replace(executed_action=executed)

    def chances(self, inputs: FilterInputs, candidate: Floats, rather_none: Floats) -> Floats:
        """Return the candidates' probabilities times that of the coin's passing them."""
        return _passing(candidate, np.full(self.n, 1 - self.settings.coin_probability))


class BeliefVeto(Filter):
    """Holds back while it is too unlikely, given all statements, silences and steps, that the participant can walk."""

    key, label = "belief", "Veto on belief"
    Settings = BeliefVetoSettings
    uses_belief = True

    def apply(self, inputs: FilterInputs) -> Filtered:
        """Return the candidate if the belief reaches the threshold, else no message. A missing verdict is fine."""
        belief = np.ones(self.n) if inputs.belief is None else inputs.belief
        candidate = inputs.proposals.candidate_action
        executed = np.where(belief >= self.settings.belief_threshold, candidate, int(Action.NO_MESSAGE))
        shown = unfiltered(inputs)
        return shown._replace(executed_action=executed)


class NoFilter(Filter):
    """Lets every candidate pass: the policy alone."""

    key, label = "none", "No filter"
    uses_text = False
    can_train = True

    def apply(self, inputs: FilterInputs) -> Filtered:
        """Return the candidate."""
        return unfiltered(inputs)


def _passing(candidate: Floats, passes: Floats) -> Floats:
    """Return what is done if a message passes with a probability, shape (n,), and is else held back."""
    done = candidate * passes[:, None]
    done[:, Action.NO_MESSAGE] += (1 - passes) * candidate.sum(axis=1)
    return done


def unfiltered(inputs: FilterInputs) -> Filtered:
    """Return the candidates unchanged, with today's verdicts if there are any."""
    candidate, evidence = inputs.proposals.candidate_action, inputs.evidence
    _, silent, no_day, nobody, _ = silence(len(candidate))
    if evidence is None:
        return Filtered(candidate, silent, no_day, nobody, nobody)
    shown = np.where(evidence.writes, evidence.decision, silent)
    return Filtered(candidate, shown, np.where(evidence.writes, inputs.day, no_day), nobody, nobody)


@lru_cache(maxsize=8)
def silence(n: int) -> Filtered:
    """Return a day without a message, a verdict or a question; its arrays are shared and must not be written to."""
    nobody = np.zeros(n, dtype=bool)
    quiet = Filtered(np.full(n, int(Action.NO_MESSAGE)), np.full(n, SILENT), np.full(n, -1), nobody, nobody)
    for part in quiet:
        part.flags.writeable = False
    return quiet


FILTERS: Registry[Filter] = Registry(
    "filter", Veto, CarryForwardVeto, SampledVeto, NextBest, BeliefVeto, NoFilter, Coin,
    beside=(POLICIES, SimulatorConfig, BeliefSettings),
)  # fmt: skip
"""In the order in which they are listed; the first is the default. A new filter needs its class and a place here."""
NONE, VETO = NoFilter.key, Veto.key


@dataclass(frozen=True)
class FilterSpec:
    """A filter with its settings; checked when made.

    Attributes:
        key: of FILTERS.
        settings: of that filter's Settings; its defaults if None is given.
    Raises: ParameterError for an unknown key or settings of another filter.
    """

    key: str = VETO
    settings: Any = None

    def __post_init__(self) -> None:
        wanted = FILTERS[self.key].Settings
        if self.settings is None:
            object.__setattr__(self, "settings", wanted())
        elif type(self.settings) is not wanted:
            raise ParameterError(f"The filter {self.key!r} cannot have {type(self.settings).__name__}.")

    @property
    def filter(self) -> type[Filter]:
        """The filter's class."""
        return FILTERS[self.key]

    def switched_to(self, key: str) -> "FilterSpec":
        """Return another filter that keeps the values of the settings that both have.

        Raises: ParameterError if there is none of that key.
        """
        wanted = FILTERS[key].Settings
        present = settings_as_mapping(self.settings)
        shared = {info.name: present[info.name] for info in describe(wanted) if info.name in present}
        return FilterSpec(key, build(wanted, shared))

    def make(self, n: int) -> Filter:
        """Make the filter for n participants; it has seen nothing."""
        return self.filter(self.settings, n)


def filter_spec(key: str, **settings: Any) -> FilterSpec:
    """Return a filter with some settings changed from their defaults.

    Raises: ParameterError naming what is wrong.
    """
    return FilterSpec(key, FILTERS.settings_from(key, settings))


def filter_from_mapping(key: Any, settings: Mapping[str, Any], where: str = "filter") -> FilterSpec:
    """Return a filter from its key and the names and values of its settings.

    Args:
        key: of FILTERS.
        settings: names and values, which may be anything.
        where: place in the file, for errors.
    Raises: ParameterError naming the place and what is wrong.
    """
    return at_place(where, lambda: FilterSpec(key, FILTERS.settings_from(key, settings)))


def training_filters() -> tuple[str, ...]:
    """Return the keys of the filters under which a policy can be trained, "none" first."""
    keys = [key for key, item in FILTERS.items() if item.can_train]
    return tuple(sorted(keys, key=lambda key: key != NONE))


def carried_forward(verdict: Verdict, day: int) -> Verdict:
    """Return a verdict for use on a later, silent day; ``day`` is the index of the day on which it was given."""
    return replace(
        verdict,
        source=VerdictSource.CACHE if verdict.source == VerdictSource.MODEL else verdict.source,
        reason=f"Nothing was said today; the verdict of day {day + 1} still counts. {verdict.reason}",
        latency_ms=0.0,
        model_ms=0.0,
    )
