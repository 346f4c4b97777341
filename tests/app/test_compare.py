"""The Compare page, without a browser, with a real engine where it runs something."""

import html
import time
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from jitai.experiments.answers import COMPARE as COMPARE_ANSWER
from jitai.experiments.answers import shipped_answer
from jitai.experiments.progress import ExperimentProgress
from jitai.experiments.spec import ExperimentSpec
from jitai.experiments.store import FINISHED, RUNNING, STOPPED
from jitai.simulator.config import DEFAULT_PRESET, PRESETS
from jitai.statistics import interval_of_difference
from jitai.ui.session.page_states import CompareState, Pin
from jitai.ui.widgets import experiment as experiments
from jitai.ui.widgets.hand_over import MadeFiles
from tests.app.driver import (
    ROOT,
    TIMEOUT_S,
    as_markup,
    click,
    go_to,
    kept,
    open_app,
    opened,
    set_widgets,
    state_of,
    widget,
    without_error,
)
from tests.app.stored import SIMULATED, begun, made, methods, small, the_store, when_done

ALONE, JUDGED = "Learner alone", "Learner with judge"
COMPARE, LIVE = "pages/compare.py", "pages/live.py"


def open_page(shown: str = "", **values: Any) -> AppTest:
    """The page with an experiment, and with other values of its widgets."""
    app = set_widgets(open_app(), CompareState=CompareState(shown), **values)
    return go_to(app, COMPARE)


def showing(identifier: str) -> AppTest:
    return without_error(open_page(identifier))


@pytest.mark.parametrize(
    ("n_finished", "status", "seconds_ago", "follows"),
    [(1, RUNNING, 9.0, False), (2, RUNNING, 9.0, True), (2, RUNNING, 0.0, False), (1, FINISHED, 9.0, True)],
)
def test_the_page_is_drawn_again_only_where_a_running_experiment_has_something_new(
    monkeypatch: pytest.MonkeyPatch, n_finished: int, status: str, seconds_ago: float, follows: bool
) -> None:
    now = replace(the_store().experiment(begun(small(), 1)), status=status, n_finished=n_finished)
    drawn: list[str] = []
    monkeypatch.setattr(experiments, "find", lambda identifier: now)
    monkeypatch.setattr(experiments, "progress", lambda identifier, found: drawn.append("bar"))
    monkeypatch.setattr(experiments.st, "rerun", lambda: drawn.append("page"))
    experiments._watch(now.identifier, 1, time.monotonic() - seconds_ago)
    assert drawn[:1] == (["page"] if follows else ["bar"])


def said(app: AppTest) -> str:
    """What is shown, without the signs that keep Markdown quiet."""
    return as_markup(app).replace("\\", "")


def charts(app: AppTest) -> list[str]:
    return [element.proto.spec for element in app.get("plotly_chart")]


def table(app: AppTest) -> Any:
    return next(element.value for element in app.dataframe if "Method" in element.value).set_index("Method")


def totals(identifier: str) -> dict[str, Any]:
    return {item.cell.method.name: item.totals for item in the_store().cells(identifier)}


def test_the_page_opens_with_the_answer_that_came_with_the_lab() -> None:
    app = without_error(go_to(open_app(), COMPARE))
    shipped = shipped_answer(COMPARE_ANSWER)
    assert shipped is not None
    here = {item.cell.method.name: item.totals for item in shipped.stored
            if item.cell.condition.config == PRESETS[DEFAULT_PRESET]}  # fmt: skip
    gain, coin = here["LLM+TS"] - here["TS"], here["LLM+TS"] - here["Coin+TS"]
    assert f"The judge gains :yellow-background[{gain.mean():,.0f} steps] a person" in app.title[0].value
    assert f"listening is worth {coin.mean():,.0f}" in app.header[0].value.replace("\\", "")
    times = here["LLM+tailored"].mean() / here["LLM+TS"].mean()
    assert f"earns {times:.1f} times as much" in app.header[0].value.replace("\\", "")
    assert "1,000 pairs of the same seed" in said(app) and shipped.made_on in said(app)
    run = "7 methods, the same 100 seeds for each; the judge is simulated: it recognises 93 % of those who"
    assert run in said(app)
    assert the_store().experiments() == []
    other = next(item for item in shipped.experiment.spec.conditions() if item.config != PRESETS[DEFAULT_PRESET])
    key = f"compared_condition_{shipped.experiment.identifier}"
    app = without_error(widget(app.selectbox, key).set_value(other.name).run())
    there = {item.cell.method.name: item.totals for item in shipped.stored if item.cell.condition == other}
    assert f"{(there['LLM+TS'] - there['TS']).mean():,.0f} steps" in app.title[0].value


