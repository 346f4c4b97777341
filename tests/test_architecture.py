"""What may import what, and what the core must not touch. The rules stand in ARCHITECTURE's table below."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "jitai").rglob("*.py"))
ENTRY_POINTS = ["app.py", *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "pages").glob("*.py"))]

GROUND = {"arrays", "background", "background_process", "corpus", "decision", "errors", "file_models", "files",
          "glossary", "installation", "parameters", "paths", "records", "registry", "sanitise", "seeding", "statistics",
          "text_format"}  # fmt: skip
"""What every room stands on."""
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "records": set(),
    "arrays": set(),
    "paths": set(),
    "sanitise": set(),
    "files": {"errors", "paths"},
    "text_format": set(),
    "glossary": set(),
    "decision": {"errors", "records"},
    "file_models": {"errors", "parameters"},
    "parameters": {"errors"},
    "registry": {"errors", "parameters"},
    "seeding": {"errors"},
    "statistics": {"arrays", "errors"},
    "background": {"errors"},
    "background_process": {"background", "errors"},
    "corpus": {"errors", "files", "paths", "records"},
    "installation": {"background", "errors", "files", "paths"},
    "environments": {"corpus", "errors", "parameters", "simulator"},
    "simulator": GROUND,
    "policies": {*GROUND, "simulator"},
    "trial": {*GROUND, "policies", "simulator"},
    "importing": GROUND,
    "judge": GROUND,
    "validation": {*GROUND, "importing", "judge"},
    "finetuning": {*GROUND, "judge", "validation"},
    "rl": {*GROUND, "policies", "simulator", "trial"},
    "experiments": {*GROUND, "judge", "policies", "rl", "simulator", "study", "trial"},
    "study": {"arrays", "errors", "statistics"},
    "charts": {"records", "sanitise", "text_format"},
    "player": {"records"},
    "stories": {*GROUND, "experiments", "player", "policies", "report", "simulator", "trial"},
    "lessons": {*GROUND, "experiments", "player", "policies", "simulator", "trial"},
    "game": {*GROUND, "lessons", "player", "policies", "simulator", "trial"},
    "report": {*GROUND, "experiments", "judge", "player", "policies", "simulator", "trial"},
    "cli": {*GROUND, "experiments", "finetuning", "importing", "judge", "policies", "report", "rl",
            "simulator", "study", "trial", "ui", "validation"},
    "ui": {*GROUND, "charts", "experiments", "game", "importing", "judge", "lessons", "player", "policies", "report",
           "rl", "simulator", "stories", "study", "trial", "validation"},
    "__main__": {"cli"},
    "__init__": set(),
}  # fmt: skip
"""Which room of the project may import which other; a new room needs a line."""

CORE = ("simulator", "policies", "trial")
NOT_IN_THE_CORE = {"streamlit", "plotly", "pandas", "pathlib", "os", "io", "shutil", "tempfile", "time", "datetime"}
WRITERS_AND_READERS = {"open", "read_text", "write_text", "read_bytes", "write_bytes", "savetxt", "loadtxt"}
MAKES_A_GENERATOR = ("jitai/seeding.py", "jitai/simulator/reference.py")


def part_of(path: str) -> str:
    """The part of the project that a file belongs to: "simulator", "cli" ..."""
    return Path(path).parts[1].removesuffix(".py")


def tree_of(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


def imported_modules(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported anywhere in a file, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            # from jitai import errors
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_packages(tree: ast.Module) -> set[str]:
    return {name.split(".")[0] for name in imported_modules(tree)}


def imported_parts(tree: ast.Module) -> set[str]:
    """The project's own parts that a file imports; ``from jitai import __version__`` is none."""
    names = (name.split(".") for name in imported_modules(tree))
    return {parts[1] for parts in names if parts[0] == "jitai" and len(parts) > 1 and parts[1] != "__version__"}


def random_functions(tree: ast.Module) -> set[str]:
    """What is used of numpy.random beside the type Generator, and the standard library's random."""
    found = {"random"} if "random" in imported_packages(tree) else set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random"):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom) and node.module == "numpy":
            found |= {alias.name for alias in node.names} & {"random"}
        elif isinstance(node, ast.ImportFrom) and node.module == "numpy.random":
            found |= {alias.name for alias in node.names}
    return found - {"Generator"}


def calls_of(tree: ast.Module) -> set[str]:
    """The last names of everything that is called."""
    called = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {
        function.attr if isinstance(function, ast.Attribute) else function.id
        for function in called
        if isinstance(function, ast.Attribute | ast.Name)
    }


@pytest.mark.parametrize("path", SOURCES)
def test_imports_point_one_way(path: str) -> None:
    part = part_of(path)
    assert part in MAY_IMPORT, f"{path} belongs to no part that the table knows"
    wrong = imported_parts(tree_of(path)) - MAY_IMPORT[part] - {part}
    assert not wrong, f"{path} imports {', '.join(sorted(wrong))}"


