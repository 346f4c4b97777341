"""Managing models: looking, pulling, loading, deleting, and putting our judge into a server."""

import copy
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jitai.background import Progress
from jitai.errors import (
    BackendError,
    FileFormatError,
    ModelMissing,
    ParameterError,
    ServerUnreachable,
    UnreadableReply,
)
from jitai.judge.ollama.errors import Refused
from jitai.judge.ollama.listing import Loaded
from jitai.judge.ollama.management import (
    CANCELLED,
    DONE,
    FAILED,
    RUNNING,
    SUGGESTIONS,
    BackgroundWork,
    Cancellation,
    checked_name,
    delete,
    in_bytes,
    load,
    pull,
    put_judge,
    unload,
)
from jitai.judge.ollama.overview import probe_server
from jitai.judge.ollama.server import OllamaServer, OllamaSettings
from tests.replay import ReplayServer, answer

MODEL = "smollm2:135m"
LAYER_BYTES = 98362432


@pytest.fixture
def replay() -> Iterator[ReplayServer]:
    with ReplayServer() as server:
        server.answer_always("GET", "/api/tags", "tags")
        server.answer_always("GET", "/api/ps", "ps_loaded")
        server.answer_always("POST", "/api/show", "show")
        yield server


@pytest.fixture
def server(replay: ReplayServer) -> Iterator[OllamaServer]:
    with closing(OllamaServer(replay.host)) as opened:
        yield opened


def test_a_look_at_a_server(replay: ReplayServer, server: OllamaServer) -> None:
    overview = probe_server(server)
    assert (overview.address, overview.version, overview.failure) == (replay.host, "0.24.0", "")
    [item] = overview.models
    assert (item.model.name, item.model.family, item.model.quantisation) == (MODEL, "llama", "Q4_1")
    assert item.model.parameter_size == "134.52M"
    assert item.context_tokens == 8192
    assert item.can_judge
    assert item.loaded is not None
    assert item.loaded == Loaded(190948608, 0, 4096, item.loaded.until)
    assert item.loaded.until is not None
    assert item.loaded.until.tzinfo is not None


def test_what_has_not_changed_is_not_asked_again(replay: ReplayServer, server: OllamaServer) -> None:
    probe_server(server)
    replay.answer_always("GET", "/api/ps", "ps_empty")
    second = probe_server(server)
    assert replay.paths().count("/api/show") == 1
    assert second.models[0].context_tokens == 8192
    assert second.models[0].loaded is None


def test_a_fresh_server(replay: ReplayServer, server: OllamaServer) -> None:
    replay.answer_always("GET", "/api/tags", "tags_empty")
    replay.answer_always("GET", "/api/ps", "ps_empty")
    overview = probe_server(server)
    assert (overview.models, overview.failure) == ((), "")


def test_a_model_deleted_while_one_looks_is_listed_without_details(replay: ReplayServer, server: OllamaServer) -> None:
    replay.answer_always("POST", "/api/show", "error_show_missing")
    [item] = probe_server(server).models
    assert (item.context_tokens, item.capabilities, item.can_judge) == (0, (), True)


def test_a_model_that_writes_no_text_cannot_judge(replay: ReplayServer, server: OllamaServer) -> None:
    replay.exchanges["vectors"] = answer(json.dumps({"capabilities": ["embedding"], "model_info": {}}))
    replay.answer_always("POST", "/api/show", "vectors")
    assert not probe_server(server).models[0].can_judge


def test_nobody_there() -> None:
    with closing(OllamaServer("127.0.0.1:1")) as server:
        started = time.perf_counter()
        overview = probe_server(server)
        assert time.perf_counter() - started < 1.0
    assert (overview.version, overview.models) == ("", ())
    assert "Nobody answers at 127.0.0.1:1." in overview.failure


