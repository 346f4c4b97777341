"""A trial in a few numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from jitai.records import Action, Decision, StepRecord


@dataclass(frozen=True)
class TrialSummary:
    """Counts and sums over the decisions of one trial.

    Attributes:
        n_days: decisions made.
        total_steps: sum of the step counts.
        n_messages: messages sent.
        n_vetoes: messages that the policy proposed and the filter held back, but for those of the next line.
        n_held_back_by_rule: messages held back because the judge could not answer; they are no vetoes.
        n_known_days: days whose truth is known; not those on which a person spoke without saying what is true.
        n_known_vetoes: vetoes on such days.
        n_right_vetoes: vetoes on such days on which the participant could not walk.
        n_missed_vetoes: messages sent on known days on which the participant could not walk.
        n_agreeing: known days on which what was done is what the true walk state would have allowed.
        n_failures: days on which the judge could not answer and a rule stood in.
        n_unsure: days on which the judge was unsure.
        n_asked: days on which the participant was asked because of that.
        disengaged: whether the participant left before the study's end.
    """

    n_days: int
    total_steps: float
    n_messages: int
    n_vetoes: int
    n_held_back_by_rule: int
    n_known_days: int
    n_known_vetoes: int
    n_right_vetoes: int
    n_missed_vetoes: int
    n_agreeing: int
    n_failures: int
    n_unsure: int
    n_asked: int
    disengaged: bool


def share_of_best(records: Sequence[StepRecord], best_records: Sequence[StepRecord]) -> float | None:
    """Steps of a whole study as a share of the optimum's on the same seed; None if the optimum earned nothing.

    It may exceed 1: the optimum knows today's truth and not tomorrow's, so on one seed another may be luckier.
    """
    best = sum(record.step_count for record in best_records)
    return sum(record.step_count for record in records) / best if best > 0 else None


def summarise(records: Sequence[StepRecord]) -> TrialSummary:
    """Return the summary of a trial, or of its days so far; all zeros if there are none."""
    sent = [record for record in records if record.executed_action != Action.NO_MESSAGE]
    known = [record for record in records if record.truth_is_known]
    known_vetoes = [record for record in known if record.vetoed]
    verdicts = [record.verdict for record in records if record.verdict is not None]
    return TrialSummary(
        n_days=len(records),
        total_steps=sum(record.step_count for record in records),
        n_messages=len(sent),
        n_vetoes=sum(record.vetoed for record in records),
        n_held_back_by_rule=sum(record.held_back and record.rule_stood_in for record in records),
        n_known_days=len(known),
        n_known_vetoes=len(known_vetoes),
        n_right_vetoes=sum(not record.can_walk for record in known_vetoes),
        n_missed_vetoes=sum(not record.can_walk for record in known if record.executed_action != Action.NO_MESSAGE),
        n_agreeing=sum(record.agrees_with_truth for record in known),
        n_failures=sum(verdict.is_fallback for verdict in verdicts),
        n_unsure=sum(verdict.decision == Decision.UNSURE and not verdict.is_fallback for verdict in verdicts),
        n_asked=sum(record.was_asked for record in records),
        disengaged=bool(records) and records[-1].terminated,
    )
