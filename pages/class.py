"""Class: what a class predicted, against the truth, from the files that students saved."""

from jitai.ui.pages.class_results import class_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
class_page()
