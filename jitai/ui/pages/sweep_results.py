"""The Sweep page: the map, the line, and the answer in words."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from jitai.charts.comparison import MethodStyle, method_styles
from jitai.charts.sweep import MapTile, Point, error_figure, map_figure
from jitai.charts.theme import CONFIG
from jitai.experiments.answers import simulated_work
from jitai.experiments.map_headline import Compared, map_headline
from jitai.experiments.spec import ExperimentSpec, Method
from jitai.experiments.store import StoredCell
from jitai.experiments.sweep import (
    JUDGE_ERROR,
    Crossing,
    ErrorLine,
    axes_of,
    axis_label,
    axis_value,
    cell_in_words,
    crossing,
    crossing_in_words,
    error_line,
    error_rows,
    map_cells,
    map_table,
    place_in_words,
    sureness,
)
from jitai.experiments.words import name_of, plain
from jitai.report.sweep_report import line_report, map_report
from jitai.sanitise import for_markdown
from jitai.ui.pages.compare_answer import standing_of
from jitai.ui.session.page_states import SweepState
from jitai.ui.session.state import AppState, palette
from jitai.ui.widgets.answer import draw_answer, gain, loss, second_of, title_of, what_it_is_of
from jitai.ui.widgets.csv_button import csv_button
from jitai.ui.widgets.evidence import Evidence
from jitai.ui.widgets.experiment import command_and_description, open_cell
from jitai.ui.widgets.report_button import report_button

LIVE_PAGE = "pages/live.py"


def _methods(spec: ExperimentSpec, name: str) -> tuple[Method, Method]:
    """Return method and baseline; offer a choice where an experiment has more than these two."""
    by_name = {method.name: method for method in spec.methods}
    chosen, base = _named_methods(spec, name)
    if len(by_name) == 2:
        return chosen, base
    words = {key: name_of(method) for key, method in by_name.items()}
    others = [key for key in by_name if key != base.name]
    key = st.selectbox(
        "Method of this experiment", others, index=others.index(chosen.name), format_func=words.__getitem__,
        key=f"{name}_of_{spec.identifier}", persist_state="session", width=320,
    )  # fmt: skip
    bases = [item for item in by_name if item != key]
    against = st.selectbox(
        "against", bases, index=bases.index(base.name), format_func=words.__getitem__,
        key=f"{name}_base_{spec.identifier}", persist_state="session", width=320,
    )  # fmt: skip
    return by_name[key], by_name[against]


def _named_methods(spec: ExperimentSpec, name: str) -> tuple[Method, Method]:
    """Return what is compared now, before the choice is drawn."""
    by_name = {method.name: method for method in spec.methods}
    base = st.session_state.get(f"{name}_base_{spec.identifier}", spec.baseline_name)
    base = base if base in by_name else spec.baseline_name
    others = [key for key in by_name if key != base]
    chosen = st.session_state.get(f"{name}_of_{spec.identifier}", others[0])
    return by_name[chosen if chosen in others else others[0]], by_name[base]


def draw_map(app: AppState, state: SweepState, evidence: Evidence, progress: Callable[[], None] | None) -> None:
    """Draw the map and its answer in words; a click opens a cell on the Live page.

    Args:
        app: takes the participant of a cell that is opened.
        state: of the page.
        evidence: what is shown.
        progress: draws how far a run is that will replace this; None if there is none.
    """
    found, spec = evidence.experiment, evidence.experiment.spec
    named, against = _named_methods(spec, "mapped")
    seeds = f"{spec.n_seeds:,} seeds a cell, {evidence.made_on}"
    with what_it_is_of(f"{name_of(named)} against {plain(against).in_sentence}", seeds, "sweep"):
        method, baseline = _methods(spec, "mapped")
        _where_from(evidence)
    (x_name, columns), (y_name, rows) = axes_of(spec).items()
    stored = evidence.cells
    name, other = name_of(method), name_of(baseline)
    cells = map_cells(stored, x_name, y_name, method, baseline)
    if not cells:
        if progress is not None:
            progress()
        st.caption("No cell is finished yet.")
        return
    n_places = len(columns) * len(rows)
    answer = map_headline(cells, n_places, Compared(method, baseline, x_name, y_name))
    draw_answer(title_of(answer), second_of(answer.second), answer.small, progress)
    places = [
        MapTile(
            columns.index(cell.x), rows.index(cell.y), cell.against.difference.value, cell.against.difference.low,
            cell.against.difference.high, spec.n_seeds == 1 or cell.against.difference.excludes_zero,
            cell_in_words(cell, name, other, x_name, y_name),
        )
        for cell in cells
    ]  # fmt: skip
    event = st.plotly_chart(
        map_figure(
            places, [axis_value(x_name, value) for value in columns], [axis_value(y_name, value) for value in rows],
            axis_label(x_name), axis_label(y_name), palette(),
        ),
        config=CONFIG, key=f"map_chart_{state.clicks}", theme=None, on_select="rerun", selection_mode="points",
        alt=f"Steps of {name} minus {other}: "
        + "; ".join(
            f"{place_in_words(cell, x_name, y_name)}: {cell.against.difference.value:+,.0f}"
            for cell in cells
        ),
    )  # fmt: skip
    st.caption(
        for_markdown(f"Steps of {name} minus {other} in a whole study, {sureness(spec.n_seeds)} ")
        + "Yellow: it pays. Hatched: it hurts. Line: where it breaks even. **Click a cell to open it on the Live "
        "page**: one of its seeds, the very same run, with its judge."
    )
    by_place = {(place.column, place.row): cell for place, cell in zip(places, cells, strict=True)}
    clicked = [tuple(point["customdata"]) for point in event["selection"]["points"] if "customdata" in point]
    if clicked and clicked[0] in by_place:
        cell = by_place[clicked[0]]
        _open_on_live(app, state, evidence, cell.stored, place_in_words(cell, x_name, y_name))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Or choose a cell", range(len(cells)), key="chosen_cell", width=320,
            format_func=lambda number: place_in_words(cells[number], x_name, y_name),
        )  # fmt: skip
        if st.button("Open on the Live page", icon=":material/play_circle:", key="open_cell"):
            _open_on_live(app, state, evidence, cells[chosen].stored, place_in_words(cells[chosen], x_name, y_name))
        csv_button("Download (CSV)", map_table(cells, x_name, y_name), "sweep", "sweep_csv", ":material/download:")
    of = (method, baseline, *(item.key for item in stored))
    report_button(evidence, lambda inputs: map_report(found, stored, method, baseline, inputs), "sweep", of)
    with st.expander("Description and command line"):
        command_and_description(spec, "sweep")


def _open_on_live(app: AppState, state: SweepState, evidence: Evidence, stored: StoredCell, place: str) -> None:
    """Show a cell's run on the Live page, or say why it cannot be shown.

    Args:
        app: takes the participant.
        state: of the page.
        evidence: that the cell belongs to.
        stored: the cell.
        place: of it, in words.
    """
    state.clicks += 1
    spec = evidence.experiment.spec
    shipped = simulated_work(spec, stored.cell) if evidence.is_shipped else None
    if open_cell(app, spec.kinds, stored, place, shipped):
        st.switch_page(LIVE_PAGE)
    st.error(
        "This cell cannot be lived again: its file is gone, or this version has other statements or other code than "
        "the one that made it. Run the sweep again.",
        icon=":material/error:",
    )


def _where_from(evidence: Evidence) -> None:
    where = "came with the lab" if evidence.is_shipped else "are stored"
    conventions = evidence.experiment.spec.conventions
    st.caption(f"These results {where}: nothing is run by choosing. Convention: {conventions}.")


def _line_title(stops: Crossing, line: ErrorLine) -> str:
    """Return the heading of a line, as Markdown."""
    first = line.differences[0].difference
    if first.n > 1 and not first.excludes_zero:
        return "No difference can be told"
    if not stops.pays_at_first:
        return f"It {loss('does not pay')}, however good the judge"
    if stops.error is None:
        return f"It {gain('pays')} at every error on this line"
    return f"It {gain('pays')} if the judge misreads under {100 * stops.error:.0f} in 100"


def draw_line(app: AppState, state: SweepState, evidence: Evidence, progress: Callable[[], None] | None) -> None:
    """Draw returns over the judge's error, and say where the method stops paying; a click opens a point's very run.

    Args:
        app: takes the participant of a point that is opened.
        state: of the page.
        evidence: what is shown.
        progress: draws how far it is; None if it is not running.
    """
    found, spec = evidence.experiment, evidence.experiment.spec
    method, baseline = _methods(spec, "lined")
    stored = evidence.cells
    name, other = name_of(method), name_of(baseline)
    line = error_line(stored, method, baseline)
    if line is None:
        if progress is not None:
            progress()
        st.caption("No pair of cells is finished yet.")
        return
    stops = crossing(line)
    words = crossing_in_words(stops, line, name, other)
    draw_answer(_line_title(stops, line), for_markdown(words), f"{spec.n_seeds:,} seeds at each error.", progress)
    styles: list[MethodStyle] = method_styles([standing_of(method), standing_of(baseline)])
    marked = None
    sure_at_first = spec.n_seeds == 1 or line.differences[0].difference.excludes_zero
    if stops.pays_at_first and sure_at_first and stops.error is not None:
        marked = (stops.error, stops.low, stops.high)
    points = [
        [Point(error, item.value, item.low, item.high) for error, item in zip(line.errors, values, strict=True)]
        for values in (line.method, line.baseline)
    ]
    event = st.plotly_chart(
        error_figure(
            points[0], points[1], (name, other), (styles[0], styles[1]), line.optimum_steps, marked,
            palette(),
        ),
        config=CONFIG, key=f"error_chart_{state.clicks}", on_select="rerun", selection_mode="points",
        alt=f"Steps of {name} by the judge's error: "
        + "; ".join(f"{100 * point.error:g} % {point.value:,.0f}" for point in points[0])
        + f"; {other} {points[1][0].value:,.0f}",
    )  # fmt: skip
    one = spec.n_seeds == 1
    st.caption(
        ("One seed: an anecdote, without intervals. " if one else f"Means of {spec.n_seeds:,} seeds with 95 % bands. ")
        + "The judge errs as often on people who can walk as on people who cannot, independently from day to day; at "
        "50 % it tosses a coin."
        + ("" if one else " The range of the crossing comes from 1,000 resamples of the seeds.")
        + " **Click a point to open it on the Live page**: one of its seeds, the very same run, with its judge."
    )
    runs = [
        (item, f"{name_of(given)}, “{axis_label(JUDGE_ERROR)}” {axis_value(JUDGE_ERROR, error)}")
        for error, pair in zip(line.errors, line.cells, strict=True)
        for item, given in zip(pair, (method, baseline), strict=True)
    ]
    clicked = [int(point["customdata"][1]) for point in event["selection"]["points"] if "customdata" in point]
    if clicked:
        _open_on_live(app, state, evidence, *runs[clicked[0]])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Or choose a point", range(len(runs)), key="chosen_point", width=320,
            format_func=lambda number: runs[number][1],
        )  # fmt: skip
        if st.button("Open on the Live page", icon=":material/play_circle:", key="open_point"):
            _open_on_live(app, state, evidence, *runs[chosen])
    rows = error_rows(line, name, other)
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="error_table", height="content")
    of = (method, baseline, *(item.key for item in stored))
    report_button(evidence, lambda inputs: line_report(found, stored, method, baseline, inputs), "errors", of)
    with st.expander("Description and command line"):
        command_and_description(spec, "errors")
