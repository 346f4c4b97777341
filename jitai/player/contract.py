"""What the player is given: the one place where the JSON between Python and the browser is described.

A run is a value. Python lives it and the player draws it, so the browser needs whole lines of days and no equation.
``as_payload`` turns a ``PlayerRun`` into JSON of plain lists, one list per column: 50 days are about 25 kB. Empty
columns and ``None`` are left out; the player shows what is there and says nothing of the rest.

Units: steps are the model's units, habituation, risk and probabilities lie in [0, 1], days count from 1.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from jitai.records import CONTEXT_LABELS, TYPED, Action, StepRecord

VERSION = 1
"""Of the JSON. A player that meets a later version says so and draws nothing."""

TERM_PLACES = ("steps", "habituation", "risk", "sensor", "policy", "words", "judge", "done", "truth")
"""Places of the player whose word is explained where it stands."""

MAX_BRANCHES = 4
LETTERS = ("A", "B", "C", "D")
"""Flags of the branches, in the order in which they are given out."""

DIGITS = 4
"""Decimals that are kept of steps, habituation, risk and probabilities; finer is not drawn."""

_DRAW_DIGITS = 2
"""Decimals of what the policy weighed, in steps."""


@dataclass(frozen=True)
class Truth:
    """What was true on each day of a line. Hidden in the browser until revealed; leave it out to keep it on the server.

    Attributes:
        can_walk: w_t of each day.
        context: c_t of each day, 0 or 1.
        allowed: the action that the true walk state would have allowed, 0 to 3.
        known: False on days where a person typed words without saying whether they are true.
    """

    can_walk: tuple[bool, ...]
    context: tuple[int, ...]
    allowed: tuple[int, ...]
    known: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Split:
    """Why two lines differ: steps of this line less those of the other, in parts that add up, day by day.

    The run is split against the reference, a branch against the run. Days start at the line's ``first_day`` and may
    outlast it: after a person has left, the other's days count as lost.

    Attributes:
        stayed: steps on days that only one of the two still had.
        fresher: steps because habituation differed at the start of the day.
        action: steps because something else was done on the day itself.
        chance: steps because the random variation of the day differed; 0 without variation.
        sentences: what matters most, as it stands after each day.
        revealed: the parts of ``action`` and the sentences that tell the truth; None to keep them from the browser.
    """

    stayed: tuple[float, ...]
    fresher: tuple[float, ...]
    action: tuple[float, ...]
    chance: tuple[float, ...] = ()
    sentences: tuple[str, ...] = ()
    revealed: "RevealedSplit | None" = None


@dataclass(frozen=True)
class RevealedSplit:
    """What may be told of a split once the truth is revealed; the first four add up to ``action``, day by day.

    Attributes:
        held_rightly: steps because the filter held something back while the participant could not walk.
        held_wrongly: the same while the participant could walk.
        proposed: steps because the policy proposed something else.
        outside: steps because a person, or the rule for a judge that cannot answer, decided.
        sentences: what matters most, as it stands after each day.
    """

    held_rightly: tuple[float, ...]
    held_wrongly: tuple[float, ...]
    proposed: tuple[float, ...]
    outside: tuple[float, ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One lived run: the run itself, its reference, or a branch. All columns have one entry a day.

    Attributes:
        key: names the line for good; a branch that is made again has another key.
        name: shown in the legend, such as "This run", "Without the judge" or "day 8, no message".
        short: a shorter name for narrow places; the name if empty.
        letter: flag of a branch, one of LETTERS; empty for the run and its reference.
        first_day: of the columns. A branch starts at the day that was changed; the days before are the run's.
        left_on: the day on which the person left the study; None if they stayed.
        complete: whether all days are there; False while days still arrive.
        proposed: by the policy, an action from 0 to 3.
        done: the action that was carried out, 0 to 3.
        steps: earned on the day.
        habituation: after the day.
        risk: of leaving (the model's disengagement risk), after the day.
        sensed: the context that the policy believes in, 0 or 1.
        context_probability: of context 1, as sensed.
        words: what the participant wrote, raw and untrusted; empty if silent.
        typed: whether a person typed the words.
        verdict: "send", "do not send" or "unsure"; empty where no judge was at work.
        p_send: the judge's probability that a message may be sent; None where nothing could be read.
        source: where the verdict came from, one of ``jitai.records.VerdictSource``, or "remembered" for a stored one.
        reason: the judge's reason, one sentence, untrusted; empty without.
        vetoed: whether the judge held a message back; not where a rule for failures, or a person, did.
        weighed: what the policy compared to choose, four numbers in Action order (see ``Weighing``).
        expected: mean of what each action earns, in steps, four numbers; empty if the policy keeps none.
        spread: standard deviation of that mean, in steps, four numbers; empty without.
        truth: what was true; None to keep it from the browser.
        split: why this line differs from the other one; None if not known (yet).
    """

    key: str
    name: str
    proposed: tuple[int, ...]
    done: tuple[int, ...]
    steps: tuple[float, ...]
    habituation: tuple[float, ...]
    risk: tuple[float, ...]
    short: str = ""
    letter: str = ""
    first_day: int = 1
    left_on: int | None = None
    complete: bool = True
    sensed: tuple[int, ...] = ()
    context_probability: tuple[float, ...] = ()
    words: tuple[str, ...] = ()
    typed: tuple[bool, ...] = ()
    verdict: tuple[str, ...] = ()
    p_send: tuple[float | None, ...] = ()
    source: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    vetoed: tuple[bool, ...] = ()
    weighed: tuple[tuple[float, ...], ...] = ()
    expected: tuple[tuple[float, ...], ...] = ()
    spread: tuple[tuple[float, ...], ...] = ()
    truth: Truth | None = None
    split: Split | None = None

    def __post_init__(self) -> None:
        """Refuse columns of different lengths: the player would show one day's words beside another's steps."""
        days = len(self.done)
        columns = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        if self.truth is not None:
            columns |= {f"truth.{entry.name}": getattr(self.truth, entry.name) for entry in fields(self.truth)}
        for name, column in columns.items():
            may_be_empty = name not in _REQUIRED
            if isinstance(column, tuple) and len(column) != days and not (may_be_empty and not column):
                raise ValueError(f"{name} of line {self.key!r} has {len(column)} entries; it needs {days}, one a day.")
        if self.letter and self.letter not in LETTERS:
            raise ValueError(f"Line {self.key!r} has the letter {self.letter!r}; a branch is one of {LETTERS}.")
        if self.first_day < 1:
            raise ValueError(f"Line {self.key!r} starts on day {self.first_day}; days count from 1.")


