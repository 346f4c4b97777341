"""The Train page: a policy learns from simulated participants while one watches; and the trained policies there are."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from jitai.errors import JitaiError
from jitai.installation import TRAINING
from jitai.parameters import ParameterInfo, describe, with_value
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import ALGORITHM_LABELS, BELIEF, DQN, OBSERVATION_LABELS, PolicyNetwork
from jitai.policies.optimum import optimum
from jitai.policies.registry import trained
from jitai.rl.policy_store import default_policy_store, policy_from_bytes, policy_text
from jitai.rl.task import LearningSettings, LearningTask
from jitai.rl.train import Kept, Training, kept_training
from jitai.rl.training_service import AtTheDesk
from jitai.rl.yardsticks import Figures
from jitai.simulator.config import PUBLISHED_CELLS, SimulatorConfig
from jitai.trial.filters import FILTERS, NONE, training_filters
from jitai.ui.pages.train_results import (
    draw_answer,
    draw_chart,
    draw_metrics,
    draw_progress,
    draw_worth,
    in_words,
    row_of,
)
from jitai.ui.session.page_states import GRID, OWN_CHOICE, SESSIONS, SIGHTS, STARTS, TrainState
from jitai.ui.session.resources import training_desk
from jitai.ui.session.state import AppState, app_state, keep_in_address
from jitai.ui.widgets.installer import offer_installation
from jitai.ui.widgets.page import errors_as_sentences, plain, session_object
from jitai.ui.widgets.parameters import parameter_widget, preset_picker

_KEY = "jitai_lab_train"
TICK_S = 1.0
WHOM_LABELS = {SESSIONS: "This session's participant", GRID: "The eight of the published grid"}
NO_MEDICAL_TOOL = (
    "A simulation of a walking study, and no medical tool. Trained policies need hundreds of thousands to millions of "
    "simulated days, which no study with people offers: they show what could be learnt, not what one study learns."
)


def train_state() -> TrainState:
    """The session's."""
    return session_object(_KEY, TrainState)


def train_page() -> None:
    """Draw the page."""
    state, session = train_state(), app_state()
    with errors_as_sentences():
        keep_in_address(session)
        with st.sidebar:
            _settings(state, session)
        st.title("How well does a policy learn from simulated participants?")
        if state.said:
            st.toast(plain(state.said), icon=":material/check:")
            state.said = ""
        now = training_desk().snapshot()
        task: LearningTask | None = None
        with errors_as_sentences():
            task = _task(state, session.spec.config)
        offer_installation(TRAINING)
        _controls(state, task, now)
        at_work = now is not None and now.at_work
        shown = task if now is None else now.training.task
        if shown is not None:
            st.fragment(_stage, run_every=TICK_S if at_work else None, key="training_stage")(shown, at_work)
        if now is not None and now.training.network is not None:
            _keep_section(state, now.training.network)
        st.caption(NO_MEDICAL_TOOL)
        st.subheader("Trained policies")
        _policies(state, session)
        _upload(state)


