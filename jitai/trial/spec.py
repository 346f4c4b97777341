"""Everything that decides a trial, beside the judge and the statements."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from jitai.errors import FileFormatError, ParameterError
from jitai.parameters import build, suggestion
from jitai.policies.base import Policy
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import PolicyNetwork, learned_policy
from jitai.policies.optimum import OptimalPolicy, optimum
from jitai.policies.planner import BeliefPlanner, PlannerSettings, cached_plan
from jitai.policies.registry import POLICY_LABELS, make_policy
from jitai.policies.thompson import ThompsonSettings
from jitai.simulator.config import SimulatorConfig
from jitai.trial.filters import BELIEF, NONE, FilterSettings

PLANNER, OPTIMUM = "planner", "optimum"
MODEL_BASED_LABELS: dict[str, str] = {
    PLANNER: "Planner on belief (knows a model)",
    OPTIMUM: "Optimum (knows everything)",
}
"""Names of the policies that need a model of the participant, beside those of POLICY_LABELS."""
TRIAL_POLICIES: dict[str, str] = POLICY_LABELS | MODEL_BASED_LABELS
"""All that a trial can be run with."""
LEARNED = "learned"
"""Name of a trained policy, of which a trial holds the network."""


@dataclass(frozen=True)
class TrialSpec:
    """Everything that decides a trial, beside the judge and the statements.

    Attributes:
        config: the participant and the study as they are.
        policy: a key of POLICY_LABELS or MODEL_BASED_LABELS, or LEARNED.
        thompson: settings of Thompson sampling.
        filter: what the judge may do.
        seed: of world, policy and filter.
        belief: how a belief in ability is formed, where the policy or the filter uses one.
        planner: switches of the planner.
        model: what belief and planner assume of the participant; None if they know the truth. It may be wrong, so that
            the cost of a wrong model can be studied.
        network: the trained policy, where that is the policy; else not used.
    """

    config: SimulatorConfig = field(default_factory=SimulatorConfig)
    policy: str = "thompson"
    thompson: ThompsonSettings = field(default_factory=ThompsonSettings)
    filter: FilterSettings = field(default_factory=FilterSettings)
    seed: int = 42
    belief: BeliefSettings = field(default_factory=BeliefSettings)
    planner: PlannerSettings = field(default_factory=PlannerSettings)
    model: SimulatorConfig | None = None
    network: PolicyNetwork | None = None

    @property
    def assumed(self) -> SimulatorConfig:
        """What belief and planner assume of the participant."""
        return self.config if self.model is None else self.model

    @property
    def keeps_belief(self) -> bool:
        """Whether the policy or the filter acts on a belief in ability."""
        return self.acts_on_belief or self.filter.strategy == BELIEF

    @property
    def acts_on_belief(self) -> bool:
        """Whether the policy is told how likely it is that the participant can walk."""
        trained = self.policy == LEARNED and self.network is not None and self.network.sees_belief
        return self.policy == PLANNER or trained

    @property
    def heeds_text(self) -> bool:
        """Whether somebody must read what the participant writes: for the filter, or for a policy that plans on it."""
        return self.filter.strategy != NONE or (self.acts_on_belief and self.belief.reads_text)

    def without_filter(self) -> "TrialSpec":
        """The same trial with the policy alone: its counterfactual twin."""
        return replace(self, filter=replace(self.filter, strategy=NONE))


def unread(spec: TrialSpec) -> TrialSpec:
    """The trial where nobody reads the text: belief and plan then do without it."""
    return replace(spec, belief=replace(spec.belief, reads_text=False))


def policy_of(spec: TrialSpec) -> Policy:
    """A new policy that has seen nothing.

    Raises: ParameterError if its name is unknown, or it is trained and there is no network.
    """
    if spec.policy == LEARNED:
        return learned_policy(network_of(spec), spec.config.study_length)
    if spec.policy == PLANNER:
        return BeliefPlanner(cached_plan(spec.assumed, spec.belief, spec.planner))
    if spec.policy == OPTIMUM:
        return OptimalPolicy(optimum(spec.config))
    return make_policy(spec.policy, spec.thompson)


def network_of(spec: TrialSpec) -> PolicyNetwork:
    """The network of a trial with a trained policy.

    Raises: ParameterError if there is none.
    """
    if spec.network is None:
        raise ParameterError(f'The policy is "{LEARNED}", but no trained policy (network) is given: choose one.')
    return spec.network


Settings = TypeVar("Settings")


def digest(value: Any) -> str:
    """64 hexadecimal digits that stand for a JSON value."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


TrainedPolicies = Callable[[str], PolicyNetwork]
"""Looks up a trained policy by the name under which it is kept; raises ParameterError or FileFormatError."""


