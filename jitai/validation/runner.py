"""Having judges read a corpus, one statement after the other, in the background if wanted.

A run can be watched and stopped at any time; what has been judged by then is kept.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from jitai.background import BackgroundJob
from jitai.errors import JitaiError, ParameterError
from jitai.records import JudgesText, Label, Statement, Verdict
from jitai.text_format import counted, duration

_PACE_ROWS = 40
"""Verdicts by which the pace of a judge is told."""


@dataclass(frozen=True)
class Candidate:
    """A judge to be validated: a model with a prompt, or a baseline.

    Attributes:
        name: shown to people, unique in a run.
        open: makes the judge ready; called in the run's own thread, because loading a model takes its time. What it
            raises as a JitaiError is shown, and the run continues with the next candidate.
    """

    name: str
    open: Callable[[], JudgesText]


@dataclass(frozen=True)
class JudgedRow:
    """One statement and one judge's verdict on it.

    Attributes:
        candidate: name of the judge.
        statement: with its label.
        verdict: the judge's.
    """

    candidate: str
    statement: Statement
    verdict: Verdict

    @property
    def failed(self) -> bool:
        """Whether the judge could not answer; such a row is neither right nor wrong, and no veto."""
        return self.verdict.is_fallback

    @property
    def is_counted(self) -> bool:
        """Whether the row enters the figures: the judge answered, and with a probability."""
        return not self.failed and self.verdict.p_send is not None

    @property
    def p_send(self) -> float:
        """The verdict's P(send) in [0, 1]; NaN if there is none."""
        return float("nan") if self.verdict.p_send is None else self.verdict.p_send

    @property
    def cannot_walk(self) -> bool:
        """Whether the label says that the writer cannot walk."""
        return self.statement.label == Label.CANNOT_WALK

    @property
    def is_right(self) -> bool:
        """Whether P(send) lies on the label's side of 0.5; False where there is none."""
        return self.is_counted and (self.p_send <= 0.5) == self.cannot_walk


@dataclass(frozen=True)
class Validation:
    """The results of a run so far.

    Attributes:
        candidates: names of the judges, in order.
        statements: what each was to judge.
        rows: the verdicts so far, judge by judge.
        failures: why a judge could not be made ready, by name.
        seconds_left: of the judge at work, at the pace of its latest verdicts; None before there is anything to go by,
            0 when finished.
        n_after: judges that come after it, whose pace nobody knows yet.
        at_work: what is being done, in words; empty when finished.
        finished: whether nothing more will come.
        stopped: whether it ended early.
        failure: why it broke off, as a sentence, where nobody stopped it; else empty.
    """

    candidates: tuple[str, ...]
    statements: tuple[Statement, ...]
    rows: tuple[JudgedRow, ...] = ()
    failures: dict[str, str] = field(default_factory=dict)
    seconds_left: float | None = None
    n_after: int = 0
    at_work: str = ""
    finished: bool = False
    stopped: bool = False
    failure: str = ""

    @property
    def time_left_in_words(self) -> str:
        """Return how long the judge at work still needs, and how many come after it; empty if nobody can tell."""
        after = f", then {counted(self.n_after, 'more judge')}" if self.n_after else ""
        if self.seconds_left is None:
            return after
        return f", about {duration(self.seconds_left)} left{' for it' if after else ''}{after}"

    @property
    def n_total(self) -> int:
        """Number of verdicts of a complete run, without the judges that could not be made ready."""
        return (len(self.candidates) - len(self.failures)) * len(self.statements)

    def rows_of(self, candidate: str) -> list[JudgedRow]:
        """Return the rows of one judge, in the order of the statements."""
        return [row for row in self.rows if row.candidate == candidate]


def judge_corpus(candidate: str, judge: JudgesText, statements: Sequence[Statement]) -> Iterator[JudgedRow]:
    """Judge statement after statement, as the caller asks for them.

    Args:
        candidate: name of the judge.
        judge: the judge; statements that it has met before come from its own cache.
        statements: with labels.
    """
    for statement in statements:
        yield JudgedRow(candidate, statement, judge.judge(statement.text))


class ValidationRun(BackgroundJob[Validation]):
    """Judges a corpus with several judges. If it is stopped, it ends after the statement that is being judged.

    Args:
        candidates: at least one, with different names.
        statements: at least one.
    Attributes:
        opened: the judges that have been made ready, by name.
    Raises: ParameterError otherwise.
    """

    def __init__(self, candidates: Sequence[Candidate], statements: Sequence[Statement]) -> None:
        super().__init__("validation", "The validation")
        names = [candidate.name for candidate in candidates]
        if not names or len(set(names)) < len(names):
            raise ParameterError("A validation needs at least one judge, and no judge twice.")
        if not statements:
            raise ParameterError("A validation needs at least one statement: choose more sources or kinds.")
        self.opened: dict[str, JudgesText] = {}
        self._candidates = tuple(candidates)
        self._statements = tuple(statements)
        self._rows: list[JudgedRow] = []
        self._failures: dict[str, str] = {}
        self._at_work = "getting ready"
        self._ticks: deque[float] = deque(maxlen=_PACE_ROWS)
        self._n_left = 0
        self._n_after = 0

    def _snapshot(self, finished: bool) -> Validation:
        n_left = (len(self._candidates) - len(self._failures)) * len(self._statements) - len(self._rows)
        # Remembered replies come at once and others do not: only the latest verdicts tell the pace.
        known = len(self._ticks) > 1
        pace = (self._ticks[-1] - self._ticks[0]) / (len(self._ticks) - 1) if known else None
        return Validation(
            tuple(candidate.name for candidate in self._candidates),
            self._statements,
            tuple(self._rows),
            dict(self._failures),
            seconds_left=0.0 if finished else None if pace is None else pace * self._n_left,
            n_after=0 if finished else self._n_after,
            at_work="" if finished else self._at_work,
            finished=finished,
            stopped=finished and n_left > 0,
            failure=self._failure,
        )

    def _run(self) -> None:
        for number, candidate in enumerate(self._candidates, start=1):
            if self.stopping:
                return
            with self._lock:
                self._n_after = len(self._candidates) - number
            self._ask(candidate)

    def _ask(self, candidate: Candidate) -> None:
        """Have one judge read all statements, until somebody stops it."""
        with self._lock:
            self._at_work, self._n_left = f"getting {candidate.name} ready", len(self._statements)
            self._ticks.clear()
        try:
            judge = candidate.open()
        except JitaiError as error:
            with self._lock:
                self._failures[candidate.name] = error.in_full
            return
        with self._lock:
            self.opened[candidate.name] = judge
            self._at_work = f"asking {candidate.name}"
            self._ticks.append(time.perf_counter())
        for row in judge_corpus(candidate.name, judge, self._statements):
            with self._lock:
                self._rows.append(row)
                self._ticks.append(time.perf_counter())
                self._n_left -= 1
            if self.stopping:
                return
