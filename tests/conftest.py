"""No test meets the outside world: what is kept lies in folders of the session's own, and no Ollama server is there."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is, and no more.
settings.register_profile("jitai", deadline=None)
settings.load_profile("jitai")

NOBODY_LISTENS = "127.0.0.1:1"
"""The port of a service (tcpmux) that no machine runs: connections are refused at once."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a real Ollama server need its address; they are off where none is set."""
    server = os.environ.get("OLLAMA_HOST", "")
    for item in items:
        if not server and item.get_closest_marker("ollama"):
            item.add_marker(pytest.mark.skip(reason="OLLAMA_HOST is not set"))


@pytest.fixture(scope="session", autouse=True)
def away_from_the_real_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Folders of the session's own and a dead address; yields the address of the real server, if any is set."""
    with pytest.MonkeyPatch.context() as patch:
        real_server = os.environ.get("OLLAMA_HOST", "")
        patch.setenv("JITAI_CACHE_DIR", str(tmp_path_factory.mktemp("verdict_cache")))
        patch.setenv("JITAI_DATA_DIR", str(tmp_path_factory.mktemp("personal_data")))
        patch.setenv("OLLAMA_HOST", NOBODY_LISTENS)
        yield real_server


@pytest.fixture(autouse=True)
def _real_server_for_those_who_ask(request: pytest.FixtureRequest, away_from_the_real_world: str) -> Iterator[None]:
    if request.node.get_closest_marker("ollama") is None:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OLLAMA_HOST", away_from_the_real_world)
        yield
