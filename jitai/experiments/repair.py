"""Rebuilding the index of a store from the files of days, which hold everything that decides a cell.

Descriptions lie beside them. Where one is lost too, as in stores of earlier versions, cells
that fit one grid make up an experiment of the name "recovered". What is damaged is set aside and named; nothing is
deleted.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jitai.errors import FileFormatError, JitaiError, ParameterError
from jitai.experiments.cell import CellFigures, CellWork, cell_figures
from jitai.experiments.cell_file import CellFile, read_cell_file, read_steps
from jitai.experiments.index import is_damage, open_index
from jitai.experiments.progress import Phase
from jitai.experiments.spec import Cell, ExperimentSpec, JudgeChoice, Method, simulated
from jitai.experiments.spec_file import read_spec
from jitai.experiments.store import DESCRIPTIONS, FINISHED, INDEX, INTERRUPTED, RUNNING, STEPS, Store
from jitai.files import digest_of_file, set_aside
from jitai.simulator.dynamics import disengages
from jitai.text_format import counted
from jitai.trial.texts import SILENT
from jitai.trial.trial_log import TrialLog

RECOVERED = "recovered"


@dataclass(frozen=True)
class Repair:
    """What a repair has done.

    Attributes:
        experiments: identifiers of those in the new index.
        n_cells: cells whose files were read.
        n_without_place: of them, those that fit no experiment; their files stay where they are.
        set_aside: names of damaged files, as they are called now.
        lost: sentences on what could not be brought back.
    """

    experiments: tuple[str, ...]
    n_cells: int
    n_without_place: int
    set_aside: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a person should know."""
        found = [
            f"{counted(len(self.experiments), 'experiment')} with {counted(self.n_cells, 'cell')} in the new index."
        ]
        if self.set_aside:
            found.append(f"Damaged and set aside: {', '.join(self.set_aside)}.")
        if self.n_without_place:
            found.append(f"{counted(self.n_without_place, 'cell')} fit no experiment; their files stay where they are.")
        return (*found, *self.lost)


class _Found(NamedTuple):
    """A cell's file that could be read."""

    key: str
    file: CellFile
    figures: CellFigures
    totals: Any


def repair(store: Store, report: Callable[[int, int], None] = lambda done, total: None) -> Repair:
    """Make a new index from the files; the old one is set aside.

    Args:
        store: whose experiments must not be running.
        report: told after each file how many are done and how many there are.
    Raises: ParameterError if an experiment is running there, or if there is nothing to repair from.
    """
    paths, descriptions = _files_of_days(store), _descriptions(store)
    if not paths and not descriptions:
        raise ParameterError(f"There are no results in {store.folder}.", "Name the folder that --out named.")
    _refuse_if_running(store)
    aside, lost, found = [], [], []
    for number, path in enumerate(paths, start=1):
        try:
            found.append(_read(path))
        except JitaiError:
            aside.append(set_aside(path).name)
            lost.append(f"The days of cell {path.stem} are lost; run its experiment again to have them anew.")
        report(number, len(paths))
    specs = []
    for path in descriptions:
        try:
            specs.append(_read_description(path))
        except JitaiError:
            aside.append(set_aside(path).name)
    placed = {spec.identifier: _places(spec, found) for spec, _ in specs}
    taken = {key for places in placed.values() for key in places.values()}
    for spec in recovered([item.file for item in found if item.key not in taken]):
        specs.append((spec, 0.0))
        placed[spec.identifier] = _places(spec, found)
        taken |= set(placed[spec.identifier].values())
    aside += _set_index_aside(store)
    for spec, created_at in specs:
        places = placed[spec.identifier]
        n_cells = len(spec.cells())
        status = FINISHED if len(places) == n_cells else INTERRUPTED
        _restore(store, spec, created_at, places, status)
        if len(places) < n_cells:
            lost.append(f"{spec.identifier}: {n_cells - len(places)} of {n_cells} cells are not there; run it again.")
    for item in found:
        _restore_cell(store, item)
    return Repair(
        tuple(spec.identifier for spec, _ in specs),
        len(found),
        sum(item.key not in taken for item in found),
        tuple(aside),
        tuple(dict.fromkeys(lost)),
    )


