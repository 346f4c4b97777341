"""The files that people have: each is read, previewed and counted, whatever wrote it."""

import io
import json
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitai.errors import FileFormatError, ParameterError
from jitai.importing import sheets
from jitai.importing.json_lines import N_LOOKED_AT
from jitai.importing.labels import label_words
from jitai.importing.missing import is_missing, missing_codes
from jitai.importing.statements import (
    ImportedRow,
    RowState,
    StatementReader,
    Tally,
    column_of,
    labelled_reader,
    statement_reader,
)
from jitai.importing.table import ReadingOptions, Table, open_table
from jitai.records import Label

FILES = Path(__file__).parents[2] / "data" / "people_files"
SAID = ["My knee gave out on the stairs", "Off to the park, sun's out", "Je suis au lit avec de la fièvre", ""]


def table_of(content: bytes | str, name: str = "mine.csv", options: ReadingOptions | None = None) -> Table:
    return open_table(io.BytesIO(content.encode() if isinstance(content, str) else content), name, options)


def texts(reader: StatementReader) -> list[str]:
    return [row.text for row in reader.rows()]


def tally_of(reader: StatementReader) -> Tally:
    tally = Tally()
    for row in reader.rows():
        tally.add(row)
    return tally


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        ("semi.csv", ("UTF-8", "semicolons")),
        ("tab.tsv", ("UTF-8", "tabs")),
        ("cp1252_semi.csv", ("Windows-1252", "semicolons")),
        ("utf16.txt", ("UTF-16", "tabs")),
    ],
)
def test_encoding_and_delimiter_are_found_out_and_said(name: str, notes: tuple[str, ...]) -> None:
    table = table_of((FILES / name).read_bytes(), name)
    assert table.columns == ("id", "said") and table.notes == notes
    assert texts(statement_reader(table)) == SAID
    assert texts(statement_reader(table, "2")) == SAID, "by its number"
    assert texts(statement_reader(table, " SAID ")) == SAID


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "cp1252", "mac_roman"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_delimiter_in_every_encoding(delimiter: str, encoding: str, end: str) -> None:
    rows = [f'{number}{delimiter}"Müde{delimiter} bleibe daheim, ""wirklich"""{delimiter}x' for number in range(9)]
    content = end.join([delimiter.join(("id", "said", "more")), *rows]) + end
    table = table_of(content.encode(encoding))
    assert table.columns == ("id", "said", "more")
    assert texts(statement_reader(table, "said")) == [f'Müde{delimiter} bleibe daheim, "wirklich"'] * 9


def test_zeros_in_a_text_do_not_make_it_utf_16() -> None:
    for shift in ("", "x"):
        content = f"said{shift}\nmy leg\0 is broken and I lie in bed\nI can\0 go now\n"
        assert texts(statement_reader(table_of(content))) == ["my leg\0 is broken and I lie in bed", "I can\0 go now"]


def test_spaces_divide_columns_where_the_person_says_so() -> None:
    table = table_of('id said\n1 "Ill today"\n', "x.csv", ReadingOptions(delimiter=" "))
    assert texts(statement_reader(table, "said")) == ["Ill today"]


def test_a_first_line_may_name_the_delimiter() -> None:
    table = table_of("sep=;\r\nid;said\r\n1;Fine, thanks\r\n")
    assert table.columns == ("id", "said") and texts(statement_reader(table, "said")) == ["Fine, thanks"]


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1251", "Мне сегодня плохо, болит колено, и я не могу гулять"),
        ("utf-16-le", "Мне сегодня плохо, болит колено, и я не могу гулять"),
        ("utf-16-be", "今日は, 歩けません"),
        ("mac_roman", "I can’t go, désolé"),
        ("cp850", "très fatiguée, désolé"),
        ("shift_jis", "今日は膝が痛いので歩けません。すみません、また明日お願いします"),
    ],
)
def test_other_scripts_are_told_apart(encoding: str, words: str) -> None:
    assert texts(statement_reader(table_of(f"said\n{words}\n".encode(encoding)))) == [words]
    assert texts(
        statement_reader(table_of(f"said\n{words}\n".encode(encoding), "x.csv", ReadingOptions(encoding)))
    ) == [words]


