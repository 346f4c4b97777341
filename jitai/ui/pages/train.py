"""The Train page: training a policy on simulated participants while one watches, and the trained policies."""

import pandas as pd
import streamlit as st

from jitai.errors import JitaiError
from jitai.installation import TRAINING
from jitai.parameters import describe
from jitai.paths import program
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import (
    A2C,
    ALGORITHM_LABELS,
    BELIEF,
    DAY,
    DQN,
    OBSERVATION_LABELS,
    PPO,
    TRUE_CONTEXT,
    PolicyNetwork,
)
from jitai.policies.optimum import optimum
from jitai.rl.baselines import PolicyWorth
from jitai.rl.policy_store import default_policy_store, policy_from_bytes, policy_text
from jitai.rl.task import LearningSettings, LearningTask
from jitai.rl.train import Checkpoint, Training, checkpoint_of
from jitai.rl.training_service import TrainingStatus
from jitai.sanitise import for_markdown
from jitai.simulator.config import PUBLISHED_CELLS, SimulatorConfig
from jitai.simulator.spaces import DEFAULT_OBSERVATIONS
from jitai.text_format import counted
from jitai.trial.filters import FILTERS, NONE, training_filters
from jitai.trial.settings import settings_from, values_of
from jitai.ui.pages.train_results import (
    answer_in_words,
    draw_chart,
    draw_metrics,
    draw_progress,
    draw_worth,
    participants_in_words,
    table_row,
)
from jitai.ui.session.page_states import TrainState
from jitai.ui.session.resources import training_service
from jitai.ui.session.state import AppState, app_state, keep_in_address, session_object
from jitai.ui.widgets.installer import offer_installation
from jitai.ui.widgets.page import errors_as_sentences
from jitai.ui.widgets.parameters import parameter_widget, parameter_widgets, preset_picker, title_of

TICK_S = 1.0
SESSIONS, GRID = "session", "grid"
STARTS: dict[str, LearningSettings] = {
    PPO: LearningSettings(PPO, total_steps=1_000_000),
    A2C: LearningSettings(A2C, total_steps=1_000_000, n_lanes=64),
    DQN: LearningSettings(DQN, total_steps=500_000, learning_rate=1e-3),
}
"""Settings with which each algorithm comes to a first result in about a minute."""
WITH_BELIEF, WITHOUT_TEXT, AS_PUBLISHED, WITH_TRUTH, OWN_CHOICE = "belief", "numbers", "published", "truth", "own"
OBSERVATION_SETS: dict[str, tuple[str, ...]] = {
    WITH_BELIEF: ("P", "L", "H", "D", BELIEF, DAY),
    WITHOUT_TEXT: ("P", "L", "H", "D", DAY),
    AS_PUBLISHED: ("L", "H", "D", "T"),
    WITH_TRUTH: (TRUE_CONTEXT, "H", "D", DAY),
}
"""What a policy may observe."""
OBSERVATION_SET_LABELS = {
    WITH_BELIEF: "With the belief from the text",
    WITHOUT_TEXT: "Numbers only, no text",
    AS_PUBLISHED: "As published: L, H, D, T",
    WITH_TRUTH: "With the true context (privileged)",
    OWN_CHOICE: "My own choice",
}
PREFIX = "train_"
"""Begins the keys of the learner's and the simulated judge's parameters."""
WHOM_LABELS = {SESSIONS: "This session's participant", GRID: "The eight of the published grid"}
NO_MEDICAL_TOOL = (
    "This is a simulation of a walking study, not a medical tool. Training takes hundreds of thousands to millions of "
    "simulated days, far more than any study with people offers: it shows what could be learnt, not what one study "
    "learns."
)


def train_page() -> None:
    """Draw the page."""
    state, app = session_object(TrainState), app_state()
    with errors_as_sentences():
        keep_in_address(app)
        with st.sidebar:
            _settings(app)
        st.title("How well does a policy learn from simulated participants?")
        if state.done:
            st.toast(for_markdown(state.done), icon=":material/check:")
            state.done = ""
        now = training_service().snapshot()
        task: LearningTask | None = None
        with errors_as_sentences():
            task = task_of_widgets(app.spec.config)
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
        table = st.container()
        _upload(state)
        with table:
            _policies(state)


