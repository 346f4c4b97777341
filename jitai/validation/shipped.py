"""The verdicts with which the Validation page opens: those of the built-in judges on the held-out statements.

Kept are P(send) and the decision for each statement; the statements come with the lab anyhow.
"""

import gzip
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jitai.corpus import TEST, load_part
from jitai.errors import FileFormatError
from jitai.files import decompressed, read_bytes, read_json
from jitai.paths import resource
from jitai.records import Decision, Verdict, VerdictSource
from jitai.validation.runner import JudgedRow, Validation

FILE = resource("assets", "answers", "validation.json.gz")
FORMAT = 1
MAX_BYTES = 300_000
_MAX_UNPACKED = 5_000_000
_HINT = "Take the file that came with the lab, or write it anew with the command ship-answers."


class ShippedValidation(NamedTuple):
    """A validation that comes with the lab.

    Attributes:
        validation: finished.
        made_on: day on which it was run, such as "30 November 2026".
        judges: digest of each model with its prompt, by the judge's name.
    """

    validation: Validation
    made_on: str
    judges: Mapping[str, str]


def validation_content(found: Validation, made_on: str, judges: Mapping[str, str]) -> bytes:
    """Return the content of the file; the same verdicts give the same bytes."""
    content = {
        "format": FORMAT,
        "made_on": made_on,
        "judges": dict(judges),
        "statements": [item.identifier for item in found.statements],
        "said": {
            name: [
                [
                    None if row.verdict.p_send is None else round(row.verdict.p_send, 6),
                    list(Decision).index(row.verdict.decision), list(VerdictSource).index(row.verdict.source),
                ]
                for row in found.rows_of(name)
            ]
            for name in found.candidates
        },
    }  # fmt: skip
    return gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 9, mtime=0)


@cache
def shipped_validation() -> ShippedValidation | None:
    """Return what the page opens with; None if it cannot be used or is of other statements. Never raises."""
    try:
        return read_validation(FILE)
    except FileFormatError:
        return None


def read_validation(path: Path) -> ShippedValidation:
    """Read a file.

    Raises: FileFormatError if it cannot be used, or names statements that are not in the held-out part.
    """
    packed = read_bytes(path, MAX_BYTES, _HINT)
    content = read_json(decompressed(packed, path.name, _MAX_UNPACKED, _HINT), path.name, _MAX_UNPACKED)
    try:
        by_identifier = {item.identifier: item for item in load_part(TEST)}
        statements = tuple(by_identifier[identifier] for identifier in content["statements"])
        said: dict[str, Any] = content["said"]
        rows = tuple(
            JudgedRow(str(name), statement, _verdict(verdict, statement.text))
            for name, verdicts in said.items()
            for statement, verdict in zip(statements, verdicts, strict=True)
        )
        judges = {str(name): str(digest) for name, digest in content["judges"].items()}
        found = Validation(tuple(map(str, said)), statements, rows, seconds_left=0.0, finished=True)
        if content["format"] != FORMAT:
            raise ValueError
        return ShippedValidation(found, str(content["made_on"]), judges)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FileFormatError(f"{path.name} cannot be used: it does not hold what it should.", _HINT) from error


def _verdict(kept: Sequence[Any], text: str) -> Verdict:
    p_send, decision, source = kept
    if p_send is not None and not 0 <= p_send <= 1:
        raise ValueError
    return Verdict(list(Decision)[decision], p_send, list(VerdictSource)[source], "It came with the lab.", text)
