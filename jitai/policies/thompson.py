"""Bayesian linear Thompson sampling: one linear model of the steps for each action.

Steps after action a are modelled as N(x' θ_a, σ²) with prior θ_a ~ N(0, v I). The posterior is conjugate:
precision A_a = I / v + Σ x x' / σ², mean A_a⁻¹ b_a with b_a = Σ x s / σ². Each day one θ_a is drawn from each
posterior, and the action whose draw promises the most steps is proposed.

The extended form adds a fixed bias β_a to each draw before they are compared: what an action is worth, in steps, beyond
the next day, such as the habituation that a message costs. Nothing is learned about β; it is chosen outside, by trying
(there and by the command `tune` by Bayesian optimisation over whole studies). Only differences between the
four matter.

Source: Karine & Marlin 2025, arXiv:2501.06980 (features, prior and noise), after Thompson 1933; action bias: Karine,
Murphy & Marlin 2024, arXiv:2412.00308.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from jitai.arrays import Flags, Floats, Integers
from jitai.parameters import choice, parameter, validate
from jitai.policies.base import Chances, Policy, PolicyInputs, Proposals, View
from jitai.policies.best_of_normals import chances_of_being_largest
from jitai.records import Action, Role

INFERRED_CONTEXT = "inferred context"
CONTEXT_PROBABILITY = "context probability"
CONTEXT_AND_STATE = "inferred context, habituation, risk"
_GROUP = "Thompson sampling"
_PAPER = "Karine & Marlin 2025, arXiv:2501.06980"
_ACTIONS = np.arange(len(Action))
BIAS_GROUP = "Action bias (extended Thompson sampling)"


def _bias(action: Action, symbol: str) -> Any:
    """Return the described parameter for one action's bias."""
    return parameter(
        0.0, label=f"Bias of: {action.label}", symbol=symbol, low=-1000, high=1000, unit="steps", group=BIAS_GROUP,
        step=5, source="no bias, which is plain Thompson sampling; the bias itself: Karine, Murphy & Marlin 2024, "
        "arXiv:2412.00308",
        help="Added to the drawn steps before the actions are compared: what this action is worth beyond the next day. "
        "A bias for no message makes up for the habituation that messages cost. Only differences matter.",
    )  # fmt: skip


@dataclass(frozen=True)
class ThompsonSettings:
    """Settings of Thompson sampling; validated when made.

    Raises: ParameterError naming the field and what is allowed.
    """

    features: str = choice(
        INFERRED_CONTEXT, label="What the policy looks at", group=_GROUP, source=_PAPER,
        choices=(INFERRED_CONTEXT, CONTEXT_PROBABILITY, CONTEXT_AND_STATE),
        help="Quantities in the linear model of the steps, beside a constant.",
    )  # fmt: skip
    prior_variance: float = parameter(
        100.0, label="Prior variance of each weight", symbol="v", low=0.01, high=1e6, unit="steps²", group=_GROUP,
        step=10, source=_PAPER,
        help="How far from zero the weights may be before anything is seen. Small values make a cautious learner.",
    )  # fmt: skip
    reward_noise: float = parameter(
        25.0, label="Noise of the steps", symbol="σ_Y", low=0.1, high=1000, unit="steps", group=_GROUP, step=5,
        source=_PAPER, help="Standard deviation of the steps around the linear model, as the policy believes.",
    )  # fmt: skip
    bias_no_message: float = _bias(Action.NO_MESSAGE, "β_0")
    bias_generic: float = _bias(Action.GENERIC, "β_1")
    bias_tailored_home: float = _bias(Action.TAILORED_HOME, "β_2")
    bias_tailored_work: float = _bias(Action.TAILORED_WORK, "β_3")

    def __post_init__(self) -> None:
        validate(self)

    @property
    def n_features(self) -> int:
        """Number of weights of each action."""
        return 4 if self.features == CONTEXT_AND_STATE else 2

    @property
    def action_bias(self) -> tuple[float, float, float, float]:
        """The biases β_a in steps, in the order of ``Action``."""
        return (self.bias_no_message, self.bias_generic, self.bias_tailored_home, self.bias_tailored_work)


class Posterior(NamedTuple):
    """Gaussian posteriors of the weights, one for each action; participants first where there are several.

    Attributes:
        precision: A, shape (..., n_actions, n_features, n_features).
        weighted_sum: b, shape (..., n_actions, n_features).
    """

    precision: Floats
    weighted_sum: Floats


def prior(settings: ThompsonSettings, n_actions: int = len(Action)) -> Posterior:
    """Return the posterior before anything is seen."""
    k = settings.n_features
    precision: Floats = np.tile(np.eye(k, dtype=np.float64) / settings.prior_variance, (n_actions, 1, 1))
    return Posterior(precision, np.zeros((n_actions, k)))


def posterior_mean(posterior: Posterior) -> Floats:
    """Return the posterior mean A⁻¹ b: shape (..., n_actions, n_features)."""
    mean: Floats = np.asarray(np.linalg.solve(posterior.precision, posterior.weighted_sum[..., None]))[..., 0]
    return mean


