"""From a table to statements: which column holds them, what is no statement, and what each row's label means.

Every row is answered for: it is used, or counted with the reason and the first lines on which that happened.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice

from jitai.errors import FileFormatError
from jitai.importing.labels import label_key
from jitai.importing.missing import is_missing, missing_codes
from jitai.importing.table import LABEL_NAMES, TEXT_NAMES, Table
from jitai.parameters import suggestion
from jitai.records import Label
from jitai.sanitise import for_sentence
from jitai.text_format import counted

N_PREVIEWED = 5
MAX_TEXT_LENGTH = 20_000
"""Characters of one statement; the judge reads far fewer, see jitai.judge.text."""
_N_LOOKED_AT = 200
_N_LINES_NAMED = 5
_SHARE_OF_LABELS = 0.6


class RowState(Enum):
    """What can be done with a row."""

    USABLE = "usable"
    MISSING = "no statement"
    UNUSABLE = "unusable"


@dataclass(frozen=True)
class ImportedRow:
    """A row that has been looked at.

    Attributes:
        line: on which it begins in the file.
        cells: as they stand there, one for each column.
        state: what can be done with it.
        text: the statement; empty unless it is usable.
        label: None where no label is wanted, or it cannot be used.
        problem: why it cannot be used, as the end of a sentence that begins with its line.
        kind: of the problem, for counting.
    """

    line: int
    cells: tuple[str, ...]
    state: RowState
    text: str = ""
    label: Label | None = None
    problem: str = ""
    kind: str = ""


@dataclass
class Tally:
    """Counts rows as they come; its size does not grow with the file."""

    n_rows: int = 0
    n_usable: int = 0
    n_missing: int = 0
    unusable: dict[str, list[int]] = field(default_factory=dict)
    n_unusable: dict[str, int] = field(default_factory=dict)

    def add(self, row: ImportedRow) -> None:
        """Count a row."""
        self.n_rows += 1
        if row.state is RowState.USABLE:
            self.n_usable += 1
        elif row.state is RowState.MISSING:
            self.n_missing += 1
        else:
            self.n_unusable[row.kind] = self.n_unusable.get(row.kind, 0) + 1
            lines = self.unusable.setdefault(row.kind, [])
            if len(lines) < _N_LINES_NAMED:
                lines.append(row.line)

    def sentences(self) -> tuple[str, ...]:
        """What was not used and why; none if every row was."""
        found = []
        if self.n_missing:
            found.append(f"{counted(self.n_missing, 'row')} with no statement (empty, or a code such as NA or -99).")
        for kind, number in self.n_unusable.items():
            lines = ", ".join(f"{line:,}" for line in self.unusable[kind])
            more = " and others" if number > len(self.unusable[kind]) else ""
            noun = "line" if number == 1 else "lines"
            found.append(f"{counted(number, 'row')} cannot be used, {kind}: {noun} {lines}{more}.")
        return tuple(found)


@dataclass(frozen=True)
class StatementReader:
    """What is read of a table, and how.

    Attributes:
        table: the file.
        text_column: index of the column of statements.
        label_column: index of the column of labels; None where none is wanted.
        words: what labels are called, by ``label_key``.
        missing: further codes for "no statement", as ``missing_codes`` gives them.
    """

    table: Table
    text_column: int
    label_column: int | None = None
    words: Mapping[str, Label] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()

    def rows(self) -> Iterator[ImportedRow]:
        """All rows, looked at."""
        for record in self.table.rows():
            yield self._looked_at(record.line, record.cells, record.problem)

    def preview(self) -> list[ImportedRow]:
        """The first rows."""
        return list(islice(self.rows(), N_PREVIEWED))

    def labels(self) -> dict[str, int]:
        """What stands in the column of labels in the first rows, and how often; empty where none is wanted."""
        found: dict[str, int] = {}
        if self.label_column is not None:
            for record in islice(self.table.rows(), _N_LOOKED_AT):
                word = " ".join(record.cells[self.label_column].split())[:60]
                found[word] = found.get(word, 0) + 1
        return found

    def _looked_at(self, line: int, cells: tuple[str, ...], problem: str) -> ImportedRow:
        if problem:
            kind = "with more cells than columns" if "cell" in problem else "damaged"
            return ImportedRow(line, cells, RowState.UNUSABLE, problem=problem, kind=kind)
        text = cells[self.text_column]
        if is_missing(text, self.missing):
            return ImportedRow(line, cells, RowState.MISSING)
        if len(text) > MAX_TEXT_LENGTH:
            problem = f"has a statement of {len(text):,} characters; at most {MAX_TEXT_LENGTH:,} are read"
            return ImportedRow(line, cells, RowState.UNUSABLE, problem=problem, kind="too long a statement")
        if self.label_column is None:
            return ImportedRow(line, cells, RowState.USABLE, text)
        given = cells[self.label_column]
        label = self.words.get(label_key(given))
        if label is None:
            problem = f'has the label "{for_sentence(given.strip())[:40]}"' if given.strip() else "has no label"
            return ImportedRow(line, cells, RowState.UNUSABLE, problem=problem, kind="without a label that is known")
        return ImportedRow(line, cells, RowState.USABLE, text, label)


def statement_reader(table: Table, text_column: str = "", missing: Sequence[str] = ()) -> StatementReader:
    """A reader of statements without labels.

    Args:
        table: the file.
        text_column: its name, or its number from 1; found out if empty.
        missing: further codes for "no statement".
    Raises: FileFormatError naming the columns, where there is none of that name or none that is clearly meant.
    """
    return StatementReader(table, _text_column(table, text_column), missing=missing_codes(missing))


def labelled_reader(
    table: Table,
    words: Mapping[str, Label],
    text_column: str = "",
    label_column: str = "",
    missing: Sequence[str] = (),
) -> StatementReader:
    """A reader of statements with labels; arguments as of ``statement_reader``, and

    Args:
        words: what labels are called, from ``label_words``.
        label_column: its name, or its number from 1; found out if empty.
    Raises: FileFormatError as ``statement_reader``.
    """
    label = column_of(table, label_column) if label_column else _named(table, LABEL_NAMES)
    if label is None:
        label = _column_of_labels(table, words)
    if label is None:
        raise FileFormatError(
            f"{table.name} has no column that is clearly the label.",
            f"Name it; the columns are {_listed(table)}. One row needs one statement and one label.",
        )
    text = _text_column(table, text_column, other_than=label)
    if text == label:
        raise FileFormatError(f"{table.name} has one column for text and label.", "Choose two different columns.")
    return StatementReader(table, text, label, words, missing_codes(missing))


def column_of(table: Table, wanted: str) -> int:
    """The index of the column that a person names: by its name, its name in other letters, or its number from 1.

    Raises: FileFormatError naming the columns.
    """
    if wanted in table.columns:
        return table.columns.index(wanted)
    plain = " ".join(wanted.split()).casefold()
    folded = [name.casefold() for name in table.columns]
    if plain in folded:
        return folded.index(plain)
    if plain.isdecimal() and 1 <= int(plain[:9]) <= len(table.columns):
        return int(plain[:9]) - 1
    raise FileFormatError(
        f"{table.name} has no column {for_sentence(wanted)!r}{suggestion(wanted, table.columns[:20])}",
        "A number from 1 chooses a column by its place.",
    )


def _text_column(table: Table, wanted: str, other_than: int | None = None) -> int:
    """Raises: FileFormatError."""
    if wanted:
        return column_of(table, wanted)
    if len(table.columns) == 1:
        return 0
    if (named := _named(table, TEXT_NAMES)) is not None and named != other_than:
        return named
    found = _wordiest(table, other_than)
    if found is None:
        raise FileFormatError(
            f"{table.name} has no column that clearly holds statements.", f"Name it; the columns are {_listed(table)}."
        )
    return found


def _named(table: Table, names: Sequence[str] | frozenset[str]) -> int | None:
    found = [index for index, name in enumerate(table.columns) if name.strip().casefold() in names]
    return found[0] if found else None


def _column_of_labels(table: Table, words: Mapping[str, Label]) -> int | None:
    """The only column with both labels in most of its filled cells; None if there are none or several."""
    sample = list(islice(table.rows(), _N_LOOKED_AT))
    found = []
    for index in range(len(table.columns)):
        filled = [label_key(record.cells[index]) for record in sample if record.cells[index].strip()]
        labels = [words[key] for key in filled if key in words]
        if len(set(labels)) == len(Label) and len(labels) >= _SHARE_OF_LABELS * len(filled):
            found.append(index)
    return found[0] if len(found) == 1 else None


def _wordiest(table: Table, other_than: int | None) -> int | None:
    """The column with the most words a cell, if it has twice as many as any other."""
    sample = list(islice(table.rows(), _N_LOOKED_AT))
    n_words = [
        (sum(_n_words(record.cells[index]) for record in sample) / max(1, len(sample)), index)
        for index in range(len(table.columns))
        if index != other_than
    ]
    n_words.sort(reverse=True)
    if len(n_words) == 1 or (n_words and n_words[0][0] >= 1.5 and n_words[0][0] >= 2 * n_words[1][0]):
        return n_words[0][1]
    return None


def _n_words(cell: str) -> int:
    return sum(any(map(str.isalpha, word)) for word in cell.split())


def _listed(table: Table) -> str:
    names = ", ".join(f"{number} {for_sentence(name)}" for number, name in enumerate(table.columns[:20], start=1))
    return names + (" ..." if len(table.columns) > 20 else "")
