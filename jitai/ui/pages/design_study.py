"""The page "Design a study": how many people a real trial would need, in which nobody lives twice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from jitai import __version__
from jitai.charts.study import (
    AS_PUBLISHED,
    ChosenSize,
    Needed,
    OrderCurve,
    PowerCurve,
    needed_figure,
    order_figure,
    power_figure,
)
from jitai.charts.theme import CONFIG
from jitai.errors import ParameterError
from jitai.experiments.answers import CHECKPOINTS, COMPARE, ShippedAnswer, ShippedCell, shipped_answer
from jitai.experiments.headline import Headline
from jitai.experiments.methods import LLM_TS, TS
from jitai.experiments.spec import Condition
from jitai.experiments.words import name_of, setting_in_short, setting_in_words
from jitai.report.figures import Curve
from jitai.report.study_report import StudyPlan, study_report
from jitai.seeding import Stream, generator
from jitai.study.power import (
    FEWEST,
    GRID,
    MOST,
    N_TRIALS,
    Power,
    TwoArms,
    curve,
    order_in_words,
    pairs_needed,
    people_needed,
    power_at,
)
from jitai.study.protocol import Planned, protocol_sentences
from jitai.ui.session.page_states import DesignState
from jitai.ui.session.state import AppState, app_state, keep_in_address, palette, session_object
from jitai.ui.widgets.answer import both_widths, draw_answer, second_of, title_of, what_it_is_of
from jitai.ui.widgets.hand_over import File, hand_over
from jitai.ui.widgets.page import errors_as_sentences

SPREADS = {1.0: "as simulated", 1.5: "half as much again", 2.0: "twice as much"}
POWERS = {0.8: "80 of 100", 0.9: "90 of 100"}
CURVE_TRIALS = 1_000
ORDER_GRID = (2, 3, 5, 8, 13, 20, 32, 50, 100, 200)


@dataclass(frozen=True)
class Question:
    """What is asked: two methods, a setting by its place in the grid, days, and how much people differ."""

    method: str
    baseline: str
    condition: int
    days: int
    spread: float
    power: float


def design_study_page() -> None:
    """Draw the page."""
    app = app_state()
    with errors_as_sentences():
        top = st.container()
        answer = shipped_answer(COMPARE)
        if answer is None:
            raise ParameterError(
                "The stored results that this page plans from are missing or of another version.",
                "Write them anew with the command ship-answers.",
            )
        state = session_object(DesignState)
        with top:
            people = _take_from_address(answer) if state.asked is None else None
        question = _question(app, answer)
        if people is not None:
            state.asked, state.people, state.is_chosen = question, people, True
        with top:
            keep_in_address(app, None, **_address(question, state))
        if question.method == question.baseline:
            draw_answer("Nothing to tell apart", "A method does not differ from itself: choose two above.")
            return
        _draw(answer, question)


def _take_from_address(answer: ShippedAnswer) -> int | None:
    """Ask what the address asks, in a new session; return the people an arm that it names.

    What the page does not offer is left out, which is said.
    """
    spec = answer.experiment.spec
    settings = spec.conditions()
    offered: dict[str, Iterable[Any]] = {
        "method": [method.name for method in spec.methods], "baseline": [method.name for method in spec.methods],
        "condition": range(len(settings)), "days": [*CHECKPOINTS, _length(settings)], "spread": SPREADS,
        "power": POWERS, "people": range(FEWEST, MOST + 1),
    }  # fmt: skip
    asked = {name: st.query_params[f"design_{name}"] for name in offered if f"design_{name}" in st.query_params}
    found = {name: next((value for value in offered[name] if str(value) == text), None) for name, text in asked.items()}
    unknown = [name for name, value in found.items() if value is None]
    if unknown:
        st.warning(
            f"The address asks for what this page does not offer: {', '.join(unknown)}. The usual stands there.",
            icon=":material/link_off:",
        )
    people: int | None = found.pop("people", None)
    for name, value in found.items():
        if value is not None:
            st.session_state.setdefault(f"design_{name}", value)
    return people


def _address(question: Question, state: DesignState) -> dict[str, str]:
    """Return what is asked as parameters of the page's address; the people an arm only where the reader chose them."""
    asked = {f"design_{item.name}": str(getattr(question, item.name)) for item in fields(question)}
    chosen = state.is_chosen and state.asked == question
    return asked | ({"design_people": str(state.people)} if chosen else {})


