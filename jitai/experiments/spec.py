"""An experiment as data: a grid that is read from YAML or JSON, or made by a page.

    ExperimentSpec = conditions (participants) x methods (policy with filter) x judges x seeds  ->  cells

A cell is one condition, one method and one judge under all seeds. Where a method reads no text, the judge makes no
difference, and there is one cell instead of one for each judge.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from typing import Any

from jitai.corpus import EVERYDAY_KINDS, KINDS
from jitai.errors import ParameterError
from jitai.judge.registry import BackendClass, backend_of
from jitai.judge.simulated import SIMULATED
from jitai.parameters import build, describe, described, suggestion
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import PolicyNetwork
from jitai.policies.registry import PolicySpec
from jitai.records import Role
from jitai.registry import as_mapping
from jitai.seeding import FIRST_TRAINING_SEED, MAX_SEED, MAX_SEEDS
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.conventions import CONVENTION_LABELS, convention_of, under
from jitai.trial.filters import NONE, FilterSpec
from jitai.trial.spec import LEARNED, TrialSpec, digest

FORMAT = 1
NameOfNetwork = Callable[[PolicyNetwork], str]
MAX_CELLS = 20_000
CONVENTION = "convention"
"""Stands for a parameter's name where conditions follow different conventions."""
MAX_NAME_LENGTH = 80
_NAME = re.compile(r"[\w][\w ,.:;+%()=/²−–-]*")


@dataclass(frozen=True)
class JudgeChoice:
    """A judge of an experiment, of any registered backend.

    Attributes:
        key: of the judge, such as "embedded-tuned", "ollama:NAME" or "simulated".
        prompt: name of the strategy; empty for the one that suits the judge.
        settings: names and values of the backend's settings; those that are as usual, and need not be stated, are left
            out when made, so that equal judges are equal.
    Raises: ParameterError for a judge that there is not, and for settings that it does not have or allow.
    """

    key: str
    prompt: str = ""
    settings: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        backend = self.backend
        if not backend.in_experiments:
            raise ParameterError(f"The judge {self.key!r} cannot be named in an experiment.")
        stated = dict(self.settings)
        for name in backend.required:
            if name not in stated:
                allowed = described(backend.Settings, name).allowed
                raise ParameterError(f"A {backend.key} judge needs {name}, {allowed}.")
        given = build(backend.Settings, stated)
        kept = {info.name: getattr(given, info.name) for info in describe(backend.Settings) if info.name in stated}
        usual = {info.name: info.default for info in describe(backend.Settings)}
        decisive = ((name, kept[name]) for name in kept if name in backend.required or kept[name] != usual[name])
        object.__setattr__(self, "settings", tuple(decisive))

    @property
    def backend(self) -> BackendClass:
        """The class of the judge's backend."""
        return backend_of(self.key)

    @property
    def error_rates(self) -> tuple[float, float] | None:
        """The shares (finds_cannot_walk, false_alarms) at which errors are drawn; None for a judge that reads."""
        return self.backend.error_rates(build(self.backend.Settings, dict(self.settings)))

    @property
    def is_simulated(self) -> bool:
        """Whether the judge's errors are drawn and nothing is read."""
        return self.error_rates is not None

    @property
    def name(self) -> str:
        """The judge's name for people, unique among the judges of an experiment."""
        name = self.backend.judge_name(self.key, dict(self.settings))
        return f"{name}, {self.prompt}" if self.prompt else name

    @property
    def in_words(self) -> str:
        """What the judge is, after "the judge is"."""
        if self.error_rates is None:
            return self.name
        finds, alarms = self.error_rates
        return (
            f"simulated: it recognises {100 * finds:.3g} % of those who cannot walk and mistakes "
            f"{100 * alarms:.3g} % of the others for them"
        )

    def as_mapping(self) -> dict[str, Any]:
        """Return the part of the judge that a description keeps."""
        return {"key": self.key, **({"prompt": self.prompt} if self.prompt else {}), **dict(self.settings)}


def simulated(finds_cannot_walk: float, false_alarms: float) -> JudgeChoice:
    """Return the simulated judge with these error rates, shares in [0, 1]."""
    rates = (("finds_cannot_walk", finds_cannot_walk), ("false_alarms", false_alarms))
    return JudgeChoice(SIMULATED, settings=rates)


