"""Policies and filters that are defined outside the project: in a cell's name, and in workers of their own."""

import importlib
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jitai.errors import ParameterError
from jitai.experiments.cell import CellWork, code_behind, code_fingerprint, modules_outside, run_pickled_cell
from jitai.experiments.engine import run_experiment
from jitai.experiments.methods import may_have_changed
from jitai.experiments.spec import JudgeChoice
from jitai.experiments.spec_file import spec_from_text
from jitai.experiments.store import FINISHED, Store
from jitai.experiments.workers import local_workers
from jitai.policies.registry import POLICIES, PolicySpec
from jitai.records import Action, JudgesText
from jitai.trial.filters import FilterSpec
from jitai.trial.spec import TrialSpec

NAME = "weekly_policy_of_a_test"
MODULE = """
import numpy as np

from jitai.policies.base import Policy, Proposals
from jitai.policies.registry import POLICIES
from jitai.records import Role


class Weekly(Policy):
    key, label, role = "weekly", "A message every 7 days", Role.PLAIN

    def __init__(self, settings, inputs):
        pass

    def propose(self, view):
        return Proposals(np.where(view.day % 7 == 0, 3, 0))


if "weekly" not in POLICIES:
    POLICIES.register(Weekly)
"""
DESCRIPTION = "name: weekly\nseeds: {count: 3}\nparticipant: {study_length: 15}\npolicies: [weekly]"


def nobody(choice: JudgeChoice) -> tuple[JudgesText, str]:
    raise AssertionError("no judge is opened")


@pytest.fixture
def module(tmp_path: Path) -> Iterator[Path]:
    """The module in a folder that is not on the path, imported; what it has registered is taken out again."""
    folder = tmp_path / "modules"
    folder.mkdir()
    path = folder / f"{NAME}.py"
    path.write_text(MODULE, encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        importlib.import_module(NAME)
        sys.path.remove(str(folder))
        yield path
    finally:
        sys.path[:] = [item for item in sys.path if item != str(folder)]
        sys.modules.pop(NAME, None)
        POLICIES.remove("weekly")


def test_spawned_workers_import_the_module_that_defines_a_policy(
    tmp_path: Path, module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(module.parent))
    store = Store(tmp_path / "store")
    with local_workers(1) as executor:
        identifier = run_experiment(spec_from_text(DESCRIPTION), store, executor, nobody)
    [cell] = store.cells(identifier)
    days = store.steps(cell.key)
    assert len(days) and ((days["executed_action"] != Action.NO_MESSAGE) == (days["day"] % 7 == 1)).all()
    experiment = store.experiment(identifier)
    assert experiment.status == FINISHED and may_have_changed(experiment)


def test_a_worker_that_cannot_import_it_says_so(tmp_path: Path, module: Path) -> None:
    store = Store(tmp_path / "store")
    with local_workers(1) as executor:
        identifier = run_experiment(spec_from_text(DESCRIPTION), store, executor, nobody)
    [(_, why)] = store.failures(identifier)
    assert f"A worker cannot import what defines a policy or a filter of this cell ({NAME})" in why
    assert "PYTHONPATH" in why


def test_the_module_is_part_of_a_cells_name(tmp_path: Path, module: Path) -> None:
    trial = TrialSpec(policy=PolicySpec("weekly"), filter=FilterSpec("none"))
    assert modules_outside(trial.policy, trial.filter) == (NAME,)
    before, key = code_behind(trial), CellWork(trial, 0, 2, None).key
    assert before != code_fingerprint()
    store, spec = Store(tmp_path / "store"), spec_from_text(DESCRIPTION)
    with ThreadPoolExecutor(1) as executor:
        [old] = store.cells(run_experiment(spec, store, executor, nobody))
        module.write_text(MODULE.replace("% 7 == 0", "% 6 == 0"), encoding="utf-8")
        [new] = store.cells(run_experiment(spec, store, executor, nobody))
    assert old.key != new.key, "a changed module is run again"
    assert code_behind(trial) != before and CellWork(trial, 0, 2, None).key != key


def test_nothing_of_the_project_is_outside() -> None:
    trial = TrialSpec()
    assert modules_outside(trial.policy, trial.filter) == ()
    assert code_behind(trial) == code_fingerprint()


def test_a_class_without_a_source_file_is_refused(module: Path) -> None:
    module.unlink()
    with pytest.raises(ParameterError, match="has no source file"):
        code_behind(TrialSpec(policy=PolicySpec("weekly"), filter=FilterSpec("none")))


def test_a_module_that_is_nowhere_is_a_sentence() -> None:
    with pytest.raises(ParameterError, match="A worker cannot import what defines"):
        run_pickled_cell(("no_such_module_anywhere",), b"")


def test_workers_in_the_midst_of_a_cell_end_with_their_experiment() -> None:
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), local_workers(1) as executor:
        running = executor.submit(time.sleep, 600)
        while not running.running():
            time.sleep(0.05)
        [process] = executor._processes.values()  # type: ignore[attr-defined]
        raise KeyboardInterrupt
    process.join(20)
    assert not process.is_alive() and time.monotonic() - started < 60
