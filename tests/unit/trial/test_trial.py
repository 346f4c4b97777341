"""Many participants at once are the single trials, number for number."""

from dataclasses import replace

import numpy as np
import pytest

from jitai.corpus import TEST, StatementBook, load_part
from jitai.errors import JitaiError, ParameterError
from jitai.experiments.cell import cell_figures
from jitai.policies.base import Policy, Proposals, View
from jitai.policies.belief import BY_DECISION, BeliefSettings
from jitai.policies.planner import PlannerSettings
from jitai.policies.registry import POLICIES, PolicySpec, trained
from jitai.policies.thompson import CONTEXT_AND_STATE, CONTEXT_PROBABILITY, INFERRED_CONTEXT, ThompsonSettings
from jitai.records import Action, Decision, Label, Role
from jitai.simulator.config import BETA, UNIFORM, SimulatorConfig
from jitai.trial.filters import (
    ASK,
    CANDIDATE,
    FILTERS,
    NONE,
    NOTHING,
    VETO,
    filter_spec,
)
from jitai.trial.live import live_days
from jitai.trial.loop import Trial, run_trial
from jitai.trial.spec import LEARNED, TrialSpec
from jitai.trial.summary import summarise
from jitai.trial.texts import SILENT, JudgedTexts, ScriptedDay
from jitai.trial.trial_log import TrialLog
from jitai.trial.verdict_table import PreparedJudge, Verdicts, VerdictTable, read_all, simulated_judge
from tests.networks import random_network

CELL = SimulatorConfig(
    study_length=30, initial_habituation=0.0, initial_disengagement=0.0, can_walk_persistence=0.7,
    cannot_walk_persistence=0.5, disengagement_increment=0.05,
)  # fmt: skip
SILENT_SPELLS = replace(CELL, repeats_while_unable=False, cannot_walk_persistence=0.8, disengagement_increment=0.4)
BOOK = StatementBook(load_part(TEST))
SEEDS = (0, 3, 4, 11, 12)


def moody_judge() -> PreparedJudge:
    """A judge with numbers of every kind: mostly right, often unsure, and without an answer to some statements."""
    p_send = {}
    for label, items in BOOK.by_label.items():
        for number, item in enumerate(items):
            if number % 17:
                right = 0.5 + 0.5 * ((number * 37) % 100) / 100 - 0.15
                p_send[item.text] = right if label == Label.CAN_WALK else 1 - right
    return PreparedJudge(p_send, send_from=0.6, hold_back_below=0.4)


JUDGE = moody_judge()
VERDICTS = read_all(BOOK, JUDGE)


def check(spec: TrialSpec, verdicts: Verdicts | None = VERDICTS, judge: PreparedJudge = JUDGE) -> TrialLog:
    """Hold every number of many participants to those of single trials."""
    result = run_trial(spec, SEEDS, verdicts)
    for number, seed in enumerate(SEEDS):
        records = list(live_days(replace(spec, seed=seed), BOOK, judge if verdicts else None))
        n_days = len(records)
        assert result.lived[number].sum() == n_days and result.lived[number, :n_days].all()
        assert result.disengaged[number] == records[-1].terminated
        for name in ("step_count", "habituation", "disengagement_risk", "candidate_action", "executed_action",
                     "true_context", "can_walk"):  # fmt: skip
            single = [getattr(record, name) for record in records]
            assert getattr(result, name)[number, :n_days].tolist() == single, name
        seen = [record.observation.context_probability for record in records]
        assert result.context_probability[number, :n_days].tolist() == seen
        assert result.rule_stood_in[number, :n_days].tolist() == [record.rule_stood_in for record in records]
        assert result.wrote[number, :n_days].tolist() == [bool(record.statement) for record in records]
        beliefs = [np.nan if record.belief is None else record.belief for record in records]
        np.testing.assert_array_equal(result.belief[number, :n_days], beliefs)
        assert result.total_steps[number] == pytest.approx(sum(record.step_count for record in records), rel=1e-12)
        if spec.filter.key not in (NONE, "carry-forward") and verdicts:
            codes = {Decision.HOLD_BACK: 0, Decision.UNSURE: 1, Decision.SEND: 2}
            expected = [codes[record.verdict.decision] if record.statement else SILENT for record in records]
            assert result.verdict[number, :n_days].tolist() == expected
    return result


