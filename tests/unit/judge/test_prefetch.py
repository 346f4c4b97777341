"""Texts judged ahead: all of them, once, in order, and no more once stopped (a scripted backend)."""

import threading

from jitai.corpus import TEST, StatementBook, load_part
from jitai.judge.judge import Judge
from jitai.judge.prefetch import VerdictPrefetcher
from jitai.judge.prompts import Prompt
from jitai.judge.rules import Rules
from jitai.judge.scripted import ScriptedBackend, scripted_reply
from jitai.policies.registry import PolicySpec
from jitai.records import Verdict, VerdictSource
from jitai.simulator.config import DEFAULT_PRESET, PRESETS
from jitai.trial.filters import NONE, filter_spec
from jitai.trial.live import coming_statements, live_days
from jitai.trial.spec import TrialSpec


def test_what_was_judged_ahead_is_known(prompt: Prompt, rules: Rules) -> None:
    backend = ScriptedBackend([scripted_reply(2.0)])
    judge = Judge(backend, prompt, rules)
    texts = ["I feel fine", "my knee hurts", "I feel fine", "lovely day"]
    assert VerdictPrefetcher(judge.judge, texts).wait(10)
    assert len(backend.requests) == 3
    assert {judge.judge(text).source for text in texts} == {VerdictSource.CACHE}


def test_it_can_be_stopped() -> None:
    begun, go_on = threading.Event(), threading.Event()
    judged = []

    def slow(text: str) -> Verdict:
        judged.append(text)
        begun.set()
        go_on.wait(10)
        return None  # type: ignore[return-value]

    ahead = VerdictPrefetcher(slow, ["one", "two", "three"])
    assert begun.wait(10)
    ahead.stop()
    go_on.set()
    assert ahead.wait(10)
    assert judged == ["one"]


def test_the_coming_statements_are_those_that_are_said() -> None:
    book = StatementBook(load_part(TEST))
    for seed in range(5):
        spec = TrialSpec(
            config=PRESETS[DEFAULT_PRESET], policy=PolicySpec("never"), filter=filter_spec(NONE), seed=seed
        )
        said = [record.statement for record in live_days(spec, book, None) if record.statement]
        assert list(coming_statements(spec, book)) == said
        assert len(said) > 10
