"""The button that hands over an experiment as one HTML file."""

from collections.abc import Callable

import streamlit as st

from jitai.experiments.spec_file import spec_as_yaml
from jitai.experiments.store import StoredExperiment
from jitai.paths import program
from jitai.report.experiment import ExperimentInputs, work_of
from jitai.report.stored import measured_judges
from jitai.rl.policy_store import default_policy_store
from jitai.ui.session.resources import prompts
from jitai.ui.widgets.experiment import store


def report_button(found: StoredExperiment, write: Callable[[ExperimentInputs], str], name: str) -> None:
    """Offer a report; it is written when the button is pressed.

    Args:
        found: the experiment.
        write: gives the report, as ``compare_report`` and the others do.
        name: begins the widget's key and ends the file's name.
    """
    spec, results = found.spec, store()
    link = f"{st.context.url}?experiment={found.identifier}" if st.context.url else ""

    def report() -> bytes:
        inputs = ExperimentInputs(
            spec_as_yaml(spec, default_policy_store().name_of), f"{program()} experiment {found.identifier}.yaml",
            work_of(results), measured_judges(spec.judges_needed(), prompts()), link,
        )  # fmt: skip
        return write(inputs).encode()

    st.download_button(
        "Report (HTML)", data=report, file_name=f"jitai_lab_{name}.html", mime="text/html", on_click="ignore",
        key=f"{name}_report", icon=":material/description:",
        help="One file that opens without a network and prints well: answer, charts, all numbers, settings, and how to "
        "run it again.",
    )  # fmt: skip
