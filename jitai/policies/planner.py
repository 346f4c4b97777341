"""Planning on the belief: the best possible decisions with an imperfect judge and a noisy context reading.

The planner knows a *model* of the participant (settings that may be wrong) and of the judge, but neither the walk state
nor the context. Its state is habituation, risk and the belief in ability. One day of the recursion:

    evening  E_t(h, d, b): b = P(w_{t-1} = 1). The text of the morning turns b into q = P(w_t = 1), by ``belief``:
             E_t(h, d, b) = sum over texts y of P(y | b) M_t(h, d, q(b, y)), y = nothing written, judged "cannot",
             judged "can" (or, where P(send) is read, each of a few degrees: ``expected_verdicts``).
    morning  M_t(h, d, q): the context is read with confidence κ = max(p, 1 - p), and the best action is chosen:
             M_t = E_κ[max(N, κ A + (1 - κ) B)], where N is the better of no message and a generic one, A the value of
             a message that fits the context and B of one that does not.
    action   each value is an expectation over w and over whether any steps follow, which updates the belief in turn.

Three properties keep this small. The dynamics of h and d differ between few cases, so each day needs eight look-ups of
the whole table. E_κ[max(N, κ A + (1 - κ) B)] = N + |A - B| L(τ) with the expected excess L(τ) = E[(κ - τ)+] of the
confidence over the threshold τ at which a tailored message begins to pay: one tabulated function instead of bins of
confidence. And where who can walk always takes some steps (with the default settings, whatever is sent), the steps
reveal w_t in the evening, so that E is needed for b = 0 and b = 1 only and M for the few q that follow from them: then
the belief is treated exactly.

With random variation, expectations over tomorrow's h and d are taken as the optimum takes them (``variation``).

Ours; model-based. For the deterministic dynamics it is the optimum of what can be known from the day's reading of the
context, the judge's decision and whether there were steps, up to the grid. Approximations: today's context is judged by
today's reading alone (right while the context is drawn anew each day, as published); risk and habituation are planned
on as they are observed, but not read as evidence about w.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from jitai.parameters import choice, validate
from jitai.policies.base import Policy, PolicyInputs, Proposals, View
from jitai.policies.belief import (
    BY_DECISION,
    BeliefSettings,
    StepsModel,
    Text,
    WalkModel,
    after_night,
    after_steps,
    joint_after_text,
)
from jitai.policies.optimum import first_best, proposals_by_day, solve
from jitai.policies.solution_cache import kept
from jitai.policies.state_grid import Floats, Grid, Place, locate, make_grid
from jitai.policies.variation import Variation, surely_stays
from jitai.records import Action, Role
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.dynamics import Response, case_index, mean_outcome, response_table, responses
from jitai.simulator.world import PERFECT_READING_NOISE

N_HABITUATION, N_RISK, N_BELIEF = 61, 41, 17
N_CONFIDENCE = 1025
N_VERDICTS = 9
_GROUP = "Planner"


@dataclass(frozen=True)
class PlannerSettings:
    """Switches of what the planner uses, to study what each part is worth; validated when made.

    Raises: ParameterError naming the field and what is allowed.
    """

    weighs_context: bool = choice(
        True, label="Weighs how sure the context is", group=_GROUP, source="our choice",
        help="Whether a doubtful reading of the context makes a tailored message less attractive. Otherwise the "
        "likelier context is taken for certain.",
    )  # fmt: skip
    plans_on_belief: bool = choice(
        True, label="Plans on what it will know", group=_GROUP, source="our choice",
        help="Whether the plan knows that tomorrow's ability will be uncertain too. Otherwise tomorrow is valued as if "
        "everything will be known then, and only today's doubt counts.",
    )  # fmt: skip

    knows_start: bool = choice(
        True, label="Knows where the study begins", group=_GROUP, source="our choice",
        help="Whether it is known that every study begins at home, although the first reading is an even guess.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        validate(self)


@dataclass(frozen=True, eq=False)
class Plan:
    """A solved plan: expected steps at every node, from which actions follow.

    Attributes:
        model: settings that are assumed of the participant.
        belief: what the belief is fed with, and how the judge is assumed to err.
        settings: switches.
        grid: nodes of habituation and risk.
        beliefs: nodes of the evening's belief, ascending from 0 to 1, shape (n_beliefs,).
        evening: expected steps from day t on, before its text, by the means of habituation and risk; shape
            (study_length + 1, n_beliefs, n_habituation, n_risk).
    """

    model: SimulatorConfig
    belief: BeliefSettings
    settings: PlannerSettings
    grid: Grid
    beliefs: Floats
    evening: Floats

    @cached_property
    def _table(self) -> Floats:
        return response_table(self.model)

    @cached_property
    def _steps_model(self) -> StepsModel:
        return StepsModel(self.model)

    def value(self) -> float:
        """Return the expected steps of the whole study under the plan's own model.

        On day 1 the context is home if the plan knows so, else an even guess, which is what its reading says.
        """
        start = (self.model.initial_habituation, self.model.initial_disengagement)
        return float(self.action_values(0, *start, 1.0, 0.5).max())

    def action_values(self, day: int, habituation: Any, risk: Any, belief: Any, context_probability: Any) -> Floats:
        """Return the expected steps from today on if each action is done today and the plan is followed from tomorrow.

        Args:
            day: t, from 0; from the model's study length on nothing is expected of tomorrow.
            habituation, risk: in [0, 1]; shape (n_envs,) or numbers.
            belief: P(w_t = 1) in [0, 1] after today's text; same shape.
            context_probability: p_t in [0, 1]; same shape.
        Returns: shape (n_actions, ...); the actions are followed from the very point, only tomorrow's value is read
            from the grid.
        """
        habituation, risk, belief, probability = (
            np.asarray(given, dtype=np.float64) for given in (habituation, risk, belief, context_probability)
        )
        if day == 0 and self.settings.knows_start:
            probability = np.zeros_like(probability)
        if not self.settings.weighs_context:
            probability = (probability > 0.5).astype(np.float64)
        # Axes: action, context, walk state, then the participants.
        ones = (1,) * habituation.ndim
        table = self._table.reshape(6, 4, 2, 2, *ones)
        next_habituation, next_risk, steps = mean_outcome(habituation, risk, Response(*table))
        tomorrow = self.evening[min(day + 1, self.model.study_length)]
        if not self.settings.plans_on_belief:
            # Tomorrow everything about today will be known: node 0 if unable, node 1 if able.
            future = np.stack(
                [self.grid.read(tomorrow[w], next_habituation[:, :, w], next_risk[:, :, w]) for w in (0, 1)], axis=2
            )
        else:
            future = self._future(tomorrow, next_habituation, next_risk, habituation, belief, probability)
        values = steps + future * surely_stays(self.model, next_risk)
        home = values[:, 0, 0] * (1.0 - belief) + values[:, 0, 1] * belief
        work = values[:, 1, 0] * (1.0 - belief) + values[:, 1, 1] * belief
        expected: Floats = home * (1.0 - probability) + work * probability
        return expected

    def _future(
        self, tomorrow: Floats, next_habituation: Any, next_risk: Any, habituation: Any, belief: Any, probability: Any
    ) -> Floats:
        """Return tomorrow's value at the belief that follows: shape (n_actions, contexts, walk states, ...)."""
        everywhere = self.grid.read(tomorrow, next_habituation, next_risk)
        if not self.belief.sees_steps:
            return _between(everywhere, locate(self.beliefs, belief))
        actions = np.arange(len(Action)).reshape(-1, *(1,) * habituation.ndim)
        none_if_can = self._steps_model.none_if_can(actions, probability, habituation)
        after_none = after_steps(belief, False, none_if_can)[:, None, None]
        unseen = _between(everywhere, locate(self.beliefs, np.broadcast_to(after_none, next_habituation.shape)))
        future = unseen.copy()
        chance = none_if_can[:, None]
        future[:, :, 1] = everywhere[-1][:, :, 1] * (1.0 - chance) + unseen[:, :, 1] * chance
        return future

    def action(self, day: int, habituation: Any, risk: Any, belief: Any, context_probability: Any) -> Any:
        """Return the best action, an integer or an array of them; of equally good actions the first, so rather none.

        Args: as ``action_values``.
        """
        best = first_best(self.action_values(day, habituation, risk, belief, context_probability))
        return best if np.ndim(best) else int(best)


