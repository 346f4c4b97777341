"""What an experiment is: a grid as data, read from YAML or JSON, or made by a page.

    ExperimentSpec = scenarios (participants) x methods (policy with filter) x judges x seeds  ->  cells

A cell is one scenario, one method and one judge under all seeds. Where a method reads no text, the judge makes no
difference, and there is one cell instead of one for each judge.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import yaml

from jitai.belief import BeliefSettings
from jitai.corpus import EVERYDAY_KINDS, TEST, load_part
from jitai.errors import FileFormatError, ParameterError
from jitai.experiments.trial import LEARNED, TRIAL_POLICIES, TrialSpec
from jitai.filters import BELIEF, FILTER_LABELS, NONE, FilterSettings
from jitai.learning.files import default_shelf, policy_from
from jitai.learning.lanes import FIRST_TRAINING_SEED
from jitai.parameters import build, describe, suggestion
from jitai.planner import PlannerSettings
from jitai.policies.learned import PolicyNetwork
from jitai.policies.thompson import ThompsonSettings
from jitai.seeding import MAX_SEED
from jitai.simulator.config import PRESETS, SimulatorConfig

FORMAT = 1
MAX_FILE_BYTES = 10_000_000
MAX_CELLS = 20_000
MAX_SEEDS = 100_000
MAX_NAME_LENGTH = 80
SIMULATED = "simulated"
_NAME = re.compile(r"[\w][\w ,.:;+%()=/²−–-]*")
Settings = TypeVar("Settings")


@dataclass(frozen=True)
class JudgeChoice:
    """A judge of an experiment: a language model, or errors at given rates.

    Attributes:
        key: "embedded", "embedded-tuned", "ollama:NAME", or "simulated".
        prompt: name of the strategy; empty for the one that suits the model.
        finds_cannot_walk, false_alarms: of a simulated judge, in [0, 1]; None for a language model.
    """

    key: str
    prompt: str = ""
    finds_cannot_walk: float | None = None
    false_alarms: float | None = None

    @property
    def is_simulated(self) -> bool:
        """Whether the errors are drawn instead of read."""
        return self.key == SIMULATED

    @property
    def name(self) -> str:
        """Shown to people, unique among the judges of an experiment."""
        if self.is_simulated:
            return f"simulated, finds {self.finds_cannot_walk:g}, false alarms {self.false_alarms:g}"
        return f"{self.key}, {self.prompt}" if self.prompt else self.key


@dataclass(frozen=True)
class Method:
    """A policy with a filter.

    Attributes:
        name: shown, unique in an experiment.
        policy: a key of TRIAL_POLICIES, or LEARNED.
        filter, thompson, planner: settings.
        belief: what is changed in the belief's settings; the judge's error rates are filled in as they were measured
            unless they are given here.
        model: what belief and planner assume differently from the truth, by parameter of the simulator.
        network: the trained policy, where that is the policy.
    """

    name: str
    policy: str
    filter: FilterSettings = field(default_factory=lambda: FilterSettings(NONE))
    thompson: ThompsonSettings = field(default_factory=ThompsonSettings)
    planner: PlannerSettings = field(default_factory=PlannerSettings)
    belief: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    network: PolicyNetwork | None = None

    @property
    def reads_text(self) -> bool:
        """Whether a judge makes a difference."""
        trial = self.trial(SimulatorConfig(), None)
        # A veto on a belief that heeds no text is no veto on text.
        return trial.heeds_text and (trial.belief.reads_text or trial.filter.strategy not in (NONE, BELIEF))

    def trial(self, config: SimulatorConfig, rates: tuple[float, float] | None) -> TrialSpec:
        """The trial of this method.

        Args:
            config: the participant.
            rates: the judge's measured shares (finds_cannot_walk, false_alarms); None without a judge.
        """
        measured = {} if rates is None else {"finds_cannot_walk": rates[0], "false_alarms": rates[1]}
        return TrialSpec(
            config,
            policy=self.policy,
            thompson=self.thompson,
            filter=self.filter,
            belief=build(BeliefSettings, {**measured, **self.belief}),
            planner=self.planner,
            model=build(SimulatorConfig, {**config.as_mapping(), **self.model}) if self.model else None,
            network=self.network,
        )


@dataclass(frozen=True)
class Scenario:
    """A participant of the grid.

    Attributes:
        values: what tells this scenario from the others, by parameter.
        config: all its settings.
    """

    values: tuple[tuple[str, Any], ...]
    config: SimulatorConfig

    @property
    def name(self) -> str:
        """Shown to people."""
        symbols = {info.name: info.symbol or info.label for info in describe(SimulatorConfig)}
        return ", ".join(f"{symbols[name]} {_shown(value)}" for name, value in self.values) or "one participant"


@dataclass(frozen=True)
class Cell:
    """One scenario, one method and one judge; judge is None where none is asked."""

    scenario: Scenario
    method: Method
    judge: JudgeChoice | None


@dataclass(frozen=True)
class Claim:
    """What an experiment is to show, said beforehand; a report checks it against the results.

    Attributes:
        text: the claim in words.
        method: name of the method that it is about.
        above: name of a method that it is to exceed; empty if a share of the optimum is claimed.
        times: how many times as much, > 0.
        share: of the optimum that it is to reach, in (0, 1]; 0 if another method is to be exceeded.
        where: only in scenarios with these values of parameters.
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

    def is_about(self, scenario: Scenario) -> bool:
        """Whether it claims something of a scenario."""
        config = scenario.config.as_mapping()
        return all(config[name] == value for name, value in self.where.items())


