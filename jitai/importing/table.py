"""A person's file as a table of texts: what it is, its columns, and its rows one after the other.

The file is untrusted and may be of any size. It is read from a stream, twice from its beginning (what it is; its
rows), and no more than one row is held. Nothing in it is executed. What was found out is said in ``Table.notes``.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO

from jitai.errors import FileFormatError
from jitai.importing.delimited import (
    DELIMITERS,
    GUESSED,
    NO_DELIMITER,
    Record,
    find_delimiter,
    numbered_lines,
    records,
    without_empty_end,
)
from jitai.importing.exports import recognise
from jitai.importing.json_lines import columns_of, json_records, listed
from jitai.importing.sheets import open_workbook
from jitai.importing.text_encoding import find_encoding, is_known, spoken
from jitai.sanitise import for_sentence
from jitai.text_format import counted

MAX_JSON_LIST_BYTES = 20_000_000
MAX_COLUMNS = 4_096
N_SAMPLED = 200
"""Lines by which a file is told apart."""
_MAX_TITLES = 10
"""Rows above the names of columns."""
_OTHER_FORMATS = (
    (b"\xd0\xcf\x11\xe0", "an Excel file of the format before 2007 (.xls)", "Save it as .xlsx or CSV and try again."),
    (b"$FL2", "an SPSS file", "Save it as CSV in SPSS and try again."),
    (b"$FL3", "an SPSS file", "Save it as CSV in SPSS and try again."),
    (bytes(12) + b"\xc2\xea\x81\x60", "a SAS file", "Write it as CSV (proc export) and try again."),
    (b"ARROW1", "a Feather file", "Save it as CSV and try again."),
    (b"<stata_dta>", "a Stata file", "Write it as CSV (export delimited) and try again."),
    (b"PAR1", "a Parquet file", "Save it as CSV and try again."),
    (b"%PDF", "a PDF file", "Copy its statements into a text file, one a line."),
    (b"\x1f\x8b", "a packed file", "Unpack it and try again."),
    (b"7z\xbc\xaf", "a packed file", "Unpack it and try again."),
    (b"BZh", "a packed file", "Unpack it and try again."),
    (b"\xfd7zXZ", "a packed file", "Unpack it and try again."),
    (b"\x28\xb5\x2f\xfd", "a packed file", "Unpack it and try again."),
    (b"Rar!", "a packed file", "Unpack it and try again."),
    (b"\x89PNG", "a picture", "Choose a CSV, Excel or text file."),
    (b"\xff\xd8\xff", "a picture", "Choose a CSV, Excel or text file."),
    (b"SQLite format 3", "a database", "Save the table as CSV and try again."),
    (b"{\\rtf", "an RTF document", "Save it as plain text, one statement a line."),
)
_MARKUP = ("<!doctype", "<html", "<?xml", "<table", "<workbook")
_TEXT_NAMES = """text said statement statements answer answers response responses reply replies message messages comment
comments content utterance sentence sentences free_text freetext open_text open_answer open_ended note notes
what_they_said free_response"""
TEXT_NAMES = frozenset(_TEXT_NAMES.split())
"""What a column of statements is usually called, in small letters."""
LABEL_NAMES = ("label", "labels", "can_walk", "gold", "truth", "y", "class", "target", "annotation", "rating")


@dataclass(frozen=True)
class ReadingOptions:
    """What a person says about a file; what is left open is found out.

    Attributes:
        encoding: such as "cp1252".
        delimiter: one of DELIMITERS.
        header: whether the first line names the columns.
        columns: names of columns that are wanted, which tell a header from a statement.
    """

    encoding: str = ""
    delimiter: str = ""
    header: bool | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A file that has been told apart.

    Attributes:
        name: of the file, for sentences.
        columns: their names, none empty, none twice.
        notes: how it was read, one phrase each.
        n_skipped: rows below the header that an export has for labels of questions.
    """

    name: str
    columns: tuple[str, ...]
    notes: tuple[str, ...]
    n_skipped: int
    _records: Callable[[], Iterator[Record]] = field(repr=False)

    def rows(self) -> Iterator[Record]:
        """All rows from the first, each with as many cells as there are columns.

        A row with too many cells has a problem, and the rest of it in its last cell; nothing of it is lost.
        """
        n = len(self.columns)
        for record in islice(self._records(), self.n_skipped, None):
            cells = without_empty_end(record.cells)
            if len(cells) > n:
                problem = record.problem or f"has {counted(len(cells), 'cell')}; there are {counted(n, 'column')}"
                yield Record(record.line, (*cells[: n - 1], " ".join(cells[n - 1 :])), problem)
            else:
                yield Record(record.line, (*cells, *[""] * (n - len(cells))), record.problem)


