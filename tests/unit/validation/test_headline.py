"""The heading of the Validation page, and how long a run still takes."""

import pytest
from scipy import stats

from jitai.records import Decision, Label, Statement, Verdict, VerdictSource
from jitai.validation.headline import judge_answer, sides_of
from jitai.validation.runner import JudgedRow, Validation


def rows(label: Label, kind: str, n_right: int, n: int) -> list[JudgedRow]:
    right = 0.1 if label == Label.CANNOT_WALK else 0.9
    return [
        JudgedRow(
            "it", Statement(f"{kind}{number}", "x", label, kind, number),
            Verdict(Decision.SEND, right if number < n_right else 1 - right, VerdictSource.MODEL, ""),
        )
        for number in range(n)
    ]  # fmt: skip


def test_who_cannot_walk_and_who_wants_no_message_are_told_apart() -> None:
    judged = [
        *rows(Label.CANNOT_WALK, "plain", 92, 100), *rows(Label.CANNOT_WALK, "consent", 5, 10),
        *rows(Label.CAN_WALK, "plain", 150, 200),
    ]  # fmt: skip
    sides = sides_of(judged)
    assert sides.hears is not None and (sides.hears.value, sides.hears.n) == (0.92, 100)
    reference = stats.binomtest(92, 100).proportion_ci(0.95, method="wilson")
    assert (sides.hears.low, sides.hears.high) == pytest.approx((reference.low, reference.high))
    assert sides.respects is not None and sides.respects.value == 0.5
    found = judge_answer(sides, 0.93)
    assert (found.heard, found.heard_is_met) == ("92 of 100", None), "the interval holds what is needed"
    assert (found.stopped, found.stopped_is_met) == ("25 of 100", False)
    assert found.more == "Needed in Sweep’s setting are 93 or more heard, 7 or fewer held back."
    assert "hears 85 to 96 of 100 (n 100)" in found.small


def test_what_nobody_can_tell_is_said() -> None:
    few = sides_of([*rows(Label.CANNOT_WALK, "plain", 9, 10), *rows(Label.CAN_WALK, "plain", 9, 10)])
    assert judge_answer(few, 0.93).more.endswith("so few statements cannot tell.")
    good = sides_of([*rows(Label.CANNOT_WALK, "plain", 999, 1000), *rows(Label.CAN_WALK, "plain", 999, 1000)])
    assert judge_answer(good, 0.93).more == "Both are good enough in Sweep’s setting."
    assert judge_answer(good, None).more == ""
    coin = sides_of(rows(Label.CANNOT_WALK, "plain", 50, 100))
    assert judge_answer(coin, 0.93).after == " who cannot walk, as a coin would" and coin.passes is None


def test_the_time_left_is_that_of_the_judge_at_work() -> None:
    assert Validation((), (), seconds_left=12.0, n_after=0).time_left_in_words == ", about 12 s left"
    words = Validation((), (), seconds_left=12.0, n_after=2).time_left_in_words
    assert words == ", about 12 s left for it, then 2 more judges"
    assert Validation((), (), n_after=1).time_left_in_words == ", then 1 more judge"
