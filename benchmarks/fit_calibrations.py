"""Calibrate the project's prompts for the embedded model, measure them on held-out statements, and print the figures.

    python -m benchmarks.fit_calibrations few_shot zero_shot     # these prompts; without names all but the tuned one's
    python -m benchmarks.fit_calibrations --sample 600           # measured on a balanced sample of the test part
    python -m benchmarks.fit_calibrations few_shot --write       # store what was found in the prompt files

Fitted on assets/statements/calibration.csv, measured on test.csv. The tuned model's own prompt is calibrated where the
adapter is made: `python -m jitai train-judge`.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from jitai.corpus import CALIBRATION, TEST, load_part
from jitai.errors import ParameterError
from jitai.files import make_folder, read_json, write_atomically
from jitai.judge.embedded import EmbeddedBackend
from jitai.judge.judge import Judge
from jitai.judge.prompt_file import PROMPTS_FOLDER, available_prompts
from jitai.judge.prompts import TUNED_PROMPT, Prompt, find_prompt
from jitai.judge.rules import load_rules
from jitai.trial.log import safe_csv
from jitai.validation.calibration import calibrate, measure
from jitai.validation.corpora import balanced_sample
from jitai.validation.report import judge_report, verdict_table
from jitai.validation.runner import judge_corpus


def main() -> None:
    """Calibrate, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompts", nargs="*", help="names of prompts")
    parser.add_argument("--sample", type=int, help="measure on a balanced sample of this size (seed 1)")
    parser.add_argument("--write", action="store_true", help="store calibration and figures in the prompt files")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write every verdict of a prompt to FOLDER/NAME.csv")
    arguments = parser.parse_args()
    known = available_prompts()
    names = arguments.prompts or [prompt.name for prompt in known if prompt.name != TUNED_PROMPT]
    for name in names:
        try:
            fit(find_prompt(known, name), arguments.sample, arguments.write, arguments.out)
        except ParameterError as error:
            print(f"{name:<24}{error} {error.hint}", flush=True)


def fit(prompt: Prompt, n_sample: int | None, write: bool, out: Path | None) -> None:
    """Calibrate and measure one prompt.

    Raises: ParameterError if the model's answers cannot be calibrated.
    """
    judge = Judge(EmbeddedBackend(), prompt, load_rules())
    calibration = calibrate(
        judge, load_part(CALIBRATION), "assets/statements/calibration.csv", counting(f"{prompt.name}, calibrating")
    )
    digest = judge.backend.identity().digest
    calibrated = Judge(judge.backend, prompt.with_calibrations({digest: calibration}), judge.rules)
    test = load_part(TEST) if n_sample is None else balanced_sample(load_part(TEST), n_sample, 1)
    rows, count = [], counting(f"{prompt.name}, measuring")
    for row in judge_corpus(prompt.name, calibrated, test):
        rows.append(row)
        count(len(rows), len(test))
    figures = judge_report(prompt.name, rows).figures
    assert figures is not None
    parts = (("balanced accuracy", figures.balanced_accuracy), ("AUC", figures.auc), ("recall", figures.recall))
    if out is not None:
        make_folder(out)
        write_atomically(out / f"{prompt.name}.csv", safe_csv(verdict_table(rows)))
    shown = ", ".join(f"{name} {item.value:.3f} ({item.low:.3f} to {item.high:.3f})" for name, item in parts)
    print(f"{prompt.name:<24}n {len(rows)}, {shown}, failed {sum(row.failed for row in rows)}", flush=True)
    if write:
        path = PROMPTS_FOLDER / f"{prompt.name}.json"
        content = read_json(path)
        measured = measure(rows, "assets/statements/test.csv", date.today().isoformat())
        content["calibration"] = {digest: replace(calibration, measured=measured).as_mapping()}
        write_atomically(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def counting(what: str) -> Callable[[int, int], None]:
    """Says on one line how far it is."""

    def count(done: int, total: int) -> None:
        end = "\n" if done == total else ""
        if done % 50 == 0 or end:
            print(f"\r{what}: {done} of {total}", end=end, file=sys.stderr, flush=True)

    return count


if __name__ == "__main__":
    main()