def _between(table: Floats, place: Place) -> Floats:
    """Read a table at one belief for each of its points.

    Args:
        table: shape (n_beliefs, ...).
        place: among the nodes of the belief, of a shape that broadcasts to the rest of the table's.
    """
    shape = table.shape[1:]
    points = np.arange(math.prod(shape)).reshape(shape)
    flat = table.reshape(len(table), -1)
    read: Floats = flat[place.lower, points] * (1.0 - place.share) + flat[place.lower + 1, points] * place.share
    return read


def make_plan(
    model: SimulatorConfig,
    belief: BeliefSettings | None = None,
    settings: PlannerSettings | None = None,
    n_habituation: int = N_HABITUATION,
    n_risk: int = N_RISK,
    n_beliefs: int = N_BELIEF,
) -> Plan:
    """Solve a plan, from the last day of the study back to the first.

    Args:
        model: settings that are assumed of the participant; they need not be true.
        belief: what the belief will be fed with.
        settings: switches.
        n_habituation, n_risk: even nodes of the grid, at least 2 each.
        n_beliefs: nodes of the belief where two do not suffice, at least 2.
    """
    belief, settings = belief or BeliefSettings(), settings or PlannerSettings()
    grid = make_grid(model, n_habituation, n_risk)
    if not settings.plans_on_belief:
        known = solve(model, n_habituation, n_risk)
        return Plan(model, belief, settings, known.grid, np.array([0.0, 1.0]), known.continuation.mean(axis=2))
    recursion = _Recursion(model, belief, settings, grid, n_beliefs)
    variation = Variation(model, grid)
    evening = np.zeros((model.study_length + 1, len(recursion.evenings), len(grid.habituation), len(grid.risk)))
    for day in reversed(range(1, model.study_length)):
        evening[day] = variation.expected(recursion.day_before(evening[day + 1]))
    return Plan(model, belief, settings, grid, recursion.evenings, evening)


