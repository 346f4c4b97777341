"""What a server may cost: time, memory, and whom a question reaches. The servers here are scripted."""

import base64
import gzip
import http.server
import os
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import Any

import pytest

from jitai.errors import BackendTimeout, JitaiError, ParameterError, UnreadableReply
from jitai.judge.base import Request
from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.errors import Refused
from jitai.judge.ollama.listing import MAX_MODELS
from jitai.judge.ollama.options import probe_ollama
from jitai.judge.ollama.overview import probe_server
from jitai.judge.ollama.server import OllamaServer, OllamaSettings
from tests.scripted_server import ScriptedServer, Send, as_answer

SECRET = "my secret knee"
QUESTION = Request(f"Patient: {SECRET}\nStatus:", (" good", " bad"))
LISTED = {"models": [{"name": "m:1", "model": "m:1", "size": 10**8, "digest": "a" * 64}]}
GOOD = {"response": " good", "done": True}


def answers(send: Send, path: str, body: Any) -> None:
    """A server that does all that is right, but does not describe its models."""
    known = {"/api/version": {"version": "1"}, "/api/tags": LISTED, "/api/ps": {"models": []}, "/api/generate": GOOD}
    send(as_answer(known[path]) if path in known else as_answer({"error": "404 page not found"}, "404 Not Found"))


def drips_headers(send: Send) -> None:
    send(b"HTTP/1.1 200 OK\r\n")
    for number in range(200):
        send(f"x-{number}: y\r\n".encode())
        time.sleep(0.05)


