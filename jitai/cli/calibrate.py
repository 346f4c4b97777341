"""The command `calibrate`: make a model that nobody has calibrated fit to judge, in about a minute."""

import argparse
from contextlib import ExitStack
from typing import Any

from jitai.cli.options import (
    add_backend_options,
    add_consent_option,
    backend_settings,
    consent_of,
    refuse_without_consent,
)
from jitai.cli.progress import ProgressLine
from jitai.cli.reading import say
from jitai.errors import ParameterError
from jitai.judge.judge import Judge
from jitai.judge.prompts import Prompt, find_prompt
from jitai.judge.registry import backend_of, key_forms, open_judge, reading_backends
from jitai.judge.user_prompts import PersonalJudging
from jitai.paths import default_cache_dir, default_data_dir
from jitai.sanitise import for_terminal
from jitai.validation.calibration import MINIMUM_ROWS
from jitai.validation.fitting import N_TO_CALIBRATE, N_TO_CHOOSE, candidates, fit_model, statements_to_fit

MOST_STATEMENTS = 600


def add_calibrate_command(commands: Any) -> None:
    """Add the command to a parser.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "calibrate",
        help="make a model fit to judge: choose its prompt, fit its calibration",
        description=f"Every prompt reads {N_TO_CHOOSE} development statements; the one that tells the labels apart "
        "best reads the rest, and the model's probabilities are fitted to them. The calibration is kept on this "
        "machine, and the model is asked in that way from then on. What it changes is counted on statements that it "
        "was not fitted on.",
    )
    parser.add_argument("--judge", required=True, metavar="KEY", help=key_forms(reading_backends()))
    parser.add_argument(
        "--prompt", action="append", default=[], metavar="NAME",
        help="choose among these prompts only; may be repeated (default: those worth trying)",
    )  # fmt: skip
    parser.add_argument(
        "--sample", type=int, default=N_TO_CALIBRATE, metavar="N",
        help=f"statements to fit to, {MINIMUM_ROWS} to {MOST_STATEMENTS} (default: {N_TO_CALIBRATE})",
    )  # fmt: skip
    add_consent_option(parser)
    add_backend_options(parser)
    parser.set_defaults(command=_calibrate)


def _calibrate(options: argparse.Namespace) -> None:
    if not MINIMUM_ROWS <= options.sample <= MOST_STATEMENTS:
        raise ParameterError(
            f"--sample is {options.sample}: allowed are {MINIMUM_ROWS} to {MOST_STATEMENTS} statements."
        )
    settings, mine = backend_settings(options), PersonalJudging(default_data_dir())
    known = mine.prompts()
    wanted = tuple(find_prompt(known, name) for name in dict.fromkeys(options.prompt)) or candidates(known)
    own = settings.get(backend_of(options.judge).key)
    with ExitStack() as opened:

        def open_one(prompt: Prompt) -> Judge:
            judge = open_judge(
                options.judge,
                prompt=prompt,
                cache_folder=default_cache_dir(),
                settings=own,
                consent=consent_of(options),
            )
            opened.callback(judge.close)
            refuse_without_consent(judge)
            return judge

        progress, fitted = ProgressLine("statements", 1), None
        try:
            for step in fit_model(open_one, wanted, statements_to_fit(options.sample)):
                progress = progress if step.n_done else ProgressLine("statements", step.n_total)
                progress.show(step.n_done)
                fitted = step.fitted or fitted
        finally:
            progress.end()
        assert fitted is not None
        digest = open_one(fitted.prompt).backend.identity().digest
        mine.save_calibration(fitted.prompt, digest, fitted.calibration)
    print(for_terminal(fitted.sentence))
    if fitted.n_failed:
        print(f"{fitted.n_failed} of {len(fitted.rows)} statements were not answered and are left out.")
    say([f"Kept on this machine, for the prompt {fitted.prompt.label}. `validate --sample 300` measures the model."])
