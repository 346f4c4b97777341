"""Trained policies as plain numbers: what they see and say, what a file may hold, and when to warn."""

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from jitai.corpus import TEST, StatementBook, load_part
from jitai.errors import FileFormatError, JitaiError, ParameterError
from jitai.policies.base import PolicyInputs, Truth, View
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import (
    OBSERVATION_LABELS,
    Layer,
    PolicyNetwork,
    check_learned_observations,
    features,
)
from jitai.policies.registry import PolicySpec, trained
from jitai.policies.trained import TrainedPolicy, TrainedSettings
from jitai.simulator.config import PRESETS, SimulatorConfig
from jitai.trial.filters import NONE, VETO, filter_spec
from jitai.trial.live import live_days
from jitai.trial.loop import run_trial
from jitai.trial.spec import LEARNED, TrialSpec
from jitai.trial.training_mismatch import mismatch_of_participant, mismatch_of_trial
from jitai.trial.verdict_table import PreparedJudge
from tests.networks import random_network

DAY_3 = View(*(np.array([value]) for value in (3, 0.8, 1, 0.2, 0.3, 120.0)))
RNG = np.random.default_rng(0)
BOOK = StatementBook(load_part(TEST))


def test_what_is_shown_is_in_the_order_of_the_names() -> None:
    told = DAY_3._replace(belief=np.array([0.6]), truth=Truth(can_walk=np.array([1]), true_context=np.array([0])))
    shown = features(("day", "T", "S", "B", "P", "L", "H", "D", "C"), told, 50)
    np.testing.assert_allclose(shown, [[0.06, 1, 0.6, 0.6, 0.8, 1, 0.2, 0.3, 0]], rtol=1e-6)
    assert shown.dtype == np.float32
    two = View(np.array([10, 10]), np.array([0.1, 0.9]), *np.zeros((4, 2)))
    np.testing.assert_allclose(features(("B", "day", "P"), two, 50), [[1, 0.2, 0.1], [1, 0.2, 0.9]], rtol=1e-6)


def opened(network: PolicyNetwork) -> TrainedPolicy:
    """The policy of a network, for one participant of a study of 50 days."""
    config = SimulatorConfig(study_length=50)
    return TrainedPolicy(TrainedSettings(network), PolicyInputs(config, config, BeliefSettings(), 1, list))


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_network_is_the_textbooks(activation: str) -> None:
    network = random_network(activation=activation)
    shown = RNG.random((7, 6))
    values = shown
    for number, (weights, bias) in enumerate(network.layers):
        values = values @ weights + bias
        if number < 2:
            values = np.tanh(values) if activation == "tanh" else np.maximum(values, 0)
    np.testing.assert_allclose(network.outputs(shown), values, rtol=1e-10, atol=1e-12)
    # A row alone gives the very same bits as among others.
    assert (network.outputs(shown)[3] == network.outputs(shown[3])).all()


def test_probabilities_or_steps_stand_beside_the_action() -> None:
    likely = opened(random_network(("P", "H"))).propose(DAY_3)
    [probabilities] = likely.details["action_probabilities"]
    assert probabilities.sum() == pytest.approx(1)
    assert likely.candidate_action == [np.argmax(probabilities)]
    assert likely.preference.tolist() == [probabilities.tolist()] and set(likely.details) == {"action_probabilities"}
    network = random_network(("P", "H"), "dqn")
    valued = opened(network).propose(DAY_3)
    np.testing.assert_allclose(valued.details["discounted_steps"], [2000 * network.outputs([0.8, 0.2])], rtol=1e-5)
    assert valued.preference is valued.details["discounted_steps"] and set(valued.details) == {"discounted_steps"}


