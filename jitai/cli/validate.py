"""The command line's "validate": judges against labelled statements, without a browser."""

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from jitai.cli.options import (
    add_backend_options,
    add_consent_option,
    backend_settings,
    consent_of,
    refuse_without_consent,
)
from jitai.cli.outputs import UNFINISHED, add_force_option, check_output_folder
from jitai.cli.progress import ProgressLine
from jitai.cli.reading import add_reading_options, print_preview, reading_options, say, say_what_is_read
from jitai.corpus import DEVELOPMENT, TEST, load_part
from jitai.errors import BackendError, ParameterError
from jitai.files import open_to_read, remove, replacing, write_atomically
from jitai.importing.labels import label_words
from jitai.importing.statements import StatementReader, labelled_reader
from jitai.importing.table import open_table
from jitai.judge.judge import Judge
from jitai.judge.registry import (
    available_judges,
    backend_of,
    choose_judge,
    key_forms,
    offered_key,
    open_judge,
    probe_all,
    prompts_after,
    reading_backends,
    suited_prompt,
)
from jitai.judge.user_prompts import PersonalJudging
from jitai.paths import default_cache_dir, default_data_dir
from jitai.records import JudgesText, Label, Statement
from jitai.sanitise import for_terminal
from jitai.text_format import counted
from jitai.trial.log import safe_csv
from jitai.validation.baselines import BASELINE_LABELS, open_baseline
from jitai.validation.corpora import chosen, labelled_statements, stratified_sample
from jitai.validation.forms import PLAIN, by_form, difference_in_words, in_every_form
from jitai.validation.measurements import Measurements, keep_measurements, today
from jitai.validation.metrics import Interval
from jitai.validation.report import (
    PUBLISHED_CAVEAT,
    PUBLISHED_FIGURES,
    THE_LABEL,
    JudgeReport,
    agreement,
    agreements,
    all_mistakes,
    by_kind,
    by_language,
    confusion,
    confusions,
    mistakes,
    reliabilities,
    reports,
    verdict_table,
)
from jitai.validation.report import figures_table as all_figures
from jitai.validation.runner import Candidate, Validation, ValidationRun

if TYPE_CHECKING:
    import pandas as pd

FITTED_HERE = (
    "Prompts, calibrations and the tuned model were fitted on the development part, so their figures on it are too "
    "good. The TF-IDF baseline is cross-validated there, and no pair is divided."
)
_SHOWN_FIGURES = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "auc")
_TABLES = ("verdicts", "figures", "kinds", "languages", "agreement", "confusion", "reliability", "mistakes", "forms")


