"""Where results lie: an index in SQLite, and one Parquet file of days for each cell.

A cell's file holds the whole description of the cell, the judge's readings, versions and seeds included, so that it can
be run again from this file alone. Cells are named by what decides their numbers; two experiments share what they have
in common. One process writes, any number may read.
"""

import contextlib
import json
import platform
import sqlite3
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from jitai import __version__
from jitai.errors import FileFormatError, JitaiError, ParameterError
from jitai.experiments.cell import (
    CellFigures,
    CellOutcome,
    CellWork,
    code_fingerprint,
    figures_from_mapping,
    library_versions,
)
from jitai.experiments.cell_file import UNFIT, read_steps, write_steps
from jitai.experiments.description_text import MAX_FILE_BYTES
from jitai.experiments.index import open_index
from jitai.experiments.progress import ExperimentProgress, Phase
from jitai.experiments.spec import Cell, ExperimentSpec
from jitai.experiments.spec_file import spec_as_json, spec_from_mapping
from jitai.files import (
    digest_of_file,
    make_folder,
    open_to_write,
    read_json,
    read_text,
    remove,
    replacing,
    write_atomically,
)
from jitai.trial.log import safe_csv

if TYPE_CHECKING:
    import pandas as pd

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


INDEX, STEPS, DESCRIPTIONS = "index.sqlite", "steps", "descriptions"
"""In the folder of a store; descriptions lie there so that the index can be rebuilt (jitai/experiments/repair.py)."""
RUNNING, FINISHED, STOPPED, FAILED, INTERRUPTED = "running", "finished", "stopped", "failed", "interrupted"
SECONDS_WITHOUT_HEARTBEAT = 30.0
"""An experiment that says it runs, but whose engine has been silent for so long, was killed."""


def versions() -> dict[str, str]:
    """Return the versions of everything that decides results."""
    return {
        "jitai": __version__, "code": code_fingerprint(), "python": platform.python_version(), **library_versions()
    }  # fmt: skip


@dataclass(frozen=True)
class StoredExperiment:
    """An experiment as the index knows it.

    Attributes:
        identifier: its name in the store.
        spec: what it is.
        versions: of everything that made it.
        created_at: seconds since 1970.
        status: running, finished, stopped, failed or interrupted.
        failure: why it failed; else empty.
        n_cells, n_finished, n_failed: cells in all, ready, and impossible to run.
        progress: how far it is, of a running one.
    """

    identifier: str
    spec: ExperimentSpec
    versions: dict[str, str]
    created_at: float
    status: str
    failure: str
    n_cells: int
    n_finished: int
    n_failed: int
    progress: ExperimentProgress


@dataclass(frozen=True, eq=False)
class StoredCell:
    """A finished cell.

    Attributes:
        cell: condition, method and judge.
        key: name of its file.
        figures: what it amounts to.
        totals: steps of each seed, in the order of the seeds, shape (n_seeds,).
        seconds: that it took.
    """

    cell: Cell
    key: str
    figures: CellFigures
    totals: npt.NDArray[np.float64]
    seconds: float


