"""Descriptions of experiments as YAML or JSON: reading, checking, writing."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from jitai.corpus import EVERYDAY_KINDS
from jitai.errors import FileFormatError, ParameterError
from jitai.experiments.spec import FORMAT, Claim, ExperimentSpec, JudgeChoice, Method, NameOfNetwork
from jitai.files import read_json, read_text
from jitai.judge.registry import experiment_backends, find_backend, key_forms
from jitai.parameters import describe, shortened, suggestion
from jitai.policies.belief import BeliefSettings
from jitai.policies.registry import POLICIES, PolicySpec
from jitai.simulator.config import PRESETS, SimulatorConfig
from jitai.trial.filters import NONE, FilterSpec, filter_from_mapping
from jitai.trial.spec import TrainedPolicies, policy_from_mapping, settings_from

MAX_FILE_BYTES = 10_000_000
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
    if len(text) > MAX_FILE_BYTES:
        raise FileFormatError(f"{name} is too long: a description has at most {MAX_FILE_BYTES:,} characters.")
    try:
        content = _parsed(text)
    # The parser raises nearly anything where a tag or a date makes no sense.
    except Exception as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        why = f": {error.problem}" if isinstance(error, _RepeatedKey) else ""
        raise FileFormatError(f"{name}{where}: this is neither YAML nor JSON{why}.") from error
    if not isinstance(content, dict):
        raise FileFormatError(f"{name} must hold names and values, such as `name: my experiment`.")
    try:
        return spec_from_mapping(content, trained)
    except ParameterError as error:
        raise ParameterError(f"{name}: {error}", error.hint) from error


class _RepeatedKey(yaml.MarkedYAMLError):
    """Raised if a name stands twice in one mapping."""


class _Loader(yaml.SafeLoader):
    """YAML without tags; names may not stand twice, and 1e-5 is a number, as everywhere else."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Make a mapping, but refuse a name that would silently replace an earlier one."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise _RepeatedKey(problem=f"{key.value!r} stands there twice", problem_mark=key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else None)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def _parsed(text: str) -> Any:
    """Parse JSON as JSON and everything else as YAML."""
    try:
        return read_json(text, max_bytes=MAX_FILE_BYTES)
    except FileFormatError:
        return yaml.load(text, _Loader)  # noqa: S506  (a subclass of the safe loader)


_FIELDS = ("format", "name", "description", "seeds", "participant", "scenarios", "statements", "judges", "methods",
           "policies", "filters", "baseline", "claims")  # fmt: skip


def spec_from_mapping(content: Mapping[str, Any], trained: TrainedPolicies | None = None) -> ExperimentSpec:
    """Return the experiment that names and values describe.

    Raises: ParameterError naming the field that is wrong and what is allowed.
    """
    _check_fields("", content, _FIELDS)
    if content.get("format", FORMAT) != FORMAT:
        raise ParameterError(f"format is {content['format']!r}: this version reads {FORMAT}.")
    seeds = _mapping("seeds", content.get("seeds", {}), ("first", "count"))
    statements = _mapping("statements", content.get("statements", {}), ("kinds",))
    return ExperimentSpec(
        name=_text("name", content.get("name", "")),
        description=_text("description", content.get("description", "")),
        participant=_participant(content.get("participant", {})),
        axes=_axes(content.get("scenarios", {})),
        methods=(*_methods(content.get("methods", []), trained), *_combined(content, trained)),
        judges=_judges(content.get("judges", [])),
        first_seed=_whole("seeds.first", seeds.get("first", 0)),
        n_seeds=_whole("seeds.count", seeds.get("count", 100)),
        kinds=tuple(
            _text("statements.kinds", kind)
            for kind in _list("statements.kinds", statements.get("kinds", EVERYDAY_KINDS))
        ),
        baseline=_text("baseline", content.get("baseline") or ""),
        claims=tuple(_claims(content.get("claims", []))),
    )


def _participant(value: Any) -> SimulatorConfig:
    given = dict(_mapping("participant", value))
    preset = given.pop("preset", None)
    start: Mapping[str, Any] = {}
    if preset is not None:
        if not isinstance(preset, str) or preset not in PRESETS:
            raise ParameterError(
                f"participant.preset: there is none called {shortened(preset)}{suggestion(str(preset), PRESETS)}"
            )
        start = PRESETS[preset].as_mapping()
    return settings_from("participant", SimulatorConfig, {**start, **given})


def _axes(value: Any) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    known = {info.name: info for info in describe(SimulatorConfig)}
    axes = []
    for name, values in _mapping("scenarios", value, tuple(known)).items():
        given = _list(f"scenarios.{name}", values)
        # Each is checked by itself, so that the sentence names the axis.
        taken = tuple(getattr(settings_from("scenarios", SimulatorConfig, {name: v}), name) for v in given)
        if not taken or len(set(taken)) < len(taken):
            raise ParameterError(f"scenarios.{name}: give at least one value, and none twice.")
        axes.append((name, taken))
    return tuple(axes)


