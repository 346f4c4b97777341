"""What reports of runs and of experiments say in the same way: settings, and how good a judge is."""

from collections.abc import Iterable, Mapping
from typing import Any

from jitai.judge.calibration import MEASURED_PARTS, Measured
from jitai.parameters import describe
from jitai.report.page import Html, paragraph, rows_table
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.conventions import AUTHORS, CONVENTION_LABELS, REPLICATION, convention_of, preset_of
from jitai.trial.spec import TrialSpec

NOT_MEASURED = (
    "How often this judge is right was not measured here. The Validation page measures it, and so does the command "
    "validate."
)


def settings_rows(*settings: Any) -> list[tuple[str, str]]:
    """Described settings with their symbols and units, in words."""
    rows = []
    for given in settings:
        for info in describe(type(given)):
            value = getattr(given, info.name)
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            label = f"{info.label} ({info.symbol})" if info.symbol else info.label
            rows.append((label, f"{shown} {info.unit}".strip()))
    return rows


def method_settings(spec: TrialSpec) -> list[tuple[str, str]]:
    """What is set of policy, filter and belief; of a filter only where text is read, of a belief where one is kept."""
    rows = [] if spec.policy.network is None else [("Trained policy", spec.policy.network.name)]
    filtering = [spec.filter.settings] if spec.uses_text else []
    belief = [spec.belief] if spec.keeps_belief else []
    return rows + settings_rows(spec.policy.settings, *filtering, *belief)


def participant_name(config: SimulatorConfig, otherwise: str = "A tuned participant") -> str:
    """The name of the setting that these are the numbers of, with its convention where that is not ours."""
    name, convention = preset_of(config, otherwise), convention_of(config)
    if name == otherwise or convention not in (AUTHORS, REPLICATION):
        return name
    return f"{name} ({CONVENTION_LABELS[convention].lower()})"


def accuracy(measured: Measured | None) -> Html:
    """How often a judge is right, with the interval where there is one.

    Args:
        measured: None if nobody measured it.
    """
    if measured is None:
        return paragraph(NOT_MEASURED)
    rows = [(f"Right on held-out statements ({measured.n:,})", _percent(measured.share_right))]
    rows += [
        (f"Right {name}", _percent(measured.parts[key]))
        for key, name in MEASURED_PARTS.items()
        if key in measured.parts
    ]
    if measured.balanced_accuracy is not None:
        interval = (
            "" if measured.low is None or measured.high is None else f" ({measured.low:.3f} to {measured.high:.3f})"
        )
        rows.append(("Balanced accuracy, with its 95 % interval", f"{measured.balanced_accuracy:.3f}{interval}"))
    rows += [
        (name, value)
        for name, value in (("Statements", measured.statements), ("The judge was measured on", measured.date))
        if value
    ]
    replaced = "Measured with the calibration that came with the project, which another one now replaces. "
    note = "Balanced accuracy: the mean of the shares right of either kind; a coin has 0.5."
    note = f"{replaced if measured.is_of_replaced else ''}{note}"
    return Html(rows_table(rows) + paragraph(note, "muted"))


def in_one_line(rows: Iterable[tuple[str, str]] | Mapping[str, str]) -> str:
    """Names and values as a sentence's part."""
    pairs = rows.items() if isinstance(rows, Mapping) else rows
    return "; ".join(f"{name}: {value}" for name, value in pairs)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
