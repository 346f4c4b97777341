"""The Runs page, without a browser."""

import io
import json
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from jitai.corpus import CALIBRATION, TEST, load_part
from jitai.experiments import engine
from jitai.experiments.cell import run_cell
from jitai.experiments.engine import OpenJudge
from jitai.experiments.progress import ExperimentProgress, Phase
from jitai.experiments.spec import ExperimentSpec, JudgeChoice
from jitai.experiments.store import INTERRUPTED
from jitai.records import Label
from jitai.sanitise import for_markdown
from jitai.trial.verdict_table import PreparedJudge
from jitai.ui.pages import runs
from jitai.ui.pages.runs import EXAMPLE
from jitai.ui.session.page_states import MAP, CompareState, SweepState
from jitai.ui.widgets import experiment as experiments
from tests.app.driver import (
    as_markup,
    as_text,
    click,
    go_to,
    kept,
    open_app,
    opened,
    widget,
    without_error,
)
from tests.app.stored import made, methods, small, the_store

RUNS = "pages/runs.py"
HOSTILE = b"""name: <img src=x onerror=alert(1)>
methods: [{policy: thompson}]
"""


def open_page() -> AppTest:
    return without_error(go_to(open_app(), RUNS))


def said(app: AppTest) -> str:
    return as_markup(app).replace("\\", "")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[ExperimentSpec]:
    """What would have been started in a process."""
    wanted: list[ExperimentSpec] = []
    monkeypatch.setattr(experiments.Processes, "start", lambda self, spec, folder, **_: wanted.append(spec))
    return wanted


def test_an_empty_store_says_what_will_stand_here() -> None:
    assert "Nothing is stored yet" in said(open_page())


def test_experiments_are_found_by_words_of_their_name_methods_and_status() -> None:
    made(small("first one"))
    made(small("second one", methods=methods("Random"), judges=()))
    app = open_page()
    assert [name for name in as_text(app) if "one" in name] == ["second one", "first one"]
    assert "2 of 2 experiments" in said(app)
    app = without_error(widget(app.text_input, "runs_wanted").set_value("FINISHED llm+ts").run())
    assert [name for name in as_text(app) if "one" in name] == ["first one"]
    app = without_error(widget(app.text_input, "runs_wanted").set_value("nothing like it").run())
    assert "0 of 2 experiments" in said(app)


def test_opening_leads_to_compare_or_sweep() -> None:
    plain_one = made(small())
    grid = made(small("grid", axes=(("can_walk_persistence", (0.7, 0.9)), ("context_noise", (0.2, 0.4)))))
    app = open_page()
    assert not [button for button in app.button if button.key == f"sweep_{plain_one}"]
    app = without_error(click(app, f"compare_{plain_one}"))
    assert kept(app, CompareState).shown == plain_one
    assert "a person" in app.title[0].value or app.title[0].value == "No difference can be told"
    app = without_error(click(go_to(app, RUNS), f"sweep_{grid}"))
    assert kept(app, SweepState).shown[MAP] == grid
    assert "on this map" in app.title[0].value or "The judge" in app.title[0].value


def test_nothing_is_deleted_by_one_click_and_shared_cells_stay() -> None:
    one, two = made(small("one")), made(small("two", methods=methods("TS", "Random"), judges=()))
    shared = the_store().cells(two)[0].key
    assert shared in {item.key for item in the_store().cells(one)}
    app = click(open_page(), f"delete_{one}")
    assert len(the_store().experiments()) == 2
    app = click(app, f"keep_{one}")
    assert not [button for button in app.button if button.key == f"really_{one}"]
    app = click(click(app, f"delete_{one}"), f"really_{one}")
    without_error(app)
    assert [item.identifier for item in the_store().experiments()] == [two]
    assert len(the_store().cells(two)) == 2
    assert the_store().steps_file(shared).is_file()


def test_a_deleted_experiment_is_not_said_to_have_failed() -> None:
    identifier = made(small())
    log = the_store().folder / "descriptions" / f"{identifier}.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("2 of 2 cells finished")
    app = go_to(open_app(), RUNS)
    app = without_error(click(click(app, f"delete_{identifier}"), f"really_{identifier}"))
    assert not log.exists()
    log.write_text("2 of 2 cells finished")
    assert "deleted" in experiments.not_there(identifier).hint


@pytest.mark.parametrize("content", [None, b"", b"no database at all"])
def test_a_lost_index_is_said_and_rebuilt(content: bytes | None) -> None:
    identifier = made(small())
    index = the_store().folder / "index.sqlite"
    if content is None:
        index.unlink()
    else:
        index.write_bytes(content)
    app = go_to(open_app(), RUNS)
    assert not app.exception and "The index of results is lost or damaged" in said(app)
    app = without_error(click(app, "repair_store"))
    assert "1 experiment with 2 cells in the new index." in said(app)
    assert the_store().experiment(identifier).n_finished == 2
    app = without_error(app.run())
    assert "lost or damaged" not in said(app) and f"delete_{identifier}" in {button.key for button in app.button}


