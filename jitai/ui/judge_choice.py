"""Which judge is at work: chosen once a session, shown always, changed with one click."""

import streamlit as st

from jitai.judge.judge import Judge
from jitai.judge.select import JudgeOption, available_judges, choose_judge
from jitai.ui.cached import judge_for, ollama_watch, prompt
from jitai.ui.page import plain
from jitai.ui.state import AppState

FIRST_LOOK_S = 1.0
"""How long the first page of a session waits for word from the Ollama server before it settles on a judge."""


def options_for(state: AppState) -> tuple[JudgeOption, ...]:
    """The judges to choose from; the one at work stays among them even if its server has gone."""
    watch = ollama_watch()
    watch.refresh()
    if state.judge_key is None:
        watch.looked.wait(FIRST_LOOK_S)
    options = available_judges(watch.latest, prompt())
    if state.judge_key is None:
        state.judge_key = choose_judge(options)
    if state.judge_key not in {option.key for option in options}:
        gone = JudgeOption(state.judge_key, f"{state.judge_key} (does not answer)", watch.latest.failure, usable=False)
        options = (gone, *options)
    return options


def current_judge(state: AppState) -> Judge:
    """The judge at work in this session."""
    options_for(state)
    return judge_for(state.judge_key or "", state.spec.filter.on_failure)


def judge_picker(state: AppState) -> None:
    """The selection, with what should be known about the judge at work."""
    options = {option.key: option for option in options_for(state)}
    keys = list(options)

    def pick() -> None:
        state.judge_key = st.session_state[state.key("judge")]

    st.selectbox(
        "Judge at work",
        keys,
        index=keys.index(state.judge_key or keys[0]),
        format_func=lambda key: options[key].label,
        key=state.key("judge"),
        on_change=pick,
        help="The local language model that reads the statements. The embedded one needs no server; every model of a "
        "running Ollama server is offered too (address: the environment variable OLLAMA_HOST).",
    )
    note = options[state.judge_key or keys[0]].note
    if note:
        st.caption(plain(note))
    latest = ollama_watch().latest
    ollama = f"Ollama {latest.version}, models: {len(latest.models)}." if latest.version else "No Ollama server found."
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(plain(ollama), width="stretch")
        if st.button("Look again", type="tertiary", key=state.key("look_again")):
            ollama_watch().look_now()
            st.rerun()
