"""A log as CSV: what a spreadsheet would run is defused, and all else comes back as it was."""

import io

import pandas as pd
import pytest

from jitai.trial.log import safe_csv

FORMULAS = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "=HYPERLINK(1)"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_like_a_formula_is_defused(text: str) -> None:
    table = pd.DataFrame({"statement": [text, "fine"], "steps": [-1.5, 2.0]})
    written = safe_csv(table)
    lines = pd.read_csv(io.StringIO(written), dtype=str)
    assert lines["statement"].tolist()[0] == "'" + text
    assert lines["statement"].tolist()[1] == "fine"
    assert lines["steps"].tolist() == ["-1.5", "2.0"], "numbers stay numbers"
    assert table["statement"].tolist() == [text, "fine"], "the table itself is untouched"


@pytest.mark.parametrize("text", ['a "quote", a comma', "two\nlines", "two\r\nlines", "我的脚断了", "old\rMac", ""])
def test_other_texts_come_back_as_they_were(text: str) -> None:
    table = pd.DataFrame({"statement": [text, "next"], "day": [1, 2]})
    back = pd.read_csv(io.StringIO(safe_csv(table), newline=""), dtype=str, keep_default_na=False)
    assert back["statement"].tolist() == [text, "next"]
