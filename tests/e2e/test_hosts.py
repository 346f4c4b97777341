"""The dashboard gives no session to a page that only pretends to be on this machine (DNS rebinding)."""

import base64
import os
import socket
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.browser


def status_of_handshake(address: str, host: str, origin: str) -> int:
    """The status with which the server answers the request for a websocket, over a socket of our own."""
    port = urlsplit(address).port
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )
    with socket.create_connection(("localhost", port), timeout=10) as connection:
        connection.sendall(request.encode())
        return int(connection.recv(64).split()[1])


def test_only_the_names_of_this_machine_get_a_session(dashboard: str) -> None:
    port = urlsplit(dashboard).port
    for name in ("localhost", "127.0.0.1", "[::1]", "LOCALHOST"):
        assert status_of_handshake(dashboard, f"{name}:{port}", f"http://{name}:{port}") == 101, name
    for host in (
        "evil.test",
        f"evil.test:{port}",
        "localhost.evil.test",
        "127.0.0.1.evil.test",
        "localhost@evil.test",
        "",
    ):
        assert status_of_handshake(dashboard, host, f"http://{host}") in (400, 403), host
    assert status_of_handshake(dashboard, f"localhost:{port}", "http://evil.test") == 403, "from another site"
