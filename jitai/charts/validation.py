"""Charts of how good judges are: accuracy with intervals, also by kind, verdicts by label, and calibration.

Names of judges and kinds may come from a person's file, so they are escaped: Plotly reads a little HTML in texts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from jitai.charts.parts import Notes, title_on_the_left
from jitai.charts.theme import Palette, base_layout, style_axes
from jitai.sanitise import for_plotly
from jitai.text_format import counted

SYMBOLS = ("triangle-up", "triangle-down-open", "pentagon", "star", "hexagon2", "cross", "x", "octagon")
"""Of judges; no action has one of these."""
COIN = 0.5
"""What guessing gets right where both labels are as common."""


@dataclass(frozen=True)
class AccuracyDot:
    """A share with its 95 % interval.

    Attributes:
        judge: whose it is.
        group: the row it stands in, such as a kind; empty in a chart of judges.
        value, low, high: in [0, 1].
        n: statements that it is of.
    """

    judge: str
    group: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Reference:
    """A labelled line to compare with; value in [0, 1]."""

    label: str
    value: float


@dataclass(frozen=True)
class CalibrationPoint:
    """One bin of a reliability diagram: its edges, mean P(send), share that can walk, and how many statements."""

    low: float
    high: float
    mean_p_send: float
    share_can_walk: float
    n: int


def judge_colour(number: int, palette: Palette) -> str:
    """Return the colour of the judge of a number, from 0; after six they begin again, with other markers."""
    colours = (palette.text, palette.alone, palette.rule, palette.planner, palette.state, palette.other)
    return colours[number % len(colours)]


def accuracy_figure(dots: Sequence[AccuracyDot], references: Sequence[Reference], palette: Palette) -> go.Figure:
    """Draw one row a judge: its accuracy as a dot with its interval, and dashed lines to compare with.

    Args:
        dots: one a judge, in the order from top to bottom.
        references: the lines; their labels stand above the plot, each on a line of its own.
        palette: light or dark.
    """
    figure = go.Figure()
    row_height, label_height = 76, 17
    top = 14 + label_height * (len(references) + 1)
    height = top + row_height * max(1, len(dots)) + 46
    plot_height = height - top - 46
    for number, dot in enumerate(dots):
        colour = judge_colour(number, palette)
        figure.add_scatter(
            x=[dot.value], y=[number + 0.22], mode="markers", showlegend=False,
            marker={"color": colour, "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 15},
            error_x=_error_bars([dot], colour, 3),
            hovertemplate=f"{for_plotly(dot.judge)}<br>{_in_words(dot)}<extra></extra>",
        )  # fmt: skip
        # On two lines, which a phone has room for, above the dot.
        figure.add_annotation(
            x=0, xref="paper", y=number - 0.2, showarrow=False, xanchor="left", yanchor="middle", align="left",
            text=f"{for_plotly(dot.judge)}<br><b>{_in_words(dot)}</b>",
            font={"size": 14, "color": palette.text}, bgcolor=palette.background,
        )  # fmt: skip
    lines = [Reference("guessing", COIN), *references]
    for number, line in enumerate(lines):
        up = 1 + label_height * (number + 0.6) / plot_height
        is_coin = number == 0
        colour = palette.text if not is_coin else judge_colour(5, palette)
        figure.add_shape(
            type="line", x0=line.value, x1=line.value, y0=0, y1=up, yref="paper",
            line={"color": colour, "width": 1.2, "dash": "dot" if is_coin else "dash"},
        )  # fmt: skip
        figure.add_annotation(
            x=line.value, y=up, yref="paper", text=f"{for_plotly(line.label)} {line.value:.2f} ", showarrow=False,
            xanchor="right", yanchor="middle", font={"size": 12, "color": colour},
        )  # fmt: skip
    figure.update_layout(**base_layout(palette, height))
    figure.update_layout(margin={"l": 8, "r": 8, "t": top, "b": 46})
    style_axes(figure, palette)
    lowest = min([0.36, *(dot.low - 0.04 for dot in dots if not math.isnan(dot.low))])
    figure.update_xaxes(
        range=[max(-0.02, lowest), 1.01], title_text="share of statements judged rightly", showgrid=True, dtick=0.1,
        tickformat=".1f",
    )  # fmt: skip
    figure.update_yaxes(range=[max(1, len(dots)) - 0.5, -0.5], visible=False)
    return figure


def groups_figure(dots: Sequence[AccuracyDot], judges: Sequence[str], palette: Palette) -> go.Figure:
    """Draw one row a kind or language, with one marker and interval a judge.

    Args:
        dots: in any order; rows stand in the order in which groups first occur.
        judges: all judges, in the order that gives them their colours and markers.
        palette: light or dark.
    """
    groups = list(dict.fromkeys(dot.group for dot in dots))
    place = {group: number for number, group in enumerate(groups)}
    largest = {group: max(dot.n for dot in dots if dot.group == group) for group in groups}
    figure = go.Figure()
    for number, judge in enumerate(judges):
        own = [dot for dot in dots if dot.judge == judge]
        shift = (number - (len(judges) - 1) / 2) * 0.66 / max(1, len(judges))
        colour = judge_colour(number, palette)
        figure.add_scatter(
            x=[dot.value for dot in own], y=[place[dot.group] + shift for dot in own], mode="markers",
            name=for_plotly(judge), error_x=_error_bars(own, colour, 1.5),
            marker={"color": colour, "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 10},
            customdata=[f"{for_plotly(dot.group)}: {_in_words(dot)}" for dot in own],
            hovertemplate="%{customdata}<extra>" + for_plotly(judge) + "</extra>",
        )  # fmt: skip
    # Names on a line each: in one line they would run out of a phone's screen.
    top = 12 + 20 * len(judges)
    height = top + len(groups) * (18 + 9 * len(judges)) + 46
    figure.update_layout(**base_layout(palette, height))
    figure.update_layout(margin={"l": 8, "r": 8, "t": top, "b": 46}, showlegend=True)
    figure.update_layout(legend={"orientation": "v", "font": {"size": 12}})
    style_axes(figure, palette)
    figure.add_vline(x=COIN, line={"color": judge_colour(5, palette), "width": 1.2, "dash": "dot"})
    figure.update_xaxes(range=[-0.02, 1.02], title_text="share judged rightly", showgrid=True, tickformat=".1f")
    figure.update_yaxes(
        range=[max(1, len(groups)) - 0.5, -0.5], tickvals=list(range(len(groups))), showgrid=False,
        ticktext=[f"{for_plotly(group.replace('_', ' '))} ({largest[group]:,})" for group in groups],
    )  # fmt: skip
    return figure


def confusion_figure(
    labels: Sequence[str], said: Sequence[str], counts: Sequence[Sequence[int]], palette: Palette
) -> go.Figure:
    """Draw how often each verdict was given to each label, as a number and as a share of the row.

    Args:
        labels: the rows.
        said: the columns.
        counts: one row a label.
        palette: light or dark.
    """
    shares = [[count / max(1, sum(row)) for count in row] for row in counts]
    texts = [
        [f"<b>{count:,}</b><br>{100 * share:.0f} %" for count, share in zip(row, row_shares, strict=True)]
        for row, row_shares in zip(counts, shares, strict=True)
    ]
    figure = go.Figure()
    figure.add_heatmap(
        x=list(said), y=[label.replace("_", " ") for label in labels], z=shares, zmin=0, zmax=1, showscale=False,
        colorscale=[[0, palette.background], [1, palette.alone]], xgap=3, ygap=3, text=texts, texttemplate="%{text}",
        textfont={"size": 15}, hovertemplate="label: %{y}<br>said: %{x}<br>%{z:.0%} of the row<extra></extra>",
    )  # fmt: skip
    figure.update_layout(**base_layout(palette, 230))
    style_axes(figure, palette)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 40, "b": 8})
    figure.update_xaxes(side="top", title_text="the judge says", title_standoff=4)
    figure.update_yaxes(autorange="reversed", showgrid=False, title_text="label")
    return figure


def reliability_figure(points: Sequence[CalibrationPoint], palette: Palette) -> go.Figure:
    """Draw how many writers could walk by the judge's P(send), and how many statements there are of each.

    Args:
        points: the bins; those without statements are left out of the upper part.
        palette: light or dark.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.74, 0.26], vertical_spacing=0.1,
        subplot_titles=("share that can walk", "statements"),
    )  # fmt: skip
    title_on_the_left(figure, palette)
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": palette.text, "width": 1.2, "dash": "dash"},
        name="perfectly calibrated", hoverinfo="skip", row=1, col=1,
    )  # fmt: skip
    filled = [point for point in points if point.n]
    most = max((point.n for point in filled), default=1)
    figure.add_scatter(
        x=[point.mean_p_send for point in filled], y=[point.share_can_walk for point in filled],
        mode="lines+markers", name="this judge, larger = more statements", line={"color": palette.alone, "width": 2},
        marker={"size": [7 + 13 * math.sqrt(point.n / most) for point in filled], "color": palette.alone},
        customdata=[point.n for point in filled],
        hovertemplate="P(send) %{x:.2f}: %{y:.0%} can walk (%{customdata:,} statements)<extra></extra>", row=1, col=1,
    )  # fmt: skip
    figure.add_bar(
        x=[(point.low + point.high) / 2 for point in points], y=[point.n for point in points],
        width=[0.9 * (point.high - point.low) for point in points], marker={"color": palette.alone}, showlegend=False,
        text=[f"{point.n:,}" for point in points], textposition="outside", cliponaxis=False, textfont={"size": 11},
        hovertemplate="%{y:,} statements<extra></extra>", row=2, col=1,
    )  # fmt: skip
    figure.update_layout(**base_layout(palette, 440))
    figure.update_layout(margin={"t": 84})
    style_axes(figure, palette)
    figure.update_xaxes(range=[0, 1])
    figure.update_xaxes(title_text="P(send)", row=2, col=1)
    figure.update_yaxes(range=[-0.05, 1.05], row=1, col=1)
    figure.update_yaxes(range=[0, 1.35 * most], showticklabels=False, showgrid=False, row=2, col=1)
    return figure