def _question(app: AppState, answer: ShippedAnswer) -> Question:
    """Draw what can be asked without running anything; return it."""
    conditions = answer.experiment.spec.conditions()
    here = next((place for place, item in enumerate(conditions) if item.config == app.spec.config), 0)
    names = [method.name for method in answer.experiment.spec.methods]
    words = {method.name: name_of(method) for method in answer.experiment.spec.methods}
    keys = {"method": LLM_TS, "baseline": TS, "condition": here, "days": _length(conditions)}
    for key, usual in keys.items():
        st.session_state.setdefault(f"design_{key}", usual)
    picked = st.session_state
    label = f"{words[picked.design_method]} against {words[picked.design_baseline][0].lower()}"
    label += words[picked.design_baseline][1:]
    setting = setting_in_words(conditions[picked.design_condition].config)
    with what_it_is_of(label, f"{setting}, {picked.design_days} days · {answer.made_on}", "design"):
        for key, asked in (("method", "To tell this method"), ("baseline", "from")):
            st.selectbox(asked, names, format_func=words.__getitem__, key=f"design_{key}", persist_state="session")
        st.selectbox(
            "If the true setting is", range(len(conditions)), key="design_condition", persist_state="session",
            format_func=lambda place: setting_in_short(conditions[place].config),
        )  # fmt: skip
        both = [_cell(answer, conditions[0], name) for name in (picked.design_method, picked.design_baseline)]
        kept = all(item.so_far is not None for item in both)
        days = [*(CHECKPOINTS if kept else ()), _length(conditions)]
        if picked.design_days not in days:
            picked.design_days = days[-1]
        st.segmented_control(
            "Days of the study", days, key="design_days", persist_state="session", required=True,
            help="A shorter study is the beginning of the long one: what everybody had walked by then.",
        )  # fmt: skip
        if not kept:
            st.caption(
                "Shorter studies are kept for the learner, its coin, the one-line rule with judge, and the planner."
            )
    return Question(
        picked.design_method, picked.design_baseline, picked.design_condition, picked.design_days,
        picked.setdefault("design_spread", 1.5), picked.setdefault("design_power", 0.8),
    )  # fmt: skip


def _length(conditions: Sequence[Condition]) -> int:
    return conditions[0].config.study_length


def _cell(answer: ShippedAnswer, condition: Condition, method: str) -> ShippedCell:
    return next(
        item
        for item in answer.cells
        if item.stored.cell.condition == condition and item.stored.cell.method.name == method
    )


def arms_of(answer: ShippedAnswer, question: Question, condition: int, spread: float) -> TwoArms:
    """Return the steps of both arms by the end of the study, in a setting."""
    where = answer.experiment.spec.conditions()[condition]
    steps = [answer.steps(where, name, question.days) for name in (question.method, question.baseline)]
    return TwoArms(steps[0], steps[1], spread)


def _generators(n: int) -> np.random.Generator:
    return generator(n, Stream.BOOTSTRAP)


@st.cache_data(show_spinner=False, max_entries=400)
def _needed(question: Question, made_on: str) -> list[Power | None]:
    """Return what each setting needs, cached: every visitor asks the same first."""
    answer = shipped_answer(COMPARE)
    assert answer is not None
    n_settings = len(answer.experiment.spec.conditions())
    return [
        people_needed(arms_of(answer, question, place, question.spread), question.power, _generators)
        for place in range(n_settings)
    ]


@st.cache_data(show_spinner=False, max_entries=400)
def _curve(question: Question, spread: float, made_on: str) -> list[Power]:
    answer = shipped_answer(COMPARE)
    assert answer is not None
    return curve(arms_of(answer, question, question.condition, spread), _generators, CURVE_TRIALS)


