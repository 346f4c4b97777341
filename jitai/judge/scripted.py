"""A backend that plays a script instead of a model: for tests of faults and for measuring all but the model."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence

from jitai.errors import JitaiError
from jitai.judge.base import ModelIdentity, Reply, Request

ScriptLine = Reply | JitaiError


class ScriptedBackend:
    """Answers from a script; no language model.

    Args:
        script: replies to give and errors to raise, one for each question, from the first again after the last; or a
            function of the request.
        delay_s: how long each answer takes, in seconds.
        digest: of the pretended model.

    Attributes:
        requests: the questions so far.
        warm_ups: the openings given to warm_up so far.
    """

    def __init__(
        self,
        script: Iterable[ScriptLine] | Callable[[Request], ScriptLine],
        delay_s: float = 0.0,
        digest: str = "sha256:" + "0" * 64,
    ) -> None:
        self._choose = script if callable(script) else None
        self._lines: Sequence[ScriptLine] = () if callable(script) else tuple(script)
        self._delay_s = delay_s
        self._digest = digest
        self._lock = threading.Lock()
        self.requests: list[Request] = []
        self.warm_ups: list[Request] = []

    def identity(self) -> ModelIdentity:
        """Return a name that says that no model is at work."""
        return ModelIdentity("scripted, no model", self._digest)

    def complete(self, request: Request) -> Reply:
        """Return the script's next line, or raise it if it is an error."""
        with self._lock:
            index = len(self.requests)
            self.requests.append(request)
        if self._delay_s:
            time.sleep(self._delay_s)
        line = self._choose(request) if self._choose is not None else self._lines[index % len(self._lines)]
        if isinstance(line, JitaiError):
            raise line
        return line

    def warm_up(self, opening: Request) -> None:
        """Note the opening for tests."""
        self.warm_ups.append(opening)


def scripted_reply(log_odds: float, answers: tuple[str, str] = (" good", " bad"), model_ms: float = 0.0) -> Reply:
    """Return a reply that gives the first answer these log-odds against the second."""
    send, hold_back = answers
    more_likely = send if log_odds > 0 else hold_back
    return Reply(more_likely, {send: min(0.0, log_odds) - 0.1, hold_back: min(0.0, -log_odds) - 0.1}, -15.0, model_ms)
