"""A person's own measurements of models: what each said of which statement of the held-out part, kept to be compared.

Kept are probabilities by the statement's fingerprint, so two models are compared on the statements that both have read,
and what was measured on statements that have changed since drops out by itself.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np

from jitai.corpus import TEST, load_part
from jitai.errors import FileFormatError, JitaiError
from jitai.files import alone_with, make_folder, read_json, set_aside, write_atomically
from jitai.judge.judge import Judge
from jitai.records import JudgesText, Label, Statement, VerdictSource
from jitai.statistics import Estimate, interval_of_difference
from jitai.validation.metrics import figures
from jitai.validation.report import judge_report
from jitai.validation.runner import JudgedRow, Validation
from jitai.validation.shipped import shipped_validation

if TYPE_CHECKING:
    import pandas as pd

FILE_NAME = "measurements.json"
FORMAT = 1
MOST_KEPT = 50
"""Measurements; of more, the oldest are dropped."""
MAX_BYTES = 20_000_000
BUILT_IN = "the built-in judge"
_FINGERPRINT_DIGITS = 16


@dataclass(frozen=True)
class Measurement:
    """What one model said of statements of the held-out part, asked in one way.

    Attributes:
        model: its name, with the mark of where it runs.
        asked_by: identifies model, prompt and calibration, 64 hexadecimal digits.
        prompt: label of the prompt.
        is_calibrated: whether its probabilities were fitted under that prompt.
        date: of the last statement, as YYYY-MM-DD.
        median_ms: of a statement that it was asked anew, in milliseconds; None if none was.
        n_failed: statements that it could not answer.
        p_send: in [0, 1], by the statement's fingerprint.
    """

    model: str
    asked_by: str
    prompt: str
    is_calibrated: bool
    date: str
    median_ms: float | None
    n_failed: int
    p_send: Mapping[str, float]

    @property
    def name(self) -> str:
        """Model and prompt, for people."""
        return f"{self.model}, {self.prompt}" + ("" if self.is_calibrated else ", not calibrated")


def fingerprint(statement: Statement) -> str:
    """Return what tells a statement and its label from others."""
    return hashlib.sha256(f"{statement.label.value} {statement.text}".encode()).hexdigest()[:_FINGERPRINT_DIGITS]


def measurement_of(judge: Judge, rows: Sequence[JudgedRow], date: str) -> Measurement | None:
    """Return a judge's verdicts as a measurement; None if it answered nothing, or only from what came with the lab.

    Args:
        judge: that gave them.
        rows: on statements of the held-out part.
        date: of today, as YYYY-MM-DD.
    Raises: BackendError if its model cannot say which one it is.
    """
    if not any(row.verdict.source in (VerdictSource.MODEL, VerdictSource.CACHE) for row in rows):
        return None
    digest = judge.backend.identity().digest
    calibration = judge.prompt.calibration_for(digest)
    decides = (digest, judge.prompt.label, judge.prompt.content_hash, calibration.scale, calibration.bias)
    report = judge_report("", rows)
    return Measurement(
        judge.model_name(),
        hashlib.sha256(json.dumps(decides).encode()).hexdigest(),
        judge.prompt.label,
        calibration.is_fitted,
        date,
        round(report.median_ms, 1) if report.n_timed else None,
        report.n_failed,
        {fingerprint(row.statement): round(row.p_send, 4) for row in rows if row.is_counted},
    )


class Measurements:
    """The file of a person's measurements, read anew each time; one that is damaged is set aside, never overwritten.

    Args:
        folder: made when something is kept in it for the first time.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE_NAME

    def all(self) -> tuple[Measurement, ...]:
        """Return them, the latest first.

        Raises: FileFormatError naming the file and what is wrong with it.
        """
        return _read(self._file) if self._file.is_file() else ()

    def keep(self, new: Measurement) -> str:
        """Keep a measurement; statements that the same model was measured on before, asked in the same way, stay.

        Returns: a sentence on a damaged file that was set aside; else empty.
        Raises: FileFormatError if the folder cannot be written to.
        """
        make_folder(self._file.parent)
        with alone_with(self._file):
            notice, kept = "", tuple[Measurement, ...]()
            try:
                kept = self.all()
            except FileFormatError as error:
                notice = f"{error} It was set aside as {set_aside(self._file).name}."
            before = next((item for item in kept if item.asked_by == new.asked_by), None)
            if before is not None:
                median = before.median_ms if new.median_ms is None else new.median_ms
                new = replace(new, p_send={**before.p_send, **new.p_send}, median_ms=median)
            self._write([new, *(item for item in kept if item.asked_by != new.asked_by)][:MOST_KEPT])
        return notice

    def forget(self, asked_by: str) -> None:
        """Drop a measurement.

        Raises: FileFormatError if the file cannot be read or written.
        """
        with alone_with(self._file):
            self._write([item for item in self.all() if item.asked_by != asked_by])

    def _write(self, kept: Iterable[Measurement]) -> None:
        rows = {"format": FORMAT, "measurements": [asdict(item) for item in kept]}
        write_atomically(self._file, json.dumps(rows, ensure_ascii=False))


