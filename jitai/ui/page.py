"""What every page has in common: style, and errors shown as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from jitai.errors import JitaiError

STYLE_FILE = Path(__file__).parents[2] / "assets" / "style.css"


def load_style() -> None:
    """Add the project's few style rules: a static file, never formatted with data."""
    st.html(STYLE_FILE)


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Show a JitaiError as its sentence and hint; anything else is a bug and is raised on."""
    try:
        yield
    except JitaiError as error:
        st.error(plain(f"{error} {error.hint}".strip()), icon=":material/error:")


def plain(text: str) -> str:
    """A text that Markdown shows as it is: no formatting, no links, no images, no formulas."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]()<>#+-.!|~$:&" else character for character in text)
