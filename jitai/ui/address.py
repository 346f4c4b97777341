"""The settings in the page's address: they survive a reload, and a teacher can send them as a link.

Only what differs from the defaults is written. What is read is untrusted: names and values go through the same
validation as anything else.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from jitai.belief import BeliefSettings
from jitai.errors import ParameterError
from jitai.experiments.trial import TRIAL_POLICIES, TrialSpec
from jitai.filters import FilterSettings
from jitai.parameters import build, describe, from_text, suggestion
from jitai.planner import PlannerSettings
from jitai.policies.thompson import ThompsonSettings
from jitai.seeding import MAX_SEED
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig

Settings = TypeVar("Settings", SimulatorConfig, FilterSettings, ThompsonSettings, BeliefSettings, PlannerSettings)

PAGE_PARAMETERS = ("experiment",)
"""Names in the address that are no settings of a trial, but belong to single pages."""


def to_query(spec: TrialSpec, preset: str) -> dict[str, str]:
    """The query parameters that stand for a trial's settings.

    Args:
        spec: the settings.
        preset: the preset that they start from; any other name stands for the default one.
    """
    start = preset if preset in PRESETS else DEFAULT_PRESET
    default = TrialSpec(config=PRESETS[start])
    query = {"participant": start} if start != DEFAULT_PRESET else {}
    for name in ("policy", "seed"):
        if getattr(spec, name) != getattr(default, name):
            query[name] = str(getattr(spec, name))
    for part in ("config", "filter", "thompson", "belief", "planner"):
        settings, usual = getattr(spec, part), getattr(default, part)
        for info in describe(type(settings)):
            value = getattr(settings, info.name)
            if value != getattr(usual, info.name):
                query[info.name] = str(value)
    return query


def from_query(query: Mapping[str, str]) -> TrialSpec:
    """The settings that query parameters stand for.

    Raises: ParameterError naming the parameter and what is allowed.
    """
    rest = dict(query)
    preset = rest.pop("participant", DEFAULT_PRESET)
    if preset not in PRESETS:
        raise ParameterError(f"There is no participant {preset!r}{suggestion(preset, PRESETS)}")
    policy = rest.pop("policy", TrialSpec().policy)
    if policy not in TRIAL_POLICIES:
        raise ParameterError(f"There is no policy {policy!r}{suggestion(policy, TRIAL_POLICIES)}")
    spec = TrialSpec(
        config=_taken(rest, PRESETS[preset]),
        policy=policy,
        filter=_taken(rest, FilterSettings()),
        thompson=_taken(rest, ThompsonSettings()),
        belief=_taken(rest, BeliefSettings()),
        planner=_taken(rest, PlannerSettings()),
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
