"""The files that commands write: what they may be called, and where they may be."""

from pathlib import Path

from jitai.errors import FileFormatError
from jitai.files import check_writable


def check_output(path: Path, *endings: str) -> None:
    """Refuse a file that could not be written, before anything is computed.

    No command makes the folder of a file: a mistyped one would be made too. Only a folder that is itself the output
    is made. What is neither a file nor a folder, such as /dev/stdout, needs no ending where only one is allowed.

    Args:
        path: of the file.
        endings: that say what is written, such as ".csv"; at least one.
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
    if not is_special:
        check_writable(path)
