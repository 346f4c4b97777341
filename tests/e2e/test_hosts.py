"""The dashboard gives no session to a page that only pretends to be on this machine (DNS rebinding)."""

import base64
import os
import re
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


def test_without_a_session_nothing_is_taken_in_or_given_out(dashboard: str) -> None:
    """The program's own files are the same for everybody and are served under any name; what is somebody's is not."""
    port = urlsplit(dashboard).port
    assert exchange(port, "GET", "/").startswith(b"HTTP/1.1 200")
    token = re.search(rb"_streamlit_xsrf=([^;]+);", exchange(port, "GET", "/_stcore/health"))
    assert token, "a page under a name of its own gets this, so it is no protection there"
    headers = f"Cookie: _streamlit_xsrf={token[1].decode()}\r\nX-Xsrftoken: {token[1].decode()}\r\n"
    body = '--x\r\nContent-Disposition: form-data; name="f"; filename="f.csv"\r\n\r\nI can walk\r\n--x--\r\n'
    headers += "Content-Type: multipart/form-data; boundary=x\r\n"
    upload = exchange(port, "PUT", "/_stcore/upload_file/a-session/a-file", headers, body)
    assert upload.startswith(b"HTTP/1.1 400") and b"session" in upload.lower()
    assert exchange(port, "POST", "/_stcore/agent/interact", body="{}").startswith(b"HTTP/1.1 403")
    for path in ("/media/anything.csv", "/app/static/../app.py", "/%2e%2e/app.py", "/component/x/../../app.py"):
        assert exchange(port, "GET", path).startswith((b"HTTP/1.1 404", b"HTTP/1.1 400")), path


def exchange(port: int | None, method: str, path: str, headers: str = "", body: str = "") -> bytes:
    """What the server answers to a request under the name of somebody else's site, over a socket of our own."""
    request = (
        f"{method} {path} HTTP/1.1\r\nHost: evil.test\r\nOrigin: http://evil.test\r\n{headers}"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    )
    with socket.create_connection(("localhost", port), timeout=10) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))
