"""What a convention changes: the same cells under other conventions, or with other statements of a spell."""

import math
from collections.abc import Mapping

from jitai.experiments.comparison import Comparison
from jitai.experiments.spec import CONVENTION, Condition
from jitai.simulator.conventions import CONVENTIONS, OURS
from jitai.statistics import Estimate, paired_difference

_CONTRASTED = (CONVENTION, "initial_habituation", "initial_disengagement", "spell_statements")
"""Axes whose values are set against each other rather than side by side."""
Compared = Mapping[Condition, list[Comparison]]


def contrasted(compared: Compared) -> dict[str, dict[Condition, list[Comparison]]]:
    """Return the conditions in groups that are set against each other, by name, the reference (ours) first.

    Args:
        compared: of an experiment, by condition.
    Returns: in each group the conditions are named without what tells the groups apart; one group without a name where
        nothing does.
    """
    groups: dict[tuple[tuple[str, object], ...], dict[Condition, list[Comparison]]] = {}
    names = {}
    for condition, rows in compared.items():
        key = tuple(item for item in condition.values if item[0] in _CONTRASTED)
        rest = tuple(item for item in condition.values if item[0] not in _CONTRASTED)
        groups.setdefault(key, {})[Condition(rest, condition.config)] = rows
        names[key] = Condition(key, condition.config).name if key else ""
    usual = {CONVENTION: OURS, **CONVENTIONS[OURS]}
    ordered = sorted(groups, key=lambda key: any(value != usual[name] for name, value in key))
    return {names[key]: groups[key] for key in ordered}


def changes(reference: Compared, other: Compared) -> dict[str, tuple[Estimate, float]]:
    """Return what each cell of a group earns more than the reference's cell of the same condition, method and judge.

    Returns: by the cell's key, the paired difference in steps, and its share of the reference's mean steps (NaN if
        these are 0); cells that the reference does not have are left out.
    """
    usual = {_place(condition, row): row.stored.totals for condition, rows in reference.items() for row in rows}
    found = {}
    for condition, rows in other.items():
        for row in rows:
            if (before := usual.get(_place(condition, row))) is not None:
                difference = paired_difference(row.stored.totals, before).difference
                mean = float(before.mean())
                found[row.stored.key] = difference, difference.value / mean if mean > 0 else math.nan
    return found


def _place(condition: Condition, row: Comparison) -> tuple[object, ...]:
    return condition.values, row.stored.cell.method.name, row.stored.cell.judge
