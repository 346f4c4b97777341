"""What every page has in common: style, and errors shown as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.pages_manager import PagesManager

from jitai.errors import JitaiError
from jitai.paths import resource
from jitai.sanitise import for_markdown
from jitai.ui.navigation import LIVE, PAGES
from jitai.ui.session.state import session_object

FAVICON = resource("assets", "favicon.png")
STYLE_FILE = resource("assets", "style.css")

SIDEBAR_WIDTH = 244
"""In pixels: the player's tracks and its card fit beside each other in a window of 1280."""


def moved_to_live() -> None:
    """Lead an old address to the Live page: the player once had a page of its own."""
    st.switch_page(LIVE, query_params=st.query_params.to_dict())


@dataclass
class Visits:
    """Where a session has been.

    Attributes:
        last: file of the last page of the navigation, such as "pages/live.py"; empty before there is one.
    """

    last: str = ""


def note_visit(page: StreamlitPage) -> None:
    """Remember the page, so that Start can lead back to it."""
    path = next((entry.path for entry in PAGES if entry.title == page.title), "")
    if path:
        session_object(Visits).last = path


def name_and_mark() -> None:
    """Show the name and the mark of the lab at the top; they lead to Start."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.logo(resource("assets", f"logo_{theme}.svg"), size="large")


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
        st.error(for_markdown(error.in_full), icon=":material/error:")
