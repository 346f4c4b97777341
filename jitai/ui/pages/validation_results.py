"""The Validation page: figures, charts and mistakes of a run."""

import math
from typing import Any

import pandas as pd
import streamlit as st

from jitai.charts.theme import CONFIG
from jitai.charts.validation import (
    AccuracyDot,
    CalibrationPoint,
    Reference,
    accuracy_figure,
    confusion_figure,
    groups_figure,
    reliability_figure,
)
from jitai.corpus import DEVELOPMENT, TEST
from jitai.records import Label, Statement
from jitai.sanitise import for_markdown
from jitai.text_format import counted
from jitai.ui.session.page_states import ValidationAnswer
from jitai.ui.session.state import palette
from jitai.ui.widgets.csv_button import csv_button
from jitai.validation.metrics import MINIMUM_FOR_CALIBRATION, calibration_error
from jitai.validation.report import (
    NO_ANSWER,
    PUBLISHED_CAVEAT,
    PUBLISHED_FIGURES,
    JudgeReport,
    agreement,
    by_kind,
    by_language,
    confusion,
    figures_side_by_side,
    figures_table,
    mistakes,
    reliability_of,
    reports,
    verdict_table,
)
from jitai.validation.runner import Candidate, Validation
from jitai.validation.words import kind_in_words, language_in_words

ENOUGH_PAIRS = 24
"""From so many pairs on, the intervals hold the truth about as often as they say."""
_FEW_FOR_CALIBRATION = (
    f"Of fewer than {MINIMUM_FOR_CALIBRATION} statements this interval may be too short: by simulation it held the "
    "truth in 76 to 99 of 100 samples of 20. "
)


def answer_of(found: Validation, corpus: str, seed: int) -> ValidationAnswer:
    """Return the figures of a finished validation, computed once."""
    return ValidationAnswer(
        found, corpus, seed, reports(found, seed), by_kind(found), by_language(found), agreement(found)
    )


def draw_scope(answer: ValidationAnswer, candidates: list[Candidate], sample: tuple[Statement, ...]) -> None:
    """Say which statements the answer covers, and whether the settings of a run of one's own differ."""
    found = answer.validation
    words = f"Shown: {CORPUS_LABELS[answer.corpus]}, {counted(len(found.statements), 'statement')}. "
    differ = found.statements != sample or found.candidates != tuple(candidate.name for candidate in candidates)
    st.caption(for_markdown(words) + ("Your own settings differ: **Judge them** uses them." if differ else ""))


def draw_report(answer: ValidationAnswer) -> None:
    """Draw the chart of judges, and behind tabs everything that explains it."""
    _remarks(answer)
    judged = [report for report in answer.judges if report.figures is not None]
    if not judged:
        st.warning("No judge has answered, so there are no figures.", icon=":material/warning:")
        return
    dots = [
        AccuracyDot(report.name, "", accuracy.value, accuracy.low, accuracy.high, report.n)
        for report in judged
        if report.figures is not None and (accuracy := report.figures.accuracy)
    ]
    draw_accuracy_chart(dots)
    kinds, closely, numbers, wrong = st.tabs(["Where it is wrong", "One judge closely", "All figures", "Mistakes"])
    with kinds:
        _by_group(answer, judged)
    with closely:
        _one_judge(answer, judged)
    with numbers:
        _all_figures(answer)
    with wrong:
        _mistakes(answer, judged)


def draw_accuracy_chart(dots: list[AccuracyDot]) -> None:
    """Draw the judges beside the published figures; before anything is judged, only the latter."""
    references = [Reference(item.model, item.accuracy) for item in PUBLISHED_FIGURES]
    shares = "; ".join(
        f"{dot.judge} {dot.value:.2f}, {dot.low:.2f} to {dot.high:.2f}, {counted(dot.n, 'statement')}" for dot in dots
    )
    st.plotly_chart(
        accuracy_figure(dots, references, palette()), config=CONFIG, key="accuracy_chart",
        alt=f"Share of statements judged rightly by each judge: {shares or 'nothing judged yet'}.",
    )  # fmt: skip
    st.caption(f"Dot and line: share judged rightly and its 95 % interval. {for_markdown(PUBLISHED_CAVEAT)}")


