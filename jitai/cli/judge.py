"""The command `judge`: a verdict on every statement of a file."""

import argparse
import csv
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from jitai.cli.options import backend_settings, open_chosen_judge
from jitai.cli.outputs import check_output
from jitai.errors import FileFormatError
from jitai.files import write_atomically
from jitai.parameters import suggestion
from jitai.records import Decision
from jitai.sanitise import for_terminal
from jitai.text_format import counted
from jitai.validation.report import NO_ANSWER

if TYPE_CHECKING:
    import pandas as pd

VERDICT_COLUMNS = ("p_send", "verdict", "source", "latency_ms", "failure")


def judge_command(options: argparse.Namespace) -> None:
    """Judge every statement of a file and print or write the rows with their verdicts."""
    settings = backend_settings(options)
    rows = _read_rows(options.file, options.text_column)
    if options.out.exists() and options.out.samefile(options.file):
        raise FileFormatError(f"{options.out.name} is read; it would be overwritten.", "Use another name for --out.")
    check_output(options.out, ".csv")
    # What a judge must be told to do on failure never shows here: nothing is sent, so "no answer" is what is written.
    with closing(open_chosen_judge(options, settings, Decision.HOLD_BACK)) as judge:
        print(f"Judge: {for_terminal(judge.at_work())}", file=sys.stderr)
        verdicts = [judge.judge(text) for text in rows[options.text_column]]
    rows["p_send"] = [verdict.p_send for verdict in verdicts]
    rows["verdict"] = [NO_ANSWER if verdict.is_fallback else verdict.decision.value for verdict in verdicts]
    rows["source"] = [verdict.source.value for verdict in verdicts]
    rows["latency_ms"] = [round(verdict.latency_ms, 3) for verdict in verdicts]
    rows["failure"] = [verdict.failure for verdict in verdicts]
    write_atomically(options.out, rows.to_csv(index=False, lineterminator="\r\n"))
    n_failed = sum(verdict.is_fallback for verdict in verdicts)
    print(f"{counted(len(verdicts), 'statement')} judged; verdicts: {options.out}", file=sys.stderr)
    if n_failed:
        why = next(verdict.failure for verdict in verdicts if verdict.failure)
        print(f'{n_failed} could not be judged (verdict "{NO_ANSWER}"): {for_terminal(why)}', file=sys.stderr)


def _read_rows(path: Path, text_column: str) -> "pd.DataFrame":
    """Return the file's cells as text, so that identifiers such as 007 or NA come back as they were.

    Raises: FileFormatError naming the file, the line and what is wrong.
    """
    import pandas as pd  # 0.4 s to import: not before a table is made

    begins = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            if not any(name.strip() for name in header):
                raise FileFormatError(
                    f"{path.name} is empty, or its first line is.",
                    f"The first line names the columns, {text_column!r} among them.",
                )
            begins = reader.line_num + 1
            _check_header(path, header, text_column)
            cells = []
            for row in reader:
                if not row and len(header) > 1:
                    begins = reader.line_num + 1
                    continue
                if len(row) not in (len(header), 0):
                    raise FileFormatError(
                        f"{path.name}, line {reader.line_num}, has {counted(len(row), 'cell')}; the "
                        f"header has {len(header)}.",
                        "Put texts with commas in double quotes.",
                    )
                cells.append(row or [""])
                begins = reader.line_num + 1
    except csv.Error as error:
        raise FileFormatError(
            f"{path.name}, line {begins}, is not valid CSV: {error}.", "Close every double quote that opens a cell."
        ) from error
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path} is not UTF-8 text.", "Save it as CSV in UTF-8 and try again.") from error
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read: {error.strerror or 'unknown reason'}.") from error
    return pd.DataFrame(cells, columns=header, dtype=str)


def _check_header(path: Path, header: list[str], text_column: str) -> None:
    """Raises: FileFormatError if the text column is missing, a name is there twice, or one of ours is taken."""
    if text_column not in header:
        raise FileFormatError(f"{path.name} has no column {text_column!r}{suggestion(text_column, tuple(header))}")
    for name in header:
        if header.count(name) > 1:
            raise FileFormatError(f"{path.name} has two columns called {name!r}.", "Rename one and try again.")
        if name in VERDICT_COLUMNS:
            raise FileFormatError(
                f"{path.name} has a column {name!r} already, which the verdict needs.", "Rename it and try again."
            )
