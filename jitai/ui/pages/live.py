"""The Live page: one participant's whole run, played in the browser; any day can be lived in another way."""

from dataclasses import replace
from typing import Any

import streamlit as st

from jitai.errors import BackendError, JitaiError
from jitai.judge.judge import Judge
from jitai.judge.simulated import SIMULATED, SimulatedBackend
from jitai.player.contract import Options, PlayerRun, as_payload
from jitai.report.run_player import player_run
from jitai.report.scenario_file import read_scenario
from jitai.rl.policy_store import default_policy_store
from jitai.sanitise import for_markdown
from jitai.trial.scenario import MAX_BYTES
from jitai.trial.summary import TrialSummary, summarise
from jitai.ui.pages.live_hand_over import branch_lines, came_with_scenario, draw_hand_over, picked_line
from jitai.ui.pages.live_results import draw_results, results_are_open
from jitai.ui.pages.live_settings import run_settings
from jitai.ui.pages.live_waiting import draw_waiting
from jitai.ui.session.live_run import LiveRun, LiveState, Opened, Setup, composed, is_read_by, read_anew
from jitai.ui.session.reading import ManySeeds
from jitai.ui.session.resources import statement_book
from jitai.ui.session.state import AppState, app_state, keep_in_address, say_problem, session_object
from jitai.ui.widgets.judge_picker import current_judge, options_for
from jitai.ui.widgets.opening import settings_shown, show_scenario
from jitai.ui.widgets.page import errors_as_sentences
from jitai.ui.widgets.player import PlayerEvents, player

POLL_S = 0.4
"""Seconds between two looks at what is being read in the background."""
LOG_POLL_S = 1.0
"""Seconds between two looks of an open log at the days that have been read."""
LOCKED = "The truth is hidden: “Show who could really walk” is off in the sidebar."
SUGGESTIONS = ("I twisted my ankle", "I am stuck in bed with a fever", "Lovely day, I could walk for hours")


def live_page() -> None:
    """Draw the page."""
    app, state = app_state(), session_object(LiveState)
    with errors_as_sentences():
        with st.sidebar:
            run_settings(app)
        head = st.container(horizontal=True, vertical_alignment="center", key="live_head")
        head.title("What does the policy do, and what does the language model change?", width="stretch")
        say_problem(app)
        if app.linked is not None:
            state.opened = Opened("the link", app.linked, settings_shown(app), is_link=True)
            app.linked = None
        judge = current_judge(app) if app.spec.uses_text and not app.simulated else None
        reader = _begin(app, state, judge)
        if state.shown is not None:
            state.in_address = picked_line(state.shown)
            keep_in_address(app, state.shown.link(state.in_address, reader)[0])
        many_seeds = _many_seeds(app, state, reader)
        ticks = _is_busy(state, many_seeds)
        with head:
            _run_before(app, state)
            # A fragment stands in a stack of its own, which is as wide as what it stands in.
            with st.container(width="content"):
                st.fragment(_hand_over, key="handing_over")(app, state, reader)
        _scenario_note(app, state, judge, reader)
        st.fragment(_stage, run_every=POLL_S if ticks else None, key="stage")(app, state, reader, ticks)
        follows = LOG_POLL_S if ticks and results_are_open() else None
        st.fragment(_results, run_every=follows, key="results")(state)
    _open_file(app, state)


def _begin(app: AppState, state: LiveState, judge: Judge | None) -> Judge | None:
    """Show another run where the settings have changed; return the judge who may be asked, if any."""
    opened = _opened(app, state)
    reader = judge if opened is None or is_read_by(opened.scenario, judge) else None
    simulated = app.simulated_judge
    settings: tuple[Any, ...] = (app.spec, app.kinds, simulated, judge)
    if opened is not None:
        settings = (opened.scenario, opened.branches, judge)
    if state.shown is None or settings != state.shown.settings:
        book = statement_book(app.kinds)
        if opened is None:
            scenario = composed(app.spec, book, app.kinds, judge, app.judge_at_work, simulated)
        else:
            scenario = opened.scenario if reader is None else opened.scenario.with_known(reader.remembered)
        setup = Setup(app.spec, app.kinds, *_judge_of_setup(app), opened)
        state.begin(settings, setup, scenario, reader, () if opened is None else opened.branches)
    app.judge_settled = True
    return reader


def _judge_of_setup(app: AppState) -> tuple[str, str, Any]:
    """The judge at work, its prompt, and its settings where they matter, to go back to."""
    if app.simulated:
        return SIMULATED, "", app.settings_of(SimulatedBackend)
    return app.judge_at_work, app.prompt_picked, app.deciding_settings


def _opened(app: AppState, state: LiveState) -> Opened | None:
    """The scenario from a file, while the widgets show its settings."""
    return state.opened if state.opened and state.opened.settings == settings_shown(app) else None


