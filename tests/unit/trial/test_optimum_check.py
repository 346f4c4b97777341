"""The check of the optimum: the same in parts, and honest about the grid where a study is long."""

from dataclasses import replace

import pytest

from jitai.simulator.config import PUBLISHED_CELLS
from jitai.trial.optimum_check import GRID_ERROR, check_optimum, grid_error, run_check, value_on_fine_grid


def test_in_parts_it_is_the_same_and_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = check_optimum(PUBLISHED_CELLS[0], 40)
    monkeypatch.setattr("jitai.trial.optimum_check.STUDIES_AT_ONCE", 15)
    told: list[int] = []
    assert run_check(PUBLISHED_CELLS[0], 40, told.append) == whole
    assert told == [15, 30, 40]


def test_in_a_long_study_the_grid_is_further_off_and_that_is_said() -> None:
    long = replace(PUBLISHED_CELLS[7], study_length=200)
    off = abs(check_optimum(long, 10).computed - value_on_fine_grid(long))
    assert off > GRID_ERROR, "what was measured in studies of 50 days would be too little here"
    assert off <= grid_error(long)
