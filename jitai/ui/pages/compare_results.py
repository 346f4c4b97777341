"""The Compare page: answer, charts and tables of a comparison."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from jitai.charts.comparison import (
    Curve,
    Dot,
    MethodStyle,
    actions_figure,
    days_figure,
    dots_figure,
    method_styles,
)
from jitai.charts.theme import CONFIG
from jitai.errors import FileFormatError
from jitai.experiments.comparison import (
    OF_BEST,
    OF_POSSIBLE,
    OUTCOMES_IN_WORDS,
    ComparedRun,
    DayFigures,
    Run,
    by_condition,
    in_brackets,
    lines_table,
    seeds_in_words,
    setting_differences,
    side_by_side,
    table_rows,
)
from jitai.experiments.headline import headline, in_settings
from jitai.experiments.methods import is_outdated, place_of_role
from jitai.experiments.spec import Condition
from jitai.experiments.store import StoredCell
from jitai.experiments.words import plain_label
from jitai.report.compare_report import compare_report
from jitai.report.experiment import Compared
from jitai.sanitise import for_markdown
from jitai.text_format import signed
from jitai.ui.pages.compare_answer import (
    asked_line,
    choose,
    draw_everybody_and_everywhere,
    draw_left_out,
    draw_picture,
    standing_of,
)
from jitai.ui.session.page_states import CompareState, Pin
from jitai.ui.session.state import AppState, palette
from jitai.ui.widgets.answer import draw_answer, second_of, title_of
from jitai.ui.widgets.csv_button import csv_button
from jitai.ui.widgets.evidence import Evidence, evidence_of
from jitai.ui.widgets.experiment import command_and_description
from jitai.ui.widgets.report_button import report_button


class WithDays(NamedTuple):
    """A run whose days could be read, what they amount to, and how it is drawn."""

    run: Run
    about: DayFigures
    look: MethodStyle


def draw_results(
    app: AppState,
    state: CompareState,
    evidence: Evidence,
    baseline: str,
    progress: Callable[[], None] | None,
) -> None:
    """Draw the results of one condition, with the pinned runs beside them.

    Args:
        app: of the session, whose participant is looked at first.
        state: of the page.
        evidence: what is shown.
        baseline: name of the method that all are compared to unless the person chose another.
        progress: draws how far a run is that will replace this; None if there is none.
    """
    found = evidence.experiment
    condition, more = _condition(app, evidence)
    grouped = by_condition(evidence.cells)
    cells = grouped.get(condition, [])
    if not cells:
        if progress is not None:
            progress()
        st.caption("Nothing of this participant is finished yet.")
        return
    runs = _runs(state, evidence, cells)
    base = _base(state, runs, baseline)
    lines = side_by_side(runs, base)
    asked, base_line = asked_line(state, lines), next(line for line in lines if line.run is base)
    choose(more, state, lines, asked, base, evidence)
    settings = in_settings(asked, base_line, grouped)
    answer = headline(lines, asked, base_line, settings)
    draw_answer(title_of(answer), second_of(answer.second), answer.small, progress)
    days = [_days(evidence, run) for run in runs]
    compared = Compared(condition, lines, days, base, asked, settings)
    of = (condition.name, base.name, asked.run.name, *((run.name, run.stored.key) for run in runs))
    report_button(evidence, lambda inputs: compare_report(found, [compared], inputs), "compare", of)
    styles = method_styles([standing_of(run.stored.cell.method) for run in runs])
    draw_picture(state, lines, styles, asked, base, answer.title)
    draw_left_out(lines, asked, base_line)
    draw_everybody_and_everywhere(lines, asked, base_line, settings)
    known = [
        WithDays(run, about, look) for run, about, look in zip(runs, days, styles, strict=True) if about is not None
    ]
    st.header("All numbers", anchor=False)
    _table(lines, days, base)
    tabs = st.tabs(["Differences", "Day by day", "What is done", "Who stays", "Pin", "Description"])
    with tabs[0]:
        _differences(lines, styles, base)
    with tabs[1]:
        _day_by_day(known)
    with tabs[2]:
        _actions(known)
    with tabs[3]:
        _staying(known)
    with tabs[4]:
        _pinning(state, runs, base)
    with tabs[5]:
        _origin(evidence)
        command_and_description(found.spec, "compare")


def _condition(app: AppState, evidence: Evidence) -> tuple[Condition, Sequence[Condition]]:
    """Return the participant to look at, and all of the experiment: first the one of the session, if it is there."""
    found = evidence.experiment
    conditions = found.spec.conditions()
    by_name = {condition.name: condition for condition in conditions}
    usual = next((item.name for item in conditions if item.config == app.spec.config), conditions[0].name)
    key = f"compared_condition_{found.identifier}"
    chosen = st.session_state.get(key, usual)
    return by_name.get(chosen, by_name[usual]), conditions


def _origin(evidence: Evidence) -> None:
    """Say which version made the numbers, and with which judge."""
    found = evidence.experiment
    made = ", ".join(f"{name} {number}" for name, number in found.versions.items())
    where = "These numbers came with the lab" if evidence.is_shipped else "These numbers were made here"
    judges = "".join(f" Judge {name}: digest of all it said {digest[:12]}." for name, digest in evidence.judges)
    seeds = f"seeds {found.spec.seeds[0]} to {found.spec.seeds[-1]}"
    about = f"{where}: {found.identifier}, {seeds}, {evidence.made_on}; {made}. Convention: {found.spec.conventions}."
    st.caption(for_markdown(f"{about}{judges}"))
    if is_outdated(found):
        st.caption("Another version of the project made these numbers. “Run” computes them again.")


def _runs(state: CompareState, evidence: Evidence, cells: Sequence[StoredCell]) -> list[Run]:
    """Return the runs of the methods in their order, then the pinned runs of other experiments."""
    found = evidence.experiment
    several = len(found.spec.judges_needed()) > 1
    ordered = sorted(cells, key=lambda item: place_of_role(item.cell.method))
    runs = [Run(plain_label(item.cell, several), found.identifier, found.spec.seeds, item) for item in ordered]
    here = {(found.identifier, item.key) for item in cells}
    taken = {run.name for run in runs}
    for pin in state.pins:
        if (pin.experiment, pin.key) in here:
            continue
        origin = evidence_of(pin.experiment)
        kept = [] if origin is None else [item for item in origin.cells if item.key == pin.key]
        if origin is None or not kept:
            st.caption(for_markdown(f"The pinned run {pin.name} is no longer stored."))
            continue
        name, number = f"{pin.name}, pinned", 1
        while name in taken:
            number += 1
            name = f"{pin.name}, pinned {number}"
        taken.add(name)
        runs.append(Run(name, pin.experiment, origin.experiment.spec.seeds, kept[0], is_pinned=True))
    return runs


def _base(state: CompareState, runs: Sequence[Run], baseline: str) -> Run:
    """Return the run that all are compared to: the one that the person chose, or the baseline."""
    by_name = {run.name: run for run in runs}
    usual = next((run.name for run in runs if run.stored.cell.method.name == baseline), runs[0].name)
    return by_name.get(state.base) or by_name[usual]


def _table(lines: Sequence[ComparedRun], days: Sequence[DayFigures | None], base: Run) -> None:
    """All numbers, as text with intervals, and as a file."""
    rows = table_rows(lines, days, base)
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="compare_table", height="content")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{OF_POSSIBLE}: never a message is 0 %, the best possible 100 %. {OF_BEST}: 0 steps are 0 %. Paired: the "
            f"difference is taken seed by seed, which removes what both runs share. {OUTCOMES_IN_WORDS} Fits ability: "
            "a message was sent to somebody who could walk, or none to somebody who could not.",
            width="stretch",
        )
        whole = [item for item in days if item is not None]
        if len(whole) == len(days):
            csv_button("Download (CSV)", lines_table(lines, whole), "compare", "compare_csv", ":material/download:")


def _days(evidence: Evidence, run: Run) -> DayFigures | None:
    """Return the summary of a run's days; None, with a warning, where their file is gone."""
    try:
        origin = evidence if run.experiment == evidence.experiment.identifier else evidence_of(run.experiment)
        return None if origin is None else origin.days_of(run)
    except FileFormatError as error:
        st.warning(for_markdown(f"{run.name}: {error.in_full}"), icon=":material/warning:")
        return None


