"""The Live page: setup in the sidebar, the stage in the middle, the log below."""

from dataclasses import replace

import streamlit as st

from jitai.belief import READING_LABELS, BeliefSettings
from jitai.charts.participant import TEXT_UNREAD, WITHOUT_FILTER, cumulative_figure, trajectory_figure
from jitai.charts.theme import CONFIG
from jitai.experiments.log import TRUTH_COLUMNS, decision_log, safe_csv
from jitai.experiments.metrics import TrialSummary, summarise
from jitai.experiments.trial import LEARNED, OPTIMUM, PLANNER, TRIAL_POLICIES, Said, TrialSpec, coming_statements
from jitai.experiments.twin import Progress, TwinTrial
from jitai.experiments.unlike import unlike_trial
from jitai.filters import BELIEF, FILTER_LABELS, LEARNER_LABELS, NONE, FilterSettings
from jitai.judge.ahead import JudgingAhead
from jitai.judge.text import MAX_STATEMENT_LENGTH
from jitai.learning.files import default_shelf
from jitai.parameters import describe, with_value
from jitai.planner import PlannerSettings
from jitai.policies.learned import PolicyNetwork
from jitai.policies.registry import THOMPSON
from jitai.policies.thompson import BIAS_GROUP, ThompsonSettings
from jitai.seeding import MAX_SEED
from jitai.simulator.config import DETERMINISTIC
from jitai.ui.address import TRAINED
from jitai.ui.cached import statement_book
from jitai.ui.controls import parameter_widget, parameter_widgets, preset_picker
from jitai.ui.decision_card import decision_card
from jitai.ui.judge_choice import current_judge, judge_picker
from jitai.ui.page import errors_as_sentences, plain
from jitai.ui.state import (
    AS_SIMULATED,
    SPEEDS,
    AppState,
    app_state,
    keep_in_address,
    palette,
)

TRUTHS: dict[str, bool | None] = {AS_SIMULATED: None, "cannot walk": False, "can walk": True}
"""What a person may set as true of the coming day, with or without words."""
POLICY_REMARKS = {
    PLANNER: "Ours, not published. It knows this participant's settings and how the judge errs, though neither the "
    "walk state nor the context; it plans, and learns nothing.",
    OPTIMUM: "The ceiling, no method: it is told the hidden walk state and context of the day. Choose “No filter” to "
    "see it undisturbed.",
}
N_WARNINGS_SHOWN = 2
UNCOUNTED = "Days on which you spoke without saying what is true are not counted."
LOG_COLUMNS = (
    "day", "statement", "candidate_action", "p_send", "verdict", "belief", "executed_action", "can_walk", "step_count",
    "held_back", "habituation", "disengagement_risk", "verdict_source", "reason",
)  # fmt: skip


def live_page() -> None:
    """Draw the page."""
    state = app_state()
    with errors_as_sentences():
        with st.sidebar:
            _setup(state)
        keep_in_address(state)
        _use_settings(state)
        st.title("What does the policy do, and what does the language model change?")
        _controls(state)
        _say_box(state)
        interval = SPEEDS[state.speed].interval_s if state.playing else None
        st.fragment(_stage, run_every=interval, key="stage")(state)