def open_table(stream: IO[bytes], name: str, options: ReadingOptions | None = None) -> Table:
    """Tell a file apart.

    Args:
        stream: of the file, which can go back to its beginning; it must stay open while rows are read.
        name: of the file, for sentences; its ending tells plain text from CSV.
        options: what the person says about it.
    Raises: FileFormatError with what it is, where it is nothing that holds statements.
    """
    options, name = options or ReadingOptions(), for_sentence(name)
    stream.seek(0)
    head = stream.read(4096)
    if not head.strip():
        raise FileFormatError(f"{name} is empty.", "Choose a file with one statement a row.")
    for beginning, what, hint in _OTHER_FORMATS:
        if head.startswith(beginning):
            raise FileFormatError(f"{name} is {what}, which is not read.", hint)
    if head.startswith(b"PK"):
        rows, notes = open_workbook(stream, name)
        return _with_header(rows, name, notes, options, is_plain_text=False)
    return _text_table(stream, name, options)


def _text_table(stream: IO[bytes], name: str, options: ReadingOptions) -> Table:
    if options.encoding and not is_known(options.encoding):
        raise FileFormatError(f'There is no encoding "{for_sentence(options.encoding)}".', "Try utf-8 or cp1252.")
    encoding = options.encoding or find_encoding(stream)

    def lines() -> Iterator[tuple[int, str]]:
        stream.seek(0)
        text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
        try:
            yield from numbered_lines(text)
        except UnicodeError as error:  # UTF-16 that ends in half a character, in spite of "replace"
            raise FileFormatError(f"{name} is no text in {spoken(encoding)}.", "Save it as CSV in UTF-8.") from error
        finally:
            text.detach()

    sample = list(islice(lines(), N_SAMPLED))
    _check_is_text(sample, name, encoding)
    beginning = next((line.lstrip() for _, line in sample if line.strip()), "")
    if beginning.lower().startswith(_MARKUP):
        raise FileFormatError(
            f"{name} is a web page or XML, whatever its ending says, and is not read.",
            "Open it in a spreadsheet, save it as .xlsx or CSV and try again.",
        )
    if beginning.startswith(("{", "[")) and (found := _json_table(stream, lines, name, encoding, beginning)):
        return found
    notes = [spoken(encoding)]
    skipped, given = 0, options.delimiter
    if beginning.lower().startswith("sep=") and len(beginning.strip()) <= 5:
        given, skipped = given or (beginning[4:5] if beginning[4:5].strip() or beginning[4:5] == "\t" else ","), 1
        notes.append('a first line "sep="')
    sample = sample[skipped:]
    if given and given not in DELIMITERS:
        raise FileFormatError(
            f'"{for_sentence(given)}" divides no columns here.', f"Allowed are {', '.join(DELIMITERS.values())}."
        )
    delimiter = given or find_delimiter(sample)
    if delimiter == NO_DELIMITER:  # a title above the names of columns hides them
        titled = (one for one in GUESSED if _n_above_header(list(records(sample, one)), options.columns))
        delimiter = next(titled, NO_DELIMITER)
    notes.append(DELIMITERS.get(delimiter, "one statement a line"))
    return _with_header(
        lambda: records(islice(lines(), skipped, None), delimiter),
        name, tuple(notes), options, is_plain_text=delimiter == NO_DELIMITER and name.lower().endswith(".txt"),
    )  # fmt: skip


def _check_is_text(sample: Sequence[tuple[int, str]], name: str, encoding: str) -> None:
    """Raises: FileFormatError for what is no text: many characters that no text has."""
    text = "".join(line for _, line in sample)[:20_000]
    odd = sum((character < " " and character not in "\t\r\n\f\v\x1f") or character == "\ufffd" for character in text)
    if odd > 0.02 * len(text) + 1 or (encoding == "cp1252" and "\0" in text):
        raise FileFormatError(
            f"{name} is no text file.", "Choose a CSV, TSV, Excel (.xlsx) or JSON lines file, or one statement a line."
        )


