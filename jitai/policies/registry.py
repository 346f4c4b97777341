"""Policies by name."""

from jitai.errors import ParameterError
from jitai.parameters import suggestion
from jitai.policies.base import Policy
from jitai.policies.baselines import FixedPolicy, RandomPolicy, TailoredPolicy
from jitai.policies.thompson import ThompsonSampling, ThompsonSettings
from jitai.records import Action

THOMPSON = "thompson"

POLICY_LABELS: dict[str, str] = {
    THOMPSON: "Thompson sampling",
    "tailored": "Always tailored to the context read",
    "generic": "Always generic",
    "random": "Random",
    "never": "Never a message",
}
"""Names as used in files and commands, with the label shown to people; the first is the default."""


def make_policy(name: str, thompson: ThompsonSettings | None = None) -> Policy:
    """A new policy that has seen nothing.

    Args:
        name: a key of POLICY_LABELS.
        thompson: settings of Thompson sampling; ignored by the others.
    Raises: ParameterError if the name is unknown.
    """
    if name == THOMPSON:
        return ThompsonSampling(thompson)
    if name == "tailored":
        return TailoredPolicy()
    if name == "generic":
        return FixedPolicy(Action.GENERIC)
    if name == "random":
        return RandomPolicy()
    if name == "never":
        return FixedPolicy(Action.NO_MESSAGE)
    raise ParameterError(f"There is no policy {name!r}{suggestion(name, POLICY_LABELS)}")
