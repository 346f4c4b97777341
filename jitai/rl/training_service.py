"""The one place in a process where policies are trained, measured and compared; pages only look at it."""

import threading
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from jitai.background_process import BackgroundProcess
from jitai.errors import JitaiError
from jitai.policies.network import PolicyNetwork
from jitai.rl.baselines import Measurement, PolicyWorth, Share
from jitai.rl.evaluation import N_SEEDS
from jitai.rl.task import LearningTask
from jitai.rl.train import Training, train_elsewhere
from jitai.trial.spec import participants_of, trial_of


@dataclass(frozen=True)
class TrainingStatus:
    """The state of the latest training of this process.

    Attributes:
        training: its state.
        figures: what is known of its worth.
        owner: whose it is, as given when it was started.
    """

    training: Training
    figures: PolicyWorth
    owner: str

    @property
    def at_work(self) -> bool:
        """Whether the policy is still being trained or measured."""
        return not (self.training.finished and self.figures.finished)


class TrainingService:
    """Trains one policy at a time, whichever page asks. All methods may be called from any thread.

    Args:
        n_seeds: on which policies are measured, of each kind of participant.
    """

    def __init__(self, n_seeds: int = N_SEEDS) -> None:
        self.n_seeds = n_seeds
        self._lock = threading.Lock()
        self._run: BackgroundProcess[Training] | None = None
        self._figures: Measurement | None = None
        self._owner = ""
        self._known: dict[Hashable, Share] = {}
        self._of_files: dict[str, Measurement] = {}

    def start(self, task: LearningTask, folder: Path, owner: str = "", resume: bool = False) -> None:
        """Begin a training, and measure the policy that results.

        Args:
            task: what is learnt.
            folder: where it is kept when stopped.
            owner: whose it is.
            resume: take up what is kept there of the same task.
        Raises: JitaiError if another is under way, FileFormatError if there is nothing to resume.
        """
        with self._lock:
            if self._run is not None and not self._run.wait(0):
                raise JitaiError(
                    "Another training is under way in this program, and there is one at a time.",
                    "Wait for it, or stop it: what it has learnt stays.",
                )
            run = train_elsewhere(task, folder, resume)

            def learnt() -> PolicyNetwork | None:
                run.wait()
                return run.snapshot().network

            figures = Measurement(task.participants, task.belief, learnt, self.n_seeds, self._known)
            self._run, self._figures, self._owner = run, figures, owner
            run.start()
            figures.start()

    def stop(self) -> None:
        """End the training; what has been learnt so far is kept."""
        with self._lock:
            if self._run is not None:
                self._run.stop()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the latest training is over and measured. Returns whether it is."""
        figures = self._figures
        return figures is None or figures.wait(timeout_s)

    def snapshot(self) -> TrainingStatus | None:
        """Return the state of the latest training; None before the first."""
        with self._lock:
            if self._run is None or self._figures is None:
                return None
            run, figures, owner = self._run, self._figures, self._owner
        # The figures first: they are complete only after the training is.
        known = figures.snapshot()
        return TrainingStatus(run.snapshot(), known, owner)

    def measure(self, network: PolicyNetwork) -> None:
        """Measure a policy on the participants that it was trained on, with the simulated judge of its training.

        Raises: ParameterError if what it holds of these is not allowed.
        """
        figures = Measurement(
            participants_of(network), trial_of(network).belief, lambda: network, self.n_seeds, self._known
        )
        with self._lock:
            if network.digest in self._of_files:
                return
            self._of_files[network.digest] = figures
        figures.start()

    def figures_of(self, network: PolicyNetwork) -> PolicyWorth | None:
        """Return what a policy earns; None if this process has neither trained nor measured it."""
        with self._lock:
            measurement = self._of_files.get(network.digest)
        if measurement is not None:
            return measurement.snapshot()
        now = self.snapshot()
        if now is not None and now.training.network == network:
            return now.figures
        return None
