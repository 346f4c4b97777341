"""The map of a sweep, and the line over the judge's error."""

import pytest

from jitai.charts.comparison import Standing, method_styles
from jitai.charts.sweep import MapTile, Point, error_figure, map_figure
from jitai.charts.theme import DARK, LIGHT, Palette


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_map_marks_what_pays_hatches_what_hurts_and_leaves_blank_what_nobody_can_tell(palette: Palette) -> None:
    places = [
        MapTile(0, 0, 100.0, 90.0, 110.0, True, "words"), MapTile(1, 0, 5.0, -10.0, 20.0, False, "words"),
        MapTile(0, 1, -60.0, -80.0, -40.0, True, "words"),
    ]  # fmt: skip
    figure = map_figure(places, ["0.5", "0.7"], ["0 %", "50 %"], "across", "upwards", palette)
    contour, numbers = figure.data
    assert (contour.type, numbers.type) == ("contour", "scatter")
    assert [list(row) for row in contour.z] == [[100, 5], [-60, None]]
    assert (contour.contours.start, contour.contours.end) == (0, 0)
    assert list(numbers.text) == ["+100", "+5", "−60"]
    assert [list(item) for item in numbers.customdata] == [[0, 0], [1, 0], [0, 1]]
    pays, blank, hurts = (shape.fillcolor for shape in figure.layout.shapes if shape.type == "rect")
    assert blank == palette.background and len({pays, blank, hurts}) == 3
    assert channel(pays, 1) > channel(hurts, 1), "a gain is yellow, a loss vermilion"
    faint = map_figure([MapTile(0, 0, 1.0, 0.5, 2.0, True, ""), places[0]], ["a"], ["b"], "", "", palette)
    assert len({shape.fillcolor for shape in faint.layout.shapes}) == 2, "stronger where there is more"
    assert len([shape for shape in figure.layout.shapes if shape.type == "path"]) == 1, "only a loss is hatched"
    assert "contour" not in {trace.type for trace in map_figure(places[:2], ["a", "b"], ["c", "d"], "", "", LIGHT).data}


def channel(colour: str, number: int) -> int:
    return int(colour[1 + 2 * number : 3 + 2 * number], 16)


def test_one_seed_has_no_ends_in_the_hover_box() -> None:
    one, many = Point(0.0, 100.0, float("nan"), float("nan")), Point(0.1, 90.0, 80.0, 100.0)
    styles = method_styles([Standing.JUDGED, Standing.ALONE])
    figure = error_figure([one, many], [one], ("LLM+TS", "TS"), (styles[0], styles[1]), 120.0, None, LIGHT)
    assert [list(line.customdata) for line in figure.data if line.name == "LLM+TS"] == [[["", 0], [" (80 to 100)", 2]]]
    assert [list(line.customdata) for line in figure.data if line.name == "TS"] == [[["", 1]]]


def test_the_crossing_is_marked_with_its_range() -> None:
    points = [Point(0.0, 100.0, 90.0, 110.0), Point(0.5, 40.0, 30.0, 50.0)]
    base = [Point(0.0, 60.0, 55.0, 65.0), Point(0.5, 60.0, 55.0, 65.0)]
    styles = method_styles([Standing.JUDGED, Standing.ALONE])
    marked = error_figure(points, base, ("LLM+TS", "TS"), (styles[0], styles[1]), 120.0, (0.3, 0.2, None), LIGHT)
    areas = [shape for shape in marked.layout.shapes if shape.type == "rect"]
    assert [(area.x0, area.x1) for area in areas] == [(0.2, 0.5)]
    assert any("stops paying at 30 %" in item.text for item in marked.layout.annotations)
    bare = error_figure(points, base, ("LLM+TS", "TS"), (styles[0], styles[1]), 120.0, None, LIGHT)
    assert not [shape for shape in bare.layout.shapes if shape.type == "rect"]
