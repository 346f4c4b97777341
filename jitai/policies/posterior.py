"""What is learned of participants from what is seen of them: texts, steps, and that they stay.

The form of the published mean equations is taken for known and every parameter for unknown, as are the habituation, the
risk and the walk state that follow from them. Three parts touch each other only through the walk state, which steps and
texts all but reveal, and are therefore kept apart:

- ``AbilityPosterior``: how ability comes and goes, and when the participant writes. Beta distributions, whose counts
  take in each night's transition by its probability.
- ``ResponsePosterior``: how habituation grows and fades, on a grid; given a node the steps are linear in the base and
  the effects of the messages, which are normally distributed (Kalman filter, in closed form).
- ``RiskPosterior``: what mistakes cost. Nothing but staying and leaving tells of it, so it is held in particles, which
  a participant who stays refutes wherever their risk has passed the threshold.

Only risk in units of the threshold of leaving can be told apart, so the threshold is 1.

All arrays hold n participants at once; nothing here knows a participant's settings.

Sources: the equations, Karine & Marlin 2024, arXiv:2411.00336, and 2025, arXiv:2501.06980. Two hypotheses of one
observation, weighted, in a Kalman filter: Bar-Shalom & Tse 1975. Resampled parameters that move a little towards
their mean: Liu & West 2001.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from jitai.arrays import Flags, Floats, Integers
from jitai.policies.belief import Text, counts_as_steps
from jitai.records import Action

MOST_STEPS = 1000.0
"""Upper bound of the base and of each effect, in steps; the lower one is 0."""
MOST_INITIAL_HABITUATION = 0.2
"""Upper bound of the habituation with which a study begins."""
STEP_NOISE, LEAST_NOISE = 20.0, 3.0
"""Standard deviation of the steps around the equations, in steps: believed at first, and the least ever believed."""
NOISE_COUNT = 2.0
"""How many observations the first belief in the noise is worth."""
N_PARTICLES = 300
JITTER = 0.2
SOFTNESS = 0.02
"""Over which range of the risk leaving becomes likely."""
_TINY = 1e-200

ABLE_STAYS, UNABLE_STAYS, WRITES_WHILE_ABLE, WRITES_WHILE_UNABLE, NO_STEPS_WHILE_ABLE = range(5)
"""Probabilities of ``AbilityPosterior``; the last is that of no steps at all on a day without a message."""
BASE, GENERIC, FITS, MISFITS = range(4)
"""Base and effects of ``ResponsePosterior``, in steps."""
INITIAL_RISK, RISK_INCREMENT, UNABLE_COST, RISK_DECAY = range(4)
"""Parameters of ``RiskPosterior``: d_0, ε_d, η_d, δ_d."""


class AbilityPosterior:
    """How ability comes and goes.

    Args:
        counts: for and against each probability, shape (n, 5, 2).

    Attributes:
        counts: as they are now.
        able: P(w = 1), in [0, 1], shape (n,): this morning's after ``read``, this evening's after ``see``.
    """

    def __init__(self, counts: Floats) -> None:
        self.counts = counts.copy()
        self.restart()

    def restart(self) -> None:
        """Begin a study, with somebody who can walk."""
        self.able: Floats = np.ones(len(self.counts))
        self._pairs: Floats | None = None

    @property
    def mean(self) -> Floats:
        """Posterior mean of each probability; shape (n, 5)."""
        mean: Floats = self.counts[..., 0] / self.counts.sum(axis=-1)
        return mean

    def read(self, text: Text | None) -> None:
        """Carry ability over the night and weigh the morning's text (None where nobody reads)."""
        stays, lasts, remark, complaint, _ = self.mean.T
        could, could_not = self.able, 1.0 - self.able
        # Yesterday's and today's walk state: (0, 0), (0, 1), (1, 0), (1, 1).
        pairs = np.stack([could_not * lasts, could_not * (1 - lasts), could * (1 - stays), could * stays], axis=1)
        self._wrote = None if text is None else np.broadcast_to(np.asarray(text.writes, dtype=bool), could.shape)
        if text is not None:
            if_can, if_cannot = (np.broadcast_to(part, could.shape) for part in (text.if_can, text.if_cannot))
            zero = np.zeros(len(could))
            pairs = pairs * np.where(
                np.asarray(text.writes, dtype=bool)[..., None],
                np.stack([complaint * if_cannot, if_can, if_cannot, remark * if_can], axis=1),
                np.stack([1 - complaint, zero, zero, 1 - remark], axis=1),
            )
        self._pairs = _normalised(pairs)
        self.able = np.minimum(1.0, self._pairs[:, 1] + self._pairs[:, 3])

    def see(self, if_can: Floats, if_cannot: Floats, none: Flags, rested: Flags, told: Flags) -> None:
        """Weigh the evening's steps, and count the night's transition.

        Args:
            if_can, if_cannot: likelihood of the steps for somebody who can and who cannot walk; shape (n,), as all.
            none: whether there were no steps at all.
            rested: whether no message was sent.
            told: of whom the steps are known.
        """
        is_first = self._pairs is None
        zero = np.zeros(len(self.able))
        pairs = np.stack([zero, zero, 1 - self.able, self.able], axis=1) if self._pairs is None else self._pairs
        likelihood = np.stack([if_cannot, if_can, if_cannot, if_can], axis=1)
        # If the belief holds for impossible what is seen, what is seen wins.
        seen = np.where((pairs * likelihood).sum(axis=1, keepdims=True) > 1e-12, pairs * likelihood, likelihood)
        pairs = np.where(told[:, None], _normalised(seen), pairs)
        self.able = np.minimum(1.0, pairs[:, 1] + pairs[:, 3])
        known = told[:, None]
        if not is_first:
            self.counts[:, ABLE_STAYS] += known * pairs[:, [3, 2]]
            self.counts[:, UNABLE_STAYS] += known * pairs[:, [0, 1]]
            if self._wrote is not None:
                wrote = np.stack([self._wrote, ~self._wrote], axis=1)
                self.counts[:, WRITES_WHILE_ABLE] += known * pairs[:, [3]] * wrote
                self.counts[:, WRITES_WHILE_UNABLE] += known * pairs[:, [0]] * wrote
        self.counts[:, NO_STEPS_WHILE_ABLE] += (
            self.able[:, None] * np.stack([none, ~none], 1) * (told & rested)[:, None]
        )


