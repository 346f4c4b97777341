"""What the pages Compare, Sweep and Runs share: the store, experiments in processes of their own, methods, judges."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import streamlit as st

from jitai.corpus import CALIBRATION, TEST, load_part
from jitai.errors import JitaiError, ParameterError
from jitai.experiments.cell import CellWork
from jitai.experiments.comparison import DayFigures, Run, day_figures, days_of
from jitai.experiments.launch import Processes
from jitai.experiments.methods import may_have_changed, offered_methods
from jitai.experiments.spec import ExperimentSpec, JudgeChoice, Method
from jitai.experiments.spec_file import spec_as_yaml
from jitai.experiments.store import (
    FAILED,
    FINISHED,
    INTERRUPTED,
    RUNNING,
    STOPPED,
    Store,
    StoredCell,
    StoredExperiment,
)
from jitai.files import remove
from jitai.judge.registry import backend_of, experiment_judges
from jitai.parameters import settings_as_mapping
from jitai.paths import default_store_folder, program
from jitai.policies.belief import BeliefSettings
from jitai.report.experiment import lived_again, work_of
from jitai.rl.policy_store import default_policy_store
from jitai.sanitise import for_markdown
from jitai.text_format import counted
from jitai.ui.session.live_run import LiveState
from jitai.ui.session.state import AppState, app_state, session_object
from jitai.ui.widgets.consent import ask_consent
from jitai.ui.widgets.judge_picker import backend_widgets, options_for
from jitai.ui.widgets.opening import show_played
from jitai.ui.widgets.page import errors_as_sentences

TICK_S = 1.0
"""Between two looks at a running experiment."""
LOOK_AGAIN_S = 0.8
"""How long a picture stays at least: many small cells may be finished in each second."""
ON_LIVE = "on_live"
"""Stands in a list of methods for the one of the Live page."""
LIVE_METHOD_NAME = "As on the Live page"
_IDENTIFIER = re.compile(r"[a-z0-9-]{1,60}")


@st.cache_resource(show_spinner=False)
def processes() -> Processes:
    """Return the processes in which this server runs experiments."""
    return Processes()


def store() -> Store:
    """Return the person's stored experiments, those of the command line among them."""
    return Store(default_store_folder())


def run_now(spec: ExperimentSpec) -> str:
    """Run an experiment in a process of its own, unless it is finished and cannot have changed.

    Returns: its identifier.
    Raises: FileFormatError; NotAgreed if words would leave this machine and the person has not agreed.
    """
    found = find(spec.identifier)
    if found is None or found.status != FINISHED or may_have_changed(found):
        processes().start(spec, store().folder, agrees_to_send=_agrees(spec))
    return spec.identifier


def _agrees(spec: ExperimentSpec) -> bool:
    """Return whether the experiment may send words away: it needs to, and the person has agreed.

    Raises: NotAgreed if it needs to and the person has not.
    """
    state = app_state()
    options = {option.key: option for option in options_for(state)}
    asked = [options[judge.key].where for judge in spec.judges_needed() if judge.key in options]
    elsewhere = [where for where in asked if where is not None and where.leaves_this_machine]
    for where in elsewhere:
        state.consent.check(where)
    return bool(elsewhere)


def go_on(spec: ExperimentSpec) -> None:
    """Call ``run_now`` from a button; ``say_problem`` then shows an error."""
    try:
        run_now(spec)
    except JitaiError as error:
        app_state().problem = error.in_full


def find(identifier: str) -> StoredExperiment | None:
    """Return a stored experiment; None if there is none of that name (yet)."""
    try:
        return store().experiment(identifier)
    except ParameterError:
        return None


def is_running(identifier: str) -> bool:
    """Return whether an experiment is running, whoever started it."""
    if not identifier:
        return False
    return processes().is_alive(identifier) or is_at_work(find(identifier))


def is_at_work(found: StoredExperiment | None) -> bool:
    """Return whether an experiment that was just looked up is running, without reading the store again."""
    return found is not None and (found.status == RUNNING or processes().is_alive(found.identifier))


def method_named(name: str, state: AppState) -> Method:
    """Return a method of the page's list; ``ON_LIVE`` is made from the Live page's settings."""
    if name != ON_LIVE:
        return offered_methods()[name][0]
    spec, usual = state.spec, asdict(BeliefSettings())
    belief = {key: value for key, value in asdict(spec.belief).items() if value != usual[key]}
    return Method(LIVE_METHOD_NAME, spec.policy, spec.filter, belief)


def methods_help() -> str:
    """Return an explanation of all methods, as a list."""
    return "\n".join(
        f"- **{for_markdown(name)}**: {for_markdown(what)}" for name, (_, what) in offered_methods().items()
    )


