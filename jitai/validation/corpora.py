"""Labelled statements to judge a judge on: parts of our corpus, or a person's CSV file; and samples of them.

A person's file is untrusted: it is read with limits, nothing in it is executed or rendered, and whatever is wrong with
it is said in one sentence that names line and column.
"""

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from jitai.errors import FileFormatError, ParameterError
from jitai.records import Label, Statement
from jitai.sanitise import for_terminal
from jitai.seeding import Stream, generator
from jitai.text_format import counted

MAX_FILE_BYTES = 10_000_000
MAX_ROWS = 20_000
MAX_TEXT_LENGTH = 20_000
"""Characters of one statement; the judge reads far fewer, see jitai.judge.text."""
MAX_WORD_LENGTH = 60
"""Characters of a kind, a language or an id."""
NOT_GIVEN = "not given"
REQUIRED_COLUMNS = ("text", "label")
OPTIONAL_COLUMNS = ("kind", "language", "id", "pair")
LABEL_WORDS: dict[str, Label] = {
    **dict.fromkeys(("can_walk", "can walk", "1", "yes", "send", "true"), Label.CAN_WALK),
    **dict.fromkeys(
        ("cannot_walk", "cannot walk", "can't walk", "0", "no", "do not send", "do_not_send", "don't send", "false"),
        Label.CANNOT_WALK,
    ),
}
"""What a label may be called, in small letters: 1, yes and send mean that a walking message may be sent."""
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_ALLOWED_LABELS = "can_walk or cannot_walk (also 1 or 0, yes or no, send or do not send)"


class _Row(NamedTuple):
    """One data row with the line on which it begins."""

    line: int
    cells: Mapping[str, str]


def read_labelled_csv(content: bytes, name: str) -> tuple[Statement, ...]:
    """Read a person's labelled statements.

    Args:
        content: of the file: UTF-8 (a byte order mark is fine), with commas, semicolons or tabs between the columns,
            and a first line that names them: text and label, in any order, and if wanted kind, language, id and pair.
            Other columns are passed over. Capital letters in names of columns and in labels do not matter.
        name: of the file, for error messages.
    Returns: in the file's order. Without an id, a row's line number is its id; without a pair, a row is alone; kind and
        language are NOT_GIVEN where the file does not give them.
    Raises: FileFormatError with file, line and column, and what is allowed.
    """
    if len(content) > MAX_FILE_BYTES:
        size = f"{len(content) / 1e6:.1f} MB"
        raise FileFormatError(f"{name} has {size}: at most {MAX_FILE_BYTES / 1e6:.0f} MB are read.", "Split the file.")
    text = _decoded(content, name)
    statements: list[Statement] = []
    lines_by_id: dict[str, int] = {}
    pairs: dict[str, int] = {}
    for row in _rows(text, name):
        if len(statements) == MAX_ROWS:
            raise FileFormatError(f"{name} has more than {MAX_ROWS:,} rows.", "Split the file.")
        statement = _statement(row, name, pairs)
        if statement.identifier in lines_by_id:
            raise FileFormatError(
                f"{name}, line {row.line}, column id: {_shown(statement.identifier)} stands in line "
                f"{lines_by_id[statement.identifier]} already.",
                "Give every row an id of its own, or leave the column out.",
            )
        lines_by_id[statement.identifier] = row.line
        statements.append(statement)
    if not statements:
        raise FileFormatError(f"{name} has no statements below its first line.", "Add at least one row.")
    return tuple(statements)


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileFormatError(
            f"{name}, line {line}, is not UTF-8 text.", "Save the file as CSV in UTF-8 and try again."
        ) from error


def _rows(text: str, name: str) -> Iterator[_Row]:
    """Yield the data rows without empty lines.

    Raises: FileFormatError.
    """
    first_line = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    header: list[str] | None = None
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileFormatError(
                f"{name}, line {begins}, is not valid CSV: {error}.", "Close every double quote that opens a cell."
            ) from error
        if header is None:
            header = _checked_header(cells, name)
        elif any(cell.strip() for cell in cells):
            if len(cells) != len(header):
                raise FileFormatError(
                    f"{name}, line {begins}, has {counted(len(cells), 'cell')}; the header has {len(header)}.",
                    f"Put texts that contain {_DELIMITERS[delimiter]} in double quotes.",
                )
            yield _Row(begins, dict(zip(header, cells, strict=True)))
        begins = reader.line_num + 1


def _checked_header(cells: Sequence[str], name: str) -> list[str]:
    """Return the names of the columns in small letters, once they are checked.

    Raises: FileFormatError if one that is needed is missing, or one of ours is there twice.
    """
    header = [cell.strip().lower() for cell in cells]
    missing = [column for column in REQUIRED_COLUMNS if column not in header]
    if missing:
        raise FileFormatError(
            f"{name}, line 1: there is no column {' and no column '.join(missing)}.",
            'The first line names the columns: "text" and "label" are needed, '
            f"{', '.join(OPTIONAL_COLUMNS)} may be there too.",
        )
    for column in (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS):
        if header.count(column) > 1:
            raise FileFormatError(f"{name}, line 1: two columns are called {column}.", "Rename one and try again.")
    return header


