"""The Sweep page, without a browser."""

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from jitai.experiments.answers import SWEEP as SWEEP_ANSWER
from jitai.experiments.answers import shipped_answer
from jitai.experiments.spec import ExperimentSpec
from jitai.experiments.sweep import JUDGE_ERROR, judge_of_error
from jitai.ui.session.page_states import LINE, MAP, SweepState
from jitai.ui.widgets import experiment as experiments
from tests.app.driver import (
    LIVE,
    ROOT,
    TIMEOUT_S,
    as_markup,
    click,
    go_to,
    kept,
    open_app,
    payload_of,
    records_of,
    set_widgets,
    spec_of,
    widget,
    without_error,
)
from tests.app.stored import made, methods, small, the_store, when_done

SWEEP = "pages/sweep.py"


def open_page(view: str = MAP, shown: str = "", **values: Any) -> AppTest:
    """The page with an experiment in one view, and with other values of its widgets."""
    state = SweepState({MAP: "", LINE: ""} | {view: shown}, of_address="")
    return go_to(set_widgets(open_app(), SweepState=state, sweep_view=view, **values), SWEEP)


def axis(of: str, name: str, low: float, high: float, n: int) -> dict[str, Any]:
    """The widgets' values of one axis."""
    ends = {f"swept_{of}_low_{name}": low, f"swept_{of}_high_{name}": high}
    return {f"swept_{of}": name, f"swept_{of}_n": n} | ends


def said(app: AppTest) -> str:
    return as_markup(app).replace("\\", "")


def a_map() -> str:
    return made(small(axes=(("can_walk_persistence", (0.7, 0.95)), ("disengagement_increment", (0.05, 0.4)))))


def test_a_map_is_run_and_said_in_words() -> None:
    app = open_page(
        **axis("x", "can_walk_persistence", 0.7, 0.9, 2), **axis("y", JUDGE_ERROR, 0.0, 0.5, 2), swept_seeds=4
    )
    assert "2 x 2 places, Learner with judge against Learner alone, 4 seeds in each, 6 cells" in said(app)
    app = click(app, "start_sweep")
    app = without_error(when_done(app, kept(app, SweepState).shown[MAP]))
    cells = {
        (dict(item.cell.condition.values)["can_walk_persistence"], item.cell.method.name, item.cell.judge): item.totals
        for item in the_store().cells(kept(app, SweepState).shown[MAP])
    }
    for able in (0.7, 0.9):
        for error in (0.0, 0.5):
            difference = (cells[able, "LLM+TS", judge_of_error(error)] - cells[able, "TS", None]).mean()
            assert f"{difference:+,.0f}" in app.get("plotly_chart")[0].proto.spec
    assert "The judge" in app.title[0].value or "No difference" in app.title[0].value
    assert "4 pairs of the same seed" in said(app)


def test_the_page_opens_with_the_map_that_came_with_the_lab() -> None:
    app = without_error(open_page())
    shipped = shipped_answer(SWEEP_ANSWER)
    assert shipped is not None
    assert "The judge :yellow-background[pays] if it misreads under" in app.title[0].value
    assert "400 pairs of the same seed" in said(app)
    key = f"mapped_base_{shipped.experiment.identifier}"
    app = without_error(widget(app.selectbox, key).set_value("Coin+TS").run())
    assert app.title[0].value.startswith("Listening ")
    assert the_store().experiments() == []


def steps_in_the_cell(identifier: str, method: str, place: dict[str, Any], seed: int) -> list[float]:
    """The steps of each day of one seed, as they are stored."""
    [stored] = [
        item for item in the_store().cells(identifier)
        if item.cell.method.name == method
        and dict(item.cell.condition.values) == {name: value for name, value in place.items() if name != JUDGE_ERROR}
        and (JUDGE_ERROR not in place or item.cell.judge == judge_of_error(place[JUDGE_ERROR]))
    ]  # fmt: skip
    table = the_store().steps(stored.key, ("seed", "day", "step_count"))
    steps: list[float] = table[table["seed"] == seed].sort_values("day")["step_count"].tolist()
    return steps


def opened_cell(identifier: str, number: int) -> AppTest:
    app = without_error(open_page(shown=identifier))
    app = widget(app.selectbox, "chosen_cell").set_value(number).run()
    return without_error(click(app, "open_cell"))


def test_a_cell_opens_on_the_live_page_as_the_very_cell() -> None:
    identifier = made(
        small(
            methods=(replace(methods("Planner")[0], model={"context_noise": 0.9}), *methods("TS")),
            axes=(("can_walk_persistence", (0.7, 0.95)),), judges=(judge_of_error(0.05), judge_of_error(0.35)),
            baseline="TS",
        )
    )  # fmt: skip
    app = opened_cell(identifier, 3)
    assert app.title[0].value.startswith("What does the policy do")
    assert [record.step_count for record in records_of(app)] == steps_in_the_cell(
        identifier, "Planner", {"can_walk_persistence": 0.95, JUDGE_ERROR: 0.35}, 0
    )
    spec = spec_of(app)
    assert (spec.config.can_walk_persistence, spec.policy.key) == (0.95, "planner")
    assert (app.session_state["simulated_finds_cannot_walk"], app.session_state["simulated_false_alarms"]) == (
        0.65,
        0.35,
    )
    assert "This is the scenario of the cell" in said(app)
    again = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S)
    for name in app.query_params:
        again.query_params[name] = app.query_params[name]
    assert records_of(without_error(again.run())) == records_of(app)
    app = go_to(app, LIVE)
    app = without_error(widget(app.slider, "simulated_false_alarms").set_value(0.0).run())
    assert "this is a new run" in said(app)
    assert payload_of(app)["detail"].startswith("seed 0, simulated, finds 0.65, false alarms 0")


