"""The charts say what the records say, on axes that stay where they are."""

import io
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from jitai.charts.comparison import (
    MAX_POINTS,
    Curve,
    Dot,
    Totals,
    days_figure,
    dots_figure,
    method_styles,
    totals_figure,
)
from jitai.charts.learning import LEVELS, LearningPoint, learning_figure
from jitai.charts.optimum import policy_map_figure
from jitai.charts.participant import (
    draws_figure,
    liking_figure,
    steps_to_come_figure,
)
from jitai.charts.simulation import ability_figure, schedule_figure
from jitai.charts.sweep import Place, Point, error_figure, map_figure
from jitai.charts.theme import ACTION_STYLES, DARK, LETTER_COLOUR, LIGHT, Palette
from jitai.corpus import TEST, StatementBook, load_part
from jitai.policies.registry import PolicySpec
from jitai.records import Action, Decision, Proposal, Role, Verdict, VerdictSource
from jitai.simulator.config import DEFAULT_PRESET, PRESETS
from jitai.trial.filters import VETO, filter_spec
from jitai.trial.live import live_days
from jitai.trial.log import safe_csv
from jitai.trial.spec import TrialSpec

CONFIG = replace(PRESETS[DEFAULT_PRESET], study_length=30, cannot_walk_disengagement=0.0, disengagement_increment=0.0)
BOOK = StatementBook(load_part(TEST))


class HoldsBackOnLongTexts:
    """A judge without a model: vetoes some days, and not only the right ones."""

    def judge(self, text: str) -> Verdict:
        decision = Decision.HOLD_BACK if len(text) % 3 == 0 and text else Decision.SEND
        return Verdict(decision, None, VerdictSource.RULE, "")


SPEC = TrialSpec(CONFIG, policy=PolicySpec("thompson"), filter=filter_spec(VETO), seed=4)
RECORDS = list(live_days(SPEC, BOOK, HoldsBackOnLongTexts()))


def ranges(figure: go.Figure) -> dict[str, tuple[float, ...]]:
    """The fixed range of each axis; a heat map's axis of names has none."""
    layout = figure.to_dict()["layout"]
    return {
        name: tuple(layout[name]["range"])
        for name in layout
        if name.startswith(("xaxis", "yaxis")) and "range" in layout[name]
    }


def bars(figure: go.Figure) -> dict[int, tuple[float, str]]:
    """Height and colour of the bar of each day."""
    found = {}
    for trace in figure.data:
        if trace.type == "bar" and not trace.marker.pattern.shape:
            for day, height in zip(trace.x, trace.y, strict=True):
                assert day not in found, f"day {day} has two bars"
                found[day] = (height, trace.marker.color)
    return found


def with_mode(figure: go.Figure, mode: str) -> list[Any]:
    """Scatter traces that are drawn so."""
    return [trace for trace in figure.data if trace.type == "scatter" and trace.mode == mode]


def ribbon(figure: go.Figure) -> Any:
    [heatmap] = [trace for trace in figure.data if trace.type == "heatmap"]
    return heatmap


def test_draws_show_what_the_policy_compared() -> None:
    proposal = RECORDS[-1].proposal
    assert proposal.sampled_rewards
    figure = draws_figure(proposal, CONFIG.most_steps, LIGHT)
    places = [trace.x[0] for trace in figure.data]
    for action in Action:
        assert proposal.expected_rewards[action] in places
        assert proposal.sampled_rewards[action] in places
    widths = [trace.error_x.array[0] for trace in figure.data if trace.error_x.array]
    assert widths == pytest.approx([2 * spread for spread in proposal.reward_spread])
    largest = max(figure.data, key=lambda trace: trace.marker.size)
    assert largest.x[0] == max(proposal.sampled_rewards), "the chosen draw stands out"


