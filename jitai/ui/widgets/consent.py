"""The question that a page asks before what participants write leaves this machine."""

from collections.abc import Iterable

import streamlit as st

from jitai.judge.consent import NOT_AGREED, Consent
from jitai.judge.ollama.whereabouts import Whereabouts
from jitai.judge.registered_backend import JudgeOption
from jitai.sanitise import for_markdown
from jitai.ui.session.state import AppState


def consent_for(state: AppState, where: Whereabouts | None) -> Consent:
    """Return what the person has agreed to of one model, and of no other."""
    agreed = where is not None and where.leaves_this_machine and state.consent.covers(where)
    return Consent(frozenset({where})) if agreed and where is not None else NOT_AGREED


def has_agreed(state: AppState, options: Iterable[JudgeOption]) -> bool:
    """Return whether all of some judges may be asked: they run here, or the person has agreed."""
    return all(option.where is None or state.consent.covers(option.where) for option in options)


def ask_consent(state: AppState, options: Iterable[JudgeOption], place: str) -> None:
    """Draw, for each judge that runs elsewhere, where the words would go, and the button that agrees or takes it back.

    Args:
        state: of the session, which keeps the answer until it ends.
        options: the judges that are chosen.
        place: on the page; ends the buttons' keys.
    """
    for option in options:
        where = option.where
        if where is None or not where.leaves_this_machine:
            continue
        said, key = for_markdown(where.sentence), f"{option.key}_{place}"
        if state.consent.covers(where):
            st.caption(f":material/cloud_upload: {said} You have agreed to that for this visit.")
            st.button(
                "Send nothing more", type="tertiary", key=f"disagree_{key}", on_click=_set, args=(state, where, False)
            )
            continue
        st.warning(
            f"{said} Nothing has been sent, and nothing will be before you agree.", icon=":material/cloud_upload:"
        )
        st.button("Agree, for this visit", key=f"agree_{key}", on_click=_set, args=(state, where, True))


def _set(state: AppState, where: Whereabouts, agrees: bool) -> None:
    state.consent = state.consent.and_to(where) if agrees else state.consent.without(where)
