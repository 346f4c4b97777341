"""Parts that are installed later: what is missing, where torch comes from, what is told on the way."""

import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from jitai import installation
from jitai.errors import JitaiError, PartMissing
from jitai.installation import TRAINING, Part

THERE = Part("there", "Arithmetic", ("numpy", "PyYAML"), ("numpy", "yaml"), "20 MB")
ABSENT = Part("absent", "Nothing", ("numpy", "no-such-thing"), ("numpy", "no_such_thing"), "1 MB")
ALL_ABSENT = Part("absent", "Nothing", ("no-such-thing", "nor-this"), ("no_such_thing", "nor_this"), "1 MB")


@pytest.fixture
def told() -> list[tuple[str, float | None]]:
    return []


def report_to(told: list[tuple[str, float | None]]) -> installation.Report:
    return lambda text, share: told.append((text, share))


def test_what_is_there_is_not_missing() -> None:
    THERE.require()
    assert THERE.missing == ()


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (ABSENT, "Nothing needs no-such-thing, which is not installed."),
        (ALL_ABSENT, "Nothing needs no-such-thing and nor-this, which are not installed."),
    ],
)
def test_one_sentence_names_what_is_missing_and_the_command(part: Part, sentence: str) -> None:
    with pytest.raises(PartMissing) as caught:
        part.require()
    assert str(caught.value) == sentence
    assert caught.value.hint == "Run `python -m jitai install-absent` (1 MB)."


def test_nothing_is_run_when_all_is_there(told: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "_installer", lambda: pytest.fail("the installer is run"))
    installation.install(THERE, report_to(told))
    assert told == [("Already installed: numpy and PyYAML.", 1.0)]


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, float], None]]:
    """An index of one's own in place of PyTorch's: told which status it gives, and after how long."""
    answer: dict[str, float] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/whl/cpu/torch/"
            time.sleep(answer["delay_s"])
            self.send_response(int(answer["status"]))
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(installation, "CPU_INDEX", f"http://127.0.0.1:{server.server_port}/whl/cpu")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(installation.platform, "machine", lambda: "x86_64")
    yield lambda status, delay_s: answer.update(status=status, delay_s=delay_s)
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("status", "delay_s", "is_used"), [(200, 0.0, True), (404, 0.0, False), (200, 1.5, False)])
def test_pytorch_s_own_index_is_used_if_it_answers_in_time(
    index: Callable[[int, float], None], told: list[Any], monkeypatch: pytest.MonkeyPatch,
    status: int, delay_s: float, is_used: bool,
) -> None:  # fmt: skip
    index(status, delay_s)
    monkeypatch.setattr(installation, "SECONDS_FOR_THE_CPU_INDEX", 0.5)
    began = time.monotonic()
    assert installation._has_cpu_index(report_to(told)) == is_used
    assert time.monotonic() - began < 1.2
    assert ("usual index" in told[0][0]) != is_used


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("win32", "AMD64"), ("linux", "aarch64")])
def test_elsewhere_the_usual_index_has_small_builds(
    monkeypatch: pytest.MonkeyPatch, told: list[Any], system: str, machine: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(installation.platform, "machine", lambda: machine)
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: pytest.fail("it is asked"))
    assert not installation._has_cpu_index(report_to(told))


@pytest.mark.parametrize("has_index", [True, False])
def test_torch_is_pinned_and_what_is_installed_keeps_its_version(
    monkeypatch: pytest.MonkeyPatch, told: list[Any], has_index: bool
) -> None:
    ran: list[str] = []
    constraints: list[str] = []

    def run(arguments: list[str], report: installation.Report) -> None:
        ran.extend(arguments)
        constraints.extend(Path(arguments[arguments.index("--constraint") + 1]).read_text().split())

    missing = iter([("torch", "stable-baselines3"), ()])
    monkeypatch.setattr(Part, "missing", property(lambda part: next(missing)))
    monkeypatch.setattr(installation, "_has_cpu_index", lambda report: has_index)
    monkeypatch.setattr(installation, "_run", run)
    monkeypatch.setattr(installation, "version", lambda name: "1.2.3" if name == "numpy" else version(name))
    installation.install(TRAINING, report_to(told))
    assert ran[-2:] == ["torch==2.13.0", "stable-baselines3==2.9.2"]
    assert (ran[:2] == ["--extra-index-url", installation.CPU_INDEX]) == has_index
    assert "numpy==1.2.3" in constraints
    assert f"pandas=={version('pandas')}" in constraints


INSTALLER = """
import sys
print("Collecting torch==2.13.0")
print("  Downloading torch-2.13.0.whl (190.0 MB)")
for done in (0, 95, 190):
    print(f"Progress {done} of 190")
print("Installing collected packages: torch")
if sys.argv[1:] != ["good"]:
    print("WARNING: something else")
    print("ERROR: No matching distribution found for torch==2.13.0")
    sys.exit(1)
"""


def test_progress_is_told_and_a_failure_is_a_sentence(told: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "_installer", lambda: [sys.executable, "-c", INSTALLER])
    installation._run(["good"], report_to(told))
    downloading = "Downloading torch-2.13.0.whl (190.0 MB)"
    assert told == [
        ("Collecting torch==2.13.0", None), (downloading, None), (downloading, 0.0), (downloading, 0.5),
        (downloading, 1.0), ("Installing collected packages: torch", None),
    ]  # fmt: skip
    with pytest.raises(JitaiError, match="No matching distribution found for torch"):
        installation._run(["bad"], report_to(told))


def test_without_pip_and_uv_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "_is_there", lambda module: False)
    monkeypatch.setattr(installation.shutil, "which", lambda name: None)
    with pytest.raises(JitaiError, match="no pip"):
        installation._installer()
    monkeypatch.setattr(installation.shutil, "which", lambda name: f"/somewhere/{name}")
    assert installation._installer() == ["/somewhere/uv", "pip", "install", "--python", sys.executable]
