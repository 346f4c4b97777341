"""The Models page: which language models there are, here and on an Ollama server, and managing the latter.

Whatever takes long runs in the background and belongs to the process, not to the page: it goes on when the page is
left, and every browser session sees it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from jitai.background import Progress
from jitai.errors import ParameterError
from jitai.installation import MODEL
from jitai.judge import embedded
from jitai.judge.embedded import EmbeddedBackend
from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.management import (
    CANCELLED,
    FAILED,
    JUDGE_NAME,
    SUGGESTIONS,
    BackgroundWork,
    Cancellation,
    checked_name,
    delete,
    in_bytes,
    load,
    pull,
    put_judge,
    unload,
)
from jitai.judge.ollama.options import OLLAMA_PREFIX
from jitai.judge.ollama.overview import ModelDetails, ServerOverview
from jitai.judge.ollama.server import OllamaServer
from jitai.judge.prompts import TUNED_PROMPT, find_prompt
from jitai.judge.registered_backend import JudgeOption
from jitai.judge.registry import backend_of
from jitai.sanitise import for_markdown
from jitai.text_format import counted
from jitai.ui.pages.models_prompts import prompts_section
from jitai.ui.session.resources import (
    backend_watch,
    background_jobs,
    on_server,
    personal_judging,
    prompts,
    reread_prompts,
    server_watch,
)
from jitai.ui.session.state import AppState, app_state, keep_in_address
from jitai.ui.widgets.fitting import offer_fit
from jitai.ui.widgets.installer import offer_installation
from jitai.ui.widgets.judge_picker import judge_picker, options_for
from jitai.ui.widgets.page import errors_as_sentences

POLL_S = 0.5
N_DIGEST_DIGITS = 12
FOR_EVER_MINUTES = 60 * 24 * 365
"""A server that was told to keep a model says that it will drop it in some hundred years."""
KEEP_ALIVE_LABELS = {
    "1m": "1 minute",
    "10m": "10 minutes",
    "1h": "1 hour",
    "8h": "8 hours",
    "-1m": "until Ollama ends",
}
CONTEXT_CHOICES = (1024, 2048, 4096, 8192, 16384)
READ_TIMEOUT_RANGE_S = (5, 1800)


def models_page() -> None:
    """Draw the page."""
    state = app_state()
    with errors_as_sentences():
        with st.sidebar:
            judge_picker(state)
        keep_in_address(state)
        server_watch().refresh()
        st.title("Which language models can read the statements here?")
        _headline(state)
        if _something_to_watch():
            st.fragment(_under_way, run_every=POLL_S if _busy() else None, key="under_way")(_busy())
        for section in SECTIONS:
            section(state)


def _headline(state: AppState) -> None:
    """Show how many models there are in four figures."""
    overview = server_watch().latest
    judges = [item for item in overview.models if item.can_judge] if overview is not None else []
    loaded = [item for item in judges if item.loaded is not None]
    installed = embedded.is_installed()
    with st.container(key="headline"):
        columns = st.columns(4)
    n_others = sum(option.usable for option in _without_own_section(state))
    columns[0].metric("Ready to judge", counted(len(judges) + n_others, "model"), border=True)
    columns[1].metric("Embedded model", "installed" if installed else "not installed", border=True)
    version = "looking …" if overview is None else overview.version or "not found"
    columns[2].metric("Ollama server", for_markdown(version), border=True)
    columns[3].metric("In its memory", f"{len(loaded)} of {len(judges)}" if judges else "no model", border=True)


def _busy() -> bool:
    """Return whether anything in the background will change by itself."""
    return server_watch().latest is None or background_jobs().running


def _something_to_watch() -> bool:
    """Return whether there is work in the background to show, running or ended."""
    return server_watch().latest is None or bool(background_jobs().shown())


def _under_way(was_busy: bool) -> None:
    """Draw the work in the background, twice a second while it runs; redraw the page when it has ended.

    It never draws nothing: Streamlit's browser part takes an empty fragment out of the page, and the fragment's next
    run would then overwrite what has moved into its place.
    """
    if (was_busy and not _busy()) or not _something_to_watch():
        st.rerun()
    if server_watch().latest is None:
        st.caption("Looking for an Ollama server …")
    for number, work in enumerate(background_jobs().shown()):
        with st.container(border=True, key=f"work_{number}", gap="small"):
            _work_row(work)


def _work_row(work: BackgroundWork) -> None:
    """Draw one piece of work: what it is, how far it is, and how to stop it or try again."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(work.title, width="stretch")
        if work.running and work.can_be_cancelled:
            st.button("Cancel", key=f"cancel_{work.key}", on_click=work.stop)
        if work.state in (CANCELLED, FAILED):
            label = "Resume" if work.state == CANCELLED else "Try again"
            st.button(label, key=f"again_{work.key}", on_click=lambda: background_jobs().again(work))
        if not work.running:
            st.button(
                "Dismiss",
                type="tertiary",
                key=f"dismiss_{work.key}",
                on_click=lambda: background_jobs().dismiss(work),
            )
    if work.running:
        st.progress(work.snapshot().share or 0.0, _in_words(work))
    elif work.state == FAILED:
        st.error(for_markdown(work.failure), icon=":material/error:")
    elif work.state == CANCELLED:
        st.caption("Cancelled. What has arrived is kept, and the work resumes from there.")
    else:
        outcome = for_markdown(work.snapshot().outcome)
        st.caption(f":material/check: Done, after {counted(round(work.seconds), 'second')}. {outcome}".rstrip())


