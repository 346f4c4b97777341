"""JSON in what a model wrote: it may stand between sentences or fences, in any order, and be cut off."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jitai.errors import FileFormatError
from jitai.files import read_json

_MAX_CHARACTERS = 50_000
"""The end of a text that is looked at; an answer has some hundred characters."""
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_FLAT_OBJECT = re.compile(r'\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}', re.DOTALL)
_END_OF_THOUGHTS = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_BEGIN_OF_THOUGHTS = re.compile(r"<think(?:ing)?>", re.IGNORECASE)


def without_thoughts(text: str) -> str:
    """Return what a model wrote after its thoughts: behind the last </think>, and before a <think> without an end.

    Some servers give only the end mark, as the model's own template begins the thoughts.
    """
    return _BEGIN_OF_THOUGHTS.split(_END_OF_THOUGHTS.split(text)[-1])[0]


def is_complete(text: str) -> bool:
    """Return whether a text that is still being written holds a whole JSON object, to which nothing can be added."""
    return text.rstrip().endswith("}") and isinstance(_read(text), dict)


def last_object(text: str, name: str) -> Mapping[str, Any] | None:
    """Return the last JSON object in a text that has a property; None if there is none.

    Args:
        text: what a model wrote, its thoughts left out.
        name: of the property.
    """
    text = text[-_MAX_CHARACTERS:]
    whole = _read(text)
    if isinstance(whole, dict) and name in whole:
        return whole
    found = None
    for item in _FLAT_OBJECT.finditer(text):
        content = _read(item.group())
        if isinstance(content, dict) and name in content:
            found = content
    return found


def last_value(text: str, name: str) -> str | None:
    """Return the last value of a property in JSON that was cut off; None if none stands there whole.

    Only a text between two quotation marks is one: a word without an end may have been going to be longer.
    """
    text = text[-_MAX_CHARACTERS:]
    values = [value.group() for value in values_in(text[text.find("{") :], {name}) if value.group().startswith('"')]
    content = _read(values[-1]) if values else None
    return content if isinstance(content, str) else None


def values_in(text: str, names: set[str]) -> Iterator[re.Match[str]]:
    """Return where in a JSON text the values of some properties stand; a text with its quotation marks."""
    pieces = list(_PIECE.finditer(text))
    for name, colon, value in zip(pieces, pieces[1:], pieces[2:], strict=False):
        if colon.group() == ":" and name.group().startswith('"') and name.group().strip('"') in names:
            yield value


def _read(text: str) -> Any:
    """Return what a JSON text holds; None if it holds nothing or is none."""
    try:
        return read_json(text)
    except FileFormatError:
        return None
