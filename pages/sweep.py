"""Sweep: where the filter pays, over two settings or over the judge's error."""

from jitai.ui.pages.sweep import sweep_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
sweep_page()
