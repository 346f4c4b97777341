"""What an action bias adds to Thompson sampling under the veto: ``python -m benchmarks.action_bias [--points N]``.

The eight cells of the published grid, the veto filter and a simulated judge. In each
cell and for each set of features, biases are tried on tuning seeds, and the best one is then measured on other seeds,
paired with plain Thompson sampling on the same. The tailored messages are left without bias: only differences matter,
and home and work are alike but for day 1. So there are two numbers to find, the bias of no message and that of a
generic one: first points drawn evenly from a square, then points drawn closer and closer around the best so far.

The best of many tries looks better on its tuning seeds than it is; both figures are printed. Two minutes.
Source of the method: Karine, Murphy & Marlin 2024, arXiv:2412.00308, who search by Bayesian optimisation.
"""

import argparse
import math
import time
from dataclasses import replace

import numpy as np

from jitai.policies.optimum import optimum
from jitai.policies.registry import PolicySpec
from jitai.policies.thompson import CONTEXT_AND_STATE, INFERRED_CONTEXT, ThompsonSettings
from jitai.seeding import Stream, generator
from jitai.simulator.config import PUBLISHED_CELLS, SimulatorConfig
from jitai.statistics import interval_of_mean
from jitai.trial.filters import VETO, filter_spec
from jitai.trial.loop import run_trial
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import Verdicts, read_all, simulated_judge

FIRST_TUNING_SEED = 100_000
WIDEST = 60.0
"""Steps: half the side of the square from which the first points are drawn."""


def searched(spec: TrialSpec, n_points: int, n_seeds: int, verdicts: Verdicts) -> tuple[ThompsonSettings, float]:
    """The settings with the best bias found, and the mean steps on the tuning seeds; no bias is the first try."""
    seeds = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + n_seeds)
    rng = generator(0, Stream.SAMPLE)
    best, most = spec.policy.settings, -math.inf
    for point in range(n_points):
        tried = spec.policy.settings
        if point:
            even, width = point < n_points // 2, WIDEST / 4 * (1 - point / n_points)
            step = rng.uniform(-WIDEST, WIDEST, 2) if even else rng.normal(0.0, width, 2)
            start = np.zeros(2) if even else np.array([best.bias_no_message, best.bias_generic])
            none, generic = np.round(start + step, 1).tolist()
            tried = replace(tried, bias_no_message=none, bias_generic=generic)
        steps = float(
            run_trial(replace(spec, policy=PolicySpec(spec.policy.key, tried)), seeds, verdicts).total_steps.mean()
        )
        if steps > most:
            best, most = tried, steps
    return best, most


def row(cell: SimulatorConfig, features: str, given: argparse.Namespace, verdicts: Verdicts) -> str:
    """One line of the table."""
    plain = TrialSpec(cell, policy=PolicySpec("thompson", ThompsonSettings(features)), filter=filter_spec(VETO))
    best, tuned_steps = searched(plain, given.points, given.tuning_seeds, verdicts)
    seeds = range(given.seeds)
    before = run_trial(plain, seeds, verdicts).total_steps
    after = run_trial(replace(plain, policy=PolicySpec(plain.policy.key, best)), seeds, verdicts).total_steps
    gain, ceiling = after - before, optimum(cell).value()
    half = interval_of_mean(gain).half_width
    name = f"{cell.disengagement_increment:g} {cell.can_walk_persistence:g} {cell.cannot_walk_persistence:g}"
    return (
        f"| {name} | {features} | {best.bias_no_message:+.1f} | {best.bias_generic:+.1f} | {before.mean():,.0f} "
        f"({100 * before.mean() / ceiling:.1f}) | {after.mean():,.0f} ({100 * after.mean() / ceiling:.1f}) "
        f"| {gain.mean():+,.0f} ± {half:.0f} | {100 * (gain > 0).mean():.0f} % | {tuned_steps:,.0f} |"
    )


def main() -> None:
    """Search in every cell and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=160, help="biases tried in each row (default: 160)")
    parser.add_argument("--tuning-seeds", type=int, default=200, help="trials of each try (default: 200)")
    parser.add_argument("--seeds", type=int, default=500, help="trials of the evaluation, at least 2 (default: 500)")
    parser.add_argument("--finds", type=float, default=0.93, help="share of cannot-walk statements recognised")
    parser.add_argument("--false-alarms", type=float, default=0.07, help="share of other statements mistaken for such")
    given = parser.parse_args()
    verdicts = read_all(*simulated_judge(given.finds, given.false_alarms))
    print(
        f"Thompson sampling, veto, simulated judge {given.finds:g}/{given.false_alarms:g}; tuned on "
        f"{given.tuning_seeds} seeds from {FIRST_TUNING_SEED}, measured on seeds 0 to {given.seeds - 1}; "
        "steps (share of the optimum, %)\n"
    )
    print("| ε_d p11 p00 | features | β none | β generic | no bias | bias | gain | better | tuning |")
    print("|" + "---|" * 9)
    started = time.perf_counter()
    for features in (INFERRED_CONTEXT, CONTEXT_AND_STATE):
        for cell in PUBLISHED_CELLS:
            print(row(cell, features, given, verdicts), flush=True)
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
