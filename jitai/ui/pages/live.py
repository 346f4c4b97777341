"""The Live page: setup in the sidebar, the stage in the middle, the log below."""

from itertools import groupby
from operator import attrgetter

import streamlit as st

from jitai.judge.prefetch import VerdictPrefetcher
from jitai.judge.text import MAX_STATEMENT_LENGTH
from jitai.parameters import describe
from jitai.policies.belief import READING_LABELS, BeliefSettings
from jitai.seeding import MAX_SEED
from jitai.trial.filters import FILTERS, LEARNER_LABELS
from jitai.trial.live import TwinTrial, coming_statements
from jitai.trial.texts import ScriptedDay
from jitai.ui.pages.live_stage import SPEEDS, draw_stage
from jitai.ui.session.resources import statement_book
from jitai.ui.session.state import AppState, app_state, keep_in_address
from jitai.ui.widgets.judge_picker import current_judge, judge_picker
from jitai.ui.widgets.page import errors_as_sentences
from jitai.ui.widgets.parameters import parameter_widgets, preset_picker
from jitai.ui.widgets.policy_picker import policy_picker, training_remarks

TRUTHS: dict[str, bool | None] = {"as simulated": None, "cannot walk": False, "can walk": True}
"""What a person may set as true of the coming day, with or without words."""
UNSURE_BAND = ("unsure_low", "unsure_high")


def live_page() -> None:
    """Draw the page."""
    state = app_state()
    with errors_as_sentences():
        with st.sidebar:
            run_settings(state)
        keep_in_address(state)
        _use_settings(state)
        st.title("What does the policy do, and what does the language model change?")
        _controls(state)
        _say_box(state)
        interval = SPEEDS[st.session_state["speed"]].interval_s if state.playing else None
        st.fragment(draw_stage, run_every=interval, key="stage")(state)


def run_settings(state: AppState) -> None:
    """Preset, policy, filter, judge and seed, and the settings of those that are chosen."""
    preset_picker(
        state, "Participant",
        help="How ability comes and goes, and how costly badly tailored messages are. Every number can be tuned on the "
        "Simulator page.",
    )  # fmt: skip
    policy_picker(state)
    remarks = st.container()
    st.selectbox(
        "Filter", list(FILTERS), format_func=FILTERS.labels.__getitem__, key="strategy", persist_state="session",
        help="What the judge's verdict may do to the proposed action.",
    )  # fmt: skip
    judge_picker(state)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "Seed", 0, MAX_SEED, step=1, key="seed", persist_state="session",
            help="The same seed gives the same contexts, walk states and statements, whatever the policy does.",
        )  # fmt: skip
        st.button("New", key="new_seed", on_click=_next_seed, help="Use the next seed.")
    spec = state.spec
    with st.expander("More settings"):
        _unsure_band()
        of_filter = describe(type(spec.filter.settings))
        parameter_widgets((info for info in of_filter if info.name not in UNSURE_BAND), LEARNER_LABELS)
        st.toggle(
            "Show who could really walk", value=True, key="reveal", persist_state="session",
            help="Neither policy nor judge knows the true walk state. Hide it from the class too, and let them guess.",
        )  # fmt: skip
    for group, infos in groupby(describe(type(spec.policy.settings)), key=attrgetter("group")):
        with st.expander(group):
            parameter_widgets(infos)
    if spec.keeps_belief:
        with st.expander("Belief in ability"):
            parameter_widgets(describe(BeliefSettings), READING_LABELS)
    if spec.policy.network is not None:
        with remarks:
            training_remarks(spec.policy.network, spec)


def _unsure_band() -> None:
    """One slider for both edges of the unsure band."""

    def keep() -> None:
        st.session_state.update(zip(UNSURE_BAND, st.session_state["unsure_band"], strict=True))

    st.session_state["unsure_band"] = tuple(st.session_state[name] for name in UNSURE_BAND)
    st.slider(
        "Unsure between", 0.0, 1.0, step=0.05, key="unsure_band", on_change=keep,
        help="The judge counts as unsure if its P(send) lies between these ends: it holds back below them and sends "
        "above. Both ends at one value make a plain threshold.",
    )  # fmt: skip


