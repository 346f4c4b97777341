"""The Optimum page, without a browser."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from jitai.policies.optimum import optimum
from jitai.policies.planner import PlannerSettings, cached_plan
from jitai.policies.policy_map import draw_map, in_words
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.trial.optimum_check import check_optimum, grid_error, value_on_fine_grid
from jitai.ui.pages.optimum import TUNED_HERE
from tests.app.driver import (
    LIVE,
    OPTIMUM_PAGE,
    SIMULATOR,
    as_text,
    click,
    go_to,
    metrics,
    open_app,
    set_config,
    spec_of,
    widget,
    without_error,
)

DEFAULT = PRESETS[DEFAULT_PRESET]


def answer(app: AppTest) -> str:
    """The sentence under the controls."""
    [found] = [element.value for element in app.subheader]
    return str(found)


def charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(element.proto.spec) for element in app.get("plotly_chart")]


def words(config: SimulatorConfig, day: int, can_walk: int, context: int) -> str:
    """What the optimum does on a day (from 1), from the solution itself."""
    solved = optimum(config)
    drawn = draw_map(
        lambda h, d: solved.action(day - 1, h, d, np.full(h.shape, can_walk), np.full(h.shape, context)),
        config.disengagement_threshold,
    )
    return in_words(drawn, config.initial_disengagement)


def test_the_answer_is_that_of_the_solution() -> None:
    app = without_error(open_app(OPTIMUM_PAGE))
    assert app.title[0].value == "What would the best possible policy do?"
    assert answer(app) == (
        f"Day 20, at home: who can walk gets {words(DEFAULT, 20, 1, 0)}; who cannot walk gets no message."
    )
    assert "the message for home" in answer(app)
    assert len(charts(app)) == 2
    assert [chart["layout"]["title"]["text"] for chart in charts(app)] == ["Can walk, at home", "Cannot walk, at home"]
    app = widget(app.slider, "map_day_shown").set_value(48).run()
    app = without_error(widget(app.button_group, "map_context").set_value(1).run())
    assert answer(app).startswith(f"Day 48, at work: who can walk gets {words(DEFAULT, 48, 1, 1)};")
    assert "the message for work" in answer(app)


def test_value_and_check_are_shown() -> None:
    app = open_app(OPTIMUM_PAGE)
    check = check_optimum(DEFAULT, 500)
    assert metrics(app) == {
        "Expected steps": f"{optimum(DEFAULT).value():,.0f}",
        "Earned, 500 studies": f"{check.mean:,.0f} ± {check.half_width:,.0f}",
        "Computed value": "in the interval",
    }
    app = without_error(widget(app.button_group, "map_seeds").set_value(200).run())
    check = check_optimum(DEFAULT, 200)
    assert metrics(app)["Earned, 200 studies"] == f"{check.mean:,.0f} ± {check.half_width:,.0f}"


@pytest.mark.parametrize("name", TUNED_HERE)
def test_the_picture_follows_each_parameter(name: str) -> None:
    app = open_app(OPTIMUM_PAGE)
    before = metrics(app)["Expected steps"]
    app = without_error(widget(app.slider, name).set_value(0.3).run())
    config = replace(DEFAULT, **{name: 0.3})
    assert spec_of(app).config == config
    assert metrics(app)["Expected steps"] == f"{optimum(config).value():,.0f}"
    assert words(config, 20, 1, 0) in answer(app)
    # Who makes no mistakes does not mind what they cost.
    assert (metrics(app)["Expected steps"] == before) == (name == "disengagement_increment")


def test_the_finer_grid_is_solved_on_demand() -> None:
    app = open_app(OPTIMUM_PAGE)
    difference = f"{optimum(DEFAULT).value() - value_on_fine_grid(DEFAULT):+.1f} steps"
    assert not any(difference in text for text in as_text(app))
    app = without_error(click(app, "finer_grid"))
    assert any(difference in text for text in as_text(app))


def test_the_planners_map_is_labelled_and_follows_belief_and_reading() -> None:
    app = without_error(widget(open_app(OPTIMUM_PAGE).selectbox, "map_of").set_value("planner").run())
    plan = cached_plan(DEFAULT, spec_of(app).belief, PlannerSettings())
    assert "ours, not published" in "".join(caption.value for caption in app.caption)
    shown = metrics(app)
    assert shown["The planner expects"] == f"{plan.value():,.0f} steps"
    assert shown["Of the best possible"] == f"{100 * plan.value() / optimum(DEFAULT).value():.1f} %"
    found = {}
    for belief, reading in ((1.0, 0.0), (1.0, 1.0), (0.1, 0.0)):
        app = widget(app.slider, "map_belief").set_value(belief).run()
        app = without_error(widget(app.slider, "map_reading").set_value(reading).run())
        [chart] = charts(app)
        assert f"probability {belief:.2f}" in chart["layout"]["title"]["text"]
        drawn = draw_map(
            lambda h, d, q=belief, p=reading: plan.action(19, h, d, np.full(h.shape, q), np.full(h.shape, p)), 0.99
        )
        found[belief, reading] = answer(app)
        assert answer(app) == f"Day 20: the planner sends {in_words(drawn, 0.0)}."
    assert "home" in found[1.0, 0.0] and "work" in found[1.0, 1.0] and found[0.1, 0.0].endswith("sends no message.")


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_draws(name: str) -> None:
    app = open_app(OPTIMUM_PAGE)
    app = without_error(widget(app.selectbox, "preset").set_value(name).run())
    assert spec_of(app).config == PRESETS[name]
    assert metrics(app)["Expected steps"] == f"{optimum(PRESETS[name]).value():,.0f}"
    without_error(widget(app.selectbox, "map_of").set_value("planner").run())


def test_of_a_varying_response_the_error_of_the_grid_is_said() -> None:
    app = open_app(OPTIMUM_PAGE)
    assert any("risk only falls" in caption.value for caption in app.caption)
    app = without_error(widget(app.selectbox, "preset").set_value("Always able, varying response").run())
    config = PRESETS["Always able, varying response"]
    assert check_optimum(config, 500).agrees
    assert metrics(app)["Computed value"] == "in the interval"
    assert any(f"off by up to {grid_error(config):.1f} steps" in text.value for text in app.markdown)
    assert any("the risk varies at random" in caption.value for caption in app.caption)


@pytest.mark.parametrize("end", ["low", "high"])
def test_all_parameters_at_one_end(end: str) -> None:
    from jitai.parameters import describe

    app = open_app(OPTIMUM_PAGE)
    values = DEFAULT.as_mapping()
    for info in describe(SimulatorConfig):
        if info.low is not None and info.name != "study_length":
            values[info.name] = type(info.default)(getattr(info, end))
    for length in (1, 2, 50):
        set_config(app, SimulatorConfig(**{**values, "study_length": length}))  # type: ignore[arg-type]
        app = without_error(app.run())
        assert answer(app).startswith(f"Day {min(20, length)}")
    without_error(widget(app.selectbox, "map_of").set_value("planner").run())


def test_what_is_chosen_survives_a_visit_to_another_page() -> None:
    app = widget(open_app(OPTIMUM_PAGE).slider, "map_day_shown").set_value(33).run()
    app = widget(app.button_group, "map_context").set_value(1).run()
    app = widget(app.slider, "habituation_decay").set_value(0.2).run()
    before = answer(app)
    app = without_error(go_to(go_to(app, SIMULATOR), OPTIMUM_PAGE))
    assert answer(app) == before
    assert spec_of(go_to(app, LIVE)).config.habituation_decay == 0.2
