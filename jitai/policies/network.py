"""Policies trained by reinforcement learning, as plain numbers; NumPy alone runs them.

A trained policy is a small network that sees a few quantities of the day and gives each action a number; the action
with the largest is proposed. It is kept as JSON: nothing is unpickled, and torch is needed only to train one.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jitai.errors import FileFormatError, JitaiError, ParameterError
from jitai.parameters import suggestion
from jitai.policies.base import View
from jitai.records import Action

Floats = npt.NDArray[np.floating[Any]]

PPO, DQN, A2C = "ppo", "dqn", "a2c"
ALGORITHM_LABELS: dict[str, str] = {PPO: "PPO", DQN: "DQN", A2C: "A2C"}
"""The algorithms of stable-baselines3 that policies can be trained with."""

TRUE_CONTEXT, STEP_COUNT, BELIEF, DAY = "C", "S", "B", "day"
OBSERVATION_LABELS: dict[str, str] = {
    "P": "probability of work, from the context reading",
    "L": "inferred context",
    "H": "habituation",
    "D": "disengagement risk",
    STEP_COUNT: "steps after the previous decision",
    "T": "parity of the day, t mod 2",
    BELIEF: "belief that the participant can walk",
    DAY: "share of the study that is over",
    TRUE_CONTEXT: "true context (privileged: no deployed policy knows it)",
}
"""What a policy may be trained on. Names as published (arXiv:2411.00336), but for B and day, which are ours."""

STEPS_SCALE = 200.0
"""Steps that a network sees as 1: the published effect of a well-tailored message, whatever the participant's is."""

TANH, RELU = "tanh", "relu"
MAX_LAYERS, MAX_WIDTH, MAX_PARTICIPANTS = 4, 256, 64
MAX_WEIGHT, MAX_STEPS_PER_VALUE, MAX_DECISIONS = 1e6, 1e9, 2**53
"""Far beyond what any training leads to; larger numbers of a file would leave what floats and tables can hold."""
FORMAT = "jitai-policy-1"
_DIGITS = 6
GIVES_PROBABILITIES = (PPO, A2C)
"""Algorithms whose outputs are logits; those of the others are values."""
Scalar = float | int | bool | str


