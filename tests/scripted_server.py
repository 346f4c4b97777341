"""A server over a real socket that does what a test tells it, byte by byte; nothing of it was recorded.

def drips(send, path, body):
    send(b"HTTP/1.1 200 OK\\r\\n")
    ...
with ScriptedServer(drips) as server:
    OllamaServer(server.host)
"""

import contextlib
import json
import socketserver
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from jitai.judge.ollama.server import _described

Send = Callable[[bytes], None]
Script = Callable[[Send, str, Any], None]


def as_answer(content: Any, status: str = "200 OK", headers: str = "") -> bytes:
    """A whole answer: a status, headers (each line with its end) and JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body


class ScriptedServer:
    """Answers every question with a script, until the with-block ends.

    Attributes:
        asked: paths and bodies of the questions so far.
    """

    def __init__(self, script: Script) -> None:
        self.asked: list[tuple[str, Any]] = []
        asked = self.asked

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    while line := self.rfile.readline():
                        path, length = line.split()[1].decode(), 0
                        while (header := self.rfile.readline().strip().lower()) != b"":
                            if header.startswith(b"content-length:"):
                                length = int(header.partition(b":")[2])
                        body = json.loads(self.rfile.read(length)) if length else None
                        asked.append((path, body))
                        script(self.wfile.write, path, body)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def host(self) -> str:
        """The address as OLLAMA_HOST would give it."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def paths(self) -> list[str]:
        """The paths asked for so far."""
        return [path for path, _ in self.asked]

    def __enter__(self) -> "ScriptedServer":
        _described.clear()  # of another server, which may have had this port
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
