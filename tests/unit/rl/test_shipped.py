"""The policies that come with the project: small, readable, and as good as their card says."""

from dataclasses import replace

import pytest

from jitai.errors import ParameterError
from jitai.policies.registry import PolicySpec
from jitai.rl.evaluation import evaluate, evaluate_as_trained
from jitai.rl.policy_store import SHIPPED_FOLDER, PolicyStore
from jitai.rl.task import LearningTask
from jitai.simulator.config import PRESETS, PUBLISHED_CELLS
from jitai.trial.spec import participants_of, trial_of
from jitai.trial.training_mismatch import mismatch_of_participant, mismatch_of_trial

SHIPPED = [path.stem for path in sorted(SHIPPED_FOLDER.glob("*.json"))]
SHELF = PolicyStore(SHIPPED_FOLDER / "no-such-folder")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_policy_is_small_and_tells_where_it_comes_from(name: str) -> None:
    assert (SHIPPED_FOLDER / f"{name}.json").stat().st_size < 150_000
    network = SHELF.get(name)
    assert participants_of(network) == PUBLISHED_CELLS
    assert mismatch_of_trial(network, trial_of(network)) == ()
    assert all(
        mismatch_of_participant(network, config) == () for config in PRESETS.values() if config in PUBLISHED_CELLS
    )
    card = (SHIPPED_FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"assets/policies/{name}.json" in card and network.digest in card


def test_on_the_belief_they_come_close_to_the_planner_and_without_it_they_do_not() -> None:
    assert set(SHIPPED) == {"a2c-blind", "dqn-belief", "ppo-belief", "ppo-blind"}
    cells, verdicts = PUBLISHED_CELLS[1::4], LearningTask().simulated_verdicts()
    trials = {name: trial_of(SHELF.get(name)) for name in SHIPPED}
    planner = evaluate(replace(trials["ppo-belief"], policy=PolicySpec("planner")), cells, verdicts, 100)
    for name, trial in trials.items():
        of_planner = [
            found.mean_steps / best.mean_steps
            for found, best in zip(evaluate(trial, cells, verdicts, 100), planner, strict=True)
        ]
        if name.endswith("belief"):
            assert min(of_planner) > 0.96
        else:
            assert max(of_planner) < 0.4


def test_training_seeds_are_not_measured_on() -> None:
    network = SHELF.get("ppo-belief")
    for n_seeds in (1, 2**31 + 1):
        with pytest.raises(ParameterError, match="number of seeds"):
            evaluate_as_trained(network, n_seeds=n_seeds)
