"""What the benchmarks share: a table's line, and the time that something takes."""

import time
from collections.abc import Callable


def row(what: str, value: str, remark: str = "") -> None:
    """Print one line of the table."""
    print(f"{what:<46}{value:>22}   {remark}", flush=True)


def seconds(work: Callable[[], None]) -> float:
    """Wall-clock time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
