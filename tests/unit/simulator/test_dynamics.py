"""What follows an action, worked out by hand from the published equations: every action, context and walk state.

With w the walk state and "right" for a generic message or one tailored to the true context (Karine & Marlin 2024 and
2025, arXiv:2411.00336 and arXiv:2501.06980):

    h' = (1 - δ_h) h                    no message            min(1, h + ε_h)               a message
    d' = d                              no message
         (1 - δ_d) d                    right, w = 1          min(1, d + η_d)               right, w = 0
         min(1, d + ε_d)                wrong, w = 1          min(1, d + ε_d + η_d)         wrong, w = 0
    s' = μ_s[c] + (1 - h') ρ            w = 1                 0                             w = 0
"""

from dataclasses import replace

import numpy as np
import pytest

from jitai.seeding import Stream, generator
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.dynamics import Response, case_index, mean_outcome, response_table, responses
from jitai.simulator.env import StepCountEnv
from jitai.simulator.participant import Participant
from jitai.simulator.vector_env import StepCountVectorEnv

# On day 1 nothing is sent, so that day 2 begins with h = 0.4 / 2 = 0.2 and d = 0.3.
CONFIG = SimulatorConfig(
    study_length=3, initial_habituation=0.4, initial_disengagement=0.3,
    habituation_decay=0.5, habituation_increment=0.05, disengagement_decay=0.5, disengagement_increment=0.2,
    cannot_walk_disengagement=0.4, steps_at_home=10.0, steps_at_work=20.0,
    generic_message_steps=50.0, tailored_message_steps=200.0, mismatched_message_steps=30.0,
)  # fmt: skip
NONE, GENERIC, HOME, WORK = range(4)
CASES = [
    # action, context, w: h', d', s'
    (NONE, 0, 1, 0.10, 0.30, 10.0),
    (NONE, 1, 1, 0.10, 0.30, 20.0),
    (NONE, 0, 0, 0.10, 0.30, 0.0),
    (NONE, 1, 0, 0.10, 0.30, 0.0),
    (GENERIC, 0, 1, 0.25, 0.15, 47.5),  # 10 + 0.75 * 50
    (GENERIC, 1, 1, 0.25, 0.15, 57.5),
    (GENERIC, 0, 0, 0.25, 0.70, 0.0),
    (GENERIC, 1, 0, 0.25, 0.70, 0.0),
    (HOME, 0, 1, 0.25, 0.15, 160.0),  # 10 + 0.75 * 200
    (HOME, 1, 1, 0.25, 0.50, 42.5),  # 20 + 0.75 * 30
    (HOME, 0, 0, 0.25, 0.70, 0.0),
    (HOME, 1, 0, 0.25, 0.90, 0.0),
    (WORK, 0, 1, 0.25, 0.50, 32.5),  # 10 + 0.75 * 30
    (WORK, 1, 1, 0.25, 0.15, 170.0),  # 20 + 0.75 * 200
    (WORK, 0, 0, 0.25, 0.90, 0.0),
    (WORK, 1, 0, 0.25, 0.70, 0.0),
]
every_case = pytest.mark.parametrize(("action", "context", "can_walk", "habituation", "risk", "steps"), CASES)


def lived(context: int, can_walk: int) -> SimulatorConfig:
    """Settings under which day 2 is certain to have that context and walk state; day 1 is at home, and able."""
    return replace(CONFIG, context_persistence=1.0 - context, can_walk_persistence=float(can_walk))


def test_all_cases_are_there() -> None:
    assert len({case[:3] for case in CASES}) == 16


@every_case
def test_the_equations(action: int, context: int, can_walk: int, habituation: float, risk: float, steps: float) -> None:
    case = case_index(action, context, can_walk)
    assert mean_outcome(0.2, 0.3, responses(CONFIG)[case], min) == pytest.approx((habituation, risk, steps))


def test_the_equations_for_many_at_once() -> None:
    actions, contexts, able, *expected = np.array(CASES).T
    case = case_index(actions.astype(int), contexts.astype(int), able.astype(int))
    found = mean_outcome(np.full(16, 0.2), np.full(16, 0.3), Response(*response_table(CONFIG).take(case, axis=1)))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@every_case
def test_a_participants_day(
    action: int, context: int, can_walk: int, habituation: float, risk: float, steps: float
) -> None:
    participant = Participant(lived(context, can_walk), generator(5, Stream.WORLD))
    first = participant.act(NONE)
    assert (first.habituation, first.disengagement_risk, first.step_count) == pytest.approx((0.2, 0.3, 10.0))
    assert participant.can_walk == can_walk
    outcome = participant.act(action)
    assert outcome.habituation == pytest.approx(habituation)
    assert outcome.disengagement_risk == pytest.approx(risk)
    assert outcome.step_count == pytest.approx(steps)


@every_case
def test_an_environments_day(
    action: int, context: int, can_walk: int, habituation: float, risk: float, steps: float
) -> None:
    env = StepCountEnv(lived(context, can_walk), ("C", "H", "D", "S"))
    env.reset(seed=5)
    observed = env.step(NONE)[0]
    np.testing.assert_allclose(observed, [context, 0.2, 0.3, 10.0], rtol=1e-6)
    observed, reward, *_ = env.step(action)
    assert reward == pytest.approx(steps)
    np.testing.assert_allclose(observed[1:], [habituation, risk, steps], rtol=1e-6)


@pytest.mark.parametrize(("context", "can_walk"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_day_of_four_environments_at_once(context: int, can_walk: int) -> None:
    expected = [case[3:] for case in CASES if case[1:3] == (context, can_walk)]
    env = StepCountVectorEnv(4, lived(context, can_walk), ("H", "D", "S"))
    env.reset(seed=5)
    env.step(np.zeros(4, dtype=int))
    observed, rewards, *_ = env.step(np.arange(4))
    np.testing.assert_allclose(observed, expected, rtol=1e-6)
    np.testing.assert_allclose(rewards, [steps for *_, steps in expected], rtol=1e-12)


@pytest.mark.parametrize(
    ("action", "habituation", "risk", "steps"),
    [(NONE, 0.09, 0.1, 0.1), (GENERIC, 0.15, 0.09, 42.6), (HOME, 0.15, 0.09, 170.1), (WORK, 0.15, 0.5, 0.1)],
)
def test_the_first_day_with_the_published_settings(action: int, habituation: float, risk: float, steps: float) -> None:
    """h = d = 0.1 and c = 0 at the start; 0.1 + 0.85 * 50 = 42.6 and 0.1 + 0.85 * 200 = 170.1."""
    outcome = Participant(SimulatorConfig(), generator(0, Stream.WORLD)).act(action)
    assert (outcome.habituation, outcome.disengagement_risk, outcome.step_count) == pytest.approx(
        (habituation, risk, steps)
    )


@pytest.mark.parametrize(
    ("action", "can_walk", "expected"),
    [
        (GENERIC, 1, (1.0, 0.475, 10.0)),  # who is fully habituated takes the steps of a day without a message
        (WORK, 1, (1.0, 1.0, 10.0)),  # 0.95 + 0.2
        (GENERIC, 0, (1.0, 1.0, 0.0)),
        (WORK, 0, (1.0, 1.0, 0.0)),
    ],
)
def test_habituation_and_risk_end_at_one(action: int, can_walk: int, expected: tuple[float, float, float]) -> None:
    assert mean_outcome(0.98, 0.95, responses(CONFIG)[case_index(action, 0, can_walk)]) == pytest.approx(expected)
