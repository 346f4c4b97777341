"""The command `ship-answers`: run what the evidence pages open with, and write it for everybody."""

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from jitai.cli.experiment import open_experiment_judge
from jitai.corpus import TEST, load_part
from jitai.errors import ParameterError
from jitai.experiments.answers import (
    CHECKPOINTS,
    COMPARE,
    FOLDER,
    MAIN_METHODS,
    MAX_BYTES,
    ShippedAnswer,
    ShippedCell,
    answer_content,
    answer_specs,
    golden_digest,
)
from jitai.experiments.cell_file import read_work
from jitai.experiments.comparison import day_figures, days_of
from jitai.experiments.engine import run_experiment
from jitai.experiments.progress import ExperimentProgress
from jitai.experiments.spec import ExperimentSpec
from jitai.experiments.store import Store, StoredCell
from jitai.experiments.workers import local_workers
from jitai.files import make_folder, write_atomically
from jitai.judge.embedded import EMBEDDED, TUNED
from jitai.judge.judge import Judge
from jitai.judge.registry import open_judge, reading_backends
from jitai.paths import resource
from jitai.sanitise import for_terminal
from jitai.validation.baselines import BASELINE_LABELS, KEYWORD, TFIDF, open_baseline
from jitai.validation.runner import Candidate, ValidationRun
from jitai.validation.shipped import FILE, validation_content

GOLDEN = ("grid_fixed.parquet", "embedded_runs.parquet", "published_grid.parquet")
"""The golden numbers that say whether a trial still gives what it gave: without them nothing is shipped."""
VALIDATION = "validation"
JUDGE_NAMES = {TUNED: "The built-in judge", EMBEDDED: "The same model, untrained"}
_DAY_COLUMNS = ("seed", "day", "executed_action", "step_count", "can_walk", "belief")
_SECONDS_BETWEEN_NOTES = 10.0


def add_ship_answers_command(commands: Any) -> None:
    """Add the command to a parser.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "ship-answers",
        help="run what Compare, Sweep, Validation and Design a study open with (for those who change results)",
        description="Run the default experiments of the evidence pages and the validation of the built-in judges, and "
        "write them to the files that come with the lab. It needs no model where the shipped verdicts are up to date.",
    )
    parser.add_argument(
        "answers",
        nargs="*",
        metavar="ANSWER",
        help=f"which of {', '.join((*answer_specs(), VALIDATION))} (default: all)",
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--out", type=Path, metavar="DIR", default=FOLDER, help="default: the folder of this clone")
    parser.set_defaults(command=_ship)


def golden_files() -> list[Path]:
    """Return the files of golden numbers on which answers rest.

    Raises: ParameterError away from a clone, which alone has them.
    """
    files = [resource("tests", "golden", "data", name) for name in GOLDEN]
    if not all(path.is_file() for path in files):
        raise ParameterError("Answers are shipped from a clone of the project, which has the golden numbers.")
    return files


def _ship(options: argparse.Namespace) -> None:
    known = (*answer_specs(), VALIDATION)
    for name in options.answers:
        if name not in known:
            raise ParameterError(f"There is no answer {name[:40]!r}: allowed are {', '.join(known)}.")
    golden = golden_digest(golden_files())
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    make_folder(options.out)
    for name in options.answers or known:
        started = time.monotonic()
        if name == VALIDATION:
            content, path = _validated(), options.out / FILE.name
        else:
            content, path = (
                _answered(name, answer_specs()[name], golden, options.workers),
                options.out / f"{name}.json.gz",
            )
        write_atomically(path, content)
        print(f"{path.name}: {len(content):,} bytes after {time.monotonic() - started:.0f} s", file=sys.stderr)
    total = sum(path.stat().st_size for path in options.out.glob("*.json.gz"))
    if total > MAX_BYTES:
        raise ParameterError(f"The answers have {total:,} bytes together: at most {MAX_BYTES:,} are shipped.")


def _today() -> str:
    return time.strftime("%d %B %Y", time.gmtime()).lstrip("0")


def _answered(name: str, spec: ExperimentSpec, golden: str, n_workers: int) -> bytes:
    """Run an experiment in a store of its own and return what is shipped of it."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened, local_workers(n_workers) as executor:
        store = Store(Path(folder))
        open_one = partial(open_experiment_judge, opened, {item.key: item.Settings() for item in reading_backends()})
        run_experiment(spec, store, executor, open_one, _Noted(name), 2 * n_workers)
        judges: dict[str, str] = {}
        cells = []
        for stored in store.cells(spec.identifier):
            readings = read_work(store.steps_file(stored.key)).readings
            if readings is not None and stored.cell.judge is not None:
                judges[stored.cell.judge.name] = readings.digest
            has_days = name == COMPARE and stored.cell.method.name in MAIN_METHODS
            cells.append(_with_days(store, spec, stored) if has_days else ShippedCell(stored))
        if len(cells) < len(spec.cells()):
            raise ParameterError(f"{len(spec.cells()) - len(cells)} cells of {name} could not be run.")
        return answer_content(ShippedAnswer(store.experiment(spec.identifier), tuple(cells), _today(), judges, golden))


def _with_days(store: Store, spec: ExperimentSpec, stored: StoredCell) -> ShippedCell:
    table = store.steps(stored.key, _DAY_COLUMNS)
    days = days_of(table, spec.seeds, stored.cell.condition.config.study_length)
    so_far = days.steps.cumsum(axis=1)[:, np.array(CHECKPOINTS) - 1]
    return ShippedCell(stored, day_figures(days), so_far)


class _Noted:
    """Says now and then how far an experiment is."""

    def __init__(self, name: str) -> None:
        self._name, self._said = name, time.monotonic()

    def __call__(self, progress: ExperimentProgress) -> None:
        if time.monotonic() - self._said >= _SECONDS_BETWEEN_NOTES:
            self._said = time.monotonic()
            print(f"{self._name}: {for_terminal(progress.in_words)}", file=sys.stderr, flush=True)


def built_in_judges() -> dict[str, Judge]:
    """Return the two embedded judges as they come, by the name under which the Validation page lists them.

    They answer from the shipped verdicts, so no model is loaded for statements of the corpus.
    """
    return {name: open_judge(key) for key, name in JUDGE_NAMES.items()}


def _validated() -> bytes:
    """Have the built-in judges and the baselines judge the whole held-out part, and return what is shipped of it."""
    judges = built_in_judges()
    candidates = [
        *(Candidate(name, partial(_same, judge)) for name, judge in judges.items()),
        *(Candidate(BASELINE_LABELS[key], partial(open_baseline, key)) for key in (KEYWORD, TFIDF)),
    ]
    run = ValidationRun(candidates, load_part(TEST))
    run.start()
    run.wait()
    found = run.snapshot()
    if len(found.rows) < len(candidates) * len(found.statements):
        raise ParameterError("Not every judge has answered every statement, so nothing is shipped.")
    digests = {
        name: f"{judge.backend.identity().digest[:16]} {judge.prompt.content_hash}" for name, judge in judges.items()
    }
    return validation_content(found, _today(), digests)


def _same(judge: Judge) -> Judge:
    return judge
