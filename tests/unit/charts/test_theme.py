"""One look: the pages' theme, the charts and the player have the same colours, and every text can be read."""

import re
import tomllib

import pytest

from jitai.charts.theme import ACTION_STYLES, DARK, LIGHT, Palette
from jitai.paths import resource
from jitai.player.assets import style
from jitai.records import Action


def theme(name: str) -> dict[str, str]:
    found: dict[str, str] = tomllib.loads(resource(".streamlit", "config.toml").read_text(encoding="utf-8"))["theme"][
        name
    ]
    return found


def tokens(name: str) -> dict[str, str]:
    """The player's colours, as it has them where no page gives it any."""
    rules = re.findall(r"([^{};/]+)\{([^{}]*)\}", style())
    wanted = {
        "light": (".frame, .paper", ".frame[data-own=light]"),
        "dark": (".frame[data-theme=dark]", ".frame[data-own=dark]"),
    }
    found: dict[str, str] = {}
    for selector, body in rules:
        if any(part in selector for part in wanted[name]):
            found |= dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", body))
    return found


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("name", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_pages_charts_and_player_have_the_same_colours(name: str, palette: Palette) -> None:
    page, player = {key: value.lower() for key, value in theme(name).items()}, tokens(name)
    assert (page["backgroundColor"], page["secondaryBackgroundColor"]) == (player["bg"], player["surface"])
    assert (page["textColor"], page["borderColor"], page["grayTextColor"]) == (
        player["ink"], player["line"], player["muted"],
    )  # fmt: skip
    assert (palette.text.lower(), palette.background.lower()) == (page["textColor"], page["backgroundColor"])
    assert palette.grid.lower() == player["grid"]
    fills = [player.get(f"a{code}-fill", player[f"a{code}"]) for code in range(4)]
    assert [palette.action(action).lower() for action in Action] == fills
    assert len({item.symbol for item in ACTION_STYLES.values()}) == 4, "a shape beside each colour"


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("text", ["textColor", "grayTextColor", "primaryColor", "linkColor"])
@pytest.mark.parametrize("behind", ["backgroundColor", "secondaryBackgroundColor"])
def test_text_has_contrast(name: str, text: str, behind: str) -> None:
    assert contrast(theme(name)[text], theme(name)[behind]) >= 4.5
