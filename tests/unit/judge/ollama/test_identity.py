"""A model is known by what it is made of, and by any spelling of its name."""

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jitai.judge.calibration import Calibration
from jitai.judge.embedded import ADAPTER_FILE, MODEL_DIGEST, EmbeddedBackend, _file_digest
from jitai.judge.judge import Judge
from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.identity import canonical_name, find_name, made_of
from jitai.judge.ollama.options import probe_ollama
from jitai.judge.ollama.server import OllamaServer
from jitai.judge.prompt_file import available_prompts
from jitai.judge.prompts import DEFAULT_PROMPT, TUNED_PROMPT, Prompt, find_prompt
from jitai.judge.registered_backend import JudgeOption
from jitai.judge.registry import (
    available_judges,
    choose_judge,
    offered_key,
    open_backend,
    prompts_after,
    suited_prompt,
)
from jitai.judge.rules import Rules
from jitai.judge.user_prompts import PersonalJudging
from tests.scripted_server import ScriptedServer, Send, as_answer

BASE = MODEL_DIGEST.removeprefix("sha256:")
OTHER = "c" * 64
PROMPTS = available_prompts()


def modelfile(*lines: str) -> str:
    return "\n".join(["# FROM me", "", *lines, 'TEMPLATE "{{ .Prompt }}"', "PARAMETER num_ctx 1024"])


def ours() -> str:
    """Our judge as a server describes it: the embedded model's file, and the adapter that this installation has."""
    adapter = _file_digest(ADAPTER_FILE).removeprefix("sha256:")
    return modelfile(f"FROM /models/blobs/sha256-{BASE}", f"ADAPTER /models/blobs/sha256-{adapter}")


def server_with(**models: str) -> ScriptedServer:
    """A scripted server; models by name, ":" written as "__", each with its description."""
    described = {name.replace("__", ":"): text for name, text in models.items()}
    rows = [
        {"name": name, "model": name, "size": 10**8, "digest": f"{number:064x}"}
        for number, name in enumerate(described, start=7)
    ]

    def script(send: Send, path: str, body: Any) -> None:
        if path == "/api/show":
            return send(as_answer({"modelfile": described[body["model"]], "capabilities": ["completion"]}))
        known = {"/api/version": {"version": "0.33.0"}, "/api/tags": {"models": rows}, "/api/generate": {}}
        if path == "/api/generate":
            listed = [{"token": " good", "logprob": -0.2}, {"token": " bad", "logprob": -1.7}]
            token = {"token": " good", "logprob": -0.2, "top_logprobs": listed}
            return send(as_answer({"response": " good", "done": True, "logprobs": [token]}))
        return send(as_answer(known[path]))

    return ScriptedServer(script)


def offered(server: ScriptedServer, prompts: Sequence[Prompt] = PROMPTS) -> dict[str, JudgeOption]:
    return {item.key: item for item in available_judges({"ollama": probe_ollama(server.host)}, prompts)}


def test_one_file_is_its_own_digest() -> None:
    assert made_of(modelfile(f"FROM /var/lib/ollama/blobs/sha256-{BASE}")) == MODEL_DIGEST
    assert made_of(modelfile(f"FROM C:\\Users\\anna\\.ollama\\models\\blobs\\sha256-{BASE.upper()}")) == MODEL_DIGEST


def test_our_judge_on_a_server_is_the_tuned_model() -> None:
    assert made_of(ours()) == EmbeddedBackend(tuned=True).identity().digest


def test_other_files_are_another_model() -> None:
    lines = [f"FROM /b/sha256-{BASE}", f"ADAPTER /b/sha256-{OTHER}", f"FROM /b/sha256-{'d' * 64}"]
    found = {made_of(modelfile(*lines[:count])) for count in (1, 2, 3)} | {made_of(modelfile(*lines[1:]))}
    assert len(found) == 4
    assert all(len(digest) == len(MODEL_DIGEST) for digest in found)


@pytest.mark.parametrize("text", ["", modelfile(), modelfile("FROM gemma3:4b"), "FROM sha256-12"])
def test_a_description_that_names_no_file(text: str) -> None:
    assert made_of(text) == ""


def test_what_stands_in_its_texts_makes_no_model() -> None:
    """Whoever makes a model writes its instructions; they must not make it pass for ours."""
    text = modelfile(f"FROM /b/sha256-{OTHER}") + f'\nSYSTEM """\nFROM /b/sha256-{BASE}\nADAPTER /b/sha256-{BASE}\n"""'
    assert made_of(text) == f"sha256:{OTHER}"


@pytest.mark.parametrize(
    ("name", "other"),
    [("dup", "dup:latest"), ("DUP", "dup:latest"), (" dup\n", "dup:latest"), ("library/dup", "dup"),
     ("registry.ollama.ai/library/DUP:Latest", "dup"), ("anna/dup", "anna/dup:latest"),
     ("host:5000/anna/dup", "host:5000/anna/dup:latest"), ("hf.co/A/B:Q4_K_M", "hf.co/a/b:q4_k_m")],
)  # fmt: skip
def test_names_of_one_model(name: str, other: str) -> None:
    assert canonical_name(name) == canonical_name(other)


@pytest.mark.parametrize(("name", "other"), [("dup", "dup:1b"), ("anna/dup", "dup"), ("du", "dup"), ("a:1", "a:1b")])
def test_names_of_two_models(name: str, other: str) -> None:
    assert canonical_name(name) != canonical_name(other)


def test_the_exact_name_goes_before_another_spelling() -> None:
    assert find_name("Dup", ["dup:latest", "Dup"]) == "Dup"
    assert find_name("DUP", ["x", "dup:latest"]) == "dup:latest"
    assert find_name("dup", ["dup:1b"]) is None


