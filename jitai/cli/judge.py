"""The command `judge`: a verdict on every statement of a file."""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from jitai.cli.kept_rows import KeptRows
from jitai.cli.options import add_judge_option, backend_settings, open_chosen_judge
from jitai.cli.outputs import add_force_option, check_output
from jitai.cli.progress import ProgressLine
from jitai.cli.reading import FORMATS, add_reading_options, print_preview, reading_options, say, say_what_is_read
from jitai.errors import BackendError, FileFormatError, ParameterError
from jitai.files import digest_of_file, open_to_read
from jitai.importing.statements import ImportedRow, RowState, StatementReader, Tally, statement_reader
from jitai.importing.table import open_table
from jitai.judge.judge import Judge
from jitai.records import Decision, Verdict
from jitai.sanitise import for_terminal
from jitai.text_format import counted
from jitai.validation.report import NO_ANSWER

VERDICT_COLUMNS = ("p_send", "verdict", "source", "latency_ms", "failure")
NO_STATEMENT, UNUSABLE = "no statement", "unusable"
MOST_FAILURES_IN_A_ROW = 25
"""A server that has gone away is not asked for the rest of a long file."""


def add_judge_command(commands: Any) -> None:
    """Add the command to a parser.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "judge",
        help="judge a column of statements",
        description="Judge a file of statements: every row is written with all its columns and its verdict. What is "
        "judged is kept as it comes; the same command goes on where it was stopped.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help=FORMATS)
    parser.add_argument("--out", type=Path, metavar="OUT.csv", help="where the verdicts are written")
    add_force_option(parser)
    add_reading_options(parser, with_labels=False)
    add_judge_option(parser)
    parser.set_defaults(command=judge_command)


def judge_command(options: argparse.Namespace) -> None:
    """Judge every statement of a file and write the rows with their verdicts.

    Raises: JitaiError for whatever the person can mend, and where no statement could be judged.
    """
    settings = backend_settings(options)
    if options.out is not None:
        check_output(options.out, ".csv", force=options.force, read=options.file)
    elif not options.preview:
        raise ParameterError("Say with --out where the verdicts are written, or look at the file with --preview.")
    with open_to_read(options.file) as file:
        table = open_table(file, options.file.name, reading_options(options))
        reader = statement_reader(table, options.text_column, options.missing)
        if options.preview:
            print_preview(reader)
            return
        tally = Tally()
        for row in reader.rows():
            tally.add(row)
        if not tally.n_usable:
            raise FileFormatError(
                f"{table.name} has no statement that can be judged. {' '.join(tally.sentences())}".strip(),
                "See with --preview how it is read; --text-column names another column.",
            )
        say_what_is_read(reader, tally.sentences())
        # What a judge must be told to do on failure never shows here: nothing is sent, and "no answer" is written.
        with closing(open_chosen_judge(options, settings, Decision.HOLD_BACK)) as judge:
            print(f"Judge: {for_terminal(judge.at_work())}", file=sys.stderr)
            _judge_all(reader, tally, judge, options.out, _fingerprint(options, reader, judge))


def _judge_all(reader: StatementReader, tally: Tally, judge: Judge, out: Path, fingerprint: str) -> None:
    """Judge the rows that are not kept yet.

    Raises: BackendError if none could be judged, or if the model has gone away.
    """
    columns = _free_names(reader.table.columns)
    place = len(reader.table.columns) + VERDICT_COLUMNS.index("verdict")
    n_failed, in_a_row, why = 0, 0, ""
    with KeptRows(out, (*reader.table.columns, *columns), fingerprint, _is_answered(place)) as kept:
        if kept.n_kept:
            say([f"{counted(kept.n_kept, 'row')} kept in {kept.path.name}; going on after them."])
        progress = ProgressLine("rows judged", tally.n_rows, kept.n_kept)
        try:
            for number, row in enumerate(islice(reader.rows(), kept.n_kept, None), start=kept.n_kept + 1):
                verdict = judge.judge(row.text) if row.state is RowState.USABLE else None
                kept.add((*row.cells, *_verdict_cells(row, verdict)))
                if verdict is not None:
                    failed = verdict.is_fallback
                    n_failed, in_a_row = n_failed + failed, (in_a_row + 1) * failed
                    why = verdict.failure or why
                if in_a_row == MOST_FAILURES_IN_A_ROW and number < tally.n_rows:
                    raise BackendError(
                        f"{in_a_row} statements in a row could not be judged: {why}",
                        _going_on(kept),
                    )
                progress.show(number)
        except KeyboardInterrupt:
            progress.end()
            say([_going_on(kept)])
            raise
        progress.end()
        kept.finish()
    say([f"{counted(tally.n_usable - n_failed, 'statement')} judged; verdicts: {out}"])
    if n_failed:
        said = f'{n_failed:,} could not be judged (verdict "{NO_ANSWER}"): {why}'
        if n_failed == tally.n_usable:
            raise BackendError(said, "Give the same command with --force when the model answers.")
        say([said])


def _going_on(kept: KeptRows) -> str:
    if not kept.holds_anything:
        return "Nothing has been judged yet: give the same command again."
    return f"What is judged is kept in {kept.path.name}; the same command goes on."


def _verdict_cells(row: ImportedRow, verdict: Verdict | None) -> tuple[str, ...]:
    """The cells of VERDICT_COLUMNS."""
    if verdict is None:
        word = NO_STATEMENT if row.state is RowState.MISSING else UNUSABLE
        return "", word, word, "", f"line {row.line} {row.problem}" if row.problem else ""
    return (
        "" if verdict.p_send is None else str(verdict.p_send),
        NO_ANSWER if verdict.is_fallback else verdict.decision.value,
        verdict.source.value,
        f"{verdict.latency_ms:.3f}",
        verdict.failure,
    )


def _is_answered(place: int) -> Callable[[Sequence[str]], bool]:
    """Whether a row has a verdict; those at the end of a stopped run that have none are asked again."""
    return lambda cells: len(cells) > place and cells[place] not in (NO_ANSWER, NO_STATEMENT, UNUSABLE)


def _free_names(columns: Sequence[str]) -> list[str]:
    """Names for the columns of verdicts that the file does not have."""
    number = 1
    while any(_numbered(name, number) in columns for name in VERDICT_COLUMNS):
        number += 1
    return [_numbered(name, number) for name in VERDICT_COLUMNS]


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}_{number}"


def _fingerprint(options: argparse.Namespace, reader: StatementReader, judge: Judge) -> str:
    """Hexadecimal digits of what decides the rows: the file, how it is read, and the judge."""
    try:
        asked = judge.digest()
    except BackendError:
        asked = judge.at_work()
    parts = (
        digest_of_file(options.file), reader.table.columns, reader.table.notes, reader.text_column,
        sorted(reader.missing), asked,
    )  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
