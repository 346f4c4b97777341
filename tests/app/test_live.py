"""The Live page, without a browser: settings, days that arrive, numbers and log, the hidden truth, judges that fail."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from jitai.errors import ModelMissing, ServerUnreachable
from jitai.judge.base import Reply
from jitai.judge.embedded import EmbeddedBackend
from jitai.judge.scripted import ScriptedBackend
from jitai.policies.registry import POLICIES, PolicySpec
from jitai.records import Decision, VerdictSource
from jitai.simulator.config import PRESETS
from jitai.trial.filters import NONE
from jitai.trial.log import TRUTH_COLUMNS
from jitai.trial.spec import LEARNED
from jitai.trial.summary import summarise
from jitai.ui.pages.live_hand_over import HAND_OVER
from jitai.ui.pages.live_results import DAY_IN_FULL, LOG
from jitai.ui.session import resources
from jitai.ui.widgets.player import ForkRequest, Viewer
from tests.app.driver import (
    LIVE,
    PREFERENCES,
    ROOT,
    SIMULATOR,
    as_markup,
    as_text,
    click,
    go_to,
    live_of,
    lived,
    lived_by_the_rule,
    metrics,
    open_app,
    open_live,
    opened,
    payload_of,
    records_of,
    shown_run,
    spec_of,
    state_of,
    waiting,
    widget,
    without_error,
)

Send = Callable[..., AppTest]


def without_filter() -> AppTest:
    """The page with a run that nobody has to read."""
    return without_error(widget(open_app().selectbox, "strategy").set_value(NONE).run())


def at_rest(app: AppTest, day: int, revealed: bool = False, line: str = "run") -> Viewer:
    return Viewer(payload_of(app)["identity"], day, line, revealed)


@pytest.mark.model
def test_the_first_run_needs_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    may_load, was_asked, is_loaded = threading.Event(), threading.Event(), threading.Event()
    load = EmbeddedBackend.complete

    def load_when_allowed(self: EmbeddedBackend, request: Any) -> Reply:
        was_asked.set()
        may_load.wait(20)
        is_loaded.set()
        return load(self, request)

    monkeypatch.setattr(EmbeddedBackend, "complete", load_when_allowed)
    try:
        app = without_error(open_app())
        assert not app.warning
        assert payload_of(app)["run"]["complete"] is True, "every verdict is remembered"
        assert was_asked.wait(5), "the model is loaded in the background as soon as the first page is drawn"
        assert not is_loaded.is_set()
    finally:
        may_load.set()


def test_days_arrive_as_they_are_read_and_the_script_does_not_wait(
    scripted: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = threading.Semaphore(3)
    complete = EmbeddedBackend.complete

    def one_at_a_time(self: EmbeddedBackend, request: Any) -> Reply:
        assert steps.acquire(timeout=30)
        return complete(self, request)

    monkeypatch.setattr(EmbeddedBackend, "complete", one_at_a_time)
    app = without_error(open_app())
    while len(scripted.requests) < 3:
        app = app.run()
    arrived = payload_of(without_error(app.run()))
    n_arrived = len(arrived["run"]["steps"])
    assert 0 < n_arrived < arrived["days"]
    assert (arrived["run"]["complete"], len(records_of(app))) == (False, n_arrived)
    app = opened(app, LOG, HAND_OVER)
    assert not list(app.get("download_button")), "nothing is handed over before all days are there"
    [log] = [element.value for element in app.dataframe]
    assert len(log) == n_arrived and f"{n_arrived} days so far, more are being read" in as_markup(app)
    steps.release(1000)
    whole = payload_of(lived(app))
    assert whole["run"]["complete"] is True
    assert "short" not in whole["reference"], "the twin has one name, everywhere"
    assert whole["identity"] == arrived["identity"], "the player goes on where it stands"
    assert whole["axes"]["steps_so_far"] == arrived["axes"]["steps_so_far"], "no scale moves"
    assert whole["run"]["steps"][:n_arrived] == arrived["run"]["steps"]
    assert len(whole["run"]["split"]["stayed"]) >= len(whole["run"]["steps"])


@pytest.mark.model
def test_the_numbers_add_up(send: Send) -> None:
    app = open_live()
    records, twin = records_of(app), shown_run(app).twin.records
    assert {record.verdict.source for record in records if record.verdict} >= {VerdictSource.REMEMBERED}
    app = send(opened(app, LOG), at_rest(app, len(records), revealed=True))
    summary, alone = summarise(records), summarise(twin)
    assert summary.n_vetoes > 0
    assert summary.n_failures == 0
    shown = metrics(app)
    assert f"{len(records)} of {spec_of(app).config.study_length}" in shown.values()
    assert shown["Steps"] == f"{summary.total_steps:,.0f}"
    assert shown["Steps gained"] == f"{round(summary.total_steps) - round(alone.total_steps):+,}"
    assert shown["Held back rightly"] == f"{summary.n_right_vetoes} of {summary.n_known_vetoes}"
    assert shown["Agrees with truth"] == f"{100 * summary.n_agreeing / summary.n_known_days:.0f} %"
    [log] = [element.value for element in app.dataframe]
    assert len(log) == len(records)


def test_the_card_in_full_is_that_of_the_day_at_rest(scripted: ScriptedBackend, send: Send) -> None:
    app = opened(open_live(), DAY_IN_FULL)
    records = records_of(app)
    assert payload_of(app)["options"]["tells_viewer"] is True, "the player is asked to tell its day"
    day = next(number for number, record in enumerate(records, 1) if record.statement)
    app = send(app, at_rest(app, day))
    assert f"“{records[day - 1].statement}”" in as_text(app)
    assert records[day - 1].verdict.prompt in [block.value for block in app.code], "with the exact prompt"
    app = send(app, at_rest(app, 1, line="twin"))
    assert "no filter" in as_text(app), "the twin's day is its own"
    assert (
        "tells_viewer" not in payload_of(open_live())["options"]
        or not payload_of(open_live())["options"]["tells_viewer"]
    )


@pytest.mark.model
def test_what_is_typed_is_said_on_the_next_day(send: Send) -> None:
    app = open_live()
    asked = ForkRequest(payload_of(app)["identity"], 1, "run", 2, words="I twisted my ankle", can_walk=False)
    app = send(app, fork=asked)
    [branch] = shown_run(app).branches
    first, record, third = branch.run.records[:3]
    assert first == records_of(app)[0]
    assert (record.statement, record.statement_author, record.can_walk, record.step_count) == (
        "I twisted my ankle", "typed", False, 0,
    )  # fmt: skip
    assert record.verdict is not None
    assert record.verdict.decision == Decision.HOLD_BACK
    assert third.statement != "I twisted my ankle", "it is said once"
    app = opened(app, LOG)
    app = without_error(widget(app.button_group, "player_line").set_value("Branch A").run())
    [log] = [element.value for element in app.dataframe]
    assert log["statement"][1] == "I twisted my ankle", "it reaches the log"
    assert log["statement_author"][1] == "typed"
    app = send(app, remove=branch.key)
    assert not shown_run(app).branches, "it can be taken back"


def test_no_filter_no_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    questions: list[object] = []
    monkeypatch.setattr("jitai.judge.judge.Judge.judge", lambda self, text: questions.append(text))
    app = open_app()
    live_of(app).forget()
    questions.clear()
    app = without_error(widget(app.selectbox, "strategy").set_value(NONE).run())
    assert shown_run(app).run is not None
    assert all(record.verdict is None and not record.held_back for record in records_of(app))
    asked = len(questions)
    app = without_error(app.run())
    assert len(questions) == asked
    assert "reference" not in payload_of(app), "nothing speaks of a twin"
    shown = metrics(opened(app, LOG))
    assert shown["Steps gained"] == "no filter"


@pytest.mark.parametrize("strategy", ["sampled-veto", "carry-forward", "next-best", "belief"])
def test_the_other_filters(strategy: str, scripted: ScriptedBackend) -> None:
    app = lived(without_error(widget(open_live().selectbox, "strategy").set_value(strategy).run()))
    assert spec_of(app).filter.key == strategy
    assert shown_run(app).run is not None
    assert any(record.verdict and record.verdict.p_send is not None for record in records_of(app))


@pytest.mark.parametrize("policy", [key for key in POLICIES if key != LEARNED])
def test_every_policy_runs(policy: str, scripted: ScriptedBackend) -> None:
    app = lived(without_error(widget(without_filter().selectbox, "policy").set_value(policy).run()))
    assert spec_of(app).policy == PolicySpec(policy)
    assert shown_run(app).run is not None


def test_another_seed_is_another_run_and_is_remembered(scripted: ScriptedBackend) -> None:
    app = open_live()
    first = payload_of(app)
    app = lived(without_error(widget(app.number_input, "seed").set_value(7).run()))
    seventh = payload_of(app)
    assert seventh["identity"] != first["identity"]
    assert seventh["run"]["steps"] != first["run"]["steps"]
    app = go_to(go_to(app, PREFERENCES), LIVE)
    assert widget(without_error(app).number_input, "seed").value == 7
    assert payload_of(app)["identity"] == seventh["identity"], "the run is still there"
    app = lived(without_error(click(app, "new_seed")))
    assert spec_of(app).seed == widget(app.number_input, "seed").value == 8


def test_another_preset_is_another_run_and_is_remembered(scripted: ScriptedBackend) -> None:
    other = list(PRESETS)[3]
    app = lived(without_error(widget(open_live().selectbox, "preset").set_value(other).run()))
    assert spec_of(app).config == shown_run(app).scenario.spec.config == PRESETS[other]
    app = go_to(go_to(app, SIMULATOR), LIVE)
    assert widget(app.selectbox, "preset").value == other
    assert spec_of(app).config == PRESETS[other]


def test_settings_survive_a_visit_to_another_page() -> None:
    app = widget(without_filter().selectbox, "policy").set_value("random").run()
    app = widget(app.toggle, "reveal").set_value(False).run()
    app = without_error(go_to(go_to(app, SIMULATOR), LIVE))
    assert widget(app.selectbox, "strategy").value == NONE
    assert widget(app.selectbox, "policy").value == "random"
    assert widget(app.toggle, "reveal").value is False


def test_a_hidden_truth_is_nowhere_on_the_page(scripted: ScriptedBackend, send: Send) -> None:
    app = widget(open_live().toggle, "reveal").set_value(False).run()
    app = opened(app, LOG, DAY_IN_FULL)
    app = send(app, fork=ForkRequest(payload_of(app)["identity"], 1, "run", 5, words="I twisted my ankle", action=1))
    app = send(app, at_rest(app, 5, revealed=True))  # as a browser that lies might say
    payload = payload_of(app)
    assert payload["options"]["reveal"] == "locked"
    for line in (payload["run"], payload["reference"], *payload["branches"]):
        assert "truth" not in line
    assert "can_walk" not in str(payload)
    charts = [element.proto.spec for element in app.get("plotly_chart")]
    shown = "\n".join([*as_text(app), as_markup(app), *(chart.lower() for chart in charts)])
    assert "could walk" not in shown
    assert "could not walk" not in shown
    assert not re.search(r"\d of \d+", metrics(app).get("Held back rightly", ""))
    [log] = [element.value for element in app.dataframe]
    assert not set(TRUTH_COLUMNS) & set(log.columns)
    labels = [element.proto.label for element in opened(app, HAND_OVER).get("download_button")]
    assert "Log with the hidden truth (CSV)" in labels, "only a button that says so gives it away"


@pytest.mark.parametrize(("allowed", "revealed"), [(True, True), (True, False), (False, True)])
def test_the_log_holds_the_truth_only_where_it_is_shown(allowed: bool, revealed: bool, send: Send) -> None:
    app = widget(without_filter().toggle, "reveal").set_value(allowed).run()
    app = send(opened(app, LOG), at_rest(app, 3, revealed=revealed))
    [log] = [element.value for element in app.dataframe]
    expected = set(TRUTH_COLUMNS) if allowed and revealed else set()
    assert set(TRUTH_COLUMNS) & set(log.columns) == expected
    assert ("truth" in payload_of(app)["run"]) == allowed


def test_a_judge_that_fails_is_said_so_and_the_run_goes_on_by_the_rule(send: Send) -> None:
    app = open_app()
    state_of(app).judge_picked = "ollama:gone"
    app = lived_by_the_rule(without_error(app.run()))
    records = records_of(app)
    assert shown_run(app).run is not None
    failed = [record for record in records if record.verdict and record.verdict.is_fallback]
    assert len(failed) > 1
    assert all(record.verdict.failure and not record.vetoed for record in failed)
    assert any(f"On {len(failed)} days" in element.value for element in app.warning), "the page says so"
    assert any(payload_of(app)["run"]["source"][day] == "fallback" for day in range(len(records)))
    day = next(number for number, record in enumerate(records, 1) if record in failed)
    app = send(opened(app, DAY_IN_FULL), at_rest(app, day))
    said = [element.value.replace("\\", "") for element in app.warning]
    assert any(failed[0].verdict.failure[:30] in text for text in said), "the card says why"


@pytest.mark.parametrize("rule", [Decision.HOLD_BACK.value, Decision.SEND.value])
def test_when_the_judge_fails_the_chosen_rule_stands_in(rule: str) -> None:
    app = widget(open_app().selectbox, "on_failure").set_value(rule).run()
    state_of(app).judge_picked = "ollama:gone"
    app = lived_by_the_rule(without_error(widget(app.selectbox, "policy").set_value("generic").run()))
    failed = [record for record in records_of(app) if record.verdict and record.verdict.is_fallback]
    assert failed
    holds = rule == Decision.HOLD_BACK.value
    assert all(record.held_back is holds for record in failed)
    app = opened(app, LOG)
    assert metrics(app)["Held back"] == "0", "an error is never counted as a veto"
    assert not any(payload_of(app)["run"]["vetoed"])
    told = any(f"not counted as vetoes: {len(failed)}." in element.value for element in app.warning)
    assert told == holds


def test_a_missing_model_is_said_so_and_a_new_model_is_asked_again(
    scripted: ScriptedBackend, monkeypatch: pytest.MonkeyPatch, send: Send
) -> None:
    works = EmbeddedBackend.complete

    def missing(*_: Any) -> None:
        raise ModelMissing("The embedded model's file is not installed.", hint="Run `make install`.")

    monkeypatch.setattr(EmbeddedBackend, "complete", missing)
    app = lived_by_the_rule(open_app())
    assert any("could not answer" in item.value for item in app.warning)
    failed = next(day for day, record in enumerate(records_of(app), 1) if record.verdict.is_fallback)
    app = send(opened(app, DAY_IN_FULL), at_rest(app, failed))
    assert any("not installed" in element.value.replace("\\", "") for element in app.warning)
    monkeypatch.setattr(EmbeddedBackend, "complete", works)
    resources.judge_for.clear()
    app = lived(without_error(click(app, "ask_again")))
    assert not app.warning


def test_a_run_whose_judge_fails_waits_and_is_tried_again(
    scripted: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    works, n_asked = EmbeddedBackend.complete, []

    def fails_later(backend: EmbeddedBackend, request: Any) -> Any:
        n_asked.append(1)
        if len(n_asked) > 3:
            raise ServerUnreachable("Nobody answers.")
        return works(backend, request)

    monkeypatch.setattr(EmbeddedBackend, "complete", fails_later)
    app = waiting(open_app())
    lived_so_far = len(records_of(app))
    assert 0 < lived_so_far < 50
    assert any(
        f"waits on day {lived_so_far + 1}" in element.value and "Nobody answers" in element.value
        for element in app.warning
    )
    assert not any(record.verdict and record.verdict.is_fallback for record in records_of(app)), "no rule stood in"
    app = waiting(click(app, "try_again"))
    assert len(records_of(app)) == lived_so_far, "it failed again"
    monkeypatch.setattr(EmbeddedBackend, "complete", works)
    app = lived(without_error(click(app, "try_again")))
    assert not any(record.verdict and record.verdict.is_fallback for record in records_of(app))
    assert not [element for element in app.button if element.key == "try_again"]


def test_a_run_whose_judge_fails_is_read_by_another_judge(
    scripted: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app()
    state_of(app).judge_picked = "ollama:gone"
    app = waiting(app.run())
    first = shown_run(app)
    app = lived(without_error(widget(app.selectbox, "judge_instead").set_value("embedded").run()))
    assert state_of(app).judge_at_work == "embedded"
    assert shown_run(app).scenario.judge is not None
    assert shown_run(app).scenario.judge.key == "embedded"
    assert first.reading is not None and first.reading.wait(5), "the run that waited is given up"
    assert not any(record.verdict and record.verdict.is_fallback for record in records_of(app))


def test_a_run_put_aside_by_a_new_setting_can_be_had_back_with_its_branches(
    scripted: ScriptedBackend, send: Send
) -> None:
    app = open_live()
    assert not [button for button in app.button if button.key == "go_back"], "there is none before the first"
    app = send(app, fork=ForkRequest(payload_of(app)["identity"], 1, "run", 4, action=0))
    before, spec, total = payload_of(app), spec_of(app), sum(record.step_count for record in records_of(app))
    app = lived(without_error(widget(app.number_input, "seed").set_value(99).run()))
    assert "branches" not in payload_of(app)
    assert f"Before: {total:,.0f} steps, 1 branch." in as_markup(app)
    app = lived(without_error(click(app, "go_back")))
    assert payload_of(app) == before
    assert spec_of(app) == spec
    assert widget(app.number_input, "seed").value == spec.seed
    app = lived(without_error(widget(app.number_input, "seed").set_value(99).run()))
    app = lived(without_error(widget(app.number_input, "seed").set_value(spec.seed).run()))
    assert payload_of(app)["branches"] == before["branches"], "a setting that is set back brings them too"


def test_settings_come_from_the_address_and_stay_in_it() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["seed"] = "123"
    app.query_params["participant"] = "Ability mostly lasts"
    app.query_params["study_length"] = "20"
    without_error(app.run())
    spec = spec_of(app)
    assert (spec.seed, spec.config.study_length) == (123, 20)
    assert spec.config.can_walk_persistence == PRESETS["Ability mostly lasts"].can_walk_persistence
    widget(app.number_input, "seed").set_value(124).run()
    assert app.query_params["seed"] == "124"
    assert app.query_params["study_length"] == "20"


def test_an_address_that_cannot_be_used_is_said_so() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["seed"] = "<b>many</b>"
    without_error(app.run())
    assert any("seed" in warning.value for warning in app.warning)
    assert "<b>" not in as_markup(app)
    assert spec_of(app).seed == 42


def test_the_share_of_the_optimum_is_that_of_the_same_seed() -> None:
    app = without_error(widget(without_filter().selectbox, "policy").set_value("tailored").run())
    best = summarise(shown_run(app).best.records).total_steps
    share = summarise(records_of(app)).total_steps / best
    app = opened(app, LOG)
    assert metrics(app)["Of the optimum"] == f"{100 * share:.0f} %"
    assert payload_of(app)["best_total"] == pytest.approx(best, abs=1e-3)
    app = without_error(widget(app.selectbox, "policy").set_value("optimum").run())
    assert metrics(app)["Of the optimum"] == "100 %"
    assert summarise(records_of(app)).total_steps == best
    [link] = app.get("page_link")
    assert link.proto.page.endswith("optimum")
