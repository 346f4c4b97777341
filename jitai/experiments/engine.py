"""Running a grid on several cores or on a cluster; it may be killed at any moment and resumed."""

import contextlib
import pickle
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

from jitai.background import BackgroundCall
from jitai.corpus import CALIBRATION, TEST, StatementBook, load_part, load_stories
from jitai.errors import JitaiError
from jitai.experiments.cell import CellOutcome, CellWork, code_behind, modules_outside, run_cell, run_pickled_cell
from jitai.experiments.judgements import (
    JudgeResponses,
    read_statements,
    simulated_responses,
)
from jitai.experiments.progress import ExperimentProgress, Phase
from jitai.experiments.spec import Cell, ExperimentSpec, JudgeChoice
from jitai.experiments.store import FAILED, FINISHED, SECONDS_WITHOUT_HEARTBEAT, STOPPED, Store
from jitai.paths import program
from jitai.records import JudgesText, Statement
from jitai.simulator.config import STORY
from jitai.text_format import counted

OpenJudge = Callable[[JudgeChoice], tuple[JudgesText, str]]
"""Makes a judge of an experiment ready, and says in one line which one it is. Raises JitaiError if it cannot."""
_CANCELLED = (CancelledError, ConnectionError, TimeoutError)
OUT_OF_MEMORY = "There is not enough memory for so many seeds and days: use fewer."
SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_BETWEEN_REPORTS = 1.0
_SECONDS_BETWEEN_HEARTBEATS = SECONDS_WITHOUT_HEARTBEAT / 6


class Stopped(Exception):
    """Raised when somebody wants the experiment to stop."""


Report = Callable[[ExperimentProgress], None]


def run_experiment(
    spec: ExperimentSpec,
    store: Store,
    executor: Executor,
    open_judge: OpenJudge,
    report: Report = lambda progress: None,
    n_at_once: int = 4,
) -> str:
    """Run the cells of an experiment that are not stored yet, and keep each as soon as it is ready.

    The numbers depend on nothing but the description: not on the workers, nor on the order in which they finish.

    Args:
        spec: the grid.
        store: takes the cells.
        executor: runs them.
        open_judge: makes judges ready.
        report: told now and then how far it is.
        n_at_once: cells given to the workers at a time; a few more than there are workers.
    Returns: the experiment's identifier; its status in the store says how it ended.
    Raises: JitaiError if a judge cannot be made ready or a cell not be kept; the store then says so too.
    """
    with store.alone(spec.identifier), _heartbeat(store, spec.identifier):
        return _run_alone(spec, store, executor, open_judge, report, n_at_once)


@contextlib.contextmanager
def _heartbeat(store: Store, identifier: str) -> Iterator[None]:
    """Send heartbeats while inside: a judge may take minutes to load or to answer once."""

    def beat() -> None:
        # A disk that is full or an index that is damaged stops the work itself, which says so.
        with contextlib.suppress(JitaiError):
            store.heartbeat(identifier)

    heart = BackgroundCall("heartbeat", beat, _SECONDS_BETWEEN_HEARTBEATS, again=True)
    heart.start()
    try:
        yield
    finally:
        heart.stop()
        heart.wait()


def _run_alone(
    spec: ExperimentSpec, store: Store, executor: Executor, open_judge: OpenJudge, report: Report, n_at_once: int
) -> str:
    identifier = store.begin(spec)
    reporter = _ProgressReporter(store, identifier, report)
    try:
        readings = {judge.name: _read(judge, spec, open_judge, reporter) for judge in spec.judges_needed()}
        grid = spec.cells()
        works = [_work(spec, cell, readings) for cell in grid]
        keys = []
        for work in works:
            keys.append(work.key)
            reporter.heartbeat()
        to_do = store.place(identifier, keys)
        reporter.begin_cells(len(grid) - len(to_do), len(grid))
        _run_cells(identifier, to_do, works, grid, store, executor, reporter, n_at_once)
    except Stopped:
        store.end(identifier, STOPPED)
    except BrokenProcessPool as error:
        died = JitaiError(
            "A worker process ended in the midst of a cell, perhaps for want of memory.",
            "What is finished is kept: run the same command again, with fewer workers or seeds.",
        )
        store.end(identifier, FAILED, died.in_full)
        raise died from error
    except JitaiError as error:
        store.end(identifier, FAILED, error.in_full)
        raise
    except KeyboardInterrupt:
        store.end(identifier, STOPPED)
        raise
    except Exception as error:
        if (lost := _lost_on_the_cluster(error, executor)) is not None:
            store.end(identifier, FAILED, lost.in_full)
            raise lost from error
        # A bug: it stays visible as one, and the index does not say that the experiment goes on.
        store.end(identifier, FAILED, f"An error of the program: {type(error).__name__}.")
        raise
    else:
        store.end(identifier, FINISHED)
    return identifier


def _work(spec: ExperimentSpec, cell: Cell, readings: Mapping[str, JudgeResponses]) -> CellWork:
    read = None if cell.judge is None else readings[cell.judge.name]
    rates = None if read is None else (read.finds_cannot_walk, read.false_alarms)
    return CellWork(cell.method.trial(cell.condition.config, rates), spec.first_seed, spec.n_seeds, read)


