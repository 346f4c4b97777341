"""The button that hands over an experiment as one HTML file."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from jitai.experiments.answers import simulated_work
from jitai.experiments.cell import CellWork
from jitai.experiments.spec import ExperimentSpec
from jitai.experiments.spec_file import spec_as_yaml
from jitai.experiments.store import StoredCell
from jitai.paths import program
from jitai.report.experiment import ExperimentInputs, work_of
from jitai.report.stored import measured_judges
from jitai.rl.policy_store import default_policy_store
from jitai.ui.session.resources import prompts
from jitai.ui.widgets.evidence import Evidence
from jitai.ui.widgets.experiment import store
from jitai.ui.widgets.hand_over import File, hand_over


def report_button(
    evidence: Evidence, write: Callable[[ExperimentInputs], str], name: str, of: tuple[object, ...]
) -> None:
    """Offer a report; it is written while the button that offers it is open.

    Args:
        evidence: what the report is of.
        write: gives the report, as ``compare_report`` and the others do.
        name: begins the widgets' keys and ends the file's name.
        of: what decides the report beside the experiment's description, such as its cells and what is compared.
    """
    found = evidence.experiment
    spec = found.spec
    link = f"{str(st.context.url).split('?')[0]}?experiment={found.identifier}" if st.context.url else ""
    works = partial(_simulated, spec) if evidence.is_shipped else work_of(store())

    def report() -> list[File]:
        inputs = ExperimentInputs(
            spec_as_yaml(spec, default_policy_store().name_of), f"{program()} experiment {found.identifier}.yaml",
            works, measured_judges(spec.judges_needed(), prompts()), link,
        )  # fmt: skip
        about = (
            "One file that opens without a network and prints well: answer, charts, all numbers, settings, and how to "
            "run it again."
        )
        return [
            File(
                f"{name}_report", "Report (HTML)", f"jitai_lab_{name}.html", "text/html", write(inputs).encode(), about
            )
        ]

    hand_over(f"{name}_hand_over", report, lambda: (found.identifier, *of))


def _simulated(spec: ExperimentSpec, stored: StoredCell) -> CellWork | None:
    """What decided a cell that came with the lab; None where a judge read."""
    return simulated_work(spec, stored.cell)
