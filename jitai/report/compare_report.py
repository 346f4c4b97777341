"""The report of a comparison: the answer with its interval, one seed in the player, all methods with all numbers."""

import math
from collections.abc import Sequence

import numpy as np

from jitai.experiments.comparison import (
    OF_BEST,
    OF_POSSIBLE,
    OUTCOMES_IN_WORDS,
    ComparedRun,
    answer_in_words,
    in_brackets,
    percent,
    seeds_in_words,
    table_rows,
    told_lines,
)
from jitai.experiments.headline import headline as answer
from jitai.experiments.headline import why_in_words
from jitai.experiments.store import StoredExperiment
from jitai.records import Action, Role
from jitai.report.experiment import (
    ADDED,
    Compared,
    ExperimentInputs,
    ending,
    judges,
    learns_nothing,
    one_seed,
    settings_sections,
    with_simplest_rule,
)
from jitai.report.figures import MAX_TICKS, Curve, Row, curves_figure, rows_figure
from jitai.report.page import Html, grid_table, headline, page, paragraph, section
from jitai.report.run_report import player_fragment_of
from jitai.report.shown import participant_name
from jitai.statistics import paired_difference
from jitai.text_format import signed

_MOST_CURVES = 5
_COLUMNS = ("Method", "Steps", "95 %", "n", OF_POSSIBLE, OF_BEST)
_NOT_RECORDED = "–"
_DASHES = "A dash: not recorded for this method, or nothing was held back."
_OUTCOMES = (
    "Leave early", "Length", "Steps a day in the study", "To somebody unable", "Held back, right", "Unable, held back"
)  # fmt: skip


def compare_report(found: StoredExperiment, participants: Sequence[Compared], inputs: ExperimentInputs) -> str:
    """One HTML file of a comparison, which opens from disk.

    Args:
        found: the experiment.
        participants: what is compared, one entry for each participant; the first gives headline and player.
        inputs: what else stands in it.
    """
    first = participants[0]
    shown = [with_simplest_rule(compared, inputs.work_of) for compared in participants]
    told = told_lines(first.lines) if first.asked is None or first.asked.against is None else [first.asked]
    several = len(shown) > 1
    parts = [
        *_answer(shown[0], told),
        paragraph(_rule_in_words(shown[0], told)),
        paragraph(_about(first), "muted"),
        *_elsewhere(first),
    ]
    for compared in shown:
        parts += _one_participant(compared, told, f": {compared.condition.name}" if several else "")
    runs = [line.run for line in shown[0].lines]
    parts += [
        _player(found, first, told, inputs),
        judges(found.spec.judges_needed(), [run.stored for run in runs], inputs),
        settings_sections(runs, found.spec),
        ending(found, inputs),
    ]
    return page(f"{found.spec.name}: a comparison of simulated studies", "report of a comparison", *parts)


def _answer(compared: Compared, told: Sequence[ComparedRun]) -> list[Html]:
    """The page's heading, what qualifies it, where a gain comes from, and how sure it is."""
    base = next(line for line in compared.lines if line.run is compared.base)
    asked = told[0] if told else base
    said = answer(compared.lines, asked, base, compared.settings)
    return [
        headline(said.title, said.marked, is_loss=said.is_gain is False),
        paragraph(" ".join(said.second), "lead"),
        paragraph(why_in_words(asked, base), "lead"),
        paragraph(said.small, "muted"),
    ]


def _elsewhere(compared: Compared) -> list[Html]:
    """The same question in the other settings of the experiment; nothing where there is one alone."""
    if len(compared.settings) < 2:
        return []
    rows = [
        Row(
            item.name, "told" if item.is_here else "other", item.difference,
            f"{signed(item.difference.value)} ({in_brackets(item.difference, '+,.0f')})",
        )
        for item in compared.settings
    ]  # fmt: skip
    figure = rows_figure(rows, "steps more", [(0.0, f"as {compared.base.name}", False)])
    note = "In bold: the setting of the answer above. Diamond and bar: mean difference and its 95 % interval."
    return [section("Is it so in the other settings?", figure, paragraph(note, "muted"), kind="together")]


