"""Words and whole numbers that pages and commands share."""

import math
from collections.abc import Sequence

_NOTHING = 1e-9
"""Size below which a part is none: it stays 0 when parts are rounded."""


def whole_steps(value: float) -> int:
    """Return a number of steps as it is shown, rounded as browsers round: halves go up."""
    return math.floor(value + 0.5)


def whole_parts(parts: Sequence[float], total: int) -> list[int]:
    """Return parts as whole numbers that add up to a total as it is shown (largest remainder).

    Args:
        parts: of any sign; their sum is the total before it was rounded.
        total: as it is shown.
    Returns: one number for each part; each is its part rounded up or down, and a part that is nothing stays 0.
    """
    found = [whole_steps(part) for part in parts]
    missing = total - sum(found)
    sign = 1 if missing > 0 else -1
    # Those whose rounding has lost most in the direction that is missing come first, those that are nothing last.
    order = sorted(
        range(len(parts)), key=lambda place: (abs(parts[place]) < _NOTHING, sign * (found[place] - parts[place]))
    )
    for place in (order * (abs(missing) // max(1, len(order)) + 1))[: abs(missing)]:
        found[place] += sign
    return found


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number before a noun: "1 day", "0 days", "1,200 days".

    Args:
        number: how many.
        noun: in the singular.
        plural: of the noun; the noun with an "s" if empty.
    """
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def duration(seconds: float) -> str:
    """A time to wait, as exact as anybody needs it."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def signed(value: float) -> str:
    """Return a whole number with its sign, and a true minus: +88, −159."""
    return f"{value:+,.0f}".replace("-", "−")
