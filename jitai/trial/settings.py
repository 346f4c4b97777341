"""A trial's settings by name: the names are the keys of the widgets that show them, and stand in the page's address."""

from collections.abc import Mapping
from typing import Any, TypeVar

from jitai.parameters import ParameterInfo, build, describe
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import PolicyNetwork
from jitai.policies.registry import POLICIES, PolicySpec, trained
from jitai.simulator.config import SimulatorConfig
from jitai.trial.filters import FILTERS, FilterSpec
from jitai.trial.spec import LEARNED, TrialSpec

Settings = TypeVar("Settings")

STRATEGY = "strategy"
"""Name of the filter in the address, as it has always been."""
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


def described_settings() -> dict[str, ParameterInfo]:
    """Every setting that a trial may have, of any policy and filter, by name."""
    classes: tuple[type[Any], ...] = (
        SimulatorConfig, *FILTERS.settings_classes(), *POLICIES.settings_classes(), BeliefSettings,
    )  # fmt: skip
    return {info.name: info for settings_class in classes for info in describe(settings_class)}


def spec_values(spec: TrialSpec, network_name: str = "") -> dict[str, Any]:
    """A trial's settings by name, those of other policies and filters at their defaults; ``spec_from`` reads them back.

    Args:
        spec: the settings; an assumed model of the participant is left out, as no page sets one.
        network_name: name of the trained policy, where that is the policy.
    """
    policy = TRAINED + network_name if spec.policy.network is not None else spec.policy.key
    values = {name: info.default for name, info in described_settings().items()}
    for settings in (spec.config, spec.filter.settings, spec.policy.settings, spec.belief):
        values |= values_of(settings)
    return values | {"policy": policy, STRATEGY: spec.filter.key, "seed": spec.seed}


def spec_from(values: Mapping[Any, Any], network: PolicyNetwork | None) -> TrialSpec:
    """The trial with these settings.

    Args:
        values: the settings by name; others are ignored.
        network: the trained policy; None if the policy is one of those that ``values`` can name.
    Raises: ParameterError, or KeyError if a setting is missing.
    """
    key, strategy = values["policy"], values[STRATEGY]
    return TrialSpec(
        config=settings_from(SimulatorConfig, values),
        policy=PolicySpec(key, settings_from(POLICIES[key].Settings, values)) if network is None else trained(network),
        filter=FilterSpec(strategy, settings_from(FILTERS[strategy].Settings, values)),
        belief=settings_from(BeliefSettings, values),
        seed=int(values["seed"]),
    )
