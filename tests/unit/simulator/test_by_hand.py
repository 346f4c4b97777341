"""Both environments follow the published equations, worked out a second time in tests/by_hand.py."""

import numpy as np
import pytest

from jitai.simulator.config import SimulatorConfig
from jitai.simulator.env import StepCountEnv
from jitai.simulator.vector_env import StepCountVectorEnv
from tests.by_hand import Person, expected

PERSON = Person()
CONFIG = SimulatorConfig(**PERSON.settings, disengagement_threshold=1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(4))
def test_the_single_environment(seed: int) -> None:
    env = StepCountEnv(CONFIG, ("H", "D", "S"))
    _, info = env.reset(seed=seed)
    actions = np.random.default_rng(seed).integers(0, 4, CONFIG.study_length).tolist()
    lived, found, rewards = [], [], []
    for action in actions:
        lived.append((action, info["true_context"], info["can_walk"]))
        observed, reward, terminated, truncated, info = env.step(action)
        found.append(observed)
        rewards.append(reward)
        if terminated or truncated:
            break
    by_hand = np.array(list(expected(PERSON, lived)))
    assert len(lived) > 20
    np.testing.assert_allclose(rewards, by_hand[:, 2], rtol=1e-12)
    np.testing.assert_allclose(found, by_hand, rtol=1e-6)


def test_the_vector_environment() -> None:
    n_envs, n_days = 50, 12
    env = StepCountVectorEnv(n_envs, CONFIG, ("H", "D", "C"))
    observed, info = env.reset(seed=5)
    actions = np.random.default_rng(5).integers(0, 4, (n_days, n_envs))
    lived, rewards, states = [], [], []
    for day in range(n_days):
        lived.append((actions[day], observed[:, 2].astype(int), info["can_walk"]))
        observed, reward, terminated, _, info = env.step(actions[day])
        assert not terminated.any()
        rewards.append(reward)
        states.append(observed[:, :2])
    for number in range(n_envs):
        days = [(int(action[number]), int(context[number]), bool(able[number])) for action, context, able in lived]
        by_hand = np.array(list(expected(PERSON, days)))
        np.testing.assert_allclose([reward[number] for reward in rewards], by_hand[:, 2], rtol=1e-6)
        np.testing.assert_allclose([state[number] for state in states], by_hand[:, :2], rtol=1e-6)
