"""A class without a server: students' files are read, and their predictions set against the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from jitai.errors import FileFormatError
from jitai.files import read_json
from jitai.lessons.checking import should_send
from jitai.lessons.facts import fact, filled, gain_of
from jitai.lessons.living import LivedLesson
from jitai.lessons.records import CHOICE, CURVE, NUMBER, RANGE, Prediction, Step
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
LEAST_FILES = 8
"""Files from which on a class is judged: of fewer ranges, chance decides how many hold the truth."""


@dataclass(frozen=True)
class Answers:
    """What one student answered; whose it is, nobody knows: a file has a code and no name.

    Attributes:
        predicted: by person: (low, high) of a range, the number, the number of the option, or the values of a curve.
        said: whether to send, by person and day, such as "a5".
        chosen: number of the option, from 1, by the number of the step that asked.
    """

    predicted: Mapping[str, tuple[float, ...]]
    said: Mapping[str, bool]
    chosen: Mapping[int, int]


class LeftOut(NamedTuple):
    """Files that do not count, by reason."""

    other_lesson: int = 0
    second_go: int = 0
    unusable: int = 0
    earlier: int = 0

    @property
    def sentence(self) -> str:
        """What was left out; empty if nothing was."""
        parts = [(self.other_lesson, "of another lesson or another version of it"),
                 (self.second_go, "of a second go"), (self.unusable, "that cannot be read as answers"),
                 (self.earlier, "that the same student has saved again later")]  # fmt: skip
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
    found: dict[str, tuple[str, Answers]] = {}
    other, again, unusable, earlier = 0, 0, 0, 0
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
            code, saved = (str(given.get(name) or "")[:40] for name in ("code", "saved"))
            place = code or f"without a code, number {len(found)}"
            earlier += place in found
            if place not in found or saved >= found[place][0]:
                found[place] = (saved, answers)
    return [answers for _, answers in found.values()], LeftOut(other, again, unusable, earlier)


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
    return Answers(
        predicted, {name: what == "send" for name, what in said.items() if name in asked and what in ("send", "hold")},
        _chosen(lived, given.get("chosen")),
    )  # fmt: skip


def _chosen(lived: LivedLesson, given: object) -> dict[int, int]:
    """Return the options that were chosen in the questions of a lesson, by step."""
    if not isinstance(given, dict):
        return {}
    asked = {number: len(step.days or step.options) for number, step in _questions(lived)}
    return {number: option for number, n_options in asked.items()
            if type(option := given.get(str(number))) is int and 1 <= option <= n_options}  # fmt: skip


def _questions(lived: LivedLesson) -> list[tuple[int, Step]]:
    """Return the steps that ask for a choice, with their numbers from 1."""
    return [(number, step) for number, step in enumerate(lived.lesson.steps, 1) if step.kind == "choice"]


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


class Asked(NamedTuple):
    """What a class answered to a question.

    Attributes:
        question: as it was asked.
        options: what could be chosen: the words of a day, or a sentence.
        right: number of the right option, from 1.
        counts: how many chose each option.
    """

    question: str
    options: tuple[str, ...]
    right: int
    counts: tuple[int, ...]


def questions_of(lived: LivedLesson, students: Sequence[Answers]) -> list[Asked]:
    """Return what a class answered to the questions of a lesson that somebody has answered."""
    found = []
    for number, step in _questions(lived):
        if step.days:
            run = lived.people[step.person].run
            options = tuple(f"Day {day}: “{run[day - 1].statement}”" for day in step.days)
            right = step.days.index(step.right) + 1
        else:
            options, right = tuple(filled(lived, option.text) for option in step.options), step.right
        given = [student.chosen[number] for student in students if number in student.chosen]
        counts = tuple(given.count(option) for option in range(1, len(options) + 1))
        if given:
            found.append(Asked(filled(lived, step.title), options, right, counts))
    return found


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
        if n < LEAST_FILES:
            return f"Half sure means half of them on average. Of {n} chance decides: this tells nothing of a class."
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
        chosen = {}
        for number, step in _questions(lived):
            best = step.days.index(step.right) + 1 if step.days else step.right
            chosen[number] = best if source.random() < _RIGHT else 1 + best % len(step.days or step.options)
        students.append(Answers(predicted, said, chosen))
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
        "lesson": lived.lesson.identifier, "digest": lived.lesson.digest, "version": 2, "code": "",
        "predicted": {key: list(values) if len(values) > 1 else values[0] for key, values in answers.predicted.items()},
        "said": {name: "send" if send else "hold" for name, send in answers.said.items()},
        "chosen": {str(number): option for number, option in answers.chosen.items()}, "again": False,
    }  # fmt: skip


def class_payload(lived: LivedLesson, key: str, students: Sequence[Answers], *, are_real: bool) -> dict[str, Any]:
    """Return what the browser is given to draw a class.

    Args:
        lived: the lesson.
        key: of the person whose prediction is shown.
        students: of the class.
        are_real: whether they are a class; invented ones are labelled.
    """
    summary, asked = summarise_class(lived, key, students), lived.lesson.predictions[key]
    scores = sorted(summary.scores)
    options = [filled(lived, option.text) for option in asked.options]
    counts = [sum(answer[0] == number for answer in summary.answers) for number in range(1, len(options) + 1)]
    return {
        "headline": summary.headline, "question": filled(lived, asked.ask), "remark": summary.remark,
        "example": f"Example: {len(students)} invented students" * (not are_real),
        "kind": summary.kind, "answers": [list(answer) for answer in summary.answers], "truth": summary.truth,
        "gains": list(summary.gains), "unit": "of a hundred" if summary.kind == NUMBER else "steps gained",
        "choice": {"options": options, "counts": counts, "right": asked.right} if options else None,
        "students": len(students), "middle": float(np.median(scores)) if scores else None,
        "best": scores[-1] if scores else None, "lowest": scores[0] if scores else None,
        "decided": [day._asdict() for day in summary.decided],
        "asked": [asked._asdict() for asked in questions_of(lived, students)],
    }  # fmt: skip
