"""A lesson as records: people, steps, and what is predicted. A lesson's file is turned into these by ``reading``."""

from dataclasses import dataclass
from typing import Literal

from jitai.trial.spec import TrialSpec

RANGE, NUMBER, CHOICE, CURVE = "range", "number", "choice", "curve"
CAN_WALK, BEST = "can walk", "best"
"""What the truth of a stop is: whether the person could walk, or whether the best possible policy would send there."""


@dataclass(frozen=True)
class Side:
    """One of the two runs of a person.

    Attributes:
        spec: policy, filter, participant and seed.
        judge: key of who reads; empty where nobody does.
    """

    spec: TrialSpec
    judge: str = ""


@dataclass(frozen=True)
class Person:
    """A person whose study is watched, beside the same days lived in another way.

    Attributes:
        key: in the file, such as "a".
        name: such as "First person, a judge trained for this".
        run: what is watched.
        against: what it is compared with: the same person and seed, unless the lesson changes them.
        subject: what makes the difference, as the subject of a sentence: "Listening" has gained so many steps.
        without: how the other run is named in a sentence: "without the judge".
    """

    key: str
    name: str
    run: Side
    against: Side
    subject: str = "Listening"
    without: str = "without the judge"


@dataclass(frozen=True)
class Option:
    """One answer of a choice.

    Attributes:
        text: shown; it may hold placeholders.
        worth: name of a fact, such as "total a": the right answer is the one whose fact is the greatest.
    """

    text: str
    worth: str


@dataclass(frozen=True)
class Prediction:
    """What is predicted before it is seen.

    Attributes:
        kind: "range" or "curve" of a person's gain, "number" of a fact, or "choice".
        ask: the question.
        axis: lowest and highest value that can be predicted.
        step: of the slider.
        sure: share of cases that the range should hold.
        fact: name of what is predicted as a number.
        options: of a choice.
        right: number of the right option, from 1.
    """

    kind: Literal["range", "number", "choice", "curve"]
    ask: str
    axis: tuple[float, float] = (0.0, 1.0)
    step: float = 1.0
    sure: float = 0.5
    fact: str = ""
    options: tuple[Option, ...] = ()
    right: int = 0


@dataclass(frozen=True)
class Step:
    """One step of a lesson. Which fields have a meaning depends on the kind.

    Attributes:
        kind: choice, see, predict, watch, reveal, second, why, take or try.
        name: on the line of progress.
        minutes: that it takes.
        say: for the teacher: what to say.
        misconception: for the teacher: what students usually think.
        title, text: headline and the line below it; empty for the usual ones.
        person: key of whom it is about; the first for most.
        people: keys of those whose difference is explained, or tried.
        notes: sentences beside the picture.
        days: whose words are shown, of a choice; from 1.
        right: the day on which they could walk, or the number of the right option.
        options: of a choice without days.
        answer: said once the student has chosen.
        day: that is shown as an example.
        rules: pictures of the model, names of ``rules.RULES``.
        predict: what is asked.
        stops: days, from 1, on which the student decides first.
        truth: what the truth of a stop is.
        sentences: to take home.
        knob: the setting that may be moved; "unsure" for the P(send) below which the judge holds back.
        low, high, step: of the knob.
    """

    kind: str
    name: str
    minutes: float
    say: str = ""
    misconception: str = ""
    title: str = ""
    text: str = ""
    person: str = ""
    people: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    days: tuple[int, ...] = ()
    right: int = 0
    options: tuple[Option, ...] = ()
    answer: str = ""
    day: int = 0
    rules: tuple[str, ...] = ()
    predict: Prediction | None = None
    stops: tuple[int, ...] = ()
    truth: str = CAN_WALK
    sentences: tuple[str, ...] = ()
    knob: str = ""
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0


@dataclass(frozen=True)
class Lesson:
    """A whole lesson.

    Attributes:
        identifier: in links and in the files of students.
        title: of the lesson.
        minutes: that its steps take together.
        summary: one sentence for the list of lessons.
        people: by their keys.
        n_people: how many other people like these stand behind a score.
        steps: in order.
        claims: comparisons of facts on which its sentences rely, such as "gain a > 0".
        digest: of the file's content, so that answers to another version are told apart.
    """

    identifier: str
    title: str
    minutes: float
    summary: str
    people: dict[str, Person]
    n_people: int
    steps: tuple[Step, ...]
    claims: tuple[str, ...] = ()
    digest: str = ""

    @property
    def predictions(self) -> dict[str, Prediction]:
        """What is predicted, by the person whom it is about, in the order of the steps."""
        return {step.person: step.predict for step in self.steps if step.predict is not None}

    @property
    def stops(self) -> dict[str, tuple[int, ...]]:
        """Days on which the student decides, by person."""
        return {step.person: step.stops for step in self.steps if step.stops}

    def truth_of_stops(self, person: str) -> str:
        """What the truth of a person's stops is."""
        return next((step.truth for step in self.steps if step.person == person and step.stops), CAN_WALK)
