"""The commands "install-model", "install-training" ...: bring what only some people need."""

import argparse
import sys
from typing import Any

from jitai.installation import PARTS, install


def add_install_commands(commands: Any) -> None:
    """Add one command for each part that can be installed later.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    for part in PARTS.values():
        what = f"install what {part.purpose[0].lower()}{part.purpose[1:]} needs"
        if part.key == "model":
            what = "install the embedded language model, checked by its hash"
        parser: argparse.ArgumentParser = commands.add_parser(
            f"install-{part.key}", help=f"{what} ({part.size})", description=f"{what[0].upper()}{what[1:]}."
        )
        parser.set_defaults(command=_install, part=part)


def _install(options: argparse.Namespace) -> None:
    said = ""

    def report(text: str, share: float | None) -> None:
        nonlocal said
        if text != said:
            said = text
            print(text, file=sys.stderr, flush=True)

    install(options.part, report)
