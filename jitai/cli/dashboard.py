"""The command "dashboard", which is also what happens without any command: start it and open the browser."""

import argparse
import sys
from typing import Any

from jitai.errors import PartMissing
from jitai.installation import MODEL


def add_dashboard_command(commands: Any) -> None:
    """Add the command "dashboard" to a parser.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "dashboard",
        help="start the dashboard on this machine and open the browser; this also happens without a command",
        description="Start the dashboard. It listens on this machine only and ends with Ctrl-C.",
    )
    parser.add_argument(
        "--port", type=int, default=None, metavar="N", help="where it listens (default: 8501, or the next free one)"
    )
    parser.add_argument(
        "--name", action="append", default=[], metavar="NAME",
        help="a name under which others reach it, through a server in front of it, such as lab.example.org; may be "
        "repeated (default: only the names of this machine)",
    )  # fmt: skip
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")
    parser.set_defaults(command=start_dashboard)


def start_dashboard(options: argparse.Namespace) -> None:
    """Run the dashboard until it is stopped.

    Args:
        options: "port" and "no_browser", if given.
    Raises: ParameterError if the port cannot be used.
    """
    from jitai.ui.dashboard import serve  # loaded here: other commands do without Streamlit

    try:
        MODEL.require()
    except PartMissing as missing:
        print(missing.in_full, file=sys.stderr)
    serve(
        getattr(options, "port", None),
        opens_browser=not getattr(options, "no_browser", False),
        names=getattr(options, "name", ()),
    )
