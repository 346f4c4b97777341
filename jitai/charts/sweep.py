"""Charts of where a method pays: a map over two settings, and returns over the judge's error."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from jitai.charts.comparison import MethodStyle, translucent
from jitai.charts.theme import LETTER_COLOUR, Palette, base_layout, style_axes
from jitai.sanitise import for_plotly, for_plotly_lines

_LESS, _MORE = ("#0072B2", "#D55E00"), ("#56B4E9", "#F0803C")
"""Baseline ahead blue, method ahead vermilion, light and dark: the colours that the two have in comparisons."""


@dataclass(frozen=True)
class MapTile:
    """A cell of the map: its place on the axes, counted from 0, its difference in steps, and whether it is sure."""

    column: int
    row: int
    difference: float
    low: float
    high: float
    is_sure: bool
    words: str


@dataclass(frozen=True)
class Point:
    """A mean with its 95 % interval at one error rate; low and high are NaN for one seed."""

    error: float
    value: float
    low: float
    high: float


def map_figure(
    places: Sequence[MapTile],
    columns: Sequence[str],
    rows: Sequence[str],
    x_title: str,
    y_title: str,
    palette: Palette,
) -> go.Figure:
    """Draw the differences in steps as colours and numbers, and the line on which there is none.

    The markers that carry the numbers are what a click selects: a heat map's own cells cannot be selected. Each holds
    (column, row) in its customdata.

    Args:
        places: the finished cells.
        columns, rows: the axes' values in words, ascending.
        x_title, y_title: of the axes.
        palette: light or dark.
    """
    figure = go.Figure()
    values: list[list[float | None]] = [[None] * len(columns) for _ in rows]
    for place in places:
        values[place.row][place.column] = place.difference
    most = max((abs(place.difference) for place in places), default=1.0) or 1.0
    less, more = _MORE if palette.dark else _LESS
    figure.add_heatmap(
        z=values, zmin=-most, zmax=most, colorscale=[[0, less], [0.5, palette.background], [1, more]], xgap=2, ygap=2,
        hoverinfo="skip", showscale=False,
    )  # fmt: skip
    signs = {place.difference > 0 for place in places}
    if len(signs) > 1 and min(len(columns), len(rows)) > 1:
        figure.add_contour(
            z=values, showscale=False, showlegend=False, hoverinfo="skip", connectgaps=False,
            contours={"type": "levels", "start": 0, "end": 0, "size": 1, "coloring": "none", "showlabels": False},
            line={"color": palette.text, "width": 3, "dash": "dash"},
        )  # fmt: skip
    for place in places:
        if not place.is_sure:
            figure.add_shape(
                type="path", path=_hatching(place.column, place.row), line={"color": palette.text, "width": 1},
                opacity=0.45,
            )  # fmt: skip
    # Black or white, whichever can be read on the cell.
    colours = [_text_colour(place.difference / most, palette) for place in places]
    figure.add_scatter(
        x=[place.column for place in places], y=[place.row for place in places], mode="markers+text",
        text=[f"{'' if place.is_sure else '≈ '}{place.difference:+,.0f}" for place in places],
        textfont={"size": 14, "color": colours}, showlegend=False, cliponaxis=False,
        marker={"size": 34, "symbol": "square", "color": "rgba(0,0,0,0)", "line": {"width": 0}},
        customdata=[[place.column, place.row] for place in places],
        hovertext=[for_plotly_lines(place.words) for place in places],
        hovertemplate="%{hovertext}<extra></extra>",
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
    )  # fmt: skip
    figure.update_layout(**base_layout(palette, 90 + 58 * max(2, len(rows))), hovermode="closest", hoverdistance=60)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 12, "b": 44}, clickmode="event+select", dragmode=False)
    style_axes(figure, palette)
    figure.update_xaxes(
        range=[-0.5, len(columns) - 0.5], tickvals=list(range(len(columns))), ticktext=list(columns),
        title_text=for_plotly(x_title),
    )  # fmt: skip
    figure.update_yaxes(
        range=[-0.5, len(rows) - 0.5], tickvals=list(range(len(rows))), ticktext=list(rows), showgrid=False,
        title_text=for_plotly(y_title),
    )  # fmt: skip
    return figure


def error_figure(
    method: Sequence[Point],
    baseline: Sequence[Point],
    names: tuple[str, str],
    looks: tuple[MethodStyle, MethodStyle],
    optimum: float,
    crossing: tuple[float, float | None, float | None] | None,
    palette: Palette,
) -> go.Figure:
    """Draw what a method and its baseline earn over the judge's error rate, and where the two lines cross.

    Args:
        method, baseline: ascending in the error.
        names: of the two.
        looks: of the two.
        optimum: steps that the best possible earns.
        crossing: the error and its 95 % range, whose ends may be missing; None if the lines do not cross.
        palette: light or dark.
    """
    figure = go.Figure()
    for points, name, look in zip((baseline, method), reversed(names), reversed(looks), strict=True):
        colour = look.colour(palette)
        errors = [point.error for point in points]
        figure.add_scatter(
            x=errors + errors[::-1], y=[point.high for point in points] + [point.low for point in reversed(points)],
            mode="lines", line={"width": 0}, fill="toself", fillcolor=translucent(colour, 0.22), showlegend=False,
            hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            x=errors, y=[point.value for point in points], mode="lines+markers", name=for_plotly(name),
            line={"color": colour, "width": 2.5, "dash": look.dash}, marker={"symbol": look.marker, "size": 8},
            customdata=[
                "" if math.isnan(point.low) else f" ({point.low:,.0f} to {point.high:,.0f})" for point in points
            ],
            hovertemplate="%{y:,.0f} steps%{customdata}<extra>" + for_plotly(name) + "</extra>",
        )  # fmt: skip
    highest = max((point.value for point in [*method, *baseline]), default=1.0)
    top = min(1.05 * optimum, 1.5 * highest) if highest else optimum
    if optimum <= top:
        figure.add_hline(
            y=optimum, line={"color": palette.text, "width": 1.2, "dash": "dash"},
            annotation={"text": f"the best possible {optimum:,.0f}", "font": {"size": 12, "color": palette.text}},
            annotation_position="bottom right",
        )  # fmt: skip
    if crossing is not None:
        error, low, high = crossing
        last = method[-1].error
        if low is not None:
            figure.add_vrect(
                x0=low, x1=last if high is None else high, fillcolor=palette.unsure, opacity=0.18, line_width=0
            )
        figure.add_vline(
            x=error, line={"color": palette.text, "width": 2, "dash": "dot"},
            annotation={"text": f"stops paying at {100 * error:.0f} %", "font": {"size": 13, "color": palette.text}},
            annotation_position="top left" if error > last / 2 else "top right",
        )  # fmt: skip
    figure.update_layout(**base_layout(palette, 400), hovermode="x unified")
    figure.update_layout(margin={"l": 8, "r": 8, "t": 44, "b": 44})
    style_axes(figure, palette)
    errors = [point.error for point in method] or [0.0, 0.5]
    figure.update_xaxes(
        range=[errors[0] - 0.01, errors[-1] + 0.01], tickformat=".0%",
        title_text="statements that the judge gets wrong, of either kind",
    )  # fmt: skip
    figure.update_yaxes(range=[0, top], title_text="steps in a whole study")
    return figure


def _hatching(column: int, row: int) -> str:
    """Draw slanting lines on both sides of a cell's number: they say that the interval includes zero."""
    lines = []
    for shift in (-0.6, -0.35, 0.35, 0.6):
        left, right = max(-0.46, shift - 0.46), min(0.46, shift + 0.46)
        lines.append(f"M {column + left} {row + left - shift} L {column + right} {row + right - shift}")
    return " ".join(lines)


def _text_colour(strength: float, palette: Palette) -> str:
    """Return a text colour that is legible on a cell of that strength, from -1 (baseline ahead) to 1."""
    if palette.dark:
        return LETTER_COLOUR if abs(strength) > 0.65 else palette.text
    return "#FFFFFF" if strength < -0.6 else palette.text
