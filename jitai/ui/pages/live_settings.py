"""The Live page's sidebar: preset, policy, filter, judge and seed, and the settings of those that are chosen."""

from itertools import groupby
from operator import attrgetter

import streamlit as st

from jitai.parameters import describe
from jitai.policies.belief import READING_LABELS, BeliefSettings
from jitai.seeding import MAX_SEED
from jitai.trial.filters import FILTERS, LEARNER_LABELS
from jitai.ui.session.state import AppState
from jitai.ui.widgets.judge_picker import judge_picker
from jitai.ui.widgets.parameters import parameter_widgets, preset_picker
from jitai.ui.widgets.policy_picker import policy_picker, training_remarks

UNSURE_BAND = ("unsure_low", "unsure_high")


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
    judge_picker(state, with_simulated=True)
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
