"""Runs of one or several experiments side by side; they may differ in anything except their seeds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from jitai.arrays import Floats
from jitai.errors import ParameterError
from jitai.experiments.cell import agreement_by_seed
from jitai.experiments.methods import LLM_TS
from jitai.experiments.spec import Cell, Condition, JudgeChoice
from jitai.experiments.store import StoredCell
from jitai.parameters import describe
from jitai.policies.belief import BeliefSettings
from jitai.policies.registry import POLICIES
from jitai.records import Action, Role
from jitai.simulator.config import SimulatorConfig
from jitai.statistics import Estimate, PairedDifference, interval_of_mean, intervals_by_day, paired_difference
from jitai.text_format import counted, signed
from jitai.trial.filters import FILTERS

if TYPE_CHECKING:
    import pandas as pd

OF_POSSIBLE, OF_BEST = "Of possible", "Of the best, plain"
OUTCOMES_IN_WORDS = (
    "To somebody unable: messages to people who could not walk, per 1,000 days in the study. Held back, right: of the "
    "messages held back, those to somebody who could not walk. Unable, held back: of the messages proposed to such "
    "people, those held back."
)


@dataclass(frozen=True, eq=False)
class Run:
    """One method under all seeds of an experiment.

    Attributes:
        name: unique among the runs that stand side by side.
        experiment: identifier of the one that it belongs to.
        seeds: in the order of the totals.
        stored: the cell.
        is_pinned: whether it was kept from another experiment.
    """

    name: str
    experiment: str
    seeds: range
    stored: StoredCell
    is_pinned: bool = False


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """A run with its figures.

    Attributes:
        run: the run.
        total: mean steps of a whole study.
        share: of what its participant could earn at best, plain: 0 steps are 0; NaN where that is nothing.
        possible: the share of what messages can gain, see ``CellFigures.share_of_possible``: never a message is 0.
        against: difference to the base; None for the base itself, and where the seeds are others.
    """

    run: Run
    total: Estimate
    share: Estimate
    possible: Estimate
    against: PairedDifference | None


def side_by_side(runs: Sequence[Run], base: Run | None) -> list[ComparedRun]:
    """Return every run with its difference to the base, paired by seed."""
    lines = []
    for run in runs:
        total = interval_of_mean(run.stored.totals)
        paired = base is not None and run is not base and run.seeds == base.seeds
        against = paired_difference(run.stored.totals, base.stored.totals) if base is not None and paired else None
        figures = run.stored.figures
        share = share_of(total, figures.optimum_steps)
        lines.append(ComparedRun(run, total, share, figures.share_of_possible, against))
    return lines


def percent(share: float, digits: int = 0) -> str:
    """Return a share in words; a dash if there is none."""
    return "–" if math.isnan(share) else f"{100 * share:.{digits}f} %"


def in_words(line: ComparedRun, base: str) -> str:
    """Return one line as a sentence that can be recomputed from its numbers; empty if nothing is paired."""
    name = line.run.name
    share = f"reaches {percent(line.possible.value)} of what messages can gain"
    if line.against is None:
        return ""
    difference = line.against.difference
    if difference.n == 1:
        return (
            f"{name} earned {_more_or_less(difference.value)} than {base} and {share}: one seed is an anecdote, and "
            "says nothing of how sure this is."
        )
    seeds = f"{difference.n:,} paired seeds"
    if not difference.has_interval:
        return f"{name} earns exactly what {base} earns on each of {seeds}, and {share}."
    if not difference.excludes_zero:
        return (
            f"Whether {name} earns more than {base} cannot be told: {signed(difference.value)} steps "
            f"(95 % {signed(difference.low)} to {signed(difference.high)}, {seeds}); it {share}."
        )
    ends = sorted((abs(difference.low), abs(difference.high)))
    return (
        f"{name} earns {_more_or_less(difference.value)} than {base} (95 % {ends[0]:,.0f} to {ends[1]:,.0f}, {seeds}) "
        f"and {share}."
    )


def _more_or_less(steps: float) -> str:
    return f"{abs(steps):,.0f} steps {'more' if steps >= 0 else 'less'}"


def number_or_dash(value: float) -> str:
    """Return a whole number; a dash if there is none."""
    return "–" if math.isnan(value) else f"{value:,.0f}"


def in_brackets(estimate: Estimate, form: str = ",.0f") -> str:
    """Return an interval in words."""
    if not estimate.has_interval:
        return estimate.no_interval
    return f"{estimate.low:{form}} to {estimate.high:{form}}".replace("-", "−")


def seeds_in_words(numbers: Sequence[int]) -> str:
    """Return how many seeds there are: one number, or from the least to the most; ascending."""
    if numbers[0] == numbers[-1]:
        return f"n = {counted(numbers[0], 'seed')}"
    return f"n = {numbers[0]:,} to {numbers[-1]:,} seeds"


def told_lines(lines: Sequence[ComparedRun]) -> list[ComparedRun]:
    """Return the lines of which the answer speaks: LLM+TS, or else the first one, and the best one if it is another.

    Returns: an empty list if nothing is compared with the base. The optimum is no answer: it cannot be had.
    """
    known = [line for line in lines if line.against is not None and line.run.stored.cell.method.role != Role.OPTIMUM]
    if not known:
        return []
    usual = next((line for line in known if line.run.stored.cell.method.name == LLM_TS), known[0])
    best = max(known, key=lambda line: line.total.value)
    return [usual] if best is usual else [usual, best]


def answer_in_words(lines: Sequence[ComparedRun], base: Run) -> str:
    """Return the answer in a sentence or two, each of which can be recomputed; without others, what the base earns."""
    told = told_lines(lines)
    if told:
        return " ".join(in_words(line, base.name) for line in told)
    only = next(line for line in lines if line.run is base)
    sure = (
        f"95 % {in_brackets(only.total)}, n = {only.total.n:,}" if only.total.has_interval else in_brackets(only.total)
    )
    possible = percent(only.possible.value)
    return f"{base.name} earns {only.total.value:,.0f} steps ({sure}), {possible} of what messages can gain."


def table_rows(lines: Sequence[ComparedRun], days: Sequence["DayFigures | None"], base: Run) -> list[dict[str, str]]:
    """Return all numbers as text with intervals, one row for each line; empty where there is none."""
    against = f"Against {base.name}"
    rows = []
    for line, about in zip(lines, days, strict=True):
        paired, figures = line.against, line.run.stored.figures
        rows.append(
            {
                "Method": line.run.name,
                "Steps": f"{line.total.value:,.0f}",
                "95 %": in_brackets(line.total),
                OF_POSSIBLE: percent(line.possible.value, 1),
                OF_BEST: percent(line.share.value, 1),
                against: "" if paired is None else signed(paired.difference.value),
                "95 %, paired": "" if paired is None else in_brackets(paired.difference, "+,.0f"),
                "Of 100 seeds": "" if paired is None else paired.of_100.in_words,
                "Leave early": f"{100 * figures.share_disengaged:.0f} %",
                "Length": "" if about is None else f"{about.length.value:.1f} days",
                "Steps a day in the study": number_or_dash(figures.steps_per_day),
                "To somebody unable": number_or_dash(figures.unable_per_1000_days),
                "Held back, right": percent(figures.veto_precision),
                "Unable, held back": "–" if math.isnan(figures.veto_precision) else percent(figures.veto_recall),
                "Fits ability": "" if about is None else f"{100 * about.agreement.value:.0f} % of days",
            }
        )
    return rows


def lines_table(lines: Sequence[ComparedRun], days: Sequence["DayFigures"]) -> "pd.DataFrame":
    """Return all numbers of all lines, one row each; NaN where there is none."""
    import pandas as pd  # 0.4 s to import: not before a table is made

    rows = []
    for line, about in zip(lines, days, strict=True):
        against = line.against
        figures = line.run.stored.figures
        rows.append(
            {
                "method": line.run.name,
                "n": line.total.n,
                "steps": line.total.value,
                "low": line.total.low,
                "high": line.total.high,
                "share_of_optimum": line.share.value,
                "share_of_possible": line.possible.value,
                "share_of_possible_low": line.possible.low,
                "share_of_possible_high": line.possible.high,
                "difference": np.nan if against is None else against.difference.value,
                "difference_low": np.nan if against is None else against.difference.low,
                "difference_high": np.nan if against is None else against.difference.high,
                "more_of_100": np.nan if against is None else against.of_100.more,
                "same_of_100": np.nan if against is None else against.of_100.same,
                "less_of_100": np.nan if against is None else against.of_100.less,
                "agreement": about.agreement.value,
                "days": about.length.value,
                "share_who_left": figures.share_disengaged,
                "vetoes": figures.vetoes,
                "right_vetoes": figures.right_vetoes,
                "held_back_by_rule": figures.held_back_by_rule,
                "never_steps": figures.never_steps,
                "steps_per_day": figures.steps_per_day,
                "unable_per_1000_days": figures.unable_per_1000_days,
                "veto_precision": figures.veto_precision,
                "veto_recall": figures.veto_recall,
            }
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True, eq=False)
class EstimateByDay:
    """A value a day with its 95 % interval, each of shape (n_days,)."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class DayFigures:
    """The days of a cell in figures, small enough to be kept for many cells.

    Attributes:
        n: seeds.
        steps, so_far: mean steps of each day, and from the first day on; who has left earns nothing.
        staying: share of the seeds that are still there on each day.
        agreement: share of days on which what was done fits the walk state, with the interval over seeds.
        length: days until the end or disengagement, with its interval.
        action_shares: of the days lived, in Action order.
        right_when_able, right_when_unable: share of the able days on which a message was sent, and of the others on
            which none was; NaN where there were no such days.
    """

    n: int
    steps: EstimateByDay
    so_far: EstimateByDay
    staying: Floats
    agreement: Estimate
    length: Estimate
    action_shares: tuple[float, ...]
    right_when_able: float
    right_when_unable: float


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
        """Return the mean steps of each day over all seeds; participants who have left earn nothing."""
        return intervals_by_day(self.steps, np.ones_like(self.lived))

    @property
    def cumulative_by_day(self) -> list[Estimate | None]:
        """Return the mean steps earned from the first day to each day."""
        return intervals_by_day(self.steps.cumsum(axis=1), np.ones_like(self.lived))

    @property
    def agreement(self) -> npt.NDArray[np.float64]:
        """Return the share of each seed's days on which the action fits the walk state: shape (n_seeds,)."""
        return agreement_by_seed(self.lived, self.executed > int(Action.NO_MESSAGE), self.able)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Return the days until the end of the study or disengagement, shape (n_seeds,)."""
        lengths: npt.NDArray[np.int64] = self.lived.sum(axis=1)
        return lengths

    @property
    def action_counts(self) -> dict[Action, int]:
        """Return how often each action was done."""
        return {action: int((self.executed == int(action)).sum()) for action in Action}

    @property
    def share_left_by_day(self) -> npt.NDArray[np.float64]:
        """Return the share of the seeds still in the study on each day, shape (n_days,)."""
        share: npt.NDArray[np.float64] = self.lived.mean(axis=0)
        return share


def day_figures(days: Days) -> DayFigures:
    """Summarise the days of a cell."""
    counts = days.action_counts
    sent = days.executed > int(Action.NO_MESSAGE)
    able, unable = days.lived & days.able, days.lived & ~days.able
    return DayFigures(
        n=len(days.lived),
        steps=_estimate_by_day(days.steps_by_day),
        so_far=_estimate_by_day(days.cumulative_by_day),
        staying=days.share_left_by_day,
        agreement=interval_of_mean(days.agreement),
        length=interval_of_mean(days.lengths.astype(np.float64)),
        action_shares=tuple(counts[action] / sum(counts.values()) for action in Action),
        right_when_able=float(sent[able].mean()) if able.any() else float("nan"),
        right_when_unable=float((~sent)[unable].mean()) if unable.any() else float("nan"),
    )


def _estimate_by_day(estimates: Sequence[Estimate | None]) -> EstimateByDay:
    value, low, high, n = np.array(list(filter(None, estimates))).T
    # On a day on which all are alike, as where all have left, a band has no width.
    return EstimateByDay(value, *(np.where(np.isnan(end) & (n > 1), value, end) for end in (low, high)))


def setting_differences(runs: Sequence[Run], base: Run) -> "pd.DataFrame":
    """Return how the runs differ from the base: a row for each setting, a column for each run, the base's first."""
    import pandas as pd  # 0.4 s to import: not before a table is made

    described = [_settings_of(run) for run in runs]
    reference = _settings_of(base)
    ordered = [
        (base, reference),
        *((run, given) for run, given in zip(runs, described, strict=True) if run is not base),
    ]
    keys = [key for key in reference if any(given[key] != reference[key] for given in described)]
    columns = {run.name: [given[key].value for key in keys] for run, given in ordered}
    return pd.DataFrame(columns, index=pd.Index([reference[key].label for key in keys], name="setting"))


