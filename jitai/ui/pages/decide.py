"""The Decide page: the game in which the person is the policy, or the clinician before the judge."""

import secrets
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.errors import StreamlitAPIException

from jitai.game.days import CLINICIAN, POLICY, Game, live_days, up_to_decision, with_action
from jitai.game.payload import game_payload
from jitai.lessons.living import KINDS
from jitai.policies.registry import PolicySpec
from jitai.records import JudgeReference, JudgesText
from jitai.simulator.config import DEFAULT_PRESET, PRESETS
from jitai.trial.filters import FilterSpec
from jitai.trial.scenario import compose
from jitai.trial.spec import TrialSpec
from jitai.ui.session.lessons import lesson_judge
from jitai.ui.session.resources import statement_book
from jitai.ui.session.state import app_state, session_object
from jitai.ui.widgets.game import ACT, FIVE, GameRequest, game_view
from jitai.ui.widgets.page import errors_as_sentences

JUDGE = "embedded-tuned"
N_SEEDS = 1_000_000
FIVE_DAYS = 5
OFFERED = tuple(name for name, config in PRESETS.items() if config.can_walk_persistence < 1)
ROLES = {POLICY: "You are the policy", CLINICIAN: "You are the clinician"}


@dataclass
class DecideState:
    """What the page remembers.

    Attributes:
        game: as far as it has come; None before the first.
        kind: name of the participant that the game is about.
        answered: number of the last request that was answered.
    """

    game: Game | None = None
    kind: str = ""
    answered: int = 0


def decide_page() -> None:
    """Draw the page."""
    app_state()
    state = session_object(DecideState)
    with errors_as_sentences():
        with st.container(horizontal=True, vertical_alignment="bottom", key="decide_settings"):
            role = st.segmented_control(
                "Role", list(ROLES), format_func=ROLES.__getitem__, key="decide_role", required=True, default=POLICY,
                persist_state="session", label_visibility="collapsed",
            )  # fmt: skip
            kind = st.selectbox(
                "Person", OFFERED, index=OFFERED.index(DEFAULT_PRESET) if DEFAULT_PRESET in OFFERED else 0,
                key="decide_kind", persist_state="session", width=420, label_visibility="collapsed",
            )  # fmt: skip
        if state.game is None or (role, kind) != (state.game.role, state.kind):
            state.game, state.kind = _new_game(CLINICIAN if role == CLINICIAN else POLICY, str(kind)), str(kind)
        st.fragment(_stage)(state)


def _stage(state: DecideState) -> None:
    """The game; a day runs this alone."""
    with errors_as_sentences():
        assert state.game is not None
        judge = _judge(state.game.scenario.spec)
        with st.container(key="game_stage"):
            asked = game_view(game_payload(state.game, judge, state.answered), key="game")
        if asked is not None and asked.number != state.answered:
            state.answered = asked.number
            state.game = after(state.game, asked, state.kind, judge)
            _run_again()


def _run_again() -> None:
    """Draw the stage anew, or the page where the stage is drawn with all of it."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:
        st.rerun()


def after(game: Game, asked: GameRequest, kind: str, judge: JudgesText) -> Game:
    """Return the game after a request.

    Args:
        game: that was shown.
        asked: by the player; a day of a game whose study is over changes nothing.
        kind: name of the participant, for a new game.
        judge: reads the words.
    """
    if asked.what not in (ACT, FIVE):
        return _new_game(game.role, kind)
    for action in (asked.action,) if asked.what == ACT else (None,) * FIVE_DAYS:
        if live_days(game, judge).today is not None:
            game = with_action(game, action)
    return up_to_decision(game, judge)


def _new_game(role: Literal["policy", "clinician"], kind: str) -> Game:
    """Deal a new person of a kind."""
    spec = TrialSpec(
        PRESETS[kind], policy=PolicySpec("thompson"), filter=FilterSpec("veto"), seed=secrets.randbelow(N_SEEDS)
    )
    scenario = compose(spec, statement_book(KINDS), judge=JudgeReference(JUDGE), kinds=KINDS)
    return up_to_decision(Game(scenario, role), _judge(spec))


def _judge(spec: TrialSpec) -> JudgesText:
    settings = spec.filter.settings
    return lesson_judge(JUDGE, settings.unsure_low, settings.unsure_high)
