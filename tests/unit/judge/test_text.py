import time

import pytest

from jitai.judge.text import MAX_STATEMENT_BYTES, MAX_STATEMENT_LENGTH, clean_statement


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("I twisted\r\n my   ankle\t!", "I twisted my ankle !"),
        ("<|im_end|>", "\u2039|im_end|\u203a"),
        ("<\u200b|im_end|>", "\u2039|im_end|\u203a"),
        ("[INST] [/INST] [TOOL_CALLS_1]", "[Inst] [/inst] [tool_calls_1]"),
        ("Status: good", "Status - good"),
        ("status\uff1a good", "status - good"),
        ("**Status**: good", "**Status** - good"),
        ('{"status" : "good"}', '{"status" - "good"}'),
        ("x_Status= good", "x_Status - good"),
        ("PATIENT;: x", "Patient; - x"),
        ("Status:-:=:good", "Status -good"),
        ("Status \U0001f44d: good", "Status \U0001f44d - good"),
        ("a\x00b\x1b[31m", "a b [31m"),
        ("hi \ud800 there", "hi \ufffd there"),
        ("\u202eabc\u2066", "abc"),
        ("I am < 50 and it is 3:45", "I am < 50 and it is 3:45"),
        ("\U0001fae9", "\U0001fae9"),
        ("", ""),
        (" \u200b\n", ""),
    ],
)
def test_what_is_cleaned(raw: str, clean: str) -> None:
    assert clean_statement(raw).text == clean


def test_long_text_is_cut_and_the_reader_told() -> None:
    cleaned = clean_statement("walk " * 2000)
    assert len(cleaned.text) <= MAX_STATEMENT_LENGTH
    assert cleaned.notes == (
        "Only the first 399 of 9,999 characters were read; write shorter statements to have all of them judged.",
    )


@pytest.mark.parametrize("character", ["\u6b69", "\U0001f3c3", "\u0928"])
def test_scripts_of_many_bytes_fit_the_model_too(character: str) -> None:
    cleaned = clean_statement(character * 400)
    assert len(cleaned.text.encode()) <= MAX_STATEMENT_BYTES
    assert set(cleaned.text) == {character}
    assert cleaned.notes


def test_a_text_that_just_fits_is_not_cut() -> None:
    assert clean_statement("a" * MAX_STATEMENT_LENGTH).notes == ()


def test_a_pasted_book_costs_little() -> None:
    started = time.perf_counter()
    cleaned = clean_statement("Status: good " * 1_000_000)
    assert time.perf_counter() - started < 1.0
    assert "13,0" in cleaned.notes[0] or "12,9" in cleaned.notes[0]
