"""Why a run earned more or less than its twin, in a sentence and a few rows: the same on pages, reports and commands.

The parts are of ``jitai.trial.attribution``. Nothing is said of right and wrong unless the truth may be told.
"""

from collections.abc import Sequence
from typing import NamedTuple

from jitai.records import Action, StepRecord
from jitai.text_format import counted
from jitai.trial.attribution import DayParts, shown_parts, shown_total, summed

_NOTICEABLE = 0.5
"""Steps below which a part is none."""
_EVEN = 0.1
"""Share of the largest part below which the difference itself is about nothing."""
_ALL, _MOST = 0.95, 0.5
_GAINS = {
    "stayed": "staying",
    "fresher": "resting",
    "held_rightly": "messages held back rightly",
    "held_wrongly": "messages held back wrongly",
    "proposed": "what the policy proposed",
    "outside": "what a person or a rule decided",
    "action": "what was sent on the day itself",
    "chance": "chance",
}
_LOSSES = _GAINS | {"stayed": "leaving", "fresher": "messages that had worn off"}


class Comparison(NamedTuple):
    """Two lines that are compared, the first less the second.

    Attributes:
        records, others: of the line and of the one that it is compared to, from the first day on.
        parts: of their difference, one entry a day, from ``first_day`` on.
        without: how sentences name the other line, such as "without the judge".
        letter: of a branch; empty for the run itself.
        first_day: from which the two may differ, from 1.
    """

    records: Sequence[StepRecord]
    others: Sequence[StepRecord]
    parts: Sequence[DayParts]
    without: str
    letter: str = ""
    first_day: int = 1

    def up_to(self, day: int) -> "Comparison":
        """Return the first days of the comparison, as if nothing had come after."""
        parts = self.parts[: max(0, day - self.first_day + 1)]
        return self._replace(records=self.records[:day], others=self.others[:day], parts=parts)

    @property
    def shown(self) -> DayParts:
        """The parts as whole numbers; they add up to the difference of the two totals as they are shown."""
        return shown_parts(summed(self.parts), shown_total(self.records) - shown_total(self.others))


class WhyRow(NamedTuple):
    """One part of a difference: its title, what it means, and its steps, a whole number."""

    title: str
    note: str
    steps: float

    @property
    def shown(self) -> str:
        """The steps in whole numbers, with their sign."""
        return f"{self.steps:+,.0f}" if self.steps else "0"


def why_rows(compared: Comparison, *, revealed: bool) -> tuple[WhyRow, ...]:
    """Return the parts of a difference, those that are nothing included, as long as they could be something.

    Args:
        compared: the two lines.
        revealed: whether it may be said which vetoes were right.
    """
    parts, right, known = compared.shown, *_vetoes(compared.records)
    gone = abs(len(compared.records) - len(compared.others))
    on_the_day = [WhyRow("What is sent on the day itself", "held back, or another message", parts.action)]
    if revealed:
        on_the_day = [
            WhyRow("Held back rightly", f"{right} of {known}: nobody could have walked", parts.held_rightly),
            WhyRow("Held back wrongly", f"{known - right} of {known}: a walk was missed", parts.held_wrongly),
            WhyRow("Other messages proposed", "the policy had learned from other days", parts.proposed),
        ]
        if parts.outside:
            on_the_day.append(WhyRow("Decided otherwise", "by a person, or by a rule", parts.outside))
    left = f"{counted(gone, 'day')} that only one of the two had" if gone else "nobody has left"
    chance = [WhyRow("Chance", "the luck of the days differed", parts.chance)]
    return (
        WhyRow("Days the other no longer had", left, parts.stayed),
        WhyRow("Fresher after quiet days", "habituation: rested, messages work more", parts.fresher),
        *on_the_day,
        *(chance if parts.chance else []),
    )


