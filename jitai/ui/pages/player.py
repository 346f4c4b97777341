"""The Player page: a whole run, lived ahead and played in the browser; any day can be lived in another way."""

import json
import shlex
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from jitai.errors import BackendError, JitaiError, VerdictMissing
from jitai.judge.judge import Judge
from jitai.paths import program
from jitai.player.contract import Options, as_payload
from jitai.records import Verdict
from jitai.report.run_player import player_run
from jitai.report.run_report import ReportInputs, run_report
from jitai.report.scenario_file import read_scenario
from jitai.rl.policy_store import default_policy_store
from jitai.sanitise import for_markdown
from jitai.trial.log import decision_log, safe_csv
from jitai.trial.scenario import MAX_BYTES, Played, Scenario, play
from jitai.trial.summary import summarise
from jitai.ui.pages.live import run_settings
from jitai.ui.session.played import (
    ManySeeds,
    Opened,
    PlayerState,
    composed,
    is_read_by,
    read_anew,
)
from jitai.ui.session.resources import prompts, statement_book
from jitai.ui.session.state import AppState, app_state, keep_in_address, say_problem, session_object
from jitai.ui.widgets.judge_picker import current_judge, options_for
from jitai.ui.widgets.page import errors_as_sentences
from jitai.ui.widgets.player import player

POLL_S = 0.5
THIS_RUN = "This run"
LOCKED = "The truth is hidden: “Show who could really walk” is off in the sidebar."
SUGGESTIONS = ("I twisted my ankle", "I am stuck in bed with a fever", "Lovely day, I could walk for hours")


def player_page() -> None:
    """Draw the page."""
    app, state = app_state(), session_object(PlayerState)
    with errors_as_sentences():
        with st.sidebar:
            run_settings(app)
        keep_in_address(app)
        st.title("What if one day had been different?")
        say_problem(app)
        place = st.empty()
        judge = current_judge(app) if app.spec.uses_text else None
        reader = _begin(app, state, judge)
        _notes(app, state, judge, reader)
        if _is_played(app, state, reader, place):
            _draw(app, state, reader, place)
    _open_file(app, state)


class _Reading:
    """A judge who says on the page that it is reading.

    Args:
        judge: who reads.
        place: where it is said.
        total: statements to be read at most; 0 if nobody knows.
    """

    def __init__(self, judge: Judge, place: DeltaGenerator, total: int = 0) -> None:
        self._judge, self._place, self._total = judge, place, total
        self._n = 0

    def judge(self, text: str) -> Verdict:
        """The verdict on a statement; the first may have to wait for the model to be loaded."""
        self._n += 1
        of = f" of {self._total}" if self._total else ""
        share = (self._n - 1) / self._total if self._total else 0.0
        self._place.progress(min(1.0, share), f"Statement {self._n}{of} is read by the judge …")
        return self._judge.judge(text)


def _begin(app: AppState, state: PlayerState, judge: Judge | None) -> Judge | None:
    """Compose another run where the settings have changed; return the judge who may be asked, if any."""
    opened = _opened(app, state)
    settings = (app.spec, app.kinds, judge) if opened is None else (opened.scenario,)
    if settings != state.settings:
        book = statement_book(app.kinds)
        scenario = opened.scenario if opened else composed(app.spec, book, app.kinds, judge, app.judge_at_work)
        state.begin(settings, scenario)
    app.judge_settled = True
    return judge if opened is None or is_read_by(opened.scenario, judge) else None


def _opened(app: AppState, state: PlayerState) -> Opened | None:
    """The scenario from a file, while the widgets show its settings."""
    return state.opened if state.opened and state.opened.settings == (app.spec, app.kinds) else None


def _is_played(app: AppState, state: PlayerState, reader: Judge | None, place: DeltaGenerator) -> bool:
    """Play the run unless it was played before; False where somebody has to be asked first."""
    if state.run is not None:
        return True
    assert state.scenario is not None
    place.progress(0.0, "The days are lived …")
    try:
        state.live(_Reading(reader, place, len(state.scenario.unread)) if reader else None)
    except VerdictMissing:
        st.warning(
            f"{len(state.scenario.unread)} statements of this scenario come without a verdict, and its judge is not "
            "the judge at work. Choose its judge in the sidebar, or have all words read anew.",
            icon=":material/gavel:",
        )
        return False
    finally:
        place.empty()
    return True


