"""The Preferences page: statements in, verdicts out, at once."""

import time
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from jitai.corpus import TEST, load_part
from jitai.errors import BackendError, NotAgreed
from jitai.importing.statements import RowState, StatementReader, Tally
from jitai.judge.consent import check_consent
from jitai.judge.text import MAX_STATEMENT_LENGTH
from jitai.paths import program
from jitai.records import Decision, Label, Statement
from jitai.sanitise import for_markdown
from jitai.text_format import counted, duration
from jitai.ui.session.page_states import JudgedStatement, PreferencesState
from jitai.ui.session.state import AppState, app_state, keep_in_address, session_object
from jitai.ui.widgets.csv_button import csv_button
from jitai.ui.widgets.decision_card import verdict_badge, verdict_popover
from jitai.ui.widgets.judge_picker import current_judge, judge_picker
from jitai.ui.widgets.page import errors_as_sentences
from jitai.ui.widgets.statement_import import statement_file
from jitai.validation.forms import in_its_forms

MAX_STATEMENTS = 500
N_SHOWN = 40
"""Verdicts drawn in full; the table below them holds all."""
N_CHARACTERS_SHOWN = 280
FORM_LABEL_WIDTH = 200
"""Pixels of the column that names a form."""
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
        found = session_object(PreferencesState)
        to_judge = _buttons(found, _statement_box())
        _corpus_picker()
        _file_picker(found)
        if to_judge:
            _judge_lines(state, found, to_judge)
        _verdicts(state, found)


def _statement_box() -> list[str]:
    """Draw the box to type or paste in, one statement a line; return the statements."""
    text = st.text_area(
        "What participants might say, one statement a line", key="statements", persist_state="session", height=150,
        placeholder="\n".join(EXAMPLES),
        help=f"At most {MAX_STATEMENTS} lines; the judge reads the first {MAX_STATEMENT_LENGTH} characters of each. "
        "Nothing leaves this machine unless you have agreed to a judge that runs elsewhere.",
    )  # fmt: skip
    return [line.strip() for line in text.splitlines() if line.strip()]


