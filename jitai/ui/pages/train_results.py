"""The Train page: the learning curve and what a trained policy earns."""

import math
from collections.abc import Sequence

import streamlit as st

from jitai.charts.learning import LLM_TS, OPTIMUM, PLANNER, RANDOM, LearningPoint, learning_figure
from jitai.charts.theme import CONFIG
from jitai.policies.network import ALGORITHM_LABELS, PolicyNetwork
from jitai.rl.baselines import PolicyWorth, Share
from jitai.rl.policy_store import PolicyFile
from jitai.rl.train import Training
from jitai.rl.training_service import TrainingStatus
from jitai.sanitise import for_markdown
from jitai.simulator.config import PRESETS, PUBLISHED_CELLS, SimulatorConfig
from jitai.text_format import counted, duration
from jitai.trial.filters import FILTERS
from jitai.trial.spec import participants_of
from jitai.ui.session.resources import training_service
from jitai.ui.session.state import palette
from jitai.ui.widgets.page import errors_as_sentences


def answer_in_words(now: TrainingStatus, best: float) -> str:
    """Return in one sentence how far the training is, or what its policy earns."""
    training, found = now.training, now.figures
    if not training.finished:
        if not training.curve or best <= 0:
            return "It is learning; no study has ended yet."
        share = training.curve[-1].mean_steps / best
        return f"It is learning: after {training.n_steps:,} simulated days, {100 * share:.0f} % of the best possible."
    if training.network is None:
        return "The training failed."
    begun = f"{'Stopped after' if training.stopped else 'After'} {training.n_steps:,} simulated days"
    if best <= 0:
        return f"{begun}. There is nothing to earn: this participant does not walk a step under any policy."
    if found.policy is None:
        return f"{begun}. " + ("What it earns could not be measured." if found.finished else "It is being measured.")
    others = [f"{words} {_percent(found.baselines[name])}" for name, words in _OTHERS if name in found.baselines]
    return f"{begun}, it earns {_percent(found.policy)} of the best possible; {', '.join(others)}."


_OTHERS = ((PLANNER, "the planner"), (LLM_TS, "LLM+TS"), (RANDOM, "random"))


def _percent(share: Share) -> str:
    return "–" if math.isnan(share.share) else f"{100 * share.share:.1f} %"


def draw_metrics(now: TrainingStatus, best: float) -> None:
    """Show the shares of the optimum: of the policy, so far or in use, and of those that it is compared to."""
    training, found = now.training, now.figures
    with st.container(key="headline"):
        columns = st.columns(4, gap="small")
    if found.policy is not None:
        label, value = "This policy, of the optimum", _with_interval(found.policy)
    else:
        label = "So far, of the optimum"
        value = f"{100 * training.curve[-1].mean_steps / best:.0f} %" if training.curve and best > 0 else "–"
    columns[0].metric(label, value, border=True, help=_help(found.policy))
    labels = {PLANNER: "Planner (knows a model)", LLM_TS: "LLM+TS (one study)", RANDOM: "Random"}
    helps = {
        PLANNER: "Plans on the same belief and knows this participant's settings.",
        LLM_TS: "Thompson sampling that learns within its one study, with the same judge's veto.",
        RANDOM: "Each of the four actions with the same probability.",
    }
    for column, name in zip(columns[1:], labels, strict=True):
        share = found.baselines.get(name)
        waiting = "–" if found.finished else "measuring"
        column.metric(
            labels[name], waiting if share is None else _with_interval(share), border=True,
            help=f"{helps[name]} {_help(share)}",
        )  # fmt: skip


def _with_interval(share: Share) -> str:
    return "–" if math.isnan(share.share) else f"{100 * share.share:.1f} ± {100 * share.half_width:.1f} %"


def _help(share: Share | None) -> str:
    """Return an explanation of how a share was measured."""
    if share is None:
        return "Share of what the optimum, which knows everything, earns."
    kinds = f"each of {share.n_kinds} kinds of participants" if share.n_kinds > 1 else "this participant"
    return (
        f"{share.mean_steps:,.0f} steps in a study, as a share of what the optimum expects, which knows everything. "
        f"{counted(share.n_seeds, 'study', 'studies')} with {kinds}, on seeds that no training uses; 95 % interval."
    )


