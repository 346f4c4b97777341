"""The command `train-judge`: train the adapter, calibrate and measure it, and write its model card."""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from jitai.cli.outputs import check_output
from jitai.corpus import CALIBRATION, DEVELOPMENT, TEST, load_meanings, load_part
from jitai.errors import ParameterError
from jitai.files import make_folder, read_json, write_atomically
from jitai.finetuning.adapter import TrainedAdapter, TrainingProgress, TrainingSettings, train_adapter
from jitai.finetuning.export import write_adapter
from jitai.installation import JUDGE_TRAINING
from jitai.judge.calibration import Calibration
from jitai.judge.embedded import ADAPTER_FILE, EmbeddedBackend, find_model_file
from jitai.judge.judge import Judge
from jitai.judge.prompt_file import TUNED_PROMPT_FILE, load_prompt
from jitai.judge.prompts import Prompt
from jitai.judge.rules import load_rules
from jitai.judge.text import WORDS_FILE, write_words
from jitai.paths import default_data_dir, is_installed
from jitai.records import Statement
from jitai.text_format import duration
from jitai.validation.calibration import calibrate
from jitai.validation.calibration import measure as measure_shares
from jitai.validation.report import judge_report
from jitai.validation.runner import JudgedRow, judge_corpus

CARD_FILE = "README.md"


def default_out() -> Path:
    """Return where the adapter goes: in a clone, where the judge finds it; else into the person's folder.

    The installed package stays as it was installed.
    """
    return default_data_dir() / "trained_judge" / ADAPTER_FILE.name if is_installed() else ADAPTER_FILE


@dataclass(frozen=True)
class TrainedJudge:
    """A trained adapter with its calibration and its verdicts on the test part.

    Attributes:
        adapter: the GGUF file.
        calibration: of the tuned model.
        rows: its verdicts on the test part.
    """

    adapter: Path
    calibration: Calibration
    rows: list[JudgedRow]