def needs_repair(store: Store) -> bool:
    """Whether there are results beside an index that is gone, empty or damaged."""
    if not (_files_of_days(store) or _descriptions(store)):
        return False
    path = store.folder / INDEX
    if not path.is_file() or path.stat().st_size == 0:
        return True
    try:
        return not store.experiments() and not store.unreadable()
    except FileFormatError as error:
        return is_damage(error.__cause__)


def _files_of_days(store: Store) -> list[Path]:
    """The files of all cells, the oldest first."""
    return sorted((store.folder / STEPS).glob("*.parquet"), key=lambda path: (path.stat().st_mtime, path.name))


def _descriptions(store: Store) -> list[Path]:
    """The files that describe the experiments, whatever the index says."""
    return sorted((store.folder / DESCRIPTIONS).glob("*.json"))


def _read_description(path: Path) -> tuple[ExperimentSpec, float]:
    """An experiment and the time of its beginning.

    Raises: JitaiError if it is damaged.
    """
    return read_spec(path), path.stat().st_mtime


def _set_index_aside(store: Store) -> list[str]:
    """Give the index, and what SQLite keeps beside it, other names; return these."""
    paths = [store.folder / f"{INDEX}{end}" for end in ("", "-journal", "-wal", "-shm")]
    return [set_aside(path).name for path in paths if path.exists()]


def _restore(store: Store, spec: ExperimentSpec, created_at: float, places: Mapping[int, str], status: str) -> None:
    """Enter an experiment as it was found: the keys of its cells by their position in the grid."""
    store.begin(spec)
    with open_index(store.folder / INDEX) as index:
        index.executemany(
            "insert into places (experiment, position, key) values (?, ?, ?)",
            [(spec.identifier, position, key) for position, key in places.items()],
        )
        index.execute(
            "update experiments set status = ?, n_cells = ?, created_at = ?, phase = ? where id = ?",
            (status, len(spec.cells()), created_at or time.time(), Phase.RUNNING_CELLS, spec.identifier),
        )


def _restore_cell(store: Store, item: _Found) -> None:
    """Enter a cell whose file is whole. The seconds that it took are not known any more."""
    path = store.steps_file(item.key)
    about, figures = path.stat(), json.dumps(item.figures.as_mapping())
    digest = digest_of_file(path)
    values = (item.key, figures, item.totals.astype("<f8").tobytes(), 0.0, about.st_size, digest, about.st_mtime)
    with open_index(store.folder / INDEX) as index:
        index.execute("insert or replace into cells values (?, ?, ?, ?, ?, ?, ?)", values)


def _refuse_if_running(store: Store) -> None:
    """Raises: ParameterError."""
    try:
        running = [item.identifier for item in store.experiments() if item.status == RUNNING]
    except FileFormatError:
        return
    if running:
        raise ParameterError(f"{running[0]} is running: stop it first.")


def _read(path: Path) -> _Found:
    """Raises: JitaiError for whatever is wrong with the file."""
    file = read_cell_file(path)
    try:
        log = _log_of(file.work, read_steps(path))
        return _Found(path.stem, file, cell_figures(file.work.trial, log), log.total_steps)
    except (KeyError, ValueError, TypeError, IndexError, OverflowError, ZeroDivisionError) as error:
        raise FileFormatError(f"The days in {path.name} do not fit its description.") from error


