"""Many seeds of one trial at once: one array operation for all lanes.

Lane i of ``run_batch(spec, seeds, verdicts)`` is ``run_trial`` under seeds[i], number for number; a test holds it to
that for every policy and filter. What differs is that the judge has read all statements beforehand, and that nobody
speaks for the participants.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jitai.belief import Belief, BeliefSettings, Text, evidence
from jitai.corpus import StatementBook
from jitai.errors import ParameterError
from jitai.experiments.trial import LEARNED, OPTIMUM, PLANNER, JudgesText, TrialSpec, network_of, unread
from jitai.filters import ASK, BELIEF, CANDIDATE, CARRY_FORWARD, NEXT_BEST, NONE, NOTHING, SAMPLED_VETO, FilterSettings
from jitai.optimum import optimum
from jitai.planner import best_action, cached_plan
from jitai.policies import make_policy
from jitai.policies.learned import PolicyNetwork, Seen, features
from jitai.policies.thompson import (
    CONTEXT_AND_STATE,
    CONTEXT_PROBABILITY,
    Posterior,
    ThompsonSettings,
    draw_weights,
    prior,
)
from jitai.records import Action, Decision, Label, Statement, Verdict, VerdictSource
from jitai.seeding import Stream, generator
from jitai.simulator.config import DETERMINISTIC, SimulatorConfig
from jitai.simulator.dynamics import Response, case_index, disengages, mean_outcome, response_table, vary
from jitai.simulator.participant import STEPS_BEFORE_THE_FIRST_DECISION
from jitai.simulator.world import DayUniforms, UniformStream, World, make_world

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SILENT, HOLD_BACK, UNSURE, SEND = -1, 0, 1, 2
"""How a day's decision stands in ``BatchResult.verdict``."""
_CODES = {Decision.HOLD_BACK: HOLD_BACK, Decision.UNSURE: UNSURE, Decision.SEND: SEND}


class Verdicts(NamedTuple):
    """What a judge says of each statement that participants may write, in the order of the statement book.

    Attributes:
        if_able: on the statements of participants who can walk.
        if_unable: on those of participants who cannot.
    """

    if_able: tuple[Verdict, ...]
    if_unable: tuple[Verdict, ...]


def read_all(book: StatementBook, judge: JudgesText) -> Verdicts:
    """Have a judge read every statement of a book once."""
    return Verdicts(
        *(
            tuple(judge.judge(item.text) for item in book.by_label[label])
            for label in (Label.CAN_WALK, Label.CANNOT_WALK)
        )
    )


class PreparedJudge:
    """A judge whose verdicts are known beforehand, such as those of a large model read from a file.

    Args:
        p_send: P(send) in [0, 1] by the statement's text.
        send_from: probability from which it says "send".
        hold_back_below: probability below which it says "do not send"; between the two it is unsure.
    Raises: ParameterError if the two limits are out of order.
    """

    def __init__(self, p_send: Mapping[str, float], send_from: float = 0.5, hold_back_below: float = 0.5) -> None:
        if not 0 <= hold_back_below <= send_from <= 1:
            raise ParameterError(
                f"The judge holds back below {hold_back_below:g} and sends from {send_from:g}: the first must not be "
                "above the second, and both lie between 0 and 1."
            )
        self._p_send = p_send
        self._send_from, self._hold_back_below = send_from, hold_back_below

    def judge(self, text: str) -> Verdict:
        """The prepared verdict; a text that was not prepared counts as one that could not be judged."""
        if not text:
            return Verdict(Decision.SEND, None, VerdictSource.NO_STATEMENT, "The participant said nothing.")
        p_send = self._p_send.get(text)
        if p_send is None:
            return Verdict(
                Decision.HOLD_BACK,
                None,
                VerdictSource.FALLBACK,
                "No verdict on this text was prepared.",
                statement=text,
                failure="No verdict on this text was prepared.",
            )
        decision = (
            Decision.SEND
            if p_send >= self._send_from
            else Decision.HOLD_BACK
            if p_send < self._hold_back_below
            else Decision.UNSURE
        )
        return Verdict(decision, p_send, VerdictSource.CACHE, "The verdict was prepared beforehand.", statement=text)


