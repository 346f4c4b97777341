"""Headings of Compare and Sweep, from numbers that can be followed by hand."""

import numpy as np
import pytest

from jitai.experiments.comparison import side_by_side
from jitai.experiments.headline import headline, why_in_words
from jitai.experiments.map_headline import Compared, break_even, map_headline
from jitai.experiments.methods import offered_methods
from jitai.experiments.spec import Condition, Method
from jitai.experiments.sweep import JUDGE_ERROR, MapCell, judge_of_error
from jitai.experiments.words import GROUPS, plain, setting_in_words
from jitai.simulator.config import PRESETS, SimulatorConfig
from jitai.statistics import FEW_SEEDS, interval_of_mean, paired_difference
from tests.unit.experiments.test_comparison import run

OFFERED = {name: method for name, (method, _) in offered_methods().items()}
BASE = np.arange(100.0, 300.0, 2.0)
NOISE = np.tile([-1.0, 1.0], 50)


def lines_of(**gains: float) -> list[object]:
    """Runs that earn so much more than the learner alone, with a little noise; the names are without signs."""
    names = {"ts": "TS", "judge": "LLM+TS", "coin": "Coin+TS", "rule": "LLM+tailored", "planner": "Planner"}
    runs = [
        run(OFFERED[names[key]], *(BASE + gain + (0 if key == "ts" else NOISE)), seeds=range(100))
        for key, gain in {"ts": 0.0, **gains}.items()
    ]
    return list(side_by_side(runs, runs[0]))


def answer(**gains: float) -> object:
    lines = lines_of(**gains)
    return headline(lines, lines[1], lines[0])  # type: ignore[arg-type]


def test_a_judge_s_gain_is_split_into_sending_less_and_listening() -> None:
    found = answer(judge=500.0, coin=200.0, rule=900.0)
    assert found.title == "The judge gains 500 steps a person" and found.is_gain  # type: ignore[attr-defined]
    assert found.marked == "500 steps"  # type: ignore[attr-defined]
    times = (199 + 900) / (199 + 500)
    assert found.second == (  # type: ignore[attr-defined]
        "A coin that holds back at the same rate gains 200 of them: listening is worth 300.",
        f"A one-line rule with the same judge learns nothing and earns {times:.1f} times as much.",
    )
    assert "100 pairs of the same seed" in found.small and "not a pedometer" in found.small  # type: ignore[attr-defined]


def test_parts_that_do_not_add_up_to_the_heading_are_said_to_be_rounded() -> None:
    found = answer(judge=1387.3, coin=398.7)
    assert found.title == "The judge gains 1,387 steps a person"  # type: ignore[attr-defined]
    assert found.second[0].endswith("gains 399 of them: listening is worth 989 (each rounded).")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("judge", "coin", "words"),
    [
        (500.0, 0.0, "gains nothing that can be told: listening is worth 500."),
        (500.0, -100.0, "costs 100 steps: listening is worth 600."),
        (500.0, 700.0, "earns 200 steps more: what pays here is sending less, not listening."),
        (500.0, 500.0, "does as well, as far as can be told: what pays here is sending less, not listening."),
        (-50.0, -90.0, "costs 90 steps: listening is worth 40."),
    ],
)
def test_what_the_coin_shows_is_said_whatever_it_is(judge: float, coin: float, words: str) -> None:
    assert answer(judge=judge, coin=coin).second == (f"A coin that holds back at the same rate {words}",)  # type: ignore[attr-defined]


def test_a_loss_and_a_doubt_are_said_as_such() -> None:
    lost = answer(judge=-50.0)
    assert lost.title == "The judge costs 50 steps a person" and lost.is_gain is False  # type: ignore[attr-defined]
    assert "49" in lost.small or "50 to 50 steps less" in lost.small  # type: ignore[attr-defined]
    doubt = answer(judge=0.0)
    assert doubt.title == "No difference can be told" and doubt.is_gain is None  # type: ignore[attr-defined]
    assert "the true difference lies between −0 and +0 steps" in doubt.second[0]  # type: ignore[attr-defined]


