"""The simulated study: dynamics, exogenous world, environments. Pure functions and small classes; no files, no clock."""
