"""One look for all charts: a colour, a marker and a short letter for each action, in light and dark.

The colours are the player's (jitai/player/css/1_tokens.css) and the theme's (.streamlit/config.toml): from the
colour-blind safe set of Okabe and Ito (jfly.uni-koeln.de/color), lighter on dark.
"""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from jitai.records import Action

FONT = '"Source Sans", system-ui, sans-serif'
LETTER_COLOUR = "#101418"
"""Legible on every colour of an action, light and dark."""
CONFIG: dict[str, Any] = {"displaylogo": False, "displayModeBar": False, "responsive": True}
"""Plotly's own settings for every chart."""


@dataclass(frozen=True)
class ActionStyle:
    """How an action looks wherever it appears; the colour never stands alone."""

    label: str
    letter: str
    symbol: str
    light: str
    dark: str


ACTION_STYLES: dict[Action, ActionStyle] = {
    Action.NO_MESSAGE: ActionStyle("no message", "–", "circle-open", "#767E88", "#9AA3AD"),
    Action.GENERIC: ActionStyle("generic message", "G", "circle", "#0072B2", "#4FA8E0"),
    Action.TAILORED_HOME: ActionStyle("tailored, home", "H", "square", "#E69F00", "#F0B030"),
    Action.TAILORED_WORK: ActionStyle("tailored, work", "W", "diamond", "#008A63", "#2CC295"),
}


@dataclass(frozen=True)
class Palette:
    """The colours of one theme.

    Attributes:
        dark: whether the page is dark.
        text, grid, background: of the page.
        held_back: for vetoes.
        unsure: for verdicts in the unsure band.
        alone: for the policy without a filter.
        state: one hue for habituation and disengagement.
        band: fill of the days without the ability to walk.
        muted, surface, line, neutral: side text, cards, rules, and bands that mean nothing by themselves.
        gain, gain_fill, loss, loss_fill: steps gained, and steps lost (always hatched too); nothing else has them.
        rule, planner, other: of the one-line rule with the judge, the planner, and all methods without a colour of
            their own. The learner with the judge is ink (``text``), the learner alone grey (``alone``). No method ever
            wears an action's colour.
    """

    dark: bool
    text: str
    grid: str
    background: str
    held_back: str
    unsure: str
    alone: str
    state: str
    band: str
    muted: str
    surface: str
    line: str
    neutral: str
    gain: str
    gain_fill: str
    loss: str
    loss_fill: str
    rule: str
    planner: str
    other: str

    def action(self, action: Action) -> str:
        """Return the colour of an action."""
        style = ACTION_STYLES[action]
        return style.dark if self.dark else style.light


LIGHT = Palette(
    dark=False, text="#16191D", grid="#E6E8EA", background="#F7F7F5", held_back="#D55E00", unsure="#CC79A7",
    alone="#656D76", state="#5B4B8A", band="rgba(90,90,90,0.45)", muted="#565E67", surface="#FFFFFF", line="#D9DCDF",
    neutral="#ECEEED", gain="#F3E24B", gain_fill="rgba(243,226,75,0.75)", loss="#D55E00",
    loss_fill="rgba(213,94,0,0.16)", rule="#6A3FB0", planner="#7A5320", other="#7A828B",
)  # fmt: skip
DARK = Palette(
    dark=True, text="#EFF1F3", grid="#252B31", background="#0F1215", held_back="#FF9457", unsure="#DE9CC1",
    alone="#A0A9B3", state="#B9A8EE", band="rgba(200,200,200,0.45)", muted="#A6AEB7", surface="#161A1E", line="#333A42",
    neutral="#1D2328", gain="#F0E442", gain_fill="rgba(240,228,66,0.34)", loss="#FF9457",
    loss_fill="rgba(255,148,87,0.22)", rule="#B99CF5", planner="#D3AA74", other="#8A939D",
)  # fmt: skip


def base_layout(palette: Palette, height: int) -> dict[str, Any]:
    """Return the font, margins, colours and hover labels that all charts share."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 46, "b": 8},
        "font": {"family": FONT, "size": 13, "color": palette.text},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {"bgcolor": palette.background, "font": {"color": palette.text}},
        "legend": {
            "orientation": "h",
            "yref": "container",
            "yanchor": "top",
            "y": 1.0,
            "x": 0,
            "font": {"size": 11},
        },
        "bargap": 0.15,
        "barmode": "overlay",
    }


def style_axes(figure: go.Figure, palette: Palette) -> None:
    """Give the axes a quiet grid, no zero line, and titles with units beside them."""
    common = {
        "gridcolor": palette.grid, "zeroline": False, "automargin": True, "fixedrange": True,
        "tickfont": {"color": palette.muted}, "title_font": {"color": palette.muted, "size": 13},
    }  # fmt: skip
    figure.update_xaxes(**common, showgrid=False)
    figure.update_yaxes(**common)
