"""Sweep: where the filter pays, over two settings or over the judge's error."""

from jitai.ui.page import run_under_navigation
from jitai.ui.sweep import sweep_page

run_under_navigation()
sweep_page()
