"""Training on the real simulator: it learns, can be stopped and taken up, and what comes out is the same as numbers."""

import base64
import contextlib
import errno
import json
import os
import pickle
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jitai.installation import TRAINING
from tests.conftest import reason_to_skip

pytest.importorskip("stable_baselines3", reason=reason_to_skip(TRAINING))

from stable_baselines3 import PPO as PPO_CLASS
from stable_baselines3.common.base_class import BaseAlgorithm

from jitai.errors import FileFormatError
from jitai.policies.network import ALGORITHM_LABELS, DQN, PPO
from jitai.rl import algorithms
from jitai.rl.episodes import Episodes, TrainingSeeds
from jitai.rl.evaluation import evaluate_as_trained
from jitai.rl.task import LearningSettings, LearningTask
from jitai.rl.train import ProgressCallback, Training, TrainingRun, checkpoint_of
from jitai.rl.vec_env import EpisodesVecEnv
from jitai.simulator.config import SimulatorConfig
from tests.by_hand import half_width

EASY = SimulatorConfig(study_length=10, can_walk_persistence=0.7, initial_habituation=0.0, initial_disengagement=0.0)
PATIENCE_S = 600
SHORT = {"total_steps": 12_000, "n_lanes": 32, "learning_rate": 3e-3, "width": 16}


def task_of(algorithm: str = PPO, **changes: object) -> LearningTask:
    return LearningTask(LearningSettings(algorithm, **SHORT | changes), participants=(EASY,))  # type: ignore[arg-type]


def finished(run: TrainingRun) -> Training:
    run.start()
    assert run.wait(PATIENCE_S)
    return run.snapshot()


def environment_of(task: LearningTask) -> EpisodesVecEnv:
    episodes = Episodes(task.specs()[0], task.observations, task.settings.n_lanes, None, TrainingSeeds(1))
    return EpisodesVecEnv([episodes], task.reward_unit, task.ends_with_the_study)


