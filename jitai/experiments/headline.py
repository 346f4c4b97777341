"""The answer of a comparison as a heading: one marked number, what a decision maker must know next, how sure it is."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jitai.experiments.comparison import ComparedRun
from jitai.experiments.spec import Condition, Method
from jitai.experiments.store import StoredCell
from jitai.experiments.words import Plain, condition_in_words, plain, setting_in_short
from jitai.statistics import ENOUGH_SEEDS, FEW_SEEDS, Estimate, paired_difference
from jitai.text_format import counted, signed
from jitai.trial.filters import NONE, VETO, Coin

UNITS = "Simulated people; steps are the model's own units, not a pedometer's."
RULE_POLICY = "tailored"


class Headline(NamedTuple):
    """An answer.

    Attributes:
        before, marked, after: the heading; the middle part is marked as a gain or a loss; it may be empty.
        is_gain: which of the two; None where nothing is marked.
        second: what qualifies it, sentence by sentence.
        small: interval, length, pairing and units.
    """

    before: str
    marked: str
    after: str
    is_gain: bool | None
    second: tuple[str, ...]
    small: str

    @property
    def title(self) -> str:
        """The heading as plain text."""
        return f"{self.before}{self.marked}{self.after}"


class InSetting(NamedTuple):
    """The same question in one setting of an experiment.

    Attributes:
        name: of the setting, in short.
        difference: in steps, with its interval.
        is_here: whether it is the setting that is shown.
    """

    name: str
    difference: Estimate
    is_here: bool


def headline(
    lines: Sequence[ComparedRun], asked: ComparedRun, base: ComparedRun, settings: Sequence[InSetting] = ()
) -> Headline:
    """Return what is to be said of one method against another.

    Args:
        lines: everything that is compared; a coin and the one-line rule among them are spoken of.
        asked: the method.
        base: what it is compared to, under the same seeds where ``asked.against`` is not None.
        settings: the same question in all settings of the experiment: no setting stands for the others.
    """
    found = _in_this_setting(lines, asked, base)
    others = [item.difference.value for item in settings if not item.is_here]
    if not others or asked.against is None or asked.against.difference.n == 1:
        return found
    which = "the other setting" if len(others) == 1 else f"the {len(others)} other settings"
    ends = dict.fromkeys((signed(min(others)), signed(max(others))))
    told = f"In {which} the difference is {' to '.join(ends)} steps."
    return found._replace(second=(told, *found.second) if is_listening(asked, base) else (*found.second, told))


def _in_this_setting(lines: Sequence[ComparedRun], asked: ComparedRun, base: ComparedRun) -> Headline:
    named, other = plain_line(asked), plain_line(base)
    days = asked.run.stored.cell.condition.config.study_length
    if asked.run is base.run:
        only = asked.total
        sure = "" if not only.has_interval else f"95 % interval {only.low:,.0f} to {only.high:,.0f} steps. "
        second = ("Nothing is compared with it here.",)
        small = f"{sure}{counted(only.n, 'seed')}, {days} days. {UNITS}"
        return Headline(f"{_first(named)} earns ", _steps(only.value), " a person", None, second, small)
    if asked.against is None:
        second = (f"{_first(named)} and {other.in_sentence} met other seeds, so that their difference mixes luck in.",)
        return Headline("These two cannot be paired", "", "", None, second, UNITS)
    difference = asked.against.difference
    if difference.n == 1:
        how = "more" if difference.value >= 0 else "less"
        second = (
            f"On this seed {named.in_sentence} earned {_steps(difference.value)} {how} than {other.in_sentence}.",
        )
        return Headline("One study is an anecdote", "", "", None, second, f"One seed, {days} days. {UNITS}")
    few = f"{FEW_SEEDS} " if difference.n < ENOUGH_SEEDS else ""
    pairing = f"over {days} days, {difference.n:,} pairs of the same seed. {few}{UNITS}"
    if not difference.has_interval:
        second = (f"{_first(named)} and {other.in_sentence} earn the same on each of these seeds.",)
        return Headline("No difference at all", "", "", None, (*second, *_more(lines, asked, base)), pairing)
    if not difference.excludes_zero:
        between = f"{signed(difference.low)} and {signed(difference.high)} steps"
        second = (f"{_first(named)} and {other.in_sentence}: the true difference lies between {between}.",)
        small = f"95 % interval {signed(difference.low)} to {signed(difference.high)} steps {pairing}"
        return Headline("No difference can be told", "", "", None, (*second, *_more(lines, asked, base)), small)
    gains = difference.low > 0
    between = (
        f"{difference.low:,.0f} to {difference.high:,.0f} steps"
        if gains
        else f"{-difference.high:,.0f} to {-difference.low:,.0f} steps less"
    )
    small = f"95 % interval {between} {pairing}"
    if is_listening(asked, base):
        before = f"The judge {'gains' if gains else 'costs'} "
        return Headline(before, _steps(difference.value), " a person", gains, _more(lines, asked, base), small)
    before, after = f"{_first(named)} earns ", " more" if gains else " less"
    second = (f"than {other.in_sentence}: {asked.total.value:,.0f} steps against {base.total.value:,.0f}.",)
    return Headline(before, _steps(difference.value), after, gains, second, small)


def is_listening(asked: ComparedRun, base: ComparedRun) -> bool:
    """Whether nothing but the judge's veto tells the two apart."""
    one, other = asked.run.stored.cell.method, base.run.stored.cell.method
    return (one.policy, one.filter.key, other.filter.key) == (other.policy, VETO, NONE)


