"""The answer of a map as a heading: where a method pays, where it hurts, and where it breaks even."""

from collections.abc import Sequence
from typing import NamedTuple

from jitai.experiments.headline import Headline
from jitai.experiments.spec import Method
from jitai.experiments.sweep import JUDGE_ERROR, MapCell, axis_value, axis_words
from jitai.experiments.words import plain
from jitai.statistics import Estimate
from jitai.trial.filters import NONE, VETO, Coin


class Compared(NamedTuple):
    """What a map compares: the method, what it is held against, and the names of its two axes."""

    method: Method
    baseline: Method
    x_name: str
    y_name: str


def map_headline(cells: Sequence[MapCell], n_places: int, compared: Compared) -> Headline:
    """Return what a map shows.

    Args:
        cells: the finished places, at least one.
        n_places: of the whole map.
        compared: what is compared.
    """
    subject = subject_of(compared)
    one, other = (plain(method).in_sentence for method in (compared.method, compared.baseline))
    days = cells[0].condition.config.study_length
    n = cells[0].against.difference.n
    so_far = f"{len(cells)} of {n_places} cells so far. " if len(cells) < n_places else ""
    small = f"{one[0].upper()}{one[1:]} minus {other}, steps a person over {days} days. Every cell: "
    small += f"{n:,} pairs of the same seed. {so_far}" if n > 1 else f"one seed. {so_far}"
    if n == 1:
        second = ("One seed for each place tells nothing of how sure this is: use more seeds.",)
        return Headline("One study is an anecdote", "", "", None, second, small)
    gaps = [cell.against.difference for cell in cells]
    pays, hurts = [gap.low > 0 for gap in gaps], [gap.high < 0 for gap in gaps]
    if all(pays):
        least, most = min(gap.value for gap in gaps), max(gap.value for gap in gaps)
        more = (f"By {least:,.0f} to {most:,.0f} steps a person.", *_of_a_coin_toss(cells, compared))
        return Headline(f"{subject} ", "pays everywhere", " on this map", True, more, small)
    if all(hurts):
        least, most = min(-gap.value for gap in gaps), max(-gap.value for gap in gaps)
        second = (f"By {least:,.0f} to {most:,.0f} steps a person.",)
        return Headline(f"{subject} ", "loses everywhere", " on this map", False, second, small)
    if not any(pays) and not any(hurts):
        widest = max((gap.half_width for gap in gaps if gap.has_interval), default=0.0)
        second = (f"All 95 % intervals hold zero; the widest is ± {widest:,.0f} steps. More seeds would tell.",)
        return Headline("No difference can be told on this map", "", "", None, second, small)
    return _mixed(cells, compared, subject, small)


def subject_of(compared: Compared) -> str:
    """Return what a sentence about the map begins with."""
    method, baseline = compared.method, compared.baseline
    if method.policy == baseline.policy and method.filter.key == VETO:
        if baseline.filter.key == NONE:
            return "The judge"
        if baseline.filter.key == Coin.key:
            return "Listening"
    name = plain(method).in_sentence
    return name[0].upper() + name[1:]


def break_even(errors: Sequence[float], gaps: Sequence[float]) -> float | None:
    """Return the error at which a row turns from gain to loss, between cells by a straight line; None if it never does.

    Args:
        errors: of the judge, ascending.
        gaps: differences in steps at each.
    """
    for place in range(len(errors) - 1):
        if gaps[place] > 0 >= gaps[place + 1]:
            share = gaps[place] / (gaps[place] - gaps[place + 1])
            return errors[place] + share * (errors[place + 1] - errors[place])
    return None


