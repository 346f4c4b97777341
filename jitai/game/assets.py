"""The game's JavaScript and CSS as text, joined like the player's."""

from functools import cache
from pathlib import Path

from jitai.lessons.assets import style as lesson_style
from jitai.player.assets import joined_script

FOLDER = Path(__file__).parent


@cache
def script() -> str:
    """All modules of the game as one script, without an export."""
    return joined_script(FOLDER / "js" / "main.js")


@cache
def style() -> str:
    """The lesson's style, and the game's own."""
    return lesson_style() + "\n" + (FOLDER / "css" / "game.css").read_text(encoding="utf-8")