def draw_progress(now: TrainingStatus) -> None:
    """Draw how far the training is."""
    training = now.training
    if training.finished:
        st.progress(1.0, "Measuring, on seeds that no training uses")
        return
    total = training.task.settings.total_steps
    left = "" if training.seconds_left is None else f", about {duration(training.seconds_left)} left"
    pace = f", {training.steps_per_s:,.0f} decisions a second" if training.steps_per_s else ""
    st.progress(
        training.share_done,
        for_markdown(f"{training.n_steps:,} of {total:,} decisions: {training.at_work}{left}{pace}"),
    )


def draw_chart(training: Training, found: PolicyWorth, best: float) -> None:
    """Draw the learning curve, with the lines that it is compared to."""
    levels = {OPTIMUM: best} | {name: share.mean_steps for name, share in found.baselines.items()}
    last = training.curve[-1] if training.curve else None
    so_far = "no study has ended yet" if last is None else f"{last.mean_steps:,.0f} steps in a study so far"
    measured = None if found.policy is None else (training.n_steps, found.policy.mean_steps)
    st.plotly_chart(
        learning_figure(
            [LearningPoint(*point) for point in training.curve], levels,
            n_decisions=max(training.task.settings.total_steps, training.n_steps), optimum=best, palette=palette(),
            measured=measured,
        ),
        config=CONFIG, key="learning_curve",
        alt=f"Learning curve: {so_far}. " + "; ".join(f"{name}: {value:,.0f}" for name, value in levels.items()),
    )  # fmt: skip


def participants_in_words(participants: Sequence[SimulatorConfig]) -> str:
    """Return in words which participants a policy has learnt from."""
    if set(participants) == set(PUBLISHED_CELLS):
        return "the eight participants of the published grid"
    if len(participants) > 1:
        return f"{len(participants)} kinds of participants"
    config = participants[0]
    known = next((name for name, preset in PRESETS.items() if preset == config), "")
    return (
        f"“{known}”"
        if known
        else f"a participant with p11 {config.can_walk_persistence:g}, p00 {config.cannot_walk_persistence:g}, ε_d "
        f"{config.disengagement_increment:g}"
    )


def draw_worth(network: PolicyNetwork, was_measuring: bool) -> None:
    """Say in a sentence what one policy earns, if that was measured."""
    with errors_as_sentences():
        found = training_service().figures_of(network)
        if found is None:
            return
        if was_measuring and found.finished:
            st.rerun()
        if found.policy is not None:
            others = ", ".join(
                f"{words} {_with_interval(found.baselines[name])}" for name, words in _OTHERS if name in found.baselines
            )
            st.text(
                f"It earns {_with_interval(found.policy)} of the best possible; {others}. {found.policy.n_seeds:,} "
                f"studies with {participants_in_words(participants_of(network))}, on seeds that no training uses; 95 % "
                "intervals."
            )
        elif found.failure:
            st.warning(for_markdown(found.failure), icon=":material/warning:")
        else:
            st.text("It is being measured. That takes some seconds for each kind of participant.")


def table_row(item: PolicyFile) -> dict[str, object]:
    """Return one line of the table of policies."""
    row: dict[str, object] = {"name": item.name, "whose": "own" if item.is_own else "project"}
    network = item.network
    if network is None:
        return row | {"sees": item.problem}
    found = training_service().figures_of(network)
    share = None if found is None else found.policy
    origin = network.trained_on
    return row | {
        "algorithm": ALGORITHM_LABELS[network.algorithm],
        "sees": ", ".join(network.observations),
        "of the optimum": "not measured" if share is None else _with_interval(share),
        "learnt from": participants_in_words(participants_of(network)),
        "filter": FILTERS.labels.get(origin.filter, origin.filter),
        "decisions": origin.n_steps,
        "minutes": origin.minutes,
    }
