"""What the tests of the pages share: opening the app without a browser, finding widgets, reading what is shown."""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from streamlit.testing.v1 import AppTest

from jitai.records import StepRecord
from jitai.simulator.config import SimulatorConfig
from jitai.trial.settings import spec_from, values_of
from jitai.trial.spec import TrialSpec
from jitai.ui.session.live_run import LiveRun, LiveState
from jitai.ui.session.state import AppState

ROOT = Path(__file__).parents[2]
LIVE, PREFERENCES, SIMULATOR = "pages/live.py", "pages/preferences.py", "pages/simulator.py"
OPTIMUM_PAGE = "pages/optimum.py"
TIMEOUT_S = 60
Kept = TypeVar("Kept")


def open_app(page: str = LIVE) -> AppTest:
    """A new browser session, so to speak, on one page."""
    return go_to(AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S).run(), page)


def go_to(app: AppTest, page: str) -> AppTest:
    """The same session on another page."""
    return app.switch_page(page).run()


def state_of(app: AppTest) -> AppState:
    """What the session remembers."""
    return kept(app, AppState)


def kept(app: AppTest, of: type[Kept]) -> Kept:
    """The session's object of a class."""
    found: Kept = app.session_state[of.__name__]
    return found


def spec_of(app: AppTest) -> TrialSpec:
    """The trial's settings, as the widgets stand."""
    return spec_from(app.session_state, state_of(app).network)


def set_widgets(app: AppTest, **values: Any) -> AppTest:
    """Give widgets values by their keys, as a callback would; the next run shows them."""
    for key, value in values.items():
        app.session_state[key] = value
    return app


def set_config(app: AppTest, config: SimulatorConfig) -> AppTest:
    """Use other simulator settings."""
    return set_widgets(app, **values_of(config))


def live_of(app: AppTest) -> LiveState:
    """What the Live page remembers."""
    return kept(app, LiveState)


def shown_run(app: AppTest) -> LiveRun:
    """The run on the Live page."""
    shown = live_of(app).shown
    assert shown is not None
    return shown


def records_of(app: AppTest) -> list[StepRecord]:
    """The days of the run on the Live page, as far as they have been lived."""
    return list(shown_run(app).so_far.records)


def widget(elements: Iterable[Any], name: str) -> Any:
    """The widget of a key, or the only one whose key begins with it."""
    by_key = {element.key: element for element in elements if element.key and element.key.startswith(name)}
    assert name in by_key or len(by_key) == 1, f"No widget is called {name!r}: {list(by_key)}"
    return by_key.get(name) or next(iter(by_key.values()))


def click(app: AppTest, name: str) -> AppTest:
    """Press a button."""
    return widget(app.button, name).click().run()


def lived(app: AppTest) -> AppTest:
    """The Live page once all that was being read in the background is there."""
    until = time.monotonic() + TIMEOUT_S
    while shown_run(app).at_work:
        assert time.monotonic() < until, "the run is still being read"
        time.sleep(0.05)
        app = app.run()
    return app


def waiting(app: AppTest) -> AppTest:
    """The Live page once its run waits for the person's word, as the judge cannot answer."""
    until = time.monotonic() + TIMEOUT_S
    while not (reading := shown_run(app).reading) or not reading.snapshot().waits_for:
        assert time.monotonic() < until, "the run does not wait"
        time.sleep(0.05)
        app = app.run()
    return app.run()


def lived_by_the_rule(app: AppTest) -> AppTest:
    """The Live page once the person has let the rule stand in for the judge that fails."""
    return lived(click(waiting(app), "go_on_by_rule"))


def open_live() -> AppTest:
    """A new session on the Live page, with the whole run."""
    return lived(without_error(open_app()))


def opened(app: AppTest, *keys: str) -> AppTest:
    """Open parts of the Live page that are closed at first."""
    return set_widgets(app, **dict.fromkeys(keys, True)).run()


def payload_of(app: AppTest) -> dict[str, Any]:
    """What the player was given."""
    [element] = app.get("bidi_component")
    found: dict[str, Any] = json.loads(element.proto.json)[0]
    return found


def without_error(app: AppTest) -> AppTest:
    """Neither a traceback nor an error box is on the page."""
    assert not app.exception, [f"{item.message}\n{item.stack_trace}" for item in app.exception]
    assert not app.error, [item.value for item in app.error]
    return app


def metrics(app: AppTest) -> dict[str, str]:
    """The numbers that are shown large, by label."""
    return {metric.label: metric.value for metric in app.metric}


def as_text(app: AppTest) -> list[str]:
    """All that is shown as plain text, which no browser reads as anything else."""
    return [element.value for element in app.text]


def as_markup(app: AppTest) -> str:
    """All that is shown through Markdown or HTML, labels included: no untrusted character may be live in it."""
    parts: list[str] = []
    for kind in ("markdown", "caption", "title", "header", "subheader", "warning", "info", "error", "success"):
        parts += [element.value for element in getattr(app, kind)]
    parts += [element.proto.body for element in app.get("html")]
    parts += [element.label for element in app.metric] + [element.value for element in app.metric]
    for kind in ("button", "checkbox", "selectbox", "text_input", "text_area", "number_input", "slider", "expander"):
        parts += [element.label for element in getattr(app, kind)]
    return "\n".join(parts)
