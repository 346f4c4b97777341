"""The game: days are the loop's, regret adds up, kappa is Cohen's, and nothing hidden is sent before the end."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from jitai.errors import ParameterError
from jitai.game.days import CLINICIAN, Game, agreement, live_days, truth_of, up_to_decision, with_action
from jitai.game.payload import game_payload
from jitai.game.regret import best_to_come, by_kind, costliest, costs
from jitai.policies.registry import PolicySpec
from jitai.records import JudgeReference
from jitai.simulator.config import BETA, DETERMINISTIC, PRESETS
from jitai.trial.filters import FilterSpec
from jitai.trial.scenario import compose, play
from jitai.trial.spec import TrialSpec
from tests.unit.lessons.conftest import KINDS, book, judges

NAMES = [name for name, config in PRESETS.items() if config.can_walk_persistence < 1]


def game_of(name: str = NAMES[0], seed: int = 5, role: str = "policy") -> Game:
    spec = TrialSpec(PRESETS[name], policy=PolicySpec("thompson"), filter=FilterSpec("veto"), seed=seed)
    return Game(compose(spec, book(), judge=JudgeReference("embedded-tuned"), kinds=KINDS), role)  # type: ignore[arg-type]


def judge():
    return judges("embedded-tuned", 0.4, 0.6)


def played(game: Game, actions: list[int | None]) -> Game:
    for action in actions:
        if live_days(game, judge()).today is not None:
            game = with_action(game, action)
    return game


@pytest.mark.parametrize("variation", [DETERMINISTIC, BETA])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1, 2])
def test_regret_adds_up_to_the_best_total_less_the_players(name: str, seed: int, variation: str) -> None:
    """With random variation too: the best possible policy meets the very luck of these days."""
    actions = np.random.default_rng(seed).integers(0, 4, 50).tolist()
    game = game_of(name, seed)
    spec = replace(game.scenario.spec, config=replace(game.scenario.spec.config, variation=variation))
    game = played(replace(game, scenario=replace(game.scenario, spec=spec)), actions)
    records, config = live_days(game, judge()).records, game.scenario.spec.config
    by_day = costs(config, records, *truth_of(game))
    best = play(game.scenario.under_the_optimum()).total_steps
    earned = sum(record.step_count for record in records)
    assert sum(by_day) == pytest.approx(best - earned, abs=1e-6)
    assert sum(cost for _, cost in by_kind(config, records, by_day)) == pytest.approx(best - earned, abs=1e-6)
    worst = costliest(config, records, by_day)
    assert worst[0].cost == max(by_day)
    if records[-1].terminated:  # what leaving costs is not put on the last day alone
        assert sum(cost > 100 for cost in by_day) >= 2


def test_the_best_possible_days_cost_nothing() -> None:
    game = game_of()
    best = play(game.scenario.under_the_optimum())
    by_day = costs(game.scenario.spec.config, best.records, *truth_of(game))
    assert np.allclose(by_day, 0.0, atol=1e-6)
    start = best_to_come(game.scenario.spec.config, *truth_of(game), [(0, 0.0, 0.0)])
    assert start[0] == pytest.approx(best.total_steps)


def test_letting_the_policy_do_all_days_is_the_run_with_the_judge() -> None:
    game = played(game_of(), [None] * 50)
    assert live_days(game, judge()).records == play(game.scenario, judge()).records


def test_a_day_that_was_chosen_stays_and_the_policy_learns_from_it() -> None:
    game = played(game_of(), [2, 0, 3, None])
    records = live_days(game, judge()).records
    assert [int(record.executed_action) for record in records[:3]] == [2, 0, 3]
    assert [record.action_was_chosen for record in records] == [True, True, True, False]


def test_before_the_end_nothing_hidden_is_sent() -> None:
    """Two worlds that differ in what is hidden alone look the same: here, all fields are named."""
    payload = game_payload(played(game_of(), [1] * 3), judge(), 0)
    assert set(payload["today"]) == {"probability", "sensed", "words"}
    assert all(set(day) == {"done", "steps", "by_policy"} for day in payload["lived"])
    assert "end" not in payload and "can_walk" not in json.dumps(payload)


def test_the_clinician_decides_where_there_is_something_to_decide_and_hears_the_judge_afterwards() -> None:
    game = up_to_decision(game_of(role=CLINICIAN), judge())
    n_decisions = 0
    while (today := live_days(game, judge()).today) is not None:
        assert today.statement and today.candidate_action
        assert set(game_payload(game, judge(), 0)["today"]) == {"probability", "sensed", "words", "proposed"}
        game = up_to_decision(with_action(game, 0), judge())
        n_decisions += 1
        if n_decisions > 50:
            pytest.fail("the study does not end")
    found = game_payload(game, judge(), 0)["end"]["agreement"]
    assert found["judge"]["n"] == found["truth"]["n"] == n_decisions > 3


def test_kappa_is_cohens() -> None:
    """An example of two who agree on 35 of 50 (20 yes, 15 no): 0.7 observed, 0.5 by chance."""
    first = np.array([True] * 25 + [False] * 25)
    second = np.array([True] * 20 + [False] * 5 + [True] * 10 + [False] * 15)
    mine, theirs = ({day: bool(value) for day, value in enumerate(values)} for values in (first, second))
    found = agreement(mine, theirs)
    assert (found.n, found.n_agreeing) == (50, 35)
    assert found.kappa == pytest.approx(0.4)
    assert found.low < 0.4 < found.high < 0.8
    assert math.isnan(agreement({1: True}, {1: True}).kappa)
    assert agreement({}, {}).n == 0


def test_an_action_that_is_none_is_refused() -> None:
    with pytest.raises(ParameterError, match="0 to 3"):
        with_action(game_of(), 4)
    full = replace(game_of(), actions=(0,) * 50)
    with pytest.raises(ParameterError, match="over"):
        with_action(full, 1)
