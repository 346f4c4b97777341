"""The Live page: setup in the sidebar, the stage in the middle, the log below."""

from dataclasses import replace

import streamlit as st

from jitai.judge.prefetch import VerdictPrefetcher
from jitai.judge.text import MAX_STATEMENT_LENGTH
from jitai.parameters import describe, with_value
from jitai.policies.belief import READING_LABELS, BeliefSettings
from jitai.policies.planner import PlannerSettings
from jitai.policies.registry import THOMPSON
from jitai.policies.thompson import BIAS_GROUP, ThompsonSettings
from jitai.seeding import MAX_SEED
from jitai.trial.filters import BELIEF, FILTER_LABELS, LEARNER_LABELS, FilterSettings
from jitai.trial.live import TwinTrial
from jitai.trial.loop import Said, coming_statements
from jitai.trial.spec import PLANNER
from jitai.ui.pages.live_stage import draw_stage
from jitai.ui.session.resources import statement_book
from jitai.ui.session.state import AS_SIMULATED, SPEEDS, AppState, app_state, keep_in_address
from jitai.ui.widgets.judge_picker import current_judge, judge_picker
from jitai.ui.widgets.page import errors_as_sentences
from jitai.ui.widgets.parameters import parameter_widget, parameter_widgets, preset_picker
from jitai.ui.widgets.policy_picker import on_trained, pick_policy

TRUTHS: dict[str, bool | None] = {AS_SIMULATED: None, "cannot walk": False, "can walk": True}
"""What a person may set as true of the coming day, with or without words."""


def live_page() -> None:
    """Draw the page."""
    state = app_state()
    with errors_as_sentences():
        with st.sidebar:
            _setup(state)
        keep_in_address(state)
        _use_settings(state)
        st.title("What does the policy do, and what does the language model change?")
        _controls(state)
        _say_box(state)
        interval = SPEEDS[state.speed].interval_s if state.playing else None
        st.fragment(draw_stage, run_every=interval, key="stage")(state)


def _setup(state: AppState) -> None:
    """Preset, policy, filter, judge and seed; each change is kept in the state at once."""
    spec, key = state.spec, state.key

    preset_picker(
        state, "Participant", "preset",
        help="How ability comes and goes, and how costly badly tailored messages are. Every number can be tuned on the "
        "Simulator page.",
    )  # fmt: skip
    policy, network = pick_policy(state)
    remarks = st.container()
    filters = list(FILTER_LABELS)
    strategy = st.selectbox(
        "Filter", filters, index=filters.index(spec.filter.strategy),
        format_func=FILTER_LABELS.__getitem__, key=key("filter"),
        help="What the judge's verdict may do to the proposed action.",
    )  # fmt: skip
    judge_picker(state)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seed = st.number_input(
            "Seed", 0, MAX_SEED, spec.seed, 1, key=key("seed"),
            help="The same seed meets the same contexts, walk states and statements, whatever is done.",
        )  # fmt: skip
        st.button("New", key=key("new_seed"), on_click=_new_seed, args=(state,), help="The next seed.")
    thompson, filter_settings = spec.thompson, replace(spec.filter, strategy=strategy)
    with st.expander("More settings"):
        band = st.slider(
            "Unsure between", 0.0, 1.0, (filter_settings.unsure_low, filter_settings.unsure_high), 0.05,
            key=key("unsure_band"),
            help="Probabilities of the judge between which it counts as unsure: do not send below, send above. Both "
            "ends together make a plain threshold.",
        )  # fmt: skip
        filter_settings = replace(filter_settings, unsure_low=band[0], unsure_high=band[1])
        for info in describe(FilterSettings)[1:]:
            if info.name in ("unsure_low", "unsure_high") or (info.name == "belief_threshold" and strategy != BELIEF):
                continue
            value = parameter_widget(info, getattr(filter_settings, info.name), key(info.name), LEARNER_LABELS)
            filter_settings = with_value(filter_settings, info.name, value)
        if policy == THOMPSON:
            learning = [info for info in describe(ThompsonSettings) if info.group != BIAS_GROUP]
            thompson = parameter_widgets(state, thompson, learning)
        state.reveal = st.toggle(
            "Show who could really walk", value=state.reveal, key=key("reveal"),
            help="The true walk state is hidden from policy and judge. Hide it from the class too, and let them guess.",
        )  # fmt: skip
    if policy == THOMPSON:
        with st.expander("Action bias"):
            st.caption("What an action is worth beyond the next day. All 0 is plain Thompson sampling.")
            biases = [info for info in describe(ThompsonSettings) if info.group == BIAS_GROUP]
            thompson = parameter_widgets(state, thompson, biases)
    state.spec = replace(
        state.spec, policy=policy, network=network, filter=filter_settings, thompson=thompson, seed=int(seed)
    )
    if state.spec.keeps_belief:
        with st.expander("Belief in ability"):
            belief = parameter_widgets(state, spec.belief, describe(BeliefSettings), READING_LABELS)
        state.spec = replace(state.spec, belief=belief)
    if policy == PLANNER:
        with st.expander("Planner"):
            planner = parameter_widgets(state, spec.planner, describe(PlannerSettings))
        state.spec = replace(state.spec, planner=planner)
    if network is not None:
        with remarks:
            on_trained(network, state.spec)


