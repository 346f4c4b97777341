"""The command `run`: one simulated participant, day by day."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from urllib.parse import parse_qsl, urlsplit

from jitai.cli.options import (
    AUTOMATIC,
    backend_settings,
    changed,
    component_settings,
    given,
    open_chosen_judge,
    preset_of,
    simulated_settings,
)
from jitai.cli.outputs import check_output
from jitai.cli.progress import ProgressLine
from jitai.cli.train_policy import open_policy
from jitai.corpus import EVERYDAY_KINDS, TEST, StatementBook, book_of
from jitai.decision import UnsureBand
from jitai.errors import BackendError, FileFormatError, JitaiError, ParameterError
from jitai.files import replacing, write_atomically
from jitai.judge.calibration import Measured
from jitai.judge.judge import Judge
from jitai.judge.simulated import simulated_reference
from jitai.parameters import build
from jitai.paths import program
from jitai.policies.belief import BeliefSettings
from jitai.policies.registry import POLICIES, PolicySpec, trained
from jitai.records import Decision, JudgeReference, Verdict
from jitai.report.bundle import bundle, scenario_json
from jitai.report.run_log import run_log
from jitai.report.run_player import BranchOnPaper, comparison_of, played_branches
from jitai.report.run_report import ReportInputs, run_report, steps_gained
from jitai.report.scenario_file import read_scenario
from jitai.report.scenario_link import link_parameters, link_to, open_link
from jitai.report.shown import participant_name
from jitai.report.why import WhyRow, why_rows, why_sentence
from jitai.rl.policy_store import default_policy_store
from jitai.sanitise import for_terminal
from jitai.simulator.config import DEFAULT_PRESET, SimulatorConfig
from jitai.text_format import counted
from jitai.trial.filters import FILTERS, NONE, FilterSpec
from jitai.trial.log import safe_csv
from jitai.trial.saved_run import SavedRun
from jitai.trial.scenario import Played, Scenario, compose, play
from jitai.trial.spec import LEARNED, TrialSpec
from jitai.trial.summary import TrialSummary, summarise
from jitai.trial.training_mismatch import mismatch_of_trial

if TYPE_CHECKING:
    import pandas as pd

TABLE_COLUMNS = (
    "day", "statement", "candidate_action", "p_send", "verdict", "belief", "executed_action", "can_walk", "step_count",
    "habituation", "disengagement_risk",
)  # fmt: skip
STATEMENT_WIDTH = 44
BUNDLED = "run"
"""Name of the files in a bundle."""
UNLESS_GIVEN = {"preset": DEFAULT_PRESET, "policy": PolicySpec().key, "filter": FilterSpec().key, "seed": 42}
"""What a run has where neither an option nor a scenario says otherwise."""


def run_command(options: argparse.Namespace) -> None:
    """Run one simulated participant and print the days."""
    _check_outputs(options)
    simulated_settings(options)  # refuses rates without that judge, and wrong ones, even where nobody reads
    scenario, saved = (_composed(options), ()) if options.scenario is None else _read_scenario(options)
    with LazyJudge(options, scenario) as judge:
        scenario = judge.with_remembered(scenario)
        run = play(scenario, judge if scenario.judge is not None else None)
        twin = play(run.scenario.without_judge())
        run = run._replace(scenario=judge.described(run.scenario))
        branches = played_branches(saved, run)
        _give(options, run, twin, judge.measured(), branches)
        if options.link:
            print(_link_of(run.scenario, judge))
    _raise_for_failures(run, judge.failure)


def _raise_for_failures(run: Played, why: str) -> None:
    """Say at the end that the run is not the judge's alone, and have the exit status say it too.

    Args:
        run: as it was played, and given away.
        why: the judge's last failure in it; empty if there was none.
    Raises: BackendError if there was one.
    """
    if not why:
        return
    read = [record.verdict for record in run.records if record.statement and record.verdict is not None]
    n_failed = sum(verdict.is_fallback for verdict in read)
    if n_failed == len(read):
        raise BackendError("The judge has answered on no day: the rule for that case has made this run.", why)
    raise BackendError(
        f"On {counted(n_failed, 'day')} of {len(read)} with words the judge could not answer, and the rule for that "
        "case stood in: this run is not the judge's alone.",
        f"{why} The same command asks again; what was answered is remembered.",
    )


def _give(
    options: argparse.Namespace,
    run: Played,
    twin: Played,
    measured: Measured | None,
    branches: Sequence[BranchOnPaper],
) -> None:
    """Print the run, and write the files that the options name."""
    if not options.quiet:
        _print_days(run_log(run), sys.stdout)
    _print_summary(summarise(run.records), summarise(twin.records), run.scenario)
    for branch, line in branches:
        other = summarise(branch.records)
        against = steps_gained(other, summarise(run.records))
        print(f"Branch {line.letter}, {for_terminal(line.name)}: {other.total_steps:,.0f} steps ({against:+,}).")
    if options.why:
        _print_why(run, twin)
    if options.out is not None:
        _write(run_log(run), options.out)
    if options.save is not None:
        write_atomically(options.save, scenario_json(run.scenario, branches))
        print(f"Scenario: {options.save}", file=sys.stderr)
    if options.report is not None:
        inputs = _inputs(options, run, measured, _own_command(options))
        write_atomically(options.report, run_report(run, twin, inputs, branches))
        print(f"Report: {options.report}", file=sys.stderr)
    if options.bundle is not None:
        command = f"{program()} run --scenario {BUNDLED}.json"
        write_atomically(options.bundle, bundle(run, twin, _inputs(options, run, measured, command), BUNDLED, branches))
        print(f"Bundle: {options.bundle}", file=sys.stderr)


def _link_of(scenario: Scenario, judge: "LazyJudge") -> str:
    """The link that brings the run back.

    Raises: ParameterError if no link can.
    """
    name = default_policy_store().name_of(scenario.spec.policy.network)
    return link_to(link_parameters(scenario, _book, name, judge.known_everywhere))


def _book(kinds: tuple[str, ...]) -> StatementBook:
    """What simulated participants may say, of some kinds."""
    return book_of(TEST, kinds)


def _check_outputs(options: argparse.Namespace) -> None:
    """Refuse what could not be written, before anything is run.

    Raises: FileFormatError naming the file and why.
    """
    endings = (
        (options.out, (".csv", ".parquet")),
        (options.save, (".json",)),
        (options.report, (".html",)),
        (options.bundle, (".zip",)),
    )
    for path, allowed in endings:
        if path is None:
            continue
        for given_file in filter(None, (options.scenario, options.policy_file)):
            if path.exists() and Path(given_file).exists() and path.samefile(given_file):
                raise FileFormatError(f"{path.name} is read in this run; it would be overwritten.", "Use another name.")
        check_output(path, *allowed, force=options.force)


def _composed(options: argparse.Namespace) -> Scenario:
    """The scenario that the options describe, its judge still to be named.

    Raises: ParameterError, FileFormatError.
    """
    unless_given = {name: value for name, value in UNLESS_GIVEN.items() if getattr(options, name) is None}
    options = argparse.Namespace(**{**vars(options), **unless_given})
    config = changed(preset_of(options), options)
    if options.policy == LEARNED and options.policy_file is None:
        raise ParameterError("Which trained policy? Give its file or name with --policy-file.")
    if options.policy_file is not None:
        policy = trained(open_policy(options.policy_file))
    else:
        values = component_settings(options, POLICIES, options.policy)
        policy = PolicySpec(options.policy, POLICIES.settings_from(options.policy, values))
    filtering = component_settings(options, FILTERS, options.filter)
    spec = TrialSpec(
        config=config,
        policy=policy,
        filter=FilterSpec(options.filter, FILTERS.settings_from(options.filter, filtering)),
        seed=options.seed,
        belief=build(BeliefSettings, given(options, BeliefSettings)),
    )
    judge = _judge_of(options) if spec.uses_text else None
    return compose(spec, _book(EVERYDAY_KINDS), judge=judge)


def _judge_of(options: argparse.Namespace) -> JudgeReference:
    """The judge that the options name.

    Raises: ParameterError naming the setting that is wrong.
    """
    simulated = simulated_settings(options)
    return JudgeReference(options.judge) if simulated is None else simulated_reference(simulated)


def _read_scenario(options: argparse.Namespace) -> SavedRun:
    """The scenario of the file, or the link, that the options name; a file's with its branches.

    Raises: FileFormatError naming the file and what is wrong; ParameterError if settings were given beside it.
    """
    classes = (*POLICIES.settings_classes(), *FILTERS.settings_classes(), BeliefSettings, SimulatorConfig)
    beside = [f"--{name.replace('_', '-')}" for item in classes for name in given(options, item)]
    names = [*UNLESS_GIVEN, "convention", "policy_file", *(["prompt"] if options.judge == AUTOMATIC else [])]
    beside += [f"--{name.replace('_', '-')}" for name in names if getattr(options, name) not in (None, "")]
    if beside:
        raise ParameterError(f"The scenario holds all settings: leave out {', '.join(beside)}.")
    if options.scenario.startswith(("http://", "https://")):
        found = SavedRun(_scenario_of_link(options.scenario))
    else:
        found = read_scenario(path := Path(options.scenario), path.name)
    scenario = found.scenario
    if options.judge != AUTOMATIC and scenario.spec.uses_text:
        print(f"Read anew by {for_terminal(options.judge)}: the stored verdicts are not used.", file=sys.stderr)
        if found.branches:
            print("The branches are left out: another judge read them.", file=sys.stderr)
        return SavedRun(replace(scenario, judge=_judge_of(options), verdicts={}))
    if scenario.judge is None and scenario.spec.uses_text:
        print("The scenario names no judge, so nobody reads the text. Name one with --judge.", file=sys.stderr)
    return found


def _scenario_of_link(link: str) -> Scenario:
    """The run in a link, whatever it is.

    Raises: ParameterError saying why there is none.
    """
    opened = open_link(dict(parse_qsl(urlsplit(link).query)), _book, default_policy_store().get)
    if opened.ignored:
        print(opened.ignored_sentence, file=sys.stderr)
    if opened.scenario is None:
        raise ParameterError(
            opened.problem or "The link holds settings only, no run.", "Copy the whole link, in quotes."
        )
    return opened.scenario


class LazyJudge:
    """The judge of a run, opened when the first statement is read: a scenario with all its verdicts needs none.

    Args:
        options: of the command.
        scenario: to be played.
    Attributes:
        failure: why the judge could not answer, the last time that it could not; else empty.
    """

    def __init__(self, options: argparse.Namespace, scenario: Scenario) -> None:
        self._options, self._scenario = options, scenario
        self._judge: Judge | None = None
        self._progress: ProgressLine | None = None
        self._n_read = 0
        self.failure = ""

    def __enter__(self) -> "LazyJudge":
        network = self._scenario.spec.policy.network
        judge = self._scenario.judge
        if judge is not None and self._options.scenario is None:
            who = judge.name if self._scenario.is_simulated else self._opened().describe()
            print(f"Judge: {for_terminal(who)}", file=sys.stderr)
        if network is not None:
            is_read = self._scenario.judge is not None
            for sentence in mismatch_of_trial(network, self._scenario.spec, is_read=is_read):
                print(f"Unlike the policy's training: {for_terminal(sentence)}", file=sys.stderr)
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.end()
        if self._judge is not None:
            self._judge.close()

    def judge(self, text: str) -> Verdict:
        """The verdict on a statement.

        Raises: ParameterError if the scenario was read by another judge than the one that is there now.
        """
        verdict = self._opened().judge(text)
        self.failure = verdict.failure or self.failure
        self._n_read += 1
        if self._progress is not None:
            self._progress.show(self._n_read)
        return verdict

    def with_remembered(self, scenario: Scenario) -> Scenario:
        """The scenario with all verdicts that need no model; a judge that is not needed is not opened.

        Raises: ParameterError as ``judge``.
        """
        if scenario.unread:
            scenario = scenario.with_known(self._opened().remembered)
        self._progress = ProgressLine("statements read", max(1, len(scenario.unread)))
        return scenario

    def known_everywhere(self, text: str) -> Verdict | None:
        """The verdict that every copy of the scenario's judge gives; None where that judge is not here."""
        try:
            return self._opened().known_everywhere(text)
        except JitaiError:
            return None

    def described(self, scenario: Scenario) -> Scenario:
        """The scenario with the name and digest of the judge that read it."""
        if self._judge is None or scenario.judge is None:
            return scenario
        return replace(scenario, judge=self._judge.reference(scenario.judge.key))

    def measured(self) -> Measured | None:
        """How often the judge of the run is right; None if it was not opened: its verdicts came with the scenario."""
        return None if self._judge is None else self._judge.measured()

    def _opened(self) -> Judge:
        if self._judge is None:
            wanted = self._scenario.judge
            assert wanted is not None
            filtering = self._scenario.spec.filter.settings
            band = UnsureBand(filtering.unsure_low, filtering.unsure_high)
            key = "" if wanted.key == AUTOMATIC else wanted.key
            settings = backend_settings(self._options)
            self._judge = open_chosen_judge(self._options, settings, Decision(filtering.on_failure), band, key)
            if wanted.digest and self._judge.reference(wanted.key).digest != wanted.digest:
                raise ParameterError(
                    f"The scenario was read by {wanted.name or wanted.key}, and that judge is not here: its stored "
                    "verdicts do not cover all words.",
                    "Name another judge with --judge to have all words read anew.",
                )
        return self._judge