def _settings(state: TrainState, session: AppState) -> None:
    """What is to be learnt; each change is kept in the state at once."""
    infos = {info.name: info for info in describe(LearningSettings)}
    algorithm = parameter_widget(
        infos["algorithm"], state.settings.algorithm, session.key("train_algorithm"), ALGORITHM_LABELS
    )
    if algorithm != state.settings.algorithm:
        state.settings = STARTS[str(algorithm)]
        session.redraw_widgets()
        st.rerun()
    sights = [*SIGHTS, OWN_CHOICE]
    state.sees = st.selectbox(
        "It sees", sights, index=sights.index(state.sees), key=session.key("train_sees"),
        help="Every day, before it acts. The belief is how likely it is that the participant can walk, from "
        "yesterday's steps and a simulated judge who reads what is written.",
    )  # fmt: skip
    if state.sees == OWN_CHOICE:
        state.own_sight = tuple(
            st.multiselect(
                "Observations", list(OBSERVATION_LABELS), default=list(state.own_sight),
                format_func=lambda name: f"{name}: {OBSERVATION_LABELS[name]}", key=session.key("train_own_sight"),
                placeholder="at least one",
            )
        )  # fmt: skip
    else:
        st.caption(plain("; ".join(f"{name}: {OBSERVATION_LABELS[name]}" for name in state.observations) + "."))
    whom = list(WHOM_LABELS)
    state.whom = st.selectbox(
        "It learns from", whom, index=whom.index(state.whom), format_func=WHOM_LABELS.__getitem__,
        key=session.key("train_whom"),
        help="The eight differ in how ability comes and goes and in how costly mistakes are; the policy is not told "
        "which of them it meets.",
    )  # fmt: skip
    if state.whom == SESSIONS:
        preset_picker(session, "Participant", "preset_of_training", help="The one of the Live page, too.")
    filters = list(training_filters())
    state.filter = st.selectbox(
        "Filter in training", filters, index=filters.index(state.filter), format_func=FILTERS.labels.__getitem__,
        key=session.key("train_filter"),
        help="Whether the judge may hold messages back while the policy learns.",
    )  # fmt: skip
    total = infos["total_steps"]
    state.settings = with_value(
        state.settings, total.name, parameter_widget(total, state.settings.total_steps, session.key("train_total"))
    )
    with st.expander("The simulated judge"):
        for info in describe(BeliefSettings):
            if info.name in ("finds_cannot_walk", "false_alarms"):
                value = parameter_widget(info, getattr(state.belief, info.name), session.key(f"train_{info.name}"))
                state.belief = with_value(state.belief, info.name, value)
    with st.expander("More settings"):
        for info in _other_settings(state.settings.algorithm):
            value = parameter_widget(info, getattr(state.settings, info.name), session.key(f"train_{info.name}"))
            state.settings = with_value(state.settings, info.name, value)


def _other_settings(algorithm: str) -> list[ParameterInfo]:
    """Those of the learner that matter to an algorithm and are not shown above."""
    hidden = {"algorithm", "total_steps"} | ({"entropy_bonus"} if algorithm == DQN else set())
    return [info for info in describe(LearningSettings) if info.name not in hidden]


def _task(state: TrainState, config: SimulatorConfig) -> LearningTask:
    """What would be learnt now.

    Raises: ParameterError if the settings do not go together.
    """
    participants = PUBLISHED_CELLS if state.whom == GRID else (config,)
    return LearningTask(state.settings, state.observations, participants, state.belief, state.filter)


def _controls(state: TrainState, task: LearningTask | None, now: AtTheDesk | None) -> None:
    """Start, go on, stop; and what the first would do."""
    busy = now is not None and not now.training.finished
    with st.container(horizontal=True, vertical_alignment="center", key="training_controls"):
        pressed = st.button(
            "Start training", type="primary", icon=":material/model_training:", key="start_training",
            disabled=busy or task is None or bool(TRAINING.missing),
        )  # fmt: skip
        if busy:
            st.button(
                "Stop and keep what is learnt", icon=":material/stop:", key="stop_training",
                on_click=training_desk().stop,
            )  # fmt: skip
        else:
            _go_on_button(state, task, now)
        if busy and now is not None and now.owner != state.owner:
            st.caption(
                "Another browser tab has started this training. There is one at a time in this program, so wait for "
                "it, or stop it: what it has learnt stays."
            )
        elif task is not None and not busy:
            n_studies = task.settings.total_steps // task.study_length
            st.caption(
                f"{ALGORITHM_LABELS[task.settings.algorithm]} lives {task.settings.total_steps:,} days with simulated "
                f"participants: {n_studies:,} studies of {task.study_length} days."
            )
    if pressed and task is not None:
        _begin(state, task, resume=False)