def test_draws_with_a_bias_show_what_was_compared() -> None:
    proposal = replace(RECORDS[-1].proposal, action_bias=(300.0, 0.0, 0.0, -120.0), candidate_action=Action.NO_MESSAGE)
    figure = draws_figure(proposal, CONFIG.most_steps, LIGHT)
    largest = max(with_mode(figure, "markers"), key=lambda trace: trace.marker.size)
    assert largest.x[0] == proposal.sampled_rewards[0] + 300, "the chosen one, bias included"
    lines = [tuple(trace.x) for trace in with_mode(figure, "lines")]
    assert lines == list(zip(proposal.sampled_rewards, proposal.preference, strict=True)), "from draw to comparison"
    low, high = ranges(figure)["xaxis"]
    assert all(low <= value <= high for value in (*proposal.preference, *proposal.sampled_rewards))
    assert "bias" in figure.layout.xaxis.title.text
    assert "bias" not in draws_figure(RECORDS[-1].proposal, CONFIG.most_steps, LIGHT).layout.xaxis.title.text


@pytest.mark.parametrize("best", Action)
def test_steps_to_come_are_shown_against_the_best(best: Action) -> None:
    values = [900.0, 950.0, 700.0, 940.0]
    values[best] = 1000.0
    figure = steps_to_come_figure(Proposal(best, steps_to_come=tuple(values)), 200.0, LIGHT)
    lengths = [trace.x[0] for trace in figure.data if trace.type == "bar"]
    assert lengths == pytest.approx([value - 1000 for value in values])
    largest = max(with_mode(figure, "markers"), key=lambda trace: trace.marker.size)
    assert (largest.x[0], largest.y[0]) == (0, ACTION_STYLES[best].label)
    words = [trace.text[0].strip() for trace in with_mode(figure, "text")]
    assert words == ["1,000" if action == best else f"{values[action] - 1000:+,.0f}" for action in Action]
    low, high = ranges(figure)["xaxis"]
    assert low <= min(lengths) and high > 0 and low <= -200


@pytest.mark.parametrize("best", Action)
def test_probabilities_of_a_trained_policy_are_bars_from_zero(best: Action) -> None:
    values = [0.1, 0.15, 0.2, 0.05]
    values[best] += 0.5
    figure = liking_figure(Proposal(best, action_probabilities=tuple(values)), 200.0, LIGHT)
    assert [trace.x[0] for trace in figure.data if trace.type == "bar"] == values
    largest = max(with_mode(figure, "markers"), key=lambda trace: trace.marker.size)
    assert (largest.x[0], largest.y[0]) == (values[best], ACTION_STYLES[best].label)
    assert [trace.text[0].strip() for trace in with_mode(figure, "text")] == [f"{value:.2f}" for value in values]
    certain = liking_figure(Proposal(best, action_probabilities=(1.0, 0.0, 0.0, 0.0)), 200.0, LIGHT)
    assert ranges(figure) == ranges(certain), "the axis does not move from day to day"


def test_values_of_a_trained_policy_are_shown_against_the_best() -> None:
    values = (900.0, 1000.0, 700.0, 940.0)
    figure = liking_figure(Proposal(Action.GENERIC, discounted_steps=values), 200.0, LIGHT)
    lengths = [trace.x[0] for trace in figure.data if trace.type == "bar"]
    assert lengths == pytest.approx([value - 1000 for value in values])
    assert [trace.text[0].strip() for trace in with_mode(figure, "text")] == ["-100", "1,000", "-300", "-60"]
    assert "probability" not in figure.layout.xaxis.title.text


CURVE = [
    LearningPoint(1000, 300.0, math.inf, 1),
    LearningPoint(2000, 900.0, 50.0, 40),
    LearningPoint(3000, 1500.0, 40.0, 60),
]
LEVELS_KNOWN = {"optimum": 2000.0, "planner": 1800.0, "LLM+TS": 700.0, "random": 250.0}