class ResponseGrid(NamedTuple):
    """Nodes of the habituation's parameters; each of shape (n_nodes,).

    Attributes:
        initial, increment, decay: h_0, ε_h, δ_h.
        weight: of a uniform distribution within the bounds; sums to 1.
    """

    initial: Floats
    increment: Floats
    decay: Floats
    weight: Floats


def response_grid(n_initial: int = 3, n_rates: int = 10, least_rate: float = 0.01) -> ResponseGrid:
    """Return even nodes of h_0 in [0, MOST_INITIAL_HABITUATION] and geometric ones of ε_h and δ_h up to 1."""
    initial = np.linspace(0.0, MOST_INITIAL_HABITUATION, n_initial)
    rates = np.geomspace(least_rate, 1.0, n_rates)
    width = np.diff(np.concatenate([[0.0], np.sqrt(rates[1:] * rates[:-1]), [1.0]]))
    nodes = np.meshgrid(initial, rates, rates, indexing="ij")
    weights = np.meshgrid(np.full(n_initial, 1.0 / n_initial), width, width, indexing="ij")
    first, increment, decay = (node.ravel() for node in nodes)
    return ResponseGrid(first, increment, decay, np.prod(weights, axis=0).ravel())


GRID = response_grid()


class ResponsePosterior:
    """How habituation grows and fades, and what messages earn.

    Attributes:
        log_weight: of each node of GRID, the largest 0; shape (n, n_nodes), as all whose shape is not given.
        mean, covariance: of base and effects, in steps and steps²; shapes (n, n_nodes, 4) and (n, n_nodes, 4, 4).
        noise: variance of the steps around the equations, in steps².
        seen: observations of which the noise has been learned.
        habituation: h in [0, 1] that follows at each node from what was done.
    """

    def __init__(self, log_weight: Floats, mean: Floats, covariance: Floats, noise: Floats, seen: Floats) -> None:
        self.log_weight, self.mean, self.covariance = log_weight, mean, covariance
        self.noise, self.seen = noise, seen
        self.restart()

    def restart(self) -> None:
        """Begin a study."""
        self.habituation: Floats = np.broadcast_to(GRID.initial, self.log_weight.shape).copy()

    @property
    def weight(self) -> Floats:
        """Probability of each node; sums to 1 for each participant."""
        return _normalised(np.exp(self.log_weight))

    def after(self) -> tuple[Floats, Floats]:
        """Return the habituation that follows a day without and a day with a message."""
        return self.habituation * (1.0 - GRID.decay), np.minimum(1.0, self.habituation + GRID.increment)

    def likelihood(
        self, action: Integers, fits: Floats, steps: Floats, none: Flags, none_while_able: Floats
    ) -> tuple[Floats, Floats]:
        """Move on to this evening and return how likely the steps are for somebody who can walk.

        Args:
            action: codes 0 to 3; shape (n,), as all that follow.
            fits: probability that a tailored message fits the context.
            steps, none: that followed, and whether there were none at all.
            none_while_able: probability in [0, 1] of none at all without any effect.
        Returns: the likelihood, and the probability that the message did not fit; both of shape (n,).
        """
        rest, sent = self.after()
        self.habituation = np.where((action == Action.NO_MESSAGE)[:, None], rest, sent)
        tailored = action >= Action.TAILORED_HOME
        kinds = np.where(tailored, FITS, np.where(action == Action.GENERIC, GENERIC, BASE))
        self._cases = [
            self._case(kinds, np.where(tailored, fits, 1.0), steps, none, none_while_able),
            self._case(np.full_like(kinds, MISFITS), np.where(tailored, 1.0 - fits, 0.0), steps, none, none_while_able),
        ]
        weight = self.weight
        by_case = [(weight * case.likelihood).sum(axis=1) for case in self._cases]
        total: Floats = by_case[0] + by_case[1]
        return total, by_case[1] / np.maximum(total, _TINY)

    def _case(self, kind: Integers, chance: Floats, steps: Floats, none: Flags, none_while_able: Floats) -> "_Case":
        """Return what one hypothesis about the message makes of the steps."""
        rows = np.arange(len(kind))
        effect = np.where((kind == BASE)[:, None], 0.0, 1.0 - self.habituation)
        gain = self.covariance[..., BASE] + effect[..., None] * self.covariance[rows, :, :, kind]
        expected = self.mean[..., BASE] + effect * self.mean[rows, :, kind]
        variance = gain[..., BASE] + effect * gain[rows, :, kind] + self.noise
        surprise = steps[:, None] - expected
        no_steps = none_while_able[:, None] * np.exp(-0.5 * np.maximum(expected, 0.0) ** 2 / variance)
        some = (1.0 - no_steps) * np.exp(-0.5 * surprise**2 / variance) / np.sqrt(variance)
        likelihood = chance[:, None] * np.where(none[:, None], no_steps, some)
        return _Case(likelihood, gain / variance[..., None], surprise, variance)

    def update(self, able: Floats, told: Flags) -> None:
        """Take in the steps of which the likelihood was asked.

        Args:
            able: P(w = 1) with these steps; who cannot walk tells nothing of the response.
            told: of whom the steps are known.
        """
        total = self._cases[0].likelihood + self._cases[1].likelihood
        average = np.maximum((self.weight * total).sum(axis=1, keepdims=True), _TINY)
        weighed = np.log(np.maximum(able[:, None] * total / average + (1.0 - able)[:, None], 1e-30))
        log_weight = self.log_weight + np.where(told[:, None], weighed, 0.0)
        self.log_weight = log_weight - log_weight.max(axis=1, keepdims=True)
        mean, covariance, noise = self.mean, self.covariance, self.noise
        for case in self._cases:
            share = np.where(told[:, None], able[:, None] * case.likelihood / np.maximum(total, _TINY), 0.0)
            mean = mean + (share * case.surprise)[..., None] * case.gain
            outer = case.gain[..., :, None] * case.gain[..., None, :]
            covariance = covariance - (share * case.variance)[..., None, None] * outer
            # Of the surprise, the part that is noise: expectation maximisation, one observation at a time.
            part = self.noise / case.variance
            square = self.noise * (1.0 - part) + (part * case.surprise) ** 2
            self.seen = self.seen + share
            noise = noise + share * (square - self.noise) / self.seen
        self.mean, self.covariance, self.noise = mean, covariance, np.maximum(noise, LEAST_NOISE**2)


