"""One cell of a grid: all seeds of one trial at once. The same function runs here and on a cluster."""

import ast
import hashlib
import importlib
import math
import pickle
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jitai.errors import ParameterError
from jitai.experiments.judgements import JudgeResponses, responses_from_mapping
from jitai.policies.baselines import NeverPolicy
from jitai.policies.optimum import optimum
from jitai.policies.registry import PolicySpec
from jitai.records import Action
from jitai.seeding import MAX_SEEDS
from jitai.simulator.config import SimulatorConfig
from jitai.statistics import Estimate, interval_of_difference, interval_of_mean
from jitai.trial.coin import with_matched_coin
from jitai.trial.filters import FilterSpec
from jitai.trial.loop import run_trial
from jitai.trial.spec import TrialSpec, digest, trial_from_mapping
from jitai.trial.trial_log import TrialLog
from jitai.trial.verdict_table import Verdicts


@dataclass(frozen=True)
class CellWork:
    """Everything that decides a cell, and nothing else; it can be pickled, and written to JSON.

    Attributes:
        trial: settings; its own seed is not used.
        first_seed, n_seeds: of the participants.
        readings: of the judge; None where nobody reads.
    """

    trial: TrialSpec
    first_seed: int
    n_seeds: int
    readings: JudgeResponses | None

    @property
    def seeds(self) -> range:
        """Of the participants."""
        return range(self.first_seed, self.first_seed + self.n_seeds)

    @property
    def verdicts(self) -> Verdicts | None:
        """Of the judge, on every statement; None where nobody reads."""
        return None if self.readings is None else self.readings.verdicts(self.trial.filter.settings)

    @property
    def key(self) -> str:
        """Stands for what the cell's numbers depend on, code and libraries included: equal keys, equal numbers."""
        trial = self.trial.as_mapping()
        if self.trial.policy.network is not None:
            trial["policy"]["settings"] = self.trial.policy.network.digest
        return digest(
            {
                "trial": trial,
                "seeds": [self.first_seed, self.n_seeds],
                "readings": None if self.readings is None else self.readings.digest,
                "code": code_behind(self.trial),
            }
        )[:32]

    def as_mapping(self) -> dict[str, Any]:
        """Return a mapping ready for JSON; ``work_from_mapping`` reads it back."""
        return {
            "trial": self.trial.as_mapping(),
            "first_seed": self.first_seed,
            "n_seeds": self.n_seeds,
            "readings": None if self.readings is None else self.readings.as_mapping(),
        }


def work_from_mapping(mapping: Mapping[str, Any]) -> CellWork:
    """Return the work that ``as_mapping`` wrote.

    Raises: ParameterError, FileFormatError.
    """
    readings = mapping["readings"]
    first_seed, n_seeds = int(mapping["first_seed"]), int(mapping["n_seeds"])
    if not 1 <= n_seeds <= MAX_SEEDS:
        raise ParameterError(f"n_seeds is {n_seeds}: allowed is 1 to {MAX_SEEDS:,}.")
    return CellWork(
        trial_from_mapping(mapping["trial"]),
        first_seed,
        n_seeds,
        None if readings is None else responses_from_mapping(readings),
    )


