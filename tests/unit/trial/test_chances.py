"""How likely what was done was: against counting, without changing a run, and good enough to find a known effect."""

from dataclasses import replace

import numpy as np
import pytest

from jitai.arrays import Floats
from jitai.policies.best_of_normals import chances_of_being_largest
from jitai.policies.registry import POLICIES, PolicySpec
from jitai.policies.thompson import CONTEXT_AND_STATE, ThompsonSettings
from jitai.records import Action, Decision
from jitai.simulator.config import SimulatorConfig
from jitai.trial.filters import ASK, FILTERS, FilterSpec, filter_spec
from jitai.trial.loop import Trial, run_trial
from jitai.trial.spec import TrialSpec
from jitai.trial.texts import ScriptedDay
from jitai.trial.trial_log import TrialLog
from jitai.trial.verdict_table import Verdicts, VerdictTable, simulated_verdicts

CONFIG = SimulatorConfig(study_length=12)


def unsure_verdicts() -> Verdicts:
    """Return verdicts of which every third is unsure."""
    drawn = simulated_verdicts(0.8, 0.3)
    parts = [
        tuple(
            replace(item, decision=Decision.UNSURE, p_send=0.5) if number % 3 == 0 else item
            for number, item in enumerate(part)
        )
        for part in drawn
    ]
    return Verdicts(*parts)


def test_the_largest_of_normals_is_counted_right() -> None:
    rng = np.random.default_rng(0)
    mean, deviation = rng.normal(0, 3, (6, 4)), np.exp(rng.normal(0, 2, (6, 4)))
    deviation[0] = (1e-3, 30.0, 1.0, 5.0)
    draws = mean[:, None] + deviation[:, None] * rng.standard_normal((6, 200_000, 4))
    best = draws.argmax(axis=2)
    largest, first_above = chances_of_being_largest(mean, deviation)
    for action in range(4):
        counted = (best == action).mean(axis=1)
        assert largest[:, action] == pytest.approx(counted, abs=0.006)
        both = ((best == action) & (draws[..., 0] >= draws[..., 1])).mean(axis=1)
        assert first_above[:, action] == pytest.approx(both, abs=0.006)
    assert largest.sum(axis=1) == pytest.approx(np.ones(6), abs=1e-6)


def test_two_draws_are_compared_in_closed_form() -> None:
    from scipy.special import ndtr

    mean, deviation = np.array([[1.0, 0.2]]), np.array([[0.7, 1.9]])
    largest, _ = chances_of_being_largest(mean, deviation)
    assert largest[0, 0] == pytest.approx(ndtr(0.8 / np.hypot(0.7, 1.9)), abs=1e-9)


@pytest.mark.parametrize("policy", [key for key in POLICIES if key != "learned"])
@pytest.mark.parametrize("filtering", list(FILTERS))
def test_asking_changes_no_run(policy: str, filtering: str) -> None:
    spec = TrialSpec(CONFIG, PolicySpec(policy), FilterSpec(filtering))
    plain, asked = (run_trial(spec, range(8), unsure_verdicts(), keeps_chances=keeps) for keeps in (False, True))
    for name in ("executed_action", "candidate_action", "step_count", "habituation", "belief", "verdict"):
        assert np.array_equal(getattr(plain, name), getattr(asked, name), equal_nan=True), name
    assert plain.chances is None and asked.chances is not None
    likely = asked.chances.action[asked.lived]
    assert ((likely > 0) & (likely <= 1 + 1e-9)).all(), "what was done was possible"
    assert (asked.chances.error[asked.lived] < 1e-6).all()
    if policy != "random" and policy != "thompson" and filtering not in ("sampled-veto", "coin"):
        assert (likely == 1).all()


