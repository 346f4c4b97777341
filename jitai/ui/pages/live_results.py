"""The Live page below the player: the day at rest in full, the run in numbers, the decision log."""

import streamlit as st

from jitai.report.run_player import twin_name
from jitai.report.run_report import steps_gained
from jitai.trial.filters import NONE
from jitai.trial.log import TRUTH_COLUMNS, decision_log
from jitai.trial.scenario import Played
from jitai.trial.summary import share_of_best, summarise
from jitai.ui.pages.live_hand_over import THIS_RUN, Picked, picked_line, picked_run
from jitai.ui.session.live_run import RUN, LiveRun, LiveState
from jitai.ui.widgets.decision_card import decision_card

DAY_IN_FULL, LOG = "day_in_full", "decision_log"
"""Keys of the two parts that are drawn only while they are open."""
UNCOUNTED = "Days on which you spoke without saying what is true are not counted."
HELP_ON_BEST = (
    "Steps of the whole study as a share of the optimum's on the same seed. The optimum meets the same contexts, walk "
    "states and luck, is told the hidden truth of each day, and plans to the end of the study. It does not know "
    "tomorrow, so on one seed a lucky run may exceed 100 %; on average over seeds none does."
)
LOG_COLUMNS = (
    "day", "statement", "candidate_action", "p_send", "verdict", "belief", "executed_action", "can_walk", "step_count",
    "held_back", "habituation", "disengagement_risk", "verdict_source", "reason",
)  # fmt: skip


def results_are_open() -> bool:
    """Whether something below the player follows what the viewer does in it."""
    return bool(st.session_state.get(DAY_IN_FULL) or st.session_state.get(LOG))


def draw_results(state: LiveState, shown: LiveRun) -> None:
    """Draw all of it.

    Args:
        state: of the session.
        shown: the run on the page.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="below_player"):
        _pick(shown)
        st.page_link("pages/optimum.py", label="The best possible policy", icon=":material/north_east:")
    picked = picked_run(shown)
    viewer = state.viewer if state.viewer is not None and state.viewer.identity == shown.identity else None
    allowed = bool(st.session_state["reveal"])
    reveal = allowed and viewer is not None and viewer.revealed
    if allowed and not reveal:
        hidden = "What was true is hidden until it is revealed in the player (R)."
    else:
        hidden = "" if allowed else "What was true is hidden: “Show who could really walk” is off."
    card = st.expander("The day at rest in full, with exact prompt and raw reply", key=DAY_IN_FULL, on_change="rerun")
    if card.open:
        with card:
            _day_in_full(shown, RUN if viewer is None else viewer.line, 0 if viewer is None else viewer.day, reveal)
    so_far = "" if picked.is_whole else f"{len(picked.played.records)} days so far, more are being read. "
    # One label for every run: with another one, Streamlit would close it.
    log = st.expander("The run in numbers, and its decision log", key=LOG, on_change="rerun")
    if log.open:
        with log:
            st.caption(f"{picked.name}. {so_far}{hidden}")
            _numbers(shown, picked, reveal)
            _log(picked.played, reveal)


def _pick(shown: LiveRun) -> None:
    """Draw the choice of the run, or the branch, that files and tables are of."""
    picked_line(shown)
    if shown.branches:
        names = {RUN: THIS_RUN} | {branch.key: f"Branch {branch.letter}" for branch in shown.branches}
        st.segmented_control(
            "Which run", list(names), format_func=names.__getitem__, key="player_line", required=True,
            label_visibility="collapsed",
        )  # fmt: skip


def _day_in_full(shown: LiveRun, key: str, day: int, reveal: bool) -> None:
    """The card of the day on which the player rests, with everything that led to it."""
    line = shown.line(key) or shown.line(RUN)
    assert line is not None
    records = line[0].records
    spec = line[0].scenario.spec
    day = min(day, len(records))
    decision_card(
        records[day - 1] if day else None, spec.config.most_steps, reveal,
        before=records[day - 2] if day > 1 else None, settings=spec.belief, hears_first=spec.policy.uses_belief,
    )  # fmt: skip


def _numbers(shown: LiveRun, picked: Picked, reveal: bool) -> None:
    """The numbers that matter, each with what it means."""
    records, spec = picked.played.records, picked.played.scenario.spec
    others = shown.twin.records if picked.is_whole else shown.twin.records[: len(records)]
    summary, alone = summarise(records), summarise(others)
    filtered = spec.filter.key != NONE
    label = "Day"
    if picked.is_whole:
        label = "Left the study on day" if summary.disengaged else "Study complete, day"
    with st.container(key="headline"):
        day, totals, gained, share, vetoes, agreement = st.columns(6, gap="small")
    day.metric(label, f"{summary.n_days} of {spec.config.study_length}", border=True)
    totals.metric("Steps", f"{summary.total_steps:,.0f}", border=True)
    gained.metric(
        "Steps gained", f"{steps_gained(summary, alone):+,}" if spec.uses_text else "no filter", border=True,
        help=f"Gained by the language model, compared with the same seed {twin_name(spec)}. One seed is an anecdote: "
        "another may turn out the other way.",
    )  # fmt: skip
    best = share_of_best(records, shown.best.records) if picked.is_whole else None
    share.metric("Of the optimum", "–" if best is None else f"{100 * best:.0f} %", border=True, help=HELP_ON_BEST)
    if not reveal:
        vetoes.metric("Held back", f"{summary.n_vetoes}", border=True)
        agreement.metric("Messages sent", f"{summary.n_messages}", border=True)
        return
    vetoes.metric(
        "Held back rightly", f"{summary.n_right_vetoes} of {summary.n_known_vetoes}" if filtered else "no filter",
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


def _log(run: Played, reveal: bool) -> None:
    """The decision log."""
    table = decision_log(run.records)
    wanted = {"can_walk": reveal, "belief": run.scenario.spec.keeps_belief}
    shown = [column for column in LOG_COLUMNS if wanted.get(column, True)]
    st.dataframe(
        # A column that is only not shown can be had from the table's own menu.
        table if reveal else table.drop(columns=list(TRUTH_COLUMNS)),
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
