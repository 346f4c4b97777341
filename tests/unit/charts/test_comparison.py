"""The charts of methods side by side."""

import numpy as np

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
from jitai.charts.theme import LIGHT
from jitai.records import Role


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
    assert len({(look.marker, look.dash) for look in styles}) == len(styles)
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