def simulated_judge(finds_cannot_walk: float, false_alarms: float) -> tuple[StatementBook, PreparedJudge]:
    """A judge with exactly these error rates, and the placeholder statements that it reads.

    1,000 statements of either kind, of which the given shares (to the nearest thousandth) are judged "cannot walk". As
    each day's statement is drawn anew, errors are independent from day to day. P(send) is calibrated at even odds.

    Args:
        finds_cannot_walk: share of the statements of people who cannot walk that are recognised, in [0, 1].
        false_alarms: share of the other statements that are mistaken for such, in [0, 1].
    """
    n_statements = 1000
    statements: list[Statement] = []
    p_send: dict[str, float] = {}
    for label, share in ((Label.CAN_WALK, false_alarms), (Label.CANNOT_WALK, finds_cannot_walk)):
        for number in range(n_statements):
            text = f"{label.value} {number}"
            statements.append(Statement(text, text, label, "plain", len(statements)))
            says_cannot = number < round(share * n_statements)
            if_can = false_alarms if says_cannot else 1 - false_alarms
            if_cannot = finds_cannot_walk if says_cannot else 1 - finds_cannot_walk
            # A judge that knows nothing says what the flip of a coin says.
            probability = if_can / (if_can + if_cannot) if if_can != if_cannot else 0.5
            p_send[text] = min(probability, 0.4999) if says_cannot else max(probability, 0.5)
    return StatementBook(statements), PreparedJudge(p_send)


@dataclass(frozen=True, eq=False)
class BatchResult:
    """What happened; every array has shape (n_seeds, n_days), and only days that were lived count.

    Attributes:
        seeds: of the lanes, shape (n_seeds,).
        lived: whether the day was lived; false after the participant left.
        step_count: steps earned, >= 0; 0 on days not lived.
        candidate_action, executed_action: codes 0 to 3.
        habituation, disengagement_risk: after the day, in [0, 1].
        true_context, can_walk: the hidden truth, 0 or 1.
        context_probability: p_t as observed, in [0, 1].
        wrote: whether something was written.
        verdict: HOLD_BACK, UNSURE or SEND as it was applied; SILENT where there is none: nobody reads, or nothing was
            said and nothing is carried forward.
        rule_stood_in: whether the judge could not answer, and the rule for that case decided in its place.
        belief: P(w_t = 1) before the action, in [0, 1]; NaN where none is kept.
        disengaged: whether the participant left, on the last day at the latest; shape (n_seeds,).
    """

    seeds: tuple[int, ...]
    lived: Flags
    step_count: Floats
    candidate_action: Integers
    executed_action: Integers
    habituation: Floats
    disengagement_risk: Floats
    true_context: Integers
    can_walk: Integers
    context_probability: Floats
    wrote: Flags
    verdict: Integers
    rule_stood_in: Flags
    belief: Floats
    disengaged: Flags

    @property
    def total_steps(self) -> Floats:
        """Steps of each seed's whole study, shape (n_seeds,)."""
        total: Floats = self.step_count.sum(axis=1)
        return total


@lru_cache(maxsize=4)
def _worlds(config: SimulatorConfig, seeds: tuple[int, ...]) -> World:
    """The worlds of all seeds, kept for the next method that meets them."""
    return draw_worlds(config, seeds)


def draw_worlds(config: SimulatorConfig, seeds: Sequence[int]) -> World:
    """The worlds of all seeds, lanes first; one day longer than the study."""
    rows = [UniformStream(generator(seed, Stream.WORLD)).advance(0, config.study_length + 1) for seed in seeds]
    return make_world(config, DayUniforms(*(np.stack(columns) for columns in zip(*rows, strict=True))))


