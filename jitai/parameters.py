"""Parameters described once: default, bounds, unit, symbol, help and source.

A settings class is a frozen dataclass whose fields are made by ``parameter``, ``choice`` or ``text_parameter``.
Validation, the widgets of the dashboard and the command line's help all read the same ``ParameterInfo``, so bounds
cannot disagree.
"""

import difflib
import math
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from typing import Any, TypeVar, cast

from jitai.errors import FileFormatError, ParameterError

Settings = TypeVar("Settings")
_KEY = "parameter"
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class ParameterInfo:
    """What is known about one parameter.

    Attributes:
        name: the field's name.
        label: the name shown to people, without unit or symbol.
        default: value where nothing else is said.
        low, high: bounds, inclusive; None for a choice or a switch.
        unit: "steps", "days", "probability", "fraction per day" ...; empty for a choice or a switch.
        symbol: the symbol of the papers, such as "δ_h"; empty if they have none.
        help: one or two sentences for somebody who has not read the papers.
        source: where the default comes from.
        group: heading under which it is shown.
        step: how far one press of a widget's button moves it.
        choices: the allowed values of a choice; empty otherwise.
        pattern: regular expression that a text matches from end to end; empty for anything but a text.
        form: how such a text is written, as the end of "write it ..."; empty otherwise.
        added_later: whether mappings leave the parameter out where it is as usual, because names and links that are
            made of mappings are older than the parameter.
    """

    name: str
    label: str
    default: float | int | bool | str
    low: float | None
    high: float | None
    unit: str
    symbol: str
    help: str
    source: str
    group: str
    step: float
    choices: tuple[str, ...] = ()
    pattern: str = ""
    form: str = ""
    added_later: bool = False

    @property
    def allowed(self) -> str:
        """What is allowed, to follow the parameter's name: "a number from 0 to 1"."""
        if isinstance(self.default, bool):
            return "true or false"
        if self.low is None or self.high is None:
            return f"one of {', '.join(self.choices)}" if self.choices else f"written {self.form}"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}"

    @property
    def full_help(self) -> str:
        """Help, allowed range and source in one text, for tooltips and the command line."""
        parts = [self.help]
        if self.low is not None and self.high is not None:
            parts.append(f"Allowed: {self.low:g} to {self.high:g}{f' {self.unit}' if self.unit else ''}.")
        parts.append(f"Default {self.default}: {self.source}.")
        return " ".join(parts)


def parameter(
    default: float,
    *,
    label: str,
    low: float,
    high: float,
    unit: str,
    help: str,
    source: str,
    group: str,
    symbol: str = "",
    step: float = 0.01,
    added_later: bool = False,
) -> Any:
    """A numeric field of a settings class; an integer default makes it a whole number."""
    meaning = {"label": label, "symbol": symbol, "unit": unit, "help": help, "source": source, "group": group}
    bounds = {"low": low, "high": high, "step": step, "choices": (), "added_later": added_later}
    return field(default=default, metadata={_KEY: meaning | bounds})


def choice(
    default: str | bool,
    *,
    label: str,
    help: str,
    source: str,
    group: str,
    choices: tuple[str, ...] = (),
    added_later: bool = False,
) -> Any:
    """A field that takes one of a few words, or true and false where no words are given."""
    meaning = {"label": label, "symbol": "", "unit": "", "help": help, "source": source, "group": group}
    bounds = {"low": None, "high": None, "step": 0.0, "choices": choices, "added_later": added_later}
    return field(default=default, metadata={_KEY: meaning | bounds})


def text_parameter(default: str, *, label: str, help: str, source: str, group: str, pattern: str, form: str) -> Any:
    """A field that takes a short text: all of it matches a regular expression; ``form`` says how, in words."""
    meaning = {"label": label, "symbol": "", "unit": "", "help": help, "source": source, "group": group}
    bounds = {"low": None, "high": None, "step": 0.0, "choices": (), "pattern": pattern, "form": form}
    return field(default=default, metadata={_KEY: meaning | bounds})


def describe(settings_class: type[object]) -> tuple[ParameterInfo, ...]:
    """The parameters of a settings class, in the order of its fields."""
    return _describe(cast(Hashable, settings_class))


def described(settings_class: type[object], name: str) -> ParameterInfo:
    """The description of one parameter of a settings class, which must have it."""
    return next(info for info in describe(settings_class) if info.name == name)


@cache
def _describe(settings_class: Hashable) -> tuple[ParameterInfo, ...]:
    return tuple(
        ParameterInfo(name=item.name, default=item.default, **item.metadata[_KEY])
        for item in fields(cast(Any, settings_class))
        if _KEY in item.metadata and item.default is not MISSING
    )


def validate(settings: object) -> None:
    """Check every described field.

    Raises: ParameterError naming the field, its value and what is allowed.
    """
    for info in describe(type(settings)):
        check(info, getattr(settings, info.name))