def _read(path: Path) -> tuple[Measurement, ...]:
    """Return what a file holds.

    Raises: FileFormatError naming it and what is wrong.
    """
    # On first use: pydantic takes a moment to import.
    from pydantic import Field

    from jitai.file_models import FileModel, Text, validated

    share = Annotated[float, Field(ge=0, le=1)]

    class MeasurementFile(FileModel):
        model: Text
        asked_by: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
        prompt: Text
        is_calibrated: bool
        date: str
        median_ms: Annotated[float, Field(ge=0)] | None
        n_failed: Annotated[int, Field(ge=0)]
        p_send: dict[str, share]

    class MeasurementsFile(FileModel):
        format: Annotated[int, Field(ge=FORMAT, le=FORMAT)]
        measurements: Annotated[list[MeasurementFile], Field(max_length=MOST_KEPT)]

    hint = "It holds your measurements of models; the next one sets the file aside and begins a new one."
    content = read_json(path, path.name, MAX_BYTES, hint)
    found = validated(
        MeasurementsFile, content, lambda complaint: FileFormatError(f"{path.name} cannot be used: {complaint}.", hint)
    )
    return tuple(Measurement(**item.model_dump()) for item in found.measurements)


@dataclass(frozen=True)
class Compared:
    """A measurement beside another judge.

    Attributes:
        name: of what was measured.
        n: statements with a verdict that are still in the held-out part.
        balanced_accuracy, low, high: with its 95 % interval (a jackknife over pairs).
        difference: of the share right from the other judge's, on the statements that both have read, in points of 100,
            paired by statement and counted by pair; None where they share none.
        n_both: those.
    """

    name: str
    n: int
    balanced_accuracy: float
    low: float
    high: float
    difference: Estimate | None
    n_both: int


def compared(
    name: str, p_send: Mapping[str, float], base: Mapping[str, float], statements: Sequence[Statement]
) -> Compared | None:
    """Compare what was measured with another judge on the same statements.

    Args:
        name: of what was measured.
        p_send: by fingerprint.
        base: those of the other judge.
        statements: the held-out part.
    Returns: None if no statement of it was measured.
    """
    by_print = {fingerprint(item): item for item in statements}
    read = [(by_print[key], value) for key, value in p_send.items() if key in by_print]
    if not read:
        return None
    cannot_walk = [item.label == Label.CANNOT_WALK for item, _ in read]
    balanced = figures([value for _, value in read], cannot_walk, [item.pair for item, _ in read]).balanced_accuracy
    gains: dict[int, list[int]] = {}
    for key, value in p_send.items():
        if key in by_print and key in base:
            truth = by_print[key].label == Label.CANNOT_WALK
            gains.setdefault(by_print[key].pair, []).append(((value <= 0.5) == truth) - ((base[key] <= 0.5) == truth))
    by_pair = [100 * sum(items) / len(items) for items in gains.values()]
    return Compared(
        name, len(read), balanced.value, balanced.low, balanced.high,
        interval_of_difference(np.array(by_pair)) if by_pair else None, sum(map(len, gains.values())),
    )  # fmt: skip