def draw_weights(posterior: Posterior, normals: Floats, mean: Floats | None = None) -> Floats:
    """Draw the weights once from each posterior.

    With A = L L' (Cholesky), L'⁻¹ z has covariance A⁻¹ for standard normal z.

    Args:
        posterior: of n_actions.
        normals: z, shape (..., n_actions, n_features).
        mean: of the posterior, where it is known already; same shape.
    Returns: θ, of the same shape.
    """
    factor = np.linalg.cholesky(posterior.precision)
    deviation = np.linalg.solve(np.swapaxes(factor, -1, -2), normals[..., None])[..., 0]
    draws: Floats = (posterior_mean(posterior) if mean is None else mean) + deviation
    return draws


def features_of(view: View, settings: ThompsonSettings) -> Floats:
    """Return the features x of every participant: shape (n, n_features)."""
    features = np.empty((len(view.day), settings.n_features))
    features[:, 0] = 1.0
    features[:, 1] = view.context_probability if settings.features == CONTEXT_PROBABILITY else view.inferred_context
    if settings.features == CONTEXT_AND_STATE:
        features[:, 2], features[:, 3] = view.habituation, view.disengagement_risk
    return features


def observe_rewards(
    posterior: Posterior, action: Integers, features: Floats, step_count: Floats, told: Flags, reward_noise: float
) -> Posterior:
    """Return the posterior after one more day; the given one is not changed.

    Args:
        posterior: of n participants.
        action: what was done; shape (n,), like all that follow but the features.
        features: x, shape (n, n_features).
        step_count: steps that followed.
        told: participants whose day is taken in.
        reward_noise: σ_Y, in steps.
    """
    x = features[:, None]
    # 1 / σ² for the action that was done, 0 for all others: shape (n, n_actions).
    weight = ((action[:, None] == _ACTIONS) & told[:, None]) * reward_noise**-2
    precision = posterior.precision + weight[..., None, None] * (x[..., None] * x[..., None, :])
    weighted_sum = posterior.weighted_sum + (weight * step_count[:, None])[..., None] * x
    return Posterior(precision, weighted_sum)


class ThompsonSampling(Policy):
    """Draws, compares, learns; each participant has posteriors of their own.

    Attributes:
        settings: as given.
        posterior: current, of n participants; replaced, never changed in place, so that it may be kept for plotting.
    """

    key, label, role = "thompson", "Thompson sampling", Role.ALONE
    Settings = ThompsonSettings

    def __init__(self, settings: ThompsonSettings, inputs: PolicyInputs) -> None:
        self.settings = settings
        self.posterior = Posterior(*(np.repeat(part[None], inputs.n, axis=0) for part in prior(settings)))
        size = (inputs.config.study_length, len(Action), settings.n_features)
        self._meant: Posterior | None = None
        self._viewed: View | None = None
        self._bias = np.array(settings.action_bias)
        self._has_bias = any(settings.action_bias)
        self._rows = np.arange(inputs.n)
        self._normals = np.stack([rng.standard_normal(size) for rng in inputs.generators()])

    def propose(self, view: View) -> Proposals:
        """Return the action whose drawn model promises the most steps, its bias included."""
        draws = draw_weights(self.posterior, self._normals[self._rows, view.day], self._mean())
        sampled = np.matmul(draws, self._features(view)[..., None])[..., 0]
        liked = sampled + self._bias
        details = {"sampled_rewards": sampled}
        if self._has_bias:
            details["action_bias"] = np.broadcast_to(self._bias, liked.shape)
        return Proposals(liked.argmax(axis=1), liked, details)

    def learn(self, view: View, action: Integers, step_count: Floats, told: Flags) -> None:
        """Update the posterior of the action that was done (conjugate, in closed form)."""
        self.posterior = observe_rewards(
            self.posterior, action, self._features(view), step_count, told, self.settings.reward_noise
        )

    def explain(self, view: View) -> Mapping[str, Floats]:
        """Return the posterior mean and standard deviation of the steps that each action earns."""
        features = self._features(view)
        expected = np.matmul(self._mean(), features[..., None])[..., 0]
        solved = np.linalg.solve(self.posterior.precision, features[:, None, :, None])[..., 0]
        return {"expected_rewards": expected, "reward_spread": np.sqrt((solved * features[:, None, :]).sum(axis=-1))}

    def chances(self, view: View, proposals: Proposals) -> Chances:
        """Return with which probability each action's draw is the best, its bias included.

        The drawn rewards x' θ_a are independent and normal, with mean x' A_a⁻¹ b_a and variance x' A_a⁻¹ x.
        """
        explained = self.explain(view)
        mean, deviation = explained["expected_rewards"] + self._bias, explained["reward_spread"]
        largest, first_above = chances_of_being_largest(mean, deviation)
        total = largest.sum(axis=1, keepdims=True)
        return Chances(largest / total, first_above / total, np.abs(total[:, 0] - 1))

    def _features(self, view: View) -> Floats:
        """Return the features of this view; they are computed once, though a day asks for them three times."""
        if self._viewed is not view:
            self._viewed, self._known_features = view, features_of(view, self.settings)
        return self._known_features

    def _mean(self) -> Floats:
        """Return the posterior's mean; it is computed once, though a day may ask for it twice."""
        if self._meant is not self.posterior:
            self._meant, self._known_mean = self.posterior, posterior_mean(self.posterior)
        return self._known_mean
