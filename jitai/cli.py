"""The command line: run one trial, or judge a file of statements, with the very functions that the pages call."""

import argparse
import csv
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from jitai import __version__
from jitai.belief import BeliefSettings
from jitai.corpus import TEST, StatementBook, load_part
from jitai.errors import FileFormatError, JitaiError, ParameterError
from jitai.experiment_command import add_experiment_commands
from jitai.experiments.log import decision_log, safe_csv
from jitai.experiments.metrics import TrialSummary, summarise
from jitai.experiments.trial import LEARNED, TRIAL_POLICIES, TrialSpec
from jitai.experiments.twin import TwinTrial
from jitai.experiments.unlike import unlike_trial
from jitai.filters import NONE, FilterSettings
from jitai.judge.cache import default_cache_dir
from jitai.judge.judge import DEFAULT_BAND, Judge, UnsureBand
from jitai.judge.ollama import OllamaSettings
from jitai.judge.personal import PersonalJudging, default_data_dir
from jitai.judge.select import available_judges, choose_judge, open_judge, probe, suited_prompt
from jitai.learning.command import add_learn_command, open_policy
from jitai.optimum_command import add_optimum_command
from jitai.options import add_ollama_options, add_parameters, changed, given, ollama_settings, preset_of
from jitai.parameters import build, suggestion
from jitai.planner import PlannerSettings
from jitai.policies.thompson import ThompsonSettings
from jitai.records import Decision
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.training.command import add_train_command
from jitai.validate_command import add_validate_command
from jitai.validation.report import NO_ANSWER

