"""The one place of a process where a policy is trained, measured and set beside others; pages only look at it."""

import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jitai.belief import BeliefSettings
from jitai.errors import JitaiError
from jitai.experiments.batch import read_all, simulated_judge
from jitai.experiments.trial import PLANNER, TrialSpec
from jitai.filters import NONE, VETO, FilterSettings
from jitai.learning.background import Background
from jitai.learning.evaluate import N_SEEDS, Evaluation, evaluate, evaluate_as_trained, participants_of, trial_of
from jitai.learning.task import LearningTask
from jitai.learning.train import Training, TrainingRun
from jitai.policies.learned import PolicyNetwork
from jitai.policies.registry import THOMPSON
from jitai.simulator.config import SimulatorConfig

RANDOM, LLM_TS, PLANNED = "random", "LLM+TS", "planner"
YARDSTICKS: dict[str, tuple[str, str]] = {RANDOM: ("random", NONE), LLM_TS: (THOMPSON, VETO), PLANNED: (PLANNER, NONE)}
"""What a trained policy is set beside: policy and filter, in the order in which they are measured, the slowest last."""


@dataclass(frozen=True)
class Share:
    """What is earned of the optimum, on average over kinds of participants.

    Attributes:
        share: of the optimum; 1 is all of it, NaN where some kind of participant can earn nothing at all.
        half_width: half the width of its 95 % interval. Of several kinds, the mean of theirs: they meet the same
            seeds, so it is at most that wide.
        mean_steps: earned in a study, in steps.
        n_seeds: studies with each kind.
        n_kinds: of participants.
    """

    share: float
    half_width: float
    mean_steps: float
    n_seeds: int
    n_kinds: int


def share_of(found: tuple[Evaluation, ...]) -> Share:
    """The mean over kinds of participants, at least one."""
    n_kinds = len(found)
    return Share(
        sum(item.share for item in found) / n_kinds,
        sum(item.share_half_width for item in found) / n_kinds,
        sum(item.mean_steps for item in found) / n_kinds,
        found[0].n_seeds,
        n_kinds,
    )


@dataclass(frozen=True)
class Figures:
    """What is known of a policy's worth; it does not change while it is drawn.

    Attributes:
        yardsticks: what others earn with the same participants and judge, by name in YARDSTICKS; those measured so far.
        policy: what the policy itself earns; None before it is measured.
        finished: whether nothing more will come.
        failure: why it could not be measured, as a sentence; else empty.
    """

    yardsticks: Mapping[str, Share] = field(default_factory=dict)
    policy: Share | None = None
    finished: bool = False
    failure: str = ""


class Measurement(Background):
    """Measures others and a policy, in a thread of its own, on seeds that no training uses.

    The planner's plan takes a second for each kind of participant and would slow a training down, as threads of one
    process hinder each other; for several kinds it waits until the policy is there.

    Args:
        participants: one kind after the other.
        belief: with the simulated judge's error rates.
        policy: gives the policy once it is there, or None if there will be none; asked last, and may wait.
        n_seeds: of each kind of participant.
        known: what has been measured before; this measurement adds to it.
    """

    def __init__(
        self,
        participants: tuple[SimulatorConfig, ...],
        belief: BeliefSettings,
        policy: Callable[[], PolicyNetwork | None],
        n_seeds: int = N_SEEDS,
        known: dict[Hashable, Share] | None = None,
    ) -> None:
        super().__init__("measuring", "The measuring")
        self._participants, self._belief, self._policy, self._n_seeds = participants, belief, policy, n_seeds
        self._known: dict[Hashable, Share] = {} if known is None else known
        self._yardsticks: dict[str, Share] = {}
        self._found: Share | None = None

    def snapshot(self) -> Figures:
        """What is known now.

        Raises: what the measuring raised against its promise, once: that is a bug. Afterwards it is a failure, so
            that the page can be used on.
        """
        finished = self._ended.is_set()
        with self._lock:
            self._raise_bug()
            return Figures(dict(self._yardsticks), self._found, finished, self._failure)

    def _do(self) -> None:
        later = [name for name in YARDSTICKS if name == PLANNED and len(self._participants) > 1]
        for name in YARDSTICKS:
            if name not in later or self._key(name) in self._known:
                self._measure(name)
        network = self._policy()
        if network is not None:
            found = share_of(evaluate_as_trained(network, n_seeds=self._n_seeds))
            with self._lock:
                self._found = found
            for name in later:
                self._measure(name)

    def _key(self, name: str) -> Hashable:
        return name, self._participants, self._belief, self._n_seeds

    def _measure(self, name: str) -> None:
        """Measure one of the others, unless it is known."""
        key = self._key(name)
        if key not in self._known:
            policy, strategy = YARDSTICKS[name]
            spec = TrialSpec(policy=policy, filter=FilterSettings(strategy), belief=self._belief)
            verdicts = None
            if spec.heeds_text:
                verdicts = read_all(*simulated_judge(self._belief.finds_cannot_walk, self._belief.false_alarms))
            self._known[key] = share_of(evaluate(spec, self._participants, verdicts, self._n_seeds))
        with self._lock:
            self._yardsticks[name] = self._known[key]


