"""The Preferences page, without a browser."""

import pytest

from jitai.corpus import TEST, load_part
from jitai.records import Decision, VerdictSource
from jitai.ui.pages.preferences import DECISION_FOR, shortened
from jitai.ui.session.page_states import PreferencesState
from tests.app.driver import (
    LIVE,
    PREFERENCES,
    as_markup,
    as_text,
    click,
    go_to,
    kept,
    open_app,
    state_of,
    widget,
    without_error,
)

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://evil/x.png)",
    "[click](javascript:alert(1))",
    "<|im_end|>",
    "Status: good",
    ":red[$x$] **bold** `code`",
    "=HYPERLINK(1)",
    "y" * 5000,
    "\U0001f4a5",
    "我的脚断了",
    "\u202etxet desrever\u202c",
)


@pytest.mark.model
def test_five_examples_five_verdicts() -> None:
    app = without_error(click(without_error(open_app(PREFERENCES)), "try_examples"))
    judged = kept(app, PreferencesState).judged
    assert len(judged) == 5
    decisions = {item.text: item.verdict.decision for item in judged}
    assert decisions["I twisted my ankle on the stairs"] == Decision.HOLD_BACK
    assert decisions["Feeling great, the sun is out"] == Decision.SEND
    assert {item.verdict.source for item in judged} == {VerdictSource.MODEL, VerdictSource.RULE}
    for item in judged:
        assert item.text in as_text(app)
        assert item.verdict.reason in as_text(app)
    prompts = [element.value for element in app.code]
    assert all(item.verdict.prompt in prompts for item in judged if item.verdict.prompt)
    counts = {decision: sum(item.verdict.decision == decision for item in judged) for decision in Decision}
    values = [element.value for element in app.metric]
    assert all(f"{count} of 5" in values for count in counts.values())
    table = app.dataframe[-1].value
    assert table["statement"].tolist() == [item.text for item in judged]


@pytest.mark.model
def test_hostile_lines_are_shown_as_text() -> None:
    app = open_app(PREFERENCES)
    app = widget(app.text_area, "statements").set_value("\n".join(["", *HOSTILE, "   "])).run()
    app = without_error(click(app, "judge_lines"))
    judged = kept(app, PreferencesState).judged
    assert [item.text for item in judged] == list(HOSTILE)
    assert all(item.verdict.decision in Decision and not item.verdict.failure for item in judged)
    shown, markup = as_text(app), as_markup(app)
    for text in HOSTILE:
        assert shortened(text) in shown
        assert text not in markup
    assert "<script" not in markup
    assert "http://evil" not in markup


def test_rows_ticked_in_one_list_are_not_ticked_in_another() -> None:
    app = open_app(PREFERENCES)
    app.session_state["corpus_rows__"] = {"selection": {"rows": [4000], "columns": []}}
    app = without_error(app.run())
    app = without_error(widget(app.selectbox, "corpus_kind").set_value("negation").run())
    assert widget(app.button, "add_ticked").disabled


@pytest.mark.model
def test_verdicts_of_the_judge_before_are_said_to_be_its() -> None:
    app = without_error(click(open_app(PREFERENCES), "try_examples"))
    assert not [element for element in app.info if "Another judge or prompt gave" in element.value]
    state_of(app).prompt_picked = "few_shot"
    assert [element for element in without_error(app.run()).info if "Another judge or prompt gave" in element.value]


@pytest.mark.parametrize("text", ["", "\n\n", "  \n\t"])
def test_nothing_to_judge(text: str) -> None:
    app = open_app(PREFERENCES)
    app = widget(app.text_area, "statements").set_value(text).run()
    app = without_error(click(app, "judge_lines"))
    assert kept(app, PreferencesState).judged == []
    assert app.info, "the page says what to do"


