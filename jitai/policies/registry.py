"""The policies: one dictionary, from which every list of policies is made."""

from dataclasses import dataclass
from typing import Any

from jitai.errors import ParameterError
from jitai.policies.base import Policy, PolicyInputs
from jitai.policies.baselines import GenericPolicy, NeverPolicy, RandomPolicy, TailoredPolicy
from jitai.policies.belief import BeliefSettings
from jitai.policies.learner import ModelBasedLearner
from jitai.policies.network import PolicyNetwork
from jitai.policies.optimum import OptimalPolicy
from jitai.policies.planner import BeliefPlanner
from jitai.policies.thompson import ThompsonSampling
from jitai.policies.trained import TrainedPolicy, TrainedSettings
from jitai.registry import Registry
from jitai.simulator.config import SimulatorConfig

METHOD_FIELDS = ("name", "policy", "network", "filter", "belief", "model")
"""The fields of a method in an experiment's description; the settings of its policy stand beside them, by its key."""

POLICIES: Registry[Policy] = Registry(
    "policy",
    ThompsonSampling,
    TailoredPolicy,
    GenericPolicy,
    RandomPolicy,
    NeverPolicy,
    BeliefPlanner,
    ModelBasedLearner,
    OptimalPolicy,
    TrainedPolicy,
    beside=(SimulatorConfig, BeliefSettings),
    reserved_keys=METHOD_FIELDS,
)
"""In the order in which they are listed; the first is the default. A new policy needs its module and a line here."""


@dataclass(frozen=True)
class PolicySpec:
    """A policy with its settings; checked when made.

    Attributes:
        key: of POLICIES.
        settings: of that policy's Settings; its defaults if None is given.
    Raises: ParameterError for an unknown key or settings of another policy.
    """

    key: str = ThompsonSampling.key
    settings: Any = None

    def __post_init__(self) -> None:
        wanted = POLICIES[self.key].Settings
        if self.settings is None:
            object.__setattr__(self, "settings", wanted())
        elif not isinstance(self.settings, wanted):
            raise ParameterError(f"The policy {self.key!r} cannot have {type(self.settings).__name__}.")

    @property
    def policy(self) -> type[Policy]:
        """The policy's class."""
        return POLICIES[self.key]

    @property
    def network(self) -> PolicyNetwork | None:
        """The network of a trained policy; None for any other policy."""
        return self.settings.network if isinstance(self.settings, TrainedSettings) else None

    @property
    def uses_belief(self) -> bool:
        """Whether it acts on the belief in ability."""
        return self.policy.uses_belief(self.settings)

    @property
    def is_privileged(self) -> bool:
        """Whether it is told the hidden truth."""
        return self.policy.is_privileged(self.settings)

    def make(self, inputs: PolicyInputs) -> Policy:
        """Make a policy that has seen nothing.

        Raises: ParameterError if it lacks something, such as a trained policy its network.
        """
        return self.policy(self.settings, inputs)


def trained(network: PolicyNetwork) -> PolicySpec:
    """Return the policy that a network stands for."""
    return PolicySpec(TrainedPolicy.key, TrainedSettings(network))
