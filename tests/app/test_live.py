"""The Live page, without a browser."""

import threading
import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from jitai.errors import ModelMissing
from jitai.judge.base import Reply
from jitai.judge.embedded import EmbeddedBackend
from jitai.parameters import describe
from jitai.policies.belief import BY_DECISION, BeliefSettings
from jitai.policies.planner import PlannerSettings
from jitai.policies.registry import POLICIES, PolicySpec, trained
from jitai.policies.thompson import BIAS_GROUP, ThompsonSettings
from jitai.records import TYPED, Action, Decision, Verdict, VerdictSource
from jitai.rl.policy_store import default_policy_store
from jitai.simulator.config import PRESETS
from jitai.trial.filters import NONE
from jitai.trial.log import TRUTH_COLUMNS
from jitai.trial.spec import LEARNED
from jitai.trial.summary import summarise
from jitai.trial.training_mismatch import mismatch_of_trial
from jitai.ui.pages.live_stage import SPEEDS
from jitai.ui.widgets.decision_card import belief_sources
from tests.app.driver import (
    LIVE,
    PREFERENCES,
    ROOT,
    SIMULATOR,
    as_markup,
    as_text,
    click,
    go_to,
    metrics,
    open_app,
    records_of,
    run_to_the_end,
    spec_of,
    state_of,
    widget,
    without_error,
)
from tests.networks import random_network

HOSTILE = (
    "<script>alert(1)</script>",
    "![x](http://evil/x.png)",
    "<|im_end|>",
    ":red[$x$] **bold** `code` [a](http://evil/)",
    "x" * 1500,
    "\U0001f4a5",
)


@pytest.mark.model
def test_the_first_draw_does_not_wait_for_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
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
        assert was_asked.wait(5), "the model is loaded in the background as soon as the first page is drawn"
        assert not is_loaded.is_set()
        assert records_of(app) == []
        assert not app.warning
        assert app.get("plotly_chart"), "the charts are there before the first day"
    finally:
        may_load.set()


@pytest.mark.model
def test_one_day_at_a_time() -> None:
    app = open_app()
    for day in (1, 2, 3):
        app = without_error(click(app, "one_day"))
        assert len(records_of(app)) == day
        assert any(element.value.startswith(f"{day} of ") for element in app.metric)
    app = without_error(click(app, "start_over"))
    assert records_of(app) == []


@pytest.mark.model
def test_each_tick_lives_as_many_days_as_the_speed_says() -> None:
    app = open_app()
    for name, speed in list(SPEEDS.items())[:-1]:
        app = click(app, "start_over")
        app = widget(app.select_slider, "speed").set_value(name).run()
        app = click(app, "play")
        assert state_of(app).playing
        assert len(records_of(app)) == speed.days
        app = without_error(app.run())
        assert len(records_of(app)) == 2 * speed.days
        app = click(app, "play")
        assert not state_of(app).playing
        assert len(without_error(app.run()).session_state and records_of(app)) == 2 * speed.days


@pytest.mark.model
def test_to_the_end_and_the_numbers_add_up() -> None:
    app = without_error(run_to_the_end(open_app()))
    state, records = state_of(app), records_of(app)
    assert not state.playing
    assert state.trial is not None
    assert state.trial.finished
    summary, twin = summarise(records), summarise(state.trial.twin_records)
    assert summary.n_vetoes > 0
    assert summary.n_failures == 0
    values = [element.value for element in app.metric]
    assert f"{len(records)} of {spec_of(app).config.study_length}" in values
    assert f"{summary.total_steps:,.0f}" in values
    assert f"{summary.total_steps - twin.total_steps:+,.0f}" in values
    assert f"{summary.n_right_vetoes} of {summary.n_vetoes}" in values
    assert widget(app.button, "one_day").disabled
    [log] = [element.value for element in app.dataframe]
    assert len(log) == len(records)
    assert {record.verdict.source for record in records if record.verdict} >= {VerdictSource.REMEMBERED}


@pytest.mark.model
def test_run_again_runs_again() -> None:
    app = run_to_the_end(open_app())
    first = [record.step_count for record in records_of(app)]
    app = without_error(click(app, "play"))
    assert [record.step_count for record in records_of(app)] == first


