"""Running grids with real workers: the same numbers for any number of them, and nothing lost on the way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jitai.errors import FileFormatError, JitaiError, ModelMissing, ParameterError
from jitai.experiments import engine
from jitai.experiments.cell import code_fingerprint, run_cell
from jitai.experiments.cell_file import read_work
from jitai.experiments.engine import run_experiment
from jitai.experiments.judgements import simulated_responses
from jitai.experiments.launch import launch
from jitai.experiments.progress import ExperimentProgress, Phase
from jitai.experiments.spec import ExperimentSpec, JudgeChoice
from jitai.experiments.spec_file import spec_from_mapping
from jitai.experiments.store import FAILED, FINISHED, INTERRUPTED, RUNNING, STOPPED, Store
from jitai.experiments.workers import cluster_workers, local_workers
from jitai.records import Decision, JudgesText, Verdict, VerdictSource
from jitai.trial.loop import run_trial

ROOT = Path(__file__).parents[3]


def nobody(choice: JudgeChoice) -> tuple[JudgesText, str]:
    raise AssertionError("a simulated judge is not opened")


def numbers(store: Store, identifier: str) -> dict[str, tuple[str, list[float]]]:
    return {
        f"{item.cell.condition.name}, {item.cell.method.name}": (item.key, item.totals.tolist())
        for item in store.cells(identifier)
    }


@pytest.fixture
def one_thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


def test_a_grid_is_run_kept_and_read_back(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor
) -> None:
    store, told = Store(tmp_path / "new" / "store"), []
    identifier = run_experiment(small_spec, store, one_thread, nobody, told.append)
    stored = store.experiment(identifier)
    assert (stored.status, stored.n_cells, stored.n_finished, stored.n_failed) == (FINISHED, 6, 6, 0)
    assert stored.spec == small_spec
    assert {"jitai", "code", "numpy", "python"} <= set(stored.versions)
    assert told[-1] == ExperimentProgress(Phase.RUNNING_CELLS, "", 6, 6, 0.0)
    cells = store.cells(identifier)
    assert [item.cell for item in cells] == list(small_spec.cells())
    # The very numbers of the trials.
    item = cells[1]
    assert item.cell.method.name == "LLM+TS"
    trial = item.cell.method.trial(item.cell.condition.config, (0.9, 0.1))
    result = run_trial(trial, small_spec.seeds, simulated_responses(0.9, 0.1).verdicts(trial.filter.settings))
    assert item.totals.tolist() == result.total_steps.tolist()
    days = store.steps(item.key)
    assert len(days) == result.lived.sum()
    assert days["executed_action"].tolist() == result.executed_action[result.lived].tolist()
    assert sorted(days["seed"].unique()) == list(small_spec.seeds)
    figures = item.figures
    assert figures.mean_steps == pytest.approx(result.total_steps.mean()) and figures.low < figures.mean_steps
    assert sum(figures.action_shares) == pytest.approx(1)
    agreeing = [((row.executed_action != 0) == (row.can_walk == 1), row.seed) for row in days.itertuples()]
    by_seed = [np.mean([ok for ok, seed in agreeing if seed == wanted]) for wanted in small_spec.seeds]
    assert figures.agreement == pytest.approx(np.mean(by_seed))
    assert figures.mean_days == pytest.approx(result.lived.sum(axis=1).mean())


def test_a_stored_file_alone_is_enough_to_run_its_cell_again(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor
) -> None:
    store = Store(tmp_path)
    identifier = run_experiment(small_spec, store, one_thread, nobody)
    for item in store.cells(identifier):
        copy = tmp_path / "elsewhere.parquet"
        copy.write_bytes(store.steps_file(item.key).read_bytes())
        work = read_work(copy)
        assert work.key == item.key
        assert run_cell(work).result.total_steps.tolist() == item.totals.tolist()


def test_results_do_not_depend_on_the_workers(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor
) -> None:
    alone, many = Store(tmp_path / "one"), Store(tmp_path / "two")
    first = run_experiment(small_spec, alone, one_thread, nobody)
    with local_workers(2) as executor:
        second = run_experiment(small_spec, many, executor, nobody)
    assert numbers(alone, first) == numbers(many, second)
    for item in alone.cells(first):
        assert alone.steps_file(item.key).read_bytes() == many.steps_file(item.key).read_bytes()


def test_what_is_finished_is_not_run_again_and_what_is_damaged_is(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    identifier = run_experiment(small_spec, store, one_thread, nobody)
    before = numbers(store, identifier)
    keys = [item.key for item in store.cells(identifier)]
    whole = store.steps_file(keys[0]).read_bytes()
    store.steps_file(keys[0]).write_bytes(whole[: len(whole) // 2])
    store.steps_file(keys[1]).unlink()
    # Of the right size, but not what was written.
    other = store.steps_file(keys[2]).read_bytes()
    store.steps_file(keys[2]).write_bytes(other[:1000] + bytes(100) + other[1100:])
    with pytest.raises(FileFormatError, match="missing or damaged"):
        store.steps(keys[0])
    ran = []
    monkeypatch.setattr(engine, "run_cell", lambda work: ran.append(work.key) or run_cell(work))
    assert run_experiment(small_spec, store, one_thread, nobody) == identifier
    assert sorted(ran) == sorted(keys[:3])
    assert numbers(store, identifier) == before
    assert store.steps_file(keys[0]).read_bytes() == whole


def test_experiments_share_cells_and_deleting_one_leaves_the_others(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    first = run_experiment(small_spec, store, one_thread, nobody)
    ran = []
    monkeypatch.setattr(engine, "run_cell", lambda work: ran.append(work) or run_cell(work))
    smaller = replace(small_spec, name="smaller", methods=small_spec.methods[:2])
    second = run_experiment(smaller, store, one_thread, nobody)
    assert not ran and second != first
    store.delete(first)
    assert [item.identifier for item in store.experiments()] == [second]
    assert len(list(tmp_path.glob("steps/*.parquet"))) == 4 == len(store.cells(second))
    store.delete(second)
    assert not list(tmp_path.glob("steps/*.parquet"))
    with pytest.raises(ParameterError, match="There is no experiment"):
        store.delete(second)


def test_a_stop_keeps_what_is_finished_and_the_same_command_goes_on(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    monkeypatch.setattr(engine, "_SECONDS_BETWEEN_REPORTS", 0.0)

    def stop_after_two(progress: ExperimentProgress) -> None:
        if progress.phase is Phase.RUNNING_CELLS and progress.n_done == 2:
            store.ask_to_stop(small_spec.identifier)

    identifier = run_experiment(small_spec, store, one_thread, nobody, stop_after_two, n_at_once=1)
    stored = store.experiment(identifier)
    assert stored.status == STOPPED and 2 <= stored.n_finished < 6
    run_experiment(small_spec, store, one_thread, nobody)
    assert store.experiment(identifier).status == FINISHED
    assert len(store.cells(identifier)) == 6


def test_a_cell_that_cannot_be_run_is_named_and_the_others_go_on(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(work: object) -> object:
        if work.trial.policy.key == "planner" and work.trial.config.can_walk_persistence == 0.7:  # type: ignore[attr-defined]
            raise ParameterError("This one cannot be planned.")
        return run_cell(work)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "run_cell", refusing)
    store = Store(tmp_path)
    identifier = run_experiment(small_spec, store, one_thread, nobody)
    stored = store.experiment(identifier)
    assert (stored.status, stored.n_finished, stored.n_failed) == (FINISHED, 5, 1)
    ((cell, why),) = store.failures(identifier)
    assert cell.method.name == "planner" and why == "This one cannot be planned."


def test_a_judge_that_is_not_there_fails_the_experiment_with_its_sentence(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor
) -> None:
    spec = spec_from_mapping({**small_spec.as_mapping(), "judges": ["ollama:none"]})

    def missing(choice: JudgeChoice) -> tuple[JudgesText, str]:
        raise ModelMissing("There is no such model.", hint="Pull it.")

    store = Store(tmp_path)
    with pytest.raises(ModelMissing):
        run_experiment(spec, store, one_thread, missing)
    stored = store.experiment(spec.identifier)
    assert stored.status == FAILED and stored.failure == "There is no such model. Pull it."


class FailingJudge:
    """Scripted: never answers."""

    def judge(self, text: str) -> Verdict:
        return Verdict(Decision.HOLD_BACK, None, VerdictSource.FALLBACK, "", failure="gone")


def test_a_judge_that_stops_answering_takes_no_good_results_with_it(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor
) -> None:
    content = {**small_spec.as_mapping(), "judges": ["embedded"], "statements": {"kinds": ["consent"]}}
    spec, store = spec_from_mapping(content), Store(tmp_path)
    identifier = run_experiment(spec, store, one_thread, lambda choice: (CountingJudge(), "good"))
    before = numbers(store, identifier)
    with pytest.raises(JitaiError, match="embedded could not judge"):
        run_experiment(spec, store, one_thread, lambda choice: (FailingJudge(), "bad"))
    assert numbers(store, identifier) == before
    assert store.experiment(identifier).status == FAILED


def test_new_numbers_replace_old_ones_only_when_they_are_all_there(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    identifier = run_experiment(small_spec, store, one_thread, nobody)
    old = {path.name for path in (tmp_path / "steps").iterdir()}
    for module in ("jitai.experiments.cell", "jitai.experiments.store"):
        monkeypatch.setattr(f"{module}.code_fingerprint", lambda: "other code")

    def stop_at_once(progress: ExperimentProgress) -> None:
        store.ask_to_stop(identifier)

    monkeypatch.setattr(engine, "_SECONDS_BETWEEN_REPORTS", 0.0)
    run_experiment(small_spec, store, one_thread, nobody, stop_at_once, n_at_once=1)
    assert old <= {path.name for path in (tmp_path / "steps").iterdir()}
    run_experiment(small_spec, store, one_thread, nobody)
    new = {path.name for path in (tmp_path / "steps").iterdir()}
    assert len(new) == 6 and not old & new


def test_no_two_processes_run_the_same_experiment(tmp_path: Path, small_spec: ExperimentSpec) -> None:
    store = Store(tmp_path)
    refused = pytest.raises(ParameterError, match="Another process is running this experiment already")
    with store.alone(small_spec.identifier), ThreadPoolExecutor(1) as executor, refused:
        run_experiment(small_spec, store, executor, nobody)
    with ThreadPoolExecutor(1) as executor:
        run_experiment(small_spec, store, executor, nobody)


def test_an_experiment_runs_while_its_judge_says_nothing(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading a model, or one answer, may take longer than anything is heard of the experiment."""
    store, seen = Store(tmp_path), []
    monkeypatch.setattr(engine, "_SECONDS_BETWEEN_HEARTBEATS", 0.05)

    def slow(choice: JudgeChoice) -> tuple[JudgesText, str]:
        with store._open() as index:
            index.execute("update experiments set alive_at = 0")
        give_up = time.monotonic() + 30
        while store.experiment(spec.identifier).status != RUNNING and time.monotonic() < give_up:
            time.sleep(0.05)
        seen.append(store.experiment(spec.identifier).status)
        raise ModelMissing("There is no such model.")

    spec = spec_from_mapping({**small_spec.as_mapping(), "judges": ["embedded"]})
    with pytest.raises(ModelMissing):
        run_experiment(spec, store, one_thread, slow)
    assert seen == [RUNNING]
    assert store.experiment(spec.identifier).status == FAILED


