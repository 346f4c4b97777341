"""The folders on each system are those of every version before."""

from pathlib import Path
from types import SimpleNamespace

import platformdirs.macos
import platformdirs.unix
import platformdirs.windows
import pytest

from jitai import paths

SYSTEMS = {
    "linux": (platformdirs.unix.Unix, ".cache/jitai-lab", ".local/share/jitai-lab"),
    "darwin": (platformdirs.macos.MacOS, "Library/Caches/jitai-lab", "Library/Application Support/jitai-lab"),
    "win32": (platformdirs.windows.Windows, "AppData/Local/jitai-lab", "AppData/Local/jitai-lab/data"),
}


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    for name in ("JITAI_CACHE_DIR", "JITAI_DATA_DIR", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "AppData" / "Local"))
    # What Windows itself would say is here what its environment says.
    by_environment = platformdirs.windows.get_win_folder_from_env_vars
    monkeypatch.setattr(platformdirs.windows, "_RESOLVE_WIN_FOLDER", by_environment)
    monkeypatch.setattr(paths, "PlatformDirs", SYSTEMS[request.param][0])
    monkeypatch.setattr(paths, "sys", SimpleNamespace(platform=request.param))
    return str(request.param)


def test_the_platforms_folders(system: str, tmp_path: Path) -> None:
    _, cache, data = SYSTEMS[system]
    assert paths.default_cache_dir() == tmp_path / cache
    assert paths.default_data_dir() == tmp_path / data
    assert paths.default_store_folder() == tmp_path / data / "experiments"
    assert not list(tmp_path.iterdir()), "asking makes no folder"


def test_the_settings_come_first(system: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JITAI_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setenv("JITAI_DATA_DIR", "~/mine")
    assert paths.default_cache_dir() == tmp_path / "kept"
    assert paths.default_data_dir() == tmp_path / "mine"


def test_the_desktops_standard_is_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("JITAI_CACHE_DIR", "JITAI_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(paths, "PlatformDirs", platformdirs.unix.Unix)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert paths.default_cache_dir() == tmp_path / "caches" / "jitai-lab"
    assert paths.default_data_dir() == tmp_path / "data" / "jitai-lab"
