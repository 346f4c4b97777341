"""Models that think, forms that are ignored, and answers that go on behind their end.

The servers here are scripted, after what Ollama documents of thinking models; none was recorded.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from jitai.judge.cache import VerdictCache
from jitai.judge.judge import Judge
from jitai.judge.ollama.backend import THINKING_TOKENS, OllamaBackend
from jitai.judge.ollama.server import OllamaServer
from jitai.judge.prompt_file import available_prompts
from jitai.judge.prompts import find_prompt
from jitai.judge.rules import Rules
from jitai.judge.strategies import JSON_NOTE
from jitai.records import Decision, Verdict, VerdictSource
from tests.scripted_server import ScriptedServer, Send, as_answer

SECRET = "My knee hurts so much."
NO = '{"reason": "A knee hurts.", "decision": "no"}'
LISTED = {"models": [{"name": "m:1", "model": "m:1", "size": 10**8, "digest": "b" * 64}]}


class ChatServer(ScriptedServer):
    """Answers chats as ``says`` does, from what was asked; None is a refusal to think."""

    def __init__(self, says: Any) -> None:
        def script(send: Send, path: str, body: Any) -> None:
            if path == "/api/tags":
                return send(as_answer(LISTED))
            if path != "/api/chat":
                return send(as_answer({"error": "404 page not found"}, "404 Not Found"))
            message = says(body)
            if message is None:
                return send(as_answer({"error": '"m:1" does not support thinking'}, "400 Bad Request"))
            reason = message.pop("done_reason", "stop")
            logprobs = message.pop("logprobs", None)
            content = {"model": "m:1", "message": {"role": "assistant", **message}, "done": True, "done_reason": reason}
            return send(as_answer({**content, **({"logprobs": logprobs} if logprobs else {})}))

        super().__init__(script)

    @property
    def chats(self) -> list[tuple[Any, int]]:
        """The level of thinking and the room of each chat."""
        return [(body.get("think"), body["options"]["num_predict"]) for path, body in self.asked if path == "/api/chat"]


def judged(server: ScriptedServer, rules: Rules, *texts: str, name: str = "json_with_reason") -> list[Verdict]:
    with closing(OllamaBackend("m:1", OllamaServer(server.host), ())) as backend:
        judge = Judge(backend, find_prompt(available_prompts(), name), rules)
        return [judge.judge(text) for text in texts or (SECRET,)]


def always_thinks(body: Any) -> dict[str, Any] | None:
    """As gpt-oss: it does not hear that it must not think, and knows levels only."""
    if body["think"] is False or body["options"]["num_predict"] < THINKING_TOKENS:
        return {"content": "", "thinking": "The patient says that " * 9, "done_reason": "length"}
    return {"content": NO, "thinking": "Short."} if body["think"] == "low" else None


def test_a_model_that_thinks_although_told_not_to_gets_room_for_little(rules: Rules) -> None:
    with ChatServer(always_thinks) as server:
        first, second = judged(server, rules, SECRET, "My leg is broken.")
        assert [first.decision, second.decision] == [Decision.HOLD_BACK] * 2
        assert first.raw_reply == f"<think>Short.</think>{NO}"
        low = ("low", 160 + THINKING_TOKENS)
        assert server.chats == [(False, 160), low, low], "which is remembered"


def thinks_aloud(body: Any) -> dict[str, Any] | None:
    """As models whose thoughts the server does not tell from their answer: it cannot be told anything."""
    if body.get("think") is not None:
        return None
    if body["options"]["num_predict"] < THINKING_TOKENS:
        return {"content": "<think>The patient says", "done_reason": "length"}
    return {"content": f'<think>\nThe patient says {{"decision": "yes"}}.\n</think>\n\n```json\n{NO}\n```'}


def test_thoughts_in_the_answer_are_taken_out(rules: Rules) -> None:
    with ChatServer(thinks_aloud) as server:
        [verdict] = judged(server, rules)
        assert (verdict.decision, verdict.model_reason) == (Decision.HOLD_BACK, "A knee hurts.")
        assert server.chats == [(False, 160), (None, 160), (None, 160 + THINKING_TOKENS)]


def forgets_the_form(body: Any) -> dict[str, Any]:
    """As servers that hold a model to no form while it must not think."""
    return {"content": "They cannot walk."} if body["think"] is False else {"content": NO, "thinking": "Hm."}


def test_a_form_that_is_ignored_without_thinking(rules: Rules) -> None:
    with ChatServer(forgets_the_form) as server:
        verdicts = judged(server, rules, SECRET, "My leg is broken.")
        assert [verdict.decision for verdict in verdicts] == [Decision.HOLD_BACK] * 2
        assert [level for level, _ in server.chats] == [False, "low", "low"]


def test_a_model_that_cannot_think_is_not_asked_to_twice(rules: Rules) -> None:
    def writes_prose(body: Any) -> dict[str, Any] | None:
        return {"content": "They cannot walk."} if body.get("think") in (None, False) else None

    with ChatServer(writes_prose) as server:
        verdicts = judged(server, rules, SECRET, "My leg is broken.", "I am ill.")
        assert all("not the JSON that was asked for" in verdict.failure for verdict in verdicts)
        assert all(verdict.raw_reply == "They cannot walk." for verdict in verdicts)
        assert [level for level, _ in server.chats] == [False, "low", None, None]


@pytest.mark.parametrize(
    "content", [f"```json\n{NO}\n```", f"Sure! {NO}", f'{{"decision": "no", "reason": "{"x" * 90}"}}']
)
def test_json_is_found_wherever_it_stands_and_in_any_order(rules: Rules, content: str) -> None:
    with ChatServer(lambda _: {"content": content}) as server:
        [verdict] = judged(server, rules)
        assert (verdict.decision, verdict.notes) == (Decision.HOLD_BACK, (JSON_NOTE,))
        assert len(server.chats) == 1


def test_the_word_after_the_thoughts_is_the_one_whose_probability_counts(rules: Rules) -> None:
    """The server lists the tokens of the thoughts as well."""

    def token(text: str, **listed: float) -> dict[str, Any]:
        return {"token": text, "logprob": -0.1, "top_logprobs": [{"token": k, "logprob": v} for k, v in listed.items()]}

    places = [
        token("yes", yes=-0.1, no=-5.0),
        token(", but", x=-1.0),
        token("No", No=-0.2, Yes=-1.7),
        token(".", x=-1.0),
    ]
    answer = {"content": "No.", "thinking": "yes, but", "logprobs": places}
    with ChatServer(lambda body: dict(answer)) as server:
        [verdict] = judged(server, rules, name="zero_shot")
    assert verdict.p_send == pytest.approx(1 / (1 + 2.718281828**1.5), abs=1e-6)


def test_an_answer_that_is_whole_is_not_waited_for(rules: Rules) -> None:
    """White space may follow it for seconds, up to the limit of tokens."""

    def pieces() -> Iterator[str]:
        yield from ('{"reason": "", ', '"decision": ', '"no"}')
        yield from [" \t\n"] * 100

    sent: list[str] = []

    def slowly(send: Send, path: str, body: Any) -> None:
        if path != "/api/chat":
            return send(as_answer(LISTED if path == "/api/tags" else {"error": "404 page not found"}))
        send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for piece in pieces():
            line = json.dumps({"message": {"role": "assistant", "content": piece}, "done": False}).encode() + b"\n"
            send(b"%x\r\n%s\r\n" % (len(line), line))
            sent.append(piece)
            time.sleep(0.05)
        return send(b"0\r\n\r\n")

    with ScriptedServer(slowly) as server:
        started = time.perf_counter()
        [verdict] = judged(server, rules)
        assert verdict.decision is Decision.HOLD_BACK
        assert time.perf_counter() - started < 2.0
        assert verdict.raw_reply == '{"reason": "", "decision": "no"}'
        assert 100 < verdict.model_ms < 2000
    assert len(sent) < 50, "the model was stopped"


def test_what_could_not_be_read_is_kept_on_this_machine(rules: Rules, tmp_path: Any) -> None:
    listed = [{"token": "Well", "logprob": -0.1, "top_logprobs": [{"token": "Well", "logprob": -0.1}]}]
    with ChatServer(lambda _: {"content": "Well, that depends.", "logprobs": listed}) as server:
        prompt = find_prompt(available_prompts(), "json_with_reason")
        with (
            closing(VerdictCache(tmp_path)) as cache,
            closing(OllamaBackend("m:1", OllamaServer(server.host), ())) as backend,
        ):
            verdict = Judge(backend, prompt, rules, cache).judge(SECRET)
            assert (verdict.source, verdict.raw_reply) == (VerdictSource.FALLBACK, "Well, that depends.")
    assert b"Well, that depends." in b"".join(path.read_bytes() for path in tmp_path.iterdir())