def test_load_and_unload_as_recorded(replay: ReplayServer) -> None:
    with closing(OllamaServer(replay.host, OllamaSettings("1h", 4096))) as server:
        replay.answer_next("load_only", "unload")
        assert [progress.share for progress in load(server, MODEL)] == [None, 1.0]
        body = replay.questions[-1].body
        assert (body["keep_alive"], body["options"]) == ("1h", {"num_ctx": 4096})
        assert not body.get("prompt")
        assert list(unload(server, MODEL))[-1].status == "Out of memory"
        assert replay.questions[-1].body["keep_alive"] == 0


def test_delete_as_recorded(replay: ReplayServer, server: OllamaServer) -> None:
    list(delete(server, "walk-judge"))
    assert replay.questions[-1].method == "DELETE"
    assert replay.questions[-1].body == {"model": "walk-judge"}
    with pytest.raises(ModelMissing):
        list(delete(server, "nope"))


def test_pull_with_progress_as_recorded(replay: ReplayServer, server: OllamaServer) -> None:
    replay.answer_next("pull_resumed")
    steps = list(pull(server, MODEL))
    assert replay.questions[-1].body == {"model": MODEL, "insecure": False, "stream": True}
    shares = [step.share for step in steps if step.share is not None]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(50331648 / LAYER_BYTES)
    assert shares[-1] == 1.0
    words = list(dict.fromkeys(step.status for step in steps))
    assert words == ["Asking the registry", "Downloading", "Checking what arrived", "Adding it to the models", "Done"]


def test_pulling_what_is_there_already_as_recorded(replay: ReplayServer, server: OllamaServer) -> None:
    replay.answer_next("pull_again")
    in_all = LAYER_BYTES + 102 + 59 + 414
    assert list(pull(server, MODEL))[-1] == Progress("Done", in_all, in_all, "bytes")


def stalled(replay: ReplayServer, seconds: float) -> str:
    """The recording that was cancelled, but the server goes on and falls silent for a while. Returns its name."""
    exchange: dict[str, Any] = copy.deepcopy(replay.exchanges["pull_cancelled"])
    exchange["response"].pop("closed_by_client", None)
    last = exchange["response"]["chunks"][-1]
    exchange["response"]["chunks"].append({"at_s": last["at_s"] + seconds, "text": last["text"]})
    replay.exchanges["stalled"] = exchange
    return "stalled"


