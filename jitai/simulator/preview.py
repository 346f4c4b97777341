"""What the settings do before anything is run: a message schedule's effect, and the walk-state chain in numbers."""

from typing import NamedTuple

from jitai.records import Action, tailored_to
from jitai.seeding import Stream, generator
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.participant import Outcome, Participant

SCHEDULES: dict[str, tuple[bool, ...]] = {
    "never": (False,),
    "every day": (True,),
    "every second day": (True, False),
    "every third day": (True, False, False),
    "five days on, two off": (True, True, True, True, True, False, False),
}
"""Patterns that repeat over the study: whether a message is sent."""

GENERIC, WELL, BADLY = "generic", "tailored to the true context", "tailored to the wrong context"
MESSAGES = (GENERIC, WELL, BADLY)


class AbilityNumbers(NamedTuple):
    """Long-run numbers of the walk-state chain.

    Attributes:
        share_able: long-run share of days on which the participant can walk, in [0, 1].
        able_spell: mean length of a spell of ability, in days; infinite if ability never goes.
        unable_spell: mean length of a spell without, in days; infinite if it never returns.
    """

    share_able: float
    able_spell: float
    unable_spell: float


def ability_numbers(config: SimulatorConfig) -> AbilityNumbers:
    """Return the long-run share of able days and the mean spells of the chain, 1 / (1 - P(stay)) days."""
    leaves, returns = 1 - config.can_walk_persistence, 1 - config.cannot_walk_persistence
    # Where nothing ever changes, the participant stays as on day 1: able.
    share = 1.0 if leaves == 0 else returns / (leaves + returns)
    return AbilityNumbers(share, _mean_spell(leaves), _mean_spell(returns))


def _mean_spell(probability_to_end: float) -> float:
    return 1 / probability_to_end if probability_to_end > 0 else float("inf")


def follow_schedule(config: SimulatorConfig, schedule: str, message: str, seed: int) -> list[Outcome]:
    """Return what each day of a fixed schedule leads to, until one participant's study or engagement ends.

    Args:
        config: settings of the study.
        schedule: a key of SCHEDULES.
        message: one of MESSAGES; the true context is used, as this is a preview and no policy.
        seed: of the participant.
    """
    participant = Participant(config, generator(seed, Stream.WORLD))
    pattern = SCHEDULES[schedule]
    outcomes = []
    while not participant.over:
        action = Action.NO_MESSAGE
        if pattern[participant.day % len(pattern)]:
            context = participant.true_context
            action = {GENERIC: Action.GENERIC, WELL: tailored_to(context), BADLY: tailored_to(1 - context)}[message]
        outcomes.append(participant.act(action))
    return outcomes