def _run_before(app: AppState, state: LiveState) -> None:
    """After a change of settings, say what the run before earned, and offer to go back to it with its branches."""
    if not state.kept or state.shown is None:
        return
    before = state.kept[-1]

    def go_back() -> None:
        app.restore(*before.setup[:-1])
        state.opened = before.setup.opened or state.opened

    total = f"{before.so_far.total_steps:,.0f} steps"
    n_branches = len(before.branches)
    branches = f", {n_branches} {'branch' if n_branches == 1 else 'branches'}" if n_branches else ""
    st.caption(f"Before: {total}{branches}.", width="content")
    st.button("Go back", type="tertiary", key="go_back", on_click=go_back, help="The run before, with its branches.")


def _scenario_note(app: AppState, state: LiveState, judge: Judge | None, reader: Judge | None) -> None:
    """Say what is shown where it is not simply the run of the settings, and what may be done about it."""

    def back() -> None:
        assert state.opened is not None
        show_scenario(app, state, state.opened.name, state.opened.scenario, state.opened.branches)

    def anew() -> None:
        assert state.opened is not None and judge is not None
        try:
            judge.digest()
        except BackendError as error:
            app.problem = f"The judge at work cannot read. {error.in_full}"
            return
        # What the other judge said of the branches' words means nothing here: they are left out.
        scenario = read_anew(state.opened.scenario, judge, app.judge_at_work)
        state.opened = state.opened._replace(scenario=scenario, branches=())

    opened = _opened(app, state)
    is_here = opened is not None and (
        opened.scenario.judge is None or opened.scenario.is_simulated or reader is not None
    )
    # A link is not spoken of where all is well: a reload opens it too.
    if state.opened is None or (state.opened.is_link and (opened is None or is_here)):
        return
    name = for_markdown(state.opened.name)
    with st.container(horizontal=True, vertical_alignment="center", key="scenario_note"):
        if opened is None:
            st.caption(f"The settings are no longer those of {name}: this is a new run.", width="stretch")
            st.button("Back to the scenario", key="back_to_scenario", on_click=back)
        elif is_here:
            st.caption(f"This is the scenario of {name}.", width="stretch")
        else:
            assert opened.scenario.judge is not None
            who = for_markdown((opened.scenario.judge.name or opened.scenario.judge.key)[:200])
            st.caption(
                f"This is the scenario of {name}. Its judge ({who}) is not at work here"
                + ("; what it said is remembered." if opened.scenario.verdicts else "."),
                width="stretch",
            )
            st.button("Have the judge at work read all words", key="read_anew", on_click=anew, disabled=judge is None)


def _many_seeds(app: AppState, state: LiveState, reader: Judge | None) -> ManySeeds | None:
    """The comparison over many seeds of these settings; None where the scenario's judge is not at hand."""
    if state.shown is None:
        return None
    spec, reference = state.shown.scenario.spec, state.shown.scenario.judge
    judge = reader if reference is None or reference.error_rates is None else reference.error_rates
    if judge is None:
        return None
    wanted = (replace(spec, seed=0), app.kinds, judge)
    if state.many_seeds is None or state.many_seeds_of != wanted:
        if state.many_seeds is not None:
            state.many_seeds.stop()
        state.many_seeds = ManySeeds(spec, statement_book(app.kinds), judge)
        state.many_seeds_of = wanted
    return state.many_seeds


def _is_busy(state: LiveState, many_seeds: ManySeeds | None) -> bool:
    """Whether something is under way in the background that the page waits for."""
    at_work = state.shown is not None and state.shown.at_work
    return at_work or (many_seeds is not None and not many_seeds.finished)


def _stage(app: AppState, state: LiveState, reader: Judge | None, ticks: bool) -> None:
    """The player and what stands below it; drawn again at each tick while days are being read."""
    with errors_as_sentences():
        state.take_in()
        many_seeds = _many_seeds(app, state, reader)
        state.results_open = results_are_open()
        if _is_busy(state, many_seeds) != ticks:
            st.rerun()
        shown = state.shown
        if shown is None:
            return
        if shown.lacks_judge:
            st.warning(
                f"{len(shown.scenario.unread)} statements of this scenario come without a verdict, and its judge is "
                "not the judge at work. Choose its judge in the sidebar, or have all words read anew.",
                icon=":material/gavel:",
            )
            return
        if shown.run is None and shown.reading is not None and shown.reading.failure:
            st.error(for_markdown(shown.reading.failure), icon=":material/error:")
        draw_waiting(app, shown)
        _failures(state, shown)
        sentence = many_seeds.snapshot() if many_seeds else ""
        payload = as_payload(_payload_of(app, state, shown, reader, sentence))
        state.notice = ""
        events = player(payload, key="player")
        if _answered(app, state, events, reader):
            st.rerun()