def _log_of(work: CellWork, days: Any) -> TrialLog:
    """The log that a file's rows were made from, as far as figures need it.

    Raises: ValueError, IndexError, KeyError where they do not fit.
    """
    n, n_days = work.n_seeds, work.trial.config.study_length
    rows = days["seed"].to_numpy() - work.first_seed, days["day"].to_numpy() - 1
    if len(days) == 0 or rows[0].min() < 0 or rows[1].min() < 0:
        raise ValueError("no such seed or day")

    def column(name: str, kind: type, nothing: float) -> Any:
        values: Any = np.full((n, n_days), nothing, dtype=kind)
        values[rows] = days[name].to_numpy()
        return values

    lived = np.zeros((n, n_days), dtype=np.bool_)
    lived[rows] = True
    if not lived[:, 0].all() or int(lived.sum()) != len(days):
        raise ValueError("a seed without days, or a day twice")
    risk = column("disengagement_risk", np.float64, 0.0)
    last = lived.sum(axis=1) - 1
    return TrialLog(
        seeds=tuple(range(work.first_seed, work.first_seed + n)),
        lived=lived,
        step_count=column("step_count", np.float64, 0.0),
        candidate_action=column("candidate_action", np.int64, 0),
        executed_action=column("executed_action", np.int64, 0),
        habituation=column("habituation", np.float64, 0.0),
        disengagement_risk=risk,
        true_context=column("true_context", np.int64, 0),
        can_walk=column("can_walk", np.int64, 0),
        context_probability=column("context_probability", np.float64, 0.0),
        wrote=column("wrote", np.bool_, False),
        verdict=column("verdict", np.int64, SILENT),
        was_asked=np.zeros((n, n_days), dtype=np.bool_),
        # An experiment takes no judge that could not answer, so no rule has stood in.
        rule_stood_in=np.zeros((n, n_days), dtype=np.bool_),
        belief=column("belief", np.float64, np.nan),
        disengaged=np.asarray(disengages(work.trial.config, risk[np.arange(n), last])),
    )


def _places(spec: ExperimentSpec, found: list[_Found]) -> dict[int, str]:
    """The cells of an experiment that have a file, by their position in the grid; of several, the newest code's."""
    places = {}
    for position, cell in enumerate(spec.cells()):
        for item in found:
            if _fits(cell, spec, item.file):
                places[position] = item.key
    return places


def _fits(cell: Cell, spec: ExperimentSpec, file: CellFile) -> bool:
    work = file.work
    if (work.first_seed, work.n_seeds) != (spec.first_seed, spec.n_seeds):
        return False
    if (cell.judge.name if cell.judge else "") != file.judge:
        return False
    rates = None if work.readings is None else (work.readings.finds_cannot_walk, work.readings.false_alarms)
    return cell.method.trial(cell.condition.config, rates) == work.trial


def recovered(files: list[CellFile]) -> Iterator[ExperimentSpec]:
    """Descriptions of the grids that files make up whose own descriptions are lost."""
    grids: dict[tuple[Any, ...], list[CellFile]] = {}
    for file in files:
        config = file.work.trial.config.as_mapping()
        fixed = tuple((name, value) for name, value in config.items() if name not in file.scenario)
        grids.setdefault((file.work.first_seed, file.work.n_seeds, tuple(file.scenario), fixed), []).append(file)
    for number, grid in enumerate(grids.values(), start=1):
        axes = {name: tuple(dict.fromkeys(file.scenario[name] for file in grid)) for name in grid[0].scenario}
        try:
            yield ExperimentSpec(
                name=f"{RECOVERED} {number}",
                description="Put together from the files of its cells after the index and the description were lost.",
                participant=grid[0].work.trial.config,
                axes=tuple(axes.items()),
                methods=tuple({file.method: _method_of(file) for file in grid}.values()),
                judges=tuple({file.judge: _judge_of(file) for file in grid if file.work.readings}.values()),
                first_seed=grid[0].work.first_seed,
                n_seeds=grid[0].work.n_seeds,
            )
        except JitaiError:
            continue


def _method_of(file: CellFile) -> Method:
    trial = file.work.trial
    usual = Method(file.method, trial.policy, trial.filter)
    rates = file.work.readings and (file.work.readings.finds_cannot_walk, file.work.readings.false_alarms)
    belief = _different(usual.trial(trial.config, rates or None).belief, trial.belief)
    model = {} if trial.model is None else _different(trial.config, trial.model)
    return replace(usual, belief=belief, model=model)


def _different(usual: Any, given: Any) -> Mapping[str, Any]:
    """The fields in which a settings object differs from another."""
    pairs = ((item.name, getattr(usual, item.name), getattr(given, item.name)) for item in fields(usual))
    return {name: value for name, before, value in pairs if value != before}


def _judge_of(file: CellFile) -> JudgeChoice:
    """Raises: ParameterError if no judge of that name is known here."""
    assert file.work.readings is not None
    if file.judge.startswith("simulated"):
        return simulated(file.work.readings.finds_cannot_walk, file.work.readings.false_alarms)
    key, _, prompt = file.judge.partition(", ")
    return JudgeChoice(key, prompt)
