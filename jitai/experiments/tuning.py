"""Settings of a policy, chosen by Bayesian optimisation over whole simulated studies, as before a real study.

Every try lives the same participants, so tries differ by their settings alone. The best of many tries looks better than
it is: the best few are lived again by other participants, with the settings that nobody tuned among them, and the best
there is taken. What it earns is reported on seeds that neither has seen.

Source of the method: Karine, Murphy & Marlin 2024, arXiv:2412.00308, who choose Thompson sampling's action bias so.
The optimiser is the package bayesian-optimization: a Gaussian process with a Matérn kernel, and expected improvement.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from jitai.errors import ParameterError
from jitai.parameters import ParameterInfo, describe, suggestion
from jitai.policies.registry import PolicySpec
from jitai.seeding import FIRST_TUNING_SEED
from jitai.trial.loop import run_trial
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import Verdicts

N_FINALISTS = 5
_SHARE_OF_FIRST_POINTS = 0.4
"""Of the tries that are spread evenly before the optimiser begins to choose."""


class Searched(NamedTuple):
    """A setting of the policy that is chosen, and the range in which it is sought."""

    name: str
    low: float
    high: float


class Tuned(NamedTuple):
    """What was found.

    Attributes:
        policy: with the settings that were taken: the given ones where none was better.
        values: of the searched settings, by name.
        n_tries: settings that were tried.
        steps: mean of the taken settings over the second participants, in steps.
        steps_before: the same of the given settings.
    """

    policy: PolicySpec
    values: dict[str, float]
    n_tries: int
    steps: float
    steps_before: float


def searched_setting(policy: PolicySpec, name: str, low: float, high: float) -> Searched:
    """Return a setting to be sought.

    Raises: ParameterError unless the policy has a number of that name, and the range lies in what is allowed.
    """
    infos = {item.name: item for item in _numbers(policy)}
    if name not in infos:
        raise ParameterError(f"{policy.policy.label} has no number called {name[:60]!r}{suggestion(name, infos)}")
    info = infos[name]
    if info.low is None or info.high is None or not info.low <= low < high <= info.high:
        raise ParameterError(
            f"{name}={low:g}:{high:g} is no range: the lower end comes first, and both lie within {info.allowed}."
        )
    return Searched(name, low, high)


def tune(
    spec: TrialSpec,
    searched: Sequence[Searched],
    n_tries: int,
    n_seeds: int,
    verdicts: Verdicts | None,
    on_try: Callable[[], None],
) -> Tuned:
    """Search for the settings with which the policy earns most.

    Args:
        spec: the study; its policy's settings are the first try.
        searched: what is chosen, at least one.
        n_tries: settings tried, at least 2.
        n_seeds: participants of each try, and as many others of each finalist.
        verdicts: of the judge; None where nobody reads.
        on_try: called after each.
    """
    from bayes_opt import BayesianOptimization  # loaded here: it brings scikit-learn
    from bayes_opt.acquisition import ExpectedImprovement

    first = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + n_seeds)
    second = range(first.stop, first.stop + n_seeds)
    optimiser = BayesianOptimization(
        None, {item.name: (item.low, item.high) for item in searched}, ExpectedImprovement(xi=0.0),
        random_state=0, verbose=0, allow_duplicate_points=True,
    )  # fmt: skip
    # Means of a few hundred studies differ by chance too: the process need not pass through every point.
    optimiser.set_gp_params(alpha=1e-2, normalize_y=True)
    steps: dict[PolicySpec, float] = {}
    spread = _spread(searched, max(1, round(_SHARE_OF_FIRST_POINTS * n_tries)))
    for number in range(n_tries):
        if number == 0:
            policy = spec.policy
        else:
            point = spread[number - 1] if number <= len(spread) else optimiser.suggest()
            policy = _with(spec.policy, {name: float(value) for name, value in point.items()})
        if policy not in steps:
            steps[policy] = _mean(spec, policy, first, verdicts)
        place = {item.name: float(getattr(policy.settings, item.name)) for item in searched}
        if all(item.low <= place[item.name] <= item.high for item in searched):
            optimiser.register(place, steps[policy])
        on_try()
    finalists = [spec.policy, *sorted(steps, key=lambda item: -steps[item])[:N_FINALISTS]]
    again = {policy: _mean(spec, policy, second, verdicts) for policy in finalists}
    best = max(finalists, key=lambda item: again[item])
    values = {item.name: float(getattr(best.settings, item.name)) for item in searched}
    return Tuned(best, values, len(steps), again[best], again[spec.policy])


def _numbers(policy: PolicySpec) -> list[ParameterInfo]:
    return [item for item in describe(policy.policy.Settings) if isinstance(item.default, float)]


def _with(policy: PolicySpec, values: dict[str, float]) -> PolicySpec:
    """The policy with other settings, rounded to what a person would write down."""
    rounded = {name: float(f"{value:.4g}") for name, value in values.items()}
    return PolicySpec(policy.key, replace(policy.settings, **rounded))


def _mean(spec: TrialSpec, policy: PolicySpec, seeds: range, verdicts: Verdicts | None) -> float:
    return float(run_trial(replace(spec, policy=policy), seeds, verdicts).total_steps.mean())


def _spread(searched: Sequence[Searched], n_points: int) -> list[dict[str, float]]:
    """Points that fill the ranges evenly (Sobol's sequence, scrambled by a fixed seed)."""
    from scipy.stats import qmc  # loaded here: it takes half a second

    n_drawn = 1 << (n_points - 1).bit_length()
    unit = qmc.Sobol(len(searched), seed=0).random(n_drawn)[:n_points]
    low, high = np.array([item.low for item in searched]), np.array([item.high for item in searched])
    return [dict(zip([item.name for item in searched], row.tolist(), strict=True)) for row in low + unit * (high - low)]
