"""The game on a Streamlit page."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import streamlit as st

from jitai.game.assets import script, style
from jitai.records import Action

NAME = "jitai_game"
ACT, FIVE, NEW = "act", "five", "new"


@dataclass(frozen=True)
class GameRequest:
    """What the player asks for.

    Attributes:
        number: counted up; give it back as ``answered``.
        identity: of the game that was shown.
        what: a day's action, five days of the policy, or another person.
        action: 0 to 3, for a day's action.
    """

    number: int
    identity: str
    what: str
    action: int | None


def game_view(payload: dict[str, Any], *, key: str) -> GameRequest | None:
    """Draw the game; return what the player asked for, if anything.

    Args:
        payload: from ``jitai.game.payload.game_payload``.
        key: of the game on this page; the same key keeps it mounted.
    """
    return game_request(_mounted()(key=key, data=payload, on_ask_change=lambda: None).ask)


def game_request(sent: object) -> GameRequest | None:
    """The request that a browser sent, checked; None if nothing was sent or it is not one.

    Args:
        sent: by the browser, so it may be anything.
    """
    if not isinstance(sent, dict):
        return None
    number, identity, what, action = (sent.get(key) for key in ("number", "identity", "what", "action"))
    if type(number) is not int or not isinstance(identity, str) or what not in (ACT, FIVE, NEW):
        return None
    if what == ACT and (type(action) is not int or not 0 <= action < len(Action)):
        return None
    return GameRequest(number, identity, str(what), action if what == ACT and isinstance(action, int) else None)


@cache
def _mounted() -> Callable[..., Any]:
    """The component, registered once a process."""
    return st.components.v2.component(NAME, css=style(), js=f"{script()}\nexport default mountGame;\n")
