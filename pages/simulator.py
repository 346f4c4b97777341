"""Simulator: tune the study, and see what the settings do before anything is run."""

from jitai.ui.simulation import simulator_page

simulator_page()
