"""Parts that several charts are made of."""

import plotly.graph_objects as go

from jitai.charts.theme import Palette


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