def _differences(lines: Sequence[ComparedRun], styles: Sequence[MethodStyle], base: Run) -> None:
    """Draw the paired differences to the base, with zero in sight."""
    dots = [
        Dot(
            line.run.name,
            f"{signed(line.against.difference.value)} steps ({in_brackets(line.against.difference, '+,.0f')}); of 100 "
            f"seeds {line.against.of_100.in_words}",
            look, line.against.difference.value, line.against.difference.low, line.against.difference.high,
        )
        for line, look in zip(lines, styles, strict=True)
        if line.against is not None
    ]  # fmt: skip
    if not dots:
        st.caption("There is no other method under the same seeds to compare with.")
        return
    st.plotly_chart(
        dots_figure(dots, f"steps more than {base.name}", palette(), reference=f"as {base.name}"), config=CONFIG,
        key="differences_chart", alt="Paired differences: " + "; ".join(f"{dot.name} {dot.note}" for dot in dots),
    )  # fmt: skip
    other = [line.run.name for line in lines if line.against is None and line.run is not base]
    if other:
        st.caption(for_markdown(f"Run with other seeds, so not paired: {', '.join(other)}."))


def _day_by_day(known: Sequence[WithDays]) -> None:
    """Draw the mean steps of each day, and those earned since the start, with bands."""
    if not known:
        st.caption("The days of these runs are not kept.")
        return
    numbers = sorted({about.n for _, about, _ in known})
    left, right = st.columns(2)
    most = max((run.stored.cell.condition.config.most_steps for run, _, _ in known), default=1.0)
    ceiling = max((run.stored.figures.optimum_steps for run, _, _ in known), default=1.0)
    with left:
        st.subheader("Steps so far")
        curves = [
            Curve(run.name, look, about.so_far.value, about.so_far.low, about.so_far.high) for run, about, look in known
        ]
        st.plotly_chart(
            days_figure(curves, "mean steps from day 1 on", 1.05 * ceiling, palette()), config=CONFIG,
            key="so_far_chart", alt="Mean steps from the first day on: " + _last_values(curves),
        )  # fmt: skip
    with right:
        st.subheader("Steps a day")
        daily = [
            Curve(run.name, look, about.steps.value, about.steps.low, about.steps.high) for run, about, look in known
        ]
        st.plotly_chart(
            days_figure(daily, "mean steps of the day", 1.02 * most, palette()), config=CONFIG, key="daily_chart",
            alt="Mean steps of each day; on the last day " + _last_values(daily),
        )  # fmt: skip
    bands = " with 95 % bands" if numbers[-1] > 1 else ""
    st.caption(f"Means over {seeds_in_words(numbers)}{bands}; a participant who has left earns nothing.")


