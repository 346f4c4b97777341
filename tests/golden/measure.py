"""Run the laboratory through its command line alone, and put what it prints and writes into tables.

Nothing here imports a module of jitai by name but the entry ``python -m jitai``: the tables stay comparable while
everything inside moves.
"""

import contextlib
import functools
import io
import json
import os
import re
import runpy
import sqlite3
import ssl
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tests.golden.fake_ollama import fake_ollama

NOT_RECORDED = ("latency_ms", "reason", "failure", "model", "statement_author", "scenario")
"""Columns of a log that are times, sentences or names."""
LOG_NUMBERS = ("context_probability_work", "p_send", "belief", "step_count", "habituation", "disengagement_risk")
RELATIVE = 1e-9
"""How far a number may be off. Sums in another order, and other builds of the linear algebra under Thompson sampling,
move the last digits of a double; what is chosen, and all that is counted or named, has to be the same."""

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?")
_HALF_WIDTH = re.compile(r"±\s*[\d.,]*\d")


def _numbers_in(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in _NUMBER.findall(text)]


class Told(NamedTuple):
    """What a command said.

    Attributes:
        status: exit status.
        out, err: what it printed.
    """

    status: int
    out: str
    err: str

    @property
    def numbers(self) -> list[float]:
        """Of all that was printed, in ascending order, as sentences may be reworded; without half widths."""
        return sorted(_numbers_in(_HALF_WIDTH.sub("", self.out)))


def jitai(*arguments: str) -> Told:
    """``python -m jitai`` in this process; environment and arguments are as before afterwards."""
    before, environment = sys.argv, dict(os.environ)
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["jitai", *arguments]
    status: Any = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            runpy.run_module("jitai", run_name="__main__")
    except SystemExit as ended:
        status = ended.code or 0
    finally:
        sys.argv = before
        os.environ.clear()
        os.environ.update(environment)
    return Told(int(status), out.getvalue(), err.getvalue())


def succeeded(*arguments: str) -> Told:
    """What a command says that has to go well."""
    told = jitai(*arguments)
    assert told.status == 0, f"{' '.join(arguments)}: {told.err}"
    return told


# Trials


def read_log(path: Path) -> pd.DataFrame:
    """A decision log as it was written, to the last digit; without times and sentences."""
    return as_written(pd.read_csv(path, keep_default_na=False, dtype=str))


def as_written(log: pd.DataFrame) -> pd.DataFrame:
    """A decision log, from a file or a page: numbers as numbers, all else as the words that stand in the file."""
    log = log.assign(failed=log["failure"].astype(str) != "").drop(columns=list(NOT_RECORDED), errors="ignore")
    for name in log.columns:
        if name in LOG_NUMBERS:
            log[name] = pd.to_numeric(log[name], errors="raise").astype(float)
        else:
            log[name] = log[name].astype(int if name == "day" else str)
    # Whether a reply was kept already is a matter of speed, not of numbers.
    log["verdict_source"] = log["verdict_source"].replace(["cache", "remembered"], "model")
    return log


def run(arguments: tuple[str, ...], folder: Path) -> tuple[pd.DataFrame, list[float]]:
    """A trial's log, and the numbers of its summary: among them what the same seed earned without the filter."""
    path = folder / "log.csv"
    told = jitai("run", *arguments, "--quiet", "--force", "--out", str(path))
    log = read_log(path)
    # A run in which the judge could not answer ends with 1.
    assert told.status == int((log["failed"] == "True").any()), f"{' '.join(arguments)}: {told.err}"
    return log, told.numbers


# Experiments


class Experiment(NamedTuple):
    """An experiment's store in tables.

    Attributes:
        days: a row for each cell and day.
        figures: of each cell, as JSON keeps them.
        folder: of the store.
    """

    days: pd.DataFrame
    figures: dict[str, dict[str, Any]]
    folder: Path


N_FIGURES_PRINTED = 5
"""Columns of figures behind a cell's name in the table that the command prints."""


