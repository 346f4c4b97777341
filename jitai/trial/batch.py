"""Many seeds of one trial at once: one array operation for all lanes.

Lane i of ``run_batch(spec, seeds, verdicts)`` is ``run_trial`` under seeds[i], number for number; a test holds it to
that for every policy and filter. What differs is that the judge has read all statements beforehand, and that nobody
speaks for the participants.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from jitai.arrays import Flags, Floats, Integers
from jitai.errors import ParameterError
from jitai.policies.belief import Belief
from jitai.policies.network import PolicyNetwork, Seen, features
from jitai.policies.optimum import optimum
from jitai.policies.planner import best_action, cached_plan
from jitai.policies.registry import make_policy
from jitai.policies.thompson import (
    CONTEXT_AND_STATE,
    CONTEXT_PROBABILITY,
    Posterior,
    ThompsonSettings,
    draw_weights,
    prior,
)
from jitai.records import Action
from jitai.seeding import Stream, generator
from jitai.simulator.config import DETERMINISTIC, SimulatorConfig
from jitai.simulator.dynamics import Response, case_index, disengages, mean_outcome, response_table, vary
from jitai.simulator.participant import STEPS_BEFORE_THE_FIRST_DECISION
from jitai.simulator.world import DayUniforms, UniformStream, World, make_world
from jitai.trial.filters import BELIEF, CANDIDATE, CARRY_FORWARD, NONE, NOTHING, execute_all
from jitai.trial.spec import LEARNED, OPTIMUM, PLANNER, TrialSpec, network_of, unread
from jitai.trial.verdict_table import SEND, SILENT, DayTexts, Verdicts


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
