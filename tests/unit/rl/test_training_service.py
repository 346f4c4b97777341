"""What policies are measured beside, and in which order."""

import math
import threading
from collections.abc import Hashable
from dataclasses import replace

import pytest

from jitai.errors import ParameterError
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import PolicyNetwork
from jitai.rl.baselines import LLM_TS, PLANNED, RANDOM, Measurement, Share, share_of
from jitai.rl.evaluation import Evaluation, evaluate_as_trained
from jitai.rl.training_service import TrainingService
from jitai.simulator.config import SimulatorConfig
from tests.networks import random_network

EASY = SimulatorConfig(study_length=10, can_walk_persistence=0.7)
HARD = SimulatorConfig(study_length=10, can_walk_persistence=0.7, disengagement_increment=0.4)
WAIT_S = 60


def measured(*participants: SimulatorConfig, known: dict[Hashable, Share] | None = None) -> tuple[set[str], Share]:
    """What is known when the policy is asked for, and what comes out of it."""
    known_then: list[set[str]] = []
    network = random_network(participants=participants)

    def give() -> PolicyNetwork:
        known_then.append(set(measurement.snapshot().baselines))
        return network

    measurement = Measurement(participants, BeliefSettings(), give, n_seeds=5, known=known)
    measurement.start()
    assert measurement.wait(WAIT_S)
    found = measurement.snapshot()
    assert found.finished and not found.failure and found.policy is not None
    assert found.baselines.keys() == {RANDOM, LLM_TS, PLANNED}
    assert found.policy == share_of(evaluate_as_trained(network, n_seeds=5))
    return known_then[0], found.baselines[PLANNED]


def test_the_planner_of_several_kinds_waits_for_the_policy_unless_it_is_known() -> None:
    known: dict[Hashable, Share] = {}
    assert measured(EASY)[0] == {RANDOM, LLM_TS, PLANNED}
    first, planned = measured(EASY, HARD, known=known)
    assert first == {RANDOM, LLM_TS}
    again, same = measured(EASY, HARD, known=known)
    assert again == {RANDOM, LLM_TS, PLANNED}
    assert same is planned


def test_a_share_is_the_mean_over_kinds() -> None:
    found = (Evaluation(EASY, 9, 100.0, 10.0, 200.0, 0.0), Evaluation(HARD, 9, 300.0, 30.0, 400.0, 0.0))
    share = share_of(found)
    assert (share.share, share.mean_steps, share.n_seeds, share.n_kinds) == (0.625, 200.0, 9, 2)
    assert share.half_width == pytest.approx((10 / 200 + 30 / 400) / 2)


def test_where_nothing_can_be_earned_there_is_no_share() -> None:
    nothing = ("steps_at_home", "steps_at_work", "generic_message_steps", "tailored_message_steps")
    barren = replace(EASY, **dict.fromkeys(nothing, 0.0))  # type: ignore[arg-type]
    measurement = Measurement((barren,), BeliefSettings(), lambda: random_network(participants=(barren,)), n_seeds=3)
    measurement.start()
    assert measurement.wait(WAIT_S)
    found = measurement.snapshot()
    assert found.policy is not None and math.isnan(found.policy.share) and found.policy.mean_steps == 0.0


def test_a_bug_is_in_the_log_and_a_sentence_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: logged.append(arguments.exc_value))

    def broken() -> PolicyNetwork:
        raise ZeroDivisionError

    measurement = Measurement((EASY,), BeliefSettings(), broken, n_seeds=3)
    measurement.start()
    assert measurement.wait(WAIT_S)
    assert isinstance(logged[0], ZeroDivisionError)
    assert "an error of the program: ZeroDivisionError" in measurement.snapshot().failure


def test_what_cannot_be_measured_is_a_sentence() -> None:
    measurement = Measurement((EASY,), BeliefSettings(), lambda: None, n_seeds=1)
    measurement.start()
    assert measurement.wait(WAIT_S)
    found = measurement.snapshot()
    assert found.finished and "number of seeds" in found.failure
    assert TrainingService().snapshot() is None
    with pytest.raises(ParameterError, match="number of seeds"):
        evaluate_as_trained(random_network(), n_seeds=1)
