"""The Train page, without a browser, with real trainings of a few thousand decisions."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from jitai.policies.network import A2C, DQN, PPO, PolicyNetwork
from jitai.policies.registry import PolicySpec
from jitai.policies.trained import TrainedSettings
from jitai.rl.policy_store import default_policy_store, policy_text
from jitai.rl.task import LearningSettings, LearningTask
from jitai.rl.train import checkpoint_of
from jitai.simulator.config import PRESETS, PUBLISHED_CELLS
from jitai.trial.settings import settings_from, values_of
from jitai.ui.pages import train
from jitai.ui.pages.train import GRID, OWN_CHOICE, STARTS
from jitai.ui.session.resources import training_service
from tests.app.driver import (
    LIVE,
    as_markup,
    as_text,
    click,
    go_to,
    lived,
    metrics,
    open_app,
    records_of,
    set_config,
    set_widgets,
    spec_of,
    widget,
    without_error,
)
from tests.networks import random_network

TRAIN = "pages/train.py"
WAIT_S = 120
SMALL = LearningSettings(PPO, total_steps=3_200, n_lanes=16, width=8)
ENDLESS = replace(SMALL, total_steps=50_000_000)
SHORT_STUDY = replace(next(iter(PRESETS.values())), study_length=10)


@pytest.fixture(autouse=True)
def no_training_outlives_its_test() -> Iterator[None]:
    yield
    training_service().stop()
    assert training_service().wait(WAIT_S)


def open_page(settings: LearningSettings = SMALL) -> AppTest:
    """The page with a small training, a study of ten days, and few seeds to measure on."""
    app = set_learner(set_config(open_app(LIVE), SHORT_STUDY), settings)
    training_service().n_seeds = 20
    return without_error(go_to(app, TRAIN))


def set_learner(app: AppTest, settings: LearningSettings) -> AppTest:
    """Give the learner's widgets these values."""
    return set_widgets(app, **values_of(settings, train.PREFIX))


def learner_of(app: AppTest) -> LearningSettings:
    return settings_from(LearningSettings, app.session_state, train.PREFIX)


def trained(app: AppTest) -> AppTest:
    """After pressing the button, once the training is over and measured."""
    app = without_error(click(app, "start_training"))
    assert training_service().wait(WAIT_S)
    return without_error(app.run())


def curve(app: AppTest) -> str:
    [chart] = [chart.proto.spec for chart in app.get("plotly_chart")]
    return str(chart)


def test_opening_the_page_trains_nothing_and_says_what_will_come() -> None:
    app = open_page()
    assert "How well does a policy learn" in as_markup(app)
    assert "any study with people offers" in as_markup(app)
    assert "3,200 days with simulated participants: 320 studies of 10 days" in as_markup(app)
    assert "optimum" in curve(app)
    assert training_service().snapshot() is None


@pytest.mark.needs("training")
def test_a_training_is_shown_measured_kept_and_used() -> None:
    app = trained(open_page())
    now = training_service().snapshot()
    assert now is not None and now.training.finished and not now.training.stopped
    points = now.training.curve
    assert len(points) > 10
    assert sum(point.n_studies for point in points) >= 300
    found = now.figures
    assert found.policy is not None and found.policy.n_seeds == 20
    assert found.baselines["planner"].share > found.baselines["random"].share
    shown = metrics(app)
    assert shown["This policy, of the optimum"].startswith(f"{100 * found.policy.share:.1f} ± ")
    assert shown["Planner (knows a model)"].startswith(f"{100 * found.baselines['planner'].share:.1f} ± ")
    assert shown["LLM+TS (one study)"].startswith(f"{100 * found.baselines['LLM+TS'].share:.1f} ± ")
    words = app.subheader[0].value.replace("\\", "")
    assert words.startswith("After 3,200 simulated days, it earns") and f"{100 * found.policy.share:.1f} %" in words
    assert f"in use {found.policy.mean_steps:,.0f}" in curve(app)

    app = widget(app.text_input, "keep_name").set_value("Not allowed").run()
    app = click(app, "keep_policy")
    assert len(app.error) == 1 and "small letter" in app.error[0].value
    app = widget(app.text_input, "keep_name").set_value("mine").run()
    app = without_error(click(app, "keep_policy"))
    network = default_policy_store().get("mine")
    assert network == now.training.network
    assert any("kept as mine" in element.value for element in app.markdown)
    table = app.dataframe[0].value.set_index("name")
    assert table.loc["mine", "whose"] == "own"
    assert table.loc["mine", "of the optimum"] == shown["This policy, of the optimum"]
    assert table.loc["ppo-belief", "of the optimum"] == "not measured"

    app = without_error(click(app, "use_trained"))
    assert spec_of(app).policy == PolicySpec("learned", TrainedSettings(network))
    app = go_to(app, LIVE)
    app = widget(app.selectbox, "strategy").set_value("none").run()
    app = widget(app.toggle, "reads_text").set_value(False).run()
    app = lived(without_error(app))
    assert all(record.proposal.action_probabilities for record in records_of(app))


