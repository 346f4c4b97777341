"""The chart that Compare opens with: one row a method, whose height is its importance.

Names come from a person's file, so they are escaped: Plotly reads a little HTML in texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from jitai.charts.comparison import MethodStyle, Standing
from jitai.charts.parts import Notes
from jitai.charts.theme import Palette, base_layout, style_axes
from jitai.sanitise import for_plotly, for_plotly_lines
from jitai.text_format import signed

N_TICKS = 100
"""Single studies drawn for each method; more would be a blot and slow."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 196, 162, 22, 28


@dataclass(frozen=True, eq=False)
class MethodRow:
    """One method.

    Attributes:
        name: shown; unique.
        group: heading under which it stands; rows of a group follow each other.
        look: of the method.
        is_tall: whether it is one of those that the page speaks of.
        values: steps of each seed, shape (n,).
        mean, low, high: with the 95 % interval; low and high are NaN for one seed.
        share: what stands behind the mean, such as a share.
        words: what the cursor tells, several lines.
    """

    name: str
    group: str
    look: MethodStyle
    is_tall: bool
    values: npt.NDArray[np.float64]
    mean: float
    low: float
    high: float
    share: str
    words: str


@dataclass(frozen=True)
class Marks:
    """What the rows are held against.

    Attributes:
        asked, base: names of the two rows between whose means the headline's steps lie; empty for none.
        best: steps of the best possible; None for no line.
        best_label: of that line.
        never: steps without any message; None for no line.
    """

    asked: str = ""
    base: str = ""
    best: float | None = None
    best_label: str = ""
    never: float | None = None


def methods_figure(rows: Sequence[MethodRow], marks: Marks, palette: Palette, *, narrow: bool) -> go.Figure:
    """Draw the rows; a click on a row selects a point whose customdata is the method's name.

    Args:
        rows: from top to bottom.
        marks: see there.
        palette: light or dark.
        narrow: for a phone: names stand above their rows instead of beside them.
    """
    tall, low_row, head = (46, 36, 30) if narrow else (36, 20, 25)
    figure, notes = go.Figure(), Notes()
    places: dict[str, tuple[float, float]] = {}
    level, group = 0.0, ""
    heads = []
    for row in rows:
        if row.group != group:
            group = row.group
            heads.append((level + head * 0.55, group))
            level += head
        height = tall if row.is_tall else low_row
        places[row.name] = (level + height / 2, height)
        level += height
    left, right = (0, 0) if narrow else (_LEFT, _RIGHT)
    figure.update_layout(**base_layout(palette, int(level) + _TOP + _BOTTOM), hovermode="closest")
    figure.update_layout(
        margin={"l": left, "r": right, "t": _TOP, "b": _BOTTOM}, dragmode=False, clickmode="event+select"
    )
    style_axes(figure, palette)
    most = max([marks.best or 0.0, 1.0, *(float(row.values[:N_TICKS].max()) for row in rows)])
    figure.update_xaxes(range=[-0.012 * most, 1.04 * most], nticks=5, tickformat=",d", automargin=False)
    figure.update_yaxes(range=[level, 0], visible=False, automargin=False)
    for x, text, dash, anchor in (
        (marks.best, f"{for_plotly(marks.best_label)} {marks.best or 0:,.0f}", "dash", "right"),
        (marks.never, f"never a message {marks.never or 0:,.0f}", "solid", "left"),
    ):
        if x is not None:
            line = {"color": palette.text, "width": 1.5, "dash": dash}
            figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=level, line=line, layer="below")
            notes.write(
                x,
                1,
                text,
                palette.text,
                yref="paper",
                yanchor="bottom",
                anchor=anchor,
                xshift=6 if dash == "dash" else -6,
            )
    if not narrow:
        for text, shift in (("steps", 76), ("of possible", 158)):
            notes.write(
                1,
                1,
                text,
                palette.muted,
                xref="paper",
                yref="paper",
                yanchor="bottom",
                anchor="right",
                xshift=shift,
            )
    _stretch(figure, rows, marks, places, palette, narrow)
    for place, text in heads:
        shown = f"<b>{for_plotly(text)}</b>" if narrow else for_plotly(text)
        notes.write(0, place, shown, palette.muted, xref="paper", xshift=8 if narrow else -left)
    for row in rows:
        _row(figure, notes, row, places[row.name][0], palette, narrow)
    figure.update_layout(annotations=notes)
    return figure


