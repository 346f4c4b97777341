"""Where a page's evidence comes from: the person's store, or what came with the lab."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from jitai.experiments.answers import COMPARE, SWEEP, ShippedAnswer, shipped_answer
from jitai.experiments.comparison import DayFigures, Run
from jitai.experiments.store import StoredCell, StoredExperiment
from jitai.ui.widgets.experiment import days_of_run, find, store


@dataclass(frozen=True, eq=False)
class Evidence:
    """An experiment with its finished cells.

    Attributes:
        experiment: as described.
        cells: finished so far, in the order of the grid.
        days_of: summarises the days of a run; None where they were not kept. Raises FileFormatError.
        is_shipped: whether it came with the lab.
        made_on: the day on which it was run.
        judges: digest of all that each judge said, by its name; empty where the store keeps that.
    """

    experiment: StoredExperiment
    cells: Sequence[StoredCell]
    days_of: Callable[[Run], DayFigures | None]
    is_shipped: bool
    made_on: str
    judges: Sequence[tuple[str, str]] = ()


def stored_evidence(found: StoredExperiment) -> Evidence:
    """Return what is stored of an experiment.

    Raises: FileFormatError.
    """
    made_on = datetime.fromtimestamp(found.created_at, UTC).strftime("%d %B %Y").lstrip("0")
    return Evidence(found, store().cells(found.identifier), days_of_run, False, made_on)


def shipped_evidence(answer: ShippedAnswer) -> Evidence:
    """Return what came with the lab."""
    judges = tuple(sorted(answer.judges.items()))
    return Evidence(
        answer.experiment, answer.stored, lambda run: answer.days_of(run.stored.key), True, answer.made_on, judges
    )


def evidence_of(identifier: str) -> Evidence | None:
    """Return what there is of an experiment: the person's own before what came with the lab; None if there is none.

    Raises: FileFormatError.
    """
    found = find(identifier)
    if found is not None:
        return stored_evidence(found)
    shipped = (shipped_answer(page) for page in (COMPARE, SWEEP))
    return next((shipped_evidence(item) for item in shipped if item and item.experiment.identifier == identifier), None)