def check_learned_observations(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names as a tuple, once all are known and none is repeated.

    Raises: ParameterError if one is unknown or repeated, none is given, or the truth and a belief are mixed.
    """
    for name in names:
        if name not in OBSERVATION_LABELS:
            raise ParameterError(f"There is no observation {name!r}{suggestion(name, OBSERVATION_LABELS)}")
    if not names or len(set(names)) != len(names):
        raise ParameterError(
            f"The observations are {', '.join(names) or 'none'}: give each of {', '.join(OBSERVATION_LABELS)} at most "
            "once, and at least one."
        )
    if TRUE_CONTEXT in names and BELIEF in names:
        raise ParameterError(
            "The observations hold both C and B: C, the true context, is privileged: no policy in use can know it, "
            "and cannot be joined with B, the belief. P is the context as far as it can be known."
        )
    return tuple(names)


def features(names: Sequence[str], view: View, study_length: int) -> npt.NDArray[np.float32]:
    """Return what a network is shown, in training as in use.

    Args:
        names: keys of OBSERVATION_LABELS, in order.
        view: what is known today; the truth must be told where the true context is among the names.
        study_length: in days, at least 1.
    Returns: float32, shape (n, n_names); everything in [0, 1] but S, which is in units of STEPS_SCALE.
    Raises: JitaiError if the true context is wanted and not told.
    """
    shown = np.empty((len(view.day), len(names)), dtype=np.float32)
    for column, name in enumerate(names):
        shown[:, column] = _quantity(name, view, study_length)
    return shown


def _quantity(name: str, view: View, study_length: int) -> npt.NDArray[Any]:
    if name == TRUE_CONTEXT and view.truth is None:
        raise JitaiError("This policy was trained on the true context (C) and cannot propose without it.")
    if name == BELIEF:
        # Where no belief is kept, as for somebody who can surely walk.
        return np.ones(len(view.day)) if view.belief is None else view.belief
    if name == TRUE_CONTEXT:
        assert view.truth is not None
        return view.truth.true_context
    if name == STEP_COUNT:
        return view.step_count / STEPS_SCALE
    if name == "T":
        return view.day % 2
    if name == DAY:
        return view.day / study_length
    return {
        "P": view.context_probability,
        "L": view.inferred_context,
        "H": view.habituation,
        "D": view.disengagement_risk,
    }[name]


class Layer(NamedTuple):
    """One layer of a network.

    Attributes:
        weights: shape (n_in, n_out).
        bias: shape (n_out,).
    """

    weights: Floats
    bias: Floats


@dataclass(frozen=True)
class TrainedOn:
    """What a policy was trained on, and how.

    Attributes:
        participants: the settings of the simulated participants (SimulatorConfig), at least one.
        belief: BeliefSettings; the error rates are those of the simulated judge.
        filter: name of the filter that stood between policy and participant, "none" or "veto".
        judge: whose verdicts those were; "simulated" if they were drawn.
        learning: LearningSettings.
        n_steps: decisions made in training.
        minutes: time that it took.
        version: of JITAI Lab.
    """

    participants: tuple[dict[str, Scalar], ...]
    belief: dict[str, Scalar]
    filter: str
    judge: str
    learning: dict[str, Scalar]
    n_steps: int
    minutes: float
    version: str


@dataclass(frozen=True, eq=False)
class PolicyNetwork:
    """A trained policy; validated when made, and equal to another of the same digest.

    Attributes:
        name: shown to people.
        algorithm: a key of ALGORITHM_LABELS.
        observations: what it sees, keys of OBSERVATION_LABELS, in order.
        layers: of the network; between them, ``activation``.
        activation: "tanh" or "relu".
        steps_per_value: steps that an output of 1 stands for (DQN), > 0.
        trained_on: where it comes from.
    Raises: ParameterError in one sentence.
    """

    name: str
    algorithm: str
    observations: tuple[str, ...]
    layers: tuple[Layer, ...]
    activation: str
    steps_per_value: float
    trained_on: TrainedOn

    def __post_init__(self) -> None:
        check_learned_observations(self.observations)
        if self.algorithm not in ALGORITHM_LABELS:
            raise ParameterError(
                f"There is no algorithm {self.algorithm!r}{suggestion(self.algorithm, ALGORITHM_LABELS)}"
            )
        if self.activation not in (TANH, RELU):
            raise ParameterError(f"The activation is {self.activation!r}: allowed are {TANH} and {RELU}.")
        if not 0 < self.steps_per_value <= MAX_STEPS_PER_VALUE:
            raise ParameterError(
                f"steps_per_value is {self.steps_per_value!r}: a number above 0 is needed, at most "
                f"{MAX_STEPS_PER_VALUE:,.0f}."
            )
        _check_layers(self.layers, len(self.observations))

    @property
    def sees_belief(self) -> bool:
        """Whether it acts on the belief in ability, so that the text must be judged before it proposes."""
        return BELIEF in self.observations

    @property
    def is_privileged(self) -> bool:
        """Whether it is told the true context, which no deployed policy knows."""
        return TRUE_CONTEXT in self.observations

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits of what the policy does and comes from; the name does not count."""
        content = self.as_mapping()
        del content["name"]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PolicyNetwork) and self.digest == other.digest and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.digest)

    def outputs(self, shown: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the network's output for each action: logits (PPO, A2C) or values (DQN); the largest is proposed.

        Args:
            shown: from ``features``, shape (..., n_observations).
        Returns: shape (..., n_actions). A row's numbers do not depend on how many rows there are.
        """
        # One small product a row: a product of all rows at once rounds differently for different numbers of rows.
        values = np.asarray(shown, dtype=np.float64)[..., None, :]
        for number, layer in enumerate(self._layers):
            values = np.matmul(values, layer.weights) + layer.bias
            if number < len(self._layers) - 1:
                values = np.tanh(values) if self.activation == TANH else np.maximum(values, 0.0)
        return values[..., 0, :]

    def preferences(self, shown: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return how much it likes each action, in the same order as ``outputs``.

        Returns: shape (..., n_actions): probabilities (PPO, A2C), or discounted steps to come (DQN).
        """
        outputs = self.outputs(shown)
        if self.algorithm not in GIVES_PROBABILITIES:
            return outputs * self.steps_per_value
        weights = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
        probabilities: npt.NDArray[np.float64] = weights / weights.sum(axis=-1, keepdims=True)
        return probabilities

    def as_mapping(self) -> dict[str, Any]:
        """Return names and values, ready for JSON; ``from_mapping`` reads them back to the same numbers."""
        return {
            "format": FORMAT,
            "name": self.name,
            "algorithm": self.algorithm,
            "observations": list(self.observations),
            "activation": self.activation,
            "steps_per_value": self.steps_per_value,
            "trained_on": asdict(self.trained_on) | {"participants": list(self.trained_on.participants)},
            "layers": [
                {"weights": _as_numbers(layer.weights), "bias": _as_numbers(layer.bias)} for layer in self.layers
            ],
        }

    @classmethod
    def from_mapping(cls, content: object) -> "PolicyNetwork":
        """Return the policy in a file's content, which may be anything.

        Raises: FileFormatError naming what is wrong.
        """
        # On first use: pydantic takes a moment to import.
        from jitai.policies.network_file import network_in

        try:
            return network_in(content)
        except ParameterError as error:
            raise FileFormatError(str(error), error.hint) from error

    @cached_property
    def _layers(self) -> tuple[Layer, ...]:
        return tuple(Layer(*(np.asarray(part, dtype=np.float64) for part in layer)) for layer in self.layers)


def rounded(numbers: npt.ArrayLike) -> Floats:
    """Return the numbers with as many digits as a file keeps, so that saving does not change what a policy does."""
    array = np.asarray(numbers, dtype=np.float64)
    flat = [float(f"{number:.{_DIGITS}g}") for number in array.ravel().tolist()]
    return np.array(flat, dtype=np.float64).reshape(array.shape)


def _as_numbers(array: Floats) -> Any:
    return np.asarray(array, dtype=np.float64).tolist()


def _check_layers(layers: tuple[Layer, ...], n_observations: int) -> None:
    """Raises: ParameterError if sizes do not fit each other, are too large, or a number is not finite."""
    if not 1 <= len(layers) <= MAX_LAYERS:
        raise ParameterError(f"The network has {len(layers)} layers: allowed is 1 to {MAX_LAYERS}.")
    n_in = n_observations
    for number, (weights, bias) in enumerate(layers, start=1):
        n_out = len(Action) if number == len(layers) else bias.size
        if weights.ndim != 2 or weights.shape != (n_in, n_out) or bias.shape != (n_out,) or not 1 <= n_out <= MAX_WIDTH:
            raise ParameterError(
                f"Layer {number} of the network has weights of shape {weights.shape} and {bias.size} biases: it takes "
                f"{n_in} numbers, each layer at most {MAX_WIDTH}, and the last gives {len(Action)}."
            )
        if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise ParameterError(f"Layer {number} of the network holds something that is no finite number.")
        if max(np.abs(weights).max(), np.abs(bias).max()) > MAX_WEIGHT:
            raise ParameterError(
                f"Layer {number} of the network holds a number beyond {MAX_WEIGHT:,.0f}, which is too large to compute "
                "with."
            )
        n_in = n_out
