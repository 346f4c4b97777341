"""The charts of one run say what its records say."""

from dataclasses import replace

import pytest

from jitai.charts.participant import (
    draws_figure,
    liking_figure,
    steps_to_come_figure,
)
from jitai.charts.theme import ACTION_STYLES, LIGHT
from jitai.corpus import TEST, StatementBook, load_part
from jitai.policies.registry import PolicySpec
from jitai.records import Action, Decision, Proposal, Verdict, VerdictSource
from jitai.simulator.config import DEFAULT_PRESET, PRESETS
from jitai.trial.filters import VETO, filter_spec
from jitai.trial.live import live_days
from jitai.trial.spec import TrialSpec
from tests.figures import ranges, with_mode

CONFIG = replace(PRESETS[DEFAULT_PRESET], study_length=30, cannot_walk_disengagement=0.0, disengagement_increment=0.0)


BOOK = StatementBook(load_part(TEST))


class HoldsBackOnLongTexts:
    """A judge without a model: vetoes some days, and not only the right ones."""

    def judge(self, text: str) -> Verdict:
        decision = Decision.HOLD_BACK if len(text) % 3 == 0 and text else Decision.SEND
        return Verdict(decision, None, VerdictSource.RULE, "")


SPEC = TrialSpec(CONFIG, policy=PolicySpec("thompson"), filter=filter_spec(VETO), seed=4)


RECORDS = list(live_days(SPEC, BOOK, HoldsBackOnLongTexts()))


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
