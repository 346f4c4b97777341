"""A judge's responses to every statement that participants may write: read once, then used in every cell.

Workers get numbers, not models: a cell can run on a machine that has no language model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from jitai.corpus import StatementBook
from jitai.decision import UnsureBand
from jitai.errors import FileFormatError
from jitai.records import Decision, JudgesText, Label, Statement, Verdict, VerdictSource
from jitai.trial.filters import FilterSettings
from jitai.trial.spec import digest
from jitai.trial.verdict_table import Verdicts, simulated_judge


class JudgeResponse(NamedTuple):
    """A judge's response to one statement.

    Attributes:
        p_send: in [0, 1]; None where it could not answer, or where there were no words to read.
        decision: what a rule, or a simulated judge, decided; empty where the method's unsure band decides by p_send,
            and where the judge could not answer.
    """

    p_send: float | None
    decision: str = ""

    def verdict(self, band: UnsureBand, on_failure: Decision) -> Verdict:
        """Return the verdict under a method's unsure band and its rule for failures."""
        if self.p_send is None and self.decision:
            return Verdict(Decision(self.decision), None, VerdictSource.NO_STATEMENT, "")
        if self.p_send is None:
            return Verdict(on_failure, None, VerdictSource.FALLBACK, "", failure="The judge could not answer.")
        if self.decision:
            return Verdict(Decision(self.decision), self.p_send, VerdictSource.RULE, "")
        return Verdict(band.decide(self.p_send), self.p_send, VerdictSource.CACHE, "")


@dataclass(frozen=True)
class JudgeResponses:
    """All responses of one judge, in the order of the statement book.

    Attributes:
        judge: one line that says which model, prompt and rules were at work.
        finds_cannot_walk, false_alarms: the judge's error rates on statements that no participant of the experiment
            writes, in [0, 1]: what a planner may know of it.
        if_able, if_unable: on the statements of participants who can and cannot walk.
        stories: on each story's statements, as in ``Verdicts``; none where nobody tells stories.
    """

    judge: str
    finds_cannot_walk: float
    false_alarms: float
    if_able: tuple[JudgeResponse, ...]
    if_unable: tuple[JudgeResponse, ...]
    stories: tuple[tuple[JudgeResponse, ...], ...] = ()

    def verdicts(self, settings: FilterSettings) -> Verdicts:
        """Return the verdicts that a trial with these filter settings needs."""
        band, on_failure = UnsureBand(settings.unsure_low, settings.unsure_high), Decision(settings.on_failure)
        able, unable, *stories = (
            tuple(item.verdict(band, on_failure) for item in items)
            for items in (self.if_able, self.if_unable, *self.stories)
        )
        return Verdicts(able, unable, tuple(stories))

    @property
    def n_failed(self) -> int:
        """Statements on which the judge could not answer."""
        return sum(item == JudgeResponse(None) for item in chain(self.if_able, self.if_unable, *self.stories))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything except the judge's name, as 64 hexadecimal digits."""
        return digest({name: value for name, value in self.as_mapping().items() if name != "judge"})

    def as_mapping(self) -> dict[str, Any]:
        """Return a mapping ready for JSON; ``responses_from_mapping`` reads it back."""
        return {
            "judge": self.judge,
            "finds_cannot_walk": self.finds_cannot_walk,
            "false_alarms": self.false_alarms,
            "if_able": [list(item) for item in self.if_able],
            "if_unable": [list(item) for item in self.if_unable],
            **({"stories": [[list(item) for item in story] for story in self.stories]} if self.stories else {}),
        }


def responses_from_mapping(mapping: Mapping[str, Any]) -> JudgeResponses:
    """Return the responses that ``as_mapping`` wrote.

    Raises: FileFormatError if something is missing.
    """
    try:
        able, unable, *stories = (
            tuple(_checked(p_send, decision) for p_send, decision in items)
            for items in (mapping["if_able"], mapping["if_unable"], *mapping.get("stories", ()))
        )
        if not (able and unable):
            raise ValueError
        return JudgeResponses(
            str(mapping["judge"]),
            float(mapping["finds_cannot_walk"]),
            float(mapping["false_alarms"]),
            able,
            unable,
            tuple(stories),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FileFormatError("The stored responses of the judge are damaged.") from error


def _checked(p_send: Any, decision: Any) -> JudgeResponse:
    """Raises: ValueError or TypeError if it is none."""
    if p_send is not None and not 0 <= float(p_send) <= 1:
        raise ValueError
    return JudgeResponse(None if p_send is None else float(p_send), Decision(decision).value if decision else "")


def simulated_responses(finds_cannot_walk: float, false_alarms: float) -> JudgeResponses:
    """Return the responses of a judge with exactly these error rates; see ``verdict_table.simulated_judge``."""
    book, judge = simulated_judge(finds_cannot_walk, false_alarms)
    rows = [
        tuple(_fixed(judge.judge(item.text)) for item in book.by_label[label])
        for label in (Label.CAN_WALK, Label.CANNOT_WALK)
    ]
    name = f"simulated: finds {finds_cannot_walk:g} of the statements of who cannot walk, false alarms {false_alarms:g}"
    return JudgeResponses(name, finds_cannot_walk, false_alarms, rows[0], rows[1])


def read_statements(
    judge: JudgesText,
    name: str,
    book: StatementBook,
    others: Sequence[Statement],
    report: Callable[[int, int], None] = lambda done, total: None,
) -> JudgeResponses:
    """Have a judge read every statement once.

    Args:
        judge: its own cache spares it what it has read before.
        name: one line that says which judge it is.
        book: what the participants may write.
        others: statements of other people, on which the judge's error rates are measured.
        report: told after each statement how many are done and how many there are.
    """
    by_label = [book.by_label[label] for label in (Label.CAN_WALK, Label.CANNOT_WALK)]
    told = [story.statements for story in book.stories]
    total, done = sum(map(len, (*by_label, *told))) + len(others), 0
    known: dict[str, JudgeResponse] = {}

    def read(item: Statement) -> JudgeResponse:
        nonlocal done
        if item.text not in known:
            known[item.text] = _response(judge.judge(item.text))
        done += 1
        report(done, total)
        return known[item.text]

    able, unable, *stories = (tuple(read(item) for item in items) for items in (*by_label, *told))
    shares = []
    for label in (Label.CANNOT_WALK, Label.CAN_WALK):
        said = [read(item).p_send for item in others if item.label == label]
        answered = [p_send for p_send in said if p_send is not None and p_send != 0.5]
        shares.append(sum(p_send < 0.5 for p_send in answered) / len(answered) if answered else 0.5)
    return JudgeResponses(name, shares[0], shares[1], able, unable, tuple(stories))


def _response(verdict: Verdict) -> JudgeResponse:
    if verdict.is_fallback:
        return JudgeResponse(None)
    fixed = verdict.source in (VerdictSource.RULE, VerdictSource.NO_STATEMENT)
    return _fixed(verdict) if fixed else JudgeResponse(verdict.p_send)


def _fixed(verdict: Verdict) -> JudgeResponse:
    return JudgeResponse(verdict.p_send, verdict.decision.value)