class DayTexts:
    """Each day's verdicts of all lanes.

    Args:
        world: of the lanes.
        verdicts: on every statement of the book.
        settings: how the belief is fed.

    Attributes:
        writes: whether something is written; this and the following of shape (n_lanes, n_days).
        decision: HOLD_BACK, UNSURE or SEND; SEND where nothing is written.
        p_send: in [0, 1]; NaN where there is none.
        failed: whether the judge could not answer.
        if_can, if_cannot: the verdict as evidence, see ``Text``.
    """

    def __init__(self, world: World, verdicts: Verdicts, settings: BeliefSettings) -> None:
        able = world.can_walk == 1
        self.writes: Flags = world.writes == 1

        def of_day(values: list[list[float]]) -> Any:
            picked = []
            for of_label in values:
                given = np.array(of_label)
                picked.append(given[(world.statement_uniform * len(given)).astype(np.int64)])
            return np.where(able, picked[0], picked[1])

        by_label = [verdicts.if_able, verdicts.if_unable]
        decisions = of_day([[_CODES[item.decision] for item in items] for items in by_label])
        self.decision: Integers = np.where(self.writes, decisions, SEND).astype(np.int64)
        p_send = of_day([[np.nan if item.p_send is None else item.p_send for item in items] for items in by_label])
        self.p_send: Floats = np.where(self.writes, p_send, np.nan)
        failed = of_day([[float(item.is_fallback) for item in items] for items in by_label])
        self.failed: Flags = self.writes & (failed == 1)
        likelihoods = [[evidence(item, settings) or Text(True) for item in items] for items in by_label]
        self.if_can = of_day([[float(text.if_can) for text in texts] for texts in likelihoods])
        self.if_cannot = of_day([[float(text.if_cannot) for text in texts] for texts in likelihoods])

    def on(self, day: int) -> Text:
        """The day's evidence."""
        return Text(self.writes[:, day], self.if_can[:, day], self.if_cannot[:, day])


def run_batch(spec: TrialSpec, seeds: Sequence[int], verdicts: Verdicts | None) -> BatchResult:
    """Run a trial under many seeds.

    Args:
        spec: settings; its own seed is not used.
        seeds: one a lane.
        verdicts: of the judge, on every statement of the book; None where nobody reads.
    Raises: ParameterError if the policy is unknown, or unknown here, or a seed out of range.
    """
    config, filtering = spec.config, spec.filter
    if verdicts is None:
        spec = unread(spec)
    lanes = _Lanes(spec, tuple(seeds))
    world, n_days = lanes.world, config.study_length
    keeps_belief = filtering.strategy == BELIEF or spec.acts_on_belief
    texts = None
    if verdicts is not None and (filtering.strategy != NONE or keeps_belief):
        texts = DayTexts(world, verdicts, spec.belief)
    tracked = Belief(spec.assumed, spec.belief) if keeps_belief else None
    shape = (len(seeds), n_days)
    uniforms = np.stack([generator(seed, Stream.FILTER).random(n_days) for seed in seeds])
    remembered, remembers_failure = np.full(len(seeds), SILENT), np.zeros(len(seeds), dtype=bool)
    lived, alive = np.zeros(shape, dtype=bool), np.ones(len(seeds), dtype=bool)
    step_count, habituation, risk = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    candidates, actions = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    verdict_of, belief_of = np.full(shape, SILENT), np.full(shape, np.nan)
    rule_stood_in = np.zeros(shape, dtype=bool)
    for day in range(n_days):
        belief: Any = None
        if tracked is not None:
            belief = np.broadcast_to(tracked.read(texts.on(day) if texts else None), len(seeds)).astype(np.float64)
            belief_of[:, day] = belief
        candidate, preference = lanes.propose(day, belief)
        executed = candidate
        if texts is not None:
            applied = texts.decision[:, day]
            shown, failed = np.where(texts.writes[:, day], applied, SILENT), texts.failed[:, day]
            if filtering.strategy == CARRY_FORWARD:
                remembered = np.where(texts.writes[:, day], applied, remembered)
                applied = np.where(remembered == SILENT, SEND, remembered)
                remembers_failure = np.where(texts.writes[:, day], failed, remembers_failure)
                shown, failed = remembered, remembers_failure
            verdict_of[:, day] = shown
            if filtering.strategy not in (NONE, BELIEF):
                rule_stood_in[:, day] = failed
            can_walk = world.can_walk[:, day].astype(np.int64)
            p_send, uniform = texts.p_send[:, day], uniforms[:, day]
            executed = execute_all(filtering, candidate, applied, p_send, uniform, preference, can_walk)
        if filtering.strategy == BELIEF:
            executed = np.where(belief >= filtering.belief_threshold, candidate, Action.NO_MESSAGE)
        before = lanes.habituation
        steps = lanes.act(day, executed, alive)
        if tracked is not None:
            tracked.see(executed, world.context_probability[:, day], before, steps)
        if filtering.learner_told == CANDIDATE:
            lanes.learn(day, candidate, steps, alive)
        else:
            told = alive & (executed == candidate) if filtering.learner_told == NOTHING else alive
            lanes.learn(day, executed, steps, told)
        lived[:, day] = alive
        step_count[:, day] = np.where(alive, steps, 0.0)
        habituation[:, day], risk[:, day] = lanes.habituation, lanes.risk
        candidates[:, day], actions[:, day] = candidate, executed
        alive = alive & ~disengages(config, lanes.risk)
    return BatchResult(
        seeds=tuple(seeds),
        lived=lived,
        step_count=step_count,
        candidate_action=candidates,
        executed_action=actions,
        habituation=habituation,
        disengagement_risk=risk,
        true_context=world.true_context[:, :n_days].astype(np.int64),
        can_walk=world.can_walk[:, :n_days].astype(np.int64),
        context_probability=world.context_probability[:, :n_days],
        wrote=world.writes[:, :n_days] == 1,
        verdict=verdict_of,
        rule_stood_in=rule_stood_in,
        belief=belief_of,
        disengaged=~alive,
    )


