"""Files to take away, made while the button that opens them is open.

A file is given as its bytes, and the same bytes have the same address, so a button that is drawn anew at the moment of
a click still works. (Streamlit forgets what a function would make whenever the button is drawn again.)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st

from jitai.ui.session.state import session_object


class File(NamedTuple):
    """A file to take away.

    Attributes:
        key: of its button.
        label, about: of its button.
        name: of the file.
        mime: type of the content.
        content: all of it.
    """

    key: str
    label: str
    name: str
    mime: str
    content: bytes
    about: str | None = None


@dataclass
class MadeFiles:
    """The files that a session made last.

    Attributes:
        of: all that decides them.
        files: in the order of their buttons.
    """

    of: tuple[object, ...] = ()
    files: Sequence[File] = ()


def hand_over(key: str, make: Callable[[], Sequence[File]], decisive: Callable[[], tuple[object, ...]]) -> None:
    """Draw the button that opens files to take away.

    Args:
        key: of the button, different for each that a session may see.
        make: makes the files, once as long as what decides them stays.
        decisive: gives all that decides them.
    Raises: what the two raise, while it is open.
    """
    with st.popover(
        "Hand over", icon=":material/ios_share:", type="tertiary", key=key, on_change="rerun", width="content"
    ) as popover:
        if popover.open:
            made, wanted = session_object(MadeFiles), (key, *decisive())
            if made.of != wanted:
                made.of, made.files = wanted, make()
            draw_files(made.files)


def draw_files(files: Sequence[File]) -> None:
    """Draw a button for each file."""
    for file in files:
        st.download_button(
            file.label, data=file.content, file_name=file.name, mime=file.mime, on_click="ignore", help=file.about,
            key=file.key,
        )  # fmt: skip
