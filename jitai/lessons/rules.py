"""Pictures of the model's rules, from the published equations, with numbers for one participant."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jitai.records import Action
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.dynamics import case_index, disengages, mean_outcome, responses

N_DAYS = 12


class RulePicture(NamedTuple):
    """One rule as bars.

    Attributes:
        title: one sentence.
        text: what the bars are.
        values: one bar each.
        quiet: which bars are days without a message.
        top: end of the scale.
        limit: a line across; None without.
    """

    title: str
    text: str
    values: tuple[float, ...]
    quiet: tuple[bool, ...]
    top: float
    limit: float | None = None


def _habituation(config: SimulatorConfig) -> RulePicture:
    """Steps of a fitting message every day, but for a rest in the middle."""
    quiet = tuple(5 <= day <= 8 for day in range(N_DAYS))
    level, steps = config.initial_habituation, []
    for rests in quiet:
        action = Action.NO_MESSAGE if rests else Action.TAILORED_HOME
        level, _, earned = mean_outcome(level, 0.0, responses(config)[case_index(int(action), 0, 1)], min)
        steps.append(float(earned))
    return RulePicture(
        "Every message wears off; quiet days bring its force back.",
        "Steps after a message that fits, sent on every day but the quiet ones.",
        tuple(steps), quiet, float(config.tailored_message_steps),
    )  # fmt: skip


def _risk(config: SimulatorConfig) -> RulePicture:
    """Risk of leaving after messages that do harm, until the person leaves."""
    unable = 0 if config.can_walk_persistence < 1 else 1
    action = Action.TAILORED_HOME if unable == 0 else Action.TAILORED_WORK
    risk, levels = config.initial_disengagement, [config.initial_disengagement]
    while len(levels) < N_DAYS and not disengages(config, np.array(risk)):
        _, risk, _ = mean_outcome(0.0, risk, responses(config)[case_index(int(action), 0, unable)], min)
        levels.append(float(risk))
    what = "to somebody who cannot walk" if unable == 0 else "for the wrong place"
    return RulePicture(
        "Each wrong message raises the risk, until the person leaves for good.",
        f"Risk of leaving, at the start and after each message {what}.",
        tuple(levels), tuple(False for _ in levels), 1.0, config.disengagement_threshold,
    )  # fmt: skip


def _context(config: SimulatorConfig) -> RulePicture:
    """What the three messages bring on one fresh day."""
    fit, generic, wrong = (
        float(mean_outcome(0.0, 0.0, responses(config)[case_index(int(action), 0, 1)], min)[2])
        for action in (Action.TAILORED_HOME, Action.GENERIC, Action.TAILORED_WORK)
    )
    return RulePicture(
        "A message for the right place brings most, for the wrong place nothing.",
        "Steps on a fresh day: the message for the right place, a generic one, the one for the wrong place.",
        (fit, generic, wrong), (False,) * 3, float(config.tailored_message_steps),
    )  # fmt: skip


RULES: dict[str, Callable[[SimulatorConfig], RulePicture]] = {
    "habituation": _habituation, "risk": _risk, "context": _context,
}  # fmt: skip