def _last_values(curves: Sequence[Curve]) -> str:
    return "; ".join(f"{curve.name} {curve.values[-1]:,.0f} steps" for curve in curves)


def _actions(known: Sequence[WithDays]) -> None:
    """Draw how often each action is done, and say how well actions fit the ability."""
    left, right = st.columns(2)
    with left:
        st.subheader("Actions done")
        st.plotly_chart(
            actions_figure(
                [run.name for run, _, _ in known], [about.action_shares for _, about, _ in known], palette()
            ),
            config=CONFIG, key="actions_chart",
            alt="Shares of no message, generic, tailored to home, tailored to work: "
            + "; ".join(
                f"{run.name} " + ", ".join(f"{share:.0%}" for share in about.action_shares) for run, about, _ in known
            ),
        )  # fmt: skip
    with right:
        st.subheader("Does what is done fit the ability?")
        dots = [
            Dot(
                run.name,
                f"{_share(about.agreement.value)}: sent on {_share(about.right_when_able)} of able days, no message "
                f"on {_share(about.right_when_unable)} of others",
                look, about.agreement.value, about.agreement.low, about.agreement.high,
            )
            for run, about, look in known
        ]  # fmt: skip
        st.plotly_chart(
            dots_figure(dots, "share of the days lived", palette(), percent=True, largest=1.0), config=CONFIG,
            key="agreement_chart", alt="Days that fit: " + "; ".join(f"{dot.name} {dot.note}" for dot in dots),
        )  # fmt: skip
    st.caption(
        "A day fits if a message was sent to somebody who could walk, or none to somebody who could not. Sending "
        "nothing on an able day can pay, because habituation fades then: a good method need not reach 100 %."
    )