def _draw(answer: ShippedAnswer, question: Question) -> None:
    """Draw answer, curve, protocol and the other settings."""
    state = session_object(DesignState)
    arms = arms_of(answer, question, question.condition, question.spread)
    with st.spinner("Drawing simulated trials …", show_time=True):
        needed = _needed(question, answer.made_on)
        curves = {spread: _curve(question, spread, answer.made_on) for spread in SPREADS}
    here = needed[question.condition]
    # Another question: the number follows. The same question: it is the reader's.
    if state.asked != question:
        state.asked, state.people, state.is_chosen = question, GRID[-1] if here is None else here.n, False
    size = power_at(arms, state.people, _generators)
    five = power_at(arms, AS_PUBLISHED, _generators)
    said = _answer(answer, arms, question, needed)
    draw_answer(title_of(said), second_of(said.second), said.small)
    handing_over = st.container()
    # Where the text tells a share, the curve goes through that very share.
    told = {AS_PUBLISHED: five, size.n: size}
    chosen_curve = [told.get(item.n, item) for item in curves[question.spread]]
    shown = PowerCurve(
        GRID, [item.found for item in chosen_curve], [item.error for item in chosen_curve],
        [item.found for item in curves[1.0]], [item.found for item in curves[2.0]], SPREADS[1.0], SPREADS[2.0],
    )  # fmt: skip
    chosen = ChosenSize(size.n, size.found, question.power)
    with st.container(key="stack_design"):
        left, right = st.columns([9, 5], gap="large")
    with left:
        both_widths(
            lambda narrow: power_figure(shown, chosen, palette(), narrow=narrow), "power_chart",
            f"Share of trials that find the difference, by people an arm. {said.title}",
        )  # fmt: skip
    with right:
        _side(state, arms, question, size, five)
    st.header("For the protocol", anchor=False)
    protocol = _protocol(answer, arms, question, size, _elsewhere(question, needed))
    st.code(protocol, language=None, wrap_lines=True)
    st.caption(
        "Simulated people are alike but for luck. How much more real ones differ is not known from here: plan with a "
        "pilot’s spread."
    )
    st.header("How many in each published setting", anchor=False)
    settings = [
        Needed(setting_in_short(item.config), None if found is None else found.n, MOST, place == question.condition)
        for place, (item, found) in enumerate(zip(answer.experiment.spec.conditions(), needed, strict=True))
    ]
    with handing_over:
        sizes = [five] if size.n == five.n else sorted((five, size))
        hand_over(
            "design_hand_over",
            lambda: _report(
                answer,
                arms,
                question,
                said,
                curves | {question.spread: chosen_curve},
                sizes,
                settings,
                protocol,
                urlencode(_address(question, state)),
            ),
            lambda: (question, size.n, state.is_chosen, answer.made_on),
        )
    st.plotly_chart(
        needed_figure(settings, palette()), config=CONFIG, key="needed_chart", theme=None,
        alt="People an arm: " + "; ".join(f"{item.name} {item.people or f'more than {MOST}'}" for item in settings),
    )  # fmt: skip
    _draw_order(answer, question)


@st.cache_data(show_spinner=False, max_entries=50)
def _orders(question: Question, made_on: str) -> list[list[Power]]:
    """Return, for each setting, how often trials of each size have the right order, if people differ as simulated."""
    answer = shipped_answer(COMPARE)
    assert answer is not None
    places = range(len(answer.experiment.spec.conditions()))
    return [curve(arms_of(answer, question, place, 1.0), _generators, CURVE_TRIALS, ORDER_GRID) for place in places]


