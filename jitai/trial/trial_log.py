"""What happened in a trial, as columns; the record of one day of one participant is a view of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from jitai.arrays import Flags, Floats, Integers
from jitai.policies.base import View
from jitai.records import ACTIONS, ActionChance, Observation, Proposal, StepRecord, Verdict
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


class DayChances(NamedTuple):
    """How likely what was done on a day was; see ``records.ActionChance``. Each of shape (n,).

    Attributes:
        action, message: probabilities; NaN where unknown.
        error: bound of their numerical error.
        available: whether a message could be sent at all.
    """

    action: Floats
    message: Floats
    error: Floats
    available: Flags

    def of(self, who: int) -> ActionChance:
        """Return those of one participant, by place."""
        return ActionChance(
            self.action.item(who), self.message.item(who), self.error.item(who), self.available.item(who)
        )


class LivedDay(NamedTuple):
    """One day of all participants, as it was lived.

    Attributes:
        view: what was known before the decision.
        today, candidate_action, filtered, outcomes: what the world held, what was proposed, done, and what followed.
        there: who lived it; shape (n,).
        notes: one entry for each participant; empty where nobody wants them.
        chances: of what was done; None where nobody asked.
    """

    view: View
    today: Today
    candidate_action: Integers
    filtered: Filtered
    outcomes: Outcomes
    there: Flags
    notes: tuple[DayNotes, ...]
    chances: DayChances | None = None

    def record(self, who: int) -> StepRecord:
        """Return the day of one participant who lived it; the day needs notes.

        Args:
            who: place of the participant, from 0.
        """
        view, today, filtered, outcomes, notes = self.view, self.today, self.filtered, self.outcomes, self.notes[who]
        return StepRecord(
            observation=Observation(
                view.day.item(who),
                view.context_probability.item(who),
                view.inferred_context.item(who),
                view.habituation.item(who),
                view.disengagement_risk.item(who),
                view.step_count.item(who),
            ),
            true_context=today.true_context.item(who),
            can_walk=today.can_walk.item(who) == 1,
            statement=notes.statement,
            statement_author=notes.statement_author,
            walk_state_was_set=notes.walk_state_was_set,
            proposal=notes.proposal,
            verdict=notes.verdict,
            executed_action=ACTIONS[filtered.executed_action.item(who)],
            step_count=outcomes.step_count.item(who),
            habituation=outcomes.habituation.item(who),
            disengagement_risk=outcomes.disengagement_risk.item(who),
            terminated=outcomes.terminated.item(who),
            truncated=outcomes.truncated.item(who),
            was_asked=filtered.was_asked.item(who),
            belief=None if view.belief is None else view.belief.item(who),
            rule_stood_in=filtered.rule_stood_in.item(who),
            action_was_chosen=notes.action_was_chosen,
            chance=None if self.chances is None else self.chances.of(who),
        )


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
        days: as they were lived, where they have notes; else empty.
        chances: how likely what was done was; None where nobody asked.
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
    days: tuple[LivedDay, ...] = ()
    chances: DayChances | None = None

    @classmethod
    def of(cls, seeds: tuple[int, ...], n_days: int, days: Sequence[LivedDay]) -> "TrialLog":
        """Return the log of the days that were lived, with room for a whole study.

        Args:
            seeds: of the participants.
            n_days: length of the study.
            days: its first ones.
        """

        def column(kind: type, nothing: float, of_day: Callable[[Any], Any]) -> Any:
            values: Any = np.full((len(seeds), n_days), nothing, dtype=kind)
            for number, day in enumerate(days):
                values[:, number] = of_day(day)
            return values

        lived = column(np.bool_, False, lambda day: day.there)
        return cls(
            seeds=seeds,
            lived=lived,
            step_count=np.where(lived, column(np.float64, 0.0, lambda day: day.outcomes.step_count), 0.0),
            candidate_action=column(np.int64, 0, lambda day: day.candidate_action),
            executed_action=column(np.int64, 0, lambda day: day.filtered.executed_action),
            habituation=column(np.float64, 0.0, lambda day: day.outcomes.habituation),
            disengagement_risk=column(np.float64, 0.0, lambda day: day.outcomes.disengagement_risk),
            true_context=column(np.int64, 0, lambda day: day.today.true_context),
            can_walk=column(np.int64, 0, lambda day: day.today.can_walk),
            context_probability=column(np.float64, 0.0, lambda day: day.today.context_probability),
            wrote=column(np.bool_, False, lambda day: day.today.writes),
            verdict=column(np.int64, SILENT, lambda day: day.filtered.verdict),
            was_asked=column(np.bool_, False, lambda day: day.filtered.was_asked),
            rule_stood_in=column(np.bool_, False, lambda day: day.filtered.rule_stood_in),
            belief=column(np.float64, np.nan, lambda day: np.nan if day.view.belief is None else day.view.belief),
            disengaged=column(np.bool_, False, lambda day: day.outcomes.terminated).any(axis=1),
            days=tuple(days) if days and days[0].notes else (),
            chances=DayChances(
                column(np.float64, np.nan, lambda day: day.chances.action),
                column(np.float64, np.nan, lambda day: day.chances.message),
                column(np.float64, np.nan, lambda day: day.chances.error),
                column(np.bool_, False, lambda day: day.chances.available),
            )
            if days and days[0].chances is not None
            else None,
        )

    @property
    def total_steps(self) -> Floats:
        """Steps of each participant's whole study; shape (n,)."""
        total: Floats = self.step_count.sum(axis=1)
        return total
