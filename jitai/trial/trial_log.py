"""What happened in a trial, as columns; the record of one day of one participant is a view of them."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from jitai.arrays import Flags, Floats, Integers
from jitai.policies.base import Proposals
from jitai.records import Action, Observation, Proposal, StepRecord, Verdict
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.participant import STEPS_BEFORE_THE_FIRST_DECISION
from jitai.simulator.participants import Outcomes, Today
from jitai.trial.filters import Filtered
from jitai.trial.texts import SILENT


class DayNotes(NamedTuple):
    """What is kept of a participant's day only for people who look at single days.

    Attributes:
        statement: what was written, raw; empty if silent.
        statement_author: "simulator", "typed", or empty if silent.
        walk_state_was_set: whether a person set this day's walk state by hand.
        proposal: the candidate with what led to it.
        verdict: the one that was applied; None where nobody reads.
        action_was_chosen: whether a person chose what was done.
    """

    statement: str
    statement_author: str
    walk_state_was_set: bool
    proposal: Proposal
    verdict: Verdict | None
    action_was_chosen: bool


@dataclass(frozen=True, eq=False)
class TrialLog:
    """Every day of every participant; arrays have shape (n, n_days), and only days that were lived count.

    Attributes:
        seeds: of the participants, shape (n,).
        lived: whether the day was lived; false after the participant left.
        step_count: steps earned, >= 0; 0 on days not lived.
        candidate_action, executed_action: codes 0 to 3.
        habituation, disengagement_risk: after the day, in [0, 1].
        true_context, can_walk: the hidden truth, 0 or 1.
        context_probability: p_t as observed, in [0, 1].
        wrote: whether something was written.
        verdict: HOLD_BACK, UNSURE or SEND as it was applied; SILENT where there is none: nobody reads, or nothing was
            said and nothing is carried forward.
        was_asked: whether the judge was unsure and the participant was asked instead.
        rule_stood_in: whether the judge could not answer, and the rule for that case decided in its place.
        belief: P(w_t = 1) before the action, in [0, 1]; NaN where none is kept.
        disengaged: whether the participant left, on the last day at the latest; shape (n,).
        notes: of each day, one for each participant; empty where nobody wants them.
    """

    seeds: tuple[int, ...]
    lived: Flags
    step_count: Floats
    candidate_action: Integers
    executed_action: Integers
    habituation: Floats
    disengagement_risk: Floats
    true_context: Integers
    can_walk: Integers
    context_probability: Floats
    wrote: Flags
    verdict: Integers
    was_asked: Flags
    rule_stood_in: Flags
    belief: Floats
    disengaged: Flags
    notes: list[tuple[DayNotes, ...]] = field(default_factory=list)

    @classmethod
    def empty(cls, seeds: tuple[int, ...], n_days: int) -> "TrialLog":
        """Return a log without days, with room for a study."""
        shape = (len(seeds), n_days)
        flags = ("lived", "wrote", "was_asked", "rule_stood_in")
        codes = ("candidate_action", "executed_action", "true_context", "can_walk")
        numbers = ("step_count", "habituation", "disengagement_risk", "context_probability")
        columns: dict[str, Any] = {
            name: np.zeros(shape, kind)
            for names, kind in ((flags, np.bool_), (codes, np.int64), (numbers, np.float64))
            for name in names
        }
        columns |= {"verdict": np.full(shape, SILENT), "belief": np.full(shape, np.nan)}
        return cls(seeds=seeds, disengaged=np.zeros(len(seeds), dtype=bool), **columns)

    @property
    def total_steps(self) -> Floats:
        """Steps of each participant's whole study; shape (n,)."""
        total: Floats = self.step_count.sum(axis=1)
        return total

    def write(
        self, day: int, today: Today, belief: Floats | None, proposals: Proposals, filtered: Filtered,
        outcomes: Outcomes, there: Flags,
    ) -> None:  # fmt: skip
        """Enter one day of all participants.

        Args:
            day: t, from 0.
            today, belief, proposals, filtered, outcomes: of all participants.
            there: who lived it; shape (n,).
        """
        self.lived[:, day] = there
        self.step_count[:, day] = np.where(there, outcomes.step_count, 0.0)
        self.candidate_action[:, day] = proposals.candidate_action
        self.executed_action[:, day] = filtered.executed_action
        self.habituation[:, day] = outcomes.habituation
        self.disengagement_risk[:, day] = outcomes.disengagement_risk
        self.true_context[:, day], self.can_walk[:, day] = today.true_context, today.can_walk
        self.context_probability[:, day], self.wrote[:, day] = today.context_probability, today.writes
        self.verdict[:, day], self.was_asked[:, day] = filtered.verdict, filtered.was_asked
        self.rule_stood_in[:, day] = filtered.rule_stood_in
        if belief is not None:
            self.belief[:, day] = belief
        self.disengaged[:] |= outcomes.terminated

    def record(self, config: SimulatorConfig, who: int, day: int) -> StepRecord:
        """Return one lived day of one participant; the log needs notes.

        Args:
            config: of the participants.
            who: place of the participant, from 0.
            day: t, from 0.
        """
        notes = self.notes[day][who]
        before = day - 1
        first = day == 0
        probability, belief = float(self.context_probability[who, day]), float(self.belief[who, day])
        is_last = day + 1 == self.lived.shape[1] or not self.lived[who, day + 1]
        terminated = is_last and bool(self.disengaged[who])
        return StepRecord(
            observation=Observation(
                day,
                probability,
                int(probability > 0.5),
                config.initial_habituation if first else float(self.habituation[who, before]),
                config.initial_disengagement if first else float(self.disengagement_risk[who, before]),
                STEPS_BEFORE_THE_FIRST_DECISION if first else float(self.step_count[who, before]),
            ),
            true_context=int(self.true_context[who, day]),
            can_walk=bool(self.can_walk[who, day]),
            statement=notes.statement,
            statement_author=notes.statement_author,
            walk_state_was_set=notes.walk_state_was_set,
            proposal=notes.proposal,
            verdict=notes.verdict,
            executed_action=Action(int(self.executed_action[who, day])),
            step_count=float(self.step_count[who, day]),
            habituation=float(self.habituation[who, day]),
            disengagement_risk=float(self.disengagement_risk[who, day]),
            terminated=terminated,
            truncated=not terminated and day + 1 == self.lived.shape[1],
            was_asked=bool(self.was_asked[who, day]),
            belief=None if np.isnan(belief) else belief,
            rule_stood_in=bool(self.rule_stood_in[who, day]),
            action_was_chosen=notes.action_was_chosen,
        )
