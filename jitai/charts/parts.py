"""Parts that several charts are made of."""

from collections.abc import Sequence
from typing import TypeVar

import plotly.graph_objects as go

from jitai.charts.theme import Palette

Item = TypeVar("Item")


def or_nothing(values: Sequence[Item]) -> list[Item | None]:
    """Return the values, or a missing one if there are none: Plotly's legend leaves out empty traces."""
    return [*values] or [None]


def note(
    figure: go.Figure,
    x: float,
    y: float,
    text: str,
    colour: str,
    *,
    xref: str = "x",
    yref: str = "y",
    anchor: str = "left",
    yanchor: str = "middle",
    xshift: float = 0,
    yshift: float = 0,
    background: str | None = None,
) -> None:
    """Write a text, already safe for Plotly, without an arrow.

    Args:
        figure: that takes it.
        x, y: where, in the units of xref and yref.
        text: what stands there.
        colour: of the text.
        xref, yref: "x" and "y" for data, "paper" for the plot.
        anchor, yanchor: which part of the text lies there.
        xshift, yshift: in pixels, to the right and upwards.
        background: behind the text; None for nothing.
    """
    figure.add_annotation(
        x=x, y=y, xref=xref, yref=yref, text=text, showarrow=False, xanchor=anchor, yanchor=yanchor, xshift=xshift,
        yshift=yshift, font={"color": colour, "size": 13}, align=anchor if anchor in ("left", "right") else "center",
        bgcolor=background, borderpad=1 if background else 0,
    )  # fmt: skip


def title_on_the_left(figure: go.Figure, palette: Palette) -> None:
    """Put the titles of subplots at their left edge; to be called before other annotations are added."""
    figure.update_annotations(x=0, xanchor="left", font={"size": 13, "color": palette.text})


def add_state_lines(
    figure: go.Figure,
    habituation: Sequence[float],
    risk: Sequence[float],
    *,
    threshold: float,
    palette: Palette,
    row: int,
    legend: str = "legend",
) -> None:
    """Draw habituation solid and risk dashed, in one hue, and the risk at which the participant leaves.

    Args:
        figure: with subplots in one column.
        habituation, risk: after each day lived, in [0, 1]; may be empty.
        threshold: risk at which the participant leaves.
        palette: light or dark.
        row: of the subplot.
        legend: which of the figure's legends names the lines.
    """
    for name, values, dash in (("habituation", habituation, "solid"), ("disengagement risk", risk, "dash")):
        figure.add_scatter(
            x=or_nothing(range(1, len(values) + 1)), y=or_nothing(values), mode="lines", name=name, legend=legend,
            line={"color": palette.state, "dash": dash, "width": 2},
            hovertemplate="%{y:.2f}<extra>" + name + "</extra>", row=row, col=1,
        )  # fmt: skip
    figure.add_hline(
        y=threshold, line={"color": palette.held_back, "width": 1, "dash": "dot"}, row=row, col=1,
        annotation={"text": "leaves the study", "font": {"size": 11, "color": palette.held_back}},
        annotation_position="bottom left",
    )  # fmt: skip