@pytest.mark.model
def test_an_earlier_day_can_be_looked_at() -> None:
    app = open_app()
    for _ in range(3):
        app = click(app, "one_day")
    [day_shown] = [element for element in app.slider if (element.min, element.max) == (1, 3)]
    assert day_shown.value == 3
    app = without_error(day_shown.set_value(1).run())
    assert len(records_of(app)) == 3
    assert any(f"{records_of(app)[0].step_count:,.0f} steps" in text for text in as_text(app))
    app = click(app, "one_day")
    [day_shown] = [element for element in app.slider if (element.min, element.max) == (1, 4)]
    assert day_shown.value == 4, "the card follows the run again"


@pytest.mark.model
def test_what_is_typed_is_said_on_the_next_day() -> None:
    app = click(open_app(), "one_day")
    app = widget(app.text_input, "said_text").set_value("I twisted my ankle").run()
    assert records_of(app)[-1].statement_author != TYPED
    assert widget(app.text_input, "said_text").value == ""
    assert any("I twisted my ankle" in text for text in as_text(app)), "what will be said is shown"
    app = without_error(click(app, "one_day"))
    record = records_of(app)[1]
    assert (record.statement, record.statement_author) == ("I twisted my ankle", TYPED)
    assert record.verdict is not None
    assert record.verdict.decision == Decision.HOLD_BACK
    assert any("I twisted my ankle" in text for text in as_text(app)), "the card shows it"
    app = click(app, "one_day")
    assert records_of(app)[2].statement != "I twisted my ankle", "it is said once"


@pytest.mark.model
def test_what_is_typed_may_be_made_true_kept_or_taken_back() -> None:
    app = open_app()
    app = widget(app.button_group, "truth").set_value("cannot walk").run()
    app = widget(app.text_input, "said_text").set_value("I twisted my ankle").run()
    app = widget(app.toggle, "keep_saying").set_value(True).run()
    for day in range(3):
        app = without_error(click(app, "one_day"))
        record = records_of(app)[day]
        assert (record.can_walk, record.step_count, record.statement) == (False, 0, "I twisted my ankle")
    app = without_error(click(app, "take_back"))
    app = click(app, "one_day")
    assert records_of(app)[3].statement_author != TYPED


@pytest.mark.model
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_shown_as_text(text: str) -> None:
    app = open_app()
    app = without_error(widget(app.text_input, "said_text").set_value(text).run())
    assert any(text in shown for shown in as_text(app))
    assert text not in as_markup(app)
    app = without_error(click(app, "one_day"))
    assert records_of(app)[0].statement == text
    assert any(text in shown for shown in as_text(app))
    assert text not in as_markup(app)


def test_no_filter_no_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    questions: list[object] = []
    monkeypatch.setattr("jitai.judge.judge.Judge.judge", lambda self, text: questions.append(text))
    app = open_app()
    app = without_error(widget(app.selectbox, "strategy").set_value(NONE).run())
    app = without_error(run_to_the_end(app))
    assert state_of(app).trial.finished
    assert all(record.verdict is None and not record.held_back for record in records_of(app))
    assert not questions


@pytest.mark.model
@pytest.mark.parametrize("strategy", ["sampled-veto", "carry-forward", "next-best", "belief"])
def test_the_other_filters(strategy: str) -> None:
    app = open_app()
    app = widget(app.selectbox, "strategy").set_value(strategy).run()
    app = without_error(run_to_the_end(app))
    assert spec_of(app).filter.key == strategy
    state = state_of(app)
    assert state.trial is not None
    assert state.trial.finished
    assert any(record.verdict and record.verdict.p_send is not None for record in records_of(app))


@pytest.mark.parametrize("policy", [key for key in POLICIES if key != LEARNED])
def test_every_policy_runs(policy: str) -> None:
    app = widget(open_app().selectbox, "strategy").set_value(NONE).run()
    app = without_error(widget(app.selectbox, "policy").set_value(policy).run())
    app = without_error(run_to_the_end(app))
    state = state_of(app)
    assert spec_of(app).policy == PolicySpec(policy)
    assert state.trial is not None
    assert state.trial.finished


@pytest.mark.model
def test_another_seed_starts_anew_and_is_remembered() -> None:
    app = click(open_app(), "one_day")
    app = without_error(widget(app.number_input, "seed").set_value(7).run())
    assert records_of(app) == []
    app = click(app, "one_day")
    app = go_to(go_to(app, PREFERENCES), LIVE)
    assert widget(without_error(app).number_input, "seed").value == 7
    assert len(records_of(app)) == 1, "the run is still there"
    app = without_error(click(app, "new_seed"))
    assert spec_of(app).seed == widget(app.number_input, "seed").value == 8
    assert records_of(app) == []