def why_sentence(compared: Comparison, *, revealed: bool) -> str:
    """Return what matters most, in a sentence.

    Args:
        compared: the two lines.
        revealed: whether it may be said which vetoes were right.
    """
    parts = summed(compared.parts)
    names = ["held_rightly", "held_wrongly", "proposed", "outside"] if revealed else ["action"]
    sizes = {name: float(getattr(parts, name)) for name in ("stayed", "fresher", *names, "chance")}
    if all(abs(size) < _NOTICEABLE for size in sizes.values()):
        return f"{f'Branch {compared.letter} and this run' if compared.letter else 'Both'} have earned the same."
    gain, loss = max(sizes, key=lambda name: sizes[name]), min(sizes, key=lambda name: sizes[name])
    if abs(parts.total) < _EVEN * max(sizes[gain], -sizes[loss]):
        shown = compared.shown
        return (
            f"The two come out about even: {_GAINS[gain]} gained {getattr(shown, gain):,.0f} steps, "
            f"{_LOSSES[loss]} took back {-getattr(shown, loss):,.0f}."
        )
    won = parts.total > 0
    cause = gain if won else loss
    opposed = sizes[loss] if won else sizes[gain]
    share = sizes[cause] / parts.total
    amount = "All" if share >= _ALL and abs(opposed) < _NOTICEABLE else "Most" if share > _MOST else "The largest part"
    whose = f"branch {compared.letter}’s" if compared.letter else "the"
    subject = f"{amount} of {whose} {'gain' if won else 'loss'} comes from"
    return f"{subject} {_explained(cause, won, compared, revealed)}."


def why_sentences(compared: Comparison, n_days: int, *, revealed: bool) -> tuple[str, ...]:
    """Return the sentence as it stands after each day, from the first day on.

    Args:
        compared: the two lines.
        n_days: for which one is wanted, counted from ``first_day`` of the comparison.
        revealed: as for ``why_sentence``.
    """
    first = compared.first_day
    return tuple(why_sentence(compared.up_to(day), revealed=revealed) for day in range(first, first + n_days))


def _explained(cause: str, won: bool, compared: Comparison, revealed: bool) -> str:
    """Return a cause with what the two runs show of it."""
    right, known = _vetoes(compared.records) if revealed and not compared.letter else (0, 0)
    verdicts = ""
    if known:
        joined = "and" if (2 * right >= known) == won else "but"
        verdicts = f"{right} of {known} messages {'was' if right == 1 else 'were'} held back rightly, {joined} "
    name = (_GAINS if won else _LOSSES)[cause]
    if cause == "stayed":
        return f"{name}: {_departure(compared, won)}"
    if cause == "fresher" and won and known and right < known - right:
        return f"resting, not from listening: {known - right} of {known} messages were held back wrongly, but {_FRESH}"
    if cause == "fresher" and won:
        return f"resting: {verdicts}{_FRESH}"
    if cause == "fresher":
        mine, other = _n_sent(compared.records), _n_sent(compared.others)
        more = f"{mine} were sent instead of {other}" if mine > other else "they came at other times"
        return f"{name}: {verdicts}{more}"
    if cause == "held_wrongly" and known:
        return f"{name}: {known - right} of {known} times this person could have walked"
    if cause == "proposed":
        learned = f"having learned from other days, it chose messages that earned {'more' if won else 'less'}"
        return f"{name}: {verdicts}{learned}"
    return name


_FRESH = "quiet days kept messages fresh"


def _departure(compared: Comparison, won: bool) -> str:
    """Return who left when."""
    gone = counted(abs(len(compared.records) - len(compared.others)), "day")
    if won:
        where = "in this run" if compared.letter else compared.without
        return f"{where} this person left on day {len(compared.others)} and missed {gone}"
    return f"this person left on day {len(compared.records)} and missed {gone}"


def _vetoes(records: Sequence[StepRecord]) -> tuple[int, int]:
    """Return how many vetoes were right, and how many there were, on days whose truth is known."""
    vetoes = [record for record in records if record.vetoed and record.truth_is_known]
    return sum(not record.can_walk for record in vetoes), len(vetoes)


def _n_sent(records: Sequence[StepRecord]) -> int:
    return sum(record.executed_action != Action.NO_MESSAGE for record in records)
