"""What the reports of Compare and Sweep share: the simplest rule, one seed as a run, judges and settings."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from jitai.corpus import TEST, StatementBook, book_of
from jitai.errors import FileFormatError
from jitai.experiments.cell import CellWork, lived_trial, run_cell
from jitai.experiments.cell_file import read_work
from jitai.experiments.comparison import ComparedRun, DayFigures, Days, Run, day_figures, side_by_side
from jitai.experiments.headline import InSetting
from jitai.experiments.judgements import JudgeResponses
from jitai.experiments.spec import Cell, Condition, ExperimentSpec, JudgeChoice, Method
from jitai.experiments.store import Store, StoredCell, StoredExperiment
from jitai.experiments.words import name_of
from jitai.judge.calibration import Measured
from jitai.player.contract import Answer, PlayerRun, axes_for, line_of, many_seeds_line
from jitai.policies.registry import PolicySpec
from jitai.records import Decision, JudgeReference, Label, Role, Verdict
from jitai.report.page import (
    Html,
    again,
    code,
    element,
    list_of_settings,
    paragraph,
    rows_table,
    section,
    sources,
    text,
)
from jitai.report.run_player import player_run
from jitai.report.shown import accuracy, in_one_line, method_settings, participant_name, settings_rows
from jitai.statistics import interval_of_share
from jitai.trial.filters import NONE, VETO, FilterSettings, FilterSpec
from jitai.trial.scenario import Played, compose, play

WorkOf = Callable[[StoredCell], CellWork | None]
"""Gives what decided a stored cell; None where its file cannot be read."""
ADDED = " (added here)"


class ExperimentInputs(NamedTuple):
    """What a report is made of, beside stored results.

    Attributes:
        description: of the experiment, as YAML.
        command: that runs it again.
        work_of: of its cells; see ``work_of``.
        measured: how often a judge is right on held-out statements, by its name; judges that nobody measured are
            left out.
        link: that opens the page; empty without.
    """

    description: str
    command: str
    work_of: WorkOf
    measured: Mapping[str, Measured] = {}
    link: str = ""


class Compared(NamedTuple):
    """The methods of one participant, as a page compares them.

    Attributes:
        condition: the participant.
        lines: in the page's order.
        days: of each line; None where they could not be read.
        base: of all differences; it has a line.
        asked: of which the answer speaks; None for the usual one.
        settings: the same question in all settings of the experiment.
    """

    condition: Condition
    lines: Sequence[ComparedRun]
    days: Sequence[DayFigures | None]
    base: Run
    asked: ComparedRun | None = None
    settings: Sequence[InSetting] = ()


def work_of(store: Store) -> WorkOf:
    """Look up cells in a store."""

    def found(stored: StoredCell) -> CellWork | None:
        try:
            return read_work(store.steps_file(stored.key))
        except FileFormatError:
            return None

    return found


def learns_nothing(method: Method) -> bool:
    """Whether a method is a rule that is fixed beforehand, with a judge or without."""
    return method.policy.policy.role == Role.PLAIN


def with_simplest_rule(compared: Compared, work_of: WorkOf) -> Compared:
    """Add the simplest rule where no rule was compared: tailored to the context read, with the judge if one reads.

    It is run under the same seeds and, where there is a judge, with the same verdicts; a tenth of a second.
    """
    runs = [line.run for line in compared.lines]
    if any(learns_nothing(run.stored.cell.method) for run in runs):
        return compared
    reading = next((run for run in runs if run.stored.cell.judge is not None and not run.is_pinned), None)
    work = None if reading is None else work_of(reading.stored)
    responses = None if work is None else work.readings
    method = (
        Method("LLM+tailored", PolicySpec("tailored"), FilterSpec(VETO))
        if responses
        else Method("Tailored", PolicySpec("tailored"))
    )
    seeds = compared.base.seeds
    config = compared.condition.config
    outcome = run_cell(CellWork(method.trial(config, None), seeds.start, len(seeds), responses))
    judge = reading.stored.cell.judge if reading is not None and responses else None
    stored = StoredCell(
        Cell(compared.condition, method, judge), "", outcome.figures, outcome.result.total_steps, outcome.seconds
    )
    rule = Run(name_of(method) + ADDED, compared.base.experiment, seeds, stored)
    log = outcome.result
    executed = np.where(log.lived, log.executed_action, -1)
    days = Days(
        log.lived, np.where(log.lived, log.step_count, 0.0), executed, log.lived & (log.can_walk == 1), log.belief
    )
    lines = [*compared.lines, side_by_side([rule], compared.base)[0]]
    return compared._replace(lines=lines, days=[*compared.days, day_figures(days)])


def lived_again(
    stored: StoredCell, work: CellWork, kinds: Sequence[str], seed: int, tolerance: float = 0.0
) -> Played | None:
    """One seed of a cell as a run, day by day.

    Args:
        stored, work: the cell, and what decided it.
        kinds: of the experiment's statements.
        seed: one of the cell's.
        tolerance: steps by which the run may differ from what is stored, where that is rounded.
    Returns: None where the run does not earn what is stored, as other statements or other code made that.
    """
    spec, choice = replace(lived_trial(work), seed=seed), stored.cell.judge
    if work.readings is None or choice is None:
        played = play(compose(spec, book_of(TEST, kinds), kinds=tuple(kinds)))
    else:
        rates, book = choice.error_rates, book_of(TEST, kinds)
        known = _by_words(book, work.readings, spec.filter.settings) if rates is None else {}
        if known is None:
            return None
        reference = JudgeReference(choice.key, choice.prompt, name=choice.name, error_rates=rates)
        played = play(compose(spec, book, judge=reference, verdicts=known, kinds=tuple(kinds)))
    # The same steps, added up in another order.
    same = math.isclose(played.total_steps, stored.totals[seed - work.first_seed], rel_tol=1e-9, abs_tol=tolerance)
    return played if same else None


def _by_words(book: StatementBook, responses: JudgeResponses, settings: FilterSettings) -> dict[str, Verdict] | None:
    """Verdicts by the words; None if the book has more or fewer statements now."""
    verdicts = responses.verdicts(settings)
    found: dict[str, Verdict] = {}
    for label, known in ((Label.CAN_WALK, verdicts.if_able), (Label.CANNOT_WALK, verdicts.if_unable)):
        if len(book.by_label[label]) != len(known):
            return None
        found |= {item.text: verdict for item, verdict in zip(book.by_label[label], known, strict=True)}
    told = [story.statements for story in book.stories] if verdicts.stories else []
    if [len(story) for story in told] != [len(story) for story in verdicts.stories]:
        return None
    for story, said in zip(told, verdicts.stories, strict=True):
        found |= {item.text: verdict for item, verdict in zip(story, said, strict=True)}
    return found


def one_seed(line: ComparedRun, base: Run, kinds: Sequence[str], work_of: WorkOf) -> PlayerRun | str:
    """The seed whose difference is nearest to the mean, for the player: a method, and the base as its twin.

    Args:
        line: of the method, paired with the base.
        base: what it is compared with.
        kinds: of the experiment's statements.
        work_of: of the cells.
    Returns: the run; or why there is none, as a sentence.
    """
    assert line.against is not None
    differences = line.run.stored.totals - base.stored.totals
    seed = base.seeds[int(np.argmin(np.abs(differences - differences.mean())))]
    works = [work_of(item.stored) for item in (line.run, base)]
    if works[0] is None or works[1] is None:
        return "No run is shown: the days of single seeds are not kept here. The Live page plays one."
    run, twin = (
        lived_again(item.stored, work, kinds, seed)
        for item, work in zip((line.run, base), works, strict=True)
        if work is not None
    )
    if run is None or twin is None:
        return "No run is shown: this version has other statements or other code than the one that made the numbers."
    found = line.against.difference
    told = "" if found.n == 1 else many_seeds_line(found.n, found.value, found.low, found.high)
    condition = line.run.stored.cell.condition
    title = participant_name(condition.config, condition.name)
    shown = player_run(run, twin, title=title, detail=f"seed {seed}", many_seeds=told)
    names = {"name": line.run.name, "short": line.run.name[:20]}
    mine = replace(shown.run, **names)  # type: ignore[arg-type]
    if shown.reference is not None and _is_twin(works[1], works[0]):
        return replace(shown, run=mine, reference=replace(shown.reference, name=base.name, short=base.name[:20]))
    # Why two policies differ is not told: the player's words for it are about listening.
    reference = line_of(twin.records, key="twin", name=base.name, short=base.name[:20])
    return replace(
        shown, run=replace(mine, split=None), reference=reference,
        axes=replace(axes_for(mine, reference), weighing=shown.axes.weighing),
        answer=Answer(f"Does {line.run.name} earn more than {base.name}?", line.run.name, f"under {base.name}"),
    )  # fmt: skip


def _is_twin(other: CellWork, work: CellWork) -> bool:
    """Whether a cell is another one without the judge; what a belief would assume of a judge makes no difference."""
    same = ("config", "policy", "assumed")
    alike = all(getattr(other.trial, name) == getattr(work.trial, name) for name in same)
    return alike and other.readings is None and other.trial.filter.key == NONE


def judges(choices: Sequence[JudgeChoice], cells: Sequence[StoredCell], inputs: ExperimentInputs) -> Html:
    """Who read, and how good each of them is; of many simulated judges, that they differ in their error alone."""
    if not choices:
        return section("The judge", paragraph("Nobody reads the text here."))
    if len(choices) > _MANY and all(choice.is_simulated for choice in choices):
        names = f"{len(choices)} simulated judges, from “{choices[0].name}” to “{choices[-1].name}”. {_SET}"
        return section("The judges", paragraph(names))
    parts = []
    for choice in choices:
        stored = next((item for item in cells if item.cell.judge == choice), None)
        work = None if stored is None else inputs.work_of(stored)
        responses = None if work is None else work.readings
        if choice.error_rates is not None:
            finds, alarms = choice.error_rates
            rows = [("It recognises “cannot walk”", f"{100 * finds:g} %"), ("False alarms", f"{100 * alarms:g} %")]
            parts += [paragraph(choice.name), rows_table(rows), paragraph(_SET, "muted")]
            continue
        parts.append(paragraph(choice.name if responses is None else f"{choice.name}: {responses.judge}"))
        if responses is not None and work is not None:
            parts += [rows_table(_read_here(responses, work.trial.filter.settings)), paragraph(_READ_HERE, "muted")]
        parts.append(accuracy(inputs.measured.get(choice.name)))
    return section("The judge" if len(choices) == 1 else "The judges", *parts, kind="together")


_MANY = 3
_SET = "Its errors are set, not measured: it knows the truth of each statement and errs at these rates."
_READ_HERE = (
    "On the statements that participants write here; the 95 % interval is Wilson’s. Unsure is counted as wrong."
)


def _read_here(responses: JudgeResponses, settings: FilterSettings) -> list[tuple[str, str]]:
    verdicts = responses.verdicts(settings)
    rows = []
    for what, known, right in (
        ("Who cannot walk is heard", verdicts.if_unable, Decision.HOLD_BACK),
        ("Who can walk is sent a message", verdicts.if_able, Decision.SEND),
    ):
        share = sum(verdict.decision == right for verdict in known) / len(known)
        low, high = interval_of_share(share, len(known))
        rows.append((f"{what} ({len(known):,})", f"{100 * share:.0f} % ({100 * low:.0f} to {100 * high:.0f} %)"))
    return rows


def settings_sections(runs: Sequence[Run], spec: ExperimentSpec) -> Html:
    """What is set of each method and of the participant."""
    rows = []
    for run in runs:
        cell = run.stored.cell
        trial = cell.method.trial(cell.condition.config, None if cell.judge is None else cell.judge.error_rates)
        assumed = (
            {} if trial.model is None else {"assumed instead of the truth": in_one_line(cell.method.model.items())}
        )
        given = in_one_line([*method_settings(trial), *assumed.items()])
        own = "" if run.name == cell.method.name else f" ({cell.method.name})"
        rows.append((run.name + own, f"{trial.policy.policy.label}. {trial.filter.filter.label}. {given}"))
    varied = [name for name, values in spec.axes if len(values) > 1]
    note = f"These vary, so their values here are not used: {', '.join(varied)}." if varied else ""
    return Html(
        section("Settings of the methods", rows_table(rows, "long"))
        + section(
            "Settings of the participant", list_of_settings(settings_rows(spec.participant)), paragraph(note, "muted")
        )
    )


def ending(found: StoredExperiment, inputs: ExperimentInputs) -> Html:
    """What was assumed, the sources, and how the same is had again."""
    spec = found.spec
    reads = any(not judge.is_simulated for judge in spec.judges_needed())
    kinds = ", ".join(kind.replace("_", " ") for kind in spec.kinds)
    words = f" They write held-out statements of this project of the kinds {kinds}." if reads else ""
    assumed = (
        "All participants are simulated: habituation, disengagement risk and ability to walk follow the published "
        f"equations.{words} All methods meet the same seeds, that is the same contexts, abilities, statements and "
        "luck, so differences are taken seed by seed. Intervals are Student’s t at 95 %. The best possible is "
        "computed by dynamic programming with full information; no method can have it."
    )
    whole = (
        "" if found.n_finished == found.n_cells else f"Not complete: {found.n_finished:,} of {found.n_cells:,} cells. "
    )
    made = f"{whole}Made with {', '.join(f'{name} {number}' for name, number in found.versions.items())}."
    return Html(
        section(
            "What was assumed",
            paragraph(spec.description),
            paragraph(assumed),
            paragraph(made, "muted"),
            kind="together",
        )
        + sources()
        + again(inputs.command, inputs.link, element("h3", text(f"{spec.identifier}.yaml")), *_description(inputs))
    )


def _description(inputs: ExperimentInputs) -> list[Html]:
    """The experiment as YAML; folded, and so not printed, where it is long."""
    whole = code(inputs.description)
    if len(inputs.description) <= _MOST_PRINTED:
        return [whole]
    why = f"{len(inputs.description):,} characters: unfold them"
    return [element("details", element("summary", text(why)), whole)]


_MOST_PRINTED = 2_000
"""Characters of a description that are printed: less than a page."""