def until(condition: Any, seconds: float = 5.0) -> None:
    """Wait for something that happens in another thread."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_a_pull_is_cancelled_at_once_and_goes_on_where_it_stopped(replay: ReplayServer, server: OllamaServer) -> None:
    replay.keep_pauses = True
    replay.answer_next(stalled(replay, 4.0), "pull_resumed")
    ended = threading.Event()
    work = BackgroundWork("pull", "Pulling", lambda cancellation: pull(server, MODEL, cancellation), ended.set)
    until(lambda: work.snapshot().completed == 47185920)
    assert (work.state, work.running) == (RUNNING, True)
    started = time.perf_counter()
    work.stop()
    assert work.wait(2.0), "though the server is silent"
    assert time.perf_counter() - started < 1.0
    assert (work.state, work.failure, ended.is_set()) == (CANCELLED, "", True)
    assert work.snapshot().share == pytest.approx(0.48, abs=0.01)

    replay.keep_pauses = False
    again = BackgroundWork("pull", "Pulling", work.steps)
    assert again.wait(10)
    assert (again.state, again.snapshot().status, again.snapshot().share) == (DONE, "Done", 1.0)


def test_a_pull_that_nobody_reads_on_is_closed(replay: ReplayServer, server: OllamaServer) -> None:
    replay.keep_pauses = True
    replay.answer_next("pull_resumed")
    steps = pull(server, MODEL)
    assert next(steps).status == "Asking the registry"
    assert next(steps).status == "Asking the registry"
    steps.close()  # type: ignore[attr-defined]
    with pytest.raises(StopIteration):
        next(steps)


def test_cancelled_before_it_began(server: OllamaServer, replay: ReplayServer) -> None:
    replay.answer_next("pull_resumed")
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(BackendError):
        list(pull(server, MODEL, cancellation))


@pytest.mark.parametrize(
    ("recording", "words"),
    [
        ("pull_offline", "cannot reach the model registry"),
        ("pull_unknown", "The registry has no model of that name"),
        ("pull_offline_nostream", "reports an internal error"),
        ("error_queue_full", "busy"),
    ],
)
def test_pulls_that_fail_as_recorded(replay: ReplayServer, server: OllamaServer, recording: str, words: str) -> None:
    replay.answer_next(recording)
    work = BackgroundWork("pull", "Pulling", lambda cancellation: pull(server, MODEL, cancellation))
    assert work.wait(5)
    assert work.state == FAILED
    assert words in work.failure
    assert "registry.example" not in work.failure, "the server's own words are not passed on"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("write /models/blob: no space left on device", "The disk"),
        ("digest mismatch, file must be downloaded again", "arrived damaged"),
        ("pull model manifest: 412: this model requires a newer version of Ollama", "newer Ollama"),
        ("<script>alert(1)</script>", "broke the work off"),
    ],
)
def test_other_errors_in_the_middle_of_a_pull(
    replay: ReplayServer, server: OllamaServer, message: str, words: str
) -> None:
    lines = [{"status": "pulling manifest"}, {"error": message}]
    replay.exchanges["broken"] = answer("".join(json.dumps(line) + "\n" for line in lines))
    replay.answer_next("broken")
    with pytest.raises(BackendError, match=words) as caught:
        list(pull(server, MODEL))
    assert "script" not in str(caught.value)


@pytest.mark.parametrize("body", ["", '{"status":"pulling manifest"}\n', "<html>", '{"status": 5}\n'])
def test_a_stream_that_ends_early_or_is_none(replay: ReplayServer, server: OllamaServer, body: str) -> None:
    replay.exchanges["odd"] = answer(body)
    replay.answer_next("odd")
    with pytest.raises(UnreadableReply):
        list(pull(server, MODEL))


def test_a_server_killed_in_the_middle(replay: ReplayServer, server: OllamaServer) -> None:
    killed = copy.deepcopy(replay.exchanges["pull_cancelled"])
    killed["response"]["headers"]["transfer-encoding"] = "chunked"
    replay.exchanges["killed"] = killed
    replay.answer_next("killed")
    with pytest.raises(ServerUnreachable, match="broke off"):
        list(pull(server, MODEL))


@pytest.fixture
def two_files(tmp_path: Path, replay: ReplayServer) -> tuple[Path, Path]:
    """A base and an adapter, the upload of which the server answers as it was recorded."""
    base, adapter = tmp_path / "base.gguf", tmp_path / "jitai-judge.gguf"
    base.write_bytes(b"GGUF base" * 1000)
    adapter.write_bytes(b"GGUF adapter" * 100)
    for path, recording in ((base, "blob_base_post"), (adapter, "blob_adapter_post")):
        replay.answer_always("POST", f"/api/blobs/{digest_of(path)}", recording)
    replay.answer_always("POST", "/api/create", "create_with_adapter")
    return base, adapter


def digest_of(path: Path) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def test_our_judge_is_put_into_a_server(
    replay: ReplayServer, server: OllamaServer, two_files: tuple[Path, Path]
) -> None:
    base, adapter = two_files
    steps = list(put_judge(server, base, adapter))
    assert steps[0].share == 0
    assert steps[-1] == Progress("Done", 3, 3)
    assert list(dict.fromkeys(step.status for step in steps)) == [
        "Uploading the base model, 9 kB",
        "Uploading the adapter, 1 kB",
        "Making a model of both",
        "Done",
    ]
    assert replay.paths() == [f"/api/blobs/{digest_of(base)}", f"/api/blobs/{digest_of(adapter)}", "/api/create"]
    recorded = replay.exchanges["create_with_adapter"]["request"]["body"]
    assert replay.questions[-1].body == {
        **recorded,
        "files": {"base.gguf": digest_of(base)},
        "adapters": {"jitai-judge.gguf": digest_of(adapter)},
    }


def test_a_file_that_never_arrived_as_recorded(
    replay: ReplayServer, server: OllamaServer, two_files: tuple[Path, Path]
) -> None:
    replay.answer_always("POST", "/api/create", "create_missing_blob")
    with pytest.raises(BackendError, match="lacks a file"):
        list(put_judge(server, *two_files))


def test_a_file_that_arrived_damaged_as_recorded(
    replay: ReplayServer, server: OllamaServer, two_files: tuple[Path, Path]
) -> None:
    replay.answer_always("POST", f"/api/blobs/{digest_of(two_files[0])}", "error_blob_digest")
    with pytest.raises(Refused, match="status 400"):
        list(put_judge(server, *two_files))


def test_files_that_are_not_there(server: OllamaServer, replay: ReplayServer, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"base\.gguf is not there"):
        list(put_judge(server, tmp_path / "base.gguf", tmp_path / "adapter.gguf"))
    assert not replay.paths()


def test_putting_our_judge_is_cancelled_between_two_steps(server: OllamaServer, two_files: tuple[Path, Path]) -> None:
    may_go_on = threading.Event()

    def slowly(cancellation: Cancellation) -> Iterator[Progress]:
        for progress in put_judge(server, *two_files, cancellation=cancellation):
            yield progress
            may_go_on.wait(5)

    work = BackgroundWork("put", "Putting", slowly)
    work.stop()
    may_go_on.set()
    assert work.wait(5)
    assert work.state == CANCELLED


def test_a_bug_in_the_work_is_no_endless_work(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: seen.append(arguments.exc_value))

    def broken(_: Cancellation) -> Iterator[Progress]:
        yield Progress("Beginning")
        raise ZeroDivisionError

    work = BackgroundWork("break", "Breaking", broken)
    assert work.wait(5)
    assert work.state == FAILED
    assert "an error of the program: ZeroDivisionError" in work.failure
    assert isinstance(seen[0], ZeroDivisionError), "the bug itself stays visible"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("gemma3:1b", "gemma3:1b"),
        ("  smollm2 ", "smollm2"),
        ("ollama pull qwen2.5:1.5b", "qwen2.5:1.5b"),
        ("ollama run llama3.2", "llama3.2"),
        ("hf.co/bartowski/SmolLM2-1.7B-Instruct-GGUF:Q4_K_M", "hf.co/bartowski/SmolLM2-1.7B-Instruct-GGUF:Q4_K_M"),
        ("registry.example:5000/library/smollm2:135m", "registry.example:5000/library/smollm2:135m"),
        *((item.name, item.name) for item in SUGGESTIONS),
    ],
)
def test_names(typed: str, name: str) -> None:
    assert checked_name(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        "", "  ", "a b", "gemma3:", ":1b", "../x", "a//b", "a:b:c:d", "http://evil/x", "x\n", "x\ny", "<b>x</b>", "-x",
        "modèle", "x" * 300, "a/b/c/d/e/f/g", "`x`", "x;rm", "x?y=1", "x#y",
    ],
)  # fmt: skip
def test_names_that_no_model_has(typed: str) -> None:
    if typed == "x\n":
        assert checked_name(typed) == "x", "white space around it is forgiven"
        return
    with pytest.raises(ParameterError, match=r"model's name"):
        checked_name(typed)


def test_shares() -> None:
    assert Progress("x").share is None
    assert Progress("x", 5, 10).share == 0.5
    assert Progress("x", 11, 10).share == 1.0


@pytest.mark.parametrize(("number", "words"), [(500, "0 kB"), (98363007, "98 MB"), (3_300_000_000, "3.3 GB")])
def test_sizes(number: int, words: str) -> None:
    assert in_bytes(number) == words
