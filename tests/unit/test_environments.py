"""The environments that are registered with Gymnasium: found by name, checked by it, and the same as our own."""

import json
import subprocess
import sys
import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from jitai import environments
from jitai.corpus import TEST, load_part, load_stories
from jitai.environments import BASE, PRESET_OF, WITH_WALK_STATE, make_env, make_vector_env
from jitai.errors import ParameterError
from jitai.records import Label
from jitai.simulator import spaces
from jitai.simulator.config import PRESETS
from jitai.simulator.env import StepCountEnv

NAMES = tuple(PRESET_OF)


def test_what_is_shown_by_default_has_one_meaning() -> None:
    assert environments.DEFAULT_OBSERVATIONS == spaces.DEFAULT_OBSERVATIONS


@pytest.mark.parametrize("name", NAMES)
def test_gymnasium_makes_and_checks_them(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(name)
        check_env(env.unwrapped, skip_render_check=True)
        again = gymnasium.make(gymnasium.spec(name).to_json() and name)
    np.testing.assert_array_equal(env.reset(seed=3)[0], again.reset(seed=3)[0])


@pytest.mark.parametrize("name", NAMES)
def test_many_at_once_are_the_single_ones(name: str) -> None:
    many = gymnasium.make_vec(name, num_envs=5, observations=("P", "L", "H", "D", "S"))
    own = [StepCountEnv(PRESETS[PRESET_OF[name]], ("P", "L", "H", "D", "S")) for _ in range(5)]
    observed, _ = many.reset(seed=11)
    np.testing.assert_array_equal(observed, [env.reset(seed=11 + number)[0] for number, env in enumerate(own)])
    for action in (0, 1, 0, 1):  # too few messages for anybody to leave
        observed, reward, *_ = many.step(np.full(5, action))
        singly = [env.step(action) for env in own]
        np.testing.assert_allclose(observed, [step[0] for step in singly], rtol=1e-6)
        np.testing.assert_allclose(reward, [step[1] for step in singly], rtol=1e-12)


def test_only_the_second_has_a_walk_state() -> None:
    def unable(name: str) -> int:
        many = gymnasium.make_vec(name, num_envs=50)
        many.reset(seed=0)
        return sum(int((many.step(np.zeros(50, dtype=int))[4]["can_walk"] == 0).sum()) for _ in range(20))

    assert unable(BASE) == 0
    assert unable(WITH_WALK_STATE) > 100


def test_settings_are_keywords_and_errors_name_them() -> None:
    env = gymnasium.make(BASE, study_length=3, observations=["L", "H"])
    assert env.observation_space.shape == (2,)
    env.reset(seed=0)
    assert [env.step(0)[3] for _ in range(3)] == [False, False, True]
    with pytest.raises(ParameterError, match="study_length"):
        gymnasium.make(BASE, study_lenght=3)
    with pytest.raises(ParameterError, match="preset"):
        gymnasium.make(BASE, preset="somebody")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"statement_probability": 0.6, "repeats_while_unable": False},
        {"statement_probability": 0.5, "can_walk_persistence": 1.0},
        {"spell_statements": "held", "cannot_walk_persistence": 0.8},
        {"spell_statements": "story", "cannot_walk_persistence": 0.8},
        {"writes_on_first_day": False, "statement_probability": 0.6},
    ],
)
def test_words_are_those_of_the_walk_state_for_one_as_for_many(settings: dict[str, Any]) -> None:
    n = 6
    many = gymnasium.make_vec(WITH_WALK_STATE, num_envs=n, study_length=20, **settings)
    singles = [gymnasium.make(WITH_WALK_STATE, study_length=20, **settings) for _ in range(n)]
    label_of = {item.text: item.label for item in load_part(TEST)}
    label_of |= {item.text: item.label for story in load_stories(TEST) for item in story.statements}
    _, info = many.reset(seed=40)
    single_info = [env.reset(seed=40 + number)[1] for number, env in enumerate(singles)]
    written = 0
    for day in range(70):  # beyond the end of several episodes
        assert list(info["statement"]) == [one["statement"] for one in single_info]
        for text, can_walk in zip(info["statement"], info["can_walk"], strict=True):
            written += bool(text)
            assert not text or label_of[text] == (Label.CAN_WALK if can_walk else Label.CANNOT_WALK)
        actions = np.full(n, day % 3 == 0, dtype=int)
        *_, info = many.step(actions)
        for number, env in enumerate(singles):
            *_, terminated, truncated, single_info[number] = env.step(int(actions[number]))
            if terminated or truncated:
                single_info[number] = env.reset()[1]
    assert 0.2 < written / (70 * n) < 0.9


