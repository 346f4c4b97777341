"""Models: the language models that can read statements, in the dashboard and on an Ollama server."""

from jitai.ui.pages.models import models_page
from jitai.ui.widgets.page import run_under_navigation

run_under_navigation()
models_page()
