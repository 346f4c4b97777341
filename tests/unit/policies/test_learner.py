"""The learner: it finds the truth in what it may see, sees nothing else, and earns what that is worth."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from jitai.policies.base import PolicyInputs, View
from jitai.policies.belief import BY_DECISION, BeliefSettings, Text
from jitai.policies.estimated_plan import HABITUATION, RISK, Estimates, expected_reader, make_plans
from jitai.policies.learner import PILOT, LearnerSettings, ModelBasedLearner
from jitai.policies.pilot import N_PEOPLE, learned_from, pilot, run_pilot
from jitai.policies.planner import ExpectedExcess, expected_verdicts, make_plan
from jitai.policies.posterior import (
    ABLE_STAYS,
    BASE,
    FITS,
    GENERIC,
    GRID,
    MISFITS,
    NO_STEPS_WHILE_ABLE,
    UNABLE_COST,
    UNABLE_STAYS,
    WRITES_WHILE_ABLE,
    WRITES_WHILE_UNABLE,
    from_bounds,
)
from jitai.policies.registry import PolicySpec
from jitai.seeding import FIRST_TRAINING_SEED, Stream, generator
from jitai.simulator.config import BETA, PUBLISHED_CELLS, SimulatorConfig
from jitai.trial.filters import NONE, VETO, filter_spec
from jitai.trial.loop import Trial, run_trial
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import VerdictTable, simulated_verdicts

JUDGE = BeliefSettings(0.93, 0.07, BY_DECISION)
VERDICTS = simulated_verdicts(0.93, 0.07)
SEEDS = range(300_000, 300_060)
COMES_AND_GOES, LASTS = PUBLISHED_CELLS[1], PUBLISHED_CELLS[3]


def earned(config: SimulatorConfig, policy: PolicySpec, strategy: str = NONE) -> np.ndarray:
    return run_trial(TrialSpec(config, policy, filter_spec(strategy), belief=JUDGE), SEEDS, VERDICTS).total_steps


def is_above(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the paired difference lies above zero by three standard errors."""
    difference = one - other
    return bool(difference.mean() > 3 * difference.std(ddof=1) / np.sqrt(len(difference)))


@pytest.mark.parametrize("config", [COMES_AND_GOES, LASTS])
def test_between_the_simple_rule_and_the_planner(config: SimulatorConfig) -> None:
    rule = earned(config, PolicySpec("tailored"), VETO)
    planner = earned(config, PolicySpec("planner"))
    bounds = earned(config, PolicySpec("learner"))
    with_pilot = earned(config, PolicySpec("learner", LearnerSettings(PILOT)))
    assert is_above(bounds, rule)
    assert is_above(with_pilot, bounds)
    assert with_pilot.mean() > 0.97 * planner.mean()


def test_it_sees_neither_habituation_nor_risk_nor_the_trials_belief_nor_parameters() -> None:
    """Fed with the same readings, texts and steps, it does the same whoever the participant is."""
    spec = TrialSpec(COMES_AND_GOES, PolicySpec("learner"), filter_spec(NONE), belief=JUDGE)
    trial = Trial(spec, SEEDS[:3], VerdictTable(VERDICTS, JUDGE))
    stranger = replace(
        COMES_AND_GOES, habituation_increment=0.3, habituation_decay=0.5, disengagement_increment=0.9,
        disengagement_decay=0.7, cannot_walk_disengagement=0.1, can_walk_persistence=0.3, cannot_walk_persistence=0.8,
        statement_probability=0.9, repeats_while_unable=False, generic_message_steps=300.0, tailored_message_steps=1.0,
        mismatched_message_steps=70.0, steps_at_home=9.0, disengagement_threshold=0.3, initial_habituation=0.9,
    )  # fmt: skip
    blind = ModelBasedLearner(
        LearnerSettings(),
        PolicyInputs(stranger, stranger, JUDGE, 3, lambda: [generator(seed, Stream.POLICY) for seed in SEEDS[:3]]),
    )
    n_sent = 0
    while not trial.is_over:
        lived = trial.step()
        nothing = np.full(3, np.nan)
        view = lived.view._replace(habituation=nothing, disengagement_risk=nothing, belief=None, step_count=nothing)
        proposals = blind.propose(view)
        assert proposals.candidate_action.tolist() == lived.candidate_action.tolist()
        blind.learn(view, lived.filtered.executed_action, lived.outcomes.step_count, lived.there)
        n_sent += int((lived.filtered.executed_action > 0).sum())
    assert n_sent > 30


