"""What a browser session remembers. All pages follow one idiom:

1. A setting is the value of its widget, and is stored nowhere else. The widget has a fixed key and
   ``persist_state="session"``: Streamlit keeps its value while other pages are shown, and every page reads it from
   ``st.session_state``. Its default is the widget's own; where code sets it too, the default is put there first
   (``setdefault``) and the widget is given none.
2. The settings of a trial have their parameters' names as keys. ``AppState.spec`` builds the TrialSpec from them, and
   ``AppState.show`` puts one there.
3. Code sets a widget by writing to ``st.session_state`` before the widget is drawn: in a callback, or on another page.
4. A widget that stands for other settings (preset, unsure band, judge at work) is set each time before it is drawn, and
   its callback writes those settings.
5. What is more than a widget's value (a run, an experiment that is shown, a file's rows) is a field of a dataclass;
   ``session_object`` keeps one object of each class.

None of this survives a reload: only what ``keep_in_address`` writes does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from jitai.charts.theme import DARK, LIGHT, Palette
from jitai.corpus import EVERYDAY_KINDS
from jitai.judge.consent import NOT_AGREED, Consent
from jitai.judge.registry import BACKENDS, BackendClass, backend_of, find_backend, reading_backends
from jitai.judge.simulated import SIMULATED, SimulatedBackend, SimulatedSettings, simulated_reference
from jitai.parameters import build, describe
from jitai.policies.network import PolicyNetwork
from jitai.records import JudgeReference
from jitai.report.scenario_link import open_link
from jitai.rl.policy_store import default_policy_store
from jitai.sanitise import for_markdown
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.simulator.conventions import preset_of
from jitai.trial.query import to_query
from jitai.trial.scenario import Scenario
from jitai.trial.settings import STRATEGY, described_settings, spec_from, spec_values, values_of
from jitai.trial.spec import TrialSpec
from jitai.ui.session.resources import statement_book

CUSTOM_PRESET = "Custom (Simulator page)"
PAGE_PARAMETERS = (
    "experiment", "lesson", "step", "notes",
    *(f"design_{name}" for name in ("method", "baseline", "condition", "days", "spread", "power", "people")),
)  # fmt: skip
"""Names in the address that are no settings of a trial, but belong to single pages."""
_IDENTIFIER = re.compile(r"[a-z0-9-]{1,60}")
Kept = TypeVar("Kept")


def session_object(make: type[Kept]) -> Kept:
    """The session's object of a class.

    It is made when it is first asked for, and anew after Streamlit has reloaded the source, as the class is another one
    then.
    """
    found = st.session_state.get(make.__name__)
    if not isinstance(found, make):
        found = st.session_state[make.__name__] = make()
    return found


@dataclass
class AppState:
    """What all pages share.

    Attributes:
        network: the trained policy, where that is the policy.
        judge_picked, prompt_picked: the person's choice; empty before there is one.
        judge_at_work: key of the judge that reads the statements.
        simulated: whether the Live page has the simulated judge instead, which reads nothing; other pages have words
            read and keep the judge at work.
        judge_settled: whether nothing but the person may change the judge, because a run of its is shown.
        consent: what the person has agreed, in this visit, to have sent away from this machine.
        problem: why the last button could not do its work, as a sentence; shown once.
        page: that is shown, as Streamlit names it.
        linked: the run of the address that opened the session, for the page that plays it; None without one.
        address_problem: what of that address could not be used, and why, as sentences.
        address_problem_page: the page that was opened with that address.
        address_problem_spec: the settings that it was opened with; with others, the sentence is no longer true.
    """

    network: PolicyNetwork | None = None
    judge_picked: str = ""
    prompt_picked: str = ""
    judge_at_work: str = ""
    simulated: bool = False
    judge_settled: bool = False
    prompt_shown: str = ""
    model_to_delete: str = ""
    consent: Consent = NOT_AGREED
    problem: str = ""
    page: str = ""
    linked: Scenario | None = None
    address_problem: str = ""
    address_problem_page: str = ""
    address_problem_spec: TrialSpec | None = None

    def __post_init__(self) -> None:
        """Take the settings of the page's address, or the defaults and a sentence if those cannot be used."""
        st.session_state.setdefault("kinds", list(EVERYDAY_KINDS))
        query = {name: value for name, value in st.query_params.to_dict().items() if name not in PAGE_PARAMETERS}
        opened = open_link(query, statement_book, default_policy_store().get)
        self.show(opened.spec or TrialSpec(config=PRESETS[DEFAULT_PRESET]))
        self.address_problem = " ".join(part for part in (opened.problem, opened.ignored_sentence) if part)
        if opened.scenario is not None:
            self._show_linked(opened.scenario)

    def _show_linked(self, scenario: Scenario) -> None:
        """Have the run of the address at hand, with its kinds of statement and, if it can be had, its judge."""
        self.linked = scenario
        st.session_state["kinds"] = list(scenario.kinds)
        if scenario.is_simulated or (
            scenario.judge is not None and find_backend(scenario.judge.key) in reading_backends()
        ):
            self.use_judge(scenario.judge)

    def pick_judge(self, key: str) -> None:
        """Have another judge at work, asked in the way that suits it: choosing a judge chooses its prompt."""
        self.judge_picked, self.prompt_picked, self.prompt_shown = key, "", ""

    def use_judge(self, judge: JudgeReference | None) -> None:
        """Have a scenario's judge at work, which the caller knows to be here; None leaves all as it is."""
        if judge is None:
            return
        self.simulated = judge.error_rates is not None
        if judge.error_rates is not None:
            st.session_state.update(values_of(SimulatedSettings(*judge.error_rates), f"{SIMULATED}_"))
        else:
            self.judge_picked, self.prompt_picked = judge.key, judge.prompt

    @property
    def simulated_judge(self) -> JudgeReference | None:
        """The simulated judge as its widgets stand; None where another judge reads, or nobody."""
        if not self.simulated or not self.spec.uses_text:
            return None
        return simulated_reference(self.settings_of(SimulatedBackend))

    @property
    def spec(self) -> TrialSpec:
        """The settings of the trial, as the widgets of all pages stand."""
        return spec_from(st.session_state, self.network)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of statement that the participant makes."""
        return tuple(st.session_state["kinds"])

    @property
    def preset(self) -> str:
        """The name of the simulator settings: a preset's, under whichever convention, or custom."""
        return preset_of(self.spec.config, CUSTOM_PRESET)

    def show(self, spec: TrialSpec) -> None:
        """Set all widgets of a trial's settings."""
        self.network = spec.policy.network
        name = default_policy_store().name_of(spec.policy.network)
        st.session_state.update(spec_values(spec, name))

    def restore(self, spec: TrialSpec, kinds: tuple[str, ...], judge: str, prompt: str, judge_settings: Any) -> None:
        """Set all widgets of a run's settings, those of its judge among them.

        Args:
            spec, kinds: of the trial.
            judge, prompt: keys of those that were at work, on Live; the prompt empty for the one that suits the judge.
            judge_settings: of the judge's backend; None where they do not matter.
        """
        self.show(spec)
        st.session_state["kinds"] = list(kinds)
        self.simulated = judge == SIMULATED
        if not self.simulated:
            self.judge_picked, self.prompt_picked = judge, prompt
        if judge_settings is not None:
            st.session_state.update(values_of(judge_settings, f"{backend_of(judge).key}_"))

    def settings_of(self, backend: BackendClass) -> Any:
        """The settings of a judge backend, as its widgets stand; their keys begin with the backend's."""
        given = {info.name: f"{backend.key}_{info.name}" for info in describe(backend.Settings)}
        values = {name: st.session_state[key] for name, key in given.items() if st.session_state.get(key) is not None}
        return build(backend.Settings, values)

    @property
    def deciding_settings(self) -> Any:
        """The settings of the judge at work where they may change its verdicts; None otherwise."""
        backend = backend_of(self.judge_at_work)
        return self.settings_of(backend) if backend.settings_matter and describe(backend.Settings) else None


