"""Reading and writing files: written whole or not at all, read within limits, every failure a sentence.

In the person's own folders, files are made for the person alone, where the system has such permissions. Files that a
person or a program gave are untrusted: whatever is in them, reading ends with their content or with a FileFormatError.
"""

import contextlib
import errno
import hashlib
import hmac
import json
import math
import os
import stat
import time
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

from jitai.errors import FileFormatError
from jitai.paths import default_cache_dir, default_data_dir

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

MAX_JSON_BYTES = 1_000_000
"""Limit for a JSON file for which no other is given; files that people write have some thousand bytes."""
_KEY_BYTES = 32
MAX_JSON_DEPTH = 50
MAX_JSON_INTEGER = 2**64
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
"""Without waiting: a FIFO that nobody writes to would keep an open for ever."""

# Writing -------------------------------------------------------------------------------------------------------------


def write_atomically(path: Path, data: str | bytes) -> None:
    """Write a file whole, or leave what was there; its folder must exist (``make_folder``).

    Args:
        path: of the file. What is no file, such as /dev/stdout, is written to as it is.
        data: text is written as UTF-8, its line ends unchanged.
    Raises: FileFormatError naming the file and the reason.
    """
    with replacing(path) as partial, partial.open("wb") as file:
        file.write(data.encode("utf-8") if isinstance(data, str) else data)
        file.flush()
        if partial != path:
            os.fsync(file.fileno())


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new, empty file for those who can only write to a path; it takes the place of ``path`` at the end of the block.

    An error in the block leaves what was there. The file is not forced to the disk: for what can be made again.

    Raises: FileFormatError naming the file and the reason, for any OSError in the block too.
    """
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            yield path
            return
        path = Path(os.path.realpath(path))  # a link stays one, and what it names is replaced
        partial = _partial_of(path)
        try:
            yield partial
            partial.replace(path)
        finally:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(path, error) from error


def check_writable(path: Path) -> None:
    """See that a file can be written: before hours of work, not after.

    Raises: FileFormatError as ``write_atomically``.
    """
    try:
        _partial_of(Path(os.path.realpath(path))).unlink()
    except OSError as error:
        raise _not_written(path, error) from error


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it lies in.

    Raises: FileFormatError naming the folder and the reason.
    """
    try:
        for missing in reversed([item for item in (folder, *folder.parents) if not item.exists()]):
            missing.mkdir(0o700 if _is_private(missing) else 0o777, exist_ok=True)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except OSError as error:
        raise _not_written(folder, error) from error


def open_to_write(path: Path, mode: str = "wb") -> IO[bytes]:
    """Open a file that others look at while it is written: a log, a lock, a database; its folder is made if need be.

    Args:
        path: of the file.
        mode: "wb" for an empty one, "ab" to leave what is in it.
    Raises: FileFormatError as ``write_atomically``.
    """
    make_folder(path.parent)
    try:
        return open(path, mode, opener=lambda name, flags: os.open(name, flags, _mode(path)))
    except OSError as error:
        raise _not_written(path, error) from error


def put_in_place(path: Path, target: Path) -> None:
    """Give a file that is complete the name that people look for; what was there is replaced.

    Raises: FileFormatError naming the file and the reason.
    """
    try:
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.replace(target)
    except OSError as error:
        raise _not_written(target, error) from error


def set_aside(path: Path) -> Path:
    """Give a damaged file another name beside its own, so that nothing overwrites it; return where it is.

    Raises: FileFormatError naming the file and the reason.
    """
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    try:
        path.rename(aside)
    except OSError as error:
        raise _not_written(aside, error) from error
    return aside


@contextlib.contextmanager
def alone_with(path: Path, wait_s: float = 10.0) -> Iterator[None]:
    """Keep other processes and threads away from a file that is read, changed and written again.

    The lock is a file beside it, which the system frees when a process ends, however it does.

    Args:
        path: of the file; its folder is made if need be.
        wait_s: how long another may be waited for.
    Raises: FileFormatError if another does not let go, or the folder cannot be written.
    """
    with open_to_write(path.with_name(f".{path.name}.lock"), "ab") as lock:
        # Where the system has no such locks (Windows), two may collide: the later one then wins.
        given_up = time.monotonic() + wait_s
        while not is_locked_by_us(lock):
            if time.monotonic() > given_up:
                raise FileFormatError(f"Another process is at work on {path.name}.", "Try again.")
            time.sleep(0.02)
        yield


def is_locked_by_us(file: IO[bytes]) -> bool:
    """Keep others of this machine off an open file until it is closed; False if another holds it at this moment."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def remove(path: Path) -> None:
    """Remove a file, if it is there.

    Raises: FileFormatError naming the file and the reason.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FileFormatError(f"{path} cannot be removed: {_reason(error)}.") from error