def check(info: ParameterInfo, value: object) -> None:
    """Check one value against its description.

    Raises: ParameterError naming the field, its value and what is allowed.
    """
    problem = _problem(info, value)
    if problem:
        shown = repr(value) if len(repr(value)) <= _LONGEST_SHOWN else repr(value)[:_LONGEST_SHOWN] + "…"
        raise ParameterError(f"{info.label} ({info.name}) is {shown}: {problem}.")


def build(settings_class: type[Settings], values: Mapping[str, object]) -> Settings:
    """Make settings from names and values, such as a JSON file's.

    Raises: ParameterError for an unknown name (with the nearest known one), a wrong type or a value out of bounds.
    """
    known = {info.name: info for info in describe(settings_class)}
    for name in values:
        if name not in known:
            raise ParameterError(f"There is no parameter {shortened(name)}{suggestion(name, known)}")
    converted = {
        name: _as_float(value)
        if isinstance(known[name].default, float) and isinstance(value, int) and not isinstance(value, bool)
        else value
        for name, value in values.items()
    }
    return settings_class(**converted)


def _as_float(value: int) -> float:
    """The number; NaN, which no bounds allow, for one that is larger than any number of the machine's."""
    try:
        return float(value)
    except OverflowError:
        return math.nan


def settings_as_mapping(settings: object) -> dict[str, Any]:
    """The described values of settings, by name; ``build`` reads them back."""
    return {info.name: getattr(settings, info.name) for info in describe(type(settings))}


def lasting_mapping(settings: object) -> dict[str, Any]:
    """As ``settings_as_mapping``, without parameters that were added later and are as usual; ``build`` reads it too."""
    infos = {info.name: info for info in describe(type(settings))}
    return {
        name: value
        for name, value in settings_as_mapping(settings).items()
        if not infos[name].added_later or value != infos[name].default
    }


def from_text(info: ParameterInfo, text: str) -> object:
    """A text as a value of the parameter's type; a text that is none comes back as it is, and validation refuses it."""
    if isinstance(info.default, bool):
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
    if info.choices or info.pattern:
        return text
    try:
        return int(text) if isinstance(info.default, int) else float(text)
    except ValueError:
        return text


def at_place(where: str, make: Callable[[], Settings]) -> Settings:
    """What is made of untrusted values, with errors that name their place.

    Args:
        where: place in a file.
        make: makes it, or raises.
    Raises: ParameterError naming the place and what is wrong.
    """
    try:
        return make()
    except (ParameterError, FileFormatError) as error:
        raise ParameterError(f"{where}: {error}", error.hint) from error
    except (TypeError, OverflowError) as error:
        raise ParameterError(f"{where}: names must be text, and values plain numbers or words.") from error


def shortened(value: Any) -> str:
    """The beginning of a value; nested lists are not followed, as a file may nest them without end."""
    if isinstance(value, int) and abs(value) > 10**18:
        return "so large a number"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)[:60] if isinstance(value, str | int | float) else f"a {type(value).__name__}"


def with_value(settings: Settings, name: str, value: object) -> Settings:
    """The settings with one value changed.

    Raises: ParameterError if the value is not allowed.
    """
    return cast(Settings, replace(cast(Any, settings), **{name: value}))


def suggestion(name: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    """The end of an error sentence: the nearest known name, or all of them if they are few."""
    by_lower_case = {item.casefold(): item for item in known}
    near = difflib.get_close_matches(name[:_LONGEST_SHOWN].casefold(), list(by_lower_case), n=1)
    if near:
        return f"; did you mean {by_lower_case[near[0]]!r}?"
    return f"; known are {_listed(known)}." if 0 < len(known) <= 12 else "."


def _listed(names: Iterable[str]) -> str:
    """Names with commas between them; in quotes if a name has commas of its own."""
    given = list(names)
    return ", ".join(map(repr, given) if any("," in name for name in given) else given)


def _problem(info: ParameterInfo, value: object) -> str:
    """Why a value is not allowed, or an empty string."""
    if isinstance(info.default, bool):
        return "" if isinstance(value, bool) else "allowed are true and false"
    if info.choices:
        return "" if value in info.choices else f"allowed are {_listed(info.choices)}"
    if info.pattern:
        return "" if isinstance(value, str) and re.fullmatch(info.pattern, value) else f"write it {info.form}"
    whole = isinstance(info.default, int)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        return "a whole number is needed" if whole else "a number is needed"
    assert info.low is not None and info.high is not None and isinstance(value, int | float)
    if isinstance(value, int) and math.isnan(_as_float(value)):
        return "a number that is not so large is needed"
    if not (math.isfinite(value) and info.low <= value <= info.high):
        return f"allowed is {info.low:g} to {info.high:g}{f' {info.unit}' if info.unit else ''}"
    return ""
