"""Replies of language models, kept on disk: the same statement is never asked twice.

What is kept are the model's replies, not the verdict, so that a new calibration applies to old replies too. Statements
are kept as hashes only: what a participant wrote is not to be found under its key. (A reply that is a model's own
reasoning may repeat words of it.)

The cache is a convenience, so it never stops a judgement: a damaged file is set aside, an unwritable folder means
that replies are kept in memory only, and either is said once.
"""

import contextlib
import hashlib
import json
import logging
import math
import os
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from jitai.errors import FileFormatError
from jitai.files import open_to_write, read_json, remove
from jitai.judge.base import Ending, ModelIdentity, Reply
from jitai.judge.prompts import Prompt

CACHE_FILE = "verdicts.sqlite3"
MEMORY_ENTRIES = 10_000
_LOCK_WAIT_S = 0.25  # for another process that writes; longer would cost more than asking the model again
_OPEN_WAIT_S = 3.0  # for other processes that make the file at the same moment, for which SQLite does not wait
Replies = tuple[Reply, ...]
_TABLE = "CREATE TABLE IF NOT EXISTS replies_2 (key TEXT PRIMARY KEY, replies TEXT NOT NULL)"
_log = logging.getLogger(__name__)


def cache_key(model_digest: str, prompt_label: str, prompt_hash: str, statement: str) -> str:
    """Return the key of a reply, which changes with the model, the prompt's label and content, and the statement."""
    parts = json.dumps((model_digest, prompt_label, prompt_hash, statement))
    return hashlib.sha256(parts.encode()).hexdigest()


def reply_key(model: ModelIdentity, prompt: Prompt, statement: str) -> str:
    """Return the key of a model's replies to a prompt on a cleaned statement."""
    read_by = f"{model.digest} {model.answers_version}".rstrip()
    return cache_key(read_by, prompt.label, prompt.content_hash, statement)


def nothing_shipped(key: str) -> Replies | None:
    """Find nothing: for those who want to ask the model, whatever was shipped."""
    return None


