"""The lesson's JavaScript and CSS as text, joined like the player's."""

from functools import cache
from pathlib import Path

from jitai.player.assets import FOLDER as PLAYER
from jitai.player.assets import joined_script

FOLDER = Path(__file__).parent


@cache
def script() -> str:
    """All modules of a lesson as one script, without an export."""
    return joined_script(FOLDER / "js" / "main.js")


@cache
def class_script() -> str:
    """All modules of the view of a class as one script, without an export."""
    return joined_script(FOLDER / "js" / "class_main.js")


@cache
def style() -> str:
    """The player's tokens and pictures, and the lesson's own style."""
    parts = (PLAYER / "css" / "1_tokens.css", PLAYER / "css" / "3_picture.css", *sorted((FOLDER / "css").glob("*.css")))
    return "\n".join(path.read_text(encoding="utf-8") for path in parts)
