"""The episodes to learn from are the single trials, number for number, and speak stable-baselines3's language."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from jitai.corpus import TEST, StatementBook, load_part
from jitai.errors import ParameterError
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import STEPS_SCALE
from jitai.policies.registry import trained
from jitai.records import Label
from jitai.rl.episodes import Episodes, TrainingSeeds
from jitai.rl.task import LearningSettings, LearningTask, envs_of
from jitai.seeding import FIRST_TRAINING_SEED
from jitai.simulator.config import BETA, SimulatorConfig
from jitai.trial.filters import NONE, VETO, filter_spec
from jitai.trial.live import live_days
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import PreparedJudge, read_all
from tests.networks import random_network

if TYPE_CHECKING:
    from jitai.rl.vec_env import EpisodesVecEnv

CELL = SimulatorConfig(study_length=12, can_walk_persistence=0.7, disengagement_increment=0.4)
BOOK = StatementBook(load_part(TEST))
JUDGE = PreparedJudge({item.text: 0.1 + 0.8 * (item.label == Label.CAN_WALK) for item in load_part(TEST)})
VERDICTS = read_all(BOOK, JUDGE)
EVERYTHING = ("P", "L", "H", "D", "S", "T", "B", "day")


@pytest.mark.parametrize("config", [CELL, replace(CELL, variation=BETA, repeats_while_unable=False)])
@pytest.mark.parametrize("strategy", [NONE, VETO])
@pytest.mark.parametrize("heard", [True, False])
def test_every_episode_is_the_trial_of_its_seed(config: SimulatorConfig, strategy: str, heard: bool) -> None:
    network = random_network(EVERYTHING, seed=2)
    spec = TrialSpec(config, trained(network), filter=filter_spec(strategy), belief=BeliefSettings(0.8, 0.1))
    episodes = Episodes(spec, EVERYTHING, 5, VERDICTS if heard else None, TrainingSeeds(3))
    shown = episodes.begin()
    rows: list[list[tuple[list[float], int, float]]] = [[] for _ in range(5)]
    n_compared = n_left = 0
    while n_compared < 25:
        seeds = episodes.seed.copy()
        actions = np.argmax(network.outputs(shown), axis=-1)
        before, step = shown, episodes.step(actions)
        shown = step.shown
        for number in range(5):
            rows[number].append(
                (before[number].tolist(), int(episodes.executed_action[number]), float(step.step_count[number]))
            )
            if not (step.terminated[number] or step.truncated[number]):
                assert (step.shown[number] == step.last_shown[number]).all()
                continue
            records = list(live_days(replace(spec, seed=int(seeds[number])), BOOK, JUDGE if heard else None))
            assert [row[1:] for row in rows[number]] == [(item.executed_action, item.step_count) for item in records]
            for (features, _, _), record in zip(rows[number], records, strict=True):
                seen = record.observation
                expected = [
                    seen.context_probability, seen.inferred_context, seen.habituation, seen.disengagement_risk,
                    seen.step_count / STEPS_SCALE, seen.decision_index % 2, record.belief,
                    seen.decision_index / config.study_length,
                ]  # fmt: skip
                np.testing.assert_array_equal(features, np.array(expected, dtype=np.float32))
            assert (step.terminated[number], step.truncated[number]) == (records[-1].terminated, records[-1].truncated)
            assert step.last_shown[number][2] == np.float32(records[-1].habituation)
            assert step.shown[number][-2:].tolist() == [1.0, 0.0], "a new study: able, day 1"
            n_compared, n_left = n_compared + 1, n_left + records[-1].terminated
            rows[number] = []
    assert n_left or strategy == VETO


def test_training_seeds_are_their_own_and_repeat() -> None:
    seeds = TrainingSeeds(1)
    first, second = seeds.take(100), seeds.take(50)
    assert min(first + second) >= FIRST_TRAINING_SEED
    assert seeds.n_used == 150
    assert TrainingSeeds(1, n_used=100).take(50) == second
    assert TrainingSeeds(2).take(100) != first


def vec_env(end_counts: bool = True, unit: float = 100.0) -> "EpisodesVecEnv":
    from jitai.rl.vec_env import EpisodesVecEnv

    config = replace(CELL, disengagement_increment=0.05)
    groups = [
        Episodes(TrialSpec(item), EVERYTHING, n_lanes, None, TrainingSeeds(1))
        for item, n_lanes in ((config, 3), (replace(config, can_walk_persistence=1.0), 2))
    ]
    return EpisodesVecEnv(groups, unit, end_counts)


@pytest.mark.needs("training")
def test_episodes_have_nothing_of_their_own_to_set_or_call() -> None:
    for ask in (lambda: vec_env().set_attr("luck", 1), lambda: vec_env().env_method("rest")):
        with pytest.raises(AttributeError, match="participants of a study have no"):
            ask()


@pytest.mark.needs("training")
def test_ends_are_told_in_the_library_s_way() -> None:
    env, blind = vec_env(), vec_env(end_counts=False)
    assert env.num_envs == 5
    assert env.observation_space.contains(env.reset()[0]) and env.reset().shape == (5, 8)
    blind.reset()
    blind.reset()
    earned, n_ends = np.zeros(5), 0
    for _ in range(40):
        actions = np.full(5, 1)
        shown, rewards, dones, infos = env.step(actions)
        infos_of_blind = blind.step(actions)[3]
        earned += rewards
        for number in np.flatnonzero(dones):
            n_ends += 1
            info = infos[number]
            assert info["episode"]["r"] == pytest.approx(100 * earned[number], rel=1e-5)
            stayed = info["terminal_observation"][-1] == 1.0 and info["terminal_observation"][3] < 0.99
            assert not info["TimeLimit.truncated"]
            assert infos_of_blind[number]["TimeLimit.truncated"] == stayed
            assert shown[number][-1] == 0.0
            earned[number] = 0.0
        assert all(infos[number] == {} for number in np.flatnonzero(~dones))
    assert n_ends > 10
    assert env.env_is_wrapped(object) == [False] * 5
    assert env.get_attr("render_mode") == [None] * 5


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ParameterError, match="participants is 0"):
        Episodes(TrialSpec(CELL), EVERYTHING, 0, None, TrainingSeeds(1))
    with pytest.raises(ParameterError, match="none or veto"):
        Episodes(TrialSpec(CELL, filter=filter_spec("carry-forward")), EVERYTHING, 1, None, TrainingSeeds(1))
    with pytest.raises(ParameterError, match="'Q'"):
        Episodes(TrialSpec(CELL), ("Q",), 1, None, TrainingSeeds(1))
    with pytest.raises(ParameterError, match="did you mean 'veto'"):
        LearningTask(filter="vetoo")
    with pytest.raises(ParameterError, match="0 kinds"):
        LearningTask(participants=())
    with pytest.raises(ParameterError, match="2 kinds of participants for 1 participants at once"):
        LearningTask(LearningSettings(n_lanes=1), participants=(CELL, SimulatorConfig()))
    with pytest.raises(ParameterError, match="12, 50 days"):
        LearningTask(participants=(CELL, SimulatorConfig()))
    with pytest.raises(ParameterError, match="learning_rate"):
        LearningSettings(learning_rate=1.0)


def test_participants_are_shared_out() -> None:
    assert envs_of(10, [CELL] * 4) == [2, 3, 2, 3]
    assert sum(envs_of(257, [CELL] * 8)) == 257
