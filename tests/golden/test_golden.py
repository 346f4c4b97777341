"""Not one number moves: trials, experiments, optima and verdicts as they were recorded (``record.py``).

What is chosen, counted or named has to be the same, and every number to RELATIVE. The judge of most parts is
arithmetic (``fake_ollama.py``) or simulated, so that only the laboratory's own work is compared. An embedded model's
P(send) may differ a little on another processor; where it does, its verdicts are compared and what follows is not.
"""

from pathlib import Path

import numpy as np
import pytest

from tests.golden import measure
from tests.golden.parts import PARTS, Record, read

NEARLY = 0.05
"""How far the P(send) of an embedded model may be off on another processor."""


def _marked(name: str) -> object:
    part = PARTS[name]
    marks = [pytest.mark.model] * part.uses_model + [pytest.mark.slow] * part.is_slow
    return pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", [_marked(name) for name in PARTS])
def test_the_numbers_are_those_of_the_record(name: str, tmp_path: Path) -> None:
    golden = read(name)
    with measure.quiet_place(tmp_path):
        now = PARTS[name].measure(tmp_path)
    if PARTS[name].uses_model and _reads_nearly_alike(golden, now):
        return
    found = measure.differences(golden.table, now.table)
    found += measure.number_differences(name, golden.numbers, now.numbers)
    assert not found, measure.shown(found)


def _reads_nearly_alike(golden: Record, now: Record) -> bool:
    """Whether the model reads a little differently here: then its verdicts are as recorded where they are clear.

    Trials part ways after the first verdict that differs; what they have in common until then is too little to judge.
    """
    if "p_send" not in golden.table or not now.table["item"].equals(golden.table["item"]):
        return False
    then, here = golden.table["p_send"].to_numpy(), now.table["p_send"].to_numpy()
    off = np.nan_to_num(np.abs(then - here))
    if off.max() <= 1e-6 or off.max() > NEARLY or not np.array_equal(np.isnan(then), np.isnan(here)):
        return False
    edges = np.abs(then[:, None] - np.array([0.4, 0.5, 0.6])).min(axis=1)
    clear = ~(edges <= NEARLY)
    return bool((golden.table["verdict"] == now.table["verdict"])[clear].all())
