"""The Live page: the stage on which a run is shown."""

from typing import NamedTuple

import streamlit as st

from jitai.charts.participant import TEXT_UNREAD, WITHOUT_FILTER, cumulative_figure, trajectory_figure
from jitai.charts.theme import CONFIG
from jitai.simulator.config import DETERMINISTIC
from jitai.trial.filters import NONE
from jitai.trial.live import Progress, TwinTrial
from jitai.trial.log import TRUTH_COLUMNS, decision_log, safe_csv
from jitai.trial.spec import TrialSpec
from jitai.trial.summary import TrialSummary, summarise
from jitai.ui.session.state import AppState, palette
from jitai.ui.widgets.decision_card import decision_card
from jitai.ui.widgets.page import errors_as_sentences


class Speed(NamedTuple):
    """How fast a run is shown: seconds between redraws, and days simulated between them."""

    interval_s: float
    days: int


SPEEDS: dict[str, Speed] = {
    "1 day a second": Speed(1.0, 1),
    "3 days a second": Speed(0.33, 1),
    "10 days a second": Speed(0.5, 5),
    "to the end": Speed(0.4, 1000),
}
UNCOUNTED = "Days on which you spoke without saying what is true are not counted."
LOG_COLUMNS = (
    "day", "statement", "candidate_action", "p_send", "verdict", "belief", "executed_action", "can_walk", "step_count",
    "held_back", "habituation", "disengagement_risk", "verdict_source", "reason",
)  # fmt: skip


def draw_stage(state: AppState) -> None:
    """Simulate the next days, then draw the run so far; redrawn at each tick while the run goes on."""
    with errors_as_sentences():
        trial = state.trial
        if trial is None:
            return
        said = state.said_next
        _live_days(state, trial)
        progress = trial.snapshot()
        if state.playing and progress.finished:
            state.playing = False
            st.rerun()
        if state.said_next is not said:
            st.rerun()  # the widgets outside the stage change too
        _previous_run(state)
        _said_next(state, progress)
        _headline(trial.spec, progress)
        _charts(trial.spec, progress, state.playing)
        _log(trial.spec, progress)


def _live_days(state: AppState, trial: TwinTrial) -> None:
    """Simulate the days of one tick; if the person pauses or starts over, the day at hand is the last."""
    if state.one_day_wanted:
        state.one_day_wanted = False
        trial.advance(state.next_said())
    for _ in range(SPEEDS[st.session_state["speed"]].days):
        if not state.playing or state.trial is not trial or trial.advance(state.next_said()) is None:
            break


def _charts(spec: TrialSpec, progress: Progress, playing: bool) -> None:
    """The card of a day beside the charts of all days, and the steps so far below."""
    config, twin = spec.config, _twin(spec)
    twin_records = progress.twin_records if twin else ()
    left, right = st.columns([0.34, 0.66], gap="small")
    with left:
        _card(spec, progress, playing)
    with right:
        _same_seed(progress, twin)
        st.plotly_chart(
            trajectory_figure(
                progress.records, twin_records, n_days=config.study_length, most_steps=config.most_steps,
                threshold=config.disengagement_threshold, palette=palette(), reveal=st.session_state["reveal"],
                twin=twin,
            ),
            config=CONFIG, key="trajectory", alt=_description(spec, progress),
        )  # fmt: skip
    st.subheader(f"Steps so far, against the same seed {twin}" if twin else "Steps so far")
    st.plotly_chart(
        cumulative_figure(
            progress.records, twin_records, n_days=config.study_length, most_steps=config.most_steps, palette=palette(),
            twin=twin,
        ),
        config=CONFIG, key="cumulative",
        alt=f"Cumulative steps of this run{f' and of the same seed {twin}' if twin else ''}.",
    )  # fmt: skip


def _twin(spec: TrialSpec) -> str:
    """How the twin differs, after "the same seed"; empty if nobody reads the text, so that both runs are the same."""
    if not spec.uses_text:
        return ""
    return TEXT_UNREAD if spec.policy.uses_belief else WITHOUT_FILTER


