"""The command line's "experiment", "report", "rerun" and "log": grids of trials without a browser."""

import argparse
import os
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from jitai.cli.options import (
    add_backend_options,
    add_consent_option,
    add_convention_option,
    backend_settings,
    consent_of,
    refuse_without_consent,
    under_convention,
)
from jitai.cli.outputs import add_force_option, check_output
from jitai.cli.progress import ProgressLine
from jitai.errors import JitaiError, ParameterError
from jitai.experiments.cell import lived_trial, run_cell
from jitai.experiments.cell_file import read_steps, read_work, step_columns
from jitai.experiments.engine import run_experiment
from jitai.experiments.progress import ExperimentProgress, Phase
from jitai.experiments.repair import repair
from jitai.experiments.report import write_report
from jitai.experiments.spec import CONVENTION, MAX_NAME_LENGTH, ExperimentSpec, JudgeChoice
from jitai.experiments.spec_file import read_spec, spec_as_yaml
from jitai.experiments.store import FINISHED, STEPS, Store, StoredExperiment, figures_table
from jitai.experiments.workers import cluster_workers, local_workers
from jitai.files import replacing, write_atomically
from jitai.judge.consent import NOT_AGREED, Consent
from jitai.judge.registry import available_judges, backend_of, open_judge, probe_all, prompts_after, suited_prompt
from jitai.judge.user_prompts import PersonalJudging
from jitai.parameters import suggestion
from jitai.paths import default_cache_dir, default_data_dir, default_store_folder, program, resource
from jitai.records import JudgesText
from jitai.report.experiment import ExperimentInputs, work_of
from jitai.report.stored import experiment_report, measured_judges
from jitai.rl.policy_store import default_policy_store
from jitai.sanitise import for_terminal
from jitai.simulator.conventions import CONVENTIONS
from jitai.text_format import counted
from jitai.trial.loop import run_trial

TASKS_FOR_EACH_WORKER = 2
SECONDS_BETWEEN_NOTES = 5.0


