"""The map of a sweep, and the line over the judge's error."""

import pytest

from jitai.charts.comparison import (
    method_styles,
)
from jitai.charts.sweep import MapTile, Point, error_figure, map_figure
from jitai.charts.theme import DARK, LIGHT, Palette
from jitai.records import Role


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_map_writes_every_number_and_hatches_what_is_not_sure(palette: Palette) -> None:
    places = [
        MapTile(0, 0, 100.0, 90.0, 110.0, True, "words"), MapTile(1, 0, 5.0, -10.0, 20.0, False, "words"),
        MapTile(0, 1, -60.0, -80.0, -40.0, True, "words"),
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