def test_our_judge_brings_everything_along_under_any_name() -> None:
    with server_with(anything__v7=ours(), **{"jitai-judge__latest": ours()}) as server:
        options = offered(server)
    tuned = next(iter(find_prompt(PROMPTS, TUNED_PROMPT).calibrations.values())).measured
    assert tuned is not None
    for key in ("ollama:anything:v7", "ollama:jitai-judge:latest"):
        assert (options[key].prompt, options[key].share_right, options[key].is_ours) == (
            TUNED_PROMPT, tuned.share_right, True,
        )  # fmt: skip
        assert options[key].note == tuned.sentence


def test_another_adapter_under_our_name_has_no_measurement() -> None:
    other = modelfile(f"FROM /b/sha256-{BASE}", f"ADAPTER /b/sha256-{OTHER}")
    with server_with(**{"jitai-judge__latest": other}) as server:
        option = offered(server)["ollama:jitai-judge:latest"]
    assert (option.prompt, option.share_right) == (TUNED_PROMPT, None)
    assert "Not calibrated" in option.note


def test_the_embedded_file_brings_its_calibration_along(rules: Rules) -> None:
    with server_with(mine=modelfile(f"FROM /b/sha256-{BASE}")) as server:
        option = offered(server)["ollama:mine"]
        assert (option.prompt, option.share_right is not None) == (DEFAULT_PROMPT, True)
        prompt = find_prompt(PROMPTS, DEFAULT_PROMPT)
        with closing(OllamaBackend("mine", OllamaServer(server.host))) as backend:
            verdict = Judge(backend, prompt, rules).judge("I feel fine today")
    expected = prompt.calibration_for(MODEL_DIGEST).p_send(1.5)
    assert verdict.p_send == pytest.approx(expected)
    assert verdict.p_send != pytest.approx(1 / (1 + 2.718281828**-1.5), abs=0.01), "it changes something"


@pytest.mark.parametrize("written", ["jitai-judge", "JITAI-JUDGE", "library/jitai-judge", " jitai-judge "])
def test_a_name_without_latest_is_asked_as_the_model_that_it_is(written: str) -> None:
    """Before, it was silently asked with the few-shot prompt, and uncalibrated."""
    key = f"ollama:{written}"
    with server_with(**{"jitai-judge__latest": ours()}) as server:
        options = tuple(offered(server).values())
        with closing(OllamaBackend(written, OllamaServer(server.host))) as backend:
            identity = backend.identity()
    prompt = suited_prompt(options, PROMPTS, key)
    assert prompt is not None
    assert prompt.name == TUNED_PROMPT
    assert prompt.calibration_for(identity.digest).is_fitted
    assert identity.name == "jitai-judge:latest"
    assert offered_key(options, key) == choose_judge(options, key) == "ollama:jitai-judge:latest"
    assert type(open_backend(key)).usual_prompt(key) == TUNED_PROMPT, "even while no server answers"


def test_kept_replies_are_those_of_one_state_of_the_server() -> None:
    """The files are the same, but the template, which may change answers, is none of them."""
    with server_with(a=modelfile(f"FROM /b/sha256-{BASE}"), b=modelfile(f"FROM /b/sha256-{BASE}")) as server:
        found = []
        for name in ("a", "b"):
            with closing(OllamaBackend(name, OllamaServer(server.host))) as backend:
                found.append(backend.identity())
    assert found[0].digest == found[1].digest
    assert found[0].answers_version != found[1].answers_version


def test_an_earlier_calibration_is_renamed_while_both_names_are_known(tmp_path: Path, rules: Rules) -> None:
    personal = PersonalJudging(tmp_path)
    prompt = find_prompt(PROMPTS, DEFAULT_PROMPT)
    manifest, digest = f"sha256:{7:064x}", f"sha256:{OTHER}"
    own = Calibration(2.0, 0.5, "mine", "my statements", is_fitted=True)
    personal.save_calibration(prompt, manifest, own)
    with server_with(mine=modelfile(f"FROM /b/sha256-{OTHER}")) as server:
        probed = {"ollama": probe_ollama(server.host)}
        before = find_prompt(personal.prompts(), DEFAULT_PROMPT)
        with closing(OllamaBackend("mine", OllamaServer(server.host))) as backend:
            assert Judge(backend, before, rules).judge("I feel fine").p_send == pytest.approx(own.p_send(1.5))
    after = find_prompt(prompts_after(probed, personal), DEFAULT_PROMPT)
    assert after.calibration_for(digest) == own
    assert not after.calibration_for(manifest).is_fitted
    content = json.loads((tmp_path / "calibrations.json").read_text(encoding="utf-8"))
    assert list(content[prompt.content_hash]) == [digest]
    assert prompts_after(probed, personal) == prompts_after(probed, personal)


def test_an_earlier_calibration_that_belongs_to_nothing_is_said(tmp_path: Path) -> None:
    personal = PersonalJudging(tmp_path)
    prompt = find_prompt(PROMPTS, DEFAULT_PROMPT)
    personal.save_calibration(prompt, "sha256:" + "e" * 64, Calibration(2.0, 0.5, "mine", "x", is_fitted=True))
    with server_with(mine=modelfile(f"FROM /b/sha256-{OTHER}"), other=modelfile(f"FROM /b/sha256-{OTHER}")) as server:
        options = offered(server, personal.prompts())
    assert "may be for another state of it. Calibrate it again." in options["ollama:mine"].note
    assert "another state" not in options["ollama:other"].note


def test_a_cloud_model_is_marked() -> None:
    with server_with(**{"gpt-oss__120b-cloud": "", "mine__1b": ""}) as server:
        options = offered(server)
    assert "cloud: ollama.com" in options["ollama:gpt-oss:120b-cloud"].label
    assert "cloud" not in options["ollama:mine:1b"].label