def _new_seed(state: AppState) -> None:
    state.spec = replace(state.spec, seed=(state.spec.seed + 1) % (MAX_SEED + 1))
    state.redraw_widgets()


def _use_settings(state: AppState) -> None:
    """Begin a new trial if there is none, or if a setting of the present one has changed."""
    judge = current_judge(state) if state.spec.heeds_text else None
    settings = (state.spec, state.kinds, state.judge_at_work, state.prompt_picked, state.deciding_settings)
    if state.trial is None or state.trial_settings != settings:
        if state.trial is not None and state.run_has_begun:
            state.playing = False
            state.put_aside()
        state.trial = TwinTrial(state.spec, statement_book(state.kinds), judge, with_best=True)
        state.trial_settings = settings
        if state.ahead is not None:
            state.ahead.stop()
            state.ahead = None
    if state.playing and state.ahead is None and judge is not None:
        state.ahead = VerdictPrefetcher(judge.judge, coming_statements(state.spec, statement_book(state.kinds)))


def _controls(state: AppState) -> None:
    """Run or pause, one day, start over, and the speed.

    They stand outside the stage, so that they act at once; and they only say what is wanted, as a day may still be
    waiting for its judge. The stage lives the days.
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

    def pick_speed() -> None:
        state.speed = st.session_state[state.key("speed")]

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
        speeds = list(SPEEDS)
        st.select_slider(
            "Speed", speeds, value=state.speed, key=state.key("speed"), on_change=pick_speed,
            label_visibility="collapsed", width=280,
        )  # fmt: skip


def _say_box(state: AppState) -> None:
    """What the participant says on the coming day, typed by the person in front of the screen."""

    def say() -> None:
        text = str(st.session_state["said_text"]).strip()
        if text:
            state.said_next = Said(text, TRUTHS[state.truth_of_said])
            st.session_state["said_text"] = ""

    def set_truth() -> None:
        state.truth_of_said = st.session_state[truth_key] or AS_SIMULATED
        truth, words = TRUTHS[state.truth_of_said], state.said_next.text if state.said_next else ""
        state.said_next = Said(words, truth) if words or truth is not None else None

    truth_key = f"truth_{state.said_round}"
    with st.container(horizontal=True, vertical_alignment="bottom", key="say_box"):
        st.text_input(
            "What does the participant say on the next day?", key="said_text", on_change=say, width="stretch",
            placeholder="I twisted my ankle", max_chars=4 * MAX_STATEMENT_LENGTH,
            help="Press Enter, or just Run. It replaces the simulator's own statement of that day; the judge reads the "
            f"first {MAX_STATEMENT_LENGTH} characters.",
        )  # fmt: skip
        st.segmented_control(
            "What is true on that day", list(TRUTHS), default=state.truth_of_said, key=truth_key,
            on_change=set_truth, required=True,
            help="Words alone do not change the simulated ability to walk; set it here if they are meant to be true.",
        )  # fmt: skip