def test_a_cell_with_other_settings_of_the_participant_opens_too() -> None:
    identifier = a_map()
    app = opened_cell(identifier, 3)
    spec = spec_of(app)
    assert (spec.config.can_walk_persistence, spec.config.disengagement_increment) == (0.95, 0.4)
    assert (spec.policy.key, spec.filter.key) == ("thompson", "veto")
    place = {"can_walk_persistence": 0.95, "disengagement_increment": 0.4}
    assert [record.step_count for record in records_of(app)] == steps_in_the_cell(identifier, "LLM+TS", place, 0)
    assert widget(go_to(app, "pages/preferences.py").selectbox, "judge").value != "simulated", "it reads no words"


def test_a_long_name_of_a_method_is_cut_in_the_sweep_s() -> None:
    app = without_error(
        open_page(
            **axis("x", "cannot_walk_disengagement", 0.1, 0.4, 2), **axis("y", "cannot_walk_persistence", 0.1, 0.9, 2),
            swept_method="LLM+PPO, no belief", swept_baseline="Planner, no text",
        )
    )  # fmt: skip
    assert not widget(app.button, "start_sweep").disabled


def test_an_address_that_names_nothing_leaves_the_page_in_place() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S)
    app.query_params["experiment"] = "../../etc/passwd"
    app = app.switch_page(SWEEP).run()
    assert not app.exception
    assert "no experiment that could be stored" in app.error[0].value
    assert not widget(app.button, "start_sweep").disabled


def test_settings_of_a_link_that_cannot_be_used_are_said_on_the_page_that_it_opens() -> None:
    live = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S)
    live.query_params["study_length"] = "a year"
    assert "address are not used" in live.run().warning[0].value
    assert "address are not used" in live.run().warning[0].value
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S)
    app.query_params["study_length"] = "a year"
    app = app.switch_page(SWEEP).run()
    assert "address are not used" in app.warning[0].value
    assert "address are not used" in app.run().warning[0].value
    assert not any("address are not used" in element.value for element in go_to(app, "pages/compare.py").warning)


def test_the_error_at_which_the_filter_stops_paying() -> None:
    errors = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    cheap = {"cannot_walk_disengagement": 0.05, "habituation_increment": 0.0}
    participant = small().participant
    spec = small(
        participant=type(participant)(**(participant.as_mapping() | cheap)),  # type: ignore[arg-type]
        judges=tuple(judge_of_error(error) for error in errors), n_seeds=40,
    )  # fmt: skip
    app = without_error(open_page(LINE, made(spec)))
    assert "if the judge misreads under" in app.title[0].value
    assert "Learner with judge stops paying where the judge errs on" in said(app)
    assert "40 paired seeds" in said(app)
    assert "stops paying at" in app.get("plotly_chart")[0].proto.spec


@pytest.mark.parametrize(("number", "method", "error"), [(2, "LLM+TS", 0.3), (3, "TS", None)])
def test_a_point_of_the_line_opens_on_the_live_page_as_the_very_run(
    number: int, method: str, error: float | None
) -> None:
    usual = small().participant
    participant = type(usual)(**(usual.as_mapping() | {"can_walk_persistence": 0.7}))  # type: ignore[arg-type]
    identifier = made(small(participant=participant, judges=tuple(judge_of_error(error) for error in (0.0, 0.3))))
    app = without_error(open_page(LINE, identifier))
    app = widget(app.selectbox, "chosen_point").set_value(number).run()
    app = without_error(click(app, "open_point"))
    place = {} if error is None else {JUDGE_ERROR: error}
    steps = steps_in_the_cell(identifier, method, place, 0)
    assert [record.step_count for record in records_of(app)] == steps
    others = [steps_in_the_cell(identifier, "TS", {}, 0), *(
        steps_in_the_cell(identifier, "LLM+TS", {JUDGE_ERROR: other}, 0) for other in (0.0, 0.3)
    )]  # fmt: skip
    assert others.count(steps) == 1, "no other cell would do"
    shown = {"LLM+TS": "Learner with judge", "TS": "Learner alone"}[method]
    assert f"This is the scenario of the cell {shown}, “Judge's error rate” 30 %" in said(app)


def test_the_example_in_which_it_stops_paying_is_ready_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[ExperimentSpec] = []
    monkeypatch.setattr(experiments.Processes, "start", lambda self, wanted, folder, **_: started.append(wanted))
    app = without_error(click(open_page(), "sweep_example"))
    app = click(app, "start_sweep")
    (spec,) = started
    assert spec.participant.cannot_walk_disengagement == 0.05
    assert [name for name, _ in spec.axes] == ["habituation_increment"]
    assert len(spec.judges) == 6


def test_a_range_that_is_none_is_a_sentence() -> None:
    app = open_page(**axis("x", "can_walk_persistence", 0.9, 0.5, 3))
    assert not app.exception
    assert "the first must be the smaller" in app.error[0].value
    assert widget(app.button, "start_sweep").disabled


def test_another_parameter_brings_its_own_range() -> None:
    app = widget(open_page().selectbox, "swept_x").set_value("context_noise").run()
    app = without_error(app)
    shown = {item.key: item.value for item in app.number_input}
    assert (shown["swept_x_low_context_noise"], shown["swept_x_high_context_noise"]) == (0.1, 1.0)
    assert "5 x 6 places" in said(app)


def test_an_experiment_that_is_no_sweep_is_said_to_be_none() -> None:
    app = without_error(open_page(shown=made(small())))
    assert "cannot show the experiment" in said(app)