def add_train_command(commands: Any) -> None:
    """Add the command "train-judge" to a parser.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "train-judge",
        help="train the judge's adapter anew",
        description="Train the LoRA adapter of the embedded model on the development statements, calibrate it, measure "
        "it on the test statements and write its model card. Needs requirements-train.txt, and two hours on two cores.",
    )
    parser.add_argument("--out", type=Path, metavar="FILE.gguf", help=f"default: {default_out()}")
    parser.add_argument("--limit", type=int, metavar="N", help="use N statements of each part only: a trial run")
    parser.add_argument("--source", metavar="NAME", help="train on the statements of this source only (default: all)")
    parser.add_argument(
        "--start-from", type=Path, metavar="FILE.gguf", help="continue from this adapter (default: begin anew)"
    )
    defaults = TrainingSettings()
    for item in fields(TrainingSettings):
        parser.add_argument(
            "--" + item.name.replace("_", "-"),
            type=type(getattr(defaults, item.name)),
            default=getattr(defaults, item.name),
            metavar="NUMBER",
            help="default: %(default)s",
        )

    def command(options: argparse.Namespace) -> None:
        settings = TrainingSettings(**{item.name: getattr(options, item.name) for item in fields(TrainingSettings)})
        outcome = train_judge(settings, options.out, options.limit, options.start_from, options.source)
        measured = outcome.calibration.measured
        print(f"{outcome.adapter}: {'not measured' if measured is None else measured.sentence}")

    parser.set_defaults(command=command)


def train_judge(
    settings: TrainingSettings,
    out: Path | None = None,
    limit: int | None = None,
    start_from: Path | None = None,
    source: str | None = None,
) -> TrainedJudge:
    """Train the adapter on the development statements and measure it on the test statements.

    Args:
        settings: of the training.
        out: the adapter's file; ``default_out`` if None. The model card goes beside it; where it is the one that the
            judge uses, its calibration goes into the prompt file too.
        limit: use only that many statements of each part, for a trial of the command.
        start_from: an adapter from which training goes on.
        source: train on the statements of this source only, such as new ones; None for all.
    Raises: PartMissing, ModelMissing if something is not installed; FileFormatError if start_from cannot be used;
        ParameterError if there is no statement of that source.
    """
    JUDGE_TRAINING.require()
    development, aside, test = (load_part(part)[:limit] for part in (DEVELOPMENT, CALIBRATION, TEST))
    training = [item for item in development if source in (None, item.source)]
    if not training:
        sources = ", ".join(dict.fromkeys(item.source for item in development))
        raise ParameterError(f"The development part holds no statement of source {source!r}.", f"It holds {sources}.")
    prompt = load_prompt(TUNED_PROMPT_FILE)
    if out is None:
        out = default_out()
        make_folder(out.parent)
    check_output(out, ".gguf", force=True)
    if out == ADAPTER_FILE:
        write_words(WORDS_FILE, development)
    _say(f"Training on {len(training):,} statements; {len(aside):,} are set aside for calibration.")
    only = "" if source is None else f" of source {source}"
    begun = "" if start_from is None else f"; training went on from the adapter with SHA-256 {_sha256(start_from)}"
    trained = train_adapter(training, load_meanings(), prompt.questions[0], settings, _report, start_from=start_from)
    write_adapter(out, trained.weights, settings.alpha, trained.n_heads, trained.n_key_value_heads)
    return measure(out, prompt, settings, f"{len(training):,} statements{only}{begun}", trained, aside, test)


def measure(
    out: Path,
    prompt: Prompt,
    settings: TrainingSettings,
    trained_on: str,
    trained: TrainedAdapter,
    aside: Sequence[Statement],
    test: Sequence[Statement],
) -> TrainedJudge:
    """Calibrate an adapter's file and measure it, both with the engine that the judge runs, and write its card."""
    backend = EmbeddedBackend(tuned=True, adapter_path=out, n_threads=settings.n_threads)
    judge = Judge(backend, replace(prompt, calibrations={}), load_rules())
    calibration = calibrate(judge, aside, "assets/statements/calibration.csv", _counting("Calibrating"))
    digest = backend.identity().digest
    calibrated = Judge(backend, prompt.with_calibrations({digest: calibration}), load_rules())
    rows, count = [], _counting("Measuring")
    for row in judge_corpus(calibration.model, calibrated, test):
        rows.append(row)
        count(len(rows), len(test))
    measured = measure_shares(rows, "assets/statements/test.csv", date.today().isoformat())
    calibration = replace(calibration, measured=measured)
    card = model_card(out, settings, trained_on, trained, calibration, rows)
    write_atomically(out.with_name(CARD_FILE), card)
    if out == ADAPTER_FILE:
        content = read_json(TUNED_PROMPT_FILE)
        content["calibration"] = {digest: calibration.as_mapping()}
        write_atomically(TUNED_PROMPT_FILE, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    return TrainedJudge(out, calibration, rows)


def model_card(
    out: Path,
    settings: TrainingSettings,
    trained_on: str,
    trained: TrainedAdapter,
    calibration: Calibration,
    rows: list[JudgedRow],
) -> str:
    """Return the model card: data, steps, seed, figures and limits of an adapter, in Markdown."""
    table = ["| statements | n | balanced accuracy | recall of cannot walk |", "|---|---|---|---|"]
    for name, chosen in _groups(rows):
        figures = judge_report(name, chosen).figures
        assert figures is not None
        balanced, recall = figures.balanced_accuracy, figures.recall
        table.append(
            f"| {name} | {len(chosen)} | {balanced.value:.3f} ({balanced.low:.3f} to {balanced.high:.3f}) "
            f"| {recall.value:.3f} ({recall.low:.3f} to {recall.high:.3f}) |"
        )
    training = "\n".join(f"| {name} | {value} |" for name, value in asdict(settings).items())
    return _CARD.format(
        file=out.name,
        size=out.stat().st_size / 1e6,
        adapter_hash=_sha256(out),
        base=find_model_file().name,
        base_hash=_sha256(find_model_file()),
        trained_on=trained_on,
        n_steps=trained.n_steps,
        minutes=trained.seconds / 60,
        training=training,
        scale=calibration.scale,
        bias=calibration.bias,
        fitted_on=calibration.fitted_on,
        table="\n".join(table),
    )


def _groups(rows: list[JudgedRow]) -> list[tuple[str, list[JudgedRow]]]:
    """Return all rows, then those of each source, kind and language, each group with its name."""
    groups = [("all", rows)]
    for column in ("source", "kind", "language"):
        values = dict.fromkeys(getattr(row.statement, column) for row in rows)
        groups += [
            (f"{column}: {value}", [row for row in rows if getattr(row.statement, column) == value]) for value in values
        ]
    return groups


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _report(progress: TrainingProgress) -> None:
    left = progress.elapsed_s / progress.step * (progress.n_steps - progress.step)
    _say(
        f"step {progress.step} of {progress.n_steps}, loss {progress.loss:.3f}, of the meanings "
        f"{progress.meaning_loss:.2f}, {duration(left)} left"
    )


def _counting(what: str) -> Callable[[int, int], None]:
    """Return a counter that prints the progress now and then."""

    def count(done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            _say(f"{what}: {done} of {total}")

    return count


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


_CARD = """# jitai-judge: an adapter for the embedded model

Written by `python -m jitai train-judge`. It reads what a participant of a (simulated) walking study wrote and decides
whether a message may be sent now. It is part of a simulation. It is no medical device, and it must not decide about
people.

| | |
|---|---|
| file | {file}, {size:.2f} MB, GGUF, LoRA in float16 |
| SHA-256 | {adapter_hash} |
| belongs to | {base} (SmolLM2-135M-Instruct, Apache-2.0) |
| SHA-256 of that file | {base_hash} |
| licence | Apache-2.0, like the base model |
| prompt | assets/prompts/fine_tuned.json: the statement and no examples, answered with " good" or " bad" |
| trained on | assets/statements/development.csv and meanings.csv: {trained_on} |
| steps | {n_steps:,}, {minutes:.0f} minutes |
| calibration | P(send) = sigmoid({scale} x log-odds + {bias}), fitted on {fitted_on} |

## Settings

| setting | value |
|---|---|
{training}

## Figures

Measured on assets/statements/test.csv, on which nothing was trained or calibrated, with 95 % intervals over whole
pairs. The author of source "independent" had seen no other statement. The author of "second" also wrote training
statements, in other pairs.

{table}

## Limits

- It reads English, Spanish, French, German and Portuguese. No other language was trained or measured; English works
  best.
- It judges the present state only, and only from what is said: it knows no history, no context and no person.
- The statements were written for this project, many of them hard on purpose, and none by participants of a study.
- Ambiguous statements remain ambiguous: see the row above.
- It belongs to exactly the base file above. With another file, even of the same model, its figures do not hold.
"""
