"""Judging texts that are known beforehand, in the background: their verdicts wait in the cache when asked for."""

import threading
from collections.abc import Callable, Iterable

from jitai.records import Verdict


class VerdictPrefetcher:
    """Judges texts one after the other in a thread of its own, until done or stopped; begins when made.

    Args:
        judge: keeps what it has judged; the verdicts themselves are not needed here.
        texts: in the order in which they will be asked for.
    """

    def __init__(self, judge: Callable[[str], Verdict], texts: Iterable[str]) -> None:
        self._judge = judge
        self._texts = tuple(dict.fromkeys(texts))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="judging-ahead", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the text that is being judged."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end, at most that many seconds. Returns whether it has come."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _work(self) -> None:
        for text in self._texts:
            if self._stop.is_set():
                return
            self._judge(text)
