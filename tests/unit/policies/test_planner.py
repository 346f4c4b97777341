"""The planner: its plan against what it earns, against closed forms, and against itself without each of its parts."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest

from jitai.policies.belief import BY_DECISION, BY_PROBABILITY, BeliefSettings
from jitai.policies.optimum import optimum
from jitai.policies.planner import ExpectedExcess, Plan, PlannerSettings, expected_verdicts, make_plan
from jitai.policies.registry import PolicySpec
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.world import context_posterior
from jitai.trial.filters import NONE, filter_spec
from jitai.trial.loop import run_trial
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import read_all, simulated_judge

ALONE = filter_spec(NONE)
JUDGE = BeliefSettings(0.93, 0.07, BY_DECISION)
VERDICTS = read_all(*simulated_judge(0.93, 0.07))


def cell(can_walk: float, cannot_walk: float, mistake: float = 0.05, **others: float) -> SimulatorConfig:
    """A cell of the published grid."""
    return SimulatorConfig(
        initial_habituation=0.0, initial_disengagement=0.0, can_walk_persistence=can_walk,
        cannot_walk_persistence=cannot_walk, disengagement_increment=mistake, **others,
    )  # fmt: skip


CELLS = [cell(*values) for values in product((0.7, 0.95), (0.1, 0.5), (0.05, 0.4))]


def earned(
    config: SimulatorConfig, n_seeds: int = 400, planner: PlannerSettings | None = None, **settings: object
) -> np.ndarray:
    spec = TrialSpec(config, PolicySpec("planner", planner), filter=ALONE, **{"belief": JUDGE, **settings})
    return run_trial(spec, range(n_seeds), VERDICTS).total_steps


@pytest.mark.parametrize("config", CELLS)
def test_share_of_the_optimum(config: SimulatorConfig) -> None:
    """At least 93 % where ability mostly lasts and 85 % elsewhere, and just what the plan promises."""
    plan = make_plan(config, JUDGE)
    aim = 0.93 if config.can_walk_persistence == 0.95 else 0.85
    assert plan.value() > aim * optimum(config).value()
    steps = earned(config)
    error = steps.std(ddof=1) / np.sqrt(len(steps))
    assert steps.mean() == pytest.approx(plan.value(), abs=3.5 * error + 3)


@pytest.mark.parametrize(
    ("config", "belief"),
    [
        (cell(0.7, 0.5, 0.4, repeats_while_unable=False), JUDGE),
        (cell(0.7, 0.5, 0.4), replace(JUDGE, reads_text=False)),
        (cell(0.7, 0.5, 0.4), replace(JUDGE, sees_steps=False)),
        (cell(0.8, 0.5, 0.4, repeats_while_unable=False), replace(JUDGE, sees_steps=False)),
        (cell(0.7, 0.5, 0.4), BeliefSettings(reads_text=False, sees_steps=False)),
        # At home a day without a message earns nothing, so steps no longer reveal everything.
        (cell(0.8, 0.6, 0.05, repeats_while_unable=False, steps_at_home=0.0, steps_at_work=0.0), JUDGE),
        (cell(0.8, 0.6, 0.2, steps_at_home=0.0, steps_at_work=30.0), JUDGE),
        (cell(0.7, 0.5, 0.4, context_noise=0.05), JUDGE),
        (cell(0.7, 0.5, 0.2, mismatched_message_steps=150.0, tailored_message_steps=100.0), JUDGE),
    ],
)
def test_a_plan_promises_what_it_earns(config: SimulatorConfig, belief: BeliefSettings) -> None:
    """Also where the belief is no longer 0 or 1 in the evening and is read between nodes."""
    promised = make_plan(config, belief).value()
    steps = earned(config, belief=belief)
    error = steps.std(ddof=1) / np.sqrt(len(steps))
    assert steps.mean() == pytest.approx(promised, abs=3.5 * error + 0.015 * promised)


def test_the_grid_is_fine_enough() -> None:
    config = cell(0.7, 0.5, 0.4)
    fine = make_plan(config, JUDGE, n_habituation=161, n_risk=161).value()
    assert make_plan(config, JUDGE).value() == pytest.approx(fine, rel=0.003)


def test_who_knows_everything_earns_the_optimum() -> None:
    """A perfect judge and a perfect reading of the context leave nothing unknown."""
    config = cell(0.7, 0.5, 0.4, context_noise=0.0)
    plan = make_plan(config, BeliefSettings(1.0, 0.0, BY_DECISION), n_habituation=121)
    assert plan.value() == pytest.approx(optimum(config).value(), abs=0.5)


def test_more_knowledge_is_never_worth_less() -> None:
    for config in (cell(0.7, 0.5, 0.4), cell(0.95, 0.1, 0.05)):
        values = [
            make_plan(config, belief).value()
            for belief in (
                replace(JUDGE, reads_text=False),
                BeliefSettings(0.6, 0.4, BY_DECISION),
                BeliefSettings(0.8, 0.2, BY_DECISION),
                JUDGE,
                BeliefSettings(1.0, 0.0, BY_DECISION),
            )
        ]
        assert all(less <= more + 1 for less, more in pairwise(values))
        assert values[-1] < optimum(config).value()


def test_each_part_is_worth_something() -> None:
    """Paired over seeds, in a cell where ability comes and goes and mistakes are costly."""
    config = cell(0.7, 0.5, 0.4)
    full = earned(config)
    for settings in (
        {"planner": PlannerSettings(weighs_context=False)},
        {"planner": PlannerSettings(plans_on_belief=False)},
        {"planner": PlannerSettings(knows_start=False)},
        {"belief": replace(JUDGE, reads_text=False)},
    ):
        gain = full - earned(config, **settings)
        assert gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain)), settings


def test_a_wrong_model_costs_and_still_works() -> None:
    truth = cell(0.7, 0.5, 0.4)
    full = earned(truth)
    for wrong in (replace(truth, can_walk_persistence=0.95), replace(truth, disengagement_increment=0.05)):
        with_wrong = earned(truth, model=wrong)
        assert 0 < with_wrong.mean() <= full.mean() + 20
    shorter = earned(truth, model=replace(truth, study_length=10))
    assert shorter.mean() > 0


def test_the_expected_maximum_is_that_of_the_reading() -> None:
    """Against an average over simulated readings of the context."""
    rng = np.random.default_rng(0)
    p = context_posterior(np.ones(200_000, dtype=np.int8), rng.random(200_000), 0.4)
    confidence = np.maximum(p, 1 - p)
    excess = ExpectedExcess(0.4)
    for safe, fits, misfits in ((100.0, 190.0, -50.0), (0.0, 10.0, -90.0), (50.0, 40.0, 45.0), (5.0, 5.0, 5.0),
                                (-300.0, 10.0, 0.0), (300.0, 10.0, 0.0), (0.0, -80.0, 100.0)):  # fmt: skip
        best, other = max(fits, misfits), min(fits, misfits)
        expected = np.maximum(safe, confidence * best + (1 - confidence) * other).mean()
        middle, difference = np.array([(fits + misfits) / 2]), np.array([abs(fits - misfits)])
        assert excess.expected_maximum(np.array([safe]), middle, difference)[0] == pytest.approx(expected, abs=0.5)


def simulated(plan: Plan, day: int, h: float, d: float, q: float, p: float) -> list[int]:
    return [int(plan.action(day, h, d, q, p)), int(plan.action(day, *(np.array([x]) for x in (h, d, q, p)))[0])]


def test_the_surer_the_bolder() -> None:
    plan = make_plan(cell(0.7, 0.5, 0.4), JUDGE)
    assert simulated(plan, 49, 0.0, 0.0, 1.0, 0.999) == [3, 3]
    assert simulated(plan, 49, 0.0, 0.0, 1.0, 0.001) == [2, 2]
    # Four days before the end, with a risk at which one mistake ends it.
    assert simulated(plan, 30, 0.0, 0.7, 1.0, 0.6)[0] in (0, 1)
    assert simulated(plan, 30, 0.0, 0.7, 0.05, 0.999) == [0, 0]


@pytest.mark.parametrize("balanced", [0.6, 0.82, 0.93, 0.99])
def test_the_probabilities_that_a_plan_reckons_with_are_as_good_as_the_judge(balanced: float) -> None:
    verdicts = np.array(expected_verdicts(BeliefSettings(balanced, 1 - balanced, BY_PROBABILITY)))
    np.testing.assert_allclose(verdicts.sum(axis=0), 1)
    if_can, if_cannot = verdicts.T
    # Nine degrees from "cannot" to "can", the middle one undecided.
    assert (np.diff(if_can / if_cannot) > 0).all()
    assert if_can[4] == pytest.approx(if_cannot[4])
    assert if_can[5:].sum() < balanced < if_can[4:].sum()


def test_reading_degrees_earns_more_than_reading_decisions() -> None:
    """With a judge whose log-odds are normal and calibrated, of balanced accuracy 0.82."""
    from scipy.special import expit, ndtri

    from jitai.corpus import StatementBook
    from jitai.records import Label, Statement
    from jitai.trial.verdict_table import PreparedJudge

    middle = 2 * ndtri(0.82) ** 2
    quantiles = (np.arange(500) + 0.5) / 500
    p_send, statements = {}, []
    for label, sign in ((Label.CAN_WALK, 1), (Label.CANNOT_WALK, -1)):
        for log_odds in sign * middle + np.sqrt(2 * middle) * ndtri(quantiles):
            text = f"{label} {log_odds}"
            statements.append(Statement(text, text, label, "plain", 0))
            p_send[text] = float(expit(log_odds))
    verdicts = read_all(StatementBook(statements), PreparedJudge(p_send))
    config, steps = cell(0.7, 0.5, 0.4), []
    for reading in (BY_PROBABILITY, BY_DECISION):
        belief = BeliefSettings(0.82, 0.18, reading)
        spec = TrialSpec(config, PolicySpec("planner"), filter=ALONE, belief=belief)
        steps.append(run_trial(spec, range(400), verdicts).total_steps)
        error = steps[-1].std(ddof=1) / np.sqrt(len(steps[-1]))
        assert steps[-1].mean() == pytest.approx(make_plan(config, belief).value(), abs=3.5 * error + 20)
    gain = steps[0] - steps[1]
    assert gain.mean() > 3 * gain.std(ddof=1) / np.sqrt(len(gain))