def _more(lines: Sequence[ComparedRun], asked: ComparedRun, base: ComparedRun) -> tuple[str, ...]:
    """Return what a decision maker must know of a judge's gain: the coin, and the one-line rule with the same judge."""
    if not is_listening(asked, base) or asked.against is None:
        return ()
    said = []
    coin = coin_of(lines, asked)
    if coin is not None and coin.against is not None:
        listening = paired_difference(asked.run.stored.totals, coin.run.stored.totals).difference
        said.append(_of_the_coin(coin.against.difference, listening, asked.against.difference))
    rule = rule_of(lines, asked)
    if rule is not None and rule.run.stored.totals.shape == asked.run.stored.totals.shape:
        further = paired_difference(rule.run.stored.totals, asked.run.stored.totals).difference
        if further.low > 0 and asked.total.value > 0:
            times = rule.total.value / asked.total.value
            said.append(f"A one-line rule with the same judge learns nothing and earns {times:.1f} times as much.")
    return tuple(said)


def _of_the_coin(coin: Estimate, listening: Estimate, whole: Estimate) -> str:
    """Return how much of a gain is due to sending less, and how much to listening."""
    who = "A coin that holds back at the same rate"
    if whole.low > 0 and coin.low > 0 and listening.low > 0:
        parts, total = [round(item.value) for item in (coin, listening)], round(whole.value)
        rounded = "" if sum(parts) == total else " (each rounded)"
        return f"{who} gains {parts[0]:,} of them: listening is worth {parts[1]:,}{rounded}."
    if listening.low > 0:
        how = "costs" if coin.high < 0 else "gains nothing that can be told:"
        steps = f" {_steps(coin.value)}:" if coin.high < 0 else ""
        return f"{who} {how}{steps} listening is worth {listening.value:,.0f}."
    if listening.high < 0:
        return f"{who} earns {_steps(listening.value)} more: what pays here is sending less, not listening."
    return f"{who} does as well, as far as can be told: what pays here is sending less, not listening."


def coin_of(lines: Sequence[ComparedRun], asked: ComparedRun) -> ComparedRun | None:
    """Return the line of the coin with the same policy as a method; None if there is none."""
    policy = _method(asked).policy
    return next(
        (line for line in lines if _method(line).filter.key == Coin.key and _method(line).policy == policy), None
    )


def rule_of(lines: Sequence[ComparedRun], asked: ComparedRun) -> ComparedRun | None:
    """Return the line of the one-line rule with the judge of a method; None if there is none, or it is asked about."""

    def fits(line: ComparedRun) -> bool:
        method = _method(line)
        is_rule = method.filter.key == VETO and method.policy.key == RULE_POLICY
        return is_rule and line.run.seeds == asked.run.seeds

    same = [line for line in lines if fits(line) and line.run.stored.cell.judge == asked.run.stored.cell.judge]
    return None if not same or same[0].run is asked.run else same[0]


def plain_line(line: ComparedRun) -> Plain:
    """Return the method of a line in plain words."""
    return plain(line.run.stored.cell.method, line.run.name)


def why_in_words(asked: ComparedRun, base: ComparedRun) -> str:
    """Return where a gain comes from, if all of it is people staying; else how the days differ. Empty if unknown."""
    one, other = asked.run.stored.figures, base.run.stored.figures
    if asked.against is None or math.isnan(one.steps_per_day) or math.isnan(other.steps_per_day):
        return ""
    left = f"{100 * one.share_disengaged:.0f} of 100 left early instead of {100 * other.share_disengaged:.0f}"
    stay = f"{left}, so they were there for {one.mean_days:.0f} days instead of {other.mean_days:.0f}."
    daily = f"{one.steps_per_day:.0f} steps against {other.steps_per_day:.0f}"
    if asked.against.difference.low > 0 and one.steps_per_day <= other.steps_per_day:
        return f"All of the gain is people staying: {stay} On a day in the study they walk no more: {daily}."
    return f"{stay} On a day in the study they walk {daily}."


def in_settings(
    asked: ComparedRun, base: ComparedRun, grouped: Mapping[Condition, Sequence[StoredCell]]
) -> list[InSetting]:
    """Return the difference of two methods in every setting in which both are finished."""
    found, here = [], asked.run.stored.cell.condition
    for condition, cells in grouped.items():
        one, two = (
            next((item for item in cells if (item.cell.method, item.cell.judge) == _cell_of(line)), None)
            for line in (asked, base)
        )
        if one is not None and two is not None and one is not two:
            gap = paired_difference(one.totals, two.totals).difference
            found.append(InSetting(condition_in_words(condition, setting_in_short), gap, condition == here))
    return found


def _cell_of(line: ComparedRun) -> tuple[Method, object]:
    return line.run.stored.cell.method, line.run.stored.cell.judge


def _method(line: ComparedRun) -> Method:
    return line.run.stored.cell.method


def _first(named: Plain) -> str:
    words = named.in_sentence
    return words[0].upper() + words[1:]


def _steps(value: float) -> str:
    return f"{abs(value):,.0f} steps"