class _Shown(NamedTuple):
    """A setting's label and value as text; the value is empty where the run has no such setting."""

    label: str
    value: str = ""


def _settings_of(run: Run) -> dict[str, _Shown]:
    """Return all settings of a run by their names, which no two parts of a trial share."""
    cell = run.stored.cell
    trial = cell.method.trial(cell.condition.config, _rates(cell.judge))
    network = trial.policy.network
    found = {
        "policy": _Shown("Policy", trial.policy.policy.label),
        "filter": _Shown("Filter", trial.filter.filter.label),
        "judge": _Shown("Judge", "" if cell.judge is None else cell.judge.name),
        "seeds": _Shown("Seeds", f"{run.seeds.start} to {run.seeds.stop - 1}"),
        "network": _Shown("Trained policy", "" if network is None else f"{network.name}, {network.digest}"),
    }
    # Settings of every policy and filter, so that runs of different ones have the same lines.
    for settings_class in (*POLICIES.settings_classes(), *FILTERS.settings_classes(), BeliefSettings):
        found |= {info.name: _Shown(info.label) for info in describe(settings_class)}
    for settings in (trial.config, trial.policy.settings, trial.filter.settings, trial.belief):
        found |= _shown(settings)
    assumed = {} if trial.model is None else _shown(trial.model)
    return found | {
        f"assumed {info.name}": _Shown(f"Assumed: {info.label}", assumed[info.name].value if assumed else "")
        for info in describe(SimulatorConfig)
    }


