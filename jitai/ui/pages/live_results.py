"""The Live page below the player: the run as files, the day at rest in full, the run in numbers, the decision log."""

import shlex
from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from jitai.judge.judge import Judge
from jitai.paths import program
from jitai.player.contract import Line
from jitai.report.bundle import bundle, scenario_json
from jitai.report.run_log import run_log
from jitai.report.run_player import branch_line, twin_name
from jitai.report.run_report import ReportInputs, run_report, steps_gained
from jitai.report.scenario_link import PAGE, link_to
from jitai.sanitise import for_markdown
from jitai.simulator.config import DETERMINISTIC
from jitai.trial.filters import NONE
from jitai.trial.log import TRUTH_COLUMNS, decision_log, safe_csv
from jitai.trial.scenario import Played, play
from jitai.trial.spec import TrialSpec
from jitai.trial.summary import share_of_best, summarise
from jitai.ui.session.linked import run_in_address
from jitai.ui.session.live_run import RUN, LiveRun, LiveState
from jitai.ui.session.state import AppState
from jitai.ui.widgets.decision_card import decision_card

DAY_IN_FULL, LOG = "day_in_full", "decision_log"
"""Keys of the two parts that are drawn only while they are open."""
UNCOUNTED = "Days on which you spoke without saying what is true are not counted."
LOG_COLUMNS = (
    "day", "statement", "candidate_action", "p_send", "verdict", "belief", "executed_action", "can_walk", "step_count",
    "held_back", "habituation", "disengagement_risk", "verdict_source", "reason",
)  # fmt: skip


class Picked(NamedTuple):
    """The run, or the branch, that files and tables are of.

    Attributes:
        name: of it.
        played: its days so far.
        is_whole: whether they are all there.
        letter: of the branch; empty for the run itself.
    """

    name: str
    played: Played
    is_whole: bool
    letter: str = ""


def results_are_open() -> bool:
    """Whether something below the player follows what the viewer does in it."""
    return bool(st.session_state.get(DAY_IN_FULL) or st.session_state.get(LOG))


def draw_results(
    app: AppState, state: LiveState, shown: LiveRun, many_seeds: Callable[[], str], reader: Judge | None
) -> None:
    """Draw all of it.

    Args:
        app, state: of the session.
        shown: the run on the page.
        many_seeds: tells what many seeds say; empty without.
        reader: the judge of the run, where it is at hand.
    """
    picked = _picked(shown)
    _files(app, shown, picked, many_seeds, reader)
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
    # One label for every run: with another one, Streamlit would close it.
    log = st.expander("The run in numbers, and its decision log", key=LOG, on_change="rerun")
    if log.open:
        with log:
            st.caption(f"{picked.name}. {hidden}")
            _numbers(shown, picked, reveal)
            _log(picked.played, reveal)


