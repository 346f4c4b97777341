"""Rows of a long piece of work, kept in a file as they come, so that the same command goes on where it was stopped.

The file lies beside the output and opens in any spreadsheet. Its name holds what decides the rows; so another command
never adds to it. When the work is complete it becomes the output.
"""

import csv
import io
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from jitai.errors import FileFormatError
from jitai.files import is_locked_by_us, open_to_read, open_to_write, put_in_place, remove
from jitai.sanitise import for_cell

_SECONDS_BETWEEN_SYNCS = 1.0


class KeptRows:
    """The rows that are ready, in the order of their making.

    Args:
        out: the file that they become.
        header: names of the columns.
        fingerprint: hexadecimal digits of what decides the rows.
        counts: whether a row that was kept is kept on, given its cells; those at the end that are not are made again.
    Raises: FileFormatError if the file cannot be written, or another process writes it.
    """

    def __init__(
        self, out: Path, header: Sequence[str], fingerprint: str, counts: Callable[[Sequence[str]], bool]
    ) -> None:
        if out.is_symlink() and out.is_file():
            out = out.resolve()  # a link stays one
        self.out = out
        self.path = out.with_name(f"{out.stem}.unfinished-{fingerprint[:12]}{out.suffix}")
        self.n_kept = 0
        self.holds_anything = False
        self._header, self._counts = [for_cell(name) for name in header], counts
        self._synced_at = time.monotonic()

    def __enter__(self) -> "KeptRows":
        self._file = open_to_write(self.path, "ab")
        if not is_locked_by_us(self._file):
            self._file.close()
            raise FileFormatError(f"Another process is writing {self.path.name}.", "Wait for it, or stop it first.")
        size, self.n_kept = self._whole()
        self._file.truncate(size)
        self.holds_anything = self.n_kept > 0
        if size == 0:
            self._write(self._header)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()
        if error is not None and not self.holds_anything:
            remove(self.path)

    def add(self, row: Sequence[str]) -> None:
        """Keep a row; no spreadsheet program finds a formula in it.

        Raises: FileFormatError if the disk does not take it.
        """
        self._write([for_cell(cell) for cell in row])
        self.holds_anything |= self._counts(row)

    def finish(self) -> None:
        """Make the rows the output.

        Raises: FileFormatError if that is not possible; the rows stay where they are.
        """
        self._file.close()
        put_in_place(self.path, self.out)

    def _write(self, cells: Sequence[str]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerow(cells)
        try:
            # A lone carriage return would end the row for some readers unless it is quoted, which csv sees to.
            self._file.write(text.getvalue().encode("utf-8", errors="replace"))
            self._file.flush()
            if time.monotonic() - self._synced_at > _SECONDS_BETWEEN_SYNCS:
                os.fsync(self._file.fileno())
                self._synced_at = time.monotonic()
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise FileFormatError(
                f"{self.path.name} cannot be written further: {reason}.",
                "What it holds is kept; make room and give the same command again.",
            ) from error

    def _whole(self) -> tuple[int, int]:
        """The bytes and the number of the rows that are kept on; (0, 0) for a new file."""
        size = end = n_rows = n_kept = 0
        pending: list[bytes] = []
        with open_to_read(self.path) as file:
            for line in file:
                pending.append(line)
                size += len(line)
                row = b"".join(pending)
                if not row.endswith(b"\r\n") or row.count(b'"') % 2:
                    continue
                pending = []
                cells = next(csv.reader([row.decode("utf-8", errors="replace")]), [])
                if end == 0:
                    end = size  # the header
                    continue
                n_rows += 1
                if self._counts(cells):
                    end, n_kept = size, n_rows
        return end, n_kept
