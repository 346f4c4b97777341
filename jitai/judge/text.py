"""A participant's text is untrusted: it is cleaned here before it enters a prompt.

Three kinds of harm are closed off: special tokens that the tokenizer would parse ("<|im_end|>"), field names
that imitate the prompt's own examples ("Status: good"), and texts too long for the model's context.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jitai.errors import FileFormatError
from jitai.files import write_atomically
from jitai.judge.plain_form import plain_form
from jitai.paths import program, resource
from jitai.records import Statement

MAX_STATEMENT_LENGTH = 400
"""Characters of a statement that the judge reads; a participant's message is rarely longer than 300."""
MAX_STATEMENT_BYTES = 800
"""Bytes of UTF-8 that the judge reads. A token is at least one byte, so this bounds both the room that a statement
takes in the model's context and the time it costs, whatever the script."""
_MAX_RAW_LENGTH = 20_000  # a pasted book is cut before it is looked at character by character
# ZERO WIDTH JOINER holds composed emoji together; every other invisible format character goes.
_KEPT_FORMAT_CHARACTERS = {"\u200d"}
# Emoji newer than this Python's Unicode tables count as "unassigned", but somebody did say something.
_EMOJI_PLANE = range(0x1F000, 0x1FB00)
# Special tokens of all common chat templates open with "<" and a letter, a slash or a bar (also the full-width
# bar), or stand in square brackets in capitals ("[INST]").
_TOKEN_OPENING = re.compile(r"<(?=[|/!_A-Za-z\uff5c])")
_TOKEN_CLOSING = re.compile(r"(?<=[|\uff5c])>")
_BRACKETED_TOKEN = re.compile(r"\[(/?[A-Z_][A-Z_0-9]{2,})\]")
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


def clean_statement(raw: str) -> CleanStatement:
    """Make an untrusted text fit to stand inside a prompt.

    Args:
        raw: any text at all, lone surrogates and control characters included.
    Returns: the text on one line; imitated fields and special tokens lose the character that makes them work.
    """
    visible = "".join(_visible(character) for character in plain_form(raw[:_MAX_RAW_LENGTH]))
    text = " ".join(visible.split())
    text = _BRACKETED_TOKEN.sub(r"(\1)", _TOKEN_CLOSING.sub("\u203a", _TOKEN_OPENING.sub("\u2039", text)))
    text = " ".join(_FIELD_NAME.sub(r"\1\2 -", text).split())
    written = len(text) + max(0, len(raw) - _MAX_RAW_LENGTH)
    text, was_cut = _cut(text)
    if not was_cut and len(raw) <= _MAX_RAW_LENGTH:
        return CleanStatement(text)
    note = (
        f"Only the first {len(text)} of {written:,} characters were read; "
        "write shorter statements to have all of them judged."
    )
    return CleanStatement(text, (note,))


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
    if category == "Cn" and ord(character) in _EMOJI_PLANE:
        return character
    if category in ("Cf", "Co", "Cn") and character not in _KEPT_FORMAT_CHARACTERS:
        return ""
    return character


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
