"""The simulated judge: errors at given rates instead of a language model, for experiments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jitai.errors import ParameterError
from jitai.judge.base import Backend
from jitai.judge.registered_backend import RegisteredBackend
from jitai.parameters import parameter, validate
from jitai.records import JudgeReference

SIMULATED = "simulated"
_GROUP = "Simulated judge"


@dataclass(frozen=True)
class SimulatedSettings:
    """How often the simulated judge errs.

    Raises: ParameterError naming the field and what is allowed.
    """

    finds_cannot_walk: float = parameter(
        0.93, label="It recognises “cannot walk”", low=0.0, high=1.0, unit="share", group=_GROUP, source="our choice",
        help="Share of the statements of people who cannot walk that it recognises.",
    )  # fmt: skip
    false_alarms: float = parameter(
        0.07, label="False alarms", low=0.0, high=1.0, unit="share", group=_GROUP, source="our choice",
        help="Share of the other statements that it mistakes for such.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        validate(self)


class SimulatedBackend(RegisteredBackend):
    """Knows the truth of each statement and errs on given shares of them, so it can only judge simulated participants.

    ``jitai/trial/verdict_table.py`` draws the errors, for experiments, single runs and the training of policies.
    """

    key = SIMULATED
    label = "Simulated: errs at given rates"
    Settings = SimulatedSettings
    required = ("finds_cannot_walk", "false_alarms")
    reads_statements = False

    @classmethod
    def open(cls, key: str, settings: SimulatedSettings) -> Backend:
        """Raise, because there is no model to open.

        Raises: ParameterError, always.
        """
        raise ParameterError(
            "The simulated judge reads no text: it errs at given rates on what simulated participants say.",
            hint="Choose a judge that reads, or use it in a run or an experiment.",
        )

    @classmethod
    def error_rates(cls, settings: SimulatedSettings) -> tuple[float, float]:
        """Return both settings."""
        return settings.finds_cannot_walk, settings.false_alarms

    @classmethod
    def judge_name(cls, key: str, settings: Mapping[str, Any]) -> str:
        """Return its name with both rates."""
        return f"{key}, finds {settings['finds_cannot_walk']:g}, false alarms {settings['false_alarms']:g}"


def simulated_reference(settings: SimulatedSettings) -> JudgeReference:
    """Return the simulated judge with these settings, for a scenario."""
    rates = {"finds_cannot_walk": settings.finds_cannot_walk, "false_alarms": settings.false_alarms}
    name = SimulatedBackend.judge_name(SIMULATED, rates)
    return JudgeReference(SIMULATED, name=name, error_rates=(settings.finds_cannot_walk, settings.false_alarms))
