"""Charts of a policy that is planned beforehand: what it does at every habituation and risk."""

from collections.abc import Sequence

import plotly.graph_objects as go

from jitai.charts.theme import ACTION_STYLES, LETTER_COLOUR, Palette, base_layout, style_axes
from jitai.records import Action

SHORT = {
    Action.NO_MESSAGE: "none",
    Action.GENERIC: "generic",
    Action.TAILORED_HOME: "home",
    Action.TAILORED_WORK: "work",
}
"""Names that fit into one line of the legend."""
NEAR = 2
"""Points of habituation from which on a letter stands clear of a border."""
LETTERS = (9, 5)
"""How many letters stand in the picture, side by side and one above the other."""


def policy_map_figure(
    habituation: Sequence[float],
    risk: Sequence[float],
    actions: Sequence[Sequence[int]],
    *,
    title: str,
    threshold: float,
    palette: Palette,
) -> go.Figure:
    """Draw what a policy does, in colours and letters, on axes that stay where they are.

    Args:
        habituation: ascending in [0, 1], n values.
        risk: ascending in [0, 1], m values.
        actions: codes 0 to 3, n rows of m.
        title: whom the picture is about.
        threshold: risk at which the participant leaves.
        palette: light or dark.
    """
    n_actions = len(Action)
    colours = [palette.action(action) for action in Action]
    scale = [[edge / n_actions, colours[code]] for code in range(n_actions) for edge in (code, code + 1)]
    by_risk = [[int(row[column]) for row in actions] for column in range(len(risk))]
    figure = go.Figure()
    figure.add_heatmap(
        x=list(habituation), y=list(risk), z=by_risk, zmin=-0.5, zmax=n_actions - 0.5, colorscale=scale,
        showscale=False, customdata=[[Action(code).label for code in row] for row in by_risk],
        hovertemplate="habituation %{x:.2f}, risk %{y:.2f}: %{customdata}<extra></extra>",
    )  # fmt: skip
    columns, rows = (_spread(len(values), n) for values, n in zip((habituation, risk), LETTERS, strict=True))
    # A letter that would stand on a border is left out.
    places = [
        (column, row)
        for row in rows
        for column in columns
        if len(set(by_risk[row][max(0, column - NEAR) : column + NEAR + 1])) == 1
    ]
    figure.add_scatter(
        x=[habituation[column] for column, _ in places], y=[risk[row] for _, row in places], mode="text",
        text=[ACTION_STYLES[Action(by_risk[row][column])].letter for column, row in places],
        textfont={"size": 14, "color": LETTER_COLOUR}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    for action, style in ACTION_STYLES.items():
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=f"{style.letter} {SHORT[action]}", hoverinfo="skip",
            marker={"color": palette.action(action), "symbol": "square", "size": 11},
        )  # fmt: skip
    figure.add_hline(
        y=threshold, line={"color": palette.held_back, "width": 1, "dash": "dot"},
        annotation={"text": "leaves the study", "font": {"size": 11, "color": palette.held_back}},
        annotation_position="top left",
    )  # fmt: skip
    figure.update_layout(**base_layout(palette, 350), hovermode="closest")
    figure.update_layout(
        margin={"l": 56, "b": 54, "t": 60},
        title={"text": title, "font": {"size": 15}, "x": 0, "xanchor": "left", "y": 0.985, "yanchor": "top"},
        legend={"y": 0.92, "entrywidth": 48, "entrywidthmode": "pixels", "itemclick": False, "itemdoubleclick": False},
    )
    style_axes(figure, palette)
    figure.update_xaxes(range=[0, 1], title={"text": "habituation", "standoff": 14})
    figure.update_yaxes(
        range=[0, 1.08], title={"text": "disengagement risk", "standoff": 10}, dtick=0.2, showgrid=False
    )
    figure.update_xaxes(automargin=False)
    figure.update_yaxes(automargin=False)
    return figure


def _spread(length: int, n_points: int) -> list[int]:
    """Return indices spread evenly over a length, away from its ends."""
    return sorted({int((point + 0.5) * length / n_points) for point in range(n_points)})