def _mixed(cells: Sequence[MapCell], compared: Compared, subject: str, small: str) -> Headline:
    """Return the answer of a map on which a method pays in some places and not in others."""
    gaps = [cell.against.difference for cell in cells]
    more, less = sum(gap.low > 0 for gap in gaps), sum(gap.high < 0 for gap in gaps)
    open_ = len(cells) - more - less
    counts = f"It pays in {more} of {len(cells)} cells, hurts in {less}" + (
        f", and in {open_} nobody can tell." if open_ else "."
    )
    worst = _worst_row(cells, compared)
    if worst is not None:
        error, low, high, where = worst
        ends = f"{100 * low:.0f} %" if low is not None else "none"
        until = f"{100 * high:.0f} %" if high is not None else "more than the map shows"
        sure = f"95 % interval {ends} to {until}, {where}"
        small = f"Break-even at {100 * error:.0f} % of statements misread, {sure}. {small}"
        # With the best judge it pays everywhere, so that the judge's error alone decides.
        misreads = "it misreads" if subject == "The judge" else "the judge misreads"
        return Headline(f"{subject} ", "pays", f" if {misreads} under {100 * error:.0f} in 100", True, (counts,), small)
    name = axis_words(compared.x_name), axis_words(compared.y_name)
    best = max(cells, key=lambda cell: cell.against.difference.value)
    place = f"“{name[0]}” {axis_value(compared.x_name, best.x)}, “{name[1]}” {axis_value(compared.y_name, best.y)}"
    second = (counts, f"Most: {best.against.difference.value:+,.0f} steps at {place}.")
    if not less:
        return Headline(f"{subject} ", "pays", " in some places; elsewhere nobody can tell", True, second, small)
    if not more:
        return Headline(f"{subject} ", "hurts", " in some places; elsewhere nobody can tell", False, second, small)
    return Headline(f"{subject} ", "pays", " in some places and hurts in others", True, second, small)


class _BreakEven(NamedTuple):
    """The error at which a row turns from gain to loss, with the ends of its interval, and where that is."""

    error: float
    low: float | None
    high: float | None
    where: str


def _worst_row(cells: Sequence[MapCell], compared: Compared) -> _BreakEven | None:
    """Return the first break-even over the judge's error, with the ends of its interval, and where that is.

    None unless the judge's error is an axis and the best judge pays, for certain, everywhere. The interval's ends are
    where the row's lower and upper limits break even, interpolated.
    """
    if JUDGE_ERROR not in (compared.x_name, compared.y_name):
        return None
    across = compared.x_name == JUDGE_ERROR
    rows: dict[float, list[tuple[float, Estimate]]] = {}
    for cell in cells:
        value, error = (cell.y, cell.x) if across else (cell.x, cell.y)
        rows.setdefault(value, []).append((error, cell.against.difference))
    other = compared.y_name if across else compared.x_name
    found: list[_BreakEven] = []
    for value, row in rows.items():
        row.sort(key=lambda item: item[0])
        if not row[0][1].low > 0:
            return None
        errors = [error for error, _ in row]
        middle = break_even(errors, [gap.value for _, gap in row])
        if middle is not None:
            low, high = (break_even(errors, [gap[end] for _, gap in row]) for end in (1, 2))
            where = f"where “{axis_words(other)}” is {axis_value(other, value)}"
            found.append(_BreakEven(middle, low, high, where))
    return min(found, key=lambda item: item.error) if found else None


def _of_a_coin_toss(cells: Sequence[MapCell], compared: Compared) -> tuple[str, ...]:
    """Return that even a judge that knows nothing pays, where one is on the map and the baseline has no judge."""
    if JUDGE_ERROR not in (compared.x_name, compared.y_name) or compared.baseline.filter.key != NONE:
        return ()
    errors = [(cell.x if compared.x_name == JUDGE_ERROR else cell.y, cell) for cell in cells]
    tosses = [cell.against.difference.value for error, cell in errors if error == 0.5]
    if not tosses:
        return ()
    return (
        f"Even a judge that tosses a coin gains {min(tosses):,.0f} steps or more: that comes of sending less, not of "
        "listening.",
    )
