"""The command `run`: one simulated participant, day by day."""

import argparse
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TextIO

import pandas as pd

from jitai.cli.options import (
    backend_settings,
    changed,
    component_settings,
    given,
    open_chosen_judge,
    preset_of,
)
from jitai.cli.train_policy import open_policy
from jitai.corpus import TEST, StatementBook, load_part
from jitai.decision import UnsureBand
from jitai.errors import FileFormatError, ParameterError
from jitai.files import replacing, write_atomically
from jitai.parameters import build
from jitai.policies.belief import BeliefSettings
from jitai.policies.registry import POLICIES, PolicySpec, trained
from jitai.records import Decision
from jitai.sanitise import for_terminal
from jitai.trial.filters import FILTERS, NONE, FilterSpec
from jitai.trial.live import TwinTrial
from jitai.trial.log import decision_log, safe_csv
from jitai.trial.spec import LEARNED, TrialSpec
from jitai.trial.summary import TrialSummary, summarise
from jitai.trial.training_mismatch import mismatch_of_trial

TABLE_COLUMNS = (
    "day", "statement", "candidate_action", "p_send", "verdict", "belief", "executed_action", "can_walk", "step_count",
    "habituation", "disengagement_risk",
)  # fmt: skip
STATEMENT_WIDTH = 44


def run_command(options: argparse.Namespace) -> None:
    """Run one simulated participant and print the days."""
    config, settings = changed(preset_of(options), options), backend_settings(options)
    if options.policy == LEARNED and options.policy_file is None:
        raise ParameterError("Which trained policy? Give its file or name with --policy-file.")
    if options.out is not None and options.out.suffix not in (".csv", ".parquet"):
        raise FileFormatError(f"{options.out.name} has no known ending.", "Use a name that ends in .csv or .parquet.")
    network = None if options.policy_file is None else open_policy(options.policy_file)
    if network is not None:
        policy = trained(network)
    else:
        values = component_settings(options, POLICIES, options.policy)
        policy = PolicySpec(options.policy, POLICIES.settings_from(options.policy, values))
    spec = TrialSpec(
        config=config,
        policy=policy,
        filter=FilterSpec(
            options.filter, FILTERS.settings_from(options.filter, component_settings(options, FILTERS, options.filter))
        ),
        seed=options.seed,
        belief=build(BeliefSettings, given(options, BeliefSettings)),
    )
    with ExitStack() as opened:
        judge = None
        if spec.uses_text:
            filtering = spec.filter.settings
            band = UnsureBand(filtering.unsure_low, filtering.unsure_high)
            judge = opened.enter_context(
                closing(open_chosen_judge(options, settings, Decision(filtering.on_failure), band))
            )
            print(f"Judge: {for_terminal(judge.describe())}", file=sys.stderr)
        if network is not None:
            for sentence in mismatch_of_trial(network, spec, is_read=judge is not None):
                print(f"Unlike the policy's training: {for_terminal(sentence)}", file=sys.stderr)
        run = TwinTrial(spec, StatementBook(load_part(TEST)), judge).run()
    log = decision_log(run.records)
    if not options.quiet:
        _print_days(log, sys.stdout)
    _print_summary(summarise(run.records), summarise(run.twin_records), spec)
    if options.out is not None:
        _write(log, options.out)


def _print_days(log: pd.DataFrame, stream: TextIO) -> None:
    shown = log[[name for name in TABLE_COLUMNS if name != "belief" or log["belief"].notna().any()]].copy()
    # Line breaks and control characters of a statement would tear the table apart.
    words = shown["statement"].map(for_terminal)
    shown["statement"] = words.map(
        lambda text: text if len(text) <= STATEMENT_WIDTH else text[: STATEMENT_WIDTH - 1] + "…"
    )
    text = shown.to_string(index=False, na_rep="", formatters={"step_count": "{:.0f}".format}, float_format="%.2f")
    print(text, file=stream)


def _print_summary(summary: TrialSummary, alone: TrialSummary, spec: TrialSpec) -> None:
    print(
        f"\n{summary.n_days} days, {summary.total_steps:,.0f} steps; "
        f"{'the participant left the study' if summary.disengaged else 'the study is complete'}."
    )
    if spec.uses_text:
        gain = summary.total_steps - alone.total_steps
        vetoes = f"{summary.n_vetoes} messages held back, {summary.n_right_vetoes} of them rightly; "
        other = "with the text unread" if spec.policy.uses_belief else "without the filter"
        print(f"{vetoes if spec.filter.key != NONE else ''}{gain:+,.0f} steps against the same seed {other}.")
    if summary.n_asked:
        print(f"On {summary.n_asked} days the judge was unsure and the participant was asked.")
    if summary.n_failures:
        print(f"On {summary.n_failures} days the judge could not answer and the rule for that case stood in.")


def _write(log: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        write_atomically(path, safe_csv(log))
    else:
        with replacing(path) as partial:
            log.to_parquet(partial)
    print(f"Decision log: {path}", file=sys.stderr)
