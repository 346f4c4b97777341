"""The previews of the simulator."""

import plotly.graph_objects as go

from jitai.charts.simulation import ability_figure, schedule_figure
from jitai.charts.theme import LIGHT
from tests.figures import bars, ranges, ribbon


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
    assert lines == [habituation, risk]
    [line] = figure(2).layout.shapes
    of_risk = next(trace for trace in figure(2).data if trace.name == "disengagement risk")
    assert (line.y0, line.yref.split()[0]) == (0.9, of_risk.yaxis), "habituation reaches 1 harmlessly"


def test_ability_crosses_are_the_days_without() -> None:
    paths = {"seed 1": [1, 0, 1], "seed 2": [0, 0, 1]}
    drawn = ribbon(ability_figure(paths, LIGHT))
    assert [list(row) for row in drawn.z] == list(paths.values())
    assert [[bool(sign) for sign in row] for row in drawn.text] == [
        [not state for state in row] for row in paths.values()
    ]
    assert list(drawn.y) == list(paths)
