"""The simulated study: dynamics, exogenous world and environments, as pure functions and small classes."""