def test_names_with_spaces_empty_names_and_trailing_commas() -> None:
    table = table_of(" id , said ,, said,\n1, My knee hurts ,,x,,\n2,Fine\n")
    assert table.columns == ("id", "said", "column 3", "said (2)")
    reader = statement_reader(table, "said")
    assert texts(reader) == [" My knee hurts ", "Fine"] and tally_of(reader).sentences() == ()


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('5,"I am fine', '"I am fine'),
        ('5,My 5" pipe', 'My 5" pipe'),
        ('5,"Fine" she said', '"Fine" she said'),
        ('5,"a, b" she said', "a, b she said"),
    ],
)
def test_a_stray_quote_costs_at_most_its_own_row(line: str, text: str) -> None:
    rows = [f"{number},statement number {number}" for number in range(1000)]
    reader = statement_reader(table_of("\n".join(["id,said", *rows[:5], line, *rows[5:], ""])), "said")
    found = texts(reader)
    assert found == [
        *(f"statement number {n}" for n in range(5)),
        text,
        *(f"statement number {n}" for n in range(5, 1000)),
    ]


def test_a_quote_that_is_never_closed_names_its_line() -> None:
    reader = statement_reader(table_of('id,said\n1,fine\n2,"no, never\n3,good\n'), "said")
    assert texts(reader) == ["fine", "", "good"]
    [problem] = [row for row in reader.rows() if row.problem]
    assert problem.line == 3 and "double quote" in problem.problem
    assert tally_of(reader).sentences() == ("1 row cannot be used, damaged: line 3.",)


def test_a_row_with_too_many_cells_is_named_and_nothing_of_it_is_lost() -> None:
    reader = statement_reader(table_of("id,said\n1,fine\n2,my knee, it hurts\n3,good\n"), "said")
    rows = list(reader.rows())
    assert [row.state for row in rows] == [RowState.USABLE, RowState.UNUSABLE, RowState.USABLE]
    assert rows[1].cells == ("2", "my knee  it hurts") and "has 3 cells" in rows[1].problem


def test_quoted_line_breaks_are_part_of_a_statement() -> None:
    reader = statement_reader(table_of('id,said\n1,"one\r\ntwo\n\nthree"\n2,x\n'), "said")
    assert texts(reader) == ["one\r\ntwo\n\nthree", "x"]
    assert [row.line for row in reader.rows()] == [2, 6]


def test_exports_are_recognised() -> None:
    table = table_of((FILES / "qualtrics3.csv").read_bytes())
    assert "an export of Qualtrics" in table.notes and "2 rows of labels under the header skipped" in table.notes
    assert [(row.line, row.text) for row in statement_reader(table, "Q5").rows()] == [(4, "My heel burns")]
    old = table_of("StartDate,EndDate,Status,Q1\nStart Date,End Date,Response Type,What now?\n1,2,0,My heel burns\n")
    assert texts(statement_reader(old, "Q1")) == ["My heel burns"]
    monkey = table_of("Respondent ID,Collector ID,How are you?\n,,Open-Ended Response\n11,2,My heel burns\n")
    assert texts(statement_reader(monkey, "3")) == ["My heel burns"]
    for content, program in [
        ("record_id,redcap_event_name,mood\n1,day_1,Fine today\n", "REDCap"),
        ("record_id,mood,ema_complete\n1,Fine today,2\n", "REDCap"),
        ("connectionId;legacyCode;questionListName;mood\n1;x;y;Fine today\n", "m-Path"),
        ("id,submitdate,lastpage,startlanguage,mood\n1,x,1,en,Fine today\n", "LimeSurvey"),
        ("Key,When,Page,Tongue,mood\nid,submitdate,lastpage,startlanguage,q1\n1,x,1,en,Fine today\n", "LimeSurvey"),
        ("respondent_id,collector_id,mood\n,,Open-Ended Response\n11,2,Fine today\n", "SurveyMonkey"),
        ("record_id,mood,ema_complete\nRecord ID,How now?,Complete?\n1,Fine today,2\n", "REDCap"),
        ("Record ID,Event Name,mood\n1,Day 1,Fine today\n", "REDCap"),
    ]:
        found = table_of(content)
        assert f"an export of {program}" in found.notes
        assert texts(statement_reader(found, "mood")) == ["Fine today"]


def test_codes_for_no_statement_are_none() -> None:
    reader = statement_reader(table_of((FILES / "na.csv").read_bytes()), "said")
    assert tally_of(reader).n_missing == tally_of(reader).n_rows == 15
    assert "15 rows with no statement" in tally_of(reader).sentences()[0]


