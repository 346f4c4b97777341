"""The learning curve: what studies earn as the training goes on, beside what others earn."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from jitai.charts.theme import Palette, base_layout, style_axes

OPTIMUM, PLANNER, LLM_TS, RANDOM = "optimum", "planner", "LLM+TS", "random"
LEVELS = (OPTIMUM, PLANNER, LLM_TS, RANDOM)
"""Whose lines there are, from top to bottom of the legend; each looks the same in every chart."""
ROOM_ABOVE = 1.1
"""How far the axis reaches beyond the optimum."""


class LearningPoint(NamedTuple):
    """One point of the curve: decisions made so far, mean steps, half the 95 % interval, number of studies."""

    n_decisions: int
    mean_steps: float
    half_width: float
    n_studies: int


def learning_figure(
    curve: Sequence[LearningPoint],
    levels: dict[str, float],
    *,
    n_decisions: int,
    optimum: float,
    palette: Palette,
    measured: tuple[int, float] | None = None,
) -> go.Figure:
    """Draw the mean steps of the studies that ended, with a band, on axes that are fixed before the first.

    Args:
        curve: so far; may be empty.
        levels: steps of a study on average, by a name of LEVELS; those that are known.
        n_decisions: of the whole training, at least 1.
        optimum: expected steps of the optimum, to which the axis reaches.
        palette: light or dark.
        measured: decisions learnt from, and the mean steps of the policy in use; None before it is measured.
    """
    figure = go.Figure()
    band = [0.0 if math.isinf(point.half_width) else point.half_width for point in curve]
    decisions = [point.n_decisions for point in curve]
    edges = [[point.mean_steps + sign * half for point, half in zip(curve, band, strict=True)] for sign in (-1, 1)]
    figure.add_scatter(
        x=decisions + decisions[::-1], y=edges[0] + edges[1][::-1], mode="lines", fill="toself", hoverinfo="skip",
        fillcolor=_translucent(palette.alone), line={"width": 0}, showlegend=False, name="95 % interval",
    )  # fmt: skip
    figure.add_scatter(
        x=decisions, y=[point.mean_steps for point in curve], mode="lines+markers", showlegend=False, name="learning",
        line={"color": palette.alone, "width": 2.5}, marker={"size": 5, "color": palette.alone},
        customdata=[[point.n_studies, half] for point, half in zip(curve, band, strict=True)],
        hovertemplate="%{y:,.0f} ± %{customdata[1]:,.0f} steps (%{customdata[0]:,} studies)<extra>learning</extra>",
    )  # fmt: skip
    looks = {
        OPTIMUM: (palette.text, "dash"),
        PLANNER: (palette.planner, "dashdot"),
        LLM_TS: (palette.text, "longdash"),
        RANDOM: (palette.other, "dot"),
    }
    # Given to the figure all at once: it is drawn each second, and adding them one by one takes longer.
    lines: list[dict[str, Any]] = []
    names: list[dict[str, Any]] = []
    for name in LEVELS:
        if name not in levels:
            continue
        colour, dash = looks[name]
        is_high = name in (OPTIMUM, PLANNER)
        lines.append(
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": levels[name], "y1": levels[name],
             "line": {"color": colour, "width": 1.8, "dash": dash}}
        )  # fmt: skip
        # The curve rises: what is high has its name where the curve begins, what is low where it ends.
        names.append(
            {"x": 0.01 if is_high else 1, "xref": "paper", "xanchor": "left" if is_high else "right",
             "y": levels[name], "yanchor": "bottom" if name in (OPTIMUM, LLM_TS) else "top", "showarrow": False,
             "text": f"{name} {levels[name]:,.0f}", "font": {"size": 13, "color": colour}}
        )  # fmt: skip
    if measured is not None:
        figure.add_scatter(
            x=[measured[0]], y=[measured[1]], mode="markers", showlegend=False, name="in use", cliponaxis=False,
            marker={"symbol": "star", "size": 16, "color": palette.alone,
                    "line": {"width": 1, "color": palette.background}},
            hovertemplate="%{y:,.0f} steps<extra>in use</extra>",
        )  # fmt: skip
        names.append(
            {"x": measured[0], "y": measured[1], "text": f"in use {measured[1]:,.0f}", "showarrow": True,
             "arrowhead": 0, "arrowcolor": palette.alone, "ax": -34, "ay": 42, "bgcolor": palette.background,
             "font": {"size": 13, "color": palette.alone}}
        )  # fmt: skip
    layout = base_layout(palette, 350) | {"margin": {"l": 64, "r": 16, "t": 28, "b": 48}}
    # What the axis counts stands above it: beside it, it would be on the numbers.
    names.append(
        {"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False,
         "text": "steps in a study", "font": {"size": 13, "color": palette.text}}
    )  # fmt: skip
    figure.update_layout(**layout, hovermode="closest", shapes=lines, annotations=names)
    style_axes(figure, palette)
    figure.update_xaxes(
        range=[0, n_decisions], title={"text": "decisions learnt from (simulated days)", "standoff": 8},
        automargin=False, tickformat="~s",
    )  # fmt: skip
    figure.update_yaxes(range=[0, ROOM_ABOVE * max(optimum, 1.0)], automargin=False, tickformat=",")
    return figure


def _translucent(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.22)"
