"""The watch over servers: one look at a time, and what it found last is what is true."""

import threading
import time

import pytest

from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.options import probe_ollama
from jitai.ui.session.resources import Watch
from tests.replay import ReplayServer


def test_a_look_that_takes_long_is_not_joined_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a server that drips its answers would cost a thread every 20 seconds."""
    monkeypatch.setattr(Watch, "MAX_AGE_S", 0.0)
    may_end, begun = threading.Event(), []

    def look(before: int) -> int:
        begun.append(before)
        assert may_end.wait(10)
        return before + 1

    watch = Watch(look, 0)
    for _ in range(5):
        watch.refresh()
        time.sleep(0.02)
    assert (begun, watch.latest) == ([0], 0)
    may_end.set()
    deadline = time.monotonic() + 5
    while watch.latest == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    watch.look_now()
    assert (begun, watch.latest) == ([0, 1], 2)


def test_what_is_said_of_a_server_is_what_is_true_now() -> None:
    with ReplayServer() as server:
        host = server.host
        server.answer_always("GET", "/api/tags", "tags_two")
        watch = Watch(lambda _: probe_ollama(host), None)
        assert OllamaBackend.status(watch.latest) == "Looking for an Ollama server …"
        watch.look_now()
        assert OllamaBackend.status(watch.latest) == "Ollama 0.24.0, models: 2."
    watch.look_now()
    assert OllamaBackend.status(watch.latest) == "No Ollama server found."
    assert OllamaBackend.options(watch.latest, ()) == ()
