"""The results of a validation as tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jitai.records import Decision, Label, VerdictSource
from jitai.statistics import Estimate
from jitai.validation.metrics import (
    FIGURE_NAMES,
    Interval,
    JudgeMetrics,
    ReliabilityBin,
    figures,
    kappa_matrix,
    reliability,
    share_interval,
)
from jitai.validation.runner import JudgedRow, Validation

if TYPE_CHECKING:
    import pandas as pd

FIGURE_LABELS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "precision": "precision of vetoes",
    "recall": "recall of “cannot walk”",
    "f1": "F1 of vetoes",
    "auc": "AUC",
    "brier": "Brier score",
    "calibration_error": "calibration error",
}
"""Names of the figures, as shown to people; of the last two, less is better."""
COULD_NOT_ANSWER, NOTHING_TO_READ = "could not answer", "nothing to read"
REMEMBERED = "remembered, so not timed"
TIME_MEDIAN, TIME_SLOW = "time, median (ms)", "time, 95 % within (ms)"
"""The figure that says why a time may be missing: the reply of an earlier run was at hand."""
MEDIAN_TIME, SLOW_TIME = "time, median (ms)", "time, 95 % within (ms)"
_WHOLE_NUMBERS = {COULD_NOT_ANSWER, NOTHING_TO_READ, REMEMBERED, MEDIAN_TIME, SLOW_TIME}
"""Columns of counts and times, which are shown as whole numbers."""
NO_ANSWER = "no answer"
"""The column of a confusion matrix for what a judge could not answer."""
THE_PERSON = "you"
"""The person who labels statements, as a reader."""
THE_LABEL = "the label"
"""The corpus's label, as a reader among the judges."""


@dataclass(frozen=True)
class PublishedFigure:
    """An accuracy that others have reported.

    Attributes:
        model: the language model.
        accuracy: in [0, 1].
    """

    model: str
    accuracy: float


PUBLISHED_FIGURES = (
    PublishedFigure("Gemma 2", 0.86),
    PublishedFigure("Llama 3 8B", 0.87),
    PublishedFigure("Llama 3 70B", 0.98),
)
"""Karine & Marlin 2025, arXiv:2501.06980."""
PUBLISHED_CAVEAT = (
    "Published figures: Karine & Marlin 2025 (arXiv:2501.06980). They were measured on other statements, 50 that say "
    "“can walk” and 50 that say “cannot walk”, so they are landmarks, not opponents; of 100 statements, 87 right means "
    "somewhere from 0.79 to 0.92."
)


@dataclass(frozen=True)
class JudgeReport:
    """One judge's figures.

    Attributes:
        name: of the judge.
        n_asked: statements put to it.
        n_failed: of them, those that it could not answer; in none of the figures.
        n_without_words: of them, those in which nothing was left to read; in none of the figures.
        n: statements that the figures are of.
        figures: None without any.
        share_unsure: share of n called unsure, in [0, 1]; NaN without any.
        sure_accuracy: accuracy among the others, None without any.
        n_sure: the others.
        median_ms, slow_ms: median and 95th percentile of the time of a verdict in milliseconds, of those for which the
            model was asked anew; NaN without any.
        n_timed: those.
        n_remembered: statements for which the reply of an earlier run was at hand, which takes no time worth telling.
        model: the model's own name.
        prompt: name and version of the prompt; empty without one.
    """

    name: str
    n_asked: int
    n_failed: int
    n_without_words: int
    n: int
    figures: JudgeMetrics | None
    share_unsure: float
    sure_accuracy: Interval | None
    n_sure: int
    median_ms: float
    slow_ms: float
    n_timed: int
    n_remembered: int
    model: str
    prompt: str