def _draw(app: AppState, state: PlayerState, reader: Judge | None, place: DeltaGenerator) -> None:
    """The player with its answers, and the run as files."""
    assert state.run is not None and state.twin is not None
    if state.shown is None:
        state.shown = player_run(
            state.run, state.twin, title=app.preset, detail=_detail(app, state),
            remembered=reader is None and state.run.scenario.judge is not None,
        )  # fmt: skip
    failed = summarise(state.run.records).n_failures
    if failed:
        st.warning(f"On {failed} days the judge could not answer, and the rule for that case stood in for it.")
        st.button("Ask it again", key="ask_again", on_click=state.forget)
    job = _many_seeds(app, state, reader)
    many_seeds = job.snapshot() if job else ""
    reveal = st.session_state["reveal"]
    options = Options(
        reveal="free" if reveal else "locked", reveal_note="" if reveal else LOCKED, suggestions=SUGGESTIONS
    )
    shown = replace(
        state.shown, branches=tuple(branch.line for branch in state.branches), many_seeds=many_seeds,
        options=options, notice=state.notice, answered=state.answered,
    )  # fmt: skip
    state.notice = ""
    events = player(as_payload(shown), key="player")
    if events.fork is not None:
        state.answer(events.fork, statement_book(app.kinds), _Reading(reader, place) if reader else None)
        st.rerun()
    if events.remove is not None:
        state.remove(events.remove)
        st.rerun()
    if job is not None and not job.finished:
        st.fragment(_wait_for, run_every=POLL_S, key="many_seeds")(job)
    _files(app, state, many_seeds)


def _detail(app: AppState, state: PlayerState) -> str:
    """After the title: seed, and who reads."""
    assert state.run is not None
    scenario = state.run.scenario
    if scenario.judge is None:
        return f"seed {scenario.spec.seed}"
    names = {option.key: option.short_name for option in options_for(app)}
    name = names.get(scenario.judge.key) or (scenario.judge.name or scenario.judge.key).split(" (")[0][:40]
    return f"seed {scenario.spec.seed}, {name}"


def _many_seeds(app: AppState, state: PlayerState, reader: Judge | None) -> ManySeeds | None:
    """The comparison over many seeds of these settings; None where the scenario's judge is not at hand."""
    if reader is None or state.run is None:
        return None
    spec = state.run.scenario.spec
    wanted = (replace(spec, seed=0), app.kinds, reader)
    if state.many_seeds is None or state.many_seeds_of != wanted:
        if state.many_seeds is not None:
            state.many_seeds.stop()
        state.many_seeds = ManySeeds(spec, statement_book(app.kinds), reader)
        state.many_seeds_of = wanted
    return state.many_seeds


def _wait_for(job: ManySeeds) -> None:
    """Draw the page again once the comparison is there; what the viewer does in the player goes on."""
    if job.finished:
        st.rerun()


def _notes(app: AppState, state: PlayerState, judge: Judge | None, reader: Judge | None) -> None:
    """Say what is shown where it is not simply the run of the settings, and what may be done about it."""

    def back() -> None:
        assert state.opened is not None
        _show(app, state, state.opened.name, state.opened.scenario)

    def anew() -> None:
        assert state.opened is not None and judge is not None
        try:
            judge.digest()
        except BackendError as error:
            app.problem = f"The judge at work cannot read. {error.in_full}"
            return
        state.opened = state.opened._replace(scenario=read_anew(state.opened.scenario, judge, app.judge_at_work))

    opened = _opened(app, state)
    if state.opened is None:
        return
    name = for_markdown(state.opened.name)
    with st.container(horizontal=True, vertical_alignment="center", key="scenario_note"):
        if opened is None:
            st.caption(f"The settings are no longer those of {name}: this is a new run.", width="stretch")
            st.button("Back to the scenario", key="back_to_scenario", on_click=back)
        elif opened.scenario.judge is None or reader is not None:
            st.caption(f"This is the scenario of {name}.", width="stretch")
        else:
            who = for_markdown(_judge_of(opened.scenario))
            st.caption(
                f"This is the scenario of {name}. Its judge ({who}) is not at work here; what it said is remembered.",
                width="stretch",
            )
            st.button("Have the judge at work read all words", key="read_anew", on_click=anew, disabled=judge is None)


