"""An index that is lost or damaged is rebuilt from the files of days; nothing readable is lost."""

import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jitai.cli.main import main
from jitai.errors import FileFormatError, JitaiError, ParameterError
from jitai.experiments.engine import run_experiment
from jitai.experiments.repair import needs_repair, repair
from jitai.experiments.store import FINISHED, INTERRUPTED, Store

FIELDS = ("mean_steps", "low", "high", "mean_days", "share_disengaged", "agreement", "vetoes", "right_vetoes",
          "held_back_by_rule", "action_shares", "optimum_steps")  # fmt: skip


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Store:
    from jitai.experiments.spec_file import spec_from_text
    from tests.unit.experiments.conftest import SMALL

    store = Store(tmp_path_factory.mktemp("original"))
    spec = spec_from_text(SMALL)
    with ThreadPoolExecutor(1) as executor:
        for each in (spec, replace(spec, name="the same cells")):
            run_experiment(each, store, executor, lambda choice: pytest.fail("opened"))
    return store


@pytest.fixture
def store(original: Store, tmp_path: Path) -> Store:
    shutil.copytree(original.folder, tmp_path / "store")
    return Store(tmp_path / "store")


def assert_same(store: Store, original: Store, identifier: str) -> None:
    before, after = original.cells(identifier), store.cells(identifier)
    assert [item.cell for item in before] == [item.cell for item in after]
    for one, other in zip(before, after, strict=True):
        assert one.key == other.key and np.array_equal(one.totals, other.totals)
        for name in FIELDS:
            assert getattr(one.figures, name) == pytest.approx(getattr(other.figures, name), rel=1e-12, nan_ok=True), (
                name
            )


@pytest.mark.parametrize("accident", ["deleted", "empty", "garbage"])
def test_the_index_is_rebuilt_with_the_same_numbers(
    store: Store, original: Store, accident: str, capsys: pytest.CaptureFixture[str]
) -> None:
    index = store.folder / "index.sqlite"
    if accident == "deleted":
        index.unlink()
    else:
        index.write_bytes(b"" if accident == "empty" else bytes(random.Random(1).randbytes(9000)))
    assert needs_repair(store)
    assert main(["repair", str(store.folder)]) == 0
    said = capsys.readouterr().out
    assert "2 experiments with 6 cells in the new index." in said
    assert ("index.sqlite.damaged-1" in said) == (accident != "deleted")
    assert not needs_repair(store)
    for item in original.experiments():
        found = store.experiment(item.identifier)
        assert (found.spec, found.status, found.n_finished) == (item.spec, FINISHED, 6)
        assert found.created_at == pytest.approx(item.created_at, abs=1)
        assert_same(store, original, item.identifier)


def test_without_any_description_the_grid_is_put_together_again(store: Store, original: Store) -> None:
    shutil.rmtree(store.folder / "descriptions")
    (store.folder / "index.sqlite").unlink()
    done = repair(store)
    [identifier] = done.experiments
    assert identifier.startswith("recovered-1-") and done.n_without_place == 0
    assert store.experiment(identifier).status == FINISHED
    before = {item.key: item.totals.tolist() for item in original.cells(original.experiments()[0].identifier)}
    assert {item.key: item.totals.tolist() for item in store.cells(identifier)} == before


def test_a_damaged_file_of_days_is_set_aside_and_what_is_lost_is_said(store: Store) -> None:
    (store.folder / "index.sqlite").unlink()
    victim = sorted((store.folder / "steps").glob("*.parquet"))[0]
    content = victim.read_bytes()
    victim.write_bytes(content[: len(content) // 2])
    description = sorted((store.folder / "descriptions").glob("*.json"))[0]
    description.write_text('{"experiment": 1e999', encoding="utf-8")
    done = repair(store)
    assert {f"{victim.name}.damaged-1", f"{description.name}.damaged-1"} == set(done.set_aside)
    assert (victim.parent / f"{victim.name}.damaged-1").read_bytes() == content[: len(content) // 2]
    assert any("1 of 6 cells are not there" in sentence for sentence in done.lost)
    assert {store.experiment(name).status for name in done.experiments} == {INTERRUPTED}


def test_a_report_without_an_index_says_what_rebuilds_it(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    (store.folder / "index.sqlite").unlink()
    assert main(["report", str(store.folder)]) == 1
    assert f"repair {store.folder}" in " ".join(capsys.readouterr().err.split())


def test_what_needs_no_repair_and_what_is_none(store: Store, tmp_path: Path) -> None:
    assert not needs_repair(store) and not needs_repair(Store(tmp_path / "nothing"))
    with pytest.raises(ParameterError, match="no results"):
        repair(Store(tmp_path / "nothing"))


@given(st.data())
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipped_bytes_in_index_and_files_come_out_as_sentences(
    store: Store, original: Store, data: st.DataObject
) -> None:
    names = ["index.sqlite", *(f"steps/{path.name}" for path in (original.folder / "steps").glob("*.parquet"))]
    name = data.draw(st.sampled_from(sorted(names)[:3]))
    content = bytearray((original.folder / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 30))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (store.folder / name).write_bytes(bytes(content))
    try:
        store.unreadable()
        for item in store.experiments():
            for cell in store.cells(item.identifier):
                store.steps(cell.key)
            store.failures(item.identifier), store.sizes()
    except JitaiError as error:
        assert isinstance(error, FileFormatError | ParameterError)
    finally:
        shutil.copy(original.folder / name, store.folder / name)
