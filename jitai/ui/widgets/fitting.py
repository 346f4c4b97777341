"""The offer to make a judge fit that nobody has calibrated, where it is chosen, and how far that is."""

import streamlit as st

from jitai.judge.registered_backend import JudgeOption
from jitai.ui.session.fitting import begin_fit, fit_under_way
from jitai.ui.session.state import AppState
from jitai.ui.widgets.consent import has_agreed
from jitai.validation.fitting import N_TO_CALIBRATE

TICK_S = 1.0


def offer_fit(state: AppState, option: JudgeOption, place: str) -> None:
    """Draw the offer, or the progress while it is under way; nothing for a judge that is calibrated.

    Args:
        place: on the page; ends the widgets' keys.
    """
    work = fit_under_way(option)
    if work is not None:
        st.fragment(_progress, run_every=TICK_S, key=f"fit_progress_{place}_{option.key}")(option)
    elif not option.is_calibrated and option.usable:
        st.button(
            "Make it fit, in about a minute", icon=":material/balance:", key=f"fit_{place}_{option.key}",
            on_click=begin_fit, args=(state, option), disabled=not has_agreed(state, [option]),
            help=f"The model reads {N_TO_CALIBRATE} labelled statements that are set aside for this. The prompt that "
            "suits it is chosen, and its probabilities are made to mean what they say. Until then its verdicts are "
            "marked as not calibrated.",
        )  # fmt: skip


def _progress(option: JudgeOption) -> None:
    """Draw how far the work is; draw the page anew when it has ended."""
    work = fit_under_way(option)
    if work is None:
        st.rerun()
        return
    progress = work.snapshot()
    st.progress(progress.share or 0.0, f"Being calibrated: {progress.completed:,} of {progress.total:,} statements")
