"""Why one run earned more than another: the difference, day by day, in parts that add up to the step.

On a day that both live, with s(a, h) the expected steps of action a at habituation h before it, and c the action that
the policy proposed:

    s(a, h) - s(a, h_other)                                     fresher: habituation differed when the day began
    [s(a, h_other) - s(c, h_other)], less the other's own       held back: the filter did not do what was proposed
    s(c, h_other) - s(c_other, h_other)                         proposed: the policy had learned or seen other things

What is left is chance: the random variation of the response, 0 without variation. On a day that only one of the two
had, all its steps are "stayed": the other had left the study.

Shown are whole numbers, and they add up as well: ``shown_parts``.
"""

from collections.abc import Sequence
from typing import NamedTuple

from jitai.records import STEP_DIGITS, StepRecord
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.dynamics import case_index, mean_outcome, responses
from jitai.text_format import whole_parts, whole_steps


class DayParts(NamedTuple):
    """The parts of one day's difference, or of several days', in steps; they add up to it.

    Attributes:
        stayed: on a day that only one of the two had.
        fresher: because habituation differed when the day began.
        held_rightly: because the filter held a message back, or replaced it, while the participant could not walk.
        held_wrongly: the same while the participant could walk.
        proposed: because the policy proposed something else.
        outside: because of neither filter nor policy: a day that a person changed, or the rule for a judge that cannot
            answer.
        chance: because the random variation differed; 0 without variation, but for rounding.
    """

    stayed: float = 0.0
    fresher: float = 0.0
    held_rightly: float = 0.0
    held_wrongly: float = 0.0
    proposed: float = 0.0
    outside: float = 0.0
    chance: float = 0.0

    @property
    def action(self) -> float:
        """Because something else was done on the day itself, whatever the reason."""
        return self.held_rightly + self.held_wrongly + self.proposed + self.outside

    @property
    def total(self) -> float:
        """The difference, in steps."""
        return self.stayed + self.fresher + self.action + self.chance


def attribute(
    config: SimulatorConfig, records: Sequence[StepRecord], others: Sequence[StepRecord]
) -> tuple[DayParts, ...]:
    """Explain why a run differs from another run of the same participant under the same seed.

    Args:
        config: of the participant.
        records: of the run, from the first day on.
        others: of the run that it is compared to.
    Returns: one entry a day, as many as the longer run has; their totals are the difference of the steps.
    """
    parts = []
    for day in range(max(len(records), len(others))):
        if day >= len(others):
            parts.append(DayParts(stayed=records[day].step_count))
        elif day >= len(records):
            parts.append(DayParts(stayed=-others[day].step_count))
        else:
            parts.append(_of_day(config, records[day], others[day]))
    return tuple(parts)


def summed(parts: Sequence[DayParts]) -> DayParts:
    """Return the parts of several days together."""
    return DayParts(*(sum(column) for column in zip(*parts, strict=True)))


def shown_total(records: Sequence[StepRecord]) -> int:
    """Return the steps of some days as they are shown: a browser, which gets rounded steps, shows the same number."""
    total = 0.0
    for record in records:
        total += round(record.step_count, STEP_DIGITS)
    return whole_steps(total)


def shown_parts(parts: DayParts, total: int) -> DayParts:
    """Return parts as whole numbers that add up to the difference as it is shown.

    Args:
        parts: of a difference.
        total: the difference between the two totals as they are shown.
    Returns: whole numbers; those of what was done on the day itself add up to its own number, so that nothing else
        moves once right and wrong are told apart.
    """
    stayed, fresher, action, chance = whole_parts((parts.stayed, parts.fresher, parts.action, parts.chance), total)
    right, wrong, proposed, outside = whole_parts(
        (parts.held_rightly, parts.held_wrongly, parts.proposed, parts.outside), action
    )
    return DayParts(stayed, fresher, right, wrong, proposed, outside, chance)


def _of_day(config: SimulatorConfig, mine: StepRecord, other: StepRecord) -> DayParts:
    habituation = other.observation.habituation
    done = _expected(config, mine, int(mine.executed_action), habituation)
    fresher = _expected(config, mine, int(mine.executed_action), mine.observation.habituation) - done
    other_done = _expected(config, other, int(other.executed_action), habituation)
    parts = DayParts(fresher=fresher, chance=mine.step_count - other.step_count - fresher - (done - other_done))
    if mine.action_was_chosen or other.action_was_chosen or mine.can_walk != other.can_walk:
        return parts._replace(outside=done - other_done)
    wished = _expected(config, mine, int(mine.candidate_action), habituation)
    other_wished = _expected(config, other, int(other.candidate_action), habituation)
    # Each of the two runs may have a filter: a branch and its run have.
    for record, gained in ((mine, done - wished), (other, other_wished - other_done)):
        name = _kind(record)
        parts = parts._replace(**{name: getattr(parts, name) + gained})
    return parts._replace(proposed=wished - other_wished)


def _kind(day: StepRecord) -> str:
    """Return the part to which a day belongs on which something else was done than proposed."""
    if day.rule_stood_in or not day.truth_is_known:
        return "outside"
    return "held_wrongly" if day.can_walk else "held_rightly"


def _expected(config: SimulatorConfig, day: StepRecord, action: int, habituation: float) -> float:
    """Return the expected steps of an action on a record's day, for some habituation before it."""
    response = responses(config)[case_index(action, day.true_context, int(day.can_walk))]
    return float(mean_outcome(habituation, 0.0, response, min)[2])