def _share(value: float) -> str:
    return "no day" if np.isnan(value) else f"{100 * value:.0f} %"


def _staying(known: Sequence[WithDays]) -> None:
    """Draw how many are still in the study on each day, and say how long studies last."""
    left, right = st.columns(2)
    with left:
        st.subheader("Still in the study")
        curves = [Curve(run.name, look, about.staying) for run, about, look in known]
        st.plotly_chart(
            days_figure(curves, "share of the seeds", 1.03, palette(), percent=True), config=CONFIG,
            key="staying_chart", alt="Share still in the study on the last day: "
            + "; ".join(f"{curve.name} {curve.values[-1]:.0%}" for curve in curves),
        )  # fmt: skip
    with right:
        st.subheader("Length before they leave")
        longest = max((run.stored.cell.condition.config.study_length for run, _, _ in known), default=1)
        dots = [
            Dot(
                run.name,
                f"{about.length.value:.1f} days ({in_brackets(about.length, '.1f')}), "
                f"{100 * run.stored.figures.share_disengaged:.0f} % leave early",
                look, about.length.value, about.length.low, about.length.high,
            )
            for run, about, look in known
        ]  # fmt: skip
        st.plotly_chart(
            dots_figure(dots, "mean days in the study", palette(), largest=float(longest)), config=CONFIG,
            key="length_chart", alt="Mean days in the study: " + "; ".join(f"{dot.name} {dot.note}" for dot in dots),
        )  # fmt: skip


def _pinning(state: CompareState, runs: Sequence[Run], base: Run) -> None:
    """Let the person pin runs, choose the base, and see in which settings runs differ from it."""
    own = {run.name: run for run in runs if not run.is_pinned}

    def choose_base() -> None:
        state.base = st.session_state["compare_base"]

    def pin() -> None:
        new = [Pin(own[name].experiment, own[name].stored.key, name) for name in st.session_state["pin_names"]]
        state.pins += [pin for pin in new if pin not in state.pins]

    st.session_state["compare_base"] = base.name
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect(
            "Keep beside later runs", list(own), default=[next(iter(own))], key="pin_names", width=420,
            help="Then change the settings and run again: the pinned runs stay in every chart and table.",
        )  # fmt: skip
        st.button("Pin", icon=":material/keep:", key="pin", on_click=pin)
        st.button("Unpin all", key="unpin", on_click=state.pins.clear, disabled=not state.pins)
        st.selectbox(
            "Base of all differences", [run.name for run in runs], key="compare_base", on_change=choose_base, width=300,
        )  # fmt: skip
    if state.pins:
        st.caption(for_markdown("Pinned: " + "; ".join(f"{item.name} of {item.experiment}" for item in state.pins)))
    table = setting_differences(runs, base)
    st.subheader("Settings that differ from the base")
    if table.empty:
        st.caption("None.")
    else:
        st.dataframe(table, key="setting_differences", height="content")
