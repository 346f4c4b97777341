"""The Live page's settings: what is shown where, what reaches the run, and what model-based policies show of a day."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from jitai.judge.scripted import ScriptedBackend
from jitai.judge.simulated import SIMULATED, SimulatedSettings, simulated_reference
from jitai.parameters import describe
from jitai.policies.belief import BY_DECISION, BeliefSettings
from jitai.policies.planner import PlannerSettings
from jitai.policies.registry import trained
from jitai.policies.thompson import BIAS_GROUP, ThompsonSettings
from jitai.records import Action, Decision, Verdict, VerdictSource
from jitai.rl.policy_store import default_policy_store
from jitai.trial.filters import NONE
from jitai.trial.summary import summarise
from jitai.trial.training_mismatch import mismatch_of_trial
from jitai.ui.pages.live_results import DAY_IN_FULL, LOG
from jitai.ui.widgets.decision_card import belief_sources
from jitai.ui.widgets.player import ForkRequest, Viewer
from tests.app.driver import (
    ROOT,
    as_markup,
    as_text,
    click,
    live_of,
    lived,
    metrics,
    open_app,
    open_live,
    opened,
    payload_of,
    records_of,
    shown_run,
    spec_of,
    state_of,
    widget,
    without_error,
)
from tests.networks import random_network

Send = Callable[..., AppTest]


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


def test_settings_of_belief_planner_and_bias_reach_trial_and_address(send: Send) -> None:
    app = widget(open_app().number_input, "bias_no_message").set_value(900.0).run()
    assert app.query_params["bias_no_message"] == "900.0"
    app = opened(widget(app.selectbox, "strategy").set_value(NONE).run(), DAY_IN_FULL)
    app = send(app, Viewer(payload_of(app)["identity"], 1, "run", False))
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


def on_the_second_day(app: AppTest, send: Send) -> AppTest:
    """Somebody says on day 2 that an ankle is twisted, and looks at that day in full."""
    app = opened(lived(without_error(app)), DAY_IN_FULL, LOG)
    identity = payload_of(app)["identity"]
    app = send(app, fork=ForkRequest(identity, 1, "run", 2, words="I twisted my ankle"))
    return send(app, Viewer(identity, 2, payload_of(app)["branches"][0]["key"], False))


def test_the_planner_hears_the_words_and_shows_its_belief_and_plan(monkeypatch: pytest.MonkeyPatch, send: Send) -> None:
    read = with_judge(monkeypatch)
    app = widget(open_app().selectbox, "policy").set_value("planner").run()
    app = on_the_second_day(widget(app.selectbox, "strategy").set_value(NONE).run(), send)
    assert "I twisted my ankle" in read, "it is read although there is no filter"
    first, second = shown_run(app).branches[0].run.records[:2]
    assert first.belief == 1
    assert second.belief is not None and second.belief < 0.5
    shown = as_text(app)
    believes = f"can walk: {second.belief:.2f}, from yesterday's steps ({first.step_count:,.0f}) and today's words"
    assert believes in shown
    order = [shown.index(text) for text in ("“I twisted my ankle”", believes, second.candidate_action.label)]
    assert order == sorted(order), "words, belief, proposal: in the order in which it happens"
    [plan] = [chart.proto.spec for chart in app.get("plotly_chart") if "steps to come" in chart.proto.spec]
    assert f"{max(second.proposal.steps_to_come):,.0f}" in plan
    log, branch = app.dataframe[-1].value, shown_run(app).branches[0].run.records
    assert log["belief"].tolist() == [record.belief for record in branch], "the branch that was made is picked"
    assert payload_of(app)["reference"]["name"] == "With the text unread", "so the twin is called"
    twin = shown_run(app).twin.records
    assert all(record.verdict is None for record in twin)
    gained = round(summarise(branch).total_steps) - round(summarise(twin).total_steps)
    assert metrics(app)["Steps gained"] == f"{gained:+,.0f}"


def test_what_a_belief_comes_from() -> None:
    app = widget(open_app().selectbox, "strategy").set_value(NONE).run()
    app = widget(app.selectbox, "policy").set_value("tailored").run()
    records, everything = records_of(app), BeliefSettings()
    assert belief_sources(records[0], None, everything) == "the start of the study"
    walked = next(day for day, record in enumerate(records) if record.step_count > 1)
    lain = next(day for day, record in enumerate(records) if record.step_count == 0)
    assert f"({records[walked].step_count:,.0f})" in belief_sources(records[walked + 1], records[walked], everything)
    assert belief_sources(records[lain + 1], records[lain], everything) == "no steps yesterday", "nobody has read"
    deaf = BeliefSettings(sees_steps=False)
    assert belief_sources(records[lain + 1], records[lain], deaf) == "the model of ability alone"


@pytest.mark.parametrize(
    ("name", "axis"), [("ppo-belief", "probability of each action"), ("dqn-belief", "steps expected")]
)
def test_a_trained_policy_hears_the_words_and_shows_what_it_compares(
    name: str, axis: str, monkeypatch: pytest.MonkeyPatch, send: Send
) -> None:
    read = with_judge(monkeypatch)
    app = widget(open_app().selectbox, "policy").set_value(f"learned:{name}").run()
    app = without_error(widget(app.selectbox, "strategy").set_value(NONE).run())
    spec = spec_of(app)
    assert spec.policy == trained(default_policy_store().get(name))
    assert app.query_params["policy"] == f"learned:{name}"
    assert names_of_widgets(app) >= BELIEF_NAMES
    app = on_the_second_day(app, send)
    assert "I twisted my ankle" in read, "it is read although there is no filter"
    record, shown = shown_run(app).branches[0].run.records[1], as_text(app)
    believes = next(text for text in shown if text.startswith("can walk:"))
    order = [shown.index(text) for text in ("“I twisted my ankle”", believes, record.candidate_action.label)]
    assert order == sorted(order), "words, belief, proposal: in the order in which it happens"
    assert any(axis in chart.proto.spec for chart in app.get("plotly_chart"))
    assert payload_of(app)["reference"]["name"] == "With the text unread", "so the twin is called"
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
    assert shown_run(lived(without_error(app))).run is not None


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


def test_the_simulated_judge_has_two_sliders_and_is_left_again(scripted: ScriptedBackend) -> None:
    app = open_live()
    before = records_of(app)
    app = without_error(widget(app.selectbox, "judge").set_value(SIMULATED).run())
    n_asked = len(scripted.requests)
    sliders = {"simulated_finds_cannot_walk", "simulated_false_alarms"}
    assert sliders <= names_of_widgets(app) and "prompt" not in names_of_widgets(app)
    usual = records_of(app)
    app = widget(app.slider, "simulated_finds_cannot_walk").set_value(0.0).run()
    app = without_error(widget(app.slider, "simulated_false_alarms").set_value(1.0).run())
    assert [record.observation for record in records_of(app)] != [record.observation for record in usual]
    for record in records_of(app):
        if record.statement and record.verdict is not None:
            assert (record.verdict.decision == Decision.SEND) != record.can_walk, "wrong every time"
            assert record.verdict.source == VerdictSource.SIMULATED
    assert len(scripted.requests) == n_asked, "nobody reads"
    assert shown_run(app).so_far.scenario.judge == simulated_reference(SimulatedSettings(0.0, 1.0))
    job = live_of(app).many_seeds
    assert job is not None
    job.wait(30)
    told = payload_of(app.run())["many_seeds"]
    assert told.startswith("Over 200 such people: −"), "a judge that is always wrong costs steps"
    app = without_error(click(app, "go_back"))
    assert app.session_state["simulated_false_alarms"] == SimulatedSettings().false_alarms
    app = without_error(widget(app.selectbox, "judge").set_value(state_of(app).judge_at_work).run())
    assert records_of(lived(app)) == before and not sliders & names_of_widgets(app)