def _hand_over(app: AppState, state: LiveState, reader: Judge | None) -> None:
    """The run to take away; drawn at the head of the page, where it is seen without scrolling."""
    with errors_as_sentences():
        if state.shown is None or state.shown.lacks_judge:
            return
        many_seeds = _many_seeds(app, state, reader)
        known = "" if many_seeds is None else many_seeds.snapshot() if many_seeds.finished else None
        draw_hand_over(app, state.shown, known, reader)


def _results(state: LiveState) -> None:
    """What stands below the player; the page is drawn anew where more than this follows from a click here."""
    with errors_as_sentences():
        if state.shown is None or state.shown.lacks_judge:
            return
        draw_results(state, state.shown)
        if results_are_open() != state.results_open or picked_line(state.shown) != state.in_address:
            st.rerun()


def _answered(app: AppState, state: LiveState, events: PlayerEvents, reader: Judge | None) -> bool:
    """Do what the viewer asked for; say whether there is something new to draw."""
    moved = events.viewer != state.viewer and results_are_open()
    state.viewer = events.viewer
    if events.fork is not None and events.fork.number > state.answered:
        state.answer(events.fork, statement_book(app.kinds), reader)
        return True
    if events.remove is not None:
        state.remove(events.remove)
        return True
    return moved


def _failures(state: LiveState, shown: LiveRun) -> None:
    """Say on how many days the judge could not answer, and what was done on them."""
    summary = summarise(shown.so_far.records)
    if not summary.n_failures:
        return
    rule = shown.scenario.spec.filter.settings.on_failure
    with st.container(horizontal=True, vertical_alignment="center", key="failures"):
        st.warning(
            f"On {summary.n_failures} days the judge could not answer; the rule “{rule}” stood in for it. "
            f"{held_back_by_rule(summary)}The log says why.",
            icon=":material/warning:",
            width="stretch",
        )
        if shown.run is not None:
            st.button("Ask it again", key="ask_again", on_click=state.forget)


def held_back_by_rule(summary: TrialSummary) -> str:
    """Messages that nobody vetoed and that were held back all the same; empty if there are none."""
    n_held_back = summary.n_held_back_by_rule
    return (
        f"Held back because the judge could not answer, not counted as vetoes: {n_held_back}. " if n_held_back else ""
    )


def _payload_of(app: AppState, state: LiveState, shown: LiveRun, reader: Judge | None, many_seeds: str) -> PlayerRun:
    """The run as the player takes it. A hidden truth is not in it."""
    reveal = bool(st.session_state["reveal"])
    found = player_run(
        shown.so_far, shown.twin, title=app.preset, detail=_detail(app, shown), many_seeds=many_seeds,
        remembered=came_with_scenario(shown.scenario, reader), with_truth=reveal, best=shown.best,
        identity=shown.identity, complete=shown.run is not None, arrives=shown.reading is not None,
        options=Options(
            reveal="free" if reveal else "locked", reveal_note="" if reveal else LOCKED, suggestions=SUGGESTIONS,
            tells_viewer=results_are_open(),
        ),
    )  # fmt: skip
    return replace(found, branches=branch_lines(shown, reveal), notice=state.notice, answered=state.answered)


def _detail(app: AppState, shown: LiveRun) -> str:
    """After the title: seed, and who reads."""
    scenario = shown.scenario
    if scenario.judge is None:
        return f"seed {scenario.spec.seed}"
    names = {
        option.key: option.short_name + ("" if option.is_calibrated else ", not calibrated")
        for option in options_for(app)
    }
    name = names.get(scenario.judge.key) or (scenario.judge.name or scenario.judge.key).split(" (")[0][:40]
    return f"seed {scenario.spec.seed}, {name}"


def _open_file(app: AppState, state: LiveState) -> None:
    """Take in a scenario's file; an unusable one changes nothing but is said."""

    def take_in() -> None:
        state.problem, uploaded = "", st.session_state["scenario_file"]
        if uploaded is None:
            return
        try:
            found = read_scenario(uploaded.getvalue(), uploaded.name, default_policy_store().get)
            show_scenario(app, state, uploaded.name[:60], found.scenario, found.branches)
        except JitaiError as error:
            state.problem = error.in_full

    if state.problem:
        st.error(for_markdown(state.problem), icon=":material/error:")
    st.file_uploader(
        "Open a scenario", type=["json"], key="scenario_file", on_change=take_in,
        help=f"A file that was downloaded here, or written by `run --save`. At most {MAX_BYTES // 1_000_000} MB; read "
        "on this machine only.",
    )  # fmt: skip
