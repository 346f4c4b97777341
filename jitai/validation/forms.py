"""Other forms of one statement: the same words in capitals, with an emoji, out of a mail program ..."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_NO_PUNCTUATION = re.compile(r"[.,;:!?…—–\"“”()]+")


@dataclass(frozen=True)
class Form:
    """One way in which the same may be written.

    Attributes:
        label: for people.
        write: makes it from the plain statement; pure.
    """

    label: str
    write: Callable[[str], str]


def _dictated(text: str) -> str:
    return " ".join(_NO_PUNCTUATION.sub(" ", text).lower().split())


def _mathematical(text: str) -> str:
    """The letters of the block "Mathematical Alphanumeric Symbols", sans-serif, as posting programs offer them."""
    small, capital = 0x1D5BA - ord("a"), 0x1D5A0 - ord("A")
    return "".join(
        chr(ord(letter) + (small if "a" <= letter <= "z" else capital if "A" <= letter <= "Z" else 0))
        for letter in text
    )


def _full_width(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def _mistyped(text: str) -> str:
    """Two neighbouring letters change places in every third word of five letters or more; always the same ones."""
    words = text.split(" ")
    draw = random.Random(text)
    long = [number for number, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    for number in draw.sample(long, (len(long) + 2) // 3):
        word, place = words[number], draw.randrange(1, len(words[number]) - 2)
        words[number] = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return " ".join(words)


FORMS: Mapping[str, Form] = {
    "capitals": Form("ALL CAPITALS", str.upper),
    "title": Form("Title Case", lambda text: " ".join(word[:1].upper() + word[1:] for word in text.split(" "))),
    "small": Form("small letters", str.lower),
    "dictated": Form("dictated, without punctuation", _dictated),
    "laughing": Form("with a laughing emoji", lambda text: f"{text} \U0001f602"),
    "lol": Form("with lol", lambda text: f"{text} lol"),
    "signature": Form("with a phone's signature", lambda text: f"{text}\n\nSent from my iPhone"),
    "quoted": Form("with a quoted question below", lambda text: f"{text}\n> Time for a walk?"),
    "entities": Form(
        "with HTML entities", lambda text: text.replace("&", "&amp;").replace("'", "&#39;").replace('"', "&quot;")
    ),
    "escapes": Form("with written line breaks", lambda text: text.replace(". ", ".\\n")),
    "lines": Form("a line for each sentence", lambda text: re.sub(r"(?<=[.!?]) ", "\n", text) + "  \n"),
    "mathematical": Form("in mathematical letters", _mathematical),
    "full width": Form("in full-width letters", _full_width),
    "mistyped": Form("with typing errors", _mistyped),
}
"""By key. The plain statement itself is none of them."""
