"""The one decision loop of the project: page, command line and experiments all run it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from jitai.corpus import StatementBook
from jitai.policies.base import BeliefPolicy, InformedPolicy, Policy
from jitai.policies.belief import Belief, evidence
from jitai.records import SIMULATOR, TYPED, Action, JudgesText, Observation, Proposal, StepRecord, Verdict
from jitai.seeding import Stream, generator
from jitai.simulator.participant import Participant
from jitai.simulator.world import UniformStream, make_world
from jitai.trial.filters import BELIEF, CARRY_FORWARD, NONE, action_to_learn_from, carried_forward, execute
from jitai.trial.spec import TrialSpec, policy_of, unread


class Said(NamedTuple):
    """What a person makes the participant say on one day.

    Attributes:
        text: instead of the simulator's own statement.
        can_walk: the truth of that day, if the person sets it; None leaves it to the simulator.
    """

    text: str
    can_walk: bool | None = None


def nobody(day: int) -> Said | None:
    """Leaves the talking to the simulator."""
    return None


def run_trial(
    spec: TrialSpec,
    book: StatementBook,
    judge: JudgesText | None,
    said: Callable[[int], Said | None] = nobody,
) -> Iterator[StepRecord]:
    """Run a trial, one record for each decision, as the caller asks for them.

    The participant's world, the policy's draws and the filter's draws come from streams of their own under the seed,
    so the same seed with another filter meets the same contexts, walk states, statements and noise.

    Args:
        spec: settings and seed.
        book: the simulator's statements.
        judge: reads the statements; not used, and may be None, where the strategy is "none".
        said: asked on each day, before its decision, whether a person speaks for the participant.
    Yields: one StepRecord a day until the study or the participant's engagement ends.
    """
    participant = Participant(spec.config, generator(spec.seed, Stream.WORLD))
    if judge is None:
        spec = unread(spec)
    policy = policy_of(spec)
    policy_rng = generator(spec.seed, Stream.POLICY)
    filter_rng = generator(spec.seed, Stream.FILTER)
    filters = spec.filter.strategy != NONE
    keeps_belief = spec.filter.strategy == BELIEF or isinstance(policy, BeliefPolicy)
    tracked = Belief(spec.assumed, spec.belief) if keeps_belief else None
    remembered: tuple[Verdict, int] | None = None
    while not participant.over:
        day = participant.day
        person = said(day)
        truth = person.can_walk if person is not None else None
        if truth is not None and truth != participant.can_walk:
            participant.set_can_walk(truth)
        statement, author = _statement(participant, book, person)
        observation = participant.observe()
        todays, belief = None, None
        if judge is not None and (filters or tracked is not None):
            todays = judge.judge(statement)
        if tracked is not None:
            belief = float(tracked.read(evidence(todays, spec.belief)))
        true_context, can_walk = participant.true_context, participant.can_walk
        proposal = _propose(policy, observation, belief, can_walk, true_context, policy_rng)
        verdict = todays
        if todays is not None and filters:
            if statement:
                remembered = todays, day
            elif spec.filter.strategy == CARRY_FORWARD and remembered is not None:
                verdict = carried_forward(*remembered)
        # Nobody is asked about a message that was not to be sent.
        was_asked = proposal.candidate_action != Action.NO_MESSAGE and spec.filter.asks(verdict)
        answer = can_walk if was_asked else None
        uniform = float(filter_rng.random())
        executed = execute(
            spec.filter, proposal.candidate_action, verdict, uniform, proposal.preference, belief, answer
        )
        outcome = participant.act(executed)
        if tracked is not None:
            tracked.see(int(executed), observation.context_probability, observation.habituation, outcome.step_count)
        learned = action_to_learn_from(spec.filter, proposal.candidate_action, executed)
        if learned is not None:
            policy.learn(observation, learned, outcome.step_count)
        yield StepRecord(
            observation=observation,
            true_context=true_context,
            can_walk=can_walk,
            statement=statement,
            statement_author=author,
            walk_state_was_set=truth is not None,
            proposal=proposal,
            verdict=verdict,
            executed_action=executed,
            step_count=outcome.step_count,
            habituation=outcome.habituation,
            disengagement_risk=outcome.disengagement_risk,
            terminated=outcome.terminated,
            truncated=outcome.truncated,
            was_asked=was_asked,
            belief=belief,
            rule_stood_in=spec.filter.rule_stands_in(verdict),
        )


def _propose(
    policy: Policy,
    observation: Observation,
    belief: float | None,
    can_walk: bool,
    true_context: int,
    rng: np.random.Generator,
) -> Proposal:
    """The policy's candidate, from as much as this kind of policy is told."""
    if belief is not None and isinstance(policy, BeliefPolicy):
        return policy.propose_on_belief(observation, belief, rng)
    if isinstance(policy, InformedPolicy):
        return policy.propose_informed(observation, can_walk, true_context)
    return policy.propose(observation, rng)


def coming_statements(spec: TrialSpec, book: StatementBook) -> tuple[str, ...]:
    """What the simulated participant will write, in order, unless a person speaks or the study ends early."""
    world = make_world(
        spec.config, UniformStream(generator(spec.seed, Stream.WORLD)).advance(0, spec.config.study_length + 1)
    )
    days = range(spec.config.study_length)
    return tuple(
        book.choose(bool(world.can_walk[day]), float(world.statement_uniform[day])).text
        for day in days
        if world.writes[day]
    )


def _statement(participant: Participant, book: StatementBook, person: Said | None) -> tuple[str, str]:
    """Today's words and whose they are."""
    if person is not None and person.text.strip():
        return person.text, TYPED
    if participant.writes:
        return book.choose(participant.can_walk, participant.statement_uniform).text, SIMULATOR
    return "", ""