class _Recursion:
    """One day back in time, prepared once for all days."""

    def __init__(
        self, model: SimulatorConfig, belief: BeliefSettings, settings: PlannerSettings, grid: Grid, n_beliefs: int
    ) -> None:
        self._grid = grid
        # A generic message, one that fits and one that does not, as to somebody at home.
        kinds = (Action.NO_MESSAGE, Action.GENERIC, Action.TAILORED_HOME, Action.TAILORED_WORK)
        cases = [[responses(model)[case_index(int(action), 0, w)] for w in (0, 1)] for action in kinds]
        self._next_habituation = [mean_outcome(grid.habituation, 0.0, case[1])[0] for case in cases]
        self._next_risk = [[mean_outcome(0.0, grid.risk, response)[1] for response in case] for case in cases]
        self._model = model
        base = (model.steps_at_home + model.steps_at_work) / 2
        self._steps = [
            (base + case[1].message_steps * (1.0 - after))[:, None]
            for case, after in zip(cases, self._next_habituation, strict=True)
        ]
        self._sees_steps = belief.sees_steps
        # Probability that who can walk takes no steps: by kind of action and habituation.
        home = StepsModel(model)
        none_if_can = [home.none_if_can(int(action), 0.0, grid.habituation) for action in kinds]
        if model.steps_at_home != model.steps_at_work:
            at_work = (Action.NO_MESSAGE, Action.GENERIC, Action.TAILORED_WORK, Action.TAILORED_HOME)
            none_at_work = [home.none_if_can(int(action), 1.0, grid.habituation) for action in at_work]
            none_if_can = [(one + other) / 2 for one, other in zip(none_if_can, none_at_work, strict=True)]
        self._none_if_can = none_if_can
        self._steps_reveal = self._sees_steps and not np.any(none_if_can)
        self._excess = ExpectedExcess(model.context_noise if settings.weighs_context else 0.0)
        self.evenings, self.mornings, self._text = _nights(model, belief, self._steps_reveal, n_beliefs)

    def day_before(self, tomorrow: Floats) -> Floats:
        """Return E_t given E_{t+1}; both have the shape (n_beliefs, n_habituation, n_risk)."""
        none, generic, fits, misfits = (self._of_kind(kind, tomorrow) for kind in range(4))
        safe = np.maximum(none, generic)
        difference = np.abs(fits - misfits)
        middle = (fits + misfits) / 2
        morning = self._excess.expected_maximum(safe, middle, difference)
        # einsum keeps off the threads of the linear algebra library, which wait on each other on a busy machine.
        evening: Floats = np.einsum("bq,qhr->bhr", self._text, morning)
        return evening

    def _of_kind(self, kind: int, tomorrow: Floats) -> Floats:
        """Return the value of a kind of action at each node: shape (n_mornings, n_habituation, n_risk)."""
        habituation = self._next_habituation[kind]
        unable, able = (
            self._grid.spread(table, habituation, risk) * surely_stays(self._model, risk)
            for table, risk in zip(
                (tomorrow[:1], tomorrow[-1:]) if self._steps_reveal else (tomorrow, tomorrow),
                self._next_risk[kind],
                strict=True,
            )
        )
        q = self.mornings[:, None, None]
        if self._steps_reveal or not self._sees_steps:
            # One node each; or, where nothing is learnt in the day, morning and evening share their nodes.
            known: Floats = q * (self._steps[kind] + able) + (1.0 - q) * unable
            return known
        chance = self._none_if_can[kind]
        after_none = after_steps(self.mornings[:, None], False, chance[None, :])
        place = locate(self.evenings, after_none)
        weights = np.zeros((*after_none.shape, len(self.evenings)))
        np.put_along_axis(weights, place.lower[..., None], 1.0 - place.share[..., None], axis=-1)
        np.put_along_axis(weights, place.lower[..., None] + 1, place.share[..., None], axis=-1)
        unable_then = np.einsum("qhb,bhr->qhr", weights, unable)
        able_then = np.einsum("qhb,bhr->qhr", weights, able)
        able_then = chance[:, None] * able_then + (1.0 - chance[:, None]) * able[-1]
        value: Floats = q * (self._steps[kind] + able_then) + (1.0 - q) * unable_then
        return value


