"""The Preferences page: statements in, verdicts out, at once."""

import pandas as pd
import streamlit as st

from jitai.corpus import TEST, load_part
from jitai.judge.text import MAX_STATEMENT_LENGTH
from jitai.records import Decision, Label, Statement
from jitai.trial.log import safe_csv
from jitai.ui.session.state import AppState, JudgedStatement, app_state, keep_in_address
from jitai.ui.widgets.decision_card import verdict_badge, verdict_popover
from jitai.ui.widgets.judge_picker import current_judge, judge_picker
from jitai.ui.widgets.page import errors_as_sentences, plain

MAX_STATEMENTS = 500
N_SHOWN = 40
"""Verdicts drawn in full; the table below them holds all."""
N_CHARACTERS_SHOWN = 280
DECISION_FOR = {Label.CAN_WALK: Decision.SEND, Label.CANNOT_WALK: Decision.HOLD_BACK}
"""What a judge that agrees with a label says."""
EXAMPLES = (
    "I twisted my ankle on the stairs",
    "Feeling great, the sun is out",
    "Please stop texting me",
    "My sister broke her leg, poor thing",
    "No time at all, meetings until seven",
)


def preferences_page() -> None:
    """Draw the page."""
    state = app_state()
    with errors_as_sentences():
        with st.sidebar:
            judge_picker(state)
        keep_in_address(state)
        st.title("Would the language model send a walking message to somebody who says this?")
        lines = _statement_box(state)
        to_judge = _buttons(state, lines)
        _corpus_picker(state)
        if to_judge:
            _judge_lines(state, to_judge)
        _verdicts(state)


def _statement_box(state: AppState) -> list[str]:
    """The box to type or paste in: one statement a line."""
    key = state.key("statements")

    def keep() -> None:
        state.statements_text = st.session_state[key]

    st.text_area(
        "What participants might say, one statement a line", value=state.statements_text, key=key, on_change=keep,
        height=150, placeholder="\n".join(EXAMPLES),
        help=f"At most {MAX_STATEMENTS} lines; the judge reads the first {MAX_STATEMENT_LENGTH} characters of each. "
        "Nothing leaves this machine.",
    )  # fmt: skip
    return [line.strip() for line in state.statements_text.splitlines() if line.strip()]


