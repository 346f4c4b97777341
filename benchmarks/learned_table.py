"""Trained policies as a share of the optimum: ``python -m benchmarks.learned_table [--seeds N] [FILE.json ...]``.

The eight cells of the published grid and a simulated judge, on the same seeds, none of which training uses. Without
files, the policies under assets/policies. The planner knows a model of the participant, and LLM+TS learns within the
one study that it is in: they stand there to be compared with. "of planner" is the mean over the cells of what a method
earns as a share of what the planner earns. Half a minute for 500 seeds.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from jitai.policies.belief import BeliefSettings
from jitai.policies.registry import PolicySpec, trained
from jitai.rl.evaluation import Evaluation, evaluate
from jitai.rl.policy_store import SHIPPED_FOLDER, read_policy
from jitai.simulator.config import PUBLISHED_CELLS
from jitai.trial.filters import NONE, VETO, filter_spec
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import read_all, simulated_judge


def main() -> None:
    """Run all methods and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE.json", help="trained policies")
    parser.add_argument("--seeds", type=int, default=500, help="trials of each number, at least 2 (default: 500)")
    parser.add_argument("--finds", type=float, default=0.93, help="share of cannot-walk statements recognised")
    parser.add_argument("--false-alarms", type=float, default=0.07, help="share of other statements mistaken for such")
    given = parser.parse_args()
    belief = BeliefSettings(given.finds, given.false_alarms)
    verdicts = read_all(*simulated_judge(given.finds, given.false_alarms))
    alone = TrialSpec(filter=filter_spec(NONE), belief=belief)
    methods = {"planner": replace(alone, policy=PolicySpec("planner"))}
    for path in given.files or sorted(SHIPPED_FOLDER.glob("*.json")):
        network = read_policy(path)
        learned = replace(alone, policy=trained(network))
        methods[path.stem] = learned
        if not network.sees_belief:
            methods[f"{path.stem}, veto"] = replace(learned, filter=filter_spec(VETO))
    methods["LLM+TS: TS, veto"] = TrialSpec(filter=filter_spec(VETO), belief=belief)
    methods["tailored, veto"] = TrialSpec(policy=PolicySpec("tailored"), filter=filter_spec(VETO), belief=belief)
    heads = [
        f"{cell.disengagement_increment:g} {cell.can_walk_persistence:g} {cell.cannot_walk_persistence:g}"
        for cell in PUBLISHED_CELLS
    ]
    print("share of the optimum, % ± half the 95 % interval")
    print("| ε_d p11 p00 | " + " | ".join(heads) + " | of planner |\n|---|" + "---|" * (len(heads) + 1))
    planner: tuple[Evaluation, ...] = ()
    for label, spec in methods.items():
        found = evaluate(spec, PUBLISHED_CELLS, verdicts, given.seeds)
        planner = planner or found
        shares = [f"{100 * item.share:.1f} ± {100 * item.share_half_width:.1f}" for item in found]
        of_planner = sum(item.mean_steps / best.mean_steps for item, best in zip(found, planner, strict=True)) / len(
            found
        )
        print(f"| {label} | " + " | ".join(shares) + f" | {100 * of_planner:.1f} |", flush=True)


if __name__ == "__main__":
    main()
