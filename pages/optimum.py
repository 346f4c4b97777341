"""Optimum: the ceiling that methods are compared to, and what those who know everything would do."""

from jitai.ui.pages.optimum import optimum_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
optimum_page()
