"""The answer of a validation as a heading: what one judge hears, and what it wrongly holds back."""

from collections.abc import Sequence
from typing import NamedTuple

from jitai.statistics import interval_of_share
from jitai.validation.runner import JudgedRow

CONSENT = "consent"
"""The kind of statement that says whether a message is wanted; to be unable to walk is something else."""


class Rate(NamedTuple):
    """A share with Wilson's interval. Within a label no two statements are a pair, so they count one by one."""

    value: float
    low: float
    high: float
    n: int

    def is_met(self, needed: float) -> bool | None:
        """Return whether a need is met for certain, missed for certain, or None where the interval holds it."""
        return True if self.low >= needed else False if self.high < needed else None


class Sides(NamedTuple):
    """How often a judge is right on each side; None where nothing was said of it.

    Attributes:
        hears: of those who cannot walk, the share that it holds back.
        respects: of those who want no message, the same.
        passes: of all others, the share that it lets through.
    """

    hears: Rate | None
    respects: Rate | None
    passes: Rate | None


class JudgeAnswer(NamedTuple):
    """What is said of a judge.

    Attributes:
        heard: the marked number of the heading, "92 of 100"; empty if nobody in the sample cannot walk.
        heard_is_met: see ``Rate.is_met``; None without a need.
        after: what follows it.
        stopped: the marked number of the second sentence; empty if nobody in the sample can walk.
        stopped_is_met: of it.
        more: what follows: what is needed, if that is known.
        small: the intervals.
    """

    heard: str
    heard_is_met: bool | None
    after: str
    stopped: str
    stopped_is_met: bool | None
    more: str
    small: str


def sides_of(rows: Sequence[JudgedRow]) -> Sides:
    """Return how often a judge is right on each side."""
    counted = [row for row in rows if row.is_counted]
    unable = [row for row in counted if row.cannot_walk]
    return Sides(
        _rate([row for row in unable if row.statement.kind != CONSENT]),
        _rate([row for row in unable if row.statement.kind == CONSENT]),
        _rate([row for row in counted if not row.cannot_walk]),
    )


def _rate(rows: Sequence[JudgedRow]) -> Rate | None:
    if not rows:
        return None
    share = sum(row.is_right for row in rows) / len(rows)
    return Rate(share, *interval_of_share(share, len(rows)), len(rows))


def judge_answer(sides: Sides, needed: float | None) -> JudgeAnswer:
    """Return what is said of a judge.

    Args:
        sides: at least one of hears and passes is known.
        needed: share that has to be right on either side; None if nobody knows.
    """
    hears, passes = sides.hears, sides.passes
    met = [None if rate is None or needed is None else rate.is_met(needed) for rate in (hears, passes)]
    after = " who cannot walk"
    if hears is not None and hears.low <= 0.5 <= hears.high:
        after += ", as a coin would"
    parts = []
    if hears is not None:
        parts.append(f"hears {_of(hears.low)} to {_of(hears.high)} of 100 (n {hears.n:,})")
    if passes is not None:
        low, high = _of(1 - passes.high), _of(1 - passes.low)
        parts.append(f"wrongly holds back {low} to {high} of 100 (n {passes.n:,})")
    small = f"95 % intervals: {', '.join(parts)}. "
    small += "The statements were written for this, in part with language models; no participant wrote them."
    return JudgeAnswer(
        "" if hears is None else f"{_of(hears.value)} of 100", met[0], after,
        "" if passes is None else f"{_of(1 - passes.value)} of 100", met[1], _more(met, needed), small,
    )  # fmt: skip


def _more(met: Sequence[bool | None], needed: float | None) -> str:
    if needed is None:
        return ""
    if all(item is True for item in met):
        return "Both are good enough in Sweep’s setting."
    need = f"{_of(needed)} or more heard, {_of(1 - needed)} or fewer held back"
    if False not in met:
        return f"Needed in Sweep’s setting are {need}; so few statements cannot tell."
    return f"Needed in Sweep’s setting are {need}."


def _of(share: float) -> str:
    return f"{100 * share:.0f}"
