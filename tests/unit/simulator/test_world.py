"""The exogenous world: chains, context readings, when the participant writes; checked against loops and counting."""

from dataclasses import replace

import numpy as np
import pytest

from jitai.seeding import Stream, generator
from jitai.simulator.config import BETA, HELD, UNIFORM, SimulatorConfig
from jitai.simulator.participant import Participant
from jitai.simulator.world import context_posterior, two_state_chain


@pytest.mark.parametrize(("one_stays", "zero_stays"), [(0.7, 0.1), (0.95, 0.5), (0.2, 0.3), (1.0, 0.0), (0.5, 0.5)])
def test_chain_equals_the_loop_over_days(one_stays: float, zero_stays: float) -> None:
    uniforms = np.random.default_rng(0).random((40, 60))
    paths = two_state_chain(uniforms, start=1, one_stays=one_stays, zero_stays=zero_stays)
    for number in range(len(uniforms)):
        state = 1
        for day in range(1, uniforms.shape[1]):
            state = int(uniforms[number, day] < (one_stays if state else 1 - zero_stays))
            assert paths[number, day] == state


def test_chain_has_its_transition_frequencies() -> None:
    path = two_state_chain(np.random.default_rng(1).random(200_000), start=1, one_stays=0.7, zero_stays=0.1)
    before, after = path[:-1], path[1:]
    assert after[before == 1].mean() == pytest.approx(0.7, abs=0.01)
    assert 1 - after[before == 0].mean() == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(("noise", "published_error"), [(0.4, 0.096), (0.6, 0.175), (0.8, 0.273), (1.0, 0.311)])
def test_context_inference_error_is_the_published_one(noise: float, published_error: float) -> None:
    rng = np.random.default_rng(2)
    context = rng.integers(0, 2, 100_000).astype(np.int8)
    inferred = context_posterior(context, rng.random(100_000), noise) > 0.5
    # Published from 1,000 draws: a standard error of 0.015.
    assert np.mean(inferred != context) == pytest.approx(published_error, abs=0.04)


def test_context_probability_is_calibrated() -> None:
    rng = np.random.default_rng(3)
    context = rng.integers(0, 2, 200_000).astype(np.int8)
    probability = context_posterior(context, rng.random(200_000), 0.8)
    for low in np.arange(0.1, 0.9, 0.2):
        inside = (probability >= low) & (probability < low + 0.1)
        assert context[inside].mean() == pytest.approx(probability[inside].mean(), abs=0.02)


def test_small_noise_is_read_as_perfect() -> None:
    context = np.array([0, 1, 1], dtype=np.int8)
    np.testing.assert_array_equal(context_posterior(context, np.array([0.1, 0.2, 0.9]), 0.1), context)


def test_writes_at_changes_and_while_unable_and_by_chance() -> None:
    config = SimulatorConfig(can_walk_persistence=0.7, statement_probability=0.0, study_length=365)
    world = Participant(config, generator(0, Stream.WORLD)).world
    changed = np.concatenate([[False], world.can_walk[1:] != world.can_walk[:-1]])
    np.testing.assert_array_equal(world.writes == 1, changed | (world.can_walk == 0))
    silent = SimulatorConfig(
        can_walk_persistence=0.7, statement_probability=0.0, study_length=365, repeats_while_unable=False
    )
    np.testing.assert_array_equal(Participant(silent, generator(0, Stream.WORLD)).world.writes == 1, changed)
    chatty = SimulatorConfig(can_walk_persistence=1.0, statement_probability=0.3, study_length=365)
    assert Participant(chatty, generator(0, Stream.WORLD)).world.writes.mean() == pytest.approx(0.3, abs=0.08)


def test_a_held_statement_stays_through_a_spell_and_changes_nothing_else() -> None:
    redrawn = SimulatorConfig(can_walk_persistence=0.7, cannot_walk_persistence=0.6, study_length=365)
    usual = Participant(redrawn, generator(3, Stream.WORLD)).world
    world = Participant(replace(redrawn, spell_statements=HELD), generator(3, Stream.WORLD)).world
    picked = 0.0
    for day, can_walk in enumerate(world.can_walk):
        lasts = day > 0 and not can_walk and not world.can_walk[day - 1]
        picked = picked if lasts else usual.statement_uniform[day]
        assert world.statement_uniform[day] == picked
    assert (world.statement_uniform != usual.statement_uniform).any()
    for name in ("true_context", "can_walk", "writes", "luck", "drawn_uniform"):
        np.testing.assert_array_equal(getattr(world, name), getattr(usual, name))


def test_a_held_statement_follows_a_walk_state_that_is_set_by_hand() -> None:
    participant = Participant(
        SimulatorConfig(can_walk_persistence=1.0, cannot_walk_persistence=1.0, spell_statements=HELD),
        generator(7, Stream.WORLD),
    )
    drawn = participant.world.drawn_uniform
    for _ in range(5):
        participant.act(0)
    participant.set_can_walk(False)
    assert (participant.world.statement_uniform[5:] == drawn[5]).all()


def test_nothing_is_said_before_the_first_decision_where_that_is_the_convention() -> None:
    config = SimulatorConfig(statement_probability=1.0, writes_on_first_day=False)
    participant = Participant(config, generator(7, Stream.WORLD))
    assert participant.world.writes.tolist() == [0] + [1] * config.study_length
    participant.set_can_walk(False)
    assert not participant.world.writes[0]


def test_setting_the_walk_state_keeps_the_past_and_runs_on() -> None:
    participant = Participant(SimulatorConfig(cannot_walk_persistence=1.0), generator(7, Stream.WORLD))
    before = participant.world.can_walk.copy()
    for _ in range(5):
        participant.act(0)
    participant.set_can_walk(False)
    np.testing.assert_array_equal(participant.world.can_walk[:5], before[:5])
    assert not participant.world.can_walk[5:].any()  # P(unable stays unable) is 1
    assert participant.world.writes[5:].all()


def test_same_seed_meets_the_same_world_whatever_is_done() -> None:
    config = SimulatorConfig(variation=UNIFORM)
    one, other = (Participant(config, generator(11, Stream.WORLD)) for _ in range(2))
    for _ in range(20):
        one.act(1)
        other.act(0)
        assert one.true_context == other.true_context
        assert one.can_walk == other.can_walk
        assert one.observe().context_probability == other.observe().context_probability


def test_other_settings_leave_the_contexts_of_a_seed_as_they_were() -> None:
    one = Participant(SimulatorConfig(), generator(5, Stream.WORLD)).world
    other = Participant(
        SimulatorConfig(variation=BETA, can_walk_persistence=0.7, habituation_decay=0.5), generator(5, Stream.WORLD)
    ).world
    np.testing.assert_array_equal(one.true_context, other.true_context)
    np.testing.assert_array_equal(one.context_probability, other.context_probability)
