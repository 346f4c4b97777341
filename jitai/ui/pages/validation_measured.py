"""The Validation page: the models that the person has measured, compared on the same statements."""

from functools import partial

import streamlit as st

from jitai.corpus import TEST, load_part
from jitai.errors import FileFormatError, JitaiError
from jitai.paths import default_data_dir
from jitai.sanitise import for_markdown
from jitai.ui.session.state import app_state, say_problem
from jitai.ui.widgets.csv_button import csv_button
from jitai.validation.measurements import (
    BUILT_IN,
    Measurement,
    Measurements,
    built_in_verdicts,
    comparison_table,
)

_BASE = "The built-in judge"


def measured_section() -> None:
    """Draw the table of the person's own measurements."""
    say_problem(app_state())
    try:
        kept = Measurements(default_data_dir()).all()
    except FileFormatError as error:
        st.warning(for_markdown(error.in_full), icon=":material/warning:")
        return
    if not kept:
        st.caption(
            "None yet. Whatever a model of yours says of held-out statements is kept here: choose it above, leave the "
            "statements at the held-out part, and press **Judge them**. A sample of 300 takes a minute or two."
        )
        return
    by_name = {item.name: item for item in kept}
    base = st.selectbox(
        "Compare with", [_BASE, *by_name], key="measured_base", persist_state="session",
        help="Differences are counted on the statements that both have read.",
    )  # fmt: skip
    to_beat = built_in_verdicts() if base == _BASE else by_name[base].p_send
    table = comparison_table([item for item in kept if item.name != base], to_beat, load_part(TEST))
    if not table.empty:
        share = st.column_config.NumberColumn(format="%.3f")
        points = st.column_config.NumberColumn(format="%+.1f")
        st.dataframe(
            table, hide_index=True, key="measured_table",
            column_config={
                **dict.fromkeys(("balanced accuracy", "low", "high"), share),
                **dict.fromkeys(("difference", "difference low", "difference high"), points),
                "ms": st.column_config.NumberColumn("ms a statement", format="%.0f"),
            },
        )  # fmt: skip
        against = BUILT_IN if base == _BASE else base
        st.caption(
            for_markdown(
                "Balanced accuracy with its 95 % interval (a jackknife over pairs). Difference: points of 100 by which "
                f"it is right more often than {against} on the statements that both have read (n both), with its 95 % "
                "interval, paired. Kept on this machine."
            )
        )
        csv_button("Download this table (CSV)", table, "measurements", "download_measured")
    with st.popover("Forget one"):
        for item in kept:
            st.button(item.name, key=f"forget_{item.asked_by}", on_click=partial(_forget, item))


def _forget(item: Measurement) -> None:
    try:
        Measurements(default_data_dir()).forget(item.asked_by)
    except JitaiError as error:
        app_state().problem = error.in_full
