"""What every page has in common: style, and errors shown as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from jitai.errors import JitaiError
from jitai.sanitise import for_markdown

STYLE_FILE = Path(__file__).parents[3] / "assets" / "style.css"
Kept = TypeVar("Kept")


def load_style() -> None:
    """Add the project's few style rules: a static file, never formatted with data."""
    st.html(STYLE_FILE)


def run_under_navigation() -> None:
    """Make sure that a page runs with the navigation of app.py around it.

    Streamlit takes a folder called pages/ for its older kind of multi-page app until app.py has called st.navigation
    once; a fresh server whose first visitor opens a page's own address would show the page without it.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Show a JitaiError as its sentence and hint; anything else is a bug and is raised on."""
    try:
        yield
    except JitaiError as error:
        st.error(plain(error.in_full), icon=":material/error:")


def session_object(key: str, make: type[Kept]) -> Kept:
    """What a page keeps in the browser session under a key.

    It is made on the first visit; and anew where the source was read again, as the class is another one then.
    """
    found = st.session_state.get(key)
    if not isinstance(found, make):
        found = st.session_state[key] = make()
    return found


def is_first_visit(key: str, make: type) -> bool:
    """Whether ``session_object`` would make a new one."""
    return not isinstance(st.session_state.get(key), make)


plain = for_markdown
"""By which pages know it."""
