"""The learning curve."""

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import pytest

from jitai.charts.learning import LEVELS, LearningPoint, learning_figure
from jitai.charts.theme import DARK, LIGHT, Palette
from tests.figures import ranges

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