def test_the_table_has_no_circle() -> None:
    order: list[str] = []
    left = dict(MAY_IMPORT)
    while left:
        ready = [part for part, needed in left.items() if needed <= set(order)]
        assert ready, f"these import each other in a circle: {', '.join(left)}"
        order += ready
        left = {part: needed for part, needed in left.items() if part not in ready}


@pytest.mark.parametrize("path", [*SOURCES, *ENTRY_POINTS])
def test_streamlit_and_plotly_stay_where_they_belong(path: str) -> None:
    packages = imported_packages(tree_of(path))
    if path not in ENTRY_POINTS and part_of(path) != "ui":
        assert "streamlit" not in packages
    if path in ENTRY_POINTS or part_of(path) != "charts":
        assert "plotly" not in packages


@pytest.mark.parametrize("path", [path for path in SOURCES if part_of(path) in CORE])
def test_the_core_computes_and_does_nothing_else(path: str) -> None:
    tree = tree_of(path)
    allowed = {"pandas"} if path == "jitai/trial/log.py" else set()  # a log is a table
    assert not imported_packages(tree) & (NOT_IN_THE_CORE - allowed)
    assert not calls_of(tree) & (WRITERS_AND_READERS | {"print", "input"})


@pytest.mark.parametrize("path", SOURCES)
def test_randomness_comes_from_the_streams_of_one_seed(path: str) -> None:
    used = random_functions(tree_of(path))
    assert used == ({"default_rng"} if path in MAKES_A_GENERATOR else set())


@pytest.mark.parametrize("path", SOURCES)
def test_work_in_the_background_has_one_home(path: str) -> None:
    if path != "jitai/background.py":
        assert not calls_of(tree_of(path)) & {"Thread", "Timer", "start_new_thread", "ThreadPoolExecutor"}


@pytest.mark.parametrize("path", SOURCES)
def test_processes_have_one_home(path: str) -> None:
    """Experiments outlive the server on purpose, and an installer is a program of others."""
    homes = {"jitai/background_process.py", "jitai/experiments/launch.py", "jitai/installation.py"}
    assert path in homes or not calls_of(tree_of(path)) & {"Popen", "Process"}


@pytest.mark.parametrize("path", SOURCES)
def test_files_are_read_and_written_in_one_place(path: str) -> None:
    """What is read may be anything, and what is written is written whole: jitai/files.py sees to both."""
    if path == "jitai/files.py":
        return
    tree = tree_of(path)
    writers = {"write_text", "write_bytes", "mkdir", "makedirs", "unlink", "mkstemp", "NamedTemporaryFile"}
    assert not calls_of(tree) & writers
    readers = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)} & {
        "json.load", "json.loads", "os.replace", "os.open"
    }  # fmt: skip
    assert not readers - ({"json.loads"} if path == "jitai/judge/ollama/transport.py" else set()), "its own request"


@pytest.mark.parametrize("path", ENTRY_POINTS)
def test_a_page_file_only_calls_its_page(path: str) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) < 40
    assert imported_parts(tree_of(path)) == {"ui"}


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("import jitai.judge.cache", imported_parts),
        ("from jitai.judge import Judge", imported_parts),
        ("from jitai import judge", imported_parts),
        ("def f():\n    import jitai.judge.judge as j", imported_parts),
        ("import numpy as np\nnp.random.seed(1)", random_functions),
        ("from numpy.random import rand", random_functions),
        ("from numpy import random", random_functions),
        ("import random", random_functions),
        ("from pathlib import Path\nPath('x').read_text()", lambda tree: calls_of(tree) & WRITERS_AND_READERS),
        ("with open('x') as file: pass", lambda tree: calls_of(tree) & WRITERS_AND_READERS),
        ("import plotly.express as px", lambda tree: imported_packages(tree) & {"plotly"}),
        ("def f():\n    from datetime import date", lambda tree: imported_packages(tree) & NOT_IN_THE_CORE),
    ],
)
def test_these_tests_see_what_they_look_for(source: str, seen: object) -> None:
    assert callable(seen)
    assert seen(ast.parse(source))


MEASURE = """
import json, sys, time
started = time.process_time()
import streamlit, pandas, plotly.graph_objects, pyarrow, yaml
libraries = time.process_time()
from jitai.ui.pages import live, preferences, simulator, validation
from jitai.ui.pages import compare, sweep, runs, train, optimum
pages = time.process_time()
print(json.dumps({"share": (pages - libraries) / (libraries - started), "modules": sorted(sys.modules)}))
"""
TOO_HEAVY = {"torch", "stable_baselines3", "xllamacpp", "ollama", "gymnasium", "matplotlib", "scipy", "sklearn"}


@pytest.mark.alone
def test_the_pages_are_imported_quickly_and_load_nothing_heavy() -> None:
    """As a share of what the libraries need, so that it says the same of a slow machine."""
    shares = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", MEASURE], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
        )
        result = json.loads(done.stdout)
        assert not TOO_HEAVY & {name.split(".")[0] for name in result["modules"]}
        shares.append(result["share"])
    print(f"\nimporting the pages takes {min(shares):.2f} of the libraries' time")
    assert min(shares) < 0.75
