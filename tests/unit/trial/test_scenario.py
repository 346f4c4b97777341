"""A run as a value: the same scenario gives the same run, to the digit, through JSON and without its judge."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitai.corpus import TEST, StatementBook, load_part
from jitai.errors import JitaiError, ParameterError
from jitai.policies.registry import PolicySpec
from jitai.records import Action, Decision, JudgeReference, Label, StepRecord, Verdict, VerdictSource
from jitai.simulator.config import BETA, PRESETS, SimulatorConfig
from jitai.trial.filters import NONE, filter_spec
from jitai.trial.live import live_days
from jitai.trial.scenario import Scenario, compose, play, scenario_from_mapping
from jitai.trial.spec import TrialSpec
from jitai.trial.summary import share_of_best, summarise
from jitai.trial.texts import ScriptedDay

BOOK = StatementBook(load_part(TEST))
LABELS = {item.text: item.label for items in BOOK.by_label.values() for item in items}
REFERENCE = JudgeReference("scripted", name="a scripted judge")
MOSTLY, COMES_AND_GOES = PRESETS["Ability mostly lasts"], PRESETS["Ability comes and goes"]


class Scripted:
    """A scripted judge: for the scenario alone. It counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def judge(self, text: str) -> Verdict:
        if not text:
            return Verdict(Decision.SEND, None, VerdictSource.NO_STATEMENT, "")
        self.asked.append(text)
        sends = LABELS.get(text, Label.CANNOT_WALK) == Label.CAN_WALK
        return Verdict(
            Decision.SEND if sends else Decision.HOLD_BACK, 0.9123456789 if sends else 0.1, VerdictSource.MODEL, "why"
        )


DAYS = {
    3: ScriptedDay("my <b>knee</b> hurts", can_walk=False),
    5: ScriptedDay(action=int(Action.GENERIC)),
    9: ScriptedDay("", can_walk=True),
}


@pytest.mark.parametrize("policy", ["thompson", "planner", "random"])
@pytest.mark.parametrize("strategy", ["veto", "carry-forward", "sampled-veto", "belief", NONE])
@pytest.mark.parametrize("config", [MOSTLY, replace(MOSTLY, variation=BETA)])
def test_a_scenario_goes_through_json_to_the_digit_and_needs_no_judge_again(
    policy: str, strategy: str, config: SimulatorConfig
) -> None:
    spec = TrialSpec(config, PolicySpec(policy), filter_spec(strategy), seed=7)
    first = play(compose(spec, BOOK, DAYS, REFERENCE), Scripted())
    read_back = scenario_from_mapping(json.loads(json.dumps(first.scenario.as_mapping())))
    assert read_back == first.scenario
    again = play(read_back)
    assert [replace(r, verdict=None) for r in again.records] == [replace(r, verdict=None) for r in first.records]
    assert [r.verdict and (r.verdict.decision, r.verdict.p_send, r.verdict.source) for r in again.records] == [
        r.verdict and (r.verdict.decision, r.verdict.p_send, r.verdict.source) for r in first.records
    ]


def test_without_changes_it_is_the_live_run() -> None:
    spec = TrialSpec(MOSTLY, seed=50)
    lived = list(live_days(spec, BOOK, Scripted()))
    played = play(compose(spec, BOOK, judge=REFERENCE), Scripted())
    assert [replace(r, verdict=None) for r in played.records] == [replace(r, verdict=None) for r in lived]


def test_what_a_person_changes_is_done_and_is_no_veto() -> None:
    played = play(compose(TrialSpec(MOSTLY, PolicySpec("tailored"), seed=1), BOOK, DAYS, REFERENCE), Scripted())
    records = played.records
    assert records[3].statement == "my <b>knee</b> hurts" and records[3].statement_author == "typed"
    assert not records[3].can_walk and records[3].walk_state_was_set and records[3].vetoed
    assert records[5].executed_action == Action.GENERIC and records[5].action_was_chosen
    assert records[9].can_walk
    held = play(
        compose(TrialSpec(MOSTLY, PolicySpec("tailored"), seed=1), BOOK, {2: ScriptedDay(action=0)}, REFERENCE),
        Scripted(),
    )
    assert held.records[2].held_back and not held.records[2].vetoed


def test_a_truth_that_is_set_changes_the_words_that_follow() -> None:
    spec = TrialSpec(replace(MOSTLY, can_walk_persistence=1.0, cannot_walk_persistence=1.0), seed=2)
    unable = compose(spec, BOOK, {10: ScriptedDay(can_walk=False)})
    assert {LABELS[words] for words in unable.words[10:]} == {Label.CANNOT_WALK}
    assert {LABELS[words] for words in compose(spec, BOOK).words if words} == {Label.CAN_WALK}


def test_only_what_was_said_is_asked_once_and_kept() -> None:
    judge = Scripted()
    scenario = compose(TrialSpec(MOSTLY, seed=3), BOOK, DAYS, REFERENCE)
    played = play(scenario, judge)
    assert len(judge.asked) == len(set(judge.asked)) > 5
    assert set(played.scenario.verdicts) == set(judge.asked)
    assert set(played.scenario.unread) <= set(scenario.said)
    play(played.scenario, None)
    with pytest.raises(JitaiError, match="its judge is not there"):
        play(scenario, None)