@pytest.mark.parametrize("rule", [Decision.HOLD_BACK.value, Decision.SEND.value, ASK])
@pytest.mark.parametrize("filtering", list(FILTERS))
def test_what_is_done_is_done_as_often_as_the_log_says(filtering: str, rule: str) -> None:
    """The first two days of 4,000 people: draws of a policy that has learned from one day, seen by the filter."""
    spec = TrialSpec(
        replace(CONFIG, study_length=2, can_walk_persistence=0.7), PolicySpec(), filter_spec(filtering, on_unsure=rule)
    )
    log = run_trial(spec, range(4000), unsure_verdicts(), keeps_chances=True)
    assert log.chances is not None
    sent, likely = log.executed_action > 0, log.chances.message
    for day in range(2):
        assert sent[:, day].mean() == pytest.approx(likely[:, day].mean(), abs=0.02)
        groups = np.digitize(likely[:, day], [0.2, 0.4, 0.6, 0.8])
        for group in np.unique(groups):
            inside = groups == group
            margin = 4 * np.sqrt(0.25 / inside.sum())
            assert sent[inside, day].mean() == pytest.approx(likely[inside, day].mean(), abs=margin)
        assert not sent[~log.chances.available[:, day], day].any()
        for action in Action:
            done = log.executed_action[:, day] == action
            weights = done / np.where(done, log.chances.action[:, day], 1)
            # Weighted by 1 / probability, each action that is possible counts for everybody.
            possible = log.chances.available[:, day] if action else np.ones(4000, dtype=bool)
            if done.sum() > 300 and filtering in ("none", "coin"):
                assert weights[possible].mean() == pytest.approx(1, abs=0.15)


def test_nobody_knows_how_likely_a_persons_choice_was() -> None:
    spec = TrialSpec(CONFIG, PolicySpec("random"), FilterSpec("none"))
    trial = Trial(
        spec, [1], VerdictTable(simulated_verdicts(0.9, 0.1), spec.belief), keeps_notes=True, keeps_chances=True
    )
    record = trial.step({0: ScriptedDay(action=int(Action.GENERIC))}).record(0)
    assert record.chance is not None and np.isnan(record.chance.action) and record.action_was_chosen
    free = trial.step().record(0)
    assert free.chance == (0.25, 0.75, 0.0, True)


def weighted_and_centred(
    log: TrialLog, moderator: Floats, probability: Floats, reference: float
) -> tuple[Floats, Floats]:
    """Return the effects of sending (at moderator 0, and by unit of it) with robust standard errors.

    Weighted and centred least squares (Boruvka et al. 2018, J. Am. Stat. Assoc. 113:1112): steps on (1, moderator) and
    on (sent - reference) times the same, weighted by the reference probability over that of the log; errors by
    participant.
    """
    n, days = log.step_count.shape
    sent = (log.executed_action > 0).astype(float)
    weight = np.where(sent == 1, reference / probability, (1 - reference) / (1 - probability))
    effect = np.stack([np.ones((n, days)), moderator], axis=2)
    design = np.concatenate([effect, (sent - reference)[..., None] * effect], axis=2)
    bread = np.linalg.inv(np.einsum("ij,ijk,ijl->kl", weight, design, design))
    found = bread @ np.einsum("ij,ijk,ij->k", weight, design, log.step_count)
    score = np.einsum("ij,ijk,ij->ik", weight, design, log.step_count - design @ found)
    return found[2:], np.sqrt(np.diag(bread @ score.T @ score @ bread))[2:]


def test_an_analysis_of_the_log_finds_a_known_effect() -> None:
    """A message is worth 40 (1 - h - 0.1) steps at once, whichever it is; the policy learns, and sends less as h grows.

    The working model leaves out the context, which steps depend on.
    """
    config = SimulatorConfig(
        study_length=20, can_walk_persistence=1.0, generic_message_steps=40, tailored_message_steps=40,
        mismatched_message_steps=40, habituation_increment=0.1, habituation_decay=0.5, initial_habituation=0,
        steps_at_home=5, steps_at_work=25, disengagement_increment=0,
    )  # fmt: skip
    policy = PolicySpec("thompson", ThompsonSettings(features=CONTEXT_AND_STATE, bias_no_message=20))
    spec = TrialSpec(config, policy, filter_spec("coin", coin_rate="as set here", coin_probability=0.4))
    log = run_trial(spec, range(3000), simulated_verdicts(0.9, 0.1), keeps_chances=True)
    assert log.chances is not None and log.lived.all()
    before = np.concatenate([np.zeros((3000, 1)), log.habituation[:, :-1]], axis=1)
    assert log.chances.message.std() > 0.05, "the policy's probabilities differ"
    found, error = weighted_and_centred(log, before, log.chances.message, 0.4)
    known = np.array([40 * (1 - 0.1), -40.0])
    assert (np.abs(found - known) < 3 * error).all()
    assert (error < [0.3, 4]).all(), "precise enough to see a bias"
    blind, _ = weighted_and_centred(log, before, np.full_like(before, log.chances.message.mean()), 0.4)
    assert abs(blind[0] - known[0]) > 4 * error[0], "one probability for all days finds another effect"
