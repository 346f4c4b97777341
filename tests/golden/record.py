"""Record the golden numbers anew: ``python -m tests.golden.record [PART ...]`` (all parts by default).

Trainings: ``python -m tests.golden.test_training``; their curve: ``python -m tests.golden.test_curve``.

Only where a change of numbers is wanted: say in the commit which ones moved, and why.
"""

import sys
import tempfile
import time
from pathlib import Path

from tests.golden import measure
from tests.golden.parts import PARTS, write


def main(names: list[str]) -> None:
    """Measure and keep the parts of these names."""
    for name in names or list(PARTS):
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder, measure.quiet_place(Path(folder)):
            record = PARTS[name].measure(Path(folder))
        write(name, record)
        n_items = record.table["item"].nunique()
        print(f"{name}: {n_items} items, {len(record.table):,} days, {time.perf_counter() - started:.1f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
