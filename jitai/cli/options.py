"""Options of the command line made from described parameters, so that help, ranges and names cannot disagree."""

import argparse
from functools import partial
from typing import Any

from jitai.decision import DEFAULT_BAND, UnsureBand
from jitai.errors import ParameterError
from jitai.judge.judge import Judge
from jitai.judge.ollama.server import OllamaSettings
from jitai.judge.registry import available_judges, choose_judge, open_judge, probe, suited_prompt
from jitai.judge.user_prompts import PersonalJudging
from jitai.parameters import ParameterInfo, build, describe, from_text, suggestion
from jitai.paths import default_cache_dir, default_data_dir
from jitai.records import Decision
from jitai.simulator.config import PRESETS, SimulatorConfig

_SHORT = {"strategy": "filter", "total_steps": "steps", "n_lanes": "lanes", "learning_seed": "seed"}
"""Options whose names are not those of their parameters."""


def add_parameters(parser: argparse.ArgumentParser, settings_class: type[object]) -> None:
    """One option for each parameter, with its own help; validation is left to the settings class.

    Args:
        parser: of the command.
        settings_class: whose parameters are described.
    """
    groups: dict[str, Any] = {}
    for info in describe(settings_class):
        if info.group not in groups:
            groups[info.group] = parser.add_argument_group(info.group)
        groups[info.group].add_argument(
            option_name(info),
            dest=info.name,
            type=partial(from_text, info),
            metavar="VALUE",
            help=info.full_help.replace("%", "%%"),
        )


def add_ollama_options(parser: argparse.ArgumentParser) -> None:
    """The options that say how an Ollama server is asked; validation is left to OllamaSettings.

    Args:
        parser: of a command that may open a judge.
    """
    default = OllamaSettings()
    group = parser.add_argument_group("asking an Ollama server")
    group.add_argument(
        "--keep-alive", default=default.keep_alive, metavar="TIME",
        help="how long a model stays in the server's memory after an answer, such as 30s, 10m or 1h30m; "
        f"--keep-alive=-1m: as long as the server runs (default: {default.keep_alive})",
    )  # fmt: skip
    group.add_argument(
        "--context", dest="context_tokens", type=int, default=default.context_tokens, metavar="TOKENS",
        help="room for examples, statement and answer; another number makes the server load the model again "
        f"(default: {default.context_tokens})",
    )  # fmt: skip
    group.add_argument(
        "--timeout", dest="read_timeout_s", type=float, default=default.read_timeout_s, metavar="SECONDS",
        help=f"longest wait for an answer, loading included (default: {default.read_timeout_s:g})",
    )  # fmt: skip


def ollama_settings(options: argparse.Namespace) -> OllamaSettings:
    """What the options of add_ollama_options say.

    Raises: ParameterError for what no server accepts.
    """
    return OllamaSettings(options.keep_alive, options.context_tokens, options.read_timeout_s)


def option_name(info: ParameterInfo) -> str:
    """The option of a parameter, such as "--study-length"."""
    return "--" + _SHORT.get(info.name, info.name.replace("_", "-"))


def preset_of(options: argparse.Namespace) -> SimulatorConfig:
    """The settings that the option --preset names.

    Raises: ParameterError if there are none of that name.
    """
    if options.preset not in PRESETS:
        raise ParameterError(f"There is no preset {options.preset!r}{suggestion(options.preset, PRESETS)}")
    return PRESETS[options.preset]


def changed(config: SimulatorConfig, options: argparse.Namespace) -> SimulatorConfig:
    """Settings of a participant, with the parameters that were given in their places.

    Raises: ParameterError naming the one that is wrong.
    """
    return build(SimulatorConfig, config.as_mapping() | given(options, SimulatorConfig))


def given(options: argparse.Namespace, settings_class: type[object]) -> dict[str, object]:
    """The parameters of a settings class that were given, by name."""
    names = (info.name for info in describe(settings_class))
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


AUTOMATIC = "auto"


def add_judge_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a judge."""
    parser.add_argument(
        "--judge",
        default=AUTOMATIC,
        help='"embedded-tuned", "embedded", "ollama:NAME", or "auto" (default): the best measured one that is there',
    )
    parser.add_argument(
        "--prompt", default="", metavar="NAME", help="how it is asked: a prompt's name (default: what suits the judge)"
    )
    add_ollama_options(parser)


def open_chosen_judge(
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