def _stretch(
    figure: go.Figure,
    rows: Sequence[MethodRow],
    marks: Marks,
    places: dict[str, tuple[float, float]],
    palette: Palette,
    narrow: bool,
) -> None:
    """Mark the steps of the headline: yellow for a gain, vermilion and hatched for a loss."""
    by_name = {row.name: row for row in rows}
    asked, base = by_name.get(marks.asked), by_name.get(marks.base)
    if asked is None or base is None or asked is base:
        return
    (level, height), (base_level, _) = places[asked.name], places[base.name]
    low, high = sorted((asked.mean, base.mean))
    if asked.mean >= base.mean:
        figure.add_shape(
            type="rect", x0=low, x1=high, y0=level - (1 if narrow else 0.38 * height),
            y1=level + (0.5 if narrow else 0.38) * height, fillcolor=palette.gain_fill, line_width=0, layer="below",
        )  # fmt: skip
    else:  # a shape cannot be hatched, a bar can
        figure.add_bar(
            x=[high - low], base=[low], y=[level + (0.2 * height if narrow else 0)],
            width=(0.6 if narrow else 0.76) * height, orientation="h", hoverinfo="skip", showlegend=False,
            marker={"color": palette.loss, "line": {"color": palette.loss, "width": 1}, "pattern":
                    {"shape": "/", "bgcolor": palette.loss_fill, "size": 7, "solidity": 0.16}},
        )  # fmt: skip
    figure.add_shape(
        type="line", x0=base.mean, x1=base.mean, y0=min(level, base_level), y1=max(level, base_level), layer="below",
        line={"color": base.look.colour(palette), "width": 1, "dash": "dot"},
    )  # fmt: skip


def _row(figure: go.Figure, notes: Notes, row: MethodRow, level: float, palette: Palette, narrow: bool) -> None:
    """Draw one method: its first studies as ticks, its mean with the interval, its name and its numbers."""
    colour, at = row.look.colour(palette), level + (9 if narrow else 0)
    ticks, words = row.values[:N_TICKS], for_plotly_lines(row.words)
    still: dict[str, Any] = {"showlegend": False, "mode": "markers", "hoverinfo": "text"}
    faint = 0.5 if row.is_tall else 0.35
    figure.add_scatter(
        x=ticks, y=np.full(len(ticks), at), customdata=[row.name] * len(ticks),
        hovertext=[f"{words}<br>this tick: one study, {value:,.0f} steps" for value in ticks],
        marker={"symbol": "line-ns", "size": 8 if row.is_tall else 4, "opacity": faint,
                "line": {"width": 1, "color": colour}},
        selected={"marker": {"opacity": faint}}, unselected={"marker": {"opacity": faint}}, **still,
    )  # fmt: skip
    if not np.isnan(row.low):
        figure.add_scatter(
            x=[row.low, row.high], y=[at, at], mode="lines", hoverinfo="skip", showlegend=False,
            line={"color": colour, "width": 5 if row.is_tall else 3},
        )  # fmt: skip
    open_marker = row.look.marker.endswith("-open")
    size = (15 if row.look.standing == Standing.PLANNER else 13) if row.is_tall else 7
    figure.add_scatter(
        x=[row.mean], y=[at], customdata=[row.name], hovertext=[words],
        marker={"symbol": row.look.marker, "size": size, "color": colour,
                "line": {"width": 2 if open_marker else 1.5, "color": colour if open_marker else palette.background}},
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}}, **still,
    )  # fmt: skip
    name = f"<b>{for_plotly(row.name)}</b>" if row.is_tall else for_plotly(row.name)
    plain = row.look.standing in (Standing.OTHER, Standing.COIN)
    tint = palette.muted if not row.is_tall else palette.text if plain else colour
    if narrow:
        notes.write(0, level - 8, f"{name} {row.mean:,.0f}, {row.share}", tint, xref="paper", xshift=8)
        return
    ink = palette.text if row.is_tall else palette.muted
    mean = f"<b>{row.mean:,.0f}</b>" if row.is_tall else f"{row.mean:,.0f}"
    notes.write(0, level, name, tint, xref="paper", xshift=12 - _LEFT)
    notes.write(1, level, mean, ink, xref="paper", anchor="right", xshift=76)
    notes.write(1, level, for_plotly(row.share), ink, xref="paper", anchor="right", xshift=158)


@dataclass(frozen=True)
class Of100:
    """One comparison: of 100 seeds, on how many the first earned more, the same and less, also in words."""

    name: str
    more: int
    same: int
    less: int
    in_words: str


