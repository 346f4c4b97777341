"""The Simulator page: every parameter with its meaning, and its effect before any policy acts."""

from dataclasses import replace
from itertools import groupby

import pandas as pd
import streamlit as st

from jitai.charts.simulation import ability_figure, schedule_figure
from jitai.charts.theme import CONFIG
from jitai.corpus import TEST, load_part
from jitai.glossary import meaning
from jitai.parameters import describe
from jitai.seeding import MAX_SEED, Stream, generator
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.participant import Participant
from jitai.simulator.preview import MESSAGES, SCHEDULES, WELL, ability_numbers, follow_schedule
from jitai.simulator.world import World
from jitai.text_format import counted
from jitai.trial.spec import TrialSpec
from jitai.trial.texts import words_of
from jitai.ui.session.resources import statement_book
from jitai.ui.session.state import AppState, app_state, keep_in_address, palette
from jitai.ui.widgets.page import errors_as_sentences
from jitai.ui.widgets.parameters import parameter_widgets, preset_picker

N_PATHS = 6
"""Participants whose walk states are shown."""


def simulator_page() -> None:
    """Draw the page."""
    state = app_state()
    with errors_as_sentences():
        with st.sidebar:
            _parameters(state)
        keep_in_address(state)
        spec = state.spec
        st.title("What is this participant like before any policy acts?")
        messages, ability, words = st.tabs(["Messages", "Ability to walk", "Statements"])
        with messages:
            _schedule(spec.config)
        with ability:
            _ability(spec)
        with words:
            _statements(spec)


def _parameters(state: AppState) -> None:
    """Draw all parameters by group; they hold on every page."""
    preset_picker(state, "Start from")
    for group, infos in groupby(describe(SimulatorConfig), key=lambda info: info.group):
        with st.expander(group):
            parameter_widgets(infos)


def _schedule(config: SimulatorConfig) -> None:
    """Draw habituation, risk and steps under a chosen schedule."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        schedule = st.selectbox(
            "Send a message", list(SCHEDULES), index=list(SCHEDULES).index("every day"), key="schedule",
            persist_state="session",
        )  # fmt: skip
        message = st.selectbox(
            "Kind of message", MESSAGES, index=MESSAGES.index(WELL), key="schedule_action", persist_state="session"
        )
        seed = st.number_input(
            "Seed of the participant", 0, MAX_SEED, key="seed", persist_state="session",
            help=f"It is the Live page’s too. {meaning('seed')}",
        )  # fmt: skip
    always_able = st.toggle(
        "Leave out the days without the ability to walk", value=True, key="schedule_always_able",
        persist_state="session", help="Shows what the messages alone do to habituation and risk.",
    )  # fmt: skip
    if always_able:
        config = replace(config, can_walk_persistence=1.0)
    outcomes = follow_schedule(config, schedule, message, seed)
    total, last = sum(outcome.step_count for outcome in outcomes), outcomes[-1]
    steps, habituation, stays = st.columns(3)
    steps.metric("Steps in the study", f"{total:,.0f}", border=True, help=meaning("steps"))
    habituation.metric("Habituation at the end", f"{last.habituation:.2f}", border=True, help=meaning("habituation"))
    ends = f"leaves on day {len(outcomes)}" if last.terminated else "stays to the end"
    stays.metric("The participant", ends, border=True, help=meaning("disengagement risk"))
    st.plotly_chart(
        schedule_figure(
            [outcome.habituation for outcome in outcomes], [outcome.disengagement_risk for outcome in outcomes],
            [outcome.step_count for outcome in outcomes], n_days=config.study_length, most_steps=config.most_steps,
            threshold=config.disengagement_threshold, palette=palette(),
        ),
        config=CONFIG, key="schedule_chart",
        alt=f"Sending {schedule}: {total:,.0f} steps in {counted(len(outcomes), 'day')}.",
    )  # fmt: skip
    spells = "" if always_able else " On days without steps the participant may have been unable to walk."
    st.caption(f"Messages lose their effect as habituation grows and regain it on days without one.{spells}")


def _ability(spec: TrialSpec) -> None:
    """Show the walk-state chain in numbers, and draw the walk states of six participants."""
    config = spec.config
    numbers = ability_numbers(config)
    share, able, unable = st.columns(3)
    share.metric(
        "Able to walk", f"{100 * numbers.share_able:.0f} % of days", border=True,
        help=f"On the other days: {meaning('could not walk')}",
    )  # fmt: skip
    able.metric("Mean spell of ability", _days(numbers.able_spell), border=True)
    unable.metric("Mean spell without", _days(numbers.unable_spell), border=True)
    paths = {
        f"seed {seed}": _world(config, seed).can_walk[: config.study_length].tolist() for seed in _seeds(spec.seed)
    }
    st.plotly_chart(
        ability_figure(paths, palette()), config=CONFIG, key="ability_chart",
        alt=f"Days on which {N_PATHS} simulated participants cannot walk.",
    )  # fmt: skip
    st.caption("×: cannot walk. Each row is one participant; the first is the Live page's.")


def _statements(spec: TrialSpec) -> None:
    """Show what the Live page's participant says, day by day, and the choice of kinds of statement."""
    kinds = st.multiselect(
        "Kinds of statement", sorted({item.kind for item in load_part(TEST)}), key="kinds", persist_state="session",
        format_func=lambda kind: kind.replace("_", " "),
        help="All are from the held-out part of the corpus: no judge was tuned on them. At first, hidden instructions, "
        "other languages and ambiguous remarks are left out; add them to see how the judge handles them.",
    )  # fmt: skip
    book, world = statement_book(tuple(kinds)), _world(spec.config, spec.seed)
    rows = [
        {
            "day": day + 1,
            "ability": "can walk" if world.can_walk[day] else "cannot walk",
            "writes": words,
        }
        for day, words in enumerate(words_of(world, book, spec.config.study_length))
    ]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height=420, key="statement_rows",
        column_config={
            "day": st.column_config.NumberColumn(width=50),
            "ability": st.column_config.TextColumn(width=90),
            "writes": st.column_config.TextColumn(width="large"),
        },
    )  # fmt: skip
    st.caption(f"Seed {spec.seed}, as on the Live page. An empty cell is a day of silence.")


def _world(config: SimulatorConfig, seed: int) -> World:
    return Participant(config, generator(seed, Stream.WORLD)).world


def _seeds(first: int) -> list[int]:
    return [(first + offset) % (MAX_SEED + 1) for offset in range(N_PATHS)]


def _days(number: float) -> str:
    return "never ends" if number == float("inf") else f"{number:.1f} days"
