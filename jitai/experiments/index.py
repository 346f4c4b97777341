"""The index of a store: a SQLite database whose tables any version since the first can read."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from jitai.errors import FileFormatError
from jitai.paths import program

_SCHEMA = """
create table if not exists experiments (
    id text primary key, spec text not null, versions text not null, created_at real not null, status text not null,
    note text not null default '', n_cells integer not null default 0, alive_at real not null,
    stop_wanted integer not null default 0, seconds_left real, phase text not null default '',
    judge text not null default '', n_done integer not null default 0, n_total integer not null default 0);
create table if not exists cells (
    key text primary key, figures text not null, totals blob not null, seconds real not null, n_bytes integer not null,
    digest text not null, finished_at real not null);
create table if not exists places (
    experiment text not null, position integer not null, key text not null, failure text not null default '',
    primary key (experiment, position));
"""
_VERSION = 1
"""Version of the index. Before version 1, the column ``note`` held the progress; now it says only why a run failed."""
_NEW_IN_VERSION_1 = {
    "phase": "text not null default ''",
    "judge": "text not null default ''",
    "n_done": "integer not null default 0",
    "n_total": "integer not null default 0",
}


def is_damage(error: BaseException | None) -> bool:
    """Whether the file's content is at fault, and not the disk, the rights or a lock."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        # A text that is no UTF-8, or a query that does not fit what is there.
        return isinstance(error, sqlite3.Error | UnicodeDecodeError)
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


@contextlib.contextmanager
def open_index(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an index for one transaction; it is made, or brought up to date, if it has to be.

    Raises: FileFormatError if it is damaged or locked by somebody who does not let go.
    """
    index = None
    try:
        index = sqlite3.connect(path, timeout=30.0)
        if index.execute("pragma user_version").fetchone()[0] < _VERSION:
            _bring_up_to_date(index)
        with index:
            yield index
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if not is_damage(error):
            raise FileFormatError(
                f"{path} cannot be used now: {error}.", "Try again; see that the disk is not full."
            ) from error
        raise FileFormatError(
            f"{path} cannot be used: {error}.",
            f"`{program()} repair {path.parent}` rebuilds it from the files of days beside it, which stay.",
        ) from error
    finally:
        if index is not None:
            index.close()


def _bring_up_to_date(index: sqlite3.Connection) -> None:
    """Make the tables of a new index, or add the columns that an older one lacks; two processes may try at once."""
    index.execute("begin immediate")
    with index:
        for statement in filter(str.strip, _SCHEMA.split(";")):
            index.execute(statement)
        known = {row[1] for row in index.execute("pragma table_info(experiments)")}
        for name, kind in _NEW_IN_VERSION_1.items():
            if name not in known:
                index.execute(f"alter table experiments add column {name} {kind}")
        index.execute(f"pragma user_version = {_VERSION}")