def _rule_in_words(compared: Compared, told: Sequence[ComparedRun]) -> str:
    """How the best rule that learns nothing fares against the method that the answer is about."""
    rules = [line for line in compared.lines if learns_nothing(line.run.stored.cell.method)]
    best = max(rules, key=lambda line: line.total.value)
    name = best.run.name.removesuffix(ADDED)
    subject = told[0] if told else next(line for line in compared.lines if line.run is compared.base)
    said = f"{name}, a rule that learns nothing, earns {best.total.value:,.0f} steps"
    if best.run.name == subject.run.name or best.run.seeds != subject.run.seeds:
        return f"{said} (95 % {in_brackets(best.total)})."
    found = paired_difference(best.run.stored.totals, subject.run.stored.totals).difference
    return f"{said}: {found.value:+,.0f} against {subject.run.name} (95 % {in_brackets(found, '+,.0f')})."


def _about(compared: Compared) -> str:
    days = compared.condition.config.study_length
    numbers = sorted({line.total.n for line in compared.lines})
    name = participant_name(compared.condition.config, compared.condition.name)
    return f"{name}; {days} days; {seeds_in_words(numbers)} a method, {_pairs(compared)}."


def _pairs(compared: Compared) -> str:
    other = [line.run.name for line in compared.lines if line.against is None and line.run is not compared.base]
    return f"all but {', '.join(other)} paired" if other else "paired by seed"


def _player(found: StoredExperiment, compared: Compared, told: Sequence[ComparedRun], inputs: ExperimentInputs) -> Html:
    """One seed of the method that the answer is about, beside the base; or why there is none."""
    if not told:
        return Html("")
    if told[0].run.is_pinned or compared.base.is_pinned:
        return paragraph(
            "No run is shown: a pinned run stands in the answer, and its experiment is another one.", "muted"
        )
    run = one_seed(told[0], compared.base, found.spec.kinds, inputs.work_of)
    if isinstance(run, str):
        return paragraph(run, "muted")
    note = "One seed, the one whose difference is nearest to the mean: an example, not evidence."
    return section("One of these people", paragraph(note, "muted"), player_fragment_of(run), kind="example")


def _one_participant(compared: Compared, told: Sequence[ComparedRun], suffix: str) -> list[Html]:
    lines, base = compared.lines, compared.base
    looks = _looks(compared, told)
    best = [line.run.stored.figures.optimum_steps for line in lines]
    exact = lines[0].run.stored.figures.optimum_is_exact
    agree = all(math.isclose(steps, best[0]) for steps in best)
    name = f"the most that this participant could be expected to walk, {'' if exact else 'about '}{best[0]:,.0f} steps"
    totals = [
        Row(
            line.run.name,
            look,
            line.total,
            f"{line.total.value:,.0f}, {percent(line.possible.value)} of possible",
            line.run.stored.totals,
        )
        for line, look in zip(lines, looks, strict=True)
    ]
    differences = [
        Row(
            line.run.name,
            look,
            line.against.difference,
            f"{signed(line.against.difference.value)} ({in_brackets(line.against.difference, '+,.0f')})",
        )
        for line, look in zip(lines, looks, strict=True)
        if line.against is not None
    ]
    cut = f", the first {MAX_TICKS}" if lines[0].total.n > MAX_TICKS else ""
    ticks = f"Ticks: single studies{cut}. Diamond and bar: mean and its 95 % interval. {OF_POSSIBLE}: see below."
    lines_through = [(best[0], name, True)] if agree else []
    parts = [
        section(
            f"Steps in a whole study{suffix}",
            rows_figure(totals, "steps", lines_through), paragraph(ticks, "muted"), kind="together",
        )
    ]  # fmt: skip
    if differences:
        parts.append(
            section(
                f"Steps more than {base.name}, seed by seed{suffix}",
                paragraph(answer_in_words(lines, base)),
                rows_figure(differences, "steps", [(0.0, f"as {base.name}", False)]), kind="together",
            )
        )  # fmt: skip
    parts.append(section(f"All numbers{suffix}", *_tables(compared)))
    parts += _over_the_days(compared, looks, suffix)
    return parts


