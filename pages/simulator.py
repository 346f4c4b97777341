"""Simulator: tune the study, and see what the settings do before anything is run."""

from jitai.ui.page import run_under_navigation
from jitai.ui.simulation import simulator_page

run_under_navigation()
simulator_page()
