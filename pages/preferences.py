"""Preferences: type statements and see what the judge makes of each."""

from jitai.ui.page import run_under_navigation
from jitai.ui.preferences import preferences_page

run_under_navigation()
preferences_page()
