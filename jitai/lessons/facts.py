"""Facts about a lesson's people, by name, and sentences whose numbers are filled in from them.

A placeholder is a fact's name in braces: ``{gain a}``, ``{lost b 13}``. A lesson's sentences may hold no other digits.
"""

import re
from collections.abc import Callable, Mapping

import numpy as np

from jitai.arrays import Floats
from jitai.errors import ParameterError
from jitai.lessons.living import LivedLesson, LivedPerson
from jitai.parameters import suggestion
from jitai.records import StepRecord
from jitai.trial.attribution import DayParts, attribute, shown_parts, shown_total, summed

GROUP = 5
"""People in one small study, for the share of small studies that get the order right."""
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_CLAIM = re.compile(r"\s*([^<>=]+?)\s*(<|>|=)\s*([^<>=]+?)\s*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")

Fact = Callable[[LivedPerson], float]


def _left(records: tuple[StepRecord, ...]) -> int:
    return next((day for day, record in enumerate(records, 1) if record.terminated), 0)


def _held(lived: LivedPerson) -> list[StepRecord]:
    return [record for record in lived.run if record.held_back]


def gain_of(lived: LivedPerson) -> float:
    """Return what a person's run earned more than the other, as the difference of the whole numbers that are shown."""
    return shown_total(lived.run) - shown_total(lived.against)


def shown_split(lived: LivedPerson) -> DayParts:
    """Return the parts of the gain, as whole numbers that add up to it."""
    return shown_parts(summed(attribute(lived.person.run.spec.config, lived.run, lived.against)), int(gain_of(lived)))


def _part(*names: str) -> Fact:
    """Return parts of the difference as they are shown."""
    return lambda lived: sum(getattr(shown_split(lived), name) for name in names)


def right_order(gains: Floats) -> float:
    """Return the share of small studies, of GROUP people each, whose mean has the sign that the mean of all has.

    Args:
        gains: shape (n,), n >= GROUP; neighbours are taken together.
    """
    n_groups = len(gains) // GROUP
    means = gains[: n_groups * GROUP].reshape(n_groups, GROUP).mean(axis=1)
    return float(np.mean(np.sign(means) == np.sign(gains.mean())))


FACTS: dict[str, tuple[str, Fact]] = {
    "gain": ("steps that the run earned more than the other", gain_of),
    "cost": ("steps that the run earned less than the other", lambda lived: -gain_of(lived)),
    "total": ("steps of the run", lambda lived: shown_total(lived.run)),
    "other": ("steps of the other run", lambda lived: shown_total(lived.against)),
    "best": ("steps of the best possible policy", lambda lived: shown_total(lived.best)),
    "days": ("days of the study", lambda lived: lived.person.run.spec.config.study_length),
    "messages": ("messages that were sent", lambda lived: sum(bool(record.executed_action) for record in lived.run)),
    "other-messages": (
        "messages that were sent in the other run",
        lambda lived: sum(bool(day.executed_action) for day in lived.against),
    ),
    "held": ("messages that were held back", lambda lived: len(_held(lived))),
    "right": ("messages held back rightly", lambda lived: sum(not day.can_walk for day in _held(lived))),
    "wrong": ("messages held back wrongly", lambda lived: sum(day.can_walk for day in _held(lived))),
    "left": ("day on which the person left; 0 if they stayed", lambda lived: _left(lived.run)),
    "other-left": ("day on which they left in the other run; 0 if they stayed", lambda lived: _left(lived.against)),
    "misread": (
        "days on which the sensor read the wrong place",
        lambda lived: sum(day.observation.inferred_context != day.true_context for day in lived.run),
    ),
    "unable": ("days on which they could not walk", lambda lived: lived.can_walk.count(False)),
    "many": ("other people of this kind", lambda lived: len(lived.many.gains)),
    "mean": ("mean gain of those people", lambda lived: float(lived.many.gains.mean())),
    "mean-cost": ("mean loss of those people", lambda lived: -float(lived.many.gains.mean())),
    "low": ("gain that a quarter of those people stay below", lambda lived: float(np.quantile(lived.many.gains, 0.25))),
    "high": ("gain that a quarter of those people exceed", lambda lived: float(np.quantile(lived.many.gains, 0.75))),
    "least": ("least gain among those people", lambda lived: float(lived.many.gains.min())),
    "most": ("greatest gain among those people", lambda lived: float(lived.many.gains.max())),
    "hurt": ("of a hundred of those people, how many lose", lambda lived: 100 * float(np.mean(lived.many.gains < 0))),
    "gone": (
        "of a hundred of those people, how many leave before the end",
        lambda lived: 100 * float(lived.many.left.mean()),
    ),
    "other-gone": (
        "the same, in the other run", lambda lived: 100 * float(lived.many.other_left.mean()),
    ),
    "order": (
        f"of a hundred small studies with {GROUP} people, how many get the order right",
        lambda lived: 100 * right_order(lived.many.gains),
    ),
    "group": ("people in one of those small studies", lambda lived: GROUP),
    "stayed": ("steps of days that only one of the two still had", _part("stayed")),
    "fresher": ("steps because habituation differed", _part("fresher")),
    "action": ("steps because something else was done on the day", _part("action")),
    "held-right": ("steps on the days themselves, from holding back rightly", _part("held_rightly")),
    "held-wrong": ("steps on the days themselves, from holding back wrongly", _part("held_wrongly")),
    "proposed": ("steps because the policy proposed something else", _part("proposed", "outside")),
    "luck": ("steps because the day's random variation differed", _part("chance")),
}  # fmt: skip
"""What may stand in a sentence, before the key of a person: what it is, and how it is computed."""

