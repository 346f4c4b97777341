"""The methods to which a trained policy is compared, and what each of them earns."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

from jitai.background import BackgroundJob
from jitai.policies.baselines import RandomPolicy
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import PolicyNetwork
from jitai.policies.planner import BeliefPlanner
from jitai.policies.registry import PolicySpec
from jitai.policies.thompson import ThompsonSampling
from jitai.rl.evaluation import N_SEEDS, Evaluation, evaluate, evaluate_as_trained
from jitai.simulator.config import SimulatorConfig
from jitai.trial.filters import NONE, VETO, FilterSpec
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import read_all, simulated_judge

RANDOM, LLM_TS, PLANNED = "random", "LLM+TS", "planner"
BASELINES: dict[str, tuple[str, str]] = {
    RANDOM: (RandomPolicy.key, NONE),
    LLM_TS: (ThompsonSampling.key, VETO),
    PLANNED: (BeliefPlanner.key, NONE),
}
"""What a trained policy is set beside: policy and filter, in the order in which they are measured, the slowest last."""


@dataclass(frozen=True)
class Share:
    """The share of the optimum that is earned, on average over kinds of participants.

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
    """Return the mean over kinds of participants, at least one."""
    n_kinds = len(found)
    return Share(
        sum(item.share for item in found) / n_kinds,
        sum(item.share_half_width for item in found) / n_kinds,
        sum(item.mean_steps for item in found) / n_kinds,
        found[0].n_seeds,
        n_kinds,
    )


@dataclass(frozen=True)
class PolicyWorth:
    """What a policy earns, as far as it has been measured; it does not change while it is drawn.

    Attributes:
        baselines: what others earn with the same participants and judge, by name in BASELINES; those measured so far.
        policy: what the policy itself earns; None before it is measured.
        finished: whether nothing more will come.
        failure: why it could not be measured, as a sentence; else empty.
    """

    baselines: Mapping[str, Share] = field(default_factory=dict)
    policy: Share | None = None
    finished: bool = False
    failure: str = ""


class Measurement(BackgroundJob[PolicyWorth]):
    """Measures a policy, and the others that it is compared to, on seeds that no training uses.

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
        self._baselines: dict[str, Share] = {}
        self._found: Share | None = None

    def _snapshot(self, finished: bool) -> PolicyWorth:
        return PolicyWorth(dict(self._baselines), self._found, finished, self._failure)

    def _run(self) -> None:
        later = [name for name in BASELINES if name == PLANNED and len(self._participants) > 1]
        for name in BASELINES:
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
        """Measure one of the other methods, unless its result is known."""
        key = self._key(name)
        if key not in self._known:
            policy, strategy = BASELINES[name]
            spec = TrialSpec(policy=PolicySpec(policy), filter=FilterSpec(strategy), belief=self._belief)
            verdicts = None
            if spec.uses_text:
                verdicts = read_all(*simulated_judge(self._belief.finds_cannot_walk, self._belief.false_alarms))
            self._known[key] = share_of(evaluate(spec, self._participants, verdicts, self._n_seeds))
        with self._lock:
            self._baselines[name] = self._known[key]
