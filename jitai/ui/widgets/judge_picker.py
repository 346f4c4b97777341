"""The choice of the judge at work, which holds for the whole session."""

from typing import Any

import streamlit as st

from jitai.judge.judge import Judge
from jitai.judge.prompts import Prompt
from jitai.judge.registered_backend import JudgeOption
from jitai.judge.registry import (
    BackendClass,
    available_judges,
    backend_of,
    choose_judge,
    missing_option,
    offered_key,
    reading_backends,
)
from jitai.judge.simulated import SIMULATED, SimulatedBackend
from jitai.parameters import build, describe
from jitai.sanitise import for_markdown
from jitai.ui.session.resources import Watch, backend_watch, judge_for, prompts
from jitai.ui.session.state import AppState
from jitai.ui.widgets.consent import ask_consent, consent_for
from jitai.ui.widgets.fitting import offer_fit
from jitai.ui.widgets.parameters import parameter_widgets


def options_for(state: AppState) -> tuple[JudgeOption, ...]:
    """Return the judges to choose from; the judge at work is always one of them.

    The person's pick counts; without one, what is recommended as far as is known yet, until a run has begun or is
    shown: no page waits for the Ollama server. The judge at work stays among the options even if its server has gone.
    """
    watch = backend_watch()
    watch.refresh()
    options = available_judges(watch.latest, prompts())
    if state.judge_picked:
        state.judge_at_work = offered_key(options, state.judge_picked)
    elif not (state.judge_at_work and state.judge_settled):
        state.judge_at_work = choose_judge(options)
    if state.judge_at_work not in {option.key for option in options}:
        options = (missing_option(state.judge_at_work, watch.latest), *options)
    return options


def prompt_at_work(state: AppState, options: tuple[JudgeOption, ...]) -> str:
    """Return the name of the prompt that the person picked, or that suits the judge at work."""
    if state.prompt_picked in {prompt.name for prompt in prompts()}:
        return state.prompt_picked
    return option_at_work(state, options).prompt


def option_at_work(state: AppState, options: tuple[JudgeOption, ...]) -> JudgeOption:
    """Return the judge at work among the options."""
    return next(option for option in options if option.key == state.judge_at_work)


def current_judge(state: AppState) -> Judge:
    """Return the judge at work in this session."""
    options = options_for(state)
    settings = state.spec.filter.settings
    where = option_at_work(state, options).where
    return judge_for(
        state.judge_at_work,
        prompt_at_work(state, options),
        settings.on_failure,
        settings.unsure_low,
        settings.unsure_high,
        state.settings_of(backend_of(state.judge_at_work)),
        consent_for(state, where),
    )


def judge_picker(state: AppState, *, with_simulated: bool = False) -> None:
    """Draw the choice of the judge, with what should be known about the one at work.

    Args:
        state: of the session.
        with_simulated: whether the simulated judge is offered too, where only simulated participants speak.
    """
    all_options = options_for(state)
    options = {option.key: option for option in all_options}
    if with_simulated:
        options |= {option.key: option for option in SimulatedBackend.options(None, ())}
    simulated = with_simulated and state.simulated

    def pick() -> None:
        picked = st.session_state["judge"]
        if with_simulated:
            state.simulated = picked == SIMULATED
        if picked != SIMULATED:
            state.pick_judge(picked)

    # Set each time, so that the selection follows when the recommendation changes.
    st.session_state["judge"] = SIMULATED if simulated else state.judge_at_work
    st.selectbox(
        "Judge at work",
        list(options),
        format_func=lambda key: options[key].label,
        key="judge",
        on_change=pick,
        help="The local language model that reads the statements. The embedded one needs no server; every model of a "
        "running Ollama server is offered too (address: the environment variable OLLAMA_HOST)."
        + (" The simulated one reads nothing and errs as often as you set." if with_simulated else ""),
    )
    if simulated:
        backend_widgets(SimulatedBackend, f"{SIMULATED}_")
        st.caption(
            "It reads no words: it knows what is true of the day, and errs that often. Words that you type have the "
            "day’s truth, too. A cell of the Sweep page has such a judge."
        )
        return
    option = options[state.judge_at_work]
    if option.note:
        st.caption(for_markdown(option.note))
    if option.warning:
        st.warning(for_markdown(option.warning), icon=":material/warning:")
    ask_consent(state, [option], "picker")
    offer_fit(state, option, "picker")
    _prompt_picker(state, prompt_at_work(state, all_options))
    _settings_of_judge(state)
    # A server may end, or begin, while nobody touches the page; the first look takes a second or two.
    st.fragment(_servers, run_every=Watch.MAX_AGE_S if backend_watch().latest else 1.0)(_statuses())


def _statuses() -> list[str]:
    """Return what was found of each backend's server, one line each."""
    latest = backend_watch().latest
    return [line for backend in reading_backends() if (line := backend.status(latest.get(backend.key)))]


def _servers(drawn: list[str]) -> None:
    """Say which servers answer now; draw the whole page again where that is no longer what it was drawn for."""
    backend_watch().refresh()
    if _statuses() != drawn:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(for_markdown(" ".join(drawn)), width="stretch")
        if st.button("Look again", type="tertiary", key="look_again"):
            backend_watch().look_now()
            st.rerun()


def _settings_of_judge(state: AppState) -> None:
    """Draw the settings of the judge at work, if they may change its verdicts."""
    if state.deciding_settings is None:
        return
    backend = backend_of(state.judge_at_work)
    with st.expander("Settings of this judge"):
        backend_widgets(backend, f"{backend.key}_")


def backend_widgets(backend: BackendClass, prefix: str) -> Any:
    """Draw widgets for all settings of a backend; return the settings as the person has set them.

    Args:
        backend: whose settings they are.
        prefix: of the widgets' keys.
    Raises: ParameterError if the settings are not allowed together.
    """
    infos = describe(backend.Settings)
    for info in infos:
        st.session_state.setdefault(prefix + info.name, info.default)
    parameter_widgets(infos, prefix=prefix)
    return build(backend.Settings, {info.name: st.session_state[prefix + info.name] for info in infos})


def _prompt_picker(state: AppState, at_work: str) -> None:
    """Draw the choice of the prompt, with its purpose."""
    by_name = {prompt.name: prompt for prompt in prompts()}

    def pick() -> None:
        state.prompt_picked = st.session_state["prompt"]

    st.session_state["prompt"] = at_work
    st.selectbox(
        "How it is asked",
        list(by_name),
        format_func=lambda name: prompt_label(by_name[name]),
        key="prompt",
        on_change=pick,
        help=f"{for_markdown(by_name[at_work].purpose)} The Models page shows prompts, and copies them to be edited.",
    )


def prompt_label(prompt: Prompt) -> str:
    """Return a prompt's name as shown in a choice: "few shot, version 1"."""
    own = " (yours)" if prompt.is_own else ""
    return f"{prompt.name.replace('_', ' ')}, version {prompt.version}{own}"
