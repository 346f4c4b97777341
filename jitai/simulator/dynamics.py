"""How habituation, disengagement risk and steps answer an action: pure functions over arrays or single numbers.

The equations are piecewise linear in (action, context, walk state), so each case is one ``Response``;
the same few lines of arithmetic then serve one participant and ten thousand.

Source: Karine & Marlin 2024, arXiv:2411.00336 (can walk) and Karine & Marlin 2025, arXiv:2501.06980 (cannot walk).
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jitai.records import Action, tailored_to
from jitai.simulator.config import BETA, DETERMINISTIC, SimulatorConfig

Floats = npt.NDArray[np.float64]
N_CONTEXTS = 2
N_WALK_STATES = 2
SMALLEST = 1e-5
"""Lower limit of a gamma's mean and of a beta's parameters, as published."""

ROUNDING = 1e-9
"""How far below the threshold a risk has reached it: eight mistakes of 0.1 add up to 0.7999999999999999."""


class Response(NamedTuple):
    """The coefficients of one case (or arrays of them): everything that the action decides.

    Attributes:
        habituation_factor, habituation_addition: h' = min(1, factor h + addition).
        risk_factor, risk_addition: d' = min(1, factor d + addition).
        base_steps, message_steps: s' = base + (1 - h') message; 0 when the participant cannot walk.
    """

    habituation_factor: Any
    habituation_addition: Any
    risk_factor: Any
    risk_addition: Any
    base_steps: Any
    message_steps: Any


def case_index(action: Any, context: Any, can_walk: Any) -> Any:
    """Row of a response table: action 0-3, context 0-1, walk state 0-1 (1 can walk); numbers or integer arrays."""
    return (action * N_CONTEXTS + context) * N_WALK_STATES + can_walk


@cache
def responses(config: SimulatorConfig) -> tuple[Response, ...]:
    """Return the coefficients of all 16 cases, in the order of ``case_index``."""
    return tuple(
        _response(config, action, context, bool(can_walk))
        for action in Action
        for context in range(N_CONTEXTS)
        for can_walk in range(N_WALK_STATES)
    )


def response_table(config: SimulatorConfig) -> Floats:
    """The coefficients as an array: shape (6, 16), rows in the order of ``Response``, columns by ``case_index``."""
    return np.ascontiguousarray(np.array(responses(config)).T)


def _response(config: SimulatorConfig, action: Action, context: int, can_walk: bool) -> Response:
    base_steps = (config.steps_at_home, config.steps_at_work)[context]
    well_chosen = action in (Action.GENERIC, tailored_to(context))
    if action == Action.NO_MESSAGE:
        habituation = (1 - config.habituation_decay, 0.0)
        risk = (1.0, 0.0)
        message_steps = 0.0
    else:
        habituation = (1.0, config.habituation_increment)
        if well_chosen:
            risk = (1 - config.disengagement_decay, 0.0) if can_walk else (1.0, config.cannot_walk_disengagement)
        else:
            risk = (1.0, config.disengagement_increment + (0.0 if can_walk else config.cannot_walk_disengagement))
        message_steps = (
            config.generic_message_steps
            if action == Action.GENERIC
            else config.tailored_message_steps
            if well_chosen
            else config.mismatched_message_steps
        )
    if not can_walk:
        base_steps = message_steps = 0.0
    return Response(*habituation, *risk, base_steps, message_steps)


def mean_outcome(
    habituation: Any, disengagement_risk: Any, response: Response, minimum: Callable[[Any, Any], Any] = np.minimum
) -> tuple[Any, Any, Any]:
    """Return the mean of what follows an action, which is the whole outcome in the deterministic version.

    Args:
        habituation: h_t in [0, 1]; a number or an array of shape (n_envs,).
        disengagement_risk: d_t in [0, 1]; same shape.
        response: coefficients of the case at hand; numbers, or arrays of the same shape.
        minimum: numpy's, or for plain numbers Python's own min, which is ten times as fast on them.
    Returns: h_{t+1}, d_{t+1} in [0, 1] and s_{t+1} >= 0 steps, of the same shape.
    Source: arXiv:2411.00336, equations of the deterministic dynamics; arXiv:2501.06980 for the walk state.
    """
    next_habituation = minimum(1.0, response.habituation_factor * habituation + response.habituation_addition)
    next_risk = minimum(1.0, response.risk_factor * disengagement_risk + response.risk_addition)
    step_count = response.base_steps + (1.0 - next_habituation) * response.message_steps
    return next_habituation, next_risk, step_count


def respond(
    config: SimulatorConfig,
    table: Floats,
    habituation: Floats,
    risk: Floats,
    action: Any,
    context: Any,
    can_walk: Any,
    luck: tuple[Any, Any, Any] | None,
) -> tuple[Floats, Floats, Floats]:
    """Return what follows the actions of n participants on one day.

    Args:
        config: settings of the study.
        table: its ``response_table``.
        habituation, risk: h_t, d_t in [0, 1]; shape (n,), like all that follow.
        action: codes 0 to 3.
        context, can_walk: c_t and w_t, 0 or 1.
        luck: three arrays in [0, 1), one each for habituation, risk and steps; not used in the deterministic version.
    Returns: h_{t+1}, d_{t+1} in [0, 1] and s_{t+1} >= 0 steps.
    """
    if len(habituation) == 1:
        # The same arithmetic in plain numbers: on arrays of one, numpy takes five times as long.
        case = case_index(action.item(), context.item(), can_walk.item())
        response = Response._make(table[:, case].tolist())
        one = mean_outcome(habituation.item(), risk.item(), response, min)
        next_habituation, next_risk, steps = np.array([one[0]]), np.array([one[1]]), np.array([one[2]])
    else:
        case = case_index(action, context, can_walk)
        response = Response._make(table.take(case, axis=1))
        next_habituation, next_risk, steps = mean_outcome(habituation, risk, response)
    if config.variation != DETERMINISTIC:
        assert luck is not None
        return vary(config, next_habituation, next_risk, steps, luck)
    return next_habituation, next_risk, steps


def disengages(config: SimulatorConfig, risk: Any) -> Any:
    """Whether the participant leaves: d' >= D, whatever the order of the sums has rounded off.

    Args:
        config: for the threshold D.
        risk: d' after an action, in [0, 1]; a number or an array.
    """
    return risk >= config.disengagement_threshold - ROUNDING


def vary(
    config: SimulatorConfig,
    mean_habituation: Any,
    mean_risk: Any,
    mean_steps: Any,
    uniforms: tuple[Any, Any, Any],
) -> tuple[Any, Any, Any]:
    """Vary the mean outcome at random, by inverse distribution functions.

    Inverting one uniform number for each quantity keeps runs comparable: the same day of the same seed is lucky or
    unlucky to the same degree whatever was done (common random numbers).

    Args:
        config: which version, and its spreads.
        mean_habituation, mean_risk, mean_steps: from ``mean_outcome``; numbers or arrays of shape (n_envs,).
        uniforms: three numbers or arrays in [0, 1), one each for habituation, risk and steps.
    Returns: h_{t+1} and d_{t+1} in [0, 1] and s_{t+1} >= 0 steps; unchanged in the deterministic version. A mean of
        exactly 0 steps (the participant cannot walk) stays 0.
    Source: arXiv:2411.00336: Uniform((1 -/+ a/2) mean) or Beta(κ mean, κ (1 - mean)); Gamma with standard deviation
        σ_s for the steps.
    """
    if config.variation == DETERMINISTIC:
        return mean_habituation, mean_risk, mean_steps
    from scipy import special  # loaded here: the deterministic version does without it

    if config.variation == BETA:
        habituation, risk = (
            special.betaincinv(np.maximum(SMALLEST, k * mean), np.maximum(SMALLEST, k * (1 - mean)), uniform)
            for k, mean, uniform in (
                (config.habituation_concentration, mean_habituation, uniforms[0]),
                (config.disengagement_concentration, mean_risk, uniforms[1]),
            )
        )
    else:
        low, width = 1 - config.uniform_width / 2, config.uniform_width
        habituation = np.clip((low + width * uniforms[0]) * mean_habituation, 0.0, 1.0)
        risk = np.clip((low + width * uniforms[1]) * mean_risk, 0.0, 1.0)
    floored = np.maximum(SMALLEST, mean_steps)
    # A product, not a power: numpy rounds the square of a number and that of an array differently.
    ratio, scale = floored / config.step_count_spread, config.step_count_spread**2 / floored
    shape = ratio * ratio
    step_count = special.gammaincinv(shape, uniforms[2]) * scale
    return habituation, risk, np.where(np.asarray(mean_steps) == 0.0, 0.0, step_count)
