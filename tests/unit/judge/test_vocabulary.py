"""What the judge cannot read it calls unsure."""

import json
from pathlib import Path
from typing import Any

import pytest

from jitai.corpus import CALIBRATION, DEVELOPMENT, load_part
from jitai.judge.judge import Judge
from jitai.judge.prompt_file import TUNED_PROMPT_FILE, load_prompt
from jitai.judge.rules import load_rules
from jitai.judge.scripted import ScriptedBackend, scripted_reply
from jitai.judge.text import UNREADABLE_SHARE, load_words, share_known, words_of, write_words
from jitai.records import Decision, Label, Statement, VerdictSource

UNREADABLE = [
    "asdf qwer zxcv", "ik heb veel pijn aan mijn knie", "boli mnie kolano dzisiaj", "膝が痛い", "мне больно ходить",
    "dizim çok ağrıyor bugün", "vandaag ga ik lekker wandelen met de hond", "jag har ont i knäet idag",
    "che bella giornata, andiamo a passeggiare", "kaki saya sakit hari ini", "dnes mě bolí noha",
    "Polveni on kipeä tänään", "hfjdks hfjdk",
]  # fmt: skip


def tuned(tmp_path: Path) -> tuple[Judge, ScriptedBackend]:
    backend = ScriptedBackend([scripted_reply(5.0)])
    return Judge(backend, load_prompt(TUNED_PROMPT_FILE), load_rules()), backend


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_cannot_be_read_is_unsure_unasked(tmp_path: Path, text: str) -> None:
    judge, backend = tuned(tmp_path)
    verdict = judge.judge(text)
    assert (verdict.decision, verdict.p_send, verdict.source) == (Decision.UNSURE, 0.5, VerdictSource.RULE)
    assert backend.requests == []


@pytest.mark.parametrize("text", ["my knee hurts", "NOOOOO", "Mi rodilla", "ça va", "42!", "j'ai mal"])
def test_what_can_be_read_is_asked_about_or_ruled(tmp_path: Path, text: str) -> None:
    assert tuned(tmp_path)[0].judge(text).decision is not Decision.UNSURE


def test_hardly_any_statement_of_the_corpus_is_called_unreadable() -> None:
    statements = load_part(CALIBRATION)
    unreadable = [item for item in statements if share_known(item.text, load_words()) <= UNREADABLE_SHARE]
    assert len(unreadable) / len(statements) < 0.01


def test_the_words_are_those_of_the_development_part(tmp_path: Path) -> None:
    write_words(tmp_path / "words.txt", load_part(DEVELOPMENT))
    assert load_words(tmp_path / "words.txt") == load_words()


def test_a_word_of_one_pair_alone_is_not_known(tmp_path: Path) -> None:
    texts = ((1, "my knee hurts"), (1, "my knee xyzzy"), (2, "knee fine"), (3, "hurts"))
    write_words(
        tmp_path / "words.txt",
        [Statement(f"x{n}", text, "plain", Label.CAN_WALK, pair) for n, (pair, text) in enumerate(texts)],
    )
    assert load_words(tmp_path / "words.txt") == {"knee", "hurts"}


def test_words() -> None:
    assert words_of("Café, c'est   NOOOO good 42 a_b!") == ["cafe", "est", "no", "good"]
    assert share_known("", frozenset()) == 1.0
    assert share_known("one two three", frozenset({"one"})) == pytest.approx(1 / 3)


def test_other_prompts_ask_about_everything(tmp_path: Path, prompt_file: dict[str, Any]) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(prompt_file))
    backend = ScriptedBackend([scripted_reply(5.0)])
    assert Judge(backend, load_prompt(path), load_rules()).judge("膝が痛い").source is VerdictSource.MODEL
