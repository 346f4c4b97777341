"""A button that hands a table over as CSV, without an export being taken away by a redraw."""

from typing import TYPE_CHECKING

import streamlit as st

from jitai.trial.log import safe_csv

if TYPE_CHECKING:
    import pandas as pd


def csv_button(label: str, table: "pd.DataFrame", name: str, key: str, icon: str | None = None) -> None:
    """Draw the button.

    Args:
        label: on it.
        table: whose cells a spreadsheet may open: none of them begins like a formula in the file.
        name: of the file, after "jitai_lab_" and without its ending.
        key: of the button.
        icon: before the label, as Streamlit names it.
    """
    st.download_button(
        label, data=safe_csv(table).encode(), file_name=f"jitai_lab_{name}.csv", mime="text/csv", on_click="ignore",
        key=key, icon=icon,
    )  # fmt: skip
