"""Decide: the person is the policy, or the clinician before the judge."""

from jitai.ui.pages.decide import decide_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
decide_page()
