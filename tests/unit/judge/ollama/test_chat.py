"""Chats, JSON answers, models that think, and typed decisions."""

import json
import math
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from ollama._types import SystemOneRequest

from jitai.errors import BackendTimeout, ModelMissing, ParameterError, ServerUnreachable, UnreadableReply
from jitai.judge.base import Request
from jitai.judge.cache import VerdictCache
from jitai.judge.judge import UNCALIBRATED_NOTE, Judge
from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.errors import Refused
from jitai.judge.ollama.server import OllamaServer, OllamaSettings
from jitai.judge.prompt_file import available_prompts
from jitai.judge.registry import find_prompt
from jitai.judge.rules import Rules
from jitai.judge.strategies import JSON_NOTE, TYPED_NOTE, WORDS_NOTE
from jitai.records import Decision, Verdict, VerdictSource
from tests.replay import ReplayServer, answer

MODEL = "smollm2:135m"
ANSWERS = (" good", " bad")
PAUSES_S = (0.01, 0.01)
SYSTEM = "You decide whether a participant of a walking study is able to walk today."
SCHEMA = {
    "type": "object",
    "properties": {"can_walk": {"type": "boolean"}, "reason": {"type": "string"}},
    "required": ["can_walk", "reason"],
}
CHAT = Request("I twisted my ankle this morning.", (), 80, chat=True, system=SYSTEM)
JSON_CHAT = Request(CHAT.prompt, (), 80, chat=True, system=SYSTEM, schema=SCHEMA)
CHOICE = Request(CHAT.prompt, ANSWERS, chat=True, system=SYSTEM)


def chat_answer(content: str, thinking: str = "", done_reason: str = "stop", **more: object) -> dict[str, Any]:
    """A chat's answer of a test's own, in the recorded form."""
    message = {"role": "assistant", "content": content, **({"thinking": thinking} if thinking else {})}
    return answer(json.dumps({"model": MODEL, "message": message, "done": True, "done_reason": done_reason, **more}))


