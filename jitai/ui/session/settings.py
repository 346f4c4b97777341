"""A trial's settings by name: the names are the keys of the widgets that show them, and stand in the page's address."""

from collections.abc import Mapping
from typing import Any, TypeVar

from jitai.parameters import build, describe
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import PolicyNetwork
from jitai.policies.planner import PlannerSettings
from jitai.policies.thompson import ThompsonSettings
from jitai.simulator.config import SimulatorConfig
from jitai.trial.filters import FilterSettings
from jitai.trial.spec import LEARNED, TrialSpec

Settings = TypeVar("Settings")

PARTS: dict[str, type[Any]] = {
    "config": SimulatorConfig,
    "filter": FilterSettings,
    "thompson": ThompsonSettings,
    "belief": BeliefSettings,
    "planner": PlannerSettings,
}
"""The fields of a TrialSpec that are settings classes; no two of these use the same parameter name."""
TRAINED = f"{LEARNED}:"
"""Prefix of a trained policy's name."""


def values_of(settings: object, prefix: str = "") -> dict[str, Any]:
    """The parameters of a settings object, each of its default's type, by their names after the prefix."""
    values = {info: getattr(settings, info.name) for info in describe(type(settings))}
    return {
        prefix + info.name: float(value) if isinstance(info.default, float) else value for info, value in values.items()
    }


def settings_from(settings_class: type[Settings], values: Mapping[Any, Any], prefix: str = "") -> Settings:
    """The settings object with these values; other values are ignored.

    Raises: ParameterError if the values are not allowed together; KeyError if one is missing.
    """
    return build(settings_class, {info.name: values[prefix + info.name] for info in describe(settings_class)})


def spec_values(spec: TrialSpec, trained: str = "") -> dict[str, Any]:
    """A trial's settings by name; ``spec_from`` reads them back.

    Args:
        spec: the settings; an assumed model of the participant is left out, as no page sets one.
        trained: name of the trained policy, where that is the policy.
    """
    policy = TRAINED + trained if spec.policy == LEARNED else spec.policy
    values = {"policy": policy, "seed": spec.seed}
    for part in PARTS:
        values |= values_of(getattr(spec, part))
    return values


def spec_from(values: Mapping[Any, Any], network: PolicyNetwork | None) -> TrialSpec:
    """The trial with these settings.

    Args:
        values: the settings by name; others are ignored.
        network: the trained policy; None if the policy is one of those that ``values`` can name.
    Raises: ParameterError, or KeyError if a setting is missing.
    """
    return TrialSpec(
        policy=values["policy"] if network is None else LEARNED,
        network=network,
        seed=int(values["seed"]),
        **{part: settings_from(settings_class, values) for part, settings_class in PARTS.items()},
    )
