"""The player on a Streamlit page."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import streamlit as st

from jitai.player.assets import script, style
from jitai.records import Action

NAME = "jitai_player"
MAX_WORDS = 10_000
"""Of one day, in characters; longer words are cut in the browser and refused here."""


@dataclass(frozen=True)
class ForkRequest:
    """A day that the viewer wants to live in another way; None means: as it was.

    Attributes:
        identity: of the run that was shown.
        number: of the request, counted up; give it back as ``PlayerRun.answered``.
        line: key of the line that is changed: the run or a branch.
        day: counted from 1; the day after the last one where words were typed while it played.
        action: to carry out, 0 to 3.
        words: that the participant writes, untrusted; empty for silence.
        can_walk: what is true.
    """

    identity: str
    number: int
    line: str
    day: int
    action: int | None = None
    words: str | None = None
    can_walk: bool | None = None


@dataclass(frozen=True)
class Viewer:
    """Where the viewer rests, told where ``Options.tells_viewer`` asks for it.

    Attributes:
        identity: of the run that was shown.
        day: at rest, from 0.
        line: key of the line that is followed.
        revealed: whether the viewer has the truth shown.
    """

    identity: str
    day: int
    line: str
    revealed: bool


@dataclass(frozen=True)
class PlayerEvents:
    """What the viewer asked for since the last run of the script; None for what was not asked.

    Attributes:
        fork: a day to live in another way: answer with a branch more.
        remove: key of a branch that the viewer has removed: drop it, so that its letter is free.
        reveal: the day on which the viewer asked for the truth although it is locked or was not sent.
        viewer: where the viewer rests, as it was told last.
    """

    fork: ForkRequest | None = None
    remove: str | None = None
    reveal: int | None = None
    viewer: Viewer | None = None


def player(payload: dict[str, Any], *, key: str) -> PlayerEvents:
    """Draw the player.

    Args:
        payload: from ``jitai.player.contract.as_payload``. When it changes, the player keeps the viewer's day.
        key: of the player on this page; the same key keeps it mounted.
    Returns: what the viewer asked for. Playing, scrubbing and revealing do not run the script.
    """
    # In a list: Streamlit looks for data frames in a dictionary, and imports pandas for that before the first chart.
    result = _mounted()(
        key=key, data=[payload], on_fork_change=_noted, on_remove_change=_noted, on_reveal_change=_noted,
        on_viewer_change=_noted,
    )  # fmt: skip
    reveal = result.reveal
    return PlayerEvents(
        fork=fork_request(result.fork, int(payload["days"])),
        remove=str(result.remove["key"]) if isinstance(result.remove, dict) and "key" in result.remove else None,
        reveal=reveal["day"] if isinstance(reveal, dict) and isinstance(reveal.get("day"), int) else None,
        viewer=viewer_of(result.viewer, int(payload["days"])),
    )


def viewer_of(sent: object, days: int) -> Viewer | None:
    """Where the viewer rests, checked; None if nothing was sent or it is not that.

    Args:
        sent: by the browser, so it may be anything.
        days: length of the study.
    """
    if not isinstance(sent, dict):
        return None
    identity, day, line, revealed = (sent.get(key) for key in ("identity", "day", "line", "revealed"))
    if not isinstance(identity, str) or not isinstance(line, str) or type(revealed) is not bool:
        return None
    return Viewer(identity, day, line, revealed) if type(day) is int and 0 <= day <= days else None


def fork_request(sent: object, days: int) -> ForkRequest | None:
    """The request that a browser sent, checked; None if nothing was sent or it is not one.

    Args:
        sent: by the browser, so it may be anything.
        days: length of the study.
    """
    if not isinstance(sent, dict):
        return None
    number, day, action, words, can_walk = (sent.get(key) for key in ("number", "day", "action", "words", "can_walk"))
    well_formed = (
        type(number) is int
        and type(day) is int
        and 1 <= day <= days
        and (action is None or (type(action) is int and 0 <= action < len(Action)))
        and (words is None or (isinstance(words, str) and len(words) <= MAX_WORDS))
        and (can_walk is None or type(can_walk) is bool)
        and (action, words, can_walk) != (None, None, None)
    )
    if not well_formed or not isinstance(sent.get("line"), str) or not isinstance(sent.get("identity"), str):
        return None
    return ForkRequest(sent["identity"], int(number or 0), sent["line"], int(day or 0), action, words, can_walk)


def _noted() -> None:
    """Streamlit has an attribute on the result only for events that have a callback."""


@cache
def _mounted() -> Callable[..., Any]:
    """The component, registered once a process."""
    return st.components.v2.component(NAME, css=style(), js=f"{script()}\nexport default mountInStreamlit;\n")
