"""The report of one run: headline, the player with the run inside, settings, the judge, assumptions and sources."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from jitai.judge.calibration import Measured
from jitai.player.contract import Line, PlayerRun, Scene, as_payload
from jitai.player.standalone import player_fragment
from jitai.report.page import (
    Html,
    again,
    element,
    grid_table,
    headline,
    list_of_settings,
    page,
    paragraph,
    rows_table,
    section,
    sources,
)
from jitai.report.run_log import scenario_name
from jitai.report.run_player import comparison_of, player_run, twin_name
from jitai.report.shown import accuracy, method_settings, settings_rows
from jitai.report.why import Comparison, why_rows, why_sentence
from jitai.text_format import counted
from jitai.trial.scenario import Played
from jitai.trial.spec import TrialSpec
from jitai.trial.summary import TrialSummary, summarise
from jitai.trial.verdict_table import simulated_in_words

_NOT_READ = "No words are read: whoever lives the run again has the same verdicts, as they follow from the seed."


class ReportInputs(NamedTuple):
    """What a report is made of, beside the run, its twin and its branches.

    Attributes:
        title: of the setting, such as the participant's name.
        judge: which judge read; empty where nobody did.
        many_seeds: what many seeds say; empty without.
        command: that gives the same run.
        link: that opens it; empty without.
        with_truth: whether what was true stands in it; without, nobody who is handed it can look it up there.
        measured: how often that judge is right; None if nobody measured it, or if it is not at hand.
        remembered: whether its verdicts came with the scenario, rather than from the judge at hand.
        scenes: captions of a story, by day.
    """

    title: str
    judge: str
    many_seeds: str
    command: str
    link: str = ""
    with_truth: bool = True
    measured: Measured | None = None
    remembered: bool = False
    scenes: tuple[Scene, ...] = ()


def run_report(run: Played, twin: Played, inputs: ReportInputs, branches: Sequence[tuple[Played, Line]] = ()) -> str:
    """One HTML file that opens from disk: nothing is fetched, and nothing of it is markup but ours.

    Args:
        run, twin: as they were played.
        inputs: what else stands in it; untrusted texts are escaped.
        branches: of the run, as they were played and as they are drawn; up to four.
    """
    spec, is_read = run.scenario.spec, run.scenario.is_read
    mine, other = summarise(run.records), summarise(twin.records)
    shown = player_run(
        run, twin, title=inputs.title, detail=f"seed {spec.seed}", many_seeds=inputs.many_seeds,
        remembered=inputs.remembered,
    )  # fmt: skip
    shown = replace(shown, branches=tuple(line for _, line in branches))
    if not inputs.with_truth:
        shown = without_truth(shown)
    gain = steps_gained(mine, other)
    compared = comparison_of(spec.config, run.records, twin)
    return page(
        f"{inputs.title}, seed {spec.seed}: a simulated run",
        "report of one run",
        headline(
            headline_of(is_read, mine, other), f"{abs(gain):,} steps" if is_read and gain else "", is_loss=gain < 0
        ),
        paragraph(why_sentence(compared, revealed=inputs.with_truth) if is_read else "", "lead"),
        paragraph(inputs.many_seeds, "lead"),
        paragraph(f"{inputs.title}, seed {spec.seed}. One seed is one person: an anecdote, not evidence.", "muted"),
        element("div", player_fragment_of(shown), class_="answered"),
        _story(inputs.scenes),
        section("In numbers", rows_table(_numbers(spec, is_read, mine, other, inputs.with_truth)), kind="together"),
        _why(compared, inputs.with_truth) if is_read else Html(""),
        _branches(run, branches),
        section("The judge", *_judge(run, inputs), kind="together"),
        section("What was assumed", paragraph(_assumed(run)), kind="together"),
        section("Settings", list_of_settings(_settings(spec))),
        sources(),
        again(inputs.command, inputs.link, paragraph(f"Scenario {scenario_name(run.scenario)}.", "muted")),
    )


def _story(scenes: Sequence[Scene]) -> Html:
    """The captions of a story in order; nothing without."""
    if not scenes:
        return Html("")
    rows = [(f"Day {scene.day}" if scene.day else "Before day 1", scene.caption) for scene in scenes]
    return section("The story", rows_table(rows))


def player_fragment_of(shown: PlayerRun) -> Html:
    """The player with a run inside; its own text is escaped by ``player_fragment``."""
    return Html(player_fragment(as_payload(shown)))


def without_truth(shown: PlayerRun) -> PlayerRun:
    """The same without what was true, in every line."""

    def untold(line: Line) -> Line:
        return replace(line, truth=None, split=None if line.split is None else replace(line.split, revealed=None))

    reference = None if shown.reference is None else untold(shown.reference)
    branches = tuple(untold(line) for line in shown.branches)
    return replace(shown, run=untold(shown.run), reference=reference, branches=branches)


def headline_of(is_read: bool, mine: TrialSummary, other: TrialSummary) -> str:
    """The answer in one sentence."""
    if not is_read:
        return f"{mine.total_steps:,.0f} steps in {counted(mine.n_days, 'day')}"
    gain = steps_gained(mine, other)
    if gain == 0:
        return f"In this run, listening changed nothing: {mine.total_steps:,.0f} steps"
    verb = "gained" if gain > 0 else "cost"
    totals = f"{mine.total_steps:,.0f} instead of {other.total_steps:,.0f}"
    return f"In this run, listening {verb} {abs(gain):,} steps: {totals}"


def steps_gained(mine: TrialSummary, other: TrialSummary) -> int:
    """Return the difference of two totals as they are shown, each rounded."""
    return round(mine.total_steps) - round(other.total_steps)


def _numbers(
    spec: TrialSpec, is_read: bool, mine: TrialSummary, other: TrialSummary, with_truth: bool
) -> list[tuple[str, str]]:
    rows = [
        ("Steps", f"{mine.total_steps:,.0f}"),
        ("Days in the study", f"{mine.n_days} of {spec.config.study_length}"),
        ("Left the study", "yes" if mine.disengaged else "no"),
        ("Messages sent", f"{mine.n_messages}"),
    ]
    if is_read and spec.filter.filter.uses_text:
        rightly = f", {mine.n_right_vetoes} of them rightly" if with_truth else ""
        rows.append(("Messages held back by the judge", f"{mine.n_vetoes}{rightly}"))
    if is_read:
        rows.append(("Days on which the judge was unsure", f"{mine.n_unsure}"))
    if mine.n_failures:
        rows.append(("Days on which the judge could not answer", f"{mine.n_failures}"))
    if is_read:
        left = f", left on day {other.n_days}" if other.disengaged else ""
        rows.append((f"The same seed {twin_name(spec)}", f"{other.total_steps:,.0f} steps{left}"))
    return rows


def _why(compared: Comparison, with_truth: bool) -> Html:
    """The parts of the difference."""
    rows = [(row.title, row.shown, row.note) for row in why_rows(compared, revealed=with_truth)]
    note = "The parts add up to the difference exactly."
    return section("Why", grid_table(("Part", "Steps", ""), rows), paragraph(note, "muted"), kind="together")


def _branches(run: Played, branches: Sequence[tuple[Played, Line]]) -> Html:
    """What each branch earns, beside the run."""
    if not branches:
        return Html("")
    mine = summarise(run.records)
    rows = []
    for branch, line in branches:
        other = summarise(branch.records)
        rows.append(
            (
                f"{line.letter}: {line.name}", f"{other.total_steps:,.0f}", f"{steps_gained(other, mine):+,}",
                f"{other.n_days}{', left' if other.disengaged else ''}",
            )
        )  # fmt: skip
    note = "Each branch is the same person and the same luck, with the named day lived in another way."
    table = grid_table(("Branch", "Steps", "Against this run", "Days"), rows)
    return section("Branches", table, paragraph(note, "muted"), kind="together")


def _judge(run: Played, inputs: ReportInputs) -> list[Html]:
    if not inputs.judge:
        return [paragraph("Nobody reads the text in this run.")]
    rates = None if run.scenario.judge is None else run.scenario.judge.error_rates
    if rates is not None:
        return [paragraph(f"{simulated_in_words(*rates)} {_NOT_READ}")]
    remembered = "What it said was stored with the scenario." if inputs.remembered else ""
    return [paragraph(inputs.judge), paragraph(remembered), accuracy(inputs.measured)]


def _settings(spec: TrialSpec) -> list[tuple[str, str]]:
    rows = [
        ("Policy", spec.policy.policy.label),
        ("Filter", spec.filter.filter.label),
        ("Seed", str(spec.seed)),
    ]
    return rows + method_settings(spec) + settings_rows(spec.config)


def _assumed(run: Played) -> str:
    """Return what a reader must know of where the words and the truth come from."""
    changed = len(run.scenario.days)
    by_hand = f" On {counted(changed, 'day')} a person changed words, truth or action." if changed else ""
    return (
        "Habituation, disengagement risk and ability to walk follow the published equations; the words are statements "
        "written for this project that fit the simulated ability. Run and twin meet the same contexts, abilities, "
        f"words and luck.{by_hand}"
    )