AUTOMATIC = "auto"
VERDICT_COLUMNS = ("p_send", "verdict", "source", "latency_ms", "failure")
TABLE_COLUMNS = (
    "day", "statement", "candidate_action", "p_send", "verdict", "belief", "executed_action", "can_walk", "step_count",
    "habituation", "disengagement_risk",
)  # fmt: skip
STATEMENT_WIDTH = 44


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: without the program's name; those of the process if None.
    Returns: the exit status: 0, 1 for an error that the person can mend, 130 when stopped.
    """
    options = _parser().parse_args(arguments)
    try:
        command: Any = options.command
        command(options)
    except JitaiError as error:
        print(error.in_full, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m jitai", description="JITAI Lab without a browser.")
    parser.add_argument("--version", action="version", version=f"JITAI Lab {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run one trial and print its days", description="Run one trial.")
    run.add_argument("--preset", default=DEFAULT_PRESET, help=f"starting point of the settings: {', '.join(PRESETS)}")
    run.add_argument("--policy", default="thompson", help=f"one of {', '.join(TRIAL_POLICIES)}")
    run.add_argument(
        "--policy-file", type=Path, metavar="FILE.json", help="a trained policy instead: its file, or its name"
    )
    run.add_argument("--seed", type=int, default=42, help="of the participant and the policy (default: 42)")
    run.add_argument("--out", type=Path, metavar="FILE", help="write the decision log as .csv or .parquet")
    run.add_argument("--quiet", action="store_true", help="print the summary only")
    _add_judge_option(run)
    for settings_class in (FilterSettings, ThompsonSettings, BeliefSettings, PlannerSettings, SimulatorConfig):
        add_parameters(run, settings_class)
    run.set_defaults(command=_run)
    add_optimum_command(commands)
    judge = commands.add_parser(
        "judge",
        help="judge a column of statements",
        description="Judge a file of statements: every row comes back with all its columns and the verdict's.",
    )
    judge.add_argument("file", type=Path, metavar="FILE.csv", help="statements, one a row, with a header line")
    judge.add_argument("--text-column", required=True, metavar="NAME", help="the column that holds the statements")
    judge.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="where the verdicts are written")
    _add_judge_option(judge)
    judge.set_defaults(command=_judge)
    add_validate_command(commands)
    add_experiment_commands(commands)
    add_train_command(commands)
    add_learn_command(commands)
    return parser


def _add_judge_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--judge",
        default=AUTOMATIC,
        help='"embedded-tuned", "embedded", "ollama:NAME", or "auto" (default): the best measured one that is there',
    )
    parser.add_argument(
        "--prompt", default="", metavar="NAME", help="how it is asked: a prompt's name (default: what suits the judge)"
    )
    add_ollama_options(parser)


def _run(options: argparse.Namespace) -> None:
    config, ollama = changed(preset_of(options), options), ollama_settings(options)
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
            judge = opened.enter_context(closing(_open(options, ollama, Decision(spec.filter.on_failure), band)))
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


def _open(
    options: argparse.Namespace, ollama: OllamaSettings, on_failure: Decision, band: UnsureBand = DEFAULT_BAND
) -> Judge:
    """The judge that the options name."""
    prompts = PersonalJudging(default_data_dir()).prompts()
    key, found = options.judge, probe()
    judges = available_judges(found, prompts)
    if key == AUTOMATIC:
        key = choose_judge(judges)
    return open_judge(
        key,
        prompt=suited_prompt(judges, prompts, key, options.prompt),
        cache_folder=default_cache_dir(),
        on_failure=on_failure,
        band=band,
        ollama=ollama,
    )


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


def _judge(options: argparse.Namespace) -> None:
    ollama = ollama_settings(options)
    rows = _read_rows(options.file, options.text_column)
    # What a judge must be told to do on failure never shows here: nothing is sent, so "no answer" is what is written.
    with closing(_open(options, ollama, Decision.HOLD_BACK)) as judge:
        print(f"Judge: {judge.at_work()}", file=sys.stderr)
        verdicts = [judge.judge(text) for text in rows[options.text_column]]
    rows["p_send"] = [verdict.p_send for verdict in verdicts]
    rows["verdict"] = [NO_ANSWER if verdict.is_fallback else verdict.decision.value for verdict in verdicts]
    rows["source"] = [verdict.source.value for verdict in verdicts]
    rows["latency_ms"] = [round(verdict.latency_ms, 3) for verdict in verdicts]
    rows["failure"] = [verdict.failure for verdict in verdicts]
    try:
        rows.to_csv(options.out, index=False, lineterminator="\r\n")
    except OSError as error:
        raise FileFormatError(f"{options.out} cannot be written: {error.strerror}.") from error
    n_failed = sum(verdict.is_fallback for verdict in verdicts)
    print(f"{len(verdicts)} statements judged; verdicts: {options.out}", file=sys.stderr)
    if n_failed:
        why = next(verdict.failure for verdict in verdicts if verdict.failure)
        print(f'{n_failed} could not be judged (verdict "{NO_ANSWER}"): {why}', file=sys.stderr)


def _read_rows(path: Path, text_column: str) -> pd.DataFrame:
    """The file as text, cell by cell, so that identifiers such as 007 or NA come back as they were.

    Raises: FileFormatError naming the file, the line and what is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            _check_header(path, header, text_column)
            cells = []
            for row in reader:
                if not row and len(header) > 1:
                    continue
                if len(row) not in (len(header), 0):
                    raise FileFormatError(
                        f"{path.name}, line {reader.line_num}, has {len(row)} cells; there are {len(header)} columns.",
                        "Put texts with commas in double quotes.",
                    )
                cells.append(row or [""])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "it is no CSV file in UTF-8"
        raise FileFormatError(f"{path} cannot be read: {reason}.") from error
    return pd.DataFrame(cells, columns=header, dtype=str)


def _check_header(path: Path, header: list[str], text_column: str) -> None:
    """Raises: FileFormatError if the text column is missing, a name is there twice, or one of ours is taken."""
    if text_column not in header:
        raise FileFormatError(f"{path.name} has no column {text_column!r}{suggestion(text_column, tuple(header))}")
    for name in header:
        if header.count(name) > 1:
            raise FileFormatError(f"{path.name} has two columns called {name!r}.", "Rename one and try again.")
        if name in VERDICT_COLUMNS:
            raise FileFormatError(
                f"{path.name} has a column {name!r} already, which the verdict needs.", "Rename it and try again."
            )