def experiment(spec: Path, folder: Path) -> Experiment:
    """Run a description and read what the store keeps of it."""
    told = succeeded("experiment", str(spec), "--out", str(folder), "--workers", "2")
    names = [" ".join(line.split()[:-N_FIGURES_PRINTED]) for line in told.out.splitlines()[1:]]
    with contextlib.closing(sqlite3.connect(folder / "index.sqlite")) as index:
        rows = index.execute(
            "select p.position, p.key, c.figures from places p join cells c on c.key = p.key order by p.position"
        ).fetchall()
    assert len(names) == len(rows) > 0, told.err
    for _, key, _ in (rows[0], rows[-1]):
        succeeded("rerun", str(folder / "steps" / f"{key}.parquet"))
    cells = [f"{position} {name}" for name, (position, _, _) in zip(names, rows, strict=True)]
    days = [
        _days_of(cell, pd.read_parquet(folder / "steps" / f"{key}.parquet"))
        for cell, (_, key, _) in zip(cells, rows, strict=True)
    ]
    figures = {cell: _flat(json.loads(kept)) for cell, (_, _, kept) in zip(cells, rows, strict=True)}
    return Experiment(pd.concat(days, ignore_index=True), figures, folder)


_CODES = ("candidate_action", "executed_action", "verdict", "wrote", "can_walk", "true_context")
_NUMBERS = ("step_count", "habituation", "disengagement_risk", "context_probability", "belief")


def _days_of(cell: str, steps: pd.DataFrame) -> pd.DataFrame:
    """A row for each day of a cell: one character for each seed's code, and sums in which each seed weighs differently.

    A seed that has left the study stands as a blank.
    """
    seeds = np.sort(steps["seed"].unique())
    by_seed = steps.set_index(["day", "seed"]).unstack("seed")
    table = pd.DataFrame({"item": cell, "day": by_seed.index.to_numpy(dtype=int)})
    for name in _CODES:
        codes = by_seed[name][seeds].to_numpy(dtype=float)
        table[name] = ["".join(_character(code) for code in row) for row in codes]
    weights = np.arange(1, len(seeds) + 1)
    for name in _NUMBERS:
        values = by_seed[name][seeds].to_numpy(dtype=float)
        table[name] = (np.nan_to_num(values) * weights).sum(axis=1)
    return table


def _character(code: float) -> str:
    if np.isnan(code):
        return " "
    return "-" if code < 0 else str(int(code))


def _flat(figures: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, list):
            found |= {f"{name}[{number}]": part for number, part in enumerate(value)}
        else:
            found[name] = value
    return found


def report_numbers(folder: Path) -> list[list[float]]:
    """The numbers in each row of each table of a report, whatever is written around them."""
    path = folder / "report.md"
    succeeded("report", str(folder), "--force", "--out", str(path))
    rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [_numbers_in(line) for line in rows]


# The rest


def optimum(arguments: tuple[str, ...], folder: Path) -> tuple[pd.DataFrame, list[float]]:
    """The best policy, a letter for each risk, and the numbers that are printed of what it earns."""
    path = folder / "policy.csv"
    told = succeeded("optimum", *arguments, "--seeds", "50", "--force", "--out", str(path))
    table = pd.read_csv(path, dtype=str)
    letters = {"no message": "-", "generic message": "G", "tailored, home": "H", "tailored, work": "W"}
    table["action"] = table["action"].map(letters)
    rows = table.groupby(["day", "ability", "context", "habituation"], sort=False)["action"].agg("".join).reset_index()
    rows["day"] = rows["day"].astype(int)
    rows["item"] = rows["ability"] + ", " + rows["context"] + ", habituation " + rows["habituation"]
    first_lines = "\n".join(told.out.splitlines()[:2])
    return rows[["item", "day", "action"]], Told(0, first_lines, "").numbers


def trained(arguments: tuple[str, ...], folder: Path) -> tuple[dict[str, Any], Told]:
    """What a training writes, and what it says."""
    path = folder / "policy.json"
    told = succeeded("train", *arguments, "--force", "--out", str(path))
    return json.loads(path.read_text(encoding="utf-8")), told


def judged(statements: Path, judge: str, folder: Path) -> pd.DataFrame:
    """A judge's verdicts on a file of statements."""
    path = folder / "verdicts.csv"
    succeeded("judge", str(statements), "--text-column", "text", "--judge", judge, "--force", "--out", str(path))
    table = pd.read_csv(path, keep_default_na=False, dtype=str)
    table["p_send"] = table["p_send"].map(lambda text: float(text) if text else np.nan).astype(float)
    return table[["id", "p_send", "verdict"]]


