"""The command "cluster": a real scheduler, workers of another process that join it, and what goes wrong."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.needs("cluster")


@contextmanager
def command(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command in a process of its own, which is killed in the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "jitai", "cluster", "--workers", "1", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_workers_join_do_their_part_and_end_with_the_scheduler() -> None:
    from distributed import Client

    with command("--port", "0") as scheduler:
        address = first_line(scheduler).split()[1].rstrip(",")
        with command("--join", address) as joined:
            assert first_line(joined).startswith(f"1 worker for {address}")
            with Client(address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
                client.wait_for_workers(2, timeout=60)  # type: ignore[no-untyped-call]
                parents = client.run(os.getppid)  # type: ignore[no-untyped-call]
            assert len(set(parents.values())) == 2, "one worker is of each command"
            scheduler.send_signal(signal.SIGINT)
            out, err = joined.communicate(timeout=60)
            assert (joined.returncode, err) == (0, "")
            assert "The scheduler has ended" in out


def test_workers_without_a_scheduler_say_so() -> None:
    with command("--join", "tcp://127.0.0.1:1") as process:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (1, "")
        assert err.startswith("No Dask scheduler answers at 'tcp://127.0.0.1:1'. Start one with")
        assert err.count("\n") == 1