def _shown(settings: object) -> dict[str, _Shown]:
    """Return the described values of settings by their names."""
    values = {info: getattr(settings, info.name) for info in describe(type(settings))}
    return {
        info.name: _Shown(info.label, f"{value:g}" if isinstance(value, float) else str(value))
        for info, value in values.items()
    }


def _rates(judge: JudgeChoice | None) -> tuple[float, float] | None:
    """Return a judge's error rates, which are known beforehand only for a simulated one."""
    return None if judge is None else judge.error_rates


@dataclass(frozen=True, eq=False)
class Comparison:
    """One method in one condition.

    Attributes:
        stored: the cell.
        label: of method and, where there are several, judge.
        total: mean steps of a whole study, with its interval.
        share: of the optimum, plain: 0 steps are 0; with the interval of the mean.
        possible: the share of what messages can gain, see ``CellFigures.share_of_possible``.
        against: difference to the baseline under the same seeds; None for the baseline itself, and where it is missing.
    """

    stored: StoredCell
    label: str
    total: Estimate
    share: Estimate
    possible: Estimate
    against: PairedDifference | None


def label_of(cell: Cell, several_judges: bool) -> str:
    """Return the name of a cell's line."""
    if cell.judge is None or not several_judges:
        return cell.method.name
    return f"{cell.method.name} ({cell.judge.name})"


def by_condition(cells: Sequence[StoredCell]) -> dict[Condition, list[StoredCell]]:
    """Return the cells of each condition, in the order of the grid."""
    grouped: dict[Condition, list[StoredCell]] = {}
    for item in cells:
        grouped.setdefault(item.cell.condition, []).append(item)
    return grouped


def share_of(total: Estimate, optimum_steps: float) -> Estimate:
    """Return a total as a share of the optimum; NaN if nobody can earn anything."""
    if optimum_steps <= 0:
        return Estimate(math.nan, math.nan, math.nan, total.n)
    return total.scaled(1 / optimum_steps)


def compare(cells: Sequence[StoredCell], baseline: str) -> list[Comparison]:
    """Compare the methods of one condition with a baseline.

    Args:
        cells: of one condition.
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
                item.figures.share_of_possible,
                None if base is None or base.key == item.key else paired_difference(item.totals, base.totals),
            )
        )
    return rows


def days_of(table: "pd.DataFrame", seeds: Sequence[int], n_days: int) -> Days:
    """Return a cell's table of days as arrays.

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
