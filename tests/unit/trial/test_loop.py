"""The decision loop for one participant: what each filter does, common random numbers, what the learner is told."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from jitai.arrays import Flags, Floats, Integers
from jitai.corpus import DEVELOPMENT, TEST, StatementBook, load_part
from jitai.policies.base import PolicyInputs, Proposals, View
from jitai.policies.baselines import NeverPolicy
from jitai.policies.belief import BeliefSettings
from jitai.policies.registry import POLICIES, PolicySpec
from jitai.records import TYPED, Action, Decision, Label, Verdict, VerdictSource
from jitai.simulator.config import BETA, PRESETS, SimulatorConfig
from jitai.trial.filters import (
    CANDIDATE,
    NONE,
    NOTHING,
    VETO,
    Filtered,
    FilterInputs,
    FilterSpec,
    filter_spec,
)
from jitai.trial.live import live_days
from jitai.trial.log import decision_log, safe_csv
from jitai.trial.loop import OutsideLearner, Trial
from jitai.trial.spec import LEARNED, TrialSpec
from jitai.trial.summary import summarise
from jitai.trial.texts import JudgedTexts, ScriptedDay, evidence_of

BOOK = StatementBook(load_part(TEST))
LABELS = {item.text: item.label for item in load_part(TEST)}
COMES_AND_GOES = SimulatorConfig(
    can_walk_persistence=0.7, cannot_walk_persistence=0.5, disengagement_increment=0.05,
    initial_habituation=0.0, initial_disengagement=0.0,
)  # fmt: skip


class ScriptedTruth:
    """A scripted judge that knows the labels: for the loop alone, not for the judge's quality."""

    def __init__(self, decisions: dict[Label, Decision] | None = None) -> None:
        self.decisions = decisions or {Label.CAN_WALK: Decision.SEND, Label.CANNOT_WALK: Decision.HOLD_BACK}

    def judge(self, text: str) -> Verdict:
        if not text:
            return Verdict(Decision.SEND, None, VerdictSource.NO_STATEMENT, "Nothing was said.")
        decision = self.decisions[LABELS.get(text, Label.CANNOT_WALK)]
        return Verdict(decision, float(decision == Decision.SEND), VerdictSource.MODEL, "scripted")


def filtered(
    settings: FilterSpec,
    candidate: Action,
    verdict: Verdict,
    uniforms: Floats,
    preference: tuple[float, ...] | None = None,
) -> Filtered:
    """What a filter does to one candidate under one verdict, for as many participants as there are numbers."""
    n = len(uniforms)
    liked = None if preference is None else np.tile(preference, (n, 1))
    inputs = FilterInputs(
        Proposals(np.full(n, int(candidate)), liked), evidence_of([verdict] * n, BeliefSettings()), None,
        np.ones(n, dtype=int), uniforms, np.zeros(n, dtype=int),
    )  # fmt: skip
    return settings.make(n).apply(inputs)


def execute(
    settings: FilterSpec,
    candidate: Action,
    verdict: Verdict,
    uniform: float,
    preference: tuple[float, ...] | None = None,
) -> int:
    """What is done with one participant."""
    [action] = filtered(settings, candidate, verdict, np.array([uniform]), preference).executed_action.tolist()
    return int(action)


def run(spec: TrialSpec, judge: ScriptedTruth | None = None) -> list:
    return list(live_days(spec, BOOK, judge or ScriptedTruth()))


def test_veto_holds_back_exactly_when_the_judge_says_so() -> None:
    records = run(TrialSpec(COMES_AND_GOES, policy=PolicySpec("generic")))
    assert len(records) == 50
    for record in records:
        expected = Action.NO_MESSAGE if record.verdict.decision == Decision.HOLD_BACK else record.candidate_action
        assert record.executed_action == expected
        assert record.held_back == (not record.can_walk)  # here the participant writes on every day without ability
    assert summarise(records).n_vetoes == summarise(records).n_right_vetoes > 5