@pytest.mark.parametrize(
    "text",
    [
        "#NULL!",
        "#SPILL!",
        "#WERT!",
        "#NV",
        "{question_not_shown}",
        "#N/A",
        "<NA>",
        "(No  Response)",
        "-999.0",
        "-8",
        "99999",
        "…",
        "''",
        "\u00a0",
        "???",
    ],
)
def test_other_codes(text: str) -> None:
    assert is_missing(text)


@pytest.mark.parametrize(
    "text", ["1", "Y", "no", "No.", "5", "10", "👍", ":) ok", "nothing hurts", "I have none", "2 km", "痛", "100"]
)
def test_what_people_do_answer_is_a_statement(text: str) -> None:
    assert not is_missing(text)
    assert is_missing(text.upper(), missing_codes([f"  {text.lower()} "]))


def test_labels_are_mapped_and_rows_without_one_counted() -> None:
    rows = ["Y", "n", "0.0", "1.0", "good", "Bad", "", "ambiguous", "TRUE", "can't walk", "Yes "]
    content = "participant,said,verdict\n" + "".join(f"p1,text {n},{label}\n" for n, label in enumerate(rows))
    reader = labelled_reader(table_of(content), label_words())
    can, cannot = Label.CAN_WALK, Label.CANNOT_WALK
    assert [row.label for row in reader.rows()] == [can, cannot, cannot, can, can, cannot, None, None, can, cannot, can]
    assert tally_of(reader).sentences() == ("2 rows cannot be used, without a label that is known: lines 8, 9.",)
    own = labelled_reader(table_of("text,label\na b,A\nc d,B\n"), label_words(["a"], ["b"]))
    assert [row.label for row in own.rows()] == [can, cannot]
    with pytest.raises(ParameterError, match="both labels"):
        label_words(["x"], ["X"])


def test_one_statement_a_line() -> None:
    lines = ["Off to the park, sun's out", "My knee; it hurts", "no, thanks, really, no", "Well, ok"]
    plain = table_of("\n".join(lines), "said.txt")
    assert texts(statement_reader(plain)) == lines
    doubtful = table_of("\n".join(lines), "said.csv")
    assert doubtful.columns == (lines[0],) and "not for a statement" in doubtful.notes[-1], "said, as it may be wrong"
    headed = table_of("\n".join(["said", *lines]), "said.csv")
    assert headed.columns == ("said",) and texts(statement_reader(headed)) == lines
    assert texts(statement_reader(table_of("a b\nc d\n", "x.csv", ReadingOptions(header=False)))) == ["a b", "c d"]
    assert texts(statement_reader(table_of("7,I am ill\n8,Fine here\n"), "2")) == ["I am ill", "Fine here"]


def test_json_lines_and_lists() -> None:
    lines = [{"id": 7.0, "said": "Ill"}, {"said": None}, {"id": 9, "said": "Fine\nhere", "more": [1]}]
    content = "\n".join([*map(json.dumps, lines), "{broken", "3"])
    reader = statement_reader(table_of(content, "x.jsonl"), "said")
    rows = list(reader.rows())
    assert [row.text for row in rows] == ["Ill", "", "Fine\nhere", "", ""]
    assert [row.line for row in rows if row.problem] == [4, 5] and rows[0].cells[0] == "7"
    assert texts(statement_reader(table_of(json.dumps(lines[:1]), "x.json"), "said")) == ["Ill"]
    assert texts(statement_reader(table_of('["Ill", "Well"]', "x.json"))) == ["Ill", "Well"]
    with pytest.raises(FileFormatError):
        table_of("[1, 2]", "x.json")


def workbook(rows: list[list[object]], before: int = 0) -> bytes:
    book = openpyxl.Workbook()
    for _ in range(before):
        book.create_sheet(index=0)
    for row in rows:
        book.worksheets[before].append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_read() -> None:
    table = table_of(
        workbook([["id", "said", "label"], [7, "Müde", 1.0], [None, None, None], [8, "=1+1", 0]], 1), "x.xlsx"
    )
    assert table.columns == ("id", "said", "label") and "Excel" in table.notes[0]
    rows = list(labelled_reader(table, label_words(), "said", "label").rows())
    assert [(row.line, row.cells[0], row.label) for row in rows] == [
        (2, "7", Label.CAN_WALK),
        (4, "8", None),
    ], "a formula has no value here, and an empty row is none"


