"""Starting an experiment in a process of its own, which outlives the page that started it."""

import json
import subprocess
import sys
from pathlib import Path

from jitai.errors import FileFormatError
from jitai.grid.spec import ExperimentSpec

ROOT = Path(__file__).parents[2]


def launch(spec: ExperimentSpec, folder: Path, n_workers: int | None = None) -> subprocess.Popen[bytes]:
    """Run an experiment beside this process; watch it through the store.

    Args:
        spec: what is to be run; what is finished of it is not run again.
        folder: of the store.
        n_workers: processes; one for each core if None.
    Returns: the process; keep it, and poll it now and then, so that it does not linger once it has ended.
    Raises: FileFormatError if the folder cannot be written.
    """
    described = folder / "descriptions" / f"{spec.identifier}.json"
    try:
        described.parent.mkdir(parents=True, exist_ok=True)
        described.write_text(json.dumps(spec.as_mapping(), ensure_ascii=False), encoding="utf-8")
        with described.with_suffix(".log").open("wb") as log:
            return subprocess.Popen(  # noqa: S603  (a list of words of our own, no shell)
                [sys.executable, "-m", "jitai", "experiment", str(described.resolve()), "--out", str(folder.resolve())]
                + ([] if n_workers is None else ["--workers", str(n_workers)]),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise FileFormatError(f"{folder} cannot be written: {error.strerror}.") from error