def _next_seed() -> None:
    st.session_state["seed"] = (st.session_state["seed"] + 1) % (MAX_SEED + 1)


def _use_settings(state: AppState) -> None:
    """Begin a new trial if there is none, or if a setting of the present one has changed."""
    spec, book = state.spec, statement_book(state.kinds)
    judge = current_judge(state) if spec.uses_text else None
    settings = (spec, state.kinds, state.judge_at_work, state.prompt_picked, state.deciding_settings)
    if state.trial is None or state.trial_settings != settings:
        if state.run_has_begun:
            state.playing = False
            state.put_aside()
        state.trial = TwinTrial(spec, book, judge, with_best=True)
        state.trial_settings = settings
        if state.ahead is not None:
            state.ahead.stop()
            state.ahead = None
    if state.playing and state.ahead is None and judge is not None:
        state.ahead = VerdictPrefetcher(judge.judge, coming_statements(spec, book))


def _controls(state: AppState) -> None:
    """Run or pause, one day, start over, and the speed.

    They stand outside the stage, so that they act at once. They only note what is wanted, as a day may still be waiting
    for its judge; the stage simulates the days.
    """

    def play_or_pause() -> None:
        if state.trial is not None and state.trial.finished:
            state.put_aside()
        state.playing = not state.playing

    def one_day() -> None:
        state.playing = False
        state.one_day_wanted = True

    def start_over() -> None:
        state.playing = False
        state.put_aside()

    assert state.trial is not None
    with st.container(horizontal=True, vertical_alignment="bottom", key="controls"):
        if state.playing:
            run_label, icon = "Pause", ":material/pause:"
        elif state.trial.finished:
            run_label, icon = "Run again", ":material/replay:"
        else:
            run_label, icon = "Run", ":material/play_arrow:"
        st.button(run_label, icon=icon, type="primary", key="play", on_click=play_or_pause, shortcut="Space", width=150)
        st.button(
            "One day", icon=":material/skip_next:", key="one_day", on_click=one_day, disabled=state.trial.finished,
            shortcut="Right",
        )  # fmt: skip
        st.button("Start over", icon=":material/restart_alt:", key="start_over", on_click=start_over)
        st.select_slider(
            "Speed", list(SPEEDS), value="3 days a second", key="speed", persist_state="session",
            label_visibility="collapsed", width=280,
        )  # fmt: skip


def _say_box(state: AppState) -> None:
    """What the participant says on the coming day, typed by the person in front of the screen."""

    def say() -> None:
        text = str(st.session_state["said_text"]).strip()
        if text:
            state.said_next = ScriptedDay(text, TRUTHS[st.session_state["truth"]])
            st.session_state["said_text"] = ""

    def set_truth() -> None:
        truth, words = TRUTHS[st.session_state["truth"]], state.said_next.text if state.said_next else ""
        state.said_next = ScriptedDay(words, truth) if words or truth is not None else None

    present = state.said_next.can_walk if state.said_next else None
    st.session_state["truth"] = next(label for label, truth in TRUTHS.items() if truth == present)
    with st.container(horizontal=True, vertical_alignment="bottom", key="say_box"):
        st.text_input(
            "What does the participant say on the next day?", key="said_text", on_change=say, width="stretch",
            placeholder="I twisted my ankle", max_chars=4 * MAX_STATEMENT_LENGTH,
            help="Press Enter, or just Run. It replaces the simulator's own statement of that day; the judge reads the "
            f"first {MAX_STATEMENT_LENGTH} characters.",
        )  # fmt: skip
        st.segmented_control(
            "What is true on that day", list(TRUTHS), key="truth", on_change=set_truth, required=True,
            help="What the participant says does not change their simulated ability to walk. To make the words true, "
            "set the ability here.",
        )  # fmt: skip
