"""The places where cells are computed: processes of this machine, or a Dask cluster."""

import contextlib
import logging
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from urllib.parse import urlsplit

from jitai.background import BackgroundCall
from jitai.errors import ParameterError
from jitai.experiments.engine import SECONDS_BETWEEN_LOOKS
from jitai.installation import CLUSTER
from jitai.paths import program

SECONDS_FOR_THE_SCHEDULER = 10
MAX_WORKERS = 256


@contextlib.contextmanager
def local_workers(n_workers: int) -> Iterator[Executor]:
    """Open worker processes on this machine.

    Args:
        n_workers: at least 1.
    """
    if not 1 <= n_workers <= MAX_WORKERS:
        raise ParameterError(f"There are {n_workers} workers: at least 1 is needed, and at most {MAX_WORKERS} allowed.")
    # Spawned, not forked: the parent may have threads and a language model.
    executor = ProcessPoolExecutor(
        n_workers, mp_context=multiprocessing.get_context("spawn"), initializer=_end_with, initargs=(os.getpid(),)
    )
    try:
        yield executor
    finally:
        # A cell that is still computed is wanted no more; the end of the program would wait for it, for minutes.
        unneeded = list((executor._processes or {}).values())
        executor.shutdown(wait=False, cancel_futures=True)
        for process in unneeded:
            process.terminate()


def _end_with(parent: int) -> None:
    """End this worker when the process that started it is killed, instead of waiting for work for ever."""

    def look() -> None:
        if os.getppid() != parent:
            os._exit(1)

    BackgroundCall("end-with-parent", look, SECONDS_BETWEEN_LOOKS, again=True).start()


@contextlib.contextmanager
def cluster_workers(scheduler: str) -> Iterator[Executor]:
    """Open the workers of a Dask cluster; they need this project and its requirements installed.

    Args:
        scheduler: its address, such as tcp://10.0.0.5:8786.
    Raises: PartMissing if Dask is not installed, ParameterError if nobody answers there.
    """
    CLUSTER.require()
    if not _is_address(scheduler):
        raise ParameterError(
            f"{scheduler[:100]!r} is no address of a Dask scheduler.", "Give one such as tcp://10.0.0.5:8786."
        )
    from distributed import Client

    # Its own account of a failed connection is a stack trace on the screen.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(scheduler, timeout=SECONDS_FOR_THE_SCHEDULER, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        raise ParameterError(
            f"No Dask scheduler answers at {scheduler[:100]!r}.",
            f"Start one with `{program()} cluster`, which prints its address, and more workers on other machines with "
            f"`{program()} cluster --join ADDRESS`.",
        ) from error
    with client, client.get_executor(pure=False) as executor:  # type: ignore[no-untyped-call]
        yield executor


def _is_address(text: str) -> bool:
    """Whether a text has the form of a scheduler's address: Dask's own refusals of others are stack traces."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("tcp", "tls") and bool(parts.hostname and parts.port) and not parts.path
    except ValueError:  # the port is no number, or too large
        return False
