"""Trained policies in use: a network proposes, and learns nothing more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jitai.errors import ParameterError
from jitai.policies.base import Policy, PolicyInputs, Proposals, View
from jitai.policies.network import GIVES_PROBABILITIES, PolicyNetwork, features
from jitai.records import Role


@dataclass(frozen=True)
class TrainedSettings:
    """The network that proposes.

    Attributes:
        network: the trained policy; None where none has been chosen yet, which no trial can be run with.
    """

    network: PolicyNetwork | None = None

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "TrainedSettings":
        """Read back what ``as_mapping`` wrote, or take a network as it is.

        Raises: ParameterError if there is no network or something else, FileFormatError if it is no network.
        """
        if set(values) != {"network"}:
            raise ParameterError("A trained policy needs its network, and nothing else.")
        network = values["network"]
        return cls(network if isinstance(network, PolicyNetwork) else PolicyNetwork.from_mapping(network))

    def as_mapping(self) -> dict[str, Any]:
        """Return the network, ready for JSON: the description stays true if a file of that name is trained again."""
        return {"network": None if self.network is None else self.network.as_mapping()}


class TrainedPolicy(Policy):
    """Proposes the action that its network likes best."""

    key, label, role = "learned", "Trained policy", Role.ALONE
    is_deterministic = True
    Settings = TrainedSettings

    def __init__(self, settings: TrainedSettings, inputs: PolicyInputs) -> None:
        """Make the policy; arguments as for ``Policy``.

        Raises: ParameterError if there is no network.
        """
        if settings.network is None:
            raise ParameterError("The policy is a trained one, but none is given: choose one.")
        self.network = settings.network
        self._study_length = inputs.config.study_length

    @classmethod
    def uses_belief(cls, settings: TrainedSettings) -> bool:
        """Whether its network sees the belief."""
        return settings.network is not None and settings.network.sees_belief

    @classmethod
    def is_privileged(cls, settings: TrainedSettings) -> bool:
        """Whether its network sees the true context."""
        return settings.network is not None and settings.network.is_privileged

    def propose(self, view: View) -> Proposals:
        """Return the action that the network likes best."""
        network = self.network
        liked = network.preferences(features(network.observations, view, self._study_length))
        name = "action_probabilities" if network.algorithm in GIVES_PROBABILITIES else "discounted_steps"
        return Proposals(liked.argmax(axis=-1), liked, {name: liked})