def add_validate_command(commands: Any) -> None:
    """Add the command to a parser.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "validate",
        help="measure judges on labelled statements",
        description="How often judges are right on labelled statements: figures with 95 % intervals (jackknife over "
        "pairs), what was said of which label, accuracy by kind and language, agreement. Every judge given is combined "
        "with every prompt given.",
    )
    corpus = parser.add_mutually_exclusive_group()
    corpus.add_argument("--part", choices=(TEST, DEVELOPMENT), default=TEST, help="of our corpus (default: test)")
    corpus.add_argument(
        "--file", type=Path, metavar="FILE",
        help="your own statements and labels (can_walk, cannot_walk, 1, 0, yes, no, good, bad ...); columns kind, "
        "language, id and pair are read too",
    )  # fmt: skip
    parser.add_argument(
        "--judge", action="append", default=[], metavar="KEY",
        help=f"{key_forms(reading_backends())}; may be repeated (default: the best measured one there is)",
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
        "--kind", action="append", default=[], metavar="NAME",
        help="only statements of this kind, such as plain or non_english; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--sample", type=int, metavar="N",
        help="a random sample with as many of each label, every kind with its share (default: all statements)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample and of simulated judges (default: 1)")
    parser.add_argument(
        "--mistakes", type=int, default=0, metavar="N",
        help="print the N mistakes of each judge of which it was surest, with what was asked and its reply",
    )  # fmt: skip
    parser.add_argument(
        "--forms", action="store_true",
        help="judge each statement in other forms too (capitals, emoji, mail ...): how far form is taken for meaning",
    )  # fmt: skip
    parser.add_argument(
        "--no-cache", action="store_true",
        help="ask anew what is remembered, so that its time is measured; these replies are not kept",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER",
        help="write every verdict and mistake, figures, kinds, languages, agreement, confusion and reliability here",
    )  # fmt: skip
    add_force_option(parser)
    add_reading_options(parser, with_labels=True)
    add_consent_option(parser)
    add_backend_options(parser)
    parser.set_defaults(command=validate)


def validate(options: argparse.Namespace) -> None:
    """Run the command.

    Raises: JitaiError for whatever the person can mend, and where no judge has answered.
    """
    if options.mistakes < 0:
        raise ParameterError("The number of mistakes to print is 0 or more.")
    if options.preview:
        if options.file is None:
            raise ParameterError("--preview shows how a file is read: name it with --file.")
        with open_to_read(options.file) as file:
            print_preview(_reader(options, file))
        return
    if options.out is not None:
        check_output_folder(options.out, ["verdicts.parquet", *(f"{name}.csv" for name in _TABLES)], options.force)
    settings, statements = backend_settings(options), _statements(options)
    with ExitStack() as opened:
        baselines = (_baseline(key) for key in dict.fromkeys(options.baseline))
        judges = _language_models(options, settings, opened)
        candidates = [*(Candidate(name, partial(_warm, judge)) for name, judge in judges.items()), *baselines]
        run = ValidationRun(candidates, statements)
        run.start()
        found = _watch(run)
        forms = _by_form(candidates, found) if options.forms and not found.stopped else None
        is_ours = options.file is None and options.part == TEST
        measured = keep_measurements(Measurements(default_data_dir()), judges, found, today()) if is_ours else []
    results = reports(found, options.seed)
    kinds, languages = by_kind(found), by_language(found)
    _print(found, results, kinds, languages, options.mistakes)
    if forms is not None:
        _print_forms(forms, _numbers(results))
    if options.file is None and options.part == DEVELOPMENT:
        print(f"\n{FITTED_HERE}")
    for sentence in measured:
        print(for_terminal(sentence))
    if options.out is not None:
        tables = {
            "figures": all_figures(results),
            "kinds": kinds,
            "languages": languages,
            "agreement": agreements(found),
            "confusion": confusions(found),
            "reliability": reliabilities(found),
            "mistakes": all_mistakes(found),
        }
        if forms is not None:
            tables["forms"] = forms
        _write(options.out, verdict_table(found.rows), tables, found.stopped)
    if not any(result.n for result in results):
        raise BackendError("No judge has answered any statement, so there are no figures.", hint=_first_failure(found))


def _statements(options: argparse.Namespace) -> tuple[Statement, ...]:
    """Return the statements that are judged."""
    if options.file is None:
        statements = load_part(options.part)
    else:
        with open_to_read(options.file) as file:
            reader = _reader(options, file)
            found = labelled_statements(reader)
        say_what_is_read(reader, found.notes)
        statements = found.statements
    _check_names("source", options.source, {item.source for item in statements})
    _check_names("kind", options.kind, {item.kind for item in statements})
    statements = chosen(statements, options.source or None, options.kind or None)
    return statements if options.sample is None else stratified_sample(statements, options.sample, options.seed)


def _reader(options: argparse.Namespace, file: IO[bytes]) -> StatementReader:
    table = open_table(file, options.file.name, reading_options(options))
    words = label_words(options.can_walk, options.cannot_walk)
    return labelled_reader(table, words, options.text_column, options.label_column, options.missing)


def _check_names(what: str, wanted: Sequence[str], present: set[str]) -> None:
    """Raises: ParameterError for a name that no statement has."""
    for name in wanted:
        if name not in present:
            allowed = for_terminal(", ".join(sorted(present)))
            raise ParameterError(f'There is no {what} "{name}": allowed is {allowed}.')


def _language_models(options: argparse.Namespace, settings: Mapping[str, Any], opened: ExitStack) -> dict[str, Judge]:
    """Return every judge with every prompt, by name; none if only baselines are wanted.

    Raises: NotAgreed if one runs elsewhere and the options do not agree to that.
    """
    if options.baseline and not options.judge and not options.prompt:
        return {}
    probed = probe_all()
    prompts = prompts_after(probed, PersonalJudging(default_data_dir()))
    available = available_judges(probed, prompts)
    cache_folder = None if options.no_cache else default_cache_dir()
    judges = {}
    for key in dict.fromkeys(offered_key(available, key) for key in options.judge or [choose_judge(available)]):
        for name in dict.fromkeys(options.prompt or [""]):
            prompt = suited_prompt(available, prompts, key, name)
            label = f"{key}, {prompt.label}" if prompt is not None else key
            own = settings.get(backend_of(key).key)
            judge = open_judge(
                key, prompt=prompt, cache_folder=cache_folder, settings=own, anew=cache_folder is None,
                consent=consent_of(options),
            )  # fmt: skip
            opened.callback(judge.close)
            refuse_without_consent(judge)
            judges[label] = judge
    return judges


def _warm(judge: Judge) -> JudgesText:
    judge.warm_up()
    return judge


def _baseline(key: str) -> Candidate:
    return Candidate(BASELINE_LABELS[key], partial(open_baseline, key))


def _watch(run: ValidationRun) -> Validation:
    """Print the progress until the run ends; a run stopped from the keyboard returns what it has."""
    progress = ProgressLine("verdicts", run.snapshot().n_total)
    try:
        while not run.wait(0.1):
            now = run.snapshot()
            progress.show(len(now.rows), now.at_work, now.seconds_left)
    except KeyboardInterrupt:
        progress.end()
        say(["Stopping ... What is judged is remembered: the same command goes on."])
        run.stop()
        run.wait()
    progress.end()
    return run.snapshot()


def _print(
    found: Validation,
    results: Sequence[JudgeReport],
    kinds: "pd.DataFrame",
    languages: "pd.DataFrame",
    n_mistakes: int,
) -> None:
    n_unable = sum(item.label == Label.CANNOT_WALK for item in found.statements)
    print(
        f'{counted(len(found.statements), "statement")}, {n_unable:,} of them "cannot walk" (the veto, '
        "the positive class)"
    )
    if found.stopped:
        print(f"Stopped after {len(found.rows):,} of {found.n_total:,} verdicts; the figures below cover only those.")
    if found.failure:
        print(for_terminal(found.failure))
    for name, why in found.failures.items():
        print(f"{for_terminal(name)} could not be made ready: {for_terminal(why)}")
    numbers = _numbers(results)
    for result in results:
        print(f"\n{numbers[result.name]} {for_terminal(result.name)}")
        _print_judge(result)
        if result.n:
            _print_confusion(confusion(found.rows_of(result.name)))
    if not kinds.empty:
        _print_groups(kinds, "kind", numbers)
        if languages["language"].nunique() > 1:
            _print_groups(languages, "language", numbers)
        _print_agreement(found, numbers)
        if n_mistakes:
            _print_mistakes(found, numbers, n_mistakes)
    published = ", ".join(f"{item.model} {item.accuracy:.2f}" for item in PUBLISHED_FIGURES)
    print(f"\n{published}. {PUBLISHED_CAVEAT}")


def _by_form(candidates: Sequence[Candidate], found: Validation) -> "pd.DataFrame":
    run = ValidationRun(candidates, in_every_form(found.statements))
    run.start()
    return by_form(found, _watch(run))


def _print_forms(table: "pd.DataFrame", numbers: dict[str, str]) -> None:
    """Print how well each judge reads each form of the statements."""
    for judge, number in numbers.items():
        print(f"\n{number} {for_terminal(judge)}: the same statements in other forms")
        print(f"  {'form':30}{'n':>6}  accuracy  recall  difference in points (95 %)")
        for row in table[table["judge"] == judge].to_dict("records"):
            points = difference_in_words(row["difference"], row["low"], row["high"])
            against = "" if row["form"] == PLAIN else points
            print(f"  {row['form']:30}{row['n']:>6,}  {row['accuracy']:8.3f}  {row['recall']:6.3f}  {against}".rstrip())


def _numbers(results: Sequence[JudgeReport]) -> dict[str, str]:
    """Return the numbers that stand for judges' names where columns are narrow."""
    return {result.name: f"[{number}]" for number, result in enumerate(results, start=1)}


