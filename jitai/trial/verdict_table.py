"""Verdicts that are known beforehand, on every statement that participants may write."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np

from jitai.arrays import Integers
from jitai.corpus import StatementBook
from jitai.decision import UnsureBand
from jitai.errors import JitaiError
from jitai.policies.belief import BeliefSettings
from jitai.records import Decision, JudgesText, Label, Statement, Verdict, VerdictSource
from jitai.simulator.participants import Today
from jitai.trial.texts import SEND, Evidence, Script, Spoken, evidence_of


class Verdicts(NamedTuple):
    """What a judge says of each statement that participants may write, in the order of the statement book.

    Attributes:
        if_able: on the statements of participants who can walk.
        if_unable: on those of participants who cannot.
        stories: on each story's statements, the last of which is of the day on which ability returns; none where
            nobody tells stories.
    """

    if_able: tuple[Verdict, ...]
    if_unable: tuple[Verdict, ...]
    stories: tuple[tuple[Verdict, ...], ...] = ()

    def chosen(self, can_walk: bool, uniform: float) -> Verdict:
        """The verdict that a number in [0, 1) picks for a walk state, as ``StatementBook.choose`` does."""
        verdicts = self.if_able if can_walk else self.if_unable
        return verdicts[int(uniform * len(verdicts))]


def read_all(book: StatementBook, judge: JudgesText, with_stories: bool = False) -> Verdicts:
    """Have a judge read every statement of a book once; its stories only where they are told."""
    told = (story.statements for story in (book.stories if with_stories else ()))
    able, unable, *stories = (
        tuple(judge.judge(item.text) for item in items)
        for items in (book.by_label[Label.CAN_WALK], book.by_label[Label.CANNOT_WALK], *told)
    )
    return Verdicts(able, unable, tuple(stories))


class PreparedJudge:
    """A judge whose verdicts are known beforehand, such as those of a large model read from a file.

    Args:
        p_send: P(send) in [0, 1] by the statement's text.
        send_from: probability from which it says "send".
        hold_back_below: probability up to which it says "do not send"; between the two it is unsure.
    Raises: ParameterError if the two limits are out of order.
    """

    def __init__(self, p_send: Mapping[str, float], send_from: float = 0.5, hold_back_below: float = 0.5) -> None:
        self._p_send = p_send
        self._band = UnsureBand(hold_back_below, send_from)

    def judge(self, text: str) -> Verdict:
        """Return the prepared verdict; a text without one counts as one that could not be judged."""
        if not text:
            return Verdict(Decision.SEND, None, VerdictSource.NO_STATEMENT, "The participant said nothing.")
        p_send = self._p_send.get(text)
        if p_send is None:
            return Verdict(
                Decision.HOLD_BACK,
                None,
                VerdictSource.FALLBACK,
                "No verdict on this text was prepared.",
                statement=text,
                failure="No verdict on this text was prepared.",
            )
        return Verdict(
            self._band.decide(p_send),
            p_send,
            VerdictSource.CACHE,
            "The verdict was prepared beforehand.",
            statement=text,
        )


def simulated_judge(finds_cannot_walk: float, false_alarms: float) -> tuple[StatementBook, PreparedJudge]:
    """Return a judge with exactly these error rates, and the placeholder statements that it reads.

    1,000 statements of either kind, of which the given shares (to the nearest thousandth) are judged "cannot walk". As
    each day's statement is drawn anew, errors are independent from day to day. P(send) is calibrated at even odds.

    Args:
        finds_cannot_walk: share of the statements of people who cannot walk that are recognised, in [0, 1].
        false_alarms: share of the other statements that are mistaken for such, in [0, 1].
    """
    n_statements = 1000
    statements: list[Statement] = []
    p_send: dict[str, float] = {}
    for label, share in ((Label.CAN_WALK, false_alarms), (Label.CANNOT_WALK, finds_cannot_walk)):
        for number in range(n_statements):
            text = f"{label.value} {number}"
            statements.append(Statement(text, text, label, "plain", len(statements)))
            says_cannot = number < round(share * n_statements)
            if_can = false_alarms if says_cannot else 1 - false_alarms
            if_cannot = finds_cannot_walk if says_cannot else 1 - finds_cannot_walk
            # A judge that knows nothing says what the flip of a coin says.
            probability = if_can / (if_can + if_cannot) if if_can != if_cannot else 0.5
            p_send[text] = min(probability, 0.4999) if says_cannot else max(probability, 0.5)
    return StatementBook(statements), PreparedJudge(p_send)


def simulated_in_words(finds_cannot_walk: float, false_alarms: float) -> str:
    """Return what a simulated judge is, in a sentence; arguments as for ``simulated_judge``."""
    return (
        f"A simulated judge: it recognises {100 * finds_cannot_walk:g} % of what people write who cannot walk, and "
        f"mistakes {100 * false_alarms:g} % of the rest for such."
    )


@lru_cache(maxsize=16)
def simulated_verdicts(finds_cannot_walk: float, false_alarms: float) -> Verdicts:
    """Return all that a simulated judge may say, in the order in which an experiment's cells draw from it.

    Args:
        finds_cannot_walk, false_alarms: as for ``simulated_judge``.
    """
    reason = f"Drawn, not read. {simulated_in_words(finds_cannot_walk, false_alarms)}"
    drawn = read_all(*simulated_judge(finds_cannot_walk, false_alarms))
    able, unable = (
        tuple(replace(item, source=VerdictSource.SIMULATED, reason=reason) for item in part)
        for part in (drawn.if_able, drawn.if_unable)
    )
    return Verdicts(able, unable)


class VerdictTable:
    """Verdicts known beforehand, on every statement that participants may write: an array look-up a day.

    Args:
        verdicts: on every statement of the book.
        settings: how the belief is fed.
    """

    is_read = True
    spoken: tuple[Spoken, ...] = ()

    def __init__(self, verdicts: Verdicts, settings: BeliefSettings) -> None:
        self._verdicts, self._settings = verdicts, settings

    @cached_property
    def _by_walk_state(self) -> tuple[Evidence, Evidence]:
        """Evidence of the statements of people who cannot and of people who can walk; computed on first use."""
        return evidence_of(self._verdicts.if_unable, self._settings), evidence_of(
            self._verdicts.if_able, self._settings
        )

    @cached_property
    def _of_stories(self) -> tuple[Evidence, Integers, Integers]:
        """Evidence of all stories' statements in a row, where each story begins, and how many statements it has."""
        stories = self._verdicts.stories
        lengths = np.array([len(story) for story in stories])
        return evidence_of(list(chain(*stories)), self._settings), np.cumsum(lengths) - lengths, lengths

    def _told(self, today: Today) -> Evidence:
        """Return the evidence of what is told today; where no story is, of something that does not matter."""
        told, starts, lengths = self._of_stories
        story = (today.statement_uniform * len(lengths)).astype(np.int64)
        stage = np.where(today.can_walk == 1, lengths[story] - 1, np.clip(today.spell_day, 0, lengths[story] - 2))
        return told.at(starts[story] + stage)

    def read(self, today: Today, script: Script, asks: bool) -> Evidence | None:
        """Return today's evidence, as ``Texts`` does; a person cannot speak for participants whose words are unknown.

        Raises: JitaiError if somebody does.
        """
        if any(day.text for day in script.values()):
            raise JitaiError("Only verdicts are known here: words of one's own cannot be judged.")
        if not asks:
            return None
        unable, able = (
            evidence.at((today.statement_uniform * len(evidence.decision)).astype(np.int64))
            for evidence in self._by_walk_state
        )
        said = able.where(today.can_walk == 1, unable)
        if self._verdicts.stories:
            said = self._told(today).where(today.spell_day >= 0, said)
        return Evidence(
            today.writes,
            np.where(today.writes, said.decision, SEND),
            np.where(today.writes, said.p_send, np.nan),
            today.writes & said.failed,
            said.if_can,
            said.if_cannot,
        )
