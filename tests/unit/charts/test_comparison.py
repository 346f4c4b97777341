"""The charts of methods side by side."""

import numpy as np
import pytest

from jitai.charts.comparison import (
    Curve,
    Dot,
    MethodStyle,
    Standing,
    days_figure,
    dots_figure,
    method_styles,
)
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
from jitai.charts.theme import ACTION_STYLES, DARK, LIGHT, Palette
from jitai.statistics import MoreSameLess


def method_rows(n: int) -> list[MethodRow]:
    values = [np.linspace(900, 1500, n), np.linspace(100, 500, n)]
    styles = method_styles([Standing.JUDGED, Standing.OTHER])
    return [
        MethodRow(name, "Learns", look, number == 0, row, float(row.mean()), float(row.mean()) - 9,
                  float(row.mean()) + 9, "40 %", "words\n<b>more</b>")
        for number, (name, look, row) in enumerate(zip(("<b>LLM</b>", "TS"), styles, values, strict=True))
    ]  # fmt: skip


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_methods_are_told_apart_and_wear_no_colour_or_marker_of_an_action(palette: Palette) -> None:
    styles = [MethodStyle(standing, number) for standing in Standing for number in range(3)]
    actions = {palette.action(action).lower() for action in ACTION_STYLES}
    assert not {look.colour(palette).lower() for look in styles} & actions
    shapes = {look.marker.removesuffix("-open") for look in styles}
    assert not shapes & {item.symbol.removesuffix("-open") for item in ACTION_STYLES.values()}
    first = method_styles(list(Standing))
    assert len({(look.marker, look.dash) for look in first}) == len(first)
    assert first[list(Standing).index(Standing.OPTIMUM)].dash == "dash"
    named = [look.colour(palette) for look in first if look.standing not in (Standing.OPTIMUM, Standing.OTHER)]
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("narrow", [False, True])
def test_a_row_has_its_studies_its_mean_and_its_numbers(narrow: bool) -> None:
    marks = Marks("<b>LLM</b>", "TS", 2000.0, "best possible", 3.0)
    figure = methods_figure(method_rows(11), marks, LIGHT, narrow=narrow)
    means = [trace for trace in figure.data if trace.mode == "markers" and len(trace.x) == 1]
    assert [(trace.x[0], trace.customdata[0]) for trace in means] == [(1200, "<b>LLM</b>"), (300, "TS")]
    assert means[0].marker.size > means[1].marker.size, "rows have the height of their importance"
    assert [list(trace.x) for trace in figure.data if trace.mode == "lines"] == [[1191, 1209], [291, 309]]
    lines = {shape.x0: shape.line.dash for shape in figure.layout.shapes if shape.x0 == shape.x1}
    assert lines == {2000: "dash", 3: "solid", 300: "dot"}
    (stretch,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert (stretch.x0, stretch.x1, stretch.fillcolor) == (300, 1200, LIGHT.gain_fill)
    text = " ".join(item.text for item in figure.layout.annotations)
    assert "&lt;b&gt;LLM" in text and "<b>LLM" not in text
    assert "best possible 2,000" in text and "never a message 3" in text and "40 %" in text


def test_a_loss_is_hatched_and_nothing_is_marked_where_nothing_is_compared() -> None:
    figure = methods_figure(method_rows(5), Marks("TS", "<b>LLM</b>"), LIGHT, narrow=False)
    (bar,) = [trace for trace in figure.data if trace.type == "bar"]
    assert (bar.base[0], bar.x[0], bar.marker.pattern.shape) == (300, 900, "/")
    bare = methods_figure(method_rows(1), Marks(), LIGHT, narrow=False)
    assert not bare.layout.shapes and all(trace.type == "scatter" for trace in bare.data)


def test_many_seeds_do_not_flood_the_chart() -> None:
    many = methods_figure(method_rows(5000), Marks(), LIGHT, narrow=False)
    assert max(len(trace.x) for trace in many.data) == N_TICKS


def test_more_the_same_and_less_stand_side_by_side() -> None:
    first, second = MoreSameLess(41, 54, 5), MoreSameLess(100, 0, 0)
    pairs = [Of100("A against <b>B</b>", *first, first.in_words), Of100("C against D", *second, second.in_words)]
    figure = of_100_figure(pairs, LIGHT)
    bars = [(trace.base, trace.x[0], trace.marker.pattern.shape) for trace in figure.data]
    assert bars == [(0, 41, ""), (41, 54, ""), (95, 5, "/"), (0, 100, "")]
    text = [item.text for item in figure.layout.annotations]
    assert "41 more, 54 the same, 5 less" in text and "<b>A against &lt;b&gt;B&lt;/b&gt;</b>" in text


def test_other_settings_are_marked_by_what_is_certain() -> None:
    places = [
        Elsewhere("gains", 10, 5, 15, True), Elsewhere("unsure", 1, -5, 7, False),
        Elsewhere("loses", -9, -12, -6, False),
    ]  # fmt: skip
    figure = elsewhere_figure(places, LIGHT)
    assert [trace.marker.color for trace in figure.data] == [LIGHT.gain, LIGHT.surface, LIGHT.loss_fill]
    assert [trace.marker.pattern.shape for trace in figure.data] == ["", "", "/"]


def test_curves_have_bands_where_there_are_intervals() -> None:
    look = method_styles([Standing.ALONE])[0]
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
        [Dot("A", "note", method_styles([Standing.JUDGED])[0], 80.0, 70.0, 90.0)], "steps", LIGHT, reference="as TS"
    )
    low, high = figure.layout.xaxis.range
    assert low < 0 < high
    assert any(shape.x0 == shape.x1 == 0 for shape in figure.layout.shapes)
