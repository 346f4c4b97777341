"""Optimum: the ceiling that methods are compared to, and what those who know everything would do."""

from jitai.ui.optimum import optimum_page
from jitai.ui.page import run_under_navigation

run_under_navigation()
optimum_page()
