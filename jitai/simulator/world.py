"""The participant's world: everything random about a trial that no action can change.

Contexts, their noisy readings, the walk state, when the participant writes and which statement, and the luck of each
day's response are drawn before the first decision. Two runs with the same seed therefore meet the same world, whatever
policy or filter acts in it (common random numbers), and an episode of any number of participants is a few
array operations.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jitai.seeding import Stream, generator
from jitai.simulator.config import REDRAWN, STORY, SimulatorConfig

Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.int8]

# Uniform numbers of one day, by purpose, each purpose from a generator of its own; the order is part of every result.
CONTEXT_COLUMNS = ("context", "reading")
ABILITY_COLUMNS = ("walk", "writes", "statement")
LUCK_COLUMNS = ("habituation", "risk", "steps")

PERFECT_READING_NOISE = 0.1
"""At or below this noise the context reading is taken as perfect, as in the published package."""


class World(NamedTuple):
    """One trial's exogenous path; every array has shape (..., n_days), participants first where there are several.

    Attributes:
        true_context: c_t, 0 or 1.
        context_probability: p_t, probability of context 1 given the reading, in [0, 1].
        can_walk: w_t, 1 able, 0 not.
        writes: whether the participant writes on this day, 0 or 1.
        statement_uniform: in [0, 1), chooses which statement of the fitting label is written, or which story is told.
        spell_day: days since the first of a spell with a story, also on the day of its end; -1 on other days.
        luck: shape (..., n_days, 3), uniforms for the variation of habituation, risk and steps.
        walk_uniform, writes_uniform, drawn_uniform: in [0, 1), what walk states, writing and the choice of statements
            were made from.
    """

    true_context: Bits
    context_probability: Floats
    can_walk: Bits
    writes: Bits
    statement_uniform: Floats
    spell_day: npt.NDArray[np.int16]
    luck: Floats
    walk_uniform: Floats
    writes_uniform: Floats
    drawn_uniform: Floats

    @property
    def inferred_context(self) -> Bits:
        """l_t: the likelier context; 0 at exactly even odds, as published."""
        return (self.context_probability > 0.5).astype(np.int8)

    def each(self, change: Callable[[Any], Any]) -> "World":
        """Return the world with the same change made to every array."""
        parts: list[Any] = [change(part) for part in self]
        return World(*parts)


class DayUniforms(NamedTuple):
    """Uniform numbers in [0, 1), one row a day; participants first where there are several.

    Attributes:
        context: shape (..., n_days, 2), see CONTEXT_COLUMNS.
        ability: shape (..., n_days, 3), see ABILITY_COLUMNS.
        luck: shape (..., n_days, 3), see LUCK_COLUMNS.
    """

    context: Floats
    ability: Floats
    luck: Floats


class UniformStream:
    """One participant's endless stream of uniform numbers, one row a day.

    An episode that ends early leaves the days that it did not reach to the next one, so an environment of a vector
    environment, which uses one day a step, and a single environment run through the same numbers. The day on which an
    episode ended serves the next one's first day too: that day's context and walk state are fixed, so no number is
    used twice.

    Args:
        rng: spawns one generator for each purpose; it is not used otherwise.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._generators = rng.spawn(3)
        self._rows = DayUniforms(np.empty((0, 2)), np.empty((0, 3)), np.empty((0, 3)))

    def advance(self, n_used: int, n_days: int) -> DayUniforms:
        """Drop the ``n_used`` days that were lived and return the next ``n_days``, without using them up."""
        kept = [rows[n_used:] for rows in self._rows]
        n_new = n_days - len(kept[0])
        self._rows = DayUniforms(
            *(
                np.concatenate([rows, generator.random((n_new, rows.shape[1]))])
                for rows, generator in zip(kept, self._generators, strict=True)
            )
        )
        return self._rows


def make_world(config: SimulatorConfig, uniforms: DayUniforms) -> World:
    """Return the world that follows from uniform numbers.

    Args:
        config: probabilities and noise.
        uniforms: one row a day.
    Returns: the world of the same participants and days. Day 1 is as published: home, even odds, able to walk.
    """
    true_context = two_state_chain(
        uniforms.context[..., 0], start=0, one_stays=config.context_persistence, zero_stays=config.context_persistence
    )
    can_walk = _walk_states(config, uniforms.ability[..., 0], start=1)
    statement_uniform, spell_day = _spells(config, can_walk, uniforms.ability[..., 2])
    return World(
        true_context=true_context,
        context_probability=read_context(true_context, uniforms.context[..., 1], config.context_noise),
        can_walk=can_walk,
        writes=_writes(config, can_walk, uniforms.ability[..., 1]),
        statement_uniform=statement_uniform,
        spell_day=spell_day,
        luck=uniforms.luck,
        walk_uniform=uniforms.ability[..., 0],
        writes_uniform=uniforms.ability[..., 1],
        drawn_uniform=uniforms.ability[..., 2],
    )


def draw_worlds(config: SimulatorConfig, seeds: Sequence[int]) -> World:
    """Draw the worlds of participants, one day longer than the study.

    Args:
        config: settings of the study.
        seeds: one for each participant, 0 to MAX_SEED.
    Raises: ParameterError if a seed is out of range.
    """
    rows = [UniformStream(generator(seed, Stream.WORLD)).advance(0, config.study_length + 1) for seed in seeds]
    return make_world(config, DayUniforms(*(np.stack(columns) for columns in zip(*rows, strict=True))))


def _walk_states(config: SimulatorConfig, uniforms: Floats, start: int) -> Bits:
    return two_state_chain(
        uniforms, start=start, one_stays=config.can_walk_persistence, zero_stays=config.cannot_walk_persistence
    )


