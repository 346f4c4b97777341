"""Command-line options from parameter descriptions: name, help, range and source come from one place."""

import argparse
from functools import partial
from typing import Any

from jitai.parameters import ParameterInfo, describe, from_text


def add_parameters(parser: argparse.ArgumentParser, settings_class: type[object]) -> None:
    """One option for each parameter, with its own help; validation is left to the settings class."""
    groups: dict[str, Any] = {}
    for info in describe(settings_class):
        if info.group not in groups:
            groups[info.group] = parser.add_argument_group(info.group)
        groups[info.group].add_argument(
            option(info),
            dest=info.name,
            type=partial(from_text, info),
            metavar="VALUE",
            help=info.full_help.replace("%", "%%"),
        )


def option(info: ParameterInfo) -> str:
    """The option of a parameter."""
    return "--filter" if info.name == "strategy" else "--" + info.name.replace("_", "-")


def given(options: argparse.Namespace, settings_class: type[object]) -> dict[str, object]:
    """The parameters of a settings class that were given."""
    names = (info.name for info in describe(settings_class))
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}
