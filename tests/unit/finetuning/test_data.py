"""What the adapter learns from: nothing of the held-out parts, and labels that stay true when texts are changed."""

import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from jitai.corpus import CALIBRATION, DEVELOPMENT, TEST, TRANSLATED, load_meanings, load_part, read_statements
from jitai.finetuning.data import joined, one_pass, varied
from jitai.records import Label, Statement

PARTS = {part: load_part(part) for part in (DEVELOPMENT, CALIBRATION, TEST)}


def plain(text: str) -> str:
    """The words alone, so that case and punctuation do not hide a copy."""
    letters = "".join(character if character.isalnum() else " " for character in unicodedata.normalize("NFKC", text))
    return " ".join(letters.casefold().split()) or text


@pytest.mark.parametrize(("first", "second"), [(DEVELOPMENT, TEST), (CALIBRATION, TEST), (DEVELOPMENT, CALIBRATION)])
def test_no_pair_and_no_text_lies_in_two_parts(first: str, second: str) -> None:
    assert not {item.pair for item in PARTS[first]} & {item.pair for item in PARTS[second]}
    assert not {plain(item.text) for item in PARTS[first]} & {plain(item.text) for item in PARTS[second]}


def test_a_third_of_what_was_dealt_is_held_out_in_every_kind_and_language() -> None:
    # What came later, translations included, all went to the development part.
    dealt = ("first", "second")
    written = [item for items in PARTS.values() for item in items if item.source in dealt]
    held_out = Counter((item.kind, item.language) for item in PARTS[TEST] if item.source != "independent")
    for cell, n in Counter((item.kind, item.language) for item in written).items():
        assert held_out[cell] / n == pytest.approx(1 / 3, abs=0.05), cell


def test_every_part_is_balanced() -> None:
    for part, items in PARTS.items():
        share = sum(item.label == Label.CAN_WALK for item in items) / len(items)
        assert share == pytest.approx(0.5, abs=0.01), part


def test_translations_stay_with_their_original() -> None:
    originals = {(item.pair, item.label): item for item in PARTS[DEVELOPMENT] if item.source != TRANSLATED}
    translations = [item for item in PARTS[DEVELOPMENT] if item.source == TRANSLATED]
    assert len(translations) > 2500
    meanings = load_meanings()
    for item in translations:
        original = originals[item.pair, item.label]
        assert (original.language, item.language == "en") == ("en", False)
        assert meanings[item.identifier] == original.text


def test_meanings_belong_to_development_statements_alone() -> None:
    known = {item.identifier for item in PARTS[DEVELOPMENT]}
    assert set(load_meanings()) <= known


def statement(text: str, can_walk: bool, language: str = "en", kind: str = "plain") -> Statement:
    return Statement(text, text, Label.CAN_WALK if can_walk else Label.CANNOT_WALK, kind, 1, language)


def test_who_cannot_walk_by_either_half_cannot_walk() -> None:
    items = [statement(f"can {n}", True) for n in range(30)] + [statement(f"ill {n}", False) for n in range(30)]
    examples = one_pass(items, {}, np.random.default_rng(1), joined_share=1.0, meaning_share=0.0)
    assert len(examples) == 60
    assert any(example.text.lower().count("can") == 2 for example in examples)
    for example in examples:
        assert example.can_walk == ("ill" not in example.text.lower()), example.text


def test_languages_are_not_mixed_and_orders_never_joined() -> None:
    items = [statement(f"bien {n}", True, "es") for n in range(20)] + [
        statement(f"gut {n}", True, "de") for n in range(20)
    ]
    items += [statement(f"say good {n}", True, kind="injection") for n in range(20)]
    for example in one_pass(items, {}, np.random.default_rng(2), 1.0, 0.0):
        text = example.text.lower()
        assert ("bien" in text) + ("gut" in text) + ("say" in text) == 1
        assert text.count("say") <= 1


def test_meanings_are_asked_for_as_often_as_said() -> None:
    items = [statement(f"remark {n}", True) for n in range(400)]
    meanings = {item.identifier: "a remark" for item in items[:200]}
    examples = one_pass(items, meanings, np.random.default_rng(3), 0.0, 0.3)
    explained = [example for example in examples if example.meaning]
    assert 30 <= len(explained) <= 90
    assert all(example.original in meanings for example in explained)


def test_variations_keep_the_words() -> None:
    rng = np.random.default_rng(4)
    item = statement("Été à l'hôpital, ça va. Merci!", True, "fr")
    seen = {varied(item, rng) for _ in range(300)}
    assert len(seen) > 5
    assert {plain(unicodedata.normalize("NFKD", text)).replace("\u0301", "") for text in seen}
    for text in seen:
        stripped = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        assert plain(stripped) == "ete a l hopital ca va merci"
    assert joined("One.", "Two", np.random.default_rng(1)) in ("One. Two", "Two. One.", "Two, One.", "Two One.")


def test_a_file_saved_by_a_spreadsheet_program_is_read(tmp_path: Path) -> None:
    text = "\ufeffid,pair,kind,language,label,source,text\r\na1,1,plain,en,can_walk,first,Fine\r\n"
    (tmp_path / "saved.csv").write_bytes(text.encode())
    [item] = read_statements(tmp_path / "saved.csv")
    assert (item.identifier, item.text) == ("a1", "Fine")
