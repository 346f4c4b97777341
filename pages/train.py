"""Train: learn a policy from simulated participants, and see how good it gets."""

from jitai.ui.page import run_under_navigation
from jitai.ui.train import train_page

run_under_navigation()
train_page()