@pytest.mark.model
def test_another_preset_starts_anew_and_is_remembered() -> None:
    other = list(PRESETS)[3]
    app = click(open_app(), "one_day")
    app = without_error(widget(app.selectbox, "preset").set_value(other).run())
    assert records_of(app) == []
    assert spec_of(app).config == PRESETS[other]
    app = go_to(go_to(app, SIMULATOR), LIVE)
    assert widget(app.selectbox, "preset").value == other
    assert spec_of(app).config == PRESETS[other]


def test_settings_survive_a_visit_to_another_page() -> None:
    app = widget(open_app().selectbox, "strategy").set_value(NONE).run()
    app = widget(app.selectbox, "policy").set_value("random").run()
    app = widget(app.select_slider, "speed").set_value("10 days a second").run()
    app = widget(app.toggle, "reveal").set_value(False).run()
    app = without_error(go_to(go_to(app, SIMULATOR), LIVE))
    assert widget(app.selectbox, "strategy").value == NONE
    assert widget(app.selectbox, "policy").value == "random"
    assert widget(app.select_slider, "speed").value == "10 days a second"
    assert widget(app.toggle, "reveal").value is False


@pytest.mark.model
def test_a_hidden_truth_is_nowhere_on_the_page() -> None:
    app = widget(open_app().toggle, "reveal").set_value(False).run()
    app = widget(app.button_group, "truth").set_value("cannot walk").run()
    app = widget(app.text_input, "said_text").set_value("I twisted my ankle").run()
    app = without_error(click(app, "one_day"))
    assert not records_of(app)[0].can_walk
    charts = [element.proto.spec for element in app.get("plotly_chart")]
    shown = "\n".join([*as_text(app), *(chart.lower() for chart in charts)])
    assert "could not walk" not in shown
    assert '"pattern"' not in shown, "no hatched days"


@pytest.mark.parametrize("reveal", [True, False])
def test_the_log_holds_the_truth_only_where_it_is_shown(reveal: bool) -> None:
    app = widget(open_app().selectbox, "strategy").set_value(NONE).run()
    app = click(widget(app.toggle, "reveal").set_value(reveal).run(), "one_day")
    [log] = [element.value for element in without_error(app).dataframe if "step_count" in element.value]
    assert set(TRUTH_COLUMNS) & set(log.columns) == (set(TRUTH_COLUMNS) if reveal else set())


def test_without_a_filter_no_chart_speaks_of_a_twin() -> None:
    app = widget(open_app().selectbox, "strategy").set_value(NONE).run()
    app = without_error(click(app, "one_day"))
    charts = "\n".join(element.proto.spec + element.proto.alt for element in app.get("plotly_chart"))
    assert "without the filter" not in charts
    assert "no filter" not in charts


def a_judge_that_fails(app: Any) -> Any:
    state_of(app).judge_picked = "ollama:gone"
    return app.run()


def test_a_judge_that_fails_is_said_so_and_the_trial_goes_on() -> None:
    app = without_error(a_judge_that_fails(open_app()))
    app = widget(app.text_input, "said_text").set_value("I twisted my ankle").run()
    started = time.monotonic()
    app = without_error(click(app, "one_day"))
    assert time.monotonic() - started < 15
    [record] = records_of(app)
    assert record.verdict is not None
    assert record.verdict.source == VerdictSource.FALLBACK
    assert record.verdict.failure
    assert app.warning, "the page says so"
    assert not record.held_back, "the rule for that case says send"
    app = without_error(run_to_the_end(app))
    state = state_of(app)
    assert state.trial is not None
    assert state.trial.finished
    failures = summarise(records_of(app)).n_failures
    assert failures > 1
    assert any(f"{failures} days" in element.value for element in app.warning)


def test_when_the_judge_fails_the_chosen_rule_stands_in() -> None:
    app = widget(open_app().selectbox, "on_failure").set_value(Decision.HOLD_BACK.value).run()
    app = a_judge_that_fails(widget(app.selectbox, "policy").set_value("generic").run())
    app = widget(app.text_input, "said_text").set_value("all is well").run()
    app = without_error(click(app, "one_day"))
    assert records_of(app)[0].held_back
    values = [metric.value for metric in app.metric]
    assert "0 of 0" in values, "an error is never counted as a veto"
    assert any("could not answer, not counted as vetoes: 1." in element.value for element in app.warning)
    assert any("held back, as the judge could not answer" in element.value for element in app.text)


