"""The player's JavaScript and CSS as text.

Streamlit loads a component's script from a blob, where ``import "./x.js"`` finds nothing, and takes files by path only
from packages that are installed with a manifest. The lab runs from its folder. So the modules, which node and editors
read as plain ES modules, are joined here into one: dependencies first, without their import and export words. That
holds as long as modules import by name, and no two of them declare the same name at their top level; both are tested.
"""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
ENTRY = "main.js"

_IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"(?P<path>\.[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function|const|let|class)", re.MULTILINE)


@cache
def script() -> str:
    """All modules as one script, without an export."""
    return joined_script(FOLDER / "js" / ENTRY)


def joined_script(entry: Path) -> str:
    """A module and all that it imports as one script, without an export; lessons and the game join theirs too."""
    ordered: list[Path] = []
    _collect(entry.resolve(), ordered)
    return "\n".join(_without_module_words(path.read_text(encoding="utf-8")) for path in ordered)


@cache
def style() -> str:
    """All style sheets, in the order of their names."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((FOLDER / "css").glob("*.css")))


def _collect(path: Path, ordered: list[Path], above: tuple[Path, ...] = ()) -> None:
    """Add a module after the modules that it imports."""
    if path in above:
        raise ValueError(f"{path.name} imports itself by way of {', '.join(module.name for module in above)}.")
    if path in ordered:
        return
    for found in _IMPORT.finditer(path.read_text(encoding="utf-8")):
        _collect((path.parent / found["path"]).resolve(), ordered, (*above, path))
    ordered.append(path)


def _without_module_words(text: str) -> str:
    return _EXPORT.sub("", _IMPORT.sub("", text))
