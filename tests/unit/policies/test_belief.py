"""The forward filter against the enumeration of every path, and what each kind of evidence means."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitai.errors import ParameterError
from jitai.policies.belief import (
    BY_DECISION,
    BY_PROBABILITY,
    Belief,
    BeliefSettings,
    StepsModel,
    Text,
    WalkModel,
    after_night,
    after_steps,
    after_text,
    counts_as_steps,
    decision_as_evidence,
    joint_after_text,
    no_steps_if_can_walk,
)
from jitai.records import Decision, Verdict, VerdictSource
from jitai.seeding import Stream, generator
from jitai.simulator.config import BETA, SimulatorConfig
from jitai.simulator.dynamics import vary
from jitai.simulator.participant import Participant
from jitai.trial.texts import evidence_of

probabilities = st.floats(0, 1)
models = st.builds(WalkModel, probabilities, probabilities, probabilities, st.booleans())


def model_of(rng: np.random.Generator) -> WalkModel:
    return WalkModel(*rng.uniform(0.05, 0.95, 3), bool(rng.integers(2)))


def p_writes(model: WalkModel, yesterday: int, today: int) -> float:
    if yesterday != today:
        return 1.0
    return model.statement_probability if today else float(model.repeats_while_unable)


def by_enumeration(model: WalkModel, texts: list[Text], none_if_can: list[float], any_steps: list[bool]) -> list[float]:
    """P(w_t = 1) on the morning of each day, by adding up all paths of 0 and 1 that begin with 1."""
    mornings = []
    for day in range(len(texts)):
        weight = [0.0, 0.0]
        for rest in product((0, 1), repeat=day):
            path = (1, *rest)
            likelihood = 1.0
            for t, state in enumerate(path):
                if t > 0:
                    stays = model.can_walk_stays if path[t - 1] else model.cannot_walk_stays
                    likelihood *= stays if state == path[t - 1] else 1 - stays
                    writes = p_writes(model, path[t - 1], state)
                    if texts[t].writes:
                        likelihood *= writes * (texts[t].if_can if state else texts[t].if_cannot)
                    else:
                        likelihood *= 1 - writes
                if t < day:
                    none = none_if_can[t] if state else 1.0
                    likelihood *= 1 - none if any_steps[t] else none
            weight[path[-1]] += likelihood
        mornings.append(weight[1] / sum(weight))
    return mornings


@pytest.mark.parametrize("seed", range(60))
def test_the_filter_is_the_sum_over_all_paths(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model, n_days = model_of(rng), 8
    # A path of the model itself, so that nothing impossible is seen.
    state, texts, none_if_can, any_steps = 1, [], [], []
    for day in range(n_days):
        yesterday = state
        if day:
            stays = model.can_walk_stays if state else model.cannot_walk_stays
            state = state if rng.random() < stays else 1 - state
        writes = rng.random() < p_writes(model, yesterday, state)
        texts.append(Text(writes, *rng.uniform(0.05, 0.95, 2)) if writes else Text(False))
        none_if_can.append(float(rng.choice([0.0, rng.random(), 1.0], p=[0.2, 0.6, 0.2])))
        any_steps.append(bool(state and rng.random() >= none_if_can[-1]))
    expected = by_enumeration(model, texts, none_if_can, any_steps)
    evening = 1.0
    for day in range(n_days):
        morning = after_text(evening, texts[day], model) if day else 1.0
        assert morning == pytest.approx(expected[day], abs=1e-12)
        evening = after_steps(morning, any_steps[day], none_if_can[day])


def test_arrays_are_filtered_as_single_numbers_are() -> None:
    rng = np.random.default_rng(1)
    model = model_of(rng)
    evening, if_can, if_cannot = rng.random((3, 200))
    writes = rng.random(200) < 0.5
    evenings = after_text(evening, Text(writes, if_can, if_cannot), model)
    single = [float(after_text(evening[i], Text(bool(writes[i]), if_can[i], if_cannot[i]), model)) for i in range(200)]
    assert evenings.tolist() == single


@given(probabilities, models, st.booleans(), probabilities, probabilities, st.booleans(), probabilities)
def test_a_belief_is_a_probability_whatever_is_seen(
    evening: float, model: WalkModel, writes: bool, if_can: float, if_cannot: float, any_steps: bool, none: float
) -> None:
    """Even where the model holds it for impossible."""
    morning = after_text(evening, Text(writes, if_can, if_cannot), model)
    assert 0 <= morning <= 1
    assert 0 <= after_steps(morning, any_steps, none) <= 1


@given(probabilities, models)
def test_the_possible_texts_add_up_to_the_night(evening: float, model: WalkModel) -> None:
    """What is believed before the text is the average of what may be believed after it."""
    settings = BeliefSettings()
    texts = [Text(False), *(Text(True, *decision_as_evidence(says, settings)) for says in (True, False))]
    joint = np.array([joint_after_text(evening, text, model) for text in texts])
    assert joint.sum() == pytest.approx(1)
    assert joint[:, 1].sum() == pytest.approx(float(after_night(evening, model)))


@given(st.floats(0.05, 0.95), st.builds(WalkModel, *[st.floats(0.05, 0.95)] * 3, st.booleans()))
def test_a_perfect_judge_leaves_no_doubt(evening: float, model: WalkModel) -> None:
    assert after_text(evening, Text(True, 0.0, 1.0), model) == 0
    assert after_text(evening, Text(True, 1.0, 0.0), model) == 1


def test_what_silence_means() -> None:
    """A change is always announced: silence means that nothing has changed, and one who goes on writing is unable."""
    model = WalkModel(0.7, 0.5, 0.3, True)
    assert after_text(1.0, Text(False), model) == 1
    assert after_text(0.5, Text(False), model) == 1
    assert after_text(0.5, Text(False), model._replace(repeats_while_unable=False)) == pytest.approx(
        0.7 * 0.7 / (0.7 * 0.7 + 0.5)
    )
    assert after_text(0.0, Text(False), model._replace(repeats_while_unable=False)) == 0
    # Impossible under the model: left out.
    assert after_text(0.0, Text(False), model) == 0.5


def test_steps_prove_ability_and_their_absence_the_contrary() -> None:
    assert after_steps(0.01, True, 0.0) == 1
    assert after_steps(0.99, False, 0.0) == 0
    assert after_steps(1.0, False, 0.0) == 0
    assert after_steps(0.5, False, 0.5) == pytest.approx(1 / 3)
    assert after_steps(0.3, False, 1.0) == pytest.approx(0.3)


def test_how_often_somebody_able_takes_no_steps() -> None:
    plain = SimulatorConfig()
    assert not StepsModel(plain).none_if_can(np.arange(4), 0.3, 0.2).any()
    still = SimulatorConfig(steps_at_home=0.0, steps_at_work=5.0)
    # Without a message no steps at home, some at work; a message that does not fit brings none either.
    np.testing.assert_allclose(StepsModel(still).none_if_can(np.arange(4), 0.3, 0.2), [0.7, 0, 0, 0.7])
    varying = SimulatorConfig(variation=BETA)
    uniforms = np.random.default_rng(0).random(100_000)
    for mean in (0.0, 0.1, 3.0, 20.0):
        drawn = vary(varying, 0.5, 0.5, np.full(len(uniforms), mean), (0.5, 0.5, uniforms))[2]
        expected = float(no_steps_if_can_walk(varying, mean))
        assert np.mean(~counts_as_steps(drawn)) == pytest.approx(expected, abs=0.005)


def verdict(decision: Decision, p_send: float | None = None, **others: object) -> Verdict:
    return Verdict(decision, p_send, others.pop("source", VerdictSource.MODEL), "", **others)


def worth(given: Verdict | None, settings: BeliefSettings) -> Text:
    """One verdict as the belief reads it."""
    found = evidence_of([given], settings).text
    return Text(bool(found.writes[0]), pytest.approx(found.if_can[0]), pytest.approx(found.if_cannot[0]))


def test_what_a_verdict_is_worth() -> None:
    settings = BeliefSettings(finds_cannot_walk=0.9, false_alarms=0.2, reading=BY_DECISION)
    assert worth(None, settings) == Text(False)
    assert worth(verdict(Decision.HOLD_BACK), BeliefSettings(reads_text=False)) == Text(True)
    assert worth(verdict(Decision.SEND, source=VerdictSource.NO_STATEMENT), settings) == Text(False)
    assert worth(verdict(Decision.HOLD_BACK, source=VerdictSource.FALLBACK), settings) == Text(True)
    assert worth(verdict(Decision.UNSURE, 0.4), settings) == Text(True)
    assert worth(verdict(Decision.HOLD_BACK, 0.1), settings) == Text(True, 0.2, 0.9)
    assert worth(verdict(Decision.SEND, 0.9), settings) == Text(True, 0.8, 0.1)
    graded = BeliefSettings(reading=BY_PROBABILITY)
    assert worth(verdict(Decision.UNSURE, 0.4), graded) == Text(True, 0.4, 0.6)
    assert worth(verdict(Decision.SEND, 0.999), graded) == Text(True, 0.98, 0.02)
    with pytest.raises(ParameterError, match="false_alarms"):
        BeliefSettings(false_alarms=1.5)


def test_a_judge_without_probabilities_is_read_by_its_decisions() -> None:
    """Exactly 0 or 1 is no probability: a model that answers in text alone is as often wrong as its rates say."""
    graded = BeliefSettings(finds_cannot_walk=0.7, false_alarms=0.2, reading=BY_PROBABILITY)
    for p_send in (1.0, None):
        assert worth(verdict(Decision.SEND, p_send), graded) == Text(True, 0.8, 0.3)
    for p_send in (0.0, None):
        assert worth(verdict(Decision.HOLD_BACK, p_send), graded) == Text(True, 0.2, 0.7)
    assert worth(verdict(Decision.UNSURE, 1.0), graded) == Text(True)


def test_with_the_right_model_and_steps_the_evening_knows_the_truth() -> None:
    config = SimulatorConfig(can_walk_persistence=0.7, cannot_walk_disengagement=0.0, disengagement_increment=0.0)
    for seed in range(5):
        participant = Participant(config, generator(seed, Stream.WORLD))
        belief = Belief(config)
        while not participant.over:
            seen, able = participant.observe(), participant.can_walk
            belief.read(Text(participant.writes))
            if not participant.writes:
                assert belief.can_walk == 1 and able
            action = seen.decision_index % 4
            belief.see(action, seen.context_probability, seen.habituation, participant.act(action).step_count)
            assert belief.can_walk == able


@pytest.mark.parametrize("rho", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_errors_that_last_are_weighed_as_the_sum_over_all_paths(rho: float, seed: int) -> None:
    """Every path of six days, with verdicts that repeat yesterday's side with probability rho within a spell."""
    rng = np.random.default_rng(seed)
    config = SimulatorConfig(can_walk_persistence=0.7, cannot_walk_persistence=0.6, statement_probability=0.4)
    settings = BeliefSettings(0.8, 0.1, BY_DECISION, sees_steps=False, error_persistence=rho)
    says_cannot = [None, *rng.choice(np.array([None, True, False], dtype=object), 5)]
    belief, model = Belief(config, settings), WalkModel.of(config)
    for day, said in enumerate(says_cannot):
        text = Text(0) if said is None else Text(1, *decision_as_evidence(said, settings))
        found = belief.read(text)
        weight = [0.0, 0.0]
        for rest in product((0, 1), repeat=day):
            path, likelihood = (1, *rest), 1.0
            for t in range(1, day + 1):
                before, now, verdict = path[t - 1], path[t], says_cannot[t]
                stays = model.can_walk_stays if before else model.cannot_walk_stays
                writes = p_writes(model, before, now)
                likelihood *= (stays if now == before else 1 - stays) * (1 - writes if verdict is None else writes)
                if verdict is not None:
                    fresh = decision_as_evidence(verdict, settings)[0 if now else 1]
                    repeats = not before and not now and says_cannot[t - 1] is not None
                    same = verdict == says_cannot[t - 1]
                    likelihood *= (1 - rho) * fresh + rho * same if repeats else fresh
            weight[path[-1]] += likelihood
        if sum(weight) == 0:  # impossible with these verdicts: the text is left out
            return
        assert float(found) == pytest.approx(weight[1] / sum(weight), abs=1e-12)


def test_held_verdicts_count_once() -> None:
    config = SimulatorConfig(can_walk_persistence=0.95, cannot_walk_persistence=0.8)
    wrong = Text(1, *decision_as_evidence(False, BeliefSettings(reading=BY_DECISION)))
    certain = {}
    for rho in (0.0, 1.0):
        belief = Belief(config, BeliefSettings(reading=BY_DECISION, sees_steps=False, error_persistence=rho))
        belief.can_walk, belief._first_day = 0.5, False
        for _ in range(6):
            belief.read(wrong)
        certain[rho] = float(belief.can_walk)
    assert certain[0.0] > 0.98, "six verdicts for ability are taken for six"
    assert certain[1.0] < 0.5, "counted once, they leave it to the writing on every day, which speaks for a spell"
