import json
import math
import socket
import time
from contextlib import closing

import pytest

from jitai.errors import (
    BackendError,
    BackendTimeout,
    JitaiError,
    ModelMissing,
    ParameterError,
    ServerUnreachable,
    UnreadableReply,
)
from jitai.judge.base import Reply, Request
from jitai.judge.cache import VerdictCache, cache_key
from jitai.judge.judge import Judge
from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.errors import Refused
from jitai.judge.ollama.server import OllamaServer, OllamaSettings
from jitai.judge.prompts import Prompt
from jitai.judge.rules import Rules
from jitai.records import Decision, VerdictSource
from tests.replay import ReplayServer, answer, load_exchanges

MODEL = "smollm2:135m"
ANSWERS = (" good", " bad")
SECRET = "my secret knee"
REQUEST = Request(f"Patient: {SECRET}\nStatus:", ANSWERS)
PAUSES_S = (0.01, 0.01)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_version_and_models(replay: ReplayServer) -> None:
    replay.answer_always("GET", "/api/tags", "tags_two")
    with closing(OllamaServer(replay.host)) as server:
        assert server.version() == "0.24.0"
        models = server.list_models()
    assert [(model.name, model.size_bytes, model.family) for model in models] == [
        ("walk-judge:latest", 98363007, "llama"),
        ("smollm2:135m", 98363007, "llama"),
    ]
    assert models[0].digest.startswith("sha256:a55b93ba")
    assert len(models[0].digest) == 7 + 64


