"""One trial: its settings, the decision loop, the filters and the log."""
