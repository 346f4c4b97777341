import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jitai.errors import ParameterError
from jitai.judge import embedded
from jitai.judge.calibration import Calibration
from jitai.judge.embedded import EmbeddedBackend
from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.server import OllamaModel
from jitai.judge.prompt_file import available_prompts
from jitai.judge.prompts import Prompt
from jitai.judge.registry import OllamaProbe, available_judges, choose_judge, open_backend, open_judge, probe
from jitai.judge.rules import Rules
from jitai.records import Decision, VerdictSource
from tests.replay import ReplayServer, answer

PROMPTS = available_prompts()
MODEL = OllamaModel("known", "sha256:2", 10**9)


def calibrated_for(measured: dict[str, str], digest: str = MODEL.digest) -> list[Prompt]:
    """The prompts, those of the given names calibrated for a model, with what was measured of it."""
    return [
        prompt.with_calibrations(
            {digest: Calibration(measured=measured[prompt.name], is_fitted=True)} if prompt.name in measured else {}
        )
        for prompt in PROMPTS
    ]


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


@pytest.mark.parametrize(
    ("measured", "order"),
    [
        ("Right on 95 % of 300 held-out statements.", ["ollama:known", "embedded-tuned", "ollama:big", "embedded"]),
        ("Right on 80 % of 300 held-out statements.", ["embedded-tuned", "ollama:known", "ollama:big", "embedded"]),
        ("Right on 55 % of 300 held-out statements.", ["embedded-tuned", "ollama:big", "embedded", "ollama:known"]),
        ("", ["embedded-tuned", "ollama:big", "ollama:known", "embedded"]),
    ],
)
def test_judges_are_ranked_by_what_was_measured(measured: str, order: list[str]) -> None:
    models = (OllamaModel("big", "sha256:1", 10**10), MODEL)
    options = available_judges(OllamaProbe("1", models), calibrated_for({"zero_shot": measured}))
    assert [option.key for option in options] == order
    known = options[order.index("ollama:known")]
    assert known.prompt == "zero_shot"
    assert known.note == (
        measured or "Calibrated, but nobody has measured how often it is right: the Validation page does."
    )


def test_a_model_is_asked_with_the_prompt_that_was_measured_best() -> None:
    def suited(measured: dict[str, str]) -> str:
        options = {item.key: item for item in available_judges(OllamaProbe("1", (MODEL,)), calibrated_for(measured))}
        return options["ollama:known"].prompt

    assert suited({"able_and_willing": "", "zero_shot": "Right on 70 % of 300.", "few_shot": ""}) == "zero_shot"
    assert suited({"able_and_willing": "Right on 60 % of 9.", "zero_shot": "Right on 70 % of 9."}) == "zero_shot"
    assert suited({"able_and_willing": "", "few_shot": ""}) == "few_shot"


@pytest.mark.parametrize(
    "name", ["jitai-judge:latest", "jitai-judge:v2", "jitai-judge", "host:1/library/jitai-judge:x"]
)
def test_our_judge_on_a_server_is_asked_as_it_was_trained(name: str) -> None:
    """Whether or not it was put there from this machine; the embedded one is the same and faster, and stays first."""
    ours, big = OllamaModel(name, "sha256:2", 10**8), OllamaModel("big", "sha256:1", 10**10)
    for prompts in (PROMPTS, calibrated_for({"few_shot": ""}), calibrated_for({"fine_tuned": measured_of_tuned()})):
        options = available_judges(OllamaProbe("1", (big, ours)), prompts)
        assert [option.key for option in options] == ["embedded-tuned", f"ollama:{name}", "ollama:big", "embedded"]
        assert options[1].prompt == "fine_tuned"


def measured_of_tuned() -> str:
    [tuned] = [prompt for prompt in PROMPTS if prompt.name == "fine_tuned"]
    [calibration] = tuned.calibrations.values()
    assert calibration.share_right is not None, "the sentence is read as it is written"
    return calibration.measured


@pytest.mark.parametrize(
    ("name", "family"),
    [("nomic-embed-text", "nomic-bert"), ("embeddinggemma:300m", "gemma3"), ("qwen3-embedding:0.6b", "qwen3")],
)
def test_embedding_models_are_no_judges(replay: ReplayServer, name: str, family: str) -> None:
    listed = [{"model": name, "digest": "0", "details": {"family": family}}]
    listed.append({"model": "embeddings/gemma3:1b", "digest": "1", "details": {"family": "gemma3"}})
    replay.exchanges["tags"]["response"]["chunks"][0]["text"] = json.dumps({"models": listed})
    replay.answer_always("GET", "/api/tags", "tags")
    assert [model.name for model in probe(replay.host).models] == ["embeddings/gemma3:1b"]


def test_an_embedded_model_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedded, "MODEL_PACKAGE", "no_such_package_at_all")
    monkeypatch.setattr(embedded, "ADAPTER_FILE", tmp_path / "none.gguf")
    [option] = available_judges(OllamaProbe(), PROMPTS)
    assert not option.usable
    assert "install-model`" in option.note


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
