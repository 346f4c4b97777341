"""The command line's "validate": judges against labelled statements, without a browser."""

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from jitai.corpus import DEVELOPMENT, TEST, load_part
from jitai.errors import FileFormatError, ParameterError
from jitai.experiments.log import safe_csv
from jitai.judge.cache import default_cache_dir
from jitai.judge.personal import PersonalJudging, default_data_dir
from jitai.judge.prompts import Prompt
from jitai.judge.select import available_judges, choose_judge, open_judge, probe, suited_prompt
from jitai.records import Label, Statement
from jitai.validation.baselines import BASELINE_LABELS, open_baseline
from jitai.validation.corpora import balanced_sample, chosen, read_labelled_csv
from jitai.validation.metrics import Interval
from jitai.validation.report import PUBLISHED_CAVEAT, PUBLISHED_FIGURES, JudgeReport, by_kind, reports, verdict_table
from jitai.validation.report import figures_table as all_figures
from jitai.validation.runner import Candidate, JudgesText, Validation, ValidationRun
from jitai.wording import duration

FITTED_HERE = (
    "Prompts, calibrations and the tuned model were fitted on the development part: their figures on it flatter. The "
    "TF-IDF baseline is cross-validated there, no pair being divided."
)
_SHOWN_FIGURES = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "auc")
_SECONDS_BETWEEN_NOTES = 5.0


