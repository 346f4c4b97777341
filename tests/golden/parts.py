"""The recorded parts: each is measured by the same function when it is recorded and when it is tested."""

import csv
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from jitai.judge import embedded, registry
from jitai.judge.cache import nothing_shipped
from tests.golden import cases, measure


class Record(NamedTuple):
    """What was measured of a part.

    Attributes:
        table: one row for each item and day.
        numbers: by item, as JSON holds them.
    """

    table: pd.DataFrame
    numbers: dict[str, Any]


class Part(NamedTuple):
    """A part.

    Attributes:
        measure: makes the record; is given an empty folder.
        uses_model: whether an embedded language model reads.
        is_slow: whether it takes more than a few seconds.
    """

    measure: Callable[[Path], Record]
    uses_model: bool = False
    is_slow: bool = False


def _runs(trials: Mapping[str, tuple[str, ...]], folder: Path) -> Record:
    tables, numbers = [], {}
    for name, arguments in trials.items():
        log, numbers[name] = measure.run(arguments, folder)
        log.insert(0, "item", name)
        tables.append(log)
    return Record(pd.concat(tables, ignore_index=True), numbers)


def _experiment(name: str, folder: Path) -> Record:
    found = measure.experiment(cases.SPECS / f"{name}.yaml", folder / "store")
    return Record(found.days, {"figures": found.figures, "report": measure.report_numbers(found.folder)})


def _optima(folder: Path) -> Record:
    tables, numbers = [], {}
    for name, arguments in cases.OPTIMA.items():
        table, numbers[name] = measure.optimum(arguments, folder)
        table["item"] = name + ", " + table["item"]
        tables.append(table)
    return Record(pd.concat(tables, ignore_index=True), numbers)


def _judged(judges: tuple[str, ...], every: int, folder: Path) -> Record:
    """Statements of every kind and label, and some that the rules decide; of the slow models, one in a few."""
    path = folder / "statements.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows(list(enumerate(cases.STATEMENTS))[::every])
    tables = []
    for judge in judges:
        with pytest.MonkeyPatch.context() as patch:
            # The models themselves are asked, not what was shipped of their replies.
            patch.setattr(registry, "shipped_replies", nothing_shipped)
            patch.setattr(embedded, "_engines", {})  # by a model of their own, as in a new process
            table = measure.judged(path, judge, folder)
        table.insert(0, "item", judge + ", statement " + table.pop("id"))
        tables.append(table)
    table = pd.concat(tables, ignore_index=True)
    table["day"] = 0
    return Record(table, {})


PARTS: dict[str, Part] = {
    "switches": Part(partial(_runs, cases.switches())),
    "grid_fixed": Part(partial(_runs, cases.grid("fixed"))),
    "grid_uniform": Part(partial(_runs, cases.grid("uniform"))),
    "grid_beta": Part(partial(_runs, cases.grid("beta"))),
    "first_look": Part(partial(_experiment, "first_look")),
    "wrong_model": Part(partial(_experiment, "wrong_model"), is_slow=True),
    "judge_error": Part(partial(_experiment, "judge_error"), is_slow=True),
    "ablation": Part(partial(_experiment, "ablation"), is_slow=True),
    "published_grid": Part(partial(_experiment, "published_grid"), is_slow=True),
    "ollama": Part(partial(_experiment, "ollama"), is_slow=True),
    "optima": Part(_optima),
    "judged_by_ollama": Part(partial(_judged, ("ollama:golden", "ollama:moody"), 1)),
    "judged_by_embedded": Part(partial(_judged, ("embedded-tuned", "embedded"), 4), uses_model=True, is_slow=True),
    "embedded_runs": Part(partial(_runs, cases.embedded_runs()), uses_model=True, is_slow=True),
    "embedded": Part(partial(_experiment, "embedded"), uses_model=True, is_slow=True),
}


def write(name: str, record: Record) -> None:
    """Keep a record beside the tests."""
    cases.DATA.mkdir(exist_ok=True)
    record.table.to_parquet(cases.DATA / f"{name}.parquet", compression="zstd", index=False)
    write_numbers(name, record.numbers)


def write_numbers(name: str, numbers: Any) -> None:
    """Keep numbers, one item a line."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in numbers.items()]
    (cases.DATA / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def read(name: str) -> Record:
    """The record that is kept."""
    return Record(pd.read_parquet(cases.DATA / f"{name}.parquet"), read_numbers(name))


def read_numbers(name: str) -> Any:
    """The numbers that are kept."""
    return json.loads((cases.DATA / f"{name}.json").read_text(encoding="utf-8"))