def _corpus_picker() -> None:
    """Let the person add labelled statements of the held-out part of the corpus."""
    statements = load_part(TEST)
    with st.expander("Pick from the corpus"):
        st.caption(
            f"{len(statements)} labelled statements that were held out when the prompt was tuned. For these, the "
            "verdicts below show whether the judge agrees with the label."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kind = st.selectbox(
                "Kind", [None, *sorted({item.kind for item in statements})], key="corpus_kind",
                format_func=lambda kind: "all kinds" if kind is None else kind.replace("_", " "),
            )  # fmt: skip
            label = st.selectbox(
                "Label", [None, *Label], key="corpus_label",
                format_func=lambda label: "both labels" if label is None else label.value.replace("_", " "),
            )  # fmt: skip
            number = st.number_input("How many", 1, 100, 10, key="corpus_number")
        fitting = [item for item in statements if kind in (None, item.kind) and label in (None, item.label)]
        # A key for each filter: rows ticked in one list are other statements, or none, in another.
        key = f"corpus_rows_{kind or ''}_{label or ''}"
        st.dataframe(
            pd.DataFrame([{"statement": item.text, "label": item.label.value, "kind": item.kind} for item in fitting]),
            hide_index=True, height=220, key=key, on_select="rerun", selection_mode="multi-row",
        )  # fmt: skip
        with st.container(horizontal=True):
            chosen = st.session_state[key]["selection"]["rows"]
            st.button(
                f"Add the {len(chosen)} ticked" if chosen else "Add the ticked ones", key="add_ticked",
                disabled=not chosen, on_click=_add, args=([fitting[row] for row in chosen],),
            )  # fmt: skip
            st.button(
                f"Add {min(number, len(fitting))} spread over the list", key="add_spread", disabled=not fitting,
                on_click=_add, args=(_spread(fitting, int(number)),),
            )  # fmt: skip


def _file_picker(found: PreferencesState) -> None:
    """Let the person add statements from a file of their own."""
    with st.expander("Read them from a file"), errors_as_sentences():
        texts = statement_file(
            found.own_file, "preferences", _texts, with_labels=False,
            help_text="CSV with any delimiter and encoding, TSV, Excel (.xlsx), JSON lines, or text with one statement "
            "a line; read on this machine only.", command="judge",
        )  # fmt: skip
        if texts:
            st.button(f"Add {counted(len(texts), 'statement')}", key="add_file", on_click=_add_lines, args=(texts,))


def _texts(reader: StatementReader) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The first MAX_STATEMENTS statements of a file, one line each, and what is to be said of the others."""
    tally, texts = Tally(), list[str]()
    for row in reader.rows():
        tally.add(row)
        if row.state is RowState.USABLE and len(texts) < MAX_STATEMENTS:
            texts.append(" ".join(row.text.split()))
    more = tally.n_usable - len(texts)
    note = (f"The first {len(texts)} of {tally.n_usable:,}; `{program()} judge` judges all of a file.",) if more else ()
    return tuple(texts), (*note, *tally.sentences())


def _spread(statements: list[Statement], number: int) -> list[Statement]:
    """Return that many statements, spread evenly over the list, the same every time."""
    number = min(number, len(statements))
    return [statements[round(index * len(statements) / number)] for index in range(number)]


def _add(statements: list[Statement]) -> None:
    _add_lines([" ".join(item.text.split()) for item in statements])


def _add_lines(more: Sequence[str]) -> None:
    lines = [*st.session_state["statements"].splitlines(), *more]
    st.session_state["statements"] = "\n".join(line for line in lines if line.strip())


def _buttons(found: PreferencesState, lines: list[str]) -> list[str]:
    """Draw the buttons; return the lines to judge now, none if nothing was pressed."""

    def write_examples() -> None:
        st.session_state["statements"] = "\n".join(EXAMPLES)

    def clear() -> None:
        st.session_state["statements"], found.judged, found.forms = "", [], ()

    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Judge these", type="primary", icon=":material/gavel:", key="judge_lines")
        pressed |= st.button("Try five examples", key="try_examples", on_click=write_examples)
        st.button("Clear", key="clear", on_click=clear)
    if pressed and not lines:
        st.info("Type at least one statement, or try the five examples.")
    if pressed and len(lines) > MAX_STATEMENTS:
        st.warning(f"These are {len(lines):,} lines; the first {MAX_STATEMENTS} are judged.")
    return lines[:MAX_STATEMENTS] if pressed else []


def _judge_lines(state: AppState, found: PreferencesState, lines: list[str]) -> None:
    """Judge with progress; the verdicts given so far stay if the work is interrupted."""
    judge = current_judge(state)
    try:
        check_consent(judge.backend)
    except NotAgreed as error:
        st.warning(for_markdown(str(error)), icon=":material/cloud_upload:")
        return
    except BackendError:
        pass  # each verdict says why
    found.judged, found.judged_by = [], (state.judge_at_work, state.prompt_picked, state.deciding_settings)
    progress, began = st.progress(0.0, "Judging ..."), time.monotonic()
    for number, line in enumerate(lines, start=1):
        found.judged.append(JudgedStatement(line, judge.judge(line)))
        left = (time.monotonic() - began) / number * (len(lines) - number)
        progress.progress(number / len(lines), f"{number} of {len(lines)}, about {duration(left)} left")
    st.rerun()


def _verdicts(state: AppState, found: PreferencesState) -> None:
    """Draw the verdicts, one a line, each of which opens to its prompt, and a table of all to download."""
    if not found.judged:
        st.caption(
            "The verdicts will appear here: send, do not send or unsure, with the probability and the exact prompt."
        )
        return
    labels = {" ".join(item.text.split()): item.label for item in load_part(TEST)}
    if found.judged_by != (state.judge_at_work, state.prompt_picked, state.deciding_settings):
        st.info(
            "Another judge or prompt gave these verdicts. “Judge these” asks the present one.",
            icon=":material/info:",
        )
    _summary_line(found.judged, labels)
    for number, item in enumerate(found.judged[:N_SHOWN]):
        _verdict_row(number, item, labels.get(item.text))
    if len(found.judged) > N_SHOWN:
        st.caption(f"The first {N_SHOWN} of {len(found.judged)} are shown; the table has all.")
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
            for item in found.judged
        ]
    )
    _forms(state, found)
    with st.expander("As a table"):
        st.dataframe(
            table, hide_index=True, key="verdict_table",
            column_config={
                "p_send": st.column_config.NumberColumn("P(send)", format="%.2f"),
                "latency_ms": st.column_config.NumberColumn("ms", format="%.0f"),
            },
        )  # fmt: skip
    csv_button("Download the verdicts (CSV)", table, "verdicts", "download_verdicts")


def _forms(state: AppState, found: PreferencesState) -> None:
    """Draw one statement in other forms, with the verdict on each; those that flip it are marked."""
    with st.expander("Does the form of a statement change its verdict?", key="forms_expander"):
        lines = [item.text for item in found.judged]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            line = st.selectbox("Statement", lines, format_func=shortened, key="form_line", width="stretch")
            if st.button("Try its forms", key="try_forms"):
                with st.spinner("Judging its forms ..."):
                    found.forms = in_its_forms(current_judge(state), line)
        if not found.forms:
            return
        n_flips = sum(item.flips for item in found.forms)
        n_forms = len(found.forms) - 1
        st.markdown(
            f"**{n_flips} of {n_forms} forms flip the verdict.**" if n_flips else f"None of {n_forms} forms flips it."
        )
        for number, item in enumerate(found.forms):
            with st.container(horizontal=True, vertical_alignment="center", key=f"form_{number}", gap="small"):
                st.caption(item.label, width=FORM_LABEL_WIDTH)
                st.text(shortened(item.text), width="stretch")
                if item.flips:
                    st.badge("flips", icon=":material/swap_horiz:", color="red")
                verdict_badge(item.verdict)


def _summary_line(judged: list[JudgedStatement], labels: dict[str, Label]) -> None:
    """Show the counts, and how many labelled statements the judge got right; failures are no vetoes."""
    answered = [item for item in judged if not item.verdict.is_fallback]
    counts = {decision: sum(item.verdict.decision == decision for item in answered) for decision in Decision}
    n_failed = len(judged) - len(answered)
    with st.container(key="headline"):
        columns = st.columns(4)
    for column, (decision, count) in zip(columns, counts.items(), strict=False):
        column.metric(decision.value.capitalize(), f"{count} of {len(judged)}", border=True)
    labelled = [(item, labels[item.text]) for item in answered if item.text in labels]
    right = sum(item.verdict.decision == DECISION_FOR[label] for item, label in labelled)
    columns[3].metric(
        "Agrees with the label", f"{right} of {len(labelled)}" if labelled else "no labels", border=True,
        help="Only statements of the corpus have a label. Unsure counts as not agreeing.",
    )  # fmt: skip
    if n_failed:
        st.warning(
            f"{counted(n_failed, 'statement')} could not be judged; the rule for that case stood in. "
            "Open a verdict to see why.",
            icon=":material/warning:",
        )


def shortened(text: str) -> str:
    """Return a text that takes no more than a few lines, and says how many characters are left out."""
    left_out = len(text) - N_CHARACTERS_SHOWN
    return text if left_out <= 0 else f"{text[:N_CHARACTERS_SHOWN]} … ({left_out:,} more characters)"


def _verdict_row(number: int, item: JudgedStatement, label: Label | None) -> None:
    """Draw one statement with its verdict, its label if it has one, and a button that opens the prompt."""
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
            st.warning(for_markdown(verdict.failure), icon=":material/warning:")
