"""The files that commands write: what they may be called, and where they may be."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from jitai.errors import FileFormatError
from jitai.files import check_writable, make_folder


def check_output(path: Path, *endings: str, force: bool = False, read: Path | None = None) -> None:
    """Refuse a file that could not be written, before anything is computed.

    No command makes the folder of a file: a mistyped one would be made too. Only a folder that is itself the output
    is made. What is neither a file nor a folder, such as /dev/stdout, needs no ending where only one is allowed.

    Args:
        path: of the file.
        endings: that say what is written, such as ".csv"; at least one.
        force: whether a file that is there may be replaced.
        read: a file that the command reads, which is never replaced.
    Raises: FileFormatError naming the file and what is wrong.
    """
    if path.is_dir():
        raise FileFormatError(f"{path} cannot be written: it is a folder.", f"Use a name that ends in {endings[0]}.")
    is_special = path.exists() and not path.is_file()
    if path.suffix not in endings and not (is_special and len(endings) == 1):
        raise FileFormatError(f"{path.name} has no known ending.", f"Use a name that ends in {' or '.join(endings)}.")
    if not path.parent.is_dir():
        raise FileFormatError(
            f"{path} cannot be written: there is no folder {path.parent}.", "Make the folder, or name another one."
        )
    if path.is_symlink() and not path.exists():
        raise FileFormatError(f"{path} is a link to a file that is not there.", "Use another name.")
    if read is not None and path.exists() and read.exists() and path.samefile(read):
        raise FileFormatError(f"{path.name} is read; it would be overwritten.", "Use another name.")
    if path.is_file() and not force:
        raise FileFormatError(f"{path} is there already.", "Use another name, or --force to replace it.")
    if not is_special:
        check_writable(path)


UNFINISHED = "unfinished.txt"
"""In a folder of results: what is there covers only a part, and the same command may replace it."""


def check_output_folder(folder: Path, names: Sequence[str], force: bool = False) -> None:
    """Make a folder of results, and refuse what could not be written, before anything is computed.

    Args:
        folder: of the results; it is made.
        names: of the files.
        force: whether files that are there may be replaced; those of an unfinished run may be.
    Raises: FileFormatError naming the file and what is wrong.
    """
    make_folder(folder)
    there = [name for name in names if (folder / name).exists()]
    if there and not force and not (folder / UNFINISHED).exists():
        raise FileFormatError(f"{folder / there[0]} is there already.", "Use another folder, or --force to replace it.")
    for name in names:
        check_writable(folder / name)


def add_force_option(parser: argparse.ArgumentParser) -> None:
    """Add the option without which no command replaces a file."""
    parser.add_argument("--force", action="store_true", help="replace a file that is there already")
