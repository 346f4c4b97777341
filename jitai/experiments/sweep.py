"""Where a method pays: its difference to a baseline over two varying parameters, or over the judge's error."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from jitai.arrays import Floats
from jitai.experiments.spec import Cell, Condition, ExperimentSpec, JudgeChoice, Method, simulated
from jitai.experiments.store import StoredCell
from jitai.parameters import described
from jitai.seeding import Stream, generator
from jitai.simulator.config import SimulatorConfig
from jitai.statistics import (
    ENOUGH_SEEDS,
    FEW_SEEDS,
    Estimate,
    PairedDifference,
    interval_of_mean,
    interval_of_resamples,
    paired_difference,
)
from jitai.text_format import counted

if TYPE_CHECKING:
    import pandas as pd

JUDGE_ERROR = "judge_error"
"""Stands for a parameter's name: how often a simulated judge is wrong, equally often in both ways."""
COIN = 0.5
_EVEN_A_COIN = (
    " Even a coin toss pays here: what is held back lets habituation fade, and now and then spares a mistake."
)
N_RESAMPLES = 1000


def judge_of_error(error: float) -> JudgeChoice:
    """Return a simulated judge that is wrong on a given share of either kind of statement, in [0, 0.5]."""
    return simulated(round(1 - error, 6), round(error, 6))


def error_of(judge: JudgeChoice | None) -> float | None:
    """Return the error rate of such a judge; None for any other."""
    rates = None if judge is None else judge.error_rates
    if rates is None:
        return None
    finds_cannot_walk, false_alarms = rates
    symmetric = math.isclose(1 - finds_cannot_walk, false_alarms, abs_tol=1e-6)
    return false_alarms if symmetric else None


def axis_label(name: str) -> str:
    """Return the name of an axis, with its symbol."""
    if name == JUDGE_ERROR:
        return "Judge's error rate"
    info = described(SimulatorConfig, name)
    return f"{info.label} ({info.symbol})" if info.symbol else info.label


def axis_words(name: str) -> str:
    """Return the name of an axis without its symbol, for sentences."""
    return "Judge's error rate" if name == JUDGE_ERROR else described(SimulatorConfig, name).label


def axes_of(spec: ExperimentSpec) -> dict[str, tuple[float, ...]]:
    """Return the parameters that vary in an experiment: numbers only, two or more values each, in ascending order."""
    found: dict[str, tuple[float, ...]] = {}
    for name, values in spec.axes:
        if len(values) > 1 and not any(isinstance(value, bool | str) for value in values):
            found[name] = tuple(sorted(float(value) for value in values))
    errors = [error_of(judge) for judge in spec.judges_needed()]
    if len(errors) > 1 and None not in errors:
        found[JUDGE_ERROR] = tuple(sorted(error for error in errors if error is not None))
    return found


def is_map(spec: ExperimentSpec) -> bool:
    """Return whether an experiment can be drawn as a map: exactly two things vary, and there are two methods."""
    return len(axes_of(spec)) == 2 and _n_varying(spec) == 2 and len(spec.methods) > 1


def is_error_line(spec: ExperimentSpec) -> bool:
    """Return whether only the judge's error varies, and there are two methods."""
    return tuple(axes_of(spec)) == (JUDGE_ERROR,) and _n_varying(spec) == 1 and len(spec.methods) > 1


def _n_varying(spec: ExperimentSpec) -> int:
    return sum(len(values) > 1 for _, values in spec.axes) + (len(spec.judges_needed()) > 1)


def place_of(cell: Cell, axes: Sequence[str]) -> tuple[float | None, ...]:
    """Return the place of a cell on a map; None along the judge's error if it asks no judge."""
    values: dict[str, Any] = dict(cell.condition.values)
    return tuple(error_of(cell.judge) if name == JUDGE_ERROR else float(values[name]) for name in axes)


@dataclass(frozen=True, eq=False)
class MapCell:
    """One place of a map.

    Attributes:
        x, y: values of the two axes.
        method, baseline: mean steps of either.
        against: method minus baseline, paired by seed.
        condition: the participant.
        judge: who reads there.
        stored: the method's cell.
    """

    x: float
    y: float
    method: Estimate
    baseline: Estimate
    against: PairedDifference
    condition: Condition
    judge: JudgeChoice | None
    stored: StoredCell