def _settings(app: AppState) -> None:
    """Draw the settings of the learner, of what it observes, and of the participants that it learns from."""
    for name, value in (values_of(STARTS[PPO], PREFIX) | values_of(BeliefSettings(), PREFIX)).items():
        st.session_state.setdefault(name, value)

    def take_start() -> None:
        st.session_state.update(values_of(STARTS[st.session_state[f"{PREFIX}algorithm"]], PREFIX))

    infos = {info.name: info for info in describe(LearningSettings)}
    st.selectbox(
        title_of(infos["algorithm"]), list(STARTS), format_func=ALGORITHM_LABELS.__getitem__, key=f"{PREFIX}algorithm",
        persist_state="session", help=infos["algorithm"].full_help,
        on_change=take_start,
    )  # fmt: skip
    sees = st.selectbox(
        "It sees", list(OBSERVATION_SET_LABELS), format_func=OBSERVATION_SET_LABELS.__getitem__, key="train_sees",
        persist_state="session",
        help="Every day, before it acts. The belief is how likely it is that the participant can walk, judged from "
        "yesterday's steps and by a simulated judge who reads what is written.",
    )  # fmt: skip
    if sees == OWN_CHOICE:
        st.multiselect(
            "Observations", list(OBSERVATION_LABELS), default=OBSERVATION_SETS[WITH_BELIEF],
            format_func=lambda name: f"{name}: {OBSERVATION_LABELS[name]}", key="train_own_sight",
            persist_state="session", placeholder="at least one",
        )  # fmt: skip
    else:
        st.caption(
            for_markdown("; ".join(f"{name}: {OBSERVATION_LABELS[name]}" for name in OBSERVATION_SETS[sees]) + ".")
        )
    whom = st.selectbox(
        "It learns from", list(WHOM_LABELS), format_func=WHOM_LABELS.__getitem__, key="train_whom",
        persist_state="session",
        help="The eight differ in how ability comes and goes and in how costly mistakes are; the policy is not told "
        "which of them it meets.",
    )  # fmt: skip
    if whom == SESSIONS:
        preset_picker(app, "Participant", help="The Live page has the same participant.")
    st.selectbox(
        "Filter in training", training_filters(), format_func=FILTERS.labels.__getitem__, key="train_filter",
        persist_state="session", help="Whether the judge may hold messages back while the policy learns.",
    )  # fmt: skip
    parameter_widget(infos["total_steps"], prefix=PREFIX)
    with st.expander("The simulated judge"):
        parameter_widgets(
            (info for info in describe(BeliefSettings) if info.name in ("finds_cannot_walk", "false_alarms")),
            prefix=PREFIX,
        )
    with st.expander("More settings"):
        hidden = {"algorithm", "total_steps"}
        if st.session_state[f"{PREFIX}algorithm"] == DQN:
            hidden.add("entropy_bonus")
        parameter_widgets((info for info in infos.values() if info.name not in hidden), prefix=PREFIX)


def task_of_widgets(config: SimulatorConfig) -> LearningTask:
    """Return the task that the widgets describe.

    Raises: ParameterError if the settings do not go together.
    """
    chosen = st.session_state
    return LearningTask(
        settings_from(LearningSettings, chosen, PREFIX),
        OBSERVATION_SETS.get(chosen["train_sees"]) or tuple(chosen["train_own_sight"]),
        PUBLISHED_CELLS if chosen["train_whom"] == GRID else (config,),
        settings_from(BeliefSettings, chosen, PREFIX),
        chosen["train_filter"],
    )


def _controls(state: TrainState, task: LearningTask | None, now: TrainingStatus | None) -> None:
    """Draw the buttons to start, resume and stop, and say what starting would do."""
    busy = now is not None and not now.training.finished
    with st.container(horizontal=True, vertical_alignment="center", key="training_controls"):
        pressed = st.button(
            "Start training", type="primary", icon=":material/model_training:", key="start_training",
            disabled=busy or task is None or bool(TRAINING.missing),
        )  # fmt: skip
        if busy:
            st.button(
                "Stop and keep what is learnt", icon=":material/stop:", key="stop_training",
                on_click=training_service().stop,
            )  # fmt: skip
        else:
            _go_on_button(state, task, now)
        if busy and now is not None and now.owner != state.owner:
            st.caption(
                "Another browser tab has started this training, and only one at a time can run. Wait for it, or stop "
                "it: what it has learnt is kept."
            )
        elif task is not None and not busy:
            n_studies = task.settings.total_steps // task.study_length
            st.caption(
                f"{ALGORITHM_LABELS[task.settings.algorithm]} lives "
                f"{counted(task.settings.total_steps, 'day')} with simulated "
                f"participants: {counted(n_studies, 'study', 'studies')} of {counted(task.study_length, 'day')}."
            )
    if pressed and task is not None:
        _begin(state, task, resume=False)