def of_100_figure(pairs: Sequence[Of100], palette: Palette) -> go.Figure:
    """Draw one bar a comparison, in three parts, with the numbers below it."""
    figure, notes = go.Figure(), Notes()
    for number, pair in enumerate(pairs):
        begins = 0
        notes.write(0, number + 0.14, f"<b>{for_plotly(pair.name)}</b>", palette.text, xref="paper")
        notes.write(0, number + 0.76, pair.in_words, palette.muted, xref="paper")
        for part, word, fill, edge, shape in (
            (pair.more, "more", palette.gain, palette.gain, ""),
            (pair.same, "the same", palette.surface, palette.line, ""),
            (pair.less, "less", palette.loss_fill, palette.loss, "/"),
        ):
            if part:
                figure.add_bar(
                    x=[part], y=[number + 0.46], base=begins, width=0.3, orientation="h", showlegend=False,
                    marker={"color": fill, "line": {"color": edge, "width": 1}, "pattern": _hatch(shape, palette)},
                    hovertext=f"{part} of 100 seeds: {word}", hoverinfo="text",
                )  # fmt: skip
            begins += part
    figure.update_layout(**base_layout(palette, 86 * max(1, len(pairs))), hovermode="closest")
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0}, dragmode=False)
    style_axes(figure, palette)
    figure.update_xaxes(range=[0, 100], visible=False)
    figure.update_yaxes(range=[max(1, len(pairs)) - 0.02, 0], visible=False)
    figure.update_layout(annotations=notes)
    return figure


def _hatch(shape: str, palette: Palette) -> dict[str, Any]:
    """Return Plotly's pattern of a bar: nothing for an empty shape."""
    return {"shape": shape, "fgcolor": palette.loss, "bgcolor": "rgba(0,0,0,0)", "size": 6, "solidity": 0.25}


@dataclass(frozen=True)
class Elsewhere:
    """The difference in another setting, in steps, with its interval; whether it is the one that is shown."""

    name: str
    value: float
    low: float
    high: float
    is_here: bool


def elsewhere_figure(places: Sequence[Elsewhere], palette: Palette) -> go.Figure:
    """Draw one difference a setting, with zero in sight: yellow for a gain, hatched for a loss, empty if undecided."""
    figure, notes = go.Figure(), Notes()
    for number, place in enumerate(places):
        fill, shape = (palette.gain, "") if place.low > 0 else (palette.surface, "")
        edge = palette.line
        if place.high < 0:
            fill, shape, edge = palette.loss_fill, "/", palette.loss
        words = f"{signed(place.value)} steps, 95 % interval {signed(place.low)} to {signed(place.high)}"
        figure.add_bar(
            x=[place.value], y=[number + 0.66], width=0.34, orientation="h", showlegend=False, hoverinfo="text",
            hovertext=f"{for_plotly(place.name)}: {words}",
            marker={"color": fill, "line": {"color": edge, "width": 1}, "pattern": _hatch(shape, palette)},
            error_x={"type": "data", "symmetric": False, "array": [place.high - place.value],
                     "arrayminus": [place.value - place.low], "color": palette.muted, "thickness": 1.5, "width": 4,
                     "visible": not np.isnan(place.low)},
        )  # fmt: skip
        name = f"{for_plotly(place.name)}: {signed(place.value)}"
        ink = palette.text if place.is_here else palette.muted
        # On a ground of its own, so that the line of zero does not run through the words.
        notes.write(
            0, number + 0.26, f"<b>{name}</b>" if place.is_here else name, ink, xref="paper",
            background=palette.background,
        )  # fmt: skip
    ends = [end for place in places for end in (place.low, place.high, place.value, 0.0) if not np.isnan(end)]
    low, high = min(ends), max(ends)
    room = 0.04 * ((high - low) or 1.0)
    figure.update_layout(**base_layout(palette, 46 * max(1, len(places)) + 28), hovermode="closest")
    figure.update_layout(margin={"l": 4, "r": 8, "t": 0, "b": 28}, dragmode=False)
    style_axes(figure, palette)
    figure.add_vline(x=0, line={"color": palette.text, "width": 1.5})
    figure.update_xaxes(range=[low - room, high + room], nticks=6, tickformat="+,d", showgrid=True)
    figure.update_yaxes(range=[max(1, len(places)) - 0.02, 0], visible=False)
    figure.update_layout(annotations=notes)
    return figure
