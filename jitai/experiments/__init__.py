"""Experiments: many trials as a grid, described, computed, stored, compared and reported."""
