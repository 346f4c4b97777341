"""How questions travel to an Ollama server: one deadline for a whole call, no endless answer, no silent cut.

The limits of httpx are for each read: a server that sends a byte now and then would be waited for without end. So the
deadline is looked at whenever something is read from the connection, and what was read is counted.
"""

import json
import math
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

from jitai.errors import UnreadableReply

MAY_TRUNCATE = ("/api/generate", "/api/chat")
"""Where the server would cut a prompt that is too long, and say nothing."""
MAX_ANSWER_BYTES = 8_000_000
"""An answer with log-probabilities has up to 200 kB, a list of 10,000 models some 4 MB."""
_MAX_STREAM_BYTES = 200_000_000
"""The same for a download's progress, which may take hours."""


class AnswerTooLong(UnreadableReply):
    """What arrives is longer than any answer of an Ollama server."""


class Limits(threading.local):
    """The deadline and the bytes that are left to the question which the present thread is asking.

    Attributes:
        retry_after_s: what the server last said of when to ask again, in seconds; None if nothing.
    """

    deadline = math.inf
    n_bytes_left = math.inf
    retry_after_s: float | None = None

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Give all that the block asks one deadline; an earlier one that holds already stays."""
        before = self.deadline
        self.deadline = min(before, time.monotonic() + seconds)
        try:
            yield
        finally:
            self.deadline = before

    def seconds_left(self) -> float:
        """Return how long the present call may still take; infinite without a deadline."""
        return self.deadline - time.monotonic()

    def for_one_wait(self, timeout_s: float | None) -> float | None:
        """Return how long to wait for the next piece.

        Raises: httpcore.ReadTimeout if the deadline is over.
        """
        left_s = self.seconds_left()
        if left_s <= 0:
            raise httpcore.ReadTimeout("The deadline is over.")
        wait_s = min(left_s, math.inf if timeout_s is None else timeout_s)
        return None if math.isinf(wait_s) else wait_s

    def count(self, n_bytes: int) -> None:
        """Count what has arrived.

        Raises: AnswerTooLong.
        """
        self.n_bytes_left -= n_bytes
        if self.n_bytes_left < 0:
            raise AnswerTooLong(
                "What the server sends is longer than any answer of Ollama.", hint="Check OLLAMA_HOST: who answers?"
            )


class _Connection(httpcore.NetworkStream):
    """A connection that obeys the limits of the thread that uses it."""

    def __init__(self, stream: httpcore.NetworkStream, limits: Limits) -> None:
        self._stream, self._limits = stream, limits

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._limits.for_one_wait(timeout))
        self._limits.count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._limits.for_one_wait(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        wait_s = self._limits.for_one_wait(timeout)
        return _Connection(self._stream.start_tls(ssl_context, server_hostname, wait_s), self._limits)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Makes such connections."""

    def __init__(self, limits: Limits) -> None:
        self._network, self._limits = httpcore.SyncBackend(), limits

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        wait_s = self._limits.for_one_wait(timeout)
        return _Connection(self._network.connect_tcp(host, port, wait_s, local_address, socket_options), self._limits)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise NotImplementedError  # no address of ours names one

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class LimitedTransport(httpx.HTTPTransport):
    """Carries questions within limits, and asks the server to refuse a prompt that it would cut silently.

    Having a transport of its own also keeps a proxy for the internet out of a local conversation.

    Args:
        limits: of the thread that asks.
        has_no_end: whether it is for work that may take hours, such as a download.
    """

    def __init__(self, limits: Limits, has_no_end: bool = False) -> None:
        super().__init__()
        self._limits, self._max_bytes = limits, _MAX_STREAM_BYTES if has_no_end else MAX_ANSWER_BYTES
        self._pool.close()
        # httpx offers no other way to a connection of one's own.
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(), network_backend=_Network(limits), keepalive_expiry=5.0
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; see httpx."""
        changed = {"accept-encoding": "identity"}
        content = None
        if request.url.path.endswith(MAY_TRUNCATE):
            # The client cannot say this itself.
            content = json.dumps({**json.loads(request.read()), "truncate": False}).encode()
            changed["content-length"] = str(len(content))
        request = httpx.Request(
            request.method,
            request.url,
            headers={**request.headers, **changed},
            content=content,
            stream=request.stream if content is None else None,
            extensions=request.extensions,
        )
        self._limits.n_bytes_left = self._max_bytes
        response = super().handle_request(request)
        # A few bytes that are packed may become gigabytes. None were asked for, so none are unpacked.
        response.headers.pop("content-encoding", None)
        self._limits.retry_after_s = _seconds(response.headers.get("retry-after", ""))
        return response


def _seconds(text: str) -> float | None:
    """Return a number of seconds as a server writes it; None for anything else, a date too."""
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None