def two_state_chain(uniforms: Floats, *, start: int, one_stays: float, zero_stays: float) -> Bits:
    """Return a path of a two-state Markov chain, computed without a loop over days.

    Day t is 1 where its uniform is below P(1 | yesterday). A uniform below both conditional probabilities makes a 1
    and one above both a 0, whatever came before; in between the chain copies yesterday (or flips it, if it dislikes
    staying). So each day is its last unconditional day, copied or flipped as often as days have passed.

    Args:
        uniforms: in [0, 1), shape (..., n_days); the first day's is not used.
        start: state of the first day, 0 or 1.
        one_stays, zero_stays: P(1 -> 1) and P(0 -> 0).
    Returns: states, shape (..., n_days).
    """
    to_one_from_one, to_one_from_zero = one_stays, 1.0 - zero_stays
    forced_one = uniforms < min(to_one_from_one, to_one_from_zero)
    forced = forced_one | (uniforms >= max(to_one_from_one, to_one_from_zero))
    forced[..., 0] = True
    forced_one[..., 0] = bool(start)
    days = np.arange(uniforms.shape[-1])
    last_forced = np.maximum.accumulate(np.where(forced, days, 0), axis=-1)
    states = np.take_along_axis(forced_one, last_forced, axis=-1).astype(np.int8)
    if to_one_from_one < to_one_from_zero:
        states ^= ((days - last_forced) & 1).astype(np.int8)
    return states


def read_context(true_context: Bits, uniforms: Floats, noise: float) -> Floats:
    """Return the probability of context 1 given each day's reading; 0.5 on day 1, before any reading.

    Args:
        true_context: c_t; shape (..., n_days).
        uniforms: in [0, 1), same shape; inverted to the normal noise of the reading.
        noise: σ >= 0.
    Returns: p_t in [0, 1].
    """
    probability = context_posterior(true_context, uniforms, noise)
    probability[..., 0] = 0.5
    return probability


def context_posterior(true_context: Bits, uniforms: Floats, noise: float) -> Floats:
    """Return the probability of context 1 given a reading x ~ N(c, noise^2), by Bayes' rule with equal priors.

    Args, Returns: as ``read_context``, for any days; up to PERFECT_READING_NOISE the reading is taken as perfect.
    Source: Karine et al. 2023, arXiv:2305.09913.
    """
    if noise <= PERFECT_READING_NOISE:
        return true_context.astype(np.float64)
    from scipy.special import expit, ndtri  # 0.2 s to import: not before a world is drawn

    # log N(x; 1, σ²) - log N(x; 0, σ²) = (2x - 1) / 2σ² with x = c + σ z
    log_odds = (true_context - 0.5) / noise**2 + ndtri(uniforms) / noise
    probability: Floats = expit(log_odds)
    return probability


def _writes(config: SimulatorConfig, can_walk: Bits, uniforms: Floats) -> Bits:
    writes = writes_today(config, can_walk, _yesterday(can_walk), uniforms)
    writes[..., 0] &= config.writes_on_first_day
    return writes


def _yesterday(can_walk: Bits) -> Bits:
    """Return w_{t-1}; on the first day w_t."""
    return np.concatenate([can_walk[..., :1], can_walk[..., :-1]], axis=-1)


def _spells(config: SimulatorConfig, can_walk: Bits, uniforms: Floats) -> tuple[Floats, npt.NDArray[np.int16]]:
    """Return the number that picks each day's statement, and the days since a spell with a story began.

    Where statements are held, or tell a story, the number of a spell's first day serves the whole spell; a story's end
    is told on the day on which ability returns.
    """
    no_story = np.full(can_walk.shape, -1, dtype=np.int16)
    if config.spell_statements == REDRAWN:
        return uniforms, no_story
    days = np.arange(can_walk.shape[-1])
    tells = config.spell_statements == STORY
    kept = (_yesterday(can_walk) == 0) & ((can_walk == 0) | tells) & (days > 0)
    picked_on = np.maximum.accumulate(np.where(kept, 0, days), axis=-1)
    since = np.where((kept | (can_walk == 0)) & tells, days - picked_on, no_story).astype(np.int16)
    return np.take_along_axis(uniforms, picked_on, axis=-1), since


def writes_today(config: SimulatorConfig, can_walk: Bits, yesterday: Bits, uniforms: Floats) -> Bits:
    """Return when the participant writes: at every change, by chance while able, and while unable if so configured.

    Args:
        can_walk, yesterday: w_t and w_{t-1}; on the first day both are w_t.
        uniforms: in [0, 1), same shape.
    Returns: 0 or 1, same shape.
    """
    by_chance = (can_walk == 1) & (uniforms < config.statement_probability)
    still_unable = (can_walk == 0) & config.repeats_while_unable
    writes: Bits = ((can_walk != yesterday) | by_chance | still_unable).astype(np.int8)
    return writes


def with_walk_state(world: World, config: SimulatorConfig, day: int, can_walk: bool) -> World:
    """Return the same world with one day's walk state set by hand; the later days follow from it with the same luck.

    Args:
        world: of one participant; days before ``day`` are kept as they are.
        config: what the world was made from.
        day: index of the day whose walk state is set.
        can_walk: its new state.
    """
    rest = _walk_states(config, world.walk_uniform[day:], start=int(can_walk))
    path = np.concatenate([world.can_walk[:day], rest])
    statement_uniform, spell_day = _spells(config, path, world.drawn_uniform)
    return world._replace(
        can_walk=path,
        writes=_writes(config, path, world.writes_uniform),
        statement_uniform=statement_uniform,
        spell_day=spell_day,
    )
