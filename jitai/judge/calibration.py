"""Calibrations: how the log-odds of a prompt and a model become P(send), and what was measured with one."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

CALIBRATION_FORMAT = 2
"""Format of a calibration in a file. In format 1, "measured" was a sentence (``measured_from_format_1``)."""
MEASURED_PARTS = {
    "independent": "of those by an author who had seen no other statement (written with a language model's help)",
    "plain": "of plain ones",
    "other_languages": "of those in Spanish, French, German or Portuguese",
}
"""Groups of statements that are measured separately, with how a sentence names them."""
_OF_REPLACED = "Measured with the calibration that came with the project, which yours replaces: "


@dataclass(frozen=True)
class Measured:
    """How often a judge was right on held-out statements.

    Attributes:
        share_right: of the statements, in [0, 1].
        n: statements that it answered, > 0.
        parts: share right by group, a key of MEASURED_PARTS; groups without statements are left out.
        balanced_accuracy: mean of the shares right of either label, in [0, 1]; None if it is not known.
        low, high: 95 % interval of the balanced accuracy; None if it is not known.
        statements: where they come from.
        date: of the measurement, as YYYY-MM-DD; empty if it is not known.
        is_of_replaced: whether it was measured with the project's calibration, which a person's own now replaces.
    """

    share_right: float
    n: int
    parts: Mapping[str, float] = field(default_factory=dict)
    balanced_accuracy: float | None = None
    low: float | None = None
    high: float | None = None
    statements: str = ""
    date: str = ""
    is_of_replaced: bool = False

    @property
    def sentence(self) -> str:
        """What was measured, as a sentence for the person who chooses a judge."""
        words = f"Right on {_percent(self.share_right)} of {self.n:,} held-out statements"
        parts = [f"{_percent(self.parts[key])} {name}" for key, name in MEASURED_PARTS.items() if key in self.parts]
        return f"{_OF_REPLACED if self.is_of_replaced else ''}{words}{': ' + ', '.join(parts) if parts else ''}."

    def as_mapping(self) -> dict[str, Any]:
        """Return the fields that a file keeps."""
        usual = Measured(self.share_right, self.n)
        names = [item.name for item in fields(self)]
        changed = {name: getattr(self, name) for name in names if getattr(self, name) != getattr(usual, name)}
        parts = {"parts": dict(self.parts)} if self.parts else {}
        return {"share_right": self.share_right, "n": self.n} | changed | parts


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


_FORMAT_1 = re.compile(r"Right on (\d{1,3}(?:\.\d+)?) % of ([\d,]+) held-out statements(?:: (.+))?\.")


def measured_from_format_1(sentence: str) -> Measured | None:
    """Read the sentence that calibrations of format 1 (until November 2026) hold in place of numbers.

    Returns: None for a sentence that the project did not write: it then counts as not measured.
    """
    found = _FORMAT_1.fullmatch(sentence.strip().removeprefix(_OF_REPLACED))
    if found is None:
        return None
    parts = {}
    for key, name in MEASURED_PARTS.items():
        share = re.search(rf"(\d{{1,3}}) % {re.escape(name)}", found.group(3) or "")
        if share is not None:
            parts[key] = int(share.group(1)) / 100
    share_right, n = min(float(found.group(1)) / 100, 1.0), int(found.group(2).replace(",", ""))
    return Measured(share_right, n, parts, is_of_replaced=sentence.strip().startswith(_OF_REPLACED)) if n else None


@dataclass(frozen=True)
class Improvement:
    """What a calibration changes, counted on development statements that it was not fitted on (cross-validation).

    Attributes:
        before, after: share right as the model comes and calibrated, in [0, 1].
        n: statements counted, > 0.
        low, high: 95 % interval of the difference, paired by statement, as shares; None where no verdict changed.
    """

    before: float
    after: float
    n: int
    low: float | None
    high: float | None

    @property
    def sentence(self) -> str:
        """What it changes, for the person who has fitted it."""
        points = f"{100 * (self.after - self.before):+.0f} points"
        if self.low is not None and self.high is not None:
            points += f", 95 % {100 * self.low:+.0f} to {100 * self.high:+.0f}"
        return (
            f"Calibrated: right on {_percent(self.after)} instead of {_percent(self.before)} of {self.n} development "
            f"statements that the calibration was not fitted on ({points})."
        )

    def as_mapping(self) -> dict[str, Any]:
        """Return the fields that a file keeps."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


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
        measured: how often the judge is right with it; None if nobody measured it.
        improvement: what it changes; None if nobody counted it.
        is_fitted: False for the default, which takes a model at its word.
        is_own: whether the person fitted it on this machine; where it came from makes no other calibration of it.
    """

    scale: float = 1.0
    bias: float = 0.0
    model: str = ""
    fitted_on: str = ""
    measured: Measured | None = None
    is_fitted: bool = False
    is_own: bool = field(default=False, compare=False)
    improvement: Improvement | None = field(default=None, compare=False, repr=False)

    @property
    def note(self) -> str:
        """What the person who chooses the judge should know of it, as a sentence."""
        if not self.is_fitted:
            return "Not calibrated: its probabilities are taken as they are."
        if self.measured is not None:
            return self.measured.sentence
        if self.improvement is not None:
            return self.improvement.sentence
        return "Calibrated, but nobody has measured how often it is right: the Validation page does."

    @property
    def merit(self) -> float:
        """How often the judge is right as far as anybody knows, in [0, 1]; 0 if nobody does."""
        if self.measured is not None:
            return self.measured.share_right
        return 0.0 if self.improvement is None else self.improvement.after

    def p_send(self, log_odds: float) -> float:
        """Return P(send) in [0, 1] for log-odds in natural logarithms; any number is accepted."""
        # Beyond 700 the exponential overflows, and the probability has long been 0 or 1.
        exponent = max(-700.0, min(700.0, self.scale * log_odds + self.bias))
        return 1.0 / (1.0 + math.exp(-exponent))

    def as_mapping(self) -> dict[str, Any]:
        """Return the fields that a file keeps."""
        kept: dict[str, Any] = {
            "format": CALIBRATION_FORMAT,
            "scale": self.scale,
            "bias": self.bias,
            "model": self.model,
            "fitted_on": self.fitted_on,
        }
        if self.measured is not None:
            kept["measured"] = self.measured.as_mapping()
        if self.improvement is not None:
            kept["improvement"] = self.improvement.as_mapping()
        return kept


UNCALIBRATED = Calibration()
"""For a model that the prompt's file does not know: its probabilities as they are."""