def test_what_is_at_work_is_not_deleted_though_nothing_is_heard_of_it(
    tmp_path: Path, small_spec: ExperimentSpec
) -> None:
    store = Store(tmp_path)
    identifier = store.begin(small_spec)
    with store._open() as index:
        index.execute("update experiments set alive_at = 0")
    assert store.experiment(identifier).status == INTERRUPTED
    with store.alone(identifier), pytest.raises(ParameterError, match="Another process is running"):
        store.delete(identifier)
    store.delete(identifier)
    assert not store.experiments()


def test_numbers_of_another_numpy_or_scipy_are_others(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    identifier = run_experiment(small_spec, store, one_thread, nobody)
    before = {item.key for item in store.cells(identifier)}
    code_fingerprint.cache_clear()
    try:
        for name in ("numpy", "scipy"):
            monkeypatch.setattr(
                "jitai.experiments.cell.version", lambda asked, other=name: "0.0" if asked == other else version(asked)
            )
            code_fingerprint.cache_clear()
            run_experiment(small_spec, store, one_thread, nobody)
            now = {item.key for item in store.cells(identifier)}
            assert len(now) == 6 and not now & before
            assert store.experiment(identifier).versions[name] == "0.0"
            before |= now
    finally:
        monkeypatch.undo()
        code_fingerprint.cache_clear()


def test_a_worker_of_another_version_is_refused(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "run_cell", lambda work: replace(run_cell(work), code="another"))
    with pytest.raises(JitaiError, match="another version of this project"):
        run_experiment(small_spec, Store(tmp_path), one_thread, nobody)


def test_workers_end_with_the_process_that_started_them(tmp_path: Path, small_spec: ExperimentSpec) -> None:
    spec = replace(small_spec, n_seeds=4000)
    process = launch(spec, tmp_path, n_workers=1)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (tmp_path / "steps").is_dir():
        time.sleep(0.05)
    time.sleep(1.0)
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    left = [int(line) for line in children.stdout.split()]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(Path(f"/proc/{number}").exists() for number in left):
        time.sleep(0.2)
    assert left and not any(Path(f"/proc/{number}").exists() for number in left)


class CountingJudge:
    """Scripted: sends always, and counts."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def judge(self, text: str) -> Verdict:
        self.texts.append(text)
        return Verdict(Decision.SEND, 0.9, VerdictSource.MODEL, "")


def test_a_language_model_reads_each_statement_once_for_all_cells(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_SECONDS_BETWEEN_REPORTS", 0.0)
    content = {**small_spec.as_mapping(), "judges": ["embedded"], "statements": {"kinds": ["consent"]}}
    judge, told = CountingJudge(), []
    run_experiment(
        spec_from_mapping(content), Store(tmp_path), one_thread, lambda choice: (judge, "counting"), told.append
    )
    assert 300 < len(judge.texts) == len(set(judge.texts))
    judging = [progress for progress in told if progress.phase is Phase.JUDGING]
    assert {progress.judge for progress in judging} == {"embedded"}
    assert judging[0].n_done == 1 and judging[0].share < 0.01
    assert judging[-1].n_done == judging[-1].n_total == len(judge.texts) and judging[-1].share == 1.0
    assert [progress.n_done for progress in judging] == sorted(progress.n_done for progress in judging)


def test_killed_in_the_midst_it_resumes_and_loses_no_finished_cell(tmp_path: Path, small_spec: ExperimentSpec) -> None:
    # Enough seeds that there is time to kill it.
    spec = replace(small_spec, n_seeds=4000)
    store = Store(tmp_path)
    process = launch(spec, tmp_path, n_workers=1)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = store.experiments()
        if found and found[0].n_finished >= 1:
            break
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = {item.key: item.totals.tolist() for item in store.cells(spec.identifier)}
    assert 1 <= len(kept) < 6
    status = store.experiment(spec.identifier)
    assert status.status == RUNNING
    with store._open() as index:
        index.execute("update experiments set alive_at = alive_at - 1000")
    assert store.experiment(spec.identifier).status == INTERRUPTED
    times = {key: store.steps_file(key).stat().st_mtime_ns for key in kept}
    # What was half written when it was killed is removed once it is old enough to be nobody's.
    half_written = [tmp_path / "steps" / ".half.partial", *tmp_path.glob("steps/*.partial")]
    for file in half_written:
        file.touch()
        os.utime(file, (time.time() - 1000,) * 2)
    assert launch(spec, tmp_path, n_workers=2).wait(120) == 0
    assert store.experiment(spec.identifier).status == FINISHED
    after = {item.key: item.totals.tolist() for item in store.cells(spec.identifier)}
    assert len(after) == 6
    assert {key: after[key] for key in kept} == kept
    assert {key: store.steps_file(key).stat().st_mtime_ns for key in kept} == times
    assert not list(tmp_path.glob("steps/*.partial"))


@pytest.mark.needs("cluster")
def test_a_real_cluster_gives_the_same_numbers(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor
) -> None:
    """The command of the README starts it; when its workers are killed, a sentence says so and nothing is lost."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    command = [sys.executable, "-m", "jitai", "cluster", "--workers", "2", "--port", "0"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[1].rstrip(",")
        here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
        with cluster_workers(address) as executor:
            far = run_experiment(small_spec, there, executor, nobody)
            near = run_experiment(small_spec, here, one_thread, nobody)
            assert numbers(here, near) == numbers(there, far)
            longer = replace(small_spec, n_seeds=7)

            def kill_the_scheduler(progress: ExperimentProgress) -> None:
                if progress.phase is Phase.RUNNING_CELLS:
                    process.kill()

            with pytest.raises(JitaiError, match="has lost its workers or its scheduler") as error:
                run_experiment(longer, there, executor, nobody, kill_the_scheduler)
        assert "the same command again" in error.value.hint
        assert there.experiment(longer.identifier).status == FAILED
        assert numbers(here, near) == numbers(there, far), "what was finished is there"
    finally:
        process.kill()
        process.communicate(timeout=20)


@pytest.mark.needs("cluster")
def test_a_cluster_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jitai.experiments.workers.SECONDS_FOR_THE_SCHEDULER", 1)
    with pytest.raises(ParameterError, match="No Dask scheduler answers at"), cluster_workers("tcp://127.0.0.1:1"):
        pass


@pytest.mark.needs("cluster")
@pytest.mark.parametrize("address", ["no address", "ftp://x:1", "tcp://x", "tcp://x:99999", "tcp://[x:1", ""])
def test_what_is_no_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(ParameterError, match="is no address of a Dask scheduler"), cluster_workers(address):
        pass


def test_no_worker_is_refused() -> None:
    with pytest.raises(ParameterError, match="at least 1 is needed"), local_workers(0):
        pass


def test_a_worker_that_dies_is_named_and_nothing_is_lost(tmp_path: Path, small_spec: ExperimentSpec) -> None:
    store = Store(tmp_path)
    with local_workers(1) as executor, pytest.raises(JitaiError, match="A worker process ended"):
        executor.submit(os.kill, 0, 0).result()  # the pool has a worker now
        victim = next(iter(executor._processes))  # type: ignore[attr-defined]
        os.kill(victim, signal.SIGKILL)
        run_experiment(small_spec, store, executor, nobody)
    assert store.experiment(small_spec.identifier).status == FAILED
    with ThreadPoolExecutor(1) as executor:
        run_experiment(small_spec, store, executor, nobody)
    assert store.experiment(small_spec.identifier).status == FINISHED


def test_a_damaged_index_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_bytes(b"this is no database, but it may be somebody's work" * 20)
    with pytest.raises(FileFormatError, match=r"index\.sqlite cannot be used"):
        Store(tmp_path).experiments()
    assert (tmp_path / "index.sqlite").read_bytes().startswith(b"this is no database")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, small_spec: ExperimentSpec) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileFormatError, match="cannot be written"):
        Store(tmp_path / "file").begin(small_spec)


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "foreign.parquet")
    with pytest.raises(FileFormatError, match="holds no description of a cell"):
        read_work(tmp_path / "foreign.parquet")
    (tmp_path / "text.parquet").write_text("hello")
    with pytest.raises(FileFormatError, match="missing, damaged or no Parquet file"):
        read_work(tmp_path / "text.parquet")


def test_an_experiment_of_another_version_hides_none_of_the_others(
    tmp_path: Path, small_spec: ExperimentSpec, one_thread: ThreadPoolExecutor
) -> None:
    store = Store(tmp_path)
    identifier = run_experiment(small_spec, store, one_thread, nobody)
    other = store.begin(replace(small_spec, name="of tomorrow"))
    with store._open() as index:
        index.execute("update experiments set spec = ? where id = ?", ('{"format": 99, "name": "x"}', other))
    assert [item.identifier for item in store.experiments()] == [identifier]
    (problem,) = store.unreadable()
    assert other in problem and "format is 99" in problem
    with pytest.raises(FileFormatError, match="described by another version"):
        store.cells(other)
    assert len(store.cells(identifier)) == 6
