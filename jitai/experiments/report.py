"""Written reports of stored experiments: tables and figures in Markdown, with every interval, and what was claimed."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from jitai.corpus import KINDS
from jitai.errors import ParameterError
from jitai.experiments.comparison import Comparison, by_condition, compare, number_or_dash
from jitai.experiments.contrast import changes, contrasted
from jitai.experiments.spec import Claim, Condition, ExperimentSpec, JudgeChoice
from jitai.experiments.store import FINISHED, Store, StoredCell, StoredExperiment
from jitai.experiments.sweep import error_of
from jitai.files import make_folder, replacing, write_atomically
from jitai.installation import FIGURES
from jitai.sanitise import for_document
from jitai.seeding import Stream, generator
from jitai.statistics import Estimate, paired_difference
from jitai.study.power import N_TRIALS, TwoArms, curve, order_in_words
from jitai.text_format import counted
from jitai.trial.filters import NONE

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#8A8F98", "#56B4E9", "#5B4B8A")
_MARKERS = "osD^vPX*<>p"
_JUDGE_ERRORS_FOR_A_LINE = 3


def write_report(
    store: Store, experiments: Sequence[StoredExperiment], out: Path, on_progress: Callable[[int, str], None]
) -> None:
    """Write a report, and its figures into a folder beside it.

    Args:
        store: where the results lie.
        experiments: to report on, in any order.
        out: the Markdown file.
        on_progress: is told how many experiments are done, and the name of the next.
    Raises: PartMissing if the figures cannot be drawn; ParameterError if nothing is finished; FileFormatError if it
        cannot be written.
    """
    FIGURES.require()
    sections = []
    figures = out.with_name(f"{out.stem.lower()}_figures")
    for n_done, experiment in enumerate(sorted(experiments, key=lambda item: item.created_at)):
        on_progress(n_done, experiment.spec.name)
        cells = store.cells(experiment.identifier)
        if cells:
            make_folder(figures)
            sections.append(_section(experiment, cells, store, figures))
    if not sections:
        raise ParameterError("No cell of these experiments is finished, so there is nothing to report yet.")
    write_atomically(out, _HEAD + "\n".join(sections))


_HEAD = """# Results

