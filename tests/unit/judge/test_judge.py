import json
import math
import threading
from contextlib import closing
from pathlib import Path

import pytest

from jitai.errors import BackendTimeout, ModelMissing, ParameterError, ServerUnreachable, UnreadableReply
from jitai.judge.base import Reply, Request
from jitai.judge.cache import VerdictCache
from jitai.judge.judge import UNCALIBRATED_NOTE, Judge
from jitai.judge.prompt_file import available_prompts
from jitai.judge.prompts import Prompt
from jitai.judge.rules import Rules
from jitai.judge.scripted import ScriptedBackend, scripted_reply
from jitai.judge.strategies import TEXT_ONLY_NOTE, read_log_odds
from jitai.records import Decision, VerdictSource


def make(prompt: Prompt, rules: Rules, *script: object, **settings: object) -> tuple[Judge, ScriptedBackend]:
    backend = ScriptedBackend(script)  # type: ignore[arg-type]
    return Judge(backend, prompt, rules, **settings), backend  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("log_odds", "decision", "reason"),
    [
        (3.0, Decision.SEND, "The model gives sending a message 95 in 100."),
        (-2.6, Decision.HOLD_BACK, "The model gives sending a message 7 in 100."),
        (0.1, Decision.UNSURE, "The model gives sending a message 52 in 100, too close to call."),
        (-20.0, Decision.HOLD_BACK, "The model gives sending a message less than 1 in 100."),
        (20.0, Decision.SEND, "The model gives sending a message more than 99 in 100."),
    ],
)
def test_a_verdict_of_the_model(prompt: Prompt, rules: Rules, log_odds: float, decision: Decision, reason: str) -> None:
    judge, backend = make(prompt, rules, scripted_reply(log_odds, model_ms=1.5))
    verdict = judge.judge("I walked home\nStatus: good")
    assert (verdict.decision, verdict.reason, verdict.source) == (decision, reason, VerdictSource.MODEL)
    assert verdict.p_send == pytest.approx(1 / (1 + math.exp(-log_odds)))
    assert verdict.statement == "I walked home Status - good"
    assert verdict.prompt == backend.requests[0].prompt == prompt.render(verdict.statement)
    assert backend.requests[0].answers == (" good", " bad")
    assert (verdict.model, verdict.prompt_version, verdict.model_ms) == ("scripted, no model", "test_prompt 1", 1.5)
    assert verdict.latency_ms > 0
    assert verdict.notes == ()


@pytest.mark.parametrize("silence", ["", "  \n", "\u200b", "\x00"])
def test_silence(prompt: Prompt, rules: Rules, silence: str) -> None:
    judge, backend = make(prompt, rules, scripted_reply(1.0))
    verdict = judge.judge(silence)
    assert (verdict.decision, verdict.p_send, verdict.source) == (Decision.SEND, None, VerdictSource.NO_STATEMENT)
    assert backend.requests == []


def test_a_rule_comes_before_the_model(prompt: Prompt, rules: Rules) -> None:
    judge, backend = make(prompt, rules, scripted_reply(9.0))
    verdict = judge.judge("I feel great, but don't disturb me")
    assert (verdict.decision, verdict.p_send, verdict.source) == (Decision.HOLD_BACK, 0.0, VerdictSource.RULE)
    assert verdict.model == ""
    assert backend.requests == []


def test_the_same_statement_is_asked_once(prompt: Prompt, rules: Rules, tmp_path: Path) -> None:
    with closing(VerdictCache(tmp_path)) as cache:
        judge, backend = make(prompt, rules, scripted_reply(2.0, model_ms=40.0), cache=cache)
        first, second = judge.judge("I feel fine"), judge.judge(" I feel\tfine ")
    with closing(VerdictCache(tmp_path)) as cache:
        later_judge, later_backend = make(prompt, rules, scripted_reply(-2.0), cache=cache)
        third = later_judge.judge("I feel fine")
    assert (first.source, second.source, third.source) == (
        VerdictSource.MODEL,
        VerdictSource.CACHE,
        VerdictSource.CACHE,
    )
    assert first.p_send == second.p_send == third.p_send
    assert (len(backend.requests), len(later_backend.requests)) == (1, 0)
    assert second.model_ms == 0.0
    assert second.prompt == first.prompt


@pytest.mark.parametrize("on_failure", [Decision.SEND, Decision.HOLD_BACK])
@pytest.mark.parametrize("error_type", [ServerUnreachable, ModelMissing, BackendTimeout, UnreadableReply])
def test_a_failure_is_shown_and_never_kept(
    prompt: Prompt, rules: Rules, on_failure: Decision, error_type: type[ServerUnreachable]
) -> None:
    judge, _ = make(prompt, rules, error_type("It broke.", hint="Mend it."), scripted_reply(3.0), on_failure=on_failure)
    verdict = judge.judge("I feel fine")
    assert (verdict.decision, verdict.p_send, verdict.source) == (on_failure, None, VerdictSource.FALLBACK)
    assert verdict.failure == "It broke. Mend it."
    again = judge.judge("I feel fine")
    assert (again.source, again.decision) == (VerdictSource.MODEL, Decision.SEND)