def _draw_order(answer: ShippedAnswer, question: Question) -> None:
    """Draw how often trials of each size, five as published among them, put the two methods in the right order."""
    st.header("How often does a trial have the right order?", anchor=False)
    asked_by = replace(question, condition=0, spread=1.0, power=0.8)
    found = _orders(asked_by, answer.made_on)
    names = [setting_in_short(item.config) for item in answer.experiment.spec.conditions()]
    five = [next(item.in_order for item in of_setting if item.n == AS_PUBLISHED) for of_setting in found]
    curves = [
        OrderCurve(name, ORDER_GRID, [item.in_order for item in of_setting], place == question.condition)
        for place, (name, of_setting) in enumerate(zip(names, found, strict=True))
    ]
    both_widths(
        lambda narrow: order_figure(curves, palette(), narrow=narrow), "order_chart",
        "Of 100 trials with 5 an arm, so many have the right order: "
        + "; ".join(f"{name} {100 * share:.0f}" for name, share in zip(names, five, strict=True)),
    )  # fmt: skip
    st.caption(
        f"The right order: the better method has the higher mean, whether or not a test finds it. With {AS_PUBLISHED} "
        f"studies of each, as published, {_least(min(five))} to {_least(max(five))} of 100 unpaired trials have it, "
        "by setting; two methods that are alike would have it in 50. The strong line is the setting above; people "
        f"differ as simulated; {CURVE_TRIALS:,} simulated trials a point (± 3)."
    )
    rows = [
        {"Setting": name, **{str(n): f"{100 * item.in_order:.0f}" for n, item in zip(ORDER_GRID, line, strict=True)},
         "People an arm for 95": order_in_words(line)}
        for name, line in zip(names, found, strict=True)
    ]  # fmt: skip
    with st.expander("These numbers"):
        st.dataframe(rows, hide_index=True, key="order_table")


def _least(share: float) -> str:
    return "more than 99" if share > 0.995 else f"{100 * share:.0f}"


def _elsewhere(question: Question, needed: Sequence[Power | None]) -> str:
    """Return what the other settings need, as the end of a sentence; empty where there are none."""
    others = [found for place, found in enumerate(needed) if place != question.condition]
    if not others:
        return ""
    counts = sorted(found.n for found in others if found is not None)
    most = f"{counts[-1]:,}" if len(counts) == len(others) else f"more than {MOST:,}"
    ends = f"{counts[0]:,} to {most}" if counts and f"{counts[0]:,}" != most else most
    return f"In the {len(others)} other settings it takes {ends} people an arm for {POWERS[question.power]} trials."


def _answer(answer: ShippedAnswer, arms: TwoArms, question: Question, needed: Sequence[Power | None]) -> Headline:
    """Return the heading, which has the range over all settings, what qualifies it, and how sure it is."""
    here = needed[question.condition]
    points = 196 * (question.power * (1 - question.power) / N_TRIALS) ** 0.5
    differ = {1.0: "as much as simulated ones"}.get(question.spread, f"{SPREADS[question.spread]} as simulated ones")
    small = (
        f"So that {POWERS[question.power]} trials find the difference ({N_TRIALS:,} simulated trials, unpaired; Monte "
        f"Carlo error of that share ± {points:.1f} points), if people differ {differ}. {question.days} days."
    )
    others = _elsewhere(question, needed)
    if here is None:
        second = f"The difference is {abs(arms.difference):,.0f} steps: a trial of this size cannot show it."
        title = f"More than {MOST:,} people an arm would be needed"
        return Headline(title, "", "", None, (second, others), small)
    counts = sorted(found.n for found in needed if found is not None)
    most = f"{counts[-1]:,}" if len(counts) == len(needed) else f"more than {MOST:,}"
    marked = f"{counts[0]:,} to {most} people" if f"{counts[0]:,}" != most else f"{most} people"
    signs = {arms_of(answer, question, place, 1.0).difference > 0 for place in range(len(needed))}
    shows = "difference" if len(signs) > 1 else "gain" if True in signs else "loss"
    second = f"{here.n:,} if the true setting is the one asked about; which one is true, nobody knows before the study."
    is_gain = None if len(signs) > 1 else True in signs
    return Headline("", marked, f" an arm would show the {shows}", is_gain, (second, others), small)