def _in_words(work: BackgroundWork) -> str:
    """Return how far a piece of work is, in our words and not in a server's."""
    progress = work.snapshot()
    far = ""
    if progress.total and progress.unit == "bytes":
        far = f", {in_bytes(progress.completed)} of {in_bytes(progress.total)}"
    elif progress.total and progress.unit == "statements":
        far = f", {progress.completed:,} of {progress.total:,} statements"
    elif progress.total > 1:
        far = f", step {min(progress.completed + 1, progress.total)} of {progress.total}"
    return for_markdown(f"{progress.status}{far} … {work.seconds:.0f} s")


def _embedded_section(state: AppState) -> None:
    """Draw the models that run inside the dashboard, and those of backends without a section of their own."""
    st.header("In the dashboard itself")
    offer_installation(MODEL)
    for option in _without_own_section(state):
        with st.container(border=True, key=f"row_{option.key}", gap="small"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(option.short_name, width="stretch")
                _judge_button(state, option.key, option.usable)
            st.caption(for_markdown(" ".join([_file_facts(option), option.note]).strip()))
            if option.warning:
                st.caption(f":material/warning: {for_markdown(option.warning)}")
            offer_fit(state, option, "row")


def _file_facts(option: JudgeOption) -> str:
    """Return the size and digest of a model's file; nothing if it is not installed."""
    facts = backend_of(option.key).facts(option.key)
    return "" if facts is None else f"{in_bytes(facts.size_bytes)}, {_short(facts.digest)}."


def _without_own_section(state: AppState) -> tuple[JudgeOption, ...]:
    """Return all judges except those on the Ollama server, which has sections of its own."""
    return tuple(option for option in options_for(state) if backend_of(option.key) is not OllamaBackend)


def _short(digest: str) -> str:
    """Return the beginning of a digest, enough to tell it from others."""
    kind, _, digits = digest.partition(":")
    return f"{kind}:{digits[:N_DIGEST_DIGITS]}"


def _judge_button(state: AppState, key: str, usable: bool = True) -> None:
    """Draw the button to judge with a model, or a badge if it is the judge at work."""

    def pick() -> None:
        state.pick_judge(key)

    if state.judge_at_work == key:
        st.badge("judge at work", icon=":material/gavel:", color="blue")
    else:
        st.button("Judge with this", key=f"pick_{key}", on_click=pick, disabled=not usable)


def _server_section(state: AppState) -> None:
    """Draw the Ollama server and its models."""
    overview = server_watch().latest
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.header("On the Ollama server", width="stretch")
        if st.button("Look again", type="tertiary", icon=":material/refresh:", key="look_at_models"):
            server_watch().look_now()
            backend_watch().look_now()
            st.rerun()
    if overview is None:
        st.caption("Looking at it for the first time …")
        return
    if not overview.version:
        _how_to_start(overview)
        return
    n_models = counted(len(overview.models), "model")
    st.caption(
        for_markdown(f"At {overview.address}, version {overview.version}, {n_models}. Another address: OLLAMA_HOST.")
    )
    if not overview.models:
        st.info("The server has no model yet. Pull one below.", icon=":material/download:")
    for item in overview.models:
        with st.container(border=True, key=f"row_{item.model.name}", gap="small"):
            _model_row(state, item)


def _how_to_start(overview: ServerOverview) -> None:
    """Say what to do where no server answers."""
    st.info(for_markdown(overview.failure), icon=":material/power_off:")
    st.markdown(
        "Ollama is a free program that runs larger language models on your own machine. Without it the embedded model "
        "judges.\n"
        "1. Install it from ollama.com, if it is not there yet.\n"
        "2. Start the app, or type `ollama serve` in a terminal.\n"
        "3. Press *Look again*. If it runs on another machine or port, set the environment variable `OLLAMA_HOST` to "
        "its address before you start the dashboard."
    )


def _model_row(state: AppState, item: ModelDetails) -> None:
    """Draw one model: what it is, where it runs, whether it is in memory, and what can be done with it."""
    name = item.model.name
    option = next((option for option in options_for(state) if option.key == OLLAMA_PREFIX + name), None)
    where = None if option is None else option.where
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(name, width="stretch")
        if where is not None and where.leaves_this_machine:
            st.badge(for_markdown(where.mark), icon=":material/cloud:", color="orange")
        if item.loaded is not None:
            st.badge("in memory", icon=":material/memory:", color="green")
        if item.can_judge:
            _judge_button(state, OLLAMA_PREFIX + name)
            if item.loaded is None:
                _work_button(state, "Load", "Loading", name, load)
            else:
                _work_button(state, "Unload", "Unloading", name, unload)
        st.button("Delete", type="tertiary", key=f"delete_{name}", on_click=_ask_to_delete, args=(state, name))
    st.caption(for_markdown(_facts(item)))
    if item.can_judge and option is not None:
        st.caption(for_markdown(option.note))
        offer_fit(state, option, "row")
    if state.model_to_delete == name:
        st.warning("Delete it from the server's disk? To use it again, you must download it again.")
        with st.container(horizontal=True):
            _work_button(state, "Delete for good", "Deleting", name, delete)
            st.button("Keep it", key="keep_model", on_click=_ask_to_delete, args=(state, ""))


def _facts(item: ModelDetails) -> str:
    """Return what is known of a model, in one line."""
    model, loaded = item.model, item.loaded
    what = ", ".join(part for part in (model.family, model.parameter_size, model.quantisation) if part)
    facts = [in_bytes(model.size_bytes) if model.size_bytes >= 1000 else "", what]
    facts.append(f"reads up to {item.context_tokens:,} tokens" if item.context_tokens else "")
    facts.append("" if item.can_judge else "cannot judge: it writes no text")
    if loaded is not None:
        facts.append(f"takes {in_bytes(loaded.size_bytes)} of memory{_on_gpu(item)}{_until(loaded.until)}")
    return " · ".join(part for part in facts if part)


def _on_gpu(item: ModelDetails) -> str:
    """Return how much of a model is on a graphics card, in words; nothing if none is."""
    if item.loaded is None or not item.loaded.on_gpu_bytes or not item.loaded.size_bytes:
        return ""
    return f", {item.loaded.on_gpu_bytes / item.loaded.size_bytes:.0%} of it on the graphics card"


def _until(until: datetime | None) -> str:
    """Return for how long a model will stay in memory, in words; nothing if nobody knows."""
    if until is None or until.tzinfo is None:
        return ""
    minutes = (until - datetime.now(UTC)).total_seconds() / 60
    if minutes > FOR_EVER_MINUTES:
        return ", until Ollama ends"
    return f", for another {max(1, round(minutes))} min" if minutes > 0 else ""


def _ask_to_delete(state: AppState, name: str) -> None:
    state.model_to_delete = name


def _work_button(
    state: AppState, label: str, doing: str, name: str, do: Callable[[OllamaServer, str], Iterator[Progress]]
) -> None:
    """Draw a button that begins a piece of work on one model."""

    def begin() -> None:
        state.model_to_delete = ""
        background_jobs().start(
            key, f"{doing} {name}", on_server(state.settings_of(OllamaBackend), lambda server, _: do(server, name))
        )

    key = f"{do.__name__}_{name}"
    st.button(label, key=f"do_{key}", on_click=begin)


def _pull_section(state: AppState) -> None:
    """Draw the form that downloads another model."""
    overview = server_watch().latest
    if overview is None or not overview.version:
        return
    st.header("Pull another model")
    with st.form("pull_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(
            "Name of a model", key="pull_name", max_chars=220, placeholder="gemma3:1b", autocomplete="off",
            help="As in Ollama's library at ollama.com, or hf.co/USER/MODEL:QUANTISATION for a GGUF file from Hugging "
            "Face. The server downloads it. A name that ends in -cloud is not downloaded: the model runs elsewhere.",
        )  # fmt: skip
        pressed = st.form_submit_button("Pull", icon=":material/download:", key="pull")
    if pressed:
        try:
            _begin_to_pull(state, checked_name(typed))
        except ParameterError as error:
            st.error(for_markdown(str(error)), icon=":material/error:")
        else:
            st.rerun()
    there = {item.model.name for item in overview.models}
    with st.expander("Small models to begin with"):
        st.caption("Sizes are those of the downloads, roughly. How well these models judge has not been measured here.")
        for item in SUGGESTIONS:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(f"{item.name}, {in_bytes(item.size_bytes)}. {item.licence}.", width="stretch")
                st.button(
                    "Installed" if item.name in there else "Pull", key=f"pull_{item.name}",
                    disabled=item.name in there, on_click=_begin_to_pull, args=(state, item.name),
                )  # fmt: skip


def _begin_to_pull(state: AppState, name: str) -> None:
    steps = on_server(state.settings_of(OllamaBackend), lambda server, cancellation: pull(server, name, cancellation))
    background_jobs().start(f"pull_{name}", f"Pulling {name}", steps, can_be_cancelled=True)


def _own_judge_section(state: AppState) -> None:
    """Offer to put our judge into the server, if there is an adapter and a server."""
    overview = server_watch().latest
    if overview is None or not overview.version or embedded.find_adapter() is None or not embedded.is_installed():
        return
    st.header("Our own judge in Ollama")
    st.caption(
        for_markdown(
            f"Uploads the embedded model and our adapter, and combines them there into the model {JUDGE_NAME}. It "
            "gives the same probabilities there as here. Nothing is downloaded; a model of that name is replaced."
        )
    )

    def begin() -> None:
        base = embedded.find_model_file()

        def steps_on(server: OllamaServer, cancellation: Cancellation) -> Iterator[Progress]:
            yield from put_judge(server, base, cancellation=cancellation)
            if not cancellation.cancelled:
                _calibrate_as_here(server)

        steps = on_server(state.settings_of(OllamaBackend), steps_on)
        background_jobs().start("put_judge", f"Putting {JUDGE_NAME} into Ollama", steps, can_be_cancelled=True)

    st.button(f"Put our judge into Ollama ({JUDGE_NAME})", icon=":material/upload:", key="put_judge", on_click=begin)


def _calibrate_as_here(server: OllamaServer) -> None:
    """Give our judge on the server the calibration that it has here, if the server has written its files anew.

    Its log-probabilities are the same; of files that are the same too, the calibration is known.
    """
    prompt = find_prompt(prompts(), TUNED_PROMPT)
    ours = prompt.calibration_for(EmbeddedBackend(tuned=True).identity().digest)
    for model in server.list_models():
        if ours.is_fitted and model.name.removesuffix(":latest") == JUDGE_NAME:
            known, _ = server.recognised(model)
            if not prompt.calibration_for(known.digest).is_fitted:
                personal_judging().save_calibration(prompt, known.digest, replace(ours, model=model.name))
                reread_prompts()


def _settings_section(_: AppState) -> None:
    """Draw the settings with which the server is asked."""
    st.header("How the Ollama server is asked")
    usual = OllamaBackend.Settings()
    columns = st.columns(3)
    columns[0].selectbox(
        "A model stays in memory", list(KEEP_ALIVE_LABELS), index=list(KEEP_ALIVE_LABELS).index(usual.keep_alive),
        format_func=KEEP_ALIVE_LABELS.__getitem__, key="ollama_keep_alive", persist_state="session",
        help="Counted from its last answer. Loading it again takes from one second to a minute.",
    )  # fmt: skip
    columns[1].selectbox(
        "Context (tokens)", CONTEXT_CHOICES, index=CONTEXT_CHOICES.index(usual.context_tokens),
        format_func="{:,}".format, key="ollama_context_tokens", persist_state="session",
        help="Room for examples, statement and answer. More takes more memory; another number makes the server load "
        "the model again.",
    )  # fmt: skip
    columns[2].number_input(
        "Longest wait (seconds)", *READ_TIMEOUT_RANGE_S, round(usual.read_timeout_s), 5, key="ollama_read_timeout_s",
        persist_state="session",
        help="For one answer, loading included. After that the rule for a failing judge stands in.",
    )  # fmt: skip


def _prompts_section(state: AppState) -> None:
    """Draw the section on prompts and calibrations."""
    prompts_section(state)


SECTIONS: tuple[Callable[[AppState], None], ...] = (
    _embedded_section,
    _server_section,
    _pull_section,
    _own_judge_section,
    _settings_section,
    _prompts_section,
)
"""The page below its headline, from top to bottom. A new section is a function of the state and a line here."""