def _methods(value: Any, named: TrainedPolicies | None) -> Iterator[Method]:
    fields = ("name", "policy", "network", "filter", "belief", "model", *POLICIES)
    for number, item in enumerate(_list("methods", value), start=1):
        where = f"methods, number {number}"
        given = _mapping(where, item, fields)
        key = given.get("policy", "")
        if not isinstance(key, str):
            raise ParameterError(f"{where}: there is no policy {shortened(key)}{suggestion('', tuple(POLICIES))}")
        for other in POLICIES:
            if other in given and other != key:
                raise ParameterError(f"{where}: settings of the policy {other} belong to that policy, not to {key}.")
        settings = dict(_mapping(f"{where}, {key}", given.get(key, {})))
        if "network" in given:
            settings["network"] = given["network"]
        policy = policy_from_mapping(where, key, settings, named)
        filtering = _filter(f"{where}, filter", given.get("filter", NONE))
        belief = dict(_mapping(f"{where}, belief", given.get("belief", {})))
        model = dict(_mapping(f"{where}, model", given.get("model", {})))
        settings_from(f"{where}, belief", BeliefSettings, belief)
        settings_from(f"{where}, model", SimulatorConfig, model)
        name = _text(f"{where}, name", given.get("name") or method_label(policy, filtering))
        yield Method(name, policy, filtering, belief, model)


def _filter(where: str, value: Any) -> FilterSpec:
    """Return a filter from its key, or from a mapping with its key as "strategy" beside its settings."""
    given = {"strategy": value} if isinstance(value, str) else _mapping(where, value)
    settings = {name: setting for name, setting in given.items() if name != "strategy"}
    return filter_from_mapping(given.get("strategy", NONE), settings, where)


def _claims(value: Any) -> Iterator[Claim]:
    for number, item in enumerate(_list("claims", value), start=1):
        where = f"claims, number {number}"
        given = _mapping(where, item, ("text", "method", "above", "times", "share", "where"))
        scenario = dict(_mapping(f"{where}, where", given.get("where", {})))
        settings_from(f"{where}, where", SimulatorConfig, scenario)
        yield Claim(
            _text(f"{where}, text", given.get("text", "")),
            _text(f"{where}, method", given.get("method", "")),
            _text(f"{where}, above", given.get("above", "")),
            _number(f"{where}, times", given.get("times", 1.0)),
            _number(f"{where}, share", given.get("share", 0.0)),
            scenario,
        )


def _combined(content: Mapping[str, Any], named: TrainedPolicies | None) -> Iterator[Method]:
    """Combine every policy of "policies" with every filter of "filters"."""
    policies = [
        policy_from_mapping("policies", item, {}, named) for item in _list("policies", content.get("policies", []))
    ]
    filters = [_filter("filters", item) for item in _list("filters", content.get("filters", [NONE]))]
    for policy, filtering in product(policies, filters):
        yield Method(method_label(policy, filtering), policy, filtering)


def method_label(policy: PolicySpec, filtering: FilterSpec) -> str:
    """Return the name of a policy with a filter to which nobody has given another."""
    name = policy.policy.label if policy.network is None else policy.network.name
    return name if filtering.key == NONE else f"{name}, {filtering.filter.label.lower()}"


def _judges(value: Any) -> tuple[JudgeChoice, ...]:
    judges: list[JudgeChoice] = []
    settings_of = {item.key: [info.name for info in describe(item.Settings)] for item in experiment_backends()}
    known = ("key", "prompt", *(name for names in settings_of.values() for name in names))
    for number, item in enumerate(_list("judges", value), start=1):
        where = f"judges, number {number}"
        given = _mapping(where, {"key": item} if isinstance(item, str) else item, known)
        key, prompt = _text(f"{where}, key", given.get("key", "")), _text(f"{where}, prompt", given.get("prompt", ""))
        backend = find_backend(key)
        if backend is None or backend.key not in settings_of or not _JUDGE_KEY.fullmatch(key):
            raise ParameterError(
                f"{where}: there is no judge {key[:60]!r}; allowed are {key_forms(experiment_backends())}."
            )
        names = [name for name in given if name not in ("key", "prompt")]
        for name in names:
            if name not in settings_of[backend.key]:
                owner = next(other for other, others in settings_of.items() if name in others)
                raise ParameterError(f"{where}: {name} is a setting of the judge {owner}, not of {key}.")
        values = [value if isinstance(value := given[name], list) else [value] for name in names]
        for combined in product(*values):
            chosen = dict(zip(names, combined, strict=True))
            settings_from(where, backend.Settings, chosen)
            try:
                judges.append(JudgeChoice(key, prompt if backend.reads_statements else "", tuple(chosen.items())))
            except ParameterError as error:
                raise ParameterError(f"{where}: {error}", error.hint) from error
    return tuple(judges)


def _check_fields(where: str, given: Mapping[Any, Any], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            prefix = f"{where}: there" if where else "There"
            raise ParameterError(f"{prefix} is no field {shortened(name)}{suggestion(str(name), tuple(known))}")


def _mapping(where: str, value: Any, known: Sequence[str] = ()) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ParameterError(f"{where}: names and values are needed, not {shortened(value)}.")
    if known:
        _check_fields(where, value, known)
    return value


def _list(where: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise ParameterError(f"{where}: a list is needed, not {shortened(value)}.")
    return value


def _text(where: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 2000 or (not value.isascii() and _has_surrogates(value)):
        raise ParameterError(f"{where}: a text is needed, not {shortened(value)}.")
    return value


def _has_surrogates(text: str) -> bool:
    """Return whether a text holds halves of characters, which no file can hold."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _whole(where: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ParameterError(f"{where}: a whole number is needed, not {shortened(value)}.")
    return value


def _number(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ParameterError(f"{where}: a number is needed, not {shortened(value)}.")
    if not math.isfinite(value) or abs(value) > 1e9:
        raise ParameterError(f"{where}: a number up to a thousand million is needed.")
    return float(value)


def spec_as_yaml(spec: ExperimentSpec, name_of: NameOfNetwork | None = None) -> str:
    """Return the description as the text of a YAML file; ``name_of`` as in ``ExperimentSpec.as_mapping``."""
    return str(yaml.safe_dump(spec.as_mapping(name_of), sort_keys=False, allow_unicode=True, width=110))