DAY_FACTS: dict[str, tuple[str, Callable[[LivedPerson, int], float]]] = {
    "lost": ("steps of that day in the other run", lambda lived, day: lived.against[day].step_count),
    "earned": ("steps of that day", lambda lived, day: lived.run[day].step_count),
    "chance": (
        "of a hundred, how sure the judge was that a message may be sent",
        lambda lived, day: _chance(lived, day),
    ),
}
"""The same for one day, whose number follows the key of the person."""


def _chance(lived: LivedPerson, day: int) -> float:
    verdict = lived.run[day].verdict
    if verdict is None or verdict.p_send is None:
        raise IndexError
    return 100 * verdict.p_send


def fact_of(person: LivedPerson, name: str) -> float:
    """Return a fact about one person, by its name without the person's key."""
    return float(FACTS[name][1](person))


def fact(lived: LivedLesson, name: str) -> float:
    """Return a fact, such as "gain a" or "lost b 13".

    Raises: ParameterError saying what is wrong with the name.
    """
    words = name.split()
    kinds = FACTS if len(words) == 2 else DAY_FACTS if len(words) == 3 else {}
    if not words or words[0] not in kinds:
        known = (*FACTS, *DAY_FACTS)
        near = suggestion(words[0] if words else "", known)
        raise ParameterError(f"there is no fact “{name[:40]}”{near} A fact has a name and a person, such as “gain a”.")
    if words[1] not in lived.people:
        raise ParameterError(f"“{name[:40]}” speaks of a person {words[1]!r}; there are {', '.join(lived.people)}.")
    person = lived.people[words[1]]
    if len(words) == 2:
        return fact_of(person, words[0])
    try:
        return float(DAY_FACTS[words[0]][1](person, int(words[2]) - 1 if int(words[2]) > 0 else 10**6))
    except (ValueError, IndexError):
        raise ParameterError(f"“{name[:40]}” needs a day that was lived, with what it speaks of.") from None


def as_text(value: float) -> str:
    """Return a number as people read it: whole, with thousands marks and a true minus."""
    return f"{round(value) or 0:,}".replace("-", "−")


def filled(lived: LivedLesson, sentence: str) -> str:
    """Return a sentence with its placeholders filled in.

    Raises: ParameterError naming a placeholder that is wrong.
    """
    return _PLACEHOLDER.sub(lambda found: as_text(fact(lived, found[1])), sentence)


OUTCOMES = ("gain", "cost", "total", "mean", "mean-cost", "low", "high", "least", "most", "hurt")
"""Facts that tell what is predicted of a person."""


def outcomes_in(sentence: str, person: str) -> str:
    """Return the first placeholder that tells what a prediction about a person asks; empty without."""
    names = (found[1] for found in _PLACEHOLDER.finditer(sentence))
    return next((name for name in names if name.split() in [[fact, person] for fact in OUTCOMES]), "")


def typed_digits(sentence: str) -> str:
    """Return the first digits of a sentence that stand outside of placeholders; empty if there are none."""
    found = re.search(r"\d+", _PLACEHOLDER.sub("", sentence))
    return found[0] if found else ""


def holds(lived: LivedLesson, claim: str) -> bool:
    """Say whether a comparison of facts, such as "gain a > 0" or "right b < wrong b", is true of the runs.

    Raises: ParameterError if it is none, or names a fact that is none.
    """
    parts = _CLAIM.fullmatch(claim)
    if parts is None:
        raise ParameterError(f"“{claim[:60]}” compares nothing: write such as “gain a > 0”.")
    left, right = (float(side) if _NUMBER.fullmatch(side) else fact(lived, side) for side in (parts[1], parts[3]))
    return {"<": left < right, ">": left > right, "=": round(left) == round(right)}[parts[2]]


def facts_of(lived: LivedLesson) -> Mapping[str, float]:
    """Return every fact that needs no day, by its name."""
    return {f"{name} {key}": fact(lived, f"{name} {key}") for name in FACTS for key in lived.people}
