"""The report of one judge: how often it is right on labelled statements, and what it misread."""

from collections.abc import Sequence
from typing import NamedTuple

from jitai.report.figures import Row, rows_figure
from jitai.report.page import (
    code,
    element,
    headline,
    page,
    paragraph,
    rows_table,
    section,
    text,
)

FEW_OF_A_KIND = "With few of a kind, most kinds cannot be told apart."


class JudgeFindings(NamedTuple):
    """What is reported. Statements and names may come from a person's file: they are shown as texts.

    Attributes:
        of: the judge, the statements, and when they were judged.
        title, marked, is_loss: the answer, its marked number, and whether that is too few.
        second, small: what qualifies it, and how sure it is.
        groups: the shares that are right, of 100: a title and its rows for each way of grouping the statements.
        needed: right of 100 that are needed; None if nobody knows.
        needed_in_words: what that is taken from.
        facts: names and values, such as the digest of a model.
        misread: what the judge got wrong, the surest first: the statement, and what is said of it.
        command: that judges again, in a terminal.
    """

    of: str
    title: str
    marked: str
    is_loss: bool
    second: str
    small: str
    groups: Sequence[tuple[str, Sequence[Row]]]
    needed: float | None
    needed_in_words: str
    facts: Sequence[tuple[str, str]]
    misread: Sequence[tuple[str, str]]
    command: str


def judge_report(found: JudgeFindings) -> str:
    """One HTML file of a judge, which opens from disk."""
    line = [] if found.needed is None else [(found.needed, "needed", True)]
    parts = [section(title, rows_figure(rows, "right of 100", line), kind="together") for title, rows in found.groups]
    sayings = [
        element("section", element("p", text(f"“{said}”")), paragraph(about, "muted"), class_="together")
        for said, about in found.misread
    ]
    return page(
        "How often a judge is right", "report of a judge",
        headline(found.title, found.marked, is_loss=found.is_loss),
        paragraph(found.second, "lead"), paragraph(found.small, "muted"), paragraph(found.of),
        *parts, paragraph(f"Bars: 95 % intervals (Wilson). {found.needed_in_words} {FEW_OF_A_KIND}", "muted"),
        section("What it misread, worst first", *(sayings or [paragraph("Nothing.")])),
        section("Where this comes from", rows_table(found.facts)),
        section("The same again", paragraph("In a terminal:"), code(found.command)),
    )  # fmt: skip
