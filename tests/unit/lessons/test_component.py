"""The scripts of lessons and game, joined like the player's; what they draw is tested by node and in a browser."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from jitai.game import assets as game
from jitai.lessons import assets as lessons

PARTS = pytest.mark.parametrize(
    ("folder", "script", "style", "mount"),
    [
        (lessons.FOLDER, lessons.script, lessons.style, "mountLesson"),
        (lessons.FOLDER, lessons.class_script, lessons.style, "mountClass"),
        (game.FOLDER, game.script, game.style, "mountGame"),
    ],
    ids=["lesson", "class", "game"],
)  # fmt: skip
Text = Callable[[], str]


@PARTS
def test_the_joined_script_is_whole_and_declares_no_name_twice(
    folder: Path, script: Text, style: Text, mount: str, tmp_path: Path
) -> None:
    names = re.findall(r"^(?:async )?(?:class|const|let|function) (\w+)", script(), re.MULTILINE)
    assert sorted(names) == sorted(set(names))
    assert mount in names
    assert not re.search(r"^\s*(import|export)\b", script(), re.MULTILINE)
    if shutil.which("node"):
        joined = tmp_path / "joined.mjs"
        joined.write_text(f"{script()}\nexport default {mount};\n", encoding="utf-8")
        subprocess.run(["node", "--check", str(joined)], check=True)


@PARTS
def test_nothing_is_fetched_and_no_text_becomes_code(folder: Path, script: Text, style: Text, mount: str) -> None:
    together = script() + style()
    for forbidden in ("http:", "https:", "fetch(", "XMLHttpRequest", "@import", "url(http", "eval(", "document.write"):
        assert forbidden not in together, forbidden


@PARTS
def test_no_file_is_long(folder: Path, script: Text, style: Text, mount: str) -> None:
    for path in [*(folder / "js").glob("*.js"), *(folder / "css").glob("*.css"), *folder.glob("*.py")]:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 500, path.name
