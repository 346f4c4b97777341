"""A judge backend is added by one module: the pages offer it, with its setting, and judge with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from jitai.experiments.spec import ExperimentSpec, JudgeChoice
from jitai.records import Decision
from jitai.ui.session.page_states import PreferencesState, ValidationState
from jitai.ui.widgets import experiment
from tests.app.driver import (
    LIVE,
    PREFERENCES,
    as_text,
    click,
    go_to,
    kept,
    lived,
    open_app,
    records_of,
    shown_run,
    widget,
    without_error,
)
from tests.word_rule import sigmoid, word_rule

COMPARE, MODELS, VALIDATION = "pages/compare.py", "pages/models.py", "pages/validation.py"


@pytest.fixture(autouse=True)
def words(tmp_path: Path) -> Iterator[None]:
    with word_rule(tmp_path):
        yield


def with_words(app: AppTest) -> AppTest:
    """The page after "Word rule" was chosen as the judge at work."""
    selection = widget(app.selectbox, "judge")
    assert "Word rule" in selection.options
    return without_error(selection.set_value("words").run())


def p_send_of(app: AppTest, text: str) -> float:
    """What Preferences finds of a statement."""
    app = widget(app.text_area, "statements").set_value(text).run()
    app = without_error(click(app, "judge_lines"))
    [item] = kept(app, PreferencesState).judged
    assert item.verdict.p_send is not None
    return item.verdict.p_send


def test_preferences_judges_with_it_as_its_setting_says() -> None:
    app = with_words(open_app(PREFERENCES))
    assert p_send_of(app, "my knee hurts") == pytest.approx(sigmoid(-2))
    app = widget(app.slider, "words_sureness").set_value(3.0).run()
    assert [element for element in without_error(app).info if "Another judge or prompt gave" in element.value]
    assert p_send_of(app, "my knee hurts") == pytest.approx(sigmoid(-3))
    app = widget(app.selectbox, "words_word").set_value("ankle").run()
    assert p_send_of(app, "my knee hurts") == pytest.approx(sigmoid(3))
    app = without_error(go_to(go_to(app, LIVE), PREFERENCES))
    assert widget(app.slider, "words_sureness").value == 3.0, "settings survive a visit to another page"


def test_live_begins_anew_when_its_setting_changes() -> None:
    app = lived(without_error(with_words(open_app(LIVE))))
    before = records_of(app)
    said = {record.verdict.p_send for record in records_of(app) if record.verdict is not None and record.statement}
    assert {round(value, 6) for value in said if value not in (None, 0.0)} <= {round(sigmoid(x), 6) for x in (-2, 2)}
    app = without_error(widget(app.slider, "words_sureness").set_value(3.0).run())
    assert shown_run(app).so_far.records != before
    now = {record.verdict.p_send for record in records_of(lived(app)) if record.verdict is not None}
    assert round(sigmoid(3), 6) in {round(value, 6) for value in now if value is not None}


def test_models_and_validation_offer_it() -> None:
    app = with_words(without_error(open_app(MODELS)))
    assert "Word rule" in as_text(app)
    app = without_error(go_to(app, VALIDATION))
    assert "Word rule" in widget(app.multiselect, "validated_models").options
    app = widget(app.multiselect, "validated_models").set_value(["words"]).run()
    app = widget(app.multiselect, "validated_baselines").set_value([]).run()
    app = widget(app.number_input, "validated_sample").set_value(10).run()
    app = without_error(click(app, "start_validation"))
    run = kept(app, ValidationState).run
    assert run is not None and run.wait(60)
    rows = run.snapshot().rows
    assert len(rows) == 10
    assert {row.verdict.model for row in rows if row.verdict.model} == {"word rule"}
    assert {row.verdict.decision for row in rows} >= {Decision.SEND}


def test_an_experiment_of_compare_names_it_with_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[ExperimentSpec] = []
    monkeypatch.setattr(experiment, "run_now", started.append)
    app = without_error(open_app(COMPARE))
    selection = widget(app.selectbox, "compared_judge")
    assert selection.options[0].startswith("Simulated") and "Word rule" in selection.options
    app = without_error(selection.set_value("words").run())
    app = without_error(widget(app.slider, "compared_words_sureness").set_value(3.5).run())
    click(app, "start_compare")
    [spec] = started
    assert spec.judges == (JudgeChoice("words", settings=(("sureness", 3.5),)),)