def test_a_missing_model_is_said_so_and_the_trial_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: EmbeddedBackend, request: object) -> Reply:
        raise ModelMissing("The embedded model's file is not installed.", hint="Run `make install`.")

    monkeypatch.setattr(EmbeddedBackend, "complete", missing)
    app = open_app()
    app = widget(app.text_input, "said_text").set_value("I twisted my ankle").run()
    app = without_error(click(app, "one_day"))
    assert records_of(app)[0].verdict.source == VerdictSource.FALLBACK
    assert any("not installed" in element.value.replace("\\", "") for element in app.warning)


def test_a_run_that_is_started_over_can_be_had_back() -> None:
    app = widget(open_app().selectbox, "strategy").set_value(NONE).run()
    for _ in range(3):
        app = click(app, "one_day")
    before = list(records_of(app))
    app = without_error(click(app, "start_over"))
    assert not records_of(app)
    assert "Started over" in as_markup(app)
    assert "settings changed" not in as_markup(app)
    assert records_of(without_error(click(app, "go_back"))) == before


def test_a_run_put_aside_by_a_new_setting_can_be_had_back() -> None:
    app = open_app()
    for _ in range(4):
        click(app, "one_day")
    before, spec = list(records_of(app)), spec_of(app)
    widget(app.number_input, "seed").set_value(99).run()
    assert not records_of(app)
    assert "4 days" in as_markup(app)
    without_error(click(app, "go_back"))
    assert records_of(app) == before
    assert spec_of(app) == spec
    assert widget(app.number_input, "seed").value == spec.seed
    click(app, "one_day")
    assert len(records_of(app)) == 5


def test_without_a_filter_no_number_speaks_of_one() -> None:
    app = open_app()
    widget(app.selectbox, "strategy").set_value(NONE).run()
    click(app, "one_day")
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Steps gained"] == "no filter"
    assert shown["Vetoes right"] == "no filter"


def test_what_happens_without_the_filter_is_said_in_words() -> None:
    app = run_to_the_end(open_app())
    twin = state_of(app).trial.twin_records
    total = f"{sum(record.step_count for record in twin):,.0f} steps"
    said = next(caption.value for caption in app.caption if caption.value.startswith("Without the filter"))
    assert total in said
    assert (f"left the study on day {len(twin)}" in said) == twin[-1].terminated


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


def names_of_widgets(app: AppTest) -> set[str]:
    """The keys of all settings that are shown."""
    return {element.key for element in [*app.slider, *app.number_input, *app.selectbox, *app.toggle]}


BELIEF_NAMES = {info.name for info in describe(BeliefSettings)}
PLANNER_NAMES = {info.name for info in describe(PlannerSettings)}
BIAS_NAMES = {info.name for info in describe(ThompsonSettings) if info.group == BIAS_GROUP}


def test_settings_are_shown_where_they_matter() -> None:
    app = open_app()
    assert names_of_widgets(app) >= BIAS_NAMES
    assert not names_of_widgets(app) & {*BELIEF_NAMES, *PLANNER_NAMES, "belief_threshold"}
    app = widget(app.selectbox, "strategy").set_value("belief").run()
    assert names_of_widgets(app) >= {*BELIEF_NAMES, "belief_threshold"}
    assert not names_of_widgets(app) & PLANNER_NAMES
    app = widget(app.selectbox, "strategy").set_value(NONE).run()
    app = without_error(widget(app.selectbox, "policy").set_value("planner").run())
    assert names_of_widgets(app) >= BELIEF_NAMES | PLANNER_NAMES
    assert not names_of_widgets(app) & {*BIAS_NAMES, "belief_threshold"}
    app = widget(app.selectbox, "policy").set_value("optimum").run()
    assert not names_of_widgets(app) & (BELIEF_NAMES | PLANNER_NAMES | BIAS_NAMES)


