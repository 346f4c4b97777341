"""Background work in a process of its own, where it cannot hold others up; no other module makes such a process.

Threads of one process take turns at running Python, so a long computation in one delays every page that another draws.
A job that is moved here stays what it is, started, stopped, waited for and looked at in the same way. The child reads
the job from its standard input and writes what is known of it, now and then, to its standard output. The end of its
input asks it to stop, whether somebody has asked for that or the parent has ended.
"""

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

from jitai.background import BackgroundCall, BackgroundJob, Snapshot
from jitai.errors import JitaiError

Result = TypeVar("Result")
LOOK_EVERY_S = 0.2
NICENESS = 5
"""How far such work lets others go first."""
ORPHAN_ENDS_WITHIN_S = 10.0
_ABOVE = str(Path(__file__).resolve().parents[1])
"""Where a clone that is not installed is found from."""


class Told(NamedTuple):
    """What the child says.

    Attributes:
        snapshot: of the job.
        ended: whether it has ended; then nothing more comes.
        failure: of the job.
    """

    snapshot: Any
    ended: bool
    failure: str


class BackgroundProcess(BackgroundJob[Snapshot]):
    """Does a job in a process of its own, which has less priority than this one and ends with it.

    Args:
        make: makes the job, here and in the child; a partial of a module's function or class, as it is pickled.
        lost: how a snapshot is changed if the process was killed, given why, as a sentence.
    Raises: what ``make`` raises.
    """

    def __init__(self, make: Callable[[], BackgroundJob[Snapshot]], lost: Callable[[Snapshot, str], Snapshot]) -> None:
        job = make()
        super().__init__(job.name, job.what)
        self._make, self._lost = make, lost
        self._latest, self._final = job.snapshot(), False
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def process_id(self) -> int | None:
        """Of the child, once there is one."""
        return None if self._child is None else self._child.pid

    def stop(self) -> None:
        """Ask it to end as soon as it can; returns at once. What is done by then stays."""
        super().stop()
        with self._lock:
            if self._child is not None and self._child.stdin is not None:
                with contextlib.suppress(OSError):  # the child may have ended
                    self._child.stdin.close()

    def _run(self) -> None:
        child = _start()
        assert child.stdin is not None
        assert child.stdout is not None
        told = None
        try:
            with contextlib.suppress(OSError):  # the child was killed at once: said below
                pickle.dump((sys.path, self._make), child.stdin)
                child.stdin.flush()
            with self._lock:
                self._child = child
            if self.stopping:
                self.stop()
            while (told := _next(child.stdout)) is not None and not told.ended:
                with self._lock:
                    self._latest = told.snapshot
        finally:
            self._end(child)
        if told is None:
            raise JitaiError(
                f"{self.what} broke off: its process was ended from outside, or ran out of memory.", "Start it again."
            )
        with self._lock:
            self._latest, self._final, self._failure = told.snapshot, True, told.failure

    def _end(self, child: "subprocess.Popen[bytes]") -> None:
        """Take leave of the child; a process that nobody waits for lingers."""
        with self._lock:
            self._child = None
        for stream in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        try:
            child.wait(ORPHAN_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _snapshot(self, finished: bool) -> Snapshot:
        if finished and not self._final:
            return self._lost(self._latest, self._failure)
        return self._latest


class _Call(BackgroundJob[Any]):
    """Calls a function; what is known of it at the end is its result."""

    def __init__(self, name: str, what: str, call: Callable[[], Any]) -> None:
        super().__init__(name, what)
        self._call, self._result = call, None

    def _run(self) -> None:
        self._result = self._call()

    def _snapshot(self, finished: bool) -> Any:
        return self._result


def call_elsewhere(name: str, what: str, call: Callable[[], Result]) -> Result:
    """Call a function in a process of its own, and wait for its result.

    Args:
        name: of the job.
        what: the work as the beginning of a sentence.
        call: a module's function, or a partial of one; its result is pickled.
    Raises: JitaiError, with the sentence of what went wrong.
    """
    job = BackgroundProcess(partial(_Call, name, what, call), lambda latest, failure: latest)
    job.start()
    job.wait()
    if job.failure:
        raise JitaiError(job.failure)
    result: Result = job.snapshot()
    return result


def _start() -> "subprocess.Popen[bytes]":
    """Start a child.

    Raises: JitaiError if the system refuses.
    """
    try:
        child = subprocess.Popen(
            [sys.executable, "-m", "jitai.background_process"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [_ABOVE, os.environ.get("PYTHONPATH")]))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,  # its errors go where ours go
            # Ctrl-C in the terminal is for the parent, whose end the child notices. No session of its own: where
            # Linux groups processes by sessions, priorities count within one only.
            process_group=0,
        )
    except OSError as error:
        raise JitaiError(f"No process can be started: {error.strerror}.", "Try again.") from error
    give_way(child.pid)
    return child


def give_way(process: int) -> None:
    """Give a process that has just begun, and all that it starts, less priority, where the system knows of that.

    Args:
        process: its identifier; on Linux also that of a thread.
    """
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):  # it has ended
            os.setpriority(os.PRIO_PROCESS, process, os.getpriority(os.PRIO_PROCESS, process) + NICENESS)


def _next(stream: IO[bytes]) -> Told | None:
    """Return what the child says next; None if it says no more."""
    try:
        said = pickle.load(stream)  # noqa: S301  (of our own child)
    except (EOFError, OSError, pickle.UnpicklingError, ValueError):
        return None
    return said if isinstance(said, Told) else None


def _main() -> None:
    """Be the child."""
    orders = sys.stdin.buffer
    # What the job prints must not come between: from here on, the standard output is that of errors.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        with contextlib.suppress(EOFError):  # the parent has ended before it said what to do
            paths, make = pickle.load(orders)  # noqa: S301  (of our own parent)
            sys.path[:] = paths
            _work(make(), orders, answers)
    # Not by returning: libraries that are torn down at the end take a second and complain.
    os._exit(0)


def _work(job: BackgroundJob[Any], orders: IO[bytes], answers: IO[bytes]) -> None:
    """Do the job, and say how it goes until it has ended or nobody listens."""
    BackgroundCall("orders", lambda: _stop_at_the_end(orders, job)).start()
    job.start()
    with contextlib.suppress(OSError):  # the parent has ended
        while True:
            ended = job.wait(LOOK_EVERY_S)
            pickle.dump(Told(job.snapshot(), ended, job.failure if ended else ""), answers)
            answers.flush()
            if ended:
                return
    job.wait(ORPHAN_ENDS_WITHIN_S)  # to keep what it has


def _stop_at_the_end(orders: IO[bytes], job: BackgroundJob[Any]) -> None:
    """Wait until there can be no more orders."""
    orders.read()
    job.stop()


if __name__ == "__main__":
    # Under its own name, so that what is pickled here is what the parent knows.
    from jitai.background_process import _main as main

    main()
