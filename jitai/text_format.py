"""Words that pages and commands share."""


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