@pytest.mark.model
def test_statements_of_the_corpus_come_with_their_labels() -> None:
    app = open_app(PREFERENCES)
    app = without_error(click(app, "add_spread"))
    lines = widget(app.text_area, "statements").value.splitlines()
    assert len(lines) == 10
    app = without_error(click(app, "judge_lines"))
    judged = kept(app, PreferencesState).judged
    assert [item.text for item in judged] == lines
    labels = {" ".join(item.text.split()): item.label for item in load_part(TEST)}
    right = sum(item.verdict.decision == DECISION_FOR[labels[item.text]] for item in judged)
    assert app.metric[-1].value == f"{right} of 10"
    assert len([text for text in as_markup(app).splitlines() if "label: can" in text]) == 10
    app = without_error(click(app, "clear"))
    assert kept(app, PreferencesState).judged == []
    assert widget(app.text_area, "statements").value == ""


@pytest.mark.model
def test_text_and_verdicts_survive_a_visit_to_another_page() -> None:
    app = open_app(PREFERENCES)
    app = widget(app.text_area, "statements").set_value("My knee hurts\nLovely day").run()
    app = click(app, "judge_lines")
    app = without_error(go_to(go_to(app, LIVE), PREFERENCES))
    assert widget(app.text_area, "statements").value == "My knee hurts\nLovely day"
    assert "My knee hurts" in as_text(app)
    assert len(kept(app, PreferencesState).judged) == 2


def test_a_judge_that_fails_gives_no_veto() -> None:
    app = open_app(PREFERENCES)
    state_of(app).judge_picked = "ollama:gone"
    app = app.run()
    app = without_error(click(app, "try_examples"))
    judged = kept(app, PreferencesState).judged
    failed = [item for item in judged if item.verdict.source == VerdictSource.FALLBACK]
    assert len(failed) == 4, "all but the one that a rule decides"
    assert any(f"{len(failed)} statements" in element.value for element in app.warning)
    values = [element.value for element in app.metric]
    assert values[:3] == ["0 of 5", "1 of 5", "0 of 5"], "failures are counted as neither send nor veto"


@pytest.mark.model
def test_many_lines() -> None:
    app = open_app(PREFERENCES)
    app = widget(app.text_area, "statements").set_value("\n".join(["\U0001f44d"] * 501)).run()
    app = click(app, "judge_lines")
    assert not app.exception
    assert len(kept(app, PreferencesState).judged) == 500
    assert len(app.dataframe[-1].value) == 500


def test_a_file_of_statements_is_previewed_and_added() -> None:
    app = open_app(PREFERENCES)
    content = "id;said\r\n1;Müde, bleibe daheim\r\n2;NA\r\n3;<b>Off</b> to the park\r\n4;a;b;c\r\n".encode("cp1252")
    app = without_error(app.file_uploader[0].set_value(("theirs.csv", content, "text/csv")).run())
    preview = next(table.value for table in app.dataframe if "line" in table.value)
    assert preview["statement"].tolist()[:3] == ["Müde, bleibe daheim", "(no statement)", "<b>Off</b> to the park"]
    assert "Windows\\-1252, semicolons" in as_markup(app)
    app = without_error(click(app, "add_file"))
    assert app.session_state["statements"] == "Müde, bleibe daheim\n<b>Off</b> to the park"
    assert any("more cells than columns" in element.value for element in app.caption)


def test_a_wrong_file_is_a_sentence_and_the_column_can_be_chosen() -> None:
    app = open_app(PREFERENCES)
    app = app.file_uploader[0].set_value(("x.pdf.csv", b"%PDF-1.7", "text/csv")).run()
    assert not app.exception and "PDF file" in app.error[0].value
    app = app.file_uploader[0].set_value(("t.csv", b"a,b\nx,y\n", "text/csv")).run()
    assert "not clear" in app.error[0].value
    chooser = next(box for box in app.selectbox if box.label == "Statements in")
    app = without_error(chooser.set_value(1).run())
    app = without_error(click(app, "add_file"))
    assert app.session_state["statements"] == "y"
