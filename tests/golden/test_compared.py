"""The comparison itself finds a difference, and says where it is."""

import numpy as np
import pandas as pd
import pytest

from tests.golden import measure
from tests.golden.cases import FILTERS, POLICIES
from tests.golden.parts import PARTS, read

TABLE = pd.DataFrame(
    {"item": ["a", "a", "b"], "day": [1, 2, 1], "steps": [1.0, np.nan, 3.0], "action": ["x", "y", "x"]}
)


@pytest.mark.parametrize(
    ("row", "column", "value", "expected"),
    [
        (0, "steps", 1.0 + 1e-6, "a: from day 1 on steps"),
        (1, "steps", 0.0, "a: from day 2 on steps"),
        (2, "action", "z", "b: from day 1 on action"),
        (1, "day", 3, "a: from day 2 on day"),
        (2, "item", "c", "b: is gone"),
    ],
)
def test_a_difference_is_found_and_placed(row: int, column: str, value: object, expected: str) -> None:
    changed = TABLE.copy()
    changed.loc[row, column] = value
    assert measure.differences(TABLE, changed)[0].startswith(expected)
    assert measure.differences(changed, TABLE)


def test_only_rounding_is_forgiven() -> None:
    nearly = TABLE.assign(steps=TABLE["steps"] * (1 + 1e-12))
    assert measure.differences(TABLE, TABLE) == measure.differences(TABLE, nearly) == []
    assert len(measure.differences(TABLE, TABLE.iloc[:1])) == 2
    assert len(measure.differences(TABLE, TABLE.drop(columns="action"))) == 2


def test_numbers_in_json_are_compared_by_name() -> None:
    golden = {"a": {"mean": 1.0, "n": 5}, "b": [1.0, None]}
    assert measure.number_differences("x", golden, {"a": {"mean": 1.0, "n": 5, "new": 1}, "b": [1.0, None]}) == []
    for changed in ({"a": {"mean": 1.1, "n": 5}, "b": [1.0, None]}, {"a": {"mean": 1.0, "n": 6}, "b": [1.0, None]},
                    {"a": {"n": 5}, "b": [1.0, None]}, {"a": {"mean": 1.0, "n": 5}, "b": [1.0]}):  # fmt: skip
        assert len(measure.number_differences("x", golden, changed)) == 1


def test_what_is_recorded_has_everything_in_it() -> None:
    """Every policy, filter and rule comes up, and each makes a difference somewhere."""
    grid = read("grid_fixed").table
    assert set(grid["item"]) == {f"{policy}, {strategy}" for policy in POLICIES for strategy in FILTERS}
    actions = {item: tuple(log["executed_action"]) for item, log in grid.groupby("item")}
    assert all(len({actions[f"{policy}, {strategy}"] for policy in POLICIES}) >= 8 for strategy in FILTERS)
    assert len({actions[f"thompson, {strategy}"] for strategy in FILTERS}) == len(FILTERS)
    switches = read("switches").table
    assert set(switches["verdict"]) == {"", "send", "do not send", "unsure"}
    assert {"fallback", "no statement"} < set(switches["verdict_source"])
    for column in ("failed", "was_asked", "held_back", "disengaged"):
        assert set(switches[column].astype(str)) == {"True", "False"}, column
    assert len(PARTS) == 15
