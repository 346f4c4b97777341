"""Where a person's own files and remembered verdicts are kept."""

import os
import sys
from pathlib import Path

from platformdirs import PlatformDirs

_NAME = "jitai-lab"


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
