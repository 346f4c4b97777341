"""Commands with a model of the cloud, and with one that fails half-way: a scripted Ollama server over a real socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jitai.cli.main import main
from jitai.judge.embedded import OBEYS_ORDERS
from tests.scripted_ollama import ScriptedOllama

Captured = pytest.CaptureFixture[str]
CLOUD, LOCAL = "big:120b-cloud", "base:1b"
SPEC = """
name: Asks a model of the cloud
seeds: {first: 0, count: 1}
participant: {study_length: 5}
judges: ["ollama:big:120b-cloud"]
policies: [thompson]
filters: [veto]
"""


@pytest.fixture(autouse=True)
def _folders_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JITAI_DATA_DIR", f"{tmp_path}/data")
    monkeypatch.setenv("JITAI_CACHE_DIR", f"{tmp_path}/cache")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedOllama]:
    with ScriptedOllama(CLOUD) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.host)
        yield server


def test_without_consent_every_command_refuses_and_sends_nothing(
    cloud: ScriptedOllama, tmp_path: Path, capsys: Captured
) -> None:
    rows, spec, out = tmp_path / "rows.csv", tmp_path / "spec.yaml", str(tmp_path / "out.csv")
    rows.write_text("text\nMy knee is swollen and nobody knows it\n", encoding="utf-8")
    spec.write_text(SPEC, encoding="utf-8")
    named = ["--judge", f"ollama:{CLOUD}"]
    for command in (
        ["run", "--quiet", *named], ["judge", str(rows), "--out", out, *named], ["validate", "--sample", "4", *named],
        ["calibrate", *named], ["experiment", str(spec), "--out", str(tmp_path / "store"), "--workers", "1"],
    ):  # fmt: skip
        assert main(command) == 1, command
        said = capsys.readouterr().err
        assert "ollama.com" in said and "--agree-to-send" in said, command
    assert not cloud.asked()
    assert not (tmp_path / "out.csv").exists()


def test_with_consent_the_model_is_asked_and_named_as_one_of_the_cloud(
    cloud: ScriptedOllama, tmp_path: Path, capsys: Captured
) -> None:
    report = tmp_path / "run.html"
    named = ["--judge", f"ollama:{CLOUD}", "--agree-to-send"]
    assert main(["run", "--quiet", "--seed", "1", "--report", str(report), *named]) == 0
    assert "cloud: ollama.com" in capsys.readouterr().err
    assert cloud.asked()
    assert "cloud: ollama.com" in report.read_text(encoding="utf-8"), "the report says where it ran"


def test_a_run_whose_judge_fails_half_way_says_so_at_the_end_and_in_its_exit_status(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "log.csv"
    with ScriptedOllama(LOCAL, fails_after=5) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.host)
        command = ["run", "--quiet", "--seed", "1", "--judge", f"ollama:{LOCAL}", "--out", str(out)]
        assert main(command) == 1
        said = capsys.readouterr()
        assert "the judge could not answer" in said.err.splitlines()[-1]
        assert "this run is not the judge's alone" in said.err.splitlines()[-1]
        assert out.exists(), "what was lived is written all the same"
        server.fails_after = None
        assert main([*command, "--force"]) == 0, "the same command asks again"


def test_the_untrained_judge_comes_with_a_warning(capsys: Captured) -> None:
    main(["run", "--quiet", "--seed", "1", "--judge", "embedded"])
    assert OBEYS_ORDERS in capsys.readouterr().err.replace("\n", " ")
    main(["run", "--quiet", "--seed", "1", "--judge", "embedded-tuned"])
    assert OBEYS_ORDERS not in capsys.readouterr().err