def map_cells(cells: Sequence[StoredCell], x_name: str, y_name: str, method: Method, baseline: Method) -> list[MapCell]:
    """Return the finished places of a map. A method that reads no text is the same at every error of the judge.

    Args:
        cells: of the experiment, as far as they are finished.
        x_name, y_name: what varies along the axes.
        method, baseline: which are compared.
    """
    axes = (x_name, y_name)
    by_place = {(item.cell.method.name, place_of(item.cell, axes)): item for item in cells}
    judges = {place_of(item.cell, axes): item.cell.judge for item in cells}
    found = []
    for (x, y), judge in judges.items():
        if x is None or y is None:
            continue
        unread = tuple(None if name == JUDGE_ERROR else value for name, value in zip(axes, (x, y), strict=True))
        item, base = (
            by_place.get((given.name, (x, y))) or by_place.get((given.name, unread)) for given in (method, baseline)
        )
        if item is not None and base is not None:
            found.append(
                MapCell(
                    x,
                    y,
                    interval_of_mean(item.totals),
                    interval_of_mean(base.totals),
                    paired_difference(item.totals, base.totals),
                    item.cell.condition,
                    judge,
                    item,
                )
            )
    return found


@dataclass(frozen=True, eq=False)
class ErrorLine:
    """Returns over the judge's error rate.

    Attributes:
        errors: ascending, shape (n_errors,).
        method: mean steps at each; all alike where it asks no judge.
        baseline: mean steps at each; the same holds.
        differences: paired, at each.
        method_totals, baseline_totals: shape (n_errors, n_seeds).
        optimum_steps: the best possible.
        cells: of method and baseline, at each error.
    """

    errors: tuple[float, ...]
    method: tuple[Estimate, ...]
    baseline: tuple[Estimate, ...]
    differences: tuple[PairedDifference, ...]
    method_totals: Floats
    baseline_totals: Floats
    optimum_steps: float
    cells: tuple[tuple[StoredCell, StoredCell], ...] = ()


def error_line(cells: Sequence[StoredCell], method: Method, baseline: Method) -> ErrorLine | None:
    """Return the finished part of an experiment over the judge's error; None before the first pair is finished."""
    by_error = {(item.cell.method.name, error_of(item.cell.judge)): item for item in cells}
    pairs = []
    for error in sorted({error for _, error in by_error if error is not None}):
        item, base = (
            by_error.get((given.name, error)) or by_error.get((given.name, None)) for given in (method, baseline)
        )
        if item is not None and base is not None:
            pairs.append((error, item, base))
    if not pairs:
        return None
    return ErrorLine(
        tuple(error for error, _, _ in pairs),
        tuple(interval_of_mean(item.totals) for _, item, _ in pairs),
        tuple(interval_of_mean(base.totals) for _, _, base in pairs),
        tuple(paired_difference(item.totals, base.totals) for _, item, base in pairs),
        np.array([item.totals for _, item, _ in pairs]),
        np.array([base.totals for _, _, base in pairs]),
        pairs[0][1].figures.optimum_steps,
        tuple((item, base) for _, item, base in pairs),
    )


@dataclass(frozen=True)
class Crossing:
    """The error rate at which the method stops paying.

    Attributes:
        error: at which the mean difference turns from plus to minus; None if it never does on the errors looked at.
        low, high: 95 % range by resampling seeds; high is None where more than 2.5 % of the resamples never cross, and
            both are None where there is no crossing or only one seed.
        pays_at_first: whether the method is ahead with the best of the judges.
    """

    error: float | None
    low: float | None
    high: float | None
    pays_at_first: bool


