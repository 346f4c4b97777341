"""What the embedded judge's veto earns against the policy alone: ``python -m benchmarks.filter_gain [--seeds N]``.

Thompson sampling with and without the filter on the same seeds, for every preset with changing ability and for both
rules of what to do when the judge is unsure. Prints means over seeds and the paired difference with its 95 % interval
(normal approximation). Some minutes for 200 seeds: each statement is judged once.
"""

import argparse
import statistics
from dataclasses import replace

from jitai.corpus import TEST, StatementBook, load_part
from jitai.judge.embedded import TUNED
from jitai.judge.registry import key_forms, open_judge, reading_backends
from jitai.records import Decision
from jitai.simulator.config import PRESETS
from jitai.statistics import interval_of_mean
from jitai.trial.filters import VETO, filter_spec
from jitai.trial.live import live_days
from jitai.trial.spec import TrialSpec
from jitai.trial.summary import summarise


def main() -> None:
    """Run all trials and print a row for each preset and rule."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200, help="trials of each row (default: 200)")
    parser.add_argument("--judge", default=TUNED, help=f"{key_forms(reading_backends())} (default: {TUNED})")
    arguments = parser.parse_args()
    n_seeds = arguments.seeds
    judge, book = open_judge(arguments.judge), StatementBook(load_part(TEST))
    print(f"{n_seeds} seeds, 0 to {n_seeds - 1}; held-out statements; {judge.describe()}\n")
    heading = f"{'participant':<46}{'when unsure':<14}{'alone':>7}{'filtered':>10}"
    print(f"{heading}{'difference, 95 %':>18}{'filter better':>15}")
    for preset, config in PRESETS.items():
        if config.can_walk_persistence == 1:
            continue
        for on_unsure in (Decision.SEND, Decision.HOLD_BACK):
            spec = TrialSpec(config=config, filter=filter_spec(VETO, on_unsure=on_unsure.value))
            alone, filtered = [], []
            for seed in range(n_seeds):
                seeded = replace(spec, seed=seed)
                filtered.append(summarise(list(live_days(seeded, book, judge))).total_steps)
                alone.append(summarise(list(live_days(seeded.without_filter(), book, None))).total_steps)
            gains = [one - other for one, other in zip(filtered, alone, strict=True)]
            gain = interval_of_mean(gains)
            better = sum(gain > 0 for gain in gains) / n_seeds
            print(
                f"{preset:<46}{on_unsure.value:<14}{statistics.mean(alone):>7.0f}{statistics.mean(filtered):>10.0f}"
                f"{gain.value:>+11.0f} ± {gain.half_width:<4.0f}{100 * better:>13.0f} %",
                flush=True,
            )


if __name__ == "__main__":
    main()