def _own_command(options: argparse.Namespace) -> str:
    saved = f"run --scenario {shlex.quote(str(options.save))}"
    return f"{program()} {saved if options.save is not None else options.typed}"


def _inputs(options: argparse.Namespace, run: Played, measured: Measured | None, command: str) -> ReportInputs:
    """What else stands in a report of the run, which ``command`` gives again."""
    judge = run.scenario.judge
    title = participant_name(run.scenario.spec.config)
    is_stored = judge is not None and options.scenario is not None and measured is None
    return ReportInputs(
        title,
        "" if judge is None else judge.name or judge.key,
        "",
        command,
        measured=measured,
        remembered=is_stored and not run.scenario.is_simulated,
    )


def _print_days(log: "pd.DataFrame", stream: TextIO) -> None:
    shown = log[[name for name in TABLE_COLUMNS if name != "belief" or log["belief"].notna().any()]].copy()
    # Line breaks and control characters of a statement would tear the table apart.
    words = shown["statement"].map(for_terminal)
    shown["statement"] = words.map(
        lambda text: text if len(text) <= STATEMENT_WIDTH else text[: STATEMENT_WIDTH - 1] + "…"
    )
    text = shown.to_string(index=False, na_rep="", formatters={"step_count": "{:.0f}".format}, float_format="%.2f")
    print(text, file=stream)


