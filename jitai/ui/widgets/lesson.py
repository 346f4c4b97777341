"""A lesson on a Streamlit page."""

from collections.abc import Callable
from functools import cache
from typing import Any

import streamlit as st

from jitai.lessons.assets import script, style

NAME = "jitai_lesson"


def lesson_view(payload: dict[str, Any], *, key: str) -> None:
    """Draw a lesson. It asks Python for nothing: all runs, scores and settings are in it.

    Args:
        payload: from ``jitai.lessons.payload.lesson_payload``.
        key: of the lesson on this page; the same key keeps it mounted.
    """
    _mounted()(key=key, data=payload)


@cache
def _mounted() -> Callable[..., Any]:
    """The component, registered once a process."""
    return st.components.v2.component(NAME, css=style(), js=f"{script()}\nexport default mountLesson;\n")