def _partial_of(path: Path) -> Path:
    """A new, empty file beside a path.

    Raises: OSError.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    partial = path.with_name(f".{path.name[:40]}.{os.urandom(4).hex()}.partial")
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _mode(path)))
    return partial


def _is_private(path: Path) -> bool:
    return any(path.absolute().is_relative_to(own.absolute()) for own in (default_data_dir(), default_cache_dir()))


def _mode(path: Path) -> int:
    return 0o600 if _is_private(path) else 0o666


def _not_written(path: Path, error: OSError) -> FileFormatError:
    setting = "JITAI_DATA_DIR" if path.absolute().is_relative_to(default_data_dir().absolute()) else ""
    if error.errno in _FULL:
        hint = "Make room on the disk and try again."
    elif error.errno == errno.EFBIG:
        hint = "Raise the limit on the size of files (ulimit -f) and try again."
    elif setting:
        hint = f"Set {setting} to a folder that you may write to."
    else:
        hint = "Choose a folder that you may write to."
    return FileFormatError(f"{path} cannot be written: {_reason(error)}.", hint)


def _reason(error: OSError) -> str:
    return error.strerror or "unknown reason"


# Reading -------------------------------------------------------------------------------------------------------------


def read_bytes(path: Path, max_bytes: int, hint: str = "", name: str = "") -> bytes:
    """The content of a file.

    Args:
        path: of the file.
        max_bytes: the most that it may have.
        hint: what to do if it cannot be used.
        name: shown to people; the file's own if empty.
    Raises: FileFormatError if it is missing, no file or too large, or cannot be read.
    """
    name = name or path.name
    with open_to_read(path, hint, name) as file:
        try:
            content = file.read(max_bytes + 1)
        except OSError as error:
            raise FileFormatError(f"{name} cannot be read: {_reason(error)}.", hint) from error
    if len(content) > max_bytes:
        raise _too_large(name, max_bytes, hint)
    return content


def open_to_read(path: Path, hint: str = "", name: str = "") -> BufferedReader:
    """Open a file to be read in parts; a pipe or a device, which may never end, is none.

    Args:
        path: of the file.
        hint, name: as for ``read_bytes``.
    Raises: FileFormatError if it is missing or no file.
    """
    name = name or path.name
    try:
        handle = os.open(path, _READ_ONLY)
    except (OSError, ValueError) as error:  # a ValueError for a name with a null character
        reason = _reason(error) if isinstance(error, OSError) else "its name is not allowed"
        raise FileFormatError(f"{name} cannot be read: {reason}.", hint) from error
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        what = "a folder" if stat.S_ISDIR(mode) else "a device or a pipe"
        raise _unusable(name, f"it is {what}, not a file", hint)
    return open(handle, "rb")


def signature_of(path: Path) -> str:
    """A code that only this installation can make of a file's content: HMAC-SHA256 with a key in the data folder.

    The key is made when it is first needed, for the person alone. It tells a file that this installation wrote from one
    that came from elsewhere, which must never be unpickled.

    Raises: FileFormatError if the file cannot be read, or the key neither read nor made.
    """
    key_file = default_data_dir() / "signing.key"
    with alone_with(key_file):
        if key_file.exists() and key_file.stat().st_size != _KEY_BYTES:
            set_aside(key_file)  # anybody could sign with an empty one
        if not key_file.exists():
            write_atomically(key_file, os.urandom(_KEY_BYTES))
    key = read_bytes(key_file, _KEY_BYTES)
    with open_to_read(path) as file:
        try:
            digest = hashlib.file_digest(file, lambda: hmac.new(key, digestmod="sha256"))
        except OSError as error:
            raise FileFormatError(f"{path.name} cannot be read: {_reason(error)}.") from error
    return digest.hexdigest()


def is_signature_of(path: Path, code: object) -> bool:
    """Whether this installation made the code of the file as it is now.

    Raises: FileFormatError as ``signature_of``.
    """
    return isinstance(code, str) and hmac.compare_digest(signature_of(path).encode(), code.encode())


def check_is_file(path: Path) -> None:
    """See that a library may open a path: a pipe or a device would keep it for ever. What is missing it says itself.

    Raises: FileFormatError for what is there and no file.
    """
    try:
        if not path.exists() or path.is_file():
            return
    except (OSError, ValueError):
        pass
    raise _unusable(path.name, "it is not a file", "")


def digest_of_file(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal digits.

    Raises: FileFormatError if it cannot be read.
    """
    with open_to_read(path) as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise FileFormatError(f"{path.name} cannot be read: {_reason(error)}.") from error


