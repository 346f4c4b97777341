"""Excel workbooks: the first sheet that holds anything, row after row, within limits.

A workbook is a zip file of XML, so a few kilobytes may hold gigabytes: what its parts unpack to is counted before
anything is unpacked, and zipfile gives no more of a part than it declared. defusedxml refuses entities.
"""

import datetime
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any

from jitai.errors import FileFormatError
from jitai.importing.delimited import Record

MAX_UNPACKED_BYTES = 300_000_000
MAX_SHARED_TEXT_BYTES = 100_000_000
"""Of the texts that cells share, which are held in memory."""
MAX_ROW_BYTES = 20_000_000
"""Of XML of one row, which is held in memory many times as large."""
MAX_OTHER_BYTES = 20_000_000
"""Of XML that is neither cells nor their texts, such as styles."""
MAX_PARTS = 2_000
MAX_ROWS = 1_048_576
"""That a sheet of Excel can have."""
_OTHER_ZIPS = (
    ("content.xml", "an OpenDocument file, which is not read", "Save it as .xlsx or CSV and try again."),
    ("word/document.xml", "a Word document", "Save its statements as plain text, one a line."),
    ("Index/Document.iwa", "a file of Apple Numbers, which is not read", "Export it as .xlsx or CSV and try again."),
    ("xl/workbook.bin", "a binary Excel file (.xlsb), which is not read", "Save it as .xlsx or CSV and try again."),
)
_HINT = "Save the sheet as CSV and try again."


def open_workbook(stream: IO[bytes], name: str) -> tuple[Callable[[], Iterator[Record]], tuple[str, ...]]:
    """A workbook's rows, to be read as often as wanted, and what is to be said about it.

    Raises: FileFormatError for whatever is not a workbook of a size that can be read.
    """
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
    except Exception as error:  # zipfile raises what its parts raise: struct.error, ValueError, NotImplementedError ...
        raise FileFormatError(f"{name} is a damaged Excel file.", _HINT) from error
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        what, hint = next(
            ((what, hint) for inside, what, hint in _OTHER_ZIPS if inside in names),
            ("a zip file, but no Excel workbook", "Unpack it, and name the file in it."),
        )
        raise FileFormatError(f"{name} is {what}.", hint)
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise FileFormatError(f"{name} unpacks to more than {MAX_UNPACKED_BYTES / 1e6:.0f} MB.", _HINT)
    if any(part.flag_bits & 1 for part in parts):
        raise FileFormatError(f"{name} is protected by a password.", "Save it without one and try again.")
    if sum(part.file_size for part in parts if "sharedstrings" in part.filename.casefold()) > MAX_SHARED_TEXT_BYTES:
        raise FileFormatError(f"{name} holds more than {MAX_SHARED_TEXT_BYTES / 1e6:.0f} MB of text.", _HINT)
    if sum(part.file_size for part in parts if _is_read_whole(part.filename)) > MAX_OTHER_BYTES:
        raise FileFormatError(f"{name} holds more than {MAX_OTHER_BYTES / 1e6:.0f} MB of styles.", _HINT)
    with _as_sentence(name):
        large = [part.filename for part in parts if part.file_size > MAX_ROW_BYTES]
        _check_rows(stream, [part for part in large if "worksheets/" in part.casefold()], name)
        workbook = _opened(stream)
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"] or workbook.worksheets
        chosen = next((sheet for sheet in sheets if any(_rows_of(sheet))), None)
    if chosen is None:
        raise FileFormatError(f"{name} has no sheet with anything in it.", "Choose another file.")
    note = f'Excel, sheet "{chosen.title}"' + (f", the first of {len(sheets)} with rows" if len(sheets) > 1 else "")
    title = chosen.title
    notes: tuple[str, ...] = (note,)
    with _as_sentence(name):
        if _has_formula_without_value(stream, chosen._worksheet_path):
            notes = (note, "formulas without a value read as empty cells (open it in a spreadsheet and save it)")

    def rows() -> Iterator[Record]:
        with _as_sentence(name):
            yield from _rows_of(_opened(stream)[title])

    return rows, notes


_FORMULA_ALONE = re.compile(rb"<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>|</c>)")


def _has_formula_without_value(stream: IO[bytes], part: str) -> bool:
    """Whether the beginning of a sheet has one, as programs write it that do not calculate."""
    with zipfile.ZipFile(stream) as archive, archive.open(part) as sheet:
        return _FORMULA_ALONE.search(sheet.read(1_000_000)) is not None


def _is_read_whole(part: str) -> bool:
    name = part.casefold()
    return name.endswith((".xml", ".rels")) and not any(word in name for word in _READ_IN_PARTS_OR_NEVER)


_READ_IN_PARTS_OR_NEVER = (
    "worksheets/", "sharedstrings", "pivot", "drawing", "comments", "charts/", "customxml", "media/",
)  # fmt: skip


def _check_rows(stream: IO[bytes], parts: list[str], name: str) -> None:
    """Raises: FileFormatError for a sheet with a row that memory could not hold."""
    with zipfile.ZipFile(stream) as archive:
        for part in parts:
            since = 0
            with archive.open(part) as sheet:
                while chunk := sheet.read(1 << 20):
                    end = chunk.rfind(b"</row>")
                    since = since + len(chunk) if end < 0 else len(chunk) - end
                    if since > MAX_ROW_BYTES:
                        raise FileFormatError(f"{name} has a row of more than {MAX_ROW_BYTES / 1e6:.0f} MB.", _HINT)


class _as_sentence:  # noqa: N801 - a context, read as words; a generator could not be left by an iterator's end
    """Turns whatever openpyxl and the XML parser raise into one sentence."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, FileFormatError):
            raise FileFormatError(f"{self._name} is a damaged Excel file.", _HINT) from error


def _opened(stream: IO[bytes]) -> Any:
    import openpyxl  # 0.3 s to import

    stream.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which nobody here looks at
        return openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)


def _rows_of(sheet: Any) -> Iterator[Record]:
    """Rows that hold anything, with their numbers. What a sheet says of its own size is not believed."""
    sheet.reset_dimensions()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, row in enumerate(sheet.iter_rows(values_only=True, max_row=MAX_ROWS), start=1):
            filled = row[: _n_filled(row)]
            if filled:
                yield Record(number, tuple(_text(value) for value in filled))


def _n_filled(row: tuple[Any, ...]) -> int:
    return max((index + 1 for index, value in enumerate(row) if value is not None), default=0)


def _text(value: object) -> str:
    """A cell as a person sees it: whole numbers without a point, dates as ISO 8601 writes them."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return str(value)