def _judge_of(scenario: Scenario) -> str:
    return "" if scenario.judge is None else (scenario.judge.name or scenario.judge.key)[:200]


def _files(app: AppState, state: PlayerState, many_seeds: str) -> None:
    """The run, or one of its branches, to take away, and the command that gives the same."""
    assert state.run is not None
    runs = {THIS_RUN: state.run} | {f"Branch {branch.line.letter}": branch.run for branch in state.branches}
    if st.session_state.get("player_line") not in runs:
        st.session_state["player_line"] = THIS_RUN
    if state.branches:
        st.segmented_control("Which run", list(runs), key="player_line", required=True, label_visibility="collapsed")
    picked = st.session_state["player_line"]
    run, seed = runs[picked], state.run.scenario.spec.seed
    name = f"jitai_lab_seed_{seed}" + ("" if picked == THIS_RUN else f"_{picked.lower().replace(' ', '_')}")
    command = f"{program()} run --scenario {shlex.quote(name + '.json')}"

    def report() -> bytes:
        inputs = ReportInputs(app.preset, _judge_of(run.scenario), many_seeds if picked == THIS_RUN else "", command)
        return run_report(run, play(run.scenario.without_judge()), inputs).encode()

    log_label = "Log (CSV)" if st.session_state["reveal"] else "Log with the hidden truth (CSV)"
    with st.container(horizontal=True, key="player_files"):
        st.download_button(
            "Scenario (JSON)", data=lambda: _as_json(run), file_name=f"{name}.json", mime="application/json",
            on_click="ignore", key="download_scenario", help="All that decides this run: opened here or by the command "
            "line, it gives the same run, to the digit.",
        )  # fmt: skip
        st.download_button(
            "Report (HTML)", data=report, file_name=f"{name}.html", mime="text/html", on_click="ignore",
            key="download_report", help="One file that opens without a network, with the player inside.",
        )  # fmt: skip
        st.download_button(
            log_label, data=lambda: safe_csv(decision_log(run.records)).encode(), file_name=f"{name}.csv",
            mime="text/csv", on_click="ignore", key="download_player_log",
        )  # fmt: skip
    st.caption("The same run from a terminal, in the folder of the downloaded scenario:")
    st.code(command, language="bash", wrap_lines=True)


def _as_json(run: Played) -> bytes:
    return (json.dumps(run.scenario.as_mapping(), ensure_ascii=False, indent=1) + "\n").encode()


def _open_file(app: AppState, state: PlayerState) -> None:
    """Take in a scenario's file; an unusable one changes nothing but is said."""

    def take_in() -> None:
        state.problem, uploaded = "", st.session_state["scenario_file"]
        if uploaded is None:
            return
        try:
            found = read_scenario(uploaded.getvalue(), uploaded.name, default_policy_store().get)
            _show(app, state, uploaded.name[:60], found)
        except JitaiError as error:
            state.problem = error.in_full

    if state.problem:
        st.error(for_markdown(state.problem), icon=":material/error:")
    st.file_uploader(
        "Open a scenario", type=["json"], key="scenario_file", on_change=take_in,
        help=f"A file that was downloaded here, or written by `run --save`. At most {MAX_BYTES // 1_000_000} MB; read "
        "on this machine only.",
    )  # fmt: skip


def _show(app: AppState, state: PlayerState, name: str, scenario: Scenario) -> None:
    """Show a scenario: its settings in all widgets, and its judge at work if that is here."""
    app.show(scenario.spec)
    st.session_state["kinds"] = list(scenario.kinds)
    judge = scenario.judge
    if judge is not None and judge.key in {option.key for option in options_for(app) if option.usable}:
        app.judge_picked = judge.key
        app.prompt_picked = judge.prompt if judge.prompt in {prompt.name for prompt in prompts()} else ""
    state.opened = Opened(name, scenario, (app.spec, app.kinds))
