"""What pages make of stored data rather than of sentences: how far an experiment is, and the kind of each method.

The experiments are made by the command line; of the pages only their addresses, tables and progress bars are used.
"""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import a_process_of_its_own, a_server_that_has_been_visited  # noqa: F401
from tests.app.driver import ROOT, TIMEOUT_S, without_error
from tests.golden import measure

COMPARE = "pages/compare.py"
PATIENCE_S = 60


@pytest.fixture(autouse=True)
def place(a_process_of_its_own: None, a_server_that_has_been_visited: None, tmp_path: Path) -> Iterator[Path]:  # noqa: F811
    with measure.quiet_place(tmp_path):
        yield tmp_path


def described(folder: Path, **content: object) -> Path:
    path = folder / "experiment.json"
    path.write_text(json.dumps({"name": "pages", "participant": {"study_length": 10}} | content), encoding="utf-8")
    return path


def compare(identifier: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S)
    app.query_params["experiment"] = identifier
    return without_error(app.switch_page(COMPARE).run())


def test_methods_stand_by_their_kind_whatever_they_are_called_and_however_they_were_written(place: Path) -> None:
    kinds = {
        "thompson, none": "alone", "learned:ppo-blind, none": "alone", "thompson, veto": "hybrid",
        "tailored, belief": "hybrid", "learned:ppo-belief, carry-forward": "hybrid", "planner, none": "planner",
        "planner, veto": "planner", "optimum, none": "optimum", "optimum, veto": "optimum", "tailored, none": "plain",
        "never, none": "plain", "random, none": "plain", "generic, none": "plain",
    }  # fmt: skip
    order = ["alone", "hybrid", "planner", "optimum", "plain"]
    methods = []
    for number, method in enumerate(reversed(kinds)):
        policy, strategy = method.split(", ")
        methods.append({"name": f"M{number}", "policy": policy, "filter": strategy})
    judges = [{"key": "simulated", "finds_cannot_walk": 0.9, "false_alarms": 0.1}]
    told = measure.succeeded(
        "experiment", str(described(place, methods=methods, judges=judges, seeds={"count": 3})), "--workers", "1"
    )
    [identifier] = re.findall(r"experiment ([\w-]+)", told.err)
    table = next(item.value for item in compare(identifier).dataframe if "Method" in item.value)
    kind_of = {f"M{number}": kind for number, kind in enumerate(reversed(kinds.values()))}
    shown = [kind_of[name] for name in table["Method"]]
    assert len(shown) == len(kinds)
    assert shown == sorted(shown, key=order.index)


@pytest.mark.slow
def test_while_a_judge_reads_the_page_shows_how_much_it_has_read(place: Path) -> None:
    path = described(
        place, methods=[{"name": "it", "policy": "tailored", "filter": "veto"}], judges=["ollama:slow"],
        statements={"kinds": ["negation"]}, seeds={"count": 3},
    )  # fmt: skip
    command = [sys.executable, "-m", "jitai", "experiment", str(path), "--workers", "1"]
    running = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stderr=subprocess.DEVNULL)
    try:
        identifier = begun(place / "data" / "experiments" / "index.sqlite")
        until, share = time.monotonic() + PATIENCE_S, 0.0
        while share < 0.2 and time.monotonic() < until:
            [bar] = compare(identifier).get("progress")
            share = max(share, bar.proto.value / 100)
        assert running.poll() is None, "it still reads"
        assert 0.2 <= share < 1, "a hundred of some 260 statements are read at once"
    finally:
        running.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(10)
        running.kill()
        running.wait()


def begun(index: Path) -> str:
    """The experiment that a process has begun, as soon as it has."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if index.is_file():
            with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(sqlite3.connect(index)) as store:
                for (identifier,) in store.execute("select id from experiments"):
                    return str(identifier)
        time.sleep(0.2)
    raise AssertionError("no experiment has begun")
