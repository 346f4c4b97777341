"""Train: learn a policy from simulated participants, and see how good it gets."""

from jitai.ui.pages.train import train_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
train_page()
