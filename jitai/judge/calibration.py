"""Calibrations: how the log-odds of a prompt and a model become P(send)."""

import math
import re
from dataclasses import asdict, dataclass, field
from typing import Any

_RIGHT_ON = re.compile(r"\bRight on (\d{1,3}(?:\.\d+)?) % of")
"""As the sentence on what was measured begins (jitai/validation/calibration.py)."""
MEASURED_AS_SHIPPED = "Measured with the calibration that came with the project, which yours replaces: "


@dataclass(frozen=True)
class Calibration:
    """How the log-odds of one model become a probability.

    P(send) = 1 / (1 + exp(-(scale * log_odds + bias))), the log-odds being those of the answer that means "send"
    against the one that means "do not send", in natural logarithms; 1 / scale is what is called the temperature
    (Guo et al. 2017, arXiv:1706.04599).

    Attributes:
        scale: above 0.
        bias: any finite number.
        model: name of the model that it was fitted for.
        fitted_on: what it was fitted on, in words.
        measured: how often the judge is right on held-out statements, in words; empty if nobody measured it.
        is_fitted: False for the default, which takes a model at its word.
        is_own: whether the person fitted it on this machine; where it came from makes no other calibration of it.
    """

    scale: float = 1.0
    bias: float = 0.0
    model: str = ""
    fitted_on: str = ""
    measured: str = ""
    is_fitted: bool = False
    is_own: bool = field(default=False, compare=False)

    @property
    def share_right(self) -> float | None:
        """The share of held-out statements on which the judge was right, in [0, 1]; None if ``measured`` says none."""
        found = _RIGHT_ON.search(self.measured)
        return min(float(found.group(1)) / 100.0, 1.0) if found else None

    def p_send(self, log_odds: float) -> float:
        """P(send) in [0, 1] for log-odds in natural logarithms; any number is accepted."""
        # Beyond 700 the exponential overflows, and the probability has long been 0 or 1.
        exponent = max(-700.0, min(700.0, self.scale * log_odds + self.bias))
        return 1.0 / (1.0 + math.exp(-exponent))

    def as_mapping(self) -> dict[str, Any]:
        """What a file keeps of it."""
        return {name: value for name, value in asdict(self).items() if name not in ("is_fitted", "is_own")}


UNCALIBRATED = Calibration()
"""For a model that the prompt's file does not know: its probabilities as they are."""
