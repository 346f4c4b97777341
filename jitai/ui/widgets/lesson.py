"""A lesson, a class and the link for students on a Streamlit page."""

from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import streamlit as st

from jitai.lessons.assets import class_script, script, style

NAME, CLASS_NAME = "jitai_lesson", "jitai_class"
STUDENT = "student"
"""In the address: a lesson for students has nothing of the teacher's."""
_HERE = {"localhost", "127.0.0.1", "::1"}


def lesson_view(payload: dict[str, Any], *, key: str) -> None:
    """Draw a lesson. It asks Python for nothing: all runs, scores and settings are in it.

    Args:
        payload: from ``jitai.lessons.payload.lesson_payload``.
        key: of the lesson on this page; the same key keeps it mounted.
    """
    _mounted()(key=key, data=payload)


def class_view(payload: dict[str, Any], *, key: str) -> None:
    """Draw the predictions of a class against the truth.

    Args:
        payload: from ``jitai.lessons.classes.class_payload``.
        key: of the picture on this page.
    """
    _mounted_class()(key=key, data=payload)


def link_for_students(identifier: str) -> None:
    """Draw a button that shows the whole address of a lesson for students, to be copied.

    Args:
        identifier: of the lesson.
    """
    with st.popover("For students", icon=":material/share:", key=f"for_students_{identifier}"):
        here = urlsplit(st.context.url or "")
        root = here.path.rstrip("/").rsplit("/", 1)[0] if here.path.strip("/") else ""
        query = urlencode({"lesson": identifier, STUDENT: "1"})
        st.code(
            here._replace(path=f"{root}/lessons", query=query, fragment="").geturl(), language=None, wrap_lines=True
        )
        st.caption("It opens at the first step, without notes. Students save a small file with a code, and no name.")
        if here.hostname in _HERE:
            st.caption(
                "This address opens on this machine only. Open the dashboard under the machine’s name in your network, "
                "and the link has it."
            )


@cache
def _mounted() -> Callable[..., Any]:
    """The component of a lesson, registered once a process."""
    return st.components.v2.component(NAME, css=style(), js=f"{script()}\nexport default mountLesson;\n")


@cache
def _mounted_class() -> Callable[..., Any]:
    """The component of a class, registered once a process."""
    return st.components.v2.component(CLASS_NAME, css=style(), js=f"{class_script()}\nexport default mountClass;\n")
