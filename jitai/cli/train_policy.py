"""The command "train": learn a policy, keep it, and measure it."""

import argparse
import math
import sys
from pathlib import Path
from typing import Any

from jitai.cli.options import add_parameters, add_preset_options, changed, given, preset_of, under_convention
from jitai.cli.outputs import add_force_option, check_output
from jitai.errors import JitaiError
from jitai.files import read_bytes
from jitai.parameters import build
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import ALGORITHM_LABELS, OBSERVATION_LABELS, PolicyNetwork
from jitai.rl.evaluation import N_SEEDS, Evaluation, evaluate_as_trained
from jitai.rl.imported_model import MAX_ZIP_BYTES, policy_of_model
from jitai.rl.policy_store import default_policy_store, read_policy, write_policy
from jitai.rl.task import DEFAULT_OBSERVATIONS, LearningSettings, LearningTask
from jitai.rl.train import Training, TrainingRun
from jitai.sanitise import for_terminal
from jitai.simulator.config import PUBLISHED_CELLS, SimulatorConfig
from jitai.simulator.spaces import DEFAULT_OBSERVATIONS as SHOWN_BY_DEFAULT
from jitai.text_format import counted
from jitai.trial.filters import training_filters

_LOOK_EVERY_S = 0.2
_SAY_EVERY = 20
_ENDING = ".json"