def judge_report(name: str, rows: Sequence[JudgedRow], seed: int = 0) -> JudgeReport:
    """Return the figures of one judge.

    Args:
        name: of the judge.
        rows: its verdicts, in any number.
        seed: of the judges simulated for the calibration error.
    """
    counted = [row for row in rows if row.is_counted]
    sure = [row for row in counted if row.verdict.decision != Decision.UNSURE]
    times = [row.verdict.latency_ms for row in rows if row.verdict.source == VerdictSource.MODEL]
    n_failed = sum(row.failed for row in rows)
    return JudgeReport(
        name=name,
        n_asked=len(rows),
        n_failed=n_failed,
        n_without_words=len(rows) - n_failed - len(counted),
        n=len(counted),
        figures=figures(_p_send(counted), _cannot_walk(counted), _pairs(counted), seed=seed) if counted else None,
        share_unsure=1 - len(sure) / len(counted) if counted else float("nan"),
        sure_accuracy=share_interval([row.is_right for row in sure], _pairs(sure)) if sure else None,
        n_sure=len(sure),
        median_ms=float(np.median(times)) if times else float("nan"),
        slow_ms=float(np.percentile(times, 95)) if times else float("nan"),
        n_timed=len(times),
        n_remembered=sum(row.verdict.is_earlier for row in rows),
        model=next((row.verdict.model for row in rows if row.verdict.model), ""),
        prompt=next((row.verdict.prompt_version for row in rows if row.verdict.prompt_version), ""),
    )


def reports(validation: Validation, seed: int = 0) -> list[JudgeReport]:
    """Return the figures of every judge that was asked anything, in order."""
    return [judge_report(name, validation.rows_of(name), seed) for name in _asked(validation)]


def figures_table(found: Sequence[JudgeReport]) -> "pd.DataFrame":
    """Return one row for each judge and figure: judge, figure, value, low and high (95 % interval), n."""
    import pandas as pd  # 0.4 s to import: not before a table is made

    rows: list[tuple[object, ...]] = []
    for report in found:
        if report.figures is not None:
            for name in FIGURE_NAMES:
                interval: Interval = getattr(report.figures, name)
                rows.append((report.name, FIGURE_LABELS[name], interval.value, interval.low, interval.high, report.n))
        sure = report.sure_accuracy or Interval(float("nan"), float("nan"), float("nan"))
        nothing = float("nan")
        rows += [
            (report.name, "accuracy where sure", sure.value, sure.low, sure.high, report.n_sure),
            (report.name, "share called unsure", report.share_unsure, nothing, nothing, report.n),
            (report.name, COULD_NOT_ANSWER, report.n_failed, nothing, nothing, report.n_asked),
            (report.name, NOTHING_TO_READ, report.n_without_words, nothing, nothing, report.n_asked),
            (report.name, MEDIAN_TIME, report.median_ms, nothing, nothing, report.n_timed),
            (report.name, SLOW_TIME, report.slow_ms, nothing, nothing, report.n_timed),
            (report.name, REMEMBERED, report.n_remembered, nothing, nothing, report.n_asked),
        ]
    return pd.DataFrame(rows, columns=["judge", "figure", "value", "low", "high", "n"])


def figures_side_by_side(found: Sequence[JudgeReport]) -> "pd.DataFrame":
    """Return the figures in words, for reading: one row a figure, one column a judge."""
    import pandas as pd  # 0.4 s to import: not before a table is made

    columns: dict[str, dict[str, str]] = {}
    for row in figures_table(found).to_dict("records"):
        words = _in_words(row["figure"], Interval(row["value"], row["low"], row["high"]))
        columns.setdefault(row["judge"], {})[row["figure"]] = words
    return pd.DataFrame(columns).fillna("–")


def _in_words(figure: str, interval: Interval) -> str:
    """Return a figure as text: a count or time as a whole number, anything else with its interval if it has one."""
    if np.isnan(interval.value):
        return "–"
    if figure in _WHOLE_NUMBERS:
        return f"{interval.value:,.0f}"
    if np.isnan(interval.low):
        return f"{interval.value:.3f}"
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def by_kind(validation: Validation) -> "pd.DataFrame":
    """Return accuracy by kind and judge: kind, judge, n, right, accuracy, low, high; kinds in alphabetical order."""
    return _by(validation, "kind", lambda row: row.statement.kind)


def by_language(validation: Validation) -> "pd.DataFrame":
    """Return accuracy by language and judge, in the form of ``by_kind``."""
    return _by(validation, "language", lambda row: row.statement.language)


def _by(validation: Validation, column: str, value_of: Callable[[JudgedRow], str]) -> "pd.DataFrame":
    import pandas as pd  # 0.4 s to import: not before a table is made

    rows: list[tuple[object, ...]] = []
    cells: dict[tuple[str, str], list[JudgedRow]] = {}
    for row in validation.rows:
        if row.is_counted:
            cells.setdefault((value_of(row), row.candidate), []).append(row)
    order = {name: place for place, name in enumerate(validation.candidates)}
    for (value, judge), inside in sorted(cells.items(), key=lambda item: (item[0][0], order[item[0][1]])):
        right = [row.is_right for row in inside]
        interval = share_interval(right, _pairs(inside))
        rows.append((value, judge, len(inside), sum(right), interval.value, interval.low, interval.high))
    return pd.DataFrame(rows, columns=[column, "judge", "n", "right", "accuracy", "low", "high"])


