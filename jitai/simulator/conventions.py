"""What differs between the authors' code, its public replication and this lab, as named settings of a participant.

One thing that differs is no setting: in the authors' code an episode has one decision more than the study has days, and
the last decision earns nothing. Total steps are the same, but for those of the day on which somebody leaves.

Sources: the authors' environment StepCountJITAI_LLM (used with arXiv:2507.03871; ``reference.PublishedTextEnv``); the
figures of arXiv:2501.06980 with η_d 0.4, which a public replication reproduces from habituation and risk 0.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jitai.errors import ParameterError
from jitai.parameters import suggestion
from jitai.simulator.config import HELD, PRESETS, REDRAWN, SimulatorConfig

AUTHORS, REPLICATION, OURS = "authors", "replication", "ours"
OWN = "own"
CONVENTION_LABELS = {
    AUTHORS: "Authors' code",
    REPLICATION: "Replication",
    OURS: "Ours",
    OWN: "Own",
}
"""The names of the conventions; own is what agrees with none of them."""
CONVENTIONS: Mapping[str, Mapping[str, Any]] = {
    AUTHORS: {
        "initial_habituation": 0.1,
        "initial_disengagement": 0.1,
        "cannot_walk_disengagement": 0.05,
        "spell_statements": HELD,
        "writes_on_first_day": False,
    },
    REPLICATION: {
        "initial_habituation": 0.0,
        "initial_disengagement": 0.0,
        "cannot_walk_disengagement": 0.4,
        "spell_statements": HELD,
        "writes_on_first_day": False,
    },
    OURS: {
        "initial_habituation": 0.0,
        "initial_disengagement": 0.0,
        "cannot_walk_disengagement": 0.4,
        "spell_statements": REDRAWN,
        "writes_on_first_day": True,
    },
}
"""The settings of each convention; the others of a participant are left as they are."""
CONVENTION_HELP = (
    "Where everybody starts, what is said, and what a message to somebody unable costs. Authors' code: habituation and "
    "risk start at 0.1, η_d is 0.05, one statement stays through a spell without ability, and nothing is said before "
    "the first decision. Replication: the same, from 0 and with η_d 0.4. Ours: from 0, with η_d 0.4, another statement "
    "every day, and maybe one before the first decision. Own: none of these."
)


def convention_of(config: SimulatorConfig) -> str:
    """Return the convention that a participant follows; OWN if it is none."""
    return next(
        (
            name
            for name, settings in CONVENTIONS.items()
            if all(getattr(config, field) == value for field, value in settings.items())
        ),
        OWN,
    )


def under(config: SimulatorConfig, convention: str) -> SimulatorConfig:
    """Return the same participant under a convention.

    Raises: ParameterError if there is none of that name.
    """
    if convention not in CONVENTIONS:
        raise ParameterError(f"There is no convention {convention[:60]!r}{suggestion(convention, tuple(CONVENTIONS))}")
    return replace(config, **CONVENTIONS[convention])


def preset_of(config: SimulatorConfig, otherwise: str) -> str:
    """Return the name of the preset that a participant is, under whichever convention; ``otherwise`` if it is none."""
    exact = next((name for name, preset in PRESETS.items() if preset == config), None)
    if exact is not None or convention_of(config) == OWN:
        return exact or otherwise
    alike = under(config, OURS)
    return next((name for name, preset in PRESETS.items() if under(preset, OURS) == alike), otherwise)
