"""Charts of one trial: what happened day by day, the cumulative steps, and one decision's posterior draws."""

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from jitai.charts.parts import add_state_lines, or_nothing, title_on_the_left
from jitai.charts.theme import ACTION_STYLES, LETTER_COLOUR, Palette, base_layout, style_axes
from jitai.records import Action, Proposal, StepRecord

RIBBON_ROWS = ("truth allows", "done", "proposed")
WITHOUT_FILTER, TEXT_UNREAD = "without the filter", "with the text unread"
_SHORT = {WITHOUT_FILTER: "no filter", TEXT_UNREAD: "text unread"}


def days_of(records: Sequence[StepRecord]) -> list[int]:
    """Return the days' numbers, counted from 1."""
    return [record.observation.decision_index + 1 for record in records]


def trajectory_figure(
    records: Sequence[StepRecord],
    twin_records: Sequence[StepRecord],
    *,
    n_days: int,
    most_steps: float,
    threshold: float,
    palette: Palette,
    reveal: bool = True,
    twin: str = WITHOUT_FILTER,
) -> go.Figure:
    """Draw steps, state and agreement over the same days, on axes that are fixed before the first day.

    Args:
        records: days lived so far; may be empty.
        twin_records: the same seed without the filter.
        n_days: length of the study.
        most_steps: upper end of the steps axis, in steps.
        threshold: disengagement risk at which the participant leaves.
        palette: light or dark.
        reveal: whether the true walk state is shown.
        twin: what the twin is, after "the same seed"; empty where there is none.
    """
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, row_heights=[0.48, 0.24, 0.28], vertical_spacing=0.085,
        subplot_titles=(
            "Steps a day",
            "",  # the legend of this chart stands here
            "Agreement: – none, G generic, H home, W work",
        ),
    )  # fmt: skip
    title_on_the_left(figure, palette)
    _add_steps(figure, records, twin_records, most_steps, palette, twin)
    add_state_lines(
        figure, [record.habituation for record in records], [record.disengagement_risk for record in records],
        threshold=threshold, palette=palette, row=2, legend="legend2",
    )  # fmt: skip
    _add_ribbon(figure, records, palette, reveal)
    if reveal:
        _add_unable_days(figure, records, most_steps, palette)
    figure.update_layout(**base_layout(palette, 470), hovermode="x unified", hoversubplots="axis")
    figure.update_layout(
        margin={"t": 64},
        legend={"entrywidth": 84, "entrywidthmode": "pixels"},
        legend2={"orientation": "h", "y": 0.505, "yanchor": "bottom", "x": 0, "xanchor": "left", "font": {"size": 12}},
    )
    style_axes(figure, palette)
    figure.update_xaxes(range=[0.4, n_days + 0.6])
    figure.update_xaxes(title={"text": "day of the study", "standoff": 4}, row=3, col=1)
    figure.update_yaxes(range=[-0.17 * most_steps, 1.04 * most_steps], row=1, col=1, rangemode="normal")
    figure.update_yaxes(range=[-0.03, 1.05], row=2, col=1, dtick=0.5)
    figure.update_yaxes(row=3, col=1, showgrid=False)
    return figure