class _Case(NamedTuple):
    """One hypothesis about a message; shape (n, n_nodes), the gain (n, n_nodes, 4)."""

    likelihood: Floats
    gain: Floats
    surprise: Floats
    variance: Floats


class RiskPosterior:
    """What mistakes cost.

    Args:
        log_odds: of d_0, ε_d, η_d and δ_d; shape (4, n, n_particles).
        generators: one for each participant.

    Attributes:
        parameters: in [0, 1]; shape (4, n, n_particles).
        risk: d >= 0 in units of the threshold; shape (n, n_particles).
        weight: of each particle; sums to 1 for each participant; shape (n, n_particles).
    """

    def __init__(self, log_odds: Floats, generators: Sequence[np.random.Generator]) -> None:
        self._log_odds, self._generators = log_odds, generators
        self.weight: Floats = np.full(log_odds.shape[1:], 1.0 / log_odds.shape[2])
        self.restart()

    def restart(self) -> None:
        """Begin a study."""
        self.parameters = _probability(self._log_odds)
        self.risk: Floats = self.parameters[INITIAL_RISK].copy()

    def mean(self) -> Floats:
        """Posterior mean of each parameter; shape (4, n)."""
        mean: Floats = (self.parameters * self.weight).sum(axis=2)
        return mean

    def see(self, action: Integers, able: Floats, misfits_if_able: Floats, misfits_if_unable: Floats) -> None:
        """Take in what was done, to somebody who could walk with probability ``able``; all of shape (n,)."""
        self._resample()
        size = (2, self.risk.shape[1])
        uniform = np.stack([rng.random(size) for rng in self._generators], axis=1)
        can = uniform[0] < able[:, None]
        misfits = uniform[1] < np.where(can, misfits_if_able[:, None], misfits_if_unable[:, None])
        _, increment, unable, decay = self.parameters
        changed = np.where(can & ~misfits, self.risk * (1.0 - decay), self.risk + misfits * increment + ~can * unable)
        self.risk = np.where((action == Action.NO_MESSAGE)[:, None], self.risk, changed)

    def stay(self, stays: Flags) -> None:
        """Take in who is still there, shape (n,). Nothing is drawn, so that what is proposed next is certain."""
        leaves = _probability((self.risk - 1.0) / SOFTNESS)
        self.weight = _normalised(self.weight * (np.where(stays[:, None], 1.0 - leaves, leaves) + 1e-9))

    def resampled(self, n_particles: int, generators: Sequence[np.random.Generator]) -> "RiskPosterior":
        """Return what the first participant's study has taught, for others; equally weighted."""
        cumulated = np.cumsum(self.weight[0])
        drawn = []
        for rng in generators:
            points = cumulated[-1] * (rng.random() + np.arange(n_particles)) / n_particles
            drawn.append(self._log_odds[:, 0, np.minimum(np.searchsorted(cumulated, points), len(cumulated) - 1)])
        return RiskPosterior(np.stack(drawn, axis=1), generators)

    def _resample(self) -> None:
        """Renew the particles of participants of whom less than a third count, and move them a little."""
        n_particles = self.risk.shape[1]
        # The same numbers are drawn every day, needed or not.
        offsets = np.array([rng.random() for rng in self._generators])
        moves = np.stack([rng.standard_normal((4, n_particles)) for rng in self._generators], axis=1)
        for who in np.flatnonzero(1.0 / (self.weight**2).sum(axis=1) < n_particles / 3):
            weight, old = self.weight[who], self._log_odds[:, who]
            cumulated = np.cumsum(weight)
            points = cumulated[-1] * (offsets[who] + np.arange(n_particles)) / n_particles
            chosen = np.minimum(np.searchsorted(cumulated, points), n_particles - 1)
            mean = (old * weight).sum(axis=1, keepdims=True)
            spread = np.sqrt((weight * (old - mean) ** 2).sum(axis=1, keepdims=True))
            kept = np.sqrt(1.0 - JITTER**2)
            self._log_odds[:, who] = mean + kept * (old[:, chosen] - mean) + JITTER * spread * moves[:, who]
            self.risk[who], self.weight[who] = self.risk[who, chosen], 1.0 / n_particles
            self.parameters[:, who] = _probability(self._log_odds[:, who])


