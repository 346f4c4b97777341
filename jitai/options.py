"""Options of the command line made from described parameters, so that help, ranges and names cannot disagree."""

import argparse
from functools import partial
from typing import Any

from jitai.errors import ParameterError
from jitai.parameters import ParameterInfo, build, describe, from_text, suggestion
from jitai.simulator.config import PRESETS, SimulatorConfig

_SHORT = {"strategy": "filter", "total_steps": "steps", "n_lanes": "lanes", "learning_seed": "seed"}
"""Options whose names are not those of their parameters."""


def add_parameters(parser: argparse.ArgumentParser, settings_class: type[object]) -> None:
    """One option for each parameter, with its own help; validation is left to the settings class.

    Args:
        parser: of the command.
        settings_class: whose parameters are described.
    """
    groups: dict[str, Any] = {}
    for info in describe(settings_class):
        if info.group not in groups:
            groups[info.group] = parser.add_argument_group(info.group)
        groups[info.group].add_argument(
            option_name(info),
            dest=info.name,
            type=partial(from_text, info),
            metavar="VALUE",
            help=info.full_help.replace("%", "%%"),
        )


def option_name(info: ParameterInfo) -> str:
    """The option of a parameter, such as "--study-length"."""
    return "--" + _SHORT.get(info.name, info.name.replace("_", "-"))


def preset_of(options: argparse.Namespace) -> SimulatorConfig:
    """The settings that the option --preset names.

    Raises: ParameterError if there are none of that name.
    """
    if options.preset not in PRESETS:
        raise ParameterError(f"There is no preset {options.preset!r}{suggestion(options.preset, PRESETS)}")
    return PRESETS[options.preset]


def changed(config: SimulatorConfig, options: argparse.Namespace) -> SimulatorConfig:
    """Settings of a participant, with the parameters that were given in their places.

    Raises: ParameterError naming the one that is wrong.
    """
    return build(SimulatorConfig, config.as_mapping() | given(options, SimulatorConfig))


def given(options: argparse.Namespace, settings_class: type[object]) -> dict[str, object]:
    """The parameters of a settings class that were given, by name."""
    names = (info.name for info in describe(settings_class))
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}
