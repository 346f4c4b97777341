"""A scenario in which one day is lived in another way."""

from dataclasses import replace

from jitai.corpus import StatementBook
from jitai.trial.scenario import Scenario, compose
from jitai.trial.texts import ScriptedDay


def fork(
    scenario: Scenario,
    book: StatementBook,
    day: int,
    *,
    words: str | None = None,
    can_walk: bool | None = None,
    action: int | None = None,
) -> Scenario:
    """The same scenario with one day changed; None leaves that part of the day as it is.

    Args:
        scenario: to be changed.
        book: what the participant says on later days, where a new truth changes it.
        day: from 0.
        words: what the participant writes, untrusted; blank for silence.
        can_walk: what is true; it runs on, as ability comes and goes from there.
        action: what is done, 0 to 3.
    Returns: with the verdicts on words that are still said.
    Raises: ParameterError for a day outside of the study, or for words that are too long.
    """
    before = scenario.days.get(day, ScriptedDay())
    changed = ScriptedDay(
        before.text if words is None else words if words.strip() else "",
        before.can_walk if can_walk is None else can_walk,
        before.action if action is None else action,
    )
    days = {**scenario.days, day: changed}
    said = list(scenario.words)
    if can_walk is not None:
        # Only what the new truth changes is taken from the book: the rest may come from another book, or be silence.
        was, becomes = (compose(scenario.spec, book, given).words for given in (scenario.days, days))
        said = [new if old != new else mine for mine, old, new in zip(said, was, becomes, strict=True)]
    if words is not None and not words.strip() and 0 <= day < len(said):
        said[day] = ""
    if changed == ScriptedDay():
        del days[day]
    forked = replace(scenario, words=tuple(said), days=days, verdicts={})
    return forked.with_verdicts(scenario.verdicts)