def crossing(line: ErrorLine, seed: int = 1) -> Crossing:
    """Return the error rate at which the method stops paying, with how sure that is."""
    difference = line.method_totals - line.baseline_totals
    errors = np.array(line.errors)
    means = difference.mean(axis=1)
    where = _first_crossing(errors, means)
    n = difference.shape[1]
    low = high = None
    if where is not None and n > 1:
        drawn = generator(seed, Stream.BOOTSTRAP).integers(0, n, size=(N_RESAMPLES, n))
        resampled = (_first_crossing(errors, difference[:, rows].mean(axis=1)) for rows in drawn)
        places = np.array([math.inf if place is None else place for place in resampled])
        edges = interval_of_resamples(places, interpolate=False)
        low, high = (None if math.isinf(edge) else edge for edge in edges)
    return Crossing(where, low, high, bool(means[0] > 0))


def _first_crossing(errors: Floats, means: Floats) -> float | None:
    """Return the first error at which a difference above zero reaches zero; 0 or the first if it begins below."""
    if means[0] <= 0:
        return float(errors[0])
    below = np.nonzero(means <= 0)[0]
    if not len(below):
        return None
    after = int(below[0])
    before = after - 1
    share = means[before] / (means[before] - means[after])
    return float(errors[before] + share * (errors[after] - errors[before]))


def crossing_in_words(found: Crossing, line: ErrorLine, method: str, baseline: str) -> str:
    """Return the answer as a sentence that can be recomputed from its numbers."""
    last = f"{100 * line.errors[-1]:.0f} %"
    n = line.method_totals.shape[1]
    seeds = "one seed, an anecdote" if n == 1 else f"{n:,} paired seeds"
    differences = [item.difference for item in line.differences]
    first = f"a judge that errs on {100 * line.errors[0]:.0f} %"
    if n > 1 and not differences[0].excludes_zero:
        return (
            f"Whether {method} earns more than {baseline} cannot be told even with {first}: "
            f"{_with_range(differences[0])} steps ({seeds})."
        )
    if not found.pays_at_first:
        return f"{method} {'did' if n == 1 else 'does'} not earn more than {baseline} even with {first} ({seeds})."
    if found.error is None:
        smallest = min(item.value for item in differences)
        if n == 1:
            return f"{method} earned more than {baseline} at every error rate up to {last} ({seeds})."
        coin = _EVEN_A_COIN if line.errors[-1] == COIN and differences[-1].low > 0 else ""
        unsure = [error for error, item in zip(line.errors, differences, strict=True) if not item.low > 0]
        if unsure:
            return (
                f"{method} earns more than {baseline} with {first}: {_with_range(differences[0])} steps ({seeds}). "
                f"From an error of {100 * unsure[0]:.0f} % on it cannot be told at every error rate; the means stay "
                f"above, by at least {smallest:,.0f} steps up to {last}." + coin
            )
        return (
            f"{method} earns more than {baseline} at every error rate up to {last}: at least {smallest:,.0f} steps "
            f"on average ({seeds})." + coin
        )
    if found.low is not None and found.high is not None:
        how_sure = f"95 % {100 * found.low:.0f} to {100 * found.high:.0f} %, {seeds}"
    elif found.low is not None:
        how_sure = f"95 % from {100 * found.low:.0f} % to beyond {last}, {seeds}"
    else:
        how_sure = seeds
    return f"{method} stops paying where the judge errs on {100 * found.error:.0f} % of the statements ({how_sure})."


def _with_range(difference: Estimate) -> str:
    return f"{difference.value:+,.0f} ({interval_in_words(difference)})"


def axis_symbol(name: str) -> str:
    """Return an axis's symbol, or its name where there is none; both are allowed in an experiment's name."""
    if name == JUDGE_ERROR:
        return "judge error"
    symbol = described(SimulatorConfig, name).symbol
    return symbol if symbol and "[" not in symbol else name.replace("_", " ")


def axis_value(name: str, value: float) -> str:
    """Return a value of an axis."""
    return f"{100 * value:g} %" if name == JUDGE_ERROR else f"{value:g}"


def place_in_words(cell: MapCell, x_name: str, y_name: str) -> str:
    """Return where a cell lies, in plain words: headlines bear no Greek."""

    def place(name: str, value: float) -> str:
        label = axis_label(name) if name == JUDGE_ERROR else described(SimulatorConfig, name).label
        return f"“{label}” {axis_value(name, value)}"

    return f"{place(x_name, cell.x)}, {place(y_name, cell.y)}"