def _same_seed(progress: Progress, twin: str) -> None:
    """Say what the same seed has earned without the filter, and link to the optimum."""
    with st.container(horizontal=True, vertical_alignment="center", key="same_seed", gap="small"):
        if twin:
            other = summarise(progress.twin_records)
            left = f" and left the study on day {other.n_days}" if other.disengaged else ""
            st.caption(
                f"{twin.capitalize()}, the same participant walks {other.total_steps:,.0f} steps so far{left}.",
                width="content",
            )
        st.page_link("pages/optimum.py", label="The best possible policy", icon=":material/north_east:")


def _previous_run(state: AppState) -> None:
    """After a change of settings or a new start, say what the run before earned, and offer to go back to it."""
    previous = state.previous
    if previous is None or state.run_has_begun:
        return

    def go_back() -> None:
        state.restore_previous()
        st.rerun()  # the widgets outside the stage change too

    summary = summarise(previous.trial.snapshot().records)
    why = (
        "Started over." if previous.settings == state.trial_settings else "The settings changed, so this is a new run."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="previous_run"):
        st.caption(
            f"{why} The run before: {summary.n_days} days, {summary.total_steps:,.0f} steps.",
            width="content",
        )
        st.button("Go back to it", type="tertiary", key="go_back", on_click=go_back)


def _said_next(state: AppState, progress: Progress) -> None:
    """What will be said or made true on the coming day, with a way to take it back."""
    if state.said_next is None or progress.finished:
        return

    def take_back() -> None:
        state.said_next, st.session_state["keep_saying"] = None, False
        st.rerun()  # the widgets outside the stage change too

    words, truth, _ = state.said_next
    known = "ability as simulated" if truth is None else f"true: {'can walk' if truth else 'cannot walk'}"
    with st.container(horizontal=True, vertical_alignment="center", key="said_next"):
        st.badge(f"day {len(progress.records) + 1}", icon=":material/chat:", color="violet")
        st.text(", ".join([f"“{words}”"] * bool(words) + [known]), width="stretch")
        st.toggle("every day", key="keep_saying", persist_state="session")
        st.button("Take back", key="take_back", on_click=take_back)


def _headline(spec: TrialSpec, progress: Progress) -> None:
    """How far the run is, the numbers that matter, and what the same seed did without the filter."""
    n_days, lived = spec.config.study_length, len(progress.records)
    summary, alone = summarise(progress.records), summarise(progress.twin_records)
    filtered, twin = spec.filter.key != NONE, _twin(spec)
    label = "Day"
    if progress.finished:
        label = "Left the study on day" if summary.disengaged else "Study complete, day"
    with st.container(key="headline"):
        day, totals, gained, share, vetoes, agreement = st.columns(6, gap="small")
    day.metric(label, f"{lived} of {n_days}", border=True)
    totals.metric("Steps", f"{summary.total_steps:,.0f}", border=True)
    gained.metric(
        "Steps gained", f"{summary.total_steps - alone.total_steps:+,.0f}" if twin else "no filter",
        border=True,
        help=f"Gained by the language model, compared with the same seed {twin or WITHOUT_FILTER}. One seed is an "
        "anecdote: another may turn out the other way.",
    )  # fmt: skip
    best = progress.share_of_best
    share.metric(
        "Of the optimum", "–" if best is None else f"{100 * best:.0f} %", border=True, help=_help_on_best(spec)
    )
    if st.session_state["reveal"]:
        vetoes.metric(
            "Vetoes right", f"{summary.n_right_vetoes} of {summary.n_known_vetoes}" if filtered else "no filter",
            border=True,
            help=f"Messages held back by the judge on days on which the participant really could not walk. "
            f"{summary.n_missed_vetoes} messages went out on such days. {UNCOUNTED}",
        )  # fmt: skip
        known = summary.n_known_days
        agreement.metric(
            "Agrees with truth", f"{100 * summary.n_agreeing / known:.0f} %" if known else "–", border=True,
            help="Days on which the policy's candidate was sent if the participant could walk, and held back if not. "
            + UNCOUNTED,
        )  # fmt: skip
    else:
        vetoes.metric("Vetoes", f"{summary.n_vetoes}", border=True)
        agreement.metric("Messages sent", f"{summary.n_messages}", border=True)
    if summary.n_failures:
        st.warning(
            f"On {summary.n_failures} days the judge could not answer; the rule "
            f"“{spec.filter.settings.on_failure}” stood in for it. {_held_back_by_rule(summary)}The log says why.",
            icon=":material/warning:",
        )