def _read(
    judge: JudgeChoice, spec: ExperimentSpec, open_judge: OpenJudge, reporter: "_ProgressReporter"
) -> JudgeResponses:
    """Have a judge read all statements, once."""
    if judge.error_rates is not None:
        return simulated_responses(*judge.error_rates)
    tells = any(item.config.spell_statements == STORY for item in spec.conditions())
    book = StatementBook(load_part(TEST), spec.kinds, load_stories(TEST) if tells else ())
    reporter.report(ExperimentProgress(Phase.OPENING_JUDGE, judge.name))
    opened, name = open_judge(judge)
    readings = read_statements(opened, name, book, _others(spec), reporter.judging(judge.name))
    if readings.n_failed:
        # Its silence would be kept as a result, and take the place of good ones.
        raise JitaiError(
            f"{judge.name} could not judge {counted(readings.n_failed, 'statement')}, so nothing was run with it.",
            "Run again when it answers: what it has judged is remembered.",
        )
    return readings


def _others(spec: ExperimentSpec) -> list[Statement]:
    """Return the statements on which a judge's error rates are measured; it was calibrated, not trained, on them."""
    return [item for item in load_part(CALIBRATION) if item.kind in spec.kinds]


def _run_cells(
    identifier: str,
    to_do: list[int],
    works: list[CellWork],
    grid: tuple[Cell, ...],
    store: Store,
    executor: Executor,
    reporter: "_ProgressReporter",
    n_at_once: int,
) -> None:
    """Give cells to the workers, a few at a time, and keep what they give back.

    Raises: Stopped if somebody wants it to stop; what is at work by then is still kept.
    """
    waiting = list(reversed(to_do))
    at_work: dict[Future[CellOutcome], int] = {}
    stopping = False
    while at_work or (waiting and not stopping):
        while waiting and len(at_work) < n_at_once and not stopping:
            position = waiting.pop()
            at_work[_submit(executor, works[position])] = position
        ready, _ = wait(at_work, timeout=SECONDS_BETWEEN_LOOKS, return_when=FIRST_COMPLETED)
        for future in ready:
            position = at_work.pop(future)
            try:
                outcome = future.result()
            except BrokenProcessPool:
                raise
            except (JitaiError, MemoryError) as error:
                why = error.in_full if isinstance(error, JitaiError) else OUT_OF_MEMORY
                store.fail(identifier, position, why)
                reporter.cell_done()
                continue
            if outcome.code != code_behind(works[position].trial):
                raise JitaiError(
                    "A worker runs another version of this project, of numpy or scipy, or of a policy's own module, so "
                    "its numbers are not taken.",
                    "Install the same versions on every machine of the cluster.",
                )
            store.add(works[position], grid[position], outcome)
            reporter.cell_done()
        try:
            reporter.heartbeat()
        except Stopped:
            stopping = True
    if stopping and waiting:
        raise Stopped


def _lost_on_the_cluster(error: Exception, executor: Executor) -> JitaiError | None:
    """What is said where Dask, and not the cell, has failed; None for everything else."""
    kind, words = type(error), str(error)
    if not type(executor).__module__.startswith("distributed"):
        return None
    if isinstance(error, ImportError) or "deserializ" in words:
        return JitaiError(
            "The cluster lacks this project, or has another version of Python or of a library: what it is sent cannot "
            "be read there.",
            f"Start scheduler and workers with `{program()} cluster` on machines with the same version. What is "
            "finished is kept: run the same command again.",
        )
    if kind.__module__.startswith(("distributed", "dask")) or isinstance(error, _CANCELLED):
        return JitaiError(
            f"The cluster has lost its workers or its scheduler ({kind.__name__}).",
            "What is finished is kept: run the same command again when the cluster is there.",
        )
    return None


def _submit(executor: Executor, work: CellWork) -> Future[CellOutcome]:
    """Give a cell to the workers, which import the modules outside the project that it needs before they read it."""
    modules = modules_outside(work.trial.policy, work.trial.filter)
    if not modules:
        return executor.submit(run_cell, work)
    return executor.submit(run_pickled_cell, modules, pickle.dumps(work))


class _ProgressReporter:
    """Reports progress to the store and the caller, not more often than they need it."""

    def __init__(self, store: Store, identifier: str, report: Report) -> None:
        self._store, self._identifier, self._report = store, identifier, report
        self._progress = ExperimentProgress()
        self._n_before = 0
        self._phase_began = time.monotonic()
        self._reported = float("-inf")

    def report(self, progress: ExperimentProgress) -> None:
        """Report that a new phase begins.

        Raises: Stopped if somebody wants it to stop.
        """
        self._progress, self._n_before = progress, progress.n_done
        self._phase_began, self._reported = time.monotonic(), float("-inf")
        self.heartbeat()

    def judging(self, judge: str) -> Callable[[int, int], None]:
        """Return a counter of the statements that a judge has read."""
        self._phase_began, self._n_before = time.monotonic(), 0

        def count(done: int, total: int) -> None:
            self._progress = ExperimentProgress(Phase.JUDGING, judge, done, total)
            self.heartbeat()

        return count

    def begin_cells(self, n_before: int, n_cells: int) -> None:
        """Report that cells are about to be run, of which some are stored already."""
        self.report(ExperimentProgress(Phase.RUNNING_CELLS, "", n_before, n_cells))

    def cell_done(self) -> None:
        """Report that one more cell is ready, or cannot be run."""
        self._progress = replace(self._progress, n_done=self._progress.n_done + 1)

    def heartbeat(self) -> None:
        """Report if the last report was a while ago, or if all is done.

        Raises: Stopped if somebody wants it to stop.
        """
        now, progress = time.monotonic(), self._progress
        is_complete = progress.phase is Phase.RUNNING_CELLS and progress.n_done == progress.n_total
        if now - self._reported < _SECONDS_BETWEEN_REPORTS and not is_complete:
            return
        self._reported = now
        n_new = progress.n_done - self._n_before
        left = (now - self._phase_began) / n_new * (progress.n_total - progress.n_done) if n_new else None
        progress = replace(progress, seconds_left=left)
        self._report(progress)
        if self._store.report(self._identifier, progress):
            raise Stopped
