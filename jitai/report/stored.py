"""The report of a stored experiment, whichever kind it is."""

from collections.abc import Mapping, Sequence

from jitai.errors import FileFormatError, ParameterError
from jitai.experiments.comparison import DayFigures, Run, by_condition, day_figures, days_of, side_by_side, told_lines
from jitai.experiments.headline import in_settings
from jitai.experiments.methods import place_of_role
from jitai.experiments.spec import JudgeChoice
from jitai.experiments.store import Store, StoredExperiment
from jitai.experiments.sweep import is_error_line, is_map
from jitai.experiments.words import plain_label
from jitai.judge.calibration import Measured
from jitai.judge.prompts import Prompt, find_prompt
from jitai.judge.registry import backend_of
from jitai.report.compare_report import compare_report
from jitai.report.experiment import Compared, ExperimentInputs
from jitai.report.sweep_report import line_report, map_report

_COLUMNS = ("seed", "day", "executed_action", "step_count", "can_walk", "belief")


def experiment_report(store: Store, found: StoredExperiment, inputs: ExperimentInputs) -> str:
    """One HTML file: a map where two things vary, a line over the judge's error, or a comparison for each participant.

    Args:
        store: where the experiment lies.
        found: the experiment.
        inputs: what else stands in it.
    Raises: ParameterError as long as nothing is finished.
    """
    spec, cells = found.spec, store.cells(found.identifier)
    page = ""
    if is_map(spec) or is_error_line(spec):
        baseline = next(method for method in spec.methods if method.name == spec.baseline_name)
        method = next(item for item in spec.methods if item is not baseline)
        write = map_report if is_map(spec) else line_report
        page = write(found, cells, method, baseline, inputs)
    elif cells:
        page = compare_report(found, participants(store, found), inputs)
    if not page:
        raise ParameterError("Nothing of this experiment is finished, so there is nothing to report yet.")
    return page


def measured_judges(choices: Sequence[JudgeChoice], prompts: Sequence[Prompt]) -> Mapping[str, Measured]:
    """How often judges are right on held-out statements, by their names, where that was measured; no server is asked.

    Args:
        choices: of an experiment.
        prompts: the strategies, whose calibrations tell what was measured.
    """
    found = {}
    for choice in choices:
        facts = None if choice.is_simulated else choice.backend.facts(choice.key)
        if facts is None:
            continue
        prompt = find_prompt(prompts, choice.prompt or backend_of(choice.key).usual_prompt(choice.key))
        measured = prompt.calibration_for(facts.digest).measured
        if measured is not None:
            found[choice.name] = measured
    return found


def participants(store: Store, found: StoredExperiment) -> list[Compared]:
    """What is compared of an experiment, one entry for each participant, in the page's order."""
    spec = found.spec
    several = len(spec.judges_needed()) > 1
    participants = []
    grouped = by_condition(store.cells(found.identifier))
    for condition, cells in grouped.items():
        ordered = sorted(cells, key=lambda item: place_of_role(item.cell.method))
        runs = [Run(plain_label(item.cell, several), found.identifier, spec.seeds, item) for item in ordered]
        base = next((run for run in runs if run.stored.cell.method.name == spec.baseline_name), runs[0])
        days = [_days(store, run) for run in runs]
        lines = side_by_side(runs, base)
        told = told_lines(lines)
        base_line = next(line for line in lines if line.run is base)
        settings = in_settings(told[0], base_line, grouped) if told else []
        participants.append(Compared(condition, lines, days, base, settings=settings))
    return participants


def _days(store: Store, run: Run) -> DayFigures | None:
    try:
        table = store.steps(run.stored.key, _COLUMNS)
    except FileFormatError:
        return None
    return day_figures(days_of(table, run.seeds, run.stored.cell.condition.config.study_length))
