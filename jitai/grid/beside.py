"""Runs of one or several experiments side by side, whatever they differ in, as long as their seeds are the same."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jitai.belief import BeliefSettings
from jitai.filters import FilterSettings
from jitai.grid.compare import Days, share_of
from jitai.grid.spec import JudgeChoice, trial_as_mapping
from jitai.grid.statistics import Estimate, Floats, PairedDifference, interval_of_mean, paired_difference
from jitai.grid.store import StoredCell
from jitai.parameters import describe
from jitai.planner import PlannerSettings
from jitai.policies.thompson import ThompsonSettings
from jitai.records import Action
from jitai.simulator.config import SimulatorConfig

_SETTINGS = {
    "config": SimulatorConfig, "filter": FilterSettings, "thompson": ThompsonSettings, "belief": BeliefSettings,
    "planner": PlannerSettings, "model": SimulatorConfig,
}  # fmt: skip


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
class Line:
    """A run with what it amounts to.

    Attributes:
        run: the run.
        total: mean steps of a whole study.
        share: of what its participant could earn at best; NaN where that is nothing.
        against: difference to the base; None for the base itself, and where the seeds are others.
    """

    run: Run
    total: Estimate
    share: Estimate
    against: PairedDifference | None


def side_by_side(runs: Sequence[Run], base: Run | None) -> list[Line]:
    """Every run with its difference to the base, paired by seed."""
    lines = []
    for run in runs:
        total = interval_of_mean(run.stored.totals)
        paired = base is not None and run is not base and run.seeds == base.seeds
        against = paired_difference(run.stored.totals, base.stored.totals) if base is not None and paired else None
        lines.append(Line(run, total, share_of(total, run.stored.figures.optimum_steps), against))
    return lines


def percent(share: float, digits: int = 0) -> str:
    """A share in words; a dash where there is none."""
    return "–" if math.isnan(share) else f"{100 * share:.{digits}f} %"


def in_words(line: Line, base: str) -> str:
    """One line as a sentence that can be recomputed from its numbers; empty where nothing is paired."""
    name = line.run.name
    share = f"and reaches {percent(line.share.value)} of the best possible"
    if line.against is None:
        return ""
    difference = line.against.difference
    if difference.n == 1:
        return (
            f"{name} earned {_more_or_less(difference.value)} than {base} {share}: one seed is an anecdote, and says "
            "nothing of how sure this is."
        )
    seeds = f"{difference.n:,} paired seeds"
    if not difference.excludes_zero:
        return (
            f"Whether {name} earns more than {base} cannot be told: {difference.value:+,.0f} steps "
            f"(95 % {difference.low:+,.0f} to {difference.high:+,.0f}, {seeds}); it {share.removeprefix('and ')}."
        )
    ends = sorted((abs(difference.low), abs(difference.high)))
    return (
        f"{name} earns {_more_or_less(difference.value)} than {base} (95 % {ends[0]:,.0f} to {ends[1]:,.0f}, {seeds}) "
        f"{share}."
    )


def _more_or_less(steps: float) -> str:
    return f"{abs(steps):,.0f} steps {'more' if steps >= 0 else 'less'}"


def lines_table(lines: Sequence[Line], days: Sequence["DayFigures"]) -> pd.DataFrame:
    """All numbers of all lines, one row each; NaN where there is none."""
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
                "difference": np.nan if against is None else against.difference.value,
                "difference_low": np.nan if against is None else against.difference.low,
                "difference_high": np.nan if against is None else against.difference.high,
                "share_better": np.nan if against is None else against.share_better,
                "agreement": about.agreement.value,
                "days": about.length.value,
                "share_who_left": figures.share_disengaged,
                "vetoes": figures.vetoes,
                "right_vetoes": figures.right_vetoes,
                "held_back_by_rule": figures.held_back_by_rule,
            }
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True, eq=False)
class Band:
    """A value a day with its 95 % interval, each of shape (n_days,)."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class DayFigures:
    """What the days of a cell amount to; small enough to be kept for many cells.

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
    steps: Band
    so_far: Band
    staying: Floats
    agreement: Estimate
    length: Estimate
    action_shares: tuple[float, ...]
    right_when_able: float
    right_when_unable: float


def day_figures(days: Days) -> DayFigures:
    """Summarise the days of a cell."""
    counts = days.action_counts
    sent = days.executed > int(Action.NO_MESSAGE)
    able, unable = days.lived & days.able, days.lived & ~days.able
    return DayFigures(
        n=len(days.lived),
        steps=_band(days.steps_by_day),
        so_far=_band(days.cumulative_by_day),
        staying=days.share_left_by_day,
        agreement=interval_of_mean(days.agreement),
        length=interval_of_mean(days.lengths.astype(np.float64)),
        action_shares=tuple(counts[action] / sum(counts.values()) for action in Action),
        right_when_able=float(sent[able].mean()) if able.any() else float("nan"),
        right_when_unable=float((~sent)[unable].mean()) if unable.any() else float("nan"),
    )


def _band(estimates: Sequence[Estimate | None]) -> Band:
    values = np.array([(item.value, item.low, item.high) for item in estimates if item is not None]).T
    return Band(values[0], values[1], values[2])


def setting_differences(runs: Sequence[Run], base: Run) -> pd.DataFrame:
    """In what the runs differ from the base: a row for each setting, a column for each run; the base's stands first."""
    described = [_settings_of(run) for run in runs]
    reference = _settings_of(base)
    ordered = [
        (base, reference),
        *((run, given) for run, given in zip(runs, described, strict=True) if run is not base),
    ]
    names = [name for name in reference if any(given[name] != reference[name] for given in described)]
    columns = {run.name: [given[name] for name in names] for run, given in ordered}
    return pd.DataFrame(columns, index=pd.Index(names, name="setting"))


def _settings_of(run: Run) -> dict[str, str]:
    """All settings of a run by their labels, as text."""
    cell = run.stored.cell
    trial = trial_as_mapping(cell.method.trial(cell.scenario.config, _rates(cell.judge)))
    found = {
        "Policy": str(trial["policy"]),
        "Judge": "" if cell.judge is None else cell.judge.name,
        "Seeds": f"{run.seeds.start} to {run.seeds.stop - 1}",
    }
    for part, settings_class in _SETTINGS.items():
        given: dict[str, Any] = trial[part] or {}
        prefix = "Assumed: " if part == "model" else ""
        for info in describe(settings_class):
            value = given.get(info.name, "")
            found[prefix + info.label] = f"{value:g}" if isinstance(value, float) else str(value)
    network = run.stored.cell.method.network
    found["Trained policy"] = "" if network is None else f"{network.name}, {network.digest}"
    return found


def _rates(judge: JudgeChoice | None) -> tuple[float, float] | None:
    """Known beforehand only of a simulated judge."""
    if judge is None or judge.finds_cannot_walk is None or judge.false_alarms is None:
        return None
    return judge.finds_cannot_walk, judge.false_alarms