def _print_groups(table: "pd.DataFrame", column: str, numbers: dict[str, str]) -> None:
    """Print accuracy by kind or by language, one column a judge."""
    import pandas as pd  # 0.4 s to import: not before a table is made

    shown = table.pivot(index=column, columns="judge", values="accuracy")
    shown = shown[[name for name in numbers if name in shown]].rename(columns=numbers)
    shown.columns.name = None
    shown.insert(0, "n", table.groupby(column)["n"].max())
    shown.index = pd.Index([for_terminal(str(value)) for value in shown.index], name=column)
    print(f"\nAccuracy by {column}")
    print(shown.to_string(float_format="%.2f", na_rep="-"))


def _print_confusion(counts: "pd.DataFrame") -> None:
    print("  what it says of which label")
    for line in counts.to_string().splitlines():
        print(f"    {line}")


def _print_agreement(found: Validation, numbers: dict[str, str]) -> None:
    found_agreement = agreement(found)
    shown = found_agreement.words.rename(index=numbers, columns=numbers)
    n = _from_to(found_agreement.counts)
    print(f"\nAgreement: Cohen's kappa of every two judges and {THE_LABEL} with 95 % intervals, on {n} statements")
    print(shown.to_string())


def _from_to(counts: "pd.DataFrame") -> str:
    fewest, most = int(counts.to_numpy().min()), int(counts.to_numpy().max())
    return f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"


