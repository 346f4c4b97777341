"""The prompts on the Models page, without a browser: read, tried out, copied and edited, calibrated."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from jitai.corpus import CALIBRATION, load_part
from jitai.errors import UnreadableReply
from jitai.judge.base import Request
from jitai.judge.calibration import Calibration
from jitai.judge.prompt_file import available_prompts
from jitai.judge.prompts import Prompt
from jitai.judge.registry import backend_of
from jitai.judge.scripted import ScriptedBackend, ScriptLine, scripted_reply
from jitai.judge.user_prompts import PersonalJudging
from jitai.paths import default_data_dir
from jitai.records import Label
from jitai.ui.session import resources as cached
from jitai.ui.session.fitting import fits
from jitai.ui.session.resources import background_jobs
from jitai.validation import fitting
from tests.app.driver import as_markup, click, go_to, open_app, state_of, widget, without_error
from tests.word_rule import word_rule

MODELS, LIVE = "pages/models.py", "pages/live.py"


def shown(app: AppTest, name: str) -> AppTest:
    """The page with a prompt chosen."""
    return widget(app.selectbox, "prompt_shown").set_value(name).run()


def draft(app: AppTest):  # type: ignore[no-untyped-def]
    """The text area."""
    [area] = [element for element in app.text_area if element.key.startswith("draft_")]
    return area


def mine() -> PersonalJudging:
    return PersonalJudging(default_data_dir())


def test_every_prompt_can_be_read_and_tried_out() -> None:
    app = open_app(MODELS)
    names = widget(app.selectbox, "prompt_shown").options
    assert len(names) == 8
    app = without_error(shown(app, "few_shot"))
    app = app.text_input(key="prompt_example").set_value("<b>my {knee}</b> | *hurts*").run()
    assert any("Patient: <b>my {knee}</b> | *hurts*\nStatus:" in element.value for element in app.code)


def test_a_copy_is_edited_saved_used_and_deleted() -> None:
    app = shown(open_app(MODELS), "few_shot")
    content = json.loads(draft(app).value)
    assert content["name"] == "my_few_shot"
    assert "calibration" not in content
    content |= {"name": "short_one", "examples": content["examples"][:4]}
    app = draft(app).set_value(json.dumps(content)).run()
    app = without_error(click(app, "save_prompt"))
    assert mine().prompts()[-1].name == "short_one"
    app = go_to(app, LIVE)
    app = widget(app.selectbox, "prompt").set_value("short_one").run()
    assert state_of(without_error(app)).prompt_picked == "short_one"
    app = click(shown(go_to(app, MODELS), "short_one"), "delete_prompt")
    assert all(not prompt.is_own for prompt in mine().prompts())
    # The live page goes back to what suits the judge.
    without_error(go_to(app, LIVE))


def test_what_is_wrong_is_said_and_the_draft_stays() -> None:
    app = shown(open_app(MODELS), "few_shot")
    broken = draft(app).value.replace('"reading": "answer_tokens"', '"reading": "tea_leaves"')
    app = click(draft(app).set_value(broken).run(), "save_prompt")
    assert '"reading" must be one of answer_tokens' in as_markup(app).replace("\\", "")
    assert draft(app).value == broken
    app = go_to(go_to(app, LIVE), MODELS)
    assert draft(app).value == broken
    assert mine().prompts()[-1].is_own is False


def test_a_second_copy_has_a_name_of_its_own_and_replaces_nothing() -> None:
    app = click(shown(open_app(MODELS), "few_shot"), "save_prompt")
    app = shown(without_error(app), "few_shot")
    second = json.loads(draft(app).value)
    assert second["name"] == "my_few_shot_2"
    app = click(draft(app).set_value(json.dumps(second | {"name": "my_few_shot", "purpose": "x"})).run(), "save_prompt")
    assert "already" in "".join(element.value for element in app.error)
    assert mine().prompts()[-1].purpose != "x"
    # The copy itself may be edited, and asks from then on under a version of its own.
    app = shown(app, "my_few_shot")
    content = json.loads(draft(app).value)
    app = draft(app).set_value(json.dumps(content | {"examples": content["examples"][:4]})).run()
    without_error(click(app, "save_prompt"))
    assert int(mine().prompts()[-1].version) == int(content["version"]) + 1


def test_a_damaged_prompt_is_named() -> None:
    folder = default_data_dir() / "prompts"
    folder.mkdir(parents=True)
    (folder / "mine_*_.json").write_text('{"name": 3}')
    [warning] = without_error(open_app(MODELS)).warning
    assert 'mine_*_.json cannot be used: "reading" is missing' in warning.value.replace("\\", "")
    assert "mine_*_.json" not in warning.value, "shown as it is, and not as Markdown"


def a_model_by_script(monkeypatch: pytest.MonkeyPatch, n_failing: int) -> list[object]:
    """A model that is mostly right and leaves its first answers unreadable but for the very first, as few-shot's own.

    Returns: the settings that it was opened with, so far.
    """
    labels = {item.text: item.label for item in load_part(CALIBRATION)}
    [few_shot] = [prompt for prompt in available_prompts() if prompt.name == "few_shot"]
    [digest] = few_shot.calibrations
    asked = 0

    def answer(request: Request) -> ScriptLine:
        nonlocal asked
        label = labels.get(request.prompt.rpartition("Patient: ")[2].removesuffix("\nStatus:"))
        if label is None:  # what the participant of the Live page writes
            return scripted_reply(2.0)
        asked += 1
        if 1 < asked <= 1 + n_failing:
            return UnreadableReply("It answered something else.")
        return scripted_reply((1 if label == Label.CAN_WALK else -1) * (-0.5 if asked % 5 == 0 else 2.0))

    opened: list[object] = []

    def open_backend(key: str, settings: object = None, consent: object = None) -> ScriptedBackend:
        if settings is not None:
            opened.append(settings)
        return ScriptedBackend(answer, digest=digest)

    monkeypatch.setattr(cached, "open_backend", open_backend)
    # It bears the digest of our model, whose replies come with the lab; these are the script's.
    monkeypatch.setattr(cached, "shipped_replies", lambda key: None)
    cached.verdict_cache.clear()
    monkeypatch.setattr(fitting, "N_TO_CALIBRATE", 60)
    return opened


def calibrated(app: AppTest) -> AppTest:
    """The page after a press on Calibrate, when the work is over."""
    app = click(app, "calibrate")
    for work in list(background_jobs()._works):
        assert work.wait(60)
    return app.run()


def few_shot_of_mine() -> tuple[Prompt, Calibration]:
    [prompt] = [prompt for prompt in mine().prompts() if prompt.name == "few_shot"]
    [calibration] = prompt.calibrations.values()
    return prompt, calibration


@pytest.fixture
def words(tmp_path: Path) -> Iterator[None]:
    with word_rule(tmp_path):
        yield


def test_a_calibration_of_ones_own_is_shown_and_forgotten(monkeypatch: pytest.MonkeyPatch, words: None) -> None:
    opened = a_model_by_script(monkeypatch, n_failing=6)
    app = shown(open_app(MODELS), "few_shot")
    _, shipped = few_shot_of_mine()
    assert not [element for element in app.button if element.key.startswith("forget")], "there is none of the person's"
    app = shown(widget(app.selectbox, "judge").set_value("words").run(), "few_shot")
    app = widget(app.slider, "words_sureness").set_value(3.5).run()
    app = without_error(calibrated(app))
    assert opened[-1] == backend_of("words").Settings(sureness=3.5), "the person's settings hold"
    prompt, own = few_shot_of_mine()
    assert own.is_own
    assert "54 statements" in own.fitted_on, "unreadable replies are left out, up to a tenth"
    page = as_markup(app).replace("\\", "")
    assert f"Your calibration for scripted, no model: scale {own.scale:.2f}" in page
    assert shipped.measured is not None
    assert f"which yours replaces: {shipped.measured.sentence}" in page
    assert "On the 54 statements that it was fitted on" in page
    assert "6 were not answered and are left out" in page
    [fit] = fits().values()
    assert sum(item.n for item in fit.before) == sum(item.n for item in fit.after) == 54
    app = without_error(click(app, f"forget_{next(iter(prompt.calibrations))}"))
    assert few_shot_of_mine()[1] == shipped
    assert "Your calibration" not in as_markup(app)


@pytest.mark.parametrize("n_failing", [7, 100])
def test_what_leaves_too_much_unanswered_is_not_calibrated(monkeypatch: pytest.MonkeyPatch, n_failing: int) -> None:
    a_model_by_script(monkeypatch, n_failing)
    app = calibrated(shown(open_app(MODELS), "few_shot"))
    [error] = app.error
    assert "could not answer 7 of the first 8 statements, so nothing is kept" in error.value.replace("\\", "")
    assert not few_shot_of_mine()[1].is_own


@pytest.mark.model
def test_the_judge_at_work_is_calibrated_for_a_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "N_TO_CALIBRATE", 30)
    app = open_app(MODELS)
    app = widget(app.selectbox, "judge").set_value("embedded").run()
    app = shown(app, "able_and_willing")
    app = click(app, "calibrate")
    give_up = time.monotonic() + 120
    while background_jobs().running and time.monotonic() < give_up:
        time.sleep(0.2)
    [prompt] = [prompt for prompt in mine().prompts() if prompt.name == "able_and_willing"]
    [calibration] = [item for item in prompt.calibrations.values() if "30 statements" in item.fitted_on]
    assert calibration.is_fitted
    assert "Your calibration for SmolLM2" in as_markup(without_error(app.run())).replace("\\", "")