def _report(
    answer: ShippedAnswer,
    arms: TwoArms,
    question: Question,
    said: Headline,
    curves: Mapping[float, Sequence[Power]],
    sizes: Sequence[Power],
    settings: Sequence[Needed],
    protocol: str,
    query: str,
) -> list[File]:
    """Return the page as a file that opens without a network."""
    spec = answer.experiment.spec
    words = {method.name: name_of(method) for method in spec.methods}
    setting = setting_in_words(spec.conditions()[question.condition].config)
    of = (
        f"{words[question.method]} against {words[question.baseline]}; {setting}; {question.days} days. Planned from "
        f"{spec.n_seeds:,} simulated studies of each method, made on {answer.made_on}."
    )
    drawn = []
    for spread, found in curves.items():
        values = np.array([100 * item.found for item in found])
        errors = np.array([196 * item.error for item in found])
        look = "told" if spread == question.spread else "base"
        drawn.append(
            Curve(
                f"People differ {SPREADS[spread]}",
                look,
                values,
                np.maximum(values - errors, 0),
                np.minimum(values + errors, 100),
            )
        )
    columns = ("People an arm", "Find it, of 100", "Find the opposite", "Right order")
    rows = [
        (f"{item.n:,}{', as published' if item.n == AS_PUBLISHED else ''}",
         f"{100 * item.found:.0f} (± {196 * item.error:.1f})", _of_100(item.opposite), _of_100(item.in_order))
        for item in sizes
    ]  # fmt: skip
    needs = [
        (f"{item.name}{' (asked about)' if item.is_here else ''}", f"{item.people or f'more than {MOST:,}'}")
        for item in settings
    ]
    url = str(st.context.url or "").split("?")[0]
    link = f"{url}?{query}" if url else ""
    plan = StudyPlan(of, said, GRID, drawn, (columns, rows), needs, protocol, _paired(arms, question), link)
    about = "One file that opens without a network and prints well: answer, curve, all settings and the protocol."
    return [
        File("design_report", "Report (HTML)", "jitai_lab_study.html", "text/html", study_report(plan).encode(), about)
    ]


def _paired(arms: TwoArms, question: Question) -> str:
    """Return what paired seeds would suggest; empty if the methods earn the same."""
    pairs = pairs_needed(arms.method, arms.baseline, question.power)
    if pairs is None:
        return ""
    return (
        f"Compare’s paired seeds would suggest {pairs:,} {'person' if pairs == 1 else 'people'}, each living twice "
        "under the same luck. No real trial can have that."
    )


def _side(state: DesignState, arms: TwoArms, question: Question, size: Power, five: Power) -> None:
    """Draw what is assumed, the size, and what trials of that size find."""
    st.segmented_control(
        "Real people differ from each other", list(SPREADS), format_func=SPREADS.__getitem__, key="design_spread",
        persist_state="session", required=True,
    )  # fmt: skip
    st.segmented_control(
        "Trials that should find it", list(POWERS), format_func=POWERS.__getitem__, key="design_power",
        persist_state="session", required=True,
    )  # fmt: skip

    def keep() -> None:
        state.people, state.is_chosen = st.session_state["design_people"], True

    st.session_state["design_people"] = state.people
    st.number_input(
        "People an arm", FEWEST, MOST, key="design_people", on_change=keep,
        help="Two arms of different people. The number follows the question until you change it.",
    )  # fmt: skip
    st.markdown(
        f"With **{size.n:,} an arm**, {100 * size.found:.0f} of 100 trials find it (± {196 * size.error:.1f}), "
        f"{_of_100(size.opposite)} find the opposite, and in {_of_100(size.in_order)} the better method has the higher "
        f"mean.\n\nWith **{AS_PUBLISHED}**, as published: {100 * five.found:.0f} find it, and {_of_100(five.in_order)} "
        "have the right order."
    )
    paired = _paired(arms, question)
    if paired:
        st.caption(paired)


def _of_100(share: float) -> str:
    """Return a share in words that do not promise more than the trials told."""
    if share in (0, 1):
        return "none" if share == 0 else "all"
    if share < 0.005:
        return "fewer than 1"
    return "all but a few" if share > 0.995 else f"{100 * share:.0f}"


def _protocol(answer: ShippedAnswer, arms: TwoArms, question: Question, size: Power, elsewhere: str) -> str:
    spec = answer.experiment.spec
    words = {method.name: name_of(method) for method in spec.methods}
    setting = setting_in_words(spec.conditions()[question.condition].config)
    source = (
        f"JITAI Lab {__version__} (experiment {spec.identifier}, seeds {spec.seeds[0]} to {spec.seeds[-1]}; {setting})"
    )
    planned = Planned(words[question.method], words[question.baseline], source, question.days, elsewhere)
    return protocol_sentences(planned, arms, size)
