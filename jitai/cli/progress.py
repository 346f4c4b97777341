"""How far a command is, on the terminal: one line that changes, or a line now and then where output is kept."""

import sys
import time

from jitai.sanitise import for_terminal
from jitai.text_format import duration

_SECONDS_BETWEEN_LINES = 5.0
_SECONDS_BETWEEN_CHANGES = 0.2


class ProgressLine:
    """Tells how much of some work is done, and the time left by the pace so far. Writes to standard error.

    Args:
        what: is counted, such as "judged".
        total: in all.
        done: before this began, which says nothing about the pace.
    """

    def __init__(self, what: str, total: int, done: int = 0) -> None:
        self._what, self._total, self._before = what, total, done
        self._began = self._said_at = time.monotonic()
        self._changes = sys.stderr.isatty()

    def show(self, done: int, note: str = "", seconds_left: float | None = None) -> None:
        """Tell, unless something was told a moment ago.

        Args:
            done: so far, of the total.
            note: what is being done.
            seconds_left: by whoever knows better than the pace.
        """
        now = time.monotonic()
        if now - self._said_at < (_SECONDS_BETWEEN_CHANGES if self._changes else _SECONDS_BETWEEN_LINES):
            return
        self._said_at = now
        if seconds_left is None and done > self._before:
            seconds_left = (now - self._began) / (done - self._before) * (self._total - done)
        left = "" if seconds_left is None else f", about {duration(seconds_left)} left"
        words = f"{done:,} of {self._total:,} {self._what}{': ' if note else ''}{for_terminal(note)}{left}"
        print(
            f"\r\x1b[K{words}" if self._changes else words,
            end="" if self._changes else "\n",
            file=sys.stderr,
            flush=True,
        )

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._changes:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