def _go_on_button(state: TrainState, task: LearningTask | None, now: AtTheDesk | None) -> None:
    """Take a stopped training up: the one with the present settings, else the one that is shown."""
    candidates = [task] if task is not None else []
    if now is not None and now.training.stopped:
        candidates.append(now.training.task)
    for candidate in candidates:
        kept: Kept | None = kept_training(candidate, default_policy_store().checkpoints)
        if kept is not None and kept.n_steps < candidate.settings.total_steps:
            if st.button(
                f"Go on from {kept.n_steps:,}", icon=":material/resume:", key="resume_training",
                help=f"Take the stopped training up, to {candidate.settings.total_steps:,} decisions: "
                f"{candidate.policy_name()}, from {in_words(candidate.participants)}.",
            ):  # fmt: skip
                _begin(state, candidate, resume=True)
            return


def _begin(state: TrainState, task: LearningTask, resume: bool) -> None:
    before = training_desk().snapshot()
    if before is not None and not (resume and before.training.task.digest == task.digest):
        _keep_unkept(state, before.training)
    training_desk().start(task, default_policy_store().checkpoints, state.owner, resume)
    st.rerun()


def _keep_unkept(state: TrainState, training: Training) -> None:
    """Keep what was learnt last, where that has not been done: the next training takes its place."""
    network = training.network
    if network is None or default_policy_store().name_of(network):
        return
    name = default_policy_store().free_name(f"my-{network.algorithm}")
    try:
        default_policy_store().save(network, name)
        state.said = f"The policy of the training before is kept as {name}."
    except JitaiError as error:
        state.said = f"The policy of the training before could not be kept. {error}"


def _stage(task: LearningTask, was_at_work: bool) -> None:
    """The answer in words and numbers, then the curve; before the first training, what will stand here."""
    with errors_as_sentences():
        now = training_desk().snapshot()
        if was_at_work and (now is None or not now.at_work):
            st.rerun()  # the buttons outside change too, and the ticking ends
        if now is not None:
            task = now.training.task  # another browser tab may have started another one since the page was drawn
        best = sum(optimum(config).value() for config in task.participants) / len(task.participants)
        if now is None:
            st.info(
                "The learning curve will stand here, and with it what share of the best possible the policy earns, "
                "beside a planner that knows a model and LLM+TS, which learns within one study. Press **Start "
                "training**; a first result takes about a minute."
            )
            draw_chart(Training(task), Figures(), best)
            return
        st.subheader(plain(draw_answer(now, best)))
        draw_metrics(now, best)
        if now.at_work:
            draw_progress(now)
        for failure in (now.training.failure, now.figures.failure):
            if failure:
                st.warning(plain(failure), icon=":material/warning:")
        draw_chart(now.training, now.figures, best)
        st.caption(
            plain(
                f"{task.policy_name()}, from {in_words(task.participants)}, "
                + (
                    f"a simulated judge that finds {task.belief.finds_cannot_walk:g} and raises "
                    f"{task.belief.false_alarms:g} false alarms, "
                    if BELIEF in task.observations or task.filter != NONE
                    else ""
                )
                + f"filter: {FILTERS[task.filter].label.lower()}. Line: mean of the studies that just ended, with its "
                "95 % interval; while it learns it tries things out, so in use it earns more."
            )
        )


def _keep_section(state: TrainState, network: PolicyNetwork) -> None:
    """Keep what was learnt under a name, or take it away as a file; once kept, use it."""
    kept = default_policy_store().name_of(network)
    with st.container(horizontal=True, vertical_alignment="center" if kept else "bottom", key="keep_policy_row"):
        if kept:
            st.badge(f"kept as {kept}", icon=":material/check:", color="green")
            _use_button(network, "use_trained")
        else:
            own = {item.name for item in default_policy_store().policies() if item.is_own}
            name = st.text_input(
                "Name to keep it under", default_policy_store().free_name(f"my-{network.algorithm}"), max_chars=40,
                key=app_state().key("keep_name"), width=240, help="Small letters, digits, - and _.",
            ).strip()  # fmt: skip
            replaces = name in own
            # Two keys: a press on the one that is shown while a name is being typed never becomes one on the other.
            label, key = ("Replace the one of that name", "replace_policy") if replaces else ("Keep it", "keep_policy")
            if st.button(label, icon=":material/save:", key=key):
                default_policy_store().save(network, name)
                state.policy_shown, state.said = name, f"Kept as {name}; the Live page offers it among its policies."
                app_state().redraw_widgets()
                st.rerun()
        _download_button(network, kept or "policy", "download_trained")


