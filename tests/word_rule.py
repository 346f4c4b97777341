"""A judge backend as a stranger would add one: a single module, which registers itself."""

import importlib
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jitai.judge.registry import BACKENDS

SOURCE = """
import hashlib
from dataclasses import dataclass

from jitai.judge.base import ModelIdentity, Reply
from jitai.judge.registered_backend import RegisteredBackend
from jitai.judge.registry import BACKENDS
from jitai.parameters import choice, parameter, validate


@dataclass(frozen=True)
class WordSettings:
    word: str = choice(
        "knee", label="Word", choices=("knee", "ankle"), help="Speaks against.", source="-", group="Words"
    )
    sureness: float = parameter(
        2.0, label="Sureness", low=0.5, high=4.0, unit="log-odds", help="How sure it is.", source="-", group="Words"
    )

    def __post_init__(self):
        validate(self)


@BACKENDS.register
class WordRule(RegisteredBackend):
    key = "words"
    label = "Word rule"
    Settings = WordSettings

    def __init__(self, settings):
        self._settings = settings

    @classmethod
    def open(cls, key, settings):
        return cls(settings)

    def identity(self):
        return ModelIdentity("word rule", "sha256:" + hashlib.sha256(repr(self._settings).encode()).hexdigest())

    def complete(self, request):
        says_no = self._settings.word in request.prompt.removeprefix(request.head)
        log_odds = -self._settings.sureness if says_no else self._settings.sureness
        send, hold_back = request.answers
        found = {send: min(0.0, log_odds) - 0.1, hold_back: min(0.0, -log_odds) - 0.1}
        return Reply(hold_back if says_no else send, found, -15.0)

    def warm_up(self, opening):
        pass
"""


@contextmanager
def word_rule(folder: Path) -> Iterator[None]:
    """The backend "words", in a module in a folder, while inside."""
    (folder / "word_rule_of_a_stranger.py").write_text(SOURCE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        importlib.invalidate_caches()
        importlib.import_module("word_rule_of_a_stranger")
        try:
            yield
        finally:
            BACKENDS.remove("words")
            del sys.modules["word_rule_of_a_stranger"]


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))
