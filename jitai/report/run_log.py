"""A run's log as a file, which names the scenario that it is of."""

from typing import TYPE_CHECKING

from jitai.trial.log import TRUTH_COLUMNS, decision_log
from jitai.trial.scenario import Played, Scenario, chances_of
from jitai.trial.spec import digest

if TYPE_CHECKING:
    import pandas as pd

_NOT_DECISIVE = ("source", "latency_ms")
"""Of a stored verdict: where it came from and how long that took, which differ from reading to reading."""


def scenario_name(scenario: Scenario) -> str:
    """12 hexadecimal digits that stand for everything that decides a run: equal names, equal runs."""
    content = scenario.as_mapping()
    content["verdicts"] = sorted(
        (
            {name: value for name, value in verdict.items() if name not in _NOT_DECISIVE}
            for verdict in content["verdicts"]
        ),
        key=lambda verdict: str(verdict["words"]),
    )
    return digest(content)[:12]


def run_log(run: Played, *, with_truth: bool = True) -> "pd.DataFrame":
    """The decision log of a run, with how likely what was done was, the policy's version and the scenario's name.

    Args:
        run: as it was played.
        with_truth: whether the columns are there that nobody but the simulator knows.
    """
    chances = chances_of(run)
    table = decision_log(run.records).assign(
        available=[chance.available for chance in chances],
        action_probability=[chance.action for chance in chances],
        message_probability=[chance.message for chance in chances],
        probability_error=[chance.error for chance in chances],
        policy_version=run.scenario.spec.policy_version,
        scenario=scenario_name(run.scenario),
    )
    return table if with_truth else table.drop(columns=list(TRUTH_COLUMNS))
