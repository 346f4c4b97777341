"""Everything that decides a trial, beside the judge and the statements."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from jitai.errors import FileFormatError, ParameterError
from jitai.parameters import at_place, build, lasting_mapping, shortened
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import PolicyNetwork
from jitai.policies.optimum import OptimalPolicy
from jitai.policies.registry import POLICIES, PolicySpec, trained
from jitai.policies.trained import TrainedPolicy
from jitai.registry import as_mapping
from jitai.simulator.config import SimulatorConfig
from jitai.trial.filters import FILTERS, NONE, FilterSpec, filter_from_mapping

FORMAT = 2
"""Format of a trial as a mapping. Format 1 had the settings of all policies, and one class for all filters."""
LEARNED = TrainedPolicy.key
Settings = TypeVar("Settings")
TrainedPolicies = Callable[[str], PolicyNetwork]
"""Looks up a trained policy by the name under which it is kept; raises ParameterError or FileFormatError."""


@dataclass(frozen=True)
class TrialSpec:
    """Everything that decides a trial, beside the judge and the statements.

    Attributes:
        config: the participant and the study as they are.
        policy: what proposes.
        filter: what the judge may do.
        seed: of world, policy and filter.
        belief: how a belief in ability is formed, where the policy or the filter uses one.
        model: what belief and planner assume of the participant; None if they know the truth. It may be wrong, so that
            the cost of a wrong model can be studied.
    """

    config: SimulatorConfig = field(default_factory=SimulatorConfig)
    policy: PolicySpec = field(default_factory=PolicySpec)
    filter: FilterSpec = field(default_factory=FilterSpec)
    seed: int = 42
    belief: BeliefSettings = field(default_factory=BeliefSettings)
    model: SimulatorConfig | None = None

    @property
    def assumed(self) -> SimulatorConfig:
        """What belief and planner assume of the participant."""
        return self.config if self.model is None else self.model

    @property
    def keeps_belief(self) -> bool:
        """Whether the policy or the filter acts on a belief in ability."""
        return self.policy.uses_belief or self.filter.filter.uses_belief

    @property
    def uses_text(self) -> bool:
        """Whether somebody must read what the participant writes: for the filter, or for a policy that plans on it."""
        return self.filter.filter.uses_text or (self.policy.uses_belief and self.belief.reads_text)

    def without_filter(self) -> "TrialSpec":
        """Return the same trial with the policy alone: its counterfactual twin."""
        return replace(self, filter=FilterSpec(NONE))

    def under_the_optimum(self) -> "TrialSpec":
        """Return the same trial under the best possible policy, without a filter."""
        return replace(self.without_filter(), policy=PolicySpec(OptimalPolicy.key))

    def unread(self) -> "TrialSpec":
        """Return the same trial without a reader of the text; belief and planner then do without it."""
        return replace(self, belief=replace(self.belief, reads_text=False))

    @property
    def policy_version(self) -> str:
        """Name policy and filter, with 12 digits that change with any of their settings or with what they assume."""
        settings = {name: value for name, value in self.as_mapping().items() if name != "config"}
        return f"{self.policy.key}, {self.filter.key}, {digest(settings)[:12]}"

    def as_mapping(self) -> dict[str, Any]:
        """Return all settings except the seed, ready for JSON; ``trial_from_mapping`` reads them back."""
        return {
            "format": FORMAT,
            "config": self.config.as_mapping(),
            "policy": {"key": self.policy.key, "settings": as_mapping(self.policy.settings)},
            "filter": {"key": self.filter.key, "settings": as_mapping(self.filter.settings)},
            "belief": lasting_mapping(self.belief),
            "model": None if self.model is None else self.model.as_mapping(),
        }


def trial_from_mapping(mapping: Mapping[str, Any]) -> TrialSpec:
    """Return the trial that a mapping describes, in this or an earlier format.

    Raises: ParameterError naming the field that is wrong; KeyError naming a field that is missing.
    """
    version = mapping.get("format", 1)
    if version not in (1, FORMAT) or isinstance(version, bool):
        raise ParameterError(
            f"The settings have format {shortened(version)}; this program reads formats 1 and {FORMAT}.",
            "If they come from a newer version, update JITAI Lab.",
        )
    given = mapping if version == FORMAT else _from_format_1(mapping)
    policy, filtering, model = given["policy"], given["filter"], given.get("model")
    return TrialSpec(
        config=settings_from("config", SimulatorConfig, given["config"]),
        policy=policy_from_mapping("policy", policy["key"], policy["settings"]),
        filter=filter_from_mapping(filtering["key"], filtering["settings"]),
        belief=settings_from("belief", BeliefSettings, given["belief"]),
        model=None if model is None else settings_from("model", SimulatorConfig, model),
    )


def _from_format_1(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    """Convert format 1, where every policy's settings had a field and a filter had the settings of all filters."""
    key = mapping["policy"]
    settings = {"network": mapping["network"]} if key == LEARNED else mapping.get(key, {})
    return {
        **mapping,
        "policy": {"key": key, "settings": settings},
        "filter": filter_of_format_1(mapping["filter"]),
    }


