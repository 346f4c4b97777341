"""The Sweep page: where a method pays, over two settings of the participant or over the judge's error."""

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import streamlit as st

from jitai.charts.comparison import Look, looks
from jitai.charts.sweep import Place, Point, error_figure, map_figure
from jitai.charts.theme import CONFIG
from jitai.errors import JitaiError, ParameterError
from jitai.experiments.log import safe_csv
from jitai.grid.maps import (
    JUDGE_ERROR,
    MapCell,
    axes_of,
    axis_label,
    crossing,
    crossing_in_words,
    error_line,
    is_error_line,
    is_map,
    judge_of_error,
    map_cells,
)
from jitai.grid.spec import MAX_NAME_LENGTH, ExperimentSpec, Method
from jitai.grid.statistics import Estimate
from jitai.grid.store import StoredExperiment
from jitai.parameters import build, describe, described
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.ui.controls import preset_picker
from jitai.ui.experiments import (
    LLM_TS,
    TICK_S,
    TS,
    JudgeSettings,
    command_and_description,
    experiment_of_address,
    find,
    finished_so_far,
    first_seed_and_number,
    is_running,
    judge_widgets,
    judges_for,
    load_on_live,
    method_named,
    methods_help,
    offered_methods,
    role_of,
    run_button,
    say_problem,
    store,
)
from jitai.ui.page import errors_as_sentences, is_first_visit, plain, session_object
from jitai.ui.state import AppState, app_state, keep_in_address, palette

MAP, LINE = "Over two settings", "Over the judge's errors"
LIVE_PAGE = "pages/live.py"
MOST_VALUES = 15
_KEY = "jitai_lab_sweep"
_RANGES = {
    "can_walk_persistence": (0.55, 0.95), "cannot_walk_persistence": (0.1, 0.9), "disengagement_increment": (0.0, 0.4),
    "cannot_walk_disengagement": (0.0, 0.4), "statement_probability": (0.0, 0.9), "context_noise": (0.1, 1.0),
    "habituation_increment": (0.0, 0.1), "initial_habituation": (0.0, 0.8), "initial_disengagement": (0.0, 0.8),
    JUDGE_ERROR: (0.0, 0.5),
}  # fmt: skip
"""From where to where a setting goes unless the person says otherwise."""


@dataclass
class Axis:
    """One thing that varies: a parameter's name or JUDGE_ERROR, from where to where, at how many values."""

    name: str
    low: float
    high: float
    n: int = 5

    def values(self) -> tuple[float | int, ...]:
        """Evenly spread, ascending; whole numbers where the parameter is one.

        Raises: ParameterError if there are not two different values.
        """
        if self.low >= self.high:
            raise ParameterError(
                f"{axis_label(self.name)} goes from {self.low:g} to {self.high:g}: the first must be the smaller."
            )
        spread = np.linspace(self.low, self.high, self.n).tolist()
        whole = self.name != JUDGE_ERROR and isinstance(described(SimulatorConfig, self.name).default, int)
        values = dict.fromkeys(round(value) if whole else float(f"{value:.4g}") for value in spread)
        if len(values) < 2:
            raise ParameterError(f"{axis_label(self.name)}: there are not two different values between these ends.")
        return tuple(values)


@dataclass
class SweepState:
    """The page's settings and what it shows, in one browser session."""

    view: str = MAP
    x: Axis = field(default_factory=lambda: Axis("can_walk_persistence", 0.55, 0.95))
    y: Axis = field(default_factory=lambda: Axis(JUDGE_ERROR, 0.0, 0.5, 6))
    errors: Axis = field(default_factory=lambda: Axis(JUDGE_ERROR, 0.0, 0.5, 11))
    method: str = LLM_TS
    baseline: str = TS
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    n_seeds: int = 100
    shown: dict[str, str] = field(default_factory=lambda: {MAP: "", LINE: ""})
    clicks: int = 0

    def show(self, experiment: StoredExperiment) -> None:
        """Show a stored experiment in the view that fits it."""
        self.view = LINE if is_error_line(experiment.spec) else MAP
        self.shown[self.view] = experiment.identifier


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
    name = f"Sweep: {_short(state.x.name)} and {_short(state.y.name)}, {state.method} against {state.baseline}"
    return ExperimentSpec(
        name=name[:MAX_NAME_LENGTH],
        methods=methods, participant=app.spec.config, axes=tuple(axes), judges=judges, n_seeds=state.n_seeds,
        kinds=app.kinds, baseline=state.baseline,
    )  # fmt: skip