def test_what_a_chat_asks(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.answer_next("chat_json")
    backend.complete(Request("I am ill.", (), 80, chat=True, system=SYSTEM, schema=SCHEMA, stop=("\n\n",)))
    assert replay.questions[-1].path == "/api/chat"
    assert replay.questions[-1].body == {
        "model": MODEL,
        "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "I am ill."}],
        "tools": [],
        "stream": True,
        "think": False,
        "format": SCHEMA,
        "truncate": False,
        "keep_alive": "10m",
        "options": {"temperature": 0, "num_predict": 80, "num_ctx": 2048, "repeat_penalty": 1.0, "stop": ["\n\n"]},
    }


def test_a_chat_is_warmed_up_as_a_chat(replay: ReplayServer, backend: OllamaBackend, rules: Rules) -> None:
    """And what a model says to half a question is of no interest, if it only thinks."""
    prompt = find_prompt(available_prompts(), "zero_shot")
    replay.exchanges["thought"] = chat_answer("<think>", "", "length")
    replay.answer_next("thought")
    Judge(backend, prompt, rules).warm_up()
    asked = replay.questions[-1]
    assert asked.path == "/api/chat"
    assert asked.body["messages"] == [
        {"role": "system", "content": prompt.questions[0].system},
        {"role": "user", "content": prompt.questions[0].constant_part},
    ]
    assert asked.body["options"]["num_predict"] == 1


def test_probabilities_are_asked_for_where_answers_are_wanted(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.exchanges["said"] = chat_answer(" good")
    replay.answer_next("said")
    assert backend.complete(Request("I am well.", ANSWERS, chat=True)).text == " good"
    body = replay.questions[-1].body
    assert (body["logprobs"], body["top_logprobs"]) == (True, 20)
    assert body["messages"] == [{"role": "user", "content": "I am well."}], "no instructions, no system message"


def listed_answer(content: str, *places: dict[str, float]) -> dict[str, Any]:
    """A chat's answer with the likeliest tokens in each place; the first of them is the one that was written."""
    tokens = [
        {
            "token": next(iter(place)),
            "logprob": next(iter(place.values())),
            "top_logprobs": [{"token": token, "logprob": value} for token, value in place.items()],
        }
        for place in places
    ]
    return chat_answer(content, logprobs=tokens)


def test_an_answer_is_as_likely_as_all_its_spellings(replay: ReplayServer, backend: OllamaBackend) -> None:
    likeliest = {"Yes": -0.7, "yes": -1.6, " YES": -4.0, "No": -2.0, "NO": -3.0, "Maybe": -5.0}
    replay.exchanges["said"] = listed_answer("Yes", likeliest)
    replay.answer_next("said")
    reply = backend.complete(Request("I am well.", ("yes", "no"), chat=True))
    assert reply.log_probabilities == pytest.approx(
        {
            "yes": math.log(math.exp(-0.7) + math.exp(-1.6) + math.exp(-4.0)),
            "no": math.log(math.exp(-2.0) + math.exp(-3.0)),
        }
    )
    assert reply.least_listed == -5.0


def test_json_as_recorded(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.answer_next("chat_json")
    reply = backend.complete(JSON_CHAT)
    assert json.loads(reply.text)["can_walk"] is True
    assert reply.text.endswith(" "), "its white space is left as it is"
    assert reply.log_probabilities == {}
    assert reply.model_ms > 1000


def test_json_is_held_to_its_form_without_a_chat_too(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.exchanges["raw_json"] = answer(
        '{"response": "{\\"can_walk\\": false}", "done": true, "done_reason": "stop"}'
    )
    replay.answer_next("raw_json")
    assert json.loads(backend.complete(Request("Patient: ill\n", (), 40, schema=SCHEMA)).text) == {"can_walk": False}
    assert replay.questions[-1].body["format"] == SCHEMA


def judged(backend: OllamaBackend, rules: Rules, name: str = "json_with_reason") -> Verdict:
    """What a judge with one of the project's prompts says."""
    return Judge(backend, find_prompt(available_prompts(), name), rules).judge("I slept really well.")


def test_json_cut_short_as_recorded(replay: ReplayServer, backend: OllamaBackend, rules: Rules) -> None:
    replay.answer_next("chat_json_cut")
    verdict = judged(backend, rules)
    assert "cut off before it came to its decision" in verdict.failure
    assert verdict.raw_reply.startswith("{"), "what it wrote can be seen"
    assert replay.paths().count("/api/chat") == 1, "the same question would be cut again"


def test_complete_json_may_be_followed_by_white_space_up_to_the_limit(
    replay: ReplayServer, backend: OllamaBackend
) -> None:
    replay.exchanges["padded"] = chat_answer('{"can_walk": true, "reason": ""}\n\t  \n', done_reason="length")
    replay.answer_next("padded")
    assert backend.complete(JSON_CHAT).text.startswith("{")


@pytest.mark.parametrize("content", ["I think they can walk.", "", '{"decision": tru}', "[" * 100_000])
def test_what_is_no_json(replay: ReplayServer, backend: OllamaBackend, rules: Rules, content: str) -> None:
    replay.exchanges["prose"] = chat_answer(content)
    replay.answer_next("prose", "error_think_unsupported")
    verdict = judged(backend, rules)
    assert "not the JSON that was asked for" in verdict.failure
    assert verdict.raw_reply == content


def test_probabilities_within_json_as_recorded(replay: ReplayServer, backend: OllamaBackend) -> None:
    """JSON begins with a brace: the answer is the later token that is one of the answers."""
    replay.answer_next("chat_json_logprobs")
    reply = backend.complete(Request("I slept really well.", (" true", " false"), 80, chat=True, schema=SCHEMA))
    true, false = reply.log_probabilities[" true"], reply.log_probabilities[" false"]
    assert (true, false) == pytest.approx((-1.1464, -2.94), abs=0.01)


def test_json_without_its_answer_among_the_tokens(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.answer_next("chat_json_logprobs")
    reply = backend.complete(Request("I slept really well.", ("send", "hold"), 80, chat=True, schema=SCHEMA))
    assert (reply.log_probabilities, reply.least_listed) == ({}, None)


DECISION_SCHEMA = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "decision": {"type": "string", "enum": ["yes", "no"]}},
    "required": ["reason", "decision"],
}
DECISION = Request("I am well.", ("yes", "no"), 80, chat=True, system=SYSTEM, schema=DECISION_SCHEMA)
LIKELIEST = {"no": -0.5, "yes": -1.5, "No": -3.0, " maybe": -4.0}


def written_in(pieces: list[str], **likeliest: dict[str, float]) -> dict[str, Any]:
    """A chat's JSON answer in these tokens; the likeliest ones in the place of the token "?"."""
    places = [likeliest["there"] if piece == "?" else {piece: -0.1, "yes": -2.0, "no": -2.0} for piece in pieces]
    return listed_answer("".join(next(iter(place)) for place in places), *places)


@pytest.mark.parametrize(
    "pieces",
    [
        # The reason says "no" and "yes" as well, and is one of them altogether.
        ['{"', "reason", '":', ' "', "no", " rain", ",", " yes", '",', ' "', "decision", '":', ' "', "?", '"}', "\n"],
        ['{"', "reason", '":', ' "', "no", '",', ' "', "decision", '":', ' "', "?", '"', "\n", "}"],
        # It imitates the decision.
        ['{"reason":"', '\\"decision', '\\": \\"', "yes", '\\",', '", "', "decision", '":"', "?", '"}'],
        ['{"reason": "', ": ", "yes", ",", " 'decision': '", '", "decision": "', "?", '"}'],
        # A character that was cut in two.
        ['{"reason": "', "\ufffd", "\ufffd", '", "decision": "', "?", '"}'],
    ],
)
def test_the_probability_is_that_of_the_decision_and_of_no_word_before_it(
    replay: ReplayServer, backend: OllamaBackend, pieces: list[str]
) -> None:
    replay.exchanges["json"] = written_in(pieces, there=LIKELIEST)
    replay.answer_next("json")
    reply = backend.complete(DECISION)
    assert json.loads(reply.text)["decision"] == "no"
    assert reply.log_probabilities == pytest.approx({"no": math.log(math.exp(-0.5) + math.exp(-3.0)), "yes": -1.5})


@pytest.mark.parametrize(
    "pieces",
    [
        ['{"reason": "', "no", '", "decision": "', "n", "o", '"}'],
        ['{"reason": "", "decision": "', 'no"', "}"],
        ['{"reason": "', "no", '"}'],
        ['{"reason": {"yes": "', "no", '"}, "decision": 5}'],
    ],
)
def test_a_decision_that_has_no_place_of_its_own_has_no_probability(
    replay: ReplayServer, backend: OllamaBackend, pieces: list[str]
) -> None:
    replay.exchanges["json"] = written_in(pieces)
    replay.answer_next("json")
    assert backend.complete(DECISION).log_probabilities == {}


def test_a_judge_that_gives_its_reason(replay: ReplayServer, backend: OllamaBackend, rules: Rules) -> None:
    prompt = find_prompt(available_prompts(), "json_with_reason")
    pieces = ['{"reason": "', "The", " knee", " hurts", ",", " no", " walk", '", "decision": "', "?", '"}']
    replay.exchanges["json"] = written_in(pieces, there={"no": -0.2, "yes": -2.2})
    replay.exchanges["word"] = chat_answer('{"reason": "All is well.", "decision": "yes"}')
    replay.answer_next("json", "word")
    judge = Judge(backend, prompt, rules)
    verdict = judge.judge("My knee hurts.")
    assert verdict.p_send == pytest.approx(1 / (1 + math.exp(2.0)))
    assert verdict.model_reason == "The knee hurts, no walk"
    assert verdict.notes == (UNCALIBRATED_NOTE,)
    body = replay.questions[-1].body
    assert (body["logprobs"], body["top_logprobs"], body["format"]["required"]) == (True, 20, ["reason", "decision"])
    # A server that gives none is taken at its word, which is said.
    verdict = judge.judge("I am well.")
    assert (verdict.p_send, verdict.notes, verdict.model_reason) == (1.0, (JSON_NOTE,), "All is well.")


def test_a_server_without_probabilities_is_read_by_its_word(
    replay: ReplayServer, backend: OllamaBackend, rules: Rules
) -> None:
    for content in ("no", "No", " NO.\n"):
        replay.exchanges["word"] = chat_answer(content)
        replay.answer_next("word")
        verdict = judged(backend, rules, "zero_shot")
        assert (verdict.decision, verdict.in_words_only) == (Decision.HOLD_BACK, True)
    replay.exchanges["other"] = chat_answer("Well, that depends")
    replay.answer_next("other")
    verdict = judged(backend, rules, "zero_shot")
    assert "neither of the two answers" in verdict.failure
    assert verdict.raw_reply == "Well, that depends"


@pytest.mark.parametrize(
    ("content", "thinking"), [("", "The patient says"), ("<think>The patient says", ""), ("  ", "Hm.")]
)
@pytest.mark.parametrize("name", ["json_with_reason", "zero_shot"])
def test_a_model_that_only_thinks(
    replay: ReplayServer, backend: OllamaBackend, rules: Rules, content: str, thinking: str, name: str
) -> None:
    replay.exchanges["thought"] = chat_answer(content, thinking, "length")
    replay.answer_next("thought", "thought")
    verdict = judged(backend, rules, name)
    assert "only thought" in verdict.failure
    assert (thinking or content) in verdict.raw_reply


def test_a_server_that_will_not_hear_of_thinking_is_asked_without_the_word(
    replay: ReplayServer, backend: OllamaBackend
) -> None:
    replay.answer_next("error_think_unsupported", "chat_json", "chat_json")
    assert backend.complete(JSON_CHAT).text
    assert "think" not in replay.questions[-1].body
    backend.complete(JSON_CHAT)
    assert "think" not in replay.questions[-1].body, "which is remembered"
    assert replay.paths().count("/api/chat") == 3


@pytest.mark.parametrize("failure", ["error_queue_full", "error_runner_killed"])
def test_what_may_pass_is_asked_again(replay: ReplayServer, backend: OllamaBackend, failure: str) -> None:
    replay.answer_next(failure, failure, "chat_json")
    assert backend.complete(JSON_CHAT).text
    assert replay.paths().count("/api/chat") == 3


def test_a_chat_with_a_missing_model_as_recorded(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.answer_next("error_chat_missing")
    with pytest.raises(ModelMissing):
        backend.complete(CHAT)


def test_settings_are_sent(replay: ReplayServer) -> None:
    settings = OllamaSettings("-1m", 8192, 5.0)
    replay.answer_next("chat_json", "generate_warm_new")
    with closing(OllamaBackend(MODEL, OllamaServer(replay.host, settings), PAUSES_S)) as backend:
        backend.complete(JSON_CHAT)
        backend.complete(Request("Patient: hi\nStatus:", ANSWERS))
    for question in replay.questions[-2:]:
        assert question.body["keep_alive"] == "-1m"
        assert question.body["options"]["num_ctx"] == 8192, "one number for both, or the model is loaded again"


@pytest.mark.parametrize(
    "wrong",
    [
        {"keep_alive": "soon"},
        {"keep_alive": "10"},
        {"keep_alive": ""},
        {"context_tokens": 10},
        {"context_tokens": 10**7},
        {"read_timeout_s": 0},
        {"read_timeout_s": math.nan},
    ],
)
def test_settings_that_no_server_accepts(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        OllamaSettings(**wrong)


def test_loading_may_take_as_long_as_the_settings_allow(replay: ReplayServer) -> None:
    replay.answer_next("chat_json", "chat_json")
    replay.delay_s = 0.5
    with closing(
        OllamaBackend(MODEL, OllamaServer(replay.host, OllamaSettings(read_timeout_s=5)), PAUSES_S)
    ) as patient:
        assert patient.complete(JSON_CHAT).text
    server = OllamaServer(replay.host, OllamaSettings(read_timeout_s=0.1))
    with closing(OllamaBackend(MODEL, server, PAUSES_S)) as impatient:
        started = time.perf_counter()
        with pytest.raises(BackendTimeout, match="did not answer in time"):
            impatient.complete(JSON_CHAT)
        assert time.perf_counter() - started < 1.5, "asked once: asking again would only double the wait"


# Typed decisions: no server that was recorded has them. These answers are written by hand, after the types of the
# official client 0.6.3 (SystemOneRequest, SystemOneResponse); only the 404 is a recording.


def typed_answer(probabilities: dict[str, float]) -> dict[str, Any]:
    """Written by hand: a typed decision as the client's types describe it."""
    choice = max(probabilities, key=lambda name: probabilities[name], default="")
    item = {"type": "choice", "choice": choice, "probabilities": probabilities, "confidence": 0.9}
    text = json.dumps({"model": MODEL, "answers": {"answer": item}, "usage": {"input_tokens": 9, "output_tokens": 1}})
    return answer(text)


def test_typed_decision_from_a_hand_written_server(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.exchanges["typed"] = typed_answer({"good": 0.2, "bad": 0.8})
    replay.answer_next("typed")
    assert backend.has_typed_decisions is None
    reply = backend.decide(CHOICE, {" good": "the participant can walk today"})
    assert backend.has_typed_decisions is True
    assert reply.text == " bad"
    assert reply.log_probabilities == pytest.approx({" good": math.log(0.2), " bad": math.log(0.8)})
    assert replay.questions[-1].path == "/v1/systemone"
    SystemOneRequest.model_validate(replay.questions[-1].body)
    assert replay.questions[-1].body == {
        "model": MODEL,
        "state": CHOICE.prompt,
        "questions": {
            "answer": {
                "type": "choice",
                "instructions": SYSTEM,
                "criteria": {"good": "the participant can walk today", "bad": "bad"},
            }
        },
        "keep_alive": "10m",
    }


def test_certain_typed_decision_from_a_hand_written_server(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.exchanges["typed"] = typed_answer({"good": 0.0, "bad": 1.0})
    replay.answer_next("typed")
    reply = backend.decide(CHOICE)
    assert all(value is not None and math.isfinite(value) for value in reply.log_probabilities.values())
    assert reply.text == " bad"


def test_useless_typed_decisions_from_a_hand_written_server(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.exchanges["other"] = typed_answer({"yes": 1.0})
    replay.exchanges["impossible"] = typed_answer({"good": -5.0, "bad": 7.0})
    replay.exchanges["score"] = answer(
        json.dumps(
            {
                "model": MODEL,
                "answers": {"answer": {"type": "noul", "noul": 0.5}},
                "usage": {"input_tokens": 9, "output_tokens": 1},
            }
        )
    )
    for name in ("other", "impossible", "score"):
        replay.answer_next(name)
        with pytest.raises(UnreadableReply):
            backend.decide(CHOICE)


def test_a_server_without_typed_decisions_as_recorded_is_asked_for_words(
    replay: ReplayServer, backend: OllamaBackend
) -> None:
    replay.exchanges["word"] = chat_answer("bad")
    replay.answer_next("systemone_unknown", "word", "word")
    assert backend.decide(CHOICE).text == "bad"
    assert backend.has_typed_decisions is False
    assert backend.decide(CHOICE).text == "bad"
    assert replay.paths().count("/v1/systemone") == 1, "it is found out once"


def test_a_verdict_says_which_way_it_came(replay: ReplayServer, backend: OllamaBackend, rules: Rules) -> None:
    prompt = find_prompt(available_prompts(), "typed_decision")
    replay.exchanges["typed"] = typed_answer({"yes": 0.2, "no": 0.8})
    replay.exchanges["said"] = listed_answer("Yes", {"Yes": -0.1, "No": -2.4})
    replay.answer_next("typed", "systemone_unknown", "said")
    meaning = prompt.questions[0].meanings[Decision.HOLD_BACK]
    judge = Judge(backend, prompt, rules)
    for _ in range(2):  # asked, and remembered
        verdict = judge.judge("My knee hurts.")
        assert verdict.p_send == pytest.approx(0.2)
        assert verdict.notes == (UNCALIBRATED_NOTE, TYPED_NOTE)
        assert f"no: {meaning}" in verdict.prompt
    for _ in range(2):
        verdict = judge.judge("I am well.")
        assert verdict.p_send == pytest.approx(1 / (1 + math.exp(-2.3)))
        assert verdict.notes == (UNCALIBRATED_NOTE, WORDS_NOTE)
        assert meaning not in verdict.prompt, "the model was not told"


def test_a_server_that_learns_probabilities_is_asked_again(
    replay: ReplayServer, backend: OllamaBackend, rules: Rules, tmp_path: Path
) -> None:
    prompt = find_prompt(available_prompts(), "zero_shot")
    replay.exchanges["word"] = chat_answer("No.")
    replay.exchanges["said"] = listed_answer("No", {"Yes": -2.4, "No": -0.1})
    replay.answer_next("word", "said")
    for p_send in (0.0, 1 / (1 + math.exp(2.3))):
        with closing(VerdictCache(tmp_path)) as cache:
            judge = Judge(backend, prompt, rules, cache)
            assert judge.judge("My knee hurts.").p_send == pytest.approx(p_send)
            assert judge.judge("My knee hurts.").source is VerdictSource.CACHE


def test_typed_decisions_that_fail_for_the_moment(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.exchanges["typed"] = typed_answer({"good": 0.9, "bad": 0.1})
    replay.answer_next("error_queue_full", "typed")
    assert backend.decide(CHOICE).text == " good"
    replay.answer_next("error_queue_full", "error_queue_full", "error_queue_full")
    with pytest.raises(Refused):
        backend.decide(CHOICE)
    assert backend.has_typed_decisions is True
    replay.answer_next("error_generate_missing")
    with pytest.raises(ModelMissing):
        backend.decide(CHOICE)


def test_a_question_without_two_answers_is_no_typed_one(replay: ReplayServer, backend: OllamaBackend) -> None:
    replay.answer_next("chat_json")
    assert backend.decide(JSON_CHAT).text.startswith("{")
    assert "/v1/systemone" not in replay.paths()


def test_nobody_there_to_decide() -> None:
    with closing(OllamaBackend(MODEL, OllamaServer("127.0.0.1:1"), PAUSES_S)) as backend:
        started = time.perf_counter()
        with pytest.raises(ServerUnreachable):
            backend.decide(CHOICE)
        assert time.perf_counter() - started < 1.0