def _remarks(answer: ValidationAnswer) -> None:
    """Say what a reader must know before the figures."""
    found = answer.validation
    if found.stopped:
        st.warning(
            f"Stopped after {len(found.rows):,} of {found.n_total:,} verdicts: judges may have read different "
            "statements, so compare them with care.",
            icon=":material/warning:",
        )
    if found.failure:
        st.error(for_markdown(found.failure), icon=":material/error:")
    for name, why in found.failures.items():
        st.warning(for_markdown(f"{name} could not be made ready. {why}"), icon=":material/warning:")
    for report in answer.judges:
        if report.n_failed:
            why = next(row.verdict.failure for row in found.rows_of(report.name) if row.failed)
            st.warning(
                for_markdown(
                    f"{report.name} could not answer {report.n_failed:,} of {report.n_asked:,} statements. These count "
                    f"neither as right nor as a veto. The first reason: {why}"
                ),
                icon=":material/warning:",
            )
        if report.n_without_words:
            st.caption(
                for_markdown(
                    f"{report.name}: nothing was left to read in {counted(report.n_without_words, 'statement')}."
                )
            )
    if answer.corpus == DEVELOPMENT:
        st.warning(CORPUS_NOTES[DEVELOPMENT], icon=":material/info:")


def _dots(table: pd.DataFrame, column: str) -> list[AccuracyDot]:
    words = {"kind": kind_in_words, "language": language_in_words}[column]
    return [
        AccuracyDot(
            str(row["judge"]), words(str(row[column])), float(row["accuracy"]), float(row["low"]), float(row["high"]),
            int(row["n"]),
        )
        for row in table.to_dict("records")
    ]  # fmt: skip


def _by_group(answer: ValidationAnswer, judged: list[JudgeReport]) -> None:
    """Draw accuracy by kind and by language."""
    names = [report.name for report in judged]
    st.subheader("By kind of statement")
    st.plotly_chart(
        groups_figure(_dots(answer.kinds, "kind"), names, palette()), config=CONFIG, key="kinds_chart",
        alt="Share judged rightly for each kind of statement and judge; the same numbers are in the table below.",
    )  # fmt: skip
    _groups_table(answer.kinds, "kinds_table")
    st.caption(
        "In brackets: the number of statements. Where there are few, the interval is too long to judge the judge."
    )
    if answer.languages["language"].nunique() > 1:
        st.subheader("By language")
        st.plotly_chart(
            groups_figure(_dots(answer.languages, "language"), names, palette()), config=CONFIG, key="languages_chart",
            alt="Share judged rightly for each language and judge; the same numbers are in the table below.",
        )  # fmt: skip
        _groups_table(answer.languages, "languages_table")


def _groups_table(table: pd.DataFrame, key: str) -> None:
    """Show the numbers of a chart of groups."""
    for column, words in (("kind", kind_in_words), ("language", language_in_words)):
        if column in table:
            table = table.assign(**{column: table[column].map(words)})
    with st.expander("As a table"):
        st.dataframe(
            table, hide_index=True, key=key, height="content",
            column_config=_number_columns("accuracy", "low", "high"),
        )  # fmt: skip