def test_the_same_seed_meets_the_same_world_with_and_without_the_filter() -> None:
    for policy, config in product(
        [key for key in POLICIES if key != LEARNED], (COMES_AND_GOES, replace(COMES_AND_GOES, variation=BETA))
    ):
        spec = TrialSpec(config, policy=PolicySpec(policy), seed=5)
        pairs = list(zip(run(spec), run(spec.without_filter()), strict=False))
        assert len(pairs) > 3
        for filtered, alone in pairs:
            assert filtered.true_context == alone.true_context
            assert filtered.can_walk == alone.can_walk
            assert filtered.statement == alone.statement
            assert filtered.observation.context_probability == alone.observation.context_probability
        assert not any(alone.held_back for _, alone in pairs)
        # Who plans on the belief has the text read without a filter too.
        assert all((alone.verdict is None) == (not spec.policy.uses_belief) for _, alone in pairs)


def test_a_trial_repeats_under_its_seed_and_differs_under_another() -> None:
    spec = TrialSpec(COMES_AND_GOES, seed=1)
    assert run(spec) == run(spec)
    assert run(spec) != run(replace(spec, seed=2))


def test_filter_earns_more_where_ability_comes_and_goes() -> None:
    """The published direction (arXiv:2501.06980), with a judge that is always right; paired over seeds."""
    gains = []
    for seed in range(40):
        spec = TrialSpec(COMES_AND_GOES, seed=seed)
        gains.append(summarise(run(spec)).total_steps - summarise(run(spec.without_filter())).total_steps)
    assert np.mean(gains) > 5 * np.std(gains, ddof=1) / np.sqrt(len(gains))


def test_carry_forward_remembers_on_silent_days() -> None:
    config = replace(
        COMES_AND_GOES, repeats_while_unable=False, cannot_walk_persistence=0.8, cannot_walk_disengagement=0.0
    )
    plain = run(TrialSpec(config, policy=PolicySpec("generic"), filter=filter_spec(VETO)))
    remembering = run(TrialSpec(config, policy=PolicySpec("generic"), filter=filter_spec("carry-forward")))
    silent_unable = [
        (one, other) for one, other in zip(plain, remembering, strict=False) if not one.statement and not one.can_walk
    ]
    assert len(silent_unable) > 3
    for forgetting, carrying in silent_unable:
        assert not forgetting.held_back
        assert carrying.held_back
        assert "still counts" in carrying.verdict.reason


@pytest.mark.parametrize("on_unsure", [Decision.SEND, Decision.HOLD_BACK])
def test_unsure_follows_the_chosen_rule(on_unsure: Decision) -> None:
    judge = ScriptedTruth({Label.CAN_WALK: Decision.UNSURE, Label.CANNOT_WALK: Decision.UNSURE})
    records = run(
        TrialSpec(COMES_AND_GOES, policy=PolicySpec("generic"), filter=filter_spec(VETO, on_unsure=on_unsure.value)),
        judge,
    )
    said = [record for record in records if record.statement]
    assert said
    assert all(record.held_back == (on_unsure == Decision.HOLD_BACK) for record in said)


def test_sampled_veto_sends_with_the_probability() -> None:
    settings = filter_spec("sampled-veto")
    verdict = Verdict(Decision.HOLD_BACK, 0.3, VerdictSource.MODEL, "")
    uniforms = np.random.default_rng(0).random(20_000)
    sent = filtered(settings, Action.GENERIC, verdict, uniforms).executed_action == Action.GENERIC
    np.testing.assert_array_equal(sent, uniforms < 0.3)
    assert np.mean(sent) == pytest.approx(0.3, abs=0.015)
    fallback = Verdict(Decision.HOLD_BACK, None, VerdictSource.FALLBACK, "")
    assert execute(settings, Action.GENERIC, fallback, 0.0) == Action.NO_MESSAGE


def test_without_a_filter_a_verdict_changes_nothing() -> None:
    verdict = Verdict(Decision.HOLD_BACK, 0.0, VerdictSource.MODEL, "")
    assert execute(filter_spec(NONE), Action.TAILORED_WORK, verdict, 0.9) == Action.TAILORED_WORK


def test_what_the_learner_is_told() -> None:
    """Of a message that was held back, and of one that was sent."""
    candidate, executed = np.full(2, int(Action.GENERIC)), np.array([Action.NO_MESSAGE, Action.GENERIC])

    def credited(**settings: str) -> list[int | None]:
        action, told = filter_spec(VETO, **settings).make(2).credited(candidate, executed)
        return [int(code) if is_told else None for code, is_told in zip(action, told, strict=True)]

    assert credited() == credited(learner_told="executed") == [Action.NO_MESSAGE, Action.GENERIC]
    assert credited(learner_told=CANDIDATE) == [Action.GENERIC, Action.GENERIC]
    assert credited(learner_told=NOTHING) == [None, Action.GENERIC]