def test_the_belief_that_is_shown_is_its_own() -> None:
    """The trial's belief knows p11 and p00; the learner's at first holds both for even."""
    spec = TrialSpec(LASTS, PolicySpec("learner"), filter_spec(NONE), belief=replace(JUDGE, reads_text=False))
    log = run_trial(spec, SEEDS[:5], VERDICTS)
    assert (log.belief[:, 0] == 1.0).all()
    assert log.belief[:, 1] == pytest.approx(0.5)
    assert log.belief[:, 2].tolist() == pytest.approx([2 / 3 if able else 0.5 for able in log.can_walk[:, 1]], abs=1e-6)


def test_a_pilot_finds_the_truth() -> None:
    config = replace(
        COMES_AND_GOES, steps_at_home=30.0, steps_at_work=30.0, mismatched_message_steps=20.0,
        cannot_walk_persistence=0.8,
    )  # fmt: skip
    found = pilot(config, JUDGE, 3)
    ability = found.ability.mean[0]
    assert ability[ABLE_STAYS] == pytest.approx(0.7, abs=0.06)
    assert ability[UNABLE_STAYS] == pytest.approx(0.8, abs=0.06)
    assert ability[WRITES_WHILE_ABLE] == pytest.approx(0.3, abs=0.07)
    assert ability[WRITES_WHILE_UNABLE] > 0.95 and ability[NO_STEPS_WHILE_ABLE] < 0.05
    weight, mean = found.response.weight[0], found.response.mean[0]
    steps = weight @ mean
    assert steps[[BASE, GENERIC, FITS, MISFITS]] == pytest.approx([30, 50, 200, 20], rel=0.2, abs=3)
    # As near as the nodes lie.
    assert 0.03 < weight @ GRID.increment < 0.08
    assert 0.06 < weight @ GRID.decay < 0.17


def test_days_without_any_steps_tell_that_there_is_no_base() -> None:
    """Where the response varies, somebody who is able takes no steps on most days without a message."""
    config = replace(LASTS, variation=BETA, habituation_concentration=30.0, disengagement_concentration=30.0)
    found = pilot(config, JUDGE, 0)
    steps = found.response.weight[0] @ found.response.mean[0]
    assert found.ability.mean[0, NO_STEPS_WHILE_ABLE] > 0.9
    assert steps[[BASE, GENERIC, FITS]] == pytest.approx([0, 50, 200], abs=15)


def test_the_people_of_a_pilot_are_never_measured() -> None:
    config = replace(COMES_AND_GOES, cannot_walk_disengagement=0.9)
    log, again, other = (run_pilot(config, JUDGE, number) for number in (2, 2, 3))
    assert log.step_count.tolist() == again.step_count.tolist() != other.step_count.tolist()
    assert len(log.there) == N_PEOPLE and log.there[:, 0].all()
    assert max(SEEDS) < FIRST_TRAINING_SEED
    # Somebody who left is there no more, and was not said to stay.
    last = log.there.sum(axis=1) - 1
    left = last < config.study_length - 1
    assert left.any() and not log.stays[np.flatnonzero(left), last[left]].any()


def test_who_stays_and_who_leaves_tells_what_mistakes_cost() -> None:
    def found(cost: float) -> float:
        config = replace(COMES_AND_GOES, cannot_walk_disengagement=cost)
        unread = replace(JUDGE, reads_text=False)
        posterior = learned_from(run_pilot(config, unread, 1), np.random.default_rng(1), 500)
        return float(posterior.risk.mean()[UNABLE_COST, 0])

    # Away from 0.5, the mean of the prior, to either side.
    assert found(0.05) < 0.2 and found(0.9) > 0.55


def test_staying_refutes_costly_mistakes() -> None:
    posterior = from_bounds(2, [np.random.default_rng(seed) for seed in (1, 2)])
    nobody, everybody = np.zeros(2), np.ones(2)
    before = posterior.risk.mean()[UNABLE_COST].copy()
    for _ in range(3):
        posterior.risk.see(np.array([1, 0]), nobody, nobody, nobody)
        posterior.risk.stay(everybody == 1)
    after = posterior.risk.mean()[UNABLE_COST]
    assert after[0] < before[0] - 0.15
    # Where nothing was sent, nothing was learned of it.
    assert after[1] == pytest.approx(before[1], abs=0.03)