def filter_of_format_1(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a filter of format 1; settings that its filter does not have had no effect and are dropped."""
    settings = dict(mapping)
    key = settings.pop("strategy", None)
    if "belief_threshold" in settings and key in FILTERS and not FILTERS[key].uses_belief:
        del settings["belief_threshold"]
    return {"key": key, "settings": settings}


def policy_from_mapping(
    where: str, key: Any, settings: Mapping[str, Any], named: TrainedPolicies | None = None
) -> PolicySpec:
    """Return a policy from its key and the names and values of its settings.

    Args:
        where: place in the file, for errors.
        key: of POLICIES, or "learned:NAME".
        settings: names and values; the network of a trained policy may be its name.
        named: looks up a network by its name; None where names mean nothing.
    Raises: ParameterError naming the place and what is wrong.
    """
    if isinstance(key, str) and key.startswith(f"{LEARNED}:") and not settings:
        key, settings = LEARNED, {"network": key.removeprefix(f"{LEARNED}:")}
    if key == LEARNED:
        if settings.get("network") is None:
            raise ParameterError(f"{where}: name the trained policy, such as learned:ppo-belief.")
        return at_place(where, lambda: trained(_network(settings["network"], named)))
    if "network" in settings:
        raise ParameterError(f"{where}: a network belongs to the policy {LEARNED}, not to {shortened(key)}.")
    return at_place(where, lambda: PolicySpec(key, POLICIES.settings_from(key, settings)))


def _network(content: Any, named: TrainedPolicies | None) -> PolicyNetwork:
    if isinstance(content, PolicyNetwork):
        return content
    if isinstance(content, str):
        if named is None:
            raise ParameterError(f"The trained policy {content[:60]!r} is named, but not given.")
        return named(content)
    return network_from(content, "network")


def network_from(content: object, name: str) -> PolicyNetwork:
    """Return the trained policy in a file's content, with the settings of its training checked too.

    Args:
        content: parsed JSON.
        name: of the file.
    Raises: FileFormatError naming the file and what is wrong, in one sentence.
    """
    try:
        network = PolicyNetwork.from_mapping(content)
        trial_of(network)
        participants_of(network)
    except (FileFormatError, ParameterError) as error:
        raise FileFormatError(f"{name} cannot be used as a trained policy: {error}", error.hint) from error
    return network


def trial_of(network: PolicyNetwork) -> TrialSpec:
    """Return the trial that a policy was trained in, on the first of its participants.

    Raises: ParameterError if what it holds of that is not allowed.
    """
    return TrialSpec(
        participants_of(network)[0],
        policy=trained(network),
        filter=FilterSpec(network.trained_on.filter),
        belief=build(BeliefSettings, network.trained_on.belief),
    )


def participants_of(network: PolicyNetwork) -> tuple[SimulatorConfig, ...]:
    """Return the participants that a policy was trained on.

    Raises: ParameterError if what it holds of these is not allowed.
    """
    return tuple(build(SimulatorConfig, item) for item in network.trained_on.participants)


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value: 64 hexadecimal digits that do not depend on the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def settings_from(where: str, settings_class: type[Settings], values: Mapping[str, Any]) -> Settings:
    """Return settings of a class from untrusted values; errors name the place.

    Raises: ParameterError.
    """
    return at_place(where, lambda: build(settings_class, values))