def _go_on_button(state: TrainState, task: LearningTask | None, now: TrainingStatus | None) -> None:
    """Offer to resume a stopped training: the one with the present settings, else the one that is shown."""
    candidates = [task] if task is not None else []
    if now is not None and now.training.stopped:
        candidates.append(now.training.task)
    for candidate in candidates:
        kept: Checkpoint | None = checkpoint_of(candidate, default_policy_store().checkpoints)
        if kept is not None and kept.n_steps < candidate.settings.total_steps:
            if st.button(
                f"Resume from {kept.n_steps:,}", icon=":material/resume:", key="resume_training",
                help=f"Continue the stopped training to {candidate.settings.total_steps:,} decisions: "
                f"{candidate.policy_name()}, from {participants_in_words(candidate.participants)}.",
            ):  # fmt: skip
                _begin(state, candidate, resume=True)
            return


def _begin(state: TrainState, task: LearningTask, resume: bool) -> None:
    before = training_service().snapshot()
    if before is not None and not (resume and before.training.task.digest == task.digest):
        _keep_unkept(state, before.training)
    training_service().start(task, default_policy_store().checkpoints, state.owner, resume)
    st.rerun()


def _keep_unkept(state: TrainState, training: Training) -> None:
    """Save the policy that was learnt last, unless the person has: the next training replaces it."""
    network = training.network
    if network is None or default_policy_store().name_of(network):
        return
    name = default_policy_store().free_name(f"my-{network.algorithm}")
    try:
        default_policy_store().save(network, name)
        state.done = f"The policy of the previous training is kept as {name}."
    except JitaiError as error:
        state.done = f"The policy of the previous training could not be kept. {error}"


def _stage(task: LearningTask, was_at_work: bool) -> None:
    """Draw the answer in words and numbers, then the curve; before the first training, say what will stand here."""
    with errors_as_sentences():
        now = training_service().snapshot()
        if was_at_work and (now is None or not now.at_work):
            st.rerun()  # the buttons outside change too, and the ticking ends
        if now is not None:
            task = now.training.task  # another browser tab may have started another one since the page was drawn
        best = sum(optimum(config).value() for config in task.participants) / len(task.participants)
        if now is None:
            st.info(
                "The learning curve will appear here, with the share of the best possible that the policy earns, "
                "beside a planner that knows a model and LLM+TS, which learns within one study. Press **Start "
                "training**; a first result takes about a minute."
            )
            draw_chart(Training(task), PolicyWorth(), best)
            return
        st.subheader(for_markdown(answer_in_words(now, best)))
        draw_metrics(now, best)
        if now.at_work:
            draw_progress(now)
        for failure in (now.training.failure, now.figures.failure):
            if failure:
                st.warning(for_markdown(failure), icon=":material/warning:")
        draw_chart(now.training, now.figures, best)
        st.caption(
            for_markdown(
                f"{task.policy_name()}, from {participants_in_words(task.participants)}, "
                + (
                    f"a simulated judge that recognises {100 * task.belief.finds_cannot_walk:g} % of “cannot walk” "
                    f"with {100 * task.belief.false_alarms:g} % false alarms, "
                    if BELIEF in task.observations or task.filter != NONE
                    else ""
                )
                + f"filter: {FILTERS[task.filter].label.lower()}. Line: mean of the studies that just ended, with its "
                "95 % interval. While it learns, the policy explores, so in use it earns more."
            )
        )


def _keep_section(state: TrainState, network: PolicyNetwork) -> None:
    """Let the person keep what was learnt under a name, download it, and use it once it is kept."""
    kept = default_policy_store().name_of(network)
    with st.container(horizontal=True, vertical_alignment="center" if kept else "bottom", key="keep_policy_row"):
        if kept:
            st.badge(f"kept as {kept}", icon=":material/check:", color="green")
            _use_button(network, "use_trained")
        else:
            own = {item.name for item in default_policy_store().policies() if item.is_own}
            free = default_policy_store().free_name(f"my-{network.algorithm}")
            name = st.text_input(
                "Name to keep it under", free, max_chars=40, key=f"keep_name_{free}", width=240,
                help="Small letters, digits, - and _.",
            ).strip()  # fmt: skip
            replaces = name in own
            # Two keys: a press on the one that is shown while a name is being typed never becomes one on the other.
            label, key = ("Replace the one of that name", "replace_policy") if replaces else ("Keep it", "keep_policy")
            if st.button(label, icon=":material/save:", key=key):
                default_policy_store().save(network, name)
                st.session_state["policy_shown"] = name
                state.done = f"Kept as {name}; the Live page offers it among its policies."
                st.rerun()
        _download_button(network, kept or "policy", "download_trained")