@pytest.mark.parametrize("strategy", FILTERS)
@pytest.mark.parametrize("policy", [key for key in POLICIES if key != LEARNED])
def test_every_policy_with_every_filter(policy: str, strategy: str) -> None:
    check(TrialSpec(CELL, policy=PolicySpec(policy), filter=filter_spec(strategy)))


@pytest.mark.parametrize("strategy", FILTERS)
@pytest.mark.parametrize("config", [SILENT_SPELLS, replace(CELL, variation=BETA), replace(CELL, variation=UNIFORM)])
def test_other_worlds(config: SimulatorConfig, strategy: str) -> None:
    for policy in ("thompson", "planner"):
        check(TrialSpec(config, policy=PolicySpec(policy), filter=filter_spec(strategy)))


@pytest.mark.parametrize("strategy", [VETO, "carry-forward", "belief"])
def test_what_a_failing_judge_holds_back_is_no_veto(strategy: str) -> None:
    """A cell counts as the single trials do; a belief holds back by itself, whether or not the judge answers."""
    spec = TrialSpec(CELL, policy=PolicySpec("generic"), filter=filter_spec(strategy))
    figures = cell_figures(spec, check(spec))
    single = [summarise(list(live_days(replace(spec, seed=seed), BOOK, JUDGE))) for seed in SEEDS]
    assert figures.vetoes == np.mean([summary.n_vetoes for summary in single]) > 0
    assert figures.right_vetoes == np.mean([summary.n_right_vetoes for summary in single])
    assert figures.held_back_by_rule == np.mean([summary.n_held_back_by_rule for summary in single])
    assert (figures.held_back_by_rule > 0) == (strategy != "belief")
    assert sum(summary.n_failures for summary in single)


def test_participants_who_leave_early_are_among_those_compared() -> None:
    result = check(TrialSpec(SILENT_SPELLS, policy=PolicySpec("tailored"), filter=filter_spec(NONE)))
    assert result.disengaged.any()
    assert (result.step_count[~result.lived] == 0).all()


@pytest.mark.parametrize("told", [CANDIDATE, NOTHING])
@pytest.mark.parametrize("features", [CONTEXT_PROBABILITY, CONTEXT_AND_STATE])
def test_what_the_learner_is_told_and_looks_at(told: str, features: str) -> None:
    filtering = filter_spec(VETO, learner_told=told, on_unsure=Decision.SEND.value)
    check(TrialSpec(CELL, policy=PolicySpec("thompson", ThompsonSettings(features)), filter=filtering))


BIAS = {"bias_no_message": 13.5, "bias_generic": -20.0, "bias_tailored_home": 1.0, "bias_tailored_work": -1.0}


@pytest.mark.parametrize("strategy", FILTERS)
@pytest.mark.parametrize("features", [INFERRED_CONTEXT, CONTEXT_AND_STATE])
def test_an_action_bias(features: str, strategy: str) -> None:
    spec = TrialSpec(CELL, policy=PolicySpec("thompson", ThompsonSettings(features)), filter=filter_spec(strategy))
    biased = check(replace(spec, policy=PolicySpec("thompson", ThompsonSettings(features, **BIAS))))
    assert (biased.candidate_action != run_trial(spec, SEEDS, VERDICTS).candidate_action).any()


