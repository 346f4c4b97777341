"""Live: one participant, day by day, with and without the language model's filter."""

from jitai.ui.live import live_page

live_page()
