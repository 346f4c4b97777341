"""What the browser is given of a game: before its end, no more than a policy sees."""

import math
from dataclasses import replace
from typing import Any

from jitai.game.days import CLINICIAN, Game, agreement, live_days, truth_of
from jitai.game.regret import by_kind, costliest, costs
from jitai.policies.registry import PolicySpec
from jitai.records import CONTEXT_LABELS, Action, Decision, JudgesText, StepRecord
from jitai.simulator.config import PRESETS
from jitai.trial.filters import NONE, FilterSpec
from jitai.trial.scenario import Played, Scenario, play

VERSION = 1
LINES = {
    "alone": "Policy alone",
    "judge": "Policy with the judge",
    "planner": "Planner",
    "best": "Best possible",
    "rule": "One-line rule",
}


def game_payload(game: Game, judge: JudgesText, answered: int, notice: str = "") -> dict[str, Any]:
    """Return a game as JSON.

    Args:
        game: as far as it has come.
        judge: reads the words.
        answered: number of the last request that was answered.
        notice: one sentence to show; empty without.
    """
    lived = live_days(game, judge)
    spec = game.scenario.spec
    names = [name for name, config in PRESETS.items() if config == spec.config]
    found: dict[str, Any] = {
        "version": VERSION, "identity": f"{game.role}-{spec.seed}-{names}", "role": game.role, "seed": spec.seed,
        "kind": names[0] if names else "Tuned participant", "days": spec.config.study_length,
        "leaves_at": spec.config.disengagement_threshold, "actions": [action.label for action in Action],
        "contexts": list(CONTEXT_LABELS), "answered": answered, "notice": notice,
        "lived": [_seen(record, judged=game.role == CLINICIAN) for record in lived.records],
    }  # fmt: skip
    if lived.today is not None:
        return found | {"today": _morning(lived.today, game.role)}
    return found | {"end": _end(game, lived.records, judge)}


def _seen(record: StepRecord, judged: bool) -> dict[str, Any]:
    """A day that was lived, as far as a policy knows it; the clinician then hears what the judge said."""
    found: dict[str, Any] = {"done": int(record.executed_action), "steps": round(record.step_count, 3),
             "by_policy": not record.action_was_chosen}  # fmt: skip
    if judged and record.verdict is not None and record.statement:
        found |= {"verdict": str(record.verdict.decision), "p_send": record.verdict.p_send}
    return found


def _morning(record: StepRecord, role: str) -> dict[str, Any]:
    seen = record.observation
    found: dict[str, Any] = {"probability": round(seen.context_probability, 4), "sensed": seen.inferred_context,
                             "words": record.statement}  # fmt: skip
    return found | {"proposed": int(record.candidate_action)} if role == CLINICIAN else found


def references(scenario: Scenario, judge: JudgesText) -> dict[str, Played]:
    """Live the same days under the policy alone, the policy with the judge, the planner, the optimum and a rule."""
    spec = scenario.spec
    alone = scenario.without_judge()

    def under(policy: str, filter_key: str) -> Played:
        changed = replace(spec, policy=PolicySpec(policy), filter=FilterSpec(filter_key))
        return play(replace(scenario, spec=changed), judge)

    return {
        "alone": play(alone),
        "judge": play(scenario, judge),
        "planner": under("planner", NONE),
        "best": play(scenario.under_the_optimum()),
        "rule": under("tailored", scenario.spec.filter.key),
    }


def _end(game: Game, records: tuple[StepRecord, ...], judge: JudgesText) -> dict[str, Any]:
    """The reveal: what was true, what others earn on the same days, what each day cost and why."""
    config = game.scenario.spec.config
    can_walk, places, luck = truth_of(game)
    by_day = costs(config, records, can_walk, places, luck)
    found = {
        "left": next((day for day, record in enumerate(records, 1) if record.terminated), 0),
        "can_walk": [int(flag) for flag in can_walk],
        "truth": [2 + place if able else 0 for able, place in zip(can_walk, places, strict=True)],
        "costs": [round(cost, 3) for cost in by_day],
        "costliest": [day._asdict() | {"cost": round(day.cost)} for day in costliest(config, records, by_day)],
        "kinds": [[name, round(cost, 3)] for name, cost in by_kind(config, records, by_day)],
        "lines": [_line(key, played) for key, played in references(game.scenario, judge).items()],
    }
    return found | {"agreement": _agreements(game, records)} if game.role == CLINICIAN else found


def _line(key: str, played: Played) -> dict[str, Any]:
    left = next((day for day, record in enumerate(played.records, 1) if record.terminated), 0)
    return {"key": key, "name": LINES[key], "left": left,
            "steps": [round(record.step_count, 3) for record in played.records]}  # fmt: skip


def _agreements(game: Game, records: tuple[StepRecord, ...]) -> dict[str, Any]:
    """How far the clinician agrees with the judge and with the truth, on the days that they decided."""
    decided = {day: record for day, record in enumerate(records) if record.statement and record.candidate_action}
    mine = {day: bool(record.executed_action) for day, record in decided.items()}
    judged = {day: record.verdict.decision == Decision.SEND for day, record in decided.items() if record.verdict}
    true = {day: record.can_walk for day, record in decided.items()}
    found = {}
    for name, first, second in (("judge", mine, judged), ("truth", mine, true), ("judge and truth", judged, true)):
        result = agreement(first, second)
        found[name] = {field: None if isinstance(value, float) and math.isnan(value) else value
                       for field, value in result._asdict().items()}  # fmt: skip
    return found
