"""Text that others wrote, made fit for where it is going: one function for each place, named after it.

What participants, models, files and addresses say is untrusted. What enters a prompt is cleaned by jitai/judge/text.py.
"""

import html
import re

MAX_NAME_LENGTH = 60
"""Longest name in a chart, in characters."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")
_DOCUMENT_MARKDOWN = re.compile(r"([\\`*_{}\[\]#|~$])")


def for_markdown(text: str) -> str:
    """A text that a page's Markdown shows as it is: no formatting, no links, no images, no formulas, no icons."""
    return _MARKDOWN.sub(r"\\\1", text)


def for_document(text: str) -> str:
    """A text on one line that a Markdown file shows as it is, in a table too, and that is legible in the file."""
    return _DOCUMENT_MARKDOWN.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))


def for_plotly(text: str, longest: int = MAX_NAME_LENGTH) -> str:
    """A text that a chart shows as it is: no tags, no fields of hover boxes, no formulas; cut where it is too long."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return html.escape(cut, quote=False).replace("%{", "&#37;{").replace("$", "&#36;")


def for_plotly_lines(text: str) -> str:
    """A text of several lines for a hover box."""
    return "<br>".join(for_plotly(line) for line in text.splitlines())


def for_terminal(text: str) -> str:
    """A text on one line without what a terminal would obey, or what would tear a table apart."""
    return "".join(character if character.isprintable() else " " for character in text)


def for_spreadsheet(text: str) -> str:
    """A text that no spreadsheet program takes for a formula: one that begins like it gets an apostrophe in front."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def for_cell(text: str) -> str:
    """A cell of somebody's table: as ``for_spreadsheet``, but what is a number stays one."""
    return text if _NUMBER.fullmatch(text) else for_spreadsheet(text)


def for_sentence(name: str) -> str:
    """A name that came from outside, fit for a sentence of ours: printable, on one line, at most 80 characters."""
    return "".join(character if character.isprintable() and character != "`" else "?" for character in name)[:80]