class Posterior(NamedTuple):
    """The three parts together."""

    ability: AbilityPosterior
    response: ResponsePosterior
    risk: RiskPosterior

    def restart(self) -> None:
        """Begin the study of another participant, who is taken for alike."""
        for part in self:
            part.restart()

    def see(self, action: Integers, fits: Floats, step_count: Floats, told: Flags) -> None:
        """Take in, in the evening, what was done and what followed.

        Args:
            action: codes 0 to 3; shape (n,), as all.
            fits: probability that a tailored message fits the context.
            step_count: that followed, in steps.
            told: of whom the action and the steps are known; others count as left alone.
        """
        action = np.where(told, action, int(Action.NO_MESSAGE))
        none = ~counts_as_steps(step_count)
        no_steps = self.ability.mean[:, NO_STEPS_WHILE_ABLE]
        if_can, misfits = self.response.likelihood(action, fits, step_count, none, no_steps)
        # Some steps prove ability, however little they were expected.
        if_can = np.where(none, if_can, np.maximum(if_can, 1e-9))
        self.ability.see(if_can, none.astype(np.float64), none, action == Action.NO_MESSAGE, told)
        self.response.update(self.ability.able, told)
        self.risk.see(action, self.ability.able, misfits, np.where(action >= Action.TAILORED_HOME, 1.0 - fits, 0.0))


