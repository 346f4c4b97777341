"""Charts of methods side by side: totals, differences, days, actions, and who stays.

Names come from a person's file, so they are escaped: Plotly reads a little HTML in texts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from jitai.charts.theme import ACTION_STYLES, LETTER_COLOUR, Palette, base_layout, style_axes
from jitai.sanitise import for_plotly

Floats = npt.NDArray[np.float64]


class Standing(StrEnum):
    """What a method is to the reader of a comparison; it decides colour and marker. No action has these."""

    JUDGED = "the learner with the judge"
    ALONE = "the learner alone"
    COIN = "the learner with the coin"
    RULE = "the one-line rule with the judge"
    PLANNER = "the planner"
    OPTIMUM = "the best possible"
    OTHER = "another method"


_MARKERS = {
    Standing.JUDGED: ("triangle-up", "triangle-ne", "triangle-nw"),
    Standing.ALONE: ("triangle-down-open", "triangle-se-open", "triangle-sw-open"),
    Standing.COIN: ("triangle-left-open", "triangle-right-open"),
    Standing.RULE: ("pentagon", "pentagon-open"),
    Standing.PLANNER: ("star", "star-open"),
    Standing.OPTIMUM: ("hexagram-open", "hexagram"),
    Standing.OTHER: ("hexagon2", "octagon", "cross", "x", "hourglass", "bowtie", "star-triangle-up", "hexagon2-open"),
}
_DASHES = ("solid", "dot", "dashdot", "longdash", "longdashdot")
_NOTE = 120


@dataclass(frozen=True)
class MethodStyle:
    """How a method looks in every chart of a page: colour by its standing, marker and dash by its number in it."""

    standing: Standing
    number: int

    def colour(self, palette: Palette) -> str:
        """Ink for the learner with the judge, grey for the learner alone, hues for rule and planner, else pale grey."""
        return {
            Standing.JUDGED: palette.text, Standing.ALONE: palette.alone, Standing.RULE: palette.rule,
            Standing.PLANNER: palette.planner, Standing.OPTIMUM: palette.text,
        }.get(self.standing, palette.other)  # fmt: skip

    @property
    def marker(self) -> str:
        """The method's marker, by Plotly's name."""
        markers = _MARKERS[self.standing]
        return markers[self.number % len(markers)]

    @property
    def dash(self) -> str:
        """The dash of the method's line; the optimum is always dashed."""
        if self.standing == Standing.OPTIMUM:
            return "dash"
        first = {Standing.ALONE: 1, Standing.COIN: 2}.get(self.standing, 0)
        return _DASHES[(first + self.number) % len(_DASHES)]


def method_styles(standings: Sequence[Standing]) -> list[MethodStyle]:
    """Return a style for each method, from the standings of all methods in the order shown."""
    return [MethodStyle(standing, standings[:number].count(standing)) for number, standing in enumerate(standings)]


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
            marker={"color": colour, "symbol": dot.look.marker, "size": 12},
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


def _error_bars(values: Sequence[tuple[float, float, float]], colour: str, thickness: float) -> dict[str, object]:
    """Return Plotly's error bars from (value, low, high); invisible where there is no interval."""
    return {
        "type": "data", "symmetric": False, "color": colour, "thickness": thickness, "width": 6, 
        "visible": not all(math.isnan(low) for _, low, _ in values),
        "array": [high - value if not math.isnan(high) else 0 for value, _, high in values],
        "arrayminus": [value - low if not math.isnan(low) else 0 for value, low, _ in values],
    }  # fmt: skip