def test_few_seeds_are_said_to_tell_too_little() -> None:
    lines = lines_of(judge=0.0)
    few = run(OFFERED["LLM+TS"], 10.0, 30.0, 80.0, seeds=range(3))
    base = run(OFFERED["TS"], 0.0, 0.0, 0.0, seeds=range(3))
    line = side_by_side([base, few], base)
    assert FEW_SEEDS in headline(line, line[1], line[0]).small
    assert FEW_SEEDS not in answer(judge=500.0).small  # type: ignore[attr-defined]
    tie = run(OFFERED["LLM+TS"], *BASE, seeds=range(100))
    same = side_by_side([tie], lines[0].run)[0]  # type: ignore[attr-defined]
    found = headline([*lines, same], same, lines[0])  # type: ignore[list-item,arg-type]
    assert found.title == "No difference at all" and "the same on each" in found.second[0]


def test_other_pairs_are_named() -> None:
    lines = lines_of(judge=500.0, planner=900.0)
    found = headline(lines, lines[2], lines[1])  # type: ignore[arg-type]
    # Only differences to the base of all lines are paired here.
    assert found.title == "The planner earns 900 steps more"
    alone = headline(lines, lines[0], lines[0])  # type: ignore[arg-type]
    assert alone.title == "The learner alone earns 199 steps a person"


def test_why_is_not_said_of_cells_that_did_not_count_it() -> None:
    lines = lines_of(judge=500.0)
    assert why_in_words(lines[1], lines[0]) == ""  # type: ignore[arg-type]


def test_every_offered_method_has_plain_words_and_a_group() -> None:
    names = [plain(method) for method in OFFERED.values()]
    assert len({item.name for item in names}) == len(names)
    assert {item.group for item in names} == set(GROUPS)
    assert plain(OFFERED["LLM+TS"], "LLM+TS, pinned").name == "LLM+TS, pinned"
    assert setting_in_words(PRESETS["Ability comes and goes"]).startswith(
        "able 3 days at a time, unable 2 days, a badly"
    )


def cell(x: float, error: float, *gaps: float) -> MapCell:
    condition = Condition((("disengagement_increment", x),), SimulatorConfig())
    values = np.array(gaps)
    return MapCell(
        x, error, interval_of_mean(values), interval_of_mean(np.zeros(len(gaps))),
        paired_difference(values, np.zeros(len(gaps))), condition, judge_of_error(error),
        run(OFFERED["LLM+TS"], *gaps).stored,
    )  # fmt: skip


def about(method: str = "LLM+TS", baseline: str = "TS") -> Compared:
    def named(name: str) -> Method:
        return OFFERED[name]

    return Compared(named(method), named(baseline), "disengagement_increment", JUDGE_ERROR)


def test_a_map_says_at_which_error_the_judge_stops_to_pay() -> None:
    cells = [cell(0.1, 0.0, 99, 101), cell(0.1, 0.2, -101, -99), cell(0.4, 0.0, 499, 501), cell(0.4, 0.2, 99, 101)]
    found = map_headline(cells, 4, about())
    assert found.title == "The judge pays if it misreads under 10 in 100"
    assert found.second == ("It pays in 3 of 4 cells, hurts in 1.",)
    assert found.small.startswith("Break-even at 10 % of statements misread, 95 % interval")
    assert (
        map_headline(cells, 4, about(baseline="Coin+TS")).title
        == "Listening pays if the judge misreads under 10 in 100"
    )
    assert break_even([0.0, 0.2, 0.4], [50.0, 50.0, -50.0]) == pytest.approx(0.3)
    assert break_even([0.0, 0.2], [50.0, 1.0]) is None


def test_a_map_that_pays_everywhere_says_what_a_coin_toss_gains() -> None:
    cells = [cell(0.1, 0.0, 99, 101), cell(0.1, 0.5, 19, 21)]
    found = map_headline(cells, 4, about())
    assert found.title == "The judge pays everywhere on this map"
    assert found.second[1].startswith(
        "Even a judge that tosses a coin gains 20 steps or more: that comes of sending less"
    )
    assert "2 of 4 cells so far" in found.small
    assert map_headline([cell(0.1, 0.0, -99, -101)] * 2, 2, about()).title == "The judge loses everywhere on this map"
    assert map_headline([cell(0.1, 0.0, -99, 101)] * 2, 2, about()).title == "No difference can be told on this map"
    assert map_headline([cell(0.1, 0.0, 5.0)], 1, about()).title == "One study is an anecdote"
    mixed = [cell(0.1, 0.0, -99, -101), cell(0.4, 0.0, 99, 101)]
    assert map_headline(mixed, 2, about()).title == "The judge pays in some places and hurts in others"