_REQUIRED = {"proposed", "done", "steps", "habituation", "risk"} | {
    f"truth.{name}" for name in ("can_walk", "context", "allowed")
}


@dataclass(frozen=True)
class Weighing:
    """What the four numbers are that the policy compared.

    Attributes:
        label: under the numbers, such as "today's draw, in steps".
        low, high: ends of the fixed scale.
    """

    label: str = "today’s draw, in steps"
    low: float = -40.0
    high: float = 100.0


@dataclass(frozen=True)
class Axes:
    """Fixed ends of the scales, so that nothing jumps while it plays; see ``axes_for``.

    Attributes:
        steps_so_far: top of the cumulative steps.
        steps_a_day: top of the steps of one day.
        weighing: what the policy compares; None if it compares nothing, such as a fixed policy.
    """

    steps_so_far: float
    steps_a_day: float
    weighing: Weighing | None = None


@dataclass(frozen=True)
class Answer:
    """The words of the headline; the number is the difference between the run and its reference.

    Attributes:
        question: on day 0.
        subject: "Listening" gives "Listening has gained 335 steps" and, at a loss, "Listening has cost 12 steps".
        without: how sentences name the reference, in the middle of one, such as "without the judge".
    """

    question: str = "Does listening pay?"
    subject: str = "Listening"
    without: str = "without the judge"


@dataclass(frozen=True)
class Scene:
    """A day at which the player stops by itself, with a caption.

    Attributes:
        day: from 0; 0 stands before the first day.
        caption: a sentence or two.
        why: whether the split of the difference is shown in place of the tracks.
        revealed: whether what was true is shown.
    """

    day: int
    caption: str
    why: bool = False
    revealed: bool = False


@dataclass(frozen=True)
class Options:
    """What may be done with the player.

    Attributes:
        can_fork: whether a day may be changed; needs somebody who answers the request "fork".
        reveal: "free", or "locked": then the key R does not reveal, it shows ``reveal_note`` and sends "reveal".
        reveal_note: what to do first, such as "Predict first: how often was holding back right?".
        stop_at: the last day that can be reached, for a lesson that stops before the end; None for no such day.
        suggestions: words that the fork dialog offers.
        tells_viewer: whether Python hears of the day at rest and of a reveal; each runs the script, so only on demand.
        plays: whether it starts to play by itself; a viewer who wants no motion is shown the end at once.
        small: a picture that plays, without anything to press.
        scenes: days at which it stops, with captions, in order of their days.
    """

    can_fork: bool = True
    reveal: Literal["free", "locked"] = "free"
    reveal_note: str = ""
    stop_at: int | None = None
    suggestions: tuple[str, ...] = ()
    tells_viewer: bool = False
    plays: bool = False
    small: bool = False
    scenes: tuple[Scene, ...] = ()


