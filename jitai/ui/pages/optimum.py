"""The Optimum page: the best possible policy as a picture, what it expects, and whether it earns that."""

from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from jitai.charts.optimum import policy_map_figure
from jitai.charts.theme import CONFIG
from jitai.parameters import describe
from jitai.policies.optimum import OptimalPolicy, optimum, resolution
from jitai.policies.planner import BeliefPlanner, PlannerSettings, cached_plan
from jitai.policies.policy_map import PolicyMap, draw_map, in_words
from jitai.policies.registry import POLICIES
from jitai.policies.state_grid import Floats
from jitai.records import CONTEXT_LABELS
from jitai.simulator.config import DETERMINISTIC, SimulatorConfig
from jitai.text_format import counted
from jitai.trial.optimum_check import FINE_GRID, GRID_ERROR, check_optimum, grid_error, value_on_fine_grid
from jitai.trial.settings import settings_from
from jitai.trial.spec import TrialSpec
from jitai.ui.session.state import AppState, app_state, keep_in_address, palette
from jitai.ui.widgets.page import errors_as_sentences
from jitai.ui.widgets.parameters import parameter_widgets, preset_picker

TUNED_HERE = (
    "can_walk_persistence",
    "cannot_walk_persistence",
    "disengagement_increment",
    "habituation_decay",
    "habituation_increment",
)
"""The parameters that change the picture most; all others are on the Simulator page."""
HOW_MANY_SEEDS = (200, 500, 2000)


class Picture(NamedTuple):
    """A map, and whom it is about: as a title, and as the beginning of a sentence."""

    title: str
    subject: str
    drawn: PolicyMap


class MapView(NamedTuple):
    """What is on the map: the settings, whose policy, the day from 1, and what is known on that day."""

    spec: TrialSpec
    policy: str
    day: int
    context: int
    belief: float
    reading: float


MAPS = (OptimalPolicy.key, BeliefPlanner.key)
"""Policies that can be drawn as a map."""


def optimum_page() -> None:
    """Draw the page."""
    state = app_state()
    with errors_as_sentences():
        with st.sidebar:
            _parameters(state)
        keep_in_address(state)
        st.title("What would the best possible policy do?")
        view = _controls(state.spec)
        informed = view.policy == OptimalPolicy.key
        pictures = _optimal_maps(view) if informed else _planned_maps(view)
        risk = view.spec.config.initial_disengagement
        said = "; ".join(f"{item.subject} {in_words(item.drawn, risk)}" for item in pictures)
        where = f", at {CONTEXT_LABELS[view.context]}" if informed else ""
        st.subheader(f"Day {view.day}{where}: {said}.")
        st.session_state.setdefault("map_seeds", 500)
        (_ceiling if informed else _promise)(view.spec)
        _maps(view, pictures)
        if informed:
            _how_exact(view.spec.config)


def _parameters(state: AppState) -> None:
    """Draw a preset and the few parameters that matter most here; they hold on every page."""
    preset_picker(state, "Participant")
    infos = {info.name: info for info in describe(SimulatorConfig)}
    parameter_widgets(infos[name] for name in TUNED_HERE)
    st.caption("All other parameters are on the Simulator page. The settings hold on every page.")


def _controls(spec: TrialSpec) -> MapView:
    """Draw the choice of policy, day and what is known on that day; return it."""
    context, belief, reading = 0, 0.8, 0.2
    with st.container(horizontal=True, vertical_alignment="bottom", key="map_controls", gap="medium"):
        policy = st.selectbox(
            "Whose policy", MAPS, format_func=POLICIES.labels.__getitem__, key="map_of",
            persist_state="session", width=270,
            help="The optimum is the ceiling, no method: it is told the hidden walk state and context of each day. The "
            "planner knows the settings too, but only how likely ability and context are.",
        )  # fmt: skip
        if policy == OptimalPolicy.key:
            context = st.segmented_control(
                "True context", [0, 1], default=0, format_func=CONTEXT_LABELS.__getitem__, key="map_context",
                persist_state="session", required=True,
            )  # fmt: skip
        else:
            belief = st.slider(
                "Belief: P(can walk)", 0.0, 1.0, belief, 0.05, key="map_belief", persist_state="session", width=190,
                help="How likely it is that the participant can walk, after today's text.",
            )  # fmt: skip
            reading = st.slider(
                "Reading: P(work)", 0.0, 1.0, reading, 0.05, key="map_reading", persist_state="session", width=190,
                help="The probability of the context “work” that the sensor gives.",
            )  # fmt: skip
        return MapView(spec, policy, _day(spec.config.study_length), context, belief, reading)


def _day(length: int) -> int:
    """Return the day that is shown, counted from 1; a shorter study does not forget the day chosen before."""
    chosen = st.session_state.setdefault("map_day", 20)
    if length == 1:
        return 1

    def keep() -> None:
        st.session_state["map_day"] = st.session_state["map_day_shown"]

    st.session_state["map_day_shown"] = min(chosen, length)
    return st.slider(f"Day of {length}", 1, length, key="map_day_shown", on_change=keep, width=200)


def _optimal_maps(view: MapView) -> list[Picture]:
    """Return a map of the optimum for each walk state."""
    config, context = view.spec.config, view.context
    solved, day = optimum(config), view.day - 1
    pictures = []
    for can_walk, title, subject in ((1, "Can walk", "who can walk gets"), (0, "Cannot walk", "who cannot walk gets")):

        def choose(habituation: Floats, risk: Floats, can_walk: int = can_walk) -> Any:
            shape = habituation.shape
            return solved.action(day, habituation, risk, np.full(shape, can_walk), np.full(shape, context))

        drawn = draw_map(choose, config.disengagement_threshold)
        pictures.append(Picture(f"{title}, at {CONTEXT_LABELS[context]}", subject, drawn))
    return pictures


