"""Charts of one decision: what the policy expected of each action, and what it compared."""

from collections.abc import Sequence

import plotly.graph_objects as go

from jitai.charts.theme import ACTION_STYLES, Palette, base_layout, style_axes
from jitai.records import Action, Proposal


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