def test_what_was_there_stays_until_something_of_the_new_run_is_finished() -> None:
    old, new = made(small("old", n_seeds=6)), begun(small("new", n_seeds=4), n_finished=0)
    app = set_widgets(open_app(), CompareState=CompareState(shown=new, before=old))
    app = without_error(go_to(app, COMPARE))
    assert "6 pairs of the same seed" not in said(app), "the bar stands in the place of the small print"
    assert app.get("progress") and list(table(app).index) == [ALONE, JUDGED]
    steps = totals(old)
    assert table(app).loc[ALONE, "Steps"] == f"{steps['TS'].mean():,.0f}"


def test_a_run_that_came_with_the_lab_can_be_pinned_beside_one_s_own() -> None:
    shipped = shipped_answer(COMPARE_ANSWER)
    assert shipped is not None
    rule = next(item for item in shipped.stored if item.cell.method.name == "LLM+tailored")
    pin = Pin(shipped.experiment.identifier, rule.key, "One-line rule with judge")
    app = set_widgets(open_app(), CompareState=CompareState(shown=made(small()), pins=[pin]))
    app = without_error(go_to(app, COMPARE))
    assert table(app).loc["One-line rule with judge, pinned", "Steps"] == f"{rule.totals.mean():,.0f}"
    assert not app.warning


def test_another_method_can_be_asked_about() -> None:
    app = showing(made(small(methods=methods("TS", "LLM+TS", "Planner"), n_seeds=6)))
    app = without_error(widget(app.selectbox, "compare_asked").set_value("Planner").run())
    assert "The planner earns" in app.title[0].value


def test_run_gives_an_answer_that_recomputes_and_outlives_the_session() -> None:
    app = open_page(compared_methods=["LLM+TS", "TS"], compared_seeds=6)
    app = click(app, "start_compare")
    identifier = kept(app, CompareState).shown
    app = without_error(when_done(app, identifier))
    assert the_store().experiment(identifier).status == FINISHED
    steps = totals(identifier)
    difference = steps["LLM+TS"] - steps["TS"]
    mean, low, high, _ = interval_of_difference(difference)
    if low > 0 or high < 0:
        colour = "yellow" if mean > 0 else "orange"
        how = "gains" if mean > 0 else "costs"
        marked = f":{colour}-background[{abs(mean):,.0f} steps]"
        assert f"The judge {how} {marked} a person" in app.title[0].value
    else:
        assert app.title[0].value == "No difference can be told"
    assert "6 pairs of the same seed" in said(app)
    assert list(table(app).index) == [ALONE, JUDGED], "RL alone comes first, whatever was chosen first"
    row = table(app).loc[JUDGED]
    assert row["Steps"] == f"{steps['LLM+TS'].mean():,.0f}"
    assert row["95 %, paired"] == f"{low:+,.0f} to {high:+,.0f}".replace("-", "−")
    assert len(charts(app)) == 10, "the first for wide pages and for phones"
    assert "best possible 3,418" in charts(app)[0]

    app = without_error(go_to(go_to(app, LIVE), COMPARE))
    assert list(table(app).index) == [ALONE, JUDGED]
    again = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S)
    again.query_params["experiment"] = identifier
    again = without_error(again.switch_page(COMPARE).run())
    assert list(table(again).index) == [ALONE, JUDGED]
    assert again.query_params["experiment"] == identifier
    assert not state_of(again).address_problem