def _setup(state: AppState) -> None:
    """Preset, policy, filter, judge and seed; each change is kept in the state at once."""
    spec, key = state.spec, state.key

    preset_picker(
        state, "Participant", "preset",
        help="How ability comes and goes, and how costly badly tailored messages are. Every number can be tuned on the "
        "Simulator page.",
    )  # fmt: skip
    policy, network = _policy(state)
    remarks = st.container()
    filters = list(FILTER_LABELS)
    strategy = st.selectbox(
        "Filter", filters, index=filters.index(spec.filter.strategy),
        format_func=FILTER_LABELS.__getitem__, key=key("filter"),
        help="What the judge's verdict may do to the proposed action.",
    )  # fmt: skip
    judge_picker(state)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seed = st.number_input(
            "Seed", 0, MAX_SEED, spec.seed, 1, key=key("seed"),
            help="The same seed meets the same contexts, walk states and statements, whatever is done.",
        )  # fmt: skip
        st.button("New", key=key("new_seed"), on_click=_new_seed, args=(state,), help="The next seed.")
    thompson, filter_settings = spec.thompson, replace(spec.filter, strategy=strategy)
    with st.expander("More settings"):
        band = st.slider(
            "Unsure between", 0.0, 1.0, (filter_settings.unsure_low, filter_settings.unsure_high), 0.05,
            key=key("unsure_band"),
            help="Probabilities of the judge between which it counts as unsure: do not send below, send above. Both "
            "ends together make a plain threshold.",
        )  # fmt: skip
        filter_settings = replace(filter_settings, unsure_low=band[0], unsure_high=band[1])
        for info in describe(FilterSettings)[1:]:
            if info.name in ("unsure_low", "unsure_high") or (info.name == "belief_threshold" and strategy != BELIEF):
                continue
            value = parameter_widget(info, getattr(filter_settings, info.name), key(info.name), LEARNER_LABELS)
            filter_settings = with_value(filter_settings, info.name, value)
        if policy == THOMPSON:
            learning = [info for info in describe(ThompsonSettings) if info.group != BIAS_GROUP]
            thompson = parameter_widgets(state, thompson, learning)
        state.reveal = st.toggle(
            "Show who could really walk", value=state.reveal, key=key("reveal"),
            help="The true walk state is hidden from policy and judge. Hide it from the class too, and let them guess.",
        )  # fmt: skip
    if policy == THOMPSON:
        with st.expander("Action bias"):
            st.caption("What an action is worth beyond the next day. All 0 is plain Thompson sampling.")
            biases = [info for info in describe(ThompsonSettings) if info.group == BIAS_GROUP]
            thompson = parameter_widgets(state, thompson, biases)
    state.spec = replace(
        state.spec, policy=policy, network=network, filter=filter_settings, thompson=thompson, seed=int(seed)
    )
    if state.spec.keeps_belief:
        with st.expander("Belief in ability"):
            belief = parameter_widgets(state, spec.belief, describe(BeliefSettings), READING_LABELS)
        state.spec = replace(state.spec, belief=belief)
    if policy == PLANNER:
        with st.expander("Planner"):
            planner = parameter_widgets(state, spec.planner, describe(PlannerSettings))
        state.spec = replace(state.spec, planner=planner)
    if network is not None:
        with remarks:
            _on_trained(network, state.spec)


def _policy(state: AppState) -> tuple[str, PolicyNetwork | None]:
    """The policy that the person picks, and its network if it is a trained one."""
    spec = state.spec
    labels = dict(TRIAL_POLICIES)
    networks: dict[str, PolicyNetwork] = {}
    for item in default_shelf().policies():
        if item.network is not None:
            # The name first: the rest does not fit beside it.
            labels[TRAINED + item.name] = f"Trained: {item.name} ({item.network.name})"
            networks[TRAINED + item.name] = item.network
    present = spec.policy
    if spec.policy == LEARNED and spec.network is not None:
        present = TRAINED + default_shelf().name_of(spec.network)
        labels.setdefault(present, f"Trained: not kept ({spec.network.name})")
        networks.setdefault(present, spec.network)
    options = list(labels)
    picked = st.selectbox(
        "Policy", options, index=options.index(present), format_func=labels.__getitem__, key=state.key("policy"),
        help="Proposes an action every day from numbers alone: context, habituation, disengagement. Planner and "
        "optimum need a model of the participant; trained policies have learnt from simulated ones (Train page).",
    )  # fmt: skip
    if picked in POLICY_REMARKS:
        st.caption(POLICY_REMARKS[picked])
    return (LEARNED, networks[picked]) if picked in networks else (picked, None)


