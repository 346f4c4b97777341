"""How far an experiment is: in fields, in the index, and in the index of a store that knows only sentences."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from jitai.experiments.progress import ExperimentProgress, Phase
from jitai.experiments.spec import ExperimentSpec
from jitai.experiments.store import FAILED, FINISHED, INTERRUPTED, RUNNING, STOPPED, Store

OLD_INDEX = Path(__file__).parents[2] / "data" / "store_without_progress.sql"
"""Written by the version before progress had fields: five experiments, one of them run to its end."""


@pytest.mark.parametrize(
    ("progress", "share", "words"),
    [
        (ExperimentProgress(), 0.0, "getting ready"),
        (ExperimentProgress(Phase.OPENING_JUDGE, "embedded"), 0.0, "getting embedded ready"),
        (ExperimentProgress(Phase.JUDGING, "embedded", 1_000, 4_000, 120.0), 0.25,
         "embedded reads statements: 1,000 of 4,000, about 2 min left"),
        (ExperimentProgress(Phase.JUDGING, "embedded", 0, 4), 0.0, "embedded reads statements: 0 of 4"),
        (ExperimentProgress(Phase.RUNNING_CELLS, "", 3, 4, 9.0), 0.75, "3 of 4 cells finished, about 9 s left"),
        (ExperimentProgress(Phase.RUNNING_CELLS, "", 5, 4), 1.0, "5 of 4 cells finished"),
    ],
)  # fmt: skip
def test_share_and_words(progress: ExperimentProgress, share: float, words: str) -> None:
    assert (progress.share, progress.in_words) == (share, words)


@pytest.mark.parametrize("phase", Phase)
def test_what_is_reported_is_what_is_read(tmp_path: Path, small_spec: ExperimentSpec, phase: Phase) -> None:
    store = Store(tmp_path)
    identifier = store.begin(small_spec)
    assert store.experiment(identifier).progress == ExperimentProgress()
    told = ExperimentProgress(phase, "reads statements: 7 of 9", 10, 40, 1.5)
    assert not store.report(identifier, told)
    if phase is Phase.RUNNING_CELLS:  # the cells themselves are counted
        told = replace(told, n_done=0, n_total=0)
    assert store.experiment(identifier).progress == told
    store.ask_to_stop(identifier)
    assert store.report(identifier, told)
    store.begin(small_spec)
    assert store.experiment(identifier).progress.phase is Phase.PREPARING, "what it was before is forgotten"


@pytest.fixture
def old_store(tmp_path: Path) -> Store:
    index = sqlite3.connect(tmp_path / "index.sqlite")
    index.executescript(OLD_INDEX.read_text(encoding="utf-8"))
    index.execute("update experiments set alive_at = 0")
    index.commit()
    index.close()
    (tmp_path / "steps").mkdir()
    return Store(tmp_path)


def test_a_store_without_progress_opens(old_store: Store) -> None:
    found = {item.spec.name: item for item in old_store.experiments()}
    assert not old_store.unreadable() and len(found) == 5
    finished = found["of the version before"]
    assert (finished.status, finished.n_finished, finished.n_cells, finished.failure) == (FINISHED, 4, 4, "")
    assert [len(cell.totals) for cell in old_store.cells(finished.identifier)] == [4, 4, 4, 4]
    assert found["that failed"].status == FAILED and found["that failed"].failure == "There is no such model. Pull it."
    assert found["that was stopped"].status == STOPPED
    for name in ("that judges", "that runs cells"):
        assert found[name].status == INTERRUPTED
        assert found[name].failure == "", "how far it was is not why it failed"
        assert found[name].progress.phase is Phase.PREPARING


def test_a_store_without_progress_is_written_to(old_store: Store) -> None:
    spec = next(item.spec for item in old_store.experiments() if item.spec.name == "that judges")
    identifier = old_store.begin(spec)
    told = ExperimentProgress(Phase.JUDGING, "embedded", 1, 2, 3.0)
    old_store.report(identifier, told)
    found = Store(old_store.folder).experiment(identifier)
    assert (found.status, found.progress, found.failure) == (RUNNING, told, "")
    assert len(old_store.experiments()) == 5


def test_two_versions_write_to_one_store(old_store: Store) -> None:
    """The version before may still run in another process: its statements find what they name."""
    identifier = next(item.identifier for item in old_store.experiments() if item.spec.name == "that judges")
    index = sqlite3.connect(old_store.folder / "index.sqlite")
    with index:
        index.execute("update experiments set note = 'x', seconds_left = 1, alive_at = 9e9 where id = ?", (identifier,))
    index.close()
    found = old_store.experiment(identifier)
    assert (found.status, found.failure) == (RUNNING, "")
