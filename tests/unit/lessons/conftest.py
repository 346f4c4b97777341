"""One judge for all tests of lessons: reading all statements takes a second."""

from collections.abc import Callable
from functools import cache

import pytest

from jitai.corpus import TEST, StatementBook, load_part
from jitai.decision import UnsureBand
from jitai.judge.cache import VerdictCache
from jitai.judge.judge import Judge
from jitai.judge.prompt_file import available_prompts
from jitai.judge.prompts import find_prompt
from jitai.judge.registry import available_judges, open_backend
from jitai.judge.rules import load_rules
from jitai.judge.shipped import shipped_replies
from jitai.lessons.living import KINDS, LivedLesson, RememberingJudge, live
from jitai.lessons.reading import read_lesson
from jitai.paths import resource
from jitai.records import JudgesText

FOLDER = resource("assets", "lessons")
FILES = sorted(FOLDER.glob("*.yaml"))


@cache
def book() -> StatementBook:
    return StatementBook(load_part(TEST), KINDS)


@cache
def judges(key: str, low: float, high: float) -> JudgesText:
    """The embedded judges from what was shipped: no model is loaded."""
    prompts = available_prompts()
    option = next(item for item in available_judges({}, prompts) if item.key == key)
    prompt = find_prompt(prompts, option.prompt)
    cache_ = VerdictCache(None, shipped_replies)
    return RememberingJudge(Judge(open_backend(key), prompt, load_rules(), cache_, band=UnsureBand(low, high)))


@cache
def lived(name: str) -> LivedLesson:
    """A shipped lesson, lived once for all tests."""
    path = next(path for path in FILES if path.stem.endswith(name))
    return live(read_lesson(path.read_bytes(), path.name), book(), judges)


@pytest.fixture
def holding_back() -> LivedLesson:
    return lived("holding-back")


@pytest.fixture
def shipped() -> Callable[[str], LivedLesson]:
    return lived
