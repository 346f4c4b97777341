"""A participant's text is untrusted: it is cleaned here before it enters a prompt.

Three kinds of harm are closed off: special tokens that the tokenizer would parse ("<|im_end|>"), field names
that imitate the prompt's own examples ("Status: good"), and texts too long for the model's context.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from jitai.errors import FileFormatError
from jitai.files import write_atomically
from jitai.judge.plain_form import is_invisible, plain_form
from jitai.paths import program, resource
from jitai.records import Statement

MAX_STATEMENT_LENGTH = 400
"""Characters of a statement that the judge reads at once; a participant's message is rarely longer than 300."""
MAX_STATEMENT_BYTES = 800
"""Bytes of UTF-8 that the judge reads. A token is at least one byte, so this bounds both the room that a statement
takes in the model's context and the time it costs, whatever the script."""
MAX_TEXT_LENGTH = 4_000
"""Characters of a long text that the judge reads, part by part; a second or two of work."""
_MAX_RAW_LENGTH = 20_000  # a pasted book is cut before it is looked at character by character
# Special tokens of all common chat templates open with "<" and a letter, a slash or a bar (also the full-width
# bar), or stand in square brackets in capitals ("[INST]").
_TOKEN_OPENING = re.compile(r"<(?=[|/!_A-Za-z\uff5c])")
_TOKEN_CLOSING = re.compile(r"(?<=[|\uff5c])>")
_BRACKETED_TOKEN = re.compile(r"\[(/?[A-Z_][A-Z_0-9]{2,})\]")
_SENTENCE_END = re.compile(r"(?<=[.!?\u2026\u3002\uff01\uff1f]) ")
# Field names of our prompts and role names of chat formats, followed by a colon (or what looks like one) or an
# equals sign, with or without other marks in between ("**Status**:", '"status":').
_COLONS = ":=\uff1a\ufe55\ufe13\u2236\ua789\u02d0\uff1d"
_FIELD_NAME = re.compile(
    r"(patient|participant|status|answer|verdict|label|classification|decision|confidence|output|response|result|"
    r"can[ _]walk|system|user|assistant|"
    r"human|developer|instruction|instructions|statement|message)"
    rf"((?:(?!\w)[^{_COLONS}]|_)*)[{_COLONS}](?:(?:(?!\w)[^{_COLONS}]|_)*[{_COLONS}])*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CleanStatement:
    """A statement that may stand in a prompt.

    Attributes:
        text: one line, no control characters, no special tokens, at most MAX_STATEMENT_LENGTH characters and
            MAX_STATEMENT_BYTES bytes.
        notes: sentences about what was changed that the reader should know ("Only the first 400 ...").
    """

    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadInParts:
    """A text of any length, as the judge reads it.

    Attributes:
        parts: statements that may stand in a prompt, at least one; together all that is read. Neighbours share a
            sentence where it fits, so that none is read out of its context.
        is_cut: whether something behind them is not read.
        notes: sentences about that.
    """

    parts: tuple[CleanStatement, ...]
    is_cut: bool = False
    notes: tuple[str, ...] = ()


def read_in_parts(raw: str) -> ReadInParts:
    """Make an untrusted text of any length fit to be read: in one part, as ``clean_statement``, or in several.

    Args:
        raw: any text at all; at most MAX_TEXT_LENGTH characters of it are read.
    """
    text, n_written = _cleaned(raw)
    kept = text[:MAX_TEXT_LENGTH]
    parts = tuple(CleanStatement(part) for part in _parts(kept))
    if len(kept) == len(text) == n_written:
        return ReadInParts(parts)
    note = f"Only the first {len(kept):,} of {n_written:,} characters were read, so the verdict is unsure at most."
    return ReadInParts(parts, True, (note,))


def _parts(text: str) -> list[str]:
    """Divide a text between sentences, or between words where a sentence is too long to be read at once."""
    pieces = [piece for sentence in _SENTENCE_END.split(text) for piece in _pieces(sentence)]
    parts = [pieces[0]]
    for before, piece in pairwise(pieces):
        grown, with_its_neighbour = f"{parts[-1]} {piece}", f"{before} {piece}"
        if _fits(grown):
            parts[-1] = grown
        else:
            parts.append(with_its_neighbour if _fits(with_its_neighbour) else piece)
    return parts


def _pieces(sentence: str) -> Iterator[str]:
    """Yield a sentence in pieces that can be read at once, divided between words where it has any."""
    while True:
        piece, was_cut = _cut(sentence)
        if not was_cut:
            yield sentence
            return
        at = piece.rfind(" ")
        piece = piece[:at] if at > 0 and not sentence[len(piece) :].startswith(" ") else piece
        yield piece
        sentence = sentence[len(piece) :].lstrip()


def clean_statement(raw: str) -> CleanStatement:
    """Make an untrusted text fit to stand inside a prompt.

    Args:
        raw: any text at all, lone surrogates and control characters included.
    Returns: the text on one line; imitated fields and special tokens lose the character that makes them work.
    """
    text, n_written = _cleaned(raw)
    text, was_cut = _cut(text)
    if not was_cut and len(raw) <= _MAX_RAW_LENGTH:
        return CleanStatement(text)
    note = (
        f"Only the first {len(text)} of {n_written:,} characters were read; "
        "write shorter statements to have all of them judged."
    )
    return CleanStatement(text, (note,))


def _cleaned(raw: str) -> tuple[str, int]:
    """Return a text on one line, without what works in a prompt, and the number of characters that were written."""
    visible = "".join(_visible(character) for character in plain_form(raw[:_MAX_RAW_LENGTH]))
    text = " ".join(visible.split())
    text = _BRACKETED_TOKEN.sub(r"(\1)", _TOKEN_CLOSING.sub("\u203a", _TOKEN_OPENING.sub("\u2039", text)))
    text = " ".join(_FIELD_NAME.sub(r"\1\2 -", text).split())
    return text, len(text) + max(0, len(raw) - _MAX_RAW_LENGTH)


def _fits(text: str) -> bool:
    """Return whether a text can be read at once."""
    return not _cut(text)[1]


def _cut(text: str) -> tuple[str, bool]:
    """Return the beginning of the text that fits, and whether anything was left off."""
    kept = text[:MAX_STATEMENT_LENGTH]
    # Decoding leniently drops a character whose bytes were cut through.
    kept = kept.encode("utf-8")[:MAX_STATEMENT_BYTES].decode("utf-8", errors="ignore")
    return (kept.rstrip(), True) if len(kept) < len(text) else (kept, False)


def _visible(character: str) -> str:
    """Return the character, a space for a line break or control character, nothing for an invisible one."""
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    if category == "Cs":
        return "\ufffd"
    return "" if is_invisible(character) else character


WORDS_FILE = resource("assets", "judge", "words.txt")
UNREADABLE_SHARE = 0.34
"""With this share of known words or less, a statement counts as unreadable: three of 702 calibration statements, but
most of the sentences in other languages (docs/JUDGE.md)."""
LEAST_PAIRS = 2
"""A word met in one pair of statements alone may be a name, a slip, or borrowed from another language."""
_WORD = re.compile(r"[^\W\d_]+")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters, without accents, drawn-out letters and single letters."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return [_DRAWN_OUT.sub(r"\1", word) for word in _WORD.findall(plain) if len(word) > 1]


def share_known(text: str, known: frozenset[str]) -> float:
    """Return the share of a text's words that are known, in [0, 1]; 1 for a text without words."""
    words = words_of(text)
    return sum(word in known for word in words) / len(words) if words else 1.0


@cache
def load_words(path: Path = WORDS_FILE) -> frozenset[str]:
    """Read the words of a file, one a line.

    Raises: FileFormatError if it cannot be read.
    """
    try:
        return frozenset(path.read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError) as error:
        raise FileFormatError(f"{path.name} cannot be read.", f"Write it with `{program()} train-judge`.") from error


def write_words(path: Path, statements: Iterable[Statement]) -> None:
    """Write the words that several pairs of statements use, sorted, one a line."""
    pairs: defaultdict[str, set[int]] = defaultdict(set)
    for item in statements:
        for word in words_of(item.text):
            pairs[word].add(item.pair)
    words = sorted(word for word, where in pairs.items() if len(where) >= LEAST_PAIRS)
    write_atomically(path, "\n".join(words) + "\n")