@dataclass(frozen=True)
class PlayerRun:
    """All that the player is given.

    Attributes:
        identity: of the run. The same identity keeps the viewer's day, speed and reveal when data change; another one
            starts at day 0.
        title: of the setting, such as the participant's name.
        detail: after the title: seed, judge.
        days: length of the study.
        run: the line that the headline speaks of.
        reference: the line it is compared with; None if there is none, then the headline counts steps.
        branches: up to four.
        axes: fixed scales.
        answer: words of the headline.
        many_seeds: what many seeds say, one line under the headline (see ``many_seeds_line``); empty without.
        best_total: steps of the whole study under the best possible policy; only the total, as each of its days would
            tell the truth. None without.
        start_habituation: before day 1.
        start_risk: before day 1.
        leaves_at: the risk at which the person leaves.
        unsure: ends of the band of P(send) in which the judge counts as unsure; None without a judge.
        options: what may be done.
        notice: one sentence to show at once, such as why a fork failed; empty without.
        answered: ``number`` of the last fork request that was answered, by a branch or by a notice. Until it comes, the
            player shows that the day is being lived, and takes no other request.
        terms: what the words on the card and beside the tracks mean, by ``TERM_PLACES``.
    """

    identity: str
    title: str
    days: int
    run: Line
    axes: Axes
    detail: str = ""
    reference: Line | None = None
    branches: tuple[Line, ...] = ()
    answer: Answer = field(default_factory=Answer)
    many_seeds: str = ""
    best_total: float | None = None
    start_habituation: float = 0.0
    start_risk: float = 0.0
    leaves_at: float = 0.99
    unsure: tuple[float, float] | None = None
    options: Options = field(default_factory=Options)
    notice: str = ""
    answered: int = 0
    terms: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if self.days < 1:
            raise ValueError(f"The study has {self.days} days; the player needs at least 1.")
        letters = [branch.letter for branch in self.branches]
        if len(letters) > MAX_BRANCHES or len(set(letters)) != len(letters) or "" in letters:
            raise ValueError(
                f"Branches have the letters {letters}; up to {MAX_BRANCHES} are drawn, each with its own letter."
            )
        for line in (self.run, self.reference, *self.branches):
            if line is not None and line.first_day - 1 + len(line.done) > self.days:
                raise ValueError(f"Line {line.key!r} has more days than the study's {self.days}.")


def as_payload(run: PlayerRun) -> dict[str, Any]:
    """The JSON that the player takes: keys are the attributes' names, columns are lists, numbers are rounded.

    Added to the attributes: ``version``, and ``actions`` and ``contexts``, so that the browser need not know the names:
    each action has a ``name`` and the ``context`` that it is tailored to (absent if to none).

    Returns: a dictionary of plain JSON values; what is empty or None is left out.
    """
    tailored = {Action.TAILORED_HOME: 0, Action.TAILORED_WORK: 1}
    actions = [
        {"name": action.label, **({"context": tailored[action]} if action in tailored else {})} for action in Action
    ]
    return {"version": VERSION, "actions": actions, "contexts": list(CONTEXT_LABELS), **_plain(run)}


