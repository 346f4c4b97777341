"""Registries: the classes of one kind, by key. Everything that lists them is made from the registry."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from jitai.errors import ParameterError
from jitai.parameters import build, describe, settings_as_mapping, suggestion


@dataclass(frozen=True)
class NoSettings:
    """The settings of a component that has none."""


class Component(Protocol):
    """What every registered class says of itself.

    Attributes:
        key: its name in files, in links and on the command line.
        label: its name for people.
        Settings: a frozen dataclass of described parameters.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    Settings: ClassVar[type[Any]]


Kind = TypeVar("Kind", bound=Component)
RESERVED = frozenset((
    "agree_to_send", "agrees_to_send", "bundle", "context", "context_tokens", "convention", "experiment", "filter",
    "force", "help", "judge", "keep_alive", "link", "network", "new_seed", "out",
    "participant", "policy", "policy_file", "preset", "prompt", "quiet", "read_timeout_s", "report", "reveal", "save",
    "s", "scenario", "seed", "speed", "strategy", "timeout", "unsure_band", "why",
))  # fmt: skip
"""What the command line, links, files and the Live page call something else; no setting may be called so."""


class Registry(Mapping[str, type[Kind]], Generic[Kind]):
    """The classes of one kind by key, in the order in which they are listed; the first is the default.

    Args:
        what: the kind in the singular, for errors: "policy".
        classes: registered from the start.
        beside: settings, or registries of them, that stand beside these on one command line, in one link and on one
            page: no name may stand in both.
        names_stand_alone: whether settings go by their own names alone; False where the class's key stands before them,
            so that they may be called anything.
        reserved_keys: what stands beside a key in a file and means something else there; no class may have such a key.
    """

    def __init__(
        self,
        what: str,
        *classes: type[Kind],
        beside: Sequence["Registry[Any] | type[object]"] = (),
        names_stand_alone: bool = True,
        reserved_keys: Collection[str] = (),
    ) -> None:
        self.what = what
        self._names_stand_alone = names_stand_alone
        self._reserved_keys = frozenset(reserved_keys)
        self._beside = list(beside)
        for other in beside:
            if isinstance(other, Registry):
                other._beside.append(self)
        self._classes: dict[str, type[Kind]] = {}
        for component in classes:
            self.register(component)

    def register(self, component: type[Kind]) -> type[Kind]:
        """Add a class; usable as a decorator.

        Raises: ParameterError if the key is taken or reserved, or if a setting has the name of something else: names of
            settings are options of the command line and parameters of links.
        """
        if component.key in self._classes:
            raise ParameterError(f"There is a {self.what} {component.key!r} already.")
        if component.key in self._reserved_keys:
            raise ParameterError(
                f"The key {component.key!r} cannot be that of a {self.what}: in an experiment's description, it is the "
                "name of something else.",
                "Give the class another key.",
            )
        if self._names_stand_alone:
            self._check_names(component)
        self._classes[component.key] = component
        return component

    def _check_names(self, component: type[Kind]) -> None:
        """Raises: ParameterError if a setting has the name of something else."""
        known = {info.name: info for other in self._classes.values() for info in describe(other.Settings)}
        taken = RESERVED.union(*(names_of_settings(other) for other in self._beside))
        for info in describe(component.Settings):
            if info.name in taken:
                raise ParameterError(
                    f"The {self.what} {component.key!r} calls a setting {info.name!r}, which is the name of something "
                    "else on the command line, in links or on pages.",
                    "Give the setting a name of its own.",
                )
            if known.get(info.name, info) != info:
                raise ParameterError(
                    f"The {self.what} {component.key!r} calls a setting {info.name!r}, as another {self.what} does, "
                    "but describes it otherwise.",
                    "Give the setting a name of its own.",
                )

    def remove(self, key: str) -> None:
        """Take a class out again."""
        del self._classes[key]

    def __getitem__(self, key: str) -> type[Kind]:
        """The class of a key.

        Raises: ParameterError with the nearest known key.
        """
        if not isinstance(key, str):
            raise ParameterError(f"There is no {self.what} of that kind{suggestion('', self.labels)}")
        if key not in self._classes:
            raise ParameterError(f"There is no {self.what} {repr(key)[:60]}{suggestion(key, self.labels)}")
        return self._classes[key]

    def __contains__(self, key: object) -> bool:
        return key in self._classes

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._classes))  # another thread may register one meanwhile

    def __len__(self) -> int:
        return len(self._classes)

    @property
    def labels(self) -> dict[str, str]:
        """The names for people, by key."""
        return {key: component.label for key, component in self._classes.items()}

    def settings_classes(self) -> list[type[Any]]:
        """The different settings classes, in order."""
        return list(dict.fromkeys(component.Settings for component in self._classes.values()))

    def settings_from(self, key: str, values: Mapping[str, Any]) -> Any:
        """Settings of a class from names and values, such as a file's.

        Raises: ParameterError for an unknown key or name, or a value that is not allowed.
        """
        component = self[key]
        reader = getattr(component.Settings, "from_mapping", None)
        return build(component.Settings, values) if reader is None else reader(values)


def names_of_settings(owner: "Registry[Any] | type[object]") -> set[str]:
    """The names of all settings of a registry's classes, or of one settings class."""
    classes = owner.settings_classes() if isinstance(owner, Registry) else [owner]
    return {info.name for item in classes for info in describe(item)}


def as_mapping(settings: Any) -> dict[str, Any]:
    """Settings as names and values, ready for JSON; ``Registry.settings_from`` reads them back."""
    writer = getattr(settings, "as_mapping", None)
    mapping: dict[str, Any] = settings_as_mapping(settings) if writer is None else writer()
    return mapping
