"""Lessons: a prediction, a person to watch, the truth, one sentence to take home."""

from jitai.ui.pages.lessons import lessons_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
lessons_page()
