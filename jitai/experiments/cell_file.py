"""One cell of an experiment as a Parquet file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jitai.errors import FileFormatError, JitaiError
from jitai.experiments.cell import CellWork, work_from_mapping
from jitai.files import check_is_file, read_json
from jitai.trial.trial_log import TrialLog

if TYPE_CHECKING:
    import pandas as pd

_METADATA_KEY = b"jitai"
_MAX_WORK_BYTES = 50_000_000


UNFIT = (
    JitaiError, KeyError, ValueError, TypeError, AttributeError, OverflowError, IndexError, AssertionError,
    RecursionError, ZeroDivisionError,
)  # fmt: skip
"""What may come of a description that is JSON, but not ours."""


@dataclass(frozen=True)
class CellFile:
    """What a cell's file says of the cell.

    Attributes:
        work: that makes it.
        scenario: values of the axes, by parameter.
        method, judge: their names; no judge where nobody reads.
    """

    work: CellWork
    scenario: Mapping[str, Any]
    method: str
    judge: str


def write_steps(path: Path, result: TrialLog, about: dict[str, Any]) -> None:
    """Write the days that were lived, one row each, with a description of the cell in the file's metadata."""
    import pyarrow as pa  # loaded here, as below: most commands do without it
    import pyarrow.parquet as pq

    table = pa.table(step_columns(result)).replace_schema_metadata({_METADATA_KEY: json.dumps(about).encode()})
    pq.write_table(table, path, compression="zstd")


def step_columns(result: TrialLog) -> dict[str, Any]:
    """Return the days that were lived as columns, one value a day, with how likely what was done was, if known."""
    lived = result.lived
    seeds, days = np.nonzero(lived)
    columns = {
        "seed": np.array(result.seeds, dtype=np.int64)[seeds],
        "day": (days + 1).astype(np.int16),
        "candidate_action": result.candidate_action[lived].astype(np.int8),
        "executed_action": result.executed_action[lived].astype(np.int8),
        "step_count": result.step_count[lived],
        "habituation": result.habituation[lived],
        "disengagement_risk": result.disengagement_risk[lived],
        "true_context": result.true_context[lived].astype(np.int8),
        "can_walk": result.can_walk[lived].astype(np.int8),
        "context_probability": result.context_probability[lived],
        "wrote": result.wrote[lived],
        "verdict": result.verdict[lived].astype(np.int8),
        "belief": result.belief[lived],
    }
    if result.chances is not None:
        columns |= {
            "available": result.chances.available[lived],
            "action_probability": result.chances.action[lived],
            "message_probability": result.chances.message[lived],
            "probability_error": result.chances.error[lived],
        }
    return columns


def read_steps(path: Path, columns: Sequence[str] | None = None) -> "pd.DataFrame":
    """Return the days of a cell as a table.

    Raises: FileFormatError if the file is missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    check_is_file(path)
    try:
        table: pd.DataFrame = pq.read_table(path, columns=None if columns is None else list(columns)).to_pandas()
        return table
    except (OSError, pa.ArrowException, ValueError, TypeError, MemoryError, OverflowError, RecursionError) as error:
        raise FileFormatError(
            f"{path.name} cannot be read: it is missing or damaged.",
            "Run the experiment again: only this cell will be run anew.",
        ) from error


def read_work(path: Path) -> CellWork:
    """Return the work that has to be run to produce a cell's file again.

    Raises: FileFormatError if the file is damaged, or none of ours.
    """
    return read_cell_file(path).work


def read_cell_file(path: Path) -> CellFile:
    """Return what a cell's file says of the cell.

    Raises: FileFormatError if the file is damaged, or none of ours.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    check_is_file(path)
    try:
        metadata = pq.read_schema(path).metadata or {}
    # pyarrow reads whatever the file says: what comes of a damaged one is a MemoryError or an UnicodeDecodeError too.
    except (OSError, pa.ArrowException, ValueError, TypeError, MemoryError, OverflowError, RecursionError) as error:
        raise FileFormatError(f"{path} cannot be read: it is missing, damaged or no Parquet file.") from error
    if _METADATA_KEY not in metadata:
        raise FileFormatError(f"{path} holds no description of a cell: it was not written by an experiment.")
    try:
        about = read_json(metadata[_METADATA_KEY], path.name, _MAX_WORK_BYTES)
        return CellFile(
            work_from_mapping(about["work"]),
            dict(about.get("scenario", {})),
            str(about.get("method", "")),
            str(about.get("judge", "")),
        )
    except UNFIT as error:
        raise FileFormatError(f"The description of the cell in {path} is damaged.") from error
