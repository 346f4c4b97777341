"""What is handed over from the Live page: the run, or a branch, as files, as a link and as a command."""

import shlex
from typing import NamedTuple

import streamlit as st

from jitai.judge.judge import Judge
from jitai.paths import program
from jitai.player.contract import Line
from jitai.report.bundle import bundle, scenario_json
from jitai.report.run_log import run_log
from jitai.report.run_player import branch_line
from jitai.report.run_report import ReportInputs, run_report
from jitai.report.scenario_link import PAGE, link_to
from jitai.sanitise import for_markdown
from jitai.trial.log import safe_csv
from jitai.trial.scenario import Played, Scenario, play
from jitai.ui.session.linked import run_in_address
from jitai.ui.session.live_run import RUN, Files, LiveRun
from jitai.ui.session.state import AppState
from jitai.ui.widgets.hand_over import File, draw_files

HAND_OVER = "hand_over"
"""Key of the popover; the files are made while it is open."""
THIS_RUN = "This run"


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


def picked_run(shown: LiveRun) -> Picked:
    """The run, or the branch that the person has picked."""
    key = picked_line(shown)
    for branch in shown.branches:
        if branch.key == key:
            return Picked(f"Branch {branch.letter}", branch.run, True, branch.letter)
    return Picked(THIS_RUN, shown.so_far, shown.run is not None)


def picked_line(shown: LiveRun) -> str:
    """The key of the line that files, link and address are of: a branch that was just made, or the one picked."""
    present = {RUN, *(branch.key for branch in shown.branches)}
    if shown.newest in present:
        st.session_state["player_line"] = shown.newest
    elif st.session_state.get("player_line") not in present:
        st.session_state["player_line"] = RUN
    shown.newest = ""
    return str(st.session_state["player_line"])


def draw_hand_over(app: AppState, shown: LiveRun, many_seeds: str | None, reader: Judge | None) -> None:
    """Draw the button that opens everything to take away.

    Args:
        app: of the session.
        shown: the run on the page.
        many_seeds: what many seeds say, empty without; None while it is not known yet, as a report has to say it.
        reader: the judge of the run, where it is at hand.
    """
    picked = picked_run(shown)
    ready = picked.is_whole and many_seeds is not None
    with st.popover(
        "Hand over", icon=":material/ios_share:", type="tertiary", key=HAND_OVER, on_change="rerun", width="content",
        disabled=not ready, help=None if ready else "There once all days have been read.",
    ) as popover:  # fmt: skip
        if popover.open and picked.is_whole and many_seeds is not None:
            _content(app, shown, picked, many_seeds, reader)


def _content(app: AppState, shown: LiveRun, picked: Picked, many_seeds: str, reader: Judge | None) -> None:
    """The files, the link and the command."""
    run, reveal = picked.played, bool(st.session_state["reveal"])
    name = f"jitai_lab_seed_{run.scenario.spec.seed}" + (f"_branch_{picked.letter.lower()}" if picked.letter else "")
    command = f"{program()} run --scenario {shlex.quote(name + '.json')}"
    if shown.branches:
        st.caption(f"{picked.name}. Pick another one below the player.")
    parameters, why_not = run_in_address(run.scenario, reader)
    here = str(st.context.url or PAGE).split("?")[0]
    inputs = ReportInputs(
        app.preset, _judge_name(run.scenario), "" if picked.letter else many_seeds, command,
        link_to(parameters, here) if parameters else "", with_truth=reveal,
        measured=None if reader is None else reader.measured(), remembered=came_with_scenario(run.scenario, reader),
    )  # fmt: skip
    lines = () if picked.letter else branch_lines(shown, reveal)
    branches = [(branch.run, line) for branch, line in zip(shown.branches, lines, strict=False)]
    decisive = (picked.name, name, inputs, tuple(branch.key for branch, _ in zip(shown.branches, lines, strict=False)))
    if shown.files is None or shown.files.of != decisive:
        shown.files = _made(run, inputs, name, branches, decisive)
    _buttons(shown.files, name, reveal)
    if parameters:
        st.caption(_about_link(picked, shown, bool(branches)))
        st.code(link_to(parameters, here), language=None, wrap_lines=True, height=120)
    else:
        st.caption(for_markdown(why_not))
    st.caption("From a terminal, in the folder of the downloaded scenario:")
    st.code(command, language="bash", wrap_lines=True)


def _about_link(picked: Picked, shown: LiveRun, with_branches: bool) -> str:
    """Say what a link, and the page's address, open: one line, which is the one that is followed."""
    opens = "This link opens the same run, words, truths and verdicts included."
    if not shown.branches:
        return opens
    if with_branches:
        return f"{opens} It holds this run alone, as the page’s address does; its branches are in the scenario’s file."
    return (
        f"{opens} It holds {picked.name} alone, the line that is followed, and so do the page’s address and these "
        "files. The scenario’s file of This run holds all branches."
    )


def _judge_name(scenario: Scenario) -> str:
    return "" if scenario.judge is None else (scenario.judge.name or scenario.judge.key)[:200]


def _made(
    run: Played, inputs: ReportInputs, name: str, branches: list[tuple[Played, Line]], decisive: tuple[object, ...]
) -> Files:
    twin = play(run.scenario.without_judge())
    return Files(
        decisive,
        scenario_json(run.scenario, branches).encode(),
        run_report(run, twin, inputs, branches).encode(),
        safe_csv(run_log(run)).encode(),
        bundle(run, twin, inputs, name, branches),
    )


def _buttons(files: Files, name: str, reveal: bool) -> None:
    without = "" if reveal else " What was true is not in it."
    kinds = (
        ("scenario", "Scenario (JSON)", files.scenario, "application/json", "json",
         "All that decides this run and its branches: opened here or by the command line, it gives the same, to the "
         "digit."),
        ("report", "Report (HTML)", files.report, "text/html", "html",
         f"One file that opens without a network, with the player inside.{without}"),
        ("log", "Log (CSV)" if reveal else "Log with the hidden truth (CSV)", files.log, "text/csv", "csv", None),
        ("bundle", "All of it (ZIP)", files.bundle, "application/zip", "zip",
         f"Scenario, report and log, and the scenarios of all branches.{without}"),
    )  # fmt: skip
    with st.container(horizontal=True, key="player_files"):
        draw_files([
            File(f"download_{key}", label, f"{name}.{ending}", mime, content, about)
            for key, label, content, mime, ending, about in kinds
        ])  # fmt: skip


def came_with_scenario(scenario: Scenario, reader: Judge | None) -> bool:
    """Whether the verdicts of a run are stored ones, as the judge that gave them is not at hand."""
    return reader is None and scenario.judge is not None and not scenario.is_simulated


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