def test_a_formula_without_a_value_is_said() -> None:
    table = table_of(workbook([["said"], ["=1+1"]]), "x.xlsx")
    assert any("formulas without a value" in note for note in table.notes)
    assert not any("formulas" in note for note in table_of(workbook([["said"], ["fine"]]), "x.xlsx").notes)


@pytest.mark.parametrize("above", ["My survey\n", "My survey,,\nMade by,me\n\n"])
def test_titles_above_the_names_of_columns_are_skipped_and_said(above: str) -> None:
    rows = "id,said,label\n1,Ill today,no\n2,Fine here,yes\n3,Off I go,yes\n"
    table = table_of(above + rows)
    assert table.columns == ("id", "said", "label") and "above the names of columns" in " ".join(table.notes)
    reader = labelled_reader(table, label_words())
    assert texts(reader) == ["Ill today", "Fine here", "Off I go"]
    assert next(reader.rows()).line == above.count("\n") + 2
    merged = table_of(workbook([["My survey"], ["id", "said"], [1, "Ill today"], [2, "Fine here"]]), "x.xlsx")
    assert texts(statement_reader(merged)) == ["Ill today", "Fine here"]


def test_statements_with_a_comma_are_not_taken_for_columns_under_a_title() -> None:
    lines = ["My knee hurts", "No, thanks", "Well, ok", "Yes, now", "No, comment"]
    assert texts(statement_reader(table_of("said\n" + "\n".join(lines)))) == lines


def test_many_columns_are_read_and_too_many_refused() -> None:
    names = [f"c{number}" for number in range(2_000)]
    table = table_of(",".join([*names, "said"]) + "\n" + "1," * 2_000 + "Ill today\n")
    assert texts(statement_reader(table)) == ["Ill today"]
    wide = table_of(workbook([[*names, "said"], [*names, "Ill today"]]), "x.xlsx")
    assert texts(statement_reader(wide)) == ["Ill today"]
    with pytest.raises(FileFormatError, match="5,001 columns; at most"):
        table_of("a," * 5_000 + "said\n" + "1," * 5_000 + "Ill\n")
    with pytest.raises(FileFormatError, match="5,000 columns; at most"):
        table_of(json.dumps({f"c{number}": 1 for number in range(5_000)}), "x.jsonl")


def test_what_lies_deeper_or_later_in_json_is_not_dropped() -> None:
    lines = ['{"id": 1, "answer": {"text": "Ill today", "n": {"m": 1}}}', '{"a.b": 1, "a": {"b": 2}}']
    nested = table_of("\n".join(lines), "x.jsonl")
    assert nested.columns == ("id", "answer.text", "answer.n.m", "a.b", "a")
    assert texts(statement_reader(nested, "answer.text")) == ["Ill today", ""]
    late = table_of('{"id": 1}\n' * N_LOOKED_AT + '{"id": 2, "said": "Ill today"}\n', "x.jsonl")
    assert [row.line for row in statement_reader(late, "id").rows() if "said" in row.problem] == [N_LOOKED_AT + 1]


