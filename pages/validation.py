"""Validation: how often the judge is right, and where it is wrong."""

from jitai.ui.pages.validation import validation_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
validation_page()
