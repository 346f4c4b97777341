"""The predictions of a class against the truth."""

from collections.abc import Sequence

import plotly.graph_objects as go

from jitai.charts.theme import Palette, base_layout, style_axes
from jitai.sanitise import for_plotly


def class_chart(
    answers: Sequence[tuple[float, ...]], truth: float, gains: Sequence[float], unit: str, palette: Palette
) -> go.Figure:
    """Return the ranges, numbers or ends of curves of a class, one row each, below what many people gained.

    Args:
        answers: one each: two numbers are a range, others are shown by their last.
        truth: a line across.
        gains: of many people; empty where the answers are about something else.
        unit: below the axis.
        palette: of the page.
    """
    figure = go.Figure()
    rows = list(range(len(answers), 0, -1))
    for holds, colour in ((True, palette.text), (False, palette.band)):
        chosen = [(row, answer) for row, answer in zip(rows, answers, strict=True)
                  if len(answer) == 2 and (answer[0] <= truth <= answer[1]) == holds]  # fmt: skip
        x = [value for _, answer in chosen for value in (*answer, None)]
        y = [value for row, answer in chosen for value in (row, row, None)]
        figure.add_scatter(
            x=x, y=y, mode="lines+markers", hoverinfo="x", name="holds the truth" if holds else "does not",
            line={"color": colour, "width": 2, "dash": "solid" if holds else "dash"},
            marker={"symbol": "line-ns", "size": 8, "line": {"width": 2, "color": colour}},
        )  # fmt: skip
    single = [(row, answer) for row, answer in zip(rows, answers, strict=True) if len(answer) != 2]
    if single:
        figure.add_scatter(
            x=[answer[-1] for _, answer in single], y=[row for row, _ in single], mode="markers", hoverinfo="x",
            name="one student", marker={"size": 9, "color": palette.text},
        )  # fmt: skip
    if gains:
        figure.add_histogram(
            x=list(gains), yaxis="y2", name="other people", marker={"color": palette.band}, opacity=0.55, nbinsx=30,
            hoverinfo="skip",
        )  # fmt: skip
    figure.add_vline(x=truth, line={"color": palette.text, "width": 3, "dash": "dot"})
    figure.add_annotation(x=truth, y=1.0, yref="paper", yanchor="bottom", text="truth", showarrow=False)
    figure.update_layout(**base_layout(palette, 460), xaxis_title=for_plotly(unit))
    figure.update_layout(bargap=0.05, showlegend=len(figure.data) > 1, yaxis2={"visible": False, "domain": [0.74, 1]})
    style_axes(figure, palette)
    figure.update_yaxes(visible=False)
    figure.update_layout(yaxis={"domain": [0, 0.7] if gains else [0, 1], "range": [0.3, max(rows, default=1) + 0.7]})
    return figure
