"""The labelled statements: reading the plain CSV files under assets/statements, and choosing from them."""

import csv
from collections.abc import Collection, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

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


class Story(NamedTuple):
    """One cause of a spell without ability, from its first day to its end.

    Attributes:
        unable: what is said on the first day, the second and so on; the last is repeated in a longer spell.
        able: what is said on the day on which ability returns.
    """

    unable: tuple[Statement, ...]
    able: Statement

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All of them, in the order in which they are said."""
        return (*self.unable, self.able)


@cache
def load_stories(part: str) -> tuple[Story, ...]:
    """The stories of the development or the test part; the calibration part has none.

    Raises: FileFormatError with file, line and what is wrong.
    """
    if part not in (DEVELOPMENT, TEST):
        return ()
    path = STATEMENTS_FOLDER / f"stories_{part}.csv"
    stories = []
    for pair, items in groupby(read_statements(path), key=lambda item: item.pair):
        *unable, able = items
        if not unable or able.label != Label.CAN_WALK or any(item.label != Label.CANNOT_WALK for item in unable):
            raise FileFormatError(
                f"{path.name}: story {pair} does not go from cannot_walk to one last can_walk.",
                "Its rows stand in the order in which they are said.",
            )
        stories.append(Story(tuple(unable), able))
    return tuple(stories)


class StatementBook:
    """What a simulated participant may say.

    Args:
        statements: the corpus, or a part of it.
        kinds: which kinds are used.
        stories: what is said of spells with a story.
    Raises: ParameterError if no statement of a label is left.
    """

    def __init__(
        self,
        statements: Sequence[Statement],
        kinds: Collection[str] = EVERYDAY_KINDS,
        stories: tuple[Story, ...] = (),
    ) -> None:
        self.stories = stories
        self.by_label = {
            label: tuple(item for item in statements if item.label == label and item.kind in kinds) for label in Label
        }
        for label, items in self.by_label.items():
            if not items:
                raise ParameterError(
                    f"No statement labelled {label} is left with the kinds {', '.join(sorted(kinds)) or '(none)'}: "
                    "choose at least one kind that has both labels."
                )

    def choose(self, can_walk: bool, uniform: float, spell_day: int = -1) -> Statement:
        """The statement that a number in [0, 1) picks among those that fit the walk state.

        Args:
            can_walk: the walk state.
            uniform: picks the statement, or the story.
            spell_day: days since the first of a spell with a story; below 0 where there is none.
        """
        if self.stories and spell_day >= 0:
            story = self.stories[int(uniform * len(self.stories))]
            return story.able if can_walk else story.unable[min(spell_day, len(story.unable) - 1)]
        items = self.by_label[Label.CAN_WALK if can_walk else Label.CANNOT_WALK]
        return items[int(uniform * len(items))]


def book_of(part: str, kinds: Collection[str] = EVERYDAY_KINDS) -> StatementBook:
    """What a simulated participant may say of a part of the corpus, its stories included.

    Raises: ParameterError as ``StatementBook``; FileFormatError as ``load_part``.
    """
    return StatementBook(load_part(part), kinds, load_stories(part))
