"""The reference mode reproduces every number of the published package, to 1e-9."""

import json
from pathlib import Path

import numpy as np
import pytest

from jitai.simulator.config import BETA, DETERMINISTIC, UNIFORM, SimulatorConfig
from jitai.simulator.reference import PublishedEnv

TRAJECTORIES = json.loads((Path(__file__).parents[1] / "data" / "stepcountjitai_0.0.1.json").read_text())[
    "trajectories"
]
NAMES = {
    "sigma": "context_noise",
    "delta_h": "habituation_decay",
    "epsilon_h": "habituation_increment",
    "delta_d": "disengagement_decay",
    "epsilon_d": "disengagement_increment",
    "rho_1": "generic_message_steps",
    "rho_2": "tailored_message_steps",
    "rho_3": "mismatched_message_steps",
    "D_threshold": "disengagement_threshold",
    "max_episode_length": "study_length",
    "chosen_a": "uniform_width",
    "kappa_h": "habituation_concentration",
    "kappa_d": "disengagement_concentration",
    "sigma_s": "step_count_spread",
}


def config_of(published: dict) -> SimulatorConfig:
    values = {NAMES[name]: value for name, value in published.items() if name in NAMES}
    if "mu_s" in published:
        values["steps_at_home"], values["steps_at_work"] = published["mu_s"]
    stochastic = UNIFORM if published.get("b_using_uniform") else BETA
    return SimulatorConfig(**values, variation=stochastic if published["n_version"] else DETERMINISTIC)


@pytest.mark.parametrize("trajectory", TRAJECTORIES, ids=lambda trajectory: str(trajectory["seed"]))
def test_every_number_of_the_published_package(trajectory: dict) -> None:
    env = PublishedEnv(config_of(trajectory["parameters"]), trajectory["seed"])
    for episode in trajectory["episodes"]:
        states, rewards, dones = [env.reset()], [], []
        for action in episode["actions"]:
            state, reward, done = env.step(action)
            states.append(state)
            rewards.append(reward)
            dones.append(done)
        np.testing.assert_allclose(states, episode["states"], rtol=0, atol=1e-9)
        np.testing.assert_allclose(rewards, episode["rewards"], rtol=0, atol=1e-9)
        assert dones == episode["dones"]


def test_all_eighteen_trajectories_are_here() -> None:
    assert len(TRAJECTORIES) == 18
    assert sum(len(episode["actions"]) for item in TRAJECTORIES for episode in item["episodes"]) > 900
