"""Turns played scenarios into what the player takes."""

import math
from collections.abc import Sequence
from dataclasses import replace

from jitai.glossary import meaning
from jitai.player.contract import (
    LETTERS,
    Answer,
    Axes,
    Line,
    Options,
    PlayerRun,
    RevealedSplit,
    Split,
    Weighing,
    axes_for,
    line_of,
    many_seeds_line,
)
from jitai.records import StepRecord
from jitai.report.why import Comparison, why_sentences
from jitai.simulator.config import SimulatorConfig
from jitai.statistics import interval_of_difference
from jitai.trial.attribution import attribute
from jitai.trial.loop import run_trial
from jitai.trial.saved_run import SavedBranch
from jitai.trial.scenario import Played, Scenario, play
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import Verdicts

BranchOnPaper = tuple[Played, Line]
"""A branch as it was played, and as it is drawn."""
WITHOUT_JUDGE, UNREAD = "without the judge", "with the text unread"
_ROOM = 0.5
"""Share of the optimum for which the scales have room, whatever the run earns."""
_OFTEN_NOTHING = ("chance", "outside")
"""Parts that most runs do not have; they are then left out."""
_TERMS = {
    "steps": "steps", "habituation": "habituation", "risk": "disengagement risk", "sensor": "context reading",
    "policy": "policy", "words": "words", "judge": "P(send)", "done": "held back",
    "truth": "could not walk",
}  # fmt: skip
"""Which word of the glossary is explained at which place of the player."""
MANY_SEEDS = 200
"""Seeds that stand beside one run, so that nobody takes it for evidence."""


def twin_name(spec: TrialSpec) -> str:
    """Return what the twin of a run is, for the middle of a sentence."""
    return UNREAD if spec.policy.uses_belief else WITHOUT_JUDGE


def comparison_of(config: SimulatorConfig, records: Sequence[StepRecord], twin: Played) -> Comparison:
    """Return a run, or its first days, beside its twin, with the difference split."""
    return Comparison(records, twin.records, attribute(config, records, twin.records), twin_name(twin.scenario.spec))


def split_of(compared: Comparison, *, with_truth: bool) -> Split:
    """Return why a line differs from another, day by day, as the player shows it.

    Args:
        compared: the two lines.
        with_truth: whether what was true may be sent to the browser.
    """

    n_days, first = len(compared.parts), compared.first_day
    shown = [compared.up_to(day).shown for day in range(first, first + n_days)]

    def column(name: str) -> tuple[int, ...]:
        values = tuple(int(getattr(parts, name)) for parts in shown)
        return values if any(values) or name not in _OFTEN_NOTHING else ()

    told = None
    if with_truth:
        told = RevealedSplit(
            held_rightly=column("held_rightly"),
            held_wrongly=column("held_wrongly"),
            proposed=column("proposed"),
            outside=column("outside"),
            sentences=why_sentences(compared, n_days, revealed=True),
        )
    return Split(
        stayed=column("stayed"),
        fresher=column("fresher"),
        action=column("action"),
        chance=column("chance"),
        sentences=why_sentences(compared, n_days, revealed=False),
        revealed=told,
    )


def player_run(
    run: Played,
    twin: Played,
    *,
    title: str,
    detail: str = "",
    many_seeds: str = "",
    options: Options | None = None,
    remembered: bool = False,
    with_truth: bool = True,
    best: Played | None = None,
    identity: str = "",
    complete: bool = True,
    arrives: bool = False,
) -> PlayerRun:
    """Return a run beside its twin, for the player.

    Args:
        run: as it was played.
        twin: the same days without the judge.
        title: of the setting, such as the participant's name.
        detail: after the title: seed, judge.
        many_seeds: of ``many_seeds_sentence``; empty without.
        options: what may be done with the player.
        remembered: whether the verdicts came with the scenario, rather than from the judge at hand.
        with_truth: whether what was true goes with it.
        best: the same days under the best possible policy; None where nobody asks for it.
        identity: of the run; made from its numbers if empty, which only a complete run has.
        complete: whether all days are there; False while they are still being read.
        arrives: whether its days came one by one: the scales were then fixed before anybody knew what it earns.
    """
    spec = run.scenario.spec
    config = spec.config
    reads = run.scenario.is_read
    # Of a run that is still being read, only the days that are there can be compared.
    others = twin.records if complete else twin.records[: len(run.records)]
    compared = comparison_of(config, run.records, twin._replace(records=others))
    why = split_of(compared, with_truth=with_truth) if reads else None
    mine = line_of(
        run.records, key="run", name="This run", split=why, remembered=remembered, with_truth=with_truth,
        complete=complete,
    )  # fmt: skip
    reference = None
    if reads:
        name = twin_name(spec).capitalize()
        reference = line_of(twin.records, key="twin", name=name, with_truth=with_truth)
    ideal = None if best is None else line_of(best.records, key="best", name="The optimum", with_truth=False)
    return PlayerRun(
        identity=identity or f"{spec.seed}-{len(run.records)}-{run.total_steps!r}",
        title=title,
        detail=detail,
        days=config.study_length,
        run=mine,
        reference=reference,
        axes=_axes((*run.records, *twin.records), ideal if arrives else mine, reference, ideal=ideal),
        answer=Answer(without=twin_name(spec)),
        many_seeds=many_seeds,
        best_total=None if best is None else best.total_steps,
        start_habituation=config.initial_habituation,
        start_risk=config.initial_disengagement,
        leaves_at=config.disengagement_threshold,
        unsure=_unsure_band(run.scenario) if reads else None,
        options=options or Options(),
        terms=tuple((place, meaning(term)) for place, term in _TERMS.items()),
    )


