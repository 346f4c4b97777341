"""What random variation does to the days to come: expectations over habituation and risk, as matrices.

Tomorrow's habituation and risk are drawn independently of each other, and each from a distribution that its mean alone
decides (``simulator.dynamics.vary``). The expectation of a table that is read by linear interpolation is therefore two
matrix products, whose entries are known in closed form: no quadrature is needed. With A(x) = E[(x - X)+], the weight
of a node is the difference between the slopes of A on either side of it.

The expected steps of a day are those of the mean outcome: steps are drawn around them on their own. (The floor of
1e-5 steps, as published, adds less than 0.004 steps to a year.)
"""

import numpy as np

from jitai.policies.state_grid import Floats, Grid
from jitai.simulator.config import BETA, DETERMINISTIC, SimulatorConfig
from jitai.simulator.dynamics import SMALLEST, disengages


class Variation:
    """Takes expectations over tomorrow's habituation and risk, on a grid.

    Args:
        config: of the study; without random variation nothing is changed.
        grid: nodes of habituation and risk.
    """

    def __init__(self, config: SimulatorConfig, grid: Grid) -> None:
        self._matrices: tuple[Floats, Floats] | None = None
        if config.variation == DETERMINISTIC:
            return
        habituation = node_weights(config, config.habituation_concentration, grid.habituation)
        risk = node_weights(config, config.disengagement_concentration, grid.risk)
        # Nothing is to come for those who leave.
        self._matrices = habituation, (risk * ~disengages(config, grid.risk)).T

    def expected(self, table: Floats) -> Floats:
        """Return what a table of steps to come is worth before tomorrow's habituation and risk are drawn.

        Args:
            table: by habituation and risk, shape (..., n_habituation, n_risk).
        Returns: by the *means* of habituation and risk, same shape.
        """
        if self._matrices is None:
            return table
        habituation, risk = self._matrices
        # einsum keeps off the threads of the linear algebra library, which wait on each other on a busy machine.
        by_risk = np.einsum("...jk,kl->...jl", table, risk)
        found: Floats = np.einsum("ij,...jl->...il", habituation, by_risk)
        return found


def surely_stays(config: SimulatorConfig, mean_risk: Floats) -> Floats:
    """Return the factor of the days to come that the mean risk of tomorrow decides: 0 for those who leave, else 1.

    With random variation it is 1, because ``Variation.expected`` has weighed who leaves.
    """
    leaves = disengages(config, mean_risk) & (config.variation == DETERMINISTIC)
    factor: Floats = np.where(leaves, 0.0, 1.0)
    return factor


def node_weights(config: SimulatorConfig, concentration: float, nodes: Floats) -> Floats:
    """Return the weights with which a table's nodes make up an expectation.

    Args:
        config: with random variation.
        concentration: of the beta distribution.
        nodes: ascending from 0 to 1, shape (n,).
    Returns: shape (n, n): row i for a mean of ``nodes[i]``; no weight is negative, and each row sums to 1.
    """
    below, share_below = _below(config, concentration, nodes[:, None], nodes[None, :])
    # Between two nodes A rises as steeply as P(X <= x) somewhere between them, whatever the difference rounds off.
    slopes = np.clip(np.diff(below) / np.diff(nodes), share_below[:, :-1], share_below[:, 1:])
    weights: Floats = np.diff(slopes, prepend=0.0, append=1.0)
    return weights


def _below(config: SimulatorConfig, concentration: float, mean: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Return A(x) = E[(x - X)+] and P(X <= x) of what ``vary`` draws around a mean, at points in [0, 1]."""
    if config.variation == BETA:
        from scipy.special import betainc  # loaded here: the deterministic version does without it

        first, second = np.maximum(SMALLEST, concentration * mean), np.maximum(SMALLEST, concentration * (1.0 - mean))
        share = betainc(first, second, points)
        return points * share - first / (first + second) * betainc(first + 1.0, second, points), share
    low, high = (1.0 - config.uniform_width / 2) * mean, (1.0 + config.uniform_width / 2) * mean
    width = np.where(high > low, high - low, 1.0)
    uniform = (np.maximum(points - low, 0.0) ** 2 - np.maximum(points - high, 0.0) ** 2) / (2 * width)
    below = np.where(high > low, uniform, np.maximum(points - mean, 0.0))
    share = np.where(high > low, np.clip((points - low) / width, 0.0, 1.0), points >= mean)
    return below, share
