"""The participant of the single environment, in scalar arithmetic, is one of many at once, number for number."""

from dataclasses import replace

import numpy as np
import pytest

from jitai.errors import JitaiError
from jitai.seeding import Stream, generator
from jitai.simulator.config import BETA, PRESETS, UNIFORM, SimulatorConfig
from jitai.simulator.participant import Participant
from jitai.simulator.participants import Participants
from jitai.simulator.world import draw_worlds

SEEDS = (0, 1, 5, 2**31, 2**32 - 1, *range(70, 90))
COMES_AND_GOES = PRESETS["Ability comes and goes"]
CONFIGS = {
    **PRESETS,
    "uniform": replace(COMES_AND_GOES, variation=UNIFORM, uniform_width=0.7),
    "beta": replace(COMES_AND_GOES, variation=BETA),
    "beta, mistakes cost much": replace(COMES_AND_GOES, variation=BETA, disengagement_increment=0.3),
    "leaves early": replace(COMES_AND_GOES, disengagement_increment=0.5, cannot_walk_disengagement=0.5),
    "silent spells, other steps": SimulatorConfig(
        study_length=17, repeats_while_unable=False, cannot_walk_persistence=0.8, can_walk_persistence=0.6,
        steps_at_home=13.0, steps_at_work=71.0, mismatched_message_steps=9.0, context_noise=0.05,
        initial_habituation=0.4, initial_disengagement=0.2, variation=UNIFORM,
    ),
}  # fmt: skip
LEAVES = ("leaves early", "beta, mistakes cost much")


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("sets_ability", [False, True])
def test_one_is_as_many(name: str, sets_ability: bool) -> None:
    """Worlds, states, steps and the day on which somebody leaves; with and without walk states set by hand."""
    config, rng = CONFIGS[name], np.random.default_rng(3)
    many = Participants(config, SEEDS)
    singles = [Participant(config, generator(seed, Stream.WORLD)) for seed in SEEDS]
    n_set = 0
    while not many.over.all():
        if sets_ability:
            for who in np.flatnonzero((rng.random(len(SEEDS)) < 0.4) & ~many.over).tolist():
                can_walk = not singles[who].can_walk
                many.set_can_walk(who, can_walk)
                singles[who].set_can_walk(can_walk)
                n_set += 1
        here, today = ~many.over, many.today()
        for who in np.flatnonzero(here).tolist():
            single = singles[who]
            assert (today.true_context[who], today.can_walk[who]) == (single.true_context, single.can_walk)
            assert (today.writes[who], today.statement_uniform[who]) == (single.writes, single.statement_uniform)
            assert single.observe() == (
                many.day[who], today.context_probability[who], today.inferred_context[who], many.habituation[who],
                many.disengagement_risk[who], many.step_count[who],
            )  # fmt: skip
        actions = rng.integers(0, 4, len(SEEDS))
        before = (many.habituation, many.disengagement_risk)
        outcomes = many.act(actions, today)
        for who, single in enumerate(singles):
            if here[who]:
                assert single.act(int(actions[who])) == tuple(part[who] for part in outcomes)
            else:
                assert single.over and not outcomes.terminated[who] and not outcomes.truncated[who]
                assert (many.habituation[who], many.disengagement_risk[who]) == (before[0][who], before[1][who])
            assert single.over == many.over[who]
    days = [single.day for single in singles]
    assert max(days) <= config.study_length
    assert (min(days) < config.study_length / 2) or name not in LEAVES, "somebody leaves long before the end"
    assert n_set > 5 or not sets_ability
    with pytest.raises(JitaiError, match="study is over"):
        singles[0].act(0)


def test_who_takes_a_place_begins_anew_and_the_others_stay_as_they_are() -> None:
    config = replace(CONFIGS["uniform"], disengagement_increment=0.0, cannot_walk_disengagement=0.0)
    many = Participants(config, SEEDS[:3])
    singles = [Participant(config, generator(seed, Stream.WORLD)) for seed in SEEDS[:3]]
    for day in range(5):
        many.act(np.full(3, day % 4), many.today())
        for single in singles:
            single.act(day % 4)
    many.restart(np.array([False, True, False]), draw_worlds(config, [99]))
    singles[1] = Participant(config, generator(99, Stream.WORLD))
    assert many.day.tolist() == [5, 0, 5]
    for day in range(10):
        today = many.today()
        assert today.context_probability.tolist() == [single.observe().context_probability for single in singles]
        outcomes = many.act(np.full(3, day % 4), today)
        for who, single in enumerate(singles):
            assert single.act(day % 4) == tuple(part[who] for part in outcomes)


def test_worlds_are_shared_and_what_a_person_sets_is_not() -> None:
    """Worlds of the same seeds are kept for the next method; a walk state set by hand must not reach it."""
    first, second = Participants(COMES_AND_GOES, SEEDS), Participants(COMES_AND_GOES, SEEDS)
    before = second.today().can_walk.tolist()
    assert before[2] == 1
    first.set_can_walk(2, False)
    assert first.today().can_walk[2] == 0
    assert second.today().can_walk.tolist() == Participants(COMES_AND_GOES, SEEDS).today().can_walk.tolist() == before
