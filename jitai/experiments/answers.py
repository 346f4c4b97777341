"""The answers with which pages open: stored experiments that come with the lab, small, dated, and of which it is known.

They are made by the command ``ship-answers`` from real runs. What they hold is exact except for the steps of single
seeds, which are kept to a tenth of a step; every mean and interval is computed from those again.
"""

import base64
import gzip
import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from jitai.arrays import Floats
from jitai.errors import FileFormatError, ParameterError
from jitai.experiments.cell import CellWork, figures_from_mapping
from jitai.experiments.comparison import DayFigures, EstimateByDay
from jitai.experiments.judgements import simulated_responses
from jitai.experiments.methods import COIN_TS, LLM_TS, PLANNER, RULE, TS, offered_methods
from jitai.experiments.progress import ExperimentProgress
from jitai.experiments.spec import Cell, Condition, ExperimentSpec, JudgeChoice
from jitai.experiments.store import FINISHED, StoredCell, StoredExperiment
from jitai.experiments.sweep import judge_of_error
from jitai.files import decompressed, read_bytes, read_json
from jitai.parameters import build, suggestion
from jitai.paths import resource
from jitai.seeding import FIRST_TRAINING_SEED
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.statistics import Estimate

FOLDER = resource("assets", "answers")
FORMAT = 1
MAX_BYTES = 1_000_000
"""Most that all files have together."""
_MAX_UNPACKED = 20_000_000
_HINT = "Take the file that came with the lab, or write it anew with the command ship-answers."
COMPARE, SWEEP = "compare", "sweep"
MAIN_METHODS = (TS, COIN_TS, LLM_TS, RULE, PLANNER)
"""Methods that a page draws large; of them the days are kept too."""
CHECKPOINTS = (10, 20, 30, 40)
"""Days of the study up to which the steps of each seed are kept, for studies that end sooner."""
_COMPARED = (
    TS, LLM_TS, COIN_TS, "LLM+TS, memory", "LLM+TS, belief", RULE, "Coin+tailored", "LLM+random", "PPO on belief",
    "DQN on belief", "LLM+PPO, no belief", PLANNER, "Planner, no text", "Tailored", "Generic", "Random",
    "LLM+TS, sampled veto", "LLM+TS, next best",
)  # fmt: skip
"""The methods that Compare opens with: all that come with the lab, but for never a message and the best possible, which
are lines there. Named one by one, so that a method from outside the project changes nothing."""
_TENTHS = 10
_COMPARED_SEEDS, _SWEPT_SEEDS = 1_000, 400


def answer_specs() -> dict[str, ExperimentSpec]:
    """Return what is run for the pages, by page: the defaults that they open with."""
    usual = PRESETS[DEFAULT_PRESET]
    by_name = {name: method for name, (method, _) in offered_methods().items()}
    compared = ExperimentSpec(
        name="Compare: the eight published settings",
        description="All methods in the eight settings of Karine and Marlin 2025 (arXiv:2501.06980), our convention.",
        methods=tuple(by_name[name] for name in _COMPARED),
        participant=usual,
        axes=(
            ("disengagement_increment", (0.05, 0.4)),
            ("can_walk_persistence", (0.7, 0.95)),
            ("cannot_walk_persistence", (0.1, 0.5)),
        ),
        judges=(JudgeChoice("embedded-tuned"),),
        n_seeds=_COMPARED_SEEDS,
        baseline=TS,
    )
    swept = ExperimentSpec(
        name="Sweep: judge error and cost of a message to somebody unable",
        description="Messages wear off by 1 % each, so that there is a line at which listening stops to pay.",
        methods=(by_name[LLM_TS], by_name[TS], by_name[COIN_TS]),
        participant=build(SimulatorConfig, {**usual.as_mapping(), "habituation_increment": 0.01}),
        axes=(("cannot_walk_disengagement", (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)),),
        judges=tuple(judge_of_error(error) for error in (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)),
        n_seeds=_SWEPT_SEEDS,
        baseline=TS,
    )
    assert compared.seeds[-1] < FIRST_TRAINING_SEED
    return {COMPARE: compared, SWEEP: swept}