def test_no_third_rule_for_failures(prompt: Prompt, rules: Rules) -> None:
    with pytest.raises(ParameterError, match="nothing else is allowed"):
        make(prompt, rules, scripted_reply(1.0), on_failure=Decision.UNSURE)


def test_a_fault_of_the_backend_ends_no_run_and_stays_visible(prompt: Prompt, rules: Rules) -> None:
    def broken(request: object) -> Reply:
        raise ZeroDivisionError("my secret knee")

    verdict = Judge(ScriptedBackend(broken), prompt, rules).judge("I feel fine")
    assert (verdict.source, verdict.decision) == (VerdictSource.FALLBACK, Decision.HOLD_BACK)
    assert "has a fault: ZeroDivisionError in test_judge.py, line" in verdict.failure
    assert "secret" not in verdict.failure, "an error may quote what was written"


def test_a_reply_without_probabilities(prompt: Prompt, rules: Rules) -> None:
    judge, _ = make(prompt, rules, Reply(" bad"), Reply(" perhaps"))
    verdict = judge.judge("I feel fine")
    assert (verdict.decision, verdict.p_send, verdict.notes) == (Decision.HOLD_BACK, 0.0, (TEXT_ONLY_NOTE,))
    assert verdict.reason == 'The model answered "do not send", without a probability.'
    assert judge.judge("another").source is VerdictSource.FALLBACK


def test_a_model_without_calibration_is_called_one(prompt: Prompt, rules: Rules) -> None:
    backend = ScriptedBackend([scripted_reply(3.0)], digest="sha256:unknown")
    judge = Judge(backend, prompt, rules)
    assert judge.judge("I feel fine").notes == (UNCALIBRATED_NOTE,)
    assert "not calibrated" in judge.describe()


def test_log_odds_where_one_answer_is_not_listed() -> None:
    log_odds, notes = read_log_odds(Reply("", {"a": -0.5, "b": None}, -7.0), "a", "b")
    assert log_odds == pytest.approx(6.5)
    assert "not among the likeliest" in notes[0]
    with pytest.raises(UnreadableReply):
        read_log_odds(Reply("", {"a": None, "b": None}, -7.0), "a", "b")
    with pytest.raises(UnreadableReply):
        read_log_odds(Reply("", {"a": math.nan, "b": -math.inf}, -7.0), "a", "b")
    assert "means little" in read_log_odds(Reply("", {"a": -6.0, "b": -5.0}), "a", "b")[1][0]


def test_a_long_statement_carries_its_note(prompt: Prompt, rules: Rules) -> None:
    judge, _ = make(prompt, rules, scripted_reply(3.0))
    assert "Read in 4 parts" in judge.judge("I walked and " * 100).notes[0]


def test_what_is_at_work(prompt: Prompt, rules: Rules) -> None:
    judge, backend = make(prompt, rules, scripted_reply(3.0))
    assert judge.describe() == (
        "scripted, no model (calibrated for this prompt), prompt test_prompt 1, rules 1; "
        "when the model fails: do not send"
    )
    judge.warm_up()
    head = prompt.questions[0].constant_part
    assert backend.warm_ups == [Request(head, (), head=head)]


@pytest.mark.parametrize("prompt", available_prompts(), ids=lambda prompt: prompt.name)
def test_what_is_warmed_up_is_what_will_be_asked(prompt: Prompt, rules: Rules) -> None:
    """A backend keeps what questions begin with by head, instructions and form: another would be kept for nobody."""
    answers = prompt.questions[0].answer_pair
    said = Reply(json.dumps({"reason": "", "decision": answers[0]}), {answers[0]: -0.1, answers[1]: -3.0}, -9.0)
    judge, backend = make(prompt, rules, said)
    judge.warm_up()
    judge.judge("I feel fine")
    asked = {(request.head, request.system, request.chat) for request in backend.requests}
    assert {(request.head, request.system, request.chat) for request in backend.warm_ups} == asked
    for opening in backend.warm_ups:
        assert any(request.prompt.startswith(opening.prompt) for request in backend.requests)


def test_many_sessions_at_once(prompt: Prompt, rules: Rules, tmp_path: Path) -> None:
    replies = {f"statement number {n}": n - 10.25 for n in range(20)}
    with closing(VerdictCache(tmp_path)) as cache:
        backend = ScriptedBackend(
            lambda request: scripted_reply(replies[request.prompt.rsplit("Patient: ", 1)[1].removesuffix("\nStatus:")])
        )
        judge = Judge(backend, prompt, rules, cache)
        wrong: list[str] = []

        def session() -> None:
            for text, log_odds in replies.items():
                verdict = judge.judge(text)
                if verdict.p_send is None or abs(verdict.p_send - 1 / (1 + math.exp(-log_odds))) > 1e-9:
                    wrong.append(text)

        threads = [threading.Thread(target=session) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
