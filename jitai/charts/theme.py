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
        held_back: for vetoes, and for the hybrid method in comparisons.
        unsure: for verdicts in the unsure band.
        alone: for the policy without a filter.
        state: one hue for habituation and disengagement.
        band: fill of the days without the ability to walk.
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

    def action(self, action: Action) -> str:
        """Return the colour of an action."""
        style = ACTION_STYLES[action]
        return style.dark if self.dark else style.light


LIGHT = Palette(
    dark=False, text="#16191D", grid="#E6E8EA", background="#F7F7F5", held_back="#D55E00", unsure="#CC79A7",
    alone="#0072B2", state="#5B4B8A", band="rgba(90,90,90,0.45)",
)  # fmt: skip
DARK = Palette(
    dark=True, text="#EFF1F3", grid="#252B31", background="#0F1215", held_back="#FF9457", unsure="#DE9CC1",
    alone="#4FA8E0", state="#B9A8EE", band="rgba(200,200,200,0.45)",
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
    common = {"gridcolor": palette.grid, "zeroline": False, "automargin": True, "fixedrange": True}
    figure.update_xaxes(**common, showgrid=False)
    figure.update_yaxes(**common)