class Store:
    """Results in a folder, which is made when something is stored for the first time.

    Args:
        folder: of the store.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._steps = folder / STEPS
        self._index = folder / INDEX

    # Writing -------------------------------------------------------------------------------------------------------

    def begin(self, spec: ExperimentSpec) -> str:
        """Enter an experiment into the index, or enter it again; return its identifier.

        Raises: FileFormatError if the folder cannot be written.
        """
        make_folder(self._steps)
        make_folder(self.folder / DESCRIPTIONS)
        open_to_write(self._index, "ab").close()  # SQLite would make it for everybody
        now = time.time()
        with self._open() as index:
            index.execute(
                "insert into experiments (id, spec, versions, created_at, status, alive_at) values (?, ?, ?, ?, ?, ?) "
                "on conflict (id) do update set spec = excluded.spec, "
                "status = excluded.status, note = '', phase = '', alive_at = excluded.alive_at, stop_wanted = 0",
                (spec.identifier, json.dumps(spec.as_mapping()), json.dumps(versions()), now, RUNNING, now),
            )
        self._describe(spec)
        return spec.identifier

    def place(self, identifier: str, keys: Sequence[str]) -> list[int]:
        """Enter the cells of an experiment; return the positions of those that are still to be run."""
        with self._open() as index:
            index.execute("delete from places where experiment = ?", (identifier,))
            index.executemany(
                "insert into places (experiment, position, key) values (?, ?, ?)",
                [(identifier, position, key) for position, key in enumerate(keys)],
            )
            index.execute(
                "update experiments set n_cells = ?, versions = ?, phase = ? where id = ?",
                (len(keys), json.dumps(versions()), Phase.RUNNING_CELLS, identifier),
            )
            known = dict(index.execute("select key, digest from cells"))
        return [position for position, key in enumerate(keys) if not self._is_whole(key, known.get(key))]

    def add(self, work: CellWork, cell: Cell, outcome: CellOutcome) -> None:
        """Keep a cell: first its file, whole or not at all, then its row in the index.

        Raises: FileFormatError if the disk does not take it.
        """
        path = self._path(work.key)
        about = {
            "work": work.as_mapping(),
            "versions": versions(),
            "scenario": dict(cell.condition.values),
            "method": cell.method.name,
            "judge": "" if cell.judge is None else cell.judge.name,
        }
        with replacing(path) as partial:
            write_steps(partial, outcome.result, about)
        with self._open() as index:
            index.execute(
                "insert or replace into cells values (?, ?, ?, ?, ?, ?, ?)",
                (
                    work.key,
                    json.dumps(outcome.figures.as_mapping()),
                    outcome.result.total_steps.astype("<f8").tobytes(),
                    outcome.seconds,
                    path.stat().st_size,
                    digest_of_file(path),
                    time.time(),
                ),
            )

    def fail(self, identifier: str, position: int, why: str) -> None:
        """Enter that a cell cannot be run; the others are not affected."""
        with self._open() as index:
            index.execute(
                "update places set failure = ? where experiment = ? and position = ?", (why, identifier, position)
            )

    def report(self, identifier: str, progress: ExperimentProgress) -> bool:
        """Enter the progress, which is a heartbeat too; return whether somebody wants the experiment to stop."""
        with self._open() as index:
            index.execute(
                "update experiments set phase = ?, judge = ?, n_done = ?, n_total = ?, seconds_left = ?, alive_at = ? "
                "where id = ?",
                (*astuple(progress), time.time(), identifier),
            )
            row = index.execute("select stop_wanted from experiments where id = ?", (identifier,)).fetchone()
        return row is None or bool(row[0])

    def heartbeat(self, identifier: str) -> None:
        """Enter that the engine is alive when there is nothing new to report."""
        with self._open() as index:
            index.execute(
                "update experiments set alive_at = ? where id = ? and status = ?", (time.time(), identifier, RUNNING)
            )

    def end(self, identifier: str, status: str, failure: str = "") -> None:
        """End a run. Cells that a finished experiment has replaced are removed from the index."""
        with self._open() as index:
            index.execute("update experiments set status = ?, note = ? where id = ?", (status, failure, identifier))
        if status == FINISHED:
            self._forget_cells_of_nobody()

    @contextlib.contextmanager
    def alone(self, identifier: str) -> Iterator[None]:
        """Keep other processes of this machine off the experiment while inside; a killed process frees its lock.

        Raises: ParameterError if another does, FileFormatError if the folder cannot be written.
        """
        with open_to_write(self.folder / "locks" / identifier) as lock:
            # Where the system has no such locks (Windows), two may collide; what is finished is safe all the same.
            if fcntl is not None:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError as error:
                    raise ParameterError(
                        "Another process is running this experiment already.", "Wait for it, or stop it first."
                    ) from error
            for partial in self._steps.glob("*.partial"):
                # Left behind by a process that was killed, unless it is being written right now.
                if time.time() - partial.stat().st_mtime > SECONDS_WITHOUT_HEARTBEAT:
                    remove(partial)
            yield

    def ask_to_stop(self, identifier: str) -> None:
        """Ask the process that runs an experiment to end after the cells at work; finished cells stay."""
        with self._open() as index:
            index.execute("update experiments set stop_wanted = 1 where id = ?", (identifier,))

    def delete(self, identifier: str) -> None:
        """Remove an experiment, and the cells that no other experiment has.

        Raises: ParameterError if there is none of that name, or if it is running.
        """
        if self.experiment(identifier).status == RUNNING:
            raise ParameterError("This experiment is running: stop it first.")
        # A process that gives no sign of life (the machine slept) may be at work all the same.
        with self.alone(identifier), self._open() as index:
            index.execute("delete from experiments where id = ?", (identifier,))
            index.execute("delete from places where experiment = ?", (identifier,))
        remove(self._description(identifier))
        self._forget_cells_of_nobody()

    # Reading -------------------------------------------------------------------------------------------------------

    def experiments(self) -> list[StoredExperiment]:
        """Return all experiments that can be read, the newest first.

        Raises: FileFormatError if the index is damaged.
        """
        found = (_experiment_or_problem(row) for row in self._rows())
        return [item for item in found if isinstance(item, StoredExperiment)]

    def unreadable(self) -> list[str]:
        """Return one sentence for each experiment whose description this version cannot read."""
        found = (_experiment_or_problem(row) for row in self._rows())
        return [item for item in found if isinstance(item, str)]

    def experiment(self, identifier: str) -> StoredExperiment:
        """Return one experiment.

        Raises: ParameterError if there is none of that name, FileFormatError if it cannot be read.
        """
        for row in self._rows("where e.id = ?", identifier):
            item = _experiment_or_problem(row)
            if isinstance(item, str):
                raise FileFormatError(item)
            return item
        raise ParameterError(f"There is no experiment {identifier[:80]!r} in {self.folder}.")

    def _rows(self, where: str = "", *values: str) -> list[tuple[Any, ...]]:
        """Return rows of the index with what ``_experiment_or_problem`` needs."""
        if not self._index.is_file():
            return []
        with self._open() as index:
            return index.execute(
                "select e.id, e.spec, e.versions, e.created_at, e.status, e.note, e.n_cells, count(c.key), "  # noqa: S608
                "coalesce(sum(p.failure <> ''), 0), e.alive_at, e.phase, e.judge, e.n_done, e.n_total, e.seconds_left "
                "from experiments e "
                f"left join places p on p.experiment = e.id left join cells c on c.key = p.key {where} "
                "group by e.id order by e.created_at desc",
                values,
            ).fetchall()

    def cells(self, identifier: str) -> list[StoredCell]:
        """Return the finished cells of an experiment, in the order of its grid.

        Raises: ParameterError if there is no such experiment.
        """
        grid = self.experiment(identifier).spec.cells()
        with self._open() as index:
            rows = index.execute(
                "select p.position, p.key, c.figures, c.totals, c.seconds from places p join cells c on c.key = p.key "
                "where p.experiment = ? order by p.position",
                (identifier,),
            ).fetchall()
        try:
            return [
                StoredCell(
                    grid[position],
                    key,
                    figures_from_mapping(read_json(figures, only_finite=False)),
                    np.frombuffer(totals, "<f8"),
                    seconds,
                )
                for position, key, figures, totals, seconds in rows
            ]
        except UNFIT as error:
            raise FileFormatError(
                f"The cells of {identifier} were kept by another version and cannot be read.", "Run it again."
            ) from error

    def failures(self, identifier: str) -> list[tuple[Cell, str]]:
        """Return the cells that could not be run, and why."""
        grid = self.experiment(identifier).spec.cells()
        with self._open() as index:
            rows = index.execute(
                "select position, failure from places where experiment = ? and failure <> '' order by position",
                (identifier,),
            ).fetchall()
        return [(grid[position], why) for position, why in rows]

    def sizes(self) -> dict[str, int]:
        """Return the bytes of the days of each experiment; what two have in common counts for both."""
        if not self._index.is_file():
            return {}
        with self._open() as index:
            return dict(
                index.execute(
                    "select p.experiment, sum(c.n_bytes) from places p join cells c on c.key = p.key group by 1"
                )
            )

    def steps(self, key: str, columns: Sequence[str] | None = None) -> "pd.DataFrame":
        """Return every day of every seed of a cell, one row each.

        Raises: FileFormatError if the file is missing or damaged.
        """
        return read_steps(self._path(key), columns)

    def steps_file(self, key: str) -> Path:
        """Return the path of the file with a cell's days."""
        return self._path(key)

    def export(self, identifier: str, target: BinaryIO) -> None:
        """Write everything of an experiment as a zip file: description, figures as CSV, and the days of all cells."""
        experiment = self.experiment(identifier)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            about = {"experiment": experiment.spec.as_mapping(), "versions": experiment.versions}
            archive.writestr("experiment.json", json.dumps(about, indent=2, ensure_ascii=False))
            cells = self.cells(identifier)
            archive.writestr("figures.csv", safe_csv(figures_table(cells)), zipfile.ZIP_DEFLATED)
            for cell in cells:
                if self._path(cell.key).is_file():
                    archive.write(self._path(cell.key), f"steps/{cell.key}.parquet")

    # Inside --------------------------------------------------------------------------------------------------------

    def _describe(self, spec: ExperimentSpec) -> None:
        """Write the description beside the index, unless it is there; the time of the file is that of the beginning."""
        path, text = self._description(spec.identifier), spec_as_json(spec)
        with contextlib.suppress(FileFormatError):
            if read_text(path, MAX_FILE_BYTES) == text:
                return
        write_atomically(path, text)

    def _description(self, identifier: str) -> Path:
        return self.folder / DESCRIPTIONS / f"{identifier}.json"

    def _path(self, key: str) -> Path:
        return self._steps / f"{key}.parquet"

    def _is_whole(self, key: str, digest: str | None) -> bool:
        path = self._path(key)
        return digest is not None and path.is_file() and digest_of_file(path) == digest

    def _forget_cells_of_nobody(self) -> None:
        with self._open() as index:
            orphans = [
                row[0] for row in index.execute("select key from cells where key not in (select key from places)")
            ]
            index.executemany("delete from cells where key = ?", [(key,) for key in orphans])
        for key in orphans:
            remove(self._path(key))

    def _open(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        return open_index(self._index)


def _experiment_or_problem(row: tuple[Any, ...]) -> StoredExperiment | str:
    """Return an experiment from its row in the index, or why it cannot be read."""
    identifier, described, made_with, created_at, status, note, n_cells, n_finished, n_failed, alive_at, *told = row
    try:
        spec, made_with, progress = _spec_of(described), _mapping(made_with), _progress_of(*told)
        if progress.phase is Phase.RUNNING_CELLS:
            progress = replace(progress, n_done=n_finished + n_failed, n_total=n_cells)
        if status == RUNNING and time.time() - alive_at > SECONDS_WITHOUT_HEARTBEAT:
            status = INTERRUPTED
        return StoredExperiment(
            str(identifier), spec, made_with, float(created_at), str(status), str(note) if status == FAILED else "",
            int(n_cells), int(n_finished), int(n_failed), progress,
        )  # fmt: skip
    except UNFIT as error:
        why = str(error) if isinstance(error, JitaiError) else "a part of it is damaged."
        return f"The experiment {str(identifier)[:80]} was described by another version and cannot be shown: {why}"


def _progress_of(phase: str, judge: str, n_done: int, n_total: int, seconds_left: float | None) -> ExperimentProgress:
    """Return the progress in the index; "preparing" for an experiment that an earlier version has run."""
    return ExperimentProgress(Phase(phase or Phase.PREPARING), judge, n_done, n_total, seconds_left)


@lru_cache(maxsize=256)
def _spec_of(described: str) -> ExperimentSpec:
    """Return the description from the index, cached: pages ask every second, and a description never changes."""
    return spec_from_mapping(_mapping(described))


def _mapping(text: str) -> dict[str, Any]:
    """Return the names and values in a column of the index.

    Raises: FileFormatError.
    """
    content = read_json(text, "The index", MAX_FILE_BYTES)
    if not isinstance(content, dict):
        raise FileFormatError("The index holds something else in the place of names and values.")
    return content


def figures_table(cells: Sequence[StoredCell]) -> "pd.DataFrame":
    """Return a table with one row for each cell: its condition, method, judge and figures."""
    import pandas as pd  # 0.4 s to import: not before a table is made

    rows = []
    for item in cells:
        figures = item.figures.as_mapping()
        shares = figures.pop("action_shares")
        rows.append(
            {
                **dict(item.cell.condition.values),
                "method": item.cell.method.name,
                "judge": "" if item.cell.judge is None else item.cell.judge.name,
                **figures,
                "share_of_optimum": item.figures.share_of_optimum,
                "share_of_possible": item.figures.share_of_possible.value,
                **{f"share_action_{action}": share for action, share in enumerate(shares)},
            }
        )
    return pd.DataFrame(rows)