# Comparing


def differences(
    golden: pd.DataFrame, now: pd.DataFrame, relative: float = RELATIVE, absolute: Mapping[str, float] | None = None
) -> list[str]:
    """One sentence for each item and column that differs, with the first day on which it does.

    Args:
        golden, now: with the columns "item" and "day"; of any other, numbers may be off by a little, the rest not.
        relative: how far numbers may be off.
        absolute: by column, how far its numbers may be off where that is more.
    """
    found = []
    then_by, now_by = dict(list(golden.groupby("item", sort=False))), dict(list(now.groupby("item", sort=False)))
    for item in [*then_by, *(name for name in now_by if name not in then_by)]:
        if item not in then_by or item not in now_by:
            found.append(f"{item}: {'is new' if item not in then_by else 'is gone'}")
            continue
        then, present = then_by[item].reset_index(drop=True), now_by[item].reset_index(drop=True)
        if len(then) != len(present):
            found.append(f"{item}: {len(then)} days were lived, now {len(present)}")
        n_days = min(len(then), len(present))
        for name in golden.columns.drop("item"):
            if name not in present.columns:
                found.append(f"{item}: the column {name} is gone")
                continue
            before, after = then[name].to_numpy()[:n_days], present[name].to_numpy()[:n_days]
            wrong = ~_same(before, after, relative, (absolute or {}).get(name, 0.0))
            if wrong.any():
                first = int(np.argmax(wrong))
                found.append(
                    f"{item}: from day {then['day'][first]} on {name} differs: {before[first]!r}, now {after[first]!r}"
                )
    return found


def _same(before: Any, after: Any, relative: float, absolute: float) -> Any:
    if before.dtype.kind == "f":
        # Below a millionth of a step, or of a probability, only rounding is left.
        return np.isclose(before, after.astype(float), rtol=relative, atol=max(absolute, 1e-12), equal_nan=True)
    return before.astype(str) == after.astype(str)


def number_differences(name: str, golden: Any, now: Any, relative: float = RELATIVE) -> list[str]:
    """The same for nested lists and mappings of numbers and words, as JSON holds them; new names are no difference."""
    if isinstance(golden, dict):
        return [
            text
            for key, value in golden.items()
            for text in (
                number_differences(f"{name}, {key}", value, now[key], relative)
                if isinstance(now, Mapping) and key in now
                else [f"{name}: {key} is gone"]
            )
        ]
    if isinstance(golden, list):
        if not isinstance(now, list | tuple) or len(now) != len(golden):
            return [f"{name}: {golden!r}, now {now!r}"]
        return [
            text
            for number, (before, after) in enumerate(zip(golden, now, strict=True), start=1)
            for text in number_differences(f"{name}, number {number}", before, after, relative)
        ]
    if isinstance(golden, float) and isinstance(now, int | float) and not isinstance(now, bool):
        is_same = bool(np.isclose(golden, now, rtol=relative, atol=min(relative, 1e-6), equal_nan=True))
    else:
        is_same = golden == now
    return [] if is_same else [f"{name}: {golden!r}, now {now!r}"]


def shown(found: list[str], most: int = 20) -> str:
    """Differences for a person; the first few."""
    rest = f"\n... and {len(found) - most} more" if len(found) > most else ""
    return "\n" + "\n".join(found[:most]) + rest


@contextlib.contextmanager
def quiet_place(folder: Path) -> Iterator[None]:
    """Kept replies and policies lie in a folder of its own, and the Ollama server there is the arithmetic one."""
    before, make_context = dict(os.environ), ssl.create_default_context
    # Each connection reads all certificates of the machine anew, 35 ms, though none is encrypted here.
    ssl.create_default_context = functools.cache(make_context)
    with fake_ollama() as host:
        os.environ.update(OLLAMA_HOST=host, JITAI_CACHE_DIR=str(folder / "cache"), JITAI_DATA_DIR=str(folder / "data"))
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
            ssl.create_default_context = make_context
