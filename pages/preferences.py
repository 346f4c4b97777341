"""Preferences: type statements and see what the judge makes of each."""

from jitai.ui.preferences import preferences_page

preferences_page()