def test_what_is_asked(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.answer_next("generate_warm_new")
    backend.complete(REQUEST)
    body = replay.questions[-1].body
    keep_alive = body.pop("keep_alive")
    assert isinstance(keep_alive, str)
    assert body == {
        "model": MODEL,
        "prompt": REQUEST.prompt,
        "raw": True,
        "stream": False,
        "logprobs": True,
        "top_logprobs": 20,
        "truncate": False,
        "options": {"temperature": 0, "num_predict": 1, "num_ctx": 2048, "repeat_penalty": 1.0},
    }


@pytest.mark.parametrize(
    ("recording", "log_odds"),
    [
        # " Bad" is among the likeliest too: the answer is as likely as both its spellings.
        ("generate_cold", math.log(math.exp(-0.0703275) + math.exp(-6.8551364)) - -3.5341051),
        ("generate_warm_new", -3.262727 - -0.3254597),
        # Its text is " great": only the probabilities tell what the model thinks.
        ("generate_fewshot_recovered", -2.8968331 - -0.599102),
    ],
)
def test_probabilities_are_read_not_the_text(
    replay: ReplayServer, backend: OllamaBackend, recording: str, log_odds: float
) -> None:
    replay.answer_next(recording)
    reply = backend.complete(REQUEST)
    good, bad = (reply.log_probabilities[answer] for answer in ANSWERS)
    assert good is not None
    assert bad is not None
    assert bad - good == pytest.approx(log_odds, abs=1e-5)
    assert reply.least_listed is not None
    assert reply.least_listed < min(good, bad)
    assert 50 < reply.model_ms < 1000


@pytest.mark.parametrize("recording", ["generate_without_logprobs", "generate_logprobs_no_top"])
def test_a_server_without_probabilities_is_read_by_its_word(
    replay: ReplayServer, backend: OllamaBackend, recording: str
) -> None:
    replay.answer_next(recording)
    reply = backend.complete(REQUEST)
    assert (reply.text, reply.log_probabilities) == (" bad", {})


RECORDED_ERRORS = [
    ("error_generate_missing", ModelMissing, "does not have the model smollm2:135m"),
    ("error_chat_missing", ModelMissing, "does not have the model"),
    ("error_show_missing", ModelMissing, "does not have the model"),
    ("error_delete_missing", ModelMissing, "does not have the model"),
    ("error_no_model", ModelMissing, "does not have the model"),
    ("error_bad_json", Refused, "status 400"),
    ("error_wrong_type", Refused, "status 400"),
    ("error_top_logprobs", Refused, "status 400"),
    ("error_bad_option", Refused, "status 500"),
    ("error_bad_format", Refused, "status 500"),
    ("error_bad_keep_alive", Refused, "status 400"),
    ("error_think_unsupported", Refused, "status 400"),
    ("error_context_overflow_no_truncate", Refused, "too long for the model"),
    ("error_not_found_path", Refused, "lacks a part of Ollama"),
    ("systemone_unknown", Refused, "lacks a part of Ollama"),
    ("error_queue_full", Refused, "busy"),
    ("error_runner_killed", Refused, "ended unexpectedly"),
    ("error_blob_digest", Refused, "status 400"),
    ("pull_offline_nostream", Refused, "status 500"),
    ("stream_server_killed", ServerUnreachable, "broke off"),
    ("stream_runner_killed", UnreadableReply, "does not talk as an Ollama server"),
    ("pull_offline", UnreadableReply, "does not talk as"),
    ("create_missing_blob", UnreadableReply, "does not talk as"),
]


@pytest.mark.parametrize(("recording", "error_type", "words"), RECORDED_ERRORS)
def test_every_recorded_failure_has_its_place_in_the_tree(
    replay: ReplayServer, backend: OllamaBackend, recording: str, error_type: type[JitaiError], words: str
) -> None:
    replay.answer_next(recording, recording, recording)
    with pytest.raises(BackendError) as caught:
        backend.complete(REQUEST)
    assert type(caught.value) is error_type
    assert words in str(caught.value)
    assert caught.value.hint


def test_no_recorded_failure_was_forgotten() -> None:
    failures = {
        name
        for name, exchange in load_exchanges().items()
        if exchange["response"]["status"] >= 400 and exchange["request"]["method"] != "HEAD"
    }
    assert failures <= {recording for recording, _, _ in RECORDED_ERRORS}


@pytest.mark.parametrize("failure", ["error_queue_full", "error_runner_killed", "stream_server_killed"])
def test_what_may_pass_is_asked_again(replay: ReplayServer, backend: OllamaBackend, failure: str) -> None:
    replay.answer_next(failure, failure, "generate_warm_new")
    assert backend.complete(REQUEST).text == " good"
    assert replay.paths().count("/api/generate") == 3


def test_what_will_not_pass_is_not_asked_again(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.answer_next("error_generate_missing", "generate_warm_new")
    with pytest.raises(ModelMissing) as caught:
        backend.complete(REQUEST)
    assert caught.value.hint == "Run `ollama pull smollm2:135m`."
    assert replay.paths().count("/api/generate") == 1


def test_a_connection_closed_without_an_answer(replay: ReplayServer, backend: OllamaBackend) -> None:
    backend.identity()
    replay.drop_before_answer = 3
    with pytest.raises(ServerUnreachable):
        backend.complete(REQUEST)
    replay.answer_next("generate_warm_new")
    replay.drop_before_answer = 0
    assert backend.complete(REQUEST).text == " good"


def test_nobody_there() -> None:
    with closing(OllamaServer(f"127.0.0.1:{free_port()}")) as server:
        started = time.perf_counter()
        with pytest.raises(ServerUnreachable, match=r"Nobody answers at 127\.0\.0\.1"):
            server.version()
        with pytest.raises(ServerUnreachable, match=r"Nobody answers at 127\.0\.0\.1"):
            server.list_models()
        with pytest.raises(ServerUnreachable), closing(OllamaBackend(MODEL, server)) as backend:
            backend.complete(REQUEST)
        assert time.perf_counter() - started < 1.0


def test_a_slow_server_times_out(replay: ReplayServer) -> None:
    replay.answer_next("generate_warm_new", "generate_warm_new")
    with closing(
        OllamaBackend(MODEL, OllamaServer(replay.host, OllamaSettings(read_timeout_s=0.15)), PAUSES_S)
    ) as backend:
        backend.identity()
        replay.delay_s = 0.6
        with pytest.raises(BackendTimeout):
            backend.complete(REQUEST)
    assert replay.paths().count("/api/generate") == 1


def test_a_model_that_loads_slowly_does_not(replay: ReplayServer, backend: OllamaBackend) -> None:
    backend.identity()
    replay.delay_s = 2.5  # longer than a listing may take
    replay.answer_next("generate_cold")
    assert backend.complete(REQUEST).text == " bad"
    assert backend.server.settings.read_timeout_s >= 60


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<html>router login</html>", "text/html"),
        ("[]", "application/json"),
        ("null", "application/json"),
        ("{}", "application/json"),
        ('{"response": 5, "done": "x"}', "application/json"),
        ('{"response": " good", "logprobs": [{"token": " good", "logprob": "x"}]}', "application/json"),
        ("[" * 3000, "application/json"),
        ("", "application/json"),
        ("\x00\xff", "application/json"),
    ],
)
def test_nonsense_is_unreadable(replay: ReplayServer, backend: OllamaBackend, body: str, content_type: str) -> None:
    replay.exchanges["nonsense"] = answer(body, content_type=content_type)
    replay.answer_next("nonsense")
    with pytest.raises(UnreadableReply):
        backend.complete(REQUEST)


