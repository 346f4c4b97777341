"""The command `design-study`: how many people a real trial needs, from the results that come with the lab."""

import argparse
from typing import Any

import numpy as np

from jitai import __version__
from jitai.errors import ParameterError
from jitai.experiments.answers import COMPARE, shipped_answer
from jitai.experiments.methods import LLM_TS, TS
from jitai.experiments.words import setting_in_words
from jitai.parameters import suggestion
from jitai.seeding import Stream, generator
from jitai.study.power import FEWEST, MOST, TwoArms, pairs_needed, people_needed, power_at
from jitai.study.protocol import Planned, protocol_sentences


def add_design_command(commands: Any) -> None:
    """Add the command to a parser.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "design-study",
        help="how many people a real trial needs to tell two methods apart",
        description="Simulate real trials of two arms, in which nobody lives twice, and say how many people an arm "
        "find the difference in each published setting. Nothing is run: the people come from Compare's stored results.",
    )
    parser.add_argument("--method", default=LLM_TS, help=f"to show that this earns more (default: {LLM_TS})")
    parser.add_argument("--against", default=TS, help=f"than this (default: {TS})")
    parser.add_argument("--days", type=int, default=50, help="of the study: 10, 20, 30, 40 or 50 (default)")
    parser.add_argument(
        "--spread", type=float, default=1.5,
        help="how much people differ, as a multiple of the simulated ones (default: 1.5)",
    )  # fmt: skip
    parser.add_argument("--power", type=float, default=0.8, help="share of trials that should find it (default: 0.8)")
    parser.add_argument("--people", type=int, help="people an arm to say more of (default: what each setting needs)")
    parser.set_defaults(command=_design)


def _generators(n: int) -> np.random.Generator:
    return generator(n, Stream.BOOTSTRAP)


def _design(options: argparse.Namespace) -> None:
    answer = shipped_answer(COMPARE)
    if answer is None:
        raise ParameterError("The stored results are missing or of another version.", "Run ship-answers first.")
    if options.method == options.against:
        raise ParameterError("A method does not differ from itself: name two with --method and --against.")
    spec = answer.experiment.spec
    for name in (options.method, options.against):
        if name not in spec.method_names:
            raise ParameterError(
                f"There is no method {name[:60]!r}{suggestion(name, spec.method_names)}",
                f"Stored are: {'; '.join(spec.method_names)}.",
            )
    if options.people is not None and not FEWEST <= options.people <= MOST:
        raise ParameterError(f"--people is {options.people}: allowed is {FEWEST} to {MOST:,}.")
    for condition in spec.conditions():
        steps = [answer.steps(condition, name, options.days) for name in (options.method, options.against)]
        arms = TwoArms(steps[0], steps[1], options.spread)
        needed = people_needed(arms, options.power, _generators)
        setting = setting_in_words(condition.config)
        pairs = pairs_needed(arms.method, arms.baseline, options.power)
        paired = "" if pairs is None else f" (paired seeds would suggest {pairs:,})"
        shown = f"more than {MOST:,}" if needed is None else f"{needed.n:,}"
        print(f"{setting}: {shown} people an arm{paired}.")
        size = needed if options.people is None else power_at(arms, options.people, _generators)
        if size is not None:
            seeds = f"seeds {spec.seeds[0]} to {spec.seeds[-1]}"
            source = f"JITAI Lab {__version__} (experiment {spec.identifier}, {seeds}; {setting})"
            planned = Planned(options.method, options.against, source, options.days)
            print(f"  {protocol_sentences(planned, arms, size)}")