def test_settings_of_belief_planner_and_bias_reach_trial_and_address() -> None:
    app = widget(open_app().number_input, "bias_no_message").set_value(900.0).run()
    assert app.query_params["bias_no_message"] == "900.0"
    app = widget(app.selectbox, "strategy").set_value(NONE).run()
    app = without_error(click(app, "one_day"))
    assert records_of(app)[0].candidate_action == Action.NO_MESSAGE
    assert any("Draw and bias" in caption.value and "+900" in caption.value for caption in app.caption)
    app = widget(app.selectbox, "policy").set_value("planner").run()
    app = widget(app.selectbox, "reading").set_value(BY_DECISION).run()
    app = widget(app.toggle, "reads_text").set_value(False).run()
    app = without_error(widget(app.toggle, "weighs_context").set_value(False).run())
    spec = spec_of(app)
    assert spec.belief == BeliefSettings(reading=BY_DECISION, reads_text=False)
    assert spec.policy.settings == PlannerSettings(weighs_context=False)
    assert app.query_params["policy"] == "planner"
    assert app.query_params["weighs_context"] == "False"


def test_model_based_policies_are_called_so() -> None:
    app = widget(open_app().selectbox, "policy").set_value("optimum").run()
    assert any("ceiling, no method" in caption.value for caption in app.caption)
    app = widget(app.selectbox, "policy").set_value("planner").run()
    assert any("Ours, not published" in caption.value for caption in app.caption)