def _add_steps(
    figure: go.Figure,
    records: Sequence[StepRecord],
    twin_records: Sequence[StepRecord],
    most_steps: float,
    palette: Palette,
    twin: str,
) -> None:
    """Draw bars coloured by what was done, a marker for each action, crosses for vetoes, the twin as a line."""
    marker_level = -0.09 * most_steps
    for action, style in ACTION_STYLES.items():
        done = [record for record in records if record.executed_action == action]
        days = days_of(done)
        colour = palette.action(action)
        figure.add_bar(
            x=days, y=[record.step_count for record in done], width=0.85, marker={"color": colour}, showlegend=False,
            hovertemplate="%{y:,.0f} steps<extra>" + style.label + "</extra>", row=1, col=1,
        )  # fmt: skip
        figure.add_scatter(
            x=or_nothing(days), y=or_nothing([marker_level] * len(days)), mode="markers", name=style.label,
            marker={"color": colour, "symbol": style.symbol, "size": 8}, hoverinfo="skip", row=1, col=1,
        )  # fmt: skip
    vetoed = [record for record in records if record.vetoed]
    figure.add_scatter(
        x=or_nothing(days_of(vetoed)), y=or_nothing([marker_level] * len(vetoed)),
        mode="markers", name="held back",
        marker={"symbol": "x-thin", "size": 10, "line": {"width": 3, "color": palette.held_back}},
        customdata=[record.candidate_action.label for record in vetoed],
        hovertemplate="held back: %{customdata}<extra></extra>", row=1, col=1,
    )  # fmt: skip
    if twin:
        figure.add_scatter(
            x=or_nothing(days_of(twin_records)), y=or_nothing([record.step_count for record in twin_records]),
            mode="lines", name=_SHORT[twin], line={"color": palette.text, "width": 1, "dash": "dot", "shape": "hvh"},
            hovertemplate="%{y:,.0f} steps<extra>" + twin + "</extra>", row=1, col=1,
        )  # fmt: skip


def _add_ribbon(figure: go.Figure, records: Sequence[StepRecord], palette: Palette, reveal: bool) -> None:
    """Draw three rows of squares: what was proposed, what was done, what the true walk state would allow."""
    rows: list[list[int | None]] = [
        [int(record.allowed_action) if reveal else None for record in records],
        [int(record.executed_action) for record in records],
        [int(record.candidate_action) for record in records],
    ]
    letters = [["" if code is None else ACTION_STYLES[Action(code)].letter for code in row] for row in rows]
    labels = [["hidden" if code is None else ACTION_STYLES[Action(code)].label for code in row] for row in rows]
    n_actions = len(Action)
    colours = [palette.action(action) for action in Action]
    scale = [[edge / n_actions, colours[code]] for code in range(n_actions) for edge in (code, code + 1)]
    figure.add_heatmap(
        x=days_of(records), y=list(RIBBON_ROWS), z=rows, zmin=-0.5, zmax=n_actions - 0.5, colorscale=scale,
        showscale=False, xgap=1, ygap=3,
        text=letters, texttemplate="%{text}", textfont={"size": 10, "color": LETTER_COLOUR},
        customdata=labels, hovertemplate="%{y}: %{customdata}<extra></extra>", row=3, col=1,
    )  # fmt: skip
    figure.update_yaxes(categoryorder="array", categoryarray=list(RIBBON_ROWS), row=3, col=1)


def _add_unable_days(figure: go.Figure, records: Sequence[StepRecord], most_steps: float, palette: Palette) -> None:
    """Draw hatched bands over the days on which the participant could not walk."""
    unable = days_of([record for record in records if not record.can_walk])
    figure.add_bar(
        x=or_nothing(unable), y=or_nothing([most_steps * 1.04] * len(unable)), width=1, name="cannot walk",
        marker={
            "color": "rgba(0,0,0,0)",
            "line": {"width": 0},
            "pattern": {"shape": "/", "fgcolor": palette.band, "size": 6, "solidity": 0.25},
        },
        hovertemplate="could not walk<extra></extra>", row=1, col=1,
    )  # fmt: skip