def test_what_is_finished_is_not_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(compared_methods=["TS"], compared_seeds=5)
    spec = ExperimentSpec(
        f"Compare: {DEFAULT_PRESET}", methods("TS"), participant=PRESETS[DEFAULT_PRESET], n_seeds=5, baseline="TS"
    )
    made(spec)
    monkeypatch.setattr(experiments.Processes, "start", lambda *given: pytest.fail("a process was started"))
    app = without_error(click(app, "start_compare"))
    assert kept(app, CompareState).shown == spec.identifier
    assert "The learner alone earns" in app.title[0].value


@pytest.mark.parametrize(
    ("address", "words"),
    [("../../etc/passwd", "no experiment that could be stored"), ("gone-12345678", "no stored experiment")],
)
def test_an_address_that_names_nothing_is_a_sentence(address: str, words: str) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S)
    app.query_params["experiment"] = address
    app = app.switch_page(COMPARE).run()
    assert not app.exception
    assert words in app.error[0].value.replace("\\", "")
    assert not widget(app.button, "start_compare").disabled, "the page is there all the same"


def test_one_seed_is_an_anecdote() -> None:
    app = showing(made(small(n_seeds=1)))
    assert app.title[0].value == "One study is an anecdote"
    assert table(app).loc[ALONE, "95 %"] == "one seed, no interval"
    assert "nan" not in said(app)
    assert "1 seed" in said(app) and "Fine ticks: single studies" in said(app)


def test_what_is_finished_is_drawn_while_the_rest_runs_and_stop_is_heard() -> None:
    identifier = begun(small(methods=methods("TS", "LLM+TS", "Random"), n_seeds=4), n_finished=1)
    app = showing(identifier)
    assert list(table(app).index) == [ALONE]
    assert "1 of 3 cells finished" in app.get("progress")[0].proto.text.replace("\\", "")
    click(app, f"stop_{identifier}")
    assert the_store().report(identifier, ExperimentProgress()), "the engine is told to stop"


def test_a_stopped_experiment_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = small()
    identifier = begun(spec, n_finished=1)
    the_store().end(identifier, STOPPED)
    app = showing(identifier)
    assert any("1 of 2 cells are finished" in element.value for element in app.info)
    started: list[ExperimentSpec] = []
    monkeypatch.setattr(experiments.Processes, "start", lambda self, wanted, folder, **_: started.append(wanted))
    click(app, f"go_on_{identifier}")
    assert started == [spec]


def test_a_process_that_cannot_start_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = the_store().folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    app = click(open_page(compared_methods=["TS"], compared_seeds=2), "start_compare")
    assert not app.exception
    assert "cannot be written" in app.error[0].value


def test_scenarios_have_a_selector() -> None:
    app = showing(made(small(axes=(("can_walk_persistence", (0.7, 0.95)),))))
    first = table(app).loc[ALONE, "Steps"]
    app = without_error(
        next(item for item in app.selectbox if "compared_condition" in str(item.key)).set_value("p11 0.95").run()
    )
    assert table(app).loc[ALONE, "Steps"] != first