def _error_bars(dots: Sequence[AccuracyDot], colour: str, thickness: float) -> dict[str, object]:
    return {
        "type": "data", "symmetric": False, "color": colour, "thickness": thickness, "width": 5,
        "array": [dot.high - dot.value for dot in dots], "arrayminus": [dot.value - dot.low for dot in dots],
    }  # fmt: skip


def _in_words(dot: AccuracyDot) -> str:
    """Return the share with its interval and the number of statements."""
    return f"{dot.value:.2f} ({dot.low:.2f} to {dot.high:.2f}), {counted(dot.n, 'statement')}"


@dataclass(frozen=True)
class RateRow:
    """How often one judge, and perhaps another, is right on some statements.

    Attributes:
        label: what the statements are.
        value, low, high: of the judge, in [0, 1].
        n: statements.
        is_strong: whether the row is drawn strongly.
        other: value, low and high of another judge; None for none.
    """

    label: str
    value: float
    low: float
    high: float
    n: int
    is_strong: bool = False
    other: tuple[float, float, float] | None = None


def rates_figure(rows: Sequence[RateRow], needed: float | None, palette: Palette, *, narrow: bool) -> go.Figure:
    """Draw one row a kind: of 100, how many are judged rightly, beside a coin and what is needed.

    Args:
        rows: from top to bottom.
        needed: share that has to be right; None for no line.
        palette: light or dark.
        narrow: for a phone: labels stand above their rows instead of beside them.
    """
    figure, notes = go.Figure(), Notes()
    strong = any(row.is_strong for row in rows)
    left, top, height = (2 if narrow else 196), 22, (58 if strong else 40) if narrow else (46 if strong else 30)
    figure.update_layout(**base_layout(palette, len(rows) * height + top + 28), hovermode="closest")
    figure.update_layout(margin={"l": left, "r": 8 if narrow else 92, "t": top, "b": 28}, dragmode=False)
    style_axes(figure, palette)
    ends = [end for row in rows for end in (row.low, *(row.other or (1.0,))[:2])]
    figure.update_xaxes(
        range=[min(28.0, 100 * min(ends, default=0.5) - 2), 101], tickvals=[25, 50, 75, 100], automargin=False
    )
    figure.update_yaxes(range=[len(rows) - 0.45, -0.62], visible=False, automargin=False)
    for share, text, dash, colour in (
        (COIN, "a coin", "dot", palette.muted),
        (needed, f"needed {100 * (needed or 0):.0f}", "dash", palette.text),
    ):
        if share is not None:
            line = {"color": colour, "width": 1.5, "dash": dash}
            # On a phone labels stand between the rows, and the lines leave them free.
            spans = (
                [(place - 0.14, place + 0.38) for place in range(len(rows))] if narrow else [(-0.6, len(rows) - 0.45)]
            )
            for start, end in spans:
                figure.add_shape(
                    type="line", x0=100 * share, x1=100 * share, y0=start, y1=end, line=line, layer="below"
                )
            notes.write(100 * share, 1, text, colour, yref="paper", yanchor="bottom", anchor="center")
    for number, row in enumerate(rows):
        shown = [(row.value, row.low, row.high, palette.text, "triangle-up", number - (0.04 if row.other else 0.0))]
        if row.other is not None:
            shown.append((*row.other, palette.alone, "triangle-down-open", number + 0.24))
        for value, low, high, colour, symbol, level in shown:
            width = (5 if row.is_strong else 3) if symbol == "triangle-up" else 2
            figure.add_scatter(
                x=[100 * low, 100 * high], y=[level, level], mode="lines", hoverinfo="skip", showlegend=False,
                line={"color": colour, "width": width},
            )  # fmt: skip
            figure.add_scatter(
                x=[100 * value], y=[level], mode="markers", hoverinfo="text", showlegend=False,
                marker={"symbol": symbol, "size": 12, "color": colour, "line":
                        {"width": 1.5, "color": colour if "open" in symbol else palette.background}},
                hovertext=f"<b>{for_plotly(row.label)}</b>: {100 * value:.0f} of 100 right<br>95 % interval "
                f"{100 * low:.0f} to {100 * high:.0f}",
            )  # fmt: skip
        label = f"<b>{for_plotly(row.label)}</b>" if row.is_strong else for_plotly(row.label)
        right = f"<b>{100 * row.value:.0f}</b>" if row.is_strong else f"{100 * row.value:.0f}"
        if narrow:
            words = f"{label}: {100 * row.value:.0f} of 100 (n {row.n:,})"
            notes.write(0, number - 0.36, words, palette.text, xref="paper", background=palette.background)
            continue
        notes.write(0, number, label, palette.text, xref="paper", xshift=-left)
        notes.write(1, number, right, palette.text, xref="paper", anchor="right", xshift=34)
        notes.write(1, number, f"n {row.n:,}", palette.muted, xref="paper", anchor="right", xshift=90)
    figure.update_layout(annotations=notes)
    return figure