def _one_judge(answer: ValidationAnswer, judged: list[JudgeReport]) -> None:
    """Draw one judge's verdicts by label, and whether its probabilities can be trusted."""
    names = [report.name for report in judged]
    name = st.selectbox("Judge", names, key="judge_closely")
    report = judged[names.index(name)]
    rows = answer.validation.rows_of(name)
    figures = report.figures
    assert figures is not None
    with st.container(horizontal=True):
        st.metric("Held back rightly", _share(figures.precision.value), border=True, help="Precision of the veto.")
        st.metric("“Cannot walk” it noticed", _share(figures.recall.value), border=True, help="Recall of the veto.")
        st.metric(
            "Called unsure", f"{100 * report.share_unsure:.0f} %", border=True,
            help="Accuracy counts the side of 0.5 on which P(send) lies, whether or not the judge called it unsure.",
        )  # fmt: skip
        if report.sure_accuracy is not None:
            st.metric("Right where sure", f"{report.sure_accuracy.value:.2f}", border=True)
        if report.n_timed:
            st.metric(
                "Time a verdict", f"{report.median_ms:,.0f} ms", border=True,
                help=f"Median of the {report.n_timed:,} that were not remembered; 95 % took at most "
                f"{report.slow_ms:,.0f} ms.",
            )  # fmt: skip
    intervals = {"messages held back rightly": figures.precision, "noticed": figures.recall}
    if report.sure_accuracy is not None:
        intervals["right where sure"] = report.sure_accuracy
    st.caption(
        f"Of {counted(report.n, 'statement')}. 95 % intervals: "
        + ", ".join(
            f"{name} {item.low:.2f} to {item.high:.2f}" for name, item in intervals.items() if not math.isnan(item.low)
        )
        + "."
    )
    if report.n_remembered and not report.n_timed:
        st.caption(
            "No time was measured, as every reply was remembered. “Ask again” among your own settings measures it."
        )
    left, right = st.columns(2)
    with left:
        st.subheader("Verdicts by label")
        table = confusion(rows)
        shown = table.loc[:, [column for column in table if column != NO_ANSWER or table[column].any()]]
        st.plotly_chart(
            confusion_figure(
                [str(label) for label in shown.index], [str(column) for column in shown], shown.to_numpy().tolist(),
                palette(),
            ),
            config=CONFIG, key="confusion_chart",
            alt="; ".join(
                f"{label}: " + ", ".join(f"{column} {count}" for column, count in zip(shown, row, strict=True))
                for label, row in zip(shown.index, shown.to_numpy(), strict=True)
            ),
        )  # fmt: skip
        st.caption("Per cent of the row. “Unsure” is the middle of the judge's scale.")
    with right:
        st.subheader("Can its probabilities be trusted?")
        points = [
            CalibrationPoint(item.low, item.high, item.mean_p_send, item.share_can_walk, item.n)
            for item in reliability_of(rows)
        ]
        st.plotly_chart(
            reliability_figure(points, palette()), config=CONFIG, key="reliability_chart",
            alt="Share that can walk by P(send): "
            + ", ".join(f"{item.mean_p_send:.2f}: {item.share_can_walk:.2f} of {item.n}" for item in points if item.n),
        )  # fmt: skip
        counted_rows = [row for row in rows if row.is_counted]
        error = calibration_error([row.p_send for row in counted_rows], [row.cannot_walk for row in counted_rows])
        st.caption(
            "On the dashed line, 7 of 10 statements with P(send) 0.7 can walk. Mean distance from it (calibration "
            f"error) {error.debiased.value:.3f} ({error.debiased.low:.3f} to {error.debiased.high:.3f}), without what "
            f"chance adds: as it stands it is {error.seen:.3f}, and a judge without any such fault would seem off by "
            f"{error.floor:.3f} on as many statements, and by up to {error.floor_high:.3f} in 95 of 100 tries. "
            f"{_FEW_FOR_CALIBRATION if len(counted_rows) < MINIMUM_FOR_CALIBRATION else ''}"
            f"Brier score {figures.brier.value:.2f} (0 is best, 0.25 is a coin's)."
        )


def _share(value: float) -> str:
    """Return two decimals; a dash where a figure is not defined, such as a recall without such statements."""
    return "–" if math.isnan(value) else f"{value:.2f}"


def _all_figures(answer: ValidationAnswer) -> None:
    """Show every figure with its interval, the agreement between judges, and downloads."""
    table = figures_table(answer.judges)
    st.dataframe(figures_side_by_side(answer.judges), key="figures_table", height="content")
    st.caption(
        "In brackets: 95 % intervals, by leaving out whole pairs. Vetoes are the positive class. "
        "Lower is better for Brier score and calibration error."
    )
    n_pairs = len({item.pair for item in answer.validation.statements})
    if n_pairs < ENOUGH_PAIRS:
        st.caption(
            f"These are {counted(n_pairs, 'pair')}: under {ENOUGH_PAIRS} the intervals may be too narrow. By "
            "simulation, that of the Brier score held the truth in 89 of 100 samples of 10 pairs, the others in 95 or "
            "more."
        )
    st.subheader("Do the judges agree?")
    kappas = answer.agreement.words.copy()
    *judges, the_label = (str(name) for name in kappas)
    letters = [*(chr(ord("A") + number) for number in range(len(judges))), the_label]
    # Letters above, or the table would be wider than the page.
    kappas.index = pd.Index([*(f"{letter}: {name}" for letter, name in zip(letters, judges, strict=False)), the_label])
    kappas.columns = pd.Index(letters)
    st.dataframe(kappas, key="kappa_table", height="content")
    st.caption(
        "Cohen's kappa of every two judges, with its 95 % interval: 1 is full agreement, 0 is agreement by chance. "
        f"Each on {int(answer.agreement.counts.to_numpy().min()):,} statements or more."
    )
    with st.container(horizontal=True):
        _download("Download the figures (CSV)", table, "figures")
        _download("Download kinds (CSV)", answer.kinds, "kinds")
        _download("Download languages (CSV)", answer.languages, "languages")
        _download("Download every verdict (CSV)", verdict_table(answer.validation.rows), "verdicts")


