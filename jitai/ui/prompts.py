"""The Models page's section on prompts: reading them, editing copies of them, and fitting calibrations."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import streamlit as st

from jitai.corpus import CALIBRATION, load_part
from jitai.errors import BackendError, JitaiError
from jitai.judge import strategies
from jitai.judge.ollama_models import Cancellation, Progress
from jitai.judge.prompts import PROMPTS_FOLDER, READING_LABELS, Prompt
from jitai.judge.select import find_prompt
from jitai.ui.cached import judge_for, personal_judging, prompts, reread_prompts
from jitai.ui.judge_choice import options_for, prompt_at_work, prompt_label
from jitai.ui.page import plain
from jitai.ui.state import AppState
from jitai.validation.calibration import calibration_from, uncalibrated
from jitai.validation.corpora import balanced_sample
from jitai.validation.runner import judge_corpus

N_TO_CALIBRATE = 200
CALIBRATION_SEED = 1
EXAMPLE_STATEMENT = "my knee hurts today"

StartWork = Callable[[str, Callable[[Cancellation], Iterator[Progress]]], None]


def prompts_section(state: AppState, start_work: StartWork) -> None:
    """Draw the section.

    Args:
        state: of the session.
        start_work: begins a piece of work in the background, under a title, that can be cancelled.
    """
    st.header("How a model is asked")
    st.caption(
        "A prompt is a file: what the model is given, and how its answer is read. The project's own stay as they are; "
        "a copy is yours to change, and is kept on this machine."
    )
    by_name = {prompt.name: prompt for prompt in prompts()}
    names = list(by_name)
    at_work = prompt_at_work(state, options_for(state))
    shown = state.prompt_shown if state.prompt_shown in by_name else at_work
    key = state.key("prompt_shown")

    def show() -> None:
        state.prompt_shown = st.session_state[key]

    name = st.selectbox(
        "Prompt", names, index=names.index(shown), format_func=lambda item: prompt_label(by_name[item]), key=key,
        on_change=show,
    )  # fmt: skip
    prompt = by_name[name]
    _facts(prompt)
    _try_out(prompt)
    _editor(state, prompt)
    _calibration(state, prompt, start_work)


def _facts(prompt: Prompt) -> None:
    st.markdown(plain(prompt.purpose))
    st.caption(plain(f"Read by: {READING_LABELS[prompt.reading]}."))
    for calibration in prompt.calibrations.values():
        temperature = f"temperature {1 / calibration.scale:.2f}, bias {calibration.bias:+.2f}"
        words = f"Calibrated for {calibration.model or 'a model'}: {temperature}, fitted on {calibration.fitted_on}."
        st.caption(plain(f"{words} {calibration.measured}".strip()))


def _try_out(prompt: Prompt) -> None:
    """What the model is given to read, statement and all."""
    with st.expander("What the model is given to read"):
        statement = st.text_input("A statement", EXAMPLE_STATEMENT, max_chars=400, key="prompt_example")
        # As text: neither the prompt nor the statement is ever taken for Markdown or HTML.
        st.code(strategies.shown(prompt, statement), language=None, wrap_lines=True)


def _editor(state: AppState, prompt: Prompt) -> None:
    """The prompt's file in a text area; what is saved is a prompt of the person's own."""
    title = "Edit this prompt of yours" if prompt.is_own else "Edit a copy of your own"
    with st.expander(title):
        draft_key = f"{prompt.name}{'*' if prompt.is_own else ''}"
        if draft_key not in state.prompt_drafts:
            state.prompt_drafts[draft_key] = _text_to_edit(prompt)
        key = state.key(f"draft_{draft_key}")

        def keep() -> None:
            state.prompt_drafts[draft_key] = st.session_state[key]

        st.text_area(
            "The prompt's file (JSON); the fields are described in assets/prompts/README.md",
            state.prompt_drafts[draft_key], height=360, key=key, on_change=keep,
        )  # fmt: skip
        with st.container(horizontal=True):
            if st.button("Save as mine", type="primary", key=state.key("save_prompt")):
                _save(state, draft_key)
            if st.button("Start the copy anew", key=state.key("reset_prompt")):
                del state.prompt_drafts[draft_key]
                state.redraw_widgets()
                st.rerun()
            if prompt.is_own and st.button("Delete it", key=state.key("delete_prompt")):
                personal_judging().delete_prompt(prompt.name)
                state.prompt_shown = state.prompt_picked = ""
                del state.prompt_drafts[draft_key]
                reread_prompts()
                st.rerun()


def _text_to_edit(prompt: Prompt) -> str:
    """The file of a prompt; of a project's prompt, under another name and without its calibrations."""
    text = personal_judging().prompt_text(prompt, PROMPTS_FOLDER)
    if prompt.is_own:
        return text
    content: dict[str, Any] = json.loads(text)
    content.pop("calibration", None)
    content["name"] = f"my_{prompt.name}"
    return json.dumps(content, ensure_ascii=False, indent=2)


def _save(state: AppState, draft_key: str) -> None:
    """Keep the draft; if it is no prompt, say why, and leave the draft as it is."""
    try:
        saved = personal_judging().save_prompt(state.prompt_drafts[draft_key])
    except JitaiError as error:
        st.error(plain(f"{error} {error.hint}".strip()), icon=":material/error:")
        return
    state.prompt_shown = saved.name
    state.prompt_drafts.pop(draft_key, None)
    reread_prompts()
    state.redraw_widgets()
    st.rerun()


def _calibration(state: AppState, prompt: Prompt, start_work: StartWork) -> None:
    """Fit the probabilities of the model at work under this prompt."""
    options = {option.key: option for option in options_for(state)}
    option = options[state.judge_at_work]
    st.caption(
        plain(
            f"Calibrating makes a model's probabilities mean what they say: of the statements that get 0.9, nine in "
            f"ten should be fit for a message. It puts {N_TO_CALIBRATE} statements set aside for this before the model."
        )
    )
    key, name = state.judge_at_work, prompt.name

    def begin() -> None:
        start_work(
            f"Calibrating {option.label} for the prompt {prompt_label(prompt)}", lambda stop: _fit(key, name, stop)
        )

    st.button(
        f"Calibrate the judge at work for “{plain(prompt_label(prompt))}”",
        icon=":material/balance:", key="calibrate", on_click=begin, disabled=not option.usable,
    )  # fmt: skip


def _fit(key: str, name: str, cancellation: Cancellation) -> Iterator[Progress]:
    """Judge the statements, fit, and keep the calibration; in the background.

    Raises: BackendError if the model cannot answer; ParameterError if its answers cannot be calibrated.
    """
    judge = uncalibrated(judge_for(key, name))
    statements = balanced_sample(load_part(CALIBRATION), N_TO_CALIBRATE, CALIBRATION_SEED)
    rows = []
    yield Progress("judging statements", 0, len(statements))
    for row in judge_corpus("", judge, statements):
        if cancellation.cancelled:
            return
        if row.failed:
            raise BackendError(row.verdict.failure)
        rows.append(row)
        yield Progress("judging statements", len(rows), len(statements))
    calibration = calibration_from(judge, rows, "assets/statements/calibration.csv")
    digest = judge.backend.identity().digest
    personal_judging().save_calibration(find_prompt(prompts(), name), digest, calibration)
    reread_prompts()