@dataclass(frozen=True, eq=False)
class ShippedCell:
    """A cell as it is shipped.

    Attributes:
        stored: the cell; steps of single seeds are kept to a tenth.
        days: what its days amount to; None where they are not kept.
        so_far: steps of each seed up to each of CHECKPOINTS, shape (n_seeds, 4); None where they are not kept.
    """

    stored: StoredCell
    days: DayFigures | None = None
    so_far: Floats | None = None


@dataclass(frozen=True, eq=False)
class ShippedAnswer:
    """An experiment that comes with the lab.

    Attributes:
        experiment: as the store would describe it.
        cells: all of them, in the order of the grid.
        made_on: day on which it was run, such as "30 November 2026".
        judges: what each judge was, by its name, with the digest of all it said.
        golden: digest of the recorded golden numbers at that time.
    """

    experiment: StoredExperiment
    cells: tuple[ShippedCell, ...]
    made_on: str
    judges: Mapping[str, str]
    golden: str

    @property
    def stored(self) -> list[StoredCell]:
        """The cells as the store would return them."""
        return [item.stored for item in self.cells]

    def days_of(self, key: str) -> DayFigures | None:
        """Return what the days of a cell amount to; None where they are not kept."""
        return next((item.days for item in self.cells if item.stored.key == key), None)

    def steps(self, condition: Condition, method: str, days: int) -> Floats:
        """Return the steps of each seed in a study of so many days; a shorter one is the beginning of the whole.

        Args:
            condition: of the experiment.
            method: name of one.
            days: the whole study, or one of CHECKPOINTS where these are kept.
        Returns: shape (n_seeds,).
        Raises: ParameterError for a method or days that are not there.
        """
        found = [item for item in self.cells if item.stored.cell.method.name == method]
        if not found:
            raise ParameterError(f"There is no method {method[:60]!r}{suggestion(method, self._names)}")
        item = next(item for item in found if item.stored.cell.condition == condition)
        if days == condition.config.study_length:
            return item.stored.totals
        kept = CHECKPOINTS if item.so_far is not None else ()
        if item.so_far is None or days not in kept:
            allowed = ", ".join(str(day) for day in (*kept, condition.config.study_length))
            raise ParameterError(f"Studies of {days} days are not kept for {method}: allowed are {allowed}.")
        so_far: Floats = item.so_far[:, kept.index(days)]
        return so_far

    @property
    def _names(self) -> tuple[str, ...]:
        return self.experiment.spec.method_names


@cache
def shipped_answer(page: str) -> ShippedAnswer | None:
    """Return what a page opens with; None if there is nothing, or nothing of today's experiment. Never raises."""
    try:
        return read_answer(FOLDER / f"{page}.json.gz", answer_specs()[page])
    except (FileFormatError, ParameterError):
        return None


def answer_content(answer: ShippedAnswer) -> bytes:
    """Return the content of a file; equal answers give equal bytes."""
    experiment = answer.experiment
    content = {
        "format": FORMAT,
        "identifier": experiment.identifier,
        "versions": experiment.versions,
        "created_at": round(experiment.created_at),
        "made_on": answer.made_on,
        "judges": dict(answer.judges),
        "golden": answer.golden,
        "cells": [_cell_content(item) for item in answer.cells],
    }
    return gzip.compress(json.dumps(content, separators=(",", ":"), allow_nan=False).encode(), 9, mtime=0)


