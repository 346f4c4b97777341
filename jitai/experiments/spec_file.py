"""Descriptions of experiments as YAML or JSON: reading, checking, writing."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from jitai.errors import FileFormatError, ParameterError
from jitai.experiments.description_text import MAX_FILE_BYTES, plain_values
from jitai.experiments.spec import (
    CONVENTION,
    FORMAT,
    MAX_CELLS,
    Claim,
    ExperimentSpec,
    JudgeChoice,
    Method,
    NameOfNetwork,
)
from jitai.files import read_text
from jitai.judge.registry import experiment_backends, find_backend, key_forms
from jitai.parameters import at_place, describe, shortened, suggestion
from jitai.policies.belief import BeliefSettings
from jitai.policies.registry import POLICIES, PolicySpec
from jitai.simulator.config import PRESETS, SimulatorConfig
from jitai.simulator.conventions import CONVENTIONS
from jitai.trial.filters import NONE, FilterSpec, filter_from_mapping
from jitai.trial.spec import TrainedPolicies, policy_from_mapping, settings_from

if TYPE_CHECKING:
    from jitai.experiments.spec_models import ClaimEntry, Description, JudgeEntry, MethodEntry

_JUDGE_KEY = re.compile(r"\S{1,200}")


def read_spec(path: Path, trained: TrainedPolicies | None = None) -> ExperimentSpec:
    """Return the experiment that a YAML or JSON file describes.

    Args:
        path: of the file.
        trained: looks up trained policies that the file names; None where names mean nothing.
    Raises: FileFormatError if it is neither, ParameterError naming the field that is wrong and what is allowed.
    """
    return spec_from_text(read_text(path, MAX_FILE_BYTES), path.name, trained)


def spec_from_text(text: str, name: str = "The description", trained: TrainedPolicies | None = None) -> ExperimentSpec:
    """Return the experiment that a YAML text describes; JSON is YAML too.

    Args:
        text: the description.
        name: of its file, for errors.
        trained: as ``read_spec``.
    Raises: as ``read_spec``.
    """
    content = plain_values(text, name)
    if not isinstance(content, dict):
        raise FileFormatError(f"{name} must hold names and values, such as `name: my experiment`.")
    try:
        return spec_from_mapping(content, trained)
    except ParameterError as error:
        raise ParameterError(f"{name}: {error}", error.hint) from error


def spec_from_mapping(content: Mapping[str, Any], trained: TrainedPolicies | None = None) -> ExperimentSpec:
    """Return the experiment that names and values describe.

    Raises: ParameterError naming the field that is wrong and what is allowed.
    """
    # On first use: pydantic takes a moment to import.
    from jitai.experiments.spec_models import Description
    from jitai.file_models import as_parameter_error, validated

    given = validated(Description, content, as_parameter_error)
    if given.format != FORMAT:
        raise ParameterError(f"format is {shortened(given.format)}: this version reads {FORMAT}.")
    return ExperimentSpec(
        name=given.name,
        description=given.description,
        participant=_participant(given.participant),
        axes=_axes(given.scenarios),
        methods=(*_methods(given.methods, trained), *_combined(given, trained)),
        judges=_judges(given.judges),
        first_seed=given.seeds.first,
        n_seeds=given.seeds.count,
        kinds=tuple(given.statements.kinds),
        baseline=given.baseline or "",
        claims=tuple(_claims(given.claims)),
    )


def _participant(given: Mapping[str, Any]) -> SimulatorConfig:
    values = dict(given)
    preset, convention = values.pop("preset", None), values.pop(CONVENTION, None)
    if convention is not None:
        values = {**CONVENTIONS[_convention(f"participant.{CONVENTION}", convention)], **values}
    if preset is not None:
        if not isinstance(preset, str) or preset not in PRESETS:
            raise ParameterError(
                f"participant.preset: there is none called {shortened(preset)}{suggestion(str(preset), PRESETS)}"
            )
        values = {**PRESETS[preset].as_mapping(), **values}
    return settings_from("participant", SimulatorConfig, values)


def _axes(scenarios: Mapping[str, Sequence[Any]]) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    _check_number("scenarios", *map(len, scenarios.values()))
    axes = []
    for name, given in scenarios.items():
        # Each is checked by itself, so that the sentence names the axis.
        if name == CONVENTION:
            taken: tuple[Any, ...] = tuple(_convention(f"scenarios.{name}", value) for value in given)
        else:
            taken = tuple(getattr(settings_from("scenarios", SimulatorConfig, {name: v}), name) for v in given)
        if not taken or len(set(taken)) < len(taken):
            raise ParameterError(f"scenarios.{name}: give at least one value, and none twice.")
        axes.append((name, taken))
    return tuple(axes)


def _convention(where: str, given: object) -> str:
    """Raises: ParameterError if there is no such convention."""
    if not isinstance(given, str) or given not in CONVENTIONS:
        raise ParameterError(
            f"{where}: there is none called {shortened(given)}{suggestion(str(given), tuple(CONVENTIONS))}"
        )
    return given


def _check_place(where: str, values: Mapping[str, Any]) -> None:
    """Raises: ParameterError unless these are parameters, or a convention, with allowed values."""
    settings_from(where, SimulatorConfig, {name: value for name, value in values.items() if name != CONVENTION})
    if CONVENTION in values:
        _convention(where, values[CONVENTION])


def _check_number(where: str, *lengths: int) -> None:
    """Count combinations before any is made. Raises: ParameterError if there are too many."""
    if (number := math.prod(lengths)) > MAX_CELLS:
        raise ParameterError(f"{where}: there are {number:,} combinations: at most {MAX_CELLS:,} are allowed.")


def _methods(entries: Sequence["MethodEntry"], named: TrainedPolicies | None) -> Iterator[Method]:
    for number, given in enumerate(entries, start=1):
        where, key, of_policies = f"methods, number {number}", given.policy, given.model_extra or {}
        for other in of_policies:
            if other not in POLICIES:
                known = (*type(given).model_fields, *POLICIES)
                raise ParameterError(f"{where}: there is no field {shortened(other)}{suggestion(other, known)}")
            if other != key:
                raise ParameterError(f"{where}: settings of the policy {other} belong to that policy, not to {key}.")
        settings = of_policies.get(key, {})
        if not isinstance(settings, Mapping):
            raise ParameterError(f"{where}, {key}: names and values are needed, not {shortened(settings)}.")
        if given.network is not None:
            settings = {**settings, "network": given.network}
        policy = policy_from_mapping(where, key, settings, named)
        filtering = _filter(f"{where}, filter", given.filter)
        settings_from(f"{where}, belief", BeliefSettings, given.belief)
        settings_from(f"{where}, model", SimulatorConfig, given.model)
        _check_place(f"{where}, where", given.where)
        name = given.name or method_label(policy, filtering)
        yield Method(name, policy, filtering, given.belief, given.model, given.where)


def _filter(where: str, given: Mapping[str, Any]) -> FilterSpec:
    settings = {name: setting for name, setting in given.items() if name != "strategy"}
    return filter_from_mapping(given.get("strategy", NONE), settings, where)


def _claims(entries: Sequence["ClaimEntry"]) -> Iterator[Claim]:
    for number, given in enumerate(entries, start=1):
        _check_place(f"claims, number {number}, where", given.where)
        yield Claim(**dict(given))


def _combined(given: "Description", named: TrainedPolicies | None) -> Iterator[Method]:
    """Combine every policy of "policies" with every filter of "filters"."""
    _check_number("policies and filters", len(given.policies), len(given.filters))
    policies = [policy_from_mapping("policies", item, {}, named) for item in given.policies]
    filters = [_filter("filters", item) for item in given.filters]
    for policy, filtering in product(policies, filters):
        yield Method(method_label(policy, filtering), policy, filtering)


def method_label(policy: PolicySpec, filtering: FilterSpec) -> str:
    """Return the name of a policy with a filter to which nobody has given another."""
    name = policy.policy.label if policy.network is None else policy.network.name
    return name if filtering.key == NONE else f"{name}, {filtering.filter.label.lower()}"


def _judges(entries: Sequence["JudgeEntry"]) -> tuple[JudgeChoice, ...]:
    judges: list[JudgeChoice] = []
    settings_of = {item.key: [info.name for info in describe(item.Settings)] for item in experiment_backends()}
    for number, given in enumerate(entries, start=1):
        where, key, settings = f"judges, number {number}", given.key, given.model_extra or {}
        backend = find_backend(key)
        if backend is None or backend.key not in settings_of or not _JUDGE_KEY.fullmatch(key):
            raise ParameterError(
                f"{where}: there is no judge {key[:60]!r}; allowed are {key_forms(experiment_backends())}."
            )
        for name in settings:
            if name not in settings_of[backend.key]:
                owner = next((other for other, others in settings_of.items() if name in others), None)
                if owner is not None:
                    raise ParameterError(f"{where}: {name} is a setting of the judge {owner}, not of {key}.")
                known = ("key", "prompt", *(name for names in settings_of.values() for name in names))
                raise ParameterError(f"{where}: there is no field {shortened(name)}{suggestion(name, known)}")
        values = [value if isinstance(value, list) else [value] for value in settings.values()]
        _check_number(where, *map(len, values))
        for combined in product(*values):
            chosen = dict(zip(settings, combined, strict=True))
            settings_from(where, backend.Settings, chosen)
            prompt = given.prompt if backend.reads_statements else ""
            judges.append(at_place(where, partial(JudgeChoice, key, prompt, tuple(chosen.items()))))
        _check_number("judges", len(judges))
    return tuple(judges)


def spec_as_json(spec: ExperimentSpec) -> str:
    """Return the description as the text of a JSON file, trained policies whole."""
    return json.dumps(spec.as_mapping(), ensure_ascii=False)


def spec_as_yaml(spec: ExperimentSpec, name_of: NameOfNetwork | None = None) -> str:
    """Return the description as the text of a YAML file; ``name_of`` as in ``ExperimentSpec.as_mapping``."""
    return str(yaml.safe_dump(spec.as_mapping(name_of), sort_keys=False, allow_unicode=True, width=110))