def _number_columns(*names: str) -> dict[str, Any]:
    return {name: st.column_config.NumberColumn(format="%.3f") for name in names}


def _download(label: str, table: pd.DataFrame, name: str) -> None:
    csv_button(label, table, f"validation_{name}", f"download_{name}")


MISTAKE_LABELS = {None: "all mistakes", Label.CANNOT_WALK: "missed: said send", Label.CAN_WALK: "false vetoes"}
"""What can be looked at, by the label of such statements."""


def _mistakes(answer: ValidationAnswer, judged: list[JudgeReport]) -> None:
    """Show the mistakes, the surest first; one that is ticked opens to its prompt and reply."""
    names = [report.name for report in judged]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Judge", names, key="mistakes_judge")
        table = mistakes(answer.validation.rows_of(name))
        kind = st.selectbox(
            "Kind", [None, *sorted(set(table["kind"]))], key="mistakes_kind",
            format_func=lambda kind: "all kinds" if kind is None else kind_in_words(kind),
        )  # fmt: skip
        label = st.selectbox("Which", list(MISTAKE_LABELS), format_func=MISTAKE_LABELS.__getitem__, key="mistakes_way")
    if kind is not None:
        table = table[table["kind"] == kind]
    if label is not None:
        table = table[table["label"] == label.value]
    if table.empty:
        st.caption("No mistakes here.")
        return
    st.caption(
        f"{counted(len(table), 'mistake')}, the surest first. Tick one to see the prompt and the model's own reply."
    )
    shown = table[["text", "label", "p_send", "verdict", "kind", "language"]].copy()
    shown["label"] = shown["label"].str.replace("_", " ")
    shown["kind"] = shown["kind"].map(kind_in_words)
    shown["language"] = shown["language"].map(language_in_words)
    event = st.dataframe(
        shown, hide_index=True, height=320,
        key="mistakes_table", on_select="rerun", selection_mode="single-row",
        column_config={
            "text": st.column_config.TextColumn(width="large"),
            "p_send": st.column_config.NumberColumn("P(send)", format="%.2f"),
        },
    )  # fmt: skip
    rows = event["selection"]["rows"]
    if rows and rows[0] < len(table):
        with st.container(border=True):
            _mistake_details(table.iloc[rows[0]])


def _mistake_details(row: pd.Series) -> None:
    """Show one mistake in full, all of it as text."""
    st.text(str(row["text"]))
    said = f"label: {str(row['label']).replace('_', ' ')}; the judge: {row['verdict']}, P(send) {row['p_send']:.3f}"
    st.text(f"{said}; answered by: {row['answered_by']}")
    if row["raw_reply"]:
        st.caption("The judge's own reply")
        st.code(str(row["raw_reply"]), language=None, wrap_lines=True)
    if row["prompt"]:
        st.caption(for_markdown(f"Exact prompt, {row['prompt_version']}"))
        st.code(str(row["prompt"]), language=None, wrap_lines=True, height=180)


OWN_FILE = "own"
CORPUS_LABELS = {
    TEST: "Our test part (held out)",
    DEVELOPMENT: "Our development part",
    OWN_FILE: "A CSV file of yours",
}
CORPUS_NOTES = {
    TEST: "Prompts, calibrations and the tuned model were fitted without these statements.",
    DEVELOPMENT: "Prompts, calibrations and the tuned model were fitted on these statements, so their figures are too "
    "good. TF-IDF is cross-validated here: each pair is judged by a model that has not seen it.",
    OWN_FILE: "Your labels are taken as the truth.",
}
