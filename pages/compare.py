"""Compare: methods side by side under the same seeds."""

from jitai.ui.pages.compare import compare_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
compare_page()
