"""Files are written whole or not at all, for the person alone where they are the person's, and read within limits."""

import errno
import gzip
import json
import os
import socket
import stat
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from jitai import files
from jitai.errors import FileFormatError
from jitai.files import (
    MAX_JSON_DEPTH,
    check_writable,
    decompressed,
    make_folder,
    open_to_write,
    read_bytes,
    read_json,
    read_text,
    remove,
    replacing,
    write_atomically,
)

posix = pytest.mark.skipif(os.name != "posix", reason="these permissions and files are those of POSIX")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's folder for data."""
    monkeypatch.setenv("JITAI_DATA_DIR", str(tmp_path / "own"))
    monkeypatch.setenv("JITAI_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "own"


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def leftovers(folder: Path) -> list[Path]:
    return list(folder.rglob("*.partial"))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "file.txt"
    make_folder(path.parent)
    write_atomically(path, "Größe\r\n\n")
    assert path.read_bytes() == "Größe\r\n\n".encode()
    write_atomically(path, b"\x00other")
    assert read_bytes(path, 6) == b"\x00other"
    assert [item.name for item in path.parent.iterdir()] == ["file.txt"]


@posix
def test_the_persons_files_are_for_the_person_alone(tmp_path: Path, own: Path) -> None:
    before = os.umask(0o022)
    try:
        make_folder(own / "prompts")
        make_folder(tmp_path / "cache")
        write_atomically(own / "prompts" / "mine.json", "{}")
        write_atomically(tmp_path / "cache" / "kept", "")
        write_atomically(tmp_path / "log.csv", "")
        open_to_write(own / "logs" / "run.log").close()
        with replacing(own / "cell") as partial:
            assert permissions(partial) == 0o600
    finally:
        os.umask(before)
    for folder in (own, own / "prompts", own / "logs", tmp_path / "cache"):
        assert permissions(folder) == 0o700, folder
    for path in (own / "prompts" / "mine.json", own / "logs" / "run.log", own / "cell", tmp_path / "cache" / "kept"):
        assert permissions(path) == 0o600, path
    assert permissions(tmp_path / "log.csv") == 0o644


def test_a_disk_that_fills_up_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.txt"
    write_atomically(path, "before")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileFormatError, match=r"file\.txt cannot be written: No space left on device") as caught:
        write_atomically(path, "after")
    assert "Make room" in caught.value.hint
    assert path.read_text() == "before" and not leftovers(tmp_path)