def _unsure_band(scenario: Scenario) -> tuple[float, float]:
    """Between which P(send) the judge counts as unsure: a simulated one never does."""
    settings = scenario.spec.filter.settings
    return (0.5, 0.5) if scenario.is_simulated else (settings.unsure_low, settings.unsure_high)


def branch_line(
    branch: Played,
    run: Played | None,
    *,
    key: str,
    name: str,
    letter: str,
    first_day: int,
    remembered: bool = False,
    with_truth: bool = True,
) -> Line:
    """Return a branch beside the run, with the difference split against it.

    Args:
        branch: as it was played.
        run: as it was played; None while it is still being read, which leaves out why they differ.
        key, name, letter: of the line.
        first_day: that was changed, from 1; until then the two are the same.
        remembered, with_truth: as for ``player_run``.
    """
    split = None
    if run is not None:
        parts = attribute(branch.scenario.spec.config, branch.records, run.records)[first_day - 1 :]
        compared = Comparison(branch.records, run.records, parts, "in this run", letter, first_day)
        split = split_of(compared, with_truth=with_truth)
    return line_of(
        branch.records, key=key, name=name, letter=letter, first_day=first_day, split=split, remembered=remembered,
        with_truth=with_truth,
    )  # fmt: skip


def played_branches(saved: Sequence[SavedBranch], run: Played) -> list[BranchOnPaper]:
    """Return branches from a file, as they are lived and as they are drawn.

    Raises: VerdictMissing if words of one have no verdict.
    """
    found = []
    for branch, letter in zip(saved, LETTERS, strict=False):
        lived = play(branch.scenario)
        key = f"branch-{letter}"
        line = branch_line(lived, run, key=key, name=branch.name, letter=letter, first_day=branch.first_day)
        found.append((lived, line))
    return found


def many_seeds_sentence(spec: TrialSpec, verdicts: Verdicts | None, n_seeds: int = MANY_SEEDS) -> str:
    """Return in one line what many seeds say: the paired difference between the run and its twin.

    Args:
        spec: of the run; its own seed is not used.
        verdicts: of its judge, on every statement of the book; None where nobody reads, which leaves nothing to say.
        n_seeds: studies, at least 2.
    """
    if verdicts is None or not spec.uses_text:
        return ""
    seeds = range(n_seeds)
    gains = run_trial(spec, seeds, verdicts).total_steps - run_trial(spec.without_filter(), seeds, None).total_steps
    found = interval_of_difference(gains)
    return many_seeds_line(n_seeds, found.value, found.low, found.high)


def _axes(records: Sequence[StepRecord], *lines: Line | None, ideal: Line | None) -> Axes:
    """Return the fixed scales, with room for what a branch may earn more, and what the policy's four numbers are."""
    if ideal is not None:
        lines = (*lines, replace(ideal, steps=tuple(_ROOM * steps for steps in ideal.steps)))
    proposals = [record.proposal for record in records]
    shown = [number for proposal in proposals for number in proposal.preference]
    if not shown:
        return axes_for(*lines)
    first = proposals[0]
    label = (
        "today’s draw, in steps" if first.sampled_rewards
        else "expected steps to come" if first.steps_to_come
        else "probability of each action" if first.action_probabilities
        else "expected steps to come, discounted"
    )  # fmt: skip
    if first.action_probabilities:
        return axes_for(*lines, weighing=Weighing(label, 0.0, 1.0))
    low, high = 10 * math.floor(min(0.0, *shown) / 10), 10 * math.ceil(max(10.0, *shown) / 10)
    return axes_for(*lines, weighing=Weighing(label, float(low), float(high)))
