"""The command "optimum": what the best possible policy expects, earns and does, without a browser."""

import argparse
import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from jitai.cli.options import add_parameters, add_preset_options, changed, preset_of
from jitai.cli.outputs import add_force_option, check_output
from jitai.cli.progress import ProgressLine
from jitai.errors import ParameterError
from jitai.files import write_atomically
from jitai.policies.optimum import Optimum, optimum
from jitai.policies.policy_map import PolicyMap, draw_map, in_words
from jitai.records import CONTEXT_LABELS, Action
from jitai.simulator.config import DETERMINISTIC, SimulatorConfig
from jitai.trial.optimum_check import OptimumCheck, run_check

LETTERS = "-GHW"
"""No message, generic, tailored to home, tailored to work."""
MOST_SEEDS = 100_000
N_COLUMNS = 21
"""Points of habituation in the printed map, 0.05 apart."""
DAYS = (1, 10, 20, 30, 40, 45, 50)
"""Days whose row is printed; the last day of the study always is."""


def add_optimum_command(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "optimum",
        help="compute the best possible policy",
        description="Compute the best policy of somebody who knows the hidden truth: a ceiling, and not a method.",
    )
    add_preset_options(parser)
    parser.add_argument("--seeds", type=int, default=500, help="simulated studies of the check (default: 500)")
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="write the whole policy: a row for each day, walk "
                        "state, context, habituation and risk")  # fmt: skip
    add_force_option(parser)
    add_parameters(parser, SimulatorConfig)
    parser.set_defaults(command=_optimum)


def _optimum(options: argparse.Namespace) -> None:
    config = changed(preset_of(options), options)
    if not 2 <= options.seeds <= MOST_SEEDS:
        raise ParameterError(f"The number of seeds is {options.seeds}: allowed is 2 to {MOST_SEEDS:,}.")
    if options.out is not None:
        check_output(options.out, ".csv", force=options.force)
    solved = optimum(config)
    progress = ProgressLine("studies simulated", options.seeds)
    check = run_check(config, options.seeds, progress.show)
    progress.end()
    _print_check(check, config.variation != DETERMINISTIC)
    _print_map(solved)
    if options.out is not None:
        _write(solved, options.out)
        print(f"Policy: {options.out}")


def _print_check(check: OptimumCheck, varies: bool) -> None:
    print(f"The optimum expects {check.computed:,.1f} steps in the whole study.")
    print(
        f"Simulated under seeds 0 to {check.n_seeds - 1}, it earns {check.mean:,.1f} ± {check.half_width:.1f} steps "
        f"(95 %). {check.sentence}"
    )
    if varies:
        print(f"The response varies at random. The grid may be off by up to {check.grid_error:.1f} steps.")


def _map(solved: Optimum, day: int, can_walk: int, context: int, n_habituation: int, n_risk: int) -> PolicyMap:
    """Return one day's map; ``day`` counts from 0."""

    def choose(habituation: Any, risk: Any) -> Any:
        shape = habituation.shape
        return solved.action(day, habituation, risk, np.full(shape, can_walk), np.full(shape, context))

    return draw_map(choose, solved.config.disengagement_threshold, n_habituation, n_risk)


def _print_map(solved: Optimum) -> None:
    """Print a row a day at the initial risk, a letter for each habituation, at home, by walk state."""
    config = solved.config
    length, risk = config.study_length, config.initial_disengagement
    days = sorted({*(day for day in DAYS if day < length), length})
    print(
        f"\nAt home, at a risk of {risk:g} (at work W stands for H): {LETTERS[0]} no message, G generic, H tailored to "
        "home, W tailored to work"
    )
    print(f"{'habituation':<14}" + "".join(f"{number / 100:<10.1f}" for number in range(0, 101, 50)).rstrip())
    for can_walk, heading in ((1, "can walk"), (0, "cannot walk")):
        print(heading)
        for day in days:
            drawn = _map(solved, day - 1, can_walk, 0, N_COLUMNS, 41)
            column = drawn.actions[:, int(np.argmin(np.abs(drawn.risk - risk)))]
            fine = _map(solved, day - 1, can_walk, 0, 101, 41)
            print(f"  day {day:<8}{''.join(LETTERS[code] for code in column)}  {in_words(fine, risk)}")


def _write(solved: Optimum, path: Path) -> None:
    """Write the policy at 21 habituations and 11 risks of every day.

    Raises: FileFormatError if the file cannot be written.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(["day", "ability", "context", "habituation", "disengagement_risk", "action"])
    for day in range(solved.config.study_length):
        for can_walk in (1, 0):
            for context, place in enumerate(CONTEXT_LABELS):
                drawn = _map(solved, day, can_walk, context, N_COLUMNS, 11)
                ability = "can walk" if can_walk else "cannot walk"
                for row, habituation in enumerate(drawn.habituation):
                    for column, risk in enumerate(drawn.risk):
                        label = Action(int(drawn.actions[row, column])).label
                        writer.writerow([day + 1, ability, place, f"{habituation:.3f}", f"{risk:.3f}", label])
    write_atomically(path, table.getvalue())