def cumulative_figure(
    records: Sequence[StepRecord],
    twin_records: Sequence[StepRecord],
    *,
    n_days: int,
    most_steps: float,
    palette: Palette,
    twin: str = WITHOUT_FILTER,
) -> go.Figure:
    """Draw the steps so far, with and without the filter; the gap is what the filter won or lost.

    Args: as ``trajectory_figure``. A participant who has left walks no further: the line stays level.
    """
    figure = go.Figure()
    totals = [cumulative_steps(run, len(records)) for run in (twin_records, records)]
    lines = [("this run", totals[1], palette.held_back, "solid", "tonexty" if twin else None)]
    if twin:
        lines.insert(0, (f"same seed {twin}", totals[0], palette.alone, "dot", None))
    for name, values, colour, dash, fill in lines:
        figure.add_scatter(
            x=list(range(len(values))), y=values, mode="lines", name=name, fill=fill, fillcolor="rgba(213,94,0,0.12)",
            line={"color": colour, "dash": dash, "width": 2.5},
            hovertemplate="%{y:,.0f} steps<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_layout(**base_layout(palette, 300), hovermode="x unified")
    style_axes(figure, palette)
    # Half of the best day every day is about what the best method earns; the axis grows only beyond that.
    top = max(
        n_days * most_steps * 0.3, *(cumulative_steps(run, len(records))[-1] * 1.05 for run in (records, twin_records))
    )
    figure.update_xaxes(range=[0, n_days], title_text="day of the study")
    figure.update_yaxes(range=[0, top], title_text="steps so far")
    return figure


def cumulative_steps(records: Sequence[StepRecord], n_days: int) -> list[float]:
    """Return the total steps after 0, 1, ... n_days days; level after the last record."""
    totals = [0.0]
    for day in range(n_days):
        totals.append(totals[-1] + (records[day].step_count if day < len(records) else 0.0))
    return totals


def draws_figure(proposal: Proposal, most_steps: float, palette: Palette) -> go.Figure:
    """Draw what the policy expects of each action, how sure it is, and the draws that it compared.

    With an action bias, a dotted line leads from the draw to what was compared, and the marker stands there.

    Args:
        proposal: with expected, sampled and spread of the rewards in Action order.
        most_steps: upper end of the axis, in steps.
        palette: light or dark.
    """
    figure = go.Figure()
    for action, style in ACTION_STYLES.items():
        chosen = action == proposal.candidate_action
        colour = palette.action(action)
        figure.add_scatter(
            x=[proposal.expected_rewards[action]], y=[style.label], mode="markers", showlegend=False,
            error_x={"array": [2 * proposal.reward_spread[action]], "color": colour, "thickness": 2, "width": 4},
            marker={"color": colour, "symbol": "line-ns", "size": 9, "line": {"width": 2, "color": colour}},
            hovertemplate="expects %{x:.0f} steps<extra></extra>",
        )  # fmt: skip
        drawn, compared = proposal.sampled_rewards[action], proposal.preference[action]
        if proposal.action_bias:
            figure.add_scatter(
                x=[drawn, compared], y=[style.label] * 2, mode="lines", showlegend=False, hoverinfo="skip",
                line={"color": colour, "width": 2, "dash": "dot"},
            )  # fmt: skip
        figure.add_scatter(
            x=[compared], y=[style.label], mode="markers", showlegend=False,
            marker={"color": colour, "symbol": style.symbol, "size": 13 if chosen else 8,
                    "line": {"width": 2 if chosen else 0, "color": palette.text}},
            hovertemplate=f"draws {drawn:.0f} steps"
            + (f", bias {proposal.action_bias[action]:+g}: %{{x:.0f}}" if proposal.action_bias else "")
            + "<extra></extra>",
        )  # fmt: skip
    figure.update_layout(**base_layout(palette, 124), hovermode="closest")
    style_axes(figure, palette)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 4, "b": 4})
    figure.update_yaxes(autorange="reversed", showgrid=False)
    bias = proposal.action_bias or (0.0,)
    figure.update_xaxes(
        title={
            "text": "steps: expected ± 2 sd, drawn" + (" ⋯ with bias" if proposal.action_bias else ""),
            "font": {"size": 11},
            "standoff": 2,
        },
        range=[-0.25 * most_steps + min(0.0, *bias), 1.1 * most_steps + max(0.0, *bias)],
    )
    return figure