@dataclass(frozen=True)
class AtTheDesk:
    """The latest training of this process, as far as it has come.

    Attributes:
        training: its state.
        figures: what is known of its worth.
        owner: whose it is, as given when it was started.
    """

    training: Training
    figures: Figures
    owner: str

    @property
    def at_work(self) -> bool:
        """Whether it is still trained or measured."""
        return not (self.training.finished and self.figures.finished)


class TrainingDesk:
    """Trains one policy at a time, whichever page asks. All methods may be called from any thread.

    Args:
        n_seeds: on which policies are measured, of each kind of participant.
    """

    def __init__(self, n_seeds: int = N_SEEDS) -> None:
        self.n_seeds = n_seeds
        self._lock = threading.Lock()
        self._run: TrainingRun | None = None
        self._figures: Measurement | None = None
        self._owner = ""
        self._known: dict[Hashable, Share] = {}
        self._of_files: dict[str, Measurement] = {}

    def start(self, task: LearningTask, folder: Path, owner: str = "", resume: bool = False) -> None:
        """Begin a training, and measure what it leads to.

        Args:
            task: what is learnt.
            folder: where it is kept when stopped.
            owner: whose it is.
            resume: take up what is kept there of the same task.
        Raises: JitaiError if another is under way, FileFormatError if there is nothing to be taken up.
        """
        with self._lock:
            if self._run is not None and not self._run.wait(0):
                raise JitaiError(
                    "Another training is under way in this program, and there is one at a time.",
                    "Wait for it, or stop it: what it has learnt stays.",
                )
            run = TrainingRun(task, folder, resume)

            def learnt() -> PolicyNetwork | None:
                run.wait()
                return run.snapshot().network

            figures = Measurement(task.participants, task.belief, learnt, self.n_seeds, self._known)
            self._run, self._figures, self._owner = run, figures, owner
            run.start()
            figures.start()

    def stop(self) -> None:
        """End the training; what is learnt by then stays."""
        with self._lock:
            if self._run is not None:
                self._run.stop()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the latest training is over and measured. Returns whether it is."""
        figures = self._figures
        return figures is None or figures.wait(timeout_s)

    def snapshot(self) -> AtTheDesk | None:
        """The latest training; None before the first.

        Raises: as ``TrainingRun.snapshot``.
        """
        with self._lock:
            if self._run is None or self._figures is None:
                return None
            run, figures, owner = self._run, self._figures, self._owner
        # The figures first: they are complete only after the training is.
        known = figures.snapshot()
        return AtTheDesk(run.snapshot(), known, owner)

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

    def figures_of(self, network: PolicyNetwork) -> Figures | None:
        """What is known of a policy's worth; None if it was neither trained nor measured by this process."""
        with self._lock:
            measurement = self._of_files.get(network.digest)
        if measurement is not None:
            return measurement.snapshot()
        now = self.snapshot()
        if now is not None and now.training.network == network:
            return now.figures
        return None
