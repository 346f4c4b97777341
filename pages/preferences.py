"""Preferences: type statements and see what the judge makes of each."""

from jitai.ui.pages.preferences import preferences_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
preferences_page()