def test_a_wrong_verdict_is_outweighed_by_steps() -> None:
    posterior = from_bounds(1, [np.random.default_rng(1)])
    one = np.ones(1)
    for steps in (100.0, 90.0, 0.0, 95.0):
        posterior.ability.read(Text(np.array([True]), np.array([0.02]), np.array([0.98])))
        assert posterior.ability.able[0] < 0.2
        posterior.see(np.array([2]), one, one * steps, one == 1)
        assert posterior.ability.able[0] == pytest.approx(float(steps > 0), abs=0.05)


def test_a_small_plan_is_the_planners_plan() -> None:
    belief = replace(JUDGE, reading=BY_DECISION)
    for config in PUBLISHED_CELLS:
        exact = make_plan(config, belief, n_habituation=len(HABITUATION), n_risk=len(RISK))
        c = config
        estimates = Estimates(*(np.array([value]) for value in (
            c.habituation_increment, c.habituation_decay, c.disengagement_increment / c.disengagement_threshold,
            c.cannot_walk_disengagement / c.disengagement_threshold, c.disengagement_decay, c.can_walk_persistence,
            c.cannot_walk_persistence, c.statement_probability, 1.0, 0.1, 50.0, 200.0, 0.0,
        )))  # fmt: skip
        small = make_plans(estimates, 0, c.study_length, ExpectedExcess(c.context_noise), expected_verdicts(belief))
        for day, able in ((1, 0), (1, 1), (25, 1), (49, 1)):
            expected = exact.grid.read(exact.evening[day, able], 0.25, 0.0)
            assert small[day, 0, able, 2, 0] == pytest.approx(expected, rel=0.02), (day, able)


def test_the_mean_of_a_table_over_weighted_values() -> None:
    rng = np.random.default_rng(4)
    table, values, weight = rng.random((2, len(RISK))), rng.random((2, 50)), rng.random((2, 50))
    read = (expected_reader(RISK, values, weight) * table).sum(axis=1)
    for who in (0, 1):
        assert read[who] == pytest.approx(weight[who] @ np.interp(values[who], RISK, table[who]))
    assert HABITUATION[[0, -1]].tolist() == [0, 1]


def test_the_run_in_sends_tailored_messages_to_whoever_is_thought_able() -> None:
    def actions(n_messages: int) -> Any:
        policy = PolicySpec("learner", LearnerSettings(run_in_messages=n_messages))
        spec = TrialSpec(LASTS, policy, filter_spec(NONE), belief=JUDGE)
        return run_trial(spec, SEEDS, VERDICTS)

    log = actions(50)
    sent = log.executed_action[log.lived] >= 2
    assert sent[log.can_walk[log.lived] == 1].mean() > 0.9 > 0.5 > sent[log.can_walk[log.lived] == 0].mean()
    assert (actions(2).executed_action[:, 0] == 2).all()


def test_without_a_judge_it_learns_from_steps_alone() -> None:
    log = run_trial(TrialSpec(LASTS, PolicySpec("learner"), filter_spec(NONE), belief=JUDGE), SEEDS[:20], None)
    assert log.total_steps.mean() > 1500


def test_a_day_that_it_is_not_told_of_teaches_nothing_of_the_response() -> None:
    posterior = from_bounds(1, [np.random.default_rng(1)])
    mean = posterior.response.mean.copy()
    posterior.see(np.array([2]), np.ones(1), np.array([190.0]), np.array([False]))
    assert (posterior.response.mean == mean).all() and posterior.ability.able[0] == 1.0
    posterior.see(np.array([2]), np.ones(1), np.array([190.0]), np.array([True]))
    assert (posterior.response.mean != mean).any()


def test_a_view_needs_no_text() -> None:
    inputs = PolicyInputs(LASTS, LASTS, JUDGE, 1, lambda: [np.random.default_rng(1)])
    learner = ModelBasedLearner(LearnerSettings(), inputs)
    half = np.full(1, 0.5)
    for day in range(3):
        view = View(np.array([day]), half, np.array([0]), half, half, half)
        assert learner.propose(view).candidate_action.shape == (1,)
        learner.learn(view, np.array([0]), half, np.array([True]))
