"""Live: one participant, day by day, with and without the language model's filter."""

from jitai.ui.live import live_page
from jitai.ui.page import run_under_navigation

run_under_navigation()
live_page()
