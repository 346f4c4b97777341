"""Runs: the stored experiments."""

from jitai.ui.page import run_under_navigation
from jitai.ui.runs import runs_page

run_under_navigation()
runs_page()
