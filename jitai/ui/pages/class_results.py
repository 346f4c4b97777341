"""The Class page: what a class predicted in a lesson, against the truth, from the files that students saved."""

import streamlit as st

from jitai.charts.lessons import class_chart
from jitai.charts.theme import CONFIG
from jitai.lessons.classes import MAX_BYTES, MAX_FILES, ClassSummary, invented_class, read_class, summarise_class
from jitai.lessons.facts import filled
from jitai.lessons.living import LivedLesson
from jitai.lessons.records import CHOICE, NUMBER
from jitai.sanitise import for_markdown
from jitai.text_format import counted
from jitai.ui.pages.lessons import LessonsState
from jitai.ui.session.lessons import ready_lesson, shipped_lessons, shipped_titles
from jitai.ui.session.state import app_state, palette, session_object
from jitai.ui.widgets.page import errors_as_sentences


def class_page() -> None:
    """Draw the page."""
    app_state()
    st.title("What did the class predict?")
    with errors_as_sentences():
        choice, drop = st.columns(2, gap="large")
        with choice:
            lived = _lesson()
        if lived is None:
            return
        files = drop.file_uploader(
            "The class’s files", type=["json"], accept_multiple_files=True, key="class_files",
            help=f"Each student saves one after the lesson. At most {MAX_FILES} files of {MAX_BYTES // 1000} kB "
            "each, read on this machine only. No name is shown.",
        )  # fmt: skip
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
        _draw(lived, summarise_class(lived, key, students), len(students), bool(files))


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


def _draw(lived: LivedLesson, summary: ClassSummary, n: int, are_real: bool) -> None:
    """The headline, the picture and the numbers beside it."""
    if not are_real:
        st.badge("Example: 24 invented students", color="gray")
    asked = lived.lesson.predictions[summary.person]
    st.title(summary.headline, anchor=False)
    st.caption(f"{_question(lived, summary)} {summary.remark}")
    picture, numbers = st.columns([2.4, 1], gap="large")
    with picture:
        if asked.kind == CHOICE:
            for number, option in enumerate(asked.options, 1):
                chosen = sum(answer[0] == number for answer in summary.answers)
                right = " (right)" if number == asked.right else ""
                st.progress(chosen / max(1, len(summary.answers)), f"{for_markdown(option.text)}{right}: {chosen}")
        else:
            unit = "of a hundred" if asked.kind == NUMBER else "steps gained"
            st.plotly_chart(
                class_chart(summary.answers, summary.truth, summary.gains, unit, palette()),
                key="class_chart",
                config=CONFIG,
            )
    with numbers:
        scores = sorted(summary.scores)
        st.metric("Students", n)
        if scores:
            middle = (scores[(len(scores) - 1) // 2] + scores[len(scores) // 2]) / 2
            st.metric("Middle score, of 100", f"{middle:.0f}", help="Half of the class scored more, half less.")
            st.caption(f"Best {scores[-1]}, lowest {scores[0]}".replace("-", "−"))
        for decided in summary.decided:
            word = "send" if decided.send else "hold back"
            st.progress(
                decided.n_right / max(1, decided.n),
                f"Day {decided.day}, right is {word}: {decided.n_right} of {counted(decided.n, 'student')}",
            )


def _question(lived: LivedLesson, summary: ClassSummary) -> str:
    return for_markdown(filled(lived, lived.lesson.predictions[summary.person].ask))
