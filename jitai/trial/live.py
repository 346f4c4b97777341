"""A trial and its counterfactual twin, side by side: the same seed with and without the filter."""

import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

from jitai.corpus import StatementBook
from jitai.records import JudgesText, StepRecord
from jitai.simulator.world import draw_worlds
from jitai.trial.loop import Trial, days_of_one
from jitai.trial.spec import TrialSpec
from jitai.trial.texts import JudgedTexts, ScriptedDay, words_of


def no_script(day: int) -> ScriptedDay | None:
    """Return None: the simulator speaks on every day."""
    return None


def live_days(
    spec: TrialSpec,
    book: StatementBook,
    judge: JudgesText | None,
    said: Callable[[int], ScriptedDay | None] = no_script,
) -> Iterator[StepRecord]:
    """Run a trial of one participant, one record for each decision, as the caller asks for them.

    Args:
        spec: settings and seed.
        book: the simulator's statements.
        judge: reads the statements; None where nobody does.
        said: asked on each day, before its decision, whether a person speaks for the participant.
    Yields: one StepRecord a day until the study or the participant's engagement ends.
    """
    trial = Trial(spec, [spec.seed], JudgedTexts(book, judge, spec.belief), keeps_notes=True)
    yield from days_of_one(trial, said)


def coming_statements(spec: TrialSpec, book: StatementBook) -> tuple[str, ...]:
    """Return what the simulated participant will write, in order, unless a person speaks or the study ends early."""
    world = draw_worlds(spec.config, [spec.seed]).each(lambda part: part[0])
    return tuple(words for words in words_of(world, book, spec.config.study_length) if words)


class Progress(NamedTuple):
    """A run as far as it has come; it does not change while it is drawn.

    Attributes:
        records: days with the filter.
        twin_records: days of the same seed without it.
        finished: whether the run is over.
        best_records: days of the same seed under the optimum; empty where it was not asked for.
    """

    records: tuple[StepRecord, ...] = ()
    twin_records: tuple[StepRecord, ...] = ()
    finished: bool = False
    best_records: tuple[StepRecord, ...] = ()

    @property
    def share_of_best(self) -> float | None:
        """Steps as a share of what the optimum has earned by the same day of the same seed; None if that is nothing.

        It may exceed 1: the optimum knows today's truth and not tomorrow's, so on one seed another may be luckier. Once
        the study is over, however it ended, all its days count.
        """
        best = sum(record.step_count for record in self.best_records)
        return sum(record.step_count for record in self.records) / best if best > 0 else None


class TwinTrial:
    """One trial that is stepped by hand, and the same seed without the filter, which keeps pace.

    A person may speak for the participant before any step. What they set as true holds in both runs; what they say
    changes only the run that has a judge.

    One thread at a time lives a day, and ``snapshot`` waits for it: a page that is redrawn while an earlier redraw
    still waits for a slow judge sees whole days only.

    Args:
        spec: of the trial with the filter.
        book: the simulator's statements.
        judge: reads the statements of the trial; the twin's are read by nobody.
        with_best: whether the optimum lives the same days too. Solving it takes 0.1 s for a new participant.

    Attributes:
        spec: of the trial with the filter.
        records: its decisions so far.
        twin_records: those of the run without the filter, as many days, or fewer if its participant disengaged.
        best_records: those of the optimum on the same seed; empty unless asked for.
    """

    def __init__(
        self, spec: TrialSpec, book: StatementBook, judge: JudgesText | None, *, with_best: bool = False
    ) -> None:
        self.spec = spec
        self.records: list[StepRecord] = []
        self.twin_records: list[StepRecord] = []
        self.best_records: list[StepRecord] = []
        self._said: dict[int, ScriptedDay] = {}
        self._living = threading.Lock()
        self._trial = live_days(spec, book, judge, self._said.get)
        self._twin = live_days(spec.without_filter(), book, None, self._said.get)
        self._best = live_days(spec.under_the_optimum(), book, None, self._said.get) if with_best else None

    @property
    def finished(self) -> bool:
        """Whether the study is over, by its length or by disengagement."""
        return bool(self.records) and (self.records[-1].terminated or self.records[-1].truncated)

    def advance(self, said: ScriptedDay | None = None) -> StepRecord | None:
        """Live one more day.

        Args:
            said: what a person makes the participant say on that day.
        Returns: the day's record; None if the study is over already.
        """
        with self._living:
            if self.finished:
                return None
            if said is not None:
                self._said[len(self.records)] = said
            record = next(self._trial)
            self.records.append(record)
            self._keep_pace()
            return record

    def run(self) -> "Progress":
        """Live all days that are left and return the whole run."""
        while self.advance() is not None:
            pass
        return self.snapshot()

    def snapshot(self) -> "Progress":
        """Return the run so far, once the day that is being lived is over."""
        with self._living:
            return Progress(tuple(self.records), tuple(self.twin_records), self.finished, tuple(self.best_records))

    def _keep_pace(self) -> None:
        """Bring the others to the same day, or to their end once the trial has ended."""
        self._follow(self._twin, self.twin_records)
        if self._best is not None:
            self._follow(self._best, self.best_records)

    def _follow(self, other: Iterator[StepRecord], kept: list[StepRecord]) -> None:
        for record in other:
            kept.append(record)
            if len(kept) >= len(self.records) and not self.finished:
                break