def from_bounds(n: int, generators: Sequence[np.random.Generator], n_particles: int = N_PARTICLES) -> Posterior:
    """Return what is known of n participants from the bounds of the parameters alone: uniform distributions.

    Base and effects are normal, with the mean and the variance of a uniform distribution.
    """
    size = (n, len(GRID.weight))
    uniform = np.clip(np.stack([rng.random((4, n_particles)) for rng in generators], axis=1), 1e-6, 1.0 - 1e-6)
    return Posterior(
        AbilityPosterior(np.ones((n, 5, 2))),
        ResponsePosterior(
            np.broadcast_to(np.log(GRID.weight / GRID.weight.max()), size),
            np.full((*size, 4), MOST_STEPS / 2),
            np.broadcast_to(np.eye(4) * MOST_STEPS**2 / 12, (*size, 4, 4)),
            np.full(size, STEP_NOISE**2),
            np.full(size, NOISE_COUNT),
        ),
        RiskPosterior(np.log(uniform / (1.0 - uniform)), generators),
    )


def repeated(
    learned: Posterior, generators: Sequence[np.random.Generator], n_particles: int = N_PARTICLES
) -> Posterior:
    """Return what is known of n new participants, one for each generator, if they are like one that was learned of."""
    n, response = len(generators), learned.response
    parts = (response.log_weight, response.mean, response.covariance, response.noise, response.seen)
    return Posterior(
        AbilityPosterior(np.repeat(learned.ability.counts, n, axis=0)),
        ResponsePosterior(*(np.repeat(part, n, axis=0) for part in parts)),
        learned.risk.resampled(n_particles, generators),
    )


def _probability(log_odds: Floats) -> Floats:
    probability: Floats = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -50.0, 50.0)))
    return probability


def _normalised(weights: Any) -> Floats:
    """Return weights that sum to 1 along the last axis (those that are all 0 stay so)."""
    normalised: Floats = weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-300)
    return normalised
