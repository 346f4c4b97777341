"""What each day cost against the best possible policy, and why.

From any state, the best possible policy would still earn B_t(h, d) steps on the days that are left: it is told each
day's truth, not tomorrow's. A day costs what it would still have earned before it, less the day's steps, less what it
would still earn after it. So the costs add up to the best total less the player's, exactly. What leaving costs is
shared among the days that raised the risk, by how much each raised it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jitai.arrays import Floats
from jitai.policies.optimum import optimum
from jitai.records import CONTEXT_LABELS, Action, StepRecord, tailored_to
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.dynamics import Response, case_index, disengages, mean_outcome, respond, response_table

N_COSTLIEST = 3
_LATELY = 10
"""Days over which messages are counted."""
UNABLE, PLACE, SILENT, GENERIC, OFTEN, OTHER = "unable", "place", "silent", "generic", "often", "other"
KINDS = {
    UNABLE: "Sent when they could not walk",
    PLACE: "Sent for the wrong place",
    SILENT: "Sent nothing, and they could walk",
    GENERIC: "Generic in place of tailored",
    OFTEN: "Too many in a row",
    OTHER: "Other",
}
"""Why a day cost steps, in words."""


class CostlyDay(NamedTuple):
    """One day that cost much.

    Attributes:
        day: from 1.
        cost: in whole steps.
        kind: one of KINDS.
        sentence: what happened; it may hold the participant's words, which are untrusted.
    """

    day: int
    cost: int
    kind: str
    sentence: str


def best_to_come(
    config: SimulatorConfig,
    can_walk: Sequence[bool],
    places: Sequence[int],
    luck: Floats,
    starts: Sequence[tuple[int, float, float]],
) -> Floats:
    """Return what the best possible policy earns from some states on, on the very days of a world.

    Args:
        config: of the participant.
        can_walk, places: the truth of every day of the study.
        luck: of every day, for the random variation; shape (study_length, 3).
        starts: day from 0, habituation and risk before it.
    Returns: steps, one for each start.
    """
    best, table = optimum(config), response_table(config)
    days = np.array([day for day, _, _ in starts])
    habituation = np.array([start[1] for start in starts])
    risk = np.array([start[2] for start in starts])
    earned, there = np.zeros(len(starts)), np.ones(len(starts), dtype=bool)
    for day in range(int(days.min(initial=0)), config.study_length):
        who = np.flatnonzero((days <= day) & there)
        if not len(who):
            continue
        able, place = (np.full(len(who), int(value)) for value in (can_walk[day], places[day]))
        action = best.action(day, habituation[who], risk[who], able, place)
        lucky = tuple(np.full(len(who), number) for number in luck[day])
        habituation[who], risk[who], steps = respond(
            config, table, habituation[who], risk[who], action, place, able, (lucky[0], lucky[1], lucky[2])
        )
        earned[who] += steps
        there[who] = ~disengages(config, risk[who])
    return earned


def costs(
    config: SimulatorConfig,
    records: Sequence[StepRecord],
    can_walk: Sequence[bool],
    places: Sequence[int],
    luck: Floats,
) -> list[float]:
    """Return what each day cost; together, the best total less the player's.

    Args:
        config: of the participant.
        records: of the days that were lived, to the end of the study or until they left.
        can_walk, places, luck: the truth of every day of the study, as ``best_to_come`` takes it.
    """
    if not records:
        return []
    starts = [
        (day, record.observation.habituation, record.observation.disengagement_risk)
        for day, record in enumerate(records)
    ]
    last = records[-1]
    # Had they not left, they would go on as fresh as they are, and free of risk.
    ahead = best_to_come(config, can_walk, places, luck, [*starts, (len(records), last.habituation, 0.0)])
    found = []
    for day, record in enumerate(records):
        after = ahead[day + 1]
        found.append(float(ahead[day] - record.step_count - after))
    if last.terminated and ahead[-1] > 0:
        raised = [max(0.0, record.disengagement_risk - record.observation.disengagement_risk) for record in records]
        for day, amount in enumerate(raised):
            found[day] += float(ahead[-1]) * amount / sum(raised)
    return found


def kind_of(config: SimulatorConfig, record: StepRecord) -> str:
    """Return why a day cost steps: one of KINDS."""
    action, seen = record.executed_action, record.observation
    fits = action in (Action.GENERIC, tailored_to(record.true_context))
    best = optimum(config).action(
        seen.decision_index, seen.habituation, seen.disengagement_risk, int(record.can_walk), record.true_context
    )
    if action and not record.can_walk:
        return UNABLE
    if action and not fits:
        return PLACE
    if action and best == Action.NO_MESSAGE:
        return OFTEN
    if not action and record.can_walk and best != Action.NO_MESSAGE:
        return SILENT
    return GENERIC if action == Action.GENERIC else OTHER


def costliest(config: SimulatorConfig, records: Sequence[StepRecord], by_day: Sequence[int]) -> list[CostlyDay]:
    """Return the costliest days, the worst first, each with its reason; the costs are whole, as they are shown."""
    order = sorted(range(len(records)), key=lambda day: -by_day[day])[:N_COSTLIEST]
    return [
        CostlyDay(day + 1, by_day[day], kind_of(config, records[day]), _sentence(config, records, day))
        for day in order
        if by_day[day] > 0
    ]


def by_kind(config: SimulatorConfig, records: Sequence[StepRecord], by_day: Sequence[int]) -> list[tuple[str, int]]:
    """Return what each kind of mistake cost in all, the worst first; they add up to all that was lost."""
    found: dict[str, int] = {}
    for record, cost in zip(records, by_day, strict=True):
        kind = kind_of(config, record)
        found[kind] = found.get(kind, 0) + cost
    return sorted(((KINDS[kind], cost) for kind, cost in found.items()), key=lambda item: -item[1])


def _sentence(config: SimulatorConfig, records: Sequence[StepRecord], day: int) -> str:
    record = records[day]
    who = "you" if record.action_was_chosen else "the policy"
    here, there = CONTEXT_LABELS[record.true_context], CONTEXT_LABELS[1 - record.true_context]
    rise = record.disengagement_risk - record.observation.disengagement_risk
    effect = "and they left" if record.terminated else f"risk +{rise:.2f}"
    kind, steps = kind_of(config, record), f"{record.step_count:,.0f} steps"
    words = f" although they had written “{' '.join(record.statement.split())}”" if record.statement else ""
    if kind == UNABLE:
        return f"Day {day + 1}: {who} sent a message{words or ', and they could not walk'}: {effect}."
    if kind == PLACE:
        return f"Day {day + 1}: {who} sent for {there}, and they were at {here}: {effect}."
    if kind == SILENT:
        missed = f"{_fitting(config, record):,.0f} steps were there"
        return f"Day {day + 1}: {who} sent nothing. They could walk, at {here}: {missed}."
    if kind == OFTEN:
        sent = sum(bool(lived.executed_action) for lived in records[max(0, day + 1 - _LATELY) : day + 1])
        return f"Day {day + 1}: {who} sent message {sent} in ten days: only {steps}, and a rest was worth more."
    if kind == GENERIC:
        fitting = f"The one for {here} would have brought {_fitting(config, record):,.0f}"
        return f"Day {day + 1}: {who} sent a generic message, {steps}. {fitting}."
    return f"Day {day + 1}: {record.executed_action.label}, {steps}."


def _fitting(config: SimulatorConfig, record: StepRecord) -> float:
    """Steps that the message for the right place would have brought."""
    case = case_index(int(tailored_to(record.true_context)), record.true_context, int(record.can_walk))
    response = Response(*(float(value) for value in response_table(config)[:, case]))
    return float(mean_outcome(record.observation.habituation, 0.0, response, min)[2])