@pytest.mark.parametrize("recording", ["unload", "generate_empty_choice"])
def test_what_says_neither_answer_is_kept_and_shown_as_recorded(
    replay: ReplayServer, backend: OllamaBackend, prompt: Prompt, rules: Rules, recording: str
) -> None:
    replay.answer_next(recording)
    verdict = Judge(backend, prompt, rules).judge(SECRET)
    assert verdict.source is VerdictSource.FALLBACK
    assert "neither of the two answers" in verdict.failure


@pytest.mark.parametrize(
    "listed",
    [
        {" good": 0.5, " bad": -1.0},
        {" good": 5.0, "x": -1.0},
        {" good": -1e308, " bad": -1e308},
        {" good": 0.0, " bad": -1e308},
        {" good": -1.0, " bad": math.nan},
        {"x": 300.0, " good": -1.0, " bad": -2.0},
    ],
)
def test_numbers_that_are_no_log_probabilities_are_a_failure(
    replay: ReplayServer, backend: OllamaBackend, prompt: Prompt, rules: Rules, listed: dict[str, float]
) -> None:
    top = [{"token": token, "logprob": value} for token, value in listed.items()]
    content = {"response": " good", "done": True, "logprobs": [{"token": " good", "logprob": -1, "top_logprobs": top}]}
    replay.exchanges["odd"] = answer(json.dumps(content))
    replay.answer_next("odd")
    verdict = Judge(backend, prompt, rules).judge(SECRET)
    assert (verdict.source, verdict.p_send) == (VerdictSource.FALLBACK, None)
    assert "log-probabilities" in verdict.failure
    assert verdict.raw_reply == " good"


def test_words_that_are_impossible_beside_the_answers_do_no_harm(replay: ReplayServer, backend: OllamaBackend) -> None:
    """llama.cpp gives the smallest float for what it has rounded to nothing."""
    listed = '[{"token":" good","logprob":-0.1},{"token":" bad","logprob":-2.5},{"token":"x","logprob":-3.4e38}]'
    replay.exchanges["small"] = answer(
        '{"response":" good","done":true,"logprobs":[{"token":" good","logprob":-1,"top_logprobs":' + listed + "}]}"
    )
    replay.answer_next("small")
    reply = backend.complete(REQUEST)
    assert (reply.log_probabilities, reply.least_listed) == ({" good": -0.1, " bad": -2.5}, -2.5)


@pytest.mark.parametrize("status", [400, 404, 418, 500, 503])
def test_sentences_never_repeat_the_statement_or_the_server(
    replay: ReplayServer, backend: OllamaBackend, prompt: Prompt, rules: Rules, status: int
) -> None:
    echo = json.dumps({"error": f"cannot read {SECRET} <script>alert(1)</script> " + "x" * 5000})
    replay.exchanges["echo"] = answer(echo, status=status)
    replay.answer_next("echo", "echo", "echo")
    verdict = Judge(backend, prompt, rules).judge(SECRET)
    assert verdict.source is VerdictSource.FALLBACK
    assert not any(word in verdict.failure + verdict.reason for word in ("secret", "script", "xxxx"))
    assert len(verdict.failure) < 300