def test_an_export_holds_everything() -> None:
    identifier = made(small())
    files = runs._files(the_store().experiment(identifier))
    with zipfile.ZipFile(io.BytesIO(files[0].content)) as archive:
        names = archive.namelist()
        about = json.loads(archive.read("experiment.json"))
    assert about["experiment"] == small().as_mapping()
    assert {"figures.csv", *(f"steps/{item.key}.parquet" for item in the_store().cells(identifier))} <= set(names)
    assert files[1].content.startswith(b"format:")
    app = open_page()
    assert not app.get("download_button"), "nothing is made before somebody asks"
    app = without_error(opened(app, f"hand_over_{identifier}"))
    before = [(button.proto.url, button.proto.deferred_file_id) for button in app.get("download_button")]
    assert len(before) == 2 and all(url and not deferred for url, deferred in before)
    app = without_error(app.run())
    assert [button.proto.url for button in app.get("download_button")] == [url for url, _ in before], "still there"


def test_an_interrupted_experiment_goes_on(started: list[ExperimentSpec], monkeypatch: pytest.MonkeyPatch) -> None:
    spec = small()
    the_store().begin(spec)
    monkeypatch.setattr("jitai.experiments.store.SECONDS_WITHOUT_HEARTBEAT", -1.0)
    assert the_store().experiment(spec.identifier).status == INTERRUPTED
    app = open_page()
    assert "interrupted" in said(app)
    without_error(click(app, f"continue_{spec.identifier}"))
    assert started == [spec]


def prepared(certainty: float) -> OpenJudge:
    """Opens a judge that is right everywhere, and as sure as is said."""
    p_send = {
        item.text: certainty if item.label == Label.CAN_WALK else 1 - certainty
        for part in (TEST, CALIBRATION)
        for item in load_part(part)
    }
    return lambda choice: (PreparedJudge(p_send), "prepared")


def test_what_a_language_model_has_read_is_run_again_in_case_it_reads_otherwise_now(
    started: list[ExperimentSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new adapter or calibration bears the old one's name: whether anything has changed, only a run can tell."""
    spec = small(judges=(JudgeChoice("embedded-tuned"),), kinds=("consent",), methods=methods("TS", "LLM+TS, belief"))
    identifier = made(spec, prepared(0.9))
    of_a_simulated_judge = made(small("simulated"))
    app = without_error(click(open_page(), f"continue_{identifier}"))
    assert started == [spec]
    assert not [button for button in app.button if button.key == f"continue_{of_a_simulated_judge}"]
    experiments.run_now(small("simulated"))
    assert started == [spec], "nothing can have changed there"

    before = {item.key: item.totals.tolist() for item in the_store().cells(identifier)}
    ran: list[str] = []
    monkeypatch.setattr(engine, "run_cell", lambda work: ran.append(work.key) or run_cell(work))
    made(spec, prepared(0.9))
    assert not ran and {item.key: item.totals.tolist() for item in the_store().cells(identifier)} == before
    made(spec, prepared(0.6))
    assert len(ran) == 1 and len(before.keys() & {item.key for item in the_store().cells(identifier)}) == 1


def test_while_a_judge_reads_again_the_cells_of_before_are_no_progress() -> None:
    identifier = made(small())
    the_store().begin(small())
    the_store().report(identifier, ExperimentProgress(Phase.JUDGING, "embedded *x*", 10, 40, 120.0))
    (shown,) = open_page().get("progress")
    assert shown.proto.text == for_markdown("embedded *x* reads statements: 10 of 40, about 2 min left")
    assert shown.proto.value == 25
    the_store().report(identifier, ExperimentProgress(Phase.RUNNING_CELLS, "", 0, 2))
    (shown,) = open_page().get("progress")
    assert "2 of 2 cells finished" in shown.proto.text


def test_a_description_is_run_from_a_file(started: list[ExperimentSpec]) -> None:
    app = open_page().file_uploader[0].set_value(("grid.yaml", EXAMPLE.encode(), "application/yaml")).run()
    without_error(app)
    assert "TS and LLM+TS in two cells: 2 participants x 3 methods x 1 judge x 100 seeds, 6 cells" in said(app)
    app = click(app, "run_description")
    assert [spec.name for spec in started] == ["TS and LLM+TS in two cells"]
    assert kept(app, CompareState).shown == started[0].identifier


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HOSTILE, "name is"),
        (b"name: x\nmethods: [{policy: tompson}]", "did you mean 'thompson'"),
        (b"name: x\nseeds: {count: 0}\nmethods: [{policy: thompson}]", "seeds.count is 0"),
        (b"{", "neither YAML nor JSON"),
        (b"\xff\xfe\x00", "neither YAML nor JSON"),
    ],
)
def test_a_description_that_cannot_be_used_names_its_field(text: bytes, words: str) -> None:
    identifier = made(small())
    app = open_page().file_uploader[0].set_value(("grid.yaml", text, "application/yaml")).run()
    assert not app.exception
    assert words in app.error[0].value.replace("\\", "")
    assert "<img" not in as_markup(app).replace("\\<", ""), "no sign is live"
    assert widget(app.button, "run_description").disabled
    assert the_store().experiment(identifier), "nothing that is stored is lost"
