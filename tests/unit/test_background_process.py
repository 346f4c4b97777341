"""Work in a process of its own: watched, stopped, failed, killed, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from jitai.background import BackgroundJob
from jitai.background_process import NICENESS, BackgroundProcess, call_elsewhere
from jitai.errors import JitaiError, ParameterError

WAIT_S = 60.0
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Count:
    """How far it is, and where it is done."""

    number: int = 0
    process: int = 0
    niceness: int = 0
    finished: bool = False
    failure: str = ""


class Counting(BackgroundJob[Count]):
    """Counts as far as it is told, or until it is stopped; then does what it is told."""

    def __init__(self, up_to: int, at_the_end: str = "") -> None:
        if up_to < 0:
            raise ParameterError("It cannot count down.")
        super().__init__("counting", "The counting")
        self.up_to, self.at_the_end, self.number = up_to, at_the_end, 0

    def _run(self) -> None:
        print("what a job prints is no answer")
        while self.number < self.up_to and not self.stopping:
            self.number += 1
            time.sleep(0.01)
        if self.at_the_end == "refuse":
            raise ParameterError("It is too much.", "Take less.")
        if self.at_the_end == "bug":
            raise KeyError("secret")
        if self.at_the_end:
            Path(self.at_the_end).write_text(f"{self.number} {self.stopping}")

    def _snapshot(self, finished: bool) -> Count:
        niceness = os.nice(0) if hasattr(os, "nice") else 0
        return Count(self.number, os.getpid(), niceness, finished, self.failure if finished else "")


def lost(count: Count, failure: str) -> Count:
    return replace(count, finished=True, failure=failure)


def counting(up_to: int, at_the_end: str = "") -> BackgroundProcess[Count]:
    return BackgroundProcess(partial(Counting, up_to, at_the_end), lost)


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def begun(job: BackgroundProcess[Count]) -> int:
    """Start a job; return its process as soon as it is at work."""
    job.start()
    until(lambda: job.snapshot().process != os.getpid() or job.finished)
    assert not job.finished
    return job.snapshot().process


def is_there(process: int) -> bool:
    """Whether a process is there, were it only as a zombie."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_is_done_elsewhere_with_less_priority_and_nothing_stays() -> None:
    job = counting(3)
    assert job.snapshot() == Count(0, os.getpid(), os.nice(0)) and not job.running
    job.start()
    assert job.wait(WAIT_S) and not job.failure and not job.running
    done = job.snapshot()
    assert done.number == 3 and done.finished and done.process != os.getpid()
    assert done.niceness == os.nice(0) + NICENESS
    assert not is_there(done.process), "not even as a zombie"
    assert job.process_id is None


def test_it_is_stopped_and_keeps_what_it_has() -> None:
    job = counting(10**9)
    process = begun(job)
    assert job.process_id == process and job.running
    job.stop()
    job.stop()
    assert job.wait(WAIT_S) and not job.failure
    assert 0 < job.snapshot().number < 10**9 and job.snapshot().finished
    assert not is_there(process)


def test_stopped_before_it_begins_it_does_nothing_much() -> None:
    job = counting(10**9)
    job.stop()
    job.start()
    assert job.wait(WAIT_S) and not job.failure and job.snapshot().finished


def test_what_a_person_can_mend_is_the_failure_here_too(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ParameterError, match="count down"):
        counting(-1)
    job = counting(1, "refuse")
    job.start()
    assert job.wait(WAIT_S)
    assert job.failure == job.snapshot().failure == "It is too much. Take less."
    assert "Traceback" not in capfd.readouterr().err


def test_a_bug_is_in_the_log_and_a_sentence_for_people(capfd: pytest.CaptureFixture[str]) -> None:
    job = counting(1, "bug")
    job.start()
    assert job.wait(WAIT_S)
    assert job.failure == "The counting ended with an error of the program: KeyError. The log has it."
    logged = capfd.readouterr().err
    assert "KeyError: 'secret'" in logged and "what a job prints is no answer" in logged


def test_a_process_that_is_killed_gives_a_sentence() -> None:
    job = counting(10**9)
    process = begun(job)
    os.kill(process, signal.SIGKILL)
    assert job.wait(WAIT_S) and not is_there(process)
    assert "The counting broke off: its process was ended from outside" in job.failure
    assert job.snapshot().failure == job.failure and job.snapshot().finished and job.snapshot().number > 0
    job.stop()


def test_a_process_that_cannot_be_started_gives_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(ROOT / "no such program"))
    job = counting(1)
    job.start()
    assert job.wait(WAIT_S) and job.failure == "No process can be started: No such file or directory. Try again."
    assert job.snapshot().finished


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_parent_and_keeps_what_it_has(tmp_path: Path, how: signal.Signals) -> None:
    kept = tmp_path / "kept"
    code = f"""
import time
from tests.unit.test_background_process import begun, counting
print(begun(counting(10**9, {str(kept)!r})), flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        process = int(parent.stdout.readline())
        assert is_there(process)
        parent.send_signal(how)
        parent.wait(WAIT_S)
    until(lambda: not is_there(process))
    number, stopped = kept.read_text().split()
    assert int(number) > 0 and stopped == "True"


def test_a_function_is_called_elsewhere_and_its_result_comes_back() -> None:
    assert call_elsewhere("call", "The call", os.getpid) != os.getpid()
    with pytest.raises(JitaiError, match="It is too much"):
        call_elsewhere("call", "The call", refuse)


def refuse() -> None:
    raise ParameterError("It is too much.", "Take less.")
