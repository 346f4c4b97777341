"""Lessons, the class and the game as pages; what they draw is tested by node and in a browser."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from jitai.ui.pages import class_results, decide, lessons
from jitai.ui.pages.decide import DecideState
from jitai.ui.session.lessons import shipped_lessons
from jitai.ui.widgets.game import GameRequest, game_request
from tests.app.driver import kept, open_app, without_error

LESSONS, CLASS, DECIDE = "pages/lessons.py", "pages/class.py", "pages/decide.py"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the lesson's component is given."""
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(lessons, "lesson_view", lambda payload, key: given.append(payload))
    return given


def said(app: AppTest) -> str:
    return " ".join(item.value for kind in (app.error, app.warning, app.success) for item in kind)


def test_the_list_opens_a_lesson_and_a_link_opens_its_step(shown: list[dict[str, Any]]) -> None:
    app = without_error(open_app(LESSONS))
    assert len([button for button in app.button if button.key.startswith("begin_")]) == len(shipped_lessons()) >= 8
    without_error(app.button(key="begin_noisy-context").click().run())
    assert shown[-1]["lesson"]["id"] == "noisy-context"
    assert app.query_params["lesson"] == "noisy-context"
    without_error(app.button(key="all_lessons").click().run())
    assert "lesson" not in app.query_params
    app.query_params["lesson"] = "<b>nothing"
    without_error(app.run())
    assert "no lesson" in said(app)


def test_an_edited_lesson_is_checked_and_opened(shown: list[dict[str, Any]]) -> None:
    app = without_error(open_app(LESSONS))
    text = shipped_lessons()["noisy-context"].decode()
    wrong = text.replace("minutes: 7", "minutes: 9").replace("claims: [gain a < 0", "claims: [gain a > 0")
    app.file_uploader(key="own_lesson").set_value(("mine.yaml", wrong.encode(), "text/yaml")).run()
    assert "cannot be taught yet" in said(app) and "add up to 7" in said(app)
    untrue = text.replace("claims: [gain a < 0", "claims: [gain a > 0").encode()
    app.file_uploader(key="own_lesson").set_value(("mine.yaml", untrue, "text/yaml")).run()
    assert "not true of these runs" in said(app).replace("\\", "")
    mine = text.replace("id: noisy-context", "id: mine").replace("title: When the sensor guesses", "title: Mine")
    without_error(app.file_uploader(key="own_lesson").set_value(("mine.yaml", mine.encode(), "text/yaml")).run())
    assert "can be taught" in said(app)
    without_error(app.button(key="open_own").click().run())
    assert shown[-1]["lesson"]["title"] == "Mine"


def test_a_student_gets_the_lesson_and_nothing_of_the_teachers(shown: list[dict[str, Any]]) -> None:
    app = open_app(LESSONS)
    app.query_params.update({"lesson": "holding-back", "student": "1"})
    without_error(app.run())
    assert shown[-1]["lesson"]["id"] == "holding-back"
    assert not app.button and not app.get("download_button") and not app.code
    links = [person["live"] for person in shown[-1]["people"].values()]
    assert all(link.startswith("live?") and len(link) < 7000 for link in links), "each person's run opens on Live"


def test_the_link_for_students_is_whole_and_has_no_notes(shown: list[dict[str, Any]]) -> None:
    app = open_app(LESSONS)
    app.query_params.update({"lesson": "holding-back", "step": "5", "notes": "1"})
    without_error(app.run())
    assert not app.code, "the window of notes has its own"
    del app.query_params["notes"]
    without_error(app.run())
    assert [item.value.partition("/lessons")[2] for item in app.code] == ["?lesson=holding-back&student=1"]


def test_the_class_page_shows_the_example_until_files_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(class_results, "class_view", lambda payload, key: given.append(payload))
    app = open_app(CLASS)
    without_error(app.selectbox(key="class_lesson").set_value("noisy-context").run())
    assert "invented" in given[-1]["example"]
    assert "ranges hold the truth" in given[-1]["headline"]
    without_error(app.file_uploader(key="class_files").set_value([("a.json", b"{}", "application/json")]).run())
    assert "Left out: 1" in said(app)


def test_a_game_is_played_to_its_reveal(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []
    asked: list[GameRequest] = []

    def drawn(payload: dict[str, Any], *, key: str) -> GameRequest | None:
        given.append(payload)
        return asked[-1] if asked else None

    monkeypatch.setattr(decide, "game_view", drawn)
    app = without_error(open_app(DECIDE))
    assert given[-1]["today"] and "end" not in given[-1]
    asked.append(GameRequest(1, "", "act", 2))
    without_error(app.run())
    assert kept(app, DecideState).game.actions == (2,) and given[-1]["answered"] == 1
    without_error(app.run())
    assert kept(app, DecideState).game.actions == (2,), "the same request is answered once"
    for number in range(2, 12):
        asked.append(GameRequest(number, "", "five", None))
        without_error(app.run())
    assert "end" in given[-1] and len(given[-1]["lived"]) == len(given[-1]["end"]["costs"])
    asked.append(GameRequest(20, "", "new", None))
    without_error(app.run())
    assert "end" not in given[-1] and not given[-1]["lived"]


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "x",
        {},
        {"number": "1", "identity": "", "what": "act", "action": 1},
        {"number": 1, "identity": "", "what": "x"},
        {"number": 1, "identity": "", "what": "act", "action": 4},
        {"number": 1, "identity": "", "what": "act", "action": True},
        {"number": 1, "identity": 3, "what": "new"},
    ],
)
def test_what_a_browser_sends_is_checked(sent: object) -> None:
    assert game_request(sent) is None