def _use_button(network: PolicyNetwork, key: str) -> None:
    if st.button("Use on the Live page", icon=":material/play_circle:", key=key):
        app_state().network = network
        st.switch_page("pages/live.py")


def _download_button(network: PolicyNetwork, name: str, key: str) -> None:
    st.download_button(
        "Download (JSON)", data=policy_text(network).encode(), file_name=f"{name}.json",
        mime="application/json", on_click="ignore", key=key, icon=":material/download:",
    )  # fmt: skip


def _policies(state: TrainState) -> None:
    """Draw a table of all trained policies, and buttons for one of them."""
    files = default_policy_store().policies()
    st.dataframe(
        pd.DataFrame([table_row(item) for item in files]), hide_index=True, key="policies_table",
        column_config={
            "decisions": st.column_config.NumberColumn(format="localized"),
            "minutes": st.column_config.NumberColumn(format="%.1f"),
        },
    )  # fmt: skip
    names = [item.name for item in files]
    with st.container(horizontal=True, vertical_alignment="bottom", key="policy_row"):
        shown = st.selectbox("Policy", names, key="policy_shown", persist_state="session", width=240)
        item = files[names.index(shown)]
        if item.network is not None:
            _use_button(item.network, "use_policy")
            found = training_service().figures_of(item.network)
            if found is None and st.button(
                "Measure it", icon=":material/query_stats:", key="measure_policy",
                help="On the participants and the simulated judge of its training, beside planner and LLM+TS.",
            ):  # fmt: skip
                training_service().measure(item.network)
                st.rerun()
            _download_button(item.network, item.name, "download_policy")
        if item.is_own and st.button("Delete", type="tertiary", key="delete_policy"):
            state.to_delete = item.name
            st.rerun()
    if state.to_delete == item.name:
        _confirm_deletion(state)
    if item.problem:
        st.warning(for_markdown(item.problem), icon=":material/warning:")
    if item.network is not None:
        running = training_service().figures_of(item.network)
        ticks = running is not None and not running.finished
        st.fragment(draw_worth, run_every=TICK_S if ticks else None, key="worth_stage")(item.network, ticks)


def _confirm_deletion(state: TrainState) -> None:
    """Ask before a policy of the person's own is deleted."""
    st.warning(for_markdown(f"Delete {state.to_delete}? This cannot be undone."), icon=":material/delete:")
    with st.container(horizontal=True):
        if st.button("Delete for good", key="delete_for_good"):
            name, state.to_delete = state.to_delete, ""
            default_policy_store().delete(name)
            state.done = f"{name} is deleted."
            st.rerun()
        if st.button("Keep it", key="keep_it"):
            state.to_delete = ""
            st.rerun()


def _upload(state: TrainState) -> None:
    """Take in a policy's file; it is saved at once, because other pages find only saved ones."""
    with st.expander("Bring a policy from a file"):
        uploaded = st.file_uploader(
            "Policy (JSON), or a model of stable-baselines3 (zip)", type=["json", "zip"], key="policy_file",
            help="A file downloaded here or written by the command train; or a model of PPO, A2C or DQN that was "
            f"trained on a registered environment that shows {', '.join(DEFAULT_OBSERVATIONS)} (for others: "
            f"`{program()} import-policy`). Numbers are read, and no code.",
        )  # fmt: skip
        if uploaded is None or uploaded.file_id == state.file_id:
            return
        with errors_as_sentences():
            network = policy_from_bytes(uploaded.getvalue(), uploaded.name[:60])
            present = default_policy_store().name_of(network)
            name = present or default_policy_store().free_name(uploaded.name)
            if not present:
                default_policy_store().save(network, name)
            state.file_id, st.session_state["policy_shown"] = uploaded.file_id, name
            state.done = f"That policy is here already: {name}." if present else f"The policy is kept as {name}."
            st.rerun()
