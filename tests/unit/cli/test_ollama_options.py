"""How an Ollama server is asked, told on the command line; the server plays back recorded answers."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jitai.cli.main import main
from jitai.judge.ollama.options import OLLAMA_PREFIX
from jitai.judge.ollama.server import OllamaSettings
from jitai.judge.registry import open_judge
from tests.replay import ReplayServer

JUDGE = OLLAMA_PREFIX + "smollm2:135m"
COMMANDS = ("run", "judge", "validate", "experiment")
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ReplayServer]:
    """A recorded server where the commands look for one, and no replies of other tests."""
    with ReplayServer() as replay:
        replay.answer_always("GET", "/api/tags", "tags")
        replay.answer_always("POST", "/api/generate", "generate_fewshot_knee")
        monkeypatch.setenv("OLLAMA_HOST", replay.host)
        monkeypatch.setenv("JITAI_CACHE_DIR", str(tmp_path / "cache"))
        yield replay


def questions(server: ReplayServer) -> list[dict[str, Any]]:
    """What the model was asked."""
    return [question.body for question in server.questions if question.path == "/api/generate"]


def arguments_of(command: str, folder: Path) -> list[str]:
    """A small use of each command that asks the judge."""
    if command == "run":
        return ["run", "--judge", JUDGE, "--study-length", "10", "--policy", "generic", "--quiet"]
    if command == "validate":
        return ["validate", "--judge", JUDGE, "--sample", "4"]
    if command == "judge":
        source = folder / "in.csv"
        source.write_text("text\nI hurt my knee at work\n", encoding="utf-8")
        return ["judge", str(source), "--text-column", "text", "--out", str(folder / "out.csv"), "--judge", JUDGE]
    description = folder / "small.yaml"
    description.write_text(
        # The kind with the fewest statements: all of a kind are read.
        "name: small\nseeds: {count: 2}\nparticipant: {study_length: 6}\nstatements: {kinds: [negation]}\n"
        f"policies: [generic]\nfilters: [veto]\njudges: [{{key: '{JUDGE}', prompt: few_shot}}]\n",
        encoding="utf-8",
    )
    return ["experiment", str(description), "--out", str(folder / "results"), "--workers", "1"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_asks_as_it_is_told(command: str, server: ReplayServer, tmp_path: Path) -> None:
    settings = ["--keep-alive", "7m", "--context", "3000", "--timeout", "50"]
    assert main([*arguments_of(command, tmp_path), *settings]) == 0
    asked = questions(server)
    assert asked
    assert {body["keep_alive"] for body in asked} == {"7m"}
    assert {body["options"]["num_ctx"] for body in asked} == {3000}


def test_without_options_the_server_is_asked_as_ever(server: ReplayServer, tmp_path: Path) -> None:
    assert main(arguments_of("judge", tmp_path)) == 0
    [body] = questions(server)
    default = OllamaSettings()
    assert (body["keep_alive"], body["options"]["num_ctx"]) == (default.keep_alive, default.context_tokens)


def test_the_longest_wait(server: ReplayServer, tmp_path: Path) -> None:
    server.delay_s = 0.4
    assert main([*arguments_of("judge", tmp_path), "--timeout", "0.1"]) == 1
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert row["verdict"] == "no answer"
    assert "did not answer in time" in row["failure"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("--keep-alive=soon", "1h30m"),
        ("--context=100", "256 to 131072 tokens"),
        ("--timeout=0", "to 3600 seconds"),
        ("--timeout=nan", "to 3600 seconds"),
    ],
)
def test_what_no_server_accepts_is_refused_before_anything_is_asked(
    command: str, wrong: str, words: str, server: ReplayServer, tmp_path: Path, capsys: Captured
) -> None:
    assert main([*arguments_of(command, tmp_path), wrong]) == 1
    assert words in capsys.readouterr().err
    assert not questions(server)


def test_an_opened_judge_asks_as_it_is_told(server: ReplayServer) -> None:
    judge = open_judge(JUDGE, settings=OllamaSettings(keep_alive="3m", context_tokens=1024))
    judge.judge("I hurt my knee at work")
    judge.close()
    [body] = questions(server)
    assert (body["keep_alive"], body["options"]["num_ctx"]) == ("3m", 1024)
