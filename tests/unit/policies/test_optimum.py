"""The ceiling: known values, its grid, and what its policy really earns."""

import time
from dataclasses import replace

import numpy as np
import pytest

from jitai.errors import JitaiError
from jitai.policies.base import PolicyInputs, Truth, View
from jitai.policies.belief import BeliefSettings
from jitai.policies.optimum import OptimalPolicy, Optimum, optimum, solve
from jitai.policies.policy_map import Band, PolicyMap, bands, draw_map, in_words
from jitai.policies.registry import POLICIES, PolicySpec
from jitai.policies.solution_cache import kept
from jitai.policies.state_grid import locate, make_grid
from jitai.records import Action
from jitai.simulator.config import SimulatorConfig
from jitai.trial.filters import NONE, filter_spec
from jitai.trial.loop import run_trial
from jitai.trial.optimum_check import GRID_ERROR, OptimumCheck, check_optimum, value_on_fine_grid
from jitai.trial.spec import LEARNED, TrialSpec
from jitai.trial.verdict_table import read_all, simulated_judge
from tests.by_hand import half_width

ALONE = filter_spec(NONE)


def cell(can_walk: float, cannot_walk: float, mistake: float = 0.05, **others: float) -> SimulatorConfig:
    """A cell of the published grid."""
    return SimulatorConfig(
        initial_habituation=0.0, initial_disengagement=0.0, can_walk_persistence=can_walk,
        cannot_walk_persistence=cannot_walk, disengagement_increment=mistake, **others,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("can_walk", "cannot_walk", "steps"), [(0.7, 0.1, 3560), (0.7, 0.5, 3420), (0.95, 0.1, 3640), (0.95, 0.5, 3610)]
)
def test_known_values(can_walk: float, cannot_walk: float, steps: float) -> None:
    assert optimum(cell(can_walk, cannot_walk)).value() == pytest.approx(steps, abs=5)
    # Whoever knows the context makes no mistakes, whatever they cost.
    assert optimum(cell(can_walk, cannot_walk, 0.4)).value() == pytest.approx(steps, abs=5)


@pytest.mark.alone
def test_the_grid_shown_is_fine_enough_and_quick() -> None:
    config = cell(0.7, 0.5)
    fine = solve(config, 641, 41).value()
    assert optimum(config).value() == pytest.approx(fine, abs=0.5)
    assert solve(config, 61, 21).value() == pytest.approx(fine, abs=2.5)
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        solve(config)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.3


@pytest.mark.parametrize(("can_walk", "cannot_walk"), [(0.7, 0.1), (0.7, 0.5), (0.95, 0.1), (0.95, 0.5)])
def test_the_grid_is_off_by_no_more_than_is_said(can_walk: float, cannot_walk: float) -> None:
    """On the page and in the check of the ceiling; what mistakes cost does not matter to those who make none."""
    config = cell(can_walk, cannot_walk)
    assert abs(optimum(config).value() - value_on_fine_grid(config)) <= GRID_ERROR == 0.4


@pytest.mark.parametrize(
    "config",
    [
        cell(0.7, 0.5),
        cell(0.95, 0.1, 0.4),
        cell(0.7, 0.5, steps_at_home=20.0, steps_at_work=60.0, context_persistence=0.9),
        SimulatorConfig(study_length=20, can_walk_persistence=0.3, mismatched_message_steps=120.0),
    ],
)
def test_its_policy_earns_its_value(config: SimulatorConfig) -> None:
    earned = run_trial(TrialSpec(config, PolicySpec("optimum"), filter=ALONE), range(600), None).total_steps
    error = earned.std(ddof=1) / np.sqrt(len(earned))
    assert earned.mean() == pytest.approx(optimum(config).value(), abs=3.5 * error + 1)


def test_no_policy_earns_more() -> None:
    verdicts = read_all(*simulated_judge(1.0, 0.0))
    config = cell(0.7, 0.5)
    for policy in POLICIES:
        if policy == LEARNED:
            continue
        earned = run_trial(TrialSpec(config, PolicySpec(policy)), range(50), verdicts).total_steps.mean()
        assert earned < optimum(config).value(), policy


