"""The Compare page: its answer, the picture of all methods, and what the sentence leaves out."""

import math
from collections.abc import Sequence

import streamlit as st

from jitai.charts.comparison import MethodStyle, Standing
from jitai.charts.methods import (
    N_TICKS,
    Elsewhere,
    Marks,
    MethodRow,
    Of100,
    elsewhere_figure,
    methods_figure,
    of_100_figure,
)
from jitai.charts.theme import CONFIG
from jitai.experiments.cell import CellFigures
from jitai.experiments.comparison import (
    ComparedRun,
    Run,
    in_brackets,
    number_or_dash,
    percent,
    seeds_in_words,
    told_lines,
)
from jitai.experiments.headline import RULE_POLICY, InSetting, coin_of, plain_line, rule_of, why_in_words
from jitai.experiments.methods import offered_methods
from jitai.experiments.spec import Condition, Method
from jitai.experiments.words import GROUPS, condition_in_words, judge_in_words, setting_in_words
from jitai.policies.registry import PolicySpec
from jitai.records import Role
from jitai.sanitise import for_markdown
from jitai.statistics import paired_difference
from jitai.text_format import counted, signed
from jitai.trial.filters import NONE, VETO, Coin
from jitai.ui.session.page_states import CompareState
from jitai.ui.session.state import palette
from jitai.ui.widgets.answer import both_widths, picked, what_it_is_of
from jitai.ui.widgets.evidence import Evidence

FEW_METHODS = 6
"""Up to so many, every method has a tall row."""


def standing_of(method: Method) -> Standing:
    """Return what a method is to the reader, whatever it is called."""
    if method.role == Role.OPTIMUM:
        return Standing.OPTIMUM
    if method.role == Role.PLANNER:
        return Standing.OTHER if method.belief or method.filter.key != NONE else Standing.PLANNER
    learns = method.policy.policy is PolicySpec().policy
    if learns and method.filter.key in (NONE, VETO, Coin.key):
        return {NONE: Standing.ALONE, VETO: Standing.JUDGED, Coin.key: Standing.COIN}[method.filter.key]
    is_rule = method.policy.key == RULE_POLICY and method.filter.key == VETO
    return Standing.RULE if is_rule else Standing.OTHER


def choose(
    conditions: Sequence[Condition],
    state: CompareState,
    lines: Sequence[ComparedRun],
    asked: ComparedRun,
    base: Run,
    evidence: Evidence,
) -> None:
    """Say what the answer is of, and offer what can be asked without running anything."""
    condition = asked.run.stored.cell.condition
    cell = asked.run.stored.cell
    judge = "" if cell.judge is None else f", {judge_in_words(cell.judge)}"
    numbers = sorted({line.total.n for line in lines})
    label = setting_in_words(condition.config)
    more = f"{seeds_in_words(numbers).removeprefix('n = ')}{judge}, {evidence.made_on}"
    names = {line.run.name: plain_line(line).name for line in lines}

    def ask() -> None:
        state.asked = st.session_state["compare_asked"]

    def choose_base() -> None:
        state.base = st.session_state["compare_against"]

    with what_it_is_of(label[0].upper() + label[1:], more, "compare"):
        if len(conditions) > 1:
            st.selectbox(
                "Participant of this experiment", [item.name for item in conditions],
                index=[item.name for item in conditions].index(condition.name),
                format_func=lambda name: next(condition_in_words(item) for item in conditions if item.name == name),
                key=f"compared_condition_{evidence.experiment.identifier}", persist_state="session",
            )  # fmt: skip
        st.session_state["compare_asked"], st.session_state["compare_against"] = asked.run.name, base.name
        st.selectbox("Ask about", list(names), format_func=names.__getitem__, key="compare_asked", on_change=ask)
        st.selectbox(
            "against", list(names), format_func=names.__getitem__, key="compare_against", on_change=choose_base
        )
        st.caption(
            "These results came with the lab: nothing is run by choosing."
            if evidence.is_shipped
            else "These results are stored: nothing is run by choosing."
        )