def interval_in_words(estimate: Estimate, form: str = "+,.0f", before: str = "95 % ") -> str:
    """Return an interval, or why there is none."""
    if not estimate.has_interval:
        return "one seed, an anecdote" if estimate.n == 1 else estimate.no_interval
    return f"{before}{estimate.low:{form}} to {estimate.high:{form}}"


def sureness(n_seeds: int) -> str:
    """Return what stands behind a map's numbers."""
    if n_seeds == 1:
        return "of one seed: an anecdote, without intervals."
    few = f" {FEW_SEEDS}" if n_seeds < ENOUGH_SEEDS else ""
    return f"mean of {n_seeds:,} paired seeds. Blank: the 95 % interval includes zero.{few}"


def cell_in_words(cell: MapCell, method: str, baseline: str, x_name: str, y_name: str) -> str:
    """Return all that is known of a place, in four lines."""
    difference = cell.against.difference
    return (
        f"{place_in_words(cell, x_name, y_name)}\n"
        f"{method} {cell.method.value:,.0f}, {baseline} {cell.baseline.value:,.0f} steps\n"
        f"difference {difference.value:+,.0f} ({interval_in_words(difference)})\n"
        f"of 100 seeds {cell.against.of_100.in_words} ({counted(difference.n, 'seed')})"
    )


def map_in_words(cells: list[MapCell], n_places: int, method: str, baseline: str, x_name: str, y_name: str) -> str:
    """Return how often the method pays, where most and where least."""
    differences = [cell.against.difference for cell in cells]
    if differences[0].n == 1:
        return f"{method} against {baseline}: one seed for each place is an anecdote. Use more seeds to be sure."
    more = sum(item.low > 0 for item in differences)
    less = sum(item.high < 0 for item in differences)
    open_ = len(cells) - more - less
    of = f"{len(cells)} of {n_places} places so far" if len(cells) < n_places else f"{n_places} places"
    best = max(cells, key=lambda cell: cell.against.difference.value)
    worst = min(cells, key=lambda cell: cell.against.difference.value)

    def where(cell: MapCell) -> str:
        return f"{cell.against.difference.value:+,.0f} steps at {place_in_words(cell, x_name, y_name)}"

    return (
        f"{method} earns more than {baseline} in {'all' if more == len(cells) else f'{more} of'} {of} (95 % interval "
        + f"above zero), less in {less}"
        + (f"; in {open_} it cannot be told. " if open_ else ". ")
        + f"Most: {where(best)}. Least: {where(worst)}."
    )


def map_table(cells: list[MapCell], x_name: str, y_name: str) -> "pd.DataFrame":
    """Return all numbers of a map, one row for each place."""
    import pandas as pd  # 0.4 s to import: not before a table is made

    return pd.DataFrame(
        [
            {
                x_name: cell.x,
                y_name: cell.y,
                "n": cell.method.n,
                "method_steps": cell.method.value,
                "baseline_steps": cell.baseline.value,
                "difference": cell.against.difference.value,
                "low": cell.against.difference.low,
                "high": cell.against.difference.high,
                "more_of_100": cell.against.of_100.more,
                "same_of_100": cell.against.of_100.same,
                "less_of_100": cell.against.of_100.less,
            }
            for cell in cells
        ]
    )


def error_rows(line: ErrorLine, method: str, baseline: str) -> list[dict[str, str]]:
    """Return all numbers of a line as text, one row for each error rate."""
    return [
        {
            "Judge's error": f"{100 * error:g} %",
            method: f"{mean.value:,.0f}",
            baseline: f"{base.value:,.0f}",
            "Difference": f"{paired.difference.value:+,.0f}",
            "95 %, paired": interval_in_words(paired.difference, before=""),
            "Of 100 seeds": paired.of_100.in_words,
        }
        for error, mean, base, paired in zip(line.errors, line.method, line.baseline, line.differences, strict=True)
    ]
