"""Stories: runs with captions, told to people who decide."""

from jitai.ui.pages.stories import stories_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
stories_page()
