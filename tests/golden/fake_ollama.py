"""An Ollama server whose models are arithmetic: the same verdicts on every machine, within a millisecond.

"golden" answers every statement; "moody" refuses about one in eight, so that the rule for failures has to stand in;
"slow" takes a quarter of a second for each after the first hundred.
P(send) follows from a digest of the statement alone, not from the prompt around it: other words in a prompt change no
number. It knows nothing of walking, and need not: what is recorded is what the laboratory does with a verdict.
"""

import hashlib
import itertools
import json
import math
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODELS = ("golden", "moody", "slow")
N_SWIFT = 100
SLOW_S = 0.25
_STATEMENT = re.compile(r"Patient: (.*)\n")
_SEND, _HOLD_BACK = " good", " bad"
"""The answer words of the prompt "few_shot", with which a model that nobody calibrated is asked."""


def p_send(statement: str) -> float:
    """In (0.02, 0.98); about one in five lies in the default unsure band."""
    return 0.02 + 0.96 * _uniform("p_send", statement)


def _uniform(salt: str, statement: str) -> float:
    digest = hashlib.sha256(f"{salt}: {statement}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked_slow = itertools.count()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    # Else headers and body travel apart, and each answer waits 40 ms for an acknowledgement.
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/api/version":
            self._answer(200, {"version": "0.24.0"})
        elif self.path == "/api/tags":
            self._answer(200, {"models": [_listed(name) for name in MODELS]})
        else:
            self._answer(404, {"error": "404 page not found"})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        statements = _STATEMENT.findall(asked.get("prompt", ""))
        model = asked.get("model", "").removesuffix(":latest")
        if self.path != "/api/generate":
            self._answer(404, {"error": "404 page not found"})
        elif model == "moody" and statements and _uniform("mood", statements[-1]) < 0.125:
            self._answer(500, {"error": "a mood"})
        else:
            if model == "slow" and statements and next(self.server.asked_slow) >= N_SWIFT:
                time.sleep(SLOW_S)
            self._answer(200, _completion(asked["model"], p_send(statements[-1]) if statements else 0.5))

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _listed(name: str) -> dict[str, Any]:
    details = {"family": "llama", "parameter_size": "1M", "quantization_level": "Q4_1"}
    digest = hashlib.sha256(name.encode()).hexdigest()
    return {
        "name": f"{name}:latest",
        "model": f"{name}:latest",
        "size": 1_000_000,
        "digest": digest,
        "details": details,
    }


def _completion(model: str, share: float) -> dict[str, Any]:
    words = sorted([(_SEND, share), (_HOLD_BACK, 1 - share)], key=lambda pair: -pair[1])
    likeliest = [{"token": word, "logprob": math.log(part)} for word, part in words]
    return {
        "model": model, "created_at": "2026-01-01T00:00:00Z", "response": words[0][0], "done": True,
        "done_reason": "length", "total_duration": 1_000_000, "logprobs": [{**likeliest[0], "top_logprobs": likeliest}],
    }  # fmt: skip


@contextmanager
def fake_ollama() -> Iterator[str]:
    """A server for as long as it is needed; yields its address."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
