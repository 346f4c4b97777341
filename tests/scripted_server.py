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
from collections.abc import Callable
from typing import Any

from tests.local_server import LocalServer

Send = Callable[[bytes], None]
Script = Callable[[Send, str, Any], None]


def as_answer(content: Any, status: str = "200 OK", headers: str = "") -> bytes:
    """A whole answer: a status, headers (each line with its end) and JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body


class ScriptedServer(LocalServer):
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
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        super().__init__(server)

    def paths(self) -> list[str]:
        """The paths asked for so far."""
        return [path for path, _ in self.asked]