def read_answer(path: Path, spec: ExperimentSpec) -> ShippedAnswer:
    """Read a file.

    Args:
        path: of the file.
        spec: the experiment that it must be of.
    Raises: FileFormatError if it cannot be used; ParameterError if it is of another experiment.
    """
    content = read_json(
        decompressed(read_bytes(path, MAX_BYTES, _HINT), path.name, _MAX_UNPACKED, _HINT), path.name, _MAX_UNPACKED
    )
    try:
        if content["format"] != FORMAT or content["identifier"] != spec.identifier:
            raise ParameterError(f"{path.name} is of another experiment than {spec.identifier}.", _HINT)
        grid = spec.cells()
        if len(content["cells"]) != len(grid):
            raise ParameterError(f"{path.name} has other cells than {spec.identifier}.", _HINT)
        cells = tuple(
            _cell_from(item, stored, spec.n_seeds) for item, stored in zip(grid, content["cells"], strict=True)
        )
        experiment = StoredExperiment(
            spec.identifier, spec, {str(key): str(value) for key, value in content["versions"].items()},
            float(content["created_at"]), FINISHED, "", len(grid), len(grid), 0, ExperimentProgress(),
        )  # fmt: skip
        judges = {str(name): str(digest) for name, digest in content["judges"].items()}
        return ShippedAnswer(experiment, cells, str(content["made_on"]), judges, str(content["golden"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileFormatError(f"{path.name} cannot be used: it does not hold what it should.", _HINT) from error


def _cell_content(item: ShippedCell) -> dict[str, Any]:
    stored = item.stored
    figures = {name: _short(value) for name, value in stored.figures.as_mapping().items()}
    content: dict[str, Any] = {
        "key": stored.key, "figures": figures, "seconds": round(stored.seconds, 2), "totals": _packed(stored.totals),
    }  # fmt: skip
    if item.so_far is not None:
        content["so_far"] = _packed(item.so_far.ravel())
    if item.days is not None:
        content["days"] = {field.name: _short(getattr(item.days, field.name)) for field in fields(DayFigures)}
    return content


def _cell_from(cell: Any, content: Mapping[str, Any], n_seeds: int) -> ShippedCell:
    totals = _unpacked(content["totals"])
    if len(totals) != n_seeds:
        raise ValueError
    stored = StoredCell(
        cell, str(content["key"]), figures_from_mapping(content["figures"]), totals, float(content["seconds"])
    )
    so_far = _unpacked(content["so_far"]).reshape(n_seeds, len(CHECKPOINTS)) if "so_far" in content else None
    return ShippedCell(stored, _days_from(content["days"]) if "days" in content else None, so_far)


def _days_from(content: Mapping[str, Any]) -> DayFigures:
    def by_day(name: str) -> EstimateByDay:
        return EstimateByDay(*(np.array(part, dtype=np.float64) for part in content[name]))

    def estimate(name: str) -> Estimate:
        value, low, high, n = content[name]
        return Estimate(_number(value), _number(low), _number(high), int(n))

    return DayFigures(
        int(content["n"]), by_day("steps"), by_day("so_far"), np.array(content["staying"], dtype=np.float64),
        estimate("agreement"), estimate("length"), tuple(float(part) for part in content["action_shares"]),
        _number(content["right_when_able"]), _number(content["right_when_unable"]),
    )  # fmt: skip


def _number(value: Any) -> float:
    """Return a number as ``_short`` wrote it."""
    return math.nan if value is None else float(value)


def _short(value: Any) -> Any:
    """Return numbers with six digits, and arrays as lists; None for NaN."""
    if isinstance(value, EstimateByDay):
        return [_short(part) for part in (value.value, value.low, value.high)]
    if isinstance(value, np.ndarray | tuple | list):
        return [_short(part) for part in value]
    if isinstance(value, float | np.floating):
        return None if math.isnan(value) else float(f"{value:.6g}")
    return value


def _packed(steps: Floats) -> str:
    """Return steps in tenths as whole numbers of 16 or 32 bits, in text.

    Raises: ParameterError if they are too many to be packed.
    """
    tenths = np.round(steps * _TENTHS)
    if tenths.min(initial=0) < 0 or tenths.max(initial=0) >= 2**16:
        raise ParameterError("These steps are too many for a shipped answer: allowed are 0 to 6,553.5.")
    return base64.b64encode(tenths.astype("<u2").tobytes()).decode()


def _unpacked(text: Any) -> Floats:
    return np.frombuffer(base64.b64decode(text, validate=True), "<u2").astype(np.float64) / _TENTHS


def simulated_work(spec: ExperimentSpec, cell: Cell) -> CellWork | None:
    """Return what decides a cell of an experiment whose judges are simulated; None where a judge reads."""
    rates = None if cell.judge is None else cell.judge.error_rates
    if cell.judge is not None and rates is None:
        return None
    readings = None if rates is None else simulated_responses(*rates)
    return CellWork(cell.method.trial(cell.condition.config, rates), spec.first_seed, spec.n_seeds, readings)


def golden_digest(files: Iterable[Path]) -> str:
    """Return one digest of the files that hold the golden numbers, whatever order they come in."""
    parts: Sequence[str] = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in files)
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:16]
