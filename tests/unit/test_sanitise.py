"""Untrusted text in each place that shows it: what the place would obey is obeyed no longer, and nothing is lost."""

import html
import io
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitai.sanitise import (
    MAX_NAME_LENGTH,
    for_document,
    for_markdown,
    for_plotly,
    for_plotly_lines,
    for_sentence,
    for_spreadsheet,
    for_terminal,
)
from jitai.trial.log import safe_csv

ATTACKS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "**bold**", "[a](http://evil)", "![a](http://evil)",
    "$x^2$", ":material/delete:", ":red[x]", "`code`", "# heading", "- item", "1. item", "> quote", "a | b", "~~no~~",
    "http://evil.example", "&lt;b&gt;", "%{x}", "<b>", "\x1b[2J", "\x07", "\u202egnp", "=1+1", "\\", "_it_", "<http://x>",
]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(ATTACKS), st.text(max_size=30), st.lists(st.sampled_from(ATTACKS), max_size=3).map(" ".join)
)


def unescaped(text: str, characters: str) -> list[str]:
    """Those of the characters that stand in a Markdown text without a backslash of their own."""
    return [character for character in re.sub(r"\\.", "", text) if character in characters]


@given(TEXTS)
def test_a_pages_markdown_has_nothing_to_obey(text: str) -> None:
    shown = for_markdown(text)
    assert not unescaped(shown, "`*_{}[]()<>#+-.!|~$:&")
    assert re.sub(r"\\(.)", r"\1", shown, flags=re.DOTALL) == text, "a reader sees what was written"


@given(TEXTS)
def test_a_document_has_nothing_to_obey_and_stays_on_its_line(text: str) -> None:
    shown = for_document(text)
    assert not unescaped(shown, "`*_{}[]|~$<>\n\r") and "<" not in shown
    assert html.unescape(re.sub(r"\\(.)", r"\1", shown)) == " ".join(text.split())


@given(TEXTS)
def test_a_chart_has_nothing_to_obey(text: str) -> None:
    shown = for_plotly(text)
    assert not re.search(r"[<>$]|%\{", shown)
    assert html.unescape(shown) == (text if len(text) <= MAX_NAME_LENGTH else text[: MAX_NAME_LENGTH - 1] + "…")


def test_a_chart_cuts_and_keeps_lines() -> None:
    assert for_plotly("x" * 61) == "x" * 59 + "…" and for_plotly("x" * 61, 100) == "x" * 61
    assert for_plotly_lines("a <b>\nb") == "a &lt;b&gt;<br>b"


@given(TEXTS)
def test_a_terminal_has_nothing_to_obey(text: str) -> None:
    shown = for_terminal(text)
    assert shown.isprintable() and len(shown) == len(text)
    assert all(new == old or not old.isprintable() for new, old in zip(shown, text, strict=True))


@given(TEXTS)
def test_a_name_in_a_sentence_is_printable_and_short(text: str) -> None:
    shown = for_sentence(text * 9)
    assert shown.isprintable() and "`" not in shown and len(shown) <= 80


@given(st.one_of(TEXTS, st.tuples(st.sampled_from("=+-@\t\r"), st.text(max_size=5)).map("".join)))
def test_a_spreadsheet_finds_no_formula(text: str) -> None:
    shown = for_spreadsheet(text)
    assert shown[:1] not in tuple("=+-@\t\r") and shown.removeprefix("'") == text.removeprefix("'")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_every_cell_of_a_table_goes_through_it(text: str) -> None:
    read = pd.read_csv(io.StringIO(safe_csv(pd.DataFrame({"a": [text, "x"], "n": [-1.0, 2.0]}))), dtype=str)
    assert read["a"].tolist() == [f"'{text}", "x"] and read["n"].tolist() == ["-1.0", "2.0"]