def _corpus_picker(state: AppState) -> None:
    """Add labelled statements of the held-out part of the corpus."""
    statements = load_part(TEST)
    with st.expander("Pick from the corpus"):
        st.caption(
            f"{len(statements)} labelled statements that were kept aside when the prompt was tuned. The verdicts below "
            "then show whether the judge agrees with the label."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kind = st.selectbox("Kind", ["all kinds", *sorted({item.kind for item in statements})], key="corpus_kind")
            label = st.selectbox("Label", ["both labels", *Label], key="corpus_label")
            number = st.number_input("How many", 1, 100, 10, key="corpus_number")
        fitting = [
            item
            for item in statements
            if kind in ("all kinds", item.kind) and label in ("both labels", item.label.value)
        ]
        # A key for each filter: rows ticked in one list are other statements, or none, in another.
        key = f"corpus_rows_{kind}_{label}"
        st.dataframe(
            pd.DataFrame([{"statement": item.text, "label": item.label.value, "kind": item.kind} for item in fitting]),
            hide_index=True, height=220, key=key, on_select="rerun", selection_mode="multi-row",
        )  # fmt: skip
        with st.container(horizontal=True):
            chosen = st.session_state[key]["selection"]["rows"]
            st.button(
                f"Add the {len(chosen)} ticked" if chosen else "Add the ticked ones", key="add_ticked",
                disabled=not chosen, on_click=_add, args=(state, [fitting[row] for row in chosen]),
            )  # fmt: skip
            st.button(
                f"Add {min(number, len(fitting))} spread over the list", key="add_spread", disabled=not fitting,
                on_click=_add, args=(state, _spread(fitting, int(number))),
            )  # fmt: skip


def _spread(statements: list[Statement], number: int) -> list[Statement]:
    """That many of them, evenly over the list: no luck involved, the same every time."""
    number = min(number, len(statements))
    return [statements[round(index * len(statements) / number)] for index in range(number)]


def _add(state: AppState, statements: list[Statement]) -> None:
    lines = [*state.statements_text.splitlines(), *(" ".join(item.text.split()) for item in statements)]
    state.statements_text = "\n".join(line for line in lines if line.strip())
    state.redraw_widgets()


def _buttons(state: AppState, lines: list[str]) -> list[str]:
    """Judge, try the examples, clear. Returns the lines to judge now; none if nothing was pressed."""
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Judge these", type="primary", icon=":material/gavel:", key="judge_lines")
        if st.button("Try five examples", key="try_examples"):
            state.statements_text = "\n".join(EXAMPLES)
            state.redraw_widgets()
            return list(EXAMPLES)
        st.button("Clear", key="clear", on_click=_clear, args=(state,))
    if pressed and not lines:
        st.info("Type at least one statement, or try the five examples.")
    if pressed and len(lines) > MAX_STATEMENTS:
        st.warning(f"These are {len(lines):,} lines; the first {MAX_STATEMENTS} are judged.")
    return lines[:MAX_STATEMENTS] if pressed else []


def _judge_lines(state: AppState, lines: list[str]) -> None:
    """Judge with progress; what is judged already stays if it is stopped half-way."""
    judge = current_judge(state)
    state.judged, state.judged_by = [], (state.judge_at_work, state.prompt_picked, state.deciding_settings)
    progress = st.progress(0.0, "Judging ...")
    for number, line in enumerate(lines, start=1):
        state.judged.append(JudgedStatement(line, judge.judge(line)))
        progress.progress(number / len(lines), f"{number} of {len(lines)}")
    st.rerun()


def _clear(state: AppState) -> None:
    state.statements_text = ""
    state.judged = []
    state.redraw_widgets()


def _verdicts(state: AppState) -> None:
    """Verdicts, one a line, each opening to its prompt; and all of them as a table to download."""
    if not state.judged:
        st.caption(
            "The verdicts will stand here: send, do not send or unsure, with the probability and the exact prompt."
        )
        return
    labels = {" ".join(item.text.split()): item.label for item in load_part(TEST)}
    if state.judged_by != (state.judge_at_work, state.prompt_picked, state.deciding_settings):
        st.info(
            "These verdicts are of the judge or prompt before. “Judge these” asks the one that is at work now.",
            icon=":material/info:",
        )
    _summary_line(state, labels)
    for number, item in enumerate(state.judged[:N_SHOWN]):
        _verdict_row(number, item, labels.get(item.text))
    if len(state.judged) > N_SHOWN:
        st.caption(f"The first {N_SHOWN} of {len(state.judged)} are shown; the table has all.")
    table = pd.DataFrame(
        [
            {
                "statement": item.text,
                "verdict": item.verdict.decision.value,
                "p_send": item.verdict.p_send,
                "source": item.verdict.source.value,
                "label": labels.get(item.text, ""),
                "latency_ms": item.verdict.latency_ms,
                "reason": item.verdict.reason,
                "failure": item.verdict.failure,
            }
            for item in state.judged
        ]
    )
    with st.expander("As a table"):
        st.dataframe(
            table, hide_index=True, key="verdict_table",
            column_config={
                "p_send": st.column_config.NumberColumn("P(send)", format="%.2f"),
                "latency_ms": st.column_config.NumberColumn("ms", format="%.0f"),
            },
        )  # fmt: skip
    st.download_button(
        "Download the verdicts (CSV)", data=lambda: safe_csv(table).encode(), file_name="jitai_lab_verdicts.csv",
        mime="text/csv", on_click="ignore", key="download_verdicts",
    )  # fmt: skip


def _summary_line(state: AppState, labels: dict[str, Label]) -> None:
    """Counts, and how many labelled statements the judge got right; failures are never counted as vetoes."""
    answered = [item for item in state.judged if not item.verdict.is_fallback]
    counts = {decision: sum(item.verdict.decision == decision for item in answered) for decision in Decision}
    n_failed = len(state.judged) - len(answered)
    with st.container(key="headline"):
        columns = st.columns(4)
    for column, (decision, count) in zip(columns, counts.items(), strict=False):
        column.metric(decision.value.capitalize(), f"{count} of {len(state.judged)}", border=True)
    labelled = [(item, labels[item.text]) for item in answered if item.text in labels]
    right = sum(item.verdict.decision == DECISION_FOR[label] for item, label in labelled)
    columns[3].metric(
        "Agrees with the label", f"{right} of {len(labelled)}" if labelled else "no labels", border=True,
        help="Only statements of the corpus have a label. Unsure counts as not agreeing.",
    )  # fmt: skip
    if n_failed:
        st.warning(
            f"{n_failed} statements could not be judged; the rule for that case stood in. Open one to see why.",
            icon=":material/warning:",
        )


def shortened(text: str) -> str:
    """A text that takes no more than a few lines; what is left out is counted."""
    left_out = len(text) - N_CHARACTERS_SHOWN
    return text if left_out <= 0 else f"{text[:N_CHARACTERS_SHOWN]} … ({left_out:,} more characters)"


def _verdict_row(number: int, item: JudgedStatement, label: Label | None) -> None:
    """One statement: its words, the verdict, the label where there is one, and the way to the prompt."""
    verdict = item.verdict
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"verdict_{number}"):
        st.text(shortened(item.text), width="stretch")
        if label is not None:
            words, icon = f"label: {label.value.replace('_', ' ')}", None
            if not verdict.is_fallback:
                agrees = verdict.decision == DECISION_FOR[label]
                words += ", agrees" if agrees else ", disagrees"
                icon = ":material/check:" if agrees else ":material/close:"
            st.badge(words, icon=icon, color="gray")
        verdict_badge(verdict)
        verdict_popover(verdict)
        if verdict.failure:
            st.warning(plain(verdict.failure), icon=":material/warning:")
