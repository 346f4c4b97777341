"""Judging texts that are known beforehand, in the background, so that their verdicts wait in the cache."""

from collections.abc import Callable, Iterable

from jitai.background import BackgroundJob, Progress
from jitai.records import Verdict


class VerdictPrefetcher(BackgroundJob[Progress]):
    """Judges texts one after the other until done or stopped. Making one starts it.

    Args:
        judge: keeps what it has judged; the verdicts themselves are not needed here.
        texts: in the order in which they will be asked for.
    """

    def __init__(self, judge: Callable[[str], Verdict], texts: Iterable[str]) -> None:
        super().__init__("verdict-prefetch", "Judging ahead")
        self._judge = judge
        self._texts = tuple(dict.fromkeys(texts))
        self._n_judged = 0
        self.start()

    def _snapshot(self, finished: bool) -> Progress:
        return Progress("Judging the coming statements", self._n_judged, len(self._texts))

    def _run(self) -> None:
        for text in self._texts:
            if self.stopping:
                return
            self._judge(text)
            with self._lock:
                self._n_judged += 1
