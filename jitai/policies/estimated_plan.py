"""Plans for n participants at once, each under estimates of their own.

The recursion is the planner's (``planner``), with two simplifications that make it fast enough to be repeated as
estimates move: the evening is taken to reveal whether the participant could walk, and the grid is small. A coarse grid
costs next to nothing, because today's actions are followed exactly and only tomorrow's value is read from it: with
9 x 7 nodes the planner itself earns within 5 steps of what it earns with 61 x 41.
"""

from typing import NamedTuple

import numpy as np

from jitai.arrays import Floats
from jitai.policies.planner import ExpectedExcess
from jitai.policies.state_grid import locate

HABITUATION, RISK = np.linspace(0.0, 1.0, 9), np.linspace(0.0, 1.0, 8)
"""Nodes; risk in units of the threshold of leaving."""


class Estimates(NamedTuple):
    """What is planned on; each of shape (n,): probabilities, rates in [0, 1], and steps."""

    habituation_increment: Floats
    habituation_decay: Floats
    risk_increment: Floats
    unable_cost: Floats
    risk_decay: Floats
    able_stays: Floats
    unable_stays: Floats
    writes_while_able: Floats
    writes_while_unable: Floats
    base: Floats
    generic: Floats
    fits: Floats
    misfits: Floats


def make_plans(
    estimates: Estimates,
    first_day: int,
    study_length: int,
    excess: ExpectedExcess,
    verdicts: list[tuple[float, float]] | None,
) -> Floats:
    """Solve a plan for each participant.

    Args:
        estimates: of each.
        first_day: today, t from 0; days up to today are not solved.
        study_length: in days.
        excess: of the confidence in the context reading.
        verdicts: likelihoods of each if the writer can and cannot walk; None where nobody reads.
    Returns: expected steps from day t on, before its text, by the walk state of the evening before (0, 1), habituation
        and risk: shape (study_length + 1, n, 2, n_habituation, n_risk).
    """
    e = Estimates(*(part[:, None] for part in estimates))
    sent = np.minimum(1.0, HABITUATION + e.habituation_increment)
    after_rest, after_message = (
        _reader(HABITUATION, HABITUATION * (1.0 - e.habituation_decay)),
        _reader(HABITUATION, sent),
    )
    useful, unable, misfit, both = (
        np.swapaxes(_reader(RISK, risk) * (risk < 1.0)[..., None], 1, 2)
        for risk in (
            RISK * (1.0 - e.risk_decay),
            RISK + e.unable_cost,
            RISK + e.risk_increment,
            RISK + e.risk_increment + e.unable_cost,
        )
    )
    chances, able = _mornings(estimates, verdicts)
    base = e.base[..., None]
    earned = [base + ((1.0 - sent) * effect)[..., None] for effect in (e.generic, e.fits, e.misfits)]
    evening = np.zeros((study_length + 1, len(estimates.base), 2, len(HABITUATION), len(RISK)))

    def by_belief(if_unable: Floats, if_able: Floats) -> Floats:
        return if_unable[:, None, None] + able * (if_able - if_unable)[:, None, None]

    for day in reversed(range(first_day + 1, study_length)):
        rested = np.matmul(after_rest[:, None], evening[day + 1])
        told = np.matmul(after_message[:, None], evening[day + 1])
        to_unable, to_able = np.matmul(told[:, 0], unable), np.matmul(told[:, 1], useful)
        none = by_belief(rested[:, 0], base + rested[:, 1])
        generic, fits = (by_belief(to_unable, steps + to_able) for steps in earned[:2])
        misfits = by_belief(np.matmul(told[:, 0], both), earned[2] + np.matmul(told[:, 1], misfit))
        best = excess.expected_maximum(np.maximum(none, generic), (fits + misfits) / 2, np.abs(fits - misfits))
        evening[day] = (chances * best).sum(axis=2)
    return evening


def _mornings(estimates: Estimates, verdicts: list[tuple[float, float]] | None) -> tuple[Floats, Floats]:
    """Return each text's probability and P(can walk) after it, by the walk state of the evening before.

    Returns: both of shape (n, 2, n_texts, 1, 1).
    """
    stays, lasts = estimates.able_stays, estimates.unable_stays
    if verdicts is None:
        can, cannot = [np.stack([1.0 - lasts, stays], axis=1)], [np.stack([lasts, 1.0 - stays], axis=1)]
    else:
        remark, complaint = estimates.writes_while_able, estimates.writes_while_unable
        zero = np.zeros_like(stays)
        can = [np.stack([zero, stays * (1.0 - remark)], axis=1)]
        cannot = [np.stack([lasts * (1.0 - complaint), zero], axis=1)]
        for if_can, if_cannot in verdicts:
            can.append(np.stack([1.0 - lasts, stays * remark], axis=1) * if_can)
            cannot.append(np.stack([lasts * complaint, 1.0 - stays], axis=1) * if_cannot)
    joint = np.stack(can, axis=2)
    chances = joint + np.stack(cannot, axis=2)
    return chances[..., None, None], (joint / np.maximum(chances, 1e-12))[..., None, None]


def _reader(nodes: Floats, values: Floats) -> Floats:
    """Return matrices that read a table, given at nodes, at values by linear interpolation: (n, n_values, n_nodes)."""
    place = locate(nodes, values)
    matrix = np.zeros((*values.shape, len(nodes)))
    np.put_along_axis(matrix, place.lower[..., None], 1.0 - place.share[..., None], axis=-1)
    np.put_along_axis(matrix, place.lower[..., None] + 1, place.share[..., None], axis=-1)
    return matrix


def expected_reader(nodes: Floats, values: Floats, weight: Floats) -> Floats:
    """Return the weights of the nodes with which a table's mean is read over weighted values.

    Args:
        nodes: ascending, shape (n_nodes,).
        values, weight: shape (n, n_values); the weights need not sum to 1.
    Returns: shape (n, n_nodes).
    """
    place = locate(nodes, values)
    n, size = len(values), len(nodes)
    lower = np.arange(n)[:, None] * size + place.lower
    read: Floats = np.zeros(n * size)
    read += np.bincount(lower.ravel(), (weight * (1.0 - place.share)).ravel(), n * size)
    read += np.bincount((lower + 1).ravel(), (weight * place.share).ravel(), n * size)
    return read.reshape(n, size)
