"""Which words a judge has learnt to read: what it cannot read it has to call unsure.

A small model answers with confidence in languages that it does not know, and to words that are none. A statement with
hardly a word among those that it has met in training is not put before it.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from jitai.errors import FileFormatError
from jitai.records import Statement

WORDS_FILE = Path(__file__).resolve().parents[2] / "assets" / "judge" / "words.txt"

UNREADABLE_SHARE = 0.34
"""With this share of known words or less, a statement counts as unreadable: three of 702 calibration statements, but
most of the sentences in other languages (docs/JUDGE.md)."""
LEAST_PAIRS = 2
"""A word met in one pair of statements alone may be a name, a slip, or borrowed from another language."""

_WORD = re.compile(r"[^\W\d_]+")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")


def words_of(text: str) -> list[str]:
    """The words of a text, in small letters, without accents and without drawn-out letters; single letters are none."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return [_DRAWN_OUT.sub(r"\1", word) for word in _WORD.findall(plain) if len(word) > 1]


def share_known(text: str, known: frozenset[str]) -> float:
    """The share of a text's words that are known, in [0, 1]; 1 for a text without words."""
    words = words_of(text)
    return sum(word in known for word in words) / len(words) if words else 1.0


@cache
def load_words(path: Path = WORDS_FILE) -> frozenset[str]:
    """The words of a file, one a line.

    Raises: FileFormatError if it cannot be read.
    """
    try:
        return frozenset(path.read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError) as error:
        raise FileFormatError(f"{path.name} cannot be read.", "Write it with `python -m jitai train-judge`.") from error


def write_words(path: Path, statements: Iterable[Statement]) -> None:
    """Write the words that several pairs of statements use, sorted, one a line."""
    pairs: defaultdict[str, set[int]] = defaultdict(set)
    for item in statements:
        for word in words_of(item.text):
            pairs[word].add(item.pair)
    words = sorted(word for word, where in pairs.items() if len(where) >= LEAST_PAIRS)
    path.write_text("\n".join(words) + "\n", encoding="utf-8")