def comparison_table(
    measurements: Sequence[Measurement], base: Mapping[str, float], statements: Sequence[Statement]
) -> "pd.DataFrame":
    """Return all measurements beside one judge, as a table for a page or a file, the best first."""
    import pandas as pd  # 0.4 s to import: not before a table is made

    rows = []
    for item in measurements:
        found = compared(item.name, item.p_send, base, statements)
        if found is None:
            continue
        gain = found.difference
        rows.append(
            {
                "model": item.model,
                "prompt": item.prompt + ("" if item.is_calibrated else " (not calibrated)"),
                "n": found.n,
                "not answered": item.n_failed,
                "balanced accuracy": found.balanced_accuracy,
                "low": found.low,
                "high": found.high,
                "difference": None if gain is None else gain.value,
                "difference low": None if gain is None else gain.low,
                "difference high": None if gain is None else gain.high,
                "n both": found.n_both,
                "ms": item.median_ms,
                "date": item.date,
            }
        )
    table = pd.DataFrame(rows)
    return table.sort_values("balanced accuracy", ascending=False) if rows else table


def in_words(found: Compared, base: str) -> str:
    """Return a comparison as a sentence."""
    first = (
        f"{found.name}: balanced accuracy {found.balanced_accuracy:.3f} ({found.low:.3f} to {found.high:.3f}) on "
        f"{found.n:,} statements"
    )
    if found.difference is None:
        return f"{first}; none of them was read by {base}."
    gain = found.difference
    interval = f", 95 % {gain.low:+.1f} to {gain.high:+.1f}" if gain.has_interval else ""
    return f"{first}; {gain.value:+.1f} points against {base} on the same {found.n_both:,}{interval}."


def p_send_of(rows: Iterable[JudgedRow]) -> dict[str, float]:
    """Return a judge's probabilities by the statement's fingerprint."""
    return {fingerprint(row.statement): row.p_send for row in rows if row.is_counted}


def built_in_verdicts() -> dict[str, float]:
    """Return what the built-in judge says of the held-out part, as it came with the lab; nothing where it did not."""
    shipped = shipped_validation()
    return {} if shipped is None else p_send_of(shipped.validation.rows_of(shipped.validation.candidates[0]))


def keep_measurements(kept: Measurements, judges: Mapping[str, JudgesText], found: Validation, date: str) -> list[str]:
    """Keep what each language model said of the held-out part among the person's measurements.

    Args:
        kept: the measurements.
        judges: of the validation, by name; those without a language model are passed over.
        found: the validation, on statements of the held-out part.
        date: of today, as YYYY-MM-DD.
    Returns: sentences that compare each model with the built-in judge, or say why it could not be kept.
    """
    said, base, statements = [], built_in_verdicts(), load_part(TEST)
    for name, judge in judges.items():
        try:
            new = measurement_of(judge, found.rows_of(name), date) if isinstance(judge, Judge) else None
            notice = "" if new is None else kept.keep(new)
        except JitaiError as error:
            said.append(f"The measurement could not be kept. {error.in_full}")
            continue
        one = None if new is None else compared(new.name, new.p_send, base, statements)
        said += [notice] if notice else []
        said += [] if one is None else [f"Kept among your measurements. {in_words(one, BUILT_IN)}"]
    return said


def today() -> str:
    """Return the date of today, as measurements have it."""
    return time.strftime("%Y-%m-%d", time.gmtime())
