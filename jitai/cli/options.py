"""Options of the command line made from described parameters, so that help, ranges and names cannot disagree."""

import argparse
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from jitai.cli.reading import say
from jitai.decision import DEFAULT_BAND, UnsureBand
from jitai.errors import BackendError, NotAgreed, ParameterError
from jitai.judge.consent import AGREE_OPTION, AGREED_TO_ALL, NOT_AGREED, Consent, check_consent
from jitai.judge.judge import Judge
from jitai.judge.registry import (
    BACKENDS,
    BackendClass,
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
from jitai.judge.simulated import SIMULATED, SimulatedBackend, SimulatedSettings
from jitai.judge.user_prompts import PersonalJudging
from jitai.parameters import ParameterInfo, build, describe, from_text, suggestion
from jitai.paths import default_cache_dir, default_data_dir, program
from jitai.records import Decision
from jitai.registry import Registry
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.simulator.conventions import CONVENTION_LABELS, CONVENTIONS, under

_SHORT = {"total_steps": "steps", "n_lanes": "envs", "learning_seed": "seed"}
"""Options whose names are not those of their parameters."""


def add_parameters(parser: argparse.ArgumentParser, settings_class: type[object]) -> None:
    """Add one option for each parameter, with its own help; the settings class validates the value.

    Args:
        parser: of the command.
        settings_class: whose parameters are described.
    """
    _add_options(parser, describe(settings_class))


def add_components(parser: argparse.ArgumentParser, registry: Registry[Any]) -> None:
    """Add one option for each parameter of any class of a registry.

    Args:
        parser: of the command.
        registry: whose classes' settings are described.
    """
    infos = {info.name: info for settings_class in registry.settings_classes() for info in describe(settings_class)}
    _add_options(parser, infos.values())


def component_settings(options: argparse.Namespace, registry: Registry[Any], key: str) -> dict[str, object]:
    """Return the parameters of a registered class that were given, by name.

    Raises: ParameterError for an unknown key, or if a parameter was given that only other classes have.
    """
    known = {info.name for info in describe(registry[key].Settings)}
    for other, component in registry.items():
        for info in describe(component.Settings):
            if info.name not in known and getattr(options, info.name) is not None:
                raise ParameterError(f"{option_name(info)} belongs to the {registry.what} {other}, not to {key}.")
    return given(options, registry[key].Settings)


def _add_options(parser: argparse.ArgumentParser, infos: Iterable[ParameterInfo]) -> None:
    groups: dict[str, Any] = {}
    for info in infos:
        if info.group not in groups:
            groups[info.group] = parser.add_argument_group(info.group)
        groups[info.group].add_argument(
            option_name(info),
            dest=info.name,
            type=partial(from_text, info),
            metavar="VALUE",
            help=info.full_help.replace("%", "%%"),
        )


def add_backend_options(parser: argparse.ArgumentParser, backends: Iterable[BackendClass] | None = None) -> None:
    """Add the settings of judge backends; their settings classes validate the values.

    Args:
        parser: of a command that may open a judge.
        backends: that may be named there; None for all that read.
    """
    groups: dict[str, Any] = {}
    for backend in reading_backends() if backends is None else backends:
        for info in describe(backend.Settings):
            if info.group not in groups:
                groups[info.group] = parser.add_argument_group(info.group)
            name = backend.option_names.get(info.name, f"{backend.key}-{info.name.replace('_', '-')}")
            groups[info.group].add_argument(
                f"--{name}",
                dest=_destination(backend, info),
                type=partial(from_text, info),
                metavar="VALUE",
                help=info.full_help.replace("%", "%%"),
            )


def backend_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of every backend that reads, by its key, from the options of add_backend_options.

    Raises: ParameterError naming the one that is wrong.
    """
    found = {}
    for backend in reading_backends():
        values = {info.name: getattr(options, _destination(backend, info)) for info in describe(backend.Settings)}
        found[backend.key] = build(
            backend.Settings, {name: value for name, value in values.items() if value is not None}
        )
    return found


def simulated_settings(options: argparse.Namespace) -> SimulatedSettings | None:
    """Return the error rates of the simulated judge; None where the options name another one.

    Raises: ParameterError naming the one that is wrong, or given without that judge.
    """
    values = {info.name: getattr(options, _destination(SimulatedBackend, info)) for info in describe(SimulatedSettings)}
    values = {name: value for name, value in values.items() if value is not None}
    if options.judge != SIMULATED and values:
        name = next(iter(values)).replace("_", "-")
        raise ParameterError(f"--{SIMULATED}-{name} belongs to --judge {SIMULATED}.")
    return build(SimulatedSettings, values) if options.judge == SIMULATED else None


def _destination(backend: BackendClass, info: ParameterInfo) -> str:
    return f"backend_{backend.key}_{info.name}"


def option_name(info: ParameterInfo) -> str:
    """Return the option of a parameter, such as "--study-length"."""
    return "--" + _SHORT.get(info.name, info.name.replace("_", "-"))


def add_preset_options(parser: argparse.ArgumentParser, default: str | None = DEFAULT_PRESET) -> None:
    """Add --preset and --convention.

    Args:
        parser: of the command.
        default: value where --preset is not given.
    """
    parser.add_argument(
        "--preset", default=default,
        help=f"starting point of the settings: {'; '.join(PRESETS)} (default: {DEFAULT_PRESET})",
    )  # fmt: skip
    add_convention_option(parser)


def add_convention_option(parser: argparse.ArgumentParser) -> None:
    """Add --convention."""
    known = ", ".join(f"{name} ({CONVENTION_LABELS[name].lower()})" for name in CONVENTIONS)
    parser.add_argument(
        "--convention", metavar="NAME",
        help=f"where everybody starts, what is said, and η_d: {known} (default: as the settings are)",
    )  # fmt: skip


def preset_of(options: argparse.Namespace) -> SimulatorConfig:
    """Return the settings that the options --preset and --convention name.

    Raises: ParameterError if there are none of that name.
    """
    if options.preset not in PRESETS:
        raise ParameterError(f"There is no preset {options.preset[:60]!r}{suggestion(options.preset, PRESETS)}")
    return under_convention(PRESETS[options.preset], options)


def under_convention(config: SimulatorConfig, options: argparse.Namespace) -> SimulatorConfig:
    """Return the participant under the convention of the option --convention; as it is without one.

    Raises: ParameterError if there is none of that name.
    """
    return config if options.convention is None else under(config, options.convention)


def changed(config: SimulatorConfig, options: argparse.Namespace) -> SimulatorConfig:
    """Return the settings of a participant with the given parameters changed.

    Raises: ParameterError naming the one that is wrong.
    """
    return build(SimulatorConfig, config.as_mapping() | given(options, SimulatorConfig))


def given(options: argparse.Namespace, settings_class: type[object]) -> dict[str, object]:
    """Return the parameters of a settings class that were given, by name."""
    names = (info.name for info in describe(settings_class))
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


AUTOMATIC = "auto"


def add_judge_option(parser: argparse.ArgumentParser, *, with_simulated: bool = False) -> None:
    """Add the options that name a judge and say how it is asked.

    Args:
        parser: of the command.
        with_simulated: whether the simulated judge may be named too, where only simulated participants speak.
    """
    backends = BACKENDS.values() if with_simulated else reading_backends()
    parser.add_argument(
        "--judge", default=AUTOMATIC, metavar="KEY",
        help=f'{key_forms(backends)}; "{AUTOMATIC}" (default) is the best measured one that is there',
    )  # fmt: skip
    parser.add_argument(
        "--prompt", default="", metavar="NAME", help="how it is asked: a prompt's name (default: what suits the judge)"
    )
    add_consent_option(parser)
    add_backend_options(parser, backends)


def add_consent_option(parser: argparse.ArgumentParser) -> None:
    """Add the option by which a person agrees that statements leave this machine."""
    parser.add_argument(
        AGREE_OPTION, action="store_true", dest="agrees_to_send",
        help="agree that statements are sent to the judge's model where it runs in the cloud or on another machine; "
        "without it such a judge is refused",
    )  # fmt: skip


def consent_of(options: argparse.Namespace) -> Consent:
    """Return what the options of ``add_consent_option`` agree to."""
    return AGREED_TO_ALL if options.agrees_to_send else NOT_AGREED


def refuse_without_consent(judge: Judge) -> None:
    """Refuse a judge that would have to send statements away, before any is read.

    Raises: NotAgreed.
    """
    try:
        check_consent(judge.backend)
    except NotAgreed:
        judge.close()
        raise
    except BackendError:
        pass  # a model that cannot be found cannot be sent anything; the first question says why


def open_chosen_judge(
    options: argparse.Namespace,
    settings: Mapping[str, Any],
    on_failure: Decision,
    band: UnsureBand = DEFAULT_BAND,
    wanted: str = "",
) -> Judge:
    """Return the judge that the options name.

    Args:
        options: of add_judge_option.
        wanted: key of the judge where the options leave the choice; empty for the best measured one that is there.
        settings: of the backends, from backend_settings.
        on_failure, band: as for open_judge.
    Raises: NotAgreed if it runs elsewhere and the options do not agree to that.
    """
    probed = probe_all()
    prompts = prompts_after(probed, PersonalJudging(default_data_dir()))
    judges = available_judges(probed, prompts)
    key = (wanted or choose_judge(judges)) if options.judge == AUTOMATIC else options.judge
    judge = open_judge(
        key,
        prompt=suited_prompt(judges, prompts, key, options.prompt),
        cache_folder=default_cache_dir(),
        on_failure=on_failure,
        band=band,
        settings=settings.get(backend_of(key).key),
        consent=consent_of(options),
    )
    refuse_without_consent(judge)
    for option in judges:
        if option.key == offered_key(judges, key):
            fit = f"{option.note} `{program()} calibrate --judge {key}` makes it fit in about a minute."
            say([option.warning] * bool(option.warning) + [fit] * (not option.is_calibrated))
    return judge