def _short(name: str) -> str:
    """The symbol, or the name where there is none; both are allowed in an experiment's name."""
    if name == JUDGE_ERROR:
        return "judge error"
    symbol = described(SimulatorConfig, name).symbol
    return symbol if symbol and "[" not in symbol else name.replace("_", " ")


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
            _map(app, state, found)
        elif state.view == LINE and is_error_line(found.spec):
            _line(found)
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


def _methods(spec: ExperimentSpec, name: str) -> tuple[Method, Method]:
    """Method and baseline; a choice where an experiment has more than one method beside its baseline."""
    by_name = {method.name: method for method in spec.methods}
    others = [item for item in by_name if item != spec.baseline_name]
    chosen = others[0]
    if len(others) > 1:
        chosen = st.selectbox("Method of this experiment", others, key=f"{name}_of_{spec.identifier}", width=320)
    return by_name[chosen], by_name[spec.baseline_name]


def _map(app: AppState, state: SweepState, found: StoredExperiment) -> None:
    """The map with its answer in words; a click opens a cell on the Live page."""
    spec = found.spec
    method, baseline = _methods(spec, "mapped")
    (x_name, columns), (y_name, rows) = axes_of(spec).items()
    cells = map_cells(store().cells(found.identifier), x_name, y_name, method, baseline)
    if not cells:
        st.caption("No cell is finished yet.")
        return
    n_places = len(columns) * len(rows)
    with st.container(key="answer"):
        st.markdown(plain(_map_in_words(cells, n_places, method.name, baseline.name, x_name, y_name)))
    places = [
        Place(
            columns.index(cell.x), rows.index(cell.y), cell.against.difference.value, cell.against.difference.low,
            cell.against.difference.high, spec.n_seeds == 1 or cell.against.difference.excludes_zero,
            _cell_in_words(cell, method.name, baseline.name, x_name, y_name),
        )
        for cell in cells
    ]  # fmt: skip
    event = st.plotly_chart(
        map_figure(
            places, [_value(x_name, value) for value in columns], [_value(y_name, value) for value in rows],
            axis_label(x_name), axis_label(y_name), palette(),
        ),
        config=CONFIG, key=f"map_chart_{state.clicks}", on_select="rerun", selection_mode="points",
        alt=f"Steps of {method.name} minus {baseline.name}: "
        + "; ".join(
            f"{_short(x_name)} {_value(x_name, cell.x)}, {_short(y_name)} {_value(y_name, cell.y)}: "
            f"{cell.against.difference.value:+,.0f}"
            for cell in cells
        ),
    )  # fmt: skip
    st.caption(
        plain(f"Steps of {method.name} minus {baseline.name} in a whole study, {_sureness(spec.n_seeds)} ")
        + "Dashed: no difference. **Click a cell to open this participant on the Live page**, where this "
        "session’s own judge reads, not the judge of the cell."
    )
    by_place = {(place.column, place.row): cell for place, cell in zip(places, cells, strict=True)}
    clicked = [tuple(point["customdata"]) for point in event["selection"]["points"] if "customdata" in point]
    if clicked and clicked[0] in by_place:
        _open_on_live(app, state, spec, method, by_place[clicked[0]])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Or choose a cell", range(len(cells)), key="chosen_cell", width=320,
            format_func=lambda number: f"{_short(x_name)} {_value(x_name, cells[number].x)}, "
            f"{_short(y_name)} {_value(y_name, cells[number].y)}",
        )  # fmt: skip
        if st.button("Open on the Live page", icon=":material/play_circle:", key="open_cell"):
            _open_on_live(app, state, spec, method, cells[chosen])
        st.download_button(
            "Download (CSV)", data=lambda: safe_csv(_map_table(cells, x_name, y_name)).encode(), mime="text/csv",
            file_name="jitai_lab_sweep.csv", on_click="ignore", key="sweep_csv", icon=":material/download:",
        )  # fmt: skip
    with st.expander("Description and command line"):
        command_and_description(spec, "sweep")


def _open_on_live(app: AppState, state: SweepState, spec: ExperimentSpec, method: Method, cell: MapCell) -> None:
    state.clicks += 1
    load_on_live(app, spec, method, cell.scenario.config)
    st.switch_page(LIVE_PAGE)


def _value(name: str, value: float) -> str:
    return f"{100 * value:g} %" if name == JUDGE_ERROR else f"{value:g}"


def _interval(estimate: Estimate, form: str = "+,.0f") -> str:
    if math.isnan(estimate.low):
        return "one seed, an anecdote"
    return f"95 % {estimate.low:{form}} to {estimate.high:{form}}"


def _sureness(n_seeds: int) -> str:
    """What stands behind a map's numbers."""
    if n_seeds == 1:
        return "of one seed: an anecdote, without intervals."
    return f"mean of {n_seeds:,} paired seeds. Hatched, with ≈: the 95 % interval includes zero."