class VerdictCache:
    """Keeps replies by key in memory and in an SQLite file; threads share it, and processes share the file.

    Args:
        folder: where the file lies, made if missing; None keeps replies in memory only.
        shipped: finds the replies that came with the lab, such as ``shipped.shipped_replies``; never raises.

    Attributes:
        notice: why replies are not kept as they should be, as a sentence; empty while all is well.
        shipped: as given; looked at first, and never written to.
    """

    def __init__(self, folder: Path | None = None, shipped: Callable[[str], Replies | None] = nothing_shipped) -> None:
        self.notice = ""
        self.shipped = shipped
        self._path = folder / CACHE_FILE if folder is not None else None
        self._lock = threading.RLock()
        self._memory: OrderedDict[str, Replies] = OrderedDict()
        self._connection: sqlite3.Connection | None = None
        self._owner = os.getpid()
        if self._path is not None:
            self._open()

    def get(self, key: str) -> Replies | None:
        """Return the replies kept under a key, or None. Never raises."""
        with self._lock:
            if (replies := self._memory.get(key)) is not None:
                self._memory.move_to_end(key)
                return replies
            row = self._execute("SELECT replies FROM replies_2 WHERE key = ?", (key,))
            if row is None or (replies := replies_from_json(row[0])) is None:
                return None
            self._remember(key, replies)
            return replies

    def put(self, key: str, replies: Replies) -> None:
        """Keep the replies to all questions about a statement. Never raises: what cannot be written stays in memory.

        So does what the server may answer better after an update (Reply.is_makeshift).
        """
        with self._lock:
            self._remember(key, replies)
            if any(reply.is_makeshift for reply in replies):
                return
            self._execute("INSERT OR REPLACE INTO replies_2 VALUES (?, ?)", (key, replies_to_json(replies)))

    def close(self) -> None:
        """Close the file; the memory stays."""
        with self._lock:
            self._close()

    def _remember(self, key: str, replies: Replies) -> None:
        self._memory[key] = replies
        self._memory.move_to_end(key)
        if len(self._memory) > MEMORY_ENTRIES:
            self._memory.popitem(last=False)

    def _execute(self, statement: str, values: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the first row of a statement's result; None if there is none, or no file to ask."""
        if self._owner != os.getpid():
            # A connection must not be used, nor closed, by a forked child; the parent goes on using it.
            self._owner = os.getpid()
            _parents_connections.append(self._connection)
            self._connection = None
            if self._path is not None:
                self._open()
        if self._connection is None:
            return None
        try:
            row = self._connection.execute(statement, values).fetchone()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # a text in a damaged file may be no UTF-8
            if not _is_passing(error):
                self._recover(error)
            return None
        return row if row is None else tuple(str(value) for value in row)

    def _open(self) -> None:
        """Open the file; if that fails, keep replies in memory only and set a notice."""
        until = time.monotonic() + _OPEN_WAIT_S
        while True:
            try:
                return self._connect()
            except (sqlite3.DatabaseError, OSError, FileFormatError) as error:
                self._close()
                if not (_is_passing(error) and time.monotonic() < until):
                    return self._recover(error)
            time.sleep(0.02)

    def _connect(self) -> None:
        """Open the file and make its table.

        Raises: sqlite3.DatabaseError, OSError, FileFormatError.
        """
        assert self._path is not None
        open_to_write(self._path, "ab").close()  # SQLite would make it for everybody
        # Any thread may use the connection, one at a time: the lock sees to it.
        self._connection = sqlite3.connect(
            self._path, timeout=_LOCK_WAIT_S, isolation_level=None, check_same_thread=False
        )
        # Waiting for the disk at each reply costs more than the loss of a cache in a power failure.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
        self._connection.execute(_TABLE)

    def _close(self) -> None:
        if self._connection is not None and self._owner == os.getpid():
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None

    def _recover(self, error: Exception) -> None:
        """After a failure of the file, set a damaged one aside and begin a new one, or continue in memory."""
        assert self._path is not None
        self._close()
        if _is_damage(error):
            # Another process may have seen the damage too, and put a sound file in its place already.
            with contextlib.suppress(sqlite3.DatabaseError, OSError, FileFormatError):
                self._connect()
                assert self._connection is not None
                if self._connection.execute("PRAGMA quick_check").fetchone() == ("ok",):
                    return
            self._close()
            try:
                self._path.replace(self._path.with_name(CACHE_FILE + ".broken"))
                for suffix in ("-wal", "-shm"):
                    remove(self._path.with_name(CACHE_FILE + suffix))
                self._connect()
                self._say(f"The file of earlier verdicts was damaged; it was set aside as {CACHE_FILE}.broken.")
                return
            except (sqlite3.DatabaseError, OSError, FileFormatError):
                self._close()
        self._say("The file of earlier verdicts cannot be used; verdicts are kept in memory until the program ends.")

    def _say(self, notice: str) -> None:
        """Report once, in the log and in the notice, what is wrong."""
        if notice != self.notice:
            self.notice = notice
            _log.warning("%s", notice)


_parents_connections: list[sqlite3.Connection | None] = []


def _is_passing(error: Exception) -> bool:
    """Return whether another process merely has the file locked at this moment."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _is_damage(error: Exception) -> bool:
    """Return whether the file's content is at fault, and not the disk, the rights or a lock."""
    if isinstance(error, UnicodeDecodeError):
        return True
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    # SQLITE_ERROR: the file is a database, but its table is another one.
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


def replies_to_json(replies: Replies) -> str:
    """Return a model's replies as the text that the cache keeps."""
    # The last values stand only where they say something, so that other replies are kept as ever.
    return json.dumps([_row(reply) for reply in replies])


def _row(reply: Reply) -> list[object]:
    """Return the values of a reply that are kept."""
    row: list[object] = [reply.text, dict(reply.log_probabilities), reply.least_listed, reply.model_ms]
    return row + [reply.is_typed] * (reply.is_typed or bool(reply.ending)) + [reply.ending.value] * bool(reply.ending)


def replies_from_json(text: object) -> Replies | None:
    """Return replies from what the cache keeps; None if it holds something else."""
    try:
        replies = [_reply(*row) for row in read_json(str(text))]
    except (FileFormatError, TypeError):
        return None
    return tuple(reply for reply in replies if reply is not None) if replies and None not in replies else None


def _reply(
    words: object,
    log_probabilities: object,
    least_listed: object,
    model_ms: object,
    is_typed: object = False,
    ending: object = "",
) -> Reply | None:
    """Return a stored reply; None if the stored value is no reply."""
    numbers = [number for number in (*_values(log_probabilities), least_listed) if number is not None]
    sound = (
        isinstance(words, str)
        and isinstance(log_probabilities, dict)
        and isinstance(is_typed, bool)
        and ending in list(Ending)
        and all(isinstance(number, int | float) and math.isfinite(number) for number in (*numbers, model_ms))
    )
    if not sound:
        return None
    return Reply(words, log_probabilities, least_listed, model_ms, is_typed, ending=Ending(ending))  # type: ignore[arg-type]


def _values(mapping: object) -> list[object]:
    return list(mapping.values()) if isinstance(mapping, dict) else []