@pytest.mark.needs("training")
def test_the_next_training_does_not_lose_the_one_before_and_no_name_is_overwritten_by_surprise() -> None:
    app = trained(open_page())
    first = default_desk_network()
    app = trained(set_learner(app, replace(SMALL, learning_seed=2)).run())
    assert default_policy_store().get("my-ppo") == first != default_desk_network()
    assert widget(app.text_input, "keep_name").value == "my-ppo-2"
    app = without_error(widget(app.text_input, "keep_name").set_value("my-ppo").run())
    assert not [button for button in app.button if button.key == "keep_policy"]
    assert default_policy_store().get("my-ppo") == first
    without_error(click(app, "replace_policy"))
    assert default_policy_store().get("my-ppo") == default_desk_network()


def default_desk_network() -> PolicyNetwork:
    now = training_service().snapshot()
    assert now is not None and now.training.network is not None
    return now.training.network


def stage_of_another_tab() -> None:
    from jitai.rl.task import LearningSettings, LearningTask
    from jitai.simulator.config import PUBLISHED_CELLS
    from jitai.ui.pages import train

    train._stage(LearningTask(LearningSettings("dqn"), ("H",), PUBLISHED_CELLS), was_at_work=False)


@pytest.mark.needs("training")
def test_the_stage_shows_the_training_that_there_is_and_not_what_the_page_was_drawn_for() -> None:
    task = LearningTask(SMALL, ("P", "H"), (SHORT_STUDY,))
    training_service().n_seeds = 3
    training_service().start(task, default_policy_store().checkpoints)
    assert training_service().wait(WAIT_S)
    app = without_error(AppTest.from_function(stage_of_another_tab, default_timeout=WAIT_S).run())
    [caption] = [element.value.replace("\\", "") for element in app.caption]
    assert task.policy_name() in caption and "the eight participants" not in caption


@pytest.mark.needs("training")
def test_stop_keeps_what_is_learnt_and_it_can_go_on() -> None:
    app = without_error(click(open_page(ENDLESS), "start_training"))
    assert widget(app.button, "start_training").disabled
    deadline = time.monotonic() + WAIT_S
    while not (now := training_service().snapshot()) or not now.training.n_steps:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    app = without_error(app.run())
    assert any("decisions" in str(bar.proto) for bar in app.get("progress"))
    app = without_error(go_to(go_to(app, LIVE), TRAIN))
    assert not training_service().wait(0), "leaving the page changes nothing"
    app = click(app, "stop_training")
    assert training_service().wait(WAIT_S)
    app = without_error(app.run())
    now = training_service().snapshot()
    assert now is not None and now.training.stopped and now.training.network is not None
    n_steps = now.training.n_steps
    assert app.subheader[0].value.replace("\\", "").startswith(f"Stopped after {n_steps:,} simulated days")
    assert widget(app.text_input, "keep_name").value == "my-ppo"
    task = now.training.task
    assert checkpoint_of(task, default_policy_store().checkpoints) is not None

    wanted = n_steps + 1_600
    app = without_error(set_learner(app, replace(ENDLESS, total_steps=wanted)).run())
    assert widget(app.button, "resume_training").label == f"Resume from {n_steps:,}"
    app = click(app, "resume_training")
    assert training_service().wait(WAIT_S)
    app = without_error(app.run())
    now = training_service().snapshot()
    assert now is not None and not now.training.stopped and now.training.n_steps >= wanted
    assert checkpoint_of(task, default_policy_store().checkpoints) is None
    assert not [button for button in app.button if button.key == "resume_training"]


@pytest.mark.needs("training")
def test_one_training_at_a_time_and_another_session_is_told() -> None:
    first = without_error(click(open_page(ENDLESS), "start_training"))
    second = without_error(go_to(open_app(LIVE), TRAIN))
    assert "only one at a time" in as_markup(second) and "only one at a time" not in as_markup(first)
    assert widget(second.button, "start_training").disabled
    task = training_service().snapshot()
    assert task is not None
    with pytest.raises(Exception, match="one at a time"):
        training_service().start(task.training.task, default_policy_store().checkpoints)
    click(second, "stop_training")
    assert training_service().wait(WAIT_S)
    assert not widget(second.run().button, "start_training").disabled


