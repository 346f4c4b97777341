"""The ceiling: what could be earned with full information."""

from jitai.optimum.policy import OptimalPolicy
from jitai.optimum.solve import Optimum, optimum, solve

__all__ = ["OptimalPolicy", "Optimum", "optimum", "solve"]
