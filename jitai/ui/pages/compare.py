"""The Compare page: methods side by side under the same seeds, and how sure the answer is."""

import streamlit as st

from jitai.experiments.methods import offered_methods, place_of_role
from jitai.experiments.spec import ExperimentSpec
from jitai.ui.pages.compare_results import compare_state, draw_results
from jitai.ui.session.page_states import CompareState
from jitai.ui.session.state import AppState, app_state, keep_in_address
from jitai.ui.widgets.experiment import (
    AS_ON_LIVE,
    TICK_S,
    finished_so_far,
    first_seed_and_number,
    is_running,
    judge_widgets,
    judges_for,
    method_named,
    methods_help,
    run_button,
    say_problem,
)
from jitai.ui.widgets.page import errors_as_sentences
from jitai.ui.widgets.parameters import preset_picker


def compare_page() -> None:
    """Draw the page."""
    app = app_state()
    with errors_as_sentences():
        state = compare_state()
        with st.sidebar:
            spec = _settings(app, state)
        keep_in_address(app, experiment=state.shown)
        st.title("Which method earns how many steps, and how sure are we?")
        _start_button(state, spec)
        say_problem()
        running = is_running(state.shown)
        st.fragment(_stage, run_every=TICK_S if running else None, key="compare_stage")(state, running, spec)


def _settings(app: AppState, state: CompareState) -> ExperimentSpec | None:
    """What Run would run; None as long as it cannot."""
    preset_picker(
        app, "Participant", "preset_of_compare", help="Every number can be tuned on the Simulator page."
    )  # fmt: skip
    names = [*offered_methods(), AS_ON_LIVE]
    state.methods = st.multiselect(
        "Methods", names, default=state.methods, key="compared_methods", help=methods_help(), placeholder="choose some",
    )  # fmt: skip
    chosen = sorted((method_named(name, app) for name in state.methods), key=place_of_role)
    if not chosen:
        return None
    judge = judge_widgets(app, state.judge, "compared")
    state.n_seeds = first_seed_and_number(state.n_seeds, "compared")
    options = [method.name for method in chosen]
    if state.baseline not in options:
        state.baseline = options[0]
    baseline = st.selectbox(
        "Compare to", options, index=options.index(state.baseline), key=f"compared_baseline_{len(options)}",
        help="The method from which all differences are taken.",
    )  # fmt: skip
    if baseline != state.baseline:
        state.baseline, state.base = baseline, ""
    return ExperimentSpec(
        name=f"Compare: {app.preset}",
        methods=tuple(chosen),
        participant=app.spec.config,
        judges=judges_for(chosen, judge),
        n_seeds=state.n_seeds,
        kinds=app.kinds,
        baseline=state.baseline,
    )


def _start_button(state: CompareState, spec: ExperimentSpec | None) -> None:
    about = "Choose at least one method in the sidebar."
    if spec is not None:
        who = f", judged by {spec.judges[0].name}" if spec.judges else ""
        about = f"{len(spec.methods)} methods, the same {spec.n_seeds:,} seeds for each{who}."
    run_button("compare", spec, about, state.show)


def _stage(state: CompareState, running: bool, spec: ExperimentSpec | None) -> None:
    """Progress and what is finished so far; before the first run, what will stand here."""
    with errors_as_sentences():
        if not state.shown:
            st.info(
                "The answer will stand here: for each method the steps of a whole study, every seed a point, with the "
                "mean and its 95 % interval; differences under the same seeds; and below, day by day, what each method "
                "does and who stays. Press **Run**: with the simulated judge it takes a few seconds."
            )
            return
        found = finished_so_far(state.shown, running, spec)
        if found is None:
            return
        # What is stored may have been compared to another method: that does not belong to an experiment's identifier.
        is_the_page_s = spec is not None and spec.identifier == found.identifier
        draw_results(state, found, state.baseline if is_the_page_s else found.spec.baseline_name)
