from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jitai.errors import ParameterError
from jitai.judge import embedded
from jitai.judge.embedded import EmbeddedBackend
from jitai.judge.ollama import OllamaBackend, OllamaModel
from jitai.judge.prompts import Calibration, Prompt, available_prompts
from jitai.judge.rules import Rules
from jitai.judge.select import OllamaProbe, available_judges, choose_judge, open_backend, open_judge, probe
from jitai.records import Decision, VerdictSource
from tests.replay import ReplayServer, answer

PROMPTS = available_prompts()
CALIBRATED = {"sha256:2": Calibration(measured="Right on 9 of 10.", is_fitted=True)}


@pytest.fixture
def replay() -> Iterator[ReplayServer]:
    with ReplayServer() as server:
        yield server


def test_a_server_with_models(replay: ReplayServer) -> None:
    replay.answer_always("GET", "/api/tags", "tags_two")
    found = probe(replay.host)
    assert (found.version, found.failure) == ("0.24.0", "")
    options = available_judges(found, PROMPTS)
    assert [option.key for option in options] == [
        "embedded-tuned", "ollama:walk-judge:latest", "ollama:smollm2:135m", "embedded",
    ]  # fmt: skip
    assert options[1].label == "Ollama: walk-judge:latest (0.1 GB)"
    assert "Not calibrated" in options[1].note
    assert [option.prompt for option in options] == ["fine_tuned", "few_shot", "few_shot", "few_shot"]
    assert choose_judge(options) == "embedded-tuned"
    assert choose_judge(options, "embedded") == "embedded"
    assert choose_judge(options, "ollama:walk-judge:latest") == "ollama:walk-judge:latest"
    assert choose_judge(options, "ollama:gone") == "embedded-tuned"


def test_a_server_without_models(replay: ReplayServer) -> None:
    replay.answer_always("GET", "/api/tags", "tags_empty")
    found = probe(replay.host)
    assert "ollama pull" in found.failure
    assert choose_judge(available_judges(found, PROMPTS)) == "embedded-tuned"


@pytest.mark.parametrize("host", ["127.0.0.1:9", "http://a:port"])
def test_no_server(host: str) -> None:
    found = probe(host)
    assert found.models == ()
    assert found.failure
    assert [option.key for option in available_judges(found, PROMPTS)] == ["embedded-tuned", "embedded"]


def test_a_stranger_at_the_port(replay: ReplayServer) -> None:
    replay.exchanges["stranger"] = answer("<html></html>", content_type="text/html")
    replay.answer_always("GET", "/api/version", "stranger")
    assert "does not talk as an Ollama server does" in probe(replay.host).failure


def test_calibrated_models_come_first_and_embedding_models_not_at_all(replay: ReplayServer) -> None:
    known = [prompt.with_calibrations(CALIBRATED if prompt.name == "zero_shot" else {}) for prompt in PROMPTS]
    models = (OllamaModel("big", "sha256:1", 10**10), OllamaModel("known", "sha256:2", 10**9))
    options = available_judges(OllamaProbe("1", models), known)
    assert [option.key for option in options] == ["ollama:known", "embedded-tuned", "ollama:big", "embedded"]
    assert (options[0].note, options[0].prompt) == ("Right on 9 of 10.", "zero_shot")
    replay.exchanges["tags"]["response"]["chunks"][0]["text"] = (
        '{"models": [{"model": "nomic-embed-text", "digest": "0", "details": {"family": "nomic-bert"}}]}'
    )
    replay.answer_always("GET", "/api/tags", "tags")
    assert probe(replay.host).models == ()


def test_an_embedded_model_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedded, "MODEL_PACKAGE", "no_such_package_at_all")
    monkeypatch.setattr(embedded, "ADAPTER_FILE", tmp_path / "none.gguf")
    [option] = available_judges(OllamaProbe(), PROMPTS)
    assert not option.usable
    assert "make install" in option.note


def test_keys(replay: ReplayServer) -> None:
    assert isinstance(open_backend("embedded"), EmbeddedBackend)
    backend = open_backend("ollama:gemma3:4b", host=replay.host)
    assert isinstance(backend, OllamaBackend)
    assert backend.model == "gemma3:4b"
    backend.close()
    for wrong in ("", "ollama:", "openai:x", "Embedded"):
        with pytest.raises(ParameterError):
            open_backend(wrong)


def test_an_opened_judge_works_without_any_model(
    prompt: Prompt, rules: Rules, tmp_path: Path, replay: ReplayServer
) -> None:
    judge = open_judge(
        "ollama:nope",
        prompt=prompt,
        rules=rules,
        cache_folder=tmp_path / "c",
        on_failure=Decision.SEND,
        host=replay.host,
    )
    with closing(judge):
        verdict = judge.judge("I feel fine")
        assert (verdict.source, verdict.decision) == (VerdictSource.FALLBACK, Decision.SEND)
        assert "ollama pull nope" in verdict.failure
        assert "no model" in judge.describe()