def test_settings_of_belief_planner_and_model() -> None:
    for belief in (
        BeliefSettings(reading=BY_DECISION),
        BeliefSettings(sees_steps=False),
        BeliefSettings(reads_text=False),
        BeliefSettings(finds_cannot_walk=0.6, false_alarms=0.3),
    ):
        check(TrialSpec(CELL, policy=PolicySpec("planner"), filter=filter_spec(NONE), belief=belief))
    for planner in (
        PlannerSettings(weighs_context=False),
        PlannerSettings(plans_on_belief=False),
        PlannerSettings(knows_start=False),
    ):
        check(TrialSpec(CELL, policy=PolicySpec("planner", planner), filter=filter_spec(NONE)))
    wrong = replace(CELL, can_walk_persistence=0.95, disengagement_increment=0.4, repeats_while_unable=False)
    check(
        TrialSpec(CELL, policy=PolicySpec("planner"), filter=filter_spec("belief", belief_threshold=0.3), model=wrong)
    )


@pytest.mark.parametrize("strategy", FILTERS)
@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("observations", [("P", "L", "H", "D", "S", "T"), ("B", "S", "day"), ("C", "D")])
def test_trained_policies(observations: tuple[str, ...], algorithm: str, strategy: str) -> None:
    network = random_network(observations, algorithm, seed=4)
    result = check(TrialSpec(CELL, trained(network), filter=filter_spec(strategy)))
    if observations[0] == "B":
        assert not np.isnan(result.belief[result.lived]).any()
    check(TrialSpec(replace(CELL, variation=BETA), trained(network), filter=filter_spec(strategy)), None)


@pytest.mark.parametrize("strategy", FILTERS)
def test_people_may_speak_for_some_of_many(strategy: str) -> None:
    """Words and truths that a person sets for one participant are theirs alone, as in a trial of one."""
    spec = TrialSpec(SILENT_SPELLS, policy=PolicySpec("thompson"), filter=filter_spec(strategy))
    said = {
        1: {3: ScriptedDay("I twisted my ankle", can_walk=False), 4: ScriptedDay("", can_walk=True)},
        3: {0: ScriptedDay("", can_walk=False), 3: ScriptedDay("all fine again")},
    }
    trial = Trial(spec, SEEDS, JudgedTexts(BOOK, JUDGE, spec.belief), keeps_notes=True)
    while not trial.is_over:
        trial.step({who: days[trial.day] for who, days in said.items() if trial.day in days})
    for who, seed in enumerate(SEEDS):
        alone = list(live_days(replace(spec, seed=seed), BOOK, JUDGE, said.get(who, {}).get))
        assert [trial.days[day].record(who) for day in range(len(alone))] == alone
        assert trial.log.lived[who].sum() == len(alone)
        assert [day for day, record in enumerate(alone) if record.walk_state_was_set] == [
            day for day, item in said.get(who, {}).items() if item.can_walk is not None and day < len(alone)
        ]


def test_next_best_when_unsure_is_sent_all_the_same() -> None:
    check(
        TrialSpec(CELL, policy=PolicySpec("tailored"), filter=filter_spec("next-best", on_unsure=Decision.SEND.value))
    )


@pytest.mark.parametrize("strategy", FILTERS)
def test_an_unsure_judge_that_asks(strategy: str) -> None:
    check(TrialSpec(CELL, policy=PolicySpec("tailored"), filter=filter_spec(strategy, on_unsure=ASK)))


@pytest.mark.parametrize("policy", ["planner", "thompson", "optimum"])
def test_without_anybody_who_reads(policy: str) -> None:
    for strategy in (NONE, "belief"):
        check(TrialSpec(CELL, policy=PolicySpec(policy), filter=filter_spec(strategy)), None)


def test_the_simulated_judge_errs_as_often_as_it_is_told() -> None:
    book, judge = simulated_judge(0.9, 0.2)
    verdicts = read_all(book, judge)
    assert np.mean([item.decision == Decision.HOLD_BACK for item in verdicts.if_unable]) == 0.9
    assert np.mean([item.decision == Decision.HOLD_BACK for item in verdicts.if_able]) == 0.2
    assert {round(item.p_send, 4) for item in verdicts.if_able} == {round(0.2 / 1.1, 4), round(0.8 / 0.9, 4)}
    ignorant = read_all(*simulated_judge(0.5, 0.5))
    assert np.mean([item.decision == Decision.HOLD_BACK for item in ignorant.if_able]) == 0.5


