"""A pilot study: what twenty other people teach before the first participant of the study proper.

The pilot is a micro-randomised trial (Klasnja et al. 2015, doi:10.1037/hea0000305) of simulated people whose seeds are
those of trainings, so that nobody of the pilot is ever measured. Its messages are drawn at random, and held back where
a judge says so. Only what a real pilot would record is handed on.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from jitai.arrays import Flags, Floats, Integers
from jitai.policies.belief import BeliefSettings, Text, decision_as_evidence
from jitai.policies.posterior import Posterior, from_bounds
from jitai.records import Action
from jitai.seeding import FIRST_TRAINING_SEED, Stream, generator
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.participants import Participants

N_PEOPLE = 20
N_PARTICLES = 2000
NO_MESSAGE_BELOW, GENERIC_BELOW = 0.4, 0.6
"""Of the days, 40 % bring no message, 20 % a generic and 40 % a tailored one."""


class PilotLog(NamedTuple):
    """What a pilot records; each of shape (n_people, n_days).

    Attributes:
        there: whether the person was still in the study that day.
        context_probability: p_t in [0, 1].
        text: what was written, as it was judged; None where nobody read.
        action: what was done, codes 0 to 3.
        step_count: that followed, in steps.
        stays: whether the person was still there afterwards.
    """

    there: Flags
    context_probability: Floats
    text: Text | None
    action: Integers
    step_count: Floats
    stays: Flags


def fits_context(action: Integers, context_probability: Floats) -> Floats:
    """Return the probability that a tailored message fits the context; of other actions it means nothing."""
    return np.where(action == Action.TAILORED_WORK, context_probability, 1.0 - context_probability)


def run_pilot(config: SimulatorConfig, belief: BeliefSettings, number: int = 0) -> PilotLog:
    """Simulate a pilot.

    Args:
        config: of its people and its length.
        belief: the judge's error rates, and whether the text is read.
        number: of the pilot, from 0; each has people of its own.
    """
    seeds = range(FIRST_TRAINING_SEED + number * N_PEOPLE, FIRST_TRAINING_SEED + (number + 1) * N_PEOPLE)
    people = Participants(config, seeds)
    size = config.study_length
    drawn = np.stack([generator(seed, Stream.POLICY).random(size) for seed in seeds])
    errs = np.stack([generator(seed, Stream.FILTER).random(size) for seed in seeds])
    says_can, says_cannot = decision_as_evidence(False, belief), decision_as_evidence(True, belief)
    days = []
    for day in range(size):
        today, there = people.today(), ~people.over
        rate = np.where(today.can_walk == 1, belief.false_alarms, belief.finds_cannot_walk)
        held = today.writes & (errs[:, day] < rate) & belief.reads_text
        messages = np.where(drawn[:, day] < GENERIC_BELOW, int(Action.GENERIC), 2 + today.inferred_context)
        action = np.where(held | (drawn[:, day] < NO_MESSAGE_BELOW), int(Action.NO_MESSAGE), messages)
        outcomes = people.act(action, today)
        verdicts = (np.where(held, cannot, can) for can, cannot in zip(says_can, says_cannot, strict=True))
        days.append(
            (there, today.context_probability, today.writes, *verdicts, action, outcomes.step_count,
             ~people.over | outcomes.truncated)
        )  # fmt: skip
    there, probability, writes, if_can, if_cannot, action, steps, stays = (
        np.stack(column, axis=1) for column in zip(*days, strict=True)
    )
    # Every study begins at home.
    probability[:, 0] = 0.0
    return PilotLog(
        there, probability, Text(writes, if_can, if_cannot) if belief.reads_text else None, action, steps, stays
    )


def learned_from(log: PilotLog, rng: np.random.Generator, n_particles: int = N_PARTICLES) -> Posterior:
    """Return what a pilot teaches of people who are taken for alike: the posterior of one participant.

    One person after another is taken in, each as a new study of the same participant.

    Args:
        log: of the pilot.
        rng: for the particles of the risk.
        n_particles: of the risk.
    """
    posterior = from_bounds(1, [rng], n_particles)
    fits, text = fits_context(log.action, log.context_probability), log.text
    for who in range(len(log.there)):
        posterior.restart()
        for day in range(int(log.there[who].sum())):
            at = (slice(who, who + 1), day)
            if day:
                said = None if text is None else Text(text.writes[at], text.if_can[at], text.if_cannot[at])
                posterior.ability.read(said)
            posterior.see(log.action[at], fits[at], log.step_count[at], log.there[at])
            posterior.risk.stay(log.stays[at])
    return posterior


@lru_cache(maxsize=16)
def pilot(config: SimulatorConfig, belief: BeliefSettings, number: int) -> Posterior:
    """Return what a simulated pilot teaches, cached for the next caller, who must not change it; it takes a second."""
    seed = FIRST_TRAINING_SEED + number * N_PEOPLE
    return learned_from(run_pilot(config, belief, number), generator(seed, Stream.TRAINING))
