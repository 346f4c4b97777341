"""Words that pages and commands share."""


def duration(seconds: float) -> str:
    """A time to wait, as exact as anybody needs it."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
