"""The text of a description, YAML or JSON, as the plain values that JSON knows."""

import json
import re
from typing import Any

import yaml

from jitai.errors import FileFormatError
from jitai.files import MAX_JSON_DEPTH, check_values, read_json

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML was built without its C library, which is ten times as fast
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

MAX_FILE_BYTES = 10_000_000
"""Largest size of a description; large ones hold trained policies whole."""
MAX_YAML_CHARACTERS = 200_000
"""YAML takes a second to read for each million characters; JSON takes less than a tenth of that."""


def plain_values(text: str, name: str) -> Any:
    """Return what a text holds: JSON is read as JSON, everything else as YAML.

    Args:
        text: untrusted.
        name: of its file, for errors.
    Returns: values as from ``read_json``. YAML's dates are texts, and nothing in it refers to something else.
    Raises: FileFormatError naming the file, the line where it is known, and what is wrong.
    """
    try:
        return read_json(text, name, MAX_FILE_BYTES)
    except FileFormatError as error:
        if not isinstance(error.__cause__, json.JSONDecodeError):
            raise
    if len(text) > MAX_YAML_CHARACTERS:
        raise FileFormatError(
            f"{name} is too long: a description in YAML has at most {MAX_YAML_CHARACTERS:,} characters.",
            "Name trained policies instead of writing them out, or write the description as JSON.",
        )
    try:
        _check_events(text)
        content = yaml.load(text, _Loader)  # noqa: S506  (a subclass of the safe loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {min(mark.line, text.count(chr(10))) + 1}" if mark is not None else ""
        why = error.problem if isinstance(error, _Refused) else "this is neither YAML nor JSON"
        raise FileFormatError(f"{name}{where}: {why}.") from error
    except ValueError as error:
        raise FileFormatError(f"{name}: a number in it has too many digits, or a character is only a half.") from error
    check_values(content, name)
    return content


class _Refused(yaml.MarkedYAMLError):
    """Raised for what JSON could not say."""


def _refusal(where: Any, problem: str) -> _Refused:
    """Return the error at an event or a node of PyYAML's."""
    return _Refused(problem=problem, problem_mark=where.start_mark)


def _check_events(text: str) -> None:
    """Look for what must not be there before anything is made of the text.

    A few lines with anchors could become gigabytes, and PyYAML's C library ends the program where nesting is too deep.

    Raises: _Refused, yaml.YAMLError.
    """
    depth = 0
    for event in yaml.parse(text, _Loader):
        if getattr(event, "anchor", None) is not None:
            raise _refusal(event, "anchors (&, *) are not read; write the values out")
        if getattr(event, "tag", None) is not None:
            raise _refusal(event, "tags (!) are not read; write the value alone")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_JSON_DEPTH:
            raise _refusal(event, "this is nested too deeply")


class _Loader(_SafeLoader):
    """YAML without dates and merge keys: a name is a text and stands once, and 1e-5 is a number, as everywhere else."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Make a mapping, but refuse a name that would silently replace an earlier one."""
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise _refusal(key_node, "a name must be a text; put it in quotes")
            if key in found:
                raise _refusal(key_node, f"{key[:60]!r} stands there twice")
            found[key] = self.construct_object(value_node, deep)
        return found


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if not tag.endswith((":timestamp", ":merge", ":value", ":yaml"))]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)
