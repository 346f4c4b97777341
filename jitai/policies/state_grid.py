"""A grid over habituation and disengagement risk, and reading between its nodes."""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jitai.simulator.config import DETERMINISTIC, UNIFORM, SimulatorConfig
from jitai.simulator.dynamics import ROUNDING

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
JUST_BELOW = 10 * ROUNDING
"""Distance of the two nodes that enclose a jump of the value: so that the lower one does not count as beyond it."""
_TIMES_THE_WIDTH = (-4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0)
"""Where nodes stand around a jump that random variation has widened, as multiples of its width."""


class Place(NamedTuple):
    """Where values lie between nodes.

    Attributes:
        lower: index of the node below, shape of the numbers; the node above is the next one.
        share: of the node above, in [0, 1].
    """

    lower: Integers
    share: Floats


def locate(nodes: Floats, values: Any) -> Place:
    """Places of values among ascending nodes (at least two); values outside are moved to the nearest node."""
    lower = np.searchsorted(nodes[1:-1], values, side="right")
    below = nodes[lower]
    return Place(lower, np.minimum(np.maximum((values - below) / (nodes[lower + 1] - below), 0.0), 1.0))


class Grid(NamedTuple):
    """The nodes of habituation and of risk.

    Attributes:
        habituation: ascending in [0, 1], shape (n_habituation,).
        risk: ascending from 0 to just below the threshold at which the participant leaves, or to 1 with random
            variation; shape (n_risk,).
    """

    habituation: Floats
    risk: Floats

    def spread(self, table: Floats, habituation: Floats, risk: Floats) -> Floats:
        """Read a table at every pair of a habituation and a risk.

        Args:
            table: shape (..., n_habituation, n_risk).
            habituation: shape (m,).
            risk: shape (n,).
        Returns: shape (..., m, n), by linear interpolation in each direction.
        """
        row, column = locate(self.habituation, habituation), locate(self.risk, risk)
        share = row.share[:, None]
        rows = table[..., row.lower, :] * (1.0 - share) + table[..., row.lower + 1, :] * share
        read: Floats = rows[..., column.lower] * (1.0 - column.share) + rows[..., column.lower + 1] * column.share
        return read

    def read(self, table: Floats, habituation: Any, risk: Any, at: tuple[Any, ...] = (...,)) -> Floats:
        """Read a table at points.

        Args:
            table: shape (..., n_habituation, n_risk).
            habituation, risk: of one shape, or such as broadcast to one.
            at: where on the leading axes, indices that broadcast with the points; by default everywhere.
        Returns: shape (..., shape of the points), by bilinear interpolation, or of the points alone with ``at``.
        """
        row, column = locate(self.habituation, habituation), locate(self.risk, risk)
        low = (
            table[(*at, row.lower, column.lower)] * (1.0 - row.share)
            + table[(*at, row.lower + 1, column.lower)] * row.share
        )
        high = (
            table[(*at, row.lower, column.lower + 1)] * (1.0 - row.share)
            + table[(*at, row.lower + 1, column.lower + 1)] * row.share
        )
        read: Floats = low * (1.0 - column.share) + high * column.share
        return read


def make_grid(config: SimulatorConfig, n_habituation: int, n_risk: int) -> Grid:
    """An even grid, with close nodes wherever one more mistake begins to end the study.

    The value jumps where a mistake reaches the threshold, at D - ε_d, D - η_d, D - ε_d - η_d, D - 2 ε_d ...; without
    such pairs the jump would be smeared over a cell. Random variation widens the jump, so there nodes stand around it,
    and the grid goes on to 1, because a mean risk beyond the threshold need not be the end.

    Args:
        config: for the threshold, what mistakes cost and the variation.
        n_habituation, n_risk: even nodes of each, at least 2.
    """
    threshold = config.disengagement_threshold
    costs = (config.disengagement_increment, config.cannot_walk_disengagement)
    jumps = {
        round(threshold - first * costs[0] - second * costs[1], 12)
        for first in range(4)
        for second in range(4)
        if 0 < first + second <= 3
    }
    habituation = np.linspace(0.0, 1.0, n_habituation)
    if config.variation != DETERMINISTIC:
        return Grid(habituation, _nodes_of_varying_risk(config, [threshold, *sorted(jumps)], n_risk))
    even = np.linspace(0.0, threshold - JUST_BELOW, n_risk)
    pairs = [edge for jump in sorted(jumps) if 2 * JUST_BELOW < jump < threshold for edge in (jump - JUST_BELOW, jump)]
    # No two nodes may coincide, and a jump needs both of its own.
    even = np.array([node for node in even if all(abs(node - edge) > JUST_BELOW for edge in pairs)])
    risk = np.unique(np.concatenate([even, pairs]))
    return Grid(habituation, risk)


def _nodes_of_varying_risk(config: SimulatorConfig, jumps: list[float], n_even: int) -> Floats:
    """Return even nodes from 0 to 1, and some around each jump that is narrower than a cell.

    Args:
        config: with random variation.
        jumps: the threshold, and where mistakes reach it.
        n_even: even nodes, at least 2.
    """
    cell = 1.0 / (n_even - 1)
    wanted = []
    for jump in jumps:
        width = max(_width(config, jump), JUST_BELOW)
        wanted += [jump + width * times for times in _TIMES_THE_WIDTH if width * abs(times) < cell]
    threshold = config.disengagement_threshold
    nodes = sorted({0.0, threshold - JUST_BELOW, threshold, 1.0})
    for node in (*wanted, *np.linspace(0.0, 1.0, n_even).tolist()):
        if 0.0 < node < 1.0 and all(abs(node - other) > JUST_BELOW for other in nodes):
            nodes.append(node)
    return np.array(sorted(nodes))


def _width(config: SimulatorConfig, mean: float) -> float:
    """Return how far the risk varies to either side of a mean: to its bound, or two standard deviations."""
    if config.variation == UNIFORM:
        return mean * config.uniform_width / 2
    within = min(max(mean, 0.0), 1.0)
    return 2.0 * math.sqrt(within * (1.0 - within) / (1.0 + config.disengagement_concentration))