def add_validate_command(commands: Any) -> None:
    """Add the command to a parser.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "validate",
        help="measure judges on labelled statements",
        description="How often judges are right on labelled statements: figures with 95 %% intervals (bootstrap over "
        "pairs), and accuracy by kind. Every judge given is combined with every prompt given.",
    )
    corpus = parser.add_mutually_exclusive_group()
    corpus.add_argument("--part", choices=(TEST, DEVELOPMENT), default=TEST, help="of our corpus (default: test)")
    corpus.add_argument(
        "--file", type=Path, metavar="FILE.csv",
        help="your own statements: columns text and label (can_walk, cannot_walk); optional: kind, language, id, pair",
    )  # fmt: skip
    parser.add_argument(
        "--judge", action="append", default=[], metavar="KEY",
        help='"embedded-tuned", "embedded" or "ollama:NAME"; may be repeated (default: the best measured one there is)',
    )  # fmt: skip
    parser.add_argument(
        "--prompt", action="append", default=[], metavar="NAME",
        help="how the judges are asked; may be repeated (default: what suits each judge)",
    )  # fmt: skip
    parser.add_argument(
        "--baseline", action="append", default=[], choices=tuple(BASELINE_LABELS),
        help="a judge without a language model; may be repeated; alone, no language model is asked",
    )  # fmt: skip
    parser.add_argument(
        "--source", action="append", default=[], metavar="NAME",
        help="only statements of this source (first, second, independent); may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--sample", type=int, metavar="N", help="a random sample with as many of each label (default: all statements)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the sample and of the bootstrap (default: 1)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write figures and every verdict here")
    parser.set_defaults(command=validate)


def validate(options: argparse.Namespace) -> None:
    """Run the command.

    Raises: JitaiError for whatever the person can mend.
    """
    statements = _statements(options)
    candidates = [*_language_models(options), *(_baseline(key) for key in dict.fromkeys(options.baseline))]
    if options.out is not None:
        _make_folder(options.out)
    run = ValidationRun(candidates, statements)
    run.start()
    found = _watch(run)
    results = reports(found, options.seed)
    kinds = by_kind(found, options.seed)
    _print(found, results, kinds)
    if options.file is None and options.part == DEVELOPMENT:
        print(f"\n{FITTED_HERE}")
    if options.out is not None:
        _write(options.out, found, all_figures(results), kinds)


def _statements(options: argparse.Namespace) -> tuple[Statement, ...]:
    """What is judged."""
    if options.file is None:
        statements = load_part(options.part)
    else:
        try:
            statements = read_labelled_csv(options.file.read_bytes(), options.file.name)
        except OSError as error:
            raise FileFormatError(f"{options.file} cannot be read: {error.strerror}.") from error
    if options.source:
        present = sorted({item.source for item in statements})
        for source in options.source:
            if source not in present:
                raise ParameterError(f'There is no source "{source}": allowed is {", ".join(present)}.')
        statements = chosen(statements, sources=options.source)
    return statements if options.sample is None else balanced_sample(statements, options.sample, options.seed)


def _language_models(options: argparse.Namespace) -> list[Candidate]:
    """Every judge with every prompt; none if only baselines are wanted."""
    if options.baseline and not options.judge and not options.prompt:
        return []
    prompts = PersonalJudging(default_data_dir()).prompts()
    available = available_judges(probe(), prompts)
    candidates = []
    for key in dict.fromkeys(options.judge or [choose_judge(available)]):
        for name in dict.fromkeys(options.prompt or [""]):
            prompt = suited_prompt(available, prompts, key, name)
            label = f"{key}, {prompt.label}" if prompt is not None else key
            candidates.append(Candidate(label, partial(_opened, key, prompt)))
    return candidates


def _opened(key: str, prompt: Prompt | None) -> JudgesText:
    judge = open_judge(key, prompt=prompt, cache_folder=default_cache_dir())
    judge.warm_up()
    return judge


def _baseline(key: str) -> Candidate:
    return Candidate(BASELINE_LABELS[key], partial(open_baseline, key))


def _watch(run: ValidationRun) -> Validation:
    """Say how far the run is until it ends; stopped from the keyboard, it gives what there is."""
    noted = time.monotonic()
    try:
        while not run.wait(0.1):
            if time.monotonic() - noted >= _SECONDS_BETWEEN_NOTES:
                noted = time.monotonic()
                now = run.snapshot()
                left = "" if now.seconds_left is None else f", about {duration(now.seconds_left)} left"
                print(f"{len(now.rows):,} of {now.n_total:,}: {now.at_work}{left}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopping ...", file=sys.stderr)
        run.stop()
        run.wait()
    return run.snapshot()


def _print(found: Validation, results: Sequence[JudgeReport], kinds: pd.DataFrame) -> None:
    n_unable = sum(item.label == Label.CANNOT_WALK for item in found.statements)
    print(f'{len(found.statements):,} statements, {n_unable:,} of them "cannot walk" (the veto, the positive class)')
    if found.stopped:
        print(f"Stopped after {len(found.rows):,} of {found.n_total:,} verdicts; what follows is of those.")
    for name, why in found.failures.items():
        print(f"{_printable(name)} could not be made ready: {why}")
    for result in results:
        _print_judge(result)
    if not kinds.empty:
        shown = kinds.pivot(index="kind", columns="judge", values="accuracy")
        shown = shown[[result.name for result in results if result.n]]
        shown.columns = pd.Index([f"[{number}]" for number in range(1, len(shown.columns) + 1)])
        shown.insert(0, "n", kinds.groupby("kind")["n"].max())
        shown.index = pd.Index([_printable(str(kind)) for kind in shown.index], name="kind")
        print("\nAccuracy by kind; judges in the order above")
        print(shown.to_string(float_format="%.2f", na_rep="-"))
    published = ", ".join(f"{item.model} {item.accuracy:.2f}" for item in PUBLISHED_FIGURES)
    print(f"\n{published}. {PUBLISHED_CAVEAT}")


def _print_judge(result: JudgeReport) -> None:
    print(f"\n{_printable(result.name)}")
    if result.figures is not None:
        for name in _SHOWN_FIGURES:
            print(f"  {name.replace('_', ' '):<18} {_in_words(getattr(result.figures, name))}")
        print(f"  {'Brier score':<18} {_in_words(result.figures.brier)}")
        print(f"  {'calibration error':<18} {_in_words(result.figures.calibration_error)}")
        if result.sure_accuracy is not None:
            elsewhere = f"accuracy elsewhere {result.sure_accuracy.value:.2f}"
            print(f"  {'unsure':<18} {result.share_unsure:.2f} of all; {elsewhere}")
    if result.n_failed:
        print(f"  could not answer {result.n_failed:,} of {result.n_asked:,}; these are in none of the figures")
    if result.n_without_words:
        print(f"  nothing to read in {result.n_without_words:,} of {result.n_asked:,}")
    if result.n_timed:
        print(f"  {'time a verdict':<18} {result.median_ms:.0f} ms median, 95 % within {result.slow_ms:.0f} ms")
    else:
        print("  all remembered from earlier runs, so no time was measured")


def _in_words(interval: Interval) -> str:
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def _printable(text: str) -> str:
    """A name from a person's file, without what a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text)


def _make_folder(folder: Path) -> None:
    """Before hours of judging, not after."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileFormatError(f"{folder} cannot be written: {error.strerror}.") from error


def _write(folder: Path, found: Validation, figures: pd.DataFrame, kinds: pd.DataFrame) -> None:
    """Every verdict as CSV and Parquet, the figures and the kinds as CSV."""
    verdicts = verdict_table(found.rows)
    try:
        verdicts.to_parquet(folder / "verdicts.parquet")
        for name, table in (("verdicts", verdicts), ("figures", figures), ("kinds", kinds)):
            (folder / f"{name}.csv").write_text(safe_csv(table), encoding="utf-8", newline="")
    except OSError as error:
        raise FileFormatError(f"{folder} cannot be written: {error.strerror}.") from error
    print(f"Verdicts and figures: {folder}", file=sys.stderr)
