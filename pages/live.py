"""Live: one participant, day by day, with and without the language model's filter."""

from jitai.ui.pages.live import live_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
live_page()
