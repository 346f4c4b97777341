"""Player: a whole run, lived ahead and played in the browser; days can be lived in another way."""

from jitai.ui.pages.player import player_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
player_page()
