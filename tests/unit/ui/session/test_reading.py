"""A run that is read in the background: nobody meets half a day, it can be given up, and its failure is told."""

import threading

from jitai.corpus import TEST, StatementBook, load_part
from jitai.policies.registry import PolicySpec
from jitai.records import Decision, JudgeReference, Verdict, VerdictSource
from jitai.simulator.config import PRESETS
from jitai.trial.scenario import Scenario, compose, play
from jitai.trial.spec import TrialSpec
from jitai.ui.session.reading import RunInBackground

BOOK = StatementBook(load_part(TEST))
SPEC = TrialSpec(PRESETS["Ability mostly lasts"], policy=PolicySpec("tailored"), seed=3)


class OneAtATime:
    """A judge that reads a statement whenever it is allowed to."""

    def __init__(self) -> None:
        self.may_read = threading.Semaphore(0)
        self.is_asked = threading.Event()

    def judge(self, text: str) -> Verdict:
        if not text:
            return Verdict(Decision.SEND, None, VerdictSource.NO_STATEMENT, "")
        self.is_asked.set()
        assert self.may_read.acquire(timeout=30)
        decision = Decision.HOLD_BACK if len(text) % 3 == 0 else Decision.SEND
        return Verdict(decision, 0.4, VerdictSource.MODEL, "", statement=text)


def a_scenario() -> Scenario:
    return compose(SPEC, BOOK, judge=JudgeReference("slow"))


def test_days_can_be_looked_at_while_they_come() -> None:
    judge = OneAtATime()
    job = RunInBackground(a_scenario(), judge)
    seen = []
    for _ in range(6):
        judge.may_read.release()
        seen.append(job.snapshot())
    judge.may_read.release(1000)
    while not job.finished:
        seen.append(job.snapshot())
    whole = job.snapshot()
    assert whole.run is not None
    assert whole.records == whole.run.records
    for look in seen:
        assert [record.observation.decision_index for record in look.records] == list(range(len(look.records)))
        assert look.records == whole.records[: len(look.records)]
    assert whole.run.records == play(whole.run.scenario).records, "with its verdicts, it is the same without the judge"


def test_a_run_that_nobody_waits_for_ends_after_the_statement_at_hand() -> None:
    judge = OneAtATime()
    job = RunInBackground(a_scenario(), judge)
    assert judge.is_asked.wait(10)
    job.stop()
    judge.may_read.release()
    assert job.wait(10)
    assert job.snapshot().run is None
    assert len(job.snapshot().records) < SPEC.config.study_length


def test_a_bug_becomes_a_sentence() -> None:
    class Broken(OneAtATime):
        def judge(self, text: str) -> Verdict:
            raise RuntimeError("a bug")

    complaints: list[object] = []
    hook, threading.excepthook = threading.excepthook, complaints.append
    try:
        job = RunInBackground(a_scenario(), Broken())
        assert job.wait(10)
    finally:
        threading.excepthook = hook
    assert job.snapshot().run is None
    assert "The run ended with an error of the program" in job.failure
    assert complaints
