"""From P(send) to a decision: the one place where a probability becomes "send", "do not send" or "unsure"."""

from dataclasses import dataclass

from jitai.errors import ParameterError
from jitai.records import Decision


@dataclass(frozen=True)
class UnsureBand:
    """The probabilities between which a judge is unsure.

    Attributes:
        low: P(send) in [0, 1] at or below which the decision is "do not send".
        high: P(send) in [0, 1] at or above which it is "send"; not below ``low``. Both alike make a plain threshold, at
            which the decision is "send".
    Raises: ParameterError for any other pair.
    """

    low: float = 0.4
    high: float = 0.6

    def __post_init__(self) -> None:
        if not 0.0 <= self.low <= self.high <= 1.0:
            raise ParameterError(
                "The unsure band needs two probabilities between 0 and 1, the lower one first.",
                hint="Make the lower edge no larger than the upper one.",
            )

    def decide(self, p_send: float) -> Decision:
        """Return the decision for P(send) in [0, 1]."""
        if p_send >= self.high:
            return Decision.SEND
        return Decision.HOLD_BACK if p_send <= self.low else Decision.UNSURE


DEFAULT_BAND = UnsureBand()
"""The band that holds unless a person sets another."""