def as_json(payload: dict[str, Any]) -> str:
    """The payload as compact JSON text; NaN and infinity are refused."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> dict[str, Any]:
    """A record as a dictionary, without what is empty."""
    entries = {entry.name: _value(getattr(value, entry.name), entry.name) for entry in fields(value)}
    return {name: entry for name, entry in entries.items() if entry is not None and entry != [] and entry != ""}


def _value(value: Any, name: str) -> Any:
    """One attribute as plain JSON; days are lists of 0 and 1 rather than of true and false, which is shorter."""
    if hasattr(value, "__dataclass_fields__"):
        return _plain(value)
    if isinstance(value, tuple):
        return [int(entry) if isinstance(entry, bool) else _value(entry, name) for entry in value]
    if isinstance(value, float):
        return round(value, _DRAW_DIGITS if name in ("weighed", "expected", "spread") else DIGITS)
    return value


def line_of(
    records: Sequence[StepRecord],
    *,
    key: str,
    name: str,
    short: str = "",
    letter: str = "",
    first_day: int = 1,
    complete: bool = True,
    with_truth: bool = True,
    split: Split | None = None,
    remembered: bool = False,
) -> Line:
    """A line from the records of a trial.

    Args:
        records: of all days from the first one on, in order; those before ``first_day`` are left out.
        key, name, short, letter, first_day, complete, split: see ``Line``.
        with_truth: whether the truth goes to the browser.
        remembered: whether the verdicts were stored with the run rather than given by the judge now.
    """
    lived = records[first_day - 1 :]
    truth = Truth(
        can_walk=tuple(record.can_walk for record in lived),
        context=tuple(record.true_context for record in lived),
        allowed=tuple(int(record.allowed_action) for record in lived),
        known=() if all(record.truth_is_known for record in lived) else tuple(r.truth_is_known for r in lived),
    )
    verdicts = [record.verdict for record in lived]
    judged = any(verdict is not None for verdict in verdicts)
    left = [day for day, record in enumerate(records, 1) if record.terminated]
    return Line(
        key=key,
        name=name,
        short=short,
        letter=letter,
        first_day=first_day,
        left_on=left[0] if left else None,
        complete=complete,
        proposed=tuple(int(record.candidate_action) for record in lived),
        done=tuple(int(record.executed_action) for record in lived),
        steps=tuple(record.step_count for record in lived),
        habituation=tuple(record.habituation for record in lived),
        risk=tuple(record.disengagement_risk for record in lived),
        sensed=tuple(record.observation.inferred_context for record in lived),
        context_probability=tuple(record.observation.context_probability for record in lived),
        words=tuple(record.statement for record in lived),
        typed=_if_any(tuple(record.statement_author == TYPED for record in lived)),
        verdict=tuple("" if verdict is None else str(verdict.decision) for verdict in verdicts) if judged else (),
        p_send=tuple(None if verdict is None else verdict.p_send for verdict in verdicts) if judged else (),
        source=tuple(_source(verdict.source, remembered) if verdict else "" for verdict in verdicts) if judged else (),
        reason=tuple(verdict.reason if verdict else "" for verdict in verdicts) if judged else (),
        vetoed=tuple(record.vetoed for record in lived) if judged else (),
        weighed=_if_any(tuple(record.proposal.preference for record in lived)),
        expected=_if_any(tuple(record.proposal.expected_rewards for record in lived)),
        spread=_if_any(tuple(record.proposal.reward_spread for record in lived)),
        truth=truth if with_truth else None,
        split=split,
    )


def _source(source: str, remembered: bool) -> str:
    return "remembered" if remembered and source in ("model", "cache") else str(source)


def _if_any(column: tuple[Any, ...]) -> tuple[Any, ...]:
    return column if any(column) else ()


def axes_for(*lines: Line | None, weighing: Weighing | None = None) -> Axes:
    """Scales that fit these lines, with round ends and some room above for branches to come.

    Give all lines that are known when the run starts; keep the result as long as the run is shown, so that a branch
    does not move the scales.
    """
    known = [line for line in lines if line is not None]
    total = max((sum(line.steps) for line in known), default=0.0)
    best_day = max((steps for line in known for steps in line.steps), default=0.0)
    return Axes(_round_end(total * 1.1), _round_end(best_day), weighing)


def _round_end(value: float) -> float:
    """The next of 1, 2, 4, 5, 6, 8 or 10 times a power of ten: each has a round half for the middle of the scale."""
    if value <= 0:
        return 1.0
    power = float(10 ** math.floor(math.log10(value)))
    return next(step * power for step in (1.0, 2.0, 4.0, 5.0, 6.0, 8.0, 10.0) if step * power >= value - 1e-9)


def many_seeds_line(count: int, mean: float, low: float, high: float) -> str:
    """What many seeds say, for ``PlayerRun.many_seeds``.

    Args:
        count: of simulated people.
        mean: of the difference between run and reference, in steps.
        low, high: ends of its 95 % interval, in steps; NaN where the two never differ.
    """
    if math.isnan(low):
        return f"Over {count} such people: the same steps on every seed"
    return f"Over {count} such people: {_signed(mean)} steps, 95 % interval {_whole(low)} to {_whole(high)}"


def _whole(steps: float) -> str:
    return f"{round(steps):,}".replace("-", "−")


def _signed(steps: float) -> str:
    return ("+" if round(steps) > 0 else "") + _whole(steps)
