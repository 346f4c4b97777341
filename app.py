"""JITAI Lab: the dashboard's entry point."""

import streamlit as st

from jitai.ui.session.resources import start_warming_up
from jitai.ui.widgets.page import FAVICON, SIDEBAR_WIDTH, load_style, moved_to_live


def main() -> None:
    """Set the page up, start loading the language model in the background, and hand over to the chosen page."""
    st.set_page_config(page_title="JITAI Lab", page_icon=FAVICON, layout="wide", initial_sidebar_state=SIDEBAR_WIDTH)
    load_style()
    start_warming_up()
    page = st.navigation(
        [
            st.Page("pages/live.py", title="Live", icon=":material/play_circle:", default=True),
            st.Page("pages/lessons.py", title="Lessons", icon=":material/school:"),
            st.Page("pages/class.py", title="Class", icon=":material/groups:"),
            st.Page("pages/decide.py", title="Decide", icon=":material/videogame_asset:"),
            st.Page("pages/compare.py", title="Compare", icon=":material/stacked_bar_chart:"),
            st.Page("pages/sweep.py", title="Sweep", icon=":material/grid_on:"),
            st.Page("pages/runs.py", title="Runs", icon=":material/inventory_2:"),
            st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
            st.Page("pages/optimum.py", title="Optimum", icon=":material/north_east:"),
            st.Page("pages/simulator.py", title="Simulator", icon=":material/tune:"),
            st.Page("pages/preferences.py", title="Preferences", icon=":material/chat:"),
            st.Page("pages/validation.py", title="Validation", icon=":material/fact_check:"),
            st.Page("pages/models.py", title="Models", icon=":material/memory:"),
            st.Page(moved_to_live, title="Live", url_path="player", visibility="hidden"),
        ],
        position="top",
    )
    page.run()


if __name__ == "__main__":
    main()