def execute_all(
    filtering: FilterSettings,
    candidate: Integers,
    decision: Integers,
    p_send: Floats,
    uniform: Floats,
    preference: Floats | None,
    can_walk: Integers,
) -> Integers:
    """``filters.execute`` for all lanes, but for the belief; who is asked tells the truth.

    Args:
        filtering: the strategy.
        candidate: what the policy proposes, codes 0 to 3; this and the following of shape (n_lanes,).
        decision, p_send: of ``DayTexts``, today's.
        uniform: in [0, 1), for the sampled veto.
        preference: how much each action is liked, shape (n_lanes, n_actions); None if the policy does not say.
        can_walk: w_t.
    """
    if filtering.strategy in (NONE, BELIEF):
        return candidate
    holds_on_unsure = filtering.on_unsure != Decision.SEND
    sends = (decision == SEND) | ((decision == UNSURE) & (not holds_on_unsure))
    if filtering.strategy == SAMPLED_VETO:
        sends = np.where(np.isnan(p_send), sends, uniform < p_send)
    executed = np.where(sends, candidate, int(Action.NO_MESSAGE))
    if filtering.strategy == NEXT_BEST and holds_on_unsure:
        rather_none = np.zeros(len(candidate), dtype=bool)
        if preference is not None:
            rather_none = preference[:, Action.NO_MESSAGE] >= preference[:, Action.GENERIC]
        untailored = np.where(rather_none, int(Action.NO_MESSAGE), int(Action.GENERIC))
        untailored = np.where(candidate <= Action.GENERIC, candidate, untailored)
        executed = np.where(decision == UNSURE, untailored, executed)
    if filtering.on_unsure == ASK and filtering.strategy != SAMPLED_VETO:
        executed = np.where(decision == UNSURE, np.where(can_walk == 1, candidate, int(Action.NO_MESSAGE)), executed)
    return executed.astype(np.int64)


