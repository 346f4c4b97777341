"""The Sweep page: where a method pays, over two settings of the participant or over the judge's error."""

import streamlit as st

from jitai.errors import JitaiError, ParameterError
from jitai.experiments.methods import LLM_TS, offered_methods
from jitai.experiments.spec import MAX_NAME_LENGTH, ExperimentSpec
from jitai.experiments.sweep import JUDGE_ERROR, axes_of, axis_label, is_error_line, is_map, judge_of_error
from jitai.parameters import build, describe, described
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.ui.pages.sweep_results import axis_symbol, draw_line, draw_map
from jitai.ui.session.page_states import LINE, MAP, Axis, SweepState
from jitai.ui.session.state import AppState, app_state, keep_in_address
from jitai.ui.widgets.experiment import (
    TICK_S,
    experiment_of_address,
    find,
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
from jitai.ui.widgets.page import errors_as_sentences, is_first_visit, plain, session_object
from jitai.ui.widgets.parameters import preset_picker

MOST_VALUES = 15
_KEY = "jitai_lab_sweep"
_RANGES = {
    "can_walk_persistence": (0.55, 0.95), "cannot_walk_persistence": (0.1, 0.9), "disengagement_increment": (0.0, 0.4),
    "cannot_walk_disengagement": (0.0, 0.4), "statement_probability": (0.0, 0.9), "context_noise": (0.1, 1.0),
    "habituation_increment": (0.0, 0.1), "initial_habituation": (0.0, 0.8), "initial_disengagement": (0.0, 0.8),
    JUDGE_ERROR: (0.0, 0.5),
}  # fmt: skip
"""From where to where a setting goes unless the person says otherwise."""


def sweep_state() -> SweepState:
    """The session's; on the first visit it shows the experiment that the address names."""
    is_new = is_first_visit(_KEY, SweepState)
    state = session_object(_KEY, SweepState)
    if is_new and (identifier := experiment_of_address()):
        found = find(identifier)
        if found is None:
            state.shown[state.view] = identifier
        else:
            state.show(found)
    return state


def sweep_page() -> None:
    """Draw the page."""
    app = app_state()
    with errors_as_sentences():
        state = sweep_state()
        spec: ExperimentSpec | None = None
        problem: JitaiError | None = None
        with st.sidebar:
            # What is wrong with the settings is said where the answer would stand.
            try:
                spec = _settings(app, state)
            except ParameterError as error:
                problem = error
        keep_in_address(app, experiment=state.shown[state.view])
        st.title("Where does the filter pay?")
        _view(state)
        _start_button(state, spec)
        if problem is not None:
            st.error(plain(problem.in_full), icon=":material/error:")
        say_problem()
        running = is_running(state.shown[state.view])
        st.fragment(_stage, run_every=TICK_S if running else None, key="sweep_stage")(app, state, running, spec)


def _view(state: SweepState) -> None:
    def choose() -> None:
        state.view = st.session_state["sweep_view"] or state.view

    st.segmented_control(
        "What varies", [MAP, LINE], default=state.view, key="sweep_view", on_change=choose, required=True,
        label_visibility="collapsed",
    )  # fmt: skip


def _numeric() -> list[str]:
    """Parameters that a range makes sense for."""
    return [info.name for info in describe(SimulatorConfig) if info.low is not None]


def _settings(app: AppState, state: SweepState) -> ExperimentSpec:
    """What Run would run.

    Raises: ParameterError if the settings do not fit together.
    """
    preset_picker(
        app, "Participant", "preset_of_sweep", help="What does not vary is as in these settings."
    )  # fmt: skip
    names = [name for name in offered_methods() if state.view == MAP or offered_methods()[name][0].reads_text]
    if state.method not in names:
        state.method = LLM_TS
    state.method = st.selectbox(
        "Method", names, index=names.index(state.method), key=f"swept_method_{state.view}", help=methods_help()
    )
    others = [name for name in offered_methods() if name != state.method]
    if state.baseline not in others:
        state.baseline = others[0]
    state.baseline = st.selectbox(
        "Against", others, index=others.index(state.baseline), key=f"swept_baseline_{state.method}",
        help="What the method's steps are compared to, seed by seed.",
    )  # fmt: skip
    methods = (method_named(state.method, app), method_named(state.baseline, app))
    if state.view == LINE:
        _range(app, state.errors, "errors", most=31)
        state.n_seeds = first_seed_and_number(state.n_seeds, "swept")
        errors = state.errors.values()
        return ExperimentSpec(
            name=f"Judge errors: {state.method} against {state.baseline}"[:MAX_NAME_LENGTH], methods=methods,
            participant=app.spec.config, judges=tuple(judge_of_error(error) for error in errors),
            n_seeds=state.n_seeds, kinds=app.kinds, baseline=state.baseline,
        )  # fmt: skip
    _axis(app, state.x, "x", "Across", [name for name in _numeric() if name != state.y.name])
    reads = any(method.reads_text for method in methods)
    _axis(
        app, state.y, "y", "Upwards",
        [*([JUDGE_ERROR] if reads else []), *(name for name in _numeric() if name != state.x.name)],
    )  # fmt: skip
    axes: list[tuple[str, tuple[float | int, ...]]] = [(state.x.name, state.x.values())]
    if state.y.name == JUDGE_ERROR:
        judges = tuple(judge_of_error(error) for error in state.y.values())
    else:
        axes.append((state.y.name, state.y.values()))
        judges = judges_for(methods, judge_widgets(app, state.judge, "swept")) if reads else ()
    state.n_seeds = first_seed_and_number(state.n_seeds, "swept")
    name = (
        f"Sweep: {axis_symbol(state.x.name)} and {axis_symbol(state.y.name)}, {state.method} against {state.baseline}"
    )
    return ExperimentSpec(
        name=name[:MAX_NAME_LENGTH],
        methods=methods, participant=app.spec.config, axes=tuple(axes), judges=judges, n_seeds=state.n_seeds,
        kinds=app.kinds, baseline=state.baseline,
    )  # fmt: skip


def _axis(app: AppState, axis: Axis, name: str, label: str, names: list[str]) -> None:
    """What varies along one axis, and from where to where."""
    if axis.name not in names:
        _vary(app, axis, names[0])
    chosen = st.selectbox(
        label, names, index=names.index(axis.name), format_func=axis_label, key=app.key(f"swept_{name}"),
        help="A setting of the simulated participant; or, upwards, how often a simulated judge is wrong.",
    )  # fmt: skip
    if chosen != axis.name:
        _vary(app, axis, chosen)
    _range(app, axis, name)


def _vary(app: AppState, axis: Axis, name: str) -> None:
    """Take another parameter, with a range that says something."""
    axis.name = name
    if name in _RANGES:
        axis.low, axis.high = _RANGES[name]
        return
    info, value = described(SimulatorConfig, name), float(app.spec.config.as_mapping()[name])
    assert info.low is not None and info.high is not None
    axis.low, axis.high = max(info.low, value / 2), min(info.high, value * 2 if value else info.high)


def _range(app: AppState, axis: Axis, name: str, most: int = MOST_VALUES) -> None:
    low, high, step = 0.0, 0.5, 0.05
    if axis.name != JUDGE_ERROR:
        info = described(SimulatorConfig, axis.name)
        assert info.low is not None and info.high is not None
        low, high, step = float(info.low), float(info.high), float(info.step)
    keys = [app.key(f"swept_{name}_{end}_{axis.name}") for end in ("low", "high", "n")]
    with st.container(horizontal=True, gap="xsmall"):
        axis.low = float(st.number_input("from", low, high, float(axis.low), step, key=keys[0], width=70))
        axis.high = float(st.number_input("to", low, high, float(axis.high), step, key=keys[1], width=70))
        axis.n = int(st.number_input("values", 2, most, axis.n, 1, key=keys[2], width=66))


def _start_button(state: SweepState, spec: ExperimentSpec | None) -> None:

    def show(identifier: str) -> None:
        state.shown[state.view] = identifier

    about = ""
    if spec is not None:
        shape = " x ".join(str(len(values)) for values in axes_of(spec).values())
        about = (
            f"{shape} places, {state.method} against {state.baseline}, {spec.n_seeds:,} seeds in each, "
            f"{len(spec.cells()):,} cells."
        )
    run_button("sweep", spec, about, show)


def _stage(app: AppState, state: SweepState, running: bool, spec: ExperimentSpec | None) -> None:
    """Progress and what is finished so far; before the first run, what will stand here."""
    shown = state.shown[state.view]
    with errors_as_sentences():
        if not shown:
            _what_will_come(state.view)
            if st.button(
                "Take an example in which it stops paying", icon=":material/lightbulb:", key="sweep_example",
                help="A participant whom messages tire less, and whom a message on a bad day annoys less: risk 0.05 "
                "instead of 0.4.",
            ):  # fmt: skip
                _example(app, state)
                st.rerun()
            return
        found = finished_so_far(shown, running, spec)
        if found is None:
            return
        if state.view == MAP and is_map(found.spec):
            draw_map(app, state, found)
        elif state.view == LINE and is_error_line(found.spec):
            draw_line(found)
        else:
            st.info(
                "This experiment is no such sweep: two settings must vary in numbers, or only the judge's errors, with "
                "two methods or more. The Compare page shows it."
            )


def _what_will_come(view: str) -> None:
    if view == MAP:
        st.info(
            "A map will stand here: for every pair of two settings the steps that the method earns more, or less, than "
            "what it is compared to, with the line on which it stops paying. A click on a cell opens that participant "
            "on the Live page. Press **Run**."
        )
    else:
        st.info(
            "Two lines will stand here: what the method earns with a judge that errs on 0 to 50 % of the statements, "
            "against what is earned without it; and the error at which the filter stops paying. Press **Run**."
        )


def _example(app: AppState, state: SweepState) -> None:
    """Settings in which vetoes are worth little: mistakes are cheap, and messages do not wear off."""
    changed = {"cannot_walk_disengagement": 0.05} | ({"habituation_increment": 0.0} if state.view == LINE else {})
    app.set_config(build(SimulatorConfig, {**PRESETS[DEFAULT_PRESET].as_mapping(), **changed}))
    state.x, state.y = Axis("habituation_increment", 0.0, 0.04), Axis(JUDGE_ERROR, 0.0, 0.5, 6)
    app.redraw_widgets()