def _print_summary(summary: TrialSummary, alone: TrialSummary, scenario: Scenario) -> None:
    spec = scenario.spec
    print(
        f"\n{counted(summary.n_days, 'day')}, {summary.total_steps:,.0f} steps; "
        f"{'the participant left the study' if summary.disengaged else 'the study is complete'}."
    )
    if scenario.is_read:
        gain = summary.total_steps - alone.total_steps
        vetoes = f"{counted(summary.n_vetoes, 'message')} held back, {summary.n_right_vetoes} of them rightly; "
        other = "with the text unread" if spec.policy.uses_belief else "without the filter"
        print(f"{vetoes if spec.filter.key != NONE else ''}{gain:+,.0f} steps against the same seed {other}.")
    if summary.n_asked:
        print(f"On {counted(summary.n_asked, 'day')} the judge was unsure and the participant was asked.")
    if summary.n_failures:
        print(
            f"On {counted(summary.n_failures, 'day')} the judge could not answer and the rule for that case stood in."
        )


def _print_why(run: Played, twin: Played) -> None:
    """Print why run and twin differ: the sentence, and the parts that add up to the difference."""
    if not run.scenario.is_read:
        print("\nNobody reads the text in this run, so there is no twin that it could differ from.")
        return
    compared = comparison_of(run.scenario.spec.config, run.records, twin)
    rows = why_rows(compared, revealed=True)
    rows += (WhyRow("Together", "", sum(row.steps for row in rows)),)
    print(f"\n{why_sentence(compared, revealed=True)}")
    width = max(len(row.title) for row in rows)
    for row in rows:
        print(f"  {row.title:{width}}  {row.shown:>7}  {row.note}".rstrip())


def _write(log: "pd.DataFrame", path: Path) -> None:
    if path.suffix == ".csv":
        write_atomically(path, safe_csv(log))
    else:
        with replacing(path) as partial:
            log.to_parquet(partial)
    print(f"Decision log: {path}", file=sys.stderr)
