"""JITAI Lab: the dashboard's entry point."""

import streamlit as st

from jitai.ui.navigation import PAGES, START
from jitai.ui.session.resources import start_warming_up
from jitai.ui.widgets.page import FAVICON, SIDEBAR_WIDTH, load_style, moved_to_live, name_and_mark, note_visit


def main() -> None:
    """Set the page up, start loading the language model in the background, and hand over to the chosen page."""
    st.set_page_config(page_title="JITAI Lab", page_icon=FAVICON, layout="wide", initial_sidebar_state=SIDEBAR_WIDTH)
    name_and_mark()
    load_style()
    start_warming_up()
    groups = {
        "": [
            st.Page(START, title="Start", icon=":material/home:", default=True),
            st.Page(moved_to_live, title="Live", url_path="player", visibility="hidden"),
        ]
    }
    for entry in PAGES:
        groups.setdefault(entry.group, []).append(st.Page(entry.path, title=entry.title, icon=entry.icon))
    page = st.navigation(groups, position="top")
    note_visit(page)
    page.run()


if __name__ == "__main__":
    main()