def _on_trained(network: PolicyNetwork, spec: TrialSpec) -> None:
    """What a trained policy is, and where it is used on what it was not trained on."""
    st.caption(
        f"It has learnt from {network.trained_on.n_steps:,} simulated days, which no study with people offers, and "
        "learns nothing more."
    )
    found = unlike_trial(network, spec)
    if found:
        shown, rest = found[:N_WARNINGS_SHOWN], found[N_WARNINGS_SHOWN:]
        st.warning(plain(" ".join(shown)), icon=":material/warning:")
        if rest:
            with st.expander(f"{len(rest)} more differences from its training" if len(rest) > 1 else "One more"):
                for sentence in rest:
                    st.text(sentence)


def _new_seed(state: AppState) -> None:
    state.spec = replace(state.spec, seed=(state.spec.seed + 1) % (MAX_SEED + 1))
    state.redraw_widgets()


def _use_settings(state: AppState) -> None:
    """Begin a new trial if there is none, or if a setting of the present one has changed."""
    judge = current_judge(state) if state.spec.heeds_text else None
    settings = (state.spec, state.kinds, state.judge_at_work, state.prompt_picked)
    if state.trial is None or state.trial_settings != settings:
        if state.trial is not None and state.run_has_begun:
            state.playing = False
            state.put_aside()
        state.trial = TwinTrial(state.spec, statement_book(state.kinds), judge, with_best=True)
        state.trial_settings = settings
        if state.ahead is not None:
            state.ahead.stop()
            state.ahead = None
    if state.playing and state.ahead is None and judge is not None:
        state.ahead = JudgingAhead(judge.judge, coming_statements(state.spec, statement_book(state.kinds)))


def _controls(state: AppState) -> None:
    """Run or pause, one day, start over, and the speed.

    They stand outside the stage, so that they act at once; and they only say what is wanted, as a day may still be
    waiting for its judge. The stage lives the days.
    """

    def play_or_pause() -> None:
        if state.trial is not None and state.trial.finished:
            state.put_aside()
        state.playing = not state.playing

    def one_day() -> None:
        state.playing = False
        state.one_day_wanted = True

    def start_over() -> None:
        state.playing = False
        state.put_aside()

    def pick_speed() -> None:
        state.speed = st.session_state[state.key("speed")]

    assert state.trial is not None
    with st.container(horizontal=True, vertical_alignment="bottom", key="controls"):
        if state.playing:
            run_label, icon = "Pause", ":material/pause:"
        elif state.trial.finished:
            run_label, icon = "Run again", ":material/replay:"
        else:
            run_label, icon = "Run", ":material/play_arrow:"
        st.button(run_label, icon=icon, type="primary", key="play", on_click=play_or_pause, shortcut="Space", width=150)
        st.button(
            "One day", icon=":material/skip_next:", key="one_day", on_click=one_day, disabled=state.trial.finished,
            shortcut="Right",
        )  # fmt: skip
        st.button("Start over", icon=":material/restart_alt:", key="start_over", on_click=start_over)
        speeds = list(SPEEDS)
        st.select_slider(
            "Speed", speeds, value=state.speed, key=state.key("speed"), on_change=pick_speed,
            label_visibility="collapsed", width=280,
        )  # fmt: skip


def _say_box(state: AppState) -> None:
    """What the participant says on the coming day, typed by the person in front of the screen."""

    def say() -> None:
        text = str(st.session_state["said_text"]).strip()
        if text:
            state.said_next = Said(text, TRUTHS[state.truth_of_said])
            st.session_state["said_text"] = ""

    def set_truth() -> None:
        state.truth_of_said = st.session_state[truth_key] or AS_SIMULATED
        truth, words = TRUTHS[state.truth_of_said], state.said_next.text if state.said_next else ""
        state.said_next = Said(words, truth) if words or truth is not None else None

    truth_key = f"truth_{state.said_round}"
    with st.container(horizontal=True, vertical_alignment="bottom", key="say_box"):
        st.text_input(
            "What does the participant say on the next day?", key="said_text", on_change=say, width="stretch",
            placeholder="I twisted my ankle", max_chars=4 * MAX_STATEMENT_LENGTH,
            help="Press Enter, or just Run. It replaces the simulator's own statement of that day; the judge reads the "
            f"first {MAX_STATEMENT_LENGTH} characters.",
        )  # fmt: skip
        st.segmented_control(
            "What is true on that day", list(TRUTHS), default=state.truth_of_said, key=truth_key,
            on_change=set_truth, required=True,
            help="Words alone do not change the simulated ability to walk; set it here if they are meant to be true.",
        )  # fmt: skip