@pytest.mark.parametrize("algorithm", [DQN, A2C])
def test_another_algorithm_brings_its_own_settings(algorithm: str) -> None:
    app = without_error(widget(open_page().selectbox, "train_algorithm").set_value(algorithm).run())
    assert learner_of(app) == STARTS[algorithm]
    shown = {element.key for element in app.number_input}
    assert ("train_entropy_bonus" in shown) == (algorithm == A2C)
    app = widget(app.number_input, "train_learning_rate").set_value(0.0005).run()
    app = without_error(go_to(go_to(app, LIVE), TRAIN))
    assert learner_of(app) == replace(STARTS[algorithm], learning_rate=0.0005)


@pytest.mark.needs("training")
def test_what_it_sees_and_whom_it_learns_from() -> None:
    app = widget(open_page().selectbox, "train_whom").set_value(GRID).run()
    app = without_error(widget(app.selectbox, "train_sees").set_value(OWN_CHOICE).run())
    app = widget(app.multiselect, "train_own_sight").set_value(["C", "B"]).run()
    assert not app.exception and len(app.error) == 1
    assert "both C and B" in app.error[0].value.replace("\\", "")
    assert widget(app.button, "start_training").disabled
    app = without_error(widget(app.multiselect, "train_own_sight").set_value(["H", "day"]).run())
    app = without_error(click(app, "start_training"))
    now = training_service().snapshot()
    assert now is not None
    assert (now.training.task.observations, now.training.task.participants) == (("H", "day"), PUBLISHED_CELLS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<script>alert(1)</script>", "not valid JSON"),
        (b"[1, 2]", "JSON object"),
        (policy_text(random_network()).replace('"weights"', '"wait"').encode(), "weights"),
        (b"[" * 100_000, "no trained policy"),
        (b" " * 2_000_001, "larger than"),
    ],
)
def test_a_file_that_is_no_policy_is_one_sentence(content: bytes, words: str) -> None:
    app = open_page()
    app = app.file_uploader[0].set_value(("<b>bad</b>.json", content, "application/json")).run()
    assert not app.exception
    assert len(app.error) == 1
    assert words in app.error[0].value.replace("\\", "")
    assert "<b>" not in as_markup(app)
    assert not list(default_policy_store().folder.glob("*")), "nothing is kept of it"


def test_a_policy_is_brought_measured_and_deleted_once_that_is_confirmed() -> None:
    network = random_network(("L", "H"), name="<b>theirs</b>", participants=(SHORT_STUDY,))
    app = open_page()
    file = ("My Policy!.json", policy_text(network).encode(), "application/json")
    app = without_error(app.file_uploader[0].set_value(file).run())
    assert default_policy_store().get("my-policy") == network
    assert widget(app.selectbox, "policy_shown").value == "my-policy"
    assert "<b>theirs" not in as_markup(app)
    app = without_error(click(app, "measure_policy"))
    deadline = time.monotonic() + WAIT_S
    while not (found := training_service().figures_of(network)) or not found.finished:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    app = without_error(app.run())
    assert found.policy is not None
    said = next(text for text in as_text(app) if text.startswith("It earns"))
    assert f"{100 * found.policy.share:.1f} ± " in said and "20 studies" in said and "planner" in said
    app = without_error(click(app, "delete_policy"))
    assert any("cannot be undone" in element.value for element in app.warning)
    app = without_error(click(app, "keep_it"))
    assert (default_policy_store().folder / "my-policy.json").exists()
    app = without_error(click(click(app, "delete_policy"), "delete_for_good"))
    assert not (default_policy_store().folder / "my-policy.json").exists()
    assert "my-policy" not in app.dataframe[0].value["name"].tolist()
    app = without_error(widget(app.selectbox, "policy_shown").set_value("ppo-belief").run())
    assert not [button for button in app.button if button.key == "delete_policy"], "the project's stay"


def test_a_damaged_file_among_the_policies_is_said_so() -> None:
    folder = default_policy_store().folder
    folder.mkdir(parents=True)
    Path(folder, "broken.json").write_text("{", encoding="utf-8")
    app = open_page()
    assert "broken" in app.dataframe[0].value["name"].tolist()
    app = without_error(widget(app.selectbox, "policy_shown").set_value("broken").run())
    assert any("no trained policy" in element.value for element in app.warning)
    assert not [button for button in app.button if button.key == "use_policy"]
