"""Why one run earned more than another: the difference, day by day, in parts that add up to the step.

On a day that both live, with s(a, h) the expected steps of action a at habituation h before it:

    s(a, h) - s(a, h_other)          fresher: habituation differed when the day began
    s(a, h_other) - s(a_other, h_other)   action: something else was done on the day itself

What is left is chance: the random variation of the response. On a day that only one of the two had, all its steps are
"stayed": the other had left the study.
"""

from collections.abc import Sequence
from typing import NamedTuple

from jitai.records import StepRecord
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.dynamics import case_index, mean_outcome, responses


class DayParts(NamedTuple):
    """The parts of one day's difference, in steps; they add up to it.

    Attributes:
        stayed: on a day that only one of the two had.
        fresher: because habituation differed when the day began.
        action: because something else was done.
        chance: because the random variation differed; 0 without variation, but for rounding.
    """

    stayed: float = 0.0
    fresher: float = 0.0
    action: float = 0.0
    chance: float = 0.0

    @property
    def total(self) -> float:
        """The day's difference, in steps."""
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


def _of_day(config: SimulatorConfig, mine: StepRecord, other: StepRecord) -> DayParts:
    as_lived = _expected(config, mine, int(mine.executed_action), mine.observation.habituation)
    as_fresh_as_the_other = _expected(config, mine, int(mine.executed_action), other.observation.habituation)
    as_the_other = _expected(config, mine, int(other.executed_action), other.observation.habituation)
    fresher, action = as_lived - as_fresh_as_the_other, as_fresh_as_the_other - as_the_other
    # A truth that was set in one of the two alone belongs to what was done with the day, not to luck.
    other_lived = _expected(config, other, int(other.executed_action), other.observation.habituation)
    action += as_the_other - other_lived
    return DayParts(0.0, fresher, action, mine.step_count - other.step_count - fresher - action)


def _expected(config: SimulatorConfig, day: StepRecord, action: int, habituation: float) -> float:
    """Return the expected steps of an action on a record's day, for some habituation before it."""
    response = responses(config)[case_index(action, day.true_context, int(day.can_walk))]
    return float(mean_outcome(habituation, 0.0, response, min)[2])