def app_state() -> AppState:
    """The session's state, made on the first visit from what the page's address says."""
    state = session_object(AppState)
    context = get_script_run_ctx()
    page = "" if context is None else context.page_script_hash
    if page != state.page:
        state.page = page
        _carry_over()
    return state


def _carry_over() -> None:
    """Give the widgets of this page the values that they had on the one before.

    Streamlit does so by itself only at the end of the first run: a widget that stands on both pages would have its
    default until then.
    """
    of_judges = (f"{backend.key}_{info.name}" for backend in BACKENDS.values() for info in describe(backend.Settings))
    for name in (*described_settings(), "policy", STRATEGY, "seed", "kinds", "reveal", *of_judges):
        if name in st.session_state:
            st.session_state[name] = st.session_state[name]


def show_config(config: SimulatorConfig) -> None:
    """Set all widgets of the simulator's parameters."""
    st.session_state.update(values_of(config))


def experiment_of_address() -> str:
    """The experiment that the page's address names; empty if it names none, or nothing that could be one."""
    text = st.query_params.get("experiment", "")
    if not text or _IDENTIFIER.fullmatch(text):
        return text
    app_state().problem = (
        "The address names no experiment that could be stored here: an experiment's name consists of a-z, 0-9 and -."
    )
    return ""


def keep_in_address(state: AppState, run: Mapping[str, str] | None = None, **of_page: str) -> None:
    """Write the settings into the page's address, so that a reload, or whoever gets the link, has them too.

    If the settings of the link that opened the session could not be used, say so on the page that it opened.

    Args:
        state: the settings.
        run: parameters of ``run_in_address``, which stand for the settings too; None or none for the settings alone.
        of_page: what else the page wants to find there, by names of PAGE_PARAMETERS; nothing where it is empty.
    """
    query = dict(run or to_query(state.spec, state.preset, default_policy_store().name_of(state.network)))
    query |= {name: value for name, value in of_page.items() if value}
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
    _say_address_problem(state)


def _say_address_problem(state: AppState) -> None:
    """Say what is wrong with the link while the page that it opened shows the settings that it opened with."""
    context = get_script_run_ctx()
    page = "" if context is None else context.page_script_hash
    state.address_problem_page = state.address_problem_page or page
    state.address_problem_spec = state.address_problem_spec or state.spec
    if page != state.address_problem_page or state.spec != state.address_problem_spec:
        state.address_problem = ""
    if state.address_problem:
        st.warning(for_markdown(state.address_problem), icon=":material/link_off:")


def say_problem(state: AppState) -> None:
    """Say why the last button could not do its work; a button's callback cannot draw."""
    if state.problem:
        st.error(for_markdown(state.problem), icon=":material/error:")
        state.problem = ""


def palette() -> Palette:
    """The chart colours for the theme that the browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT
