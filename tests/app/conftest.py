import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

OF_THE_APP = {"model-warm-up", "ollama-probe"}


@pytest.fixture(autouse=True)
def a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing that one test's app has cached, in memory or on disk, reaches the next."""
    monkeypatch.setenv("JITAI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(Path(__file__).parents[2])
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    for thread in threading.enumerate():
        if thread.name in OF_THE_APP:
            thread.join(30)
    st.cache_resource.clear()
    st.cache_data.clear()
