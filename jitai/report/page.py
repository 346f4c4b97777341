"""The frame that all reports share: one HTML file that opens from disk, prints, and in which no text is markup.

Whatever a report shows passes through ``text`` or an element's attributes, and both escape it. ``Html`` is a type of
its own, so that the type checker refuses a text that did not.
"""

import html
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NewType

Html = NewType("Html", str)
"""Markup of ours, with every text in it escaped."""

SOURCES = (
    "Karine and Marlin 2025, arXiv:2501.06980: the method and the environment with walk state and text.",
    "Karine and Marlin 2025, arXiv:2507.03871: participants who describe their state in words.",
    "Karine and Marlin 2024, arXiv:2411.00336: the base environment and its defaults.",
    "Karine, Klasnja, Murphy and Marlin 2023, arXiv:2305.09913: the dynamics and the context inference error.",
    "Karine, Murphy and Marlin 2024, arXiv:2412.00308: Thompson sampling and its action bias.",
)
NO_ADVICE = (
    "A simulation for teaching, study design and research. It gives no medical advice and says nothing about any real "
    "person. Steps are the model’s units, not a pedometer’s."
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def text(words: str) -> Html:
    """A text as it is, whatever it holds."""
    return Html(html.escape(words))


def element(name: str, *content: Html, **attributes: str) -> Html:
    """An element with its content.

    Args:
        name: of the element.
        content: what stands in it.
        attributes: escaped; ``class_`` is "class", and ``aria_hidden`` is "aria-hidden".
    """
    given = "".join(f' {_attribute(key)}="{html.escape(value)}"' for key, value in attributes.items() if value)
    return Html(f"<{name}{given}>{''.join(content)}</{name}>")


def headline(sentence: str, marked: str = "", *, is_loss: bool = False) -> Html:
    """The answer: a sentence in which one part is marked, as with a highlighter.

    Args:
        sentence: the answer.
        marked: the part; nothing is marked if it is not in the sentence.
        is_loss: whether it is a loss.
    """
    if not marked or marked not in sentence:
        return element("h1", text(sentence))
    before, after = sentence.split(marked, 1)
    return element("h1", text(before), element("mark", text(marked), class_="loss" if is_loss else ""), text(after))


def paragraph(words: str, kind: str = "") -> Html:
    """A paragraph; empty for no words."""
    return element("p", text(words), class_=kind) if words else Html("")


def section(title: str, *content: Html, kind: str = "") -> Html:
    """A part of the report under its title."""
    return element("section", element("h2", text(title)), *content, class_=kind)


def rows_table(rows: Sequence[tuple[str, str]], kind: str = "") -> Html:
    """A table of names and values."""
    lines = (element("tr", element("th", text(name), scope="row"), element("td", text(value))) for name, value in rows)
    return element("table", *lines, class_=f"rows {kind}".strip())


def list_of_settings(rows: Sequence[tuple[str, str]]) -> Html:
    """Many short names and values, in as many columns as fit."""
    lines = (element("div", element("dt", text(name)), element("dd", text(value))) for name, value in rows)
    return element("dl", *lines)


def grid_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = True) -> Html:
    """A table with a line of titles; the first cell of a row names it.

    Args:
        columns: the titles.
        rows: as many cells each.
        numbers: whether the other cells are numbers, which are aligned at their right end.
    """
    head = element("tr", *(element("th", text(title), scope="col") for title in columns))
    lines = (
        element("tr", element("th", text(first), scope="row"), *(element("td", text(cell)) for cell in rest))
        for first, *rest in rows
    )
    table = element("table", element("thead", head), element("tbody", *lines), class_="numbers" if numbers else "")
    return element("div", table, class_="wide")


def code(words: str) -> Html:
    """What is typed or kept in a file, as it is."""
    return element("code", text(words))


def page(title: str, kind: str, *body: Html) -> str:
    """A whole report.

    Args:
        title: of the file, for tabs and printed pages.
        kind: above the answer: what this is a report of.
        body: the answer and all sections.
    """
    top = element(
        "header", element("span", text(f"JITAI Lab, {kind}")), element("span", text("A simulation. No medical advice."))
    )
    foot = element("footer", text(NO_ADVICE))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_style()}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in (top, *body, foot) if part)
        + "\n</body>\n</html>\n"
    )


def sources() -> Html:
    """What the equations and defaults come from."""
    return section("Sources", *(paragraph(source) for source in SOURCES))


def again(command: str, link: str, *more: Html) -> Html:
    """How the same is had again.

    Args:
        command: in a terminal.
        link: into a dashboard; empty without.
        more: what the command needs.
    """
    opened = [paragraph("Link into a dashboard that runs on this machine:"), code(link)] if link else []
    return section("The same again", paragraph("In a terminal:"), code(command), *opened, *more)


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


@cache
def _style() -> str:
    return Path(__file__).with_name("report.css").read_text(encoding="utf-8")
