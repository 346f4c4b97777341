"""The frozen records that flow between packages, and the small enumerations they use.

One decision, in the order in which it happens:

    Observation -> Proposal (policy) -> Verdict (judge) -> StepRecord (what was done and what it earned)
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol


class Action(IntEnum):
    """What the participant may be sent at a decision point (Karine & Marlin 2024, arXiv:2411.00336)."""

    NO_MESSAGE = 0
    GENERIC = 1
    TAILORED_HOME = 2
    TAILORED_WORK = 3

    @property
    def label(self) -> str:
        """The name shown to people."""
        return ("no message", "generic message", "tailored, home", "tailored, work")[self]


ACTIONS = tuple(Action)
"""By their codes, 0 to 3."""
SIMULATOR, TYPED = "simulator", "typed"
"""Who wrote a statement."""
CONTEXT_LABELS = ("home", "work")
"""Names of context 0 and context 1."""


def tailored_to(context: int) -> Action:
    """The message tailored to a context (0 home, 1 work)."""
    return Action(2 + context)


class Decision(StrEnum):
    """What the judge says about sending a message now."""

    SEND = "send"
    HOLD_BACK = "do not send"
    UNSURE = "unsure"


class Role(StrEnum):
    """What kind of method something is, which gives it its colour, its marker and its place; in order of listing."""

    ALONE = "alone"
    HYBRID = "hybrid"
    PLANNER = "planner"
    OPTIMUM = "optimum"
    PLAIN = "plain"


class VerdictSource(StrEnum):
    """Where a verdict came from.

    CACHE: the model said it earlier, on this machine. REMEMBERED: it said it when the lab was made. SIMULATED: nobody
    read anything; it was drawn.
    """

    MODEL = "model"
    CACHE = "cache"
    REMEMBERED = "remembered"
    RULE = "rule"
    FALLBACK = "fallback"
    NO_STATEMENT = "no statement"
    SIMULATED = "simulated"


class Label(StrEnum):
    """The truth of a statement, by the labelling rule in assets/statements/README.md."""

    CAN_WALK = "can_walk"
    CANNOT_WALK = "cannot_walk"


@dataclass(frozen=True)
class Statement:
    """One labelled sentence of the corpus.

    Attributes:
        identifier: unique in the corpus, such as "a001".
        text: what the participant writes.
        label: whether, taken as true, it lets the writer walk now.
        kind: plain, negation, time, ...
        pair: number shared by neighbouring statements that must stay in the same fold.
        language: of the text, as a two-letter code (ISO 639-1): en, es, fr, de or pt.
        source: who wrote it, see the corpus's README; "independent" authors had seen no other statement.
    """

    identifier: str
    text: str
    label: Label
    kind: str
    pair: int
    language: str = "en"
    source: str = ""


class Observation(NamedTuple):
    """What is known to a policy at a decision point; true context and walk state are not in it.

    Attributes:
        decision_index: t, 0 for the first decision.
        context_probability: p_t, probability of context 1 (work) given the noisy reading, in [0, 1].
        inferred_context: l_t, 0 or 1, the likelier context.
        habituation: h_t in [0, 1].
        disengagement_risk: d_t in [0, 1].
        step_count: steps that followed the previous decision; 0.1 before the first, as published.
    """

    decision_index: int
    context_probability: float
    inferred_context: int
    habituation: float
    disengagement_risk: float
    step_count: float


@dataclass(frozen=True)
class Proposal:
    """The action that a policy proposes, with what led to it.

    Attributes:
        candidate_action: proposed before any filter.
        expected_rewards: posterior mean of the steps each action earns, in Action order; empty if the policy has none.
        sampled_rewards: the draws that were compared to choose the candidate, in Action order; may be empty.
        action_bias: what was added to each draw before they were compared, in steps, in Action order; empty without.
        reward_spread: posterior standard deviation of the mean steps of each action; may be empty.
        steps_to_come: expected steps from today to the end of the study if each action is done today, in Action order;
            only policies that plan with a model have them.
        action_probabilities: with which a policy trained by policy gradients (PPO, A2C) would choose each action, in
            Action order; the likeliest is proposed. Empty for all others.
        discounted_steps: what a policy trained on values (DQN) expects of each action, in Action order: steps to come,
            less those that are further away. Empty for all others.
    """

    candidate_action: Action
    expected_rewards: tuple[float, ...] = ()
    sampled_rewards: tuple[float, ...] = ()
    reward_spread: tuple[float, ...] = ()
    steps_to_come: tuple[float, ...] = ()
    action_bias: tuple[float, ...] = ()
    action_probabilities: tuple[float, ...] = ()
    discounted_steps: tuple[float, ...] = ()

    @property
    def preference(self) -> tuple[float, ...]:
        """What was compared to choose the candidate, in Action order: more is better; empty if nothing was."""
        if self.action_bias:
            return tuple(draw + bias for draw, bias in zip(self.sampled_rewards, self.action_bias, strict=True))
        return self.sampled_rewards or self.steps_to_come or self.action_probabilities or self.discounted_steps


@dataclass(frozen=True)
class Verdict:
    """What the judge concluded from a statement.

    Attributes:
        decision: send, do not send or unsure; under a fallback, what the chosen rule says.
        p_send: probability in [0, 1] that a message may be sent; None when nothing could be read.
        source: model, cache, remembered, rule, fallback, no statement or simulated.
        reason: one sentence, built from a template; no words of the model's.
        statement: what the judge read, after cleaning; empty if nothing was said.
        prompt: the exact prompt; empty if no model was asked.
        raw_reply: the model's own words, unedited; empty if no model was asked.
        latency_ms: wall-clock time of the whole judgement, in milliseconds; 0 where it was remembered.
        model_ms: the part of it that the model itself reports, in milliseconds; 0 without a model.
        model: name of the model that judged; empty if none did.
        prompt_version: name and version of the prompt.
        failure: why the model could not answer, as a sentence; empty when it did.
        notes: remarks on the statement, such as that it was cut.
        model_reason: why, in the model's own words, cleaned; untrusted; empty unless it was asked for a reason.
        in_words_only: the model gave no likelihoods: P(send) is 0 or 1 by its word, which is no measurement.
    """

    decision: Decision
    p_send: float | None
    source: VerdictSource
    reason: str
    statement: str = ""
    prompt: str = ""
    raw_reply: str = ""
    latency_ms: float = 0.0
    model_ms: float = 0.0
    model: str = ""
    prompt_version: str = ""
    failure: str = ""
    notes: tuple[str, ...] = ()
    model_reason: str = ""
    in_words_only: bool = False

    @property
    def is_silence(self) -> bool:
        """Whether nothing was said."""
        return self.source == VerdictSource.NO_STATEMENT

    @property
    def is_earlier(self) -> bool:
        """Whether the model gave it before, and was not asked now."""
        return self.source in (VerdictSource.CACHE, VerdictSource.REMEMBERED)

    @property
    def is_fallback(self) -> bool:
        """Whether the judge could not answer, and the rule for that case stood in: no veto, neither right nor wrong."""
        return self.source == VerdictSource.FALLBACK


SILENCE = Verdict(
    Decision.SEND, None, VerdictSource.NO_STATEMENT,
    "The participant said nothing, so nothing speaks against a message.",
)  # fmt: skip
"""The verdict on nothing said."""


class JudgeReference(NamedTuple):
    """The judge that read a run.

    Attributes:
        key: of the judge, such as "embedded-tuned" or "ollama:NAME".
        prompt: name of the prompt.
        prompt_version: name and version as verdicts carry it.
        digest: of all that decides its verdicts: model, prompt, rules, calibration, band.
        name: for people.
        error_rates: the shares (finds_cannot_walk, false_alarms) at which a simulated judge's verdicts are drawn; None
            for a judge that reads.
    """

    key: str
    prompt: str = ""
    prompt_version: str = ""
    digest: str = ""
    name: str = ""
    error_rates: tuple[float, float] | None = None


class ActionChance(NamedTuple):
    """How what was done came about by chance, for analyses of a log as of a micro-randomised trial.

    Attributes:
        action: probability with which the executed action was chosen, given everything before the draws of the day; NaN
            where nobody knows it, as where a person chose.
        message: the same that any message was sent.
        error: bound of the numerical error of both; 0 where they are exact.
        available: whether a message could be sent at all; false where a verdict or a belief forbids every one.
    """

    action: float
    message: float
    error: float
    available: bool


@dataclass(frozen=True)
class StepRecord:
    """One decision of a trial and what followed from it.

    Attributes:
        observation: what the policy saw.
        true_context: c_t, 0 or 1, hidden from policy and judge.
        can_walk: w_t, hidden from policy and judge.
        statement: what the participant wrote, raw; empty if silent.
        statement_author: "simulator", "typed", or empty if silent.
        walk_state_was_set: whether a person set this day's walk state by hand.
        proposal: the policy's candidate, with its draws.
        verdict: the judge's; None where no filter is at work.
        executed_action: what was done.
        step_count: s_{t+1}, the steps earned: the reward.
        habituation: h_{t+1}.
        disengagement_risk: d_{t+1}.
        terminated: the participant disengaged by this decision.
        truncated: the study reached its length with this decision.
        was_asked: the judge was unsure, and the participant was asked instead and answered truthfully.
        belief: P(w_t = 1) given everything seen before the decision, in [0, 1]; None where none is kept.
        rule_stood_in: the judge could not answer, and the rule for that case decided in its place.
        action_was_chosen: a person chose what was done, whatever policy and filter would have done.
        chance: how likely the executed action was; None where nobody asked.
    """

    observation: Observation
    true_context: int
    can_walk: bool
    statement: str
    statement_author: str
    walk_state_was_set: bool
    proposal: Proposal
    verdict: Verdict | None
    executed_action: Action
    step_count: float
    habituation: float
    disengagement_risk: float
    terminated: bool
    truncated: bool
    was_asked: bool = False
    belief: float | None = None
    rule_stood_in: bool = False
    action_was_chosen: bool = False
    chance: ActionChance | None = None

    @property
    def candidate_action(self) -> Action:
        """What the policy proposed."""
        return self.proposal.candidate_action

    @property
    def allowed_action(self) -> Action:
        """What the true walk state would have allowed: the candidate when able, no message when not."""
        return self.candidate_action if self.can_walk else Action.NO_MESSAGE

    @property
    def held_back(self) -> bool:
        """Whether a message that the policy proposed was not sent, be it by a veto or by the rule for failures."""
        return self.candidate_action != Action.NO_MESSAGE and self.executed_action == Action.NO_MESSAGE

    @property
    def vetoed(self) -> bool:
        """Whether a verdict or a belief held it back: where the judge could not answer, nobody vetoed anything."""
        return self.held_back and not self.rule_stood_in and not self.action_was_chosen

    @property
    def truth_is_known(self) -> bool:
        """Whether the simulated walk state is the truth of what was said.

        It is not where a person typed words without saying whether they are true: the simulation knows nothing of them.
        """
        return self.walk_state_was_set or self.statement_author != TYPED

    @property
    def agrees_with_truth(self) -> bool:
        """Whether the executed action is the one that the true walk state would have allowed."""
        return self.executed_action == self.allowed_action


class JudgesText(Protocol):
    """What a trial needs of a judge."""

    def judge(self, text: str) -> Verdict:
        """The verdict on one statement; empty if nothing was said. Never raises for what a text or a model does."""
        ...
