"""The glossary: one meaning a word, and no word on a page that it lacks."""

import re
from pathlib import Path

import pytest

from jitai.glossary import TERMS, by_group, meaning
from jitai.player.contract import TERM_PLACES
from jitai.report.run_player import _TERMS

ROOT = Path(__file__).parents[2]


def test_every_word_stands_once_and_is_explained_in_sentences() -> None:
    names = [term.name for term in TERMS]
    assert len(set(names)) == len(names)
    for term in TERMS:
        assert term.meaning[0].isupper() and term.meaning.endswith("."), term.name
        assert not re.search(r"[<>*_`\[\]$]", term.meaning.replace("l_t", "")), "nothing that Markdown would read"
    assert sum(len(terms) for terms in by_group().values()) == len(names)


def test_the_words_that_pages_explain_are_there() -> None:
    used = set()
    for path in (ROOT / "jitai").rglob("*.py"):
        used |= set(re.findall(r'\bmeaning\("([^"]+)"\)|\bmeaning\(\'([^\']+)\'\)', path.read_text(encoding="utf-8")))
    words = {first or second for first, second in used}
    assert words, "pages explain their words"
    for word in (*words, *_TERMS.values()):
        assert meaning(word)
    assert set(_TERMS) == set(TERM_PLACES)
    with pytest.raises(KeyError):
        meaning("no such word")


def test_not_being_able_and_not_wanting_are_told_apart() -> None:
    assert "Something else than being unable to walk" in meaning("does not want a message")
    assert "pedometer" in meaning("steps")
