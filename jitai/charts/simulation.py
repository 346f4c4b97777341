"""Charts of the simulator alone: what a message schedule does, and how ability comes and goes."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from jitai.charts.parts import title_on_the_left
from jitai.charts.theme import LETTER_COLOUR, Palette, base_layout, style_axes


def schedule_figure(
    habituation: Sequence[float],
    risk: Sequence[float],
    steps: Sequence[float],
    *,
    n_days: int,
    most_steps: float,
    threshold: float,
    palette: Palette,
) -> go.Figure:
    """Draw habituation, disengagement risk and steps under a fixed schedule of messages, each in a row of its own.

    Args:
        habituation, risk, steps: after each day lived; as many as days.
        n_days: length of the study.
        most_steps: upper end of the steps axis.
        threshold: risk at which the participant leaves.
        palette: light or dark.
    """
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.1, row_heights=[0.27, 0.29, 0.44],
        subplot_titles=("Habituation", "Disengagement risk", "Steps a day"),
    )  # fmt: skip
    title_on_the_left(figure, palette)
    for row, (name, values) in enumerate((("habituation", habituation), ("disengagement risk", risk)), 1):
        figure.add_scatter(
            x=list(range(1, len(values) + 1)), y=list(values), mode="lines", name=name, showlegend=False,
            line={"color": palette.state, "width": 2}, hovertemplate=name + " %{y:.2f}<extra></extra>", row=row, col=1,
        )  # fmt: skip
    # Risk alone has a line at which the participant leaves; habituation reaches 1 harmlessly.
    figure.add_hline(
        y=threshold, line={"color": palette.text, "width": 1, "dash": "dot"}, row=2, col=1,
        annotation={"text": "leaves the study", "font": {"size": 11, "color": palette.text}},
        annotation_position="bottom left",
    )  # fmt: skip
    figure.add_bar(
        x=list(range(1, len(steps) + 1)), y=list(steps), marker={"color": palette.alone}, showlegend=False,
        hovertemplate="%{y:,.0f} steps<extra></extra>", row=3, col=1,
    )  # fmt: skip
    figure.update_layout(**base_layout(palette, 500), hovermode="x unified")
    figure.update_layout(margin={"t": 28})
    style_axes(figure, palette)
    figure.update_xaxes(range=[0.4, n_days + 0.6])
    figure.update_xaxes(title_text="day of the study", row=3, col=1)
    for row in (1, 2):
        figure.update_yaxes(range=[-0.03, 1.05], row=row, col=1)
    figure.update_yaxes(range=[0, 1.04 * most_steps], row=3, col=1)
    return figure


def ability_figure(paths: Mapping[str, Sequence[int]], palette: Palette) -> go.Figure:
    """Draw who can walk on which day.

    Args:
        paths: walk states (1 able, 0 not) by participant, such as "seed 42"; one row each.
        palette: light or dark.
    """
    names = list(paths)
    n_days = len(next(iter(paths.values())))
    figure = go.Figure()
    figure.add_heatmap(
        x=list(range(1, n_days + 1)), y=names, z=[list(paths[name]) for name in names], zmin=0, zmax=1,
        colorscale=[[0, palette.held_back], [0.5, palette.held_back], [0.5, palette.grid], [1, palette.grid]],
        text=[["" if state else "×" for state in paths[name]] for name in names], texttemplate="%{text}",
        textfont={"size": 11, "color": LETTER_COLOUR}, showscale=False, xgap=1, ygap=3,
        hovertemplate="%{y}, day %{x}: %{customdata}<extra></extra>",
        customdata=[["can walk" if state else "cannot walk" for state in paths[name]] for name in names],
    )  # fmt: skip
    figure.update_layout(**base_layout(palette, 60 + 24 * len(names)))
    style_axes(figure, palette)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 4, "b": 8})
    figure.update_xaxes(title_text="day of the study", range=[0.4, n_days + 0.6])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure
