"""A run to take away whole: scenario, log and report in one zip file."""

import io
import json
import zipfile
from collections.abc import Sequence

from jitai.player.contract import Line
from jitai.report.run_log import run_log
from jitai.report.run_report import ReportInputs, run_report
from jitai.trial.log import safe_csv
from jitai.trial.saved_run import SavedBranch, SavedRun
from jitai.trial.scenario import Played, Scenario

_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip file knows: the same run gives the same bytes, whenever it is packed."""


def scenario_json(scenario: Scenario, branches: Sequence[tuple[Played, Line]] = ()) -> str:
    """A scenario, with the branches of its run, as the text of its file."""
    saved = tuple(SavedBranch(line.name, line.first_day, branch.scenario) for branch, line in branches)
    return json.dumps(SavedRun(scenario, saved).as_mapping(), ensure_ascii=False, indent=1) + "\n"


def bundle(
    run: Played, twin: Played, inputs: ReportInputs, name: str, branches: Sequence[tuple[Played, Line]] = ()
) -> bytes:
    """A zip file with NAME.json, NAME.csv and NAME.html, and the scenario of each branch as NAME_branch_LETTER.json.

    Args:
        run, twin, inputs, branches: as for ``run_report``; without truth, it is left out of the log too. The scenario
            stays what it is: whoever plays it can look.
        name: of the files in it: letters, digits, "_", "-" and "." only.
    Raises: ValueError for another name.
    """
    if not name.replace("_", "").replace("-", "").replace(".", "").isalnum() or not name.isascii():
        raise ValueError(f"{name!r} is no name for files in a bundle.")
    files = {
        f"{name}.json": scenario_json(run.scenario, branches),
        f"{name}.csv": safe_csv(run_log(run, with_truth=inputs.with_truth)),
        f"{name}.html": run_report(run, twin, inputs, branches),
    }
    for played, line in branches:
        files[f"{name}_branch_{line.letter.lower()}.json"] = scenario_json(played.scenario)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file_name, content in files.items():
            entry = zipfile.ZipInfo(file_name, _DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            entry.create_system = 3  # the same on every system
            archive.writestr(entry, content.encode())
    return packed.getvalue()