def test_the_twin_meets_the_same_days() -> None:
    scenario = play(compose(TrialSpec(MOSTLY, seed=4), BOOK, DAYS, REFERENCE), Scripted()).scenario
    run, twin, best = play(scenario), play(scenario.without_judge()), play(scenario.under_the_optimum())
    for mine, other in zip(run.records, twin.records, strict=False):
        assert (mine.can_walk, mine.true_context, mine.statement) == (
            other.can_walk,
            other.true_context,
            other.statement,
        )
    assert all(record.verdict is None and not record.action_was_chosen for record in twin.records)
    alone = live_days(scenario.spec.without_filter(), BOOK, None, lambda day: _unchosen(DAYS.get(day)))
    assert [record.step_count for record in alone] == [record.step_count for record in twin.records]
    assert best.total_steps > run.total_steps


def _unchosen(day: ScriptedDay | None) -> ScriptedDay | None:
    return None if day is None else day._replace(action=None)


def test_the_optimum_lives_the_same_days() -> None:
    run = play(compose(TrialSpec(COMES_AND_GOES, seed=3), BOOK, {0: ScriptedDay("x", False)}, REFERENCE), Scripted())
    best = play(run.scenario.under_the_optimum()).records
    assert best[0].executed_action == Action.NO_MESSAGE, "it knows what a person has set"
    assert len(best) == COMES_AND_GOES.study_length, "also where the participant of the run has left before"
    share = share_of_best(run.records, best)
    assert share == pytest.approx(summarise(run.records).total_steps / summarise(best).total_steps)
    assert 0 < share < 1
    assert share_of_best((), best[:1]) is None, "nothing has been earned yet"


def test_a_run_can_be_followed_and_ended_from_outside() -> None:
    scenario, days = compose(TrialSpec(MOSTLY, seed=4), BOOK, {}, REFERENCE), []

    def note(record: StepRecord) -> None:
        days.append(record)
        if len(days) == 5:
            raise JitaiError("enough")

    with pytest.raises(JitaiError, match="enough"):
        play(scenario, Scripted(), note)
    assert tuple(days) == play(scenario, Scripted()).records[:5]


GOOD = play(compose(TrialSpec(MOSTLY, seed=5), BOOK, DAYS, REFERENCE), Scripted()).scenario.as_mapping()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scenario": 3}, "version 3; this program reads up to 2"),
        ({"scenario": "1"}, "no scenario"),
        ({"seed": -1}, '"seed" must be at least 0, not -1'),
        ({"seed": 2**40}, '"seed" must be at most'),
        ({"seed": True}, '"seed" must be a whole number, not true'),
        ({"seed": 10**5000}, '"seed" must be at most .*, not so large a number'),
        ({"scenario": 10**5000}, "version so large a number; this program reads"),
        ({"trial": {}}, "trial: the field 'policy' is missing"),
        ({"trial": {**GOOD["trial"], "format": 3}}, "format 3; this program reads"),
        ({"trial": {**GOOD["trial"], "belief": 1}}, "trial: "),
        ({"words": {"1": "a", "01": "b"}}, "words: '01' is no day"),
        ({"verdicts": [GOOD["verdicts"][0]] * 2}, "two on the same words"),
        ({"trial": {**GOOD["trial"], "policy": {"key": "thomson", "settings": {}}}}, "did you mean 'thompson'"),
        ({"words": {"51": "too late"}}, "words: '51' is no day"),
        ({"words": {"1": 3}}, r'"1" must be a text, not 3 \(in "words"\)'),
        ({"words": {"1": "a" * 30_000}}, '"1" holds 30,000 characters: at most 20,000'),
        ({"days": {"4": {"action": 7}}}, r'"action" must be at most 3, not 7 \(in "days", "4"\)'),
        ({"days": {"4": {"acton": 1}}}, "did you mean 'action'"),
        ({"days": {"x": {}}}, "days: 'x' is no day"),
        ({"kinds": ["plane"]}, "did you mean 'plain'"),
        ({"judge": {"prompt": "x"}}, r'"key" is missing \(in "judge"\)'),
        ({"judge": {"key": " "}}, '"key" must be a text that is not empty'),
        ({"days": {"4": {"action": True}}}, '"action" must be a whole number, not true'),
        ({"days": {"4": {"action": 1.0}}}, '"action" must be a whole number, not 1.0'),
        ({"days": {"4": {"can_walk": 1}}}, '"can_walk" must be true or false, not 1'),
        ({"days": {"4": {"text": "half \ud800"}}}, "UTF-8"),
        ({"kinds": []}, '"kinds" holds 0 values'),
        ({"words": None}, '"words" must hold names and values'),
        ({"verdicts": [{"words": "a", "decision": "send", "source": "model", "latency_ms": float("nan")}]}, "finite"),
        ({"verdicts": [{"words": "a", "decision": "send", "source": "modle"}]}, "\"source\" must be 'model', 'cache'"),
        (
            {"verdicts": [{"words": "a", "decision": "maybe", "source": "model"}]},
            r'"decision" must be .*, not \'maybe\' \(in "verdicts", number 1\)',
        ),
        (
            {"verdicts": [{"words": "a", "decision": "send", "source": "model", "p_send": 2}]},
            '"p_send" must be at most 1, not 2',
        ),
        ({"wordz": {}}, "did you mean 'words'"),
    ],
)
def test_a_wrong_scenario_is_told_what_is_wrong(change: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        scenario_from_mapping({**GOOD, **change})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(sorted(GOOD)), json_values)
def test_only_our_errors_come_out_of_any_field(name: str, value: object) -> None:
    try:
        found = scenario_from_mapping({**GOOD, name: value})
    except JitaiError:
        return
    assert isinstance(found, Scenario)
    assert np.isfinite(found.spec.seed)
