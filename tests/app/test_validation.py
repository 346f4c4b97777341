"""The Validation page, without a browser."""

import html
import threading

import pytest
from streamlit.testing.v1 import AppTest

from jitai.judge.base import Reply, Request
from jitai.judge.judge import Judge
from jitai.judge.prompt_file import load_prompt
from jitai.judge.rules import load_rules
from jitai.judge.scripted import ScriptedBackend, ScriptLine, scripted_reply
from jitai.records import Decision, Label, Statement
from jitai.report.figures import Row
from jitai.report.judge_report import JudgeFindings, judge_report
from jitai.statistics import Estimate
from jitai.ui.pages import validation
from jitai.ui.pages.validation_label_yourself import LabelSession, answer, take_back
from jitai.ui.session.page_states import ValidationState
from jitai.ui.widgets.hand_over import MadeFiles
from jitai.validation.baselines import KEYWORD
from jitai.validation.shipped import shipped_validation
from tests.app.driver import (
    LIVE,
    as_markup,
    as_text,
    click,
    go_to,
    kept,
    open_app,
    opened,
    set_widgets,
    state_of,
    widget,
    without_error,
)

VALIDATION = "pages/validation.py"
WAIT_S = 60
HOSTILE_CSV = b"""text,label,kind
<script>alert(1)</script> my knee hurts,cannot_walk,<b>bold</b>
"![x](http://evil/x.png) **lovely**",can_walk,$x$
"=HYPERLINK(""http://evil"") I am in pain",can_walk,plain
all good,cannot_walk,plain
"""


def open_page(n_wanted: int = 12, models: tuple[str, ...] = (), baselines: tuple[str, ...] = (KEYWORD,)) -> AppTest:
    """The page with a small sample and, unless told otherwise, the keyword list as the only judge."""
    app = set_widgets(
        open_app(LIVE), validated_sample=n_wanted, validated_models=list(models), validated_baselines=list(baselines)
    )
    return without_error(go_to(app, VALIDATION))


def judged(app: AppTest) -> AppTest:
    """After pressing the button, once the run is over."""
    app = click(app, "start_validation")
    run = kept(app, ValidationState).run
    assert run is not None
    assert run.wait(WAIT_S)
    return app.run()


def charts(app: AppTest) -> list[str]:
    """What the browser is sent of each chart, with the signs that HTML is made of as they are."""
    return [element.proto.spec.replace("\\u003c", "<").replace("\\u003e", ">") for element in app.get("plotly_chart")]


def test_the_page_opens_with_the_verdicts_that_came_with_the_lab() -> None:
    app = open_page()
    shipped = shipped_validation()
    assert shipped is not None
    rows = [row for row in shipped.validation.rows_of(shipped.validation.candidates[0]) if row.is_counted]
    unable = [row for row in rows if row.cannot_walk and row.statement.kind != "consent"]
    heard = 100 * sum(row.is_right for row in unable) / len(unable)
    assert f"{heard:.0f} of 100" in app.title[0].value and "who cannot walk" in app.title[0].value
    assert "It wrongly holds back" in app.header[0].value
    assert f"of 100 (n {len(unable):,})" in as_markup(app).replace("\\", ""), "the whole held-out part"
    assert "6 that say “can walk” and 6 that say “cannot walk”, put to 1 judge" in as_markup(app)
    assert kept(app, ValidationState).run is None
    everything = "".join(charts(app))
    assert "Portuguese" in everything and "third_person" not in everything, "languages and kinds in words"


def test_the_answer() -> None:
    app = without_error(judged(open_page(40)))
    answer = kept(app, ValidationState).answer
    assert answer is not None
    (report,) = answer.judges
    assert report.n == 40
    assert report.figures is not None
    assert "who cannot walk" in app.title[0].value
    assert [tab.label for tab in app.tabs] == ["Where it is wrong", "One judge closely", "All figures", "Mistakes"]
    tables = [element.value for element in app.dataframe]
    figures = next(table for table in tables if "accuracy" in table.index)
    assert figures.loc["accuracy"].iloc[0].startswith(f"{report.figures.accuracy.value:.3f} (")
    assert "These are 20 pairs: under 24 the intervals may be too narrow" in as_markup(app).replace("\\", "")
    wrong = [row.statement.text for row in answer.validation.rows if not row.is_right]
    assert sorted(tables[-1]["text"]) == sorted(wrong)
    everything = "".join(charts(app))
    assert "Gemma 2 0.86" in everything and f"{report.figures.accuracy.value:.2f} (" in everything
    assert "other statements" in as_markup(app), "the caveat stands beside the published figures"


