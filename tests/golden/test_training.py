"""Short trainings give the policies, and the learning curves, that were recorded. Skipped without torch.

PPO's and A2C's arithmetic is torch's, in single precision: another processor moves the last of its seven digits, and a
few thousand decisions later a little more.
"""

import json
import re
from pathlib import Path

import pytest

from tests.golden import measure
from tests.golden.cases import TRAININGS
from tests.golden.parts import read_numbers, write_numbers

pytest.importorskip("torch", reason="torch is not installed: no training")
pytest.importorskip("stable_baselines3", reason="stable-baselines3 is not installed: no training")

pytestmark = pytest.mark.slow
RELATIVE = 1e-3
TIMES = ("minutes", "version")


def trained(name: str, folder: Path) -> dict[str, object]:
    """The policy as it is written, what it earns as it is printed, and the last point of the curve as it is printed."""
    with measure.quiet_place(folder):
        policy, told = measure.trained(TRAININGS[name], folder)
    for unwanted in TIMES:
        policy["trained_on"].pop(unwanted)
    # Behind the first line, which tells the file and how long it took.
    earned = measure.Told(0, "\n".join(told.out.splitlines()[1:]), "").numbers
    points = re.findall(r"([\d,]+) decisions, ([\d,]+) ± \d+ \D*([\d,]+)\)", told.err)
    return {"policy": policy, "earned": earned, "last": [float(part.replace(",", "")) for part in points[-1]]}


@pytest.mark.parametrize("name", TRAININGS)
def test_a_short_training_gives_the_policy_of_the_record(name: str, tmp_path: Path) -> None:
    golden = read_numbers("trainings")[name]
    found = measure.number_differences(name, golden, json.loads(json.dumps(trained(name, tmp_path))), RELATIVE)
    assert not found, measure.shown(found)


if __name__ == "__main__":
    import tempfile

    numbers = {}
    for case in TRAININGS:
        with tempfile.TemporaryDirectory() as place:
            numbers[case] = trained(case, Path(place))
    write_numbers("trainings", numbers)
