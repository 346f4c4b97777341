"""No test meets the outside world: what is kept lies in folders of the session's own, and no Ollama server is there."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from jitai.installation import PARTS, Part

# A machine may be busy: how long an example takes says nothing of the code.
settings.register_profile("without a deadline", deadline=None)
settings.load_profile("without a deadline")

NOBODY_LISTENS = "127.0.0.1:1"
"""The port of a service (tcpmux) that no machine runs: connections are refused at once."""


def reason_to_skip(part: Part) -> str:
    """Why a test cannot run without a part, and what installs it."""
    return f"{part.sentence} {part.hint}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a real Ollama server need its address, and some tests a part that few people install."""
    server = os.environ.get("OLLAMA_HOST", "")
    for item in items:
        if not server and item.get_closest_marker("ollama"):
            item.add_marker(pytest.mark.skip(reason="OLLAMA_HOST is not set"))
        for marker in item.iter_markers("needs"):
            part = PARTS[marker.args[0]]
            if part.missing:
                item.add_marker(pytest.mark.skip(reason=reason_to_skip(part)))


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
