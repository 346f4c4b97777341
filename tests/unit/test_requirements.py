"""One set of versions: what is pinned, what the wheel asks for, and what the tests ran with agree."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from jitai.installation import PARTS

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(name: str) -> dict[str, str]:
    """Name and version of every line of a file of requirements."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [line.split()[0].split("==") for line in lines if line and not line.startswith("#")]
    return {normalised(package): version for package, version in found}


ASKED = [
    Requirement(line) for line in (*PROJECT["dependencies"], *(line for lines in EXTRAS.values() for line in lines))
]


@pytest.mark.parametrize("requirement", ASKED, ids=str)
def test_the_wheel_asks_for_nothing_that_was_not_tested(requirement: Requirement) -> None:
    assert requirement.specifier.contains(pins("constraints.txt")[normalised(requirement.name)])


def test_running_needs_what_the_wheel_needs() -> None:
    asked = {normalised(Requirement(line).name) for line in PROJECT["dependencies"]}
    assert set(pins("requirements-run.txt")) == asked
    assert not asked & {"torch", "stable-baselines3", "distributed", "matplotlib"}


def test_the_full_set_is_the_light_one_and_the_extras() -> None:
    extras = {Requirement(line).name for key in ("train", "cluster", "report") for line in EXTRAS[key]}
    full = pins("requirements.txt")
    assert set(full) == set(pins("requirements-run.txt")) | {normalised(name) for name in extras}
    assert "stable-baselines3" in full
    assert full["torch"] == "2.13.0"


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-run.txt", "requirements-dev.txt", "requirements-train.txt"]
)
def test_pins_agree_with_the_constraints(name: str) -> None:
    assert pins(name).items() <= pins("constraints.txt").items()


@pytest.mark.parametrize(
    ("part", "extra"),
    [("training", "train"), ("cluster", "cluster"), ("figures", "report"), ("judge-training", "train-judge")],
)
def test_a_part_is_an_extra(part: str, extra: str) -> None:
    assert [Requirement(line).name for line in EXTRAS[extra]] == list(PARTS[part].packages)