@pytest.mark.parametrize("algorithm", ALGORITHM_LABELS)
def test_it_learns_and_the_numbers_do_what_the_library_does(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_of(algorithm, total_steps=24_000 if algorithm == DQN else 12_000)
    learners, learn = [], algorithms.learn

    def remembered(learner: BaseAlgorithm, n_steps: int, look: ProgressCallback) -> None:
        learners.append(learner)
        learn(learner, n_steps, look)

    monkeypatch.setattr(algorithms, "learn", remembered)
    done = finished(TrainingRun(task))
    assert done.finished and not done.stopped and not done.failure and done.network is not None
    assert done.share_done == 1.0 and done.seconds_left == 0.0 and done.at_work == ""
    untrained = algorithms.make_algorithm(task, environment_of(task))
    before = algorithms.as_network(untrained, task, task.trained_on(0, 0.0, "simulated"))
    (was,), (now,) = evaluate_as_trained(before, n_seeds=200), evaluate_as_trained(done.network, n_seeds=200)
    assert now.mean_steps - now.half_width > 1.2 * was.mean_steps
    assert now.share > 0.5
    rows = np.random.default_rng(1).random((2000, len(task.observations)), dtype=np.float32)
    outputs = done.network.outputs(rows)
    ranked = np.sort(outputs, axis=1)
    clear = ranked[:, -1] - ranked[:, -2] > 1e-4 * np.abs(outputs).max()
    assert clear.mean() > 0.99
    predicted = learners[0].predict(rows, deterministic=True)[0]
    assert (np.argmax(outputs, axis=1) == predicted)[clear].all()


def test_the_same_seed_learns_the_same() -> None:
    networks = [finished(TrainingRun(task_of(total_steps=2_000, learning_seed=seed))).network for seed in (5, 5, 6)]
    weights = [network.layers[0].weights for network in networks if network is not None]
    assert (weights[0] == weights[1]).all() and (weights[0] != weights[2]).any()


def test_the_learning_curve_is_the_mean_of_the_studies_with_its_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    studies: list[list[float]] = [[]]
    learn = algorithms.learn

    def watched(learner: BaseAlgorithm, n_steps: int, look: ProgressCallback) -> None:
        def look_on(n_done: int, returns: list[float]) -> bool:
            studies[-1] += returns
            go_on = look(n_done, returns)
            if len(run.snapshot().curve) == len(studies):
                studies.append([])
            return go_on

        learn(learner, n_steps, look_on)

    monkeypatch.setattr(algorithms, "learn", watched)
    run = TrainingRun(task_of(total_steps=3_000, n_lanes=4))
    curve = finished(run).curve
    assert len(curve) > 10 and {point.n_studies for point in curve} - {1}
    for point, returns in zip(curve, studies, strict=False):
        assert point.n_studies == len(returns)
        assert point.mean_steps == pytest.approx(np.mean(returns))
        if point.n_studies > 1:
            assert point.half_width == pytest.approx(half_width(returns))


@pytest.mark.parametrize("algorithm", [PPO, DQN])
def test_a_training_is_stopped_and_taken_up(tmp_path: Path, algorithm: str) -> None:
    task = task_of(algorithm, total_steps=200_000)
    run = TrainingRun(task, tmp_path)
    run.start()
    while not run.snapshot().curve:
        assert not run.wait(0.01)
    under_way = run.snapshot()
    assert under_way.at_work and under_way.seconds_left and under_way.network is None and not under_way.finished
    run.stop()
    assert run.wait(PATIENCE_S)
    stopped = run.snapshot()
    assert stopped.stopped and 0 < stopped.n_steps < 200_000 and stopped.network is not None
    assert stopped.network.trained_on.n_steps == stopped.n_steps
    kept = checkpoint_of(task, tmp_path)
    assert kept is not None and kept.n_steps == stopped.n_steps and kept.curve == stopped.curve

    longer = replace(task, settings=replace(task.settings, total_steps=stopped.n_steps + 4_000))
    resumed = finished(TrainingRun(longer, tmp_path, resume=True))
    assert resumed.n_steps >= stopped.n_steps + 4_000 and not resumed.stopped
    assert resumed.curve[: len(stopped.curve)] == stopped.curve and len(resumed.curve) > len(stopped.curve)
    assert resumed.network is not None and resumed.network != stopped.network
    assert checkpoint_of(task, tmp_path) is None, "nothing is left of a complete training"


def test_only_the_same_training_is_taken_up(tmp_path: Path) -> None:
    run = TrainingRun(task_of(total_steps=200_000), tmp_path)
    run.stop()
    stopped = finished(run)
    assert stopped.stopped and stopped.n_steps
    for other in (
        task_of(width=8),
        task_of(DQN),
        replace(task_of(), observations=("P", "D")),
        replace(task_of(), participants=(replace(EASY, study_length=9),)),
    ):
        with pytest.raises(FileFormatError, match="no stopped training with these settings"):
            TrainingRun(other, tmp_path, resume=True)
    with pytest.raises(FileFormatError, match="and judge"):
        TrainingRun(task_of(), tmp_path, resume=True, judge="another")
    with pytest.raises(FileFormatError, match="no stopped training"):
        TrainingRun(task_of(), None, resume=True)


def test_damaged_files_are_named_in_a_sentence(tmp_path: Path) -> None:
    task = task_of()
    run = TrainingRun(task, tmp_path)
    run.stop()
    finished(run)
    folder = tmp_path / task.digest
    [model] = folder.glob("model-*.zip")
    model.write_bytes(b"no archive")
    failed = finished(TrainingRun(task, tmp_path, resume=True))
    assert "damaged" in failed.failure and failed.network is None and not failed.stopped
    (folder / "state.json").write_text("{}")
    with pytest.raises(FileFormatError, match="no stopped training"):
        TrainingRun(task, tmp_path, resume=True)


def test_a_stranger_s_pickle_is_never_loaded(tmp_path: Path) -> None:
    """A model that would run code when it is read, beside a state that names it."""

    class Attack:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (tmp_path / "executed",)

    task = task_of()
    run = TrainingRun(task, tmp_path)
    run.stop()
    finished(run)
    folder = tmp_path / task.digest
    [model] = folder.glob("model-*.zip")
    attack = base64.b64encode(pickle.dumps(Attack())).decode()
    entry = {":type:": "<class 'x'>", ":serialized:": attack}
    with zipfile.ZipFile(model) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["data"] = json.dumps({**json.loads(parts["data"]), "policy_class": entry}).encode()
    with zipfile.ZipFile(model, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    failed = finished(TrainingRun(task, tmp_path, resume=True))
    assert "not written by this installation" in failed.failure and failed.network is None
    assert not (tmp_path / "executed").exists()
    # Without the signature it would have been executed: the attack is one.
    with contextlib.suppress(Exception):
        PPO_CLASS.load(model)
    assert (tmp_path / "executed").exists()


def test_a_damaged_state_is_set_aside_before_another_is_kept(tmp_path: Path) -> None:
    task = task_of(total_steps=200_000)
    folder = tmp_path / task.digest
    folder.mkdir()
    (folder / "state.json").write_text('{"n_steps": 1e999')
    run = TrainingRun(task, tmp_path)
    run.stop()
    finished(run)
    assert (folder / "state.json.damaged-1").read_text() == '{"n_steps": 1e999'
    assert checkpoint_of(task, tmp_path) is not None


def test_a_folder_that_cannot_be_written_to_is_named_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = TrainingRun(task_of(), tmp_path / "file")
    run.stop()
    failed = finished(run)
    assert "cannot be kept" in failed.failure and failed.stopped and failed.network is not None


def test_a_disk_that_fills_up_leaves_the_last_checkpoint_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_of(total_steps=200_000)
    run = TrainingRun(task, tmp_path)
    run.stop()
    finished(run)
    before = checkpoint_of(task, tmp_path)
    assert before is not None

    def full(handle: int) -> None:
        os.ftruncate(handle, 10)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    again = TrainingRun(task, tmp_path, resume=True)
    again.stop()
    assert "No space left on device" in finished(again).failure
    assert checkpoint_of(task, tmp_path) == before
    assert not list(tmp_path.rglob("*.partial"))


def test_where_nobody_ever_takes_a_step_rewards_are_numbers() -> None:
    nothing = {"steps_at_home": 0.0, "steps_at_work": 0.0, "generic_message_steps": 0.0, "tailored_message_steps": 0.0,
               "mismatched_message_steps": 0.0}  # fmt: skip
    task = replace(task_of(), participants=(replace(EASY, **nothing),))
    environment = environment_of(task)
    environment.reset()
    _, rewards, _, _ = environment.step(np.zeros(task.settings.n_lanes, dtype=int))
    assert task.reward_unit > 0 and (rewards == 0).all()


def test_a_bug_is_in_the_log_and_a_sentence_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*anything: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(algorithms, "learn", broken)
    logged: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: logged.append(arguments.exc_value))
    failed = finished(TrainingRun(task_of()))
    assert "The training ended with an error of the program: ZeroDivisionError" in failed.failure
    assert failed.network is None and isinstance(logged[0], ZeroDivisionError)


def test_what_a_policy_was_trained_on_comes_with_it(tmp_path: Path) -> None:
    cells = (EASY, replace(EASY, can_walk_persistence=0.9))
    task = replace(task_of(total_steps=1_000), participants=cells, observations=("L", "D"), filter="veto")
    network = finished(TrainingRun(task)).network
    assert network is not None
    origin = json.loads(json.dumps(network.as_mapping()))["trained_on"]
    assert [item["can_walk_persistence"] for item in origin["participants"]] == [0.7, 0.9]
    assert origin["filter"] == "veto" and origin["judge"] == "simulated" and origin["n_steps"] >= 1_000
    assert origin["learning"]["algorithm"] == PPO and origin["learning"]["width"] == 16
    assert len(evaluate_as_trained(network, n_seeds=10)) == 2