@dataclass(frozen=True)
class ExperimentSpec:
    """A grid. Made by ``read_spec`` or a page; checked when made.

    Attributes:
        name: of the experiment.
        description: a sentence or two.
        participant: settings that all scenarios share.
        axes: parameters with the values that they take; every combination is a scenario.
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
        for what, names in (("method", self.method_names), ("judge", tuple(item.name for item in self.judges))):
            for name in names:
                if names.count(name) > 1:
                    raise ParameterError(f"There are two {what}s called {name!r}: give each a name of its own.")
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
        known = {item.kind for item in load_part(TEST)}
        for kind in self.kinds:
            if kind not in known:
                raise ParameterError(
                    f"statements.kinds: there is none called {kind[:60]!r}{suggestion(kind, tuple(sorted(known)))}"
                )
        if not self.kinds:
            raise ParameterError(f"statements.kinds: name at least one of {', '.join(sorted(known))}.")
        if self.seeds[-1] >= FIRST_TRAINING_SEED and any(method.network is not None for method in self.methods):
            raise ParameterError(
                f"seeds.first: trained policies have learnt from the seeds from {FIRST_TRAINING_SEED:,} on; stay below."
            )
        # Multiplied before anything is made: a few long axes would make billions.
        n_scenarios = math.prod(len(values) for _, values in self.axes)
        n_cells = n_scenarios * sum(max(1, len(self.judges)) if item.reads_text else 1 for item in self.methods)
        if n_cells > MAX_CELLS:
            raise ParameterError(f"The grid has {n_cells:,} cells: at most {MAX_CELLS:,} are allowed.")

    @property
    def method_names(self) -> tuple[str, ...]:
        """In order."""
        return tuple(method.name for method in self.methods)

    @property
    def baseline_name(self) -> str:
        """The method that others are compared to."""
        return self.baseline or self.methods[0].name

    @property
    def seeds(self) -> range:
        """Of every cell."""
        return range(self.first_seed, self.first_seed + self.n_seeds)

    def scenarios(self) -> tuple[Scenario, ...]:
        """Every combination of the axes' values."""
        names = [name for name, _ in self.axes]
        base = self.participant.as_mapping()
        return tuple(
            Scenario(
                tuple(zip(names, values, strict=True)),
                build(SimulatorConfig, {**base, **dict(zip(names, values, strict=True))}),
            )
            for values in product(*(values for _, values in self.axes))
        )

    def cells(self) -> tuple[Cell, ...]:
        """All cells, scenario by scenario."""
        judges = [(method, self.judges if method.reads_text else (None,)) for method in self.methods]
        return tuple(
            Cell(scenario, method, judge)
            for scenario in self.scenarios()
            for method, asked in judges
            for judge in asked
        )

    def judges_needed(self) -> tuple[JudgeChoice, ...]:
        """Those that are asked in some cell."""
        return self.judges if any(method.reads_text for method in self.methods) else ()

    def as_mapping(self, brief: bool = False) -> dict[str, Any]:
        """Ready for YAML or JSON; ``spec_from_mapping`` reads it back.

        Args:
            brief: name trained policies where there is one of that name and content, instead of holding them whole.
        """
        return {
            "format": FORMAT,
            "name": self.name,
            "description": self.description,
            "seeds": {"first": self.first_seed, "count": self.n_seeds},
            "participant": self.participant.as_mapping(),
            "scenarios": {name: list(values) for name, values in self.axes},
            "statements": {"kinds": list(self.kinds)},
            "judges": [
                {name: value for name, value in asdict(judge).items() if value not in (None, "")}
                for judge in self.judges
            ],
            "methods": [method_as_mapping(method, brief) for method in self.methods],
            "baseline": self.baseline,
            "claims": [
                {name: value for name, value in asdict(claim).items() if value or name == "text"}
                for claim in self.claims
            ],
        }

    @property
    def identifier(self) -> str:
        """A name for files: of the experiment, and a digest of all that decides its numbers."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:40] or "experiment"
        decisive = {
            name: value
            for name, value in self.as_mapping().items()
            if name not in ("description", "baseline", "claims")
        }
        return f"{slug}-{digest(decisive)[:8]}"


def method_as_mapping(method: Method, brief: bool = False) -> dict[str, Any]:
    """A method as it stands in a file: only what differs from the defaults; brief as ``ExperimentSpec.as_mapping``."""
    mapping: dict[str, Any] = {"name": method.name, "policy": method.policy}
    for name in ("filter", "thompson", "planner"):
        settings = getattr(method, name)
        usual = asdict(type(settings)())
        changed = {key: value for key, value in asdict(settings).items() if value != usual[key] or key == "strategy"}
        if changed:
            mapping[name] = changed
    for name in ("belief", "model"):
        if getattr(method, name):
            mapping[name] = dict(getattr(method, name))
    if brief and (kept := default_shelf().name_of(method.network)):
        mapping["policy"] = f"{LEARNED}:{kept}"
    elif method.network is not None:
        # All of it: the description stays true when a file of that name is trained anew.
        mapping["network"] = method.network.as_mapping()
    return mapping


def digest(value: Any) -> str:
    """64 hexadecimal digits that stand for a JSON value."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read_spec(path: Path) -> ExperimentSpec:
    """An experiment from a YAML or JSON file.

    Raises: FileFormatError if it is neither, ParameterError naming the field that is wrong and what is allowed.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise FileFormatError(f"{path.name} has {size:,} bytes: a description has at most {MAX_FILE_BYTES:,}.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise FileFormatError(f"{path} cannot be read: {reason}.") from error
    return spec_from_text(text, path.name)


def spec_from_text(text: str, name: str = "The description") -> ExperimentSpec:
    """An experiment from YAML; JSON is YAML too.

    Args:
        text: the description.
        name: of its file, for errors.
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
        return spec_from_mapping(content)
    except ParameterError as error:
        raise ParameterError(f"{name}: {error}", error.hint) from error