def _nights(
    model: SimulatorConfig, belief: BeliefSettings, steps_reveal: bool, n_beliefs: int
) -> tuple[Floats, Floats, Floats]:
    """Return how the evening's beliefs lead to the morning's.

    Returns: nodes of the evening (n_evenings,), nodes of the morning (n_mornings,), and the matrix (n_evenings,
        n_mornings) whose rows say how likely each morning follows an evening.
    """
    walk = WalkModel.of(model)
    evenings = np.array([0.0, 1.0]) if steps_reveal else np.linspace(0.0, 1.0, n_beliefs)
    if belief.reads_text:
        texts = (Text(False), *(Text(True, *likelihoods) for likelihoods in expected_verdicts(belief)))
        joint = [joint_after_text(evenings, text, walk) for text in texts]
        chances = np.array([cannot + can for cannot, can in joint])
        beliefs = np.array([can for _, can in joint]) / np.where(chances > 0, chances, 1.0)
    else:
        chances, beliefs = np.ones((1, len(evenings))), after_night(evenings, walk)[None]
    if steps_reveal:
        mornings = np.unique(beliefs[chances > 0])
        mornings = mornings if len(mornings) > 1 else np.array([0.0, 1.0])
    else:
        mornings = evenings
    matrix = np.zeros((len(evenings), len(mornings)))
    for chance, after in zip(chances, beliefs, strict=True):
        place = locate(mornings, after)
        rows = np.arange(len(evenings))
        matrix[rows, place.lower] += chance * (1.0 - place.share)
        matrix[rows, place.lower + 1] += chance * place.share
    return evenings, mornings, matrix


def expected_verdicts(belief: BeliefSettings) -> list[tuple[float, float]]:
    """Return the verdicts that a plan expects: how likely each is if the writer can and if the writer cannot walk.

    Two where decisions are read. Where P(send) is read, the plan must foresee how telling it will be. It supposes that
    the log-odds of P(send) are normal with variance 2 m around m and -m: the one such pair that is calibrated, with m
    such that the judge's balanced accuracy is as given. Only the plan supposes so; the filter takes each P(send) as it
    comes.

    Args:
        belief: with the judge's error rates.
    Returns: pairs in [0, 1]; each of the two members sums to 1.
    """
    right, wrong = belief.finds_cannot_walk, belief.false_alarms
    balanced = (right + 1.0 - wrong) / 2
    if belief.reading == BY_DECISION or not 0.5 < balanced < 0.9999:
        return [(wrong, right), (1.0 - wrong, 1.0 - right)]
    from scipy.special import ndtr, ndtri  # loaded here: pages are imported without it

    middle = 2.0 * ndtri(balanced) ** 2
    spread = np.sqrt(2.0 * middle)
    # Even cuts from the least to the most telling verdict; the outermost take all beyond.
    edges = np.linspace(-middle - spread, middle + spread, N_VERDICTS - 1)
    if_can = np.diff(ndtr((edges - middle) / spread), prepend=0.0, append=1.0)
    if_cannot = np.diff(ndtr((edges + middle) / spread), prepend=0.0, append=1.0)
    return list(zip(if_can.tolist(), if_cannot.tolist(), strict=True))


class ExpectedExcess:
    """L(τ) = E[(κ - τ)+] of the confidence κ = max(p, 1 - p) with which the context is read.

    The log-odds of p are N(±1 / 2σ², 1 / σ²), so κ has the same distribution in both contexts.

    Args:
        noise: σ; up to PERFECT_READING_NOISE the reading is certain.
    """

    def __init__(self, noise: float) -> None:
        self._thresholds = np.linspace(0.5, 1.0, N_CONFIDENCE)
        if noise <= PERFECT_READING_NOISE:
            confidence = np.ones(1)
        else:
            from scipy.special import expit, ndtri  # loaded here: pages are imported without it

            n_draws = 8192
            quantiles = (np.arange(n_draws) + 0.5) / n_draws
            confidence = np.sort(expit(np.abs(0.5 / noise**2 + ndtri(quantiles) / noise)))
        from_top = np.concatenate([np.cumsum(confidence[::-1])[::-1], [0.0]])
        first = np.searchsorted(confidence, self._thresholds, side="right")
        self._mean = float(confidence.mean())
        self._excess = (from_top[first] - (len(confidence) - first) * self._thresholds) / len(confidence)

    def expected_maximum(self, safe: Floats, middle: Floats, difference: Floats) -> Floats:
        """Return E[max(safe, middle + (κ - 1/2) difference)] for three arrays of one shape, the last >= 0."""
        wide = difference > 1e-12
        threshold = 0.5 + (safe - middle) / np.where(wide, difference, 1.0)
        excess = np.where(
            threshold < 0.5, self._mean - threshold, np.interp(threshold, self._thresholds, self._excess, right=0.0)
        )
        return np.where(wide, safe + difference * excess, np.maximum(safe, middle))


@kept
def cached_plan(model: SimulatorConfig, belief: BeliefSettings, settings: PlannerSettings) -> Plan:
    """Return the plan at the default resolution, cached for the next caller; it takes 2 to 24 MB for 50 days."""
    return make_plan(model, belief, settings)


class BeliefPlanner(Policy):
    """Proposes the best action of its plan. It knows a model, which may be wrong, and learns nothing."""

    key, label, role = "planner", "Planner on belief (knows a model)", Role.PLANNER
    is_deterministic = True
    remark = (
        "Ours, not published. It knows this participant's settings and the judge's error rates, but neither the walk "
        "state nor the context. It plans and does not learn."
    )
    Settings = PlannerSettings

    def __init__(self, settings: PlannerSettings, inputs: PolicyInputs) -> None:
        self.plan = cached_plan(inputs.assumed, inputs.belief, settings)

    @classmethod
    def uses_belief(cls, settings: PlannerSettings) -> bool:
        """Return True: it plans on the belief."""
        return True

    def propose(self, view: View) -> Proposals:
        """Return the best action for this belief, context reading, habituation and risk.

        Where no belief is kept, the best one for somebody who can surely walk.
        """
        belief = np.ones(len(view.day)) if view.belief is None else view.belief
        state = (view.habituation, view.disengagement_risk, belief, view.context_probability)
        return proposals_by_day(self.plan.action_values, view.day, state)
