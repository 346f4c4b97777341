"""What every page has in common: style, and errors shown as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from jitai.errors import JitaiError
from jitai.paths import resource
from jitai.sanitise import for_markdown

FAVICON = resource("assets", "favicon.png")
STYLE_FILE = resource("assets", "style.css")

SIDEBAR_WIDTH = 244
"""In pixels: the player's tracks and its card fit beside each other in a window of 1280."""


def moved_to_live() -> None:
    """Lead an old address to the Live page: the player once had a page of its own."""
    st.switch_page("pages/live.py", query_params=st.query_params.to_dict())


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