@pytest.mark.parametrize(
    "settings",
    [
        {"observations": None},
        {"observations": [1]},
        {"observations": 5},
        {"observations": ["L"] * 9999},
        {"statements": 3},
    ],
)
def test_settings_of_a_wrong_type_are_a_sentence(settings: dict[str, Any]) -> None:
    with pytest.raises(ParameterError) as caught:
        make_env("Ability comes and goes", **settings)
    assert len(str(caught.value)) < 300


def test_numbers_of_numpy_are_numbers() -> None:
    env = make_env("Ability comes and goes", study_length=np.int64(7), context_noise=np.float32(0.5))
    assert env.config.study_length == 7 and type(env.config.study_length) is int
    many = make_vector_env("Ability comes and goes", np.int64(2))
    first = many.reset(seed=[3, 4])[0]
    assert (many.reset(seed=np.array([3, 4]))[0] == first).all()


@pytest.mark.parametrize("number", [0, -1, 1.5, "3", None, True, 10**12])
def test_a_wrong_number_of_environments_is_a_sentence(number: Any) -> None:
    with pytest.raises(ParameterError, match="from 1 to 1,000,000"):
        make_vector_env("Ability comes and goes", number)


@pytest.mark.parametrize("seed", [1.5, "12", {"a": 1}, [1]])
def test_a_wrong_seed_of_many_is_a_sentence(seed: Any) -> None:
    with pytest.raises(ParameterError, match="environment"):
        make_vector_env("Ability comes and goes", 2).reset(seed=seed)


def test_statements_are_a_matter_of_choice() -> None:
    assert "statement" not in gymnasium.make(BASE).reset(seed=0)[1]
    assert "statement" not in gymnasium.make(WITH_WALK_STATE, statements="").reset(seed=0)[1]
    with pytest.raises(ParameterError, match="no part 'tset'"):
        gymnasium.make(WITH_WALK_STATE, statements="tset")


FRESH = """
import json, sys, time
started = time.perf_counter()
import {first}
seconds = time.perf_counter() - started
loaded = sorted({{name.split(".")[0] for name in sys.modules}})
import {second}
{call}
print(json.dumps({{"seconds": seconds, "loaded": loaded, "steps": gymnasium.make("StepCountJITAI-v0").spec.id}}))
"""


@pytest.mark.parametrize(
    ("first", "second", "call"),
    [
        ("gymnasium", "jitai", ""),
        ("jitai", "gymnasium", "jitai.register_environments()"),
        ("gymnasium", "jitai.environments", ""),
        ("jitai", "gymnasium", "gymnasium.make('jitai.environments:StepCountJITAI-LLM-v0')"),
    ],
)
def test_a_fresh_process_finds_them(first: str, second: str, call: str) -> None:
    program = FRESH.format(first=first, second=second, call=call)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    found = json.loads(done.stdout)
    assert found["steps"] == "StepCountJITAI-v0"
    if first == "jitai":
        assert not {"gymnasium", "numpy"} & set(found["loaded"])
        assert found["seconds"] < 0.2


@pytest.mark.parametrize(
    "action", [-1, 7, 4, 1.0, "1", None, True, np.array([0, 1]), np.array([9]), np.array([]), [[1], [2, 3]]]
)
def test_a_wrong_action_is_a_sentence(action: object) -> None:
    env = gymnasium.make("StepCountJITAI-v0")
    env.reset(seed=1)
    with pytest.raises((ParameterError, ValueError)) as error:
        env.step(action)
    if isinstance(error.value, ParameterError):
        assert "one whole number, 0 no message" in str(error.value) and len(str(error.value)) < 300
    own = StepCountEnv()
    own.reset(seed=1)
    if not isinstance(action, list):
        with pytest.raises(ParameterError, match="one whole number"):
            own.step(action)  # type: ignore[arg-type]


@pytest.mark.parametrize("action", [2, np.int64(2), np.array(2), np.array([2]), np.array([[2]]), [2]])
def test_a_number_and_an_array_of_one_are_an_action(action: object) -> None:
    env, own = StepCountEnv(), StepCountEnv()
    env.reset(seed=1), own.reset(seed=1)
    assert env.step(action)[1] == own.step(2)[1]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "actions", [[0, 1], 1, [0, 1, 4], [0, -1, 1], [0.0, 1.0, 2.0], [[0, 1, 2]], [[0], [1, 2], [3]]]
)
def test_wrong_actions_of_many_are_a_sentence(actions: object) -> None:
    envs = gymnasium.make_vec("StepCountJITAI-v0", num_envs=3)
    with pytest.raises(gymnasium.error.ResetNeeded):
        envs.step(np.zeros(3, dtype=int))
    envs.reset(seed=1)
    with pytest.raises(ParameterError, match="3 whole numbers are needed"):
        envs.step(actions)
