"""The progress of an experiment, as data that the engine writes and that pages and commands show."""

from dataclasses import dataclass
from enum import StrEnum

from jitai.text_format import duration


class Phase(StrEnum):
    """What an experiment's engine is doing."""

    PREPARING = "preparing"
    OPENING_JUDGE = "opening judge"
    JUDGING = "judging"
    RUNNING_CELLS = "running cells"


@dataclass(frozen=True)
class ExperimentProgress:
    """The progress of a running experiment.

    Attributes:
        phase: what is being done.
        judge: name of the judge that is opened or that judges; else empty.
        n_done, n_total: statements judged, or cells that need no more work; 0 in all where nothing is counted.
        seconds_left: estimated, of this phase; None where there is nothing to go by.
    """

    phase: Phase = Phase.PREPARING
    judge: str = ""
    n_done: int = 0
    n_total: int = 0
    seconds_left: float | None = None

    @property
    def share(self) -> float:
        """How much of the phase is done, in [0, 1]; 0 where nothing is counted."""
        return min(1.0, self.n_done / self.n_total) if self.n_total else 0.0

    @property
    def in_words(self) -> str:
        """Return the progress as text, which may hold the judge's name from a person's file."""
        if self.phase is Phase.PREPARING:
            return "getting ready"
        if self.phase is Phase.OPENING_JUDGE:
            return f"getting {self.judge} ready"
        left = "" if self.seconds_left is None else f", about {duration(self.seconds_left)} left"
        counted = f"{self.n_done:,} of {self.n_total:,}"
        if self.phase is Phase.JUDGING:
            return f"{self.judge} reads statements: {counted}{left}"
        return f"{counted} cells finished{left}"
