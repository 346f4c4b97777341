"""The lessons of this process: those that were shipped, and what was worked out of each, once for all visitors."""

from typing import NamedTuple

import streamlit as st

from jitai.errors import JitaiError, ParameterError
from jitai.files import read_bytes
from jitai.judge.registry import available_judges, backend_of
from jitai.lessons.checking import check_form, check_truth
from jitai.lessons.living import KINDS, LivedLesson, LivedPerson, RememberingJudge, live
from jitai.lessons.payload import lesson_payload
from jitai.lessons.reading import MAX_BYTES, read_lesson
from jitai.lessons.records import Lesson
from jitai.paths import resource
from jitai.records import JudgesText
from jitai.report.scenario_link import link_to
from jitai.ui.session.linked import run_in_address
from jitai.ui.session.resources import judge_for, prompts, statement_book


class ReadyLesson(NamedTuple):
    """A lesson that can be taught.

    Attributes:
        lived: with its people.
        payload: for the browser.
    """

    lived: LivedLesson
    payload: dict[str, object]


@st.cache_resource(show_spinner=False)
def shipped_lessons() -> dict[str, bytes]:
    """Return the content of every lesson that came with the lab, by its identifier, in the order of their names."""
    files = sorted(resource("assets", "lessons").glob("*.yaml"))
    return {path.stem.split("_", 1)[-1]: read_bytes(path, MAX_BYTES) for path in files}


@st.cache_resource(show_spinner=False)
def shipped_titles() -> dict[str, Lesson]:
    """Return every shipped lesson as read, without living anybody."""
    return {key: read_lesson(content, f"{key}.yaml") for key, content in shipped_lessons().items()}


@st.cache_resource(show_spinner=False, max_entries=40)
def ready_lesson(content: bytes, name: str) -> tuple[ReadyLesson | None, tuple[str, ...]]:
    """Return a lesson from a file's content, or what is wrong with it, one sentence each.

    Args:
        content: it may be anything.
        name: of the file, untrusted.
    """
    try:
        lesson = read_lesson(content, name)
        if problems := check_form(lesson):
            return None, tuple(problems)
        lived = live(lesson, statement_book(KINDS), lesson_judge)
        if problems := check_truth(lived):
            return None, tuple(problems)
        payload = lesson_payload(lived)
        for key, person in lived.people.items():
            payload["people"][key]["live"] = _on_live(person)
        return ReadyLesson(lived, payload), ()
    except JitaiError as error:
        return None, (error.in_full,)


def _on_live(person: LivedPerson) -> str:
    """Return the link that opens a person's very run on Live; empty where it would be too long."""
    key = person.person.run.judge
    judge = judge_for(key, backend_of(key).usual_prompt(key)) if key else None
    parameters, problem = run_in_address(person.scenario, judge)
    return "" if problem else link_to(parameters, "live")


@st.cache_resource(show_spinner=False, max_entries=100)
def lesson_judge(key: str, low: float, high: float) -> JudgesText:
    """Return the judge of a key with the ends of its unsure band.

    Raises: ParameterError if it is not here.
    """
    option = next((item for item in available_judges({}, prompts()) if item.key == key), None)
    if option is None:
        raise ParameterError(f"The judge {key[:40]!r} is not here.", "Lessons use the embedded judges.")
    return RememberingJudge(judge_for(key, option.prompt, low=low, high=high))
