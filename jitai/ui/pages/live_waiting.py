"""The Live page where the judge has failed in the middle of a run: the run waits for the person's word."""

import streamlit as st

from jitai.judge.registered_backend import JudgeOption
from jitai.sanitise import for_markdown
from jitai.ui.session.live_run import LiveRun
from jitai.ui.session.state import AppState
from jitai.ui.widgets.consent import ask_consent, has_agreed
from jitai.ui.widgets.judge_picker import options_for


def draw_waiting(app: AppState, shown: LiveRun) -> None:
    """Draw why the run waits, if it does, and what may be done: try again, another judge, go on by the rule."""
    reading = shown.reading
    why = "" if reading is None else reading.snapshot().waits_for
    if reading is None or not why:
        return
    options = options_for(app)
    at_work = [option for option in options if option.key == app.judge_at_work]
    rule = shown.scenario.spec.filter.settings.on_failure
    with st.container(border=True, key="run_waits"):
        day = len(shown.so_far.records) + 1
        may_ask = has_agreed(app, at_work)
        if not may_ask:
            st.markdown(f"**The run waits on day {day}: the judge may not be asked yet.**")
            ask_consent(app, at_work, "waiting")
        else:
            st.warning(
                f"**The run waits on day {day}: the judge could not answer.** {for_markdown(why)}",
                icon=":material/pause_circle:",
            )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if may_ask:
                st.button(
                    "Try again", type="primary", icon=":material/refresh:", key="try_again", on_click=reading.try_again
                )
            st.button(
                f"Go on by the rule: {rule}", key="go_on_by_rule", on_click=reading.go_on_by_rule,
                help="For the rest of this run, the rule of the settings stands in wherever the judge cannot answer.",
            )  # fmt: skip
            _other_judges(app, [option for option in options if option.usable and option not in at_work])


def _other_judges(app: AppState, others: list[JudgeOption]) -> None:
    """Draw the choice of another judge, which reads the run from its first day: one run has one judge."""
    names = {option.key: option.short_name for option in others}

    def pick() -> None:
        picked = st.session_state["judge_instead"]
        if picked is not None:
            app.pick_judge(picked)

    if names:
        st.selectbox(
            "Have another judge read the run", list(names), index=None, format_func=names.__getitem__,
            key="judge_instead", on_change=pick, placeholder="another judge, from day 1", label_visibility="collapsed",
            width=260,
        )  # fmt: skip
