"""Starting an experiment in a process of its own, which outlives the page that started it."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from jitai.background_process import give_way
from jitai.errors import FileFormatError
from jitai.experiments.spec import ExperimentSpec
from jitai.experiments.spec_file import spec_as_json
from jitai.experiments.store import DESCRIPTIONS
from jitai.files import make_folder, open_to_write, write_atomically
from jitai.judge.consent import AGREE_OPTION
from jitai.paths import resource


def launch(
    spec: ExperimentSpec, folder: Path, n_workers: int | None = None, *, agrees_to_send: bool = False
) -> subprocess.Popen[bytes]:
    """Run an experiment in a process of its own, with less priority than this one, and watch it through the store.

    Args:
        spec: what is to be run; what is finished of it is not run again.
        folder: of the store.
        n_workers: processes; one for each core if None.
        agrees_to_send: whether the person has agreed that its judges may send statements away from this machine.
    Returns: the process; keep it, and poll it now and then, so that it does not linger once it has ended.
    Raises: FileFormatError if the folder cannot be written.
    """
    described = folder / DESCRIPTIONS / f"{spec.identifier}.json"
    make_folder(described.parent)
    write_atomically(described, spec_as_json(spec))
    with open_to_write(described.with_suffix(".log")) as log:
        try:
            process = subprocess.Popen(  # noqa: S603  (a list of words of our own, no shell)
                [sys.executable, "-m", "jitai", "experiment", str(described.resolve()), "--out", str(folder.resolve())]
                + ([] if n_workers is None else ["--workers", str(n_workers)])
                + [AGREE_OPTION] * agrees_to_send,
                cwd=resource(),  # a clone that is not installed is found from there
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise FileFormatError(f"No process can be started: {error.strerror}.", "Try again.") from error
    give_way(process.pid)
    return process


class Processes:
    """The experiments that this server has started. They outlive it; polling them leaves no zombie process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, spec: ExperimentSpec, folder: Path, *, agrees_to_send: bool = False) -> None:
        """Start an experiment unless it is at work already; see ``launch``.

        Raises: FileFormatError if the folder cannot be written.
        """
        with self._lock:
            before = self._started.get(spec.identifier)
            if before is None or before.poll() is not None:
                # One core stays free for the page.
                self._started[spec.identifier] = launch(
                    spec, folder, max(1, (os.cpu_count() or 2) - 1), agrees_to_send=agrees_to_send
                )

    def is_alive(self, identifier: str) -> bool:
        """Whether a process started here is at work on it."""
        with self._lock:
            for process in self._started.values():
                process.poll()
            process_of = self._started.get(identifier)
            return process_of is not None and process_of.poll() is None

    def has_failed(self, identifier: str) -> bool:
        """Whether a process started here has ended with an error, which its log says."""
        with self._lock:
            process = self._started.get(identifier)
            return process is not None and bool(process.poll())

    def wait(self, identifier: str, timeout_s: float) -> None:
        """Wait until the process has ended."""
        process = self._started.get(identifier)
        if process is not None:
            process.wait(timeout_s)
