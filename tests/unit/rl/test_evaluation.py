"""What policies are measured to earn, recomputed from the studies themselves with scipy's own Student's t."""

from dataclasses import replace

import numpy as np
import pytest

from jitai.errors import ParameterError
from jitai.policies.optimum import optimum
from jitai.policies.registry import PolicySpec
from jitai.rl.evaluation import evaluate
from jitai.simulator.config import SimulatorConfig
from jitai.trial.filters import NONE, FilterSpec
from jitai.trial.loop import run_trial
from jitai.trial.spec import TrialSpec
from tests.by_hand import half_width

EASY = SimulatorConfig(study_length=10, can_walk_persistence=0.7, initial_habituation=0.0, initial_disengagement=0.0)
HARD = replace(EASY, disengagement_increment=0.4)
SPEC = TrialSpec(policy=PolicySpec("random"), filter=FilterSpec(NONE))


@pytest.mark.parametrize("n_seeds", [2, 3, 40])
def test_an_evaluation_is_the_mean_of_its_studies_with_its_interval(n_seeds: int) -> None:
    for config, found in zip((EASY, HARD), evaluate(SPEC, (EASY, HARD), None, n_seeds), strict=True):
        studies = run_trial(replace(SPEC, config=config), range(n_seeds), None)
        steps = studies.total_steps
        assert found.participant == config and found.n_seeds == n_seeds
        assert found.mean_steps == pytest.approx(np.mean(steps))
        assert found.half_width == pytest.approx(half_width(steps))
        assert found.optimum_steps == optimum(config).value()
        assert found.share == pytest.approx(np.mean(steps) / found.optimum_steps)
        assert found.share_half_width == pytest.approx(half_width(steps) / found.optimum_steps)
        assert found.share_disengaged == studies.disengaged.mean()


def test_the_number_of_seeds_has_its_limits() -> None:
    for n_seeds in (-1, 0, 1, 10_000_000_000):
        with pytest.raises(ParameterError, match="number of seeds"):
            evaluate(SPEC, (EASY,), None, n_seeds)