class Told(NeverPolicy):
    """Proposes a generic message every day and keeps what it is told."""

    key, label = "keeps-what-it-is-told", "Keeps what it is told"

    def __init__(self, settings: Any, inputs: PolicyInputs) -> None:
        self.heard: list[tuple[list[int], list[float], list[bool]]] = []

    def propose(self, view: View) -> Proposals:
        return Proposals(np.full(len(view.day), int(Action.GENERIC)))

    def learn(self, view: View, action: Integers, step_count: Floats, told: Flags) -> None:
        self.heard.append((action.tolist(), step_count.tolist(), told.tolist()))


def test_the_loop_tells_nothing_of_participants_who_have_left() -> None:
    """A policy that learns from all of them together must not count days that nobody lived."""
    POLICIES.register(Told)
    try:
        mistakes_cost = replace(COMES_AND_GOES, disengagement_increment=0.4, cannot_walk_disengagement=0.3)
        trial = Trial(TrialSpec(mistakes_cost, PolicySpec(Told.key), filter_spec(NONE)), range(6))
        log = trial.run()
    finally:
        POLICIES.remove(Told.key)
    assert isinstance(trial.policy, Told) and len(set(log.lived.sum(axis=1))) > 1
    told = np.array([told for _, _, told in trial.policy.heard]).T
    np.testing.assert_array_equal(told, log.lived[:, : told.shape[1]])
    assert not log.lived[:, told.shape[1] :].any()


@pytest.mark.parametrize("learner_told", ["executed", CANDIDATE, NOTHING])
def test_the_loop_tells_the_learner_just_that(learner_told: str) -> None:
    POLICIES.register(Told)
    try:
        spec = TrialSpec(COMES_AND_GOES, PolicySpec(Told.key), filter_spec(VETO, learner_told=learner_told))
        trial = Trial(spec, [spec.seed], JudgedTexts(BOOK, ScriptedTruth(), spec.belief), keeps_notes=True)
        log = trial.run()
    finally:
        POLICIES.remove(Told.key)
    records = [log.days[day].record(0) for day in range(log.lived.sum())]
    assert isinstance(trial.policy, Told) and {record.held_back for record in records} == {True, False}
    assert trial.policy.heard == [
        (
            [record.candidate_action if learner_told == CANDIDATE else record.executed_action],
            [record.step_count],
            [learner_told != NOTHING or not record.held_back],
        )
        for record in records
    ]


def test_a_person_may_speak_and_set_the_truth() -> None:
    said = {
        3: ScriptedDay("I twisted my ankle", can_walk=False),
        4: ScriptedDay("all fine again", can_walk=True),
    }
    records = list(live_days(TrialSpec(PRESETS["Always able (base environment)"]), BOOK, ScriptedTruth(), said.get))
    assert [record.can_walk for record in records[2:5]] == [True, False, True]
    assert records[3].statement == "I twisted my ankle"
    assert records[3].statement_author == TYPED
    assert records[3].step_count == 0


def test_who_must_read_the_text() -> None:
    alone = filter_spec(NONE)
    assert TrialSpec().uses_text and not TrialSpec().keeps_belief
    assert not TrialSpec(filter=alone).uses_text
    planner = TrialSpec(policy=PolicySpec("planner"), filter=alone)
    assert planner.uses_text and planner.keeps_belief
    assert not replace(planner, belief=BeliefSettings(reads_text=False)).uses_text
    assert TrialSpec(filter=filter_spec("belief")).keeps_belief


def test_the_log_has_the_belief() -> None:
    records = list(live_days(TrialSpec(COMES_AND_GOES, filter=filter_spec("belief")), BOOK, ScriptedTruth()))
    assert decision_log(records)["belief"].tolist() == [record.belief for record in records]
    assert set(decision_log(list(live_days(TrialSpec(COMES_AND_GOES), BOOK, None)))["belief"]) == {None}


def test_log_has_a_row_a_day_and_no_formula() -> None:
    records = list(live_days(TrialSpec(COMES_AND_GOES), BOOK, ScriptedTruth(), {0: ScriptedDay("=HYPERLINK(1)")}.get))
    table = decision_log(records)
    assert len(table) == len(records)
    assert table["step_count"].sum() == pytest.approx(summarise(records).total_steps)
    assert decision_log([]).columns.tolist() == table.columns.tolist()
    assert "\n1,'=HYPERLINK(1)," in safe_csv(table)


