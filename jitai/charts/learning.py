"""The learning curve: what studies earn as the training goes on, beside what others earn."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from jitai.charts.theme import Palette, base_layout, style_axes
from jitai.records import Action

OPTIMUM, PLANNER, LLM_TS, RANDOM = "optimum", "planner", "LLM+TS", "random"
LEVELS = (OPTIMUM, PLANNER, LLM_TS, RANDOM)
"""Whose lines there are, from top to bottom of the legend; each looks the same in every chart."""
ROOM_ABOVE = 1.1
"""How far the axis reaches beyond the optimum."""


class Point(NamedTuple):
    """The studies of one stretch of a training: decisions by its end, mean steps, half its 95 % interval, how many."""

    n_decisions: int
    mean_steps: float
    half_width: float
    n_studies: int


def learning_figure(
    curve: Sequence[Point],
    levels: dict[str, float],
    *,
    n_decisions: int,
    optimum: float,
    palette: Palette,
    measured: tuple[int, float] | None = None,
) -> go.Figure:
    """Mean steps of the studies that ended, with a band, on axes that are fixed before the first of them.

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
        PLANNER: (palette.action(Action.TAILORED_WORK), "dashdot"),
        LLM_TS: (palette.held_back, "longdash"),
        RANDOM: (palette.action(Action.NO_MESSAGE), "dot"),
    }
    for name in LEVELS:
        if name not in levels:
            continue
        colour, dash = looks[name]
        is_high = name in (OPTIMUM, PLANNER)
        figure.add_hline(y=levels[name], line={"color": colour, "width": 1.8, "dash": dash})
        # The curve rises: what is high has its name where the curve begins, what is low where it ends.
        figure.add_annotation(
            x=0.01 if is_high else 1, xref="paper", xanchor="left" if is_high else "right", y=levels[name],
            yanchor="bottom" if name in (OPTIMUM, LLM_TS) else "top", showarrow=False,
            text=f"{name} {levels[name]:,.0f}", font={"size": 13, "color": colour},
        )  # fmt: skip
    if measured is not None:
        figure.add_scatter(
            x=[measured[0]], y=[measured[1]], mode="markers", showlegend=False, name="in use", cliponaxis=False,
            marker={"symbol": "star", "size": 16, "color": palette.alone,
                    "line": {"width": 1, "color": palette.background}},
            hovertemplate="%{y:,.0f} steps<extra>in use</extra>",
        )  # fmt: skip
        figure.add_annotation(
            x=measured[0], y=measured[1], text=f"in use {measured[1]:,.0f}", showarrow=True, arrowhead=0,
            arrowcolor=palette.alone, ax=-34, ay=42, font={"size": 13, "color": palette.alone},
            bgcolor=palette.background,
        )  # fmt: skip
    figure.update_layout(**base_layout(palette, 350), hovermode="closest")
    figure.update_layout(margin={"l": 84, "r": 16, "t": 12, "b": 48})
    style_axes(figure, palette)
    figure.update_xaxes(
        range=[0, n_decisions], title={"text": "decisions learnt from (simulated days)", "standoff": 8},
        automargin=False, tickformat="~s",
    )  # fmt: skip
    figure.update_yaxes(
        range=[0, ROOM_ABOVE * max(optimum, 1.0)], title={"text": "steps in a study", "standoff": 8}, automargin=False,
        tickformat=",",
    )  # fmt: skip
    return figure


def _translucent(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.22)"