def _print_mistakes(found: Validation, numbers: dict[str, str], n: int) -> None:
    """Print the surest mistakes of each judge in full."""
    for name, number in numbers.items():
        wrong = mistakes(found.rows_of(name))
        print(f"\nMistakes of {number} {for_terminal(name)}: {len(wrong):,}, the surest first")
        for row in wrong.head(n).to_dict("records"):
            print("\n  " + for_terminal(f"{row['id']}, {row['kind']}, {row['language']}"))
            _print_words("statement", row["text"])
            print(f"  label: {row['label']}; the judge: {row['verdict']}, P(send) {row['p_send']:.3f}")
            _print_words(f"asked ({row['prompt_version']})", row["prompt"])
            _print_words("reply", row["raw_reply"])


def _print_words(what: str, words: str) -> None:
    """Print a text that came from outside, indented below what it is; nothing if there is none."""
    if words:
        print(f"  {what}:")
        for line in words.splitlines():
            print(f"    {for_terminal(line)}")


def _print_judge(result: JudgeReport) -> None:
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
    elif result.n_remembered:
        print("  all remembered, so no time was measured; --no-cache asks anew")


def _in_words(interval: Interval) -> str:
    if math.isnan(interval.value):
        return "-"
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def _first_failure(found: Validation) -> str:
    """Return why a judge could not be made ready, or could not answer; empty if none failed."""
    reasons = [*found.failures.values(), *(row.verdict.failure for row in found.rows if row.failed)]
    return next(iter(reasons), "")


def _write(folder: Path, verdicts: "pd.DataFrame", tables: "Mapping[str, pd.DataFrame]", is_part: bool) -> None:
    """Write every verdict as CSV and Parquet, and the other tables as CSV under their names."""
    if is_part:
        write_atomically(folder / UNFINISHED, "The run was stopped: these files cover only a part of it.\n")
    with replacing(folder / "verdicts.parquet") as partial:
        verdicts.to_parquet(partial)
    for name, table in {"verdicts": verdicts, **tables}.items():
        write_atomically(folder / f"{name}.csv", safe_csv(table))
    if not is_part:
        remove(folder / UNFINISHED)
    print(f"Verdicts and figures: {folder}", file=sys.stderr)