def with_judge(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A judge without a model that lets everybody walk who does not hurt; returns the texts that it reads."""
    read: list[str] = []

    def judge(self: object, text: str) -> Verdict:
        read.append(text)
        if not text:
            return Verdict(Decision.SEND, None, VerdictSource.NO_STATEMENT, "Nothing was said.")
        cannot = "twisted" in text
        decision = Decision.HOLD_BACK if cannot else Decision.SEND
        return Verdict(decision, 0.1 if cannot else 0.9, VerdictSource.RULE, "By a rule.", statement=text)

    monkeypatch.setattr("jitai.judge.judge.Judge.judge", judge)
    return read


def test_the_planner_hears_the_words_and_shows_its_belief_and_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    read = with_judge(monkeypatch)
    app = widget(open_app().selectbox, "policy").set_value("planner").run()
    app = widget(app.selectbox, "strategy").set_value(NONE).run()
    app = click(app, "one_day")
    app = widget(app.text_input, "said_text").set_value("I twisted my ankle").run()
    app = without_error(click(app, "one_day"))
    assert "I twisted my ankle" in read, "it is read although there is no filter"
    first, second = records_of(app)
    assert first.belief == 1
    assert second.belief is not None and second.belief < 0.5
    shown = as_text(app)
    believes = f"can walk: {second.belief:.2f}, from yesterday's steps ({first.step_count:,.0f}) and today's words"
    assert believes in shown
    order = [shown.index(text) for text in ("“I twisted my ankle”", believes, second.candidate_action.label)]
    assert order == sorted(order), "words, belief, proposal: in the order in which it happens"
    [plan] = [chart.proto.spec for chart in app.get("plotly_chart") if "steps to come" in chart.proto.spec]
    assert f"{max(second.proposal.steps_to_come):,.0f}" in plan
    log = app.dataframe[-1].value
    assert log["belief"].tolist() == [record.belief for record in records_of(app)]
    assert "with the text unread" in as_markup(app), "so the twin is called"
    app = without_error(run_to_the_end(app))
    twin = state_of(app).trial.twin_records
    assert all(record.verdict is None for record in twin)
    gained = summarise(records_of(app)).total_steps - summarise(twin).total_steps
    assert metrics(app)["Steps gained"] == f"{gained:+,.0f}"


def test_what_a_belief_comes_from() -> None:
    app = widget(open_app().selectbox, "strategy").set_value(NONE).run()
    app = run_to_the_end(widget(app.selectbox, "policy").set_value("tailored").run())
    records, everything = records_of(app), BeliefSettings()
    assert belief_sources(records[0], None, everything) == "the start of the study"
    walked = next(day for day, record in enumerate(records) if record.step_count > 1)
    lain = next(day for day, record in enumerate(records) if record.step_count == 0)
    assert f"({records[walked].step_count:,.0f})" in belief_sources(records[walked + 1], records[walked], everything)
    assert belief_sources(records[lain + 1], records[lain], everything) == "no steps yesterday", "nobody has read"
    deaf = BeliefSettings(sees_steps=False)
    assert belief_sources(records[lain + 1], records[lain], deaf) == "the model of ability alone"


def test_the_share_of_the_optimum_is_that_of_the_same_seed() -> None:
    app = widget(open_app().selectbox, "strategy").set_value(NONE).run()
    assert metrics(app)["Of the optimum"] == "–", "nothing has been earned yet"
    app = without_error(run_to_the_end(widget(app.selectbox, "policy").set_value("tailored").run()))
    state = state_of(app)
    best = summarise(state.trial.best_records).total_steps
    share = summarise(records_of(app)).total_steps / best
    assert metrics(app)["Of the optimum"] == f"{100 * share:.0f} %"
    app = without_error(run_to_the_end(widget(app.selectbox, "policy").set_value("optimum").run()))
    assert metrics(app)["Of the optimum"] == "100 %"
    assert summarise(records_of(app)).total_steps == best
    [link] = app.get("page_link")
    assert link.proto.page.endswith("optimum")


@pytest.mark.parametrize(
    ("name", "axis"), [("ppo-belief", "probability of each action"), ("dqn-belief", "steps expected")]
)
def test_a_trained_policy_hears_the_words_and_shows_what_it_compares(
    name: str, axis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = with_judge(monkeypatch)
    app = widget(open_app().selectbox, "policy").set_value(f"learned:{name}").run()
    app = without_error(widget(app.selectbox, "strategy").set_value(NONE).run())
    spec = spec_of(app)
    assert spec.policy == trained(default_policy_store().get(name))
    assert app.query_params["policy"] == f"learned:{name}"
    assert names_of_widgets(app) >= BELIEF_NAMES
    app = click(app, "one_day")
    app = widget(app.text_input, "said_text").set_value("I twisted my ankle").run()
    app = without_error(click(app, "one_day"))
    assert "I twisted my ankle" in read, "it is read although there is no filter"
    record, shown = records_of(app)[1], as_text(app)
    believes = next(text for text in shown if text.startswith("can walk:"))
    order = [shown.index(text) for text in ("“I twisted my ankle”", believes, record.candidate_action.label)]
    assert order == sorted(order), "words, belief, proposal: in the order in which it happens"
    assert any(axis in chart.proto.spec for chart in app.get("plotly_chart"))
    assert "with the text unread" in as_markup(app), "so the twin is called"
    app = widget(app.selectbox, "policy").set_value("random").run()
    assert spec_of(app).policy.network is None


def test_a_trained_policy_used_elsewhere_is_warned_of() -> None:
    app = widget(open_app().selectbox, "strategy").set_value(NONE).run()
    app = widget(app.selectbox, "policy").set_value("learned:ppo-blind").run()
    network = default_policy_store().get("ppo-blind")
    assert not mismatch_of_trial(network, spec_of(app))
    assert not app.warning, "this participant is one of those that it was trained on"
    app = widget(app.selectbox, "preset").set_value("Always able, varying response").run()
    found = mismatch_of_trial(network, spec_of(app))
    assert len(found) > 2
    [warning] = [element.value.replace("\\", "") for element in app.warning]
    assert warning == " ".join(found[:2])
    assert set(found[2:]) <= set(as_text(app)), "the rest can be opened"
    app = without_error(run_to_the_end(app))
    assert state_of(app).trial.finished


def test_a_trained_policy_of_ones_own_is_offered_and_its_link_outlives_it() -> None:
    shelf = default_policy_store()
    shelf.save(random_network(observations=("L", "H", "D"), name="<b>mine</b> ![x](http://evil/x.png)"), "my-own")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["policy"] = "learned:my-own"
    app = without_error(app.run())
    assert spec_of(app).policy.network == shelf.get("my-own")
    assert widget(app.selectbox, "policy").value == "learned:my-own"
    assert "<b>mine" not in as_markup(app)
    shelf.delete("my-own")
    app = without_error(click(app, "new_seed"))
    assert spec_of(app).policy.network is not None, "the run goes on"
    gone = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    gone.query_params["policy"] = "learned:my-own"
    gone = without_error(gone.run())
    assert any("no trained policy" in warning.value for warning in gone.warning)


def test_a_reason_in_the_models_own_words_is_text() -> None:
    def page() -> None:
        from jitai.records import Decision, Verdict, VerdictSource
        from jitai.ui.widgets.decision_card import verdict_details

        hostile = "**bold** [link](http://x) :red[red] $x$"
        verdict_details(Verdict(Decision.SEND, 0.9, VerdictSource.MODEL, "Ours.", model_reason=hostile))

    app = AppTest.from_function(page).run()
    assert not app.exception
    ours, theirs = (item.value for item in app.text)
    assert ours == "Ours."
    assert theirs == "The model's own reason, which nobody checked: “**bold** [link](http://x) :red[red] $x$”"
    assert not any("bold" in item.value for item in app.markdown)