def policy_from_mapping(
    where: str, value: Any, network: Any, trained: TrainedPolicies | None = None
) -> tuple[str, PolicyNetwork | None]:
    """The key of a policy and, if it is a trained one, its network: "learned:NAME", or "learned" with the network.

    Args:
        where: place in the file, for errors.
        value: the key, or "learned:NAME".
        network: as it stands in the file, its name, or None.
        trained: looks up a network by its name; None where names mean nothing.
    Raises: ParameterError naming the place and what is wrong.
    """
    if isinstance(value, str) and value.startswith(f"{LEARNED}:") and network is None:
        value, network = LEARNED, value.removeprefix(f"{LEARNED}:")
    if value == LEARNED:
        if network is None:
            raise ParameterError(f"{where}: name the trained policy, such as learned:ppo-belief.")
        if isinstance(network, PolicyNetwork):
            return LEARNED, network
        try:
            if isinstance(network, str):
                if trained is None:
                    raise ParameterError(f"The trained policy {network[:60]!r} is named, but not given.")
                return LEARNED, trained(network)
            return LEARNED, policy_from(network, "network")
        except (ParameterError, FileFormatError) as error:
            raise ParameterError(f"{where}: {error}", error.hint) from error
    if not isinstance(value, str) or value not in TRIAL_POLICIES:
        raise ParameterError(f"{where}: there is no policy {shortened(value)}{suggestion(str(value), TRIAL_POLICIES)}")
    if network is not None:
        raise ParameterError(f"{where}: a network belongs to the policy {LEARNED}, not to {value}.")
    return value, None


def settings_from(where: str, settings_class: type[Settings], values: Mapping[str, Any]) -> Settings:
    """Settings of a class from untrusted values; errors name the place."""
    try:
        return build(settings_class, values)
    except ParameterError as error:
        raise ParameterError(f"{where}: {error}", error.hint) from error
    except (TypeError, OverflowError) as error:
        raise ParameterError(f"{where}: names must be text, and values plain numbers or words.") from error


def shortened(value: Any) -> str:
    """The beginning of a value; nested lists are not followed, as a file may nest them without end."""
    if isinstance(value, int) and abs(value) > 10**18:
        return "so large a number"
    return repr(value)[:60] if isinstance(value, str | int | float | bool | None) else f"a {type(value).__name__}"


def trial_as_mapping(trial: TrialSpec) -> dict[str, Any]:
    """All settings of a trial but its seed, ready for JSON; ``trial_from_mapping`` reads them back."""
    return {
        "policy": trial.policy,
        "config": trial.config.as_mapping(),
        "thompson": asdict(trial.thompson),
        "filter": asdict(trial.filter),
        "belief": asdict(trial.belief),
        "planner": asdict(trial.planner),
        "model": None if trial.model is None else trial.model.as_mapping(),
        "network": None if trial.network is None else trial.network.as_mapping(),
    }


def trial_from_mapping(mapping: Mapping[str, Any]) -> TrialSpec:
    """The trial that a mapping describes.

    Raises: ParameterError naming the field that is wrong.
    """
    model = mapping.get("model")
    policy, network = policy_from_mapping("policy", mapping["policy"], mapping.get("network"))
    return TrialSpec(
        config=settings_from("config", SimulatorConfig, mapping["config"]),
        policy=policy,
        thompson=settings_from("thompson", ThompsonSettings, mapping["thompson"]),
        filter=settings_from("filter", FilterSettings, mapping["filter"]),
        belief=settings_from("belief", BeliefSettings, mapping["belief"]),
        planner=settings_from("planner", PlannerSettings, mapping["planner"]),
        model=None if model is None else settings_from("model", SimulatorConfig, model),
        network=network,
    )


def trial_of(network: PolicyNetwork) -> TrialSpec:
    """The trial in which a policy was trained: its first participant, its filter, its belief.

    Raises: ParameterError if what it holds of these is not allowed.
    """
    origin = network.trained_on
    return TrialSpec(
        build(SimulatorConfig, origin.participants[0]),
        policy=LEARNED,
        filter=FilterSettings(origin.filter),
        belief=build(BeliefSettings, origin.belief),
        network=network,
    )


def policy_from(content: object, name: str) -> PolicyNetwork:
    """A policy from what stood in a file, its training's settings checked too.

    Args:
        content: parsed JSON.
        name: of the file.
    Raises: FileFormatError as ``read_policy``.
    """
    try:
        network = PolicyNetwork.from_mapping(content)
        trial_of(network)
        participants_of(network)
    except (FileFormatError, ParameterError) as error:
        raise FileFormatError(f"{name} cannot be used as a trained policy: {error}", error.hint) from error
    return network


def participants_of(network: PolicyNetwork) -> tuple[SimulatorConfig, ...]:
    """The participants that a policy was trained on.

    Raises: ParameterError if what it holds of these is not allowed.
    """
    return tuple(build(SimulatorConfig, item) for item in network.trained_on.participants)
