"""Options of commands that read a person's statements, and what is said about the file before work begins."""

import argparse
import sys
from collections.abc import Iterable

from jitai.importing.statements import ImportedRow, StatementReader, Tally
from jitai.importing.table import ReadingOptions
from jitai.sanitise import for_terminal
from jitai.text_format import counted

FORMATS = "CSV, TSV, Excel (.xlsx), JSON lines, or text with one statement a line"
_WIDTH = 76
_N_COLUMNS_SHOWN = 30


def add_reading_options(parser: argparse.ArgumentParser, with_labels: bool) -> None:
    """Add the options that say how a file is read; what is left out is found out."""
    group = parser.add_argument_group("the file", f"{FORMATS}. Encoding, delimiter and columns are found out and said.")
    group.add_argument(
        "--text-column", default="", metavar="NAME", help="the column of statements, or its number from 1"
    )
    if with_labels:
        group.add_argument("--label-column", default="", metavar="NAME", help="the column of labels, or its number")
        group.add_argument(
            "--can-walk", action="append", default=[], metavar="WORD", help="a label that means so; may be repeated"
        )
        group.add_argument(
            "--cannot-walk", action="append", default=[], metavar="WORD", help="a label that means so; may be repeated"
        )
    group.add_argument(
        "--missing", action="append", default=[], metavar="CODE",
        help="one more code for no statement, beside empty cells, NA, NULL, -99, 999 ...; may be repeated",
    )  # fmt: skip
    group.add_argument("--encoding", default="", metavar="NAME", help="such as utf-8 or cp1252")
    group.add_argument("--delimiter", default="", metavar="CHARACTER", help='one of , ; | ^ ~, "tab" or "space"')
    group.add_argument(
        "--header", action=argparse.BooleanOptionalAction, help="whether the first line names the columns"
    )
    group.add_argument("--preview", action="store_true", help="show how the file is read, and do nothing")


def reading_options(options: argparse.Namespace) -> ReadingOptions:
    """The options of ``add_reading_options`` for ``open_table``."""
    delimiter = {"tab": "\t", "\\t": "\t", "space": " "}.get(options.delimiter, options.delimiter)
    columns = tuple(filter(None, (options.text_column, getattr(options, "label_column", ""))))
    return ReadingOptions(options.encoding, delimiter, options.header, columns)


def print_preview(reader: StatementReader) -> None:
    """Print how a file is read, its first rows, and what cannot be used of it."""
    table = reader.table
    print(for_terminal(f"{table.name}: {', '.join(table.notes)}."))
    for number, name in enumerate(table.columns, start=1):
        role = "statements" if number - 1 == reader.text_column else ""
        role = "labels" if number - 1 == reader.label_column else role
        if number > _N_COLUMNS_SHOWN and not role:
            continue
        print(for_terminal(f"  column {number}  {name[:40]}") + (f"  <- {role}" if role else ""))
    if len(table.columns) > _N_COLUMNS_SHOWN:
        print(f"  {len(table.columns):,} columns in all")
    for row in reader.preview():
        print(f"line {row.line:<6} {for_terminal(_shown(row))[:_WIDTH]}")
    tally = Tally()
    for row in reader.rows():
        tally.add(row)
    print(f"{counted(tally.n_usable, 'statement')} of {counted(tally.n_rows, 'row')} can be used.")
    for sentence in tally.sentences():
        print(for_terminal(sentence))


def say_what_is_read(reader: StatementReader, notes: Iterable[str]) -> None:
    """Say on standard error how a file is read and what cannot be used of it."""
    table = reader.table
    label = "" if reader.label_column is None else f", labels in {table.columns[reader.label_column]!r}"
    print(
        for_terminal(
            f"{table.name}: {', '.join(table.notes)}; statements in {table.columns[reader.text_column]!r}{label}."
        ),
        file=sys.stderr,
    )
    say(notes)


def say(sentences: Iterable[str]) -> None:
    """Print sentences on standard error."""
    for sentence in sentences:
        print(for_terminal(sentence), file=sys.stderr)


def _shown(row: ImportedRow) -> str:
    if row.problem:
        return f"({row.problem})"
    label = f"[{row.label.value}] " if row.label else ""
    return f"{label}{row.text}" if row.text else "(no statement)"
