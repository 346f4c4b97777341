"""Simulator: tune the study, and see what the settings do before anything is run."""

from jitai.ui.pages.simulator import simulator_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
simulator_page()
