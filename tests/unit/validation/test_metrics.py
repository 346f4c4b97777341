"""Metrics against hand-made cases and scikit-learn; intervals that cover what they promise and keep pairs whole."""

import math

import numpy as np
import pytest
from sklearn import metrics as reference

from jitai.errors import ParameterError
from jitai.statistics import cohen_kappa, interval_of_share
from jitai.validation.metrics import (
    FIGURE_NAMES,
    N_BINS,
    Interval,
    calibration_error,
    figures,
    kappa_matrix,
    reliability,
    share_interval,
)

# Three that cannot walk, two of them vetoed; two that can, one of them vetoed wrongly.
P_SEND = [0.1, 0.5, 0.8, 0.3, 0.9]
CANNOT_WALK = [True, True, True, False, False]


def value_of(name: str, p_send: object, cannot_walk: object) -> float:
    found: Interval = getattr(figures(p_send, cannot_walk), name)  # type: ignore[arg-type]
    return found.value


def test_figures_of_a_case_worked_out_by_hand() -> None:
    expected = {
        "accuracy": 3 / 5,
        "balanced_accuracy": (2 / 3 + 1 / 2) / 2,
        "precision": 2 / 3,
        "recall": 2 / 3,
        "f1": 2 / 3,
        # Of the six couples (cannot, can), lower P(send) first: 0.1 < 0.3, 0.1 < 0.9, 0.5 < 0.9, 0.8 < 0.9.
        "auc": 4 / 6,
        "brier": (0.01 + 0.25 + 0.64 + 0.49 + 0.01) / 5,
    }
    assert set(expected) | {"calibration_error"} == set(FIGURE_NAMES)
    # Every bin holds one: |0.1 - 0|, |0.5 - 0|, |0.8 - 0|, |0.3 - 1|, |0.9 - 1|.
    assert calibration_error(P_SEND, CANNOT_WALK).seen == pytest.approx((0.1 + 0.5 + 0.8 + 0.7 + 0.1) / 5)
    for name, value in expected.items():
        assert value_of(name, P_SEND, CANNOT_WALK) == pytest.approx(value), name


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = int(random.integers(20, 200))
    # Rounded, so that there are ties.
    p_send = np.round(random.random(n), 1)
    truth = random.random(n) > p_send * 0.8
    said = p_send <= 0.5
    expected = {
        "accuracy": reference.accuracy_score(truth, said),
        "balanced_accuracy": reference.balanced_accuracy_score(truth, said),
        "precision": reference.precision_score(truth, said),
        "recall": reference.recall_score(truth, said),
        "f1": reference.f1_score(truth, said),
        "auc": reference.roc_auc_score(truth, 1 - p_send),
        "brier": reference.brier_score_loss(~truth, p_send),
    }
    for name, value in expected.items():
        assert value_of(name, p_send, truth) == pytest.approx(value), name


def test_what_is_not_defined_is_not_a_number() -> None:
    found = figures([0.9, 0.8], [False, False])
    for name in ("precision", "recall", "f1", "auc", "balanced_accuracy"):
        interval: Interval = getattr(found, name)
        assert math.isnan(interval.value), name
        assert math.isnan(interval.low), name
    assert found.accuracy.value == 1


def test_statements_that_go_together_are_resampled_together() -> None:
    # 50 groups of 8 alike: 400 rows, but 50 pieces of evidence.
    right = np.repeat(np.arange(50) < 35, 8)
    groups = np.repeat(np.arange(50), 8)
    together, alone = share_interval(right, groups), share_interval(right)
    assert together.value == alone.value == 0.7
    ratio = (together.high - together.low) / (alone.high - alone.low)
    assert ratio == pytest.approx(math.sqrt(8), rel=0.2)


def test_a_pair_always_split_between_right_and_wrong_gives_no_certainty() -> None:
    """Whole pairs are left out, which never changes the accuracy; the interval is that of as many pairs."""
    interval = share_interval([True, False] * 10, np.repeat(np.arange(10), 2))
    assert interval == Interval(0.5, *interval_of_share(0.5, 10))


def test_always_right_is_not_certain_to_be_right_always() -> None:
    interval = share_interval([True] * 20)
    assert (interval.value, interval.high) == (1, 1)
    # Wilson 1927 for 20 of 20, from a published table: 0.839.
    assert interval.low == pytest.approx(0.839, abs=1e-3)


