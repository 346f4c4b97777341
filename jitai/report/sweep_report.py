"""The report of a sweep: where a method pays, as a map over two settings or as a line over the judge's error."""

import math
from collections.abc import Sequence

import numpy as np

from jitai.experiments.comparison import Run
from jitai.experiments.spec import Method
from jitai.experiments.store import StoredCell, StoredExperiment
from jitai.experiments.sweep import (
    MapCell,
    axes_of,
    axis_label,
    axis_symbol,
    axis_value,
    cell_in_words,
    crossing,
    crossing_in_words,
    error_line,
    error_rows,
    interval_in_words,
    map_cells,
    map_in_words,
    sureness,
)
from jitai.experiments.words import name_of
from jitai.report.experiment import ExperimentInputs, ending, judges, settings_sections
from jitai.report.figures import Curve, Place, curves_figure, map_figure
from jitai.report.page import Html, grid_table, headline, page, paragraph, section
from jitai.statistics import Estimate

_MOST_TICKS = 6
_NO_PLAYER = (
    "No single run is shown: one person does not stand for a whole sweep. A cell opens as a run from the Sweep page."
)


def map_report(
    found: StoredExperiment, cells: Sequence[StoredCell], method: Method, baseline: Method, inputs: ExperimentInputs
) -> str:
    """One HTML file of a map, which opens from disk.

    Args:
        found: the experiment; ``is_map`` holds of it.
        cells: its finished ones.
        method, baseline: which are compared.
        inputs: what else stands in it.
    Returns: an empty text as long as no cell is finished.
    """
    spec = found.spec
    (x_name, columns), (y_name, rows) = axes_of(spec).items()
    places = map_cells(cells, x_name, y_name, method, baseline)
    if not places:
        return ""
    by_place = {(cell.x, cell.y): cell for cell in places}
    name, other = name_of(method), name_of(baseline)

    def place(cell: MapCell | None) -> Place | None:
        if cell is None:
            return None
        difference = cell.against.difference
        words = cell_in_words(cell, name, other, x_name, y_name)
        return Place(difference.value, difference.n == 1 or difference.excludes_zero, words)

    figure = map_figure(
        [[place(by_place.get((x, y))) for x in columns] for y in rows],
        [axis_value(x_name, value) for value in columns], [axis_value(y_name, value) for value in rows],
        axis_label(x_name), axis_label(y_name),
    )  # fmt: skip
    note = f"Steps of {name} minus {other} in a whole study, {sureness(spec.n_seeds)}"
    table = grid_table(
        (
            axis_symbol(x_name), axis_symbol(y_name), "n", name, "95 %", other, "95 %", "Difference",
            "95 %, paired", "Of 100 seeds",
        ),
        [
            (
                axis_value(x_name, cell.x), axis_value(y_name, cell.y), f"{cell.against.difference.n:,}",
                f"{cell.method.value:,.0f}", _ends(cell.method), f"{cell.baseline.value:,.0f}", _ends(cell.baseline),
                f"{cell.against.difference.value:+,.0f}", interval_in_words(cell.against.difference, before=""),
                cell.against.of_100.in_words,
            )
            for cell in places
        ],
    )  # fmt: skip
    sentence = map_in_words(places, len(columns) * len(rows), name, other, x_name, y_name)
    more = f"{sum(cell.against.difference.low > 0 for cell in places)} of {len(places)} places"
    title = f"{name} earns more than {other} in {more}"
    body = [
        headline(title, more) if spec.n_seeds > 1 else headline(f"{name} against {other}, one seed"),
        paragraph(sentence, "lead"),
        section("The map", figure, paragraph(note, "muted"), kind="together"),
        section("All places", table),
    ]
    return _whole(found, cells, method, baseline, inputs, body)


def line_report(
    found: StoredExperiment, cells: Sequence[StoredCell], method: Method, baseline: Method, inputs: ExperimentInputs
) -> str:
    """One HTML file of what two methods earn over the judge's error; arguments and result as of ``map_report``."""
    line = error_line(cells, method, baseline)
    if line is None:
        return ""
    stops = crossing(line)
    name, other = name_of(method), name_of(baseline)
    sentence = crossing_in_words(stops, line, name, other)
    sure = found.spec.n_seeds == 1 or line.differences[0].difference.excludes_zero
    marked = stops.error if stops.pays_at_first and sure else None
    curves = [
        Curve(
            name_of(item),
            look,
            *(np.array(values) for values in zip(*(estimate[:3] for estimate in estimates), strict=True)),
        )
        for item, look, estimates in ((method, "told", line.method), (baseline, "base", line.baseline))
    ]
    every = math.ceil(len(line.errors) / _MOST_TICKS)
    ticks = [(error, f"{100 * error:g} %") for error in line.errors[::every]]
    n = f"{found.spec.n_seeds:,}"
    about = (
        "Steps in a whole study with their 95 % bands, over the share of statements that the judge gets wrong, of "
        f"either kind; at 50 % it tosses a coin. n = {n} seeds at each. The best possible is {line.optimum_steps:,.0f} "
        "steps."
    )
    rows = error_rows(line, name, other)
    names = list(rows[0])
    table = grid_table(
        [names[0], "n", *names[1:]],
        [[row[names[0]], n, *(row[name] for name in names[1:])] for row in rows],
    )
    body = [
        headline(sentence, "" if marked is None else f"{100 * marked:.0f} %"),
        section("Over the judge’s error", curves_figure(curves, line.errors, ticks, about, marked), kind="together"),
        section("All numbers", table, kind="together"),
    ]
    return _whole(found, cells, method, baseline, inputs, body)


def _ends(estimate: Estimate) -> str:
    return interval_in_words(estimate, ",.0f", before="")


def _whole(
    found: StoredExperiment,
    cells: Sequence[StoredCell],
    method: Method,
    baseline: Method,
    inputs: ExperimentInputs,
    body: list[Html],
) -> str:
    spec = found.spec
    runs = [
        Run(
            name_of(item),
            found.identifier,
            spec.seeds,
            next(stored for stored in cells if stored.cell.method.name == item.name),
        )
        for item in (method, baseline)
    ]
    kind = "report of a sweep"
    parts = [
        *body,
        paragraph(_NO_PLAYER, "muted"),
        judges(spec.judges_needed(), cells, inputs),
        settings_sections(runs, spec),
        ending(found, inputs),
    ]
    return page(f"{spec.name}: where a method pays, in simulated studies", kind, *parts)
