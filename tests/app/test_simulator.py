"""The Simulator page, without a browser."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from jitai.parameters import ParameterInfo, describe
from jitai.simulator.config import BETA, DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.simulator.conventions import AUTHORS, OURS, OWN, under
from jitai.simulator.preview import MESSAGES, SCHEDULES
from jitai.trial.filters import NONE
from jitai.ui.session.state import CUSTOM_PRESET
from tests.app.driver import (
    LIVE,
    SIMULATOR,
    go_to,
    lived,
    open_app,
    records_of,
    set_config,
    spec_of,
    widget,
    without_error,
)

PARAMETERS = describe(SimulatorConfig)


def parameter(app: AppTest, name: str) -> Any:
    """The widget of a parameter, of whatever sort it is."""
    return widget([*app.toggle, *app.selectbox, *app.number_input, *app.slider], name)


def extremes(info: ParameterInfo) -> list[Any]:
    if info.low is None or info.high is None:
        return [*(info.choices or (not info.default,))]
    return [info.low, info.high]


def test_every_parameter_has_a_widget_with_its_bounds() -> None:
    app = without_error(open_app(SIMULATOR))
    for info in PARAMETERS:
        found = parameter(app, info.name)
        assert found.value == getattr(PRESETS[DEFAULT_PRESET], info.name)
        assert found.help == info.full_help
        if info.low is not None:
            assert (found.min, found.max) == (info.low, info.high)


def test_a_changed_parameter_makes_the_preset_custom_and_reaches_the_live_page() -> None:
    app = open_app()
    app = widget(app.selectbox, "strategy").set_value(NONE).run()
    app = go_to(app, SIMULATOR)
    app = without_error(parameter(app, "study_length").set_value(12).run())
    assert widget(app.selectbox, "preset").value == CUSTOM_PRESET
    app = without_error(go_to(app, LIVE))
    assert widget(app.selectbox, "preset").value == CUSTOM_PRESET
    assert spec_of(app).config.study_length == 12
    app = lived(app)
    assert 0 < len(records_of(app)) <= 12
    app = go_to(app, SIMULATOR)
    assert parameter(app, "study_length").value == 12
    app = without_error(parameter(app, "study_length").set_value(50).run())
    assert widget(app.selectbox, "preset").value == DEFAULT_PRESET, "settings of a preset bear its name"


def test_from_custom_back_to_a_preset_on_the_live_page() -> None:
    app = open_app(SIMULATOR)
    app = parameter(app, "study_length").set_value(12).run()
    app = go_to(app, LIVE)
    other = list(PRESETS)[2]
    app = without_error(widget(app.selectbox, "preset").set_value(other).run())
    assert widget(app.selectbox, "preset").value == other
    assert spec_of(app).config == PRESETS[other]
    app = without_error(app.run())
    assert widget(app.selectbox, "preset").value == other
    assert spec_of(app).config == PRESETS[other]


def test_a_convention_is_chosen_kept_and_left() -> None:
    app = open_app()
    assert widget(app.selectbox, "convention").value == OURS
    app = without_error(widget(app.selectbox, "convention").set_value(AUTHORS).run())
    assert spec_of(app).config == under(PRESETS[DEFAULT_PRESET], AUTHORS)
    assert widget(app.selectbox, "preset").value == DEFAULT_PRESET
    assert app.query_params["convention"] == "authors"
    other = list(PRESETS)[2]
    app = without_error(widget(app.selectbox, "preset").set_value(other).run())
    assert spec_of(app).config == under(PRESETS[other], AUTHORS), "another preset keeps the convention"
    app = go_to(app, SIMULATOR)
    app = without_error(parameter(app, "initial_habituation").set_value(0.3).run())
    assert widget(app.selectbox, "convention").value == OWN
    app = without_error(widget(app.selectbox, "convention").set_value(OURS).run())
    assert spec_of(app).config == PRESETS[other]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_draws(name: str) -> None:
    app = open_app(SIMULATOR)
    app = without_error(widget(app.selectbox, "preset").set_value(name).run())
    assert widget(app.selectbox, "preset").value == name
    assert spec_of(app).config == PRESETS[name]
    for info in PARAMETERS:
        assert parameter(app, info.name).value == getattr(PRESETS[name], info.name)
    assert len(app.get("plotly_chart")) == 2
    assert len(app.dataframe[-1].value) == PRESETS[name].study_length


@pytest.mark.parametrize("info", PARAMETERS, ids=lambda info: info.name)
def test_extreme_values(info: ParameterInfo) -> None:
    app = open_app(SIMULATOR)
    for value in extremes(info):
        app = without_error(parameter(app, info.name).set_value(value).run())
        assert getattr(spec_of(app).config, info.name) == value
        assert len(app.get("plotly_chart")) == 2


@pytest.mark.parametrize("end", ["low", "high"])
def test_all_parameters_at_one_end_and_a_trial(end: str) -> None:
    app = widget(open_app().selectbox, "strategy").set_value(NONE).run()
    values = PRESETS[DEFAULT_PRESET].as_mapping()
    for info in PARAMETERS:
        if info.low is not None:
            values[info.name] = type(info.default)(getattr(info, end))
    values["variation"] = BETA
    set_config(app, SimulatorConfig(**values))  # type: ignore[arg-type]
    app = lived(without_error(app.run()))
    assert records_of(app)
    assert spec_of(app).config.as_mapping() == values
    without_error(go_to(app, SIMULATOR))


def test_the_seed_is_that_of_the_live_page() -> None:
    app = without_error(go_to(widget(open_app().number_input, "seed").set_value(77).run(), SIMULATOR))
    assert widget(app.number_input, "seed").value == 77
    assert any("Seed 77, as on the Live page" in caption.value for caption in app.caption)
    app = go_to(widget(app.number_input, "seed").set_value(78).run(), LIVE)
    assert spec_of(app).seed == 78


@pytest.mark.parametrize("message", MESSAGES)
def test_every_schedule(message: str) -> None:
    app = open_app(SIMULATOR)
    app = widget(app.selectbox, "schedule_action").set_value(message).run()
    for schedule in SCHEDULES:
        app = without_error(widget(app.selectbox, "schedule").set_value(schedule).run())
        assert widget(app.selectbox, "schedule").value == schedule
    app = without_error(go_to(go_to(app, LIVE), SIMULATOR))
    assert widget(app.selectbox, "schedule_action").value == message


def test_kinds_of_statement_without_both_labels_are_refused_in_a_sentence() -> None:
    app = open_app(SIMULATOR)
    app = widget(app.multiselect, "kinds").set_value([]).run()
    assert not app.exception
    assert app.error
    assert widget(app.multiselect, "kinds").value == []
    app = go_to(app, LIVE)
    assert not app.exception
    assert app.error, "nothing can be said there either"
    app = widget(go_to(app, SIMULATOR).multiselect, "kinds").set_value(["plain"]).run()
    without_error(app)
    assert records_of(lived(without_error(go_to(app, LIVE))))


def test_spells_without_ability_can_be_left_out_of_the_schedule() -> None:
    app = open_app(SIMULATOR)
    able = {metric.label: metric.value for metric in app.metric}
    widget(app.toggle, "schedule_always_able").set_value(False).run()
    without_error(app)
    as_simulated = {metric.label: metric.value for metric in app.metric}
    # Messages to somebody who cannot walk drive this participant away; without such days nothing does.
    assert able["The participant"] == "stays to the end"
    assert as_simulated["The participant"].startswith("leaves on day")
