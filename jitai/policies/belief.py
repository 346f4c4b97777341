"""How likely it is that the participant can walk, given everything seen so far: a two-state forward filter.

One day has three moments. In the evening of yesterday stands P(w_{t-1} = 1). In the morning the text arrives:
``after_text`` carries the belief over the night and weighs what was written, or that nothing was. The policy then acts.
In the evening ``after_steps`` weighs whether any steps were taken.

Whether the participant writes depends on whether ability has *changed* (a change is always announced), so the text is
weighed on the transition w_{t-1} -> w_t and not on w_t alone: silence after a day on which the participant could walk
means that they still can.

All functions take numbers or arrays of any common shape, such as (n,), and do not change their inputs.

Source: Karine & Marlin 2025, arXiv:2501.06980, for the chain and the text; the filter is the forward algorithm of
hidden Markov models (Rabiner 1989), and its use here is ours.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from jitai.parameters import choice, parameter, validate
from jitai.records import Decision
from jitai.simulator.config import DETERMINISTIC, SimulatorConfig
from jitai.simulator.dynamics import SMALLEST, response_table

CLEAREST_PROBABILITY = 0.98
"""A judge's P(send) is not believed beyond this, nor below its complement: no calibration is that exact."""

BY_DECISION, BY_PROBABILITY = "decision", "probability"
READING_LABELS: dict[str, str] = {
    BY_PROBABILITY: "its calibrated P(send)",
    BY_DECISION: "its decision, with its known error rates",
}
_GROUP = "Belief in ability"