def add_experiment_commands(commands: Any) -> None:
    """Add the commands to a parser.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    run: argparse.ArgumentParser = commands.add_parser(
        "experiment",
        help="run a grid of trials",
        description="Run what is still to be run of an experiment: scenarios x methods x judges x seeds, described in "
        "a YAML or JSON file. Give the same command again to resume an experiment that was stopped or killed.",
    )
    run.add_argument(
        "spec", type=Path, metavar="SPEC", help=f"the description: a file, or one of {', '.join(_shipped())}"
    )
    run.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the results (default: that of the dashboard's Runs page)"
    )
    run.add_argument("--seeds", type=int, metavar="N", help="seeds of each cell, instead of those in the description")
    add_convention_option(run)
    place = run.add_mutually_exclusive_group()
    place.add_argument("--workers", type=int, metavar="N", help="processes (default: one for each core)")
    place.add_argument("--scheduler", metavar="ADDR", help="address of a Dask cluster, such as tcp://10.0.0.5:8786")
    add_consent_option(run)
    add_backend_options(run)
    run.set_defaults(command=_experiment)
    report: argparse.ArgumentParser = commands.add_parser(
        "report",
        help="tables and figures of stored experiments",
        description="Write a report in Markdown with tables and figures (SVG) of the experiments in a folder.",
    )
    report.add_argument("folder", type=Path, metavar="DIR", help="where `experiment` kept its results")
    report.add_argument("--experiment", metavar="NAME", help="only this one (default: all in the folder)")
    report.add_argument("--out", type=Path, metavar="FILE.md", help="default: report.md in that folder")
    report.add_argument(
        "--html", type=Path, metavar="FILE.html",
        help="one experiment as one HTML file that opens without network, instead of Markdown",
    )  # fmt: skip
    add_force_option(report)
    report.set_defaults(command=_report)
    mend: argparse.ArgumentParser = commands.add_parser(
        "repair",
        help="rebuild a damaged or lost index of results",
        description="Rebuild the index of a folder of results from its files of days. What is damaged is set aside and "
        "named; nothing is deleted.",
    )
    mend.add_argument("folder", type=Path, metavar="DIR", help="where `experiment` kept its results")
    mend.set_defaults(command=_repair)
    rerun: argparse.ArgumentParser = commands.add_parser(
        "rerun",
        help="run a stored cell again from its file alone, and compare",
        description="Run a stored cell again from nothing but its Parquet file, and compare every number.",
    )
    rerun.add_argument("file", type=Path, metavar="FILE.parquet", help="a file of an experiment's folder steps/")
    rerun.set_defaults(command=_rerun)
    log: argparse.ArgumentParser = commands.add_parser(
        "log",
        help="write the days of a stored cell with the probability of every action",
        description="Run a stored cell again from its Parquet file, and write its days with what an analysis of a "
        "micro-randomised trial needs: availability, the probability with which the executed action was chosen and "
        "with which any message was sent, their numerical error, and the policy's version.",
    )
    log.add_argument("file", type=Path, metavar="FILE.parquet", help="a file of an experiment's folder steps/")
    log.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write it: .csv or .parquet")
    add_force_option(log)
    log.set_defaults(command=_log)


def _shipped() -> tuple[str, ...]:
    """Return the names of the descriptions that come with the project."""
    return tuple(sorted(path.stem for path in resource("specs").glob("*.yaml")))


def _description(named: Path) -> Path:
    """Return the file that was meant: the person's own, else the one of that name that comes with the project.

    Raises: ParameterError if a name without an ending is neither.
    """
    if named.exists() or named.suffix not in ("", ".yaml"):
        return named
    if named.stem in (names := _shipped()):
        return resource("specs", f"{named.stem}.yaml")
    if not named.suffix:
        raise ParameterError(f"There is no description {str(named)[:60]!r}{suggestion(named.name, names)}")
    return named


def _experiment(options: argparse.Namespace) -> None:
    spec = read_spec(_description(options.spec), default_policy_store().get)
    if options.seeds is not None:
        spec = replace(spec, n_seeds=options.seeds)
    if options.convention is not None:
        spec = _under_convention(spec, options)
    settings = backend_settings(options)
    store = Store(options.out if options.out is not None else default_store_folder())
    n_workers = options.workers if options.workers is not None else os.cpu_count() or 1
    if options.scheduler:
        workers, n_at_once = cluster_workers(options.scheduler), 64
    else:
        # Each worker computes on one thread: more would only wait for each other.
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        workers, n_at_once = local_workers(n_workers), TASKS_FOR_EACH_WORKER * n_workers
    started = time.monotonic()
    with ExitStack() as opened, workers as executor:
        open_one = partial(open_experiment_judge, opened, settings, consent=consent_of(options))
        identifier = run_experiment(spec, store, executor, open_one, _Printer(), n_at_once)
    stored = store.experiment(identifier)
    table = figures_table(store.cells(identifier))
    if len(table):
        print(table[_shown_columns(spec.axes)].to_string(index=False, float_format="%.3g"))
    for cell, why in store.failures(identifier):
        print(for_terminal(f"{cell.condition.name}, {cell.method.name} could not be run: {why}"), file=sys.stderr)
    ended = "finished" if stored.status == FINISHED else f"{stored.status}; repeat the command to resume it"
    print(
        f"{stored.n_finished} of {counted(stored.n_cells, 'cell')} of {counted(spec.n_seeds, 'seed')} in "
        f"{time.monotonic() - started:.0f} s: "
        f"{ended}. Results: {store.folder}, experiment {identifier}",
        file=sys.stderr,
    )
    if not stored.n_finished:
        raise JitaiError("No cell could be run, so there is nothing to compare.")


def _shown_columns(axes: tuple[tuple[str, Any], ...]) -> list[str]:
    return [*(name for name, _ in axes), "method", "judge", "n", "mean_steps", "low", "high", "share_of_optimum"]


def _under_convention(spec: ExperimentSpec, options: argparse.Namespace) -> ExperimentSpec:
    """Return the experiment whose participants follow the convention that the options name.

    Raises: ParameterError if there is none of that name, or if the description varies what it decides.
    """
    participant = under_convention(spec.participant, options)
    for name, _ in spec.axes:
        if name == CONVENTION or name in CONVENTIONS[options.convention]:
            raise ParameterError(f"--convention cannot be given here: the description varies {name} itself.")
    ending = f", convention {options.convention}"
    return replace(spec, name=spec.name[: MAX_NAME_LENGTH - len(ending)] + ending, participant=participant)


class _Printer:
    """Prints the progress every few seconds."""

    def __init__(self) -> None:
        self._said_at = float("-inf")

    def __call__(self, progress: ExperimentProgress) -> None:
        is_ready = progress.phase is Phase.RUNNING_CELLS and progress.n_done == progress.n_total
        if time.monotonic() - self._said_at < SECONDS_BETWEEN_NOTES and not is_ready:
            return
        self._said_at = time.monotonic()
        print(for_terminal(progress.in_words), file=sys.stderr, flush=True)


def open_experiment_judge(
    opened: ExitStack, settings: Mapping[str, Any], choice: JudgeChoice, consent: Consent = NOT_AGREED
) -> tuple[JudgesText, str]:
    """Return the judge of an experiment, warmed up, and its name.

    Args:
        opened: closes it in the end.
        settings: of the backends by key, as the command line gives them.
        choice: the judge with its prompt, and settings that go before those of the command line.
        consent: what the person has agreed to have sent away from this machine.
    Raises: JitaiError if it cannot be made ready.
    """
    probed = probe_all()
    prompts = prompts_after(probed, PersonalJudging(default_data_dir()))
    prompt = suited_prompt(available_judges(probed, prompts), prompts, choice.key, choice.prompt)
    own = replace(settings[backend_of(choice.key).key], **dict(choice.settings))
    judge = open_judge(choice.key, prompt=prompt, cache_folder=default_cache_dir(), settings=own, consent=consent)
    refuse_without_consent(judge)
    opened.callback(judge.close)
    judge.warm_up()
    return judge, judge.describe()


def _report(options: argparse.Namespace) -> None:
    store = Store(options.folder)
    experiments = store.experiments()
    if options.experiment is not None:
        experiments = [store.experiment(options.experiment)]
    if not experiments:
        hint = f"Run one with `{program()} experiment`."
        if any((options.folder / "steps").glob("*.parquet")):
            hint = f"Files of days are there: `{program()} repair {options.folder}` rebuilds the index from them."
        raise ParameterError(f"There is no experiment in {options.folder}.", hint)
    if options.html is not None:
        _write_html(store, experiments, options)
        return
    out = options.out if options.out is not None else options.folder / "report.md"
    check_output(out, ".md", force=options.force)
    progress = ProgressLine("experiments reported", len(experiments))
    write_report(store, experiments, out, progress.show)
    progress.end()
    print(f"Report: {out}", file=sys.stderr)


def _write_html(store: Store, experiments: list[StoredExperiment], options: argparse.Namespace) -> None:
    """Write the report to hand over.

    Raises: ParameterError unless there is one experiment of which something is finished; FileFormatError.
    """
    if options.out is not None:
        raise ParameterError("--out names a Markdown file and --html an HTML file: give one of them.")
    check_output(options.html, ".html", force=options.force)
    if len(experiments) > 1:
        names = ", ".join(item.identifier for item in experiments)
        raise ParameterError(f"There are {len(experiments)} experiments here: {names}.", "Name one with --experiment.")
    found = experiments[0]
    description = spec_as_yaml(found.spec, default_policy_store().name_of)
    command = f"{program()} experiment {found.identifier}.yaml"
    prompts = PersonalJudging(default_data_dir()).prompts()
    inputs = ExperimentInputs(
        description, command, work_of(store), measured_judges(found.spec.judges_needed(), prompts)
    )
    write_atomically(options.html, experiment_report(store, found, inputs))
    print(f"Report: {options.html}", file=sys.stderr)


def _repair(options: argparse.Namespace) -> None:
    store = Store(options.folder)
    progress = ProgressLine("files read", max(1, sum(1 for _ in (options.folder / STEPS).glob("*.parquet"))))
    done = repair(store, lambda n_done, _: progress.show(n_done))
    progress.end()
    for sentence in done.sentences:
        print(for_terminal(sentence))


def _rerun(options: argparse.Namespace) -> None:
    work = read_work(options.file)
    compared = ("step_count", "executed_action", "habituation", "disengagement_risk")
    before = read_steps(options.file, compared)
    result = run_cell(work).result
    same = all(np.array_equal(before[name].to_numpy(), getattr(result, name)[result.lived]) for name in compared)
    print(
        f"{counted(work.n_seeds, 'seed')}, {counted(int(result.lived.sum()), 'day')}, "
        f"{result.total_steps.mean():,.1f} steps on average."
    )
    if not same:
        raise ParameterError(
            "The numbers differ from the stored ones.", "Another version of the project or of numpy may have made them."
        )
    print("Every action, step count, habituation and risk is as stored.")


def _log(options: argparse.Namespace) -> None:
    check_output(options.out, ".csv", ".parquet", force=options.force, read=options.file)
    work = read_work(options.file)
    spec = lived_trial(work)
    result = run_trial(spec, work.seeds, work.verdicts, keeps_chances=True)
    import pandas as pd  # 0.4 s to import: not before a table is made

    table = pd.DataFrame(step_columns(result)).assign(policy_version=spec.policy_version)
    with replacing(options.out) as partial:
        if options.out.suffix == ".csv":
            table.to_csv(partial, index=False)
        else:
            table.to_parquet(partial)
    print(f"{counted(work.n_seeds, 'seed')}, {counted(len(table), 'day')}: {options.out}")