def judge_widgets(state: AppState, name: str) -> JudgeChoice:
    """Draw the choice of a judge and its settings, and say how long a language model takes; return the choice.

    Args:
        state: of the session.
        name: begins the widgets' keys.
    """
    options = {option.key: option for option in experiment_judges(options_for(state))}
    key = st.selectbox(
        "Judge", list(options), format_func=lambda key: options[key].label, key=f"{name}_judge",
        persist_state="session",
        help="Who reads what participants write. A simulated judge errs at the rates that you set, needs no language "
        "model and answers at once.",
    )  # fmt: skip
    backend = backend_of(key)
    stated: tuple[tuple[str, Any], ...] = ()
    if backend.settings_matter:
        settings = backend_widgets(backend, f"{name}_{backend.key}_")
        stated = tuple(settings_as_mapping(settings).items())
    if not backend.reads_statements:
        return JudgeChoice(key, settings=stated)
    if options[key].warning:
        st.caption(f":material/warning: {for_markdown(options[key].warning)}")
    ask_consent(state, [options[key]], name)
    n_statements = sum(item.kind in state.kinds for part in (TEST, CALIBRATION) for item in load_part(part))
    st.caption(
        f"On its first run, a judge reads {n_statements:,} statements before the first result appears. Its verdicts "
        "are kept for later runs. What the embedded judges say came with the lab."
    )
    return JudgeChoice(key, state.prompt_picked if key == state.judge_at_work else "", stated)


def number_of_seeds(name: str) -> int:
    """Draw the choice of the number of seeds; return it."""
    return st.number_input(
        "Seeds", 1, 10_000, 100, 50, key=f"{name}_seeds", persist_state="session",
        help="Simulated studies of each method. Every method meets the same seeds, that is the same contexts, "
        "abilities, statements and luck, so differences are paired. Four times as many halve an interval.",
    )  # fmt: skip


def judges_for(methods: Sequence[Method], judge: JudgeChoice) -> tuple[JudgeChoice, ...]:
    """Return the judge if any method reads text; else none."""
    return (judge,) if any(method.reads_text for method in methods) else ()


def run_button(page: str, spec: ExperimentSpec | None, about: str, show: Callable[[str], None]) -> None:
    """Draw the button that runs the page's experiment, and say what it will do.

    Args:
        page: ends the button's key, and that of the popover around it.
        spec: None as long as the settings describe nothing that could be run.
        about: what Run will do, or what is missing; may be empty.
        show: makes the page show the experiment of an identifier.
    """

    def start() -> None:
        assert spec is not None
        show(spec.identifier)
        go_on(spec)
        st.session_state[f"own_{page}"] = False  # the result is not to be covered by what asked for it

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Run", type="primary", icon=":material/play_arrow:", key=f"start_{page}", on_click=start,
            disabled=spec is None or is_running(spec.identifier), shortcut="Space", width=120,
        )  # fmt: skip
        if about:
            st.caption(for_markdown(about))


def finished_so_far(identifier: str, running: bool, wanted: ExperimentSpec | None) -> StoredExperiment | None:
    """Draw the remarks on the page's experiment; return the experiment.

    Args:
        identifier: of the experiment.
        running: whether it was at work when the page was drawn; where that has changed, the page is drawn anew.
        wanted: what the page's settings stand for.
    Returns: None as long as nothing of it is stored.
    Raises: ParameterError if there is no such experiment, with what its process wrote last.
    """
    found = find(identifier)
    if (processes().is_alive(identifier) or is_at_work(found)) != running:
        st.rerun()  # the whole page: the ticking begins or ends, and the button follows
    # Always there: else the bar would move, and stand twice on the page until the rest is drawn.
    with st.container():
        if found is not None:
            remarks(found, running, "" if wanted is None else wanted.identifier)
    if found is None and not processes().is_alive(identifier):
        raise not_there(identifier)
    return found


def progress(identifier: str, found: StoredExperiment | None) -> None:
    """Draw how far a running experiment is, with a button that stops it; ``found`` is None while it starts."""
    told = found.progress if found is not None and found.status == RUNNING else None
    with st.container(horizontal=True, vertical_alignment="center", key="experiment_progress"):
        st.progress(told.share if told else 0.0, for_markdown(told.in_words if told else "starting"), width="stretch")
        st.button(
            "Stop", icon=":material/stop:", key=f"stop_{identifier}", on_click=store().ask_to_stop, args=(identifier,),
            # Before the process has begun, nothing hears the request.
            disabled=found is None or found.status != RUNNING,
            help="Finished cells are kept, and the experiment can be resumed later.",
        )  # fmt: skip


def watched_progress(identifier: str, found: StoredExperiment | None) -> None:
    """Draw how far a running experiment is, every second, and the whole page only where it has something new to show.

    Args:
        identifier: of the experiment.
        found: what there was of it when the page was drawn.
    """
    n_finished = 0 if found is None else found.n_finished
    st.fragment(_watch, run_every=TICK_S, key="experiment_watch")(identifier, n_finished, time.monotonic())


