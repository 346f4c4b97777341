"""The Class page: what a class predicted in a lesson, against the truth, from the files that students saved."""

import streamlit as st

from jitai.lessons.classes import MAX_BYTES, MAX_FILES, class_payload, invented_class, read_class
from jitai.lessons.living import LivedLesson
from jitai.sanitise import for_markdown
from jitai.ui.pages.lessons import LessonsState
from jitai.ui.session.lessons import ready_lesson, shipped_lessons, shipped_titles
from jitai.ui.session.state import app_state, session_object
from jitai.ui.widgets.lesson import class_view, link_for_students
from jitai.ui.widgets.page import errors_as_sentences

LESSONS = "pages/lessons.py"


def class_page() -> None:
    """Draw the page."""
    app_state()
    st.title("What did the class predict?")
    with errors_as_sentences():
        with st.container(key="class_choice"):
            choice, drop = st.columns(2, gap="large")
        with choice:
            lived = _lesson()
        if lived is None:
            return
        with choice, st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                LESSONS, label="Back to the lesson", icon=":material/arrow_back:",
                query_params={"lesson": lived.lesson.identifier},
            )  # fmt: skip
            link_for_students(lived.lesson.identifier)
        files = drop.file_uploader(
            "The class’s files", type=["json"], accept_multiple_files=True, key="class_files",
            help=f"At most {MAX_FILES} files of {MAX_BYTES // 1000} kB each, read on this machine only.",
        )  # fmt: skip
        drop.caption("Each student saves one, from the truth on. It has a code for a name, so it may be projected.")
        students, left_out = read_class(lived, [file.getvalue() for file in files or ()])
        if not files:
            students = invented_class(lived)
        if left_out.sentence:
            st.warning(left_out.sentence, icon=":material/rule:")
        if not students:
            return
        keys = list(lived.lesson.predictions)
        key = keys[0]
        if len(keys) > 1:
            key = st.segmented_control(
                "Prediction", keys, format_func=lambda item: lived.people[item].person.name, key="class_person",
                required=True, default=keys[0], label_visibility="collapsed",
            )  # fmt: skip
        with st.container(key="class_stage"):
            class_view(class_payload(lived, key, students, are_real=bool(files)), key="class_view")


def _lesson() -> LivedLesson | None:
    """The lesson that the class has had: the address names one, or the person picks one."""
    own = session_object(LessonsState).own
    mine = None if own is None else ready_lesson(*own)[0]
    titles = {key: lesson.title for key, lesson in shipped_titles().items()}
    if mine is not None:
        titles[mine.lived.lesson.identifier] = mine.lived.lesson.title
    asked = st.query_params.get("lesson", "")
    if "class_lesson" not in st.session_state and asked in titles:
        st.session_state["class_lesson"] = asked
    picked = st.selectbox("Lesson", list(titles), format_func=titles.__getitem__, key="class_lesson")
    if st.query_params.to_dict() != {"lesson": picked}:
        st.query_params.from_dict({"lesson": picked})
    if mine is not None and picked == mine.lived.lesson.identifier:
        return mine.lived
    with st.spinner("The people of this lesson live their days …"):
        ready, problems = ready_lesson(shipped_lessons()[picked], f"{picked}.yaml")
    if ready is None:
        st.error(" ".join(for_markdown(problem) for problem in problems), icon=":material/error:")
        return None
    return ready.lived