def test_beliefs_are_calibrated_against_simulated_truth() -> None:
    """Among the days with belief around x, a share of about x is able."""
    config = SimulatorConfig(can_walk_persistence=0.7, repeats_while_unable=False)
    settings = BeliefSettings(0.8, 0.1, sees_steps=False)
    verdicts = read_all(*simulated_judge(0.8, 0.1))
    spec = TrialSpec(config, PolicySpec("planner"), filter=filter_spec(NONE), belief=settings)
    result = run_trial(spec, range(300), verdicts)
    believed, able = result.belief[result.lived], result.can_walk[result.lived]
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        some = (believed >= low) & (believed < low + 0.2)
        if some.sum() > 100:
            spread = np.sqrt(np.mean(believed[some] * (1 - believed[some])) / some.sum())
            assert abs(able[some].mean() - believed[some].mean()) < 4 * spread


class EveryThirdDay(Policy):
    """Writes on every third day; a policy that the project does not know."""

    key, label, role = "brand-new", "Every third day", Role.PLAIN

    def propose(self, view: View) -> Proposals:
        return Proposals(np.where(view.day % 3 == 0, int(Action.GENERIC), int(Action.NO_MESSAGE)))


def test_a_policy_that_nobody_has_registered_is_refused_and_runs_as_itself_once_it_is() -> None:
    """It must not run as another one, for many participants no more than for one."""
    with pytest.raises(ParameterError, match="There is no policy 'brand-new'"):
        PolicySpec("brand-new")
    POLICIES.register(EveryThirdDay)
    try:
        result = check(TrialSpec(CELL, policy=PolicySpec("brand-new"), filter=filter_spec(NONE)), None)
    finally:
        POLICIES.remove("brand-new")
    writes = np.broadcast_to(np.arange(CELL.study_length) % 3 == 0, result.lived.shape)
    np.testing.assert_array_equal(result.executed_action[result.lived], writes[result.lived])
    with pytest.raises(ParameterError, match="There is no policy 'brand-new'"):
        PolicySpec("brand-new")


def test_a_judge_that_gives_no_probabilities() -> None:
    """Nothing but 0 and 1, as a model that answers in text alone."""
    sure = PreparedJudge({text: float(p_send >= 0.5) for text, p_send in JUDGE._p_send.items()})
    for policy, strategy in (("planner", NONE), ("thompson", "belief")):
        spec = TrialSpec(CELL, policy=PolicySpec(policy), filter=filter_spec(strategy), belief=BeliefSettings(0.6, 0.3))
        result = check(spec, read_all(BOOK, sure), sure)
        by_decision = replace(spec, belief=replace(spec.belief, reading=BY_DECISION))
        if strategy == "belief":
            np.testing.assert_array_equal(check(by_decision, read_all(BOOK, sure), sure).belief, result.belief)


def test_a_person_acts_but_does_not_speak_where_only_verdicts_are_known() -> None:
    trial = Trial(TrialSpec(), SEEDS, VerdictTable(VERDICTS, BeliefSettings()))
    trial.step({1: ScriptedDay(action=3, can_walk=False)})
    assert trial.log.executed_action[1, 0] == 3 and not trial.log.can_walk[1, 0]
    with pytest.raises(JitaiError, match="words of one's own cannot be judged"):
        trial.step({1: ScriptedDay(text="My knee hurts.")})


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ParameterError, match="did you mean 'thompson'"):
        run_trial(TrialSpec(policy=PolicySpec("thomson")), [1], None)
    with pytest.raises(ParameterError, match="seed"):
        run_trial(TrialSpec(), [-1], None)
    with pytest.raises(ParameterError, match="the lower one first"):
        PreparedJudge({}, send_from=0.3, hold_back_below=0.4)
