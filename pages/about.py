"""About: the model, its limits, and a glossary."""

from jitai.ui.pages.about import about_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
about_page()
