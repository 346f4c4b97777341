"""How predictions are scored. 100 is the best that could have been predicted, 0 is predicting nothing.

A range (l, u) that should hold a share q of people costs, of one person with gain x, its width and 2 / (1 - q) times
the distance by which x lies outside: the interval score (Gneiting & Raftery 2007, J. Am. Stat. Assoc. 102, 359-378). It
is averaged over many people, never over the one on show, so luck does not enter; its least value is where a share
(1 - q) / 2 of people lies below l and as many above u. A number costs its distance from the fact. A curve costs, at
some days, the squared distance from people's mean. All costs are turned into points linearly and are not cut off:
hedging and bragging only lose.
"""

import numpy as np

from jitai.arrays import Floats
from jitai.lessons.records import Prediction

N_POINTS = 6
"""Days at which a curve is drawn, the last of the study among them."""
MOST_VALUES = 61
"""Most values of a slider: of a range, every pair of them has a score."""


def slider(prediction: Prediction) -> list[float]:
    """Return every value that can be predicted."""
    low, high = prediction.axis
    return [low + index * prediction.step for index in range(round((high - low) / prediction.step) + 1)]


def range_cost(gains: Floats, low: float, high: float, sure: float) -> float:
    """Return the mean interval score of a range: smaller is better.

    Args:
        gains: of many people, shape (n,).
        low, high: of the range.
        sure: share of people that it should hold, below 1.
    """
    outside = np.maximum(0.0, low - gains) + np.maximum(0.0, gains - high)
    return float(high - low + 2 / (1 - sure) * outside.mean())


def range_scores(gains: Floats, prediction: Prediction) -> list[list[int]]:
    """Return the score of every range: entry [i][j] of the range from the i-th to the (i + 1 + j)-th value."""
    values = slider(prediction)
    costs = [[range_cost(gains, low, high, prediction.sure) for high in values[index + 1 :]]
             for index, low in enumerate(values[:-1])]  # fmt: skip
    nothing, best = costs[0][-1], min(min(row) for row in costs)
    return [[_points(cost, nothing, best) for cost in row] for row in costs]


def best_range(gains: Floats, prediction: Prediction) -> tuple[float, float]:
    """Return the range that scores 100."""
    values = slider(prediction)
    pairs = [(low, high) for index, low in enumerate(values) for high in values[index + 1 :]]
    return min(pairs, key=lambda pair: range_cost(gains, pair[0], pair[1], prediction.sure))


def number_scores(truth: float, prediction: Prediction) -> list[int]:
    """Return the score of every number: 0 is as far away as the axis allows."""
    farthest = max(abs(end - truth) for end in prediction.axis)
    return [_points(abs(value - truth), farthest, 0.0) for value in slider(prediction)]


def curve_days(n_days: int) -> list[int]:
    """Return the days at which a curve is drawn, from 1."""
    return sorted({max(1, round(n_days * (index + 1) / N_POINTS)) for index in range(N_POINTS)})


def curve_penalties(curves: Floats, prediction: Prediction) -> list[list[float]]:
    """Return what each value costs at each day of ``curve_days``; 100 less their sum is the score of a curve.

    Args:
        curves: of many people, shape (n, days).
        prediction: its slider gives the values.
    Returns: one row a day; a flat line at zero costs 100 altogether.
    """
    means = np.array([curves[:, day - 1].mean() for day in curve_days(curves.shape[1])])
    nothing = float((means**2).sum()) or 1.0
    return [[round(100 * (value - mean) ** 2 / nothing, 2) for value in slider(prediction)] for mean in means]


def score_of_range(gains: Floats, prediction: Prediction, low: float, high: float) -> int:
    """Return the score of one range, which need not lie on the slider's values."""
    nothing = range_cost(gains, *prediction.axis, prediction.sure)
    best = range_cost(gains, *best_range(gains, prediction), prediction.sure)
    return _points(range_cost(gains, low, high, prediction.sure), nothing, best)


def share_inside(gains: Floats, low: float, high: float) -> float:
    """Return the share of people whose gain lies in a range, in [0, 1]."""
    return float(np.mean((gains >= low) & (gains <= high)))


def _points(cost: float, nothing: float, best: float) -> int:
    return round(100 * (nothing - cost) / (nothing - best)) if nothing > best else 100
