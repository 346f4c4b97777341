"""Charts of methods side by side: totals, differences, days, actions, and who stays.

Names come from a person's file, so they are escaped: Plotly reads a little HTML in texts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from jitai.charts.theme import ACTION_STYLES, LETTER_COLOUR, Palette, base_layout, style_axes
from jitai.records import Action, Role
from jitai.sanitise import for_plotly

Floats = npt.NDArray[np.float64]


class Marker(NamedTuple):
    """Plotly's names of a marker that is drawn alone, and of the one that is drawn in outline at a mean."""

    symbol: str
    outlined: str

    @classmethod
    def of(cls, *symbols: str) -> tuple["Marker", ...]:
        """Return markers that have one name for both."""
        return tuple(cls(symbol, symbol) for symbol in symbols)


_MARKERS = {
    Role.ALONE: (*Marker.of("circle"), Marker("circle-open", "circle"), *Marker.of("circle-dot")),
    Role.HYBRID: (
        *Marker.of("square"), Marker("square-open", "square"), *Marker.of("square-x", "square-cross", "square-dot")
    ),
    Role.PLANNER: (*Marker.of("diamond"), Marker("diamond-open", "diamond"), *Marker.of("diamond-x")),
    Role.OPTIMUM: (*Marker.of("star"), Marker("star-open", "star")),
    Role.PLAIN: Marker.of("triangle-up", "triangle-down", "triangle-left", "triangle-right"),
}  # fmt: skip
_DASHES = ("solid", "dot", "dashdot", "longdash", "longdashdot")
MAX_POINTS = 300
"""Points drawn for each method; more would be a blot and slow."""
_GOLDEN = 0.6180339887498949
_NOTE = 120


@dataclass(frozen=True)
class MethodStyle:
    """How a method looks in every chart of a page: colour by its kind, marker and dash by its number in it."""

    role: Role
    number: int

    def colour(self, palette: Palette) -> str:
        """Blue for RL alone, vermilion for hybrids, green for planners, black or white for the optimum, else grey."""
        if self.role == Role.OPTIMUM:
            return palette.text
        if self.role == Role.PLANNER:
            return palette.action(Action.TAILORED_WORK)
        if self.role == Role.PLAIN:
            return palette.action(Action.NO_MESSAGE)
        return palette.held_back if self.role == Role.HYBRID else palette.alone

    @property
    def marker(self) -> Marker:
        """The method's marker."""
        markers = _MARKERS[self.role]
        return markers[self.number % len(markers)]

    @property
    def dash(self) -> str:
        """The dash of the method's line; the optimum is always dashed."""
        return "dash" if self.role == Role.OPTIMUM else _DASHES[self.number % len(_DASHES)]


def method_styles(roles: Sequence[Role]) -> list[MethodStyle]:
    """Return a style for each method, from the roles of all methods in the order shown."""
    return [MethodStyle(role, roles[:number].count(role)) for number, role in enumerate(roles)]


@dataclass(frozen=True, eq=False)
class Totals:
    """The steps of one method's studies, and their mean.

    Attributes:
        name: of the method.
        note: what stands behind the name, such as the mean in words.
        look: of the method.
        values: steps of each seed, shape (n,).
        mean, low, high: with the 95 % interval; low and high are NaN for one seed.
    """

    name: str
    note: str
    look: MethodStyle
    values: Floats
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Dot:
    """A value with its 95 % interval, and what it says in words."""

    name: str
    note: str
    look: MethodStyle
    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Curve:
    """A value a day, with a band where there is one; arrays of shape (n_days,)."""

    name: str
    look: MethodStyle
    values: Floats
    low: Floats | None = None
    high: Floats | None = None