class _Lanes:
    """The participants and what the policy keeps of each."""

    def __init__(self, spec: TrialSpec, seeds: tuple[int, ...]) -> None:
        self.spec = spec
        self.world = _worlds(spec.config, seeds)
        n_lanes, n_days = len(seeds), spec.config.study_length
        self.habituation: Floats = np.full(n_lanes, spec.config.initial_habituation)
        self.risk: Floats = np.full(n_lanes, spec.config.initial_disengagement)
        self._inferred = self.world.inferred_context.astype(np.int64)
        self._table = response_table(spec.config)
        self._step_count: Floats = np.full(n_lanes, STEPS_BEFORE_THE_FIRST_DECISION)
        self._network: PolicyNetwork | None = network_of(spec) if spec.policy == LEARNED else None
        if spec.policy not in (PLANNER, OPTIMUM, LEARNED):
            make_policy(spec.policy, spec.thompson)  # refuses unknown names
        if spec.policy == "random":
            self._drawn = np.stack(
                [generator(seed, Stream.POLICY).integers(len(Action), size=n_days) for seed in seeds]
            )
        if spec.policy == "thompson":
            settings = spec.thompson
            one = prior(settings)
            self._posterior = Posterior(*(np.repeat(part[None], n_lanes, axis=0) for part in one))
            size = (n_days, len(Action), settings.n_features)
            self._normals = np.stack([generator(seed, Stream.POLICY).standard_normal(size) for seed in seeds])

    def propose(self, day: int, belief: Floats | None) -> tuple[Integers, Floats | None]:
        """Candidates, shape (n_lanes,), and how much each action is liked, shape (n_lanes, n_actions), if said."""
        policy, n_lanes = self.spec.policy, len(self.habituation)
        if self._network is not None:
            seen = Seen(
                self.world.context_probability[:, day], self._inferred[:, day], self.habituation, self.risk,
                self._step_count, day, self.spec.config.study_length, 1.0 if belief is None else belief,
                self.world.true_context[:, day],
            )  # fmt: skip
            liked = self._network.preferences(features(self._network.observations, seen))
            return np.argmax(liked, axis=-1), liked
        if policy == PLANNER:
            plan = cached_plan(self.spec.assumed, self.spec.belief, self.spec.planner)
            probability = self.world.context_probability[:, day]
            values = plan.action_values(day, self.habituation, self.risk, belief, probability)
            return best_action(values), values.T
        if policy == OPTIMUM:
            solved = optimum(self.spec.config)
            can_walk, context = (
                part[:, day].astype(np.int64) for part in (self.world.can_walk, self.world.true_context)
            )
            values = solved.action_values(day, self.habituation, self.risk, can_walk, context)
            return best_action(values), values.T
        if policy == "random":
            return self._drawn[:, day], None
        if policy == "tailored":
            return 2 + self._inferred[:, day], None
        if policy == "generic":
            return np.full(n_lanes, int(Action.GENERIC)), None
        if policy == "never":
            return np.full(n_lanes, int(Action.NO_MESSAGE)), None
        if policy == "thompson":
            draws = draw_weights(self._posterior, self._normals[:, day])
            sampled = np.matmul(draws, self._features(day)[..., None])[..., 0]
            liked = sampled + self.spec.thompson.action_bias
            return np.argmax(liked, axis=1), liked
        raise ParameterError(
            f"The policy {policy!r} cannot be run for many seeds at once.", "Only single trials know it so far."
        )

    def act(self, day: int, executed: Integers, alive: Flags) -> Floats:
        """Do something today in every lane that is still there; returns the steps."""
        config, world = self.spec.config, self.world
        case = case_index(executed, world.true_context[:, day].astype(np.int64), world.can_walk[:, day])
        response = Response(*self._table.take(case, axis=1))
        habituation, risk, steps = mean_outcome(self.habituation, self.risk, response)
        if config.variation != DETERMINISTIC:
            luck = world.luck[:, day]
            habituation, risk, steps = vary(config, habituation, risk, steps, (luck[:, 0], luck[:, 1], luck[:, 2]))
        self._before = (self.habituation, self.risk)
        self.habituation = np.where(alive, habituation, self.habituation)
        self.risk = np.where(alive, risk, self.risk)
        earned: Floats = steps
        self._step_count = earned
        return earned

    def learn(self, day: int, action: Integers, steps: Floats, told: Flags) -> None:
        """Tell Thompson sampling, in the lanes in which it is told."""
        if self.spec.policy != "thompson":
            return
        lanes = np.flatnonzero(told)
        features, chosen = self._features(day, *self._before)[lanes], action[lanes]
        weight = self.spec.thompson.reward_noise**-2
        precision, weighted_sum = self._posterior.precision.copy(), self._posterior.weighted_sum.copy()
        precision[lanes, chosen] += weight * (features[:, :, None] * features[:, None, :])
        weighted_sum[lanes, chosen] += (weight * steps[lanes])[:, None] * features
        self._posterior = Posterior(precision, weighted_sum)

    def _features(self, day: int, habituation: Floats | None = None, risk: Floats | None = None) -> Floats:
        """x of every lane, shape (n_lanes, n_features); of the state before the action where one is given."""
        settings: ThompsonSettings = self.spec.thompson
        by_probability = settings.features == CONTEXT_PROBABILITY
        context = self.world.context_probability[:, day] if by_probability else self._inferred[:, day]
        values: list[Any] = [np.ones(len(context)), context]
        if settings.features == CONTEXT_AND_STATE:
            values += [self.habituation, self.risk] if habituation is None else [habituation, risk]
        features: Floats = np.stack(values, axis=1).astype(np.float64)
        return features
