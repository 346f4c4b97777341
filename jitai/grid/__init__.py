"""Grids of trials: scenarios x methods x judges x seeds, described as data, run in parallel, stored, compared."""