@dataclass(frozen=True)
class CellFigures:
    """The figures of a cell, as means over seeds.

    Attributes:
        n: seeds.
        mean_steps, low, high: of a whole study, in steps, with the 95 % interval; low and high are NaN for one seed.
        optimum_steps: what a participant like this would walk at most, by dynamic programming.
        optimum_is_exact: whether that is a bound; earlier versions only estimated it where the response varies.
        mean_days: lived before the end or disengagement.
        share_disengaged: of the seeds.
        agreement: share of days on which a message was sent and the participant could walk, or held back and they
            could not.
        action_shares: of the days, in Action order.
        vetoes, right_vetoes: messages held back in a study, and those of them to somebody who could not walk.
        held_back_by_rule: messages held back in a study because the judge could not answer; they are no vetoes. This
            and all that follow are NaN where another version did not count them.
        never_steps: what the same participants walk if nobody ever sends them a message, in steps.
        above_never, above_never_low, above_never_high: steps above that, paired by seed, with the 95 % interval.
        steps_per_day: mean steps of a day in the study.
        unable_per_1000_days: messages sent to somebody who could not walk, per 1,000 days in the study.
        veto_precision: of the messages held back (by a verdict, not by the rule), the share to somebody who could not
            walk; NaN if none was.
        veto_recall: of the messages proposed to somebody who could not walk, the share held back; NaN if none was
            proposed.
    """

    n: int
    mean_steps: float
    low: float
    high: float
    optimum_steps: float
    optimum_is_exact: bool
    mean_days: float
    share_disengaged: float
    agreement: float
    action_shares: tuple[float, float, float, float]
    vetoes: float
    right_vetoes: float
    held_back_by_rule: float = math.nan
    never_steps: float = math.nan
    above_never: float = math.nan
    above_never_low: float = math.nan
    above_never_high: float = math.nan
    steps_per_day: float = math.nan
    unable_per_1000_days: float = math.nan
    veto_precision: float = math.nan
    veto_recall: float = math.nan

    @property
    def share_of_optimum(self) -> float:
        """The mean as a plain share of the optimum, whose zero is 0 steps; NaN if nobody can earn anything."""
        return self.mean_steps / self.optimum_steps if self.optimum_steps > 0 else math.nan

    @property
    def share_of_possible(self) -> Estimate:
        """(method - never) / (optimum - never), with its interval: 0 is never a message, 1 the optimum.

        The optimum is computed, not sampled, so the interval is that of the paired difference to never. NaN where
        messages can gain nothing.
        """
        possible = self.optimum_steps - self.never_steps
        if not possible > 0:
            return Estimate(math.nan, math.nan, math.nan, self.n)
        return Estimate(self.above_never, self.above_never_low, self.above_never_high, self.n).scaled(1 / possible)

    def as_mapping(self) -> dict[str, Any]:
        """Return a mapping ready for JSON, with None for NaN."""
        values = asdict(self)
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value for name, value in values.items()
        }


def figures_from_mapping(mapping: Mapping[str, Any]) -> CellFigures:
    """Return the figures that ``CellFigures.as_mapping`` wrote."""
    values: dict[str, Any] = {name: math.nan if value is None else value for name, value in mapping.items()}
    values["action_shares"] = tuple(values.get("action_shares", (math.nan,) * len(Action)))
    # Another version may have kept more, or less.
    return CellFigures(**{item.name: values.get(item.name, math.nan) for item in fields(CellFigures)})


@dataclass(frozen=True, eq=False)
class CellOutcome:
    """What a worker gives back.

    Attributes:
        result: every day of every seed.
        figures: what it amounts to.
        seconds: that it took.
        code: fingerprint of the code that ran it, see ``code_behind``.
    """

    result: TrialLog
    figures: CellFigures
    seconds: float
    code: str


def lived_trial(work: CellWork) -> TrialSpec:
    """Return the trial that each participant of a cell lives: a coin has its probability from all of them."""
    return with_matched_coin(work.trial, work.seeds, work.verdicts)


def run_cell(work: CellWork) -> CellOutcome:
    """Run all seeds of a cell. It touches no file, and the clock only to measure its own time.

    Raises: ParameterError if the trial cannot be run.
    """
    started = time.perf_counter()
    result = run_trial(lived_trial(work), work.seeds, work.verdicts)
    return CellOutcome(result, cell_figures(work.trial, result), time.perf_counter() - started, code_behind(work.trial))


def run_pickled_cell(modules: Sequence[str], pickled: bytes) -> CellOutcome:
    """Import modules, then run a pickled ``CellWork``: a new process knows nothing that the project does not import.

    Raises: ParameterError if this process cannot import them, or if the trial cannot be run.
    """
    try:
        for name in modules:
            importlib.import_module(name)
        work: CellWork = pickle.loads(pickled)  # noqa: S301 - the engine made it
    except (ImportError, AttributeError) as error:
        raise ParameterError(
            f"A worker cannot import what defines a policy or a filter of this cell ({', '.join(modules)}): {error}.",
            "Install that module, or put its folder on PYTHONPATH, on every machine that computes cells.",
        ) from error
    return run_cell(work)


