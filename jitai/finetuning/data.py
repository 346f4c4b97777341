"""What the adapter is trained on: the development statements, varied, joined and explained."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from jitai.records import Label, Statement

_Item = TypeVar("_Item")

_JOINED_LENGTH = 110
"""Characters of a statement that may be joined to another: the judge reads 400 in all."""
_NEVER_JOINED = {"long", "injection"}
_NEVER_ADDED = {"long", "injection", "consent"}


class Example(NamedTuple):
    """One statement as the model meets it once.

    Attributes:
        text: the statement, perhaps varied or joined to another.
        can_walk: its label.
        original: the statement as it is written, for the meaning.
        meaning: what it says, in plain English, which the model learns to write; empty where it is not asked to.
    """

    text: str
    can_walk: bool
    original: str
    meaning: str


def one_pass(
    statements: Sequence[Statement],
    meanings: Mapping[str, str],
    chooser: np.random.Generator,
    joined_share: float,
    meaning_share: float,
) -> list[Example]:
    """Every statement once, in new clothes.

    Args:
        statements: to train on.
        meanings: plain English by statement identifier, where there is one.
        chooser: the source of all chance here.
        joined_share: share of the short statements that are joined to another of the same language; who cannot walk
            by either of the two cannot walk.
        meaning_share: share of those with a meaning that are to be explained this time.
    """
    by_language: defaultdict[str, list[Statement]] = defaultdict(list)
    for item in statements:
        if item.kind not in _NEVER_ADDED and len(item.text) < _JOINED_LENGTH:
            by_language[item.language].append(item)
    examples = []
    for item in statements:
        text, can_walk = varied(item, chooser), item.label == Label.CAN_WALK
        short = item.kind not in _NEVER_JOINED and len(text) < _JOINED_LENGTH
        if short and chooser.random() < joined_share:
            other = _one_of(by_language[item.language], chooser)
            text = joined(text, varied(other, chooser), chooser)
            can_walk = can_walk and other.label == Label.CAN_WALK
        meaning = meanings.get(item.identifier, "")
        explained = bool(meaning) and chooser.random() < meaning_share
        examples.append(Example(text, can_walk, item.text, meaning if explained else ""))
    return examples


def varied(item: Statement, chooser: np.random.Generator) -> str:
    """A statement as others might have typed it: small letters, no full stops, capitals, no accents."""
    text, luck = item.text, chooser.random()
    if luck < 0.12:
        text = text.lower()
    elif luck < 0.18:
        text = re.sub(r"[.!,;:]+(?=\s|$)", "", text.lower())
    elif luck < 0.24:
        text = text.rstrip(".!")
    elif luck < 0.27 and len(text) < 80:
        text = text.upper()
    if item.language != "en" and chooser.random() < 0.12:
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(character for character in decomposed if not unicodedata.combining(character))
    return text


def joined(first: str, second: str, chooser: np.random.Generator) -> str:
    """Two statements as one, in either order."""
    if chooser.random() < 0.5:
        first, second = second, first
    first = first.rstrip()
    ends = first.endswith((".", "!", "?"))
    return f"{first}{' ' if ends else _one_of(('. ', '. ', ', ', ' '), chooser)}{second}"


def _one_of(items: Sequence[_Item], chooser: np.random.Generator) -> _Item:
    return items[int(chooser.integers(len(items)))]