def steps_to_come_figure(proposal: Proposal, most_steps: float, palette: Palette) -> go.Figure:
    """Draw what a planner compared: how many steps each action costs until the end, against the best.

    Args:
        proposal: with the steps to come in Action order.
        most_steps: a day's most steps; the axis reaches at least as far, so that small differences look small.
        palette: light or dark.
    """
    return _against_the_best(
        proposal, proposal.steps_to_come, most_steps, palette, "steps to come: the best, and how much less"
    )


def liking_figure(proposal: Proposal, most_steps: float, palette: Palette) -> go.Figure:
    """Draw what a trained policy compared: each action's probability, or the steps that it expects of it.

    Args:
        proposal: with probabilities (PPO, A2C) or discounted steps (DQN) in Action order.
        most_steps: as ``steps_to_come_figure``; probabilities have an axis of their own.
        palette: light or dark.
    """
    if proposal.discounted_steps:
        return _against_the_best(
            proposal, proposal.discounted_steps, most_steps, palette, "steps expected: the most, and how much less"
        )
    return _bars(
        proposal, proposal.action_probabilities, [f"{value:.2f}" for value in proposal.action_probabilities],
        [f"probability {value:.4f}" for value in proposal.action_probabilities], (0.0, 1.3), 1.0, palette,
        "probability of each action",
    )  # fmt: skip


def _against_the_best(
    proposal: Proposal, values: Sequence[float], most_steps: float, palette: Palette, title: str
) -> go.Figure:
    """Draw bars to the left of the best action: how many steps less each of the others is worth."""
    best = max(values)
    lengths = [value - best for value in values]
    lowest = min(-most_steps, 1.1 * min(lengths))
    texts = [
        f"{value:,.0f}" if action == proposal.candidate_action else f"{value - best:+,.0f}"
        for action, value in zip(Action, values, strict=True)
    ]
    hovers = [f"{value:,.1f} steps" for value in values]
    return _bars(proposal, lengths, texts, hovers, (lowest, -0.3 * lowest), 0.0, palette, title)


def _bars(
    proposal: Proposal,
    lengths: Sequence[float],
    texts: Sequence[str],
    hovers: Sequence[str],
    reach: tuple[float, float],
    numbers_at: float,
    palette: Palette,
    title: str,
) -> go.Figure:
    """Draw one bar an action with its marker, the chosen one larger, and its number to the right.

    Args:
        proposal: whose choice stands out.
        lengths, texts, hovers: of the bars, in Action order.
        reach: ends of the axis.
        numbers_at: where on the axis the numbers begin.
        palette: light or dark.
        title: of the axis.
    """
    figure = go.Figure()
    for action, style in ACTION_STYLES.items():
        chosen = action == proposal.candidate_action
        figure.add_bar(
            x=[lengths[action]], y=[style.label], orientation="h", showlegend=False, width=0.5, hoverinfo="skip",
            marker={"color": palette.action(action)},
        )  # fmt: skip
        figure.add_scatter(
            x=[lengths[action]], y=[style.label], mode="markers", showlegend=False, cliponaxis=False,
            hovertemplate=f"{hovers[action]}<extra></extra>",
            marker={"color": palette.action(action), "symbol": style.symbol, "size": 13 if chosen else 8,
                    "line": {"width": 2 if chosen else 0, "color": palette.text}},
        )  # fmt: skip
        figure.add_scatter(
            x=[numbers_at], y=[style.label], mode="text", showlegend=False, cliponaxis=False, hoverinfo="skip",
            text=["\u2003" + texts[action]], textposition="middle right",
            textfont={"size": 11, "color": palette.text},
        )  # fmt: skip
    figure.update_layout(**base_layout(palette, 124), hovermode="closest")
    style_axes(figure, palette)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 4, "b": 4})
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(title={"text": title, "font": {"size": 11}, "standoff": 2}, range=list(reach))
    return figure
