"""Validation: how often the judge is right, and where it is wrong."""

from jitai.ui.page import run_under_navigation
from jitai.ui.validation import validation_page

run_under_navigation()
validation_page()
