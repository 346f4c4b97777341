"""The command judge on long files: progress, what is kept, going on, and whatever may happen on the way."""

import csv
import errno
import os
from pathlib import Path

import openpyxl
import pytest

from jitai.cli import judge as command
from jitai.cli import progress
from jitai.cli.main import main
from jitai.errors import BackendError, ServerUnreachable
from jitai.judge.base import Reply, Request
from jitai.judge.judge import Judge
from jitai.judge.prompt_file import load_prompt
from jitai.judge.rules import load_rules
from jitai.judge.scripted import ScriptedBackend, scripted_reply

FILES = Path(__file__).parents[2] / "data" / "people_files"
Captured = pytest.CaptureFixture[str]


class Counting(ScriptedBackend):
    """Answers, and at one request does something else."""

    def __init__(self, at: int = -1, error: BaseException | None = None, until: int = -1) -> None:
        super().__init__([scripted_reply(5.0)])
        self.n, self.at, self.error, self.until = 0, at, error, until

    def complete(self, request: Request) -> Reply:
        self.n += 1
        if self.error is not None and self.at <= self.n and (self.until < 0 or self.n <= self.until):
            raise self.error
        return super().complete(request)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Counting]:
    """The backends of the next commands, the last for all that follow."""
    waiting = [Counting()]

    def opened(*given: object, **named: object) -> Judge:
        backend = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return Judge(backend, load_prompt(), load_rules())

    monkeypatch.setattr(command, "open_chosen_judge", opened)
    return waiting


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def source_of(folder: Path, n: int) -> Path:
    path = folder / "in.csv"
    path.write_text("id,said\n" + "".join(f"{number},walked {number} miles\n" for number in range(n)), encoding="utf-8")
    return path


def judge(source: Path, out: Path, *more: str) -> int:
    return main(["judge", str(source), "--out", str(out), *more])


@pytest.mark.parametrize("name", ["semi.csv", "tab.tsv", "cp1252_semi.csv", "utf16.txt"])
def test_the_files_that_people_have(name: str, tmp_path: Path, asked: list[Counting], capsys: Captured) -> None:
    assert judge(FILES / name, tmp_path / "out.csv") == 0
    rows = rows_of(tmp_path / "out.csv")
    assert [row["said"] for row in rows][2:] == ["Je suis au lit avec de la fièvre", ""]
    assert [row["verdict"] for row in rows] == ["send", "send", "send", "no statement"]
    said = capsys.readouterr().err
    assert "statements in 'said'" in said and "1 row with no statement" in said and "3 statements judged" in said


def test_workbooks_json_and_lines_are_judged(tmp_path: Path, asked: list[Counting]) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "said"], [7, "Walked far"], [8, None]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "a.jsonl").write_text('{"id": 7, "said": "Walked far"}\n{"id": 8, "said": null}\n', encoding="utf-8")
    for name in ("a.xlsx", "a.jsonl"):
        assert judge(tmp_path / name, tmp_path / f"{name}.csv") == 0
        assert [(row["id"], row["verdict"]) for row in rows_of(tmp_path / f"{name}.csv")] == [
            ("7", "send"), ("8", "no statement"),
        ]  # fmt: skip


def test_no_spreadsheet_finds_a_formula(tmp_path: Path, asked: list[Counting]) -> None:
    assert judge(FILES / "formula.csv", tmp_path / "out.csv") == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=cmd|'/C calc'!A0" in cells and "'=1+1" in cells and "'@x" in cells and "-2" in cells
    assert not [cell for cell in cells if cell[:1] in ("=", "@", "\t")]


def test_more_codes_a_column_by_its_number_and_a_preview(
    tmp_path: Path, asked: list[Counting], capsys: Captured
) -> None:
    source = source_of(tmp_path, 7)
    assert main(["judge", str(source), "--text-column", "2", "--missing", "Walked 3 MILES", "--preview"]) == 0
    shown = capsys.readouterr().out
    assert "column 2  said  <- statements" in shown and "6 statements of 7 rows can be used." in shown
    assert shown.count("\nline ") == 5 and "(no statement)" in shown
    assert asked[0].n == 0 and list(tmp_path.iterdir()) == [source]
    assert main(["judge", str(source)]) == 1
    assert "--out" in capsys.readouterr().err


def test_what_is_judged_is_kept_and_the_same_command_goes_on(
    tmp_path: Path, asked: list[Counting], capsys: Captured
) -> None:
    source, out = source_of(tmp_path, 40), tmp_path / "out.csv"
    asked[:] = [Counting(at=31, error=KeyboardInterrupt()), Counting()]
    assert judge(source, out) == 130
    [unfinished] = tmp_path.glob("out.unfinished-*.csv")
    assert len(rows_of(unfinished)) == 30 and not out.exists()
    assert f"What is judged is kept in {unfinished.name}; the same command goes on." in capsys.readouterr().err
    with unfinished.open("ab") as file:
        file.write(b'30,"cut in the mid')  # the machine went off while a row was written
    assert judge(source, out) == 0
    assert "30 rows kept" in capsys.readouterr().err
    assert asked[0].n == 10 and not unfinished.exists()
    assert [row["id"] for row in rows_of(out)] == [str(number) for number in range(40)]
    # Another file, or another judge, is other work.
    asked[:] = [Counting(at=6, error=KeyboardInterrupt()), Counting()]
    assert judge(source, out, "--force") == 130
    source.write_text(source.read_text() + "40,one more\n", encoding="utf-8")
    assert judge(source, out, "--force") == 0 and asked[0].n == 41


