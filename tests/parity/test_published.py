"""The reference mode reproduces every number of the published environments to 1e-9, and every text."""

import json
from pathlib import Path

import numpy as np
import pytest

from jitai.errors import ParameterError
from jitai.simulator.config import BETA, DETERMINISTIC, UNIFORM, SimulatorConfig
from jitai.simulator.reference import PublishedEnv, PublishedTextEnv, variant_settings

DATA = Path(__file__).parents[1] / "data"
TRAJECTORIES = json.loads((DATA / "stepcountjitai_0.0.1.json").read_text())["trajectories"]
VARIANT = json.loads((DATA / "stepcountjitai_llm.json").read_text())
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


@pytest.mark.parametrize("trajectory", VARIANT["trajectories"], ids=lambda trajectory: str(trajectory["seed"]))
def test_every_number_and_text_of_the_authors_variant(trajectory: dict) -> None:
    config, constrains = variant_settings(trajectory["parameters"])
    env = PublishedTextEnv(
        config,
        np.random.default_rng(trajectory["seed"]),
        np.random.default_rng(trajectory["seed"]),
        np.random.RandomState(trajectory["legacy_seed"]),
        VARIANT["texts_cannot_walk"],
        VARIANT["texts_other"],
        constrains,
    )
    for episode in trajectory["episodes"]:
        lived = [(env.reset(), 0.0, False), *(env.step(action) for action in episode["actions"])]
        np.testing.assert_allclose([state[:-1] for state, _, _ in lived], episode["states"], rtol=0, atol=1e-9)
        assert [str(state.text) for state, _, _ in lived] == episode["texts"]
        np.testing.assert_allclose([reward for _, reward, _ in lived[1:]], episode["rewards"], rtol=0, atol=1e-9)
        assert [done for _, _, done in lived[1:]] == episode["dones"]


def test_the_variants_trajectories_cover_its_versions() -> None:
    versions = {
        (config.variation, constrains)
        for config, constrains in (variant_settings(item["parameters"]) for item in VARIANT["trajectories"])
    }
    assert versions == {
        (variation, constrains) for variation in (DETERMINISTIC, UNIFORM, BETA) for constrains in (0, 1)
    }
    assert len(VARIANT["trajectories"]) == 36
    assert sum(len(episode["actions"]) for item in VARIANT["trajectories"] for episode in item["episodes"]) == 1403


def test_what_is_not_given_is_as_in_the_authors_code() -> None:
    config, constrains = variant_settings({})
    assert constrains
    assert config.cannot_walk_disengagement == 0.05
    assert (config.disengagement_increment, config.statement_probability) == (0.4, 0.3)
    assert (config.disengagement_threshold, config.study_length) == (0.99, 50)
    assert (config.initial_habituation, config.initial_disengagement) == (0.1, 0.1)
    with pytest.raises(ParameterError, match="'eta'"):
        variant_settings({"eta": 0.1})
