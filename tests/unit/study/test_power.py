"""The power of trials, held to cases whose answer is known."""

import math

import numpy as np
import pytest
from scipy import stats

from jitai.errors import ParameterError
from jitai.seeding import Stream, generator
from jitai.statistics import TAILS
from jitai.study.power import TwoArms, curve, pairs_needed, people_needed, power_at
from jitai.study.protocol import Planned, protocol_sentences

Z = stats.norm.ppf(TAILS[1])


def generators(n: int) -> np.random.Generator:
    return generator(n, Stream.BOOTSTRAP)


def normal_arms(difference: float, spread: float = 1.0, n_studies: int = 20_000) -> TwoArms:
    """Two arms of normal people with a standard deviation of exactly 100, and this difference of their means."""
    quantiles = stats.norm.ppf((np.arange(n_studies) + 0.5) / n_studies)
    people = 100 * quantiles / quantiles.std(ddof=1)
    return TwoArms(people + difference, people, spread)


def welch_power(n: int, difference: float, deviation: float = 100.0) -> float:
    """Of two equally wide normal arms of equal size: noncentral t with 2 (n - 1) degrees of freedom."""
    shift, freedom = difference / (deviation * math.sqrt(2 / n)), 2 * (n - 1)
    return float(stats.nct.sf(stats.t.ppf(TAILS[1], freedom), freedom, shift))


@pytest.mark.parametrize(("n", "difference"), [(10, 100.0), (17, 100.0), (64, 50.0), (100, 20.0), (250, 25.0)])
def test_power_is_that_of_the_formula_for_normal_people(n: int, difference: float) -> None:
    found = power_at(normal_arms(difference), n, generators, 4000)
    expected = welch_power(n, difference)
    # Welch's degrees of freedom vary from trial to trial, which costs less than 0.4 points from 10 people on.
    assert found.found == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / 4000) + 0.004)
    assert found.in_order == pytest.approx(stats.norm.cdf(difference / (100 * math.sqrt(2 / n))), abs=0.03)
    assert found.error == pytest.approx(math.sqrt(found.found * (1 - found.found) / 4000))


def test_where_nothing_differs_five_of_a_hundred_trials_find_something() -> None:
    found = power_at(normal_arms(0.0), 20, generators, 8000)
    assert found.found + found.opposite == pytest.approx(0.05, abs=0.01)
    assert found.found == pytest.approx(0.025, abs=0.007)


@pytest.mark.parametrize(("difference", "needed"), [(100.0, 17), (50.0, 64), (-50.0, 64), (20.0, 394)])
def test_as_many_people_are_needed_as_textbooks_say(difference: float, needed: int) -> None:
    """Cohen 1988, table 2.4.1: 17, 64 and 394 an arm for d = 1, 0.5 and 0.2, two-sided 5 %, power 80 %."""
    found = people_needed(normal_arms(difference), 0.8, generators, 4000)
    assert found is not None and found.found >= 0.8
    assert found.n == pytest.approx(needed, abs=max(1, 0.06 * needed))


def test_people_who_differ_twice_as_much_are_needed_four_times_as_often() -> None:
    wide = power_at(normal_arms(100.0, spread=2.0), 64, generators, 4000)
    assert wide.found == pytest.approx(welch_power(64, 100.0, 200.0), abs=0.03)


def test_none_is_said_where_no_trial_would_do() -> None:
    assert people_needed(normal_arms(0.0), 0.8, generators) is None
    assert people_needed(normal_arms(1.0), 0.8, generators) is None


def test_pairs_need_fewer_where_both_share_their_luck() -> None:
    rng = generators(1)
    luck = rng.normal(0, 100, 5000)
    baseline, method = luck, luck + rng.normal(20, 20, 5000)
    pairs = pairs_needed(method, baseline, 0.8)
    assert pairs == pytest.approx(((Z + stats.norm.ppf(0.8)) * 20 / 20) ** 2, abs=1)
    alone = people_needed(TwoArms(method, baseline), 0.8, generators)
    assert alone is not None and alone.n > 20 * pairs
    assert pairs_needed(baseline, baseline, 0.8) is None


def test_the_same_question_has_the_same_answer_and_curves_rise() -> None:
    arms = normal_arms(50.0)
    assert power_at(arms, 30, generators, 500) == power_at(arms, 30, generators, 500)
    powers = [point.found for point in curve(arms, generators, 500, (5, 20, 80, 320))]
    assert powers == sorted(powers) and powers[-1] > 0.99


def test_people_who_do_not_differ_at_all_are_told_apart_at_once() -> None:
    found = people_needed(TwoArms(np.full(3, 10.0), np.full(3, 5.0)), 0.8, generators, 50)
    assert found is not None and (found.n, found.found) == (2, 1.0)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: TwoArms(np.ones(1), np.ones(5)), "two seeds or more"),
        (lambda: TwoArms(np.ones(2), np.ones(2), 0.5), "as simulated"),
        (lambda: power_at(normal_arms(1.0), 1, generators), "allowed is 2 to 5,000"),
        (lambda: people_needed(normal_arms(1.0), 1.0, generators), "such as 0.8"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(ask: object, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        ask()  # type: ignore[operator]


def test_a_protocol_names_what_it_takes_to_compute_it_again() -> None:
    arms = normal_arms(100.0, spread=1.5)
    power = power_at(arms, 40, generators, 1000)
    words = protocol_sentences(Planned("LLM+TS", "TS", "JITAI Lab 1.0 (seeds 0 to 999)", 50), arms, power)
    assert words.startswith("40 participants an arm (80 in all) are planned. In JITAI Lab 1.0 (seeds 0 to 999),")
    assert "were 100 (SD 150) with “LLM+TS” and -0 (SD 150)" in words or "and 0 (SD 150) with “TS”" in words
    assert f"found the difference in {100 * power.found:.1f} %" in words and "1,000 simulated trials" in words
    assert "both SDs are 1.5 times the simulated ones" in words
