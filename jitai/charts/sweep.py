"""Charts of where a method pays: a map over two settings, and returns over the judge's error."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from jitai.charts.comparison import MethodStyle, translucent
from jitai.charts.theme import Palette, base_layout, style_axes
from jitai.sanitise import for_plotly, for_plotly_lines


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

    Yellow: a gain, for certain. Hatched: a loss, for certain. Blank: the interval holds zero.

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
    fills = [_fill(place, most, palette) for place in places]
    for place, fill in zip(places, fills, strict=True):
        x, y = place.column, place.row
        figure.add_shape(
            type="rect", x0=x - 0.49, x1=x + 0.49, y0=y - 0.49, y1=y + 0.49, fillcolor=fill, layer="below",
            line={"color": palette.line, "width": 1 if fill == palette.background else 0},
        )  # fmt: skip
        if place.is_sure and place.difference < 0:
            figure.add_shape(
                type="path",
                path=_hatching(x, y),
                line={"color": palette.loss, "width": 1.5},
                opacity=0.8,
                layer="below",
            )
    signs = {place.difference > 0 for place in places}
    if len(signs) > 1 and min(len(columns), len(rows)) > 1:
        figure.add_contour(
            z=values, showscale=False, showlegend=False, hoverinfo="skip", connectgaps=False,
            contours={"type": "levels", "start": 0, "end": 0, "size": 1, "coloring": "none", "showlabels": False},
            line={"color": palette.text, "width": 3},
        )  # fmt: skip
    colours = [palette.text if place.is_sure else palette.muted for place in places]
    figure.add_scatter(
        x=[place.column for place in places], y=[place.row for place in places], mode="markers+text",
        text=[f"{place.difference:+,.0f}".replace("-", "−") for place in places],
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

    A click on a point selects it; its customdata are its interval in words, and 2 times its number, from 0, plus 1 on
    the line of the baseline.

    Args:
        method, baseline: ascending in the error.
        names: of the two.
        looks: of the two.
        optimum: steps that the best possible earns.
        crossing: the error and its 95 % range, whose ends may be missing; None if the lines do not cross.
        palette: light or dark.
    """
    figure = go.Figure()
    for line, points in ((1, baseline), (0, method)):
        name, look = names[line], looks[line]
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
            selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
            customdata=[
                ["" if math.isnan(point.low) else f" ({point.low:,.0f} to {point.high:,.0f})", 2 * number + line]
                for number, point in enumerate(points)
            ],
            hovertemplate="%{y:,.0f} steps%{customdata[0]}<extra>" + for_plotly(name) + "</extra>",
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
    figure.update_layout(margin={"l": 8, "r": 8, "t": 44, "b": 44}, clickmode="event+select", dragmode=False)
    style_axes(figure, palette)
    errors = [point.error for point in method] or [0.0, 0.5]
    figure.update_xaxes(
        range=[errors[0] - 0.01, errors[-1] + 0.01], tickformat=".0%",
        title_text="statements that the judge gets wrong, of either kind",
    )  # fmt: skip
    figure.update_yaxes(range=[0, top], title_text="steps in a whole study")
    return figure


def _hatching(column: int, row: int) -> str:
    """Draw slanting lines on both sides of a cell's number: they say that the method loses there."""
    lines = []
    for shift in (-0.6, -0.35, 0.35, 0.6):
        left, right = max(-0.46, shift - 0.46), min(0.46, shift + 0.46)
        lines.append(f"M {column + left} {row + left - shift} L {column + right} {row + right - shift}")
    return " ".join(lines)


def _fill(place: MapTile, most: float, palette: Palette) -> str:
    """Return the colour of a cell: yellow for a gain, vermilion for a loss, stronger for more; blank if undecided."""
    if not place.is_sure or place.difference == 0:
        return palette.background
    strength = min(1.0, abs(place.difference) / most) ** 0.6
    hue = palette.gain if place.difference > 0 else palette.loss
    strongest = 0.43 if palette.dark else 0.95 if place.difference > 0 else 0.5
    share = (0.1 if palette.dark else 0.18) + strength * (strongest - (0.1 if palette.dark else 0.18))
    blank, full = ([int(colour[start : start + 2], 16) for start in (1, 3, 5)] for colour in (palette.background, hue))
    return "#" + "".join(f"{round(low + (high - low) * share):02x}" for low, high in zip(blank, full, strict=True))