def confusion(rows: Sequence[JudgedRow]) -> "pd.DataFrame":
    """Return how often each answer was given to each label.

    Returns: one row a label; columns send, unsure, do not send and NO_ANSWER. Silence is in none.
    """
    import pandas as pd  # 0.4 s to import: not before a table is made

    columns = [Decision.SEND.value, Decision.UNSURE.value, Decision.HOLD_BACK.value, NO_ANSWER]
    counts = {label: dict.fromkeys(columns, 0) for label in Label}
    for row in rows:
        if row.failed or row.is_counted:
            counts[row.statement.label][NO_ANSWER if row.failed else row.verdict.decision.value] += 1
    return pd.DataFrame(list(counts.values()), index=[label.value for label in counts], columns=columns)


def confusions(validation: Validation) -> "pd.DataFrame":
    """Return the confusion matrices of all judges in one table: judge, label, and the columns of ``confusion``."""
    import pandas as pd  # 0.4 s to import: not before a table is made

    rows: list[dict[str, object]] = []
    for name in _asked(validation):
        counts = confusion(validation.rows_of(name))
        rows += [{"judge": name, "label": label, **counts.loc[label].to_dict()} for label in counts.index]
    return pd.DataFrame(rows, columns=["judge", "label", *confusion([])])


def reliability_of(rows: Sequence[JudgedRow]) -> tuple[ReliabilityBin, ...]:
    """Return the bins of a judge's reliability diagram; none if nothing was answered."""
    counted = [row for row in rows if row.is_counted]
    return reliability(_p_send(counted), _cannot_walk(counted)) if counted else ()


def reliabilities(validation: Validation) -> "pd.DataFrame":
    """Return the bins of all judges in one table: judge, and the fields of a ReliabilityBin."""
    import pandas as pd  # 0.4 s to import: not before a table is made

    rows = [
        (name, item.low, item.high, item.n, item.mean_p_send, item.share_can_walk)
        for name in _asked(validation)
        for item in reliability_of(validation.rows_of(name))
    ]
    return pd.DataFrame(rows, columns=["judge", "low", "high", "n", "mean_p_send", "share_can_walk"])


class Agreement(NamedTuple):
    """How far every two readers agree; each a table of readers by readers.

    Attributes:
        kappas: Cohen's kappa.
        counts: statements compared.
        words: kappa with its 95 % interval, as text.
        low, high: the interval.
    """

    kappas: "pd.DataFrame"
    counts: "pd.DataFrame"
    words: "pd.DataFrame"
    low: "pd.DataFrame"
    high: "pd.DataFrame"


def agreement(validation: Validation) -> Agreement:
    """Return Cohen's kappa of every two judges and THE_LABEL, and on how many statements; the side of 0.5 counts."""
    names = _asked(validation)
    readers: list[list[str | None]] = []
    for name in names:
        said = {row.statement.identifier: _side(row) for row in validation.rows_of(name)}
        readers.append([said.get(item.identifier) for item in validation.statements])
    readers.append([_said_by_label(item.label) for item in validation.statements])
    return _agreement([*names, THE_LABEL], readers, validation)


def agreements(validation: Validation) -> "pd.DataFrame":
    """Return the agreement as a table: one row for every two readers, with kappa, its 95 % interval and n."""
    import pandas as pd  # 0.4 s to import: not before a table is made

    found = agreement(validation)
    names = list(found.kappas)
    rows = [
        (one, other, *(table.at[one, other] for table in (found.kappas, found.low, found.high, found.counts)))
        for one, other in combinations(names, 2)
    ]
    return pd.DataFrame(rows, columns=["reader", "other", "kappa", "low", "high", "n"])