All participants are simulated; nothing here is a medical claim. The tables show means over seeds with 95 % intervals
(Student's t, lengthened for ties and skewness; `tests/unit/test_coverage.py` simulates what they hold). All methods of
a table met the same seeds, so differences are paired. "Share" is the share of the full-information optimum (dynamic
programming on walk state, context, habituation and risk). No method can reach this ceiling, because walk state and
context are hidden. This share is plain: 0 steps are 0 %. The "share of what messages can gain" has never a message at
0 %.

`python -m jitai report` wrote this page from stored results. The expectations stand in the experiments' descriptions.

"""


def _section(experiment: StoredExperiment, cells: list[StoredCell], store: Store, figures: Path) -> str:
    spec = experiment.spec
    parts = [f"## {for_document(spec.name)}\n"]
    if spec.description:
        parts.append(f"{for_document(spec.description)}\n")
    parts.append(_about(experiment, cells))
    if experiment.status != FINISHED:
        parts.append(
            f"**Not complete**: {experiment.n_finished} of {counted(experiment.n_cells, 'cell')} "
            f"({for_document(experiment.status)}).\n"
        )
    compared = {condition: compare(items, spec.baseline_name) for condition, items in by_condition(cells).items()}
    parts += _claims(spec, compared)
    groups = contrasted(compared)
    if len(groups) > 1:
        parts += _contrast(groups)
    else:
        figure = draw(spec, compared, figures / f"{experiment.identifier}.svg")
        if figure:
            parts.append(f"![{figure}]({figures.name}/{experiment.identifier}.svg)\n")
        parts.append(_shares_table(compared))
    if len(groups) == 1 and len(_errors(compared)) < _JUDGE_ERRORS_FOR_A_LINE:
        parts.append(_differences_table(spec, compared))
        parts.append(_behaviour_table(compared))
        parts.append(_possible_table(compared))
        parts.append(_messages_table(compared))
        parts.append(_order_table(spec, compared))
    failures = store.failures(experiment.identifier)
    if failures:
        parts.append("These cells could not be run:\n")
        parts += [
            f"- {for_document(cell.condition.name)}, {for_document(cell.method.name)}: {for_document(why)}\n"
            for cell, why in failures
        ]
    return "\n".join(parts)


def _about(experiment: StoredExperiment, cells: list[StoredCell]) -> str:
    spec = experiment.spec
    several = len({item.cell.judge for item in cells if item.cell.judge}) > 1
    judges = {item.cell.judge.name: item.cell.judge for item in cells if item.cell.judge is not None}
    made = ", ".join(f"{name} {number}" for name, number in experiment.versions.items())
    read = "; ".join(for_document(name) for name in judges)
    seeds = (
        f"{counted(spec.n_seeds, 'seed')} a cell ({spec.first_seed} to {spec.seeds[-1]}), {counted(len(cells), 'cell')}"
    )
    judged = f"Judge{'s' if several else ''}: {read}. " if read else ""
    kinds = ", ".join(kind.replace("_", " ") for kind in spec.kinds)
    reads = any(not judge.is_simulated for judge in judges.values())
    left_out = ", ".join(kind.replace("_", " ") for kind in KINDS if kind not in spec.kinds) or "none"
    said = (
        f"Participants write held-out statements of the kinds {kinds}; left out are {left_out}. Most were written "
        "with the help of language models, none by a participant. "
        if reads
        else ""
    )
    return f"{seeds}. {judged}{said}Baseline: {for_document(spec.baseline_name)}. Versions: {made}.\n"


def _claims(spec: ExperimentSpec, compared: dict[Condition, list[Comparison]]) -> Iterator[str]:
    if not spec.claims:
        return
    yield "| expected | found |\n|---|---|"
    for claim in spec.claims:
        yield f"| {for_document(claim.text)} | {check(claim, compared)} |"
    yield ""


def check(claim: Claim, compared: dict[Condition, list[Comparison]]) -> str:
    """Return in words in how many conditions a claim holds, cannot be decided, or is contradicted.

    It holds where the whole 95 % interval lies above the limit: the interval of the paired difference (method minus
    `times` the other), or of the share. It is contradicted where the whole interval lies below.
    """
    holds = 0
    doubtful: list[str] = []
    against: list[str] = []
    for condition, rows in compared.items():
        of_method = [row for row in rows if row.stored.cell.method.name == claim.method and condition.has(claim.where)]
        for row in of_method:
            beyond, found = _beyond(claim, row, rows)
            if beyond is None:
                continue
            name = for_document(condition.name if len(of_method) == 1 else f"{condition.name}, {row.label}")
            if beyond.low > 0:
                holds += 1
            else:
                (against if beyond.high < 0 else doubtful).append(f"{name}: {found}")
    total = holds + len(doubtful) + len(against)
    if not total:
        return "no finished cell is about it"
    words = [f"**holds in {holds} of {total}**"]
    if doubtful:
        words.append(f"cannot be told in {len(doubtful)} ({'; '.join(doubtful)})")
    if against:
        words.append(f"**contradicted in {len(against)}** ({'; '.join(against)})")
    return ", ".join(words)


def _beyond(claim: Claim, row: Comparison, rows: list[Comparison]) -> tuple[Estimate | None, str]:
    """Return by how much a method exceeds its claim, and what was found, in words."""
    if claim.share:
        share = row.share
        beyond = Estimate(share.value - claim.share, share.low - claim.share, share.high - claim.share, share.n)
        return beyond, f"{100 * share.value:.1f} %"
    others = [other for other in rows if other.stored.cell.method.name == claim.above]
    if not others:
        return None, ""
    other = next((item for item in others if item.stored.cell.judge == row.stored.cell.judge), others[0])
    limit = claim.times * other.stored.totals
    beyond = paired_difference(row.stored.totals, limit).difference
    return beyond, f"{row.total.value:,.0f} against {limit.mean():,.0f}"


_MethodAndJudge = tuple[str, JudgeChoice | None]
"""What makes a row of a table: a method's name and its judge."""


def _rows_and_columns(
    compared: dict[Condition, list[Comparison]],
) -> tuple[dict[_MethodAndJudge, str], list[Condition], dict[tuple[_MethodAndJudge, Condition], Comparison]]:
    """Return the labels of the rows, the columns, and what stands where."""
    labels: dict[_MethodAndJudge, str] = {}
    found = {}
    for condition, rows in compared.items():
        for row in rows:
            key = row.stored.cell.method.name, row.stored.cell.judge
            labels.setdefault(key, row.label)
            found[key, condition] = row
    return labels, list(compared), found


def _table(
    title: str,
    compared: dict[Condition, list[Comparison]],
    words: Callable[[Comparison], str],
    last: Sequence[str] = (),
) -> str:
    """Return a Markdown table of methods by conditions.

    Args:
        title: a sentence above it.
        compared: what is shown.
        words: what to say of one method in one condition; rows of which nothing is said anywhere are left out.
        last: a last row, its name first.
    """
    labels, conditions, found = _rows_and_columns(compared)
    rows = [
        [label, *(words(row) if (row := found.get((key, condition))) else "" for condition in conditions)]
        for key, label in labels.items()
    ]
    rows = [[for_document(label), *(cell or "–" for cell in cells)] for label, *cells in rows if any(cells)]
    heads = ["method", *(for_document(condition.name) for condition in conditions)]
    lines = [heads, ["---"] * len(heads), *rows, *([list(last)] if last else [])]
    return f"{title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _contrast(groups: dict[str, dict[Condition, list[Comparison]]]) -> Iterator[str]:
    """Yield what each group of conditions changes against the first, and then each group's own tables."""
    (first, reference), *others = groups.items()
    for name, group in others:
        words = {
            key: f"{difference.value:+,.0f} ± {difference.half_width:,.0f} ({100 * share:+.1f} %)"
            for key, (difference, share) in changes(reference, group).items()
        }
        title = (
            f"**{for_document(name)}** against {for_document(first)}: paired difference in steps, ± half the 95 % "
            "interval, and as a share of the steps there:"
        )
        yield _table(title, group, partial(_words_of_cell, words))
    for name, group in groups.items():
        yield f"### {for_document(name)}\n"
        yield _shares_table(group)
        yield _messages_table(group)


def _words_of_cell(words: Mapping[str, str], row: Comparison) -> str:
    return words.get(row.stored.key, "")


def _shares_table(compared: dict[Condition, list[Comparison]]) -> str:
    ceilings = [rows[0].stored.figures for rows in compared.values()]
    return _table(
        "Steps of a whole study, ± half the 95 % interval, and share of the optimum:",
        compared,
        lambda row: f"{row.total.value:,.0f}{_plus_minus(row.total)} ({100 * row.share.value:.1f} %)",
        [
            "optimum, computed",
            *(f"{item.optimum_steps:,.0f}{'' if item.optimum_is_exact else ' (estimate)'}" for item in ceilings),
        ],
    )


def _plus_minus(estimate: Estimate, form: str = ",.0f") -> str:
    return f" ± {estimate.half_width:{form}}" if estimate.has_interval else ""


def _differences_table(spec: ExperimentSpec, compared: dict[Condition, list[Comparison]]) -> str:
    def words(row: Comparison) -> str:
        if row.against is None:
            return ""
        difference = row.against.difference
        of_100 = " / ".join(str(count) for count in row.against.of_100)
        doubt = "" if difference.excludes_zero or not difference.has_interval else " (includes 0)"
        return f"{difference.value:+,.0f}{_plus_minus(difference)}{doubt}; {of_100}"

    baseline = for_document(spec.baseline_name)
    title = (
        f"Paired differences to {baseline} in steps, and of 100 seeds, on how many the method earned more / the same / "
        "less:"
    )
    return _table(title, compared, words)


def _behaviour_table(compared: dict[Condition, list[Comparison]]) -> str:
    def words(row: Comparison) -> str:
        figures = row.stored.figures
        left = f"{100 * figures.share_disengaged:.0f} % left"
        return f"{100 * figures.agreement:.0f} %, {figures.mean_days:.0f} days, {left}"

    title = (
        "Fit to ability (share of a study's days on which an able participant was sent a message, or an unable one "
        "none, as the mean over studies), "
        "mean days in the study, and share of participants who left it:"
    )
    return _table(title, compared, words)


def _possible_table(compared: dict[Condition, list[Comparison]]) -> str:
    def words(row: Comparison) -> str:
        possible = row.possible
        if math.isnan(possible.value):
            return ""
        sure = _plus_minus(possible.scaled(100), ".1f")
        return f"{100 * possible.value:.1f}{sure} %, {row.stored.figures.steps_per_day:.0f} a day"

    title = (
        "Share of what messages can gain, (method - never) / (optimum - never), ± half the 95 % interval of the paired "
        "difference to never a message; and mean steps of a day in the study:"
    )
    never = [rows[0].stored.figures.never_steps for rows in compared.values()]
    return _table(title, compared, words, ["never a message, steps", *(number_or_dash(steps) for steps in never)])


_PEOPLE = (2, 3, 5, 10, 20, 50, 100, 200)
"""Studies of each method of which a trial is made; the article made 5."""
_PUBLISHED, _FEWEST_FOR_TRIALS = 5, 100


def _order_table(spec: ExperimentSpec, compared: dict[Condition, list[Comparison]]) -> str:
    """Return how often unpaired trials of so many studies put a filter above the same policy alone; empty without one.

    The filter is that of the first claim which says so.
    """
    methods = {method.name: method for method in spec.methods}
    pair = next(
        (
            (claim.method, claim.above)
            for claim in spec.claims
            if claim.above in methods
            and methods[claim.above].filter.key == NONE
            and methods[claim.method].policy == methods[claim.above].policy
        ),
        None,
    )
    if pair is None or spec.n_seeds < _FEWEST_FOR_TRIALS:
        return ""
    columns = {}
    for condition, rows in compared.items():
        totals = {row.stored.cell.method.name: row.stored.totals for row in rows}
        if set(pair) <= set(totals):
            columns[condition.name] = curve(TwoArms(totals[pair[0]], totals[pair[1]]), _generators, grid=_PEOPLE)
    if not columns:
        return ""
    heads = ["studies of each", *map(for_document, columns)]
    lines = [heads, ["---"] * len(heads)]
    for place, n in enumerate(_PEOPLE):
        name = f"{n} (as published)" if n == _PUBLISHED else str(n)
        lines.append([name, *(f"{100 * found[place].in_order:.0f} %" for found in columns.values())])
    lines.append(["for 95 %", *(order_in_words(found) for found in columns.values())])
    title = (
        f"How often an unpaired trial has the right order, {for_document(pair[0])} against {for_document(pair[1])} "
        f"(the better method has the higher mean), by the number of studies of each method; {N_TRIALS:,} simulated "
        "trials drawn from these studies, standard error 1.1 points or less. The article ran 5 trials of each:"
    )
    return f"{title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _generators(n: int) -> np.random.Generator:
    return generator(n, Stream.BOOTSTRAP)


def _messages_table(compared: dict[Condition, list[Comparison]]) -> str:
    def words(row: Comparison) -> str:
        figures = row.stored.figures
        if math.isnan(figures.unable_per_1000_days):
            return ""
        held = "" if math.isnan(figures.veto_precision) else f"; {100 * figures.veto_precision:.0f} %"
        caught = "" if not held or math.isnan(figures.veto_recall) else f", {100 * figures.veto_recall:.0f} %"
        return f"{figures.unable_per_1000_days:.0f}{held}{caught}"

    title = (
        "Messages to somebody who could not walk, per 1,000 days in the study; where messages are held back, which "
        "share of those was to such people (precision), and which share of the messages proposed to such people was "
        "held back (recall):"
    )
    return _table(title, compared, words)


def draw(spec: ExperimentSpec, compared: dict[Condition, list[Comparison]], path: Path) -> str:
    """Draw the shares of the optimum with their intervals as SVG.

    Against the judge's error where simulated judges of several error rates were compared, otherwise by condition.

    Returns: what the figure shows, in words.
    """
    # Without pyplot, which keeps global state and looks for a screen.
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(
        {
            "svg.hashsalt": "jitai",
            "svg.fonttype": "none",
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    ):
        if len(_errors(compared)) >= _JUDGE_ERRORS_FOR_A_LINE:
            figure, words = _by_error(Figure, compared)
        else:
            figure, words = _by_method(Figure, compared)
        # Without a date, so that equal results give equal files.
        with replacing(path) as partial:
            figure.savefig(partial, format="svg", metadata={"Date": None}, bbox_inches="tight")
    return words


def _by_method(figure_class: Any, compared: dict[Condition, list[Comparison]]) -> tuple[Any, str]:
    labels, conditions, found = _rows_and_columns(compared)
    figure = figure_class(figsize=(8, 1.2 + 0.3 * len(labels)))
    axes = figure.subplots()
    gap = 0.7 / max(1, len(conditions))
    for number, condition in enumerate(conditions):
        rows = [(place, row) for place, key in enumerate(labels) if (row := found.get((key, condition)))]
        axes.errorbar(
            [100 * row.share.value for _, row in rows],
            [place + gap * (number - (len(conditions) - 1) / 2) for place, _ in rows],
            xerr=[100 * max(0.0, row.share.half_width) if row.share.has_interval else 0.0 for _, row in rows],
            fmt=_MARKERS[number % len(_MARKERS)], markersize=3.5, linewidth=1, linestyle="none",
            color=_COLOURS[number % len(_COLOURS)], label=condition.name,
        )  # fmt: skip
    axes.set_yticks(range(len(labels)), list(labels.values()))
    axes.invert_yaxis()
    axes.set_xlim(0, 102)
    axes.set_xlabel("share of the full-information optimum, % (95 % intervals)")
    axes.axvline(100, color="#1B1F24", linestyle="--", linewidth=1)
    axes.grid(axis="x", color="#E4E8EC")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize=8)
    return figure, "Share of the optimum that each method earns, by condition, with 95 % intervals"


def _by_error(figure_class: Any, compared: dict[Condition, list[Comparison]]) -> tuple[Any, str]:
    figure = figure_class(figsize=(4.2 * min(3, len(compared)), 3.2 * ((len(compared) + 2) // 3)))
    every = figure.subplots((len(compared) + 2) // 3, min(3, len(compared)), squeeze=False).ravel()
    for axes, (condition, rows) in zip(every, compared.items(), strict=False):
        lines: dict[str, list[Comparison]] = {}
        for row in rows:
            lines.setdefault(row.stored.cell.method.name, []).append(row)
        for number, (name, points) in enumerate(lines.items()):
            colour = _COLOURS[number % len(_COLOURS)]
            found = [(error, row) for row in points if (error := error_of(row.stored.cell.judge)) is not None]
            at_errors = sorted(found, key=lambda pair: pair[0])
            if not at_errors:
                share = points[0].share
                axes.axhline(100 * share.value, color=colour, linestyle="--", linewidth=1, label=name)
                continue
            x = [error for error, _ in at_errors]
            axes.plot(x, [100 * row.share.value for _, row in at_errors], color=colour, marker="o", ms=3, label=name)
            axes.fill_between(
                x, [100 * row.share.low for _, row in at_errors], [100 * row.share.high for _, row in at_errors],
                color=colour, alpha=0.2, linewidth=0,
            )  # fmt: skip
        axes.set_title(condition.name, fontsize=9)
        axes.set_xlabel("judge's error rate, of either kind")
        axes.set_ylabel("share of the optimum, %")
        axes.set_ylim(0, 102)
        axes.grid(color="#E4E8EC")
    for axes in every[len(compared) :]:
        axes.set_visible(False)
    figure.tight_layout()
    lines_drawn, names = every[0].get_legend_handles_labels()
    figure.legend(lines_drawn, names, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=len(names), frameon=False)
    return figure, "Share of the optimum against the judge's error rate, with 95 % intervals"


def _errors(compared: dict[Condition, list[Comparison]]) -> set[float]:
    """Return the error rates of all simulated judges that err equally often on both kinds of statement."""
    judges = (row.stored.cell.judge for rows in compared.values() for row in rows)
    return {rate for judge in judges if (rate := error_of(judge)) is not None}