class _RepeatedKey(yaml.MarkedYAMLError):
    """A name stands twice in one mapping."""


class _Loader(yaml.SafeLoader):
    """YAML without tags; names may not stand twice, and 1e-5 is a number, as everywhere else."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As the parent, but refuses what would silently win over what stood before."""
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
    """JSON as JSON, all else as YAML."""
    try:
        return json.loads(text)
    except ValueError:
        return yaml.load(text, _Loader)  # noqa: S506  (a subclass of the safe loader)


_FIELDS = ("format", "name", "description", "seeds", "participant", "scenarios", "statements", "judges", "methods",
           "policies", "filters", "baseline", "claims")  # fmt: skip


def spec_from_mapping(content: Mapping[str, Any]) -> ExperimentSpec:
    """An experiment from names and values.

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
        methods=(*_methods(content.get("methods", [])), *_combined(content)),
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
                f"participant.preset: there is none called {_short(preset)}{suggestion(str(preset), PRESETS)}"
            )
        start = PRESETS[preset].as_mapping()
    return _settings("participant", SimulatorConfig, {**start, **given})


def _axes(value: Any) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    known = {info.name: info for info in describe(SimulatorConfig)}
    axes = []
    for name, values in _mapping("scenarios", value, tuple(known)).items():
        given = _list(f"scenarios.{name}", values)
        # Each is checked by itself, so that the sentence names the axis.
        taken = tuple(getattr(_settings("scenarios", SimulatorConfig, {name: v}), name) for v in given)
        if not taken or len(set(taken)) < len(taken):
            raise ParameterError(f"scenarios.{name}: give at least one value, and none twice.")
        axes.append((name, taken))
    return tuple(axes)


def _methods(value: Any) -> Iterator[Method]:
    fields = ("name", "policy", "filter", "thompson", "planner", "belief", "model", "network")
    for number, item in enumerate(_list("methods", value), start=1):
        where = f"methods, number {number}"
        given = _mapping(where, item, fields)
        policy, network = _policy(where, given.get("policy", ""), given.get("network"))
        method_filter = given.get("filter", {"strategy": NONE})
        if isinstance(method_filter, str):
            method_filter = {"strategy": method_filter}
        filtering = _settings(f"{where}, filter", FilterSettings, {"strategy": NONE, **_mapping(where, method_filter)})
        belief = dict(_mapping(f"{where}, belief", given.get("belief", {})))
        model = dict(_mapping(f"{where}, model", given.get("model", {})))
        _settings(f"{where}, belief", BeliefSettings, belief)
        _settings(f"{where}, model", SimulatorConfig, model)
        yield Method(
            name=_text(f"{where}, name", given.get("name") or method_label(policy, filtering.strategy, network)),
            policy=policy,
            filter=filtering,
            thompson=_settings(f"{where}, thompson", ThompsonSettings, _mapping(where, given.get("thompson", {}))),
            planner=_settings(f"{where}, planner", PlannerSettings, _mapping(where, given.get("planner", {}))),
            belief=belief,
            model=model,
            network=network,
        )


def _claims(value: Any) -> Iterator[Claim]:
    for number, item in enumerate(_list("claims", value), start=1):
        where = f"claims, number {number}"
        given = _mapping(where, item, ("text", "method", "above", "times", "share", "where"))
        scenario = dict(_mapping(f"{where}, where", given.get("where", {})))
        _settings(f"{where}, where", SimulatorConfig, scenario)
        yield Claim(
            _text(f"{where}, text", given.get("text", "")),
            _text(f"{where}, method", given.get("method", "")),
            _text(f"{where}, above", given.get("above", "")),
            _number(f"{where}, times", given.get("times", 1.0)),
            _number(f"{where}, share", given.get("share", 0.0)),
            scenario,
        )


def _combined(content: Mapping[str, Any]) -> Iterator[Method]:
    """Every policy of "policies" with every filter of "filters"."""
    policies = [_policy("policies", item, None) for item in _list("policies", content.get("policies", []))]
    strategies = _list("filters", content.get("filters", [NONE]))
    for (policy, network), strategy in product(policies, strategies):
        if not isinstance(strategy, str) or strategy not in FILTER_LABELS:
            raise ParameterError(
                f"filters: there is none called {_short(strategy)}{suggestion(str(strategy), FILTER_LABELS)}"
            )
        yield Method(method_label(policy, strategy, network), policy, FilterSettings(strategy), network=network)


def method_label(policy: str, strategy: str, network: PolicyNetwork | None = None) -> str:
    """What a policy with a filter is called unless somebody gives it a name."""
    name = TRIAL_POLICIES[policy] if network is None else network.name
    return name if strategy == NONE else f"{name}, {FILTER_LABELS[strategy].lower()}"


def _judges(value: Any) -> tuple[JudgeChoice, ...]:
    judges: list[JudgeChoice] = []
    for number, item in enumerate(_list("judges", value), start=1):
        where = f"judges, number {number}"
        given = _mapping(where, {"key": item} if isinstance(item, str) else item,
                         ("key", "prompt", "finds_cannot_walk", "false_alarms"))  # fmt: skip
        key = _text(f"{where}, key", given.get("key", ""))
        rates = ("finds_cannot_walk", "false_alarms")
        if key != SIMULATED:
            if key not in ("embedded", "embedded-tuned") and not re.fullmatch(r"ollama:\S{1,200}", key):
                raise ParameterError(
                    f"{where}: there is no judge {key[:60]!r}; allowed are embedded-tuned, embedded, ollama:NAME and "
                    "simulated."
                )
            if any(name in given for name in rates):
                raise ParameterError(f"{where}: error rates belong to a simulated judge; write `key: simulated`.")
            judges.append(JudgeChoice(key, _text(f"{where}, prompt", given.get("prompt", ""))))
            continue
        values = []
        for name in rates:
            shares = given.get(name)
            if shares is None:
                raise ParameterError(f"{where}: a simulated judge needs {name}, a share from 0 to 1.")
            listed = shares if isinstance(shares, list) else [shares]
            values.append([_settings(where, BeliefSettings, {name: share}) for share in listed])
        for finds, alarms in product(*values):
            judges.append(JudgeChoice(key, "", finds.finds_cannot_walk, alarms.false_alarms))
    return tuple(judges)


def _policy(where: str, value: Any, network: Any) -> tuple[str, PolicyNetwork | None]:
    """The key of a policy and, if it is a trained one, its network: "learned:NAME", or "learned" with the network."""
    if isinstance(value, str) and value.startswith(f"{LEARNED}:") and network is None:
        value, network = LEARNED, value.removeprefix(f"{LEARNED}:")
    if value == LEARNED:
        if network is None:
            raise ParameterError(f"{where}: name the trained policy, such as learned:ppo-belief.")
        if isinstance(network, PolicyNetwork):
            return LEARNED, network
        try:
            if isinstance(network, str):
                return LEARNED, default_shelf().get(network)
            return LEARNED, policy_from(network, "network")
        except (ParameterError, FileFormatError) as error:
            raise ParameterError(f"{where}: {error}", error.hint) from error
    if not isinstance(value, str) or value not in TRIAL_POLICIES:
        raise ParameterError(f"{where}: there is no policy {_short(value)}{suggestion(str(value), TRIAL_POLICIES)}")
    if network is not None:
        raise ParameterError(f"{where}: a network belongs to the policy {LEARNED}, not to {value}.")
    return value, None


def _settings(where: str, settings_class: type[Settings], values: Mapping[str, Any]) -> Settings:
    try:
        return build(settings_class, values)
    except ParameterError as error:
        raise ParameterError(f"{where}: {error}", error.hint) from error
    except (TypeError, OverflowError) as error:
        raise ParameterError(f"{where}: names must be text, and values plain numbers or words.") from error


def _check_fields(where: str, given: Mapping[Any, Any], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            prefix = f"{where}: there" if where else "There"
            raise ParameterError(f"{prefix} is no field {_short(name)}{suggestion(str(name), tuple(known))}")


def _mapping(where: str, value: Any, known: Sequence[str] = ()) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ParameterError(f"{where}: names and values are needed, not {_short(value)}.")
    if known:
        _check_fields(where, value, known)
    return value


def _short(value: Any) -> str:
    """The beginning of a value; nested lists are not followed, as a file may nest them without end."""
    if isinstance(value, int) and abs(value) > 10**18:
        return "so large a number"
    return repr(value)[:60] if isinstance(value, str | int | float | bool | None) else f"a {type(value).__name__}"


def _list(where: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise ParameterError(f"{where}: a list is needed, not {_short(value)}.")
    return value


def _text(where: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 2000 or (not value.isascii() and _has_surrogates(value)):
        raise ParameterError(f"{where}: a text is needed, not {_short(value)}.")
    return value


def _has_surrogates(text: str) -> bool:
    """Whether a text holds halves of characters, which no file can."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _whole(where: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ParameterError(f"{where}: a whole number is needed, not {_short(value)}.")
    return value