def _stage(state: AppState) -> None:
    """What is redrawn while the run goes on: live the next days, then draw what the run has come to."""
    with errors_as_sentences():
        trial = state.trial
        if trial is None:
            return
        said_round = state.said_round
        _live_days(state, trial)
        progress = trial.snapshot()
        if state.playing and progress.finished:
            state.playing = False
            st.rerun()
        if state.said_round != said_round:
            st.rerun()  # the widgets outside the stage change too
        _previous_run(state)
        _said_next(state, progress)
        _headline(state, progress)
        _charts(state, progress)
        _log(state, progress)


def _live_days(state: AppState, trial: TwinTrial) -> None:
    """The days of one tick; a person who pauses or starts over ends it with the day at hand."""
    if state.one_day_wanted:
        state.one_day_wanted = False
        trial.advance(state.next_said())
    for _ in range(SPEEDS[state.speed].days):
        if not state.playing or state.trial is not trial or trial.advance(state.next_said()) is None:
            break


def _charts(state: AppState, progress: Progress) -> None:
    """The card of a day beside the charts of all days, and the steps so far below."""
    config, twin = state.spec.config, _twin(state)
    twin_records = progress.twin_records if twin else ()
    left, right = st.columns([0.34, 0.66], gap="small")
    with left:
        _card(state, progress)
    with right:
        _same_seed(progress, twin)
        st.plotly_chart(
            trajectory_figure(
                progress.records, twin_records, n_days=config.study_length, most_steps=config.most_steps,
                threshold=config.disengagement_threshold, palette=palette(), reveal=state.reveal,
                twin=twin,
            ),
            config=CONFIG, key="trajectory", alt=_description(state, progress),
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


def _twin(state: AppState) -> str:
    """What the twin of this run is, after "the same seed"; empty where nobody reads, so that both are the same."""
    if not state.spec.heeds_text:
        return ""
    return TEXT_UNREAD if state.spec.acts_on_belief else WITHOUT_FILTER


def _same_seed(progress: Progress, twin: str) -> None:
    """What the same seed came to without the filter and under the optimum, in words, and the way to the latter."""
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
    """After a change of settings or a new start: what the run before came to, and the way back to it."""
    previous = state.previous
    if previous is None or state.run_has_begun:
        return
    summary = summarise(previous.trial.snapshot().records)
    why = (
        "Started over." if previous.settings == state.trial_settings else "The settings changed, so this is a new run."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="previous_run"):
        st.caption(
            f"{why} The run before: {summary.n_days} days, {summary.total_steps:,.0f} steps.",
            width="content",
        )
        if st.button("Go back to it", type="tertiary", key="go_back"):
            state.restore_previous()
            st.rerun()


def _said_next(state: AppState, progress: Progress) -> None:
    """What will be said or made true on the coming day, with a way to take it back."""
    if state.said_next is None or progress.finished:
        return

    def keep() -> None:
        state.keep_saying = st.session_state["keep_saying"]

    words, truth = state.said_next
    known = "not said to be true" if truth is None else f"true: {'can walk' if truth else 'cannot walk'}"
    with st.container(horizontal=True, vertical_alignment="center", key="said_next"):
        st.badge(f"day {len(progress.records) + 1}", icon=":material/chat:", color="violet")
        st.text(", ".join([f"“{words}”"] * bool(words) + [known]), width="stretch")
        st.toggle("every day", value=state.keep_saying, key="keep_saying", on_change=keep)
        if st.button("Take back", key="take_back"):
            state.forget_said()
            st.rerun()


def _headline(state: AppState, progress: Progress) -> None:
    """How far the run is, the numbers that matter, and what the same seed did without the filter."""
    n_days, lived = state.spec.config.study_length, len(progress.records)
    summary, alone = summarise(progress.records), summarise(progress.twin_records)
    filtered, twin = state.spec.filter.strategy != NONE, _twin(state)
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
        help=f"By the language model: against the same seed {twin or WITHOUT_FILTER}. One seed is an anecdote: another "
        "may turn out the other way.",
    )  # fmt: skip
    best = progress.share_of_best
    share.metric(
        "Of the optimum", "–" if best is None else f"{100 * best:.0f} %", border=True, help=_help_on_best(state)
    )
    if state.reveal:
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
            f"On {summary.n_failures} days the judge could not answer; the rule “{state.spec.filter.on_failure}” stood "
            f"in for it. {_held_back_by_rule(summary)}The log says why.",
            icon=":material/warning:",
        )