@dataclass(frozen=True)
class Method:
    """A policy with a filter.

    Attributes:
        name: shown, unique in an experiment.
        policy: what proposes.
        filter: what the judge may do.
        belief: what is changed in the belief's settings; the judge's error rates are filled in as they were measured
            unless they are given here.
        model: what belief and planner assume differently from the truth, by parameter of the simulator.
        where: only in conditions with these values of parameters. Methods of one name may share the conditions among
            them, such as one policy that is tuned for each.
    """

    name: str
    policy: PolicySpec
    filter: FilterSpec = field(default_factory=lambda: FilterSpec(NONE))
    belief: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reads_text(self) -> bool:
        """Whether a judge makes a difference to the method."""
        trial, filtering = self.trial(SimulatorConfig(), None), self.filter.filter
        # A veto on a belief that ignores the text is no veto on text.
        return trial.uses_text and (trial.belief.reads_text or (filtering.uses_text and not filtering.uses_belief))

    @property
    def role(self) -> Role:
        """The method's kind, which decides colour and place: a hybrid with a filter, otherwise the policy's own."""
        role = self.policy.policy.role
        if role in (Role.OPTIMUM, Role.PLANNER) or self.filter.key == NONE:
            return role
        return Role.HYBRID

    def trial(self, config: SimulatorConfig, rates: tuple[float, float] | None) -> TrialSpec:
        """Return the trial of this method with a participant and a judge.

        Args:
            config: the participant.
            rates: the judge's measured shares (finds_cannot_walk, false_alarms); None without a judge.
        """
        measured = {} if rates is None else {"finds_cannot_walk": rates[0], "false_alarms": rates[1]}
        return TrialSpec(
            config,
            policy=self.policy,
            filter=self.filter,
            belief=build(BeliefSettings, {**measured, **self.belief}),
            model=build(SimulatorConfig, {**config.as_mapping(), **self.model}) if self.model else None,
        )


@dataclass(frozen=True)
class Condition:
    """A participant of the grid.

    Attributes:
        values: what tells this condition from the others, by parameter.
        config: all its settings.
    """

    values: tuple[tuple[str, Any], ...]
    config: SimulatorConfig

    @property
    def name(self) -> str:
        """The condition's name for people: the values of its axes."""
        symbols = {info.name: info.symbol or info.label for info in describe(SimulatorConfig)}
        named = (
            CONVENTION_LABELS[value]
            if name == CONVENTION
            else f"{symbols[name]}{':' if isinstance(value, str) else ''} {_shown(value)}"
            for name, value in self.values
        )
        return ", ".join(named) or "one participant"

    def has(self, values: Mapping[str, Any]) -> bool:
        """Whether its parameters have these values."""
        return all(
            (convention_of(self.config) if name == CONVENTION else getattr(self.config, name)) == value
            for name, value in values.items()
        )


@dataclass(frozen=True)
class Cell:
    """One condition, one method and one judge; judge is None where none is asked."""

    condition: Condition
    method: Method
    judge: JudgeChoice | None


@dataclass(frozen=True)
class Claim:
    """What an experiment is expected to show, stated beforehand; a report checks it against the results.

    Attributes:
        text: the claim in words.
        method: name of the method that it is about.
        above: name of a method that it is to exceed; empty if a share of the optimum is claimed.
        times: how many times as much, > 0.
        share: of the optimum that it is to reach, in (0, 1]; 0 if another method is to be exceeded.
        where: only in conditions with these values of parameters.
    Raises: ParameterError unless exactly one of above and share is given.
    """

    text: str
    method: str
    above: str = ""
    times: float = 1.0
    share: float = 0.0
    where: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if bool(self.above) == bool(self.share) or not 0 <= self.share <= 1 or self.times <= 0:
            raise ParameterError(
                f"The claim {self.text[:60]!r} needs either `above`, the name of a method, or `share`, a number above "
                "0 and up to 1; `times` is above 0."
            )


