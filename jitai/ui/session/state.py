"""Everything that a browser session remembers, in one typed object.

A widget's own value is lost when its page is left, so each setting's home is here; widgets are drawn from it and write
back to it in their callbacks.
"""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from jitai.charts.theme import DARK, LIGHT, Palette
from jitai.corpus import EVERYDAY_KINDS
from jitai.errors import JitaiError
from jitai.judge.prefetch import VerdictPrefetcher
from jitai.judge.registry import BackendClass, backend_of
from jitai.parameters import describe
from jitai.records import Verdict
from jitai.rl.policy_store import default_policy_store
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.trial.live import TwinTrial
from jitai.trial.loop import Said
from jitai.trial.spec import TrialSpec
from jitai.ui.session.url import PAGE_PARAMETERS, from_query, to_query
from jitai.ui.widgets.page import plain

_KEY = "jitai_lab"
AS_SIMULATED = "as simulated"
CUSTOM_PRESET = "Custom (Simulator page)"


class Speed(NamedTuple):
    """How fast a run is shown: seconds between redraws, and days lived between them."""

    interval_s: float
    days: int


SPEEDS: dict[str, Speed] = {
    "1 day a second": Speed(1.0, 1),
    "3 days a second": Speed(0.33, 1),
    "10 days a second": Speed(0.5, 5),
    "to the end": Speed(0.4, 1000),
}


class JudgedStatement(NamedTuple):
    """One line of the Preferences page with its verdict; the label is known where the line is in the corpus."""

    text: str
    verdict: Verdict


class PreviousRun(NamedTuple):
    """A run that was put aside, with its settings: spec, kinds of statement, judge, prompt, the judge's settings."""

    trial: TwinTrial
    settings: tuple[Any, ...]


@dataclass
class AppState:
    """The settings and runs of one browser session."""

    spec: TrialSpec = field(default_factory=lambda: TrialSpec(config=PRESETS[DEFAULT_PRESET]))
    kinds: tuple[str, ...] = EVERYDAY_KINDS
    judge_picked: str = ""
    prompt_picked: str = ""
    judge_at_work: str = ""
    judge_settings: dict[str, Any] = field(default_factory=dict)
    model_to_delete: str = ""
    prompt_shown: str = ""
    prompt_drafts: dict[str, str] = field(default_factory=dict)
    speed: str = "3 days a second"
    reveal: bool = True
    playing: bool = False
    said_next: Said | None = None
    keep_saying: bool = False
    truth_of_said: str = AS_SIMULATED
    said_round: int = 0
    trial: TwinTrial | None = None
    trial_settings: tuple[Any, ...] = ()
    ahead: VerdictPrefetcher | None = None
    one_day_wanted: bool = False
    previous: PreviousRun | None = None
    statements_text: str = ""
    judged: list[JudgedStatement] = field(default_factory=list)
    judged_by: tuple[Any, ...] = ()
    schedule: str = "every day"
    schedule_action: str = "tailored to the true context"
    schedule_seed: int = 42
    schedule_always_able: bool = True
    map_of: str = "optimum"
    map_day: int = 20
    map_context: int = 0
    map_belief: float = 0.8
    map_reading: float = 0.2
    map_seeds: int = 500
    widget_round: int = 0
    address_problem: str = ""
    address_problem_page: str = ""

    @property
    def preset(self) -> str:
        """The name of the simulator settings: a preset's, or custom."""
        return next((name for name, config in PRESETS.items() if config == self.spec.config), CUSTOM_PRESET)

    def set_config(self, config: SimulatorConfig) -> None:
        """Use other simulator settings."""
        self.spec = replace(self.spec, config=config)

    @property
    def run_has_begun(self) -> bool:
        """Whether the present trial has lived a day: from then on nothing but the person changes its judge."""
        return self.trial is not None and bool(self.trial.records)

    def put_aside(self) -> None:
        """End the present run; if it has begun, it can be had back."""
        if self.trial is not None and self.run_has_begun:
            self.previous = PreviousRun(self.trial, self.trial_settings)
        self.trial = None

    def restore_previous(self) -> None:
        """Go back to the run that was put aside last."""
        if self.previous is None:
            return
        self.trial, self.trial_settings = self.previous
        self.spec, self.kinds, self.judge_picked, self.prompt_picked, settings = self.trial_settings
        if settings is not None:
            self.judge_settings[backend_of(self.judge_picked).key] = settings
        self.previous = None
        self.redraw_widgets()

    def settings_of(self, backend: BackendClass) -> Any:
        """The settings of a judge backend, as the person has set them."""
        return self.judge_settings.get(backend.key, backend.Settings())

    @property
    def deciding_settings(self) -> Any:
        """The settings of the judge at work where they may change its verdicts; None otherwise."""
        backend = backend_of(self.judge_at_work)
        return self.settings_of(backend) if backend.settings_matter and describe(backend.Settings) else None

    def redraw_widgets(self) -> None:
        """Give widgets new keys, so that they take over values that were set by something other than themselves."""
        self.widget_round += 1

    def key(self, name: str) -> str:
        """A widget key that lasts until ``redraw_widgets``."""
        return f"{name}_{self.widget_round}"

    def next_said(self) -> Said | None:
        """What the person makes the participant say on the coming day; forgotten once used unless it is to be kept."""
        said = self.said_next
        if said is not None and not self.keep_saying:
            self.forget_said()
        return said

    def forget_said(self) -> None:
        """Nothing is to be said or made true any more; the widget of the truth goes back to where it was."""
        self.said_next, self.keep_saying, self.truth_of_said = None, False, AS_SIMULATED
        self.said_round += 1


def app_state() -> AppState:
    """The session's state, made on the first visit from what the page's address says."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = _from_address()
    state: AppState = st.session_state[_KEY]
    return state


def _from_address() -> AppState:
    """A new state with the settings of the address, or the defaults and a sentence if they cannot be used."""
    state = AppState()
    try:
        query = st.query_params.to_dict()
        settings = {name: value for name, value in query.items() if name not in PAGE_PARAMETERS}
        state.spec = from_query(settings, default_policy_store().get)
    except JitaiError as error:
        state.address_problem = f"The settings in this page's address are not used. {error}"
    return state


def keep_in_address(state: AppState, **of_page: str) -> None:
    """Write the settings into the page's address, so that a reload, or whoever gets the link, has them too.

    Where the settings of the link that opened the session could not be used, that is said: on the page that it opened.

    Args:
        state: the settings.
        of_page: what else the page wants to find there, by names of PAGE_PARAMETERS; nothing where it is empty.
    """
    query = to_query(state.spec, state.preset, default_policy_store().name_of(state.spec.network))
    query |= {name: value for name, value in of_page.items() if value}
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
    _say_address_problem(state)


def _say_address_problem(state: AppState) -> None:
    """What is wrong with the link, as long as its page is open: a page is drawn anew every moment."""
    context = get_script_run_ctx()
    page = "" if context is None else context.page_script_hash
    state.address_problem_page = state.address_problem_page or page
    if page != state.address_problem_page:
        state.address_problem = ""
    if state.address_problem:
        st.warning(plain(state.address_problem), icon=":material/link_off:")


def palette() -> Palette:
    """The chart colours for the theme that the browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT
