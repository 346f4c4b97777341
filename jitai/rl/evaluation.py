"""What a trained policy earns, on seeds that no training uses."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from jitai.errors import ParameterError
from jitai.policies.network import PolicyNetwork
from jitai.policies.optimum import optimum
from jitai.seeding import FIRST_TRAINING_SEED
from jitai.simulator.config import SimulatorConfig
from jitai.statistics import interval_of_mean
from jitai.trial.loop import run_trial
from jitai.trial.spec import TrialSpec, participants_of, trial_of
from jitai.trial.verdict_table import Verdicts, read_all, simulated_judge

N_SEEDS = 500
"""Number of seeds, as for the other figures of the project."""


@dataclass(frozen=True)
class Evaluation:
    """What a policy earned with one kind of participant.

    Attributes:
        participant: of that kind.
        n_seeds: studies, at least 2.
        mean_steps: earned in a study, on average, in steps.
        half_width: half the width of the 95 % interval of that mean, in steps.
        optimum_steps: what could be earned with full information, on average, in steps.
        share_disengaged: share of the participants who left before the end, in [0, 1].
    """

    participant: SimulatorConfig
    n_seeds: int
    mean_steps: float
    half_width: float
    optimum_steps: float
    share_disengaged: float

    @property
    def share(self) -> float:
        """Share of the optimum; NaN if nothing can be earned."""
        return self.mean_steps / self.optimum_steps if self.optimum_steps > 0 else math.nan

    @property
    def share_half_width(self) -> float:
        """Half the width of the 95 % interval of ``share``."""
        return self.half_width / self.optimum_steps if self.optimum_steps > 0 else math.nan


def evaluate(
    spec: TrialSpec, participants: Sequence[SimulatorConfig], verdicts: Verdicts | None, n_seeds: int = N_SEEDS
) -> tuple[Evaluation, ...]:
    """Measure a policy, trained or not.

    Args:
        spec: policy, network, filter and belief; its participant and seed are not used.
        participants: one kind after the other; none for none.
        verdicts: of the judge; None where nobody reads.
        n_seeds: seeds 0, 1, ... of each kind, from 2 up to where training seeds begin.
    Raises: ParameterError if there are too few or too many seeds.
    """
    if not 2 <= n_seeds <= FIRST_TRAINING_SEED:
        raise ParameterError(f"The number of seeds is {n_seeds}: allowed is 2 to {FIRST_TRAINING_SEED:,}.")
    found = []
    for config in participants:
        result = run_trial(replace(spec, config=config, model=None), range(n_seeds), verdicts)
        mean = interval_of_mean(result.total_steps)
        share_disengaged = float(result.disengaged.mean())
        found.append(
            Evaluation(config, n_seeds, mean.value, mean.half_width, optimum(config).value(), share_disengaged)
        )
    return tuple(found)


def evaluate_as_trained(
    network: PolicyNetwork, verdicts: Verdicts | None = None, n_seeds: int = N_SEEDS
) -> tuple[Evaluation, ...]:
    """Measure a policy on the participants that it was trained on, with the judge of its training.

    Args:
        network: the policy.
        verdicts: of that judge, where it was a real one; None for the simulated one.
        n_seeds: of each kind of participant.
    Raises: ParameterError if what the policy holds of its training is not allowed, or as ``evaluate``.
    """
    spec = trial_of(network)
    if verdicts is None:
        verdicts = read_all(*simulated_judge(spec.belief.finds_cannot_walk, spec.belief.false_alarms))
    return evaluate(spec, participants_of(network), verdicts, n_seeds)
