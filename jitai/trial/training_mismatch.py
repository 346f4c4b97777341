"""Warnings about a trained policy that is used in another setting than that of its training."""

from collections.abc import Sequence
from typing import Any

from jitai.parameters import ParameterInfo, describe
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import PolicyNetwork
from jitai.simulator.config import SimulatorConfig
from jitai.trial.filters import FILTERS
from jitai.trial.spec import TrialSpec


def mismatch_of_participant(network: PolicyNetwork, config: SimulatorConfig) -> tuple[str, ...]:
    """Return the parameters in which a participant differs from all those that a policy was trained on.

    Args:
        network: the trained policy.
        config: the participant in front of it.
    Returns: a sentence each, in the order of the settings; none if the participant is like one of those in every one.
    """
    found = []
    for info in describe(SimulatorConfig):
        trained = [item[info.name] for item in network.trained_on.participants if info.name in item]
        value = getattr(config, info.name)
        if trained and value not in trained:
            found.append(_sentence(info, value, trained))
    return tuple(found)


def mismatch_of_trial(network: PolicyNetwork, spec: TrialSpec, is_read: bool = True) -> tuple[str, ...]:
    """Return how a trial differs from a policy's training: participant, filter and, if the policy sees one, the belief.

    Args:
        network: the trained policy.
        spec: the trial in which it is used.
        is_read: whether there is a judge.
    Returns: a sentence each; none if nothing differs.
    """
    found = list(mismatch_of_participant(network, spec.config))
    trained_filter = network.trained_on.filter
    if spec.filter.key != trained_filter:
        now, before = (FILTERS.labels.get(key, key).lower() for key in (spec.filter.key, trained_filter))
        found.append(f"The filter is “{now}”; it was trained with “{before}”.")
    if network.sees_belief:
        if not is_read:
            found.append("No judge is selected, but this policy was trained with one.")
        for info in describe(BeliefSettings):
            before_value = network.trained_on.belief.get(info.name)
            value = getattr(spec.belief, info.name)
            if before_value is not None and value != before_value:
                found.append(_sentence(info, value, [before_value]))
    return tuple(found)


def _sentence(info: ParameterInfo, value: Any, trained: Sequence[Any]) -> str:
    label = f"{info.label} ({info.symbol})" if info.symbol else info.label
    values = [_in_words(item) for item in dict.fromkeys(trained)]
    before = values[0] if len(values) == 1 else f"{', '.join(values[:-1])} and {values[-1]}"
    return f"{label} is {_in_words(value)}; it was trained at {before}."


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
