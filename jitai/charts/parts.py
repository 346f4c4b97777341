"""Parts that several charts are made of."""

import plotly.graph_objects as go

from jitai.charts.theme import Palette


def title_on_the_left(figure: go.Figure, palette: Palette) -> None:
    """Put the titles of subplots at their left edge; to be called before other annotations are added."""
    figure.update_annotations(x=0, xanchor="left", font={"size": 13, "color": palette.text})
