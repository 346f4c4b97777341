"""The settings in the page's address: they survive a reload, and a teacher can send them as a link.

Only what differs from the defaults is written. What is read is untrusted: names and values go through the same
validation as anything else.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from jitai.errors import ParameterError
from jitai.parameters import build, describe, from_text, suggestion
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import PolicyNetwork
from jitai.policies.planner import PlannerSettings
from jitai.policies.thompson import ThompsonSettings
from jitai.seeding import MAX_SEED
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.trial.filters import FilterSettings
from jitai.trial.spec import LEARNED, TRIAL_POLICIES, TrialSpec

Settings = TypeVar("Settings", SimulatorConfig, FilterSettings, ThompsonSettings, BeliefSettings, PlannerSettings)

PAGE_PARAMETERS = ("experiment",)
"""Names in the address that are no settings of a trial, but belong to single pages."""

TRAINED = f"{LEARNED}:"
"""What the name of a trained policy stands behind."""


def nothing_trained(name: str) -> PolicyNetwork:
    """Where no trained policies can be named.

    Raises: ParameterError, always.
    """
    raise ParameterError(f"There is no trained policy {name!r}.")


def to_query(spec: TrialSpec, preset: str, trained: str = "") -> dict[str, str]:
    """The query parameters that stand for a trial's settings.

    Args:
        spec: the settings.
        preset: the preset that they start from; any other name stands for the default one.
        trained: name of the trained policy, where that is the policy; without one, a link cannot name it.
    """
    start = preset if preset in PRESETS else DEFAULT_PRESET
    default = TrialSpec(config=PRESETS[start])
    query = {"participant": start} if start != DEFAULT_PRESET else {}
    for name in ("policy", "seed"):
        if getattr(spec, name) != getattr(default, name):
            query[name] = str(getattr(spec, name))
    if spec.policy == LEARNED:
        del query["policy"]
        query |= {"policy": TRAINED + trained} if trained else {}
    for part in ("config", "filter", "thompson", "belief", "planner"):
        settings, usual = getattr(spec, part), getattr(default, part)
        for info in describe(type(settings)):
            value = getattr(settings, info.name)
            if value != getattr(usual, info.name):
                query[info.name] = str(value)
    return query


def from_query(query: Mapping[str, str], trained_policy: Callable[[str], PolicyNetwork] = nothing_trained) -> TrialSpec:
    """The settings that query parameters stand for.

    Args:
        query: the parameters, which may be anything.
        trained_policy: gives the trained policy of a name, or raises a JitaiError.
    Raises: ParameterError naming the parameter and what is allowed, or as ``trained_policy``.
    """
    rest = dict(query)
    preset = rest.pop("participant", DEFAULT_PRESET)
    if preset not in PRESETS:
        raise ParameterError(f"There is no participant {preset!r}{suggestion(preset, PRESETS)}")
    policy = rest.pop("policy", TrialSpec().policy)
    network = None
    if policy.startswith(TRAINED):
        policy, network = LEARNED, trained_policy(policy.removeprefix(TRAINED))
    elif policy not in TRIAL_POLICIES:
        raise ParameterError(f"There is no policy {policy!r}{suggestion(policy, TRIAL_POLICIES)}")
    spec = TrialSpec(
        config=_taken(rest, PRESETS[preset]),
        policy=policy,
        filter=_taken(rest, FilterSettings()),
        thompson=_taken(rest, ThompsonSettings()),
        belief=_taken(rest, BeliefSettings()),
        planner=_taken(rest, PlannerSettings()),
        network=network,
    )
    seed = rest.pop("seed", str(spec.seed))
    if not (seed.isdecimal() and len(seed) <= len(str(MAX_SEED)) and int(seed) <= MAX_SEED):
        raise ParameterError(f"The seed is {seed!r}: allowed is a whole number from 0 to {MAX_SEED:,}.")
    if rest:
        raise ParameterError(f"There is no setting {next(iter(rest))!r}.")
    return replace(spec, seed=int(seed))


def _taken(rest: dict[str, str], start: Settings) -> Settings:
    """The settings with the values that the query gives; they are taken out of it."""
    infos = describe(type(start))
    values: dict[str, Any] = {info.name: getattr(start, info.name) for info in infos}
    values |= {info.name: from_text(info, rest.pop(info.name)) for info in infos if info.name in rest}
    return build(type(start), values)
