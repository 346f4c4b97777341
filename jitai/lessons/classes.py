"""A class without a server: students' files are read, and their predictions set against the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from jitai.errors import FileFormatError
from jitai.files import read_json
from jitai.lessons.checking import should_send
from jitai.lessons.facts import fact, gain_of
from jitai.lessons.living import LivedLesson
from jitai.lessons.records import CHOICE, CURVE, NUMBER, RANGE, Prediction
from jitai.lessons.scoring import curve_days, curve_penalties, number_scores, score_of_range, slider
from jitai.seeding import Stream, generator

MAX_BYTES = 20_000
"""Largest size of a student's file; it has about 400 bytes."""
MAX_FILES = 500
N_INVENTED = 24
_INVENTED_SEED = 20
_RIGHT = 0.75
"""Share of decisions that invented students get right."""
_BOLD, _TIMID = 0.4, 0.65
"""Shares of ranges that hold the truth, below and above which a class is called too sure, or too timid."""


@dataclass(frozen=True)
class Answers:
    """What one student answered. Names are read and dropped: no picture shows them.

    Attributes:
        predicted: by person: (low, high) of a range, the number, the number of the option, or the values of a curve.
        said: whether to send, by person and day, such as "a5".
    """

    predicted: Mapping[str, tuple[float, ...]]
    said: Mapping[str, bool]


class LeftOut(NamedTuple):
    """Files that do not count, by reason."""

    other_lesson: int = 0
    second_go: int = 0
    unusable: int = 0

    @property
    def sentence(self) -> str:
        """What was left out; empty if nothing was."""
        parts = [(self.other_lesson, "of another lesson or another version of it"),
                 (self.second_go, "of a second go"), (self.unusable, "that cannot be read as answers")]  # fmt: skip
        said = [f"{count} {what}" for count, what in parts if count]
        return f"Left out: {', '.join(said)}." if said else ""


def read_class(lived: LivedLesson, files: Sequence[bytes]) -> tuple[list[Answers], LeftOut]:
    """Return what students' files hold, whatever they hold.

    Args:
        lived: the lesson that they are answers to.
        files: contents; untrusted.
    Raises: FileFormatError if there are too many.
    """
    if len(files) > MAX_FILES:
        raise FileFormatError(f"{len(files):,} files are too many: at most {MAX_FILES} are read at once.")
    found, other, again, unusable = [], 0, 0, 0
    for content in files:
        try:
            given = read_json(content, "A student’s file", MAX_BYTES)
        except FileFormatError:
            unusable += 1
            continue
        answers = _answers(lived, given)
        if not isinstance(given, dict) or answers is None:
            unusable += 1
        elif (given.get("lesson"), given.get("digest")) != (lived.lesson.identifier, lived.lesson.digest):
            other += 1
        elif given.get("again") is True:
            again += 1
        else:
            found.append(answers)
    return found, LeftOut(other, again, unusable)


def _answers(lived: LivedLesson, given: object) -> Answers | None:
    """Return the answers in a file's content; None if it holds none."""
    if not isinstance(given, dict) or not isinstance(given.get("predicted"), dict):
        return None
    given_said = given.get("said")
    said = given_said if isinstance(given_said, dict) else {}
    asked = {f"{key}{day}" for key, days in lived.lesson.stops.items() for day in days}
    predicted = {}
    for key, prediction in lived.lesson.predictions.items():
        if (values := _values(prediction, given["predicted"].get(key))) is not None:
            predicted[key] = values
    return Answers(predicted, {name: what == "send" for name, what in said.items()
                               if name in asked and what in ("send", "hold")})  # fmt: skip


def _values(asked: Prediction, given: object) -> tuple[float, ...] | None:
    """Return a prediction that can be one, as numbers; None otherwise."""
    values: list[Any] = given if isinstance(given, list) else [given]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return None
    numbers = tuple(float(value) for value in values)
    low, high = asked.axis
    if asked.kind == CHOICE:
        right = len(numbers) == 1 and numbers[0] in range(1, len(asked.options) + 1)
    elif asked.kind == RANGE:
        right = len(numbers) == 2 and low <= numbers[0] < numbers[1] <= high
    else:
        right = len(numbers) <= 60 and bool(numbers) and all(low <= number <= high for number in numbers)
        right = right and (asked.kind == CURVE or len(numbers) == 1)
    return numbers if right else None


class Decided(NamedTuple):
    """How a class decided on one day.

    Attributes:
        day: from 1.
        send: what is right.
        n_right, n: students who decided so, and who decided.
    """

    day: int
    send: bool
    n_right: int
    n: int


@dataclass(frozen=True)
class ClassSummary:
    """The predictions of a class about one person, against the truth.

    Attributes:
        person: key of the person.
        kind: of the prediction.
        answers: of the students, in the order of their middles; no names.
        truth: the gain, the number or the right option.
        gains: of many people, for a range or a curve; empty otherwise.
        scores: in the order of ``answers``.
        n_holding: ranges that hold the truth, or answers that are right; 0 for numbers and curves.
        expected: how many should on average, for ranges.
        decided: on the days on which the class decided.
    """

    person: str
    kind: str
    answers: tuple[tuple[float, ...], ...]
    truth: float
    gains: tuple[float, ...]
    scores: tuple[int, ...]
    n_holding: int
    expected: float
    decided: tuple[Decided, ...]

    @property
    def headline(self) -> str:
        """Calibration, not a ranking."""
        n = len(self.answers)
        if self.kind == RANGE:
            return f"{self.n_holding} of {n} ranges hold the truth"
        if self.kind == CHOICE:
            return f"{self.n_holding} of {n} chose what is right"
        middle = float(np.median([answer[-1] for answer in self.answers])) if n else 0.0
        return f"The middle answer is {middle:,.0f}; the truth is {self.truth:,.0f}".replace("-", "−")

    @property
    def remark(self) -> str:
        """What the headline means."""
        n = len(self.answers)
        if self.kind != RANGE or not n:
            return "Luck does not enter: the truth is one about many people." if self.kind != CHOICE else ""
        share = self.n_holding / n
        word = (
            "The class was surer than it had reason to be." if share < _BOLD
            else "The class could have been bolder." if share > _TIMID
            else "The class knew how much it knew."
        )  # fmt: skip
        return f"Half sure means half of them on average: about {self.expected:.0f}. {word}"