def cell_figures(trial: TrialSpec, result: TrialLog) -> CellFigures:
    """Return the figures of a cell from its days."""
    mean = interval_of_mean(result.total_steps)
    lived = result.lived
    sent, able = result.executed_action != Action.NO_MESSAGE, result.can_walk == 1
    held_back = lived & (result.candidate_action != Action.NO_MESSAGE) & ~sent
    vetoed = held_back & ~result.rule_stood_in
    days = lived.sum(axis=1)
    to_unable = lived & ~able
    proposed_to_unable = to_unable & (result.candidate_action != Action.NO_MESSAGE)
    never = _never_steps(trial.config, result.seeds)
    above = interval_of_difference(result.total_steps - never)
    counts = [int((lived & (result.executed_action == action)).sum()) for action in Action]
    shares = [count / int(lived.sum()) for count in counts]
    return CellFigures(
        n=len(result.seeds),
        mean_steps=mean.value,
        low=mean.low,
        high=mean.high,
        optimum_steps=optimum(trial.config).value(),
        optimum_is_exact=True,
        mean_days=float(days.mean()),
        share_disengaged=float(result.disengaged.mean()),
        agreement=float(agreement_by_seed(lived, sent, able).mean()),
        action_shares=(shares[0], shares[1], shares[2], shares[3]),
        vetoes=float(vetoed.sum(axis=1).mean()),
        right_vetoes=float((vetoed & ~able).sum(axis=1).mean()),
        held_back_by_rule=float((held_back & result.rule_stood_in).sum(axis=1).mean()),
        never_steps=float(never.mean()),
        above_never=above.value,
        above_never_low=above.low,
        above_never_high=above.high,
        steps_per_day=float(result.step_count.sum()) / int(lived.sum()),
        unable_per_1000_days=1000 * int((to_unable & sent).sum()) / int(lived.sum()),
        veto_precision=_share(vetoed & ~able, vetoed),
        veto_recall=_share(proposed_to_unable & vetoed, proposed_to_unable),
    )


def _share(part: npt.NDArray[np.bool_], whole: npt.NDArray[np.bool_]) -> float:
    """Return which share of some days others are; NaN if there are none."""
    return int(part.sum()) / int(whole.sum()) if whole.any() else math.nan


@lru_cache(maxsize=4)
def _never_steps(config: SimulatorConfig, seeds: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return the steps of the same participants without any message, shape (n_seeds,); cached for the next method."""
    never = TrialSpec(config, PolicySpec(NeverPolicy.key)).without_filter()
    steps: npt.NDArray[np.float64] = run_trial(never, seeds, None).total_steps
    return steps


def agreement_by_seed(
    lived: npt.NDArray[np.bool_], sent: npt.NDArray[np.bool_], able: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Return the share of each seed's days on which the action fits the walk state: shape (n_seeds,)."""
    share: npt.NDArray[np.float64] = (lived & (sent == able)).sum(axis=1) / lived.sum(axis=1)
    return share


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries whose arithmetic and random numbers make the figures."""
    return {name: version(name) for name in ("numpy", "scipy")}


def modules_outside(policy: PolicySpec, filtering: FilterSpec) -> tuple[str, ...]:
    """Return the modules outside the project that define a policy, a filter or their settings, sorted by name."""
    parts = (policy.policy, type(policy.settings), filtering.filter, type(filtering.settings))
    names = {base.__module__ for part in parts for base in part.__mro__}
    inside = {__name__.partition(".")[0], *sys.stdlib_module_names} - {"__main__"}
    return tuple(sorted(name for name in names if name.partition(".")[0] not in inside))


def code_behind(trial: TrialSpec) -> str:
    """Return ``code_fingerprint``, or one that changes with the modules outside the project too where a trial has any.

    Raises: ParameterError if such a module has no source file.
    """
    outside = modules_outside(trial.policy, trial.filter)
    if not outside:
        return code_fingerprint()
    sources = sorted(_digest_of_source(name) for name in outside)
    return hashlib.sha256("".join([code_fingerprint(), *sources]).encode()).hexdigest()[:16]


def _digest_of_source(module: str) -> str:
    """Return the SHA-256 of the source of an imported module.

    Raises: ParameterError if it has none.
    """
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None or not Path(file).is_file():
        raise ParameterError(
            f"A policy or a filter is defined in {module!r}, which has no source file, so a stored cell could not say "
            "which code made it.",
            "Put the class into a module of its own, and import it.",
        )
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


@cache
def code_fingerprint() -> str:
    """Return 16 hexadecimal digits that change with the code that decides results, NumPy's and SciPy's included.

    The code is this module and every module of the project that it imports, directly or not: nobody keeps a list.
    """
    hashed = hashlib.sha256(repr(library_versions()).encode())
    for source in _sources_behind(__name__):
        hashed.update(source.read_bytes())
    return hashed.hexdigest()[:16]


def _sources_behind(module: str) -> list[Path]:
    """Return the source files of a module and of all that it imports from the project, sorted by name."""
    package = Path(__file__).parents[1]
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or name.split(".")[0] != package.name:
            continue
        place = package.joinpath(*name.split(".")[1:])
        source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if not source.is_file():
            continue  # a name inside a module, not a module
        found[name] = source
        waiting.append(name.rpartition(".")[0])
        for node in ast.walk(ast.parse(source.read_bytes())):
            if isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
    return [found[name] for name in sorted(found)]
