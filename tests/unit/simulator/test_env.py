"""The environments: Gymnasium's and stable-baselines3's checkers, study semantics, and vectors equal to singles."""

import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from jitai.errors import JitaiError, ParameterError
from jitai.simulator.config import BETA, DETERMINISTIC, PRESETS, UNIFORM, SimulatorConfig
from jitai.simulator.env import StepCountEnv
from jitai.simulator.spaces import QUANTITIES
from jitai.simulator.vector_env import StepCountVectorEnv

ALL = tuple(QUANTITIES)


@pytest.mark.parametrize("variation", [DETERMINISTIC, UNIFORM, BETA])
@pytest.mark.parametrize("observations", [("P", "H", "D"), ALL])
def test_gymnasium_checker_has_no_complaint(variation: str, observations: tuple[str, ...]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(StepCountEnv(SimulatorConfig(variation=variation), observations), skip_render_check=True)


@pytest.mark.needs("training")
@pytest.mark.parametrize("observations", [("P", "H", "D"), ALL])
def test_stable_baselines3_checker_has_no_complaint(observations: tuple[str, ...]) -> None:
    from stable_baselines3.common.env_checker import check_env as sb3_check_env

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sb3_check_env(StepCountEnv(SimulatorConfig(), observations))


def test_study_has_exactly_its_length_and_keeps_the_last_reward() -> None:
    env = StepCountEnv(SimulatorConfig(study_length=7, can_walk_persistence=1.0))
    env.reset(seed=1)
    rewards = []
    for day in range(7):
        _, reward, terminated, truncated, _ = env.step(1)
        rewards.append(reward)
        assert not terminated
        assert truncated == (day == 6)
    assert rewards[-1] > 10
    with pytest.raises(JitaiError, match="over"):
        env.step(1)


def test_disengagement_terminates() -> None:
    env = StepCountEnv(SimulatorConfig(context_persistence=1.0, disengagement_increment=0.5))
    env.reset(seed=0)
    ended = [env.step(3)[2] for _ in range(2)]  # the context stays home: a message tailored to work is wrong
    assert ended == [False, True]


def test_step_before_reset_is_refused() -> None:
    with pytest.raises(gym.error.ResetNeeded):
        StepCountEnv().step(0)


@pytest.mark.parametrize("name", ["X", "p", ""])
def test_unknown_observation_is_named(name: str) -> None:
    with pytest.raises(ParameterError, match="observation"):
        StepCountEnv(observations=(name,))


@pytest.mark.parametrize("config", [*PRESETS.values(), SimulatorConfig(variation=UNIFORM, context_persistence=0.8)])
def test_environments_equal_single_environments(config: SimulatorConfig) -> None:
    n_envs, n_steps, seed = 9, 140, 20
    envs = StepCountVectorEnv(n_envs, config, ALL)
    singles = [StepCountEnv(config, ALL) for _ in range(n_envs)]
    observed, _ = envs.reset(seed=seed)
    for number, env in enumerate(singles):
        np.testing.assert_array_equal(observed[number], env.reset(seed=seed + number)[0])
    actions_rng = np.random.default_rng(3)
    for _ in range(n_steps):
        actions = actions_rng.integers(0, 4, n_envs)
        observed, rewards, terminated, truncated, info = envs.step(actions)
        for number, env in enumerate(singles):
            single, reward, single_terminated, single_truncated, single_info = env.step(int(actions[number]))
            assert rewards[number] == pytest.approx(reward, rel=1e-12)
            assert (terminated[number], truncated[number]) == (single_terminated, single_truncated)
            if single_terminated or single_truncated:
                assert info["_final_obs"][number]
                np.testing.assert_allclose(info["final_obs"][number], single, rtol=1e-6)
                single, single_info = env.reset()
            np.testing.assert_allclose(observed[number], single, rtol=1e-6)
            assert info["can_walk"][number] == single_info["can_walk"]
            assert info["true_context"][number] == single_info["true_context"]


def test_environments_take_a_seed_each() -> None:
    env = StepCountVectorEnv(3, observations=("P", "C"))
    env.reset(seed=[5, 6, 5])
    observed = env.step(np.zeros(3, dtype=int))[0]
    np.testing.assert_array_equal(observed[0], observed[2])
    assert not np.array_equal(observed[0], observed[1])
    with pytest.raises(ParameterError, match="2 seeds for 3 environments"):
        env.reset(seed=[1, 2])


def test_same_seed_same_episode() -> None:
    env = StepCountEnv(SimulatorConfig(variation=BETA), ALL)

    def episode() -> list[np.ndarray]:
        observed = [env.reset(seed=4)[0]]
        for action in (1, 2, 0, 3):
            observed.append(env.step(action)[0])
        return observed

    np.testing.assert_array_equal(episode(), episode())
