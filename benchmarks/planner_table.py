"""Every method as a share of the optimum: ``python -m benchmarks.planner_table [--seeds N] [--verdicts FILE]``.

The eight cells of the published grid (arXiv:2501.06980): ability stays with p11 0.7 or 0.95, its loss with p00 0.1 or
0.5, a badly tailored message costs ε_d 0.05 or 0.4; η_d 0.4, 50 days, nobody habituated or at risk at the start.

Without a file, the judge is simulated: it recognises a share of the statements of people who cannot walk and mistakes a
share of the others (--finds, --false-alarms), independently from day to day. With a file (CSV, columns id and p_send,
ids as in assets/statements), a real judge's verdicts are used: participants write the everyday statements of the test
part, and belief and planner assume the error rates that the judge shows on those of the development part, statements on
which it is unsure aside.

"Planner" knows the settings of the participant and of the judge, but neither walk state nor context; the lines below it
leave one thing out each, or give it a wrong model. "Optimum" is told everything. All methods meet the same seeds.
One minute for 500 seeds.
"""

import argparse
import csv
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from jitai.belief import BY_DECISION, BY_PROBABILITY, BeliefSettings
from jitai.corpus import DEVELOPMENT, TEST, StatementBook, load_part
from jitai.errors import FileFormatError
from jitai.experiments.batch import PreparedJudge, Verdicts, read_all, run_batch, simulated_judge
from jitai.experiments.trial import OPTIMUM, PLANNER, TrialSpec
from jitai.filters import BELIEF, CARRY_FORWARD, NEXT_BEST, NONE, SAMPLED_VETO, VETO, FilterSettings
from jitai.optimum import optimum
from jitai.planner import PlannerSettings
from jitai.records import Decision
from jitai.simulator.config import SimulatorConfig

CELLS = [
    SimulatorConfig(
        initial_habituation=0.0,
        initial_disengagement=0.0,
        can_walk_persistence=can_walk,
        cannot_walk_persistence=cannot_walk,
        disengagement_increment=mistake,
    )
    for mistake, can_walk, cannot_walk in product((0.05, 0.4), (0.7, 0.95), (0.1, 0.5))
]


@dataclass(frozen=True)
class Method:
    """A row of the table.

    Attributes:
        label: shown.
        policy, strategy: names of the policy and of the filter.
        belief, planner: what is changed in their settings.
        model: what the model says differently from the truth.
    """

    label: str
    policy: str
    strategy: str = NONE
    belief: dict[str, Any] = field(default_factory=dict)
    planner: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)

    def spec(self, cell: SimulatorConfig, judge: BeliefSettings) -> TrialSpec:
        """The trial of this method in a cell, with a judge that is believed to err as given."""
        return TrialSpec(
            cell,
            policy=self.policy,
            filter=FilterSettings(self.strategy),
            belief=replace(judge, **self.belief),
            planner=PlannerSettings(**self.planner),
            model=replace(cell, **self.model) if self.model else None,
        )


METHODS = [
    Method("never", "never"),
    Method("random", "random"),
    Method("generic", "generic"),
    Method("tailored", "tailored"),
    Method("TS", "thompson"),
    Method("LLM+TS: TS, veto", "thompson", VETO),
    Method("TS, sampled veto", "thompson", SAMPLED_VETO),
    Method("TS, veto with memory", "thompson", CARRY_FORWARD),
    Method("TS, next best", "thompson", NEXT_BEST),
    Method("TS, veto on belief", "thompson", BELIEF),
    Method("random, veto", "random", VETO),
    Method("tailored, veto", "tailored", VETO),
    Method("planner", PLANNER),
    Method("  P(send) for evidence", PLANNER, belief={"reading": BY_PROBABILITY}),
    Method("  without text", PLANNER, belief={"reads_text": False}),
    Method("  without steps", PLANNER, belief={"sees_steps": False}),
    Method("  context at its word", PLANNER, planner={"weighs_context": False}),
    Method("  full-information values", PLANNER, planner={"plans_on_belief": False}),
    Method("  both of these", PLANNER, planner={"weighs_context": False, "plans_on_belief": False}),
    Method("  start not known", PLANNER, planner={"knows_start": False}),
    Method("  trusts the judge fully", PLANNER, belief={"finds_cannot_walk": 0.999, "false_alarms": 0.001}),
    Method("  model: judge at 0.7", PLANNER, belief={"finds_cannot_walk": 0.7, "false_alarms": 0.3}),
    Method("  model: p11 0.85", PLANNER, model={"can_walk_persistence": 0.85}),
    Method("  model: p00 0.3", PLANNER, model={"cannot_walk_persistence": 0.3}),
    Method("  model: ε_d 0.2", PLANNER, model={"disengagement_increment": 0.2}),
    Method("optimum", OPTIMUM),
]


