"""What a participant wrote reaches no model elsewhere before the person has agreed: asked over a real socket."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from jitai.errors import NotAgreed
from jitai.judge.base import Request
from jitai.judge.consent import AGREED_TO_ALL, NOT_AGREED, Consent, check_consent
from jitai.judge.judge import Judge
from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.options import probe_ollama
from jitai.judge.ollama.server import OllamaServer
from jitai.judge.prompt_file import available_prompts
from jitai.judge.prompts import Prompt
from jitai.judge.registry import available_judges, choose_judge
from jitai.judge.rules import Rules
from tests.replay import ReplayServer, answer

SECRET = "My knee is swollen and nobody knows it"
LOCAL, CLOUD, STUB = "smollm2:135m", "big:120b-cloud", "innocent:1b"


@pytest.fixture
def scripted_server() -> Iterator[ReplayServer]:
    """A scripted server: beside a model of this machine it lists one of the cloud, and a note of 384 bytes."""
    with ReplayServer() as server:
        listed = [
            {"name": name, "model": name, "size": size, "digest": digit * 64}
            for name, size, digit in ((LOCAL, 98_363_007, "1"), (CLOUD, 0, "2"), (STUB, 384, "3"))
        ]
        server.exchanges["three"] = answer(json.dumps({"models": listed}))
        server.answer_always("GET", "/api/tags", "three")
        server.answer_always("POST", "/api/generate", "generate_warm_new")
        server.answer_always("POST", "/api/chat", "generate_warm_new")
        yield server


def sent(server: ReplayServer) -> list[Any]:
    """What a model was asked; what a model is made of may be asked of everybody."""
    return [item.body for item in server.questions if item.method == "POST" and item.path != "/api/show"]


def elsewhere(server: ReplayServer) -> str:
    """The scripted server's address in a form of which nobody can say that it is this machine."""
    return f"http://127.1:{server.host.rpartition(':')[2]}"


@pytest.mark.parametrize("model", [CLOUD, STUB])
def test_no_statement_is_sent_to_the_cloud_without_consent(
    scripted_server: ReplayServer, prompt: Prompt, model: str
) -> None:
    backend = OllamaBackend(model, OllamaServer(scripted_server.host))
    with closing(Judge(backend, prompt, Rules("1"))) as judge:
        verdict = judge.judge(SECRET)
        assert verdict.is_fallback
        assert SECRET not in str(scripted_server.questions)
        assert "ollama.com" in verdict.failure and model in verdict.failure and "not agreed" in verdict.failure
        with pytest.raises(NotAgreed):
            judge.warm_up()
        with pytest.raises(NotAgreed):
            backend.decide(Request(SECRET, ("yes", "no"), chat=True))
        with pytest.raises(NotAgreed, match="not agreed"):
            check_consent(backend)
    assert not sent(scripted_server)


def test_no_statement_is_sent_to_another_machine_without_consent(scripted_server: ReplayServer, prompt: Prompt) -> None:
    with closing(Judge(OllamaBackend(LOCAL, OllamaServer(elsewhere(scripted_server))), prompt, Rules("1"))) as judge:
        verdict = judge.judge(SECRET)
    assert "another machine" in verdict.failure
    assert not sent(scripted_server)


def test_what_was_agreed_to_is_sent_and_no_more(scripted_server: ReplayServer, prompt: Prompt) -> None:
    with closing(OllamaBackend(CLOUD, OllamaServer(scripted_server.host))) as asked:
        where = asked.whereabouts()
    assert where == probe_ollama(scripted_server.host).where(CLOUD), "a page asks about the same"
    agreed = NOT_AGREED.and_to(where)
    assert agreed.without(where) == NOT_AGREED
    with closing(
        Judge(OllamaBackend(CLOUD, OllamaServer(scripted_server.host), consent=agreed), prompt, Rules("1"))
    ) as it:
        assert not it.judge(SECRET).is_fallback
        assert f"cloud: {where.host}" in it.describe(), "a report names where it ran"
    assert SECRET in str(sent(scripted_server)[-1])
    n_sent = len(sent(scripted_server))
    for model, host in ((STUB, scripted_server.host), (CLOUD, elsewhere(scripted_server))):
        with closing(Judge(OllamaBackend(model, OllamaServer(host), consent=agreed), prompt, Rules("1"))) as judge:
            assert judge.judge(SECRET).is_fallback, "another model, or the same on another server"
    assert len(sent(scripted_server)) == n_sent


@pytest.mark.parametrize("consent", [NOT_AGREED, AGREED_TO_ALL])
def test_a_model_of_this_machine_needs_none(scripted_server: ReplayServer, prompt: Prompt, consent: Consent) -> None:
    backend = OllamaBackend(LOCAL, OllamaServer(scripted_server.host), consent=consent)
    with closing(Judge(backend, prompt, Rules("1"))) as judge:
        assert not judge.judge(SECRET).is_fallback
        assert "cloud" not in judge.describe()


def test_models_elsewhere_are_marked_and_never_chosen_by_themselves(scripted_server: ReplayServer) -> None:
    options = available_judges({"ollama": probe_ollama(scripted_server.host)}, available_prompts())
    marked = {option.key: option for option in options if option.leaves_this_machine}
    assert set(marked) == {f"ollama:{CLOUD}", f"ollama:{STUB}"}
    assert all("cloud: ollama.com" in option.label and "cloud" in option.short_name for option in marked.values())
    only = tuple(marked.values())
    assert choose_judge(only) not in marked
    assert choose_judge(only, only[0].key) == only[0].key, "a person may"
