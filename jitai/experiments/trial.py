"""The one decision loop of the project: page, command line and experiments all run it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from jitai.corpus import StatementBook
from jitai.filters import CARRY_FORWARD, NONE, FilterSettings, action_to_learn_from, carried_forward, execute
from jitai.policies import make_policy
from jitai.policies.thompson import ThompsonSettings
from jitai.records import SIMULATOR, TYPED, Action, StepRecord, Verdict
from jitai.seeding import Stream, generator
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.participant import Participant


class JudgesText(Protocol):
    """What a trial needs of a judge."""

    def judge(self, text: str) -> Verdict:
        """The verdict on one statement; empty if nothing was said. Never raises for what a text or a model does."""
        ...


class Said(NamedTuple):
    """What a person makes the participant say on one day.

    Attributes:
        text: instead of the simulator's own statement.
        can_walk: the truth of that day, if the person sets it; None leaves it to the simulator.
    """

    text: str
    can_walk: bool | None = None


@dataclass(frozen=True)
class TrialSpec:
    """Everything that decides a trial, beside the judge and the statements."""

    config: SimulatorConfig = field(default_factory=SimulatorConfig)
    policy: str = "thompson"
    thompson: ThompsonSettings = field(default_factory=ThompsonSettings)
    filter: FilterSettings = field(default_factory=FilterSettings)
    seed: int = 42

    def without_filter(self) -> "TrialSpec":
        """The same trial with the policy alone: its counterfactual twin."""
        return replace(self, filter=replace(self.filter, strategy=NONE))


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
    policy = make_policy(spec.policy, spec.thompson)
    policy_rng = generator(spec.seed, Stream.POLICY)
    filter_rng = generator(spec.seed, Stream.FILTER)
    remembered: tuple[Verdict, int] | None = None
    while not participant.over:
        day = participant.day
        person = said(day)
        truth = person.can_walk if person is not None else None
        if truth is not None and truth != participant.can_walk:
            participant.set_can_walk(truth)
        statement, author = _statement(participant, book, person)
        observation = participant.observe()
        proposal = policy.propose(observation, policy_rng)
        verdict = None
        if spec.filter.strategy != NONE and judge is not None:
            verdict = judge.judge(statement)
            if statement:
                remembered = verdict, day
            elif spec.filter.strategy == CARRY_FORWARD and remembered is not None:
                verdict = carried_forward(*remembered)
        true_context, can_walk = participant.true_context, participant.can_walk
        # Nobody is asked about a message that was not to be sent.
        was_asked = proposal.candidate_action != Action.NO_MESSAGE and spec.filter.asks(verdict)
        answer = can_walk if was_asked else None
        executed = execute(spec.filter, proposal.candidate_action, verdict, float(filter_rng.random()), answer)
        outcome = participant.act(executed)
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
        )


def _statement(participant: Participant, book: StatementBook, person: Said | None) -> tuple[str, str]:
    """Today's words and whose they are."""
    if person is not None and person.text.strip():
        return person.text, TYPED
    if participant.writes:
        return book.choose(participant.can_walk, participant.statement_uniform).text, SIMULATOR
    return "", ""
