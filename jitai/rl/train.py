"""Training in the background, which can be watched, stopped and resumed."""

import atexit
import importlib
import json
import math
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from jitai.background import BackgroundJob
from jitai.background_process import BackgroundProcess
from jitai.errors import FileFormatError
from jitai.files import make_folder, read_json, remove, set_aside, write_atomically
from jitai.installation import TRAINING
from jitai.policies.network import PolicyNetwork
from jitai.rl.episodes import Episodes, TrainingSeeds
from jitai.rl.task import SIMULATED, LearningTask, envs_of
from jitai.statistics import interval_of_mean
from jitai.trial.filters import FILTERS
from jitai.trial.verdict_table import Verdicts

ProgressCallback = Callable[[int, list[float]], bool]
"""Told the decisions made and the returns of studies that ended; says whether to go on."""

N_POINTS = 100
"""Points of a complete learning curve, at the most."""
_KEEP_EVERY_S = 60.0
_END_WITHIN_S = 10.0
_STATE_FILE = "state.json"


class CurvePoint(NamedTuple):
    """The studies that ended in one stretch of the training.

    Attributes:
        n_steps: decisions made by its end, in all.
        mean_steps: steps earned in such a study, on average. The learner tries things out, so in use it earns more.
        half_width: half the width of the 95 % interval of that mean, in steps; infinite for a single study.
        n_studies: how many ended.
    """

    n_steps: int
    mean_steps: float
    half_width: float
    n_studies: int


@dataclass(frozen=True)
class Training:
    """The state of a training; it does not change while it is drawn.

    Attributes:
        task: what is learnt.
        n_steps: decisions so far, in all; may end a little above the settings' number, as all act at once.
        curve: the learning curve so far.
        seconds_left: estimated; None before there is anything to go by, 0 when finished.
        steps_per_s: decisions a second since the start or the last resumption; 0 before there is anything to go by.
        at_work: what is being done, in words; empty when finished.
        finished: whether nothing more will come.
        stopped: whether a person ended it early; it can be resumed if a folder was given.
        failure: why it could not continue (there is no network then) or be kept, as a sentence; else empty.
        network: what was learnt; None until finished.
    """

    task: LearningTask
    n_steps: int = 0
    curve: tuple[CurvePoint, ...] = ()
    seconds_left: float | None = None
    steps_per_s: float = 0.0
    at_work: str = ""
    finished: bool = False
    stopped: bool = False
    failure: str = ""
    network: PolicyNetwork | None = None

    @property
    def share_done(self) -> float:
        """Share of the decisions that are made, in [0, 1]."""
        return min(1.0, self.n_steps / self.task.settings.total_steps)


class Checkpoint(NamedTuple):
    """A training that was stopped.

    Attributes:
        n_steps: decisions made.
        n_seeds: training seeds used.
        seconds: spent.
        curve: as far as it came.
        judge: name of the judge.
        files: signatures of the files that hold the learner, by their names.
    """

    n_steps: int
    n_seeds: int
    seconds: float
    curve: tuple[CurvePoint, ...]
    judge: str
    files: Mapping[str, str] = MappingProxyType({})


def checkpoint_of(task: LearningTask, folder: Path) -> Checkpoint | None:
    """Return the checkpoint from which this task can be resumed, whatever its number of steps; None if there is none.

    Args:
        task: with the settings of the one that was stopped.
        folder: that was given to it.
    """
    try:
        # The interval of a curve's point is infinite where one study ended.
        content = read_json(folder / task.digest / _STATE_FILE, only_finite=False)
        curve = tuple(CurvePoint(*point) for point in content["curve"])
        n_steps, n_seeds, seconds = int(content["n_steps"]), int(content["n_seeds"]), float(content["seconds"])
        files = {str(name): str(code) for name, code in dict(content["files"]).items()}
        return Checkpoint(n_steps, n_seeds, seconds, curve, str(content["judge"]), files)
    except (FileFormatError, ValueError, KeyError, TypeError, OverflowError):
        return None


