"""The Validation page: how well judges read the same statements in other forms."""

import pandas as pd
import streamlit as st

from jitai.records import Statement
from jitai.sanitise import for_markdown
from jitai.text_format import counted
from jitai.ui.session.page_states import ValidationState
from jitai.ui.widgets.csv_button import csv_button
from jitai.validation.corpora import stratified_sample
from jitai.validation.forms import FORMS, PLAIN, by_form, difference_in_words, in_every_form, split_by_form
from jitai.validation.runner import Candidate, ValidationRun

TICK_S = 0.5
MOST_STATEMENTS = 500


def forms_section(
    state: ValidationState, candidates: list[Candidate], statements: tuple[Statement, ...], seed: int
) -> None:
    """Draw the choice of the number of statements, the button, and the table of the last run.

    Args:
        state: of the page.
        candidates: the judges chosen on the page.
        statements: those chosen, of which a sample is drawn.
        seed: of the sample.
    """
    st.caption(
        f"Form should not matter: the same words in capitals, with an emoji or out of a mail program mean the same. "
        f"Each statement is judged as it is and in {len(FORMS)} other forms, by the judges chosen above."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        n = st.number_input(
            "Statements", 10, MOST_STATEMENTS, 60, 10, key="forms_sample", persist_state="session",
            help=f"Each is judged {len(FORMS) + 1} times. 60 take about a minute with the built-in judge.",
        )  # fmt: skip

        def start() -> None:
            sample = stratified_sample(statements, n, seed)
            state.forms_run = ValidationRun(candidates, (*sample, *in_every_form(sample)))
            state.forms_run.start()

        is_running = state.forms_run is not None and not state.forms_run.finished
        st.button(
            "Judge them in every form", key="start_forms", on_click=start, icon=":material/format_size:",
            disabled=is_running or not candidates or len(statements) < n,
        )  # fmt: skip
    if state.forms_run is not None:
        st.fragment(_found, run_every=TICK_S if is_running else None, key="forms_found")(state, is_running)


def _found(state: ValidationState, was_running: bool) -> None:
    """Draw how far the run is, or its table; draw the page anew when it has ended."""
    run = state.forms_run
    if run is None:
        return
    found = run.snapshot()
    if not found.finished:
        st.progress(
            min(1.0, len(found.rows) / max(1, found.n_total)),
            for_markdown(
                f"{len(found.rows):,} of {found.n_total:,} verdicts: {found.at_work}{found.time_left_in_words}"
            ),
        )
        st.button("Stop and keep what there is", key="stop_forms", on_click=run.stop)
        return
    if was_running:
        st.rerun()
    for name, why in found.failures.items():
        st.warning(for_markdown(f"{name} could not be made ready. {why}"), icon=":material/warning:")
    table = by_form(*split_by_form(found))
    for judge in dict.fromkeys(table["judge"]):
        st.text(judge)
        _table(table[table["judge"] == judge], f"forms_table_{judge}")
    if not table.empty:
        n_plain = int(table.loc[table["form"] == PLAIN, "n"].max())
        st.caption(
            f"{counted(n_plain, 'statement')}. Difference: points of accuracy against the plain form, on the same "
            "statements, with its 95 % interval (⚠: all of it is below zero)."
        )
        csv_button("Download this table (CSV)", table, "forms", "download_forms")


def _table(table: pd.DataFrame, key: str) -> None:
    """Draw one judge's forms, the worst first below the plain one."""
    ordered = pd.concat([table[table["form"] == PLAIN], table[table["form"] != PLAIN].sort_values("difference")])
    shown = pd.DataFrame(
        {
            "form": ordered["form"],
            "right": ordered["accuracy"],
            "recall of “cannot walk”": ordered["recall"],
            "difference": [
                ""
                if row["form"] == PLAIN
                else difference_in_words(row["difference"], row["low"], row["high"]) + (" ⚠" if row["high"] < 0 else "")
                for row in ordered.to_dict("records")
            ],
        }
    )  # fmt: skip
    numbers = {name: st.column_config.NumberColumn(format="percent") for name in ("right", "recall of “cannot walk”")}
    st.dataframe(shown, hide_index=True, key=key, column_config=numbers)
