"""What the browser is given of a lesson: plain JSON, with every sentence filled in and every score worked out."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from jitai.lessons.checking import should_send
from jitai.lessons.facts import as_text, fact, fact_of, filled
from jitai.lessons.living import LivedLesson, LivedPerson, knob_values
from jitai.lessons.records import CHOICE, CURVE, NUMBER, RANGE, Prediction, Step
from jitai.lessons.rules import RULES
from jitai.lessons.scoring import (
    best_range,
    curve_days,
    curve_penalties,
    number_scores,
    range_scores,
    share_inside,
    slider,
)
from jitai.records import CONTEXT_LABELS, STEP_DIGITS, Action, Decision, StepRecord
from jitai.trial.filters import VETO

VERSION = 1


def lesson_payload(lived: LivedLesson) -> dict[str, Any]:
    """Return a lived lesson as JSON.

    Raises: ParameterError if a placeholder is wrong, which ``check_truth`` would have said.
    """
    lesson = lived.lesson
    return {
        "version": VERSION,
        "identity": f"{lesson.identifier}-{lesson.digest}",
        "lesson": {
            "id": lesson.identifier, "digest": lesson.digest, "title": lesson.title, "minutes": lesson.minutes,
            "many": lesson.n_people,
        },
        "actions": [action.label for action in Action],
        "contexts": list(CONTEXT_LABELS),
        "people": {key: _person(lived, key, person) for key, person in lived.people.items()},
        "steps": [_step(lived, step) for step in lesson.steps],
    }  # fmt: skip


def _person(lived: LivedLesson, key: str, person: LivedPerson) -> dict[str, Any]:
    spec = person.person.run.spec
    config, settings = spec.config, spec.filter.settings
    stops, truth = lived.lesson.stops.get(key, ()), lived.lesson.truth_of_stops(key)
    prediction = lived.lesson.predictions.get(key)
    return {
        "name": person.person.name,
        "subject": person.person.subject,
        "without": person.person.without,
        "days": config.study_length,
        "leaves_at": config.disengagement_threshold,
        "start": {"habituation": config.initial_habituation, "risk": config.initial_disengagement},
        "unsure": [settings.unsure_low, settings.unsure_high] if person.person.run.judge else None,
        "holds_unsure": spec.filter.key == VETO and settings.on_unsure == Decision.HOLD_BACK,
        "proposes": _PROPOSES.get(spec.policy.key, ""),
        "run": _columns(person.run) | {"language": [_language(lived, record) for record in person.run]},
        "against": _columns(person.against),
        "can_walk": [int(flag) for flag in person.can_walk],
        "gains": [round(float(gain)) for gain in person.many.gains],
        "split": split_rows(person),
        "stops": [{"day": day, "send": should_send(person, truth, day), "truth": truth} for day in stops],
        "prediction": None if prediction is None else _prediction(lived, person, prediction),
    }


_PROPOSES = {
    "thompson": "The policy learns by trying, so it also proposes what fits another place.",
    "random": "The policy proposes at random.",
}
"""Why a proposal may be for another place than the sensor's, by the policy's key."""


def _language(lived: LivedLesson, record: StepRecord) -> str:
    """Return the language of what was written, such as "Spanish"; empty for English."""
    return lived.languages.get(record.statement, "")


def _columns(records: Sequence[StepRecord]) -> dict[str, Any]:
    left = next((day for day, record in enumerate(records, 1) if record.terminated), None)
    return {
        "left": left,
        "proposed": [int(record.candidate_action) for record in records],
        "done": [int(record.executed_action) for record in records],
        "steps": [round(record.step_count, STEP_DIGITS) for record in records],
        "habituation": [round(record.habituation, 4) for record in records],
        "risk": [round(record.disengagement_risk, 4) for record in records],
        "sensed": [record.observation.inferred_context for record in records],
        "place": [record.true_context for record in records],
        "sure": [round(_sure(record), 3) for record in records],
        "words": [record.statement for record in records],
        "verdict": ["" if record.verdict is None else str(record.verdict.decision) for record in records],
        "p_send": [None if record.verdict is None else record.verdict.p_send for record in records],
    }


def _sure(record: StepRecord) -> float:
    probability = record.observation.context_probability
    return probability if record.observation.inferred_context else 1 - probability


def split_rows(person: LivedPerson) -> list[dict[str, Any]]:
    """Return why a person's runs differ, as rows of whole numbers that add up from the other run to this one."""
    judged = bool(person.person.run.judge)
    parts = [
        ("Days the other no longer had", "stayed", True),
        ("Fresher after quiet days", "fresher", True),
        ("Held back rightly", "held-right", judged),
        ("Held back wrongly", "held-wrong", judged),
        ("Something else proposed" if judged else "What was sent on the day", "proposed", True),
        ("The day’s chance", "luck", fact_of(person, "luck") != 0),
    ]
    without = person.person.without
    rows = [(f"{without[:1].upper()}{without[1:]}", "other"), *((title, name) for title, name, shown in parts if shown)]
    return [{"title": title, "size": round(fact_of(person, name))} for title, name in (*rows, ("This run", "total"))]


