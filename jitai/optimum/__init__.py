"""The ceiling: what could be earned with full information."""

from jitai.optimum.picture import Band, PolicyMap, bands, draw_map, in_words
from jitai.optimum.policy import OptimalPolicy
from jitai.optimum.solve import Optimum, optimum, solve

__all__ = ["Band", "OptimalPolicy", "Optimum", "PolicyMap", "bands", "draw_map", "in_words", "optimum", "solve"]
