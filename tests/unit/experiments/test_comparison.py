"""What the pages Compare and Sweep say, from numbers that can be followed by hand."""

from dataclasses import replace

import numpy as np
import pytest

from jitai.experiments.cell import CellFigures
from jitai.experiments.comparison import Run, in_words, setting_differences, side_by_side
from jitai.experiments.spec import Cell, ExperimentSpec, Method, simulated
from jitai.experiments.store import StoredCell
from jitai.experiments.sweep import (
    JUDGE_ERROR,
    ErrorLine,
    axes_of,
    crossing,
    crossing_in_words,
    error_line,
    error_of,
    is_error_line,
    is_map,
    judge_of_error,
    map_cells,
)
from jitai.policies.registry import PolicySpec
from jitai.statistics import interval_of_mean, paired_difference
from jitai.trial.filters import FilterSpec

TS = Method("TS", PolicySpec())
HYBRID = Method("LLM+TS", PolicySpec(), FilterSpec())
FIGURES = CellFigures(
    3, 0.0, 0.0, 0.0, 1000.0, True, 50.0, 0.0, 1.0, (1.0, 0.0, 0.0, 0.0), 0.0, 0.0, never_steps=200.0,
    above_never=210.0, above_never_low=200.0, above_never_high=220.0,
)  # fmt: skip


def stored(cell: Cell, *totals: float) -> StoredCell:
    return StoredCell(cell, f"{cell.method.name}{cell.judge}{cell.condition.name}", FIGURES, np.array(totals), 0.0)


def cells_of(spec: ExperimentSpec, totals: dict[tuple[str, float | None], tuple[float, ...]]) -> list[StoredCell]:
    return [stored(cell, *totals[cell.method.name, error_of(cell.judge)]) for cell in spec.cells()]


def run(method: Method, *totals: float, seeds: range = range(3)) -> Run:
    spec = ExperimentSpec("x", (method,), judges=(judge_of_error(0.1),))
    return Run(method.name, "x", seeds, stored(spec.cells()[0], *totals))


def test_a_sentence_recomputes() -> None:
    base = run(TS, 100, 200, 300)
    line = side_by_side([base, run(HYBRID, 310, 400, 520)], base)[1]
    # differences 210, 200, 220; t(2) = 4.3027, standard error 10 / sqrt(3)
    assert in_words(line, "TS") == (
        "LLM+TS earns 210 steps more than TS (95 % 185 to 235, 3 paired seeds) and reaches 26 % of what messages can "
        "gain."
    )
    line = side_by_side([base, run(HYBRID, 40, 160, 240)], base)[1]  # -60, -40, -60: skewed
    assert in_words(line, "TS").startswith("LLM+TS earns 53 steps less than TS (95 % 3 to 82, 3 paired seeds)")
    line = side_by_side([base, run(HYBRID, 50, 200, 360)], base)[1]
    assert in_words(line, "TS").startswith("Whether LLM+TS earns more than TS cannot be told: +3 steps (95 % −")


def test_where_nothing_can_be_earned_there_is_no_share() -> None:
    nothing = replace(run(TS, 0, 0, 0).stored, figures=replace(FIGURES, optimum_steps=0.0))
    base, other = (Run(name, "x", range(3), nothing) for name in ("TS", "other"))
    line = side_by_side([base, other], base)[1]
    assert np.isnan(line.share.value)
    assert "reaches – of what messages can gain" in in_words(line, "TS")


def test_never_a_message_is_the_zero_of_the_share() -> None:
    assert FIGURES.share_of_possible == pytest.approx((210 / 800, 200 / 800, 220 / 800, 3))
    assert replace(FIGURES, mean_steps=410.0).share_of_optimum == pytest.approx(0.41), "the plain one has 0 steps there"
    assert np.isnan(replace(FIGURES, never_steps=1000.0).share_of_possible.value), "messages can gain nothing"


def test_one_seed_and_other_seeds() -> None:
    base = run(TS, 100, seeds=range(1))
    line = side_by_side([base, run(HYBRID, 150, seeds=range(1))], base)[1]
    assert "one seed is an anecdote" in in_words(line, "TS")
    assert side_by_side([base, run(HYBRID, 150, seeds=range(1, 2))], base)[1].against is None


def test_settings_that_differ_from_the_base() -> None:
    base, other = run(TS, 1, 2, 3), run(HYBRID, 1, 2, 3)
    table = setting_differences([other, base], base)
    assert list(table) == ["TS", "LLM+TS"]
    assert table.loc["Filter"].tolist() == ["No filter", "Veto"]
    assert "Policy" not in table.index
    assert "Seeds" not in table.index


def test_kinds_of_sweep() -> None:
    judges = tuple(judge_of_error(error) for error in (0.0, 0.25, 0.5))
    line = ExperimentSpec("x", (TS, HYBRID), judges=judges)
    assert axes_of(line) == {JUDGE_ERROR: (0.0, 0.25, 0.5)}
    assert is_error_line(line)
    assert not is_map(line)
    both = ExperimentSpec("x", (TS, HYBRID), judges=judges, axes=(("can_walk_persistence", (0.9, 0.7)),))
    assert axes_of(both)["can_walk_persistence"] == (0.7, 0.9)
    assert is_map(both)
    third = ExperimentSpec("x", (TS, HYBRID), judges=judges, axes=(*both.axes, ("study_length", (10, 20))))
    assert not is_map(third)
    assert not is_map(ExperimentSpec("x", (TS,), axes=both.axes))
    lopsided = (simulated(0.9, 0.2), simulated(0.8, 0.2))
    assert not is_error_line(ExperimentSpec("x", (TS, HYBRID), judges=lopsided))