def _looks(compared: Compared, told: Sequence[ComparedRun]) -> list[str]:
    """Which colour a method has: the told one, the base, a rule, a planner, or another."""

    def look(line: ComparedRun) -> str:
        method = line.run.stored.cell.method
        if told and line.run.name == told[0].run.name:
            return "told"
        if line.run is compared.base:
            return "base"
        if learns_nothing(method):
            return "rule"
        return "planner" if method.role == Role.PLANNER else "other"

    return [look(line) for line in compared.lines]


def _tables(compared: Compared) -> list[Html]:
    """All numbers of the page's table, to the digit, with n and ties, in two tables that fit a sheet."""
    rows = table_rows(compared.lines, compared.days, compared.base)
    against = f"Against {compared.base.name}"
    first, second, third = [], [], []
    for row, line, about in zip(rows, compared.lines, compared.days, strict=True):
        first.append(
            (row["Method"], row["Steps"], row["95 %"], f"{line.total.n:,}", row[OF_POSSIBLE], row[OF_BEST],
             row[against], row["95 %, paired"], row["Of 100 seeds"])
        )  # fmt: skip
        shares = (
            [_NOT_RECORDED] * len(Action)
            if about is None
            else [f"{100 * share:.0f} %" for share in about.action_shares]
        )
        second.append((row["Method"], *shares, row["Fits ability"] or _NOT_RECORDED))
        third.append((row["Method"], *(row[name] or _NOT_RECORDED for name in _OUTCOMES)))
    actions = [action.label.capitalize() for action in Action]
    dashes = _DASHES if any(about is None for about in compared.days) else ""
    return [
        grid_table((*_COLUMNS, against, "95 %, paired", "Of 100 seeds"), first),
        paragraph(
            f"{OF_POSSIBLE}: never a message is 0 %, the best possible 100 %. {OF_BEST}: 0 steps are 0 %. Paired: the "
            "difference is taken seed by seed. Of 100 seeds: on how many the method earned more than "
            f"{compared.base.name}, exactly as much, and less.", "muted",
        ),
        grid_table(("Method", *_OUTCOMES), third),
        paragraph(f"{OUTCOMES_IN_WORDS} {dashes}".strip(), "muted"),
        grid_table(("Method", *actions, "Fits ability"), second),
        paragraph(
            "Actions: shares of all days lived. Fits ability: the share of a study's days on which a message was sent "
            "to somebody who could walk, or none to somebody who could not, as the mean over studies. A good method "
            "need not reach 100 %: on quiet days habituation fades. "
            f"{dashes}".strip(), "muted",
        ),
    ]  # fmt: skip


def _over_the_days(compared: Compared, looks: Sequence[str], suffix: str) -> list[Html]:
    """Mean steps so far, of at most five methods: those that have a colour of their own, then the others in order."""
    known = [
        (line.run, look, about)
        for line, look, about in zip(compared.lines, looks, compared.days, strict=True)
        if about is not None
    ]
    chosen = sorted(known, key=lambda item: ("told", "base", "rule", "planner", "other").index(item[1]))[:_MOST_CURVES]
    if not chosen:
        return []
    curves = [
        Curve(run.name, look, about.so_far.value, about.so_far.low, about.so_far.high) for run, look, about in chosen
    ]
    length = max(len(curve.values) for curve in curves)
    padded = [
        Curve(curve.name, curve.look, *(np.pad(array, (0, length - len(array)), mode="edge") for array in curve[2:]))
        for curve in curves
    ]
    days = list(range(1, length + 1))
    ticks = [(float(day), str(day)) for day in (1, *range(10, length + 1, 10))]
    note = "Mean steps from day 1 on, by day, with 95 % bands if there are several seeds; who has left earns nothing."
    left = f" Shown: {len(chosen)} of {len(known)} methods." if len(chosen) < len(known) else ""
    return [section(f"Steps so far{suffix}", curves_figure(padded, days, ticks, note + left), kind="together")]
