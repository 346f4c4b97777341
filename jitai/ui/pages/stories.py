"""The Stories page: a run with captions that plays itself, stops at each scene, and ends with a report to hand over."""

import streamlit as st

from jitai.judge.registry import backend_of
from jitai.paths import program
from jitai.player.contract import as_payload
from jitai.report.bundle import scenario_json
from jitai.report.run_report import ReportInputs, run_report
from jitai.sanitise import for_markdown
from jitai.stories.story import FOLDER, Story, Told, read_story, story_names, tell
from jitai.ui.session.resources import judge_for, statement_book
from jitai.ui.widgets.page import errors_as_sentences
from jitai.ui.widgets.player import player

STORY = "story"
"""Name of the story in the page's address."""


def stories_page() -> None:
    """Draw the page."""
    with errors_as_sentences():
        st.title("What did listening do for this person?")
        stories = _stories()
        wanted = st.query_params.get(STORY, "")
        if wanted and wanted not in stories:
            st.warning(f"There is no story called {for_markdown(wanted[:60])}.", icon=":material/link_off:")
        if STORY not in st.session_state:
            st.session_state[STORY] = wanted if wanted in stories else next(iter(stories))
        picked = st.segmented_control(
            "Story", list(stories), format_func=lambda item: stories[item].title, key=STORY, persist_state="session",
            required=True, label_visibility="collapsed",
        )  # fmt: skip
        name = picked or next(iter(stories))
        if st.query_params.to_dict() != {STORY: name}:
            st.query_params.from_dict({STORY: name})
        story = stories[name]
        st.caption(
            for_markdown(f"{story.summary} About {story.minutes} minutes. Go on with the button, or with Space.")
        )
        told = _told(name)
        player(as_payload(told.shown), key=f"story_{name}")
        _hand_over(story, told)


def _hand_over(story: Story, told: Told) -> None:
    """The report, and the run itself."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Report to hand over (HTML)", data=lambda: run_report(told.run, told.twin, _inputs(story, told)),
            file_name=f"{story.name}.html", mime="text/html", on_click="ignore", key="download_story", type="primary",
            help="One file that opens without a network, with this run inside.",
        )  # fmt: skip
        st.download_button(
            "Scenario (JSON)", data=lambda: scenario_json(told.run.scenario), file_name=f"{story.name}.json",
            mime="application/json", on_click="ignore", key="download_story_scenario",
            help="Live opens it, and there you can change any day.",
        )  # fmt: skip
    st.caption("One person is an anecdote. Compare shows what many such people say.")


def _inputs(story: Story, told: Told) -> ReportInputs:
    judge = told.run.scenario.judge
    command = f"{program()} run --scenario {story.name}.json --why"
    name = "" if judge is None else judge.name or judge.key
    measured = judge_for(story.judge, backend_of(story.judge).usual_prompt(story.judge)).measured()
    return ReportInputs(story.title, name, "", command, scenes=told.shown.options.scenes, measured=measured)


@st.cache_resource(show_spinner=False)
def _stories() -> dict[str, Story]:
    """Return all stories by their names, read once."""
    return {name: read_story(FOLDER / f"{name}.yaml") for name in story_names()}


@st.cache_resource(show_spinner=False)
def _told(name: str) -> Told:
    """Return a story that was lived, once for all visitors; no model is loaded."""
    story = _stories()[name]
    judge = judge_for(story.judge, backend_of(story.judge).usual_prompt(story.judge))
    return tell(story, statement_book(story.kinds), judge.reference(story.judge), judge.remembered)
