"""The most that could be earned: dynamic programming with full information.

The optimum sees the true context c and the walk state w of today, knows every setting, and plans to the end of the
study. The value of day t is

    V_t(h, d, w, c) = max_a { s'(a) + [d' < D] E[V_{t+1}(h', d', w', c')] }

where the expectation is over tomorrow's walk state and context, which depend on nobody's actions, and with random
variation over h' and d' too. It is taken exactly (``variation``). h and d lie on a grid that is read by linear
interpolation: the only approximation.

Nobody can act so, because context and walk state are hidden; every method is shown as a share of it.

At the default resolution (121 x 21 even nodes) the value of the four published cells with ε_d 0.05 is 3,558.5, 3,418.1,
3,642.7 and 3,612.1 steps; with 641 nodes of habituation it is 0.2 to 0.4 steps less (0.01 %), with 61 nodes 1 to 2
more. One solution takes about 0.06 s on one core, and with random variation (121 x 81 even nodes) 0.1 to 0.3 s.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from jitai.arrays import Integers
from jitai.errors import JitaiError
from jitai.policies.base import Policy, PolicyInputs, Proposals, View
from jitai.policies.solution_cache import kept
from jitai.policies.state_grid import Floats, Grid, make_grid
from jitai.policies.variation import Variation, surely_stays
from jitai.records import Action, Role
from jitai.simulator.config import DETERMINISTIC, SimulatorConfig
from jitai.simulator.dynamics import Response, case_index, mean_outcome, response_table, responses

N_HABITUATION, N_RISK, N_VARYING_RISK = 121, 21, 81


@dataclass(frozen=True, eq=False)
class Optimum:
    """The solution of a study: values and best actions at every node of the grid.

    Attributes:
        config: what it was solved for.
        grid: nodes of habituation and risk.
        continuation: expected steps from day t on, before its walk state and context are known and before its
            habituation and risk are drawn: the entry at (t, w, c) is E[V_t | yesterday's w and c], by the means of
            habituation and risk. Shape (study_length + 1, walk states, contexts, n_habituation, n_risk).
        actions: best action at every node, shape (study_length, walk states, contexts, n_habituation, n_risk).
    """

    config: SimulatorConfig
    grid: Grid
    continuation: Floats
    actions: npt.NDArray[np.int8]

    @cached_property
    def _table(self) -> Floats:
        return response_table(self.config)

    def value(self, habituation: float | None = None, risk: float | None = None) -> float:
        """Expected steps of the whole study, for somebody who can walk and is at home on day 1, as published.

        Args:
            habituation, risk: of day 1, in [0, 1]; by default the settings' own.
        """
        habituation = self.config.initial_habituation if habituation is None else habituation
        risk = self.config.initial_disengagement if risk is None else risk
        return float(self.action_values(0, habituation, risk, 1, 0).max())

    def action_values(self, day: int, habituation: Any, risk: Any, can_walk: Any, context: Any) -> Floats:
        """Expected steps from today on, if each action is done today and the best ones from tomorrow.

        Args:
            day: t, from 0.
            habituation, risk: in [0, 1]; numbers or arrays of one shape.
            can_walk, context: 0 or 1; integers or integer arrays of that shape.
        Returns: shape (n_actions, ...). The action is followed from the very point to the mean of what follows; only
            what is to come is read from the grid.
        """
        shape = np.shape(habituation)
        actions = np.arange(len(Action)).reshape(-1, *(1 for _ in shape))
        case = case_index(actions, np.asarray(context), np.asarray(can_walk))
        next_habituation, next_risk, steps = mean_outcome(habituation, risk, Response(*self._table[:, case]))
        tomorrow = self.continuation[min(day + 1, self.config.study_length)]
        future = self.grid.read(tomorrow, next_habituation, next_risk, at=(np.asarray(can_walk), np.asarray(context)))
        total: Floats = steps + future * surely_stays(self.config, next_risk)
        return total

    def action(self, day: int, habituation: Any, risk: Any, can_walk: Any, context: Any) -> Any:
        """The best action: an integer, or an array of them. Of equally good actions the first, so rather none.

        Args: as ``action_values``.
        """
        best = first_best(self.action_values(day, habituation, risk, can_walk, context))
        return best if np.ndim(best) else int(best)

    def map(self, day: int, can_walk: int, context: int) -> npt.NDArray[np.int8]:
        """The policy as a picture: best action by habituation and risk, at the grid's nodes: shape (rows, columns).

        With full information nobody is sent a wrong message, so the risk only falls and the map hardly depends on it.
        """
        picture: npt.NDArray[np.int8] = self.actions[day, can_walk, context]
        return picture


def first_best(values: Floats) -> Any:
    """Return the index of the best along the first axis; a difference below a millionth of a step counts as none."""
    return np.argmax(values >= values.max(axis=0) - 1e-6, axis=0)


def chain(zero_stays: float, one_stays: float) -> Floats:
    """Return the transition probabilities of a two-state chain: row today, column tomorrow."""
    return np.array([[zero_stays, 1.0 - zero_stays], [1.0 - one_stays, one_stays]])


def resolution(config: SimulatorConfig) -> tuple[int, int]:
    """Return the even nodes of habituation and of risk on which a study is usually solved.

    The optimum makes no mistake that raises the risk; where the risk varies at random, it matters more.
    """
    return N_HABITUATION, N_RISK if config.variation == DETERMINISTIC else N_VARYING_RISK


def solve(config: SimulatorConfig, n_habituation: int | None = None, n_risk: int | None = None) -> Optimum:
    """Solve a study by dynamic programming, from its last day back to the first.

    Args:
        config: settings.
        n_habituation, n_risk: even nodes of the grid, at least 2 each; by default those of ``resolution``.
    """
    usual = resolution(config)
    grid = make_grid(config, n_habituation or usual[0], n_risk or usual[1])
    variation = Variation(config, grid)
    size = (len(grid.habituation), len(grid.risk))
    length = config.study_length
    values = np.zeros((2, 2, *size))
    continuation = np.zeros((length + 1, *values.shape))
    actions = np.zeros((length, 2, 2, *size), dtype=np.int8)
    walk = chain(config.cannot_walk_persistence, config.can_walk_persistence)
    place = chain(config.context_persistence, config.context_persistence)
    outcomes = {
        (w, c): _distinct(config, [responses(config)[case_index(int(action), c, w)] for action in Action])
        for w in (0, 1)
        for c in (0, 1)
    }
    for day in reversed(range(length)):
        for (w, c), (distinct, which) in outcomes.items():
            followed = [after(config, grid, continuation[day + 1, w, c], response) for response in distinct]
            by_action = np.array([followed[index] for index in which])
            actions[day, w, c] = first_best(by_action)
            values[w, c] = by_action.max(axis=0)
        continuation[day] = variation.expected(np.einsum("vw,dc,wchr->vdhr", walk, place, values))
    return Optimum(config, grid, continuation, actions)


def _distinct(config: SimulatorConfig, by_action: list[Response]) -> tuple[list[Response], list[int]]:
    """Each different response once, and which of them belongs to which action."""
    distinct = list(dict.fromkeys(by_action))
    return distinct, [distinct.index(response) for response in by_action]


def after(config: SimulatorConfig, grid: Grid, continuation: Floats, response: Response) -> Floats:
    """Steps of today and of all days to come after a response, at every node.

    Args:
        config: for the threshold.
        grid: the nodes.
        continuation: expected steps from tomorrow on by the means of habituation and risk, shape (..., n_habituation,
            n_risk).
        response: what the action does.
    Returns: shape (..., n_habituation, n_risk).
    """
    habituation, _, steps = mean_outcome(grid.habituation, 0.0, response)
    _, risk, _ = mean_outcome(0.0, grid.risk, response)
    total: Floats = steps[:, None] + grid.spread(continuation, habituation, risk) * surely_stays(config, risk)
    return total


@kept
def optimum(config: SimulatorConfig) -> Optimum:
    """The solution at the default resolution, kept for the next caller: 8 to 24 MB each for 50 days."""
    return solve(config)


class OptimalPolicy(Policy):
    """Does what is best if walk state and context are known: the ceiling for every method, and no method itself."""

    key, label, role = "optimum", "Optimum (knows everything)", Role.OPTIMUM
    is_deterministic = True
    remark = (
        "The ceiling, no method: it is told the day's hidden walk state and context. Choose “No filter” to see it on "
        "its own."
    )

    def __init__(self, settings: Any, inputs: PolicyInputs) -> None:
        self.optimum = optimum(inputs.config)

    @classmethod
    def is_privileged(cls, settings: Any) -> bool:
        """Return True: it is told everything."""
        return True

    def propose(self, view: View) -> Proposals:
        """Return the best action, given walk state and context.

        Raises: JitaiError if the truth is not told.
        """
        if view.truth is None:
            raise JitaiError("The optimum cannot propose anything without the hidden truth.")
        return proposals_by_day(
            self.optimum.action_values, view.day, (view.habituation, view.disengagement_risk, *view.truth)
        )


def proposals_by_day(
    action_values: Callable[..., Floats], days: Integers, state: tuple[npt.NDArray[Any], ...]
) -> Proposals:
    """What a table of values holds for best, of participants who may be on different days.

    Args:
        action_values: of one day and the state; gives shape (n_actions, n).
        days: t of each participant; shape (n,).
        state: what else the values depend on, each of shape (n,).
    """
    first = int(days[0])
    if (days == first).all():  # as ever but in training
        values = action_values(first, *state)
        return Proposals(first_best(values), values.T, {"steps_to_come": values.T})
    values = np.empty((len(Action), len(days)))
    for day in np.unique(days):
        who = days == day
        values[:, who] = action_values(int(day), *(part[who] for part in state))
    return Proposals(first_best(values), values.T, {"steps_to_come": values.T})
