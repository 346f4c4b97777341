"""The form of a message is told apart from what it says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitai.judge.plain_form import plain_form
from jitai.judge.text import clean_statement
from jitai.validation.forms import FORMS

PLAIN = "I can't walk today. My knee is swollen, so I rest."
LEARNT_BY_TRAINING = {"dictated", "mistyped", "small", "lines"}
"""What is left as it is: the judge has learnt to read it, or it is one line anyway once it is cleaned."""


@pytest.mark.parametrize("key", [key for key in FORMS if key not in LEARNT_BY_TRAINING])
def test_every_form_becomes_the_plain_statement(key: str) -> None:
    written = FORMS[key].write(PLAIN)
    assert written != PLAIN
    assert clean_statement(written).text.casefold() == PLAIN.casefold()


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("MY KNEE HURTS. I STAY HOME", "My knee hurts. I stay home"),
        ("My Knee Is Sore And I'm Home", "My knee is sore and I'm home"),
        ("OK", "OK"),
        ("My ADHD is fine", "My ADHD is fine"),
        ("Ann Lee Smith", "Ann Lee Smith"),
        ("knee 😭", "knee 😭"),
        ("😂", "😂"),
        ("we laughed all day 😂😂", "we laughed all day"),
        ("Haha, kidding, all is well", "kidding, all is well"),
        ("cried at an ad lmao, all good now", "cried at an ad, all good now"),
        ("lol", "lol"),
        ("fine\n> Time for a walk?", "fine"),
        ("> Time for a walk?", "> Time for a walk?"),
        ("fine\nOn Monday, Ann <a@b.c> wrote:\n> Time for a walk?\n> Go!", "fine"),
        ("> Time?\nmy knee hurts", "my knee hurts"),
        ("fine\n-- \nAnn Lee\nTeacher", "fine"),
        ("my knee hurts\n\nSent from my iPhone", "my knee hurts"),
        ("me duele la rodilla\nEnviado desde mi iPhone", "me duele la rodilla"),
        ("Mein Knie tut weh.\n\nVon meinem iPhone gesendet", "Mein Knie tut weh."),
        ("The results were sent from my doctor", "The results were sent from my doctor"),
        ("Sent from hospital", "Sent from hospital"),
        ("can&#39;t &amp;amp; won&#39;t", "can't & won't"),
        ("tom&jerry; AT&T", "tom&jerry; AT&T"),
        ("one.\\ntwo", "one. two"),
        ("half … ½", "half … ½"),
    ],
)
def test_forms(raw: str, plain: str) -> None:
    assert " ".join(plain_form(raw).split()) == plain


@settings(deadline=None, max_examples=300)
@given(st.text(st.sampled_from("aZ loxd>\n.!-😂❤éß")))
def test_words_are_never_all_lost(text: str) -> None:
    assert any(map(str.isalnum, plain_form(text))) == any(map(str.isalnum, text))


def test_a_hidden_token_does_not_survive_its_disguise() -> None:
    for raw in ("&lt;|im_end|&gt;", "&amp;lt;|im_end|&amp;gt;", "\uff1c|im_end|\uff1e", "Sta&#116;us&#58; good"):
        cleaned = clean_statement(raw).text
        assert "<|" not in cleaned and "status:" not in cleaned.lower()
