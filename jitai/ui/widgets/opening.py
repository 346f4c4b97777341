"""A scenario that is shown on the Live page, from a file or from another page."""

from typing import Any

import streamlit as st

from jitai.trial.saved_run import SavedBranch
from jitai.trial.scenario import Played, Scenario, play
from jitai.ui.session.live_run import LiveState, Opened, read_anew
from jitai.ui.session.resources import prompts
from jitai.ui.session.state import AppState
from jitai.ui.widgets.judge_picker import current_judge, options_for


def settings_shown(app: AppState) -> tuple[Any, ...]:
    """All settings of which a scenario on the Live page is; with others, a run of those is shown instead."""
    return app.spec, app.kinds, app.simulated_judge


def show_scenario(
    app: AppState, state: LiveState, name: str, scenario: Scenario, branches: tuple[SavedBranch, ...] = ()
) -> None:
    """Show a scenario: its settings in all widgets, and its judge at work if that is here.

    Args:
        app, state: of the session.
        name: where it comes from, untrusted.
        scenario, branches: to be shown.
    """
    app.show(scenario.spec)
    st.session_state["kinds"] = list(scenario.kinds)
    judge = scenario.judge
    app.simulated = False
    if judge is not None and (scenario.is_simulated or judge.key in _usable(app)):
        known = {prompt.name for prompt in prompts()}
        app.use_judge(judge if judge.prompt in known else judge._replace(prompt=""))
    state.opened = Opened(name, scenario, settings_shown(app), branches=branches)


def show_played(app: AppState, state: LiveState, name: str, played: Played) -> None:
    """Show a run from elsewhere on this machine; arguments as for ``show_scenario``.

    If its judge is here and says the same, it is at work, so that words can be typed.
    """
    show_scenario(app, state, name, played.scenario)
    judge = played.scenario.judge
    if judge is None or played.scenario.is_simulated or judge.key not in _usable(app):
        return
    here = read_anew(played.scenario, current_judge(app), app.judge_at_work)
    if not here.unread and play(here).total_steps == played.total_steps:
        show_scenario(app, state, name, here)


def _usable(app: AppState) -> set[str]:
    """The keys of the judges that are here."""
    return {option.key for option in options_for(app) if option.usable}
