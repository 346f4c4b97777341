"""Where the files are that belong to the project but are no part of the library: app.py, pages/, assets/, specs/ ..."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_IN_THE_WHEEL = _PACKAGE / "project_files"  # pyproject.toml puts them there


def is_installed() -> bool:
    """Whether this is the installed package; False in a clone."""
    return _IN_THE_WHEEL.is_dir()


def resource(*parts: str) -> Path:
    """A file or folder that comes with the project, in a clone as in the installed package.

    Args:
        parts: its path from the clone's root, such as "assets", "style.css"; none for the root itself.
    """
    return (_IN_THE_WHEEL if is_installed() else _PACKAGE.parent).joinpath(*parts)


def program() -> str:
    """What a person types to run the command line."""
    return "jitai-lab" if is_installed() else "python -m jitai"
