"""A run with its branches, as the content of a scenario's file: of a branch, only what it changes is written."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jitai.errors import ParameterError
from jitai.trial.scenario import BRANCHED, MAX_BRANCH_NAME, Scenario, scenario_from_mapping
from jitai.trial.spec import TrainedPolicies


class SavedBranch(NamedTuple):
    """The run with some days lived otherwise.

    Attributes:
        name: for people, untrusted.
        first_day: from which it may differ, from 1.
        scenario: of the branch, whole.
    """

    name: str
    first_day: int
    scenario: Scenario


class SavedRun(NamedTuple):
    """What a scenario's file holds.

    Attributes:
        scenario: of the run.
        branches: of it, up to four.
    """

    scenario: Scenario
    branches: tuple[SavedBranch, ...] = ()

    def as_mapping(self) -> dict[str, Any]:
        """Return a mapping ready for JSON; ``saved_run_from_mapping`` reads it back."""
        content = self.scenario.as_mapping()
        if not self.branches:
            return content
        return content | {"scenario": BRANCHED, "branches": [_changes(branch, content) for branch in self.branches]}


def saved_run_from_mapping(content: object, named: TrainedPolicies | None = None) -> SavedRun:
    """Return the run and the branches in a file's content, which may be anything.

    Args:
        content, named: as for ``scenario_from_mapping``.
    Raises: ParameterError naming the field that is wrong, and the branch that it is of.
    """
    scenario = scenario_from_mapping(content, named)
    assert isinstance(content, Mapping)
    branches = []
    for number, entry in enumerate(content.get("branches", []), start=1):
        whole = {name: value for name, value in content.items() if name != "branches"} | {
            "words": {**content["words"], **entry.get("words", {})},
            "days": entry.get("days", {}),
            "verdicts": [*content.get("verdicts", []), *entry.get("verdicts", [])],
        }
        try:
            found = scenario_from_mapping(whole, named).with_verdicts({})
        except ParameterError as error:
            raise ParameterError(f"branches, number {number}: {error}", error.hint) from error
        if entry["first_day"] > found.spec.config.study_length:
            raise ParameterError(
                f"branches, number {number}: first_day is {entry['first_day']}; the study has the days 1 to "
                f"{found.spec.config.study_length}."
            )
        branches.append(SavedBranch(entry["name"], entry["first_day"], found))
    return SavedRun(scenario, tuple(branches))


def _changes(branch: SavedBranch, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a branch does not share with the run, as that is written."""
    mine = branch.scenario.as_mapping()
    known = {entry["words"] for entry in run["verdicts"]}
    days = dict.fromkeys((*run["words"], *mine["words"]))
    return {
        "name": branch.name[:MAX_BRANCH_NAME],
        "first_day": branch.first_day,
        "words": {
            day: mine["words"].get(day, "") for day in days if mine["words"].get(day, "") != run["words"].get(day, "")
        },
        "days": mine["days"],
        "verdicts": [entry for entry in mine["verdicts"] if entry["words"] not in known],
    }