def read_text(path: Path, max_bytes: int, hint: str = "") -> str:
    """The content of a file as text in UTF-8, as ``read_bytes``.

    Raises: FileFormatError as ``read_bytes``, and if it is not UTF-8.
    """
    return _as_text(read_bytes(path, max_bytes, hint), path.name, hint)


def decompressed(content: bytes, name: str, max_bytes: int, hint: str = "") -> bytes:
    """What zlib or gzip has packed; no more is unpacked than allowed.

    Args:
        content: packed; it may be anything.
        name: shown to people.
        max_bytes: the most that may be in it.
        hint: what to do if it cannot be used.
    Raises: FileFormatError naming the file if it is damaged, cut short or too large.
    """
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # either of the two
    try:
        found = unpacker.decompress(content, max_bytes + 1)
    except zlib.error as error:
        raise _unusable(name, "it is damaged", hint) from error
    if len(found) > max_bytes:
        raise _unusable(name, f"more than {max_bytes:,} bytes are packed in it", hint)
    if not unpacker.eof:
        raise _unusable(name, "it is cut short", hint)
    if unpacker.unused_data:
        raise _unusable(name, "something follows after its end", hint)
    return found


def read_json(
    source: Path | bytes | str,
    name: str = "",
    max_bytes: int = MAX_JSON_BYTES,
    hint: str = "",
    only_finite: bool = True,
) -> Any:
    """What a JSON file, or text, holds; it may hold anything.

    Args:
        source: the file, or its content.
        name: shown to people; the file's own if empty.
        max_bytes: the most that it may have.
        hint: what to do if it cannot be used.
        only_finite: whether a number that is infinite or not a number is an error.
    Returns: nested at most MAX_JSON_DEPTH deep, with whole numbers within MAX_JSON_INTEGER and texts that UTF-8 can
        hold.
    Raises: FileFormatError naming the file and what is wrong, for whatever it is.
    """
    if isinstance(source, Path):
        name = name or source.name
        source = read_bytes(source, max_bytes, hint, name)
    if len(source) > max_bytes:
        raise _too_large(name, max_bytes, hint)
    text = _as_text(source, name, hint) if isinstance(source, bytes) else source
    try:
        content = json.loads(text, object_pairs_hook=_without_repetition)
    except json.JSONDecodeError as error:
        raise _unusable(name, f"it is not valid JSON at line {error.lineno}", hint) from error
    except RecursionError as error:
        raise _unusable(name, "it is nested too deeply", hint) from error
    except _Odd as error:
        raise _unusable(name, str(error), hint) from error
    except ValueError as error:  # Python's own limit for the digits of a whole number
        raise _unusable(name, "a whole number in it is too large", hint) from error
    check_values(content, name, hint, only_finite)
    return content


def check_values(content: Any, name: str, hint: str = "", only_finite: bool = True) -> None:
    """Check that parsed content holds only what ``read_json`` returns; arguments as there.

    Raises: FileFormatError naming the file and what is wrong.
    """
    try:
        _check(content, only_finite, MAX_JSON_DEPTH)
    except UnicodeEncodeError as error:
        raise _unusable(name, "a text in it holds half a character, which UTF-8 cannot hold", hint) from error
    except _Odd as error:
        raise _unusable(name, str(error), hint) from error


class _Odd(Exception):
    """What is wrong with the content of a JSON file."""


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        raise _Odd(f"the entry {twice[:40]!a} is there twice")
    return content


def _check(value: Any, only_finite: bool, depth: int) -> None:
    """Raises: _Odd, UnicodeEncodeError."""
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, float):
        if only_finite and not math.isfinite(value):
            raise _Odd("a number in it is not finite")
    elif isinstance(value, dict | list):
        if depth == 0:
            raise _Odd("it is nested too deeply")
        if isinstance(value, dict):
            for key in value:
                key.encode("utf-8")
            value = value.values()
        for item in value:
            _check(item, only_finite, depth - 1)
    elif isinstance(value, int) and abs(value) > MAX_JSON_INTEGER:
        raise _Odd("a whole number in it is too large")


def _as_text(content: bytes, name: str, hint: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unusable(name, "it is not UTF-8 text", hint) from error


def _too_large(name: str, max_bytes: int, hint: str) -> FileFormatError:
    return _unusable(name, f"it is larger than {max_bytes:,} bytes", hint)


def _unusable(name: str, reason: str, hint: str) -> FileFormatError:
    return FileFormatError(f"{name} cannot be used: {reason}.", hint)
