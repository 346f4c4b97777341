"""Other forms of one statement: the same words in capitals, with an emoji, out of a mail program ..."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jitai.records import JudgesText, Statement, Verdict
from jitai.statistics import interval_of_difference
from jitai.validation.runner import Validation

if TYPE_CHECKING:
    import pandas as pd

PLAIN = "as it is"
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
    """In every third word of five letters or more, the first two inner letters that differ change places."""
    words = text.split(" ")
    long = [number for number, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    for number in long[::3]:
        word = words[number]
        place = next((place for place in range(1, len(word) - 2) if word[place] != word[place + 1]), None)
        if place is not None:
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


def in_every_form(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Return the statements in each form; the form's label stands as their kind."""
    return tuple(
        replace(item, kind=form.label, text=form.write(item.text)) for form in FORMS.values() for item in statements
    )


class FormVerdict(NamedTuple):
    """What a judge says of one statement in one form.

    Attributes:
        label: of the form; PLAIN for the statement as it is.
        text: as it is written in that form.
        verdict: the judge's.
        flips: whether it is another decision than on the statement as it is; False where either was not answered.
    """

    label: str
    text: str
    verdict: Verdict
    flips: bool


def in_its_forms(judge: JudgesText, text: str) -> tuple[FormVerdict, ...]:
    """Return the verdicts on one statement as it is, and in each form in which it is written differently."""
    plain = judge.judge(text)
    found = [FormVerdict(PLAIN, text, plain, False)]
    for form in FORMS.values():
        written = form.write(text)
        if written != text:
            verdict = judge.judge(written)
            answered = not (verdict.is_fallback or plain.is_fallback)
            found.append(FormVerdict(form.label, written, verdict, answered and verdict.decision != plain.decision))
    return tuple(found)


def split_by_form(found: Validation) -> tuple[Validation, Validation]:
    """Return a validation over statements and their forms as two: of the statements, and of the forms."""
    labels = {form.label for form in FORMS.values()}
    plain, forms = (
        replace(
            found,
            statements=tuple(item for item in found.statements if (item.kind in labels) is of_forms),
            rows=tuple(row for row in found.rows if (row.statement.kind in labels) is of_forms),
        )
        for of_forms in (False, True)
    )
    return plain, forms


def by_form(as_they_are: Validation, in_forms: Validation) -> "pd.DataFrame":
    """Return how well each judge reads each form.

    Args:
        as_they_are: of the statements.
        in_forms: of the same statements from ``in_every_form``, by the same judges.
    Returns: judge, form, n, accuracy, recall (of "cannot walk"), both in [0, 1]; difference, low, high: of the accuracy
        from that of the plain form, in points of 100, paired by statement, with its 95 % interval. Statements that the
        judge could not answer in either form are left out.
    """
    import pandas as pd  # 0.4 s to import: not before a table is made

    found: list[tuple[object, ...]] = []
    for judge in as_they_are.candidates:
        unchanged = [row for row in as_they_are.rows_of(judge) if row.is_counted]
        plain = {row.statement.identifier: row.is_right for row in unchanged}
        rows = [row for row in in_forms.rows_of(judge) if row.is_counted and row.statement.identifier in plain]
        forms = {form.label: [row for row in rows if row.statement.kind == form.label] for form in FORMS.values()}
        for label, inside in ({PLAIN: unchanged} | forms).items():
            if not inside:
                continue
            right = np.array([row.is_right for row in inside], dtype=float)
            unable = np.array([row.cannot_walk for row in inside])
            before = np.array([plain[row.statement.identifier] for row in inside], dtype=float)
            difference = interval_of_difference(100 * (right - before))
            recall = float(right[unable].mean()) if unable.any() else float("nan")
            found.append((judge, label, len(inside), float(right.mean()), recall, *difference[:3]))
    return pd.DataFrame(found, columns=["judge", "form", "n", "accuracy", "recall", "difference", "low", "high"])


def difference_in_words(difference: float, low: float, high: float) -> str:
    """Return a difference in points with its interval; "no verdict differs" where the interval is NaN.

    Args:
        difference, low, high: of 100.
    """
    return "no verdict differs" if math.isnan(low) else f"{difference:+.1f} ({low:+.1f} to {high:+.1f})"
