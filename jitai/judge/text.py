"""What a participant wrote is untrusted: make it harmless before it enters a prompt.

Three kinds of harm are closed off: special tokens that the tokenizer would parse ("<|im_end|>"), field names
that imitate the prompt's own examples ("Status: good"), and texts too long for the model's context.
"""

import re
import unicodedata
from dataclasses import dataclass

MAX_STATEMENT_LENGTH = 400
"""Characters of a statement that the judge reads; a participant's message is rarely longer than 300."""

# ZERO WIDTH JOINER holds composed emoji together; every other invisible format character goes.
_KEPT_FORMAT_CHARACTERS = {"\u200d"}
# Special tokens of all common chat templates open with "<" and a letter, a slash or a bar (also the full-width
# bar), or stand in square brackets in capitals ("[INST]").
_TOKEN_OPENING = re.compile(r"<(?=[|/!_A-Za-z\uff5c])")
_TOKEN_CLOSING = re.compile(r"(?<=[|\uff5c])>")
_BRACKETED_TOKEN = re.compile(r"\[(/?[A-Z_]{3,})\]")
# Field names of our prompts and role names of chat formats, followed by a colon or an equals sign.
_FIELD_NAME = re.compile(
    r"\b(patient|participant|status|answer|verdict|label|classification|decision|confidence|output|response|result|"
    r"can[ _]walk|system|user|assistant|"
    r"human|developer|instruction|instructions|statement|message)\s*[:=\uff1a]+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CleanStatement:
    """A statement that may stand in a prompt.

    Attributes:
        text: one line, no control characters, no special tokens, at most MAX_STATEMENT_LENGTH characters.
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
    notes: list[str] = []
    visible = "".join(_visible(character) for character in raw)
    text = " ".join(visible.split())
    text = _BRACKETED_TOKEN.sub(r"(\1)", _TOKEN_CLOSING.sub("\u203a", _TOKEN_OPENING.sub("\u2039", text)))
    text = _FIELD_NAME.sub(r"\1 -", text)
    if len(text) > MAX_STATEMENT_LENGTH:
        notes.append(
            f"Only the first {MAX_STATEMENT_LENGTH} of {len(text):,} characters were read; "
            "write shorter statements to have all of them judged."
        )
        text = text[:MAX_STATEMENT_LENGTH].rstrip()
    return CleanStatement(text, tuple(notes))


def _visible(character: str) -> str:
    """The character itself, a space for a line break or control character, nothing for an invisible one."""
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    if category == "Cs":
        return "\ufffd"
    if category in ("Cf", "Co", "Cn") and character not in _KEPT_FORMAT_CHARACTERS:
        return ""
    return character