def _held_back_by_rule(summary: TrialSummary) -> str:
    """Messages that nobody vetoed and that were held back all the same; empty if there are none."""
    n_held_back = summary.n_held_back_by_rule
    return (
        f"Held back because the judge could not answer, not counted as vetoes: {n_held_back}. " if n_held_back else ""
    )


def _help_on_best(spec: TrialSpec) -> str:
    """Explain what the steps are a share of."""
    estimate = "" if spec.config.variation == DETERMINISTIC else " If the response varies at random, it is an estimate."
    return (
        "Steps as a share of the optimum's on the same seed, up to the same day. The optimum meets the same contexts, "
        "walk states and luck, is told the hidden truth of each day, and plans to the end of the study. It does not "
        "know tomorrow, so on one seed a lucky run may exceed 100 %; on average over seeds none does. Judge by the "
        f"whole study: during the run the optimum may be saving messages for later.{estimate}"
    )


def _card(spec: TrialSpec, progress: Progress, playing: bool) -> None:
    """The latest day, or an earlier one that the person goes back to."""
    lived = len(progress.records)
    day = lived
    if lived > 1:
        # A new key with each day makes the slider follow the run until it is moved.
        day = st.slider(
            "Day shown", 1, lived, lived, key=f"day_shown_{lived}", disabled=playing, label_visibility="collapsed"
        )
    records = progress.records
    decision_card(
        records[day - 1] if lived else None, spec.config.most_steps, st.session_state["reveal"],
        before=records[day - 2] if day > 1 else None, settings=spec.belief, hears_first=spec.policy.uses_belief,
    )  # fmt: skip


def _description(spec: TrialSpec, progress: Progress) -> str:
    """The chart in words, for those who cannot see it; it tells no more than the chart."""
    summary, twin = summarise(progress.records), _twin(spec)
    rightly = f", {summary.n_right_vetoes} of them rightly" if st.session_state["reveal"] else ""
    other = f"The same seed {twin} earned {summarise(progress.twin_records).total_steps:,.0f} steps." if twin else ""
    return (
        f"{summary.n_days} days: {summary.total_steps:,.0f} steps, {summary.n_messages} messages sent, "
        f"{summary.n_vetoes} vetoed{rightly}. {_held_back_by_rule(summary)}{other}".strip()
    )


def _log(spec: TrialSpec, progress: Progress) -> None:
    """The decision log and its download."""
    st.subheader("Decision log")
    table = decision_log(progress.records, progress.twin_records)
    name = f"jitai_lab_{spec.policy.key}_{spec.filter.key}_seed_{spec.seed}.csv"
    wanted = {"can_walk": st.session_state["reveal"], "belief": spec.keeps_belief}
    shown = [column for column in LOG_COLUMNS if wanted.get(column, True)]
    st.dataframe(
        # A column that is only not shown can be had from the table's own menu.
        table if st.session_state["reveal"] else table.drop(columns=list(TRUTH_COLUMNS)),
        column_order=shown,
        hide_index=True,
        height=320,
        key="log",
        column_config={
            "day": st.column_config.NumberColumn(width=44),
            "statement": st.column_config.TextColumn("says", width=250),
            "candidate_action": st.column_config.TextColumn("proposed", width=116),
            "p_send": st.column_config.NumberColumn("P(send)", format="%.2f", width=64),
            "verdict": st.column_config.TextColumn(width=84),
            "verdict_source": st.column_config.TextColumn("from", width=92),
            "belief": st.column_config.NumberColumn("believes", format="%.2f", width=64),
            "executed_action": st.column_config.TextColumn("done", width=116),
            "held_back": st.column_config.CheckboxColumn("held back", width=74),
            "can_walk": st.column_config.CheckboxColumn("could walk", width=80),
            "step_count": st.column_config.NumberColumn("steps", format="%.0f", width=56),
            "habituation": st.column_config.NumberColumn(format="%.2f", width=86),
            "disengagement_risk": st.column_config.NumberColumn("risk", format="%.2f", width=56),
        },
        placeholder="–",
    )
    st.download_button(
        "Download the log (CSV)" if st.session_state["reveal"] else "Download the log with the hidden truth (CSV)",
        data=lambda: safe_csv(table).encode(),
        file_name=name,
        mime="text/csv",
        on_click="ignore",
        key="download_log",
        disabled=table.empty,
    )