def test_pinned_runs_stand_beside_the_next_and_may_be_the_base() -> None:
    one = made(small("one", participant=PRESETS[DEFAULT_PRESET]))
    two = made(small("two", participant=PRESETS["Ability mostly lasts"]))
    app = showing(one)
    app = widget(app.multiselect, "pin_names").set_value([JUDGED]).run()
    app = click(app, "pin")
    kept(app, CompareState).shown = two
    app = without_error(app.run())
    assert list(table(app).index) == [ALONE, JUDGED, f"{JUDGED}, pinned"]
    expected = totals(one)["LLM+TS"].mean() - totals(two)["TS"].mean()
    assert table(app).loc[f"{JUDGED}, pinned", f"Against {ALONE}"] == f"{expected:+,.0f}".replace("-", "−")
    base = next(item for item in app.selectbox if item.key and item.key.startswith("compare_base"))
    app = without_error(base.set_value(f"{JUDGED}, pinned").run())
    assert f"Against {JUDGED}, pinned" in table(app)
    settings = app.dataframe[-1].value
    assert settings.loc["Able stays able"].to_dict() == {f"{JUDGED}, pinned": "0.7", ALONE: "0.95", JUDGED: "0.95"}
    the_store().delete(one)
    app = without_error(app.run())
    assert list(table(app).index) == [ALONE, JUDGED]
    assert "no longer stored" in said(app)


def test_another_baseline_of_what_is_finished_is_used_without_a_run() -> None:
    one = made(
        ExperimentSpec(
            f"Compare: {DEFAULT_PRESET}", methods("TS", "LLM+TS"), participant=PRESETS[DEFAULT_PRESET],
            judges=(SIMULATED,), n_seeds=5, baseline="TS",
        )
    )  # fmt: skip
    app = without_error(open_page(one, compared_methods=["TS", "LLM+TS"], compared_seeds=5))
    assert f"Against {ALONE}" in table(app)
    app = without_error(widget(app.selectbox, "compared_baseline").set_value("LLM+TS").run())
    assert f"Against {JUDGED}" in table(app)


def test_another_experiment_forgets_the_base_of_the_one_before() -> None:
    state = CompareState(shown="one", base="LLM+TS")
    state.show("two")
    assert (state.shown, state.base) == ("two", "")


def test_runs_of_other_participants_and_of_other_numbers_of_seeds_are_said() -> None:
    one = made(small("one", participant=replace(PRESETS[DEFAULT_PRESET], tailored_message_steps=150.0)))
    two = made(small("two", n_seeds=1))
    app = click(showing(one), "pin")
    kept(app, CompareState).show(two)
    app = without_error(app.run())
    assert "1 to 5 seeds" in said(app)
    assert "no one line" in said(app) and "best possible " not in charts(app)[0]
    assert "n = 1" in charts(app)[0] and "n = 5" in charts(app)[0]


def test_what_a_session_keeps_is_made_anew_when_its_class_is_another() -> None:
    app = open_app()
    set_widgets(app, CompareState=object())
    assert isinstance(kept(without_error(go_to(app, COMPARE)), CompareState), CompareState)


def test_other_seeds_are_not_paired() -> None:
    one, two = made(small("one")), made(small("two", first_seed=100))
    app = showing(one)
    app = click(app, "pin")
    kept(app, CompareState).shown = two
    app = without_error(app.run())
    assert table(app).loc[f"{ALONE}, pinned", f"Against {ALONE}"] == ""
    assert f"Run with other seeds, so not paired: {ALONE}, pinned" in said(app)


def test_a_damaged_file_of_days_is_said_and_the_totals_stay() -> None:
    identifier = made(small())
    key = the_store().cells(identifier)[0].key
    the_store().steps_file(key).write_bytes(b"damaged")
    app = showing(identifier)
    assert any("damaged" in element.value for element in app.warning)
    assert list(table(app).index) == [ALONE, JUDGED]


def test_the_answer_that_came_with_the_lab_is_handed_over_as_a_page() -> None:
    app = without_error(go_to(open_app(), COMPARE))
    app = without_error(opened(app, "compare_hand_over"))
    (made,) = kept(app, MadeFiles).files
    report = html.unescape(made.content.decode())
    for words in (app.title[0].value.split("[")[1].split("]")[0], "A coin that holds back at the same rate gains",
                  "All of the gain is people staying", "In the 7 other settings the difference is"):  # fmt: skip
        assert words in report, words
    assert "Learner with judge (LLM+TS)" in report, "the name in papers and files stands beside the plain one"
