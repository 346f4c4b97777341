"""The journeys of the other files on a real server at OLLAMA_HOST: off unless that is set, and no internet is needed.

The model that is asked is made there from the embedded model's file, and deleted again.
"""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest

from jitai.errors import BackendError, ModelMissing
from jitai.judge import embedded
from jitai.judge.base import Ending, Request
from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.management import CANCELLED, FAILED, BackgroundWork, delete, load, pull, put_judge, unload
from jitai.judge.ollama.overview import probe_server
from jitai.judge.ollama.server import OllamaServer

pytestmark = pytest.mark.ollama

MODEL = "jitai-lab-test:latest"
OUR_JUDGE = "jitai-lab-test-judge:latest"
CHATML = "{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n"
ANSWERS = (" good", " bad")
SCHEMA = {"type": "object", "properties": {"can_walk": {"type": "boolean"}}, "required": ["can_walk"]}


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with closing(OllamaServer()) as opened:
        path = embedded.find_model_file()
        files = {path.name: opened.ask(lambda client: client.create_blob(path))}
        opened.ask(lambda client: client.create(MODEL, files=files, template=CHATML))
        yield opened
        list(delete(opened, MODEL))


@pytest.fixture
def backend(server: OllamaServer) -> OllamaBackend:
    return OllamaBackend(MODEL, server)


def test_look_load_and_unload(server: OllamaServer) -> None:
    list(load(server, MODEL))
    item = next(item for item in probe_server(server).models if item.model.name == MODEL)
    assert (item.model.family, item.model.quantisation, item.context_tokens) == ("llama", "Q4_1", 8192)
    assert item.can_judge
    assert item.loaded is not None
    assert item.loaded.context_tokens in (0, server.settings.context_tokens)
    list(unload(server, MODEL))
    assert next(item for item in probe_server(server).models if item.model.name == MODEL).loaded is None


def test_probabilities(backend: OllamaBackend) -> None:
    head = "Patient: I sprained my foot.\nStatus: bad\n\nPatient: I feel energetic today!\nStatus: good\n\n"
    reply = backend.complete(Request(f"{head}Patient: I broke my leg.\nStatus:", ANSWERS, head=head))
    assert all(reply.log_probabilities[answer] is not None for answer in ANSWERS)


def test_chat_with_json_whole_and_cut(backend: OllamaBackend) -> None:
    system = "You decide whether a participant is able to walk today. Answer in JSON with the field can_walk."
    reply = backend.complete(Request("I twisted my ankle.", (), 80, chat=True, system=system, schema=SCHEMA))
    assert isinstance(json.loads(reply.text)["can_walk"], bool)
    cut = backend.complete(Request("I twisted my ankle.", (), 3, chat=True, system=system, schema=SCHEMA))
    assert cut.ending is Ending.CUT_OFF


def test_chat_with_probabilities(backend: OllamaBackend) -> None:
    reply = backend.complete(Request("Answer good or bad: I am ill.", ("good", "bad"), chat=True))
    assert set(reply.log_probabilities) == {"good", "bad"}


def test_too_long_a_chat_is_refused_not_cut(backend: OllamaBackend) -> None:
    with pytest.raises(BackendError, match="too long"):
        backend.complete(Request("walk " * 5000, (), chat=True))


def test_typed_decisions_or_words(backend: OllamaBackend) -> None:
    reply = backend.decide(Request("I am ill.", ("good", "bad"), chat=True, system="Answer good or bad."))
    assert backend.has_typed_decisions in (True, False)
    assert reply.text


def test_a_model_that_is_not_there(server: OllamaServer) -> None:
    with pytest.raises(ModelMissing):
        list(load(server, "jitai-lab-no-such-model"))
    with pytest.raises(ModelMissing):
        list(delete(server, "jitai-lab-no-such-model"))


def test_pulls_that_cannot_succeed(server: OllamaServer) -> None:
    work = BackgroundWork("pull", "", lambda cancellation: pull(server, "localhost:9/library/nothing:1b", cancellation))
    assert work.wait(120)
    assert work.state == FAILED
    assert work.failure
    cancelled = BackgroundWork(
        "pull", "", lambda cancellation: pull(server, "localhost:9/library/nothing:1b", cancellation)
    )
    cancelled.stop()
    assert cancelled.wait(5)
    assert cancelled.state in (CANCELLED, FAILED), "it may have failed before it was cancelled"


def test_our_judge(server: OllamaServer) -> None:
    list(put_judge(server, embedded.find_model_file(), name=OUR_JUDGE))
    try:
        reply = OllamaBackend(OUR_JUDGE, server).complete(Request("Patient: My knee hurts.\nStatus:", ANSWERS))
        assert any(value is not None for value in reply.log_probabilities.values())
    finally:
        list(delete(server, OUR_JUDGE))