def _watch(identifier: str, n_finished: int, drawn_at: float) -> None:
    with errors_as_sentences():
        found = find(identifier)
        moved = not (processes().is_alive(identifier) or is_at_work(found))
        moved |= found is not None and found.n_finished != n_finished
        if moved and time.monotonic() - drawn_at >= LOOK_AGAIN_S:
            st.rerun()
        progress(identifier, found)


def remarks(experiment: StoredExperiment, running: bool, wanted: str) -> None:
    """Say what a reader must know of an experiment before its figures, and offer to resume one that is not finished.

    Args:
        experiment: that is shown.
        running: whether it is at work.
        wanted: identifier of what the page's settings stand for.
    """
    if experiment.identifier != wanted:
        st.caption(
            for_markdown(
                f"This is “{experiment.spec.name}”, {counted(experiment.spec.n_seeds, 'seed')}. The "
                "settings of your own "
            )
            + "differ from it: **Run** uses them."
        )
    if running:
        return
    done = f"{experiment.n_finished:,} of {experiment.n_cells:,} cells are finished"
    if experiment.status == FAILED:
        st.error(for_markdown(f"It could not go on: {experiment.failure}"), icon=":material/error:")
    elif experiment.status == INTERRUPTED:
        st.warning(f"This experiment was interrupted: {done}.", icon=":material/warning:")
    elif experiment.status == STOPPED:
        st.info(f"Stopped: {done}.", icon=":material/stop_circle:")
    if experiment.n_failed:
        cell, why = store().failures(experiment.identifier)[0]
        st.warning(
            for_markdown(
                f"{counted(experiment.n_failed, 'cell')} could not be run. The first: {cell.method.name}: {why}"
            ),
            icon=":material/warning:",
        )
    if experiment.status != FINISHED:
        st.button(
            "Resume it", icon=":material/resume:", key=f"go_on_{experiment.identifier}", on_click=go_on,
            args=(experiment.spec,),
        )  # fmt: skip


def never_began(identifier: str) -> str:
    """Return why a process ended before it could store anything: the last line that it wrote."""
    log = store().folder / "descriptions" / f"{identifier}.log"
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else ""


def forget_log(identifier: str) -> None:
    """Remove what the process of a deleted experiment wrote, so that it is not taken for the end of a new one."""
    remove(store().folder / "descriptions" / f"{identifier}.log")


def not_there(identifier: str) -> JitaiError:
    """Return the error that says that an experiment is not in the store."""
    why = never_began(identifier) if processes().has_failed(identifier) else ""
    return ParameterError(
        f"There is no stored experiment {identifier!r} on this machine.",
        f"It ended with: {why}" if why else "It may have been deleted, or stored elsewhere.",
    )


@st.cache_data(show_spinner=False, max_entries=400)
def day_figures_of(folder: str, key: str, first_seed: int, n_seeds: int, n_days: int) -> DayFigures:
    """Return the summary of a cell's days, cached by the key, which stands for everything that decides them.

    Raises: FileFormatError if the cell's file is missing or damaged.
    """
    columns = ("seed", "day", "executed_action", "step_count", "can_walk", "belief")
    table = Store(Path(folder)).steps(key, columns)
    return day_figures(days_of(table, range(first_seed, first_seed + n_seeds), n_days))


def days_of_run(run: Run) -> DayFigures:
    """Return the summary of a run's days."""
    return day_figures_of(
        str(store().folder), run.stored.key, run.seeds.start, len(run.seeds),
        run.stored.cell.condition.config.study_length,
    )  # fmt: skip


def command_and_description(spec: ExperimentSpec, name: str) -> None:
    """Show how to run the same without a browser.

    Args:
        spec: the experiment.
        name: begins the widgets' keys.
    """
    st.caption("The same without a browser, into the same store:")
    st.code(f"{program()} experiment {spec.identifier}.yaml", language="bash")
    st.download_button(
        "Download the description (YAML)", data=spec_as_yaml(spec, default_policy_store().name_of).encode(),
        mime="application/yaml", file_name=f"{spec.identifier}.yaml", on_click="ignore", key=f"{name}_yaml",
        icon=":material/download:",
    )  # fmt: skip
    st.code(spec_as_yaml(spec, default_policy_store().name_of), language="yaml", height=320)


def open_cell(
    app: AppState, kinds: Sequence[str], stored: StoredCell, place: str, shipped: CellWork | None = None
) -> bool:
    """Have the Live page show one seed of a cell: the session's where the cell has it, else the cell's first.

    Args:
        app: of the session.
        kinds: of the experiment's statements.
        stored: the cell.
        place: of it, in words.
        shipped: what decided the cell, where it came with the lab; its steps are kept to a tenth.
    Returns: False where the cell cannot be lived again.
    """
    work = shipped or work_of(store())(stored)
    if work is None:
        return False
    seed = app.spec.seed if app.spec.seed in work.seeds else work.seeds[0]
    played = lived_again(stored, work, kinds, seed, 0.0 if shipped is None else 0.051)
    if played is None:
        return False
    show_played(app, session_object(LiveState), f"the cell {place}, seed {seed}", played)
    return True
