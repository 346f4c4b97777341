"""The Lessons page: the list of lessons, one lesson, and the check of a lesson that a teacher has edited."""

from dataclasses import dataclass

import streamlit as st

from jitai.lessons.reading import MAX_BYTES
from jitai.sanitise import for_markdown
from jitai.ui.session.lessons import ready_lesson, shipped_lessons, shipped_titles
from jitai.ui.session.state import app_state, session_object
from jitai.ui.widgets.lesson import STUDENT, lesson_view, link_for_students
from jitai.ui.widgets.page import errors_as_sentences


@dataclass
class LessonsState:
    """What the page remembers.

    Attributes:
        own: content and name of a lesson from a file; None without.
    """

    own: tuple[bytes, str] | None = None


def lessons_page() -> None:
    """Draw the page."""
    app_state()
    state = session_object(LessonsState)
    with errors_as_sentences():
        asked = st.query_params.get("lesson", "")
        if asked and not _show(state, asked):
            st.warning(
                f"There is no lesson {for_markdown(asked[:60])!r} here; these are all.", icon=":material/link_off:"
            )
            asked = ""
        if not asked:
            _list(state)


def _show(state: LessonsState, identifier: str) -> bool:
    """Draw a lesson; say whether there is one of that name."""
    shipped = shipped_lessons().get(identifier)
    source = None if shipped is None else (shipped, f"{identifier}.yaml")
    own = None if state.own is None else ready_lesson(*state.own)[0]
    if own is not None and own.lived.lesson.identifier == identifier:
        source = state.own
    if source is None:
        return False
    with st.spinner("The people of this lesson live their days …"):
        ready, problems = ready_lesson(*source)
    if ready is None:
        _problems(problems)
        return True
    with st.container(key="lesson_stage"):
        lesson_view(ready.payload, key=f"lesson-{identifier}")
    if STUDENT in st.query_params or st.query_params.get("notes") == "1":
        return True
    with st.container(horizontal=True, key="lesson_foot"):
        st.button("All lessons", key="all_lessons", icon=":material/arrow_back:", on_click=_leave)
        link_for_students(identifier)
        st.download_button(
            "This lesson as a file", data=source[0],
            file_name=f"{identifier}.yaml", mime="application/yaml", on_click="ignore", key="lesson_file",
            help="To copy and edit: see docs/LESSONS.md. Drop the edited file on the list of lessons.",
        )  # fmt: skip
    return True


def _leave() -> None:
    st.query_params.clear()


def _open(identifier: str) -> None:
    st.query_params.from_dict({"lesson": identifier, "step": "1"})


def _list(state: LessonsState) -> None:
    st.title("Lessons")
    st.caption(
        "Each takes five to ten minutes: a prediction, a person to watch, the truth, and one sentence to take home."
    )
    for key, lesson in shipped_titles().items():
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"card_{key}"):
            st.markdown(f"**{lesson.title}** · {lesson.minutes:g} minutes  \n{lesson.summary}", width="stretch")
            link_for_students(key)
            st.button("Begin", key=f"begin_{key}", on_click=_open, args=(key,))
    st.subheader("Your own lesson", divider=False)
    st.caption(
        "Copy a lesson, change people, seeds or sentences, and drop the file here. It is checked against its runs."
    )
    uploaded = st.file_uploader(
        "A lesson’s file", type=["yaml", "yml", "json"], key="own_lesson",
        help=f"YAML or JSON, at most {MAX_BYTES // 1000} kB; read on this machine only. docs/LESSONS.md explains it.",
    )  # fmt: skip
    if uploaded is None:
        return
    content = uploaded.getvalue()
    with st.spinner("The lesson is checked, and its people live their days …"):
        ready, problems = ready_lesson(content, uploaded.name[:60])
    if ready is None:
        _problems(problems)
        return
    state.own = (content, uploaded.name[:60])
    lesson = ready.lived.lesson
    st.success(
        f"“{for_markdown(lesson.title)}” can be taught: its sentences agree with its runs.", icon=":material/check:"
    )
    st.button("Open it", key="open_own", type="primary", on_click=_open, args=(lesson.identifier,))


def _problems(problems: tuple[str, ...]) -> None:
    """Say what is wrong with a lesson."""
    st.error(
        "This lesson cannot be taught yet.\n\n" + "\n".join(f"- {for_markdown(problem)}" for problem in problems[:20]),
        icon=":material/error:",
    )
