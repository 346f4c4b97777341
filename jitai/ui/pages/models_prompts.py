"""The Models page's section on prompts: reading them, editing copies of them, and fitting calibrations."""

import json
from typing import Any

import streamlit as st

from jitai.charts.theme import CONFIG
from jitai.charts.validation import reliability_figure
from jitai.errors import JitaiError
from jitai.files import read_json
from jitai.judge import strategies
from jitai.judge.prompt_file import PROMPTS_FOLDER
from jitai.judge.prompts import READING_METHOD_LABELS, Prompt
from jitai.sanitise import for_markdown
from jitai.ui.session.fitting import begin_fit, fits
from jitai.ui.session.resources import personal_judging, prompts, reread_prompts
from jitai.ui.session.state import AppState, palette, say_problem
from jitai.ui.widgets.consent import has_agreed
from jitai.ui.widgets.judge_picker import options_for, prompt_at_work, prompt_label
from jitai.validation.fitting import N_TO_CALIBRATE

EXAMPLE_STATEMENT = "my knee hurts today"


def prompts_section(state: AppState) -> None:
    """Draw the section."""
    st.header("How a model is asked")
    st.caption(
        "A prompt is a file that says what the model is given and how its answer is read. The project's own prompts do "
        "not change; a copy is yours to edit and is kept on this machine."
    )
    by_name = {prompt.name: prompt for prompt in prompts()}

    def show() -> None:
        state.prompt_shown = st.session_state["prompt_shown"]

    # Set each time: the prompt at work is shown until the person chooses one.
    at_work = prompt_at_work(state, options_for(state))
    st.session_state["prompt_shown"] = state.prompt_shown if state.prompt_shown in by_name else at_work
    name = st.selectbox(
        "Prompt", list(by_name), format_func=lambda item: prompt_label(by_name[item]), key="prompt_shown",
        on_change=show,
    )  # fmt: skip
    prompt = by_name[name]
    for error in personal_judging().damaged_prompts():
        st.warning(for_markdown(f"A prompt of yours is not offered. {error.in_full}"), icon=":material/warning:")
    _facts(state, prompt)
    _try_out(prompt)
    _editor(state, prompt)
    _calibration(state, prompt)


def _facts(state: AppState, prompt: Prompt) -> None:
    st.markdown(for_markdown(prompt.purpose))
    st.caption(for_markdown(f"Read by: {READING_METHOD_LABELS[prompt.reading]}."))
    for digest, calibration in prompt.calibrations.items():
        numbers = (
            f"scale {calibration.scale:.2f} (temperature {1 / calibration.scale:.2f}), bias {calibration.bias:+.2f}"
        )
        whose = "Your calibration" if calibration.is_own else "Calibrated"
        words = f"{whose} for {calibration.model or 'a model'}: {numbers}, fitted on {calibration.fitted_on}."
        known = [item.sentence for item in (calibration.improvement, calibration.measured) if item is not None]
        st.caption(for_markdown(" ".join([words, *known])))
        if calibration.is_own:
            _own_calibration(prompt, digest)


def _own_calibration(prompt: Prompt, digest: str) -> None:
    """Show what the person's calibration has changed, if this process fitted it, and offer to forget it."""
    fit = fits().get((prompt.content_hash, digest))
    if fit is not None:
        with st.expander("What your calibration changes"):
            for column, title, points in zip(st.columns(2), ("Before", "After"), (fit.before, fit.after), strict=True):
                column.caption(title)
                column.plotly_chart(
                    reliability_figure(points, palette()), config=CONFIG, key=f"fit_{title}_{digest}",
                    alt=f"{title}, share that can walk by P(send): "
                    + ", ".join(
                        f"{item.mean_p_send:.2f}: {item.share_can_walk:.2f} of {item.n}" for item in points if item.n
                    ),
                )  # fmt: skip
            st.caption(
                f"On the {fit.n} statements that it was fitted on, so “After” looks too good. "
                f"{fit.n_failed} were not answered and are left out."
            )
    if st.button("Forget my calibration", key=f"forget_{digest}"):
        personal_judging().forget_calibration(prompt, digest)
        reread_prompts()
        st.rerun()


def _try_out(prompt: Prompt) -> None:
    """Show what the model is given to read, with a statement in it."""
    with st.expander("What the model is given to read"):
        statement = st.text_input("A statement", EXAMPLE_STATEMENT, max_chars=400, key="prompt_example")
        # As text: neither the prompt nor the statement is ever taken for Markdown or HTML.
        st.code(strategies.shown(prompt, statement), language=None, wrap_lines=True)


def _editor(state: AppState, prompt: Prompt) -> None:
    """Draw the prompt's file in a text area; what is saved becomes a prompt of the person's own."""
    draft = f"draft_{prompt.name}{'*' if prompt.is_own else ''}"

    def save() -> None:
        try:
            saved = personal_judging().save_prompt(st.session_state[draft], prompt.name if prompt.is_own else "")
        except JitaiError as error:
            state.problem = error.in_full  # the draft stays as it is
            return
        state.prompt_shown = saved.name
        del st.session_state[draft]
        reread_prompts()

    def start_again() -> None:
        st.session_state[draft] = _text_to_edit(prompt)

    def delete() -> None:
        personal_judging().delete_prompt(prompt.name)
        state.prompt_shown = state.prompt_picked = ""
        del st.session_state[draft]
        reread_prompts()

    with st.expander("Edit this prompt of yours" if prompt.is_own else "Edit a copy of your own"):
        if draft not in st.session_state:
            start_again()
        st.text_area(
            "The prompt's file (JSON); the fields are described in assets/prompts/README.md", height=360, key=draft,
            persist_state="session",
        )  # fmt: skip
        with st.container(horizontal=True):
            st.button("Save as mine", type="primary", key="save_prompt", on_click=save)
            st.button("Start again from the file", key="reset_prompt", on_click=start_again)
            if prompt.is_own:
                st.button("Delete it", key="delete_prompt", on_click=delete)
        say_problem(state)


def _text_to_edit(prompt: Prompt) -> str:
    """Return the text of a prompt's file; a copy of a project's prompt has another name and no calibrations."""
    text = personal_judging().prompt_text(prompt, PROMPTS_FOLDER)
    if prompt.is_own:
        return text
    content: dict[str, Any] = read_json(text)
    content.pop("calibration", None)
    content["name"] = personal_judging().free_name(f"my_{prompt.name}")
    return json.dumps(content, ensure_ascii=False, indent=2)


def _calibration(state: AppState, prompt: Prompt) -> None:
    """Offer to calibrate the model at work under this prompt."""
    options = {option.key: option for option in options_for(state)}
    option = options[state.judge_at_work]
    st.caption(
        for_markdown(
            f"Calibrating makes a model's probabilities mean what they say: of the statements that get 0.9, nine in "
            f"ten should be fit for a message. The model reads {N_TO_CALIBRATE} statements that are set aside for this."
        )
    )
    st.button(
        f"Calibrate the judge at work for “{for_markdown(prompt_label(prompt))}”",
        icon=":material/balance:", key="calibrate", on_click=begin_fit, args=(state, option, prompt),
        disabled=not option.usable or not has_agreed(state, [option]),
    )  # fmt: skip