def test_corpus_parts_share_neither_text_nor_pair() -> None:
    development, test = load_part(DEVELOPMENT), load_part(TEST)
    assert len(development) + len(test) > 1400
    assert not {item.text.casefold() for item in development} & {item.text.casefold() for item in test}
    assert not {item.pair for item in development} & {item.pair for item in test}
    for kind in {item.kind for item in test}:
        labels = [item.label for item in test if item.kind == kind]
        assert labels.count(Label.CAN_WALK) == pytest.approx(len(labels) / 2, abs=0.15 * len(labels))


def test_a_truth_without_words_leaves_the_talking_to_the_simulator() -> None:
    said = {3: ScriptedDay("", can_walk=False)}
    record = list(live_days(TrialSpec(COMES_AND_GOES, seed=1), BOOK, ScriptedTruth(), said.get))[3]
    assert not record.can_walk
    assert record.walk_state_was_set
    assert record.statement_author == "simulator"
    assert LABELS[record.statement] == Label.CANNOT_WALK


def test_days_of_unknown_truth_are_not_counted() -> None:
    spec = TrialSpec(PRESETS["Always able (base environment)"], policy=PolicySpec("generic"))
    said = {0: ScriptedDay("I twisted my ankle"), 1: ScriptedDay("I twisted my ankle", can_walk=False)}
    summary = summarise(list(live_days(spec, BOOK, ScriptedTruth(), said.get))[:2])
    assert (summary.n_vetoes, summary.n_known_vetoes, summary.n_right_vetoes) == (2, 1, 1)
    assert (summary.n_known_days, summary.n_agreeing) == (1, 1)


class AlwaysFails:
    """A judge whose model never answers, under the rule to hold back."""

    def judge(self, text: str) -> Verdict:
        if not text:
            return Verdict(Decision.SEND, None, VerdictSource.NO_STATEMENT, "Nothing was said.")
        return Verdict(Decision.HOLD_BACK, None, VerdictSource.FALLBACK, "the rule", failure="It is not there.")


@pytest.mark.parametrize("strategy", [VETO, "sampled-veto", "next-best", "carry-forward"])
def test_an_error_is_never_counted_as_a_veto(strategy: str) -> None:
    spec = TrialSpec(COMES_AND_GOES, policy=PolicySpec("generic"), filter=filter_spec(strategy))
    records = list(live_days(spec, BOOK, AlwaysFails()))
    summary = summarise(records)
    assert (summary.n_vetoes, summary.n_known_vetoes, summary.n_right_vetoes) == (0, 0, 0)
    assert summary.n_held_back_by_rule == sum(record.held_back for record in records) > 5
    log = decision_log(records)
    assert set(log.loc[log["held_back"], "verdict_source"]) == {"fallback"}


def test_a_belief_vetoes_though_the_judge_fails() -> None:
    """It holds back by what the steps have shown, and the rule for failures has no say in it."""
    spec = TrialSpec(COMES_AND_GOES, policy=PolicySpec("generic"), filter=filter_spec("belief"))
    summary = summarise(list(live_days(spec, BOOK, AlwaysFails())))
    assert summary.n_vetoes > 0
    assert summary.n_held_back_by_rule == 0


def test_the_loop_tells_a_policy_what_it_asks_for_and_nothing_else() -> None:
    specs = {key: PolicySpec(key) for key in POLICIES}
    assert [key for key, spec in specs.items() if spec.uses_belief] == ["planner", "learner"]
    assert [key for key, spec in specs.items() if spec.is_privileged] == ["optimum"]
    told = {OutsideLearner(belief, truth): (belief, truth) for belief in (True, False) for truth in (True, False)}
    for learner, (belief, truth) in told.items():
        spec = TrialSpec(COMES_AND_GOES, filter=filter_spec(VETO))
        trial = Trial(spec, [1, 2], JudgedTexts(BOOK, ScriptedTruth(), spec.belief), learner=learner)
        for _ in range(3):
            view = trial.begin_day()
            assert ((view.belief is not None), (view.truth is not None)) == (belief, truth)
            trial.end_day(Proposals(np.full(2, int(Action.GENERIC))))


