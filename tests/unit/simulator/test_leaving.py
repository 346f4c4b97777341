"""On which day a participant leaves whose mistakes add up to the threshold: the same in every kind of run."""

import numpy as np
import pytest

from jitai.policies.optimum import solve
from jitai.policies.planner import make_plan
from jitai.policies.registry import PolicySpec
from jitai.policies.state_grid import JUST_BELOW, make_grid
from jitai.records import Action
from jitai.rl.episodes import Episodes, TrainingSeeds
from jitai.seeding import Stream, generator
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.participant import Participant
from jitai.simulator.reference import PublishedEnv
from jitai.simulator.vector_env import StepCountVectorEnv
from jitai.trial.filters import NONE, filter_spec
from jitai.trial.loop import run_trial
from jitai.trial.spec import TrialSpec

SUMS = [(0.8, 0.1, 8), (1.0, 0.1, 10), (0.9, 0.3, 3), (0.7, 0.1, 7), (0.99, 0.33, 3), (0.99, 0.05, 20)]
"""Threshold, what a mistake adds, and after how many mistakes the participant leaves."""


def unable(threshold: float, mistake: float) -> SimulatorConfig:
    """Somebody who cannot walk from day 2 on, so that every generic message from then on is a mistake."""
    return SimulatorConfig(
        study_length=40, initial_disengagement=0.0, can_walk_persistence=0.0, cannot_walk_persistence=1.0,
        cannot_walk_disengagement=mistake, disengagement_threshold=threshold,
    )  # fmt: skip


@pytest.mark.parametrize(("threshold", "mistake", "n_mistakes"), SUMS)
def test_mistakes_that_add_up_to_the_threshold_end_the_study_that_day(
    threshold: float, mistake: float, n_mistakes: int
) -> None:
    config, n_days = unable(threshold, mistake), n_mistakes + 1
    participant = Participant(config, generator(0, Stream.WORLD))
    while not participant.over:
        outcome = participant.act(Action.GENERIC)
    assert outcome.terminated and participant.day == n_days

    env = StepCountVectorEnv(2, config, ("D",))
    env.reset(seed=0)
    ends = [env.step(np.full(2, int(Action.GENERIC)))[2].tolist() for _ in range(n_days)]
    assert ends == [[False, False]] * n_mistakes + [[True, True]]

    spec = TrialSpec(config, policy=PolicySpec("generic"), filter=filter_spec(NONE))
    result = run_trial(spec, range(3), None)
    assert result.disengaged.all() and result.lived.sum(axis=1).tolist() == [n_days] * 3

    envs = Episodes(spec, ("D",), 2, None, TrainingSeeds(1))
    ends = [envs.step(np.full(2, int(Action.GENERIC))).terminated.tolist() for _ in range(n_days)]
    assert ends == [[False, False]] * n_mistakes + [[True, True]]


@pytest.mark.parametrize(("threshold", "mistake", "n_mistakes"), SUMS)
def test_who_plans_knows_that_day(threshold: float, mistake: float, n_mistakes: int) -> None:
    """The last mistake leaves nothing to be earned; the one before it leaves what can still be earned."""
    config = SimulatorConfig(
        study_length=5, can_walk_persistence=1.0, context_persistence=1.0, disengagement_increment=mistake,
        disengagement_threshold=threshold, context_noise=0.1,
    )  # fmt: skip
    risks = [0.0]
    while len(risks) < n_mistakes:
        risks.append(risks[-1] + mistake)
    solved, plan, wrong = solve(config), make_plan(config), int(Action.TAILORED_WORK)
    values = [
        (solved.action_values(1, 0.0, risk, 1, 0)[wrong], plan.action_values(1, 0.0, risk, 1.0, 0.0)[wrong])
        for risk in risks
    ]
    today = Participant(config, generator(0, Stream.WORLD)).act(wrong).step_count
    assert max(values[-1]) < 2 * today
    assert all(min(pair) > 200 for pair in values[:-1])


def test_the_published_package_adds_up_as_it_did() -> None:
    config = SimulatorConfig(
        initial_disengagement=0.0, disengagement_threshold=0.8, disengagement_increment=0.1, context_noise=0.1
    )
    env, n_mistakes, done = PublishedEnv(config, seed=0), 0, False
    while not done:
        context = int(env.state.true_context)
        done = env.step(int(Action.TAILORED_HOME if context else Action.TAILORED_WORK))[2]
        n_mistakes += 1
    assert n_mistakes == 9


@pytest.mark.parametrize(
    ("threshold", "costs"), [(1.0, (0.2, 0.4)), (0.8, (0.1, 0.1)), (0.99, (0.05, 0.4)), (0.9, (0.3, 0.15))]
)
@pytest.mark.parametrize("n_risk", [21, 41])
def test_every_jump_has_its_two_nodes(threshold: float, costs: tuple[float, float], n_risk: int) -> None:
    """Even nodes that fall beside a jump must not take the place of its own."""
    config = SimulatorConfig(
        disengagement_threshold=threshold, disengagement_increment=costs[0], cannot_walk_disengagement=costs[1]
    )
    nodes = make_grid(config, 5, n_risk).risk
    jumps = [
        threshold - first * costs[0] - second * costs[1]
        for first in range(4)
        for second in range(4)
        if 0 < first + second <= 3
    ]
    for jump in [jump for jump in jumps if jump > 1e-6]:
        for node in (jump, jump - JUST_BELOW):
            assert np.abs(nodes - node).min() < 1e-11
    assert (np.diff(nodes) > JUST_BELOW / 2).all()
    assert nodes[0] == 0 and nodes[-1] == pytest.approx(threshold - JUST_BELOW, abs=1e-15)
