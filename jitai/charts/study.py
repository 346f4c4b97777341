"""Charts of a planned study: how often trials of a size find a difference, and how many people each setting needs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from jitai.charts.parts import Notes
from jitai.charts.theme import Palette, base_layout, style_axes
from jitai.sanitise import for_plotly

AS_PUBLISHED = 5
"""Trials of each setting that the article ran."""


@dataclass(frozen=True)
class PowerCurve:
    """Shares of trials that find the difference, ascending in people an arm.

    Attributes:
        people: an arm.
        chosen: as people differ in the question.
        errors: Monte Carlo standard errors of chosen.
        narrow, wide: where people differ as simulated, and most; between them lies the band.
        narrow_name, wide_name: what they are called.
    """

    people: Sequence[int]
    chosen: Sequence[float]
    errors: Sequence[float]
    narrow: Sequence[float]
    wide: Sequence[float]
    narrow_name: str
    wide_name: str


@dataclass(frozen=True)
class ChosenSize:
    """The size that is asked about: people an arm, share of trials that find the difference, and the wanted share."""

    people: int
    found: float
    wanted: float


def power_figure(curve: PowerCurve, chosen: ChosenSize, palette: Palette, *, narrow: bool) -> go.Figure:
    """Draw the curve with its band, the wanted power, the published five, and the chosen point."""
    figure, notes = go.Figure(), Notes()
    left = 38 if narrow else 46
    figure.update_layout(**base_layout(palette, 420), hovermode="closest")
    figure.update_layout(margin={"l": left, "r": 10 if narrow else 24, "t": 26, "b": 46}, dragmode=False)
    style_axes(figure, palette)
    first, last = curve.people[0], curve.people[-1]
    start, end = math.log10(0.55 if narrow else 1.2), math.log10(1.12 * last)
    ticks = [tick for tick in (2, 5, 10, 20, 50, 100, 200, 500) if first <= tick <= last]
    figure.update_xaxes(
        type="log", range=[start, end], tickvals=ticks, ticktext=[f"{tick:,}" for tick in ticks],
        title_text="people an arm", automargin=False,
    )  # fmt: skip
    figure.update_yaxes(range=[0, 104], tickvals=[0, 20, 40, 60, 80, 100], automargin=False)
    notes.write(
        0, 1, "of 100 trials, so many find the difference", palette.muted, xref="paper", yref="paper",
        yanchor="bottom", xshift=-left, yshift=6,
    )  # fmt: skip
    dashed = {"color": palette.muted, "width": 1.5, "dash": "dash"}
    wanted = 100 * chosen.wanted
    figure.add_shape(type="line", xref="paper", x0=0, x1=1, y0=wanted, y1=wanted, line=dashed, layer="below")
    notes.write(1, wanted, f"wanted: {wanted:.0f} of 100", palette.muted, xref="paper", anchor="right", yanchor="top")
    dotted = {"color": palette.muted, "width": 1, "dash": "dot"}
    figure.add_shape(type="line", x0=AS_PUBLISHED, x1=AS_PUBLISHED, y0=0, y1=104, line=dotted, layer="below")
    notes.write(
        math.log10(AS_PUBLISHED), 104, "published: 5" if narrow else "5, as published", palette.muted,
        anchor="right", yanchor="top", xshift=-6,
    )  # fmt: skip
    people = list(curve.people)
    figure.add_scatter(
        x=people + people[::-1], y=[100 * share for share in [*curve.narrow, *reversed(curve.wide)]], fill="toself",
        fillcolor=palette.neutral, mode="lines", line={"color": palette.muted, "width": 1}, hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    words = [
        f"<b>{n:,} people an arm</b><br>{100 * share:.0f} of 100 trials find it (± {196 * error:.0f})"
        for n, share, error in zip(curve.people, curve.chosen, curve.errors, strict=True)
    ]
    figure.add_scatter(
        x=people, y=[100 * share for share in curve.chosen], mode="lines", line={"color": palette.text, "width": 3},
        hovertext=words, hoverinfo="text", showlegend=False,
    )  # fmt: skip
    for name, shares, level, anchor, shift in (
        (curve.narrow_name, curve.narrow, 0.62, "right", -8), (curve.wide_name, curve.wide, 0.38, "left", 8),
    ):  # fmt: skip
        place = next((n for n, share in zip(curve.people, shares, strict=True) if share >= level), None)
        if place is not None and not narrow:
            notes.write(
                math.log10(place), 100 * level, for_plotly(name), palette.muted, anchor=anchor, xshift=shift,
                background=palette.background,
            )  # fmt: skip
    if chosen.people <= last:
        found = 100 * chosen.found
        figure.add_scatter(
            x=[chosen.people] * 2, y=[0, found], mode="lines", line={"color": palette.text, "width": 1.5},
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        figure.add_scatter(
            x=[chosen.people], y=[found], mode="markers", showlegend=False, hoverinfo="text",
            marker={"symbol": "triangle-up", "size": 15, "color": palette.text,
                    "line": {"width": 2, "color": palette.background}},
            hovertext=[f"<b>{chosen.people:,} people an arm</b><br>{found:.0f} of 100 trials find it"],
        )  # fmt: skip
        right = chosen.people > 0.25 * last
        notes.write(
            math.log10(chosen.people), 7, f"<b>{chosen.people:,} an arm: {found:.0f} of 100</b>", palette.text,
            anchor="right" if right else "left", xshift=-8 if right else 8,
        )  # fmt: skip
    figure.update_layout(annotations=notes)
    return figure


@dataclass(frozen=True)
class OrderCurve:
    """Shares of trials in which the better method has the higher mean, ascending in people an arm.

    Attributes:
        name: of the setting.
        people: an arm.
        shares: in [0, 1].
        is_here: whether the page asks about this setting.
    """

    name: str
    people: Sequence[int]
    shares: Sequence[float]
    is_here: bool


def order_figure(curves: Sequence[OrderCurve], palette: Palette, *, narrow: bool) -> go.Figure:
    """Draw one curve a setting, the one asked about in front, and the published five."""
    figure, notes = go.Figure(), Notes()
    left = 38 if narrow else 46
    figure.update_layout(**base_layout(palette, 320), hovermode="closest")
    figure.update_layout(margin={"l": left, "r": 10 if narrow else 24, "t": 26, "b": 46}, dragmode=False)
    style_axes(figure, palette)
    last = max(curve.people[-1] for curve in curves)
    figure.update_xaxes(
        type="log", range=[math.log10(1.8), math.log10(1.12 * last)], tickvals=[2, 5, 10, 20, 50, 100, 200, 500],
        ticktext=["2", "5", "10", "20", "50", "100", "200", "500"], title_text="people an arm", automargin=False,
    )  # fmt: skip
    figure.update_yaxes(range=[45, 102], tickvals=[50, 60, 70, 80, 90, 95, 100], automargin=False)
    notes.write(
        0, 1, "of 100 trials, so many have the right order", palette.muted, xref="paper", yref="paper",
        yanchor="bottom", xshift=-left, yshift=6,
    )  # fmt: skip
    dotted = {"color": palette.muted, "width": 1, "dash": "dot"}
    figure.add_shape(type="line", x0=AS_PUBLISHED, x1=AS_PUBLISHED, y0=45, y1=102, line=dotted, layer="below")
    notes.write(math.log10(AS_PUBLISHED), 47, "5, as published", palette.muted, xshift=6, yanchor="bottom")
    for curve in sorted(curves, key=lambda item: item.is_here):
        words = [
            f"<b>{for_plotly(curve.name)}</b><br>{n:,} an arm: {100 * share:.0f} of 100 trials"
            for n, share in zip(curve.people, curve.shares, strict=True)
        ]
        figure.add_scatter(
            x=list(curve.people), y=[100 * share for share in curve.shares], mode="lines", showlegend=False,
            line={"color": palette.text if curve.is_here else palette.muted, "width": 3 if curve.is_here else 1.5},
            hovertext=words, hoverinfo="text",
        )  # fmt: skip
    figure.update_layout(annotations=notes)
    return figure


@dataclass(frozen=True)
class Needed:
    """People an arm that a setting needs; None for more than ``most``."""

    name: str
    people: int | None
    most: int
    is_here: bool


def needed_figure(settings: Sequence[Needed], palette: Palette) -> go.Figure:
    """Draw one line a setting, as long as the people an arm that it needs."""
    figure, notes = go.Figure(), Notes()
    for number, setting in enumerate(settings):
        end = setting.people or setting.most
        colour = palette.text if setting.is_here else palette.muted
        shown = f"{setting.people:,}" if setting.people else f"more than {setting.most:,}"
        label = f"{for_plotly(setting.name)}: {shown}"
        figure.add_scatter(
            x=[1.8, end], y=[number + 0.66] * 2, mode="lines", hoverinfo="skip", showlegend=False,
            line={"color": colour if setting.is_here else palette.line, "width": 3 if setting.is_here else 2},
        )  # fmt: skip
        figure.add_scatter(
            x=[end], y=[number + 0.66], mode="markers", showlegend=False, hoverinfo="text",
            hovertext=[f"{label} an arm"], marker={"symbol": "triangle-up", "size": 11, "color": colour},
        )  # fmt: skip
        notes.write(0, number + 0.26, f"<b>{label}</b>" if setting.is_here else label, colour, xref="paper")
    figure.update_layout(**base_layout(palette, 44 * max(1, len(settings)) + 30), hovermode="closest")
    figure.update_layout(margin={"l": 4, "r": 16, "t": 4, "b": 30}, dragmode=False)
    style_axes(figure, palette)
    figure.update_xaxes(
        type="log", range=[math.log10(1.8), math.log10(6000)], tickvals=[2, 10, 100, 1000],
        ticktext=["2", "10", "100", "1,000 an arm"],
    )  # fmt: skip
    figure.update_yaxes(range=[max(1, len(settings)) - 0.02, 0], visible=False)
    figure.update_layout(annotations=notes)
    return figure
