"""The trained policies that a page can offer: the project's, and those of the person who runs the dashboard."""

import streamlit as st

from jitai.learning.files import PolicyFile, default_shelf
from jitai.policies.learned import PolicyNetwork


def policy_files() -> tuple[PolicyFile, ...]:
    """All trained policies, the project's first; bad files too, with what is wrong."""
    shelf = default_shelf()
    paths = [path for folder in (shelf.shipped, shelf.folder) if folder.is_dir() for path in folder.glob("*.json")]
    stamps = []
    for path in sorted(paths):
        try:
            found = path.stat()
        except OSError:
            continue
        stamps.append((str(path), found.st_mtime_ns, found.st_size))
    return _read(str(shelf.folder.parent), tuple(stamps))


@st.cache_resource(show_spinner=False, max_entries=4)
def _read(folder: str, stamps: tuple[tuple[str, int, int], ...]) -> tuple[PolicyFile, ...]:
    """Read anew only if a file has changed."""
    return default_shelf().policies()


def trained_policy(name: str) -> PolicyNetwork:
    """The trained policy of a name, which may be anything.

    Raises: as ``PolicyShelf.get``.
    """
    return default_shelf().get(name)


def name_of_trained(network: PolicyNetwork | None) -> str:
    """The name under which a trained policy is kept; empty if it is not, or not any more."""
    if network is None:
        return ""
    return next((item.name for item in policy_files() if item.network == network), "")