def _picked(shown: LiveRun) -> Picked:
    """The run, or the branch that the person has picked."""
    runs = {RUN: Picked("This run", shown.so_far, shown.run is not None)}
    for branch in shown.branches:
        runs[branch.key] = Picked(f"Branch {branch.letter}", branch.run, True, branch.letter)
    picked_line(shown)
    if shown.branches:
        st.segmented_control(
            "Which run", list(runs), format_func=lambda key: runs[key].name, key="player_line", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
    return runs[st.session_state["player_line"]]


def picked_line(shown: LiveRun) -> str:
    """The key of the line that files, link and address are of: a branch that was just made, or the one picked."""
    present = {RUN, *(branch.key for branch in shown.branches)}
    if shown.newest in present:
        st.session_state["player_line"] = shown.newest
    elif st.session_state.get("player_line") not in present:
        st.session_state["player_line"] = RUN
    shown.newest = ""
    return str(st.session_state["player_line"])


def _files(app: AppState, shown: LiveRun, picked: Picked, many_seeds: Callable[[], str], reader: Judge | None) -> None:
    """The run, or one of its branches, to take away, and the link and the command that give the same."""
    run, reveal = picked.played, bool(st.session_state["reveal"])
    name = f"jitai_lab_seed_{run.scenario.spec.seed}" + (f"_branch_{picked.letter.lower()}" if picked.letter else "")
    command = f"{program()} run --scenario {shlex.quote(name + '.json')}"
    title = app.preset  # here, as a download is made where there is no session
    judge = "" if run.scenario.judge is None else (run.scenario.judge.name or run.scenario.judge.key)[:200]

    def handed_over() -> tuple[Played, Played, ReportInputs]:
        parameters, _ = run_in_address(run.scenario, reader)
        inputs = ReportInputs(
            title, judge, "" if picked.letter else many_seeds(), command, link_to(parameters) if parameters else "",
            with_truth=reveal, measured=None if reader is None else reader.measured(),
            remembered=reader is None and run.scenario.judge is not None,
        )  # fmt: skip
        return run, play(run.scenario.without_judge()), inputs

    def branches() -> list[tuple[Played, Line]]:
        lines = () if picked.letter else branch_lines(shown, reveal)
        return [(branch.run, line) for branch, line in zip(shown.branches, lines, strict=False)]

    with st.container(horizontal=True, vertical_alignment="center", key="player_files"):
        st.download_button(
            "Scenario (JSON)", data=lambda: scenario_json(run.scenario).encode(), file_name=f"{name}.json",
            mime="application/json", on_click="ignore", key="download_scenario", disabled=not picked.is_whole,
            help="All that decides this run: opened here or by the command line, it gives the same run, to the digit.",
        )  # fmt: skip
        without = "" if reveal else " What was true is not in it."
        st.download_button(
            "Report (HTML)", data=lambda: run_report(*handed_over(), branches()).encode(), file_name=f"{name}.html",
            mime="text/html", on_click="ignore", key="download_report", disabled=not picked.is_whole,
            help=f"One file that opens without a network, with the player inside.{without}",
        )  # fmt: skip
        st.download_button(
            "Log (CSV)" if reveal else "Log with the hidden truth (CSV)",
            data=lambda: safe_csv(run_log(run)).encode(), file_name=f"{name}.csv",
            mime="text/csv", on_click="ignore", key="download_log", disabled=not run.records,
        )  # fmt: skip
        st.download_button(
            "All of it (ZIP)", data=lambda: bundle(*handed_over(), name, branches()), file_name=f"{name}.zip",
            mime="application/zip", on_click="ignore", key="download_bundle", disabled=not picked.is_whole,
            help=f"Scenario, report and log, and the scenarios of all branches.{without}",
        )  # fmt: skip
        with st.popover("Link and command", type="tertiary", key="link_and_command", on_change="rerun") as popover:
            if popover.open:
                _link_and_command(picked, command, reader)
        st.page_link("pages/optimum.py", label="The best possible policy", icon=":material/north_east:")


def _link_and_command(picked: Picked, command: str, reader: Judge | None) -> None:
    """The link and the command that give the run again."""
    parameters, why_not = run_in_address(picked.played.scenario, reader) if picked.is_whole else ({}, "")
    if parameters:
        st.caption("This link opens the same run, words, truths and verdicts included:")
        st.code(link_to(parameters, str(st.context.url or PAGE).split("?")[0]), language=None, wrap_lines=True)
    else:
        st.caption(for_markdown(why_not) or "The link is there once all days have been read.")
    st.caption("From a terminal, in the folder of the downloaded scenario:")
    st.code(command, language="bash", wrap_lines=True)


def branch_lines(shown: LiveRun, with_truth: bool) -> tuple[Line, ...]:
    """The branches as the player draws them.

    Args:
        shown: the run that they are of.
        with_truth: whether what was true may be sent to the browser.
    """
    return tuple(
        branch_line(
            branch.run, shown.run, key=branch.key, name=branch.name, letter=branch.letter, first_day=branch.first_day,
            remembered=branch.remembered, with_truth=with_truth,
        )
        for branch in shown.branches
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
    share.metric("Of the optimum", "–" if best is None else f"{100 * best:.0f} %", border=True, help=help_on_best(spec))
    if not reveal:
        vetoes.metric("Vetoes", f"{summary.n_vetoes}", border=True)
        agreement.metric("Messages sent", f"{summary.n_messages}", border=True)
        return
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


def help_on_best(spec: TrialSpec) -> str:
    """Explain what the steps are a share of."""
    estimate = "" if spec.config.variation == DETERMINISTIC else " If the response varies at random, it is an estimate."
    return (
        "Steps of the whole study as a share of the optimum's on the same seed. The optimum meets the same "
        "contexts, walk states and luck, is told the hidden truth of each day, and plans to the end of the study. It "
        "does not know tomorrow, so on one seed a lucky run may exceed 100 %; on average over seeds none does."
        + estimate
    )


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
