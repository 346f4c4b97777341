"""What the pages say where a part is missing, and its installation at the press of a button."""

import threading

import pytest

from jitai import installation
from jitai.errors import JitaiError
from jitai.installation import MODEL, TRAINING, Part, Report
from jitai.ui.session.resources import installations
from tests.app.driver import as_markup, click, go_to, open_app, widget, without_error

TRAIN, MODELS = "pages/train.py", "pages/models.py"


class Absent:
    """Parts that are missing until they are said to be there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *parts: Part) -> None:
        self.missing = {part.key for part in parts}
        monkeypatch.setattr(Part, "missing", property(lambda part: part.packages if part.key in self.missing else ()))


def readable(text: str) -> str:
    return text.replace("\\", "")


def test_where_nothing_is_missing_nothing_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    Absent(monkeypatch)
    app = without_error(go_to(open_app(), TRAIN))
    assert not widget(app.button, "start_training").disabled
    assert not [button for button in app.button if button.key == "install_training"]


def test_training_is_offered_installed_and_then_started(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = Absent(monkeypatch, TRAINING)
    told, may_end = threading.Event(), threading.Event()

    def install(part: Part, report: Report) -> None:
        assert part is TRAINING
        report("Downloading torch (190 MB)", 0.25)
        told.set()
        assert may_end.wait(30)
        absent.missing.clear()

    monkeypatch.setattr(installation, "install", install)
    app = without_error(go_to(open_app(), TRAIN))
    assert widget(app.button, "start_training").disabled
    sentence = "Training a policy needs torch and stable-baselines3, which are not installed. Run"
    assert sentence in readable(app.info[0].value)
    assert "`python -m jitai install-training`" in app.info[0].value

    app = without_error(click(app, "install_training"))
    assert told.wait(30)
    app = without_error(app.run())
    [bar] = app.get("progress")
    assert (bar.proto.value, readable(bar.proto.text)) == (25, "Downloading torch (190 MB)")
    assert not [button for button in app.button if button.key == "install_training"]

    may_end.set()
    assert installations()[TRAINING.key].wait(30)
    app = without_error(app.run())
    assert sentence not in readable(as_markup(app))
    assert not widget(app.button, "start_training").disabled


def test_a_failure_is_a_sentence_and_the_button_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    Absent(monkeypatch, MODEL)

    def install(part: Part, report: Report) -> None:
        raise JitaiError("The installation failed: <b>no</b> disk.", "Is there a connection to the internet?")

    monkeypatch.setattr(installation, "install", install)
    app = without_error(go_to(open_app(), MODELS))
    app = click(app, "install_model")
    assert installations()[MODEL.key].wait(30)
    app = without_error(app.run())
    assert "failed: <b>no</b> disk" in readable(app.warning[0].value)
    assert "<b>" not in app.warning[0].value
    assert widget(app.button, "install_model").label == "Install now (94 MB)"