def _held_back_by_rule(summary: TrialSummary) -> str:
    """Messages that nobody vetoed and that were held back all the same; empty if there are none."""
    n_held_back = summary.n_held_back_by_rule
    return (
        f"Held back because the judge could not answer, not counted as vetoes: {n_held_back}. " if n_held_back else ""
    )


def _help_on_best(state: AppState) -> str:
    """What the share of the best possible is a share of."""
    estimate = "" if state.spec.config.variation == DETERMINISTIC else " With a varying response it is an estimate."
    return (
        "Steps as a share of what the optimum has earned by the same day of the same seed: it meets the same contexts, "
        "walk states and luck, is told the hidden truth of each day, and plans to the end of the study. It does not "
        "know tomorrow, so a lucky run may come out above 100 % on one seed; on average over seeds none does. While "
        f"the run goes on, days on which it saves its messages count too; the whole study is what matters.{estimate}"
    )


def _card(state: AppState, progress: Progress) -> None:
    """The latest day, or an earlier one that the person goes back to."""
    lived = len(progress.records)
    day = lived
    if lived > 1:
        # A new key with each day makes the slider follow the run until it is moved.
        day = st.slider(
            "Day shown", 1, lived, lived, key=f"day_shown_{lived}", disabled=state.playing, label_visibility="collapsed"
        )
    records, spec = progress.records, state.spec
    decision_card(
        records[day - 1] if lived else None, spec.config.most_steps, state.reveal,
        before=records[day - 2] if day > 1 else None, settings=spec.belief, hears_first=spec.acts_on_belief,
    )  # fmt: skip


def _description(state: AppState, progress: Progress) -> str:
    """The chart in words, for those who cannot see it; it tells no more than the chart."""
    summary, twin = summarise(progress.records), _twin(state)
    rightly = f", {summary.n_right_vetoes} of them rightly" if state.reveal else ""
    other = f"The same seed {twin} earned {summarise(progress.twin_records).total_steps:,.0f} steps." if twin else ""
    return (
        f"{summary.n_days} days: {summary.total_steps:,.0f} steps, {summary.n_messages} messages sent, "
        f"{summary.n_vetoes} vetoed{rightly}. {_held_back_by_rule(summary)}{other}".strip()
    )


def _log(state: AppState, progress: Progress) -> None:
    """The decision log and its download."""
    st.subheader("Decision log")
    table = decision_log(progress.records, progress.twin_records)
    spec = state.spec
    name = f"jitai_lab_{spec.policy}_{spec.filter.strategy}_seed_{spec.seed}.csv"
    wanted = {"can_walk": state.reveal, "belief": spec.keeps_belief}
    shown = [column for column in LOG_COLUMNS if wanted.get(column, True)]
    st.dataframe(
        # A column that is only not shown can be had from the table's own menu.
        table if state.reveal else table.drop(columns=list(TRUTH_COLUMNS)),
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
        "Download the log (CSV)" if state.reveal else "Download the log with the hidden truth (CSV)",
        data=lambda: safe_csv(table).encode(),
        file_name=name,
        mime="text/csv",
        on_click="ignore",
        key="download_log",
        disabled=table.empty,
    )