def asked_line(state: CompareState, lines: Sequence[ComparedRun]) -> ComparedRun:
    """Return the line that the answer is about: the chosen one, else the one that it usually is."""
    chosen = next((line for line in lines if line.run.name == state.asked), None)
    told = told_lines(lines)
    return chosen or (told[0] if told else next(line for line in lines if line.against is None))


def draw_picture(
    state: CompareState,
    lines: Sequence[ComparedRun],
    styles: Sequence[MethodStyle],
    asked: ComparedRun,
    base: Run,
    title: str,
) -> None:
    """Draw the methods in their groups; a click on a row asks about it."""
    names = {line.run.name: plain_line(line).name for line in lines}
    if len(set(names.values())) < len(names):
        names = {name: name for name in names}
    of_name = {shown: name for name, shown in names.items()}
    ordered = sorted(
        zip(lines, styles, strict=True),
        key=lambda item: (GROUPS.index(plain_line(item[0]).group), plain_line(item[0]).place),
    )
    best = [line.run.stored.figures.optimum_steps for line in lines]
    never = [line.run.stored.figures.never_steps for line in lines]
    agree = all(math.isclose(steps, best[0]) for steps in best)
    exact = lines[0].run.stored.figures.optimum_is_exact
    numbers = sorted({line.total.n for line in lines})
    rows = [
        MethodRow(
            names[line.run.name], plain_line(line).group, look,
            look.standing != Standing.OTHER or line is asked or line.run is base or len(lines) <= FEW_METHODS,
            line.run.stored.totals, line.total.value, line.total.low, line.total.high,
            percent(line.possible.value) + ("" if len(numbers) == 1 else f", n = {line.total.n:,}"),
            _row_words(line, names[line.run.name]),
        )
        for line, look in ordered
    ]  # fmt: skip
    marks = Marks(
        names[asked.run.name] if asked.against is not None else "", names[base.name], best[0] if agree else None,
        "best possible" if exact else "best possible, about",
        never[0] if agree and not math.isnan(never[0]) else None,
    )  # fmt: skip

    def ask(chart: str) -> None:
        name = of_name.get(picked(chart), "")
        if name and name != base.name:
            state.asked = name

    both_widths(
        lambda narrow: methods_figure(rows, marks, palette(), narrow=narrow), "totals_chart",
        f"{title}. Steps in a whole study: "
        + "; ".join(f"{row.name} {row.mean:,.0f}, {row.share} of possible" for row in rows), ask,
    )  # fmt: skip
    ticks = f"the first {N_TICKS} of {numbers[-1]:,} studies" if numbers[-1] > N_TICKS else "single studies"
    marker = "Marker: mean. Bar under it: its 95 % interval. " if numbers[-1] > 1 else ""
    differ = "The participants differ between the runs, so no one line shows the most that they could walk. "
    st.caption(
        f"{marker}Fine ticks: {ticks}. “Of possible”: never a message is 0 %, the best possible is 100 %. "
        f"{'' if agree else differ}"
        "Choose a row to ask about it."
    )


def _row_words(line: ComparedRun, name: str) -> str:
    """Return what the cursor tells of a method."""
    figures, own = line.run.stored.figures, line.run.stored.cell.method.name
    known = offered_methods().get(own)
    about = [] if known is None else [known[1]]
    steps = f"{line.total.value:,.0f} steps"
    return "\n".join(
        [
            f"{name} (in papers and files: {own})" if name != own else name, *about,
            steps if line.total.n == 1 else f"{steps} (95 % interval {in_brackets(line.total)})",
            f"{percent(line.possible.value)} of possible; plain share of the best {percent(line.share.value)}",
            f"{100 * figures.share_disengaged:.0f} of 100 left the study early",
        ]
    )  # fmt: skip


