import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from jitai.errors import ParameterError
from jitai.judge import embedded
from jitai.judge.calibration import Calibration, Measured
from jitai.judge.embedded import EmbeddedBackend
from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.listing import OllamaModel
from jitai.judge.ollama.options import OllamaProbe, probe_ollama
from jitai.judge.ollama.server import OllamaSettings
from jitai.judge.prompt_file import available_prompts
from jitai.judge.prompts import Prompt
from jitai.judge.registered_backend import JudgeOption
from jitai.judge.registry import available_judges, choose_judge, open_backend, open_judge
from jitai.judge.rules import Rules
from jitai.records import Decision, VerdictSource
from tests.replay import ReplayServer, answer

PROMPTS = available_prompts()
MODEL = OllamaModel("known", "sha256:2", 10**9)


def offered(found: OllamaProbe, prompts: Sequence[Prompt] = PROMPTS) -> tuple[JudgeOption, ...]:
    """Our judges to choose from where an Ollama server offers this; a backend that somebody adds is none of them."""
    return tuple(option for option in available_judges({"ollama": found}, prompts) if is_ours(option))


def is_ours(option: JudgeOption) -> bool:
    return option.key in ("embedded", "embedded-tuned") or option.key.startswith("ollama:")


def right_on(share: float) -> Measured:
    return Measured(share, 300)


def calibrated_for(measured: dict[str, Measured | None], digest: str = MODEL.digest) -> list[Prompt]:
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
    found = probe_ollama(replay.host)
    assert (found.version, found.failure) == ("0.24.0", "")
    options = offered(found)
    assert [option.key for option in options] == [
        "embedded-tuned", "embedded", "ollama:walk-judge:latest", "ollama:smollm2:135m",
    ]  # fmt: skip
    assert options[2].label == "Ollama: walk-judge:latest (0.1 GB)"
    # Both are the embedded model's own file, whatever they are called: what is known of it comes along.
    assert options[2].note.startswith("Right on")
    assert options[1].share_right == options[2].share_right == options[3].share_right
    assert [option.prompt for option in options] == ["fine_tuned", "few_shot", "few_shot", "few_shot"]
    assert choose_judge(options) == "embedded-tuned"
    assert choose_judge(options, "embedded") == "embedded"
    assert choose_judge(options, "ollama:walk-judge:latest") == "ollama:walk-judge:latest"
    assert choose_judge(options, "ollama:gone") == "embedded-tuned"


def test_a_server_without_models(replay: ReplayServer) -> None:
    replay.answer_always("GET", "/api/tags", "tags_empty")
    found = probe_ollama(replay.host)
    assert "ollama pull" in found.failure
    assert choose_judge(offered(found)) == "embedded-tuned"


@pytest.mark.parametrize("host", ["127.0.0.1:9", "http://a:port"])
def test_no_server(host: str) -> None:
    found = probe_ollama(host)
    assert found.models == ()
    assert found.failure
    assert [option.key for option in offered(found)] == ["embedded-tuned", "embedded"]


def test_a_stranger_at_the_port(replay: ReplayServer) -> None:
    replay.exchanges["stranger"] = answer("<html></html>", content_type="text/html")
    replay.answer_always("GET", "/api/version", "stranger")
    assert "does not talk as an Ollama server does" in probe_ollama(replay.host).failure


@pytest.mark.parametrize(
    ("measured", "order"),
    [
        (right_on(0.95), ["ollama:known", "embedded-tuned", "ollama:big", "embedded"]),
        (right_on(0.8), ["embedded-tuned", "ollama:known", "ollama:big", "embedded"]),
        (right_on(0.55), ["embedded-tuned", "ollama:big", "embedded", "ollama:known"]),
        (None, ["embedded-tuned", "ollama:big", "ollama:known", "embedded"]),
    ],
)
def test_judges_are_ranked_by_what_was_measured(measured: Measured | None, order: list[str]) -> None:
    models = (OllamaModel("big", "sha256:1", 10**10), MODEL)
    options = offered(OllamaProbe("1", models), calibrated_for({"zero_shot": measured}))
    assert [option.key for option in options] == order
    known = options[order.index("ollama:known")]
    assert known.prompt == "zero_shot"
    assert known.note == (
        measured.sentence
        if measured is not None
        else "Calibrated, but nobody has measured how often it is right: the Validation page does."
    )


