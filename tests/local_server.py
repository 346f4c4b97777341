"""What the tests' own servers share: an address on this machine, and a thread that serves until a with-block ends."""

import socketserver
import threading
from types import TracebackType
from typing import Self

from jitai.judge.ollama.server import _described


class LocalServer:
    """Serves from a thread of its own until the with-block ends."""

    def __init__(self, server: socketserver.TCPServer) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def host(self) -> str:
        """The address as OLLAMA_HOST would give it."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        _described.clear()  # of another server, which may have had this port
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