def totals_figure(rows: Sequence[Totals], optimum: float | None, optimum_label: str, palette: Palette) -> go.Figure:
    """Draw one row a method: name and mean in words, the points, their box, the mean with its interval.

    Args:
        rows: from top to bottom.
        optimum: steps that the best possible earns; None for no line.
        optimum_label: of the dashed line.
        palette: light or dark.
    """
    figure = go.Figure()
    top, bottom, row_height = 26, 44, 56
    for number, row in enumerate(rows):
        colour = row.look.colour(palette)
        level = number + 0.2
        points = row.values[:MAX_POINTS]
        jitter = (np.arange(len(points)) * _GOLDEN % 1 - 0.5) * 0.4
        figure.add_scatter(
            x=points, y=level + jitter, mode="markers", showlegend=False,
            marker={"color": colour, "size": 5 if len(points) > 1 else 11, "opacity": 0.3 if len(points) > 1 else 1},
            hovertemplate=f"{for_plotly(row.name)}: %{{x:,.0f}} steps<extra></extra>",
        )  # fmt: skip
        if len(row.values) > 1:
            low, q1, median, q3, high = _box(row.values)
            figure.add_box(
                orientation="h", y=[level], q1=[q1], median=[median], q3=[q3], lowerfence=[low], upperfence=[high],
                width=0.42, showlegend=False, line={"color": colour, "width": 1.5}, fillcolor="rgba(0,0,0,0)",
                whiskerwidth=0.5, hoverinfo="skip",
            )  # fmt: skip
            figure.add_scatter(
                x=[row.mean], y=[level], mode="markers", showlegend=False,
                marker={"color": palette.background, "symbol": row.look.marker.outlined, "size": 11,
                        "line": {"color": colour, "width": 2.5}},
                error_x=_error_bars([(row.mean, row.low, row.high)], colour, 4),
                hovertemplate=f"{for_plotly(row.name)}: mean {row.mean:,.0f} steps, 95 % {row.low:,.0f} to "
                f"{row.high:,.0f}, n = {len(row.values):,}<extra></extra>",
            )  # fmt: skip
        figure.add_annotation(
            x=0, xref="paper", y=number - 0.27, showarrow=False, xanchor="left", yanchor="middle", align="left",
            text=f"<b>{for_plotly(row.name)}</b>  {for_plotly(row.note, _NOTE)}", bgcolor=palette.background,
            font={"size": 13, "color": palette.text},
        )  # fmt: skip
    most = max([optimum or 0.0, 1.0, *(float(row.values.max()) for row in rows)])
    if optimum is not None:
        figure.add_vline(x=optimum, line={"color": palette.text, "width": 1.5, "dash": "dash"})
        figure.add_annotation(
            x=optimum, y=1, yref="paper", yshift=12, showarrow=False, xanchor="right",
            text=f"{for_plotly(optimum_label)} {optimum:,.0f}", font={"size": 12, "color": palette.text},
        )  # fmt: skip
    figure.update_layout(**base_layout(palette, top + row_height * max(1, len(rows)) + bottom), hovermode="closest")
    figure.update_layout(margin={"l": 8, "r": 8, "t": top, "b": bottom})
    style_axes(figure, palette)
    figure.update_xaxes(range=[-0.01 * most, 1.03 * most], title_text="steps in a whole study", showgrid=True)
    figure.update_yaxes(range=[max(1, len(rows)) - 0.5, -0.5], visible=False)
    return figure


def dots_figure(
    dots: Sequence[Dot], title: str, palette: Palette, *, percent: bool = False, reference: str = "",
    largest: float | None = None,
) -> go.Figure:  # fmt: skip
    """Draw one row a method: a value with its interval, and above it the same in words.

    Args:
        dots: from top to bottom.
        title: of the axis, with the unit.
        palette: light or dark.
        percent: whether the values are shares.
        reference: what a line at zero stands for; empty for none.
        largest: right end of the axis; by default what the values need.
    """
    figure = go.Figure()
    for number, dot in enumerate(dots):
        colour = dot.look.colour(palette)
        figure.add_scatter(
            x=[dot.value], y=[number + 0.22], mode="markers", showlegend=False,
            marker={"color": colour, "symbol": dot.look.marker.symbol, "size": 12},
            error_x=_error_bars([(dot.value, dot.low, dot.high)], colour, 3),
            hovertemplate=f"{for_plotly(dot.name)}: {for_plotly(dot.note, _NOTE)}<extra></extra>",
        )  # fmt: skip
        figure.add_annotation(
            x=0, xref="paper", y=number - 0.22, showarrow=False, xanchor="left", yanchor="middle",
            text=f"<b>{for_plotly(dot.name)}</b>  {for_plotly(dot.note, _NOTE)}", bgcolor=palette.background,
            font={"size": 13, "color": palette.text},
        )  # fmt: skip
    top, bottom = 36 if reference else 8, 44
    figure.update_layout(**base_layout(palette, top + 50 * max(1, len(dots)) + bottom), hovermode="closest")
    figure.update_layout(margin={"l": 8, "r": 8, "t": top, "b": bottom})
    style_axes(figure, palette)
    ends = [end for dot in dots for end in (dot.value, dot.low, dot.high) if not math.isnan(end)] or [0.0]
    low, high = min(0.0, *ends), max(0.0, *ends) if largest is None else largest
    room = 0.04 * ((high - low) or 1.0)
    figure.update_xaxes(
        range=[low - room, high + room],
        title_text=for_plotly(title),
        showgrid=True,
        tickformat=".0%" if percent else ",.0f",
    )
    figure.update_yaxes(range=[max(1, len(dots)) - 0.5, -0.5], visible=False)
    if reference:
        figure.add_vline(x=0, line={"color": palette.text, "width": 1.5})
        figure.add_annotation(
            x=0, y=1, yref="paper", yshift=18, showarrow=False, text=for_plotly(reference), xanchor="left",
            font={"size": 12, "color": palette.text},
        )  # fmt: skip
    return figure


