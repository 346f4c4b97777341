"""Offering to install what only some people need, with a button and its progress."""

import streamlit as st

from jitai.installation import Installation, Part
from jitai.sanitise import for_markdown
from jitai.ui.session.resources import installations

TICK_S = 0.5


def offer_installation(part: Part) -> None:
    """Say what is missing and offer a button that installs it; draw nothing if nothing is missing."""
    running = installations().get(part.key)
    at_work = running is not None and not running.snapshot().finished
    if at_work or part.missing:
        st.fragment(_offer, run_every=TICK_S if at_work else None, key=f"install_{part.key}_stage")(part, at_work)


def _offer(part: Part, was_at_work: bool) -> None:
    running = installations().get(part.key)
    state = None if running is None else running.snapshot()
    at_work = state is not None and not state.finished
    if was_at_work and not at_work:
        st.rerun()  # the page goes on with what has been installed
    if state is not None and at_work:
        st.progress(state.share or 0.0, for_markdown(state.text))
        return
    st.info(for_markdown(part.sentence) + f" Run `{part.command}`, or press the button.", icon=":material/download:")
    if state is not None and state.failure:
        st.warning(for_markdown(state.failure), icon=":material/warning:")
    if st.button(f"Install now ({part.size})", icon=":material/download:", key=f"install_{part.key}"):
        latest = installations().get(part.key)
        if latest is None or latest.snapshot().finished:  # another browser tab may have pressed meanwhile
            installations()[part.key] = Installation(part)
            installations()[part.key].start()
        st.rerun()