@dataclass(frozen=True)
class ExperimentSpec:
    """A grid. Made by ``read_spec`` or a page; checked when made.

    Attributes:
        name: of the experiment.
        description: a sentence or two.
        participant: settings that all conditions share.
        axes: parameters, or CONVENTION, with the values that they take; every combination is a condition.
        methods: what is compared, at least one.
        judges: who reads; needed only if a method reads.
        first_seed, n_seeds: the same seeds in every cell, so that differences are paired.
        kinds: of the statements of the test part that participants write.
        baseline: name of the method that others are compared to; the first one if empty.
        claims: what it is to show.
    Raises: ParameterError naming what is wrong and what is allowed.
    """

    name: str
    methods: tuple[Method, ...]
    description: str = ""
    participant: SimulatorConfig = field(default_factory=SimulatorConfig)
    axes: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    judges: tuple[JudgeChoice, ...] = ()
    first_seed: int = 0
    n_seeds: int = 100
    kinds: tuple[str, ...] = EVERYDAY_KINDS
    baseline: str = ""
    claims: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        _check_name("The experiment's name", self.name)
        if not self.methods:
            raise ParameterError("methods: at least one is needed.")
        _check_each_is_one("judge", [item.name for item in self.judges])
        _check_each_is_one("method", [item.name for item in self.methods if not item.where])
        for method in self.methods:
            _check_name("A method's name", method.name)
        if not self.judges and any(method.reads_text for method in self.methods):
            reader = next(method.name for method in self.methods if method.reads_text)
            raise ParameterError(
                f"judges: the method {reader!r} has its text read, but there is no judge. Name one, such as "
                "embedded-tuned."
            )
        if not 1 <= self.n_seeds <= MAX_SEEDS:
            raise ParameterError(f"seeds.count is {self.n_seeds}: allowed is a whole number from 1 to {MAX_SEEDS:,}.")
        if not 0 <= self.first_seed <= MAX_SEED - self.n_seeds:
            raise ParameterError(
                f"seeds.first is {self.first_seed}: allowed is 0 to {MAX_SEED - self.n_seeds:,} with that many seeds."
            )
        if self.baseline and self.baseline not in self.method_names:
            raise ParameterError(
                f"baseline: there is no method {self.baseline!r}{suggestion(self.baseline, self.method_names)}"
            )
        for claim in self.claims:
            for name in (claim.method, claim.above or claim.method):
                if name not in self.method_names:
                    raise ParameterError(
                        f"claims: there is no method {name[:60]!r}{suggestion(name, self.method_names)}"
                    )
        for kind in self.kinds:
            if kind not in KINDS:
                raise ParameterError(f"statements.kinds: there is none called {kind[:60]!r}{suggestion(kind, KINDS)}")
        if not self.kinds:
            raise ParameterError(f"statements.kinds: name at least one of {', '.join(KINDS)}.")
        if self.seeds[-1] >= FIRST_TRAINING_SEED and any(method.policy.network is not None for method in self.methods):
            raise ParameterError(
                f"seeds.first: trained policies have learnt from the seeds from {FIRST_TRAINING_SEED:,} on; stay below."
            )
        # Multiplied before anything is made: a few long axes would make billions.
        n_conditions = math.prod(len(values) for _, values in self.axes)
        n_cells = n_conditions * sum(max(1, len(self.judges)) if item.reads_text else 1 for item in self.methods)
        if n_cells > MAX_CELLS:
            raise ParameterError(f"The grid has {n_cells:,} cells: at most {MAX_CELLS:,} are allowed.")
        if any(method.where for method in self.methods):
            self._check_places()

    def _check_places(self) -> None:
        """Raises: ParameterError if a method has no condition, or two of one name meet, or the baseline is missing."""
        conditions = self.conditions()
        for number, method in enumerate(self.methods, start=1):
            if not any(condition.has(method.where) for condition in conditions):
                raise ParameterError(f"methods, number {number}, where: no condition has these values.")
        for condition in conditions:
            present = [item.name for item in self.methods if condition.has(item.where)]
            _check_each_is_one("method", present)
            if self.baseline_name not in present:
                raise ParameterError(
                    f"baseline: {self.baseline_name!r} is missing where {condition.name}: it is needed everywhere."
                )

    @property
    def method_names(self) -> tuple[str, ...]:
        """The names of the methods, in order."""
        return tuple(dict.fromkeys(method.name for method in self.methods))

    @property
    def baseline_name(self) -> str:
        """The name of the method to which others are compared."""
        return self.baseline or self.methods[0].name

    @property
    def conventions(self) -> str:
        """The conventions that its participants follow, in words."""
        named = dict(self.axes).get(CONVENTION, (convention_of(self.participant),))
        return ", ".join(CONVENTION_LABELS[name].lower() for name in named)

    @property
    def seeds(self) -> range:
        """The seeds of every cell."""
        return range(self.first_seed, self.first_seed + self.n_seeds)

    def conditions(self) -> tuple[Condition, ...]:
        """Return every combination of the axes' values."""
        names = [name for name, _ in self.axes]
        combined = (dict(zip(names, values, strict=True)) for values in product(*(values for _, values in self.axes)))
        return tuple(Condition(tuple(values.items()), self._config_with(values)) for values in combined)

    def _config_with(self, values: Mapping[str, Any]) -> SimulatorConfig:
        """Return the participant of one condition: under its convention, and then with its other values."""
        changed = dict(values)
        convention = changed.pop(CONVENTION, None)
        config = self.participant if convention is None else under(self.participant, convention)
        return build(SimulatorConfig, {**config.as_mapping(), **changed})

    def cells(self) -> tuple[Cell, ...]:
        """Return all cells, condition by condition."""
        judges = [(method, self.judges if method.reads_text else (None,)) for method in self.methods]
        return tuple(
            Cell(condition, method, judge)
            for condition in self.conditions()
            for method, asked in judges
            if condition.has(method.where)
            for judge in asked
        )

    def judges_needed(self) -> tuple[JudgeChoice, ...]:
        """Return the judges that are asked in some cell."""
        return self.judges if any(method.reads_text for method in self.methods) else ()

    def as_mapping(self, name_of: NameOfNetwork | None = None) -> dict[str, Any]:
        """Return a mapping ready for YAML or JSON; ``spec_from_mapping`` reads it back.

        Args:
            name_of: gives the name under which a trained policy is kept, or nothing; a name then stands for the whole
                policy. None holds all of them whole.
        """
        return {
            "format": FORMAT,
            "name": self.name,
            "description": self.description,
            "seeds": {"first": self.first_seed, "count": self.n_seeds},
            "participant": self.participant.as_mapping(),
            "scenarios": {name: list(values) for name, values in self.axes},
            "statements": {"kinds": list(self.kinds)},
            "judges": [judge.as_mapping() for judge in self.judges],
            "methods": [method_as_mapping(method, name_of) for method in self.methods],
            "baseline": self.baseline,
            "claims": [
                {name: value for name, value in asdict(claim).items() if value or name == "text"}
                for claim in self.claims
            ],
        }

    @property
    def identifier(self) -> str:
        """A name for files: the experiment's name and a digest of everything that decides its numbers."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:40] or "experiment"
        decisive = {
            name: value
            for name, value in self.as_mapping().items()
            if name not in ("description", "baseline", "claims")
        }
        return f"{slug}-{digest(decisive)[:8]}"


def method_as_mapping(method: Method, name_of: NameOfNetwork | None = None) -> dict[str, Any]:
    """Return a method as it stands in a file, only what differs from the defaults; ``name_of`` as in ``as_mapping``."""
    policy, filtering = method.policy, method.filter
    mapping: dict[str, Any] = {"name": method.name, "policy": policy.key}
    if policy.network is None:
        if changed := _changed(policy.settings):
            mapping[policy.key] = changed
    elif name_of is not None and (kept := name_of(policy.network)):
        mapping["policy"] = f"{LEARNED}:{kept}"
    else:
        mapping |= as_mapping(policy.settings)
    mapping["filter"] = {"strategy": filtering.key, **_changed(filtering.settings)}
    for name in ("belief", "model", "where"):
        if getattr(method, name):
            mapping[name] = dict(getattr(method, name))
    return mapping


def _changed(settings: Any) -> dict[str, Any]:
    """Return the settings that differ from the defaults."""
    usual = as_mapping(type(settings)())
    return {name: value for name, value in as_mapping(settings).items() if value != usual[name]}


def _check_each_is_one(what: str, names: Sequence[str]) -> None:
    if (twice := next((name for name, count in Counter(names).items() if count > 1), None)) is not None:
        raise ParameterError(f"There are two {what}s called {twice!r}: give each a name of its own.")


def _check_name(what: str, name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME_LENGTH:
        raise ParameterError(
            f"{what} is {name[:100]!r}: allowed are letters, digits, spaces and , . : ; + % ( ) = / -, at most "
            f"{MAX_NAME_LENGTH} of them."
        )


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