def draw_left_out(lines: Sequence[ComparedRun], asked: ComparedRun, base: ComparedRun) -> None:
    """Say first why, then show what steps alone do not tell, for the methods that the answer speaks of."""
    st.header("What that sentence leaves out", anchor=False)
    why = why_in_words(asked, base)
    if why:
        st.markdown(for_markdown(why))
    wanted = [base, asked, coin_of(lines, asked), rule_of(lines, asked), *(
        line for line in lines if standing_of(line.run.stored.cell.method) == Standing.PLANNER)]  # fmt: skip
    shown: list[ComparedRun] = []
    for line in wanted:
        if line is not None and not any(line.run is other.run for other in shown):
            shown.append(line)
    heads = [plain_line(line).name for line in shown]
    figures = [line.run.stored.figures for line in shown]

    def held(item: CellFigures) -> str:
        if math.isnan(item.veto_precision):
            return "none held back"
        return (
            f"{percent(item.veto_precision)}, of {item.vetoes:.0f} a person in {counted(round(item.mean_days), 'day')}"
        )

    rows = [
        ("Share of what messages can gain", [percent(line.possible.value) for line in shown]),
        ("Left the study early, of 100 people", [f"{100 * item.share_disengaged:.0f}" for item in figures]),
        ("Days in the study, mean", [f"{item.mean_days:.0f}" for item in figures]),
        ("Steps on a day in the study", [number_or_dash(item.steps_per_day) for item in figures]),
        ("Messages to somebody who cannot walk, per 1,000 days in the study",
         [number_or_dash(item.unable_per_1000_days) for item in figures]),
        ("Of the messages held back, right", [held(item) for item in figures]),
        ("Of the messages proposed to somebody who cannot walk, held back",
         [percent(item.veto_recall) if not math.isnan(item.veto_precision) else "" for item in figures]),
    ]  # fmt: skip
    table = [f"| | {' | '.join(for_markdown(head) for head in heads)} |", "|---" * (len(heads) + 1) + "|"]
    table += [f"| {label} | {' | '.join(for_markdown(cell) for cell in cells)} |" for label, cells in rows]
    with st.container(key="left_out"):
        st.markdown("\n".join(table))


def draw_everybody_and_everywhere(
    lines: Sequence[ComparedRun],
    asked: ComparedRun,
    base: ComparedRun,
    settings: Sequence[InSetting],
) -> None:
    """Show of 100 seeds on how many the method earns more, the same and less; and the same question elsewhere."""
    pairs = _pairs(lines, asked, base)
    left, right = st.columns([5, 6], gap="large")
    with left:
        if pairs:
            st.header("Does it help everybody?", anchor=False)
            st.plotly_chart(
                of_100_figure(pairs, palette()), config=CONFIG, key="of_100_chart", theme=None,
                alt="; ".join(f"{pair.name}: {pair.in_words}" for pair in pairs),
            )  # fmt: skip
            st.caption("Of 100 seeds, met by both methods. “The same” is a tie: it counts for neither.")
    with right:
        elsewhere = [
            Elsewhere(item.name, item.difference.value, item.difference.low, item.difference.high, item.is_here)
            for item in settings
        ]
        if len(elsewhere) > 1:
            st.header("Is it so in the other settings?", anchor=False)
            st.plotly_chart(
                elsewhere_figure(elsewhere, palette()), config=CONFIG, key="elsewhere_chart", theme=None,
                alt="; ".join(f"{place.name} {signed(place.value)}" for place in elsewhere),
            )  # fmt: skip
            names = f"{plain_line(asked).in_sentence} minus those of {plain_line(base).in_sentence}"
            st.caption(for_markdown(f"Steps of {names}, a person, with 95 % intervals."))


def _pairs(lines: Sequence[ComparedRun], asked: ComparedRun, base: ComparedRun) -> list[Of100]:
    coin, rule = coin_of(lines, asked), rule_of(lines, asked)
    wanted = [(asked, base), *([(asked, coin)] if coin else []), *([(rule, asked)] if rule else [])]
    found = []
    for one, other in wanted:
        if one.run is not other.run and one.run.seeds == other.run.seeds:
            of_100 = paired_difference(one.run.stored.totals, other.run.stored.totals).of_100
            found.append(
                Of100(f"{plain_line(one).name} against {plain_line(other).in_sentence}", *of_100, of_100.in_words)
            )
    return found
