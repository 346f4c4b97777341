"""The learning curve of a short training, to the last digit of its means. The one test here that imports what trains.

The half widths are left out: how an interval is made is tested where intervals are.
"""

import pytest

from tests.golden import measure
from tests.golden.parts import read_numbers, write_numbers

pytest.importorskip("torch", reason="torch is not installed: no training")
pytest.importorskip("stable_baselines3", reason="stable-baselines3 is not installed: no training")

PATIENCE_S = 300


def curve() -> list[list[float]]:
    """Decisions, mean steps of a study, and number of studies of each point."""
    from jitai.rl.task import LearningSettings, LearningTask
    from jitai.rl.train import TrainingRun
    from jitai.simulator.config import SimulatorConfig

    participants = tuple(SimulatorConfig(study_length=12, can_walk_persistence=stays) for stays in (0.7, 0.95))
    run = TrainingRun(LearningTask(LearningSettings(total_steps=9600, n_lanes=24, width=8), participants=participants))
    run.start()
    assert run.wait(PATIENCE_S)
    done = run.snapshot()
    assert not done.failure, done.failure
    return [[float(point.n_steps), point.mean_steps, float(point.n_studies)] for point in done.curve]


def test_the_learning_curve_is_that_of_the_record() -> None:
    found = measure.number_differences("point", read_numbers("curve")["ppo"], curve(), 1e-6)
    assert not found, measure.shown(found)


if __name__ == "__main__":
    write_numbers("curve", {"ppo": curve()})