def learning(
    curve: Sequence[LearningPoint], levels: dict[str, float], palette: Palette = LIGHT, **more: Any
) -> go.Figure:
    return learning_figure(curve, levels, n_decisions=5000, optimum=2000.0, palette=palette, **more)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_learning_curve_grows_on_axes_that_stay(palette: Palette) -> None:
    empty, whole = learning([], {"optimum": 2000.0}, palette), learning(CURVE, LEVELS_KNOWN, palette)
    assert ranges(empty) == ranges(whole)
    low, high = ranges(whole)["yaxis"]
    assert low == 0 and high > 2000
    band, line = whole.data
    assert list(line.x) == [1000, 2000, 3000] and list(line.y) == [300, 900, 1500]
    assert [int(row[0]) for row in line.customdata] == [1, 40, 60], "n is shown"
    assert list(band.y) == [300, 850, 1460, 1540, 950, 300], "one study alone has no interval to show"
    assert whole.layout.height == empty.layout.height


def test_each_level_has_a_line_and_a_name_of_its_own() -> None:
    figure = learning(CURVE, LEVELS_KNOWN, measured=(3000, 1700.0))
    assert {shape.y0: shape.line.dash for shape in figure.layout.shapes}.keys() == set(LEVELS_KNOWN.values())
    assert len({(shape.line.dash, shape.line.color) for shape in figure.layout.shapes}) == len(LEVELS)
    assert [note.text for note in figure.layout.annotations] == [
        "optimum 2,000", "planner 1,800", "LLM+TS 700", "random 250", "in use 1,700", "steps in a study",
    ]  # fmt: skip
    [star] = [trace for trace in figure.data if trace.name == "in use"]
    assert (star.x[0], star.y[0]) == (3000, 1700)


HABITUATION = [number / 20 for number in range(21)]
RISK = [number / 10 for number in range(10)]