def test_by_hand_over_two_days() -> None:
    """Somebody always able, reading perfect: send on both days; the second message finds a habituated reader."""
    config = SimulatorConfig(
        study_length=2, initial_habituation=0.0, can_walk_persistence=1.0, steps_at_home=0.0, steps_at_work=0.0
    )
    assert solve(config).value() == pytest.approx(200 * 0.95 + 200 * 0.9)
    # One day, unable: nothing can be earned, so nothing is sent.
    last = solve(replace(config, study_length=1))
    assert last.action(0, 0.3, 0.2, 0, 1) == Action.NO_MESSAGE
    assert last.action(0, 0.3, 0.2, 1, 1) == Action.TAILORED_WORK
    assert last.action(0, 0.3, 0.2, 1, 0) == Action.TAILORED_HOME
    assert last.action_values(0, 0.3, 0.2, 1, 0).tolist() == pytest.approx([0, 50 * 0.65, 200 * 0.65, 0])


def test_against_every_plan_of_a_short_study() -> None:
    """Four days without chance: the best of all 4^4 sequences of actions, walked through by the dynamics themselves."""
    from itertools import product

    from jitai.seeding import Stream, generator
    from jitai.simulator.participant import Participant

    config = SimulatorConfig(
        study_length=4, initial_habituation=0.6, habituation_decay=0.5, context_persistence=1.0,
        can_walk_persistence=1.0, disengagement_increment=0.6, initial_disengagement=0.3,
        mismatched_message_steps=260.0,
    )  # fmt: skip
    best = 0.0
    for actions in product(range(4), repeat=4):
        participant, total = Participant(config, generator(0, Stream.WORLD)), 0.0
        for action in actions:
            if not participant.over:
                total += participant.act(action).step_count
        best = max(best, total)
    assert solve(config, 481, 161).value() == pytest.approx(best, abs=0.2)


def test_lanes_and_single_states_agree_with_the_tables() -> None:
    solved = solve(cell(0.7, 0.5), 31, 11)
    rows, columns = np.meshgrid(np.arange(31), np.arange(len(solved.grid.risk)), indexing="ij")
    for can_walk in (0, 1):
        for context in (0, 1):
            chosen = solved.action(
                7, solved.grid.habituation[rows], solved.grid.risk[columns], np.full(rows.shape, can_walk), context
            )
            np.testing.assert_array_equal(chosen, solved.map(7, can_walk, context))
    assert solved.action(7, 0.2, 0.1, 1, 0) == solved.action(7, np.array([0.2]), np.array([0.1]), np.array([1]), 0)[0]
    assert isinstance(solved.action(7, 0.2, 0.1, 1, 0), int)