class TrainingRun(BackgroundJob[Training]):
    """Trains a policy. If it is stopped, it ends after the present decision, and is kept if a folder was given.

    One at a time: stable-baselines3 seeds the random numbers of the whole process, so two side by side disturb each
    other's repeatability, though nothing else.

    Args:
        task: what is learnt.
        folder: where the training is kept each minute and when stopped, so that it can be resumed; the person's own,
            as what lies there is trusted. None keeps nothing. What is kept is removed when the training is complete.
        resume: take up what is kept there of the same task; its steps may differ.
        verdicts: of the judge, on the statements that participants write; None has them drawn with the error rates of
            the task's belief.
        judge: name of the judge of the verdicts.
    Raises: PartMissing if the parts of training are not installed, FileFormatError if there is nothing to resume.
    """

    def __init__(
        self,
        task: LearningTask,
        folder: Path | None = None,
        resume: bool = False,
        verdicts: Verdicts | None = None,
        judge: str = SIMULATED,
    ) -> None:
        TRAINING.require()
        super().__init__("training", "The training")
        self.task = task
        self._folder = None if folder is None else folder / task.digest
        self._kept = checkpoint_of(task, folder) if resume and folder is not None else None
        if resume and (self._kept is None or self._kept.judge != judge):
            raise FileFormatError(
                "There is no stopped training with these settings, participants, observations and judge.",
                "Start one; only the number of decisions may differ when it is resumed.",
            )
        self._verdicts, self._judge = verdicts, judge
        before = self._kept or Checkpoint(0, 0, 0.0, (), judge)
        self._n_steps, self._curve, self._seconds_before = before.n_steps, list(before.curve), before.seconds
        self._n_steps_before = before.n_steps
        self._took_s = 0.0
        self._returns: list[float] = []
        self._network: PolicyNetwork | None = None
        self._at_work = "getting ready"
        self._files: Mapping[str, str] = {}
        self._has_made_way = False

    def start(self) -> None:
        """Begin; call it once only. If the program ends first, the training is stopped and kept."""
        # Torch must not be at work while the interpreter is torn down.
        atexit.register(self._end)
        super().start()

    def _snapshot(self, finished: bool) -> Training:
        n_steps, network, total = self._n_steps, self._network, self.task.settings.total_steps
        pace = (n_steps - self._n_steps_before) / self._took_s if self._took_s > 0 else 0.0
        left_s = max(0, total - n_steps) / pace if pace > 0 else None
        return Training(
            self.task,
            n_steps,
            tuple(self._curve),
            seconds_left=0.0 if finished else left_s,
            steps_per_s=pace,
            at_work="" if finished else self._at_work,
            finished=finished,
            stopped=finished and network is not None and n_steps < total,
            failure=self._failure,
            network=network if finished else None,
        )

    def _after(self) -> None:
        atexit.unregister(self._end)

    def _end(self) -> None:
        self.stop()
        self.wait(_END_WITHIN_S)

    def _run(self) -> None:
        # A second or two to import: only the thread that trains waits for it.
        from jitai.rl import algorithms
        from jitai.rl.vec_env import EpisodesVecEnv

        task = self.task
        verdicts = self._verdicts or task.simulated_verdicts()
        seeds = TrainingSeeds(task.settings.learning_seed, self._kept.n_seeds if self._kept else 0)
        sizes = envs_of(task.settings.n_lanes, task.participants)
        groups = [
            Episodes(spec, task.observations, n_lanes, verdicts, seeds)
            for spec, n_lanes in zip(task.specs(), sizes, strict=True)
        ]
        environment = EpisodesVecEnv(groups, task.reward_unit, task.ends_with_the_study)
        if self._kept is not None and self._folder is not None:
            algorithm = algorithms.resume(task, environment, self._folder, self._kept.files)
        else:
            algorithm = algorithms.make_algorithm(task, environment)

        def keep() -> None:
            self._keep(lambda folder: algorithms.keep(algorithm, folder), seeds.n_used)

        self._looked_after(
            keep, lambda on_progress: algorithms.learn(algorithm, task.settings.total_steps, on_progress)
        )
        network = algorithms.as_network(
            algorithm, task, task.trained_on(self._n_steps, self._seconds_before + self._took_s, self._judge)
        )
        with self._lock:
            self._network = network
        if self._n_steps < task.settings.total_steps:
            keep()
        elif self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _looked_after(self, keep: Callable[[], None], learn: Callable[[ProgressCallback], None]) -> None:
        """Learn, draw the curve and keep the training now and then."""
        # Where a stretch is shorter than a study, those that end early would be over-represented.
        settings = self.task.settings
        every = max(settings.total_steps // N_POINTS, settings.n_lanes * self.task.study_length)
        began = kept_at = time.monotonic()
        with self._lock:
            self._at_work = "learning"

        def on_progress(n_steps: int, returns: list[float]) -> bool:
            nonlocal kept_at
            self._returns += returns
            with self._lock:
                self._n_steps = n_steps
                self._took_s = time.monotonic() - began
                last = self._curve[-1].n_steps if self._curve else 0
                if self._returns and n_steps - last >= every:
                    self._curve.append(_point(n_steps, self._returns))
                    self._returns = []
            if time.monotonic() - kept_at > _KEEP_EVERY_S:
                keep()
                kept_at = time.monotonic()
            return not self.stopping

        learn(on_progress)

    def _keep(self, write: Callable[[Path], dict[str, str]], n_seeds: int) -> None:
        """Write the training, its state last; a full disk does not end the training."""
        if self._folder is None:
            return
        with self._lock:
            state: dict[str, Any] = {
                "n_steps": self._n_steps,
                "n_seeds": n_seeds,
                "seconds": self._seconds_before + self._took_s,
                "curve": [list(point) for point in self._curve],
                "judge": self._judge,
            }
        failure = ""
        try:
            make_folder(self._folder)
            state["files"] = write(self._folder)
            self._make_way()
            write_atomically(self._folder / _STATE_FILE, json.dumps(state))
            for name in self._files.keys() - state["files"].keys():
                remove(self._folder / name)
            self._files = state["files"]
        except FileFormatError as error:
            failure = f"The training cannot be kept to be resumed later. {error.in_full}"
            for name in state.get("files", {}):  # what no state names would lie there for ever
                remove(self._folder / name)
        with self._lock:
            self._failure = failure

    def _make_way(self) -> None:
        """Before the first writing: set a damaged state aside, and remember the files of a whole one to remove them."""
        if self._folder is None or self._has_made_way:
            return
        self._has_made_way = True
        before = checkpoint_of(self.task, self._folder.parent)
        if before is None and (self._folder / _STATE_FILE).exists():
            set_aside(self._folder / _STATE_FILE)
        self._files = {} if before is None else {name: "" for name in before.files if Path(name).name == name}


def train_elsewhere(task: LearningTask, folder: Path, resume: bool = False) -> BackgroundProcess[Training]:
    """Return a training in a process of its own: stable-baselines3 is Python all the time, and pages would wait for it.

    Args:
        task, folder, resume: see TrainingRun; the judge is the simulated one.
    Raises: what TrainingRun raises.
    """
    return BackgroundProcess(partial(_run_of, FILTERS[task.filter].__module__, task, folder, resume), _broken_off)


def _run_of(module: str, task: LearningTask, folder: Path, resume: bool) -> TrainingRun:
    """Return a training, once the filter's module, which may be from outside the project, is loaded."""
    importlib.import_module(module)
    return TrainingRun(task, folder, resume)


def _broken_off(training: Training, failure: str) -> Training:
    return replace(training, finished=True, failure=failure, at_work="", seconds_left=0.0)


def _point(n_steps: int, returns: list[float]) -> CurvePoint:
    mean = interval_of_mean(returns)
    return CurvePoint(n_steps, mean.value, math.inf if mean.n == 1 else mean.half_width, mean.n)