def _planned_maps(view: MapView) -> list[Picture]:
    """Return the planner's only map, because it does not know the walk state."""
    spec, belief, reading = view.spec, view.belief, view.reading
    plan, day = cached_plan(spec.config, spec.belief, settings_from(PlannerSettings, st.session_state)), view.day - 1
    drawn = draw_map(
        lambda h, d: plan.action(day, h, d, np.full(h.shape, belief), np.full(h.shape, reading)),
        spec.config.disengagement_threshold,
    )
    title = f"Can walk with probability {belief:.2f}, at work with probability {reading:.2f}"
    return [Picture(title, "the planner sends", drawn)]


def _maps(view: MapView, pictures: list[Picture]) -> None:
    """Draw the maps side by side."""
    for number, (column, item) in enumerate(zip(st.columns(len(pictures)), pictures, strict=True)):
        drawn = item.drawn
        column.plotly_chart(
            policy_map_figure(
                drawn.habituation.tolist(), drawn.risk.tolist(), drawn.actions.tolist(), title=item.title,
                threshold=view.spec.config.disengagement_threshold, palette=palette(),
            ),
            config=CONFIG, key=f"map_{number}",
            alt=f"{item.title}, day {view.day}: {in_words(drawn, 0.0)} at no disengagement risk; "
            f"{in_words(drawn, 0.6)} at a risk of 0.6.",
        )  # fmt: skip


def _ceiling(spec: TrialSpec) -> None:
    """Show what the optimum expects, and what it earns."""
    check = check_optimum(spec.config, st.session_state["map_seeds"])
    with st.container(key="headline"):
        computed, earned, outcome = st.columns(3, gap="small")
    computed.metric(
        "Expected steps", f"{check.computed:,.0f}", border=True,
        help="Of the whole study, computed by dynamic programming with full information from the start of this "
        "participant. It is the ceiling: no method that must guess walk state and context earns more on average.",
    )  # fmt: skip
    earned.metric(
        f"Earned, "
        f"{counted(check.n_seeds, 'study', 'studies')}", f"{check.mean:,.0f} ± {check.half_width:,.0f}", border=True,
        help=f"The very same policy in simulated studies, seeds 0 to {check.n_seeds - 1:,}; mean and 95 % interval.",
    )  # fmt: skip
    outcome.metric(
        "Computed value", "in the interval" if check.agrees else "outside the interval", border=True,
        help=check.sentence,
    )  # fmt: skip
    if not check.agrees:
        st.caption(check.sentence)


def _promise(spec: TrialSpec) -> None:
    """Show what the planner expects."""
    plan, best = (
        cached_plan(spec.config, spec.belief, settings_from(PlannerSettings, st.session_state)).value(),
        optimum(spec.config).value(),
    )
    with st.container(key="headline"):
        expected, share, ceiling = st.columns(3, gap="small")
    expected.metric(
        "The planner expects", f"{plan:,.0f} steps", border=True,
        help="By its own model, with a judge that errs as its settings say (Live page, Belief in ability).",
    )  # fmt: skip
    share.metric("Of the best possible", f"{100 * plan / best:.1f} %" if best > 0 else "–", border=True)
    ceiling.metric("The optimum expects", f"{best:,.0f} steps", border=True)
    st.caption("The planner is ours, not published. It knows the model of the participant; methods that learn do not.")


def _how_exact(config: SimulatorConfig) -> None:
    """Say how exact the numbers are, and what the picture leaves out."""
    varies = config.variation != DETERMINISTIC
    st.caption(
        "With full information no message is badly tailored. "
        + (
            "But the risk varies at random, on days without a message too, and chance may carry it over the threshold. "
            "A useful message lowers it, so the optimum sends more often where it is high. "
            if varies
            else "So the disengagement risk only falls and hardly matters. "
        )
        + "Habituation matters: mid-study the optimum waits until it has faded; towards the end it sends more often."
    )
    n_habituation, n_risk = resolution(config)
    with st.expander("How exact is this?"):
        st.markdown(
            f"The value is computed on a grid of {n_habituation} × {n_risk} evenly spaced nodes of habituation and "
            "risk, and interpolated between them. This is the only approximation. "
            + (
                "The expectation over the random variation is taken exactly. "
                f"For this participant the grid may be off by up to {grid_error(config):.1f} steps, judged by what "
                "half as many nodes change (`pytest tests/unit/policies/test_random_variation.py -k grid`)."
                if varies
                else f"For the published participants (50 days), a grid of {FINE_GRID[0]} × {FINE_GRID[1]} nodes "
                f"differs by at most {GRID_ERROR:g} steps (`pytest tests/unit/policies/test_optimum.py -k grid`)."
            )
        )
        if st.button("Solve this participant on the finer grid", key="finer_grid"):
            fine, usual = value_on_fine_grid(config), optimum(config).value()
            st.text(f"{fine:,.1f} steps there, {usual:,.1f} here: a difference of {usual - fine:+.1f} steps.")
        st.segmented_control(
            "Simulated studies of the check", HOW_MANY_SEEDS, format_func="{:,}".format, key="map_seeds",
            persist_state="session", required=True,
        )  # fmt: skip