def _json_table(
    stream: IO[bytes], lines: Callable[[], Iterator[tuple[int, str]]], name: str, encoding: str, beginning: str
) -> Table | None:
    """A table of JSON; None where the text only begins like JSON."""
    columns = columns_of(lines())
    _check_width(name, len(columns))
    if columns and beginning.startswith("{"):
        return Table(name, columns, (spoken(encoding), "JSON lines"), 0, lambda: json_records(lines(), columns))
    if not name.lower().endswith((".json", ".jsonl", ".ndjson")):
        return None
    stream.seek(0)
    content = stream.read(MAX_JSON_LIST_BYTES + 1)
    if len(content) > MAX_JSON_LIST_BYTES:
        raise FileFormatError(f"{name} is too large for one JSON list.", "Save it with one JSON object a line.")
    text = content.decode(encoding, errors="replace").lstrip("\ufeff")
    items = list(listed(text, name, MAX_JSON_LIST_BYTES))
    columns = columns_of(items)
    _check_width(name, len(columns))
    if not columns:
        raise FileFormatError(f"{name} holds no list of statements.", "Save it with one JSON object a line.")
    return Table(name, columns, (spoken(encoding), "a JSON list"), 0, lambda: json_records(items, columns))


def _with_header(
    rows: Callable[[], Iterator[Record]],
    name: str,
    notes: tuple[str, ...],
    options: ReadingOptions,
    is_plain_text: bool,
) -> Table:
    n_above = _n_above_header(list(islice(rows(), N_SAMPLED)), options.columns) if options.header is not False else 0
    first = list(islice(rows(), n_above, n_above + 50))
    if not first or not any(cell.strip() for cell in first[0].cells):
        raise FileFormatError(f"{name} is empty, or its first line is.", "Choose a file with one statement a row.")
    width = len(without_empty_end(first[0].cells))
    _check_width(name, width)
    if n_above:
        notes = (*notes, f"{counted(n_above, 'row')} above the names of columns skipped")
    has_header = options.header if options.header is not None else _is_header(first, options.columns, is_plain_text)
    if not has_header:
        columns = ("statement",) if width == 1 else tuple(f"column {number}" for number in range(1, width + 1))
        return Table(name, columns, (*notes, "no line with names of columns"), 0, rows)
    export = recognise([record.cells for record in first])
    if export is not None:
        notes = (*notes, f"an export of {export.program}")
        if export.n_skipped:
            notes = (*notes, f"{counted(export.n_skipped, 'row')} of labels under the header skipped")
    columns = _names(first[0].cells[:width])
    if width == 1 and " " in columns[0] and options.header is None:
        notes = (*notes, "the first line taken for the name of the column, not for a statement (--no-header)")
    n_skipped = export.n_skipped if export else 0
    return Table(name, columns, notes, n_skipped, lambda: islice(rows(), n_above + 1, None))


def _check_width(name: str, width: int) -> None:
    """Raises: FileFormatError for more columns than are read."""
    if width > MAX_COLUMNS:
        raise FileFormatError(
            f"{name} has {width:,} columns; at most {MAX_COLUMNS:,} are read.",
            "Save it with the columns that you need and try again.",
        )


def _n_above_header(rows: Sequence[Record], wanted: Sequence[str]) -> int:
    """How many rows are titles above the columns' names: with fewer cells than these, one of which is known."""
    known = {*TEXT_NAMES, *LABEL_NAMES, *(word.strip().casefold() for word in wanted)}
    for number, record in enumerate(rows[:_MAX_TITLES]):
        names = {cell.strip().casefold() for cell in record.cells}
        width = _n_filled(record)
        if width > 1 and known & names:
            is_title = number > 0 and all(_n_filled(above) < width for above in rows[:number])
            fits = sum(1 < _n_filled(below) <= len(record.cells) for below in rows[number + 1 :])
            return number if is_title and fits > 0.6 * len(rows[number + 1 :]) else 0
    return 0


def _n_filled(record: Record) -> int:
    return sum(bool(cell.strip()) for cell in record.cells)


def _is_header(first: Sequence[Record], wanted: Sequence[str], is_plain_text: bool) -> bool:
    """Whether the first row names the columns."""
    names = [cell.strip().casefold() for cell in without_empty_end(first[0].cells)]
    if any(word.strip().casefold() in names for word in wanted if word.strip()):
        return True
    if len(names) > 1:
        return not any(_is_number(cell) for cell in names)
    if names[0] in TEXT_NAMES:
        return True
    if not is_plain_text:
        return True
    others = [record.cells[0].split() for record in first[1:]]
    return " " not in names[0] and bool(others) and sum(len(words) > 1 for words in others) > len(others) / 2


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return cell not in ("nan", "inf", "infinity")


def _names(cells: Sequence[str]) -> tuple[str, ...]:
    """Names of columns on one line, none empty and none twice."""
    names: list[str] = []
    taken = set[str]()
    for number, cell in enumerate(cells, start=1):
        plain = " ".join(cell.replace("\ufeff", "").split())[:200] or f"column {number}"
        name, again = plain, 2
        while name in taken:
            name, again = f"{plain} ({again})", again + 1
        taken.add(name)
        names.append(name)
    return tuple(names)
