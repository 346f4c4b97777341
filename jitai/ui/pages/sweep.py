"""The Sweep page: where a method pays, over two settings of the participant or over the judge's error."""

from functools import partial

import streamlit as st

from jitai.errors import JitaiError, ParameterError
from jitai.experiments.answers import SWEEP, shipped_answer
from jitai.experiments.methods import LLM_TS, TS, offered_methods
from jitai.experiments.spec import MAX_NAME_LENGTH, ExperimentSpec
from jitai.experiments.sweep import (
    JUDGE_ERROR,
    axes_of,
    axis_label,
    axis_symbol,
    is_error_line,
    is_map,
    judge_of_error,
)
from jitai.experiments.words import name_of, with_own_name
from jitai.parameters import build, describe, described
from jitai.sanitise import for_markdown
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.text_format import counted
from jitai.ui.pages.sweep_results import draw_line, draw_map
from jitai.ui.session.page_states import LINE, MAP, Axis, SweepState
from jitai.ui.session.state import (
    AppState,
    app_state,
    keep_in_address,
    say_problem,
    session_object,
    show_config,
)
from jitai.ui.widgets.answer import draw_answer
from jitai.ui.widgets.evidence import shipped_evidence, stored_evidence
from jitai.ui.widgets.experiment import (
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

VIEW_LABELS = {MAP: "Over two settings", LINE: "Over the judge's errors"}
MOST_VALUES = 15
_RANGES = {
    "can_walk_persistence": (0.55, 0.95), "cannot_walk_persistence": (0.1, 0.9), "disengagement_increment": (0.0, 0.4),
    "cannot_walk_disengagement": (0.0, 0.4), "statement_probability": (0.0, 0.9), "context_noise": (0.1, 1.0),
    "habituation_increment": (0.0, 0.1), "initial_habituation": (0.0, 0.8), "initial_disengagement": (0.0, 0.8),
    JUDGE_ERROR: (0.0, 0.5),
}  # fmt: skip
"""The usual ends of a setting's range."""


def sweep_state() -> SweepState:
    """Return the session's state; on the first visit it shows the experiment that the address names."""
    state = session_object(SweepState)
    if state.of_address:
        state.show(state.of_address, find(state.of_address))
        state.of_address = ""
    return state


def sweep_page() -> None:
    """Draw the page."""
    app = app_state()
    with errors_as_sentences():
        state = sweep_state()
        view = st.session_state.setdefault("sweep_view", MAP)
        spec: ExperimentSpec | None = None
        problem: JitaiError | None = None
        keep_in_address(app, experiment=state.shown[view])
        with st.popover("Run your own map", icon=":material/tune:", key="own_sweep", on_change="rerun"):
            st.segmented_control(
                "What varies", list(VIEW_LABELS), format_func=VIEW_LABELS.__getitem__, key="sweep_view",
                persist_state="session", required=True,
            )  # fmt: skip
            # An error in the settings is shown where the answer would be, too.
            try:
                spec = _settings(app, view)
            except ParameterError as error:
                problem = error
            _start_button(state, view, spec)
            st.button(
                "Use an example in which it stops paying", icon=":material/lightbulb:", key="sweep_example",
                on_click=_use_example, args=(view,),
                help="A participant who tires less of messages and is less annoyed by a message on a bad day: risk "
                "0.05 instead of 0.4.",
            )  # fmt: skip
        if problem is not None:
            st.error(for_markdown(problem.in_full), icon=":material/error:")
        say_problem(app)
        running = is_running(state.shown[view])
        st.fragment(_stage, key="sweep_stage")(app, state, view, running, spec)


def _numeric() -> list[str]:
    """Return the parameters that have a range."""
    return [info.name for info in describe(SimulatorConfig) if info.low is not None]


def _settings(app: AppState, view: str) -> ExperimentSpec:
    """Draw the settings; return the experiment that Run would run.

    Raises: ParameterError if the settings do not fit together.
    """
    preset_picker(app, "Participant", help="All settings that do not vary have these values.")
    names = [name for name in offered_methods() if view == MAP or offered_methods()[name][0].reads_text]
    method = st.selectbox(
        "Method", names, index=names.index(LLM_TS), key="swept_method", persist_state="session", help=methods_help(),
        format_func=with_own_name,
    )  # fmt: skip
    others = [name for name in offered_methods() if name != method]
    baseline = st.selectbox(
        "Against", others, index=others.index(TS) if TS in others else 0, key="swept_baseline", persist_state="session",
        format_func=with_own_name, help="What the method's steps are compared to, seed by seed.",
    )  # fmt: skip
    methods = (method_named(method, app), method_named(baseline, app))
    if view == LINE:
        errors = _range(app, JUDGE_ERROR, "errors", 11, most=31).values()
        return ExperimentSpec(
            name=f"Judge errors: {method} against {baseline}"[:MAX_NAME_LENGTH], methods=methods,
            participant=app.spec.config, judges=tuple(judge_of_error(error) for error in errors),
            n_seeds=number_of_seeds("swept"), kinds=app.kinds, baseline=baseline,
        )  # fmt: skip
    reads = any(item.reads_text for item in methods)
    st.session_state.setdefault("swept_x", "can_walk_persistence")
    st.session_state.setdefault("swept_y", JUDGE_ERROR)
    x = _axis(app, "x", "Across", [name for name in _numeric() if name != st.session_state["swept_y"]], 5)
    y = _axis(
        app, "y", "Upwards", [*([JUDGE_ERROR] if reads else []), *(name for name in _numeric() if name != x.name)], 6
    )
    axes: list[tuple[str, tuple[float | int, ...]]] = [(x.name, x.values())]
    if y.name == JUDGE_ERROR:
        judges = tuple(judge_of_error(error) for error in y.values())
    else:
        axes.append((y.name, y.values()))
        judges = judges_for(methods, judge_widgets(app, "swept"))
    name = f"Sweep: {axis_symbol(x.name)} and {axis_symbol(y.name)}, {method} against {baseline}"
    return ExperimentSpec(
        name=name[:MAX_NAME_LENGTH], methods=methods, participant=app.spec.config, axes=tuple(axes), judges=judges,
        n_seeds=number_of_seeds("swept"), kinds=app.kinds, baseline=baseline,
    )  # fmt: skip


def _axis(app: AppState, name: str, label: str, names: list[str], n: int) -> Axis:
    """Draw the choice of what varies along one axis, and from where to where; return it."""
    varied = st.selectbox(
        label, names, format_func=axis_label, key=f"swept_{name}", persist_state="session",
        help="A setting of the simulated participant; or, upwards, how often a simulated judge is wrong.",
    )  # fmt: skip
    return _range(app, varied, name, n)


def _range(app: AppState, varied: str, name: str, n: int, most: int = MOST_VALUES) -> Axis:
    """Draw the ends and the number of values of one axis; each parameter keeps ends of its own."""
    low, high, step = 0.0, 0.5, 0.05
    if varied != JUDGE_ERROR:
        info = described(SimulatorConfig, varied)
        assert info.low is not None and info.high is not None
        low, high, step = float(info.low), float(info.high), float(info.step)
    present = float(app.spec.config.as_mapping().get(varied, 0.0))
    usual = _RANGES.get(varied, (max(low, present / 2), min(high, present * 2 if present else high)))
    ends = []
    with st.container(horizontal=True, gap="xsmall"):
        for end, label, default in zip(("low", "high"), ("from", "to"), usual, strict=True):
            key = f"swept_{name}_{end}_{varied}"
            st.session_state.setdefault(key, default)
            ends.append(st.number_input(label, low, high, step=step, key=key, persist_state="session", width=70))
        n = st.number_input("values", 2, most, n, 1, key=f"swept_{name}_n", persist_state="session", width=66)
    return Axis(varied, ends[0], ends[1], n)


def _start_button(state: SweepState, view: str, spec: ExperimentSpec | None) -> None:
    def show(identifier: str) -> None:
        if identifier != state.shown[view]:
            state.before[view] = state.shown[view]
        state.shown[view] = identifier

    about = ""
    if spec is not None:
        shape = " x ".join(str(len(values)) for values in axes_of(spec).values())
        about = (
            f"{shape} places, {name_of(spec.methods[0])} against {name_of(spec.methods[1])}, "
            f"{counted(spec.n_seeds, 'seed')} in each, "
            f"{counted(len(spec.cells()), 'cell')}."
        )
    run_button("sweep", spec, about, show)


def _stage(app: AppState, state: SweepState, view: str, running: bool, spec: ExperimentSpec | None) -> None:
    """Draw the answer: of the experiment that is shown, else the one before it, else the one that came with the lab."""
    shown = state.shown[view]
    with errors_as_sentences():
        found = finished_so_far(shown, running, spec) if shown else None
        bar = partial(watched_progress, shown, found) if running else None
        if found is not None and found.n_finished:
            if view == MAP and is_map(found.spec):
                draw_map(app, state, stored_evidence(found), bar)
            elif view == LINE and is_error_line(found.spec):
                draw_line(app, state, stored_evidence(found), bar)
            else:
                st.info(
                    "This view cannot show the experiment. A map needs two numeric settings that vary, a line only the "
                    "judge's errors, and both need at least two methods. The Compare page shows this experiment."
                )
                if bar is not None:
                    bar()
            return
        before = find(state.before[view]) if state.before[view] else None
        if before is not None and before.n_finished:
            if view == MAP:
                draw_map(app, state, stored_evidence(before), bar)
            else:
                draw_line(app, state, stored_evidence(before), bar)
            return
        shipped = shipped_answer(SWEEP)
        if view == MAP and shipped is not None:
            draw_map(app, state, shipped_evidence(shipped), bar)
            return
        draw_answer("Where does listening pay?", for_markdown(_what_will_come(view)), "", bar)


def _what_will_come(view: str) -> str:
    if view == MAP:
        return (
            "A map will appear here: yellow where the method pays, hatched where it hurts, blank where nobody can "
            "tell, and the line between."
        )
    return (
        "Two lines will appear here: what the method earns with a judge that errs on 0 to 50 % of the statements, and "
        "what the other earns. They show at which error it stops paying."
    )


def _use_example(view: str) -> None:
    """Set a participant for whom vetoes are worth little: mistakes are cheap, and messages do not wear off."""
    changed = {"cannot_walk_disengagement": 0.05} | ({"habituation_increment": 0.0} if view == LINE else {})
    show_config(build(SimulatorConfig, {**PRESETS[DEFAULT_PRESET].as_mapping(), **changed}))
    for axis, name, low, high in (("x", "habituation_increment", 0.0, 0.04), ("y", JUDGE_ERROR, 0.0, 0.5)):
        st.session_state[f"swept_{axis}"] = name
        st.session_state.update({f"swept_{axis}_low_{name}": low, f"swept_{axis}_high_{name}": high})
    st.rerun()  # the sidebar changes too