def test_the_planner_reads_the_text_before_it_proposes() -> None:
    """With a judge that is always right it never writes to somebody who cannot walk, though nothing filters it."""
    spec = TrialSpec(COMES_AND_GOES, policy=PolicySpec("planner"), filter=filter_spec(NONE), seed=3)
    records = run(spec)
    assert all(record.verdict is not None and not record.held_back for record in records)
    assert sum(not record.can_walk for record in records) > 5
    assert all(record.candidate_action == Action.NO_MESSAGE for record in records if record.belief < 0.1)
    missed = [record for record in records if not record.can_walk and record.executed_action != Action.NO_MESSAGE]
    assert len(missed) <= 3  # the script is right always, but believed in 93 of 100 cases
    unread = list(live_days(spec, BOOK, None))
    assert all(record.verdict is None for record in unread)
    assert sum(record.step_count for record in unread) < sum(record.step_count for record in records)


def test_the_optimum_is_told_the_truth() -> None:
    records = run(TrialSpec(COMES_AND_GOES, policy=PolicySpec("optimum"), filter=filter_spec(NONE), seed=3))
    assert all(record.executed_action == Action.NO_MESSAGE for record in records if not record.can_walk)
    assert all(record.executed_action in (0, 2 + record.true_context) for record in records)
    assert records[-1].disengagement_risk == 0


def test_a_belief_is_kept_only_where_it_is_used() -> None:
    assert all(record.belief is None for record in run(TrialSpec(COMES_AND_GOES)))
    records = run(TrialSpec(COMES_AND_GOES, policy=PolicySpec("generic"), filter=filter_spec("belief")))
    assert all(record.held_back == (record.belief < 0.5) for record in records)
    assert {record.belief < 0.5 for record in records} == {True, False}


def test_belief_outlasts_silence() -> None:
    """Where nothing is said on later days without ability, yesterday's steps still tell; a veto alone forgets."""
    config = replace(COMES_AND_GOES, repeats_while_unable=False, cannot_walk_persistence=0.8)
    config = replace(config, cannot_walk_disengagement=0.0)
    silent = [
        record
        for record in run(TrialSpec(config, policy=PolicySpec("generic"), filter=filter_spec("belief")))
        if not record.statement and not record.can_walk
    ]
    assert len(silent) > 3
    assert all(record.held_back for record in silent)


def test_a_day_set_by_hand_does_not_upset_the_belief() -> None:
    """The model holds it for impossible that somebody is unable on day 1, or unable and silent."""
    spec = TrialSpec(COMES_AND_GOES, policy=PolicySpec("planner"), filter=filter_spec("belief"))
    days = {
        0: ScriptedDay("", can_walk=False),
        4: ScriptedDay("", can_walk=False),
        5: ScriptedDay("I feel great", can_walk=True),
    }
    records = list(live_days(spec, BOOK, ScriptedTruth(), days.get))
    assert all(0 <= record.belief <= 1 for record in records)


def test_next_best_of_an_unsure_judge() -> None:
    """Only tailored messages are ruled out; which of the other two is done is the policy's choice."""
    settings = filter_spec("next-best")
    unsure = Verdict(Decision.UNSURE, 0.5, VerdictSource.MODEL, "")
    tailored = Action.TAILORED_WORK
    assert execute(settings, tailored, unsure, 0.0) == Action.GENERIC
    assert execute(settings, tailored, unsure, 0.0, (1.0, 5.0, 0.0, 9.0)) == Action.GENERIC
    assert execute(settings, tailored, unsure, 0.0, (5.0, 1.0, 0.0, 9.0)) == Action.NO_MESSAGE
    assert execute(settings, Action.NO_MESSAGE, unsure, 0.0, (5.0, 9.0, 0.0, 9.0)) == Action.NO_MESSAGE
    assert execute(filter_spec("next-best", on_unsure="send"), tailored, unsure, 0.0) == tailored
    for decision, done in ((Decision.SEND, tailored), (Decision.HOLD_BACK, Action.NO_MESSAGE)):
        assert execute(settings, tailored, Verdict(decision, 0.5, VerdictSource.MODEL, ""), 0.0) == done
    assert execute(settings, Action.GENERIC, unsure, 0.0, (9.0, 1.0, 0.0, 0.0)) == Action.GENERIC
