"""A person's file of statements on a page: chosen, told apart, previewed, its columns and labels put right."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import pandas as pd
import streamlit as st

from jitai.errors import FileFormatError, JitaiError
from jitai.importing.labels import label_key, label_words
from jitai.importing.missing import missing_codes
from jitai.importing.statements import ImportedRow, RowState, StatementReader, labelled_reader, statement_reader
from jitai.importing.table import ReadingOptions, Table, open_table
from jitai.paths import program
from jitai.records import Label
from jitai.sanitise import for_markdown
from jitai.ui.session.page_states import ImportedFile

FILE_TYPES = ["csv", "tsv", "txt", "xlsx", "jsonl", "ndjson", "json"]
N_CHARACTERS_OF_A_NAME = 40
Result = TypeVar("Result")


def statement_file(
    kept: ImportedFile[Result],
    key: str,
    read: Callable[[StatementReader], tuple[Result, Sequence[str]]],
    with_labels: bool,
    help_text: str,
    command: str,
) -> Result | None:
    """Draw the uploader, and for a file its preview of five rows and the choices of columns and labels.

    Args:
        kept: what the session remembers.
        key: of the widgets.
        read: makes what the page needs of the rows, with sentences about it; called once for each file and choice.
        with_labels: whether a label is needed.
        help_text: of the uploader.
        command: that takes larger files, such as "judge".
    Returns: what ``read`` made of the file; of the last one where none is chosen now; None before the first.
    Raises: FileFormatError for a file that cannot be used.
    """
    beyond = f" A file of more than {st.get_option('server.maxUploadSize')} MB: `{program()} {command} FILE`."
    uploaded = st.file_uploader("File of statements", type=FILE_TYPES, key=f"{key}_file", help=help_text + beyond)
    if uploaded is not None:
        name = uploaded.name[:N_CHARACTERS_OF_A_NAME]
        header = st.session_state.get(f"{key}_header_{uploaded.file_id}")
        options = ReadingOptions(header={"names": True, "statements": False}.get(header or ""))
        try:
            table = open_table(uploaded, name, options)
            with st.container(border=True):
                reader = _chosen_reader(table, f"{key}_{uploaded.file_id}", with_labels)
                _preview(reader)
                st.segmented_control(
                    "The first line holds", ["names", "statements"], key=f"{key}_header_{uploaded.file_id}",
                    help="Names of the columns, or statements already. Found out if neither is chosen.",
                )  # fmt: skip
            read_as = (uploaded.file_id, reader.text_column, reader.label_column, tuple(sorted(reader.words.items())),
                       tuple(sorted(reader.missing)), header)  # fmt: skip
            if read_as != kept.read_as:
                kept.result, kept.notes, kept.name, kept.read_as = None, (), "", ()
                kept.result, notes = read(reader)
                kept.name, kept.notes, kept.read_as = name, tuple(notes), read_as
        except JitaiError:
            kept.result, kept.notes, kept.name, kept.read_as = None, (), "", ()
            raise
    for note in kept.notes:
        st.caption(for_markdown(note))
    return kept.result


def _chosen_reader(table: Table, key: str, with_labels: bool) -> StatementReader:
    """Draw the choices, which begin with what was found out; return the reader that they make."""
    st.caption(for_markdown(f"{', '.join(table.notes)}."))
    missing = tuple(filter(None, (word.strip() for word in st.session_state.get(f"{key}_missing", "").split(","))))
    words = label_words(st.session_state.get(f"{key}_can", ()), st.session_state.get(f"{key}_cannot", ()))
    text, label = _guessed(table, with_labels)
    columns = list(range(len(table.columns)))
    text = st.selectbox(
        "Statements in", columns, index=text, key=f"{key}_text", placeholder="choose a column",
        format_func=lambda column: for_markdown(table.columns[column]),
    )  # fmt: skip
    if with_labels:
        label = st.selectbox(
            "Labels in", columns, index=label, key=f"{key}_label", placeholder="choose a column",
            format_func=lambda column: for_markdown(table.columns[column]),
        )  # fmt: skip
    if text is None or (with_labels and label is None):
        raise FileFormatError(f"{table.name}: which column holds what is not clear.", "Choose the columns beside it.")
    if text == label:
        raise FileFormatError(f"{table.name}: one column cannot hold both.", "Choose two different columns.")
    codes = missing_codes(missing)
    reader = StatementReader(table, text, label if with_labels else None, words if with_labels else {}, codes)
    if with_labels:
        _label_mapping(reader, key)
    st.text_input("More codes for “no statement”, with commas", key=f"{key}_missing", placeholder="-5, left blank")
    return reader


def _guessed(table: Table, with_labels: bool) -> tuple[int | None, int | None]:
    """The columns that are clearly meant."""
    try:
        reader = labelled_reader(table, label_words()) if with_labels else statement_reader(table)
    except JitaiError:
        return None, None
    return reader.text_column, reader.label_column


def _label_mapping(reader: StatementReader, key: str) -> None:
    """Let the person say what labels mean that are not known."""
    known = label_words()
    unknown = [word for word in reader.labels() if word and label_key(word) not in known]
    if unknown:
        st.multiselect("These mean “can walk”", unknown, key=f"{key}_can", format_func=for_markdown)
        st.multiselect("These mean “cannot walk”", unknown, key=f"{key}_cannot", format_func=for_markdown)


def _preview(reader: StatementReader) -> None:
    rows = reader.preview()
    shown = {"line": [row.line for row in rows], "statement": [_shown(row) for row in rows]}
    if reader.label_column is not None:
        shown["label"] = [_label_shown(row, reader) for row in rows]
    st.dataframe(
        pd.DataFrame(shown), hide_index=True, height="content",
        column_config={"line": st.column_config.NumberColumn("line", width="small")},
    )  # fmt: skip


def _shown(row: ImportedRow) -> str:
    if row.state is RowState.USABLE:
        return row.text[:200]
    return f"({row.problem or 'no statement'})"


def _label_shown(row: ImportedRow, reader: StatementReader) -> str:
    assert reader.label_column is not None
    given = row.cells[reader.label_column][:40]
    names = {Label.CAN_WALK: "can walk", Label.CANNOT_WALK: "cannot walk"}
    return names[row.label] if row.label is not None else f"({given or 'none'})"
