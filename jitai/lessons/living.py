"""The people of a lesson, lived: both runs of each, what many people like them gain, and every setting of the knob."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from jitai.arrays import Flags, Floats
from jitai.corpus import KINDS as ALL_KINDS
from jitai.corpus import StatementBook
from jitai.lessons.records import Lesson, Person, Side, Step
from jitai.parameters import at_place
from jitai.records import JudgeReference, JudgesText, StepRecord, Verdict
from jitai.simulator.config import STORY
from jitai.simulator.world import draw_worlds
from jitai.trial.loop import run_trial
from jitai.trial.query import from_query
from jitai.trial.scenario import compose, play
from jitai.trial.settings import spec_from, spec_values
from jitai.trial.spec import TrialSpec
from jitai.trial.trial_log import TrialLog
from jitai.trial.verdict_table import read_all

UNSURE = "unsure"
"""The knob that moves both ends of the unsure band: the judge holds back below it."""
KINDS = ALL_KINDS
"""What people in lessons may write: also riddles, and words that try to mislead the judge, which are off on Live."""
Judges = Callable[[str, float, float], JudgesText]
"""Gives the judge of a key, with the two ends of its unsure band."""


class RememberingJudge:
    """A judge that reads each text once: a lesson looks at all statements, again and again.

    Args:
        judge: reads.
    """

    def __init__(self, judge: JudgesText) -> None:
        self._judge = judge
        self._verdicts: dict[str, Verdict] = {}

    def judge(self, text: str) -> Verdict:
        """Return the verdict on a statement."""
        if text not in self._verdicts:
            self._verdicts[text] = self._judge.judge(text)
        return self._verdicts[text]


class Many(NamedTuple):
    """What other people of the same kind gain.

    Attributes:
        gains: difference of the totals, in steps; shape (n,).
        curves: difference of the steps so far, day by day; shape (n, days).
        left, other_left: whether they left before the study's end, in the run and in the other; shape (n,).
    """

    gains: Floats
    curves: Floats
    left: Flags
    other_left: Flags


class Try(NamedTuple):
    """One setting of the knob, for one person.

    Attributes:
        value: of the setting.
        gain: difference of the totals, in steps.
        held, right: messages held back, and those of them that were held back rightly.
        left: day on which the person left; 0 if they stayed.
    """

    value: float
    gain: float
    held: int
    right: int
    left: int


@dataclass(frozen=True)
class LivedPerson:
    """One person's two runs.

    Attributes:
        person: of the lesson.
        run, against: the days of both.
        best: the same days under the best possible policy.
        many: of other people; the person on show is not among them.
        tries: every setting of the knob; empty without.
    """

    person: Person
    run: tuple[StepRecord, ...]
    against: tuple[StepRecord, ...]
    best: tuple[StepRecord, ...]
    many: Many
    tries: tuple[Try, ...] = ()

    @property
    def can_walk(self) -> tuple[bool, ...]:
        """The truth of every day of the study, also of those after somebody has left."""
        spec = self.person.run.spec
        world = draw_worlds(spec.config, [spec.seed])
        return tuple(bool(flag) for flag in world.can_walk[0, : spec.config.study_length])


@dataclass(frozen=True)
class LivedLesson:
    """A lesson with its people lived."""

    lesson: Lesson
    people: dict[str, LivedPerson]


def live(lesson: Lesson, book: StatementBook, judges: Judges) -> LivedLesson:
    """Live everybody in a lesson.

    Args:
        lesson: as read.
        book: what the people write.
        judges: who reads it.
    """
    knob = next((step for step in lesson.steps if step.kind == "try"), None)
    return LivedLesson(
        lesson,
        {key: _live_person(person, lesson.n_people, knob, book, judges) for key, person in lesson.people.items()},
    )


def _live_person(person: Person, n_people: int, knob: Step | None, book: StatementBook, judges: Judges) -> LivedPerson:
    seed = person.run.spec.seed
    seeds = [other for other in range(n_people + 1) if other != seed][:n_people]
    mine, others = (_many(side, seeds, book, judges) for side in (person.run, person.against))
    curves = np.cumsum(mine.step_count - others.step_count, axis=1)
    best = Side(person.run.spec.under_the_optimum())
    return LivedPerson(
        person,
        run=_played(person.run, book, judges),
        against=_played(person.against, book, judges),
        best=_played(best, book, judges),
        many=Many(curves[:, -1], curves, mine.disengaged, others.disengaged),
        tries=() if knob is None or person.key not in knob.people else _tries(person, knob, book, judges),
    )


def _played(side: Side, book: StatementBook, judges: Judges) -> tuple[StepRecord, ...]:
    judge = _judge_of(side, judges)
    reference = None if judge is None else JudgeReference(side.judge)
    return play(compose(side.spec, book, judge=reference, kinds=KINDS), judge).records


def _many(side: Side, seeds: list[int], book: StatementBook, judges: Judges) -> TrialLog:
    judge = _judge_of(side, judges)
    tells = side.spec.config.spell_statements == STORY
    return run_trial(side.spec, seeds, None if judge is None else read_all(book, judge, tells))


def _judge_of(side: Side, judges: Judges) -> JudgesText | None:
    if not (side.judge and side.spec.uses_text):
        return None
    settings = side.spec.filter.settings
    return judges(side.judge, settings.unsure_low, settings.unsure_high)


def _tries(person: Person, knob: Step, book: StatementBook, judges: Judges) -> tuple[Try, ...]:
    """Live both runs again at every setting of the knob."""
    found = []
    for value in knob_values(knob):
        sides = [replace(side, spec=with_knob(side.spec, knob.knob, value)) for side in (person.run, person.against)]
        run, against = (_played(side, book, judges) for side in sides)
        held = [record for record in run if record.held_back]
        left = next((day for day, record in enumerate(run, 1) if record.terminated), 0)
        gain = round(sum(record.step_count for record in run)) - round(sum(record.step_count for record in against))
        found.append(Try(value, gain, len(held), sum(not record.can_walk for record in held), left))
    return tuple(found)


def knob_values(knob: Step) -> list[float]:
    """Every setting of a knob, from its lowest to its highest."""
    n_steps = round((knob.high - knob.low) / knob.step)
    return [round(knob.low + index * knob.step, 10) for index in range(n_steps + 1)]


def with_knob(spec: TrialSpec, name: str, value: float) -> TrialSpec:
    """Return the same trial with one setting changed.

    Raises: ParameterError if there is no such setting, or the value is not allowed.
    """
    names = ("unsure_low", "unsure_high") if name == UNSURE else (name,)
    return at_place("knob", lambda: spec_from({**spec_values(spec), **dict.fromkeys(names, value)}, None))


def side_from(settings: dict[str, str], judge: str) -> Side:
    """Return a side from the settings of a link.

    Raises: ParameterError naming the setting that is wrong.
    """
    spec = from_query(settings)
    return Side(spec, judge if spec.uses_text else "")
