import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from jitai.background import BackgroundJob


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
    yield
    sys.modules["__main__"] = main
    for job in jobs:
        if job.name in ("ollama-probe", "warm-up", "verdict-prefetch"):
            job.stop()
            assert job.wait(30)
    st.cache_resource.clear()
    st.cache_data.clear()


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
