"""The decision loop: the only place where a day of a trial is lived.

``Trial`` runs n participants at once. A page and the command ``run`` use n = 1, a cell of an experiment one participant
for each seed; the training of a policy, which proposes from outside, restarts participants whose study is over.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from jitai.arrays import Flags, Floats, Integers
from jitai.policies.base import PolicyInputs, Proposals, Truth, View
from jitai.policies.belief import Belief
from jitai.records import ACTIONS, Proposal, StepRecord
from jitai.seeding import Stream, generator
from jitai.simulator.participants import Outcomes, Participants, Today
from jitai.simulator.world import World
from jitai.trial.filters import Filtered, FilterInputs, carried_forward
from jitai.trial.spec import TrialSpec
from jitai.trial.texts import Evidence, Script, ScriptedDay, Texts
from jitai.trial.trial_log import DayChances, DayNotes, LivedDay, TrialLog
from jitai.trial.verdict_table import Verdicts, VerdictTable

NO_SCRIPT: Script = {}


class OutsideLearner(NamedTuple):
    """What is told to a learner that proposes from outside the loop.

    Attributes:
        uses_belief: whether it sees the belief in ability.
        is_privileged: whether it sees the hidden truth.
    """

    uses_belief: bool
    is_privileged: bool


class Morning(NamedTuple):
    """A day before its decision: the hidden state, the evidence, the belief, and what the policy knows of them."""

    today: Today
    evidence: Evidence | None
    belief: Floats | None
    view: View


class Trial:
    """One trial of n participants, day by day.

    Each participant's world, the policy's draws and the filter's draws come from streams of their own under the
    participant's seed, so the same seed with another filter meets the same contexts, walk states, statements and luck.

    Args:
        spec: settings; its own seed is not used.
        seeds: one for each participant, at least one.
        texts: where the evidence comes from; None where nobody reads.
        keeps_notes: whether words, and what led to each proposal, are kept for people who look at single days.
        keeps_chances: whether the probability of what was done is computed. It changes nothing else.
        learner: what proposes in place of the policy of the trial; ``begin_day`` and ``end_day`` then move it.

    Attributes:
        spec: as given; without a judge, as one whose text nobody reads.
        participants: as they are now.
        policy: of the trial; None where a learner proposes from outside.
        days: lived so far; none where a learner proposes from outside.
    """

    def __init__(
        self,
        spec: TrialSpec,
        seeds: Sequence[int],
        texts: Texts | None = None,
        *,
        keeps_notes: bool = False,
        keeps_chances: bool = False,
        learner: OutsideLearner | None = None,
    ) -> None:
        is_read = texts is not None and texts.is_read
        self.spec = spec = spec if is_read else spec.unread()
        config, n = spec.config, len(seeds)
        proposer = OutsideLearner(spec.policy.uses_belief, spec.policy.is_privileged) if learner is None else learner
        keeps_belief = proposer.uses_belief or spec.filter.filter.uses_belief
        self.participants = Participants(config, seeds)
        self._texts, self._keeps_notes, self._tells_truth = texts, keeps_notes, proposer.is_privileged
        self._keeps_chances = keeps_chances
        self._asks = is_read and (spec.filter.filter.uses_text or keeps_belief)
        self._belief = Belief(spec.assumed, spec.belief) if keeps_belief else None
        self.filter = spec.filter.make(n)
        self._uniforms = np.zeros((config.study_length, n))
        if self.filter.draws:
            drawn = [generator(seed, Stream.FILTER).random(config.study_length) for seed in seeds]
            self._uniforms = np.stack(drawn, axis=1)
        self.policy = None
        if learner is None:
            self.policy = spec.policy.make(
                PolicyInputs(
                    config, spec.assumed, spec.belief, n, lambda: [generator(seed, Stream.POLICY) for seed in seeds]
                )
            )  # fmt: skip
        self.days: list[LivedDay] = []
        self._seeds = tuple(seeds)

    @property
    def day(self) -> int:
        """The number of days lived."""
        return len(self.days)

    @property
    def log(self) -> TrialLog:
        """The days lived so far, as columns."""
        return TrialLog.of(self._seeds, self.spec.config.study_length, self.days)

    @property
    def is_over(self) -> bool:
        """Whether the study is over for every participant."""
        return self.participants.n_over == self.participants.n

    def step(self, script: Script = NO_SCRIPT) -> LivedDay:
        """Live one day and return it.

        Args:
            script: what a person changes of the day.
        """
        assert self.policy is not None, "a learner from outside is moved by begin_day and end_day"
        morning = self._begin(script)
        there = ~self.participants.over
        proposals = self.policy.propose(morning.view)
        chances = self._chances(morning, proposals) if self._keeps_chances else None
        filtered, outcomes = self._end(morning, proposals, script)
        notes = self._notes(morning, proposals, filtered, script) if self._keeps_notes else ()
        action, told = self.filter.credited(proposals.candidate_action, filtered.executed_action)
        self.policy.learn(morning.view, action, outcomes.step_count, told & there)
        done = None if chances is None else self._chances_of_done(*chances, filtered.executed_action, script)
        day = LivedDay(morning.view, morning.today, proposals.candidate_action, filtered, outcomes, there, notes, done)
        self.days.append(day)
        return day

    def run(self) -> TrialLog:
        """Live all days that are left and return the log."""
        while not self.is_over:
            self.step()
        return self.log

    def begin_day(self) -> View:
        """Begin a day and return what an outside learner is shown before its decision."""
        self._morning = self._begin(NO_SCRIPT)
        return self._morning.view

    def end_day(self, proposals: Proposals) -> tuple[Filtered, Outcomes]:
        """Live the rest of the day that was begun, from the learner's proposals on."""
        return self._end(self._morning, proposals, NO_SCRIPT)

    def restart(self, who: Flags, world: World) -> View:
        """Let new participants begin their first morning in some places; the others stay where they are.

        Args:
            who: the places; shape (n,).
            world: of the new participants, as many as places.
        """
        self.participants.restart(who, world)
        belief = self._morning.belief
        if self._belief is not None:
            self._belief.begin_again(who)
            belief = self._belief.can_walk
        today = self.participants.today()
        evidence = None if self._texts is None else self._texts.read(today, NO_SCRIPT, self._asks)
        self._morning = self._morning_of(today, evidence, belief)
        return self._morning.view

    def _begin(self, script: Script) -> Morning:
        """Live a day up to its decision."""
        for who, said in script.items():
            if said.can_walk is not None:
                self.participants.set_can_walk(who, said.can_walk)
        today = self.participants.today()
        evidence = None if self._texts is None else self._texts.read(today, script, self._asks)
        belief = None
        if self._belief is not None:
            belief = self._belief.read(None if evidence is None else evidence.text)
            if np.ndim(belief) == 0:  # as on the first day, of all together
                belief = np.full(self.participants.n, belief, dtype=np.float64)
        return self._morning_of(today, evidence, belief)

    def _morning_of(self, today: Today, evidence: Evidence | None, belief: Floats | None) -> Morning:
        people = self.participants
        view = View(
            people.day, today.context_probability, today.inferred_context, people.habituation,
            people.disengagement_risk, people.step_count, belief,
            Truth(today.can_walk, today.true_context) if self._tells_truth else None,
        )  # fmt: skip
        return Morning(today, evidence, belief, view)

    def _end(self, morning: Morning, proposals: Proposals, script: Script) -> tuple[Filtered, Outcomes]:
        """Filter and carry out the proposals, and let the belief take in what followed."""
        people, view = self.participants, morning.view
        filtered = self.filter.apply(self._filter_inputs(morning, proposals))
        for who, said in script.items():
            if said.action is not None:
                executed = filtered.executed_action.copy()
                executed[who] = said.action
                filtered = filtered._replace(executed_action=executed)
        outcomes = people.act(filtered.executed_action, morning.today)
        if self._belief is not None:
            self._belief.see(filtered.executed_action, view.context_probability, view.habituation, outcomes.step_count)
        return filtered, outcomes

    def _filter_inputs(self, morning: Morning, proposals: Proposals) -> FilterInputs:
        uniform = self._uniforms[self.day if self.filter.draws else 0]
        can_walk = morning.today.can_walk
        return FilterInputs(proposals, morning.evidence, morning.belief, can_walk, uniform, morning.view.day)

    def _chances(self, morning: Morning, proposals: Proposals) -> tuple[Floats, Floats, Flags]:
        """Return how likely each action is to be done, with its error, and who could be sent a message at all."""
        assert self.policy is not None
        inputs, proposed = self._filter_inputs(morning, proposals), self.policy.chances(morning.view, proposals)
        likely = self.filter.chances(inputs, proposed.candidate, proposed.rather_none)
        anything = np.full(likely.shape, 1 / len(ACTIONS))
        sent = self.filter.chances(inputs, anything, np.zeros_like(anything))[:, 1:].sum(axis=1)
        return likely, proposed.error, ~(sent <= 0)

    def _chances_of_done(
        self, likely: Floats, error: Floats, available: Flags, executed: Integers, script: Script
    ) -> DayChances:
        # Sums of parts of 1 may exceed it in the last digit.
        action = np.minimum(likely[np.arange(len(executed)), executed], 1.0)
        message = np.minimum(likely[:, 1:].sum(axis=1), 1.0)
        for who, said in script.items():
            if said.action is not None:
                action[who] = message[who] = error[who] = np.nan
        return DayChances(action, message, error, available)

    def _notes(
        self, morning: Morning, proposals: Proposals, filtered: Filtered, script: Script
    ) -> tuple[DayNotes, ...]:
        """Return what was said and what led to each proposal, one entry for each participant."""
        assert self.policy is not None
        details = (*proposals.details.items(), *self.policy.explain(morning.view).items())
        spoken = () if self._texts is None else self._texts.spoken
        notes = []
        for who, candidate in enumerate(proposals.candidate_action.tolist()):
            proposal = Proposal(ACTIONS[candidate], **{name: tuple(values[who].tolist()) for name, values in details})
            said = script.get(who)
            was_set = said is not None and said.can_walk is not None
            words = spoken[who] if spoken else None
            verdict = None if words is None else words.verdict
            day = int(filtered.verdict_day[who])
            if words is not None and verdict is not None and 0 <= day < self.day:
                spoken_then = self.days[day].notes[who].verdict
                assert spoken_then is not None
                verdict = carried_forward(spoken_then, day)
            notes.append(
                DayNotes(
                    "" if words is None else words.text, "" if words is None else words.author, was_set, proposal,
                    verdict, said is not None and said.action is not None,
                )
            )  # fmt: skip
        return tuple(notes)


def run_trial(
    spec: TrialSpec, seeds: Sequence[int], verdicts: Verdicts | None, *, keeps_chances: bool = False
) -> TrialLog:
    """Run the whole studies of n participants and return their log.

    Args:
        spec: settings; its own seed is not used.
        seeds: one for each participant.
        verdicts: of the judge, on every statement of the book; None where nobody reads.
        keeps_chances: whether the log says how likely each action was; it then takes about ten times as long.
    Raises: ParameterError if the policy lacks something, or a seed is out of range.
    """
    texts = None if verdicts is None else VerdictTable(verdicts, spec.belief)
    return Trial(spec, seeds, texts, keeps_chances=keeps_chances).run()


def days_of_one(trial: Trial, scripted: Callable[[int], ScriptedDay | None]) -> Iterator[StepRecord]:
    """Live the days of a trial of one participant, as the caller asks for them.

    Args:
        trial: of one seed, with notes.
        scripted: asked on each day, from 0, before its decision: what a person changes of it; None for nothing.
    Yields: one record a day until the study or the participant's engagement ends.
    """
    while not trial.is_over:
        changed = scripted(trial.day)
        yield trial.step(NO_SCRIPT if changed is None else {0: changed}).record(0)
