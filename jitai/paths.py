"""Where a person's own files and remembered verdicts are kept."""

import os
import sys
from pathlib import Path


def default_cache_dir() -> Path:
    """Where replies are kept: the setting JITAI_CACHE_DIR, or the platform's folder for caches."""
    if chosen := os.environ.get("JITAI_CACHE_DIR"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "jitai-lab"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "jitai-lab"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jitai-lab"


def default_data_dir() -> Path:
    """Where a person's own prompts and results lie: the setting JITAI_DATA_DIR, or the platform's folder for data."""
    if chosen := os.environ.get("JITAI_DATA_DIR"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "jitai-lab" / "data"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "jitai-lab"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "jitai-lab"


def default_store_folder() -> Path:
    """Where experiments lie unless a folder is named: in the person's folder for data."""
    return default_data_dir() / "experiments"
