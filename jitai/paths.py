"""Where files are: those that come with the project, the person's own, and remembered verdicts."""

import os
import sys
from pathlib import Path

from platformdirs import PlatformDirs

_NAME = "jitai-lab"
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


def default_cache_dir() -> Path:
    """Where replies are kept: the setting JITAI_CACHE_DIR, or the platform's folder for caches."""
    if chosen := os.environ.get("JITAI_CACHE_DIR"):
        return Path(chosen).expanduser()
    return PlatformDirs(_NAME, appauthor=False, opinion=False).user_cache_path


def default_data_dir() -> Path:
    """Where a person's own prompts and results lie: the setting JITAI_DATA_DIR, or the platform's folder for data."""
    if chosen := os.environ.get("JITAI_DATA_DIR"):
        return Path(chosen).expanduser()
    found = PlatformDirs(_NAME, appauthor=False).user_data_path
    # Windows has one folder for both, and the cache lies in it.
    return found / "data" if sys.platform == "win32" else found


def default_store_folder() -> Path:
    """Where experiments lie unless a folder is named: in the person's folder for data."""
    return default_data_dir() / "experiments"
