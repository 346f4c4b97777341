"""Work in a thread of its own that others watch: its end, and what went wrong in it."""

import threading
from abc import ABC, abstractmethod

from jitai.errors import JitaiError


class Background(ABC):
    """One piece of work, done once. All methods may be called from any thread.

    What it knows is guarded by ``_lock``; a subclass says in ``_do`` what is done.

    Args:
        name: of the thread.
        what: the work as the beginning of a sentence, such as "The training".
    """

    def __init__(self, name: str, what: str) -> None:
        self._what = what
        self._failure = ""
        self._bug: BaseException | None = None
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Begin; to be called once."""
        self._thread.start()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end, at most that many seconds. Returns whether it has come."""
        # Not by joining: Ctrl-C during a join makes Python 3.11 take a running thread for ended.
        return self._ended.wait(timeout_s)

    @abstractmethod
    def _do(self) -> None:
        """The work itself; a JitaiError that it raises becomes the failure."""

    def _after(self) -> None:  # noqa: B027  (to be overridden where there is something to do)
        """What is to be done once it has ended, however it did."""

    def _raise_bug(self) -> None:
        """Raise what the work raised against its promise, once; afterwards it is a failure: a page can be used on.

        To be called with the lock held.
        """
        if self._bug is not None:
            bug, self._bug = self._bug, None
            self._failure = f"{self._what} ended with an error of the program: {type(bug).__name__}."
            raise bug

    def _work(self) -> None:
        try:
            self._do()
        except JitaiError as error:
            with self._lock:
                self._failure = error.in_full
        except BaseException as error:
            with self._lock:
                self._bug = error
        finally:
            self._ended.set()
            self._after()