def days_figure(
    curves: Sequence[Curve], title: str, most: float, palette: Palette, *, percent: bool = False
) -> go.Figure:
    """Draw one line a method over the days, with its band; the names stand in the legend.

    Args:
        curves: in the order of the legend.
        title: of the vertical axis, with the unit.
        most: upper end of the vertical axis.
        palette: light or dark.
        percent: whether the values are shares.
    """
    figure = go.Figure()
    n_days = max((len(curve.values) for curve in curves), default=1)
    for curve in curves:
        colour = curve.look.colour(palette)
        days = np.arange(1, len(curve.values) + 1)
        if curve.low is not None and curve.high is not None and not np.isnan(curve.low).any():
            figure.add_scatter(
                x=np.concatenate([days, days[::-1]]), y=np.concatenate([curve.high, curve.low[::-1]]), mode="lines",
                line={"width": 0}, fill="toself", fillcolor=translucent(colour), showlegend=False, hoverinfo="skip",
            )  # fmt: skip
        figure.add_scatter(
            x=days, y=curve.values, mode="lines", name=for_plotly(curve.name),
            line={"color": colour, "width": 2, "dash": curve.look.dash, "shape": "hv" if percent else "linear"},
            hovertemplate=("%{y:.0%}" if percent else "%{y:,.0f} steps") + f"<extra>{for_plotly(curve.name)}</extra>",
        )  # fmt: skip
    figure.update_layout(**base_layout(palette, 330), hovermode="x unified")
    figure.update_layout(margin={"l": 8, "r": 8, "t": 60, "b": 40})
    style_axes(figure, palette)
    figure.update_xaxes(range=[0.5, n_days + 0.5], title_text="day of the study")
    figure.update_yaxes(range=[0, most or 1.0], title_text=title, tickformat=".0%" if percent else ",.0f")
    return figure


def actions_figure(names: Sequence[str], shares: Sequence[Sequence[float]], palette: Palette) -> go.Figure:
    """Draw one bar a method, with a piece for each action, in which its share is written.

    Args:
        names: of the methods, from top to bottom.
        shares: of the days lived, one row a method, in Action order.
        palette: light or dark.
    """
    figure = go.Figure()
    places = [number + 0.18 for number in range(len(names))]
    for action, style in ACTION_STYLES.items():
        values = [row[action] for row in shares]
        figure.add_bar(
            x=values, y=places, orientation="h", name=style.label, marker={"color": palette.action(action)}, width=0.5,
            text=[f"{style.letter} {100 * value:.0f} %" if value >= 0.09 else "" for value in values],
            textposition="inside", insidetextanchor="middle", textangle=0,
            textfont={"size": 12, "color": LETTER_COLOUR},
            hovertemplate="%{x:.1%} of the days<extra>" + style.label + "</extra>",
        )  # fmt: skip
    for number, name in enumerate(names):
        figure.add_annotation(
            x=0, xref="paper", y=number - 0.27, showarrow=False, xanchor="left", yanchor="middle",
            text=f"<b>{for_plotly(name)}</b>", font={"size": 13, "color": palette.text},
        )  # fmt: skip
    figure.update_layout(**base_layout(palette, 60 + 50 * max(1, len(names)) + 44), hovermode="closest")
    figure.update_layout(margin={"l": 8, "r": 8, "t": 60, "b": 44}, barmode="stack", legend={"traceorder": "normal"})
    style_axes(figure, palette)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", title_text="share of the days", showgrid=False)
    figure.update_yaxes(range=[max(1, len(names)) - 0.5, -0.5], visible=False)
    return figure


def translucent(colour: str, opacity: float = 0.18) -> str:
    """Return a colour "#RRGGBB" made translucent."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def _box(values: Floats) -> tuple[float, float, float, float, float]:
    """Return the lower whisker, the quartiles and the upper whisker; whiskers reach 1.5 boxes at most."""
    q1, median, q3 = np.quantile(values, (0.25, 0.5, 0.75))
    reach = 1.5 * (q3 - q1)
    inside = values[(values >= q1 - reach) & (values <= q3 + reach)]
    return float(inside.min()), float(q1), float(median), float(q3), float(inside.max())


def _error_bars(values: Sequence[tuple[float, float, float]], colour: str, thickness: float) -> dict[str, object]:
    """Return Plotly's error bars from (value, low, high); invisible where there is no interval."""
    known = all(not math.isnan(low) for _, low, _ in values)
    return {
        "type": "data", "symmetric": False, "color": colour, "thickness": thickness, "width": 6, "visible": known,
        "array": [high - value if known else 0 for value, _, high in values],
        "arrayminus": [value - low if known else 0 for value, low, _ in values],
    }  # fmt: skip