def _cell_in_words(cell: MapCell, method: str, baseline: str, x_name: str, y_name: str) -> str:
    difference = cell.against.difference
    return (
        f"{_short(x_name)} {_value(x_name, cell.x)}, {_short(y_name)} {_value(y_name, cell.y)}\n"
        f"{method} {cell.method.value:,.0f}, {baseline} {cell.baseline.value:,.0f} steps\n"
        f"difference {difference.value:+,.0f} ({_interval(difference)})\n"
        f"better on {100 * cell.against.share_better:.0f} % of {difference.n:,} seeds"
    )


def _map_in_words(cells: list[MapCell], n_places: int, method: str, baseline: str, x_name: str, y_name: str) -> str:
    """How often the method pays, where most and where least."""
    differences = [cell.against.difference for cell in cells]
    if differences[0].n == 1:
        return f"{method} against {baseline}: one seed in each place is an anecdote. Take more seeds to be sure."
    more = sum(item.low > 0 for item in differences)
    less = sum(item.high < 0 for item in differences)
    open_ = len(cells) - more - less
    of = f"{len(cells)} of {n_places} places so far" if len(cells) < n_places else f"{n_places} places"
    best = max(cells, key=lambda cell: cell.against.difference.value)
    worst = min(cells, key=lambda cell: cell.against.difference.value)

    def where(cell: MapCell) -> str:
        return (
            f"{cell.against.difference.value:+,.0f} steps at {_short(x_name)} {_value(x_name, cell.x)}, "
            f"{_short(y_name)} {_value(y_name, cell.y)}"
        )

    return (
        f"{method} earns more than {baseline} in {'all' if more == len(cells) else f'{more} of'} {of} (95 % interval "
        + f"above zero), less in {less}"
        + (f"; in {open_} it cannot be told. " if open_ else ". ")
        + f"Most: {where(best)}. Least: {where(worst)}."
    )


def _map_table(cells: list[MapCell], x_name: str, y_name: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                x_name: cell.x,
                y_name: cell.y,
                "n": cell.method.n,
                "method_steps": cell.method.value,
                "baseline_steps": cell.baseline.value,
                "difference": cell.against.difference.value,
                "low": cell.against.difference.low,
                "high": cell.against.difference.high,
                "share_better": cell.against.share_better,
            }
            for cell in cells
        ]
    )


def _line(found: StoredExperiment) -> None:
    """Returns over the judge's error, and where the method stops paying."""
    spec = found.spec
    method, baseline = _methods(spec, "lined")
    line = error_line(store().cells(found.identifier), method, baseline)
    if line is None:
        st.caption("No pair of cells is finished yet.")
        return
    stops = crossing(line)
    with st.container(key="answer"):
        st.markdown(plain(crossing_in_words(stops, line, method.name, baseline.name)))
    styles: list[Look] = looks([role_of(method), role_of(baseline)])
    marked = None
    sure_at_first = spec.n_seeds == 1 or line.differences[0].difference.excludes_zero
    if stops.pays_at_first and sure_at_first and stops.error is not None:
        marked = (stops.error, stops.low, stops.high)
    points = [
        [Point(error, item.value, item.low, item.high) for error, item in zip(line.errors, values, strict=True)]
        for values in (line.method, line.baseline)
    ]
    st.plotly_chart(
        error_figure(
            points[0], points[1], (method.name, baseline.name), (styles[0], styles[1]), line.optimum_steps, marked,
            palette(),
        ),
        config=CONFIG, key="error_chart",
        alt=f"Steps of {method.name} by the judge's error: "
        + "; ".join(f"{100 * point.error:g} % {point.value:,.0f}" for point in points[0])
        + f"; {baseline.name} {points[1][0].value:,.0f}",
    )  # fmt: skip
    one = spec.n_seeds == 1
    st.caption(
        ("One seed: an anecdote, without intervals. " if one else f"Means of {spec.n_seeds:,} seeds with 95 % bands. ")
        + "The judge errs as often on people who can walk as on people who cannot, independently from day to day; at "
        "50 % it tosses a coin."
        + ("" if one else " The range of the crossing comes from 1,000 resamples of the seeds.")
    )
    rows = [
        {
            "Judge's error": f"{100 * error:g} %",
            method.name: f"{mean.value:,.0f}",
            baseline.name: f"{base.value:,.0f}",
            "Difference": f"{paired.difference.value:+,.0f}",
            "95 %, paired": _interval(paired.difference).removeprefix("95 % "),
            "Better on": f"{100 * paired.share_better:.0f} % of seeds",
        }
        for error, mean, base, paired in zip(line.errors, line.method, line.baseline, line.differences, strict=True)
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="error_table", height="content")
    with st.expander("Description and command line"):
        command_and_description(spec, "errors")