def summarise_class(lived: LivedLesson, key: str, students: Sequence[Answers]) -> ClassSummary:
    """Return the predictions about one person against the truth.

    Args:
        lived: the lesson.
        key: of the person.
        students: all of them; those who predicted nothing about this person are passed over.
    """
    asked, person = lived.lesson.predictions[key], lived.people[key]
    given = sorted((student.predicted[key] for student in students if key in student.predicted),
                   key=lambda values: sum(values) / len(values))  # fmt: skip
    gains = person.many.gains
    if asked.kind == RANGE:
        truth, holding = gain_of(person), [low <= gain_of(person) <= high for low, high in given]
        scores = [score_of_range(gains, asked, low, high) for low, high in given]
    elif asked.kind == CHOICE:
        truth, holding = float(asked.right), [answer[0] == asked.right for answer in given]
        scores = [100 if right else 0 for right in holding]
    elif asked.kind == NUMBER:
        truth, holding = fact(lived, asked.fact), []
        table = dict(zip(slider(asked), number_scores(truth, asked), strict=True))
        scores = [table[min(table, key=lambda value: abs(value - answer[0]))] for answer in given]
    else:
        truth, holding, scores = float(gains.mean()), [], []
        penalties, values = curve_penalties(person.many.curves, asked), np.array(slider(asked))
        n_days = len(curve_days(person.many.curves.shape[1]))
        given = [answer for answer in given if len(answer) == n_days]
        for answer in given:
            places = [int(np.abs(values - value).argmin()) for value in answer]
            scores.append(round(100 - sum(row[place] for row, place in zip(penalties, places, strict=True))))
    truth_kind = lived.lesson.truth_of_stops(key)
    decided = []
    for day in lived.lesson.stops.get(key, ()):
        send = should_send(person, truth_kind, day)
        voted = [student.said[f"{key}{day}"] for student in students if f"{key}{day}" in student.said]
        decided.append(Decided(day, send, sum(vote == send for vote in voted), len(voted)))
    shown = tuple(float(gain) for gain in gains) if asked.kind in (RANGE, CURVE) else ()
    return ClassSummary(
        key,
        asked.kind,
        tuple(given),
        truth,
        shown,
        tuple(scores),
        sum(holding),
        asked.sure * len(given),
        tuple(decided),
    )


def invented_class(lived: LivedLesson) -> list[Answers]:
    """Return 24 invented students, the same each time: most of them too sure, as people are. To be labelled as such."""
    source = generator(_INVENTED_SEED, Stream.SAMPLE)
    students = []
    for _ in range(N_INVENTED):
        predicted = {key: _invented(asked, lived, key, source) for key, asked in lived.lesson.predictions.items()}
        said = {}
        for key, days in lived.lesson.stops.items():
            for day in days:
                right = should_send(lived.people[key], lived.lesson.truth_of_stops(key), day)
                said[f"{key}{day}"] = right == bool(source.random() < _RIGHT)
        students.append(Answers(predicted, said))
    return students


def _invented(asked: Prediction, lived: LivedLesson, key: str, source: np.random.Generator) -> tuple[float, ...]:
    """Return one invented prediction: around the truth about many people, but off and too narrow."""
    if asked.kind == CHOICE:
        return (float(source.integers(1, len(asked.options) + 1)),)
    low, high = asked.axis
    gains = lived.people[key].many.gains
    middle = fact(lived, asked.fact) if asked.kind == NUMBER else float(gains.mean())
    spread = (high - low) / 6

    def on_slider(value: float) -> float:
        return float(min(max(round((value - low) / asked.step) * asked.step + low, low), high))

    guess = middle * source.uniform(0.3, 1.1) + spread * source.normal()
    if asked.kind == NUMBER:
        return (on_slider(guess),)
    if asked.kind == CURVE:
        n_days = len(curve_days(lived.people[key].many.curves.shape[1]))
        return tuple(on_slider(guess * (day + 1) / n_days) for day in range(n_days))
    half = spread * source.uniform(0.2, 1.2)
    first = on_slider(min(guess - half, high - asked.step))
    return (first, max(on_slider(guess + half), first + asked.step))


def as_file(answers: Any, lived: LivedLesson) -> dict[str, Any]:
    """Return answers as a student's file holds them."""
    return {
        "lesson": lived.lesson.identifier, "digest": lived.lesson.digest, "version": 1, "name": "",
        "predicted": {key: list(values) if len(values) > 1 else values[0] for key, values in answers.predicted.items()},
        "said": {name: "send" if send else "hold" for name, send in answers.said.items()}, "again": False,
    }  # fmt: skip
