"""What a session remembers, with a plain dictionary in the place of Streamlit's session."""

import pytest
import streamlit as st

from jitai.corpus import EVERYDAY_KINDS
from jitai.errors import ParameterError
from jitai.experiments.sweep import JUDGE_ERROR
from jitai.judge.ollama.backend import OllamaBackend
from jitai.simulator.config import DEFAULT_PRESET, PRESETS
from jitai.trial.filters import NONE
from jitai.trial.scenario import compose
from jitai.trial.spec import TrialSpec
from jitai.trial.texts import ScriptedDay
from jitai.ui.session.linked import run_in_address
from jitai.ui.session.page_states import LINE, MAP, Axis, CompareState, SweepState
from jitai.ui.session.resources import judge_for, statement_book
from jitai.ui.session.state import CUSTOM_PRESET, app_state, session_object, show_config


class Address(dict[str, str]):
    """A page's address."""

    def to_dict(self) -> dict[str, str]:
        return dict(self)


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Address:
    """The address of a session that has just begun."""
    found = Address()
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "query_params", found)
    return found


def test_a_session_begins_with_the_defaults(address: Address) -> None:
    state = app_state()
    assert state.spec == TrialSpec(PRESETS[DEFAULT_PRESET])
    assert state.preset == DEFAULT_PRESET
    assert state.kinds == EVERYDAY_KINDS
    assert state.settings_of(OllamaBackend) == OllamaBackend.Settings()
    assert app_state() is state


def test_a_session_begins_with_the_settings_of_its_address(address: Address) -> None:
    address.update(seed="9", participant="Ability mostly lasts", study_length="20", experiment="compare-1")
    state = app_state()
    assert (state.spec.seed, state.spec.config.study_length, state.preset) == (9, 20, CUSTOM_PRESET)
    assert session_object(CompareState).shown == "compare-1"
    assert not state.address_problem and not state.problem


def test_a_session_begins_with_the_run_of_its_address_and_its_judge(address: Address) -> None:
    judge = judge_for("embedded", "few_shot")
    days = {2: ScriptedDay("my foot hurts", can_walk=False)}
    spec, kinds = TrialSpec(PRESETS["Ability mostly lasts"], seed=9), ("plain", "negation")
    scenario = compose(spec, statement_book(kinds), days, judge.reference("embedded"), kinds=kinds)
    scenario = scenario.with_known(judge.remembered)
    parameters, why_not = run_in_address(scenario, judge)
    address.update(parameters | {"utm_source": "mail"})
    state = app_state()
    assert (why_not, state.spec, state.kinds) == ("", spec, kinds)
    assert (state.judge_picked, state.prompt_picked) == ("embedded", "few_shot")
    assert state.linked is not None
    assert state.linked.with_known(judge.remembered).as_mapping() == scenario.as_mapping()
    assert state.address_problem.endswith("are ignored: utm_source.")


def test_a_run_that_no_link_can_hold_is_told_and_the_settings_stay_in_the_address(address: Address) -> None:
    unlike = "".join(chr(0x4E00 + (number * 7919) % 20000) for number in range(4000))
    scenario = compose(app_state().spec, statement_book(EVERYDAY_KINDS), {2: ScriptedDay(unlike)})
    parameters, why_not = run_in_address(scenario, None)
    assert parameters == {} and "too long for a link" in why_not


def test_a_run_in_the_address_that_was_cut_leaves_the_settings_and_a_sentence(address: Address) -> None:
    scenario = compose(TrialSpec(seed=9), statement_book(EVERYDAY_KINDS))
    parameters, _ = run_in_address(scenario, None)
    address.update(parameters, s=parameters["s"][:30])
    state = app_state()
    assert state.spec.seed == 9 and state.linked is None
    assert "cut short" in state.address_problem


def test_an_address_that_cannot_be_used_leaves_the_defaults_and_a_sentence(address: Address) -> None:
    address.update(study_length="a year", experiment="../../etc/passwd")
    assert session_object(CompareState).shown == ""
    assert app_state().spec == TrialSpec(PRESETS[DEFAULT_PRESET])
    assert "study_length" in app_state().address_problem
    assert "no experiment" in app_state().problem


def test_what_a_widget_holds_is_the_setting(address: Address) -> None:
    state = app_state()
    st.session_state.update(seed=5, strategy=NONE, kinds=["plain"], ollama_context_tokens=8192)
    assert (state.spec.seed, state.spec.filter.key, state.kinds) == (5, NONE, ("plain",))
    assert state.settings_of(OllamaBackend).context_tokens == 8192
    show_config(PRESETS["Ability mostly lasts"])
    assert state.preset == "Ability mostly lasts"
    assert state.spec.seed == 5


def test_an_object_of_a_class_that_was_read_again_is_made_anew(address: Address) -> None:
    st.session_state["CompareState"] = object()
    assert isinstance(session_object(CompareState), CompareState)


def test_the_settings_of_a_run_come_back_with_those_of_its_judge(address: Address) -> None:
    state = app_state()
    st.session_state.update(seed=4, kinds=["plain"], ollama_context_tokens=4096)
    spec, kinds, asked = state.spec, state.kinds, OllamaBackend.Settings(context_tokens=8192)
    st.session_state.update(seed=9, kinds=["plain", "consent"], strategy=NONE)
    state.restore(spec, kinds, "ollama:mine", "few_shot", asked)
    assert (state.spec, state.kinds) == (spec, kinds)
    assert (state.judge_picked, state.prompt_picked) == ("ollama:mine", "few_shot")
    assert state.settings_of(OllamaBackend) == asked


def test_a_sweep_that_is_not_stored_is_awaited_on_the_map(address: Address) -> None:
    state = SweepState()
    state.show("gone-1", None)
    assert state.shown == {MAP: "gone-1", LINE: ""}
    assert st.session_state["sweep_view"] == MAP


@pytest.mark.parametrize(
    ("axis", "values"),
    [
        (Axis(JUDGE_ERROR, 0.0, 0.5, 6), (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)),
        (Axis("study_length", 10, 12, 5), (10, 11, 12)),
        (Axis("can_walk_persistence", 0.55, 0.95, 2), (0.55, 0.95)),
    ],
)
def test_an_axis_spreads_its_values(axis: Axis, values: tuple[float, ...]) -> None:
    assert axis.values() == values


@pytest.mark.parametrize("axis", [Axis(JUDGE_ERROR, 0.5, 0.5, 3), Axis("study_length", 10.0, 10.2, 3)])
def test_an_axis_without_two_values_is_refused(axis: Axis) -> None:
    with pytest.raises(ParameterError):
        axis.values()