def _prediction(lived: LivedLesson, person: LivedPerson, asked: Prediction) -> dict[str, Any]:
    """Return a prediction with the scores of everything that can be predicted."""
    found: dict[str, Any] = {"kind": asked.kind, "ask": filled(lived, asked.ask), "sure": asked.sure}
    if asked.kind == CHOICE:
        options = [{"text": filled(lived, o.text), "worth": round(fact(lived, o.worth))} for o in asked.options]
        return found | {"options": options, "right": asked.right}
    found["values"] = slider(asked)
    gains = person.many.gains
    if asked.kind == RANGE:
        best = best_range(gains, asked)
        return found | {"scores": range_scores(gains, asked), "best": best, "inside": share_inside(gains, *best)}
    if asked.kind == NUMBER:
        truth = fact(lived, asked.fact)
        return found | {"scores": number_scores(truth, asked), "truth": truth}
    assert asked.kind == CURVE
    days = curve_days(person.many.curves.shape[1])
    means = [
        round(float(person.many.curves[:, day - 1].mean()), 1) for day in range(1, person.many.curves.shape[1] + 1)
    ]
    return found | {"days": days, "penalties": curve_penalties(person.many.curves, asked), "means": means}


def _step(lived: LivedLesson, step: Step) -> dict[str, Any]:
    person = lived.people[step.person]
    found: dict[str, Any] = {"kind": step.kind, "minutes": step.minutes, "person": step.person}
    found |= {name: filled(lived, getattr(step, name)) for name in
              ("name", "say", "misconception", "title", "text", "answer")}  # fmt: skip
    found["notes"] = [filled(lived, note) for note in step.notes]
    if step.days:
        records = [person.run[day - 1] for day in step.days]
        found |= {"days": [{"day": day, "words": record.statement, "language": _language(lived, record),
                            "can_walk": record.can_walk} for day, record in zip(step.days, records, strict=True)],
                  "right": step.days.index(step.right) + 1}  # fmt: skip
    elif step.options:
        options = [{"text": filled(lived, o.text), "worth": round(fact(lived, o.worth))} for o in step.options]
        found |= {"options": options, "right": step.right}
    if step.kind == "see":
        config = person.person.run.spec.config
        found |= {"day": step.day, "rules": [RULES[rule](config)._asdict() for rule in step.rules]}
    if step.kind == "why":
        found["people"] = list(step.people or lived.people)
    if step.kind == "take":
        found["sentences"] = [filled(lived, sentence) for sentence in step.sentences]
    if step.kind == "try":
        found |= {
            "knob": step.knob,
            "people": list(step.people),
            "values": knob_values(step),
            "now": _now(person, step),
            "verdict": knob_verdict(lived, step),
        }
        found["tries"] = {key: [_rounded(tried._asdict()) for tried in lived.people[key].tries] for key in step.people}
    return found


def knob_verdict(lived: LivedLesson, step: Step) -> str:
    """Return what a knob's settings say: where each person gains most, where it turns, and whether one suits all."""
    best, said = {}, []
    for key in step.people:
        tries = lived.people[key].tries
        most = max(tried.gain for tried in tries)
        best[key] = [place for place, tried in enumerate(tries) if tried.gain == most]
        ranges = _ranges([tried.value for tried in tries], best[key])
        said.append(f"{lived.people[key].person.name.split(',')[0]}: most at {ranges} ({as_text(most)}).")
        turns = [place for place in range(1, len(tries)) if (tries[place].gain < 0) != (tries[place - 1].gain < 0)]
        if len(turns) == 1:
            turn = tries[turns[0]]
            place = f"At {turn.value:g}" if turn is tries[-1] else f"From {turn.value:g} on"
            said.append(f"{place} it {'costs' if turn.gain < 0 else 'gains'}.")
    if len(best) > 1:
        shared = set.intersection(*map(set, best.values()))
        said.append("One setting is best for all." if shared else "No one setting is best for all.")
    return " ".join(said)


def _ranges(values: list[float], places: list[int]) -> str:
    """Return some of the values as ranges: "0.2 to 0.4, 0.6"."""
    found: list[list[int]] = []
    for place in places:
        if found and place == found[-1][-1] + 1:
            found[-1].append(place)
        else:
            found.append([place])
    ends = [(values[run[0]], values[run[-1]]) for run in found]
    return ", ".join(f"{low:g}" if low == high else f"{low:g} to {high:g}" for low, high in ends)


def _now(person: LivedPerson, step: Step) -> float | None:
    """The value that the knob has in the run that was watched, where it is one number."""
    spec = person.person.run.spec
    name = "unsure_high" if step.knob == "unsure" else step.knob
    known = {**asdict(spec.config), **asdict(spec.filter.settings)}
    value = known.get(name)
    return float(value) if isinstance(value, int | float) else None


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in values.items()}
