"""A policy as a picture: what it does at every habituation and risk of one day, and the same in words."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from jitai.policies.state_grid import JUST_BELOW, Floats, Integers
from jitai.records import Action

_PHRASES = ("no message", "a generic message", "the message for home", "the message for work")


class PolicyMap(NamedTuple):
    """What a policy does on one day, for one state of what it knows about ability and context.

    Attributes:
        habituation: ascending from 0 to 1, shape (n_habituation,).
        risk: ascending from 0 to just below the threshold at which the participant leaves, shape (n_risk,).
        actions: codes 0 to 3, shape (n_habituation, n_risk).
    """

    habituation: Floats
    risk: Floats
    actions: Integers


class Band(NamedTuple):
    """A stretch of habituation over which a policy does the same.

    Attributes:
        action: what it does.
        until: upper end, in [0, 1].
    """

    action: Action
    until: float


def draw_map(
    choose: Callable[[Floats, Floats], Any], threshold: float, n_habituation: int = 101, n_risk: int = 21
) -> PolicyMap:
    """Ask a policy at every habituation and risk.

    Args:
        choose: action codes from habituation and risk, arrays of one shape.
        threshold: risk at which the participant leaves.
        n_habituation, n_risk: points of the picture, at least 2 each; they need not be the nodes of any solution.
    """
    habituation = np.linspace(0.0, 1.0, n_habituation)
    risk = np.linspace(0.0, threshold - JUST_BELOW, n_risk)
    rows, columns = (grid.ravel() for grid in np.meshgrid(habituation, risk, indexing="ij"))
    actions = np.asarray(choose(rows, columns), dtype=np.int64).reshape(n_habituation, n_risk)
    return PolicyMap(habituation, risk, actions)


def bands(picture: PolicyMap, risk: float) -> tuple[Band, ...]:
    """Return what is done as habituation grows, at the map's risk that is nearest to the given one.

    Returns: at least one; ``until`` lies half way between the last point of a band and the first of the next.
    """
    column = picture.actions[:, int(np.argmin(np.abs(picture.risk - risk)))]
    changes = np.flatnonzero(np.diff(column))
    ends = (picture.habituation[changes] + picture.habituation[changes + 1]) / 2
    last = [*changes.tolist(), len(column) - 1]
    return tuple(Band(Action(int(column[i])), float(end)) for i, end in zip(last, [*ends, 1.0], strict=True))


def in_words(picture: PolicyMap, risk: float) -> str:
    """Return the bands as the end of a sentence: "the message for home up to habituation 0.37, then none"."""
    found = bands(picture, risk)
    if len(found) == 1:
        return _PHRASES[found[0].action]
    parts = [f"{_PHRASES[band.action]} up to habituation {band.until:.2f}" for band in found[:-1]]
    last = "none" if found[-1].action == Action.NO_MESSAGE else _PHRASES[found[-1].action]
    return ", then ".join([*parts, last])