def test_a_map_pairs_each_place_with_its_baseline() -> None:
    spec = ExperimentSpec(
        "x", (TS, HYBRID), judges=(judge_of_error(0.0), judge_of_error(0.5)),
        axes=(("can_walk_persistence", (0.7, 0.9)),), n_seeds=2,
    )  # fmt: skip
    totals = {("TS", None): (10.0, 20.0), ("LLM+TS", 0.0): (15.0, 25.0), ("LLM+TS", 0.5): (8.0, 20.0)}
    cells = cells_of(spec, totals)
    found = map_cells(cells, "can_walk_persistence", JUDGE_ERROR, HYBRID, TS)
    assert {(cell.x, cell.y): cell.against.difference.value for cell in found} == {
        (0.7, 0.0): 5, (0.9, 0.0): 5, (0.7, 0.5): -1, (0.9, 0.5): -1,
    }  # fmt: skip
    assert map_cells(cells[1:3], "can_walk_persistence", JUDGE_ERROR, HYBRID, TS) == [], "no baseline yet"
    turned = map_cells(cells, "can_walk_persistence", JUDGE_ERROR, TS, HYBRID)
    assert {(cell.x, cell.y): cell.against.difference.value for cell in turned} == {
        (0.7, 0.0): -5, (0.9, 0.0): -5, (0.7, 0.5): 1, (0.9, 0.5): 1,
    }, "what reads no text may be the method, too"  # fmt: skip
    assert all(cell.judge is not None for cell in turned)


def line_of(errors: tuple[float, ...], differences: np.ndarray) -> ErrorLine:
    base = np.zeros_like(differences)
    return ErrorLine(
        errors, tuple(map(interval_of_mean, differences)), tuple(map(interval_of_mean, base)),
        tuple(map(paired_difference, differences, base)), differences, base, 1000.0,
    )  # fmt: skip


def test_the_crossing_is_where_the_mean_line_meets_zero() -> None:
    line = line_of((0.0, 0.2, 0.4), np.array([[30.0, 30.0], [10.0, 10.0], [-10.0, -10.0]]))
    found = crossing(line)
    assert found.error == pytest.approx(0.3)
    assert (found.low, found.high) == (pytest.approx(0.3), pytest.approx(0.3)), "all seeds agree"
    assert "errs on 30 % of the statements (95 % 30 to 30 %, 2 paired seeds)" in crossing_in_words(
        found, line, "A", "B"
    )


def test_a_crossing_that_some_seeds_do_not_have_has_no_upper_end() -> None:
    rng_free = np.linspace(-1.0, 1.0, 40)
    line = line_of((0.0, 0.5), np.array([np.full(40, 1.0), rng_free - 0.02]))
    found = crossing(line)
    assert found.error is not None
    assert found.low is not None
    assert found.high is None
    assert "to beyond 50 %" in crossing_in_words(found, line, "A", "B")


def test_no_crossing_and_none_to_begin_with() -> None:
    never = line_of((0.0, 0.4), np.array([[30.0, 30.0], [11.0, 11.0]]))
    assert crossing(never).error is None
    assert "at every error rate up to 40 %: at least 11 steps" in crossing_in_words(crossing(never), never, "A", "B")
    behind = line_of((0.0, 0.4), np.array([[-2.0, -2.0], [-3.0, -4.0]]))
    assert not crossing(behind).pays_at_first
    assert "A does not earn more than B even with" in crossing_in_words(crossing(behind), behind, "A", "B")


@pytest.mark.parametrize(
    ("differences", "words", "never"),
    [
        (
            [[-100.0, 60.0], [-50.0, -51.0]],
            "cannot be told even with a judge that errs on 0 %: -20 (95 % -1,036",
            "does not earn",
        ),
        ([[160.0, -100.0], [-50.0, -51.0]], "cannot be told even with", "stops paying"),
        ([[30.0, 30.0], [5.0, 15.0]], "From an error of 50 % on it cannot be told at every error rate", "coin"),
        ([[30.0, 30.0], [20.0, 20.0]], "Even a coin toss pays", "cannot be told"),
        ([[30.0], [20.0]], "earned more than B at every error rate up to 50 % (one seed, an anecdote)", "coin"),
        ([[-30.0], [20.0]], "A did not earn more than B", "cannot be told"),
    ],
)
def test_no_more_is_said_than_the_intervals_carry(differences: list[list[float]], words: str, never: str) -> None:
    line = line_of((0.0, 0.5), np.array(differences))
    said = crossing_in_words(crossing(line), line, "A", "B")
    assert words in said
    assert never not in said


def test_a_line_grows_as_cells_are_finished() -> None:
    spec = ExperimentSpec("x", (TS, HYBRID), judges=(judge_of_error(0.0), judge_of_error(0.5)), n_seeds=2)
    totals = {("TS", None): (10.0, 20.0), ("LLM+TS", 0.0): (15.0, 25.0), ("LLM+TS", 0.5): (8.0, 20.0)}
    cells = cells_of(spec, totals)
    assert error_line(cells[1:], HYBRID, TS) is None
    first = error_line(cells[:2], HYBRID, TS)
    assert first is not None
    assert first.errors == (0.0,)
    whole = error_line(cells, HYBRID, TS)
    assert whole is not None
    assert [item.difference.value for item in whole.differences] == [5, -1]
    turned = error_line(cells, TS, HYBRID)
    assert turned is not None
    assert [item.difference.value for item in turned.differences] == [-5, 1], "what reads no text may be the method"