def _number(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ParameterError(f"{where}: a number is needed, not {_short(value)}.")
    if not math.isfinite(value) or abs(value) > 1e9:
        raise ParameterError(f"{where}: a number up to a thousand million is needed.")
    return float(value)


def _check_name(what: str, name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME_LENGTH:
        raise ParameterError(
            f"{what} is {name[:100]!r}: allowed are letters, digits, spaces and , . : ; + % ( ) = / -, at most "
            f"{MAX_NAME_LENGTH} of them."
        )


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def trial_as_mapping(trial: TrialSpec) -> dict[str, Any]:
    """All settings of a trial but its seed, ready for JSON; ``trial_from_mapping`` reads them back."""
    return {
        "policy": trial.policy,
        "config": trial.config.as_mapping(),
        "thompson": asdict(trial.thompson),
        "filter": asdict(trial.filter),
        "belief": asdict(trial.belief),
        "planner": asdict(trial.planner),
        "model": None if trial.model is None else trial.model.as_mapping(),
        "network": None if trial.network is None else trial.network.as_mapping(),
    }


def trial_from_mapping(mapping: Mapping[str, Any]) -> TrialSpec:
    """The trial that a mapping describes.

    Raises: ParameterError naming the field that is wrong.
    """
    model = mapping.get("model")
    policy, network = _policy("policy", mapping["policy"], mapping.get("network"))
    return TrialSpec(
        config=_settings("config", SimulatorConfig, mapping["config"]),
        policy=policy,
        thompson=_settings("thompson", ThompsonSettings, mapping["thompson"]),
        filter=_settings("filter", FilterSettings, mapping["filter"]),
        belief=_settings("belief", BeliefSettings, mapping["belief"]),
        planner=_settings("planner", PlannerSettings, mapping["planner"]),
        model=None if model is None else _settings("model", SimulatorConfig, model),
        network=network,
    )
