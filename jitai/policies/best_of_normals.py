"""With which probability each of several independent normal draws is the largest."""

from functools import cache

import numpy as np

from jitai.arrays import Floats

_N_NODES = 8
_DEVIATIONS = (-8.0, -5.0, -3.0, -1.5, 0.0, 1.5, 3.0, 5.0, 8.0)
"""Ends of the pieces that are integrated, in standard deviations of each draw: every density is smooth within one."""


def chances_of_being_largest(mean: Floats, deviation: Floats) -> tuple[Floats, Floats]:
    """Return with which probability each draw is the largest of its row, alone and with the first above the second.

    P(a is the largest) = ∫ f_a(z) Π_{b≠a} F_b(z) dz, by Gauss-Legendre quadrature on the pieces between the points of
    ``_DEVIATIONS`` of all draws. The sum over a is 1 exactly, so its distance from 1 tells the error.

    Args:
        mean, deviation: of the draws, deviation > 0; shape (n, k), k >= 2.
    Returns: two arrays of shape (n, k): the probabilities; and those that besides the first draw is above the second.
    """
    from scipy.special import ndtr

    nodes, weights, running = _legendre()
    n, k = mean.shape
    ends = np.sort((mean[..., None] + deviation[..., None] * np.array(_DEVIATIONS)).reshape(n, -1), axis=1)
    half = np.diff(ends, axis=1)[..., None] / 2
    z = ends[:, :-1, None] + half * (1 + nodes)
    apart = (z[:, None] - mean[:, :, None, None]) / deviation[:, :, None, None]
    density = np.exp(-(apart**2) / 2) / (deviation[:, :, None, None] * np.sqrt(2 * np.pi))
    below = ndtr(apart)
    largest = np.empty((n, k))
    for action in range(k):
        others = np.delete(below, action, axis=1).prod(axis=1)
        largest[:, action] = (density[:, action] * others * weights * half).sum(axis=(1, 2))
    # The first is above the second, and both are below z: the integral of its density times F_second up to z.
    steps = density[:, 0] * below[:, 1] * half
    pieces = (steps * weights).sum(axis=2)
    both = (pieces.cumsum(axis=1) - pieces)[..., None] + steps @ running.T
    first_above = np.zeros((n, k))
    first_above[:, 0] = largest[:, 0]
    for action in range(2, k):
        others = np.delete(below, [0, 1, action], axis=1).prod(axis=1)
        first_above[:, action] = (density[:, action] * others * both * weights * half).sum(axis=(1, 2))
    return largest, first_above


@cache
def _legendre() -> tuple[Floats, Floats, Floats]:
    """Return nodes and weights on [-1, 1], and the matrix that integrates from -1 to each node."""
    nodes, weights = np.polynomial.legendre.leggauss(_N_NODES)
    powers = np.arange(1, _N_NODES + 1)
    up_to = (nodes[:, None] ** powers - (-1.0) ** powers) / powers
    return nodes, weights, up_to @ np.linalg.inv(np.vander(nodes, increasing=True))
