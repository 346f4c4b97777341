"""Invariants of the dynamics, for any settings and any actions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitai.errors import ParameterError
from jitai.parameters import build, describe
from jitai.seeding import Stream, generator
from jitai.simulator.config import BETA, DETERMINISTIC, UNIFORM, SimulatorConfig
from jitai.simulator.dynamics import vary
from jitai.simulator.participant import Participant

PARAMETERS = {info.name: info for info in describe(SimulatorConfig)}


def values_of(name: str) -> st.SearchStrategy:
    info = PARAMETERS[name]
    if isinstance(info.default, bool):
        return st.booleans()
    if info.choices:
        return st.sampled_from(info.choices)
    if isinstance(info.default, int):
        return st.integers(int(info.low), 40)
    return st.floats(info.low, info.high)


configs = st.builds(SimulatorConfig, **{name: values_of(name) for name in PARAMETERS})
actions = st.lists(st.integers(0, 3), min_size=1, max_size=40)
seeds = st.integers(0, 2**32 - 1)


@given(configs, actions, seeds)
def test_state_stays_in_its_bounds(config: SimulatorConfig, chosen: list[int], seed: int) -> None:
    participant = Participant(config, generator(seed, Stream.WORLD))
    for action in chosen:
        able = participant.can_walk
        outcome = participant.act(action)
        assert 0 <= outcome.habituation <= 1
        assert 0 <= outcome.disengagement_risk <= 1
        assert outcome.step_count >= 0
        assert np.isfinite(outcome.step_count)
        if not able:
            assert outcome.step_count == 0
        assert 0 <= participant.observe().context_probability <= 1
        if participant.over:
            assert outcome.terminated != outcome.truncated
            break


@given(configs.filter(lambda config: config.variation == DETERMINISTIC), actions, seeds)
def test_nothing_rises_without_a_message(config: SimulatorConfig, chosen: list[int], seed: int) -> None:
    """In the deterministic version; the others vary around these means in both directions."""
    participant = Participant(config, generator(seed, Stream.WORLD))
    habituation, risk = config.initial_habituation, config.initial_disengagement
    for action in chosen:
        outcome = participant.act(action)
        if action == 0:
            assert outcome.habituation <= habituation
            assert outcome.disengagement_risk <= risk
        else:
            assert outcome.habituation >= habituation
        habituation, risk = outcome.habituation, outcome.disengagement_risk
        if participant.over:
            break


@pytest.mark.parametrize("variation", [UNIFORM, BETA])
def test_variation_keeps_the_means(variation: str) -> None:
    config = SimulatorConfig(variation=variation, uniform_width=0.4, step_count_spread=25)
    uniforms = tuple(np.random.default_rng(0).random((3, 200_000)))
    habituation, risk, steps = vary(
        config, np.full(200_000, 0.4), np.full(200_000, 0.6), np.full(200_000, 90.0), uniforms
    )
    assert habituation.mean() == pytest.approx(0.4, abs=0.003)
    assert risk.mean() == pytest.approx(0.6, abs=0.003)
    assert steps.mean() == pytest.approx(90, abs=0.5)
    assert steps.std() == pytest.approx(25, abs=0.5)


def test_spread_of_the_beta_version_is_the_published_one() -> None:
    config = SimulatorConfig(variation=BETA, habituation_concentration=10)
    uniforms = tuple(np.random.default_rng(1).random((3, 200_000)))
    habituation, _, _ = vary(config, np.full(200_000, 0.4), np.full(200_000, 0.5), np.full(200_000, 0.0), uniforms)
    assert habituation.var() == pytest.approx(0.4 * 0.6 / 11, rel=0.02)  # mean (1 - mean) / (κ + 1)


@given(st.sampled_from(sorted(PARAMETERS)), st.one_of(st.floats(), st.text(max_size=5), st.none(), st.booleans()))
def test_any_value_is_taken_or_refused_by_name(name: str, value: object) -> None:
    try:
        config = build(SimulatorConfig, {name: value})
    except ParameterError as error:
        assert name in str(error)
    else:
        assert getattr(config, name) == value


def test_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(ParameterError, match="did you mean 'habituation_decay'"):
        build(SimulatorConfig, {"habituation_decy": 0.1})


@given(configs)
def test_settings_survive_json(config: SimulatorConfig) -> None:
    import json

    assert build(SimulatorConfig, json.loads(json.dumps(config.as_mapping()))) == config
