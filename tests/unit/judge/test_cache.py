import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jitai.judge import cache as cache_module
from jitai.judge.base import Ending, Reply
from jitai.judge.cache import CACHE_FILE, VerdictCache, cache_key, replies_from_json

REPLIES = (Reply(" good", {" good": -0.1, " bad": None}, -7.5, 46.2), Reply("why"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def cache(folder: Path) -> Iterator[VerdictCache]:
    opened = VerdictCache(folder)
    yield opened
    opened.close()


def test_replies_outlive_the_program(folder: Path) -> None:
    with closing(VerdictCache(folder)) as first:
        first.put("k", REPLIES)
    with closing(VerdictCache(folder)) as second:
        assert second.get("k") == REPLIES
        assert second.get("other") is None
        assert second.notice == ""


def test_how_the_server_was_asked_is_kept_too(folder: Path) -> None:
    typed = (Reply("yes", {"yes": -0.1, "no": -2.3}, is_typed=True), Reply("no", {"yes": -0.1, "no": -2.3}))
    with closing(VerdictCache(folder)) as first:
        first.put("k", typed)
    with closing(VerdictCache(folder)) as second:
        assert second.get("k") == typed


@pytest.mark.parametrize("ending", list(Ending))
def test_why_a_model_stopped_is_kept(folder: Path, ending: Ending) -> None:
    cut = (Reply('{"reason": "', ending=ending), Reply("yes", {"yes": -0.1}, -2.0, is_typed=True, ending=ending))
    with closing(VerdictCache(folder)) as first:
        first.put("k", cut)
    with closing(VerdictCache(folder)) as second:
        assert second.get("k") == cut
    assert replies_from_json('[["", {}, null, 0, false, "of its own accord"]]') is None


def test_what_lacks_its_probabilities_is_forgotten_with_the_program(folder: Path) -> None:
    """After an update of the server, statements that were met before have them."""
    with closing(VerdictCache(folder)) as first:
        first.put("k", (Reply("yes", is_makeshift=True),))
        assert first.get("k") == (Reply("yes", is_makeshift=True),)
    with closing(VerdictCache(folder)) as second:
        assert second.get("k") is None
        second.put("k", REPLIES)
    with closing(VerdictCache(folder)) as third:
        assert third.get("k") == REPLIES


def test_the_file_holds_no_statement(folder: Path) -> None:
    with closing(VerdictCache(folder)) as cache:
        cache.put(cache_key("sha256:0", "p 1", "h", "my secret knee"), REPLIES)
    assert b"secret" not in (folder / CACHE_FILE).read_bytes()


def test_the_key_depends_on_all_that_changes_the_answer() -> None:
    parts = ("sha256:0", "p 1", "h", "text")
    keys = {cache_key(*parts)} | {
        cache_key(*(part + "x" if index == changed else part for index, part in enumerate(parts)))
        for changed in range(4)
    }
    assert len(keys) == 5


@pytest.mark.parametrize("damage", [b"not a database at all, not by far" * 100, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_file_is_set_aside(folder: Path, damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    folder.mkdir()
    (folder / CACHE_FILE).write_bytes(damage)
    with closing(VerdictCache(folder)) as cache:
        assert cache.get("k") is None
        cache.put("k", REPLIES)
        assert "set aside" in cache.notice
    assert (folder / (CACHE_FILE + ".broken")).read_bytes()[:4096] == damage[:4096]
    assert len(caplog.records) == 1
    with closing(VerdictCache(folder)) as cache:
        assert cache.get("k") == REPLIES


def test_damage_in_the_middle_of_a_session(folder: Path) -> None:
    with closing(VerdictCache(folder)) as cache:
        for number in range(300):
            cache.put(f"k{number}", REPLIES)
    size = (folder / CACHE_FILE).stat().st_size
    with (folder / CACHE_FILE).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with closing(VerdictCache(folder)) as cache:
        assert cache.get("k7") is None
        cache.put("k7", REPLIES)
        assert cache.get("k7") == REPLIES
        assert "set aside" in cache.notice


def test_a_table_of_another_shape_is_set_aside(folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / CACHE_FILE)) as other:
        other.execute("CREATE TABLE replies_2 (something TEXT)")
    with closing(VerdictCache(folder)) as cache:
        cache.put("k", REPLIES)
        assert cache.get("k") == REPLIES


@pytest.mark.parametrize(
    "stored",
    ["nonsense", "[1]", '["x", {"a": "b"}, null, 1]', '["x", {}, null, NaN]', '[["x", {}, null, 1, 1]]', "[" * 9999],
)
def test_a_stored_value_that_is_no_reply_is_passed_over(folder: Path, cache: VerdictCache, stored: str) -> None:
    with closing(sqlite3.connect(folder / CACHE_FILE)) as other, other:
        other.execute("INSERT INTO replies_2 VALUES ('k', ?)", (stored,))
    assert cache.get("k") is None
    cache.put("k", REPLIES)
    assert cache.get("k") == REPLIES


def test_an_impossible_folder_means_memory_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    with closing(VerdictCache(tmp_path / "file" / "folder")) as cache:
        cache.put("k", REPLIES)
        assert cache.get("k") == REPLIES
        assert "in memory" in cache.notice
    assert len(caplog.records) == 1


def test_a_file_that_another_process_locks_does_not_stop_anybody(folder: Path, cache: VerdictCache) -> None:
    with closing(sqlite3.connect(folder / CACHE_FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        cache.put("k", REPLIES)
        assert cache.get("k") == REPLIES
        assert cache.notice == ""
        other.execute("ROLLBACK")
    cache.put("k2", REPLIES)
    with closing(VerdictCache(folder)) as another:
        assert another.get("k2") == REPLIES


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MEMORY_ENTRIES", 3)
    cache = VerdictCache()
    for number in range(5):
        cache.put(str(number), REPLIES)
    assert [cache.get(str(number)) is None for number in range(5)] == [True, True, False, False, False]


def test_threads_share_one_cache(folder: Path, cache: VerdictCache) -> None:
    failures: list[BaseException] = []

    def work(offset: int) -> None:
        try:
            for number in range(100):
                cache.put(f"{offset}/{number}", REPLIES)
                assert cache.get(f"{offset}/{number}") == REPLIES
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with closing(VerdictCache(folder)) as another:
        assert all(another.get(f"{offset}/{number}") for offset in range(4) for number in range(100))


def test_processes_share_one_file(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from jitai.judge.base import Reply; from jitai.judge.cache import VerdictCache\n"
        "cache = VerdictCache(Path(sys.argv[1]))\n"
        "for n in range(100): cache.put(f'{sys.argv[2]}/{n}', (Reply(' good'),))\n"
        "print(cache.notice, end=''); cache.close()\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(folder), str(number)], stdout=subprocess.PIPE)
        for number in range(3)
    ]
    assert [process.communicate()[0] for process in processes] == [b"", b"", b""]
    with closing(VerdictCache(folder)) as cache:
        kept = [cache.get(f"{number}/{n}") is not None for number in range(3) for n in range(100)]
    # A write that found the file locked for too long is skipped; that is allowed, but must stay rare.
    assert sum(kept) > 270


def test_a_file_that_another_is_making_is_waited_for(folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / CACHE_FILE, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")
        release = threading.Timer(3 * cache_module._LOCK_WAIT_S, other.execute, ("COMMIT",))
        release.start()
        with closing(VerdictCache(folder)) as cache:
            cache.put("key", REPLIES)
            assert cache.notice == ""
        release.join()
    with closing(VerdictCache(folder)) as cache:
        assert cache.get("key") == REPLIES


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_child_opens_the_file_anew(folder: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from jitai.judge.base import Reply; from jitai.judge.cache import VerdictCache\n"
        "cache = VerdictCache(Path(sys.argv[1])); cache.put('parent', (Reply(' good'),))\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    cache.put('child', (Reply(' bad'),)); os._exit(0 if cache.get('parent') else 1)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "cache.put('parent again', (Reply(' good'),)); cache.close()\n"
        "again = VerdictCache(Path(sys.argv[1])); assert again.get('child')[0].text == ' bad'; again.close()\n"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, timeout=30)
