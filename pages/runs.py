"""Runs: the stored experiments."""

from jitai.ui.pages.runs import runs_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
runs_page()
