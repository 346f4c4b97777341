"""The same questions to real servers: Ollama 0.24.0 and 0.33.0, replayed over a real socket."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jitai.errors import BackendError, ModelMissing, UnreadableReply
from jitai.judge import strategies
from jitai.judge.base import Ending, Reply, Request
from jitai.judge.embedded import MODEL_DIGEST
from jitai.judge.judge import Judge
from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.errors import Refused
from jitai.judge.ollama.overview import probe_server
from jitai.judge.ollama.server import OllamaServer
from jitai.judge.prompt_file import available_prompts
from jitai.judge.prompts import find_prompt
from jitai.judge.rules import Rules
from jitai.judge.strategies import CUT_NOTE, UNLISTED_NOTE, Interpretation
from jitai.records import Decision, VerdictSource
from tests.replay import RECORDING, ReplayServer, ends_in, load_exchanges

DATA = Path(__file__).parents[3] / "data"
OLDER = DATA / "ollama_exchanges_0.24.0_two_models.json"
NEWER = DATA / "ollama_exchanges_0.33.0.json"
SMOLLM2, GEMMA = "smollm2:135m", "gemma3:270m"
PROMPT = find_prompt(available_prompts(), "json_with_reason")
QUESTION = PROMPT.questions[0]
ASKED = Request("?", QUESTION.answer_pair, 160, chat=True, schema=strategies._schema(QUESTION))


@pytest.fixture(params=[OLDER, NEWER], ids=["0.24.0", "0.33.0"])
def replay(request: pytest.FixtureRequest) -> Iterator[ReplayServer]:
    with replaying(request.param) as server:
        yield server


def replaying(recording: Path) -> ReplayServer:
    return ReplayServer(load_exchanges(recording))


def reply_to(replay: ReplayServer, recording: str, model: str, asked: Request = ASKED) -> Reply:
    """What the backend makes of a recorded answer."""
    with closing(OllamaBackend(model, OllamaServer(replay.host), ())) as backend:
        replay.answer_next(recording)
        return backend.complete(asked)


def read(recording: Path, name: str, model: str) -> Interpretation:
    with replaying(recording) as replay:
        return strategies.read(PROMPT, (reply_to(replay, name, model),))


@pytest.mark.parametrize("recording", [RECORDING, OLDER, NEWER])
def test_the_embedded_models_file_is_known_on_every_server(recording: Path) -> None:
    with replaying(recording) as replay, closing(OllamaServer(replay.host)) as server:
        replay.answer_always("GET", "/api/tags", "tags")
        [model] = [model for model in server.list_models() if model.name == SMOLLM2]
        assert model.digest == model.manifest != MODEL_DIGEST
        assert server.recognised(model)[0].digest == MODEL_DIGEST


def test_the_manifests_of_one_model_differ_and_its_file_does_not() -> None:
    found = []
    for recording in (OLDER, NEWER):
        with replaying(recording) as replay, closing(OllamaServer(replay.host)) as server:
            found.append(next(server.recognised(item)[0] for item in server.list_models() if item.name == GEMMA))
    assert found[0].manifest != found[1].manifest
    assert (
        found[0].digest
        == found[1].digest
        == ("sha256:a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818")
    )


def test_a_look_at_each_server(replay: ReplayServer) -> None:
    with closing(OllamaServer(replay.host)) as server:
        overview = probe_server(server)
    assert not overview.failure
    assert {SMOLLM2, GEMMA} <= {item.model.name for item in overview.models}
    assert all(item.can_judge and item.context_tokens > 0 for item in overview.models)
    assert not any(item.model.where.leaves_this_machine for item in overview.models if item.model.where)


@pytest.mark.parametrize("name", ["SMOLLM2:135M", "library/smollm2:135m", " smollm2:135m", "smollm2:135m\n"])
def test_other_spellings_of_a_name_that_is_there(replay: ReplayServer, name: str) -> None:
    """The servers take them for the same model; so do we, without asking."""
    with closing(OllamaBackend(name, OllamaServer(replay.host))) as backend:
        assert backend.identity().name == SMOLLM2
        assert backend.identity().digest == MODEL_DIGEST


def test_a_name_without_a_tag_is_the_latest_and_near_names_are_named(replay: ReplayServer) -> None:
    with closing(OllamaBackend("smollm2", OllamaServer(replay.host))) as backend:
        with pytest.raises(ModelMissing, match="does not have the model smollm2") as caught:
            backend.identity()
        assert "Did you mean smollm2:135m?" in caught.value.hint


@pytest.mark.parametrize("model", [SMOLLM2, GEMMA])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_few_shot_answers(replay: ReplayServer, model: str, number: int) -> None:
    reply = reply_to(replay, f"fewshot_{number}_{model}", model, Request("Patient: x\nStatus:", (" good", " bad")))
    assert reply.log_probabilities[" bad"] is not None
    assert reply.least_listed is not None


def test_both_servers_say_the_same_of_the_same_file() -> None:
    """So a calibration fitted with one of them holds with the other, and with the embedded model."""
    asked = Request("Patient: x\nStatus:", (" good", " bad"))
    for number in range(3):
        odds = []
        for recording in (OLDER, NEWER):
            with replaying(recording) as replay:
                found = reply_to(replay, f"fewshot_{number}_{SMOLLM2}", SMOLLM2, asked)
                odds.append(strategies.read_log_odds(found, " good", " bad")[0])
        assert odds[0] == pytest.approx(odds[1], abs=0.001)


@pytest.mark.parametrize(
    ("recording", "name"),
    [(OLDER, "overflow"), (NEWER, "overflow"), (RECORDING, "error_context_overflow_no_truncate")],
)
def test_a_prompt_that_is_too_long_in_every_wording(recording: Path, name: str) -> None:
    with replaying(recording) as replay:
        replay.answer_always("GET", "/api/tags", "tags")
        with pytest.raises(Refused, match="too long for the model smollm2:135m") as caught:
            reply_to(replay, name, SMOLLM2)
        assert caught.value.is_too_long


# The decision that each recorded JSON answer holds, read by eye; None where there is none.
SEND, HOLD_BACK = Decision.SEND, Decision.HOLD_BACK
RECORDED_JSON = [
    *[(OLDER, f"json_{number}_{SMOLLM2}", said) for number, said in enumerate([HOLD_BACK, SEND, SEND, SEND, SEND])],
    *[(NEWER, f"json_{number}_{SMOLLM2}", said) for number, said in enumerate([HOLD_BACK, SEND, SEND, SEND, SEND])],
    *[(NEWER, f"json_{number}_{GEMMA}", SEND) for number in range(5)],
    (OLDER, f"json_4_{GEMMA}", SEND),
    *[(recording, f"json_{kind}_{model}", SEND) for recording in (OLDER, NEWER) for model in (SMOLLM2, GEMMA)
      for kind in ("no_think", "stream")],
]  # fmt: skip


@pytest.mark.parametrize(("recording", "name", "decision"), RECORDED_JSON)
def test_every_recorded_json_answer_is_read(recording: Path, name: str, decision: Decision) -> None:
    found = read(recording, name, name.rpartition("_")[2])
    if found.log_odds is None:
        assert found.decision is decision
    else:
        assert found.decision is None
        assert all("not among the likeliest" not in note for note in found.notes), "both were listed"


@pytest.mark.parametrize("name", [f"json_1_{GEMMA}", f"json_3_{GEMMA}", f"json_stream_{GEMMA}"])
def test_json_that_was_cut_off_behind_its_decision(name: str) -> None:
    found = read(NEWER, name, GEMMA)
    assert CUT_NOTE in found.notes


def test_a_word_whose_rival_is_not_listed_counts_without_a_probability() -> None:
    found = [read(recording, name, name.rpartition("_")[2]) for recording, name, _ in RECORDED_JSON]
    unlisted = [item for item in found if UNLISTED_NOTE in item.notes]
    assert unlisted, "there are some"
    assert all(item.log_odds is None and item.decision is not None for item in unlisted)


@pytest.mark.parametrize(
    ("name", "ending", "words"),
    [
        (f"json_0_{GEMMA}", Ending.REPEATING, "wrote the same again and again"),
        (f"json_1_{GEMMA}", Ending.REPEATING, "wrote the same again and again"),
        (f"json_2_{GEMMA}", Ending.CUT_OFF, "cut off before it came to its decision"),
    ],
)
def test_json_that_never_came_to_a_decision(rules: Rules, name: str, ending: Ending, words: str) -> None:
    with replaying(OLDER) as replay, closing(OllamaBackend(GEMMA, OllamaServer(replay.host), ())) as backend:
        replay.answer_next(name)
        verdict = Judge(backend, PROMPT, rules).judge("x")
    assert verdict.source is VerdictSource.FALLBACK
    assert words in verdict.failure
    assert "another prompt" in verdict.failure
    assert "Update" not in verdict.failure
    assert verdict.raw_reply.startswith("{"), "what it wrote can be seen"
    with replaying(OLDER) as replay:
        assert reply_to(replay, name, GEMMA).ending is ending


def test_a_model_that_has_just_been_unloaded_is_gone() -> None:
    exchanges = load_exchanges(OLDER)
    just_after = exchanges[f"ps_just_after_unload_{SMOLLM2}"]
    assert json.loads(just_after["response"]["chunks"][0]["text"])["models"], "0.24.0 lists it still"
    for seconds, is_loaded in ((-0.02, False), (60.0, True)):
        with replaying(OLDER) as replay, closing(OllamaServer(replay.host)) as server:
            replay.exchanges["ps_then"] = ends_in(just_after, seconds)
            replay.answer_always("GET", "/api/ps", "ps_then")
            [item] = [item for item in probe_server(server).models if item.model.name == SMOLLM2]
            assert (item.loaded is not None) is is_loaded


@pytest.mark.parametrize("until", ["0001-01-01T00:00:00Z", "", "soon", "9999-12-31T23:59:59.999999999Z"])
def test_a_model_without_an_end_is_in_memory(until: str) -> None:
    exchange: dict[str, Any] = ends_in(load_exchanges(OLDER)["ps"], 0.0)
    rows = json.loads(exchange["response"]["chunks"][0]["text"])
    rows["models"][0]["expires_at"] = until
    with replaying(OLDER) as replay, closing(OllamaServer(replay.host)) as server:
        exchange["response"]["chunks"][0]["text"] = json.dumps(rows)
        replay.exchanges["ps_then"] = exchange
        replay.answer_always("GET", "/api/ps", "ps_then")
        assert SMOLLM2 in server.loaded_models()


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("missing", ModelMissing, "does not have the model"),
        ("show_missing", ModelMissing, "does not have the model"),
        ("delete_missing", ModelMissing, "does not have the model"),
        ("bad_json", Refused, "status 400"),
        ("bad_format", Refused, "status 500"),
        ("bad_option", Refused, "status 500"),
        ("top_logprobs_21", Refused, "status 400"),
        ("systemone", Refused, "lacks a part of Ollama"),
        ("cloud_model", Refused, "cannot reach what the model"),
        (f"think_low_{SMOLLM2}", Refused, "status 400"),
        ("pull_offline", UnreadableReply, "does not talk as"),
    ],
)
def test_recorded_errors(replay: ReplayServer, name: str, kind: type[BackendError], words: str) -> None:
    with pytest.raises(kind, match=words):
        reply_to(replay, name, SMOLLM2, Request("x", (" good", " bad")))


@pytest.mark.parametrize("recording", [OLDER, NEWER])
def test_no_recorded_failure_was_forgotten(recording: Path) -> None:
    failures = {name for name, item in load_exchanges(recording).items() if (item["response"]["status"] or 0) >= 400}
    tested = {"missing", "show_missing", "delete_missing", "bad_json", "bad_format", "bad_option", "top_logprobs_21",
              "systemone", "cloud_model", "overflow", "name_smollm2"}  # fmt: skip
    assert failures - tested == {f"think_low_{model}" for model in (SMOLLM2, GEMMA)}


def test_a_cloud_model_that_is_not_listed_is_not_asked(replay: ReplayServer) -> None:
    """The server would pass the question on to ollama.com."""
    with closing(OllamaBackend("gpt-oss:120b-cloud", OllamaServer(replay.host), ())) as backend:
        with pytest.raises(ModelMissing):
            backend.complete(Request("my secret knee", (" good", " bad")))
        assert not {"/api/chat", "/api/generate"} & set(replay.paths())
