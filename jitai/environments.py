"""The study under names that Gymnasium knows; importing this module registers them.

    import gymnasium
    import jitai

    env = gymnasium.make("StepCountJITAI-LLM-v0", disengagement_increment=0.4, observations=["L", "H", "D"])
    envs = gymnasium.make_vec("StepCountJITAI-v0", num_envs=1000)

The second variant has what the participant writes in ``info["statement"]``; empty on days when nothing is written.

``import jitai`` after Gymnasium registers them too; where it came first, call ``jitai.register_environments()``.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium.envs.registration import register, registry

if TYPE_CHECKING:
    from jitai.simulator.config import SimulatorConfig
    from jitai.simulator.env import StepCountEnv
    from jitai.simulator.spaces import StatementChoice
    from jitai.simulator.vector_env import StepCountVectorEnv

BASE, WITH_WALK_STATE = "StepCountJITAI-v0", "StepCountJITAI-LLM-v0"
PRESET_OF = {BASE: "Always able (base environment)", WITH_WALK_STATE: "Ability comes and goes"}
"""The base environment (arXiv:2411.00336), and the one where ability comes and goes (arXiv:2501.06980)."""

DEFAULT_OBSERVATIONS = ("P", "H", "D")


def make_env(
    preset: str, observations: Sequence[str] = DEFAULT_OBSERVATIONS, statements: str = "", **settings: Any
) -> "StepCountEnv":
    """One participant.

    Args:
        preset: the settings to start from, a key of PRESETS.
        observations: names in ``simulator.spaces.QUANTITIES``.
        statements: the part of the corpus that the participant's words come from: "development", "calibration" or
            "test"; empty for no words.
        settings: fields of SimulatorConfig that differ from the preset.
    Raises: ParameterError naming what is unknown or out of range.
    """
    from jitai.simulator.env import StepCountEnv  # loaded here: registering takes no time

    return StepCountEnv(_config(preset, settings), observations, _choice(statements))


def make_vector_env(
    preset: str,
    num_envs: int = 1,
    observations: Sequence[str] = DEFAULT_OBSERVATIONS,
    statements: str = "",
    **settings: Any,
) -> "StepCountVectorEnv":
    """Many participants at once, by array operations.

    Args:
        num_envs: how many, at least 1.
        preset, observations, statements, settings: as for ``make_env``.
    Raises: ParameterError naming what is unknown or out of range.
    """
    from jitai.simulator.vector_env import StepCountVectorEnv

    return StepCountVectorEnv(num_envs, _config(preset, settings), observations, _choice(statements))


def _config(preset: str, settings: dict[str, Any]) -> "SimulatorConfig":
    from jitai.errors import ParameterError
    from jitai.parameters import build, suggestion
    from jitai.simulator.config import PRESETS, SimulatorConfig

    if preset not in PRESETS:
        raise ParameterError(f"There is no preset {preset!r}{suggestion(preset, PRESETS)}")
    # NumPy's numbers as Python's: what comes out of an array or a table is a number too.
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in settings.items()}
    return build(SimulatorConfig, {**PRESETS[preset].as_mapping(), **plain})


def _choice(part: str) -> "StatementChoice | None":
    from jitai.corpus import CALIBRATION, DEVELOPMENT, TEST, book_of
    from jitai.errors import ParameterError
    from jitai.parameters import suggestion

    if not part:
        return None
    if part not in (parts := (DEVELOPMENT, CALIBRATION, TEST)):
        raise ParameterError(f"The corpus has no part {part!r}{suggestion(str(part), parts)}")
    book = book_of(part)
    return lambda can_walk, uniform, spell_day: book.choose(can_walk, uniform, spell_day).text


for _name, _preset in PRESET_OF.items():
    if _name not in registry:
        register(
            _name,
            entry_point="jitai.environments:make_env",
            vector_entry_point="jitai.environments:make_vector_env",
            kwargs={"preset": _preset} | ({"statements": "test"} if _name == WITH_WALK_STATE else {}),
        )
