"""After a new adapter: make anew everything that ships its verdicts or figures, in order, and say what was done.

    python -m benchmarks.ship                 # also: make ship
    python -m benchmarks.ship --from answers  # go on after a step that failed
    python -m benchmarks.ship --list          # what would be done

`train-judge` has put the adapter, its calibration and its model card in place before. Each step is a command of its
own; a step whose result is right already does little. Stops at the first that fails. Trainings of policies are not
among them: they read no words.
"""

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from jitai.files import digest_of_file
from jitai.paths import resource
from jitai.text_format import counted, duration

EXPERIMENTS = (
    "published_grid", "action_bias", "ablation", "wrong_model", "judge_error", "conventions", "start", "spells",
    "fair_learner", "fair_learner_elsewhere",
)  # fmt: skip
"""Of docs/RESULTS.md, as in the Makefile."""


class Step(NamedTuple):
    """One step.

    Attributes:
        name: to begin from.
        what: it does, for people.
        commands: of the Python module each, one after the other.
        makes: files and folders that may change.
    """

    name: str
    what: str
    commands: tuple[tuple[str, ...], ...]
    makes: tuple[str, ...]


STEPS = (
    Step(
        "verdicts", "what the embedded judges say of every statement",
        (("jitai", "ship-verdicts"),), ("assets/verdicts",),
    ),
    Step(
        "calibrations", "the calibration and the figures of the few-shot prompt",
        (("benchmarks.fit_calibrations", "few_shot", "--write"),), ("assets/prompts",),
    ),
    Step(
        "golden", "golden numbers of runs that the embedded judges read",
        (("tests.golden.record", "judged_by_embedded", "embedded_runs", "embedded"),), ("tests/golden/data",),
    ),
    Step(
        "answers", "what Compare, Sweep, Validation and Design a study open with",
        (("jitai", "ship-answers"),), ("assets/answers",),
    ),
    Step(
        "tables", "the judges' figures in README.md and docs/JUDGE.md",
        (("benchmarks.judge_table",),), ("README.md", "docs/JUDGE.md"),
    ),
    Step(
        "lessons", "whether lessons and stories are still true: what fails here has to be written anew by hand",
        (("pytest", "-q", "-p", "no:cacheprovider", "tests/unit/lessons", "tests/unit/stories"),), (),
    ),
    Step(
        "results", "docs/RESULTS.md from specs/ (an hour)",
        (
            *(("jitai", "experiment", f"specs/{name}.yaml", "--out", "results") for name in EXPERIMENTS),
            ("jitai", "report", "results", "--out", "docs/RESULTS.md", "--force"),
        ),
        ("docs/RESULTS.md",),
    ),
    Step(
        "check", "the tests that say when one of these is stale",
        (
            (
                "pytest", "-q", "-p", "no:cacheprovider", "tests/unit/judge/test_shipped.py",
                "tests/unit/judge/test_figures.py", "tests/unit/experiments/test_answers.py",
            ),
        ),
        (),
    ),
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the steps; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [step.name for step in STEPS]
    parser.add_argument("--from", dest="first", choices=names, default=names[0], help="begin with this step")
    parser.add_argument("--only", choices=names, help="this step alone")
    parser.add_argument("--list", action="store_true", help="say what would be done, and do nothing")
    options = parser.parse_args(arguments)
    steps = STEPS[names.index(options.first) :] if options.only is None else STEPS[names.index(options.only) :][:1]
    for step in steps:
        print(f"{step.name}: {step.what}", flush=True)
        if options.list:
            for command in step.commands:
                print(f"    python -m {shlex.join(command)}")
            continue
        before, started = _digests(step), time.monotonic()
        for command in step.commands:
            ended = subprocess.run([sys.executable, "-m", *command], cwd=resource(), check=False)  # noqa: S603
            if ended.returncode:
                print(f"{step.name} failed: python -m {shlex.join(command)}", file=sys.stderr)
                print(f"Mend it, and go on with: python -m benchmarks.ship --from {step.name}", file=sys.stderr)
                return 1
        print(f"    {_said(before, _digests(step))} after {duration(time.monotonic() - started)}", flush=True)
    return 0


def _digests(step: Step) -> dict[str, str]:
    """Return the digest of every file that a step may change."""
    found: dict[str, str] = {}
    for name in step.makes:
        place = resource(*name.split("/"))
        for path in [place] if place.is_file() else sorted(item for item in place.rglob("*") if item.is_file()):
            found[str(path.relative_to(resource()))] = digest_of_file(path)
    return found


def _said(before: dict[str, str], after: dict[str, str]) -> str:
    """Return what has changed, in words."""
    if not after:
        return "done"
    changed = [Path(name).name for name, digest in after.items() if before.get(name) != digest]
    return f"{counted(len(changed), 'file')} changed: {', '.join(changed)}" if changed else "nothing had to change"


if __name__ == "__main__":
    sys.exit(main())