@pytest.mark.parametrize(
    ("code", "hint"), [("EFBIG", "ulimit"), ("EDQUOT", "Make room"), ("EACCES", "Choose a folder")]
)
def test_what_to_do_depends_on_why_a_file_cannot_be_written(
    code: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(handle: int) -> None:
        raise OSError(getattr(errno, code), "no")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(FileFormatError) as caught:
        write_atomically(tmp_path / "file.txt", "after")
    assert hint in caught.value.hint


def test_a_link_stays_one_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to(tmp_path / "file.txt")
    write_atomically(tmp_path / "link.txt", "text")
    assert (tmp_path / "link.txt").is_symlink() and (tmp_path / "file.txt").read_text() == "text"
    assert not leftovers(tmp_path)


def test_an_error_in_the_block_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_atomically(path, "before")
    with pytest.raises(ZeroDivisionError), replacing(path) as partial:
        partial.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "before" and not leftovers(tmp_path)


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path, over = tmp_path / "file.txt", threading.Event()
    contents = ["a" * 100_000, "b" * 50_000]
    write_atomically(path, contents[0])
    seen: set[str] = set()

    def read() -> None:
        while not over.is_set():
            seen.add(path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(50):
        write_atomically(path, contents[number % 2])
    over.set()
    reader.join()
    assert seen <= set(contents)


@pytest.mark.parametrize("write", [write_atomically, lambda path, _: check_writable(path)])
def test_what_cannot_be_written_is_a_sentence(tmp_path: Path, own: Path, write: Callable[[Path, str], None]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileFormatError, match="cannot be written") as caught:
        write(tmp_path / "file" / "x.json", "")
    assert caught.value.hint == "Choose a folder that you may write to."
    with pytest.raises(FileFormatError, match="Is a directory"):
        write(tmp_path, "")
    with pytest.raises(FileFormatError, match=r"x\.json cannot be written: No such file or directory"):
        write(tmp_path / "mistyped" / "x.json", "")
    assert not (tmp_path / "mistyped").exists(), "a folder that was mistyped is not made"
    own.write_text("no folder")
    with pytest.raises(FileFormatError) as caught:
        write(own / "prompts" / "x.json", "")
    assert "JITAI_DATA_DIR" in caught.value.hint
    with pytest.raises(FileFormatError):
        make_folder(tmp_path / "file")
    with pytest.raises(FileFormatError):
        open_to_write(tmp_path)


@posix
def test_what_is_no_file_is_written_to_as_it_is(tmp_path: Path) -> None:
    write_atomically(Path("/dev/null"), "gone")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_atomically(pipe, "through the pipe")
    reader.join(30)
    assert read == ["through the pipe"] and pipe.is_fifo()


def test_removing(tmp_path: Path) -> None:
    write_atomically(tmp_path / "x", "")
    remove(tmp_path / "x")
    remove(tmp_path / "x")
    assert not list(tmp_path.iterdir())
    with pytest.raises(FileFormatError, match="cannot be removed"):
        remove(tmp_path)


def test_checking_leaves_nothing(tmp_path: Path) -> None:
    check_writable(tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_what_is_no_file_cannot_be_read(tmp_path: Path) -> None:
    def reasons() -> list[str]:
        return [str(caught.value) for caught in failed]

    failed = []
    for path in (tmp_path / "none", tmp_path, tmp_path / "nul\x00"):
        with pytest.raises(FileFormatError) as caught:
            read_bytes(path, 10)
        failed.append(caught)
    assert reasons()[0] == "none cannot be read: No such file or directory."
    assert "it is a folder, not a file" in reasons()[1]
    assert "its name is not allowed" in reasons()[2]


@posix
def test_devices_and_pipes_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path / "socket"):
            with pytest.raises(FileFormatError, match=r"a device or a pipe|cannot be read"):
                read_bytes(path, 10)


@posix
def test_reading_leaves_no_file_open(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", "x" * 20)
    before = len(os.listdir("/dev/fd"))
    for path in (tmp_path, tmp_path / "file", Path("/dev/zero")):
        with pytest.raises(FileFormatError):
            read_bytes(path, 10)
    assert len(os.listdir("/dev/fd")) == before


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", "x" * 20)
    assert read_text(tmp_path / "file", 20) == "x" * 20
    with pytest.raises(FileFormatError, match="file cannot be used: it is larger than 19 bytes"):
        read_text(tmp_path / "file", 19)
    (tmp_path / "latin").write_bytes(b"\xe9")
    with pytest.raises(FileFormatError, match="latin cannot be used: it is not UTF-8 text"):
        read_text(tmp_path / "latin", 19)


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not valid JSON at line 1"),
        ('{\n"a": }', "not valid JSON at line 2"),
        ("[1] [2]", "not valid JSON"),
        (nested(MAX_JSON_DEPTH + 1), "nested too deeply"),
        (nested(200_000), "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("9" * 5000, "a whole number in it is too large"),
        (str(2**64 + 1), "a whole number in it is too large"),
        (str(-(2**65)), "a whole number in it is too large"),
        ("[NaN]", "a number in it is not finite"),
        ("-Infinity", "a number in it is not finite"),
        ("1e999", "a number in it is not finite"),
        ('"\\ud800"', "half a character"),
        ('{"\\udfff": 1}', "half a character"),
        ('{"a": 1, "b": 2, "a": 3}', "the entry 'a' is there twice"),
        (b"\xff", "not UTF-8 text"),
        (" " * 1_000_001, "larger than 1,000,000 bytes"),
    ],
)
def test_json_that_cannot_be_used(tmp_path: Path, text: str | bytes, reason: str) -> None:
    content = text.encode() if isinstance(text, str) else text
    path = tmp_path / "file.json"
    path.write_bytes(content)
    for source in (path, content, *([text] if isinstance(text, str) else [])):
        with pytest.raises(FileFormatError, match=reason) as caught:
            read_json(source, "My file", hint="Mend it.")
        assert str(caught.value).startswith("My file cannot be used: ") and caught.value.hint == "Mend it."
    with pytest.raises(FileFormatError, match=r"^file\.json cannot be used: "):
        read_json(path)


def test_json_that_can_be_used(tmp_path: Path) -> None:
    content = {"a": [1, -2.5, None, True, "Größe \U0001f600", 2**64], "b": {"": []}}
    assert read_json(json.dumps(content)) == read_json(b"\xef\xbb\xbf" + json.dumps(content).encode()) == content
    assert read_json(nested(MAX_JSON_DEPTH)) is not None
    assert read_json("[Infinity]", only_finite=False) == [float("inf")]
    assert read_json('"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_what_is_packed_is_unpacked_within_limits(pack: Callable[[bytes], bytes]) -> None:
    content = b"abc" * 1000
    packed = pack(content)
    assert decompressed(packed, "x", 3000) == content
    refused = {
        "more than 2,999 bytes": (packed, 2999),
        "cut short": (packed[:-1], 3000),
        "follows after its end": (packed + b"x", 3000),
        "is damaged": (b"nothing", 3000),
    }
    for said, (given, limit) in refused.items():
        with pytest.raises(FileFormatError, match=f"^x cannot be used: .*{said}") as caught:
            decompressed(given, "x", limit, "Do this.")
        assert caught.value.hint == "Do this."


def test_only_this_installation_makes_its_signatures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JITAI_DATA_DIR", str(tmp_path / "mine"))
    path = tmp_path / "file"
    path.write_bytes(b"content")
    code = files.signature_of(path)
    assert files.is_signature_of(path, code)
    assert not any(files.is_signature_of(path, other) for other in (None, "", "é", 1, code[:-1]))
    path.write_bytes(b"Content")
    assert not files.is_signature_of(path, code)
    path.write_bytes(b"content")
    assert (tmp_path / "mine" / "signing.key").stat().st_mode & 0o077 == 0
    (tmp_path / "mine" / "signing.key").write_bytes(b"")
    assert not files.is_signature_of(path, code), "an empty key signs nothing"
    monkeypatch.setenv("JITAI_DATA_DIR", str(tmp_path / "theirs"))
    assert not files.is_signature_of(path, code)


def test_a_damaged_file_is_set_aside_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for content in ("first", "second"):
        path.write_text(content)
        files.set_aside(path)
    assert [item.read_text() for item in sorted(tmp_path.iterdir())] == ["first", "second"] and not path.exists()


def test_who_waits_in_vain_for_a_file_is_told(tmp_path: Path) -> None:
    with (
        files.alone_with(tmp_path / "a.json"),
        pytest.raises(FileFormatError, match=r"Another process is at work on a\.json"),
        files.alone_with(tmp_path / "a.json", wait_s=0.05),
    ):
        pass
