"""What participants say today, and what it is worth as evidence: read by a judge now, or looked up in a table."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from jitai.arrays import Flags, Floats, Integers
from jitai.corpus import StatementBook
from jitai.policies.belief import BeliefSettings, Text, likelihoods
from jitai.records import SILENCE, SIMULATOR, TYPED, Decision, JudgesText, Verdict
from jitai.simulator.participants import Today
from jitai.simulator.world import World

SILENT, HOLD_BACK, UNSURE, SEND = -1, 0, 1, 2
"""How a verdict stands in arrays; SILENT where there is none."""
DECISION_CODES = {Decision.HOLD_BACK: HOLD_BACK, Decision.UNSURE: UNSURE, Decision.SEND: SEND}


class Evidence(NamedTuple):
    """Today's texts as they were judged; every array has shape (n,).

    Attributes:
        writes: whether something is written.
        decision: HOLD_BACK, UNSURE or SEND; SEND where nothing is written.
        p_send: in [0, 1]; NaN where there is none.
        failed: whether the judge could not answer.
        if_can, if_cannot: the verdict as evidence of ability, see ``belief.Text``.
    """

    writes: Flags
    decision: Integers
    p_send: Floats
    failed: Flags
    if_can: Floats
    if_cannot: Floats

    @property
    def text(self) -> Text:
        """The part of the evidence that the belief reads."""
        return Text(self.writes, self.if_can, self.if_cannot)

    def at(self, places: Integers) -> "Evidence":
        """Return some of these verdicts, by their places."""
        parts: list[Any] = [part[places] for part in self]
        return Evidence(*parts)

    def where(self, wanted: Flags, other: "Evidence") -> "Evidence":
        """Return these verdicts where wanted is true, and the other's elsewhere."""
        parts: list[Any] = [np.where(wanted, mine, others) for mine, others in zip(self, other, strict=True)]
        return Evidence(*parts)


class ScriptedDay(NamedTuple):
    """What a person changes of one day.

    Attributes:
        text: what the participant says instead of the simulator's own statement; empty to leave that as it is.
        can_walk: the truth of that day, if the person sets it; None leaves it to the simulator.
        action: what is done that day, codes 0 to 3, whatever policy and filter would do; None leaves it to them.
    """

    text: str = ""
    can_walk: bool | None = None
    action: int | None = None


Script = Mapping[int, ScriptedDay]
"""What a person changes of today, by the participant's place, from 0."""


class Spoken(NamedTuple):
    """Today's words of one participant.

    Attributes:
        text: raw; empty if silent.
        author: SIMULATOR, TYPED, or empty if silent.
        verdict: the judge's; None where nobody reads.
    """

    text: str
    author: str
    verdict: Verdict | None


class Texts(Protocol):
    """Where a trial's evidence comes from.

    Attributes:
        is_read: whether there is a judge.
        spoken: today's words of each participant, after ``read``; empty where only verdicts are known.
    """

    @property
    def is_read(self) -> bool: ...  # noqa: D102

    @property
    def spoken(self) -> tuple[Spoken, ...]: ...  # noqa: D102

    def read(self, today: Today, script: Script, asks: bool) -> Evidence | None:
        """Return today's evidence.

        Args:
            today: of the participants.
            script: what a person makes some of them say.
            asks: whether the verdicts matter: otherwise no judge is asked.
        Returns: None where nobody reads.
        """
        ...


class JudgedTexts:
    """Statements of a book or of a person, which a judge reads on the day on which they are written.

    Args:
        book: what participants may say.
        judge: reads it; None where nobody does.
        settings: how the belief is fed.
    """

    def __init__(self, book: StatementBook, judge: JudgesText | None, settings: BeliefSettings) -> None:
        self._book, self._judge, self._settings = book, judge, settings
        self.spoken: tuple[Spoken, ...] = ()

    @property
    def is_read(self) -> bool:
        """Whether there is a judge."""
        return self._judge is not None

    def read(self, today: Today, script: Script, asks: bool) -> Evidence | None:
        """Return today's evidence; arguments as for ``Texts``."""
        said = [self._said(who, today, script.get(who)) for who in range(len(today.writes))]
        if self._judge is None or not asks:
            self.spoken = tuple(Spoken(text, author, None) for text, author in said)
            return None
        self.spoken = tuple(Spoken(text, author, self._judge.judge(text)) for text, author in said)
        return evidence_of([spoken.verdict for spoken in self.spoken], self._settings)

    def _said(self, who: int, today: Today, scripted: ScriptedDay | None) -> tuple[str, str]:
        """Return today's words of one participant and their author."""
        if scripted is not None and scripted.text.strip():
            return scripted.text, TYPED
        if today.writes[who]:
            picked = float(today.statement_uniform[who]), int(today.spell_day[who])
            return self._book.choose(bool(today.can_walk[who]), *picked).text, SIMULATOR
        return "", ""


def evidence_of(verdicts: Sequence[Verdict | None], settings: BeliefSettings) -> Evidence:
    """Return verdicts as arrays; None counts as silence."""
    # Verdict by verdict, in plain numbers: on the one verdict of a page's day, array operations take ten times as long.
    rows = [_evidence(SILENCE if verdict is None else verdict, settings) for verdict in verdicts]
    writes, decision, p_send, failed, if_can, if_cannot = zip(*rows, strict=True)
    return Evidence(
        np.array(writes), np.array(decision), np.array(p_send), np.array(failed), np.array(if_can), np.array(if_cannot)
    )  # fmt: skip


def _evidence(verdict: Verdict, settings: BeliefSettings) -> tuple[bool, int, float, bool, float, float]:
    """Return one verdict as the fields of ``Evidence``."""
    writes, failed, p_send = not verdict.is_silence, verdict.is_fallback, verdict.p_send
    answered = writes and not (failed or verdict.failure)
    if_can, if_cannot = likelihoods(verdict.decision, p_send, settings) if answered else (1.0, 1.0)
    code = DECISION_CODES[verdict.decision]
    return writes, code, math.nan if p_send is None else float(p_send), failed, float(if_can), float(if_cannot)


def words_of(world: World, book: StatementBook, n_days: int) -> tuple[str, ...]:
    """Return what one participant writes on each of a world's first days, (n_days,); empty on days of silence."""
    return tuple(
        book.choose(bool(world.can_walk[day]), float(world.statement_uniform[day]), int(world.spell_day[day])).text
        if world.writes[day]
        else ""
        for day in range(n_days)
    )
