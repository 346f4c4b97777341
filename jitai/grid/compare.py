"""Finished cells side by side: labels, totals, shares of the optimum, and differences under the same seeds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from jitai.errors import ParameterError
from jitai.grid.cell import agreement_by_seed
from jitai.grid.spec import Cell, Scenario
from jitai.grid.statistics import Estimate, PairedDifference, interval_of_mean, intervals_by_day, paired_difference
from jitai.grid.store import StoredCell
from jitai.records import Action


@dataclass(frozen=True, eq=False)
class Comparison:
    """One method in one scenario.

    Attributes:
        stored: the cell.
        label: of method and, where there are several, judge.
        total: mean steps of a whole study, with its interval.
        share: of the optimum, with the interval of the mean.
        against: difference to the baseline under the same seeds; None for the baseline itself, and where it is missing.
    """

    stored: StoredCell
    label: str
    total: Estimate
    share: Estimate
    against: PairedDifference | None


def label_of(cell: Cell, several_judges: bool) -> str:
    """What a cell's line is called."""
    if cell.judge is None or not several_judges:
        return cell.method.name
    return f"{cell.method.name} ({cell.judge.name})"


def by_scenario(cells: Sequence[StoredCell]) -> dict[Scenario, list[StoredCell]]:
    """The cells of each scenario, in the order of the grid."""
    grouped: dict[Scenario, list[StoredCell]] = {}
    for item in cells:
        grouped.setdefault(item.cell.scenario, []).append(item)
    return grouped


def share_of(total: Estimate, optimum_steps: float) -> Estimate:
    """A total as a share of the optimum; NaN where nobody can earn anything."""
    if optimum_steps <= 0:
        return Estimate(math.nan, math.nan, math.nan, total.n)
    return total.scaled(1 / optimum_steps)


def compare(cells: Sequence[StoredCell], baseline: str) -> list[Comparison]:
    """The methods of one scenario against a baseline.

    Args:
        cells: of one scenario.
        baseline: name of a method. Where it was run with several judges, each method is compared to it under its own
            judge, and a method that reads nothing to the first of them.
    Raises: ParameterError if a cell has other seeds than the baseline.
    """
    several = len({item.cell.judge for item in cells if item.cell.judge is not None}) > 1
    bases = [item for item in cells if item.cell.method.name == baseline]
    rows = []
    for item in cells:
        base = next((other for other in bases if other.cell.judge == item.cell.judge), bases[0] if bases else None)
        total = interval_of_mean(item.totals)
        rows.append(
            Comparison(
                item,
                label_of(item.cell, several),
                total,
                share_of(total, item.figures.optimum_steps),
                None if base is None or base.key == item.key else paired_difference(item.totals, base.totals),
            )
        )
    return rows


@dataclass(frozen=True, eq=False)
class Days:
    """Every day of every seed of a cell, as arrays of shape (n_seeds, n_days).

    Attributes:
        lived: whether the day was lived.
        steps: earned, 0 where it was not.
        executed: codes of the actions done, -1 where none was.
        able: whether the participant could walk.
        belief: P(can walk) before the action; NaN where none is kept.
    """

    lived: npt.NDArray[np.bool_]
    steps: npt.NDArray[np.float64]
    executed: npt.NDArray[np.int64]
    able: npt.NDArray[np.bool_]
    belief: npt.NDArray[np.float64]

    @property
    def steps_by_day(self) -> list[Estimate | None]:
        """Mean steps of each day over all seeds; who has left earns nothing."""
        return intervals_by_day(self.steps, np.ones_like(self.lived))

    @property
    def cumulative_by_day(self) -> list[Estimate | None]:
        """Mean steps from the first day on."""
        return intervals_by_day(self.steps.cumsum(axis=1), np.ones_like(self.lived))

    @property
    def agreement(self) -> npt.NDArray[np.float64]:
        """Share of each seed's days on which what was done fits the walk state: shape (n_seeds,)."""
        return agreement_by_seed(self.lived, self.executed > int(Action.NO_MESSAGE), self.able)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Days until the end or disengagement, shape (n_seeds,)."""
        lengths: npt.NDArray[np.int64] = self.lived.sum(axis=1)
        return lengths

    @property
    def action_counts(self) -> dict[Action, int]:
        """How often each action was done."""
        return {action: int((self.executed == int(action)).sum()) for action in Action}

    @property
    def share_left_by_day(self) -> npt.NDArray[np.float64]:
        """Share of the seeds that are still there on each day, shape (n_days,)."""
        share: npt.NDArray[np.float64] = self.lived.mean(axis=0)
        return share


def days_of(table: pd.DataFrame, seeds: Sequence[int], n_days: int) -> Days:
    """A cell's table of days as arrays.

    Args:
        table: from ``Store.steps``.
        seeds: of the experiment, in order.
        n_days: length of the study.
    Raises: ParameterError if the table has other seeds or more days.
    """
    place = {seed: row for row, seed in enumerate(seeds)}
    if not set(table["seed"].unique()) <= set(place) or int(table["day"].max()) > n_days:
        raise ParameterError("The stored days do not belong to the seeds and days of this experiment.")
    rows, days = table["seed"].map(place).to_numpy(), table["day"].to_numpy() - 1
    shape = (len(seeds), n_days)
    lived, able = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    steps, executed = np.zeros(shape), np.full(shape, -1, dtype=np.int64)
    belief = np.full(shape, np.nan)
    lived[rows, days] = True
    for array, name in ((able, "can_walk"), (steps, "step_count"), (executed, "executed_action"), (belief, "belief")):
        array[rows, days] = table[name].to_numpy()
    return Days(lived, steps, executed, able, belief)