def add_learn_command(commands: Any) -> None:
    """Add the command "train" to a parser.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    known = "; ".join(f"{name} {label}" for name, label in OBSERVATION_LABELS.items())
    parser: argparse.ArgumentParser = commands.add_parser(
        "train",
        help="train a policy by reinforcement learning",
        description="Train a policy on simulated participants, write it to a file, and measure it on 500 seeds that "
        "the training never uses. Ctrl-C stops the training, keeps what is learnt, and lets --resume continue it.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.json", help="where the policy is written")
    parser.add_argument(
        "--observations", default=",".join(DEFAULT_OBSERVATIONS), metavar="NAMES",
        help=f"what it sees, with commas between: {known} (default: %(default)s)",
    )  # fmt: skip
    add_preset_options(parser)
    parser.add_argument(
        "--cells", action="store_true",
        help="learn from the eight participants of the published grid at once, instead of a preset",
    )  # fmt: skip
    parser.add_argument(
        "--filter", dest="training_filter", default=training_filters()[0], metavar="NAME",
        help=f"what the judge may do in training: {' or '.join(training_filters())} (default: %(default)s)",
    )  # fmt: skip
    add_force_option(parser)
    parser.add_argument("--resume", action="store_true", help="resume the stopped training that has these options")
    for settings_class in (LearningSettings, BeliefSettings, SimulatorConfig):
        add_parameters(parser, settings_class)
    parser.set_defaults(command=_train)


def add_import_command(commands: Any) -> None:
    """Add the command "import-policy" to a parser.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "import-policy",
        help="use a model trained with stable-baselines3",
        description="Make a policy of a model that stable-baselines3 trained on a registered environment (PPO, A2C or "
        "DQN with an MlpPolicy). Only its numbers are read: no code in the file is run.",
    )
    parser.add_argument("file", type=Path, metavar="FILE.zip", help="what model.save wrote")
    parser.add_argument(
        "--observations", default=",".join(SHOWN_BY_DEFAULT), metavar="NAMES",
        help="what its environment was made with, in order, with commas between (default: %(default)s)",
    )  # fmt: skip
    add_preset_options(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.json", help="where the policy is written")
    add_force_option(parser)
    parser.set_defaults(command=_import)


def _import(options: argparse.Namespace) -> None:
    check_output(options.out, _ENDING, force=options.force, read=options.file)
    names = tuple(name.strip() for name in options.observations.split(",") if name.strip())
    content = read_bytes(options.file, MAX_ZIP_BYTES)
    network = policy_of_model(content, options.file.name, names, preset_of(options))
    write_policy(network, options.out)
    print(f"{options.out}: {for_terminal(network.name)}, sees {', '.join(network.observations)}.")


def _task(options: argparse.Namespace) -> LearningTask:
    """Return the task that the options describe.

    Raises: ParameterError naming what is wrong.
    """
    starts = PUBLISHED_CELLS if options.cells else (preset_of(options),)
    starts = tuple(under_convention(start, options) for start in starts)
    names = tuple(name.strip() for name in options.observations.split(",") if name.strip())
    return LearningTask(
        settings=build(LearningSettings, given(options, LearningSettings)),
        observations=names,
        participants=tuple(dict.fromkeys(changed(item, options) for item in starts)),
        belief=build(BeliefSettings, given(options, BeliefSettings)),
        filter=options.training_filter,
    )


def _train(options: argparse.Namespace) -> None:
    check_output(options.out, _ENDING, force=options.force or options.resume)
    run = TrainingRun(_task(options), default_policy_store().checkpoints, options.resume)
    task = run.task
    _say(
        f"{ALGORITHM_LABELS[task.settings.algorithm]} learns from {counted(len(task.participants), 'kind')} of "
        f"participants, {task.settings.n_lanes} at once; it sees {', '.join(task.observations)}."
    )
    done = _watch(run)
    network = done.network
    if network is None:
        raise JitaiError(done.failure)
    if done.failure:
        _say(done.failure)
    write_policy(network, options.out)
    if done.stopped and not done.failure:
        _say(f"Stopped after {done.n_steps:,} decisions; the same command with --resume continues.")
    name, minutes = for_terminal(network.name), network.trained_on.minutes
    print(f"{options.out}: {name}, {done.n_steps:,} decisions, {minutes:.1f} min.")
    for line in evaluation_lines(evaluate_as_trained(network)):
        print(line)


def _watch(run: TrainingRun) -> Training:
    """Print the progress until the training ends; the first Ctrl-C ends it."""
    said = 0
    run.start()
    while True:
        try:
            is_over, now = run.wait(_LOOK_EVERY_S), run.snapshot()
            part = int(now.share_done * _SAY_EVERY)
            if now.curve and part > said:
                said = part
                _say(_progress_line(now))
            if is_over:
                return run.snapshot()
        except KeyboardInterrupt:
            _say("Stopping ...")
            run.stop()


def _progress_line(now: Training) -> str:
    point = now.curve[-1]
    left_s = now.seconds_left or 0.0
    left = f"{left_s / 60:.0f} min" if left_s >= 90 else f"{left_s:.0f} s"
    return (
        f"{100 * now.share_done:3.0f} %, {now.n_steps:,} decisions, {point.mean_steps:,.0f} ± {point.half_width:.0f} "
        f"steps a study (n = {point.n_studies}), {now.steps_per_s:,.0f} decisions/s, {left} left"
    )


def evaluation_lines(found: tuple[Evaluation, ...]) -> list[str]:
    """Return what a policy earns: a line for each kind of participant, and the mean if there are several."""
    lines = [
        f"p11 {item.participant.can_walk_persistence:g}, p00 {item.participant.cannot_walk_persistence:g}, ε_d "
        f"{item.participant.disengagement_increment:g}: {item.mean_steps:,.0f} ± {item.half_width:.0f} steps, "
        + (
            "where the optimum earns none either, "
            if math.isnan(item.share)
            else f"{100 * item.share:.1f} ± {100 * item.share_half_width:.1f} % of the optimum, "
        )
        + f"{100 * item.share_disengaged:.0f} % left"
        for item in found
    ]
    if len(found) > 1 and not any(math.isnan(item.share) for item in found):
        mean = 100 * sum(item.share for item in found) / len(found)
        lines.append(f"Mean of the {len(found)}: {mean:.1f} % of the optimum.")
    n_seeds = found[0].n_seeds if found else N_SEEDS
    lines.append(f"95 % intervals over {counted(n_seeds, 'seed')} that no training uses.")
    return lines


def open_policy(path: Path) -> PolicyNetwork:
    """Return the policy of a file, or of that name, which comes with the project or is the person's own.

    Raises: FileFormatError or ParameterError naming what is wrong.
    """
    is_name = path.suffix != _ENDING and not path.exists()
    return default_policy_store().get(str(path)) if is_name else read_policy(path)


def _say(text: str) -> None:
    print(for_terminal(text), file=sys.stderr, flush=True)