def test_a_policy_asks_to_be_told_what_it_sees_and_nothing_else() -> None:
    networks = [random_network(names) for names in (("P", "D"), ("P", "B"), ("C", "D"))]
    assert [trained(network).uses_belief for network in networks] == [False, True, False]
    assert [trained(network).is_privileged for network in networks] == [False, False, True]
    with pytest.raises(JitaiError, match="true context"):
        opened(networks[2]).propose(DAY_3)
    on_belief = opened(networks[1])
    unsaid, sure, surely_not = (
        on_belief.propose(DAY_3._replace(belief=belief)) for belief in (None, np.array([1.0]), np.array([0.0]))
    )
    assert unsaid.preference.tolist() == sure.preference.tolist() != surely_not.preference.tolist()
    on_belief.learn(DAY_3, sure.candidate_action, np.array([100.0]), np.array([True]))
    assert on_belief.propose(DAY_3).preference.tolist() == sure.preference.tolist(), "it learns nothing more"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("P", "X"), "There is no observation 'X'"),
        (("P", "Day"), "did you mean 'day'"),
        (("P", "P"), "at most once"),
        ((), "none"),
        (("C", "B"), "privileged"),
    ],
)
def test_wrong_observations_are_refused_in_a_sentence(names: tuple[str, ...], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        check_learned_observations(names)


def test_a_policy_survives_its_file() -> None:
    network = random_network()
    again = PolicyNetwork.from_mapping(json.loads(json.dumps(network.as_mapping())))
    assert again == network and hash(again) == hash(network) and again.digest == network.digest
    shown = RNG.random((50, 6))
    assert (again.outputs(shown) == network.outputs(shown)).all()
    assert random_network(seed=1) != network
    renamed = replace(network, name="other")
    assert renamed != network and renamed.digest == network.digest
    assert network != "network"


def broken(change: Any) -> Any:
    content = deepcopy(random_network().as_mapping())
    change(content)
    return content


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "JSON object"),
        (broken(lambda c: c.update(format="other")), "format"),
        (broken(lambda c: c.pop("name")), '"name"'),
        (broken(lambda c: c.update(algorithm="sac")), "no algorithm 'sac'"),
        (broken(lambda c: c.update(observations=["P", "Z", "H", "D", "B", "day"])), "'Z'"),
        (broken(lambda c: c.update(observations=["P"])), "takes 1 numbers"),
        (broken(lambda c: c.update(observations="PLHDB")), '"observations"'),
        (broken(lambda c: c.update(activation="step")), "tanh and relu"),
        (broken(lambda c: c.update(steps_per_value=0)), "above 0"),
        (broken(lambda c: c.update(steps_per_value=True)), '"steps_per_value" must be a finite number, not true'),
        (broken(lambda c: c.update(layers=[])), "1 to 4"),
        (
            broken(lambda c: c.update(layers=[1, 2])),
            '"layers", number 1, must hold names and values',
        ),
        (broken(lambda c: c["layers"].pop()), "last gives 4"),
        (broken(lambda c: c.update(layers=c["layers"] * 2)), '"layers" holds 6 values: at most 4'),
        (broken(lambda c: c["layers"][0]["weights"].pop()), "takes 6 numbers"),
        (broken(lambda c: c["layers"][0].update(weights=[])), "1 to 256 rows of the same length"),
        (
            broken(lambda c: c["layers"][0]["weights"][1].__setitem__(2, None)),
            r'"weights", number 2, number 3, must be a finite number, not null \(in "layers", number 1\)',
        ),
        (broken(lambda c: c["layers"][0]["weights"][1].pop()), "same length"),
        (broken(lambda c: c["layers"][1]["bias"].append(0.0)), "at most 256"),
        (broken(lambda c: c["layers"][1]["bias"].extend([0.0] * 256)), '"bias" holds .* values: at most 256'),
        (broken(lambda c: c["layers"][1]["bias"].__setitem__(0, float("nan"))), "finite"),
        (broken(lambda c: c["layers"][1]["bias"].__setitem__(0, 10**400)), "so large a number"),
        (broken(lambda c: c["layers"][1]["bias"].__setitem__(0, "1")), '"bias", number 1, must be a finite number'),
        (broken(lambda c: c["layers"][0].update(weights=[[0.0] * 300] * 6)), "at most 256"),
        (broken(lambda c: c["trained_on"].update(participants=[])), '"participants" holds 0 values: at least 1'),
        (broken(lambda c: c["trained_on"].update(participants=[{}] * 65)), "65 values: at most 64"),
        (broken(lambda c: c["trained_on"].update(learning={f"a{n}": 1 for n in range(101)})), "at most 100 names"),
        (broken(lambda c: c["trained_on"].pop("belief")), '"belief" is missing'),
        (broken(lambda c: c["trained_on"].update(participants=[[1]])), "names and values"),
        (broken(lambda c: c["trained_on"].update(belief={"x": [1]})), "numbers, words"),
        (broken(lambda c: c["trained_on"].update(n_steps="many")), "\"n_steps\" must be a whole number, not 'many'"),
        (broken(lambda c: c["trained_on"].update(n_steps=True)), '"n_steps" must be a whole number, not true'),
        (broken(lambda c: c["trained_on"].update(n_steps=10**30)), '"n_steps" must be below 9,007,199,254,740,992'),
        (broken(lambda c: c["trained_on"].update(n_steps=-1)), '"n_steps" must be at least 0, not -1'),
        (broken(lambda c: c["trained_on"].update(minutes=10**400)), '"minutes" must be a finite number, not so large'),
        (broken(lambda c: c["trained_on"].update(minutes=float("nan"))), "finite number"),
        (
            broken(lambda c: c.update(steps_per_value=10**400)),
            '"steps_per_value" must be a finite number, not so',
        ),
        (broken(lambda c: c.update(steps_per_value=1e308)), "at most 1,000,000,000"),
        (broken(lambda c: c.update(name="half \ud800")), "UTF-8"),
        (broken(lambda c: c["trained_on"].update(judge="half \ud800")), "UTF-8"),
        (broken(lambda c: c["trained_on"].update(participants=[{"\ud800": 1}])), "UTF-8"),
        (broken(lambda c: c["layers"][0]["weights"][0].__setitem__(0, 1e308)), "beyond 1,000,000"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence(content: object, words: str) -> None:
    with pytest.raises(FileFormatError, match=words):
        PolicyNetwork.from_mapping(content)


def test_impossible_networks_are_refused() -> None:
    with pytest.raises(ParameterError, match="0 layers"):
        random_network(layers=())
    with pytest.raises(ParameterError, match="Layer 1"):
        random_network(("P",), layers=(Layer(np.zeros((1, 5)), np.zeros(5)),))


def test_a_trial_without_its_network_is_refused() -> None:
    spec = TrialSpec(policy=PolicySpec(LEARNED), filter=filter_spec(NONE))
    with pytest.raises(ParameterError, match="trained one, but none is given"):
        next(live_days(spec, BOOK, None))
    with pytest.raises(ParameterError, match="trained one, but none is given"):
        run_trial(spec, [1], None)


def test_the_day_is_a_share_of_the_study_at_hand() -> None:
    """The study's length is known from its design, so a policy of a longer study hurries up in a shorter one."""
    weights = np.zeros((1, 4))
    weights[0, 3] = 1.0
    network = random_network(("day",), layers=(Layer(weights, np.array([0.45, 0, 0, 0])),))
    spec = TrialSpec(SimulatorConfig(study_length=10, can_walk_persistence=1.0), trained(network))
    actions = [int(record.candidate_action) for record in live_days(spec, BOOK, None)]
    assert actions == [0] * 5 + [3] * 5


def test_what_differs_from_the_training_is_named() -> None:
    cells = tuple(replace(SimulatorConfig(), disengagement_increment=value) for value in (0.05, 0.4))
    network = random_network(participants=cells)
    assert mismatch_of_participant(network, cells[1]) == ()
    sentences = mismatch_of_participant(
        network, replace(cells[0], disengagement_increment=0.2, repeats_while_unable=False)
    )
    assert len(sentences) == 2
    assert "(ε_d) is 0.2; it was trained at 0.05 and 0.4." in sentences[0]
    assert "is no; it was trained at yes." in sentences[1]


def test_filter_and_judge_count_as_well() -> None:
    config = PRESETS["Ability mostly lasts"]
    network = random_network(participants=(config,))
    same = TrialSpec(config, trained(network), filter=filter_spec(NONE))
    assert mismatch_of_trial(network, same) == ()
    found = mismatch_of_trial(
        network, replace(same, filter=filter_spec(VETO), belief=BeliefSettings(0.7)), is_read=False
    )
    assert len(found) == 3
    assert "The filter is “veto”; it was trained with “no filter”." in found
    assert any("0.7; it was trained at 0.93" in sentence for sentence in found)
    assert any("No judge is selected" in sentence for sentence in found)
    blind = random_network(("P", "D"), participants=(config,))
    assert mismatch_of_trial(blind, replace(same, belief=BeliefSettings(0.7)), is_read=False) == ()


def test_the_belief_reaches_a_policy_without_a_filter() -> None:
    weights = np.zeros((1, 4))
    weights[0, 1] = 1.0
    network = random_network(("B",), layers=(Layer(weights, np.array([0.5, 0, 0, 0])),))
    config = PRESETS["Ability comes and goes"]
    judge = PreparedJudge(
        {item.text: float(item.label == "can_walk") for part in BOOK.by_label.values() for item in part}
    )
    spec = TrialSpec(config, trained(network), filter=filter_spec(NONE))
    records = list(live_days(spec, BOOK, judge))
    assert {record.can_walk for record in records} == {False, True}
    assert all(
        (record.executed_action == 1) == (record.belief > 0.5) for record in records if record.belief is not None
    )
    assert np.mean([(record.executed_action == 1) == record.can_walk for record in records]) > 0.9


def test_every_observation_has_a_label() -> None:
    assert set(OBSERVATION_LABELS) == {"C", "P", "L", "H", "D", "S", "T", "B", "day"}
