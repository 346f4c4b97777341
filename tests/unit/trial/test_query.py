"""The settings in a page's address: what is written is read back, and what is not allowed is named."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitai.errors import ParameterError
from jitai.policies.belief import BY_DECISION, BeliefSettings
from jitai.policies.network import PolicyNetwork
from jitai.policies.planner import PlannerSettings
from jitai.policies.registry import PolicySpec, trained
from jitai.policies.thompson import ThompsonSettings
from jitai.rl.policy_store import default_policy_store
from jitai.simulator.config import BETA, DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.simulator.conventions import AUTHORS, CONVENTIONS, under
from jitai.trial.filters import filter_spec
from jitai.trial.query import from_query, to_query
from jitai.trial.spec import TrialSpec
from tests.networks import random_network

SPECS = [
    TrialSpec(PRESETS[DEFAULT_PRESET]),
    *(TrialSpec(config, seed=7) for config in PRESETS.values()),
    *(TrialSpec(under(PRESETS[DEFAULT_PRESET], convention)) for convention in CONVENTIONS),
    TrialSpec(replace(under(PRESETS["Ability mostly lasts"], AUTHORS), study_length=30)),
    TrialSpec(
        SimulatorConfig(study_length=20, context_noise=1 / 3, variation=BETA, repeats_while_unable=False),
        filter=filter_spec("sampled-veto", on_failure="do not send"),
        policy=PolicySpec("thompson", ThompsonSettings(prior_variance=9.5)),
        seed=2**32 - 1,
    ),
    TrialSpec(policy=PolicySpec("thompson", ThompsonSettings(bias_no_message=12.5, bias_tailored_work=-3.0))),
    TrialSpec(policy=PolicySpec("optimum"), filter=filter_spec("sampled-veto", learner_told="candidate")),
    TrialSpec(policy=PolicySpec("tailored")),
    TrialSpec(
        filter=filter_spec("belief", belief_threshold=0.3),
        belief=BeliefSettings(0.8, 0.2, BY_DECISION, reads_text=False, sees_steps=False),
        policy=PolicySpec("planner", PlannerSettings(weighs_context=False, plans_on_belief=False, knows_start=False)),
    ),
]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("preset", [DEFAULT_PRESET, "Always able (base environment)", "no preset"])
def test_what_is_written_is_read_back(spec: TrialSpec, preset: str) -> None:
    assert from_query(to_query(spec, preset)) == spec


def test_defaults_leave_the_address_empty() -> None:
    assert to_query(TrialSpec(PRESETS[DEFAULT_PRESET]), DEFAULT_PRESET) == {}
    assert to_query(replace(TrialSpec(PRESETS[DEFAULT_PRESET]), seed=9), DEFAULT_PRESET) == {"seed": "9"}


def test_a_convention_stands_in_the_address_by_its_name() -> None:
    spec = TrialSpec(under(PRESETS[DEFAULT_PRESET], AUTHORS))
    assert to_query(spec, DEFAULT_PRESET) == {"convention": "authors"}
    edited = replace(spec, config=replace(spec.config, initial_habituation=0.2))
    assert "convention" not in to_query(edited, DEFAULT_PRESET)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"convention": "theirs"}, "convention"),
        ({"seed": "-1"}, "seed"),
        ({"seed": "9" * 6000}, "seed"),
        ({"policy": "ppo2"}, "policy"),
        ({"participant": "Nobody"}, "participant"),
        ({"study_length": "1e9"}, "study_length"),
        ({"context_noise": "nan"}, "context_noise"),
        ({"repeats_while_unable": "maybe"}, "repeats_while_unable"),
        ({"policy": "learned"}, "learned"),
        ({"policy": "learned:"}, "no trained policy ''"),
        ({"policy": "learned:../../etc/passwd"}, "passwd"),
        ({"policy": "plannner"}, "did you mean 'planner'"),
        ({"false_alarms": "1.1"}, "false_alarms"),
        ({"reading": "aloud"}, "reading"),
        ({"knows_start": "perhaps"}, "knows_start"),
        ({"bias_generic": "1e9"}, "bias_generic"),
        ({"<script>": "1"}, "<script>"),
    ],
)
def test_what_is_not_allowed_is_named(query: dict[str, str], named: str) -> None:
    with pytest.raises(ParameterError, match=named):
        from_query(query)


def test_a_trained_policy_is_named_in_the_address() -> None:
    network = random_network()
    spec = TrialSpec(PRESETS[DEFAULT_PRESET], trained(network), seed=9)
    query = to_query(spec, DEFAULT_PRESET, "my-own")
    assert query == {"policy": "learned:my-own", "seed": "9"}
    asked: list[str] = []

    def give(name: str) -> PolicyNetwork:
        asked.append(name)
        return network

    assert from_query(query, give) == spec
    assert asked == ["my-own"]
    assert to_query(spec, DEFAULT_PRESET) == {"seed": "9"}, "one that is not kept has no name to be found by"


@pytest.mark.parametrize("name", ["ppo-beleif", "", "<b>", "../ppo-belief"])
def test_a_trained_policy_that_is_not_there_is_a_sentence(name: str) -> None:
    with pytest.raises(ParameterError, match="no trained policy"):
        from_query({"policy": f"learned:{name}"}, default_policy_store().get)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=4))
def test_any_address_is_taken_or_refused_with_a_sentence(query: dict[str, str]) -> None:
    try:
        assert isinstance(from_query(query), TrialSpec)
    except ParameterError as error:
        assert str(error)
