"""Start, Stories and About: the first things that a stranger sees, and the ways on from them."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from jitai.glossary import TERMS
from jitai.judge.embedded import EmbeddedBackend
from jitai.stories.story import story_names
from jitai.ui.navigation import ABOUT, DOORS, EVIDENCE, JUDGE, LIVE, MODEL, PAGES, PLAY, START
from jitai.ui.widgets.page import Visits
from tests.app.driver import (
    ROOT,
    TIMEOUT_S,
    as_markup,
    click,
    go_to,
    kept,
    lived,
    open_app,
    payload_of,
    shown_run,
    spec_of,
    widget,
    without_error,
)

STORIES = "pages/stories.py"


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page here may ask a model: what the judges say was shipped."""

    def asked(*_: object) -> None:
        raise AssertionError("a model was asked")

    monkeypatch.setattr(EmbeddedBackend, "complete", asked)
    monkeypatch.setattr(EmbeddedBackend, "warm_up", lambda self, opening: None)


def start() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S)


def test_start_plays_a_run_by_itself_and_has_three_doors() -> None:
    app = without_error(start().run())
    payload = payload_of(app)
    assert payload["options"]["plays"] and payload["options"]["small"] and not payload["options"]["can_fork"]
    assert len(payload["run"]["steps"]) == 50 and payload["reference"]["left_on"] == 5
    assert "truth" not in payload["run"], "nothing here reveals it"
    assert "not a pedometer" in as_markup(app)
    assert [door.title for door in DOORS] == ["Lesson", "Play", "Design a study"]
    for number, door in enumerate(DOORS):
        assert (ROOT / door.path).is_file()
        opened = click(without_error(start().run()), f"open_door_{number}")
        assert kept(without_error(opened), Visits).last == door.path


def test_an_address_of_before_there_was_a_start_page_opens_live() -> None:
    app = start()
    app.query_params["seed"] = "7"
    app.query_params["policy"] = "generic"
    app = lived(without_error(app.run()))
    assert (spec_of(app).seed, spec_of(app).policy.key) == (7, "generic")
    assert shown_run(app).scenario.spec.seed == 7


def test_one_comes_back_to_where_one_was() -> None:
    app = without_error(widget(open_app(LIVE).number_input, "seed").set_value(77).run())
    back = without_error(go_to(app, START))
    assert "Go on where you were: Live" in [link.proto.label for link in back.get("page_link")]
    assert spec_of(without_error(go_to(back, LIVE))).seed == 77


def test_there_are_four_groups_and_every_page_has_its_place() -> None:
    assert list(dict.fromkeys(entry.group for entry in PAGES)) == [PLAY, EVIDENCE, JUDGE, MODEL]
    files = {path.relative_to(ROOT).as_posix() for path in (Path(ROOT) / "pages").glob("*.py")}
    assert files - {START} == {entry.path for entry in PAGES}
    assert len({entry.title for entry in PAGES}) == len(PAGES)


def test_about_explains_every_word() -> None:
    app = without_error(open_app(ABOUT))
    shown = " ".join(str(table.value.to_csv()) for table in app.table)
    for term in TERMS:
        assert term.name in shown
    assert "They do not say" in as_markup(app) and "no medical advice" in as_markup(app)


@pytest.mark.parametrize("name", story_names())
def test_a_story_opens_by_link_and_has_a_report_to_hand_over(name: str) -> None:
    app = without_error(open_app(STORIES))
    app.session_state["story"] = name
    app = without_error(app.run())
    payload = payload_of(app)
    assert payload["identity"] == f"story-{name}" and payload["options"]["scenes"][0]["day"] == 0
    assert app.query_params["story"] in (name, [name])
