"""Whatever a damaged file or a strange server gives, only the project's own errors come out: the borders that have a
process or a file of their own. Those that are text alone are in test_untrusted_files.py, uploads in
tests/unit/importing, stores in tests/unit/experiments/test_repair.py."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitai.errors import JitaiError
from jitai.judge.cache import CACHE_FILE, VerdictCache
from jitai.judge.judge import Judge
from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.server import OllamaServer, OllamaSettings
from jitai.judge.prompt_file import load_prompt
from jitai.judge.rules import load_rules
from jitai.judge.scripted import ScriptedBackend, scripted_reply
from jitai.records import Decision
from tests.replay import ReplayServer

SAID = "I walked round the lake"


def cache_file(folder: Path) -> bytes:
    cache = VerdictCache(folder)
    Judge(ScriptedBackend([scripted_reply(5.0)]), load_prompt(), load_rules(), cache).judge(SAID)
    cache.close()
    [path] = folder.glob(CACHE_FILE)
    return path.read_bytes()


with TemporaryDirectory() as _folder:
    CACHE = cache_file(Path(_folder))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, len(CACHE) - 1), st.integers(0, 255)), min_size=1, max_size=40), st.booleans())
def test_a_damaged_cache_never_stops_a_judge(changes: list[tuple[int, int]], is_cut: bool) -> None:
    content = bytearray(CACHE)
    for place, value in changes:
        content[place] = value
    with TemporaryDirectory() as name:
        folder = Path(name)
        cache_file(folder)
        [path] = folder.glob(CACHE_FILE)
        path.write_bytes(bytes(content[: changes[0][0]] if is_cut else content))
        cache = VerdictCache(folder)
        judge = Judge(ScriptedBackend([scripted_reply(5.0)]), load_prompt(), load_rules(), cache)
        for said in (SAID, "I walked home"):
            assert judge.judge(said).decision in list(Decision)
        cache.close()


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from([" good", "good", "-1e308", "1e999", 10**400, "<think>", "{", "\x00"]),
)  # fmt: skip
NAMES = st.sampled_from(["response", "message", "content", "logprobs", "top_logprobs", "token", "logprob", "error",
                         "models", "name", "model", "digest", "size", "details", "version", "done", "done_reason",
                         "total_duration", "thinking"])  # fmt: skip
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=8
)
BODIES = st.one_of(st.text(st.characters(codec="utf-8"), max_size=40), TREES.map(json.dumps))


@pytest.fixture(scope="module")
def server() -> ReplayServer:
    with ReplayServer() as running:
        yield running  # type: ignore[misc]


@settings(deadline=None, max_examples=8)
@given(body=BODIES, status=st.sampled_from([200, 200, 200, 301, 400, 404, 500]))
def test_any_reply_of_a_server_is_a_verdict_or_a_sentence(server: ReplayServer, body: str, status: int) -> None:
    answer = {"status": status, "headers": {}, "chunks": [{"at_s": 0.0, "text": body}]}
    for method, path in (
        ("GET", "/api/tags"), ("GET", "/api/version"), ("GET", "/api/ps"), ("POST", "/api/generate"),
        ("POST", "/api/chat"), ("POST", "/api/show"),
    ):  # fmt: skip
        name = f"{method} {path}"
        server.exchanges[name] = {"request": {"method": method, "path": path}, "response": answer}
        server.answer_always(method, path, name)
    opened = OllamaServer(server.host, OllamaSettings(read_timeout_s=5.0))
    for ask in (opened.version, opened.list_models):
        try:
            ask()
        except JitaiError as error:
            assert str(error)
    backend = OllamaBackend("m", opened, ())
    verdict = Judge(backend, load_prompt(), load_rules()).judge(SAID)
    assert verdict.decision in list(Decision)
    assert "fault" not in verdict.failure, verdict.failure
    backend.close()