def test_a_listing_that_comes_too_late_costs_no_judgement(
    replay: ReplayServer, backend: OllamaBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = backend.identity()
    monkeypatch.setattr("jitai.judge.ollama.backend.IDENTITY_LIFETIME_S", 0.0)
    replay.exchanges["tags_failing"] = answer('{"error": "busy"}', status=503)
    replay.answer_always("GET", "/api/tags", "tags_failing")
    replay.answer_next("generate_warm_new")
    assert backend.complete(REQUEST).text == " good"
    replay.delay_s = 2.3  # longer than a listing may take
    replay.answer_always("GET", "/api/tags", "tags")
    replay.answer_next("generate_warm_new")
    assert backend.complete(REQUEST).text == " good"
    assert replay.paths().count("/api/tags") == 3
    assert backend.identity() == known


def test_a_model_that_was_deleted_in_the_meantime_is_missing(
    replay: ReplayServer, backend: OllamaBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.identity()
    monkeypatch.setattr("jitai.judge.ollama.backend.IDENTITY_LIFETIME_S", 0.0)
    replay.answer_always("GET", "/api/tags", "tags_empty")
    with pytest.raises(ModelMissing):
        backend.complete(REQUEST)


def test_a_first_listing_that_fails_is_a_failure(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.exchanges["tags_failing"] = answer('{"error": "busy"}', status=503)
    replay.answer_always("GET", "/api/tags", "tags_failing")
    with pytest.raises(Refused, match="busy"):
        backend.complete(REQUEST)


@pytest.mark.parametrize(
    ("host", "limit_s"),
    [
        ("", 0.5),
        ("localhost", 0.5),
        ("127.0.1.1:5000", 0.5),
        ("http://[::1]:7000", 0.5),
        ("192.168.1.20", 3.0),
        ("https://gpu.example", 3.0),
        ("[fe80::1]:11434", 3.0),
    ],
)
def test_a_server_elsewhere_has_longer_to_take_up_a_connection(
    monkeypatch: pytest.MonkeyPatch, host: str, limit_s: float
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", host)
    with closing(OllamaServer()) as server:
        unlimited = server.client_without_limit(lambda _: None)
        for client in (server._client._client, server._listing_client, unlimited._client):
            assert client.timeout.connect == limit_s
        unlimited.close()  # type: ignore[no-untyped-call]


def test_replies_that_were_read_in_another_way_are_not_used_again(
    replay: ReplayServer, backend: OllamaBackend, prompt: Prompt, rules: Rules
) -> None:
    """An earlier version read one spelling of each answer, and kept what it had read under the digest alone."""
    cache, text = VerdictCache(), "My knee hurts so much today."
    earlier = cache_key(backend.identity().digest, prompt.label, prompt.content_hash, text)
    cache.put(earlier, (Reply(" good", {" good": -0.1, " bad": -5.0}, -9.0),))
    replay.answer_next("generate_fewshot_knee")
    verdict = Judge(backend, prompt, rules, cache).judge(text)
    assert (verdict.source, verdict.decision) == (VerdictSource.MODEL, Decision.HOLD_BACK)


def test_models_that_are_not_there(replay: ReplayServer) -> None:
    replay.answer_always("GET", "/api/tags", "tags_empty")
    backend = OllamaBackend("no`pe\n" + "x" * 500, OllamaServer(replay.host))
    with closing(backend), pytest.raises(ModelMissing) as caught:
        backend.identity()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_the_identity_is_looked_up_once(
    replay: ReplayServer, backend: OllamaBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert backend.identity().name == MODEL
    replay.answer_next("generate_warm_new", "generate_warm_new")
    backend.complete(REQUEST)
    backend.identity()
    assert replay.paths().count("/api/tags") == 1
    monkeypatch.setattr("jitai.judge.ollama.backend.IDENTITY_LIFETIME_S", 0.0)
    backend.complete(REQUEST)
    assert replay.paths().count("/api/tags") == 2


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", "127.0.0.1:11434"),
        ("0.0.0.0", "127.0.0.1:11434"),
        ("0.0.0.0:5000", "127.0.0.1:5000"),
        ("http://[::]:7000", "[::1]:7000"),
        ("https://gpu.example", "gpu.example:443"),
        ("http://gpu.example/ollama/", "gpu.example:80"),
        ("http://me:pass@gpu.example:8080", "gpu.example:8080"),
    ],
)
def test_addresses(monkeypatch: pytest.MonkeyPatch, host: str, address: str) -> None:
    monkeypatch.setenv("OLLAMA_HOST", host)
    with closing(OllamaServer()) as server:
        assert server.address == address


@pytest.mark.parametrize("host", ["http://a:port", "ftp://a", "http://[::1", "a:99999", "http://a b"])
def test_addresses_that_are_none(host: str) -> None:
    with pytest.raises(JitaiError), closing(OllamaServer(host)) as server:
        server.version()


def test_a_malformed_address_is_a_setting_to_correct() -> None:
    with pytest.raises(ParameterError, match="OLLAMA_HOST"):
        OllamaServer("http://a:port")


def test_a_judge_on_ollama(replay: ReplayServer, backend: OllamaBackend, prompt: Prompt, rules: Rules) -> None:
    replay.answer_next("generate_fewshot_knee")
    judge = Judge(backend, prompt, rules)
    verdict = judge.judge("My knee hurts so much today.")
    assert (verdict.decision, verdict.source, verdict.model) == (Decision.HOLD_BACK, VerdictSource.MODEL, MODEL)
    assert verdict.p_send is not None
    assert 0 < verdict.p_send < 0.1
    assert math.isfinite(verdict.latency_ms)
    assert judge.judge("My knee hurts so much today.").source is VerdictSource.CACHE
    replay.answer_next("error_generate_missing")
    assert judge.judge("another").source is VerdictSource.FALLBACK


def test_the_replay_server_keeps_the_recorded_pauses(replay: ReplayServer) -> None:
    replay.keep_pauses = True
    with closing(OllamaServer(replay.host)) as server:
        started = time.perf_counter()
        server.version()
    assert time.perf_counter() - started > 0.07
