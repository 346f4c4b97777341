"""The Start page: what this is in two sentences, a run that plays by itself, and three doors."""

from typing import Any

import streamlit as st

from jitai.corpus import EVERYDAY_KINDS
from jitai.judge.embedded import TUNED
from jitai.judge.registry import backend_of
from jitai.player.contract import Options, as_payload
from jitai.report.run_player import player_run
from jitai.simulator.config import DEFAULT_PRESET, PRESETS
from jitai.trial.scenario import Scenario, compose, play
from jitai.trial.spec import TrialSpec
from jitai.ui.navigation import ABOUT, DOORS, LIVE, Door, entry_of
from jitai.ui.session.resources import judge_for, statement_book
from jitai.ui.session.state import session_object
from jitai.ui.widgets.lesson import link_for_students
from jitai.ui.widgets.page import Visits, errors_as_sentences
from jitai.ui.widgets.player import player

SEED = 42
"""Of the run that plays: without the judge, this person leaves on day 5."""


def start_page() -> None:
    """Draw the page; a session that is opened by an address with settings, as they once were, is led to Live."""
    if st.query_params and not session_object(Visits).last:
        st.switch_page(LIVE, query_params=st.query_params.to_dict())
    with errors_as_sentences(), st.container(key="start"):
        top = st.container(key="start_top")
        words, picture = top.columns([10, 11], gap="large", vertical_alignment="center")
        with words.container(key="start_words"):
            st.title("Should an app listen before it nudges?")
            st.markdown(
                "A simulated person in a walking study gets a message, or none, on each of 50 days. A policy learns "
                "from numbers what to send; a small language model reads what the person writes and may hold the "
                "message back."
            )
            _where_one_was()
        with picture.container(border=True, key="start_run"):
            player(_payload(), key="start_player")
            st.page_link(LIVE, label="See the whole run", icon=":material/arrow_forward:")
        for place, door in zip(st.columns(len(DOORS), gap="medium"), DOORS, strict=True):
            _door(place, door)
        st.caption(
            "All of this is a simulation, and no medical advice. Steps are the model’s units, not a pedometer’s "
            "5,000 a day."
        )
        st.page_link(ABOUT, label="What is assumed, and what the words mean", icon=":material/menu_book:")


def _door(place: Any, door: Door) -> None:
    """One way on."""
    with place.container(border=True, height="stretch", key=f"door_{DOORS.index(door)}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(door.title, anchor=False, width="stretch")
            st.caption(door.aside, width="content")
        st.markdown(door.text)
        if st.button(
            door.label, key=f"open_door_{DOORS.index(door)}", icon=":material/arrow_forward:", icon_position="right",
            type="primary" if door is DOORS[0] else "secondary",
        ):  # fmt: skip
            st.switch_page(door.path, query_params=dict(door.parameters))
        if lesson := dict(door.parameters).get("lesson"):
            link_for_students(lesson)


def _where_one_was() -> None:
    """Offer to go on at the page from which one came here; its settings and its run are still there."""
    entry = entry_of(session_object(Visits).last)
    if entry is not None:
        st.page_link(entry.path, label=f"Go on where you were: {entry.title}", icon=":material/history:")


@st.cache_resource(show_spinner=False)
def _payload() -> dict[str, Any]:
    """Return the run that plays, once for all visitors: by what the judge is shipped to say, so no model is loaded."""
    run = play(_scenario())
    shown = player_run(
        run, play(run.scenario.without_judge()), title=DEFAULT_PRESET, detail=f"seed {SEED}", with_truth=False,
        identity="start", options=Options(can_fork=False, plays=True, small=True),
    )  # fmt: skip
    return as_payload(shown)


def _scenario() -> Scenario:
    judge = judge_for(TUNED, backend_of(TUNED).usual_prompt(TUNED))
    spec = TrialSpec(PRESETS[DEFAULT_PRESET], seed=SEED)
    scenario = compose(spec, statement_book(EVERYDAY_KINDS), judge=judge.reference(TUNED))
    return scenario.with_known(judge.remembered)
