"""A trial and its counterfactual twin, side by side: the same seed with and without the filter."""

import threading
from typing import NamedTuple

from jitai.corpus import StatementBook
from jitai.experiments.trial import JudgesText, Said, TrialSpec, run_trial
from jitai.records import StepRecord


class Progress(NamedTuple):
    """A run as far as it has come; it does not change while it is drawn.

    Attributes:
        records: days with the filter.
        twin_records: days of the same seed without it.
        finished: whether the run is over.
    """

    records: tuple[StepRecord, ...] = ()
    twin_records: tuple[StepRecord, ...] = ()
    finished: bool = False


class TwinTrial:
    """One trial that is stepped by hand, and the same seed without the filter, which keeps pace.

    A person may speak for the participant before any step. What they set as true holds in both runs; what they say
    changes only the run that has a judge.

    One thread at a time lives a day, and ``snapshot`` waits for it: a page that is redrawn while an earlier redraw
    still waits for a slow judge sees whole days only.

    Attributes:
        spec: of the trial with the filter.
        records: its decisions so far.
        twin_records: those of the run without the filter, as many days, or fewer if its participant disengaged.
    """

    def __init__(self, spec: TrialSpec, book: StatementBook, judge: JudgesText | None) -> None:
        self.spec = spec
        self.records: list[StepRecord] = []
        self.twin_records: list[StepRecord] = []
        self._said: dict[int, Said] = {}
        self._living = threading.Lock()
        self._trial = run_trial(spec, book, judge, self._said.get)
        self._twin = run_trial(spec.without_filter(), book, None, self._said.get)

    @property
    def finished(self) -> bool:
        """Whether the study is over, by its length or by disengagement."""
        return bool(self.records) and (self.records[-1].terminated or self.records[-1].truncated)

    def advance(self, said: Said | None = None) -> StepRecord | None:
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
        """Live all days that are left."""
        while self.advance() is not None:
            pass
        return self.snapshot()

    def snapshot(self) -> "Progress":
        """Where the run stands, once the day that is being lived is over."""
        with self._living:
            return Progress(tuple(self.records), tuple(self.twin_records), self.finished)

    def _keep_pace(self) -> None:
        """Bring the twin to the same day, or to its end once the trial has ended."""
        for record in self._twin:
            self.twin_records.append(record)
            if len(self.twin_records) >= len(self.records) and not self.finished:
                break
