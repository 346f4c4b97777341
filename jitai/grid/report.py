"""placeholder"""

from collections.abc import Sequence
from pathlib import Path

from jitai.grid.store import Store, StoredExperiment


def write_report(store: Store, experiments: Sequence[StoredExperiment], out: Path) -> None:
    """Write."""
    raise NotImplementedError