def test_mistakes_are_filtered() -> None:
    app = judged(open_page(60))
    answer = kept(app, ValidationState).answer
    assert answer is not None
    wrong = [row for row in answer.validation.rows if not row.is_right]
    app = without_error(widget(app.selectbox, "mistakes_way").set_value(Label.CANNOT_WALK).run())
    missed = [row.statement.text for row in wrong if row.statement.label == Label.CANNOT_WALK]
    assert sorted(app.dataframe[-1].value["text"]) == sorted(missed)
    kind = wrong[0].statement.kind
    app = widget(app.selectbox, "mistakes_way").set_value(None).run()
    app = without_error(widget(app.selectbox, "mistakes_kind").set_value(kind).run())
    of_kind = [row.statement.text for row in wrong if row.statement.kind == kind]
    assert sorted(app.dataframe[-1].value["text"]) == sorted(of_kind)


def test_stop_keeps_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a scripted backend, no language model: it answers three statements and then waits to be stopped."""
    stopped = threading.Event()

    def script(request: Request) -> ScriptLine:
        if len(backend.requests) > 3:
            assert stopped.wait(WAIT_S)
        return scripted_reply(5.0)

    backend = ScriptedBackend(script)
    judge = Judge(backend, load_prompt(), load_rules())
    monkeypatch.setattr(validation, "judge_for", lambda *chosen, **settings: judge)
    app = click(open_page(200, models=("embedded",), baselines=()), "start_validation")
    run = kept(app, ValidationState).run
    assert run is not None
    while len(backend.requests) < 4:
        assert not run.wait(0.01)
    app = without_error(app.run())
    assert app.title[0].value.startswith("It hears"), "what was there stays"
    assert widget(app.button, "start_validation").disabled, "no second run beside the first"
    assert any("right so far" in text for text in as_text(app))
    app = click(app, "stop_validation")
    stopped.set()
    assert run.wait(WAIT_S)
    app = without_error(app.run())
    answer = kept(app, ValidationState).answer
    assert answer is not None
    assert answer.validation.stopped
    assert any("Stopped after" in element.value for element in app.warning)
    assert 3 <= len(answer.validation.rows) < 200
    assert not widget(app.button, "start_validation").disabled


def test_failures_are_said_and_are_no_vetoes(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = ScriptedBackend([scripted_reply(5.0), Reply("dunno", {" good": None, " bad": None})])
    judge = Judge(backend, load_prompt(), load_rules())
    monkeypatch.setattr(validation, "judge_for", lambda *chosen, **settings: judge)
    app = without_error(judged(open_page(20, models=("embedded",), baselines=())))
    answer = kept(app, ValidationState).answer
    assert answer is not None
    (report,) = answer.judges
    assert report.n_failed > 0
    assert report.n == report.n_asked - report.n_failed
    text = "\n".join(element.value for element in app.warning)
    assert f"could not answer {report.n_failed}" in text
    assert "neither as right nor as a veto" in text


def test_a_server_that_is_gone_is_a_sentence() -> None:
    app = open_app(LIVE)
    state_of(app).judge_picked = "ollama:gone"
    set_widgets(app, validated_sample=4, validated_baselines=[])
    app = without_error(judged(go_to(app, VALIDATION)))
    assert any("could not be made ready" in element.value for element in app.warning)


def test_a_file_of_ones_own_is_shown_as_text_only() -> None:
    app = open_page()
    app = widget(app.selectbox, "validated_corpus").set_value("own").run()
    assert widget(app.button, "start_validation").disabled
    app = app.file_uploader[0].set_value(("own <b>.csv", HOSTILE_CSV, "text/csv")).run()
    app = without_error(judged(app))
    answer = kept(app, ValidationState).answer
    assert answer is not None
    assert answer.judges[0].n == 4
    [mistakes] = [table.value for table in app.dataframe if "text" in table.value]
    assert set(mistakes["text"]) == {
        '=HYPERLINK("http://evil") I am in pain',
        "all good",
    }
    markup = as_markup(app)
    for harmful in ("<script", "<b>bold", "![x]", "own <b>"):
        assert harmful not in markup
        assert not any(harmful in chart for chart in charts(app))


def test_a_file_of_ones_own_is_judged_whole_unless_a_sample_is_wanted() -> None:
    rows = [f"It hurts too much today {number},cannot_walk" for number in range(20)]
    rows += [f"Lovely day {number},can_walk" for number in range(80)]
    app = open_page()
    assert not widget(app.number_input, "validated_sample").disabled
    app = widget(app.selectbox, "validated_corpus").set_value("own").run()
    content = "\n".join(["text,label", *rows]).encode()
    app = without_error(app.file_uploader[0].set_value(("own.csv", content, "text/csv")).run())
    assert "100 statements, 80 that say “can walk” and 20 that say “cannot walk”" in as_markup(app)
    assert widget(app.number_input, "validated_sample").disabled
    app = without_error(widget(app.toggle, "validated_whole_file").set_value(False).run())
    assert "12 statements, 6 that say" in as_markup(app)
    assert not widget(app.number_input, "validated_sample").disabled
    app = widget(app.selectbox, "validated_corpus").set_value("test").run()
    assert "12 statements, 6 that say" in as_markup(app), "our corpus is sampled as ever"


def test_a_file_with_one_label_is_judged_whole_and_the_error_of_a_sample_names_the_way() -> None:
    content = b"text,label\nLovely day,can_walk\nAll good,can_walk\nAll fine,can_walk\n"
    app = open_page()
    app = widget(app.selectbox, "validated_corpus").set_value("own").run()
    app = without_error(app.file_uploader[0].set_value(("own.csv", content, "text/csv")).run())
    assert "both labels" in as_markup(app), "labelling says what it needs"
    app = without_error(judged(app))
    answer = kept(app, ValidationState).answer
    assert answer is not None
    assert answer.judges[0].n == 3
    assert not any("nan" in element.value for element in app.metric)
    app = widget(app.toggle, "validated_whole_file").set_value(False).run()
    assert not app.exception
    assert "“All of them”" in app.error[0].value


def test_asking_again_measures_what_was_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = ScriptedBackend([scripted_reply(5.0)])
    judge = Judge(backend, load_prompt(), load_rules())
    monkeypatch.setattr(validation, "judge_for", lambda *chosen, **settings: judge)
    app = judged(open_page(12, models=("embedded",), baselines=()))
    n_asked = len(backend.requests)
    assert n_asked
    app = without_error(judged(app))
    assert len(backend.requests) == n_asked, "remembered"
    assert "No time was measured" in as_markup(app)
    app = widget(app.toggle, "validated_anew").set_value(True).run()
    app = without_error(judged(app))
    assert len(backend.requests) == 2 * n_asked
    assert "No time was measured" not in as_markup(app)
    answer = kept(app, ValidationState).answer
    assert answer is not None
    assert answer.judges[0].n_timed == n_asked


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"text,label\nx,maybe\n", "cannot be used, without a label that is known: line 2"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a picture, which is not read"),
        (b"a,b\n1,2\n", "which column holds what is not clear"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_sentence(content: bytes, words: str) -> None:
    app = open_page()
    app = widget(app.selectbox, "validated_corpus").set_value("own").run()
    app = app.file_uploader[0].set_value(("own.csv", content, "text/csv")).run()
    assert not app.exception
    assert len(app.error) == 1
    assert words in app.error[0].value.replace("\\", "")


def test_settings_and_answer_survive_a_visit_to_another_page() -> None:
    app = judged(open_page(14))
    app = without_error(go_to(go_to(app, LIVE), VALIDATION))
    assert widget(app.number_input, "validated_sample").value == 14
    assert kept(app, ValidationState).answer is not None
    assert app.tabs


def test_development_comes_with_its_warning() -> None:
    app = open_page()
    app = widget(app.selectbox, "validated_corpus").set_value("development").run()
    app = without_error(judged(app))
    assert any("figures are too good" in element.value for element in app.warning)


def test_a_double_click_answers_one_statement() -> None:
    statements = [Statement(f"x{n}", f"text {n}", Label.CAN_WALK, "plain", n) for n in range(3)]
    session = LabelSession(tuple(statements))
    answer(session, 0, Decision.SEND)
    answer(session, 0, Decision.SEND)
    assert session.answers == [Decision.SEND]
    take_back(session, 1)
    take_back(session, 1)
    assert session.answers == []


def test_a_sample_that_cannot_be_drawn_is_said_so() -> None:
    app = open_page()
    kept(app, LabelSession).problem = "These are *all* of one label."
    assert any("of one label" in element.value for element in app.run().error)


def test_an_answer_says_what_it_is_of_when_settings_move_on() -> None:
    app = without_error(judged(open_page()))
    shown = [element.value for element in app.caption if "Shown" in element.value]
    assert len(shown) == 1
    assert f"{len(kept(app, ValidationState).answer.validation.statements):,} statements" in shown[0].replace("\\", "")
    assert "differ" not in shown[0]
    app = without_error(widget(app.number_input, "validated_seed").set_value(77).run())
    assert "differ" in next(element.value for element in app.caption if "Shown" in element.value)
    table = next(item.value for item in app.dataframe if "kind" in item.value and "accuracy" in item.value)
    assert len(table) == len(kept(app, ValidationState).answer.kinds)


def test_a_person_labels_statements_and_compares() -> None:
    app = open_page()
    app = widget(app.selectbox, "label_number").set_value(10).run()
    app = without_error(click(app, "label_begin"))
    session = kept(app, LabelSession)
    assert len(session.statements) == 10
    for number, statement in enumerate(session.statements):
        assert statement.text in as_text(app)
        assert statement.label.value not in as_markup(app), "blind"
        if number == 3:
            app = click(click(app, "label_unsure"), "label_back")
            assert len(session.answers) == 3
        app = click(app, "label_send" if statement.label == Label.CAN_WALK else "label_hold_back")
    assert Decision.UNSURE not in session.answers
    app = without_error(click(app, "label_compare"))
    kappas, table = (element.value for element in app.dataframe[-2:])
    assert kappas.loc["you", "the label"].startswith("1.00 (")
    assert table["statement"].tolist() == [item.text for item in session.statements]
    assert (table["you"] == table["the label"]).all()
    app = without_error(click(app, "label_again"))
    assert session.statements == ()


@pytest.mark.model
def test_with_the_embedded_model() -> None:
    app = without_error(judged(open_page(8, models=("embedded",))))
    answer = kept(app, ValidationState).answer
    assert answer is not None
    assert [report.n_asked for report in answer.judges] == [8, 8]
    assert all(report.n_failed == 0 for report in answer.judges)
    assert "SmolLM2" in answer.judges[0].model
    assert len(answer.agreement.kappas) == 3


def test_the_answer_that_came_with_the_lab_is_handed_over_as_a_page() -> None:
    app = without_error(go_to(open_app(LIVE), VALIDATION))
    app = without_error(opened(app, "validation_hand_over"))
    (made,) = kept(app, MadeFiles).files
    report = made.content.decode()
    shipped = shipped_validation()
    assert shipped is not None
    name = shipped.validation.candidates[0]
    rows = [row for row in shipped.validation.rows_of(name) if row.is_counted]
    unable = [row for row in rows if row.cannot_walk and row.statement.kind != "consent"]
    heard = f"{100 * sum(row.is_right for row in unable) / len(unable):.0f} of 100"
    assert f">{heard}</mark> who cannot walk" in report
    # One at a time, so that what is copied is a digest.
    model, prompt = shipped.judges[name].split()
    assert f">{model}<" in report and f">{prompt}<" in report
    surest = max((row for row in rows if not row.is_right), key=lambda row: abs(row.p_send - 0.5))
    assert html.escape(surest.statement.text) in report


def test_a_report_of_hostile_statements_holds_no_markup_of_theirs() -> None:
    row = Row("<b>bold</b>", "told", Estimate(50.0, 20.0, 80.0, 4), "50")
    rude = "</p><script>alert(1)</script>"
    found = JudgeFindings(
        rude, rude, "", False, rude, rude, [(rude, [row])], 95.0, rude, [(rude, rude)], [(rude, rude)], rude
    )
    report = judge_report(found)
    assert "<script" not in report and "<b>bold" not in report and report.count(html.escape(rude)) >= 10
