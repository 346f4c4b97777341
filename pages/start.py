"""Start: what this is, a run that plays, and three doors."""

from jitai.ui.pages.start import start_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
start_page()
