"""The charts of one run say what its records say, on axes that stay where they are."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import plotly.graph_objects as go
import pytest

from jitai.charts.participant import (
    TEXT_UNREAD,
    cumulative_figure,
    draws_figure,
    liking_figure,
    steps_to_come_figure,
    trajectory_figure,
)
from jitai.charts.simulation import ability_figure
from jitai.charts.theme import ACTION_STYLES, DARK, LETTER_COLOUR, LIGHT, Palette
from jitai.corpus import TEST, StatementBook, load_part
from jitai.policies.registry import PolicySpec
from jitai.records import Action, Decision, Proposal, StepRecord, Verdict, VerdictSource
from jitai.simulator.config import DEFAULT_PRESET, PRESETS
from jitai.trial.filters import VETO, filter_spec
from jitai.trial.live import live_days
from jitai.trial.spec import TrialSpec
from tests.figures import bars, hatched, ranges, ribbon, with_mode

CONFIG = replace(PRESETS[DEFAULT_PRESET], study_length=30, cannot_walk_disengagement=0.0, disengagement_increment=0.0)


BOOK = StatementBook(load_part(TEST))


class HoldsBackOnLongTexts:
    """A judge without a model: vetoes some days, and not only the right ones."""

    def judge(self, text: str) -> Verdict:
        decision = Decision.HOLD_BACK if len(text) % 3 == 0 and text else Decision.SEND
        return Verdict(decision, None, VerdictSource.RULE, "")


SPEC = TrialSpec(CONFIG, policy=PolicySpec("thompson"), filter=filter_spec(VETO), seed=4)


RECORDS = list(live_days(SPEC, BOOK, HoldsBackOnLongTexts()))


TWIN = list(live_days(SPEC.without_filter(), BOOK, None))


UNABLE = [record.observation.decision_index + 1 for record in RECORDS if not record.can_walk]


HELD_BACK = [record.observation.decision_index + 1 for record in RECORDS if record.held_back]


def trajectory(records: Sequence[StepRecord], palette: Palette = LIGHT, reveal: bool = True) -> go.Figure:
    return trajectory_figure(
        records, TWIN[: len(records)], n_days=CONFIG.study_length, most_steps=CONFIG.most_steps, threshold=0.99,
        palette=palette, reveal=reveal,
    )  # fmt: skip


def cumulative(records: Sequence[StepRecord], twin: Sequence[StepRecord]) -> go.Figure:
    return cumulative_figure(
        records, twin, n_days=CONFIG.study_length, most_steps=CONFIG.most_steps, palette=LIGHT
    )  # fmt: skip


def test_there_is_something_to_draw() -> None:
    assert len(RECORDS) == len(TWIN) == 30
    assert UNABLE
    assert HELD_BACK
    assert {record.executed_action for record in RECORDS} == set(Action)


@pytest.mark.parametrize("n_days", [0, 1, 15, 30])
def test_axes_are_fixed_before_the_first_day(n_days: int) -> None:
    whole, part = trajectory(RECORDS), trajectory(RECORDS[:n_days])
    assert ranges(part) == ranges(whole)
    assert {"xaxis", "xaxis2", "xaxis3", "yaxis", "yaxis2"} <= set(ranges(part))
    assert ranges(cumulative(RECORDS[:n_days], TWIN[:n_days])) == ranges(cumulative(RECORDS, TWIN))
    assert {"xaxis", "yaxis"} == set(ranges(cumulative([], [])))
    assert [trace.name for trace in part.data] == [trace.name for trace in whole.data], "the legend does not jump"
    assert all(trace.x for trace in part.data if trace.showlegend is not False and trace.type == "scatter")


def test_everything_drawn_lies_within_the_axes() -> None:
    figure = trajectory(RECORDS)
    low, high = ranges(figure)["yaxis"]
    assert all(low <= height <= high for height, _ in bars(figure).values())
    low, high = ranges(figure)["xaxis"]
    assert all(low <= day - 0.5 < day + 0.5 <= high for day in bars(figure))
    low, high = ranges(figure)["yaxis2"]
    assert all(low <= record.habituation <= high and low <= record.disengagement_risk <= high for record in RECORDS)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("n_days", [0, 1, 30])
def test_a_bar_a_day_as_high_as_its_steps_in_the_colour_of_what_was_done(n_days: int, palette: Palette) -> None:
    records = RECORDS[:n_days]
    expected = {
        record.observation.decision_index + 1: (record.step_count, palette.action(record.executed_action))
        for record in records
    }
    assert bars(trajectory(records, palette)) == expected


def test_hatched_days_are_those_without_ability() -> None:
    [band] = hatched(trajectory(RECORDS))
    assert list(band.x) == UNABLE
    assert band.width == 1
    assert not hatched(trajectory(RECORDS, reveal=False)), "nothing is hatched while the truth is hidden"


def test_crosses_are_the_days_held_back() -> None:
    crosses = [
        trace for trace in trajectory(RECORDS).data if trace.type == "scatter" and trace.marker.symbol == "x-thin"
    ]
    assert [list(trace.x) for trace in crosses] == [HELD_BACK]
    [cross] = crosses
    assert list(cross.customdata) == [record.candidate_action.label for record in RECORDS if record.held_back]
    # What a judge that cannot answer holds back is no veto.
    records = [replace(record, rule_stood_in=record.held_back and number > 9) for number, record in enumerate(RECORDS)]
    [cross] = [
        trace for trace in trajectory(records).data if trace.type == "scatter" and trace.marker.symbol == "x-thin"
    ]
    assert list(cross.x) == [day for day in HELD_BACK if day <= 10] != HELD_BACK


def test_ribbon_letters_and_numbers_are_the_actions() -> None:
    drawn = ribbon(trajectory(RECORDS))
    expected = [
        [record.allowed_action for record in RECORDS],
        [record.executed_action for record in RECORDS],
        [record.candidate_action for record in RECORDS],
    ]
    assert [list(row) for row in drawn.z] == expected
    assert [list(row) for row in drawn.text] == [[ACTION_STYLES[action].letter for action in row] for row in expected]
    assert list(drawn.x) == list(range(1, 31))
    letters = [style.letter for style in ACTION_STYLES.values()]
    assert len(set(letters)) == len(set(Action)) == len(letters)
    hidden = ribbon(trajectory(RECORDS, reveal=False))
    assert set(hidden.z[0]) == {None}
    assert set(hidden.text[0]) == {""}
    assert [list(row) for row in hidden.z[1:]] == expected[1:]


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_ribbon_cell_has_the_colour_of_its_action(palette: Palette) -> None:
    drawn = ribbon(trajectory(RECORDS, palette))
    for action in Action:
        place = (action - drawn.zmin) / (drawn.zmax - drawn.zmin)
        below = [colour for edge, colour in drawn.colorscale if edge < place]
        above = [colour for edge, colour in drawn.colorscale if edge > place]
        assert below[-1] == above[0] == palette.action(action)


def test_the_twin_is_drawn_day_by_day() -> None:
    lines = [trace for trace in trajectory(RECORDS).data if trace.type == "scatter" and trace.line.shape == "hvh"]
    assert [list(trace.y) for trace in lines] == [[record.step_count for record in TWIN]]


def test_cumulative_lines_end_at_the_totals() -> None:
    alone, filtered = cumulative(RECORDS, TWIN).data
    assert list(filtered.y) == pytest.approx([0.0, *accumulate(record.step_count for record in RECORDS)])
    assert list(alone.y) == pytest.approx([0.0, *accumulate(record.step_count for record in TWIN)])
    assert list(filtered.x) == list(range(31))
    short = cumulative(RECORDS, TWIN[:10]).data[0]
    assert set(short.y[10:]) == {short.y[10]}, "who has left walks no further"


def test_the_cumulative_axis_grows_where_it_must() -> None:
    rich = [replace(record, step_count=CONFIG.most_steps) for record in RECORDS]
    assert ranges(cumulative(rich, TWIN))["yaxis"][1] >= 30 * CONFIG.most_steps


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


def test_the_twin_bears_its_name() -> None:
    other = trajectory_figure(
        RECORDS, TWIN, n_days=30, most_steps=200.0, threshold=0.99, palette=LIGHT, twin=TEXT_UNREAD
    )
    assert {trace.name for trace in trajectory(RECORDS).data} - {trace.name for trace in other.data} == {"no filter"}
    assert "text unread" in [trace.name for trace in other.data]
    lines = cumulative_figure(RECORDS, TWIN, n_days=30, most_steps=200.0, palette=LIGHT, twin=TEXT_UNREAD)
    assert lines.data[0].name == "same seed with the text unread"


def test_without_a_twin_there_is_no_line_of_one() -> None:
    figure = cumulative_figure(RECORDS, (), n_days=30, most_steps=200.0, palette=LIGHT, twin="")
    assert [line.name for line in figure.data] == ["this run"]
    assert figure.data[0].fill is None
    steps = trajectory_figure(RECORDS, (), n_days=30, most_steps=200.0, threshold=0.99, palette=LIGHT, twin="")
    assert not [line for line in steps.data if line.name in ("no filter", "text unread")]


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_letters_on_coloured_squares_are_those_of_the_map(palette: Palette) -> None:
    assert ribbon(trajectory(RECORDS, palette)).textfont.color == LETTER_COLOUR
    [squares] = ability_figure({"seed 1": [1, 0]}, palette).data
    assert squares.textfont.color == LETTER_COLOUR
