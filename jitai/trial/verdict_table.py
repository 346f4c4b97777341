"""Verdicts on every statement that participants may write, as arrays over days."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from jitai.arrays import Flags, Floats, Integers
from jitai.corpus import StatementBook
from jitai.decision import UnsureBand
from jitai.policies.belief import BeliefSettings, Text, evidence
from jitai.records import Decision, JudgesText, Label, Statement, Verdict, VerdictSource
from jitai.simulator.world import World

SILENT, HOLD_BACK, UNSURE, SEND = -1, 0, 1, 2
"""How a day's decision stands in ``BatchResult.verdict``."""
_CODES = {Decision.HOLD_BACK: HOLD_BACK, Decision.UNSURE: UNSURE, Decision.SEND: SEND}


class Verdicts(NamedTuple):
    """What a judge says of each statement that participants may write, in the order of the statement book.

    Attributes:
        if_able: on the statements of participants who can walk.
        if_unable: on those of participants who cannot.
    """

    if_able: tuple[Verdict, ...]
    if_unable: tuple[Verdict, ...]


def read_all(book: StatementBook, judge: JudgesText) -> Verdicts:
    """Have a judge read every statement of a book once."""
    return Verdicts(
        *(
            tuple(judge.judge(item.text) for item in book.by_label[label])
            for label in (Label.CAN_WALK, Label.CANNOT_WALK)
        )
    )


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
        """The prepared verdict; a text that was not prepared counts as one that could not be judged."""
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
    """A judge with exactly these error rates, and the placeholder statements that it reads.

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


class DayTexts:
    """Each day's verdicts of all lanes.

    Args:
        world: of the lanes.
        verdicts: on every statement of the book.
        settings: how the belief is fed.

    Attributes:
        writes: whether something is written; this and the following of shape (n_lanes, n_days).
        decision: HOLD_BACK, UNSURE or SEND; SEND where nothing is written.
        p_send: in [0, 1]; NaN where there is none.
        failed: whether the judge could not answer.
        if_can, if_cannot: the verdict as evidence, see ``Text``.
    """

    def __init__(self, world: World, verdicts: Verdicts, settings: BeliefSettings) -> None:
        able = world.can_walk == 1
        self.writes: Flags = world.writes == 1

        def of_day(values: list[list[float]]) -> Any:
            picked = []
            for of_label in values:
                given = np.array(of_label)
                picked.append(given[(world.statement_uniform * len(given)).astype(np.int64)])
            return np.where(able, picked[0], picked[1])

        by_label = [verdicts.if_able, verdicts.if_unable]
        decisions = of_day([[_CODES[item.decision] for item in items] for items in by_label])
        self.decision: Integers = np.where(self.writes, decisions, SEND).astype(np.int64)
        p_send = of_day([[np.nan if item.p_send is None else item.p_send for item in items] for items in by_label])
        self.p_send: Floats = np.where(self.writes, p_send, np.nan)
        failed = of_day([[float(item.is_fallback) for item in items] for items in by_label])
        self.failed: Flags = self.writes & (failed == 1)
        likelihoods = [[evidence(item, settings) or Text(True) for item in items] for items in by_label]
        self.if_can = of_day([[float(text.if_can) for text in texts] for texts in likelihoods])
        self.if_cannot = of_day([[float(text.if_cannot) for text in texts] for texts in likelihoods])

    def on(self, day: int) -> Text:
        """The day's evidence."""
        return Text(self.writes[:, day], self.if_can[:, day], self.if_cannot[:, day])
