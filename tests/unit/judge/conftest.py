import copy
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.server import OllamaServer
from jitai.judge.prompt_file import load_prompt
from jitai.judge.prompts import Prompt
from jitai.judge.rules import Rules, load_rules
from tests.replay import ReplayServer

PROMPT_FILE: dict[str, Any] = {
    "name": "test_prompt",
    "version": "1",
    "purpose": "For tests.",
    "reading": "answer_tokens",
    "example_template": "Patient: {statement}\nStatus:{answer}\n\n",
    "question_template": "Patient: {statement}\nStatus:",
    "answers": {"send": " good", "hold_back": " bad"},
    "examples": [
        {"statement": "I sprained my foot.", "decision": "do not send"},
        {"statement": "I feel energetic today!", "decision": "send"},
        {"statement": "I have the flu.", "decision": "do not send"},
        {"statement": "My leg feels much better now.", "decision": "send"},
    ],
    "calibration": {
        "sha256:" + "0" * 64: {
            "model": "scripted",
            "scale": 1.0,
            "bias": 0.0,
            "fitted_on": "nothing",
        }
    },
}

RULES_FILE: dict[str, Any] = {
    "version": "1",
    "opt_out": [
        {"language": "en", "pattern": r"\b(do not|don't) (disturb|message|text) me\b"},
        {"language": "es", "pattern": r"\bno me molest"},
    ],
    "cannot_walk_emoji": ["\U0001f912", "\U0001f915"],
    "can_walk_emoji": ["\U0001f44d", "\U0001f3c3"],
}


@pytest.fixture
def prompt_file() -> dict[str, Any]:
    return copy.deepcopy(PROMPT_FILE)


@pytest.fixture
def rules_file() -> dict[str, Any]:
    return copy.deepcopy(RULES_FILE)


@pytest.fixture
def prompt(tmp_path: Path) -> Prompt:
    path = tmp_path / "prompt.json"
    path.write_text(json.dumps(PROMPT_FILE))
    return load_prompt(path)


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(RULES_FILE))
    return load_rules(path)


@pytest.fixture
def replay() -> Iterator[ReplayServer]:
    """A recorded Ollama server that lists its models."""
    with ReplayServer() as server:
        server.answer_always("GET", "/api/tags", "tags")
        yield server


@pytest.fixture
def backend(replay: ReplayServer) -> Iterator[OllamaBackend]:
    """The recorded model behind it, asked again without long pauses."""
    with closing(OllamaBackend("smollm2:135m", OllamaServer(replay.host), (0.01, 0.01))) as opened:
        yield opened