def test_solutions_are_kept_by_their_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A year weighs seven times what 50 days do: as many of them would not fit into memory."""
    asked = []

    @kept
    def solved(config: SimulatorConfig) -> Optimum:
        asked.append(config.study_length)
        return solve(config, 11, 5)

    short, long = (replace(cell(0.7, 0.5), study_length=days) for days in (10, 80))
    weights = [sum(part.nbytes for part in (found.continuation, found.actions)) for found in (
        solve(short, 11, 5), solve(long, 11, 5)
    )]  # fmt: skip
    monkeypatch.setattr("jitai.policies.solution_cache.MOST_BYTES", weights[1] + weights[0] + 1000)
    others = [replace(short, context_noise=0.1 * number) for number in range(2, 6)]
    for config in (*others, *others):
        assert solved(config).config == config
    assert len(asked) == 4, "all four fit"
    assert solved(others[0]) is solved(others[0])
    solved(long)
    solved(others[0])
    assert len(asked) == 5, "the latest used stays"
    solved(others[1])
    assert len(asked) == 6, "the others had to go"
    monkeypatch.setattr("jitai.policies.solution_cache.MOST_BYTES", 1)
    assert solved(long) is solved(long), "the last one always stays"


def test_as_a_policy_it_must_be_told_the_truth() -> None:
    config = cell(0.7, 0.5)
    policy = PolicySpec("optimum").make(PolicyInputs(config, config, BeliefSettings(), 2, list))
    assert isinstance(policy, OptimalPolicy) and PolicySpec("optimum").is_privileged
    view = View(np.zeros(2, dtype=int), np.full(2, 0.5), np.zeros(2, dtype=int), *np.zeros((3, 2)))
    told = view._replace(truth=Truth(can_walk=np.array([1, 0]), true_context=np.array([1, 1])))
    assert policy.propose(told).candidate_action.tolist() == [Action.TAILORED_WORK, Action.NO_MESSAGE]
    with pytest.raises(JitaiError, match="without the hidden truth"):
        policy.propose(view)


def test_places_between_nodes() -> None:
    nodes = np.array([0.0, 0.5, 1.0])
    place = locate(nodes, np.array([-1.0, 0.0, 0.25, 0.5, 1.0, 2.0]))
    assert (nodes[place.lower] * (1 - place.share) + nodes[place.lower + 1] * place.share).tolist() == [
        0, 0, 0.25, 0.5, 1, 1,
    ]  # fmt: skip


@pytest.mark.parametrize("mistake", [0.0, 0.05, 0.33, 0.4, 0.99, 1.0])
def test_nodes_of_the_risk_ascend_and_stay_below_the_threshold(mistake: float) -> None:
    grid = make_grid(cell(0.7, 0.5, mistake), 11, 11)
    assert (np.diff(grid.risk) > 0).all()
    assert grid.risk[0] == 0 and grid.risk[-1] < 0.99


@pytest.mark.parametrize("config", [cell(0.7, 0.5), cell(0.95, 0.1, 0.4), SimulatorConfig(can_walk_persistence=1.0)])
def test_the_check_of_the_ceiling(config: SimulatorConfig) -> None:
    check = check_optimum(config, 300)
    steps = run_trial(TrialSpec(config, PolicySpec("optimum"), filter=ALONE), range(300), None).total_steps
    assert check.mean == pytest.approx(steps.mean())
    assert check.half_width == pytest.approx(half_width(steps))
    assert check.computed == optimum(config).value()
    assert check.agrees
    assert "lies in the interval" in check.sentence


def test_a_check_that_fails_says_so() -> None:
    assert not OptimumCheck(3000.0, 500, 3010.0, 9.0).agrees
    assert OptimumCheck(3000.0, 500, 3010.0, 9.9).agrees, "the grid's error is granted"
    assert "by chance" in OptimumCheck(3000.0, 500, 3010.0, 9.0).sentence
    assert OptimumCheck(3000.0, 500, 3010.0, 9.0, grid_error=1.5).agrees


def test_a_picture_is_what_the_policy_does() -> None:
    solved = optimum(cell(0.7, 0.5))
    for can_walk, context in ((1, 0), (1, 1), (0, 0)):
        drawn = draw_map(
            lambda h, d, w=can_walk, c=context: solved.action(19, h, d, np.full(h.shape, w), np.full(h.shape, c)),
            0.99, 31, 7,
        )  # fmt: skip
        assert drawn.actions.shape == (len(drawn.habituation), len(drawn.risk)) == (31, 7)
        assert (drawn.habituation[0], drawn.habituation[-1], drawn.risk[0]) == (0, 1, 0)
        assert 0.98 < drawn.risk[-1] < 0.99
        for row, column in ((0, 0), (11, 3), (30, 6)):
            place = (drawn.habituation[row], drawn.risk[column])
            assert drawn.actions[row, column] == solved.action(19, *place, can_walk, context)


def test_bands_and_their_words() -> None:
    actions = np.array([[3, 0], [3, 0], [1, 0], [0, 0], [0, 0]])
    picture = PolicyMap(np.linspace(0, 1, 5), np.array([0.0, 0.9]), actions)
    assert bands(picture, 0.0) == (
        Band(Action.TAILORED_WORK, 0.375), Band(Action.GENERIC, 0.625), Band(Action.NO_MESSAGE, 1.0),
    )  # fmt: skip
    assert bands(picture, 0.8) == (Band(Action.NO_MESSAGE, 1.0),)
    assert in_words(picture, 0.8) == "no message"
    assert in_words(picture, 0.0) == (
        "the message for work up to habituation 0.38, then a generic message up to habituation 0.62, then none"
    )


@pytest.mark.alone
def test_a_page_has_its_optimum_in_time() -> None:
    """Solution, check by 500 studies and both maps for a participant not seen before: seconds of one core."""
    check_optimum(cell(0.7, 0.5), 500)
    seconds = []
    for number in range(3):
        config = cell(0.71 + number / 100, 0.5)
        started = time.process_time()
        check_optimum(config, 500)
        solved = optimum(config)
        for can_walk in (0, 1):
            draw_map(
                lambda h, d, w=can_walk, s=solved: s.action(9, h, d, np.full(h.shape, w), np.zeros(h.shape, int)), 0.99
            )
        seconds.append(time.process_time() - started)
    assert min(seconds) < 0.3