def _use_button(network: PolicyNetwork, key: str) -> None:
    if st.button("Use on the Live page", icon=":material/play_circle:", key=key):
        session = app_state()
        session.spec = replace(session.spec, policy=trained(network))
        session.redraw_widgets()
        st.switch_page("pages/live.py")


def _download_button(network: PolicyNetwork, name: str, key: str) -> None:
    st.download_button(
        "Download (JSON)", data=lambda: policy_text(network).encode(), file_name=f"{name}.json",
        mime="application/json", on_click="ignore", key=key, icon=":material/download:",
    )  # fmt: skip


def _policies(state: TrainState, session: AppState) -> None:
    """A table of all policies there are, and what can be done with one of them."""
    files = default_policy_store().policies()
    st.dataframe(
        pd.DataFrame([row_of(item) for item in files]), hide_index=True, key="policies_table",
        column_config={
            "decisions": st.column_config.NumberColumn(format="localized"),
            "minutes": st.column_config.NumberColumn(format="%.1f"),
        },
    )  # fmt: skip
    names = [item.name for item in files]
    shown = state.policy_shown if state.policy_shown in names else names[0]
    with st.container(horizontal=True, vertical_alignment="bottom", key="policy_row"):
        state.policy_shown = st.selectbox(
            "Policy", names, index=names.index(shown), key=session.key("policy_shown"), width=240,
        )  # fmt: skip
        item = files[names.index(state.policy_shown)]
        if item.network is not None:
            _use_button(item.network, "use_policy")
            found = training_desk().figures_of(item.network)
            if found is None and st.button(
                "Measure it", icon=":material/query_stats:", key="measure_policy",
                help="On the participants and the simulated judge of its training, beside planner and LLM+TS.",
            ):  # fmt: skip
                training_desk().measure(item.network)
                st.rerun()
            _download_button(item.network, item.name, "download_policy")
        if item.is_own and st.button("Delete", type="tertiary", key="delete_policy"):
            state.to_delete = item.name
            st.rerun()
    if state.to_delete == item.name:
        _confirm_deletion(state, session)
    if item.problem:
        st.warning(plain(item.problem), icon=":material/warning:")
    if item.network is not None:
        running = training_desk().figures_of(item.network)
        ticks = running is not None and not running.finished
        st.fragment(draw_worth, run_every=TICK_S if ticks else None, key="worth_stage")(item.network, ticks)


def _confirm_deletion(state: TrainState, session: AppState) -> None:
    """The question before a policy of one's own is gone."""
    st.warning(plain(f"Delete {state.to_delete}? It cannot be had back."), icon=":material/delete:")
    with st.container(horizontal=True):
        if st.button("Delete for good", key="delete_for_good"):
            name, state.to_delete, state.policy_shown = state.to_delete, "", ""
            session.redraw_widgets()
            default_policy_store().delete(name)
            state.said = f"{name} is deleted."
            st.rerun()
        if st.button("Keep it", key="keep_it"):
            state.to_delete = ""
            st.rerun()


def _upload(state: TrainState) -> None:
    """Take in a policy's file; it is kept at once, as other pages find it only then."""
    with st.expander("Bring a policy from a file"):
        uploaded = st.file_uploader(
            "Policy (JSON)", type=["json"], key="policy_file",
            help="As downloaded here or written by the command train. It holds numbers and no code.",
        )  # fmt: skip
        if uploaded is None or uploaded.file_id == state.file_id:
            return
        with errors_as_sentences():
            network = policy_from_bytes(uploaded.getvalue(), uploaded.name[:60])
            present = default_policy_store().name_of(network)
            name = present or default_policy_store().free_name(uploaded.name)
            if not present:
                default_policy_store().save(network, name)
            state.file_id, state.policy_shown = uploaded.file_id, name
            state.said = f"That policy is here already: {name}." if present else f"The policy is kept as {name}."
            app_state().redraw_widgets()
            st.rerun()
