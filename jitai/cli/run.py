"""The command `run`: one simulated participant, day by day."""

import argparse
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TextIO

import pandas as pd

from jitai.cli.options import backend_settings, changed, given, open_chosen_judge, preset_of
from jitai.cli.train_policy import open_policy
from jitai.corpus import TEST, StatementBook, load_part
from jitai.decision import UnsureBand
from jitai.errors import FileFormatError, ParameterError
from jitai.parameters import build, suggestion
from jitai.policies.belief import BeliefSettings
from jitai.policies.planner import PlannerSettings
from jitai.policies.thompson import ThompsonSettings
from jitai.records import Decision
from jitai.trial.filters import NONE, FilterSettings
from jitai.trial.live import TwinTrial
from jitai.trial.log import decision_log, safe_csv
from jitai.trial.spec import LEARNED, TRIAL_POLICIES, TrialSpec
from jitai.trial.summary import TrialSummary, summarise
from jitai.trial.training_mismatch import unlike_trial

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
    if options.policy not in (*TRIAL_POLICIES, LEARNED):
        raise ParameterError(f"There is no policy {options.policy!r}{suggestion(options.policy, TRIAL_POLICIES)}")
    if options.out is not None and options.out.suffix not in (".csv", ".parquet"):
        raise FileFormatError(f"{options.out.name} has no known ending.", "Use a name that ends in .csv or .parquet.")
    network = None if options.policy_file is None else open_policy(options.policy_file)
    spec = TrialSpec(
        config=config,
        policy=options.policy if network is None else LEARNED,
        thompson=build(ThompsonSettings, given(options, ThompsonSettings)),
        filter=build(FilterSettings, given(options, FilterSettings)),
        seed=options.seed,
        belief=build(BeliefSettings, given(options, BeliefSettings)),
        planner=build(PlannerSettings, given(options, PlannerSettings)),
        network=network,
    )
    with ExitStack() as opened:
        judge = None
        if spec.heeds_text:
            band = UnsureBand(spec.filter.unsure_low, spec.filter.unsure_high)
            judge = opened.enter_context(
                closing(open_chosen_judge(options, settings, Decision(spec.filter.on_failure), band))
            )
            print(f"Judge: {judge.describe()}", file=sys.stderr)
        if network is not None:
            for sentence in unlike_trial(network, spec, is_read=judge is not None):
                print(f"Unlike the policy's training: {sentence}", file=sys.stderr)
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
    words = shown["statement"].map(lambda text: "".join(c if c.isprintable() else " " for c in text))
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
    if spec.heeds_text:
        gain = summary.total_steps - alone.total_steps
        vetoes = f"{summary.n_vetoes} messages held back, {summary.n_right_vetoes} of them rightly; "
        other = "with the text unread" if spec.acts_on_belief else "without the filter"
        print(f"{vetoes if spec.filter.strategy != NONE else ''}{gain:+,.0f} steps against the same seed {other}.")
    if summary.n_asked:
        print(f"On {summary.n_asked} days the judge was unsure and the participant was asked.")
    if summary.n_failures:
        print(f"On {summary.n_failures} days the judge could not answer and the rule for that case stood in.")


def _write(log: pd.DataFrame, path: Path) -> None:
    try:
        if path.suffix == ".csv":
            path.write_text(safe_csv(log), encoding="utf-8", newline="")
        else:
            log.to_parquet(path)
    except OSError as error:
        raise FileFormatError(f"{path} cannot be written: {error.strerror}.") from error
    print(f"Decision log: {path}", file=sys.stderr)
