import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from jitai.background import BackgroundJob
from jitai.judge.base import Request
from jitai.judge.embedded import EmbeddedBackend
from jitai.judge.ollama.server import OllamaServer
from jitai.judge.scripted import ScriptedBackend, ScriptLine, scripted_reply
from jitai.ui.pages import live
from jitai.ui.widgets.player import PlayerEvents, Viewer
from tests.app.driver import lived, without_error


@pytest.fixture(autouse=True)
def a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing that one test's app has cached, in memory or on disk, reaches the next."""
    monkeypatch.setenv("JITAI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("JITAI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(Path(__file__).parents[2])
    st.cache_resource.clear()
    st.cache_data.clear()
    # A run of an app becomes the process's main module, which processes spawned by later tests would run again.
    main = sys.modules["__main__"]
    jobs: list[BackgroundJob[Any]] = []
    start = BackgroundJob.start

    def remembered(job: BackgroundJob[Any]) -> None:
        jobs.append(job)
        start(job)

    monkeypatch.setattr(BackgroundJob, "start", remembered)
    servers: list[OllamaServer] = []
    connect = OllamaServer.__init__

    def connected(server: OllamaServer, *args: Any, **named: Any) -> None:
        connect(server, *args, **named)
        servers.append(server)

    monkeypatch.setattr(OllamaServer, "__init__", connected)
    yield
    sys.modules["__main__"] = main
    for job in jobs:
        if job.name in ("ollama-probe", "warm-up", "run", "many-seeds"):
            job.stop()
            assert job.wait(30)
    for server in servers:  # a page's judges live as long as the server; here, their connections would be left open
        server.close()
    st.cache_resource.clear()
    st.cache_data.clear()


def _answer(request: Request) -> ScriptLine:
    """A judge that has an opinion on every statement, the same each time."""
    return scripted_reply((zlib.crc32(request.prompt.encode()) % 2001 - 1000) / 200)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedBackend:
    """The embedded models, replaced by a script."""
    backend = ScriptedBackend(_answer)
    monkeypatch.setattr(EmbeddedBackend, "identity", lambda self: backend.identity())
    monkeypatch.setattr(EmbeddedBackend, "complete", lambda self, request, *_: backend.complete(request))
    monkeypatch.setattr(EmbeddedBackend, "warm_up", lambda self, opening: None)
    return backend


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Puts what a viewer asks for where the player gives it to the page: a request once, the place of rest for good."""
    waiting: list[PlayerEvents] = []
    viewers: list[Viewer] = []
    draw = live.player

    def drawn(payload: dict[str, Any], *, key: str) -> PlayerEvents:
        found = draw(payload, key=key)
        asked = waiting.pop() if waiting else found
        return replace(asked, viewer=viewers[-1] if viewers else None)

    monkeypatch.setattr(live, "player", drawn)

    def ask(app: AppTest, viewer: Viewer | None = None, **wanted: Any) -> AppTest:
        if viewer is not None:
            viewers.append(viewer)
        if wanted:
            waiting.append(PlayerEvents(**wanted))
        return lived(without_error(app.run()))

    return ask


@pytest.fixture(autouse=True)
def a_server_that_has_been_visited(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest forgets before every run that app.py has called st.navigation; a server does so at its start only.

    What a page does about it would swallow every press of a button. The browser's tests open a page on a fresh server.
    """
    prepare = PagesManager.__init__

    def prepare_and_remember(self: PagesManager, *args: Any, **named: Any) -> None:
        prepare(self, *args, **named)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", prepare_and_remember)