def test_a_model_is_asked_with_the_prompt_that_was_measured_best() -> None:
    def suited(measured: dict[str, Measured | None]) -> str:
        options = {item.key: item for item in offered(OllamaProbe("1", (MODEL,)), calibrated_for(measured))}
        return options["ollama:known"].prompt

    assert suited({"able_and_willing": None, "zero_shot": right_on(0.7), "few_shot": None}) == "zero_shot"
    assert suited({"able_and_willing": right_on(0.6), "zero_shot": right_on(0.7)}) == "zero_shot"
    assert suited({"able_and_willing": None, "few_shot": None}) == "few_shot"


@pytest.mark.parametrize(
    "name", ["jitai-judge:latest", "jitai-judge:v2", "jitai-judge", "host:1/library/jitai-judge:x"]
)
def test_our_judge_on_a_server_is_asked_as_it_was_trained(name: str) -> None:
    """Whether or not it was put there from this machine; the embedded one is the same and faster, and stays first."""
    ours, big = OllamaModel(name, "sha256:2", 10**8), OllamaModel("big", "sha256:1", 10**10)
    for prompts in (PROMPTS, calibrated_for({"few_shot": None}), calibrated_for({"fine_tuned": measured_of_tuned()})):
        options = offered(OllamaProbe("1", (big, ours)), prompts)
        assert [option.key for option in options] == ["embedded-tuned", f"ollama:{name}", "ollama:big", "embedded"]
        assert options[1].prompt == "fine_tuned"


def measured_of_tuned() -> Measured:
    [tuned] = [prompt for prompt in PROMPTS if prompt.name == "fine_tuned"]
    [calibration] = tuned.calibrations.values()
    assert calibration.measured is not None
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
    assert [model.name for model in probe_ollama(replay.host).models] == ["embeddings/gemma3:1b"]


def test_an_embedded_model_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedded, "MODEL_PACKAGE", "no_such_package_at_all")
    monkeypatch.setattr(embedded, "ADAPTER_FILE", tmp_path / "none.gguf")
    [option] = filter(is_ours, available_judges({}, PROMPTS))
    assert not option.usable
    assert "install-model`" in option.note


def test_keys(replay: ReplayServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(open_backend("embedded"), EmbeddedBackend)
    monkeypatch.setenv("OLLAMA_HOST", replay.host)
    backend = open_backend("ollama:gemma3:4b", OllamaSettings(keep_alive="3m"))
    assert isinstance(backend, OllamaBackend)
    assert (backend.model, backend.server.settings.keep_alive) == ("gemma3:4b", "3m")
    backend.close()
    for wrong in ("", "ollama:", "openai:x", "Embedded"):
        with pytest.raises(ParameterError, match="allowed are embedded-tuned, embedded, ollama:NAME and simulated"):
            open_backend(wrong)
    with pytest.raises(ParameterError, match="reads no text"):
        open_backend("simulated")


def test_an_opened_judge_works_without_any_model(
    prompt: Prompt, rules: Rules, tmp_path: Path, replay: ReplayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", replay.host)
    judge = open_judge(
        "ollama:nope",
        prompt=prompt,
        rules=rules,
        cache_folder=tmp_path / "c",
        on_failure=Decision.SEND,
    )
    with closing(judge):
        verdict = judge.judge("I feel fine")
        assert (verdict.source, verdict.decision) == (VerdictSource.FALLBACK, Decision.SEND)
        assert "ollama pull nope" in verdict.failure
        assert "no model" in judge.describe()
