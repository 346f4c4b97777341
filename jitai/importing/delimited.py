"""Text files of rows: finding the delimiter, and reading row after row whatever the quotes are like.

A row that is no valid CSV does not end the reading: it is read as it stands where that fits the header, or else
given back with what is wrong with it.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "^": "carets", "~": "tildes", " ": "spaces"}
GUESSED = tuple(DELIMITERS)[:-1]
"""Those that are found out; a space is in every sentence."""
NO_DELIMITER = "\x1f"
"""Stands for "one statement a line": no text has it."""
MAX_LINE_LENGTH = 1_000_000
"""Characters of one line of a file."""
MAX_LINES_OF_A_CELL = 200
"""A quoted cell with more lines is taken for a quote that was never closed."""
_SHARE_THAT_FITS = 0.6
csv.field_size_limit(10 * MAX_LINE_LENGTH)


@dataclass(frozen=True)
class Record:
    """One row as it stands in a file.

    Attributes:
        line: on which it begins, from 1.
        cells: its cells.
        problem: what is wrong with it, as the end of a sentence that begins with its line; else empty.
    """

    line: int
    cells: tuple[str, ...]
    problem: str = ""


def numbered_lines(text: IO[str]) -> Iterator[tuple[int, str]]:
    """Lines with their numbers and line ends; what goes beyond MAX_LINE_LENGTH comes as an empty line end."""
    number = 0
    while line := text.readline(MAX_LINE_LENGTH):
        number += 1
        if len(line) == MAX_LINE_LENGTH and not line.endswith(("\n", "\r")):
            yield number, line
            while (rest := text.readline(MAX_LINE_LENGTH)) and not rest.endswith(("\n", "\r")):
                pass
        else:
            yield number, line


def records(lines: Iterable[tuple[int, str]], delimiter: str) -> Iterator[Record]:
    """Rows of a text file, without its empty lines.

    Args:
        lines: with numbers, as from ``numbered_lines``.
        delimiter: of DELIMITERS, or NO_DELIMITER.
    """
    source = _PushBack(lines)
    width = 0  # of the first row, against which stray quotes are told from quoted line breaks
    for number, line in source:
        if not line.strip():
            continue
        if len(line) >= MAX_LINE_LENGTH:
            yield Record(number, (line[:100],), f"has more than {MAX_LINE_LENGTH:,} characters")
            continue
        if '"' not in line:
            row = Record(number, tuple(line.rstrip("\r\n").split(delimiter)))
        else:
            row = _quoted(number, line, source, delimiter, width)
        width = width or len(row.cells)
        yield row


class _PushBack:
    """An iterator of lines to which lines can be given back."""

    def __init__(self, lines: Iterable[tuple[int, str]]) -> None:
        self._lines, self._back = iter(lines), list[tuple[int, str]]()

    def __iter__(self) -> "_PushBack":
        return self

    def __next__(self) -> tuple[int, str]:
        return self._back.pop() if self._back else next(self._lines)

    def give_back(self, lines: Sequence[tuple[int, str]]) -> None:
        self._back += reversed(lines)


def _quoted(number: int, line: str, source: _PushBack, delimiter: str, width: int) -> Record:
    """A row with quotes, which may go on over several lines."""
    taken = [(number, line)]
    cells = _parsed([line], delimiter)
    while cells is None and len(taken) < MAX_LINES_OF_A_CELL and (following := next(source, None)) is not None:
        taken.append(following)
        if '"' in following[1] and len(following[1]) < MAX_LINE_LENGTH:
            cells = _parsed([text for _, text in taken], delimiter)
    if cells and not _swallows_rows(taken, delimiter, width):
        return Record(number, tuple(cells))
    source.give_back(taken[1:])
    # As it stands, without any meaning of quotes; or as spreadsheets read it, where that fits the header better.
    plain = line.rstrip("\r\n").split(delimiter)
    [lenient] = csv.reader([line.rstrip("\r\n")], delimiter=delimiter)
    if len(plain) != width and len(lenient) == width and not _is_open(line, delimiter):
        return Record(number, tuple(lenient))
    problem = "" if not width or len(plain) == width else "has a double quote that is never closed"
    return Record(number, tuple(plain), problem)


def _parsed(lines: list[str], delimiter: str) -> list[str] | None:
    """The cells of valid CSV; None while a quote is open, and an empty list for what is none."""
    try:
        return next(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return None if "unexpected end" in str(error) else []


def _is_open(line: str, delimiter: str) -> bool:
    return _parsed([line], delimiter) is None


def _swallows_rows(taken: Sequence[tuple[int, str]], delimiter: str, width: int) -> bool:
    """Whether a "cell" of several lines holds whole rows, because a stray quote opened it."""
    inner = [text for _, text in taken[1:-1]]
    return bool(inner) and width > 1 and all(text.count(delimiter) == width - 1 for text in inner)


def find_delimiter(lines: Sequence[tuple[int, str]]) -> str:
    """The delimiter of a file.

    Args:
        lines: its first ones, numbered.
    Returns: of DELIMITERS, the one that divides the first row into several cells and most others into as many; else
        NO_DELIMITER: one statement a line.
    """
    best, most = NO_DELIMITER, (0.0, 0)
    for delimiter in GUESSED:
        sample = [record.cells for record in records(lines, delimiter)]
        if not sample or len(sample[0]) < 2:
            continue
        # A row that is too short may have lost empty cells at its end; one that is too long does not fit.
        header = len(without_empty_end(sample[0]))
        used = [len(without_empty_end(cells)) for cells in sample]
        fits = sum(len(cells) > 1 and n <= header for cells, n in zip(sample, used, strict=True)) / len(sample)
        exact = sum(n == header for n in used) / len(sample)
        if fits >= _SHARE_THAT_FITS and (round(exact + fits, 1), header) > most:
            best, most = delimiter, (round(exact + fits, 1), header)
    return best


def without_empty_end(cells: Sequence[str]) -> Sequence[str]:
    """The cells up to the last one that holds something; at least one."""
    end = len(cells)
    while end > 1 and not cells[end - 1].strip():
        end -= 1
    return cells[:end]
