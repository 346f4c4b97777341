"""The labelled statements: reading the plain CSV files under assets/statements, and choosing from them."""

import csv
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

from jitai.errors import FileFormatError, ParameterError
from jitai.paths import resource
from jitai.records import Label, Statement

STATEMENTS_FOLDER = resource("assets", "statements")
DEVELOPMENT, CALIBRATION, TEST = "development", "calibration", "test"
INDEPENDENT = "independent"
"""The source of test statements whose author had seen no other."""

TRANSLATED = "translated"
"""The source of statements that translate an English one of the same pair; in the development part only."""
COLUMNS = ("id", "pair", "kind", "language", "label", "source", "text")
KINDS = (
    "plain",
    "negation",
    "conditional_or_past",
    "time",
    "colloquial",
    "environment",
    "consent",
    "third_person",
    "long",
    "non_english",
    "injection",
    "ambiguous",
)
"""All kinds of statement, each in every part of the corpus; a test holds the files to it."""
EVERYDAY_KINDS = (
    "plain",
    "colloquial",
    "negation",
    "conditional_or_past",
    "time",
    "environment",
    "third_person",
    "long",
)
"""Kinds that the simulated participant uses unless told otherwise: English, sincere, and clear to a person."""


@cache
def load_part(part: str) -> tuple[Statement, ...]:
    """The development, the calibration or the test part of the corpus.

    Raises: FileFormatError with file, line and what is wrong.
    """
    return read_statements(STATEMENTS_FOLDER / f"{part}.csv")


@cache
def load_meanings() -> dict[str, str]:
    """What development statements say, in plain English, by identifier; a translation says what its original says.

    Raises: FileFormatError with the file's name.
    """
    path = STATEMENTS_FOLDER / "meanings.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            meanings = {row["id"]: row["meaning"] for row in csv.DictReader(file)}
    except (OSError, UnicodeDecodeError, KeyError) as error:
        raise FileFormatError(f"{path.name} cannot be read.", "Its columns are id and meaning.") from error
    originals = {(item.pair, item.label): item for item in load_part(DEVELOPMENT) if item.source != TRANSLATED}
    return meanings | {
        item.identifier: originals[item.pair, item.label].text
        for item in load_part(DEVELOPMENT)
        if item.source == TRANSLATED
    }


def read_statements(path: Path) -> tuple[Statement, ...]:
    """Read a statement file.

    Raises: FileFormatError with file, line and what is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = set(COLUMNS) - set(reader.fieldnames or ())
            if missing:
                raise FileFormatError(
                    f"{path.name} lacks the column {', '.join(sorted(missing))}.",
                    f"Its first line must be: {','.join(COLUMNS)}",
                )
            return tuple(_statement(row, f"{path.name}, line {reader.line_num}") for row in reader)
    except (OSError, UnicodeDecodeError) as error:
        raise FileFormatError(f"{path.name} cannot be read as UTF-8 text.", str(error)) from error


def _statement(row: dict[str, str], where: str) -> Statement:
    try:
        return Statement(
            row["id"],
            row["text"],
            Label(row["label"]),
            row["kind"],
            int(row["pair"]),
            language=row["language"],
            source=row["source"],
        )
    except (ValueError, TypeError) as error:
        allowed = " or ".join(Label)
        raise FileFormatError(f"{where}: {error}.", f"label is {allowed}, pair a whole number.") from error


class StatementBook:
    """What a simulated participant may say.

    Args:
        statements: the corpus, or a part of it.
        kinds: which kinds are used.
    Raises: ParameterError if no statement of a label is left.
    """

    def __init__(self, statements: Sequence[Statement], kinds: Collection[str] = EVERYDAY_KINDS) -> None:
        self.by_label = {
            label: tuple(item for item in statements if item.label == label and item.kind in kinds) for label in Label
        }
        for label, items in self.by_label.items():
            if not items:
                raise ParameterError(
                    f"No statement labelled {label} is left with the kinds {', '.join(sorted(kinds)) or '(none)'}: "
                    "choose at least one kind that has both labels."
                )

    def choose(self, can_walk: bool, uniform: float) -> Statement:
        """The statement that a number in [0, 1) picks among those that fit the walk state."""
        items = self.by_label[Label.CAN_WALK if can_walk else Label.CANNOT_WALK]
        return items[int(uniform * len(items))]