def read_p_send(path: Path) -> dict[str, float]:
    """P(send) by statement identifier.

    Raises: FileFormatError with file, line and what is wrong.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        try:
            return {row["id"]: float(row["p_send"]) for row in reader}
        except (KeyError, TypeError, ValueError) as error:
            raise FileFormatError(
                f"{path.name}, line {reader.line_num}: {error}.", "The columns id and p_send are needed."
            ) from error


def real_judge(path: Path, send_from: float, hold_back_below: float) -> tuple[Verdicts, BeliefSettings]:
    """The verdicts of a file on the test part, and the judge's error rates on the development part.

    Raises: FileFormatError if an everyday statement of either part is missing.
    """
    p_send, read = read_p_send(path), {}
    for part in (DEVELOPMENT, TEST):
        book = StatementBook(load_part(part))
        missing = [
            item.identifier for items in book.by_label.values() for item in items if item.identifier not in p_send
        ]
        if missing:
            raise FileFormatError(f"{path.name} lacks {len(missing)} statements of the {part} part: {missing[0]} ...")
        by_text = {item.text: p_send[item.identifier] for items in book.by_label.values() for item in items}
        read[part] = read_all(book, PreparedJudge(by_text, send_from, hold_back_below))
    finds, alarms = (
        float(np.mean([item.decision == Decision.HOLD_BACK for item in verdicts if item.decision != Decision.UNSURE]))
        for verdicts in (read[DEVELOPMENT].if_unable, read[DEVELOPMENT].if_able)
    )
    return read[TEST], BeliefSettings(finds, alarms, BY_DECISION)


def rows(n_seeds: int, verdicts: Verdicts, judge: BeliefSettings) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Each method with the mean steps and half the width of its 95 % interval, by cell."""
    for method in METHODS:
        cells = []
        for cell in CELLS:
            steps = run_batch(method.spec(cell, judge), range(n_seeds), verdicts).total_steps
            cells.append((float(steps.mean()), 1.96 * float(steps.std(ddof=1)) / math.sqrt(n_seeds)))
        yield method.label, cells


def main() -> None:
    """Run all methods and print steps, intervals and shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=500, help="trials of each number, at least 2 (default: 500)")
    parser.add_argument("--finds", type=float, default=0.93, help="share of cannot-walk statements recognised")
    parser.add_argument("--false-alarms", type=float, default=0.07, help="share of other statements mistaken for such")
    parser.add_argument("--verdicts", type=Path, help="CSV of a real judge: id,p_send")
    parser.add_argument("--send-from", type=float, default=0.5, help="with a file: P(send) from which it says send")
    parser.add_argument(
        "--hold-back-below", type=float, default=0.5, help="with a file: P(send) below which it says no"
    )
    given = parser.parse_args()
    if given.verdicts:
        verdicts, judge = real_judge(given.verdicts, given.send_from, given.hold_back_below)
        name = f"judge: {given.verdicts.name}; on the development part"
    else:
        judge = BeliefSettings(given.finds, given.false_alarms, BY_DECISION)
        verdicts = read_all(*simulated_judge(given.finds, given.false_alarms))
        name = "simulated judge:"
    balanced = (judge.finds_cannot_walk + 1 - judge.false_alarms) / 2
    print(
        f"{name} finds {judge.finds_cannot_walk:.3f}, false alarms {judge.false_alarms:.3f}, balanced accuracy "
        f"{balanced:.3f}; seeds 0 to {given.seeds - 1}\n"
        "steps ± half the 95 % interval (share of the optimum's value, %)\n"
    )
    started = time.perf_counter()
    heads = [
        f"{cell.disengagement_increment:g} {cell.can_walk_persistence:g} {cell.cannot_walk_persistence:g}"
        for cell in CELLS
    ]
    print("| ε_d p11 p00 | " + " | ".join(heads) + " |\n|---|" + "---|" * len(CELLS))
    ceiling = [optimum(cell).value() for cell in CELLS]
    for label, cells in rows(given.seeds, verdicts, judge):
        shown = [
            f"{mean:,.0f} ± {half:.0f} ({100 * mean / most:.1f})"
            for (mean, half), most in zip(cells, ceiling, strict=True)
        ]
        print(f"| {label} | " + " | ".join(shown) + " |", flush=True)
    print("| optimum, computed | " + " | ".join(f"{most:,.0f}" for most in ceiling) + " |")
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
