"""Work in a thread of its own that others start, stop, wait for and watch; no other module makes a thread."""

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from jitai.errors import JitaiError

Snapshot = TypeVar("Snapshot")


@dataclass(frozen=True)
class Progress:
    """How far a piece of work has come.

    Attributes:
        status: what is being done, in our words; for people, never to be parsed.
        completed, total: of the unit; a total of 0 says that nobody knows.
        unit: what is counted: "bytes", "steps" or "statements".
        outcome: at the end, what came of it, as a sentence; may be empty.
    """

    status: str
    completed: int = 0
    total: int = 0
    unit: str = "steps"
    outcome: str = ""

    @property
    def share(self) -> float | None:
        """How much of it is done, in [0, 1]; None if nobody knows."""
        return min(1.0, self.completed / self.total) if self.total > 0 else None


class BackgroundJob(ABC, Generic[Snapshot]):
    """One piece of work, done once. All methods may be called from any thread.

    A subclass says in ``_run`` what is done and in ``_snapshot`` what others may know of it; what both touch is
    guarded by ``_lock``. A JitaiError that ``_run`` raises becomes the failure. Anything else is a bug: it becomes a
    failure too, so that no page breaks on it, and the log has it in full.

    Args:
        name: of the thread.
        what: the work as the beginning of a sentence, such as "The training".
    """

    def __init__(self, name: str, what: str) -> None:
        self.name, self.what = name, what
        self._failure = ""
        self._lock, self._stop, self._ended = threading.Lock(), threading.Event(), threading.Event()
        self._started_at, self._ended_at = time.monotonic(), float("inf")
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Begin; to be called once."""
        self._started_at = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end as soon as it can; returns at once. What is done by then stays."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end, at most that many seconds. Returns whether it has come."""
        # Not by joining: Ctrl-C during a join makes Python 3.11 take a running thread for ended.
        return self._ended.wait(timeout_s)

    def snapshot(self) -> Snapshot:
        """What is known now; it does not change while somebody looks at it."""
        finished = self.finished  # asked first: what is finished is complete
        with self._lock:
            return self._snapshot(finished)

    @property
    def stopping(self) -> bool:
        """Whether somebody has asked it to end."""
        return self._stop.is_set()

    @property
    def finished(self) -> bool:
        """Whether it has ended, however it did."""
        return self._ended.is_set()

    @property
    def running(self) -> bool:
        """Whether it has begun and not ended."""
        return self._thread.ident is not None and not self.finished

    @property
    def failure(self) -> str:
        """Why it could not be done, as a sentence with what to do; else empty."""
        return self._failure

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return min(self._ended_at, time.monotonic()) - self._started_at

    @abstractmethod
    def _run(self) -> None:
        """The work itself."""

    @abstractmethod
    def _snapshot(self, finished: bool) -> Snapshot:
        """What others may know; called with the lock held."""

    def _after(self) -> None:
        """What is done last, however the work has ended."""

    def _work(self) -> None:
        try:
            for part in (self._run, self._after):
                try:
                    part()
                except JitaiError as error:
                    self._failure = error.in_full
                except BaseException as error:
                    kind = type(error)
                    self._failure = f"{self.what} ended with an error of the program: {kind.__name__}. The log has it."
                    threading.excepthook(
                        threading.ExceptHookArgs((kind, error, error.__traceback__, threading.current_thread()))
                    )
        finally:
            self._ended_at = time.monotonic()
            self._ended.set()


class BackgroundCall(BackgroundJob[None]):
    """Calls a function, which has nothing to show; what it does not do is nobody's loss.

    Args:
        name: of the thread.
        call: the function.
        delay_s: seconds to wait first.
        again: whether to wait and call again, until stopped.
    """

    def __init__(self, name: str, call: Callable[[], None], delay_s: float = 0.0, again: bool = False) -> None:
        super().__init__(name, "The work")
        self._call, self._delay_s, self._again = call, delay_s, again

    def _run(self) -> None:
        while not self._stop.wait(self._delay_s):
            self._call()
            if not self._again:
                return

    def _snapshot(self, finished: bool) -> None:
        return None


class FairLock:
    """A lock that is given in the order in which it was asked for.

    ``threading.Lock`` goes as a rule to who has just released it: one who asks again and again would keep all others
    waiting. Not re-entrant.
    """

    def __init__(self) -> None:
        self._guard, self._is_taken = threading.Lock(), False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            turn.acquire()
        except BaseException:  # Ctrl-C
            self._give_up(turn)
            raise

    def __exit__(self, *of_error: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False

    def _give_up(self, turn: threading.Lock) -> None:
        """Leave the row; if the lock has been given in this very moment, pass it on."""
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return
        self.__exit__()
