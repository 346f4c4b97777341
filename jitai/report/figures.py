"""The charts of reports, drawn as HTML and SVG: sharp in print, legible on a phone, a few kilobytes, and no script.

Plotly's script alone has 4.8 MB, draws nothing before it runs, and keeps the width of the screen when it is printed.
Here, positions are shares of the width and texts are texts.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jitai.arrays import Floats
from jitai.report.page import Html, element, text
from jitai.statistics import Estimate

MAX_TICKS = 100
"""Single studies that are drawn of a method; more would be a blot."""
_DASHES = ("", "7 4", "2 3", "10 4 2 4", "14 5")


class Row(NamedTuple):
    """One method on a scale.

    Attributes:
        name: of the method.
        look: "told", "base", "rule", "planner" or "other": its colour.
        value: with its interval.
        note: the value in words.
        seeds: single studies, shape (n,); None without.
    """

    name: str
    look: str
    value: Estimate
    note: str
    seeds: Floats | None = None


class Curve(NamedTuple):
    """A line with its 95 % band; all of shape (n,).

    Attributes:
        name: for the legend.
        look: as of a row.
        values, low, high: NaN in the band where there is no interval.
    """

    name: str
    look: str
    values: Floats
    low: Floats
    high: Floats


def rows_figure(rows: Sequence[Row], unit: str, lines: Sequence[tuple[float, str, bool]] = ()) -> Html:
    """A row for each method: single studies as ticks, the mean as a diamond, its 95 % interval as a bar.

    Args:
        rows: from top to bottom, at least one.
        unit: of the scale, under it.
        lines: through all rows: where, what it stands for, and whether it is dashed.
    """
    values = [end for row in rows for end in (row.value.value, row.value.low, row.value.high) if not math.isnan(end)]
    values += [float(value) for row in rows if row.seeds is not None for value in row.seeds[:MAX_TICKS]]
    low, high, ticks = _scale([*values, *(at for at, _, _ in lines)])

    def place(value: float) -> str:
        return f"{100 * (value - low) / (high - low):.3f}%"

    drawn = []
    for row in rows:
        marks = [_mark("line best" if dashed else "line", f"left:{place(at)}") for at, _, dashed in lines]
        if row.seeds is not None:
            marks += [_mark("seed", f"left:{place(float(value))}") for value in row.seeds[:MAX_TICKS]]
        if not math.isnan(row.value.low):
            width = 100 * (row.value.high - row.value.low) / (high - low)
            marks.append(_mark("range", f"left:{place(row.value.low)};width:{width:.3f}%"))
        marks.append(_mark("mean", f"left:{place(row.value.value)}"))
        drawn.append(
            element(
                "div", element("b", text(row.name), class_=f"c-{row.look}"),
                element("div", *marks, class_=f"track c-{row.look}", aria_hidden="true"),
                element("span", text(row.note)), class_=f"row {row.look}",
            )
        )  # fmt: skip
    ends = [
        element(
            "i",
            text(f"{tick:,.0f}".replace("-", "−")),
            style=f"left:{place(tick)}",
            class_="last" if tick == ticks[-1] else "",
        )
        for tick in ticks
    ]
    scale = element(
        "div", element("b"), element("div", *ends, class_="scale"), element("span", text(unit)), class_="row ends"
    )
    told = [text(f"{'Dashed' if dashed else 'Line'}: {name}. ") for _, name, dashed in lines]
    note = [element("p", *told, class_="muted")] if told else []
    return element("div", *drawn, scale, *note, class_="chart")


def curves_figure(
    curves: Sequence[Curve],
    across: Sequence[float],
    ticks: Sequence[tuple[float, str]],
    unit: str,
    crossing: float | None = None,
) -> Html:
    """Lines with their bands over one scale.

    Args:
        curves: at least one; each has a dash of its own.
        across: where the values lie, ascending, shape (n,).
        ticks: places of the scale below, with their words.
        unit: of both scales, in words, for the caption.
        crossing: place of a vertical line; None without.
    """
    most = max(float(np.nanmax(np.concatenate([curve.values, curve.high]))) for curve in curves)
    _, high, levels = _scale([0.0, most])
    first, last = across[0], across[-1]

    def x(value: float) -> float:
        return 1000 * (value - first) / ((last - first) or 1)

    def points(values: Sequence[float]) -> list[str]:
        return [f"{x(at):.1f} {300 - 300 * value / high:.1f}" for at, value in zip(across, values, strict=True)]

    drawn = [
        element("path", d=f"M0 {300 - 300 * level / high:.1f}H1000", class_="rule-line", style="opacity:.15")
        for level in levels
    ]
    for curve in curves:
        if not np.isnan(curve.low).any():
            band = points(curve.high.tolist()) + points(curve.low.tolist())[::-1]
            drawn.append(element("path", d=f"M{'L'.join(band)}Z", class_=f"band c-{curve.look}"))
    for number, curve in enumerate(curves):
        drawn.append(
            element(
                "path", d=f"M{'L'.join(points(curve.values.tolist()))}", class_=f"c-{curve.look}",
                stroke_dasharray=_DASHES[number % len(_DASHES)],
            )
        )  # fmt: skip
    if crossing is not None:
        drawn.append(element("path", d=f"M{x(crossing):.1f} 0V300", class_="rule-line", stroke_dasharray="2 3"))
    svg = element("svg", *drawn, viewBox="0 0 1000 300", preserveAspectRatio="none", aria_hidden="true")
    names = [
        element(
            "span",
            element(
                "svg", element("path", d="M0 5H30", stroke_dasharray=_DASHES[number % len(_DASHES)]),
                viewBox="0 0 30 10", aria_hidden="true",
            ),
            element("b", text(curve.name)), class_=f"c-{curve.look}",
        )
        for number, curve in enumerate(curves)
    ]  # fmt: skip
    below = [element("i", text(words), style=f"left:{x(at) / 10:.2f}%") for at, words in ticks]
    return Html(
        element("div", *names, class_="legend")
        + element(
            "div", element("div", *(element("span", text(f"{level:,.0f}")) for level in levels[::-1]), class_="y"),
            svg, element("div", *below, class_="x"), class_="plot",
        )
        + element("p", text(unit), class_="muted")
    )  # fmt: skip


class Place(NamedTuple):
    """A cell of a map: its difference in steps, whether its interval excludes zero, and all that is known in words."""

    difference: float
    is_sure: bool
    words: str


def map_figure(
    places: Sequence[Sequence[Place | None]], columns: Sequence[str], rows: Sequence[str], x_title: str, y_title: str
) -> Html:
    """Differences as a table whose cells are filled by their size: yellow for gains, hatched vermilion for losses.

    Args:
        places: one list for each row, from below upwards; None where a cell is missing.
        columns, rows: the axes' values in words, ascending.
        x_title, y_title: of the axes.
    """
    most = max((abs(place.difference) for line in places for place in line if place), default=1.0) or 1.0

    def cell(place: Place | None) -> Html:
        if place is None:
            return element("td", text("–"), class_="open")
        shown = f"{'' if place.is_sure else '≈ '}{place.difference:+,.0f}"
        if not place.is_sure:
            return element("td", text(shown), class_="open", title=place.words)
        strength = 0.25 + 0.75 * abs(place.difference) / most
        fill = f"background:rgba(var(--gain),{strength:.2f})"
        if place.difference < 0:
            tone = f"rgba(var(--loss),{0.15 + 0.35 * strength:.2f})"
            fill = f"background:repeating-linear-gradient(135deg,{tone} 0 4px,rgba(var(--loss),.1) 4px 9px)"
        return element("td", text(shown), style=fill, title=place.words)

    body = [
        element("tr", element("th", text(name), scope="row"), *map(cell, line))
        for name, line in reversed(list(zip(rows, places, strict=True)))
    ]
    feet = element("tr", element("th"), *(element("th", text(name), scope="col") for name in columns))
    under = element("tr", element("th"), element("th", text(x_title), colspan=str(len(columns))))
    table = element("table", element("tbody", *body), element("tfoot", feet, under), class_="map")
    return element("div", element("p", text(y_title), class_="muted"), table, class_="wide")


def _mark(kind: str, style: str) -> Html:
    return element("i", class_=kind, style=style)


def _scale(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """Ends and ticks of a scale that holds zero and all values: about four round steps."""
    low, high = min(0.0, *values), max(0.0, *values)
    rough = ((high - low) or 1.0) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough - 1e-9)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return first * step, last * step, [number * step for number in range(first, last + 1)]