def _statement(row: _Row, name: str, pairs: dict[str, int]) -> Statement:
    """Return the labelled statement in a row, once the row is checked.

    Args:
        row: the row.
        name: of the file.
        pairs: numbers of the pairs met so far, by what the file calls them; extended here.
    Raises: FileFormatError.
    """
    text = row.cells["text"]
    if not text.strip():
        raise FileFormatError(
            f"{name}, line {row.line}, column text: it is empty.", "Write a statement or delete the row."
        )
    if len(text) > MAX_TEXT_LENGTH:
        raise FileFormatError(
            f"{name}, line {row.line}, column text: {len(text):,} characters; at most {MAX_TEXT_LENGTH:,} are allowed.",
            "Shorten the text.",
        )
    label = LABEL_WORDS.get(" ".join(row.cells["label"].split()).lower())
    if label is None:
        given = _shown(row.cells["label"]) if row.cells["label"].strip() else "nothing"
        raise FileFormatError(
            f"{name}, line {row.line}, column label: {given} is no label.", f"Allowed are {_ALLOWED_LABELS}."
        )
    words = {column: _word(row, column, name) for column in OPTIONAL_COLUMNS}
    # The space in front keeps it apart from names in the file, which are stripped.
    pair = words["pair"] or f" line {row.line}"
    return Statement(
        identifier=words["id"] or f"line {row.line}",
        text=text,
        label=label,
        kind=words["kind"] or NOT_GIVEN,
        pair=pairs.setdefault(pair, len(pairs)),
        language=words["language"] or NOT_GIVEN,
        source=name,
    )


def _word(row: _Row, column: str, name: str) -> str:
    """Return a short cell on one line; empty if the column is missing or the cell is blank.

    Raises: FileFormatError.
    """
    word = row.cells.get(column, "").strip()
    if len(word) > MAX_WORD_LENGTH or not word.isprintable():
        raise FileFormatError(
            f"{name}, line {row.line}, column {column}: {_shown(word)} is no short word.",
            f"Use at most {MAX_WORD_LENGTH} characters without line breaks.",
        )
    return word


def _shown(text: str) -> str:
    """Return a cell's content, short enough for a message and without line breaks."""
    words = " ".join(for_terminal(text).split())
    return f'"{words if len(words) <= 40 else words[:39] + "…"}"'


def chosen(
    statements: Iterable[Statement], sources: Collection[str] | None = None, kinds: Collection[str] | None = None
) -> tuple[Statement, ...]:
    """Return the statements of some sources and kinds; None means all."""
    return tuple(
        item
        for item in statements
        if (sources is None or item.source in sources) and (kinds is None or item.kind in kinds)
    )


def balanced_sample(statements: Sequence[Statement], n: int, seed: int) -> tuple[Statement, ...]:
    """Return a random sample of whole pairs in random order, with as many "can walk" as "cannot walk".

    Pairs are drawn without replacement; one that would bring a label above half of n is passed over. So there may be
    fewer statements than asked for, and where whole pairs hold one label only the two may differ by a few.

    Args:
        statements: to draw from.
        n: statements wanted, at least 2.
        seed: of the drawing; 0 to seeding.MAX_SEED.
    Returns: statements of a pair next to each other, so that a run that is stopped half-way has whole pairs.
    Raises: ParameterError if n is below 2 or a label has no statement.
    """
    if n < 2:
        raise ParameterError("A balanced sample needs at least 2 statements.")
    groups: dict[int, list[Statement]] = {}
    for item in statements:
        groups.setdefault(item.pair, []).append(item)
    available = {label: sum(item.label == label for item in statements) for label in Label}
    for label, number in available.items():
        if not number:
            raise ParameterError(
                f"No statement labelled {label.value} is left: a balanced sample needs both labels.",
                "Choose statements of both labels, or judge all of them: “All of them” on the page, no --sample on the "
                "command line.",
            )
    room = dict.fromkeys(Label, min(n // 2, *available.values()))
    sample: list[Statement] = []
    numbers = list(groups)
    for index in generator(seed, Stream.SAMPLE).permutation(len(numbers)):
        group = groups[numbers[index]]
        needed = {label: sum(item.label == label for item in group) for label in Label}
        if all(needed[label] <= room[label] for label in Label):
            sample += group
            room = {label: room[label] - needed[label] for label in Label}
    return tuple(sample)


def shuffled(statements: Sequence[Statement], seed: int) -> tuple[Statement, ...]:
    """Return the statements in random order, so that the halves of a pair do not give each other away."""
    order = generator(seed, Stream.SAMPLE).permutation(len(statements))
    return tuple(statements[index] for index in order)