def map_of(actions: list[list[int]], palette: Palette = LIGHT) -> go.Figure:
    return policy_map_figure(HABITUATION, RISK, actions, title="Can walk", threshold=0.99, palette=palette)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_policy_map_has_colour_and_letter_of_each_action(palette: Palette) -> None:
    actions = [[min(3, row // 5)] * 5 + [0] * 5 for row in range(21)]
    figure = map_of(actions, palette)
    drawn = ribbon(figure)
    assert [list(row) for row in drawn.z] == [[row[column] for row in actions] for column in range(10)]
    for action in Action:
        place = (action - drawn.zmin) / (drawn.zmax - drawn.zmin)
        below = [colour for edge, colour in drawn.colorscale if edge < place]
        assert below[-1] == palette.action(action)
    [letters] = with_mode(figure, "text")
    assert len(letters.text) > 15
    for x, y, letter in zip(letters.x, letters.y, letters.text, strict=True):
        assert letter == ACTION_STYLES[Action(actions[HABITUATION.index(x)][RISK.index(y)])].letter
    legend = [trace.name for trace in figure.data if trace.name]
    assert [name[0] for name in legend] == [style.letter for style in ACTION_STYLES.values()]


def test_a_policy_map_stays_where_it_is() -> None:
    nothing, everything = map_of([[0] * 10] * 21), map_of([[2] * 10] * 21)
    assert ranges(nothing) == ranges(everything)
    assert set(ranges(nothing)) == {"xaxis", "yaxis"}
    assert [trace.name for trace in nothing.data] == [trace.name for trace in everything.data]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of #RRGGBB."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_letters_of_a_policy_map_are_legible(palette: Palette) -> None:
    for action in Action:
        contrast = (luminance(palette.action(action)) + 0.05) / (luminance(LETTER_COLOUR) + 0.05)
        assert contrast > 3, "large text, WCAG 2.2 AA"


def test_schedule_axes_and_bars() -> None:
    habituation, risk, steps = [0.1, 0.2], [0.3, 0.4], [5.0, 6.0]

    def figure(n: int) -> go.Figure:
        return schedule_figure(
            habituation[:n], risk[:n], steps[:n], n_days=9, most_steps=100.0, threshold=0.9, palette=LIGHT
        )  # fmt: skip

    assert ranges(figure(0)) == ranges(figure(2))
    assert bars(figure(2)).keys() == {1, 2}
    assert [height for height, _ in bars(figure(2)).values()] == steps
    lines = [list(trace.y) for trace in figure(2).data if trace.type == "scatter"]
    assert habituation in lines
    assert risk in lines


def test_ability_crosses_are_the_days_without() -> None:
    paths = {"seed 1": [1, 0, 1], "seed 2": [0, 0, 1]}
    drawn = ribbon(ability_figure(paths, LIGHT))
    assert [list(row) for row in drawn.z] == list(paths.values())
    assert [[bool(sign) for sign in row] for row in drawn.text] == [
        [not state for state in row] for row in paths.values()
    ]
    assert list(drawn.y) == list(paths)


FORMULAS = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "=HYPERLINK(1)"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_like_a_formula_is_defused(text: str) -> None:
    table = pd.DataFrame({"statement": [text, "fine"], "steps": [-1.5, 2.0]})
    written = safe_csv(table)
    lines = pd.read_csv(io.StringIO(written), dtype=str)
    assert lines["statement"].tolist()[0] == "'" + text
    assert lines["statement"].tolist()[1] == "fine"
    assert lines["steps"].tolist() == ["-1.5", "2.0"], "numbers stay numbers"
    assert table["statement"].tolist() == [text, "fine"], "the table itself is untouched"


@pytest.mark.parametrize("text", ['a "quote", a comma', "two\nlines", "two\r\nlines", "我的脚断了", "old\rMac", ""])
def test_other_texts_come_back_as_they_were(text: str) -> None:
    table = pd.DataFrame({"statement": [text, "next"], "day": [1, 2]})
    back = pd.read_csv(io.StringIO(safe_csv(table), newline=""), dtype=str, keep_default_na=False)
    assert back["statement"].tolist() == [text, "next"]


def totals_rows(n: int) -> list[Totals]:
    values = [np.linspace(100, 500, n), np.linspace(900, 1500, n)]
    styles = method_styles([Role.ALONE, Role.HYBRID])
    return [
        Totals(name, "words", look, row, float(row.mean()), float(row.mean()) - 9, float(row.mean()) + 9)
        for name, look, row in zip(("TS", "<b>LLM</b>"), styles, values, strict=True)
    ]


def test_methods_keep_their_colours_and_are_told_apart_without_them() -> None:
    styles = method_styles([Role.ALONE, Role.HYBRID, Role.HYBRID, Role.PLANNER, Role.OPTIMUM, Role.PLAIN])
    assert [look.colour(LIGHT) for look in styles] == [
        "#0072B2", "#D55E00", "#D55E00", "#008A63", LIGHT.text, "#767E88",
    ]  # fmt: skip
    assert len({(look.symbol, look.dash) for look in styles}) == len(styles)
    assert styles[4].dash == "dash"


def test_totals_show_every_study_the_box_the_mean_and_the_best_possible() -> None:
    figure = totals_figure(totals_rows(11), 2000.0, "best possible", LIGHT)
    boxes = [trace for trace in figure.data if trace.type == "box"]
    assert [(trace.q1[0], trace.median[0], trace.q3[0]) for trace in boxes] == [(200, 300, 400), (1050, 1200, 1350)]
    assert [len(trace.x) for trace in figure.data if trace.type == "scatter"] == [11, 1, 11, 1]
    means = [trace for trace in figure.data if trace.type == "scatter" and len(trace.x) == 1]
    assert [(trace.x[0], trace.error_x.array[0]) for trace in means] == [(300, 9), (1200, 9)]
    assert any(shape.x0 == shape.x1 == 2000 and shape.line.dash == "dash" for shape in figure.layout.shapes)
    text = " ".join(item.text for item in figure.layout.annotations)
    assert "&lt;b&gt;LLM" in text
    assert "best possible 2,000" in text


def test_many_seeds_do_not_flood_the_chart_and_one_has_no_box() -> None:
    many = totals_figure(totals_rows(5000), None, "", LIGHT)
    assert max(len(trace.x) for trace in many.data if trace.type == "scatter") == MAX_POINTS
    assert [trace.median[0] for trace in many.data if trace.type == "box"] == [300, 1200], "the box is of all"
    one = totals_figure(totals_rows(1), None, "", LIGHT)
    assert [trace.type for trace in one.data] == ["scatter", "scatter"]


def test_curves_have_bands_where_there_are_intervals() -> None:
    look = method_styles([Role.ALONE])[0]
    values = np.array([1.0, 2.0, 3.0])
    figure = days_figure([Curve("TS", look, values, values - 1, values + 1)], "steps", 5, LIGHT)
    band, line = figure.data
    assert list(band.y) == [2, 3, 4, 2, 1, 0]
    assert list(line.y) == [1, 2, 3]
    bare = np.full(3, np.nan)
    assert len(days_figure([Curve("TS", look, values, bare, bare)], "steps", 5, LIGHT).data) == 1


def test_differences_have_zero_in_sight() -> None:
    hostile = dots_figure([], "steps more than <b>A</b>", LIGHT)
    assert hostile.layout.xaxis.title.text == "steps more than &lt;b&gt;A&lt;/b&gt;"
    figure = dots_figure(
        [Dot("A", "note", method_styles([Role.HYBRID])[0], 80.0, 70.0, 90.0)], "steps", LIGHT, reference="as TS"
    )
    low, high = figure.layout.xaxis.range
    assert low < 0 < high
    assert any(shape.x0 == shape.x1 == 0 for shape in figure.layout.shapes)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_map_writes_every_number_and_hatches_what_is_not_sure(palette: Palette) -> None:
    places = [
        Place(0, 0, 100.0, 90.0, 110.0, True, "words"), Place(1, 0, 5.0, -10.0, 20.0, False, "words"),
        Place(0, 1, -60.0, -80.0, -40.0, True, "words"),
    ]  # fmt: skip
    figure = map_figure(places, ["0.5", "0.7"], ["0 %", "50 %"], "across", "upwards", palette)
    heat, contour, numbers = figure.data
    assert (heat.type, contour.type, numbers.type) == ("heatmap", "contour", "scatter")
    assert [list(row) for row in heat.z] == [[100, 5], [-60, None]]
    assert heat.zmin == -heat.zmax
    assert (contour.contours.start, contour.contours.end) == (0, 0)
    assert list(numbers.text) == ["+100", "≈ +5", "-60"]
    assert [list(item) for item in numbers.customdata] == [[0, 0], [1, 0], [0, 1]]
    assert len(figure.layout.shapes) == 1
    assert "contour" not in {trace.type for trace in map_figure(places[:2], ["a", "b"], ["c", "d"], "", "", LIGHT).data}


def test_one_seed_has_no_ends_in_the_hover_box() -> None:
    one, many = Point(0.0, 100.0, float("nan"), float("nan")), Point(0.1, 90.0, 80.0, 100.0)
    styles = method_styles([Role.HYBRID, Role.ALONE])
    figure = error_figure([one, many], [one], ("LLM+TS", "TS"), (styles[0], styles[1]), 120.0, None, LIGHT)
    assert [list(line.customdata) for line in figure.data if line.name == "LLM+TS"] == [["", " (80 to 100)"]]


def test_the_crossing_is_marked_with_its_range() -> None:
    points = [Point(0.0, 100.0, 90.0, 110.0), Point(0.5, 40.0, 30.0, 50.0)]
    base = [Point(0.0, 60.0, 55.0, 65.0), Point(0.5, 60.0, 55.0, 65.0)]
    styles = method_styles([Role.HYBRID, Role.ALONE])
    marked = error_figure(points, base, ("LLM+TS", "TS"), (styles[0], styles[1]), 120.0, (0.3, 0.2, None), LIGHT)
    areas = [shape for shape in marked.layout.shapes if shape.type == "rect"]
    assert [(area.x0, area.x1) for area in areas] == [(0.2, 0.5)]
    assert any("stops paying at 30 %" in item.text for item in marked.layout.annotations)
    bare = error_figure(points, base, ("LLM+TS", "TS"), (styles[0], styles[1]), 120.0, None, LIGHT)
    assert not [shape for shape in bare.layout.shapes if shape.type == "rect"]