def agreement_with_person(answers: Sequence[Decision], validation: Validation) -> Agreement:
    """Return Cohen's kappa of a person, the judges and THE_LABEL; here "unsure" is an answer of its own.

    Args:
        answers: the person's, one for each statement of the validation, in its order.
        validation: of the judges.
    Returns: the first row and column are THE_PERSON.
    """
    readers: list[list[str | None]] = [[answer.value for answer in answers]]
    for name in validation.candidates:
        said = {
            row.statement.identifier: row.verdict.decision.value for row in validation.rows_of(name) if not row.failed
        }
        readers.append([said.get(item.identifier) for item in validation.statements])
    readers.append([_said_by_label(item.label) for item in validation.statements])
    return _agreement([THE_PERSON, *validation.candidates, THE_LABEL], readers, validation)


def _asked(validation: Validation) -> list[str]:
    """Return the judges that were asked anything, in order."""
    asked = {row.candidate for row in validation.rows}
    return [name for name in validation.candidates if name in asked]


def _agreement(names: list[str], readers: list[list[str | None]], validation: Validation) -> Agreement:
    import pandas as pd  # 0.4 s to import: not before a table is made

    kappas, counts = kappa_matrix(readers, [item.pair for item in validation.statements])

    def table(of: Callable[[Estimate], object]) -> "pd.DataFrame":
        return pd.DataFrame([[of(cell) for cell in row] for row in kappas], names, names)

    return Agreement(
        table(lambda cell: cell.value), pd.DataFrame(counts, names, names),
        table(lambda cell: "–" if np.isnan(cell.value) else f"{cell.value:.2f} ({cell.low:.2f} to {cell.high:.2f})"),
        table(lambda cell: cell.low), table(lambda cell: cell.high),
    )  # fmt: skip


def _side(row: JudgedRow) -> str | None:
    if not row.is_counted:
        return None
    return _said_by_label(Label.CANNOT_WALK if row.p_send <= 0.5 else Label.CAN_WALK)


def _said_by_label(label: Label) -> str:
    return (Decision.HOLD_BACK if label == Label.CANNOT_WALK else Decision.SEND).value


def verdict_table(rows: Sequence[JudgedRow]) -> "pd.DataFrame":
    """Return one row a verdict, with all that is known about it; columns as in _COLUMNS, even without rows."""
    import pandas as pd  # 0.4 s to import: not before a table is made

    return pd.DataFrame([_verdict_row(row) for row in rows], columns=list(_COLUMNS))


def mistakes(rows: Sequence[JudgedRow]) -> "pd.DataFrame":
    """Return the verdicts on the wrong side of 0.5, the surest first; columns as in ``verdict_table``."""
    return verdict_table(_surest_first(rows))


def all_mistakes(validation: Validation) -> "pd.DataFrame":
    """Return the mistakes of all judges, one judge after the other."""
    return verdict_table([row for name in _asked(validation) for row in _surest_first(validation.rows_of(name))])


def _surest_first(rows: Sequence[JudgedRow]) -> list[JudgedRow]:
    wrong = [row for row in rows if row.is_counted and not row.is_right]
    return sorted(wrong, key=lambda row: -abs(row.p_send - 0.5))


_COLUMNS = (
    "judge", "id", "pair", "kind", "language", "source", "label", "p_send", "verdict", "answered_by", "is_right",
    "latency_ms", "model", "prompt_version", "text", "raw_reply", "failure", "prompt",
)  # fmt: skip


def _verdict_row(row: JudgedRow) -> dict[str, object]:
    statement, verdict = row.statement, row.verdict
    return {
        "judge": row.candidate,
        "id": statement.identifier,
        "pair": statement.pair,
        "kind": statement.kind,
        "language": statement.language,
        "source": statement.source,
        "label": statement.label.value,
        "p_send": verdict.p_send,
        "verdict": NO_ANSWER if row.failed else verdict.decision.value,
        "answered_by": verdict.source.value,
        "is_right": row.is_right if row.is_counted else None,
        "latency_ms": verdict.latency_ms,
        "model": verdict.model,
        "prompt_version": verdict.prompt_version,
        "text": statement.text,
        "raw_reply": verdict.raw_reply,
        "failure": verdict.failure,
        "prompt": verdict.prompt,
    }


def _p_send(rows: Sequence[JudgedRow]) -> list[float]:
    return [row.p_send for row in rows]


def _cannot_walk(rows: Sequence[JudgedRow]) -> list[bool]:
    return [row.cannot_walk for row in rows]


def _pairs(rows: Sequence[JudgedRow]) -> list[int]:
    return [row.statement.pair for row in rows]
