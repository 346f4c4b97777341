"""What is to be learnt: the algorithm, the participants, and what the learner sees."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise

from jitai import __version__
from jitai.errors import ParameterError
from jitai.parameters import choice, lasting_mapping, parameter, suggestion, validate
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import (
    ALGORITHM_LABELS,
    BELIEF,
    DAY,
    DQN,
    MAX_PARTICIPANTS,
    MAX_WIDTH,
    PPO,
    Scalar,
    TrainedOn,
    check_learned_observations,
)
from jitai.seeding import MAX_SEED
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.trial.filters import NONE, FilterSpec, training_filters
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import Verdicts, read_all, simulated_judge

_GROUP = "Learning"
_OURS = "our choice, by what came closest to the planner (assets/policies/README.md)"

DEFAULT_OBSERVATIONS = ("P", "L", "H", "D", BELIEF, DAY)
SIMULATED = "simulated"
"""Name of the judge of a training that draws its verdicts with given error rates."""


@dataclass(frozen=True)
class LearningSettings:
    """How a policy is trained; validated when made.

    Raises: ParameterError naming the field and what is allowed.
    """

    algorithm: str = choice(
        PPO, label="Algorithm", group=_GROUP, choices=tuple(ALGORITHM_LABELS), source=_OURS,
        help="Of stable-baselines3. PPO and A2C adjust the probability of each action, DQN estimates what each is "
        "worth.",
    )  # fmt: skip
    total_steps: int = parameter(
        1_000_000, label="Decisions to learn from", low=1_000, high=100_000_000, unit="decisions", group=_GROUP,
        step=100_000, source=_OURS,
        help="Days lived by all simulated participants together. A million takes about half a minute with PPO.",
    )  # fmt: skip
    n_lanes: int = parameter(
        256, label="Participants at once", low=1, high=4096, unit="participants", group=_GROUP, step=16, source=_OURS,
        help="How many simulated participants live side by side. Many make training fast and its steps sure.",
    )  # fmt: skip
    learning_rate: float = parameter(
        3e-3, label="Learning rate", low=1e-6, high=0.1, unit="", group=_GROUP, step=1e-4, source=_OURS,
        help="How far one update moves the network. It falls to 0 in a straight line until the end.",
    )  # fmt: skip
    discount: float = parameter(
        1.0, label="Discount", symbol="γ", low=0.5, high=1, unit="per day", group=_GROUP, source=_OURS,
        help="How much tomorrow's steps count today. At 1 the policy learns to earn the most in the whole study; "
        "below, it is in a hurry.",
    )  # fmt: skip
    entropy_bonus: float = parameter(
        0.0, label="Reward for trying things out", low=0, high=1, unit="", group=_GROUP, step=0.001, source=_OURS,
        help="PPO and A2C only: how much it is rewarded for not settling on one action too early.",
    )  # fmt: skip
    width: int = parameter(
        64, label="Width of the network", low=4, high=MAX_WIDTH, unit="neurons", group=_GROUP, step=4, source=_OURS,
        help="Neurons in each of its two hidden layers.",
    )  # fmt: skip
    learning_seed: int = parameter(
        1, label="Seed of the training", low=0, high=MAX_SEED, unit="", group=_GROUP, step=1, source=_OURS,
        help="Of the network's first weights, the exploration and the participants. Training seeds are never used to "
        "measure a policy.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        validate(self)


@dataclass(frozen=True)
class LearningTask:
    """Everything that decides a training, except its judge's verdicts; validated when made.

    Attributes:
        settings: of the learner.
        observations: what it sees, keys of OBSERVATION_LABELS.
        participants: who it learns from, an equal number of each kind; all with studies of the same length.
        belief: how the belief is formed; its error rates are those of the simulated judge.
        filter: what the judge may do in training. The learner is told its own candidate, and what that led to.

    Raises: ParameterError naming what is wrong.
    """

    settings: LearningSettings = field(default_factory=LearningSettings)
    observations: tuple[str, ...] = DEFAULT_OBSERVATIONS
    participants: tuple[SimulatorConfig, ...] = (PRESETS[DEFAULT_PRESET],)
    belief: BeliefSettings = field(default_factory=BeliefSettings)
    filter: str = NONE

    def __post_init__(self) -> None:
        check_learned_observations(self.observations)
        if self.filter not in training_filters():
            raise ParameterError(
                f"There is no training under the filter {self.filter!r}{suggestion(self.filter, training_filters())}"
            )
        if not 1 <= len(self.participants) <= min(MAX_PARTICIPANTS, self.settings.n_lanes):
            raise ParameterError(
                f"There are {len(self.participants)} kinds of participants for {self.settings.n_lanes} participants at "
                f"once: at least one kind is needed, a participant of each, and at most {MAX_PARTICIPANTS}."
            )
        lengths = sorted({config.study_length for config in self.participants})
        if len(lengths) > 1:
            raise ParameterError(f"The studies last {', '.join(map(str, lengths))} days: one length is needed for all.")

    @property
    def study_length(self) -> int:
        """Length of the study in days."""
        return self.participants[0].study_length

    @property
    def reward_unit(self) -> float:
        """Steps that are a reward of 1 to the learner: the best ten days there can be; 10 where nobody ever walks."""
        return 10.0 * (max(config.most_steps for config in self.participants) or 1.0)

    @property
    def ends_with_the_study(self) -> bool:
        """Whether nothing counts after the study: the learner sees the day, or does not discount."""
        return DAY in self.observations or self.settings.discount == 1

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits of everything except the number of steps; equal digests can be resumed."""
        content = {
            "settings": {name: value for name, value in asdict(self.settings).items() if name != "total_steps"},
            "observations": self.observations,
            "participants": [config.as_mapping() for config in self.participants],
            "belief": lasting_mapping(self.belief),
            "filter": self.filter,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]

    def specs(self) -> list[TrialSpec]:
        """Return the trials that are learnt from, one for each kind of participant."""
        return [TrialSpec(config, filter=FilterSpec(self.filter), belief=self.belief) for config in self.participants]

    def simulated_verdicts(self) -> Verdicts:
        """Return what the simulated judge says about placeholder statements."""
        return read_all(*simulated_judge(self.belief.finds_cannot_walk, self.belief.false_alarms))

    def trained_on(self, n_steps: int, seconds: float, judge: str) -> TrainedOn:
        """Return the task in the form that a trained policy keeps."""
        learning: dict[str, Scalar] = asdict(self.settings)
        belief: dict[str, Scalar] = lasting_mapping(self.belief)
        return TrainedOn(
            participants=tuple(config.as_mapping() for config in self.participants),
            belief=belief,
            filter=self.filter,
            judge=judge,
            learning=learning,
            n_steps=n_steps,
            minutes=round(seconds / 60, 2),
            version=__version__,
        )

    def policy_name(self) -> str:
        """A name for the policy that results, such as "DQN on P, L, B"."""
        algorithm = ALGORITHM_LABELS[self.settings.algorithm]
        return f"{algorithm} on {', '.join(self.observations)}"


def steps_per_value(task: LearningTask) -> float:
    """Return the steps that one unit of the network's outputs stands for: DQN's outputs are rewards."""
    return task.reward_unit if task.settings.algorithm == DQN else 1.0


def envs_of(n_envs: int, participants: Sequence[SimulatorConfig]) -> list[int]:
    """Return how many participants of each kind are trained on at once, as equal as possible."""
    edges = [n_envs * number // len(participants) for number in range(len(participants) + 1)]
    return [high - low for low, high in pairwise(edges)]
