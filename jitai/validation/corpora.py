"""Labelled statements to judge a judge on: parts of our corpus, or a person's file; and samples of them."""

import math
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from jitai.errors import FileFormatError, ParameterError
from jitai.importing.labels import ALLOWED_LABELS
from jitai.importing.statements import ImportedRow, RowState, StatementReader, Tally
from jitai.records import Label, Statement
from jitai.seeding import Stream, generator

MAX_STATEMENTS = 20_000
"""Of a file: all of them are held, with a verdict of each judge."""
MAX_WORD_LENGTH = 60
"""Characters of a kind, a language or an id."""
NOT_GIVEN = "not given"
OPTIONAL_COLUMNS = ("kind", "language", "id", "pair")


class LabelledFile(NamedTuple):
    """What a person's file holds.

    Attributes:
        statements: in the file's order.
        notes: sentences on what could not be used.
    """

    statements: tuple[Statement, ...]
    notes: tuple[str, ...]


def labelled_statements(reader: StatementReader) -> LabelledFile:
    """The statements of a person's file, the first MAX_STATEMENTS that can be used.

    Args:
        reader: of the file, with a column of labels. Columns called kind, language, id and pair are read too.
    Returns: without an id, a row's line is its id, and an id that repeats has the line added; without a pair, a row is
        alone; kind and language are NOT_GIVEN where the file does not give them.
    Raises: FileFormatError if no row can be used.
    """
    names = [name.casefold() for name in reader.table.columns]
    places = {name: names.index(name) for name in OPTIONAL_COLUMNS if name in names}
    statements: list[Statement] = []
    tally, pairs, identifiers, n_left_out = Tally(), dict[str, int](), set[str](), 0
    for row in reader.rows():
        tally.add(row)
        if row.state is not RowState.USABLE:
            continue
        if len(statements) == MAX_STATEMENTS:
            n_left_out += 1
            continue
        statement = _statement(row, places, pairs, identifiers, reader.table.name)
        identifiers.add(statement.identifier)
        statements.append(statement)
    notes = tally.sentences()
    if not statements:
        raise FileFormatError(
            f"{reader.table.name} has no statement with a label that can be used. {' '.join(notes)}".strip(),
            f"Labels are {ALLOWED_LABELS}; say what others mean.",
        )
    if n_left_out:
        notes = (f"Only the first {MAX_STATEMENTS:,} statements are used; {n_left_out:,} more are not.", *notes)
    return LabelledFile(tuple(statements), notes)


def _statement(
    row: ImportedRow, places: dict[str, int], pairs: dict[str, int], identifiers: Collection[str], source: str
) -> Statement:
    """The labelled statement in a row; ``pairs`` numbers the pairs met so far, and is extended here."""
    assert row.label is not None
    words = {name: _word(row.cells[place]) for name, place in places.items()}
    identifier = words.get("id") or f"line {row.line}"
    # The space in front keeps it apart from names in the file, which are stripped.
    pair = words.get("pair") or f" line {row.line}"
    return Statement(
        identifier=f"{identifier} (line {row.line})" if identifier in identifiers else identifier,
        text=row.text,
        label=row.label,
        kind=words.get("kind") or NOT_GIVEN,
        pair=pairs.setdefault(pair, len(pairs)),
        language=words.get("language") or NOT_GIVEN,
        source=source,
    )


def _word(cell: str) -> str:
    """A short cell on one line."""
    word = "".join(character if character.isprintable() else " " for character in cell).strip()
    return word if len(word) <= MAX_WORD_LENGTH else word[: MAX_WORD_LENGTH - 1] + "…"


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


def stratified_sample(statements: Sequence[Statement], n: int, seed: int) -> tuple[Statement, ...]:
    """Return a balanced sample in which every kind has its share of the statements, as nearly as whole pairs allow.

    Args:
        statements, n, seed: as for ``balanced_sample``, of which each kind gets one.
    Returns: kind by kind mixed, so that a run that is stopped has some of each; statements of a pair of one kind next
        to each other.
    Raises: as balanced_sample.
    """
    whole = balanced_sample(statements, n, seed)  # refuses what cannot be sampled
    by_kind: dict[str, list[Statement]] = {}
    for item in statements:
        by_kind.setdefault(item.kind, []).append(item)
    groups = {kind: group for kind, group in sorted(by_kind.items()) if len({item.label for item in group}) > 1}
    if len(groups) < 2:
        return whole
    # Shares in twos, one statement of either label; what is left goes to the largest remainders.
    n_twos, n_all = len(whole) // 2, sum(map(len, groups.values()))
    shares = {kind: n_twos * len(group) / n_all for kind, group in groups.items()}
    twos = {kind: math.floor(share) for kind, share in shares.items()}
    for kind in sorted(groups, key=lambda kind: twos[kind] - shares[kind])[: n_twos - sum(twos.values())]:
        twos[kind] += 1
    pairs: dict[int, list[Statement]] = {}
    for kind, group in groups.items():
        for item in balanced_sample(group, 2 * twos[kind], seed) if twos[kind] else ():
            pairs.setdefault(item.pair, []).append(item)
    numbers = list(pairs)
    order = generator(seed, Stream.SAMPLE).permutation(len(numbers))
    return tuple(item for index in order for item in pairs[numbers[index]])


def shuffled(statements: Sequence[Statement], seed: int) -> tuple[Statement, ...]:
    """Return the statements in random order, so that the halves of a pair do not give each other away."""
    order = generator(seed, Stream.SAMPLE).permutation(len(statements))
    return tuple(statements[index] for index in order)
