"""The prompts on the Models page, without a browser: read, tried out, copied and edited, calibrated."""

import json
import time

import pytest
from streamlit.testing.v1 import AppTest

from jitai.judge.personal import PersonalJudging, default_data_dir
from jitai.ui import prompts as prompts_ui
from jitai.ui.models import works
from tests.app.driver import as_markup, click, go_to, open_app, state_of, widget, without_error

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
    app = widget(app.selectbox, "prompt_embedded-tuned").set_value("short_one").run()
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


@pytest.mark.model
def test_the_judge_at_work_is_calibrated_for_a_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompts_ui, "N_TO_CALIBRATE", 60)
    app = open_app(MODELS)
    app = widget(app.selectbox, "judge").set_value("embedded").run()
    app = shown(app, "able_and_willing")
    app = click(app, "calibrate")
    give_up = time.monotonic() + 120
    while works().running and time.monotonic() < give_up:
        time.sleep(0.2)
    [prompt] = [prompt for prompt in mine().prompts() if prompt.name == "able_and_willing"]
    [calibration] = [item for item in prompt.calibrations.values() if "60 statements" in item.fitted_on]
    assert calibration.is_fitted
    assert "Calibrated for SmolLM2" in as_markup(without_error(app.run())).replace("\\", "")
