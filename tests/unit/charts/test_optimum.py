"""The map of a policy."""

import plotly.graph_objects as go
import pytest

from jitai.charts.optimum import policy_map_figure
from jitai.charts.theme import ACTION_STYLES, DARK, LETTER_COLOUR, LIGHT, Palette
from jitai.records import Action
from tests.figures import luminance, ranges, ribbon, with_mode

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


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_letters_of_a_policy_map_are_legible(palette: Palette) -> None:
    for action in Action:
        contrast = (luminance(palette.action(action)) + 0.05) / (luminance(LETTER_COLOUR) + 0.05)
        assert contrast > 3, "large text, WCAG 2.2 AA"