@dataclass(frozen=True)
class BeliefSettings:
    """Which evidence the belief uses, and how far it trusts the judge; validated when made.

    Raises: ParameterError naming the field and what is allowed.
    """

    finds_cannot_walk: float = parameter(
        0.93, label="Share of the statements of people who cannot walk that the judge recognises", low=0, high=1,
        unit="probability", group=_GROUP, source="our choice; measured shares stand in docs/ARCHITECTURE.md",
        help="The judge's sensitivity: how often it says not to send when the participant cannot walk.",
    )  # fmt: skip
    false_alarms: float = parameter(
        0.07, label="Share of other statements that the judge mistakes for them", low=0, high=1,
        unit="probability", group=_GROUP, source="our choice; measured shares stand in docs/ARCHITECTURE.md",
        help="The judge's false alarms: how often it says not to send although the participant can walk.",
    )  # fmt: skip
    reading: str = choice(
        BY_PROBABILITY, label="What of a verdict is believed", group=_GROUP, choices=tuple(READING_LABELS),
        source="our choice: with the embedded judge it earned more in every published cell (docs/ARCHITECTURE.md)",
        help="Decision: send or do not send, each as wrong as the two shares say; unsure says nothing. Probability: "
        "the odds of P(send), calibrated on as many statements of either kind, are the strength of the evidence; a "
        "judge that gives none is read by its decisions.",
    )  # fmt: skip
    reads_text: bool = choice(
        True, label="Heeds the text", group=_GROUP, source="our choice",
        help="Whether statements, and days without one, count as evidence.",
    )  # fmt: skip
    sees_steps: bool = choice(
        True, label="Heeds the steps", group=_GROUP, source="our choice",
        help="Whether it counts as evidence that no steps at all were taken, or some.",
    )  # fmt: skip
    error_persistence: float = parameter(
        0.0, label="Persistence of the judge's errors in a spell", symbol="ρ", low=0, high=1, unit="probability",
        group=_GROUP, step=0.05, source="our choice", added_later=True,
        help="Probability that, in a spell without ability, a verdict only repeats yesterday's. At 0 every verdict is "
        "new evidence; at 1 the verdicts of a spell count once, as fits statements that are held.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        validate(self)


class WalkModel(NamedTuple):
    """What is assumed of the walk state and of when the participant writes.

    Attributes:
        can_walk_stays: p11, P(1 -> 1), in [0, 1].
        cannot_walk_stays: p00, P(0 -> 0), in [0, 1].
        statement_probability: P(writes | could and can walk), in [0, 1].
        repeats_while_unable: whether they write on every day without ability, or on the first only.
    """

    can_walk_stays: float
    cannot_walk_stays: float
    statement_probability: float
    repeats_while_unable: bool

    @classmethod
    def of(cls, config: SimulatorConfig) -> "WalkModel":
        """Return the model that the simulator's settings describe."""
        return cls(
            config.can_walk_persistence,
            config.cannot_walk_persistence,
            config.statement_probability,
            config.repeats_while_unable,
        )


class Text(NamedTuple):
    """What a day's text says about w_t; numbers or arrays of one shape.

    Attributes:
        writes: 1 or true where something was written.
        if_can: likelihood (up to a factor) of the verdict on it when the participant can walk; 1 where unread.
        if_cannot: the same when they cannot.
        if_lasting: factor of ``if_cannot`` where they could not yesterday either; see ``repeated``.
    """

    writes: Any
    if_can: Any = 1.0
    if_cannot: Any = 1.0
    if_lasting: Any = 1.0


def after_night(evening: Any, model: WalkModel) -> Any:
    """P(w_t = 1) from yesterday evening's P(w_{t-1} = 1), both in [0, 1], before any text is seen."""
    return evening * model.can_walk_stays + (1.0 - evening) * (1.0 - model.cannot_walk_stays)


def joint_after_text(evening: Any, text: Text, model: WalkModel) -> tuple[Any, Any]:
    """P(w_t = 0, text) and P(w_t = 1, text), given everything seen until yesterday evening.

    Args:
        evening: P(w_{t-1} = 1) in [0, 1].
        text: today's.
        model: of the walk state.
    Returns: two values each >= 0; their sum is the probability of the text (up to the factor of its likelihoods).
    """
    stays, falls = evening * model.can_walk_stays, evening * (1.0 - model.can_walk_stays)
    rises, lasts = (1.0 - evening) * (1.0 - model.cannot_walk_stays), (1.0 - evening) * model.cannot_walk_stays
    lasting_writes = float(model.repeats_while_unable)
    written_can = (stays * model.statement_probability + rises) * text.if_can
    written_cannot = (falls + lasts * lasting_writes * text.if_lasting) * text.if_cannot
    silent_can = stays * (1.0 - model.statement_probability)
    silent_cannot = lasts * (1.0 - lasting_writes)
    writes = np.asarray(text.writes, dtype=bool)
    return np.where(writes, written_cannot, silent_cannot), np.where(writes, written_can, silent_can)


def after_text(evening: Any, text: Text, model: WalkModel) -> Any:
    """P(w_t = 1) once today's text has been seen: the belief on which to act.

    Args: as ``joint_after_text``.
    Returns: in [0, 1]. Where the model holds the text for impossible (a wrong model, or a person who speaks for the
        participant), the text is left out.
    """
    cannot, can = joint_after_text(evening, text, model)
    total = cannot + can
    return np.where(total > 0, can / np.where(total > 0, total, 1.0), after_night(evening, model))


def after_steps(belief: Any, any_steps: Any, none_if_can: Any) -> Any:
    """P(w_t = 1) once it is seen whether any steps followed the action of day t.

    Args:
        belief: P(w_t = 1) on which the action was taken, in [0, 1].
        any_steps: whether there were any; who cannot walk takes none.
        none_if_can: probability in [0, 1] that somebody who can walk takes none after that action.
    Returns: in [0, 1]. What is seen outweighs a belief that holds it for impossible.
    """
    can, cannot = belief * none_if_can, 1.0 - belief
    total = can + cannot
    after_none = np.where(total > 0, can / np.where(total > 0, total, 1.0), 0.0)
    return np.where(np.asarray(any_steps, dtype=bool), 1.0, after_none)


def counts_as_steps(step_count: Any) -> Any:
    """Whether a step count is any at all: more than 1e-5, the published floor of a mean step count."""
    return step_count > SMALLEST


def no_steps_if_can_walk(config: SimulatorConfig, mean_steps: Any) -> Any:
    """Return the probability that somebody who can walk takes no steps, from the mean step count after the action.

    Args:
        config: for the variation and the spread σ_s.
        mean_steps: of somebody who can walk, >= 0, in steps.
    Returns: in [0, 1]; 0 or 1 in the deterministic version. A gamma variable of mean 0.1 and standard deviation 10 is
        below 1e-5 in 998 of 1,000 draws, so there a day without a message and without steps says next to nothing.
    """
    if config.variation == DETERMINISTIC:
        return np.where(counts_as_steps(mean_steps), 0.0, 1.0)
    from scipy.special import gammainc  # loaded here: the deterministic version does without it

    floored = np.maximum(SMALLEST, mean_steps)
    shape, scale = (floored / config.step_count_spread) ** 2, config.step_count_spread**2 / floored
    return np.where(np.asarray(mean_steps) == 0.0, 1.0, gammainc(shape, SMALLEST / scale))


class StepsModel:
    """How strongly it speaks against ability that no steps followed an action.

    Args:
        config: of the dynamics that are assumed.
    """

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        # Of somebody who can walk: shape (n_actions, n_contexts) each.
        cases = response_table(config).reshape(6, 4, 2, 2)[..., 1]
        self._factor, self._addition, self._base, self._message = cases[0], cases[1], cases[4], cases[5]

    def none_if_can(self, action: Any, context_probability: Any, habituation: Any) -> Any:
        """Return the probability that somebody who can walk takes no steps.

        Args:
            action: codes 0 to 3.
            context_probability: p_t of that day, in [0, 1]; the true context is not known.
            habituation: h_t before the action, in [0, 1].
        Returns: in [0, 1], of the common shape.
        """
        home, work = (
            no_steps_if_can_walk(
                self.config,
                self._base[action, context]
                + self._message[action, context]
                * (
                    1.0 - np.minimum(1.0, self._factor[action, context] * habituation + self._addition[action, context])
                ),
            )
            for context in (0, 1)
        )
        return (1.0 - context_probability) * home + context_probability * work


def likelihoods(decision: Decision, p_send: float | None, settings: BeliefSettings) -> tuple[float, float]:
    """Return a judge's answer as evidence: its likelihoods, in [0, 1], if the participant can and if they cannot walk.

    Args:
        decision: on what was written.
        p_send: in [0, 1]; None where the judge gives none.
        settings: whether and how the judge is believed.
    Returns: both 1 where the answer says nothing.
    """
    if not settings.reads_text:
        return 1.0, 1.0
    # Exactly 0 or 1 is a decision without a probability, as a text-only model or a rule gives it.
    if settings.reading == BY_PROBABILITY and p_send is not None and 0.0 < p_send < 1.0:
        # P(send) is calibrated at even odds.
        believed = min(max(p_send, 1.0 - CLEAREST_PROBABILITY), CLEAREST_PROBABILITY)
        return believed, 1.0 - believed
    if decision == Decision.UNSURE:
        return 1.0, 1.0
    return decision_as_evidence(decision == Decision.HOLD_BACK, settings)


def decision_as_evidence(says_cannot: bool, settings: BeliefSettings) -> tuple[float, float]:
    """Return the likelihoods of a decision if the participant can and if they cannot walk."""
    if says_cannot:
        return settings.false_alarms, settings.finds_cannot_walk
    return 1.0 - settings.false_alarms, 1.0 - settings.finds_cannot_walk


def verdict_side(text: Text) -> Any:
    """What a verdict speaks for: 1 inability, -1 ability, 0 neither, or nothing was written or read."""
    return np.where(np.asarray(text.writes, dtype=bool), np.sign(np.subtract(text.if_cannot, text.if_can)), 0.0)


def repeated(side: Any, yesterday: Any, settings: BeliefSettings) -> Any:
    """Return ``Text.if_lasting``, for a judge whose errors last through a spell without ability.

    Within a spell a verdict repeats yesterday's side with probability ρ; otherwise it is as fresh as a spell's first:
    P(v_t | v_{t-1}) = (1 - ρ) P(v_t) + ρ [v_t = v_{t-1}], which this returns divided by P(v_t).

    Args:
        side, yesterday: of ``verdict_side``.
        settings: for ρ and the judge's share of statements recognised.
    Returns: of the common shape; 1 where either day says nothing.
    """
    finds = np.clip(settings.finds_cannot_walk, 1.0 - CLEAREST_PROBABILITY, CLEAREST_PROBABILITY)
    share = np.where(side > 0, finds, 1.0 - finds)
    rho = settings.error_persistence
    return np.where(side * yesterday == 0, 1.0, (1.0 - rho) + rho * (side == yesterday) / share)


class Belief:
    """The forward filter, day by day, for one participant or for many.

    Day 1 is known: every study begins with somebody who can walk (arXiv:2501.06980).

    Args:
        config: the settings that are assumed of the participant; they may be wrong.
        settings: which evidence is used.

    Attributes:
        can_walk: P(w_t = 1) given what has been seen, in [0, 1]; after ``read`` of today, after ``see`` with today's
            steps.
    """

    def __init__(self, config: SimulatorConfig, settings: BeliefSettings | None = None) -> None:
        self.settings = settings or BeliefSettings()
        self._model = WalkModel.of(config)
        self._steps = StepsModel(config)
        self._first_day = True
        self._side: Any = 0.0
        self.can_walk: Any = 1.0

    def read(self, text: Text | None) -> Any:
        """Move on to this morning and read today's text (None if nobody reads); return the belief."""
        if self._first_day:
            self._first_day = False
        elif text is None or not self.settings.reads_text:
            self.can_walk = after_night(self.can_walk, self._model)
        else:
            if self.settings.error_persistence > 0:
                side = verdict_side(text)
                text = text._replace(if_lasting=repeated(side, self._side, self.settings))
                self._side = side
            self.can_walk = after_text(self.can_walk, text, self._model)
        return self.can_walk

    def begin_again(self, ended: Any) -> None:
        """Begin day 1 again for the marked participants: ability is certain that morning, and nothing is read.

        Args:
            ended: flags, one for each participant.
        """
        self.can_walk = np.where(ended, 1.0, self.can_walk)
        self._side = np.where(ended, 0.0, self._side)

    def see(self, action: Any, context_probability: Any, habituation: Any, step_count: Any) -> None:
        """Take in, in the evening, which steps followed the action.

        Args:
            action: what was done, codes 0 to 3.
            context_probability, habituation: as observed before it.
            step_count: that followed, in steps.
        """
        if self.settings.sees_steps:
            none_if_can = self._steps.none_if_can(action, context_probability, habituation)
            self.can_walk = after_steps(self.can_walk, counts_as_steps(step_count), none_if_can)
