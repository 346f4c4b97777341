"""Work in the background: its end, its failure, its bugs, and how it is stopped."""

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from jitai.background import BackgroundCall, BackgroundJob, FairLock, Progress
from jitai.errors import ParameterError

WAIT_S = 30.0


class Job(BackgroundJob[Progress]):
    """Does what it is given, and knows whether it came to its end."""

    def __init__(self, do: Callable[["Job"], None], after: Callable[[], None] = lambda: None) -> None:
        super().__init__("test", "The test")
        self.do, self.after, self.n_done = do, after, 0

    def _run(self) -> None:
        self.do(self)

    def _after(self) -> None:
        self.after()

    def _snapshot(self, finished: bool) -> Progress:
        return Progress("finished" if finished else "at work", self.n_done, 3)


def test_a_job_is_watched_and_stopped() -> None:
    begun = threading.Event()

    def count(job: Job) -> None:
        while not job.stopping:
            job.n_done = 2
            begun.set()

    job = Job(count)
    assert not job.running and not job.finished and not job.wait(0)
    job.start()
    assert begun.wait(WAIT_S) and job.running
    assert job.snapshot() == Progress("at work", 2, 3)
    job.stop()
    assert job.wait(WAIT_S) and job.finished and not job.running and not job.failure
    assert job.snapshot() == Progress("finished", 2, 3)
    assert job.seconds == job.seconds, "it has stopped counting"


def test_what_a_person_can_mend_is_the_failure_with_its_hint() -> None:
    def fail(_: Job) -> None:
        raise ParameterError("It is too large.", "Take a smaller one.")

    ended: list[bool] = []
    job = Job(fail, lambda: ended.append(job.finished))
    job.start()
    assert job.wait(WAIT_S) and job.failure == "It is too large. Take a smaller one."
    assert ended == [False], "what is done last is done before anybody takes it for ended"


@pytest.mark.parametrize("last", [False, True])
def test_a_bug_is_in_the_log_and_a_sentence_for_people(monkeypatch: pytest.MonkeyPatch, last: bool) -> None:
    logged: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: logged.append(arguments.exc_value))

    def bug(*_: object) -> None:
        raise KeyError("secret")

    ended: list[bool] = []
    job = Job(lambda job: None, bug) if last else Job(bug, lambda: ended.append(True))
    job.start()
    assert job.wait(WAIT_S) and isinstance(logged[0], KeyError)
    assert job.failure == "The test ended with an error of the program: KeyError. The log has it."
    assert ended == ([] if last else [True])


def test_a_call_is_repeated_until_it_is_stopped() -> None:
    calls: list[int] = []
    enough = threading.Event()

    def call() -> None:
        calls.append(1)
        if len(calls) == 3:
            enough.set()

    again = BackgroundCall("again", call, 0.001, again=True)
    again.start()
    assert enough.wait(WAIT_S)
    again.stop()
    assert again.wait(WAIT_S)
    n_calls = len(calls)
    once = BackgroundCall("once", call)
    once.start()
    assert once.wait(WAIT_S) and len(calls) == n_calls + 1


def test_a_call_that_waits_can_be_called_off() -> None:
    calls: list[int] = []
    later = BackgroundCall("later", lambda: calls.append(1), delay_s=3600)
    later.start()
    later.stop()
    assert later.wait(WAIT_S) and not calls


def test_a_fair_lock_is_given_in_the_order_of_asking() -> None:
    lock, order = FairLock(), []
    waiting: list[BackgroundCall] = []

    def take(number: int) -> None:
        with lock:
            order.append(number)

    with lock:
        for number in range(20):
            waiting.append(BackgroundCall("take", partial(take, number)))
            waiting[-1].start()
            while len(lock._waiting) <= number:
                time.sleep(0.001)
    assert all(call.wait(WAIT_S) for call in waiting) and order == list(range(20))


def test_who_asks_again_and_again_keeps_nobody_waiting() -> None:
    lock, n_taken, over = FairLock(), [0], threading.Event()

    def greedy() -> None:
        while not over.is_set():
            with lock:
                n_taken[0] += 1
                time.sleep(0.001)

    call = BackgroundCall("greedy", greedy)
    call.start()
    while not n_taken[0]:
        time.sleep(0.001)
    for _ in range(20):
        with lock:
            before = n_taken[0]
        while n_taken[0] == before:
            time.sleep(0.0001)
        before = n_taken[0]
        with lock:
            assert n_taken[0] <= before + 2
    over.set()
    assert call.wait(WAIT_S)


def test_who_gives_up_waiting_is_left_out() -> None:
    lock = FairLock()
    lock.__enter__()
    turn = threading.Lock()
    turn.acquire()
    lock._waiting.append(turn)
    lock._give_up(turn)
    assert not lock._waiting, "in the row"
    lock._give_up(turn)
    with lock:
        pass
