"""A run under the simulated judge is one of an experiment's cell, to the digit, and needs no stored verdicts."""

import json
from dataclasses import replace

import pytest

from jitai.corpus import TEST, StatementBook, load_part
from jitai.errors import ParameterError
from jitai.experiments.cell import CellWork, lived_trial, run_cell
from jitai.experiments.judgements import simulated_responses
from jitai.experiments.methods import offered_methods
from jitai.judge.simulated import SimulatedSettings, simulated_reference
from jitai.records import VerdictSource
from jitai.simulator.config import PRESETS, SimulatorConfig
from jitai.trial.fork import fork
from jitai.trial.scenario import Played, Scenario, compose, play, scenario_from_mapping
from jitai.trial.spec import TrialSpec

BOOK = StatementBook(load_part(TEST))
READERS = {name: method for name, (method, _) in offered_methods().items() if method.reads_text}


def a_run(rates: tuple[float, float], spec: TrialSpec | None = None) -> Scenario:
    return compose(spec or TrialSpec(), BOOK, judge=simulated_reference(SimulatedSettings(*rates)))


def verdicts_of(run: Played) -> list[tuple[str, float | None]]:
    return [(record.verdict.decision, record.verdict.p_send) for record in run.records if record.verdict]


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("rates", [(0.8, 0.2), (0.5, 0.5), (0.95, 0.0)])
def test_a_run_is_the_cell_s_to_the_digit(name: str, rates: tuple[float, float]) -> None:
    config = SimulatorConfig(**(PRESETS["Ability mostly lasts"].as_mapping() | {"study_length": 25}))
    work = CellWork(READERS[name].trial(config, rates), 40, 3, simulated_responses(*rates))
    log = run_cell(work).result
    for place, seed in enumerate(log.seeds):
        run = play(a_run(rates, replace(lived_trial(work), seed=seed)))
        assert [record.step_count for record in run.records] == log.step_count[place][log.lived[place]].tolist()
        actions = [int(record.executed_action) for record in run.records]
        assert actions == log.executed_action[place][log.lived[place]].tolist()


def test_its_verdicts_come_back_without_being_stored() -> None:
    run = play(a_run((0.7, 0.3)))
    assert not run.scenario.verdicts and not run.scenario.unread
    written = json.loads(json.dumps(run.scenario.as_mapping()))
    assert written["judge"]["error_rates"] == {"finds_cannot_walk": 0.7, "false_alarms": 0.3}
    back = scenario_from_mapping(written)
    assert back == run.scenario and play(back).records == run.records


def test_verdicts_say_that_nobody_read_and_follow_the_rates() -> None:
    run = play(a_run((1.0, 0.0)))
    drawn = [record for record in run.records if record.statement]
    assert {record.verdict.source for record in drawn if record.verdict} == {VerdictSource.SIMULATED}
    assert all(record.verdict and "not read" in record.verdict.reason for record in drawn)
    assert [record.verdict.decision == "send" for record in drawn if record.verdict] == [
        record.can_walk for record in drawn
    ]
    assert verdicts_of(play(a_run((0.0, 1.0)))) != verdicts_of(run)


def test_typed_words_are_judged_by_what_is_true_of_the_day() -> None:
    scenario = a_run((1.0, 0.0))
    for can_walk in (True, False):
        changed = play(fork(scenario, BOOK, 3, words="anything at all", can_walk=can_walk)).records[3].verdict
        assert changed is not None and changed.statement == "anything at all"
        assert (changed.decision == "send") == can_walk


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ({"finds_cannot_walk": 1.2, "false_alarms": 0.1}, "finds_cannot_walk.+must be at most 1"),
        ({"finds_cannot_walk": 0.9}, "false_alarms"),
        ([0.9, 0.1], "error_rates"),
    ],
)
def test_rates_that_are_none_are_refused_by_name(rates: object, said: str) -> None:
    written = a_run((0.9, 0.1)).as_mapping()
    written["judge"]["error_rates"] = rates
    with pytest.raises(ParameterError, match=said):
        scenario_from_mapping(written)


def test_stored_verdicts_beside_drawn_ones_are_refused() -> None:
    written = a_run((0.9, 0.1)).as_mapping()
    written["verdicts"] = [{"words": "I am fine", "decision": "send", "source": "model"}]
    with pytest.raises(ParameterError, match="a simulated judge has none"):
        scenario_from_mapping(written)
