"""Words and whole numbers that pages and commands share."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitai.text_format import counted, duration, whole_parts, whole_steps


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (1200, "1,200 days"), (-1, "-1 days")]
)
def test_a_noun_agrees_with_its_number(number: int, words: str) -> None:
    assert counted(number, "day") == words


def test_a_noun_may_have_a_plural_of_its_own() -> None:
    assert counted(1, "study", "studies") == "1 study"
    assert counted(2, "study", "studies") == "2 studies"


def test_times_are_no_more_exact_than_anybody_needs() -> None:
    assert (duration(99.4), duration(120.0)) == ("99 s", "2 min")


def test_halves_are_rounded_as_a_browser_rounds_them() -> None:
    assert [whole_steps(value) for value in (0.5, 1.5, 2.5, -0.5, -1.5, 2.4999)] == [1, 2, 3, 0, -1, 2]


@pytest.mark.parametrize(
    ("parts", "total", "shown"),
    [
        ([48.4, 1475.3], 1523, [48, 1475]),
        ([48.4, 1475.3], 1524, [49, 1475]),
        ([833.6, 444.3, -93.4, 9.6], 1194, [834, 444, -94, 10]),
        ([0.4, 0.0, -0.4], 0, [0, 0, 0]),
        ([10.0, 0.0, -4.0], 5, [9, 0, -4]),
        ([], 0, []),
    ],
)
def test_shown_parts_add_up_to_the_shown_total(parts: list[float], total: int, shown: list[int]) -> None:
    assert whole_parts(parts, total) == shown and sum(shown) == total


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.just(0.0), st.floats(-3000, 3000)), min_size=1, max_size=8),
    st.floats(0, 3000),
)
def test_any_parts_add_up_and_nothing_moves_by_more_than_its_rounding(parts: list[float], other: float) -> None:
    """The total is a difference of two rounded numbers, so it may lie a step beside the rounded sum."""
    total = whole_steps(sum(parts) + other) - whole_steps(other)
    shown = whole_parts(parts, total)
    assert sum(shown) == total
    if any(parts):
        assert all(number == 0 for number, part in zip(shown, parts, strict=True) if part == 0)
    assert all(abs(number - part) <= 2 for number, part in zip(shown, parts, strict=True))