def zip_of(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_bombs_and_damaged_workbooks_are_refused_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_UNPACKED_BYTES", 1_000_000)
    bomb = zip_of(**{"xl/workbook.xml": b"<a/>", "xl/worksheets/sheet1.xml": b" " * 2_000_000})
    assert len(bomb) < 5_000
    with pytest.raises(FileFormatError, match="unpacks to more than"):
        table_of(bomb, "x.xlsx")
    with pytest.raises(FileFormatError, match="no Excel workbook"):
        table_of(zip_of(**{"a.csv": b"x"}), "x.xlsx")
    with pytest.raises(FileFormatError, match="damaged"):
        table_of(zip_of(**{"xl/workbook.xml": b"<a"}), "x.xlsx")
    monkeypatch.undo()
    whole = zipfile.ZipFile(io.BytesIO(workbook([["said"], ["x"]])))
    parts = {name: whole.read(name) for name in whole.namelist()}
    for what, part in [("styles", "xl/styles.xml"), ("row", "xl/worksheets/sheet1.xml")]:
        with pytest.raises(FileFormatError, match=what):
            table_of(zip_of(**{**parts, part: b"<row>" + b"<c/>" * 6_000_000 + b"</row>"}), "x.xlsx")
    entities = (
        b'<!DOCTYPE a [<!ENTITY b "ha">]><worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>'
    )
    with pytest.raises(FileFormatError, match="damaged"):
        table_of(zip_of(**{**parts, "xl/worksheets/sheet1.xml": entities}), "x.xlsx")


def test_a_row_far_below_costs_no_time() -> None:
    whole = zipfile.ZipFile(io.BytesIO(workbook([["said"], ["fine here"]])))
    parts = {name: whole.read(name) for name in whole.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b'r="2"', b'r="300000"').replace(b'r="A2"', b'r="A300000"')
    started = time.process_time()
    [row] = statement_reader(table_of(zip_of(**{**parts, "xl/worksheets/sheet1.xml": sheet}), "x.xlsx")).rows()
    assert (row.line, row.text) == (300_000, "fine here") and time.process_time() - started < 4


def test_a_sheet_that_claims_a_million_columns_is_read_as_it_is() -> None:
    whole = zipfile.ZipFile(io.BytesIO(workbook([["said"], ["fine here"]])))
    parts = {name: whole.read(name) for name in whole.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b'ref="A1:A2"', b'ref="A1:XFD1048576"')
    assert sheet != parts["xl/worksheets/sheet1.xml"]
    started = time.monotonic()
    assert texts(statement_reader(table_of(zip_of(**{**parts, "xl/worksheets/sheet1.xml": sheet}), "x.xlsx"))) == [
        "fine here"
    ]
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n\n", "is empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "before 2007"),
        (b"\x1f\x8b\x08\x00" + bytes(99), "packed"),
        (bytes(range(256)) * 20, "no text file"),
        (b"PK\x03\x04" + bytes(50), "damaged"),
        (b"  <HTML><table><tr><td>said</td></tr></table>", "web page"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<Workbook/>', "XML"),
        (b"BZh91AY" + bytes(50), "packed"),
    ],
)
def test_what_holds_no_statements_is_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(FileFormatError, match=words) as error:
        table_of(content, "mine\x1b[31m.csv")
    assert error.value.hint and str(error.value).isprintable()


def test_columns_that_are_not_there_or_not_clear() -> None:
    table = table_of("id,txt\n1,fine\n2,ill\n")
    with pytest.raises(FileFormatError, match="'text'") as error:
        column_of(table, "text")
    assert "txt" in str(error.value) and "number" in error.value.hint
    with pytest.raises(FileFormatError, match="clearly holds statements"):
        statement_reader(table)
    with pytest.raises(FileFormatError, match="clearly the label"):
        labelled_reader(table, label_words())
    with pytest.raises(FileFormatError, match="encoding"):
        table_of("a\n", "x.csv", ReadingOptions(encoding="klingon"))


def test_a_million_rows_stream_in_bounded_memory(tmp_path: Path) -> None:
    path, row = tmp_path / "big.csv", b"000000,I walked to the shop and back again\r\n"
    path.write_bytes(b"id,said\r\n" + row * 1_000_000)
    with path.open("rb") as stream:
        tracemalloc.start()
        try:
            reader = statement_reader(open_table(stream, "big.csv"), "said")
            n = sum(1 for _ in zip(range(100_000), reader.rows(), strict=False))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert n == 100_000 and peak < 12_000_000


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=6), st.sampled_from(',;\t|"'), st.booleans())
@settings(deadline=None, max_examples=150)
def test_any_text_is_read_or_refused_in_a_sentence(rows: list[list[str]], delimiter: str, labelled: bool) -> None:
    content = "\n".join(delimiter.join(row) for row in rows)
    only_sentences(content.encode(), "x.csv", labelled)


@given(st.binary(max_size=200), st.sampled_from(["x.csv", "x.txt", "x.json", "x.xlsx"]), st.booleans())
@settings(deadline=None, max_examples=150)
def test_any_bytes_are_read_or_refused_in_a_sentence(content: bytes, name: str, labelled: bool) -> None:
    only_sentences(content, name, labelled)


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_a_damaged_workbook_is_read_or_refused_in_a_sentence(data: st.DataObject) -> None:
    content = bytearray(BOOK)
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    only_sentences(bytes(content), "x.xlsx", labelled=False)


BOOK = workbook([["id", "said"], [1, "fine"], [2, "ill"]])


def only_sentences(content: bytes, name: str, labelled: bool) -> None:
    try:
        table = table_of(content, name)
        reader = labelled_reader(table, label_words()) if labelled else statement_reader(table)
        found: Iterator[ImportedRow] = reader.rows()
        assert all(len(row.cells) == len(table.columns) for row in found)
    except FileFormatError as error:
        assert str(error).isprintable()
