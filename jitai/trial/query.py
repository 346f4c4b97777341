"""The settings as the parameters of a page's address: they survive a reload, and a teacher can send them as a link.

Only what differs from the defaults is written. What is read is untrusted: names and values go through the same
validation as anything else.
"""

from collections.abc import Callable, Collection, Mapping

from jitai.errors import ParameterError
from jitai.parameters import check, from_text, suggestion
from jitai.policies.network import PolicyNetwork
from jitai.policies.registry import POLICIES
from jitai.policies.trained import TrainedPolicy
from jitai.seeding import MAX_SEED
from jitai.simulator.config import DEFAULT_PRESET, PRESETS
from jitai.simulator.conventions import OWN, convention_of, under
from jitai.trial.settings import STRATEGY, TRAINED, described_settings, spec_from, spec_values
from jitai.trial.spec import TrialSpec

CONVENTION = "convention"
"""Name of the convention in the address."""


def nothing_trained(name: str) -> PolicyNetwork:
    """Used where no trained policy can be named.

    Raises: ParameterError, always.
    """
    raise ParameterError(f"There is no trained policy {name!r}.")


def to_query(spec: TrialSpec, preset: str, network_name: str = "") -> dict[str, str]:
    """The query parameters that stand for a trial's settings.

    Args:
        spec: the settings.
        preset: the preset that they start from; any other name stands for the default one.
        network_name: name of the trained policy, where that is the policy; without one, a link cannot name it.
    """
    start = preset if preset in PRESETS else DEFAULT_PRESET
    config, convention = PRESETS[start], convention_of(spec.config)
    query = {"participant": start} if start != DEFAULT_PRESET else {}
    if convention not in (OWN, convention_of(config)) and config != spec.config:
        config = under(config, convention)
        query[CONVENTION] = convention
    usual = spec_values(TrialSpec(config=config))
    query |= {name: str(value) for name, value in spec_values(spec, network_name).items() if value != usual[name]}
    return {name: text for name, text in query.items() if text != TRAINED}


def parted(query: Mapping[str, str], others: Collection[str] = ()) -> tuple[dict[str, str], tuple[str, ...]]:
    """The parameters that a link may have, and the names of those that mean nothing here, such as utm_source.

    Args:
        query: the parameters, which may be anything.
        others: names that are allowed beside those of settings.
    """
    known = {"participant", CONVENTION, "policy", STRATEGY, "seed", *described_settings(), *others}
    return {name: text for name, text in query.items() if name in known}, tuple(
        name for name in query if name not in known
    )


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
    config = PRESETS[preset]
    if (convention := rest.pop(CONVENTION, None)) is not None:
        config = under(config, convention)
    values = spec_values(TrialSpec(config=config))
    policy = rest.pop("policy", values["policy"])
    network = None
    if policy.startswith(TRAINED):
        network = trained_policy(policy.removeprefix(TRAINED))
    elif POLICIES[policy] is TrainedPolicy:
        raise ParameterError(f"Which trained policy? Its name stands behind {TRAINED}.")
    strategy = rest.pop(STRATEGY, values[STRATEGY])
    seed = rest.pop("seed", str(values["seed"]))
    if not (seed.isdecimal() and len(seed) <= len(str(MAX_SEED)) and int(seed) <= MAX_SEED):
        raise ParameterError(f"The seed is {seed!r}: allowed is a whole number from 0 to {MAX_SEED:,}.")
    infos = described_settings()
    for name in rest:
        if name not in infos:
            raise ParameterError(f"There is no setting {name!r}.")
    given = {name: from_text(infos[name], text) for name, text in rest.items()}
    for name, value in given.items():
        check(infos[name], value)  # of the policies and filters that are not picked, too
    return spec_from(values | given | {"policy": policy, STRATEGY: strategy, "seed": seed}, network)
