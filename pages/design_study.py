"""Design a study: how many people a real trial would need."""

from jitai.ui.pages.design_study import design_study_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
design_study_page()
