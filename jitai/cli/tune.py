"""The command "tune": settings of a policy by Bayesian optimisation, written as an experiment that reports on them."""

import argparse
import re
from itertools import count
from pathlib import Path
from typing import Any

from jitai.cli.options import add_components, component_settings, preset_of
from jitai.cli.outputs import add_force_option, check_output
from jitai.cli.progress import ProgressLine
from jitai.errors import ParameterError
from jitai.experiments.spec import Claim, ExperimentSpec, JudgeChoice, Method
from jitai.experiments.spec_file import spec_as_yaml
from jitai.experiments.tuning import Searched, Tuned, searched_setting, tune
from jitai.files import write_atomically
from jitai.parameters import build
from jitai.policies.registry import POLICIES, PolicySpec
from jitai.policies.thompson import ThompsonSampling
from jitai.seeding import FIRST_TUNING_SEED
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, PUBLISHED_CELLS, SimulatorConfig
from jitai.trial.filters import VETO, FilterSpec, filter_spec
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import read_all, simulated_judge

AXES = ("disengagement_increment", "can_walk_persistence", "cannot_walk_persistence")
"""What tells the eight published settings apart."""
BIAS = ("bias_no_message=-100:100", "bias_generic=-100:100")
"""Searched where nobody says what: only differences between actions matter, and home and work are alike."""
MOST_TRIES, MOST_SEEDS = 1_000, 5_000
UNTUNED, TUNED = "not tuned", "tuned"


def add_tune_command(commands: Any) -> None:
    """Add the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "tune",
        help="choose settings of a policy by Bayesian optimisation",
        description="Choose settings of a policy by Bayesian optimisation over whole simulated studies, and write an "
        "experiment that compares them with those that nobody tuned, on seeds that the search has not seen. In the "
        "search a simulated judge reads, so no statement that is reported on is used.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.yaml", help="the experiment's description")
    parser.add_argument("--preset", default=DEFAULT_PRESET, help=f"the participant, one of: {'; '.join(PRESETS)}")
    parser.add_argument(
        "--cells", action="store_true", help="tune for each of the eight published settings, instead of a preset"
    )
    parser.add_argument("--policy", default=ThompsonSampling.key, metavar="NAME", help="default: %(default)s")
    parser.add_argument("--filter", default=VETO, metavar="NAME", help="what the judge may do (default: %(default)s)")
    parser.add_argument(
        "--search", action="append", default=[], metavar="NAME=LOW:HIGH",
        help=f"a setting that is chosen, and its range; may be repeated (default: {' '.join(BIAS)})",
    )  # fmt: skip
    parser.add_argument(
        "--tries", type=int, default=60, metavar="N", help="for each participant (default: %(default)s)"
    )
    parser.add_argument(
        "--seeds", type=int, default=400, metavar="N", help="studies of each try (default: %(default)s)"
    )
    parser.add_argument("--finds", type=float, default=0.93, help="share of cannot-walk statements recognised")
    parser.add_argument("--false-alarms", type=float, default=0.07, help="share of other statements mistaken for such")
    parser.add_argument(
        "--judge", default="embedded-tuned", metavar="KEY", help="of the experiment (default: %(default)s)"
    )
    add_force_option(parser)
    add_components(parser, POLICIES)
    parser.set_defaults(command=_tune)


def _tune(options: argparse.Namespace) -> None:
    """Search, print and write.

    Raises: ParameterError, FileFormatError.
    """
    check_output(options.out, ".yaml", force=options.force)
    for name, most, least in (("tries", MOST_TRIES, 2), ("seeds", MOST_SEEDS, 10)):
        if not least <= getattr(options, name) <= most:
            raise ParameterError(f"--{name} is {getattr(options, name)}: allowed is {least} to {most:,}.")
    given = component_settings(options, POLICIES, options.policy)
    policy = PolicySpec(options.policy, build(POLICIES[options.policy].Settings, given))
    searched = [_searched(policy, text) for text in options.search or BIAS]
    filtering = filter_spec(options.filter)
    verdicts = read_all(*simulated_judge(options.finds, options.false_alarms))
    participants = PUBLISHED_CELLS if options.cells else (preset_of(options),)
    progress = ProgressLine("settings tried", len(participants) * options.tries)
    found: list[tuple[SimulatorConfig, Tuned]] = []
    tried = count(1)
    for config in participants:
        spec = TrialSpec(config, policy=policy, filter=filtering)
        best = tune(spec, searched, options.tries, options.seeds, verdicts, lambda: progress.show(next(tried)))
        found.append((config, best))
    progress.end()
    for config, best in found:
        chosen = ", ".join(f"{name} {value:g}" for name, value in best.values.items())
        print(
            f"{_name(config) if options.cells else options.preset}: {chosen}. {best.n_tries} settings tried; "
            f"{best.steps:,.0f} steps on average, before {best.steps_before:,.0f}, in {options.seeds} studies that "
            "took no part in the search."
        )
    write_atomically(options.out, spec_as_yaml(_experiment(options, policy, filtering, found)))
    print(f"Experiment: {options.out}. Run it for figures on seeds of its own.")


def _searched(policy: PolicySpec, text: str) -> Searched:
    """Read NAME=LOW:HIGH.

    Raises: ParameterError.
    """
    read = re.fullmatch(r"(\w+)=([-+.\deE]+):([-+.\deE]+)", text)
    try:
        if read:
            return searched_setting(policy, read[1], float(read[2]), float(read[3]))
    except ValueError:
        pass  # no numbers: said below
    raise ParameterError(f"--search {text[:60]!r} is not NAME=LOW:HIGH, such as {BIAS[0]}.")


def _where(config: SimulatorConfig) -> dict[str, float]:
    return {name: getattr(config, name) for name in AXES}


def _name(config: SimulatorConfig) -> str:
    """The setting of the grid in the papers' symbols."""
    return "ε_d {:g}, p11 {:g}, p00 {:g}".format(*_where(config).values())


def _experiment(
    options: argparse.Namespace, policy: PolicySpec, filtering: FilterSpec, found: list[tuple[SimulatorConfig, Tuned]]
) -> ExperimentSpec:
    """The comparison of what was found with what nobody tuned, on the seeds that all experiments report on."""
    tuned = [
        Method(TUNED, best.policy, filtering, where=_where(config) if options.cells else {}) for config, best in found
    ]
    config = found[0][0]
    axes = {name: tuple(sorted({getattr(item, name) for item, _ in found})) for name in AXES} if options.cells else {}
    return ExperimentSpec(
        name=f"Tuned - {policy.policy.label}",
        description=f"Written by the command {options.typed!r}. The settings were chosen on seeds from "
        f"{FIRST_TUNING_SEED:,} on, with a simulated judge.",
        participant=config,
        axes=tuple(axes.items()),
        methods=(Method(UNTUNED, policy, filtering), *tuned),
        judges=(JudgeChoice(options.judge),),
        n_seeds=1000,
        claims=(Claim("Tuning adds", TUNED, above=UNTUNED),),
    )
