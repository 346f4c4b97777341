"""The command line: the dashboard, and what its pages do without a browser, with the very functions that they call."""

import argparse
import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from jitai import __version__
from jitai.cli.calibrate import add_calibrate_command
from jitai.cli.cluster import add_cluster_command
from jitai.cli.dashboard import add_dashboard_command, start_dashboard
from jitai.cli.design_study import add_design_command
from jitai.cli.experiment import add_experiment_commands
from jitai.cli.install import add_install_commands
from jitai.cli.judge import add_judge_command
from jitai.cli.optimum import add_optimum_command
from jitai.cli.options import add_components, add_judge_option, add_parameters, add_preset_options
from jitai.cli.outputs import add_force_option
from jitai.cli.run import run_command
from jitai.cli.ship_answers import add_ship_answers_command
from jitai.cli.ship_verdicts import add_ship_command
from jitai.cli.train_judge import add_train_command
from jitai.cli.train_policy import add_import_command, add_learn_command
from jitai.cli.tune import add_tune_command
from jitai.cli.validate import add_validate_command
from jitai.errors import JitaiError
from jitai.paths import program
from jitai.policies.belief import BeliefSettings
from jitai.policies.registry import POLICIES, PolicySpec
from jitai.sanitise import for_terminal
from jitai.simulator.config import SimulatorConfig
from jitai.trial.filters import FILTERS, FilterSpec


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: without the program's name; those of the process if None.
    Returns: the exit status: 0, 1 for an error that the person can mend, 130 when stopped.
    """
    options = _parser().parse_args(arguments)
    options.typed = shlex.join(sys.argv[1:] if arguments is None else arguments)
    try:
        command: Any = options.command
        command(options)
        sys.stdout.flush()
    except JitaiError as error:
        print(for_terminal(error.in_full), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except OSError as error:  # files have sentences of their own: this is where the output goes
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - what is left of it is written at the end of the program
        print(f"The output cannot be written: {error.strerror or 'unknown reason'}.", file=sys.stderr)
        return 1
    except MemoryError:
        print("There is not enough memory for this. Close other programs, or ask for less.", file=sys.stderr)
        return 1
    return 0


class _Parser(argparse.ArgumentParser):
    """One sentence where argparse prints all options first, and our words for a value of the wrong type."""

    def error(self, message: str) -> NoReturn:
        wrong = _WRONG_TYPE.fullmatch(message)
        if wrong:
            kind = "a whole number" if wrong["type"] == "int" else "a number"
            message = f"{wrong['option']} is {wrong['given'][:60]}: {kind} is needed"
        self.exit(2, for_terminal(f"{message[:1].upper()}{message[1:].rstrip('.')}. See `{self.prog} --help`.") + "\n")


_WRONG_TYPE = re.compile(r"argument (?P<option>\S+): invalid (?P<type>int|float) value: (?P<given>.*)", re.DOTALL)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=program(),
        description="JITAI Lab. Without a command it starts the dashboard; a command does what a page does, in the "
        "terminal.",
    )
    parser.add_argument("--version", action="version", version=f"JITAI Lab {__version__}")
    parser.set_defaults(command=start_dashboard)
    commands = parser.add_subparsers(metavar="COMMAND")
    add_dashboard_command(commands)
    run = commands.add_parser("run", help="run one trial and print its days", description="Run one trial.")
    add_preset_options(run, None)
    run.add_argument(
        "--policy", metavar="NAME",
        help=f"one of {', '.join(f'{key} ({label})' for key, label in POLICIES.labels.items())} "
        f"(default: {PolicySpec().key})",
    )  # fmt: skip
    run.add_argument(
        "--filter", metavar="NAME",
        help=f"one of {', '.join(f'{key} ({label})' for key, label in FILTERS.labels.items())} "
        f"(default: {FilterSpec().key})",
    )  # fmt: skip
    run.add_argument(
        "--policy-file", type=Path, metavar="FILE.json", help="a trained policy instead: its file, or its name"
    )
    run.add_argument("--seed", type=int, help="seed of the participant and the policy (default: 42)")
    run.add_argument("--out", type=Path, metavar="FILE", help="write the decision log as .csv or .parquet")
    run.add_argument("--quiet", action="store_true", help="print the summary only")
    run.add_argument(
        "--why", action="store_true", help="print why it earned more or less than the same seed without the judge"
    )
    run.add_argument(
        "--scenario", metavar="FILE.json",
        help="play the scenario of a file, or of a link in quotes: the same run, to the digit, without asking its "
        "judge again",
    )  # fmt: skip
    run.add_argument("--save", type=Path, metavar="FILE.json", help="write the run as a scenario")
    run.add_argument(
        "--report", type=Path, metavar="FILE.html", help="write a report: one file that opens without a network"
    )
    run.add_argument("--link", action="store_true", help="print the link that brings the run back")
    add_force_option(run)
    run.add_argument("--bundle", type=Path, metavar="FILE.zip", help="write scenario, log and report in one zip file")
    add_judge_option(run, with_simulated=True)
    add_components(run, POLICIES)
    add_components(run, FILTERS)
    for settings_class in (BeliefSettings, SimulatorConfig):
        add_parameters(run, settings_class)
    run.set_defaults(command=run_command)
    add_tune_command(commands)
    add_optimum_command(commands)
    add_judge_command(commands)
    add_calibrate_command(commands)
    add_validate_command(commands)
    add_experiment_commands(commands)
    add_design_command(commands)
    add_cluster_command(commands)
    add_train_command(commands)
    add_learn_command(commands)
    add_import_command(commands)
    add_ship_command(commands)
    add_ship_answers_command(commands)
    add_install_commands(commands)
    return parser
