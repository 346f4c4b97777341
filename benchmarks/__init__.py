"""Measurements run by hand: ``python -m benchmarks`` prints a table; nothing here is a timed test."""
