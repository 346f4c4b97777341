"""The Sweep page: the map, the line, and the answer in words."""

import math

import pandas as pd
import streamlit as st

from jitai.charts.comparison import MethodStyle, method_styles
from jitai.charts.sweep import MapTile, Point, error_figure, map_figure
from jitai.charts.theme import CONFIG
from jitai.experiments.spec import ExperimentSpec, Method
from jitai.experiments.store import StoredExperiment
from jitai.experiments.sweep import (
    JUDGE_ERROR,
    MapCell,
    axes_of,
    axis_label,
    crossing,
    crossing_in_words,
    error_line,
    map_cells,
)
from jitai.parameters import described
from jitai.sanitise import for_markdown
from jitai.simulator.config import SimulatorConfig
from jitai.statistics import Estimate
from jitai.text_format import counted
from jitai.trial.log import safe_csv
from jitai.ui.session.page_states import SweepState
from jitai.ui.session.state import AppState, palette
from jitai.ui.widgets.experiment import command_and_description, load_on_live, store

LIVE_PAGE = "pages/live.py"


def _methods(spec: ExperimentSpec, name: str) -> tuple[Method, Method]:
    """Return method and baseline; offer a choice where an experiment has several methods beside its baseline."""
    by_name = {method.name: method for method in spec.methods}
    others = [item for item in by_name if item != spec.baseline_name]
    chosen = others[0]
    if len(others) > 1:
        chosen = st.selectbox(
            "Method of this experiment", others, key=f"{name}_of_{spec.identifier}", persist_state="session", width=320
        )
    return by_name[chosen], by_name[spec.baseline_name]


def draw_map(app: AppState, state: SweepState, found: StoredExperiment) -> None:
    """Draw the map and its answer in words; a click opens a cell on the Live page."""
    spec = found.spec
    method, baseline = _methods(spec, "mapped")
    (x_name, columns), (y_name, rows) = axes_of(spec).items()
    cells = map_cells(store().cells(found.identifier), x_name, y_name, method, baseline)
    if not cells:
        st.caption("No cell is finished yet.")
        return
    n_places = len(columns) * len(rows)
    with st.container(key="answer"):
        st.markdown(for_markdown(_map_in_words(cells, n_places, method.name, baseline.name, x_name, y_name)))
    places = [
        MapTile(
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
            f"{axis_symbol(x_name)} {_value(x_name, cell.x)}, {axis_symbol(y_name)} {_value(y_name, cell.y)}: "
            f"{cell.against.difference.value:+,.0f}"
            for cell in cells
        ),
    )  # fmt: skip
    st.caption(
        for_markdown(f"Steps of {method.name} minus {baseline.name} in a whole study, {_sureness(spec.n_seeds)} ")
        + "Dashed: no difference. **Click a cell to open its participant on the Live page**, where this "
        "session’s own judge reads the statements, not the cell’s judge."
    )
    by_place = {(place.column, place.row): cell for place, cell in zip(places, cells, strict=True)}
    clicked = [tuple(point["customdata"]) for point in event["selection"]["points"] if "customdata" in point]
    if clicked and clicked[0] in by_place:
        _open_on_live(app, state, spec, method, by_place[clicked[0]])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Or choose a cell", range(len(cells)), key="chosen_cell", width=320,
            format_func=lambda number: f"{axis_symbol(x_name)} {_value(x_name, cells[number].x)}, "
            f"{axis_symbol(y_name)} {_value(y_name, cells[number].y)}",
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
    load_on_live(app, spec, method, cell.condition.config)
    st.switch_page(LIVE_PAGE)


def _value(name: str, value: float) -> str:
    return f"{100 * value:g} %" if name == JUDGE_ERROR else f"{value:g}"


def _interval(estimate: Estimate, form: str = "+,.0f", before: str = "95 % ") -> str:
    if math.isnan(estimate.low):
        return "one seed, an anecdote"
    return f"{before}{estimate.low:{form}} to {estimate.high:{form}}"


def _sureness(n_seeds: int) -> str:
    """Return how sure a map's numbers are, in words."""
    if n_seeds == 1:
        return "of one seed: an anecdote, without intervals."
    return f"mean of {n_seeds:,} paired seeds. Hatched, with ≈: the 95 % interval includes zero."


def _cell_in_words(cell: MapCell, method: str, baseline: str, x_name: str, y_name: str) -> str:
    difference = cell.against.difference
    return (
        f"{axis_symbol(x_name)} {_value(x_name, cell.x)}, {axis_symbol(y_name)} {_value(y_name, cell.y)}\n"
        f"{method} {cell.method.value:,.0f}, {baseline} {cell.baseline.value:,.0f} steps\n"
        f"difference {difference.value:+,.0f} ({_interval(difference)})\n"
        f"better on {100 * cell.against.share_better:.0f} % of {counted(difference.n, 'seed')}"
    )


def _map_in_words(cells: list[MapCell], n_places: int, method: str, baseline: str, x_name: str, y_name: str) -> str:
    """Return in words how often the method pays, where most and where least."""
    differences = [cell.against.difference for cell in cells]
    if differences[0].n == 1:
        return f"{method} against {baseline}: one seed for each place is an anecdote. Use more seeds to be sure."
    more = sum(item.low > 0 for item in differences)
    less = sum(item.high < 0 for item in differences)
    open_ = len(cells) - more - less
    of = f"{len(cells)} of {n_places} places so far" if len(cells) < n_places else f"{n_places} places"
    best = max(cells, key=lambda cell: cell.against.difference.value)
    worst = min(cells, key=lambda cell: cell.against.difference.value)

    def where(cell: MapCell) -> str:
        return (
            f"{cell.against.difference.value:+,.0f} steps at {axis_symbol(x_name)} {_value(x_name, cell.x)}, "
            f"{axis_symbol(y_name)} {_value(y_name, cell.y)}"
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


def draw_line(found: StoredExperiment) -> None:
    """Draw returns over the judge's error, and say where the method stops paying."""
    spec = found.spec
    method, baseline = _methods(spec, "lined")
    line = error_line(store().cells(found.identifier), method, baseline)
    if line is None:
        st.caption("No pair of cells is finished yet.")
        return
    stops = crossing(line)
    with st.container(key="answer"):
        st.markdown(for_markdown(crossing_in_words(stops, line, method.name, baseline.name)))
    styles: list[MethodStyle] = method_styles([method.role, baseline.role])
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
            "95 %, paired": _interval(paired.difference, before=""),
            "Better on": f"{100 * paired.share_better:.0f} % of seeds",
        }
        for error, mean, base, paired in zip(line.errors, line.method, line.baseline, line.differences, strict=True)
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="error_table", height="content")
    with st.expander("Description and command line"):
        command_and_description(spec, "errors")


def axis_symbol(name: str) -> str:
    """Return a parameter's symbol, or its name if it has none; an experiment's name may hold both."""
    if name == JUDGE_ERROR:
        return "judge error"
    symbol = described(SimulatorConfig, name).symbol
    return symbol if symbol and "[" not in symbol else name.replace("_", " ")