def drips_body(send: Send) -> None:
    send(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n")
    for _ in range(200):
        send(b" ")
        time.sleep(0.05)


@pytest.mark.parametrize("drips", [drips_headers, drips_body])
def test_a_server_that_drips_is_waited_for_no_longer_than_the_settings_say(drips: Any) -> None:
    def script(send: Send, path: str, body: Any) -> None:
        drips(send) if path == "/api/generate" else answers(send, path, body)

    with (
        ScriptedServer(script) as server,
        closing(OllamaBackend("m:1", OllamaServer(server.host, OllamaSettings(read_timeout_s=0.6)))) as backend,
    ):
        started = time.perf_counter()
        with pytest.raises(BackendTimeout, match="did not answer in time"):
            backend.complete(QUESTION)
        assert 0.5 < time.perf_counter() - started < 1.5
        assert server.paths().count("/api/generate") == 1


@pytest.mark.parametrize("drips", [drips_headers, drips_body])
def test_a_look_at_a_server_that_drips_ends(drips: Any) -> None:
    with ScriptedServer(lambda send, path, body: drips(send)) as server:
        started = time.perf_counter()
        assert "did not answer in time" in probe_ollama(server.host).failure
        assert time.perf_counter() - started < 4.0


def test_all_tries_of_a_call_share_one_deadline() -> None:
    def busy(send: Send, path: str, body: Any) -> None:
        if path == "/api/generate":
            time.sleep(0.3)
            send(as_answer({"error": "server busy"}, "503 Service Unavailable"))
        else:
            answers(send, path, body)

    server_settings = OllamaSettings(read_timeout_s=0.7)
    with ScriptedServer(busy) as server:
        with closing(OllamaBackend("m:1", OllamaServer(server.host, server_settings), (0.1,) * 9)) as backend:
            started = time.perf_counter()
            with pytest.raises(JitaiError):
                backend.complete(QUESTION)
            assert time.perf_counter() - started < 1.2
        assert 1 < server.paths().count("/api/generate") < 4


def test_the_next_call_has_its_own_deadline() -> None:
    with (
        ScriptedServer(answers) as server,
        closing(OllamaBackend("m:1", OllamaServer(server.host, OllamaSettings(read_timeout_s=0.4)))) as backend,
    ):
        for _ in range(3):
            assert backend.complete(QUESTION).text == " good"
            time.sleep(0.2)


@pytest.mark.parametrize("chunked", [False, True])
def test_an_endless_answer_is_not_taken_in(chunked: bool) -> None:
    sent = [0]

    def endless(send: Send, path: str, body: Any) -> None:
        if path != "/api/generate":
            return answers(send, path, body)
        send(
            b"HTTP/1.1 200 OK\r\n"
            + (b"transfer-encoding: chunked\r\n\r\n" if chunked else b"content-length: 50000000\r\n\r\n")
        )
        piece = b"x" * 100_000
        for _ in range(500):
            send(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            sent[0] += len(piece)
        return None

    with (
        ScriptedServer(endless) as server,
        closing(OllamaBackend("m:1", OllamaServer(server.host))) as backend,
        pytest.raises(UnreadableReply, match="longer than any answer"),
    ):
        backend.complete(QUESTION)
    assert sent[0] < 20_000_000, "the connection was closed"


def test_an_answer_that_unpacks_to_more_is_not_unpacked() -> None:
    bomb = gzip.compress(b'{"version": "1"}' + b" " * 30_000_000)

    def packed(send: Send, path: str, body: Any) -> None:
        send(as_answer(bomb, headers="content-encoding: gzip\r\n"))

    with (
        ScriptedServer(packed) as server,
        closing(OllamaServer(server.host)) as opened,
        pytest.raises(UnreadableReply, match="does not talk as an Ollama server"),
    ):
        opened.version()


def test_of_very_many_models_the_first_are_listed_and_each_name_once() -> None:
    rows = [{"name": f"m{number // 2}:1", "size": 10**8, "digest": "0"} for number in range(5_000)]

    def many(send: Send, path: str, body: Any) -> None:
        send(as_answer({"models": rows})) if path == "/api/tags" else answers(send, path, body)

    with ScriptedServer(many) as server, closing(OllamaServer(server.host)) as opened:
        names = [model.name for model in opened.list_models()]
    assert names == [f"m{number}:1" for number in range(MAX_MODELS)]


def test_a_server_that_describes_no_model_in_time_is_offered_all_the_same() -> None:
    def hangs(send: Send, path: str, body: Any) -> None:
        if path == "/api/show":
            time.sleep(5)
        answers(send, path, body)

    rows = [{"name": f"m:{number}", "size": 10**8, "digest": f"{number:064x}"} for number in range(20)]

    def script(send: Send, path: str, body: Any) -> None:
        send(as_answer({"models": rows})) if path == "/api/tags" else hangs(send, path, body)

    with ScriptedServer(script) as server:
        started = time.perf_counter()
        found = probe_ollama(server.host)
        assert time.perf_counter() - started < 4.0
        assert server.paths().count("/api/show") == 1
    assert (len(found.models), found.failure) == (20, "")


def test_200_000_models_are_no_list() -> None:
    row = {"name": "m:1", "model": "m:1", "size": 10**8, "digest": "a" * 64}
    body = b'{"models": [' + b",".join([str(row).replace("'", '"').encode()] * 200_000) + b"]}"

    def far_too_many(send: Send, path: str, asked: Any) -> None:
        send(as_answer(body)) if path == "/api/tags" else answers(send, path, asked)

    with ScriptedServer(far_too_many) as server, closing(OllamaServer(server.host)) as opened:
        assert "longer than any answer" in probe_server(opened).failure


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_is_not_followed(status: str) -> None:
    with ScriptedServer(answers) as elsewhere:

        def redirects(send: Send, path: str, body: Any) -> None:
            if path != "/api/generate":
                return answers(send, path, body)
            return send(as_answer(b"", status, f"location: http://{elsewhere.host}{path}\r\n"))

        with (
            ScriptedServer(redirects) as server,
            closing(OllamaBackend("m:1", OllamaServer(server.host))) as backend,
            pytest.raises(Refused, match="sends us on to another address; nothing was sent there"),
        ):
            backend.complete(QUESTION)
        assert not elsewhere.asked


def test_a_look_is_not_led_elsewhere_either() -> None:
    with (
        ScriptedServer(answers) as elsewhere,
        ScriptedServer(
            lambda send, path, _: send(as_answer(b"", "302 Found", f"location: http://{elsewhere.host}{path}\r\n"))
        ) as server,
    ):
        assert "another address" in probe_ollama(server.host).failure
        assert not elsewhere.asked


def test_two_threads_have_deadlines_of_their_own() -> None:
    def slowly(send: Send, path: str, body: Any) -> None:
        if path == "/api/generate":
            time.sleep(0.5)
        answers(send, path, body)

    with ScriptedServer(slowly) as server, closing(OllamaServer(server.host)) as opened:
        found: list[str] = []
        backend = OllamaBackend("m:1", opened)
        backend.identity()
        other = threading.Thread(target=lambda: found.append(backend.complete(QUESTION).text))
        other.start()
        with opened.limits.within(0.05):
            time.sleep(0.06)
            with pytest.raises(BackendTimeout):
                opened.version()
        other.join()
        assert found == [" good"]


LIMIT_REACHED = {"error": "you have reached your hourly usage limit"}


def limited(retry_after: str, times: int) -> Any:
    """A server that refuses so many times because it was asked too often."""
    left = [times]

    def script(send: Send, path: str, body: Any) -> None:
        if path == "/api/generate" and left[0] > 0:
            left[0] -= 1
            return send(as_answer(LIMIT_REACHED, "429 Too Many Requests", f"retry-after: {retry_after}\r\n"))
        return answers(send, path, body)

    return script


def test_who_asks_too_often_waits_as_long_as_the_server_says() -> None:
    with (
        ScriptedServer(limited("1", 1)) as server,
        closing(OllamaBackend("m:1", OllamaServer(server.host), (0.01, 0.01))) as backend,
    ):
        started = time.perf_counter()
        assert backend.complete(QUESTION).text == " good"
        assert 1.0 <= time.perf_counter() - started < 2.0


@pytest.mark.parametrize(("retry_after", "n_asked"), [("3600", 1), ("soon", 3), ("-5", 3), ("9" * 400, 3)])
def test_who_would_wait_too_long_is_told_at_once(retry_after: str, n_asked: int) -> None:
    with ScriptedServer(limited(retry_after, 9)) as server:
        with closing(OllamaBackend("m:1", OllamaServer(server.host), (0.01, 0.01))) as backend:
            started = time.perf_counter()
            with pytest.raises(Refused, match="may not be asked more often") as caught:
                backend.complete(QUESTION)
            assert time.perf_counter() - started < 1.0
        assert "choose a model on this machine" in caught.value.hint
        assert server.paths().count("/api/generate") == n_asked


def test_who_has_not_signed_in_is_told_how() -> None:
    def unknown(send: Send, path: str, body: Any) -> None:
        if path == "/api/generate":
            return send(as_answer({"error": "unauthorized", "signin_url": "https://x"}, "401 Unauthorized"))
        return answers(send, path, body)

    with ScriptedServer(unknown) as server, closing(OllamaBackend("m:1", OllamaServer(server.host))) as backend:
        with pytest.raises(Refused, match="wants to know who asks") as caught:
            backend.complete(QUESTION)
        assert "`ollama signin`" in caught.value.hint
        assert server.paths().count("/api/generate") == 1, "asking again would not help"


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("::1", "http://[::1]:11434"),
        ("::", "http://[::1]:11434"),
        ("2001:db8::5", "http://[2001:db8::5]:11434"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("http://[::1]", "http://[::1]:80"),
    ],
)
def test_an_ipv6_address_needs_no_brackets(written: str, url: str) -> None:
    with closing(OllamaServer(written)) as server:
        assert server.url == url


@pytest.mark.parametrize("written", ["127.0.0.1:0", "http://name:0", "[::1]:0"])
def test_the_port_0_is_none(written: str) -> None:
    with pytest.raises(ParameterError, match="port 0"):
        OllamaServer(written)


def test_a_name_and_a_password_are_used_and_never_shown() -> None:
    headers: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers.append(self.headers.get("authorization", ""))
            self.wfile.write(as_answer({"version": "1"}))

        def log_message(self, *_: Any) -> None:
            """Keep the console quiet."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.handle_request).start()
        with closing(OllamaServer(f"http://anna:p%40ss@127.0.0.1:{listening.server_address[1]}")) as server:
            assert server.version() == "1"
            assert "p@ss" not in server.address + server.url + repr(server.__dict__.get("settings"))
    assert headers == ["Basic " + base64.b64encode(b"anna:p@ss").decode()]


@pytest.mark.parametrize("host", ["::1", "http://a:port", "127.0.0.1:0", "\x01", "http://[::1"])
def test_no_address_gives_a_command_a_stack_trace(host: str) -> None:
    """In a process of its own: the official client reads OLLAMA_HOST when it is imported, and fails at some."""
    command = [sys.executable, "-c", "from jitai.judge.ollama.options import probe_ollama as p; print(p().failure)"]
    done = subprocess.run(
        command, env={**os.environ, "OLLAMA_HOST": host}, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0
    assert done.stdout.strip()
