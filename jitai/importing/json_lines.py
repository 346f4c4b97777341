"""JSON lines: one object a line, or one text a line; also a short JSON file that is a list of them."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jitai.errors import FileFormatError
from jitai.files import read_json
from jitai.importing.delimited import MAX_LINE_LENGTH, Record

N_LOOKED_AT = 20_000
"""Rows whose names become the columns."""
ONE_COLUMN = "statement"

Lines = Callable[[], Iterator[tuple[int, str]]]


def columns_of(lines: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    """The names of the objects' entries in the order of their first appearance; ONE_COLUMN for a text."""
    names: dict[str, None] = {}
    for (_, line), _n in zip(lines, range(N_LOOKED_AT), strict=False):
        content = _content(line)
        names |= dict.fromkeys(content if isinstance(content, dict) else [ONE_COLUMN] if content is not None else [])
    return tuple(names)


def json_records(lines: Iterable[tuple[int, str]], columns: tuple[str, ...]) -> Iterator[Record]:
    """A row for each line that is not empty; what is no JSON is given back with what is wrong with it."""
    known = set(columns)
    for number, line in lines:
        if not line.strip():
            continue
        content = _content(line)
        if content is None:
            yield Record(number, (line.strip()[:MAX_LINE_LENGTH],), "is not a JSON object or text")
        elif isinstance(content, dict):
            late = next((name for name in content if name not in known and content[name] is not None), None)
            problem = "" if late is None else f'has an entry "{late[:40]}" that no earlier row had'
            yield Record(number, tuple(_text(content.get(name)) for name in columns), problem)
        else:
            yield Record(number, tuple(_text(content) if name == ONE_COLUMN else "" for name in columns))


def listed(content: bytes | str, name: str, max_bytes: int) -> Iterator[tuple[int, str]]:
    """The items of a JSON file that is a list, as lines; the number is that of the item.

    Raises: FileFormatError if it is none.
    """
    items = read_json(content, name, max_bytes, "Save it with one JSON object a line.")
    if isinstance(items, dict):
        items = next((value for value in items.values() if isinstance(value, list)), None)
    if not isinstance(items, list):
        raise FileFormatError(f"{name} holds no list of statements.", "Save it with one JSON object a line.")
    return ((number, json.dumps(item)) for number, item in enumerate(items, start=1))


def _content(line: str) -> Any:
    """An object or a text; None for anything else."""
    try:
        content = read_json(line, "the line", MAX_LINE_LENGTH, only_finite=False)
    except FileFormatError:
        return None
    return _flat(content) if isinstance(content, dict) else content if isinstance(content, str) else None


def _flat(content: dict[str, Any]) -> dict[str, Any]:
    """An object whose entries hold no objects: ``{"a": {"b": 1}}`` as ``{"a.b": 1}``, unless that name is taken."""
    flat: dict[str, Any] = {}
    for name, value in content.items():
        inner = {f"{name}.{key}": item for key, item in _flat(value).items()} if isinstance(value, dict) else {}
        flat |= inner if inner and not inner.keys() & (content.keys() | flat.keys()) else {name: value}
    return flat


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
