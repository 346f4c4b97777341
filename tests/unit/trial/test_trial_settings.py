"""A trial's settings by name: what is put into widgets is what comes out of them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitai.errors import ParameterError
from jitai.parameters import describe
from jitai.policies.belief import BeliefSettings
from jitai.policies.registry import POLICIES, PolicySpec, trained
from jitai.rl.task import LearningSettings
from jitai.simulator.config import PRESETS, SimulatorConfig
from jitai.trial.filters import FILTERS, filter_spec
from jitai.trial.settings import described_settings, settings_from, spec_from, spec_values, values_of
from jitai.trial.spec import TrialSpec
from tests.networks import random_network


@pytest.mark.parametrize("config", PRESETS.values(), ids=PRESETS)
def test_a_trial_is_read_back(config: SimulatorConfig) -> None:
    spec = TrialSpec(
        config, PolicySpec("planner"), filter_spec("belief", unsure_low=0.1), belief=BeliefSettings(0.8), seed=7
    )
    assert spec_from(spec_values(spec) | {"speed": "another widget's"}, None) == spec


def test_a_trained_policy_is_the_network_and_its_name_is_for_the_eye() -> None:
    spec = TrialSpec(policy=trained(random_network()))
    values = spec_values(spec, "mine")
    assert values["policy"] == "learned:mine"
    assert spec_from(values, spec.policy.network) == spec


def test_every_setting_of_every_policy_and_filter_has_a_name_of_its_own() -> None:
    kinds = [
        {info.name for settings_class in classes for info in describe(settings_class)}
        for classes in ([SimulatorConfig], POLICIES.settings_classes(), FILTERS.settings_classes(), [BeliefSettings])
    ]
    assert sum(map(len, kinds)) == len(described_settings())
    assert not {"policy", "strategy", "seed", "participant"} & set(described_settings())


def test_values_have_the_types_that_widgets_need() -> None:
    whole_numbers = replace(SimulatorConfig(), can_walk_persistence=1, context_noise=1)
    values = values_of(whole_numbers)
    for info in describe(SimulatorConfig):
        assert type(values[info.name]) is type(info.default), "a slider from 0.0 to 1.0 refuses the whole number 1"


@settings(deadline=None)
@given(st.integers(1, 10_000_000), st.floats(0, 1))
def test_a_prefix_keeps_the_same_names_apart(total_steps: int, finds: float) -> None:
    learner = LearningSettings(total_steps=max(total_steps, 1000))
    values = values_of(BeliefSettings(finds)) | values_of(learner, "train_") | values_of(BeliefSettings(), "train_")
    assert settings_from(LearningSettings, values, "train_") == learner
    assert settings_from(BeliefSettings, values) == BeliefSettings(finds)
    assert settings_from(BeliefSettings, values, "train_") == BeliefSettings()


def test_what_does_not_fit_together_is_refused() -> None:
    values = spec_values(TrialSpec()) | {"unsure_low": 0.9, "unsure_high": 0.1}
    with pytest.raises(ParameterError, match="unsure band"):
        spec_from(values, None)
