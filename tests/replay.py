"""A server that plays back recorded HTTP exchanges with Ollama over a real socket.

    with ReplayServer() as server:
        server.answer_next("error_queue_full", "generate_warm_new")   # the next two questions, whatever they are
        OllamaServer(server.host)

A question is answered by the recording queued for it, else by the one with the same method, path and body, else by
the one chosen for its method and path (answer_always), else by the first recording of that method and path.
"""

import json
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.local_server import LocalServer

RECORDING = Path(__file__).parent / "data" / "ollama_exchanges_0.24.0.json"


@dataclass(frozen=True)
class Question:
    """A request that arrived.

    Attributes:
        method, path: as sent.
        body: decoded JSON; None if there was none.
    """

    method: str
    path: str
    body: Any = None


def load_exchanges(path: Path = RECORDING) -> dict[str, dict[str, Any]]:
    """The recorded exchanges by name."""
    return {exchange["name"]: exchange for exchange in json.loads(path.read_text(encoding="utf-8"))["exchanges"]}


def ends_in(exchange: dict[str, Any], seconds: float) -> dict[str, Any]:
    """A recorded list of the models in memory, as if it was made so long before they are dropped."""
    until = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    text = "".join(chunk["text"] for chunk in exchange["response"]["chunks"])
    moved = re.sub(r'"expires_at":"[^"]*"', f'"expires_at":"{until}"', text)
    return {**exchange, "response": {**exchange["response"], "chunks": [{"at_s": 0.0, "text": moved}]}}


@dataclass
class ReplayServer(LocalServer):
    """Plays recordings on 127.0.0.1 until the with-block ends.

    Attributes:
        exchanges: recordings by name; tests may add their own.
        keep_pauses: whether chunks come as late as they were recorded.
        delay_s: wait before each answer, in seconds.
        drop_before_answer: connections to close without a byte of answer before serving begins.
        questions: what arrived so far.
    """

    exchanges: dict[str, dict[str, Any]] = field(default_factory=load_exchanges)
    keep_pauses: bool = False
    delay_s: float = 0.0
    drop_before_answer: int = 0
    questions: list[Question] = field(default_factory=list)

    def __post_init__(self) -> None:
        # What was in memory when it was recorded is in memory now.
        self.exchanges = {
            name: ends_in(item, 300.0) if item["request"]["path"] == "/api/ps" else item
            for name, item in self.exchanges.items()
        }
        self._queue: list[str] = []
        self._always: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        server.daemon_threads = True
        super().__init__(server)

    def answer_next(self, *names: str) -> None:
        """Answer the next POST questions, but for looks at a model, with these recordings, in this order."""
        self._queue.extend(names)

    def answer_always(self, method: str, path: str, name: str) -> None:
        """Answer a path with one recording from now on."""
        self._always[method, path] = name

    def paths(self) -> list[str]:
        """The paths asked for so far."""
        return [question.path for question in self.questions]

    def choose(self, question: Question) -> dict[str, Any] | None:
        """The recording that answers a question; None if nothing fits."""
        with self._lock:
            self.questions.append(question)
            if self._queue and question.method == "POST" and question.path != "/api/show":
                return self.exchanges[self._queue.pop(0)]
        place = (question.method, question.path)
        alike = [e for e in self.exchanges.values() if (e["request"]["method"], e["request"]["path"]) == place]
        same = [exchange for exchange in alike if exchange["request"].get("body") == question.body]
        if place in self._always:
            return self.exchanges[self._always[place]]
        return (same or alike or [None])[0]


def _handler_for(replay: ReplayServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the console quiet."""

        def setup(self) -> None:
            # Without it the second small write of an answer waits for the client, 40 ms each.
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            super().setup()

        def serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(length) if length else b""
            try:
                body = json.loads(raw) if raw else None
            except ValueError:
                body = raw.decode(errors="replace")
            exchange = replay.choose(Question(self.command, self.path, body))
            if replay.drop_before_answer > 0:
                replay.drop_before_answer -= 1
                self.drop()
                return
            if replay.delay_s:
                time.sleep(replay.delay_s)
            if exchange is None:
                self.send_error(404)
                return
            try:
                self.play(exchange["response"])
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def play(self, response: dict[str, Any]) -> None:
            chunks = [(chunk["at_s"], chunk["text"].encode()) for chunk in response["chunks"]]
            chunked = "transfer-encoding" in response["headers"]
            self.send_response(response["status"])
            self.send_header("content-type", response["headers"].get("content-type", "application/json"))
            if chunked:
                self.send_header("transfer-encoding", "chunked")
            else:
                self.send_header("content-length", str(sum(len(text) for _, text in chunks)))
            self.end_headers()
            started = time.monotonic()
            for at_s, text in chunks:
                if replay.keep_pauses:
                    time.sleep(max(0.0, at_s - (time.monotonic() - started)))
                self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text) if chunked else text)
            if response.get("aborted") or response.get("closed_by_client"):
                self.drop()
            elif chunked:
                self.wfile.write(b"0\r\n\r\n")

        def drop(self) -> None:
            """Break the connection off, as a killed server does."""
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = do_DELETE = do_HEAD = serve  # noqa: N815

    return Handler


def answer(text: str, status: int = 200, content_type: str = "application/json") -> dict[str, Any]:
    """An exchange of a test's own, to be put among a server's exchanges."""
    return {
        "request": {"method": "", "path": "", "body": None},
        "response": {
            "status": status,
            "headers": {"content-type": content_type},
            "chunks": [{"at_s": 0.0, "text": text}],
        },
    }