def test_a_server_that_goes_away_is_not_asked_for_the_rest(
    tmp_path: Path, asked: list[Counting], capsys: Captured
) -> None:
    source, out = source_of(tmp_path, 100), tmp_path / "out.csv"
    asked[:] = [Counting(at=11, error=ServerUnreachable("Nobody answers.")), Counting()]
    assert judge(source, out) == 1
    assert "25 statements in a row could not be judged: Nobody answers." in capsys.readouterr().err
    assert asked[0].n == 0 and not out.exists()
    assert judge(source, out) == 0
    assert asked[0].n == 90, "what failed is asked again"
    assert {row["verdict"] for row in rows_of(out)} == {"send"}


def test_a_server_that_is_not_there_leaves_nothing_behind(
    tmp_path: Path, asked: list[Counting], capsys: Captured
) -> None:
    source, out = source_of(tmp_path, 100), tmp_path / "out.csv"
    asked[:] = [Counting(at=1, error=ServerUnreachable("Nobody answers."))]
    assert judge(source, out) == 1
    assert "Nothing has been judged yet" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [source]


def test_where_nothing_could_be_judged_the_status_says_so(
    tmp_path: Path, asked: list[Counting], capsys: Captured
) -> None:
    asked[:] = [Counting(at=1, error=BackendError("Gone.")), Counting(at=2, error=BackendError("Gone."), until=2)]
    assert judge(source_of(tmp_path, 3), tmp_path / "out.csv") == 1
    assert "3 could not be judged" in capsys.readouterr().err
    assert judge(source_of(tmp_path, 3), tmp_path / "out.csv", "--force") == 0
    assert "1 could not be judged" in capsys.readouterr().err


def test_a_file_without_a_statement_is_no_success(tmp_path: Path, asked: list[Counting], capsys: Captured) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    for content, words in [("id,said\n", "no statement that can be judged"), ("id,said\n1,NA\n2,\n", "2 rows with no")]:
        source.write_text(content, encoding="utf-8")
        assert judge(source, out, "--text-column", "said") == 1 and not out.exists()
        assert words in " ".join(capsys.readouterr().err.split())


def test_an_output_that_is_a_link_stays_one(tmp_path: Path, asked: list[Counting], capsys: Captured) -> None:
    folder, link = tmp_path / "elsewhere", tmp_path / "out.csv"
    folder.mkdir()
    (folder / "real.csv").write_text("before", encoding="utf-8")
    link.symlink_to(folder / "real.csv")
    assert judge(source_of(tmp_path, 3), link) == 1, "not unasked"
    assert judge(source_of(tmp_path, 3), link, "--force") == 0
    assert link.is_symlink() and len(rows_of(folder / "real.csv")) == 3
    (folder / "real.csv").unlink()
    capsys.readouterr()
    assert judge(source_of(tmp_path, 3), link) == 1 and link.is_symlink()
    assert "a link to a file that is not there" in " ".join(capsys.readouterr().err.split())


def test_a_full_disk_leaves_the_input_and_what_is_judged(
    tmp_path: Path, asked: list[Counting], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = source_of(tmp_path, 20), tmp_path / "out.csv"
    before = source.read_bytes()
    monkeypatch.setattr("jitai.cli.kept_rows._SECONDS_BETWEEN_SYNCS", -1.0)
    n_synced = 0

    def full(handle: int) -> None:
        nonlocal n_synced
        n_synced += 1
        if n_synced > 10:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert judge(source, out) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert source.read_bytes() == before and not out.exists()
    assert judge(source, out) == 0 and len(rows_of(out)) == 20
    assert main(["judge", str(source), "--out", str(source), "--force"]) == 1
    assert source.read_bytes() == before


def test_a_pipe_and_a_device_are_no_files(tmp_path: Path, asked: list[Counting], capsys: Captured) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert judge(tmp_path / "pipe.csv", tmp_path / "out.csv") == 1
    assert "a device or a pipe, not a file" in capsys.readouterr().err
    for command_line in (
        ["run", "--policy-file", "/dev/zero", "--quiet"],
        ["run", "--policy-file", str(tmp_path / "pipe.csv"), "--quiet"],
        ["run", "--scenario", "/dev/zero"],
        ["rerun", str(tmp_path / "pipe.csv")],
        ["experiment", "/dev/zero"],
        ["judge", "/dev/zero", "--out", str(tmp_path / "out.csv")],
        ["validate", "--file", "/dev/zero", "--baseline", "keyword"],
    ):
        assert main(command_line) == 1, command_line
        assert "not a file" in capsys.readouterr().err, command_line


def test_progress_is_told_with_the_time_left(
    tmp_path: Path, asked: list[Counting], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    assert judge(source_of(tmp_path, 12), tmp_path / "out.csv") == 0
    said = capsys.readouterr().err
    assert "6 of 12 rows judged, about 0 s left" in said
