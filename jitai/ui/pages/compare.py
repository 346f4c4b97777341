"""The Compare page: methods side by side under the same seeds, and how sure the answer is."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from jitai.experiments.answers import COMPARE, shipped_answer
from jitai.experiments.methods import COIN_TS, LLM_TS, PLANNER, RULE, TS, offered_methods, place_of_role
from jitai.experiments.spec import ExperimentSpec
from jitai.experiments.store import StoredExperiment
from jitai.experiments.words import with_own_name
from jitai.text_format import counted
from jitai.ui.pages.compare_results import draw_results
from jitai.ui.session.page_states import CompareState
from jitai.ui.session.state import AppState, app_state, keep_in_address, say_problem, session_object
from jitai.ui.widgets.answer import draw_answer
from jitai.ui.widgets.evidence import shipped_evidence, stored_evidence
from jitai.ui.widgets.experiment import (
    LIVE_METHOD_NAME,
    ON_LIVE,
    find,
    finished_so_far,
    is_running,
    judge_widgets,
    judges_for,
    method_named,
    methods_help,
    number_of_seeds,
    run_button,
    watched_progress,
)
from jitai.ui.widgets.page import errors_as_sentences
from jitai.ui.widgets.parameters import preset_picker

DEFAULT_METHODS = (TS, LLM_TS, COIN_TS, RULE, PLANNER, "Optimum", "Random")


def compare_page() -> None:
    """Draw the page."""
    app = app_state()
    with errors_as_sentences():
        state = session_object(CompareState)
        keep_in_address(app, experiment=state.shown)
        with st.popover("Run your own comparison", icon=":material/tune:", key="own_compare", on_change="rerun"):
            spec = _settings(app, state)
            _start_button(state, spec)
        say_problem(app)
        running = is_running(state.shown)
        st.fragment(_stage, key="compare_stage")(app, state, running, spec)


def _settings(app: AppState, state: CompareState) -> ExperimentSpec | None:
    """Draw the settings; return the experiment that Run would run, None if no method is chosen."""
    preset_picker(app, "Participant", help="Every number can be tuned on the Simulator page.")
    names = st.multiselect(
        "Methods", [*offered_methods(), ON_LIVE], default=DEFAULT_METHODS, key="compared_methods",
        format_func=lambda name: LIVE_METHOD_NAME if name == ON_LIVE else with_own_name(name),
        persist_state="session", help=methods_help(), placeholder="choose some",
    )  # fmt: skip
    chosen = sorted((method_named(name, app) for name in names), key=place_of_role)
    if not chosen:
        return None
    judge = judge_widgets(app, "compared")
    n_seeds = number_of_seeds("compared")

    def forget_base() -> None:
        state.base = ""

    options = [method.name for method in chosen]
    baseline = st.selectbox(
        "Compare to", options, index=options.index(TS) if TS in options else 0, key="compared_baseline",
        persist_state="session", on_change=forget_base, format_func=with_own_name,
        help="The method from which all differences are taken.",
    )  # fmt: skip
    return ExperimentSpec(
        name=f"Compare: {app.preset}",
        methods=tuple(chosen),
        participant=app.spec.config,
        judges=judges_for(chosen, judge),
        n_seeds=n_seeds,
        kinds=app.kinds,
        baseline=baseline,
    )


def _start_button(state: CompareState, spec: ExperimentSpec | None) -> None:
    about = "Choose at least one method."
    if spec is not None:
        who = f"; the judge is {spec.judges[0].in_words}" if spec.judges else ""
        about = f"{counted(len(spec.methods), 'method')}, the same {counted(spec.n_seeds, 'seed')} for each{who}."
    run_button("compare", spec, about, state.show)


def _stage(app: AppState, state: CompareState, running: bool, spec: ExperimentSpec | None) -> None:
    """Draw the answer: of the experiment that is shown, else the one before it, else the one that came with the lab."""
    with errors_as_sentences():
        found = None
        if state.shown:
            found = finished_so_far(state.shown, running, spec)
        if found is not None and found.n_finished:
            # The baseline is not part of an experiment's identifier: what is stored may have been compared to another.
            same = spec if spec is not None and spec.identifier == found.identifier else found.spec
            draw_results(app, state, stored_evidence(found), same.baseline_name, _bar(state.shown, running, found))
            return
        before = find(state.before) if state.before else None
        if before is not None and before.n_finished:
            draw_results(
                app, state, stored_evidence(before), before.spec.baseline_name, _bar(state.shown, running, found)
            )
            return
        shipped = shipped_answer(COMPARE)
        if shipped is None:
            draw_answer("Which method earns how many steps, and how sure are we?", "Nobody has run this setting yet.")
            if running:
                watched_progress(state.shown, found)
            return
        evidence = shipped_evidence(shipped)
        draw_results(app, state, evidence, shipped.experiment.spec.baseline_name, _bar(state.shown, running, found))


def _bar(identifier: str, running: bool, found: StoredExperiment | None) -> Callable[[], None] | None:
    """Return what draws the progress of a running experiment; None if nothing runs."""
    return partial(watched_progress, identifier, found) if running else None