def test_the_seed_decides_the_simulated_judges() -> None:
    p_send = np.random.default_rng(0).random(60)
    first, again, other = (figures(p_send, p_send[::-1] < 0.4, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.calibration_error != other.calibration_error


def test_a_figure_rests_on_the_statements_that_bear_on_it() -> None:
    """A recall of 10 of 10 has the interval of ten statements, however many others there are."""
    found = figures([0.1] * 10 + [0.9] * 30, [True] * 10 + [False] * 30)
    assert (found.recall.low, found.recall.high) == interval_of_share(1.0, 10)
    assert (found.accuracy.low, found.accuracy.high) == interval_of_share(1.0, 40)


@pytest.mark.parametrize(
    ("p_send", "truth", "groups"),
    [([], [], None), ([0.1], [True, False], None), ([0.1], [True], [1, 2]), ([1.2], [True], None),
     ([float("nan")], [True], None)],
)  # fmt: skip
def test_impossible_input_is_refused(p_send: list[float], truth: list[bool], groups: list[int] | None) -> None:
    with pytest.raises(ParameterError):
        figures(p_send, truth, groups)


def test_reliability_by_hand() -> None:
    bins = reliability([0.05, 0.09, 0.1, 1.0], [True, False, False, False])
    assert len(bins) == N_BINS
    assert [item.n for item in bins] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert bins[0].mean_p_send == pytest.approx(0.07)
    assert bins[0].share_can_walk == 0.5
    assert bins[-1].share_can_walk == 1
    assert math.isnan(bins[4].mean_p_send)


def test_kappa_by_hand_and_by_scikit_learn() -> None:
    # Cohen's textbook case: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: (0.7 - 0.5) / (1 - 0.5).
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    kappa = cohen_kappa(first, second)
    assert kappa.value == pytest.approx(0.4)
    assert kappa.low < 0.15 < 0.6 < kappa.high and kappa.n == 50
    random = np.random.default_rng(0)
    for _ in range(5):
        a, b = random.choice(["send", "unsure", "no"], 40), random.choice(["send", "unsure", "no"], 40)
        assert cohen_kappa(list(a), list(b)).value == pytest.approx(reference.cohen_kappa_score(a, b))
    assert math.isnan(cohen_kappa(["yes"], ["yes"]).value)
    assert math.isnan(cohen_kappa([], []).value)
    with pytest.raises(ParameterError):
        cohen_kappa(["yes"], [])


def test_kappa_is_of_what_both_have_read() -> None:
    kappas, counts = kappa_matrix([["a", "b", "a", None], ["a", "b", None, "b"], [None, None, None, None]])
    assert counts.tolist() == [[3, 2, 0], [2, 3, 0], [0, 0, 0]]
    assert kappas[0][1].value == kappas[0][0].value == 1
    assert all(math.isnan(kappa.value) for kappa in kappas[2])


def test_a_faultless_judge_lies_below_the_calibration_floor_in_95_of_100_tries() -> None:
    rng = np.random.default_rng(5)
    below, errors, floors = 0, [], []
    for trial in range(200):
        p_send = rng.random(48)
        truth = rng.random(48) >= p_send
        found = calibration_error(p_send, truth, seed=trial)
        below += found.seen <= found.floor_high
        errors.append(found.seen)
        floors.append(found.floor)
    assert below / 200 == pytest.approx(0.95, abs=0.04)
    assert np.mean(errors) == pytest.approx(np.mean(floors), abs=0.01)
    assert np.mean(floors) > 0.05, "48 statements are never as right as said"
    certain = calibration_error([0.0, 1.0, 1.0], [True, False, False])
    assert (certain.seen, certain.debiased.value, certain.floor, certain.floor_high) == (0, 0, 0, 0)


def test_a_calibration_error_keeps_its_size_where_chance_adds_little() -> None:
    found = calibration_error([0.95] * 500, [True] * 250 + [False] * 250)
    assert found.debiased.value == pytest.approx(found.seen, abs=0.01) == pytest.approx(0.45, abs=0.01)
    assert found.debiased.low < 0.45 < found.debiased.high < 0.55
