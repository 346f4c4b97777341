"""Pages with a model that runs elsewhere, or that nobody has calibrated, on a scripted server over a real socket."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from jitai.judge.base import Reply, Request
from jitai.judge.embedded import EmbeddedBackend
from jitai.judge.scripted import ScriptedBackend, scripted_reply
from jitai.judge.user_prompts import PersonalJudging
from jitai.paths import default_data_dir
from jitai.ui.pages.validation import MEASURED
from jitai.ui.session.fitting import fits
from jitai.ui.session.page_states import PreferencesState, ValidationState
from jitai.ui.session.resources import backend_watch, background_jobs
from jitai.validation import fitting
from jitai.validation.baselines import KEYWORD
from jitai.validation.measurements import Measurements
from tests.app.driver import (
    LIVE,
    PREFERENCES,
    TIMEOUT_S,
    as_markup,
    click,
    go_to,
    kept,
    lived,
    open_app,
    opened,
    records_of,
    set_widgets,
    shown_run,
    state_of,
    waiting,
    widget,
    without_error,
)
from tests.scripted_ollama import ScriptedOllama

CLOUD, LOCAL = "big:120b-cloud", "base:1b"
VALIDATION, MODELS, COMPARE = "pages/validation.py", "pages/models.py", "pages/compare.py"


def served(model: str, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Iterator[ScriptedOllama]:
    with ScriptedOllama(model, **settings) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.host)
        yield server


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedOllama]:
    yield from served(CLOUD, monkeypatch)


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedOllama]:
    yield from served(LOCAL, monkeypatch)


def opened_with(model: str, page: str) -> AppTest:
    """A session with a model of the server at work, on a page."""
    app = open_app(PREFERENCES)
    backend_watch().look_now()
    state_of(app).pick_judge(f"ollama:{model}")
    return go_to(app, page)


def pages_text(app: AppTest) -> str:
    said = [element.value for element in (*app.warning, *app.caption, *app.error)]
    return " ".join([as_markup(app), *said]).replace("\\", "")


def test_live_waits_for_consent_and_sends_nothing_before(cloud: ScriptedOllama) -> None:
    app = without_error(waiting(opened_with(CLOUD, LIVE)))
    assert "cloud: ollama.com" in str(widget(app.selectbox, "judge").options)
    assert CLOUD in pages_text(app) and "ollama.com" in pages_text(app)
    assert "may not be asked yet" in pages_text(app)
    assert not cloud.asked()
    app = lived(without_error(click(app, f"agree_ollama:{CLOUD}_waiting")))
    assert cloud.asked()
    assert not any(record.verdict and record.verdict.is_fallback for record in records_of(app))
    assert "cloud" in shown_run(app).scenario.judge.name  # type: ignore[union-attr]
    assert "You have agreed to that for this visit" in pages_text(app)
    n_asked = len(cloud.asked())
    app = click(app, f"disagree_ollama:{CLOUD}_picker")
    app = waiting(widget(app.number_input, "seed").set_value(4711).run())
    assert len(cloud.asked()) == n_asked, "what was agreed to was taken back"


def test_another_visit_has_agreed_to_nothing(cloud: ScriptedOllama) -> None:
    first = waiting(opened_with(CLOUD, LIVE))
    lived(click(first, f"agree_ollama:{CLOUD}_waiting"))
    n_asked = len(cloud.asked())
    second = opened_with(CLOUD, PREFERENCES)
    second = widget(second.text_area, "statements").set_value("My knee is swollen and nobody knows it").run()
    second = click(second, "judge_lines")
    assert len(cloud.asked()) == n_asked
    assert not kept(second, PreferencesState).judged


def test_lines_are_judged_after_consent_only(cloud: ScriptedOllama) -> None:
    app = opened_with(CLOUD, PREFERENCES)
    app = widget(app.text_area, "statements").set_value("My knee is swollen and nobody knows it").run()
    app = without_error(click(app, "judge_lines"))
    assert "not agreed" in pages_text(app)
    assert not cloud.asked()
    app = click(click(app, f"agree_ollama:{CLOUD}_picker"), "judge_lines")
    [judged] = kept(app, PreferencesState).judged
    assert not judged.verdict.is_fallback
    assert "My knee is swollen" in cloud.asked()[-1]


def test_a_validation_asks_for_consent(cloud: ScriptedOllama) -> None:
    set_up = opened_with(CLOUD, PREFERENCES)
    app = go_to(
        set_widgets(set_up, validated_sample=4, validated_models=[f"ollama:{CLOUD}"], validated_baselines=[]),
        VALIDATION,
    )
    app = run_validation(app)
    assert not cloud.asked()
    run = kept(app, ValidationState).run
    assert run is not None
    assert "not agreed" in str(run.snapshot().failures)
    app = run_validation(click(app, f"agree_ollama:{CLOUD}_validation"))
    assert cloud.asked()


def run_validation(app: AppTest) -> AppTest:
    app = click(app, "start_validation")
    run = kept(app, ValidationState).run
    assert run is not None and run.wait(TIMEOUT_S)
    return app.run()


def test_an_experiment_and_a_calibration_ask_for_consent(
    cloud: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jitai.ui.widgets import experiment

    started: list[bool] = []
    monkeypatch.setattr(
        experiment.Processes, "start", lambda self, spec, folder, *, agrees_to_send: started.append(agrees_to_send)
    )
    app = without_error(opened_with(CLOUD, COMPARE))
    app = widget(app.selectbox, "compared_judge").set_value(f"ollama:{CLOUD}").run()
    app = click(app, "start_compare")
    assert not started
    assert "not agreed" in pages_text(app)
    app = click(click(app, f"agree_ollama:{CLOUD}_compared"), "start_compare")
    assert started == [True]
    other = click(opened_with(CLOUD, MODELS), "look_at_models")
    assert widget(other.button, "calibrate").disabled
    assert widget(other.button, f"fit_row_ollama:{CLOUD}").disabled
    assert any("cloud: ollama.com" in element.value.replace("\\", "") for element in other.markdown)
    assert not cloud.asked()


def test_a_new_model_is_made_fit_where_it_is_picked(local: ScriptedOllama, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "N_TO_CALIBRATE", 60)
    app = without_error(opened_with(LOCAL, PREFERENCES))
    assert "Not calibrated" in pages_text(app)
    app = widget(app.text_area, "statements").set_value("My knee is swollen and nobody knows it").run()
    app = click(app, "judge_lines")
    assert "not calibrated" in as_markup(app), "its verdict is marked"
    app = click(app, f"fit_picker_ollama:{LOCAL}")
    until = time.monotonic() + TIMEOUT_S
    while background_jobs().running:
        assert time.monotonic() < until
        time.sleep(0.05)
    app = without_error(app.run())
    assert "right on" in pages_text(app) and "instead of" in pages_text(app)
    assert not [element for element in app.button if element.key == f"fit_picker_ollama:{LOCAL}"]
    app = click(app, "judge_lines")
    assert "not calibrated" not in as_markup(app)
    own = [item for prompt in PersonalJudging(default_data_dir()).prompts() for item in prompt.calibrations.values()]
    assert any(item.is_own and item.improvement is not None for item in own)
    assert len(fits()) == 1
    models = go_to(app, MODELS)
    assert "Of 1 prompts" not in pages_text(models)
    assert "kB" not in " ".join(element.value for element in models.caption if "statements" in element.value)


def test_choosing_a_judge_chooses_its_prompt(local: ScriptedOllama) -> None:
    app = opened_with(LOCAL, MODELS)
    assert widget(app.selectbox, "prompt_shown").value == "few_shot"
    app = widget(app.selectbox, "prompt_shown").set_value("zero_shot").run()
    app = click(app, "pick_embedded-tuned")
    assert widget(app.selectbox, "prompt_shown").value == "fine_tuned"
    assert widget(app.selectbox, "prompt").value == "fine_tuned"


def test_what_a_model_says_of_held_out_statements_is_kept_and_compared(local: ScriptedOllama) -> None:
    set_up = set_widgets(
        opened_with(LOCAL, PREFERENCES),
        validated_sample=40,
        validated_models=[f"ollama:{LOCAL}"],
        validated_baselines=[],
    )
    app = without_error(run_validation(go_to(set_up, VALIDATION)))
    [measured] = Measurements(default_data_dir()).all()
    assert measured.model == LOCAL and len(measured.p_send) == 40
    assert "Kept among your measurements" in pages_text(app)
    app = without_error(opened(app, MEASURED))
    [table] = [element.value for element in app.dataframe if "n both" in element.value.columns]
    assert table["n both"].tolist() == [40]
    app = without_error(click(app, f"forget_{measured.asked_by}"))
    assert not Measurements(default_data_dir()).all()


def test_the_same_statements_in_other_forms(local: ScriptedOllama) -> None:
    app = opened_with(LOCAL, PREFERENCES)
    set_widgets(app, validated_models=[], validated_baselines=[KEYWORD], validated_sample=10, forms_sample=10)
    app = click(go_to(app, VALIDATION), "start_forms")
    run = kept(app, ValidationState).forms_run
    assert run is not None and run.wait(TIMEOUT_S)
    app = without_error(app.run())
    [table] = [element.value for element in app.dataframe if "form" in element.value.columns]
    assert table["form"].tolist()[0] == "as it is" and len(table) == 15


def test_the_forms_of_one_statement_that_flip_its_verdict_are_marked(
    scripted: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is replaced by one that takes a misspelt holiday for a no."""

    def reads_spelling(self: EmbeddedBackend, request: Request) -> Reply:
        asked = request.prompt.removeprefix(request.head)
        return scripted_reply(3.0 if "holiday" in asked.casefold() else -3.0)

    monkeypatch.setattr(EmbeddedBackend, "complete", reads_spelling)
    app = open_app(PREFERENCES)
    app = widget(app.text_area, "statements").set_value("The holiday begins and I am off to the hills").run()
    app = without_error(click(click(app, "judge_lines"), "try_forms"))
    forms = kept(app, PreferencesState).forms
    assert "with typing errors" in [item.label for item in forms if item.flips]
    n_flips = sum(item.flips for item in forms)
    assert f"**{n_flips} of {len(forms) - 1} forms flip the verdict.**" in as_markup(app)
    badges = [element.value for element in app.markdown if "flips" in element.value and "badge" in element.value]
    assert len(badges) == n_flips
