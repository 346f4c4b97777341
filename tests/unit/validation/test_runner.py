"""Runs with a scripted backend (no language model): progress, stopping, failures, what is remembered."""

import threading

import pytest

from jitai.errors import BackendError, ParameterError, ServerUnreachable
from jitai.judge.base import Request
from jitai.judge.judge import Judge
from jitai.judge.prompt_file import load_prompt
from jitai.judge.rules import load_rules
from jitai.judge.scripted import ScriptedBackend, ScriptLine, scripted_reply
from jitai.records import Decision, Label, Statement, Verdict, VerdictSource
from jitai.validation.runner import Candidate, ValidationRun, judge_corpus

WAIT_S = 30
STATEMENTS = tuple(
    Statement(f"{word}{pair}", f"the word is {word} {pair}", label, "plain", pair)
    for pair in range(10)
    for word, label in (("lovely", Label.CAN_WALK), ("awful", Label.CANNOT_WALK))
)


def by_its_word(request: Request) -> ScriptLine:
    """Reads the statement, which stands behind the prompt's examples."""
    return scripted_reply(5.0 if "lovely" in request.prompt.removeprefix(request.head) else -5.0)


def scripted(backend: ScriptedBackend) -> Judge:
    return Judge(backend, load_prompt(), load_rules())


def finished(run: ValidationRun) -> ValidationRun:
    run.start()
    assert run.wait(WAIT_S)
    return run


def test_every_statement_goes_before_every_judge() -> None:
    judges = [Candidate("right", lambda: scripted(ScriptedBackend(by_its_word))),
              Candidate("always send", lambda: scripted(ScriptedBackend([scripted_reply(5.0)])))]  # fmt: skip
    found = finished(ValidationRun(judges, STATEMENTS)).snapshot()
    assert found.finished
    assert not found.stopped
    assert found.seconds_left == 0
    assert found.n_total == len(found.rows) == 2 * len(STATEMENTS)
    assert [row.statement for row in found.rows_of("right")] == list(STATEMENTS)
    assert all(row.is_right for row in found.rows_of("right"))
    assert sum(row.is_right for row in found.rows_of("always send")) == len(STATEMENTS) / 2


def test_repeated_texts_come_from_the_judges_own_memory() -> None:
    backend = ScriptedBackend(by_its_word)
    judge = scripted(backend)
    rows = list(judge_corpus("judge", judge, [*STATEMENTS[:3], *STATEMENTS[:3]]))
    assert len(backend.requests) == 3
    assert {row.verdict.source for row in rows[3:]} == {VerdictSource.CACHE}


def test_a_run_is_stopped_and_keeps_what_it_has() -> None:
    backend = ScriptedBackend(by_its_word, delay_s=0.05)
    run = ValidationRun([Candidate("slow", lambda: scripted(backend)), Candidate("never", _must_not_open)], STATEMENTS)
    before = run.snapshot()
    assert not before.finished
    assert before.seconds_left is None
    run.start()
    while len(run.snapshot().rows) < 3:
        assert not run.wait(0.01), "it ended by itself"
    during = run.snapshot()
    assert "slow" in during.at_work
    assert during.seconds_left is not None
    assert 0 < during.seconds_left < 60
    run.stop()
    assert run.wait(WAIT_S)
    found = run.snapshot()
    assert found.finished
    assert found.stopped
    assert 3 <= len(found.rows) < len(STATEMENTS)
    assert len(backend.requests) == len(found.rows), "nobody is asked after the stop"
    assert threading.active_count() < 50


def _must_not_open() -> Judge:
    raise AssertionError("a stopped run opens no further judge")


def test_errors_are_neither_right_nor_vetoes() -> None:
    lines: list[ScriptLine] = [scripted_reply(-5.0), ServerUnreachable("The server is gone.")]
    found = finished(
        ValidationRun([Candidate("shaky", lambda: scripted(ScriptedBackend(lines)))], STATEMENTS)
    ).snapshot()
    failed = [row for row in found.rows if row.failed]
    assert len(failed) == len(STATEMENTS) / 2
    for row in failed:
        # The rule for failures says "do not send", and every one of these cannot walk: still not right.
        assert row.verdict.decision == Decision.HOLD_BACK
        assert not row.is_counted
        assert not row.is_right
        assert "gone" in row.verdict.failure


def test_a_judge_that_cannot_be_made_ready_does_not_end_the_run() -> None:
    def broken() -> Judge:
        raise BackendError("The model is not there.", "Install it.")

    run = ValidationRun(
        [Candidate("broken", broken), Candidate("fine", lambda: scripted(ScriptedBackend(by_its_word)))], STATEMENTS
    )
    found = finished(run).snapshot()
    assert found.failures == {"broken": "The model is not there. Install it."}
    assert found.n_total == len(found.rows) == len(STATEMENTS)
    assert not found.stopped


def test_a_bug_is_in_the_log_and_a_sentence_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: logged.append(arguments.exc_value))

    class Buggy:
        def judge(self, text: str) -> Verdict:
            raise ZeroDivisionError(text)

    found = finished(ValidationRun([Candidate("buggy", Buggy)], STATEMENTS)).snapshot()
    assert found.failure == "The validation ended with an error of the program: ZeroDivisionError. The log has it."
    assert found.stopped and isinstance(logged[0], ZeroDivisionError)


@pytest.mark.parametrize("names", [[], ["same", "same"]])
def test_judges_need_names_of_their_own(names: list[str]) -> None:
    with pytest.raises(ParameterError):
        ValidationRun([Candidate(name, _must_not_open) for name in names], STATEMENTS)
    with pytest.raises(ParameterError):
        ValidationRun([Candidate("one", _must_not_open)], [])
