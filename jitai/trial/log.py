"""The decision log: one row a day, for tables and files."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jitai.records import CONTEXT_LABELS, StepRecord
from jitai.sanitise import for_spreadsheet

if TYPE_CHECKING:
    import pandas as pd


def decision_log(records: Sequence[StepRecord]) -> "pd.DataFrame":
    """Return a trial as a table.

    Returns: one row for each decision, in order; columns as in the dictionary below, none missing for an empty trial.
    """
    import pandas as pd  # 0.4 s to import: not before a table is made

    return pd.DataFrame([_row(record) for record in records], columns=list(_COLUMNS))


def _row(record: StepRecord) -> dict[str, object]:
    seen, verdict = record.observation, record.verdict
    return {
        "day": seen.decision_index + 1,
        "statement": record.statement,
        "statement_author": record.statement_author,
        "context_probability_work": seen.context_probability,
        "inferred_context": CONTEXT_LABELS[seen.inferred_context],
        "true_context": CONTEXT_LABELS[record.true_context],
        "can_walk": record.can_walk,
        "walk_state_was_set": record.walk_state_was_set,
        "candidate_action": record.candidate_action.label,
        "p_send": verdict.p_send if verdict else None,
        "verdict": verdict.decision.value if verdict else "",
        "verdict_source": verdict.source.value if verdict else "",
        "reason": verdict.reason if verdict else "",
        "failure": verdict.failure if verdict else "",
        "latency_ms": verdict.latency_ms if verdict else None,
        "model": verdict.model if verdict else "",
        "belief": record.belief,
        "was_asked": record.was_asked,
        "executed_action": record.executed_action.label,
        "held_back": record.held_back,
        "allowed_action": record.allowed_action.label,
        "agrees_with_truth": record.agrees_with_truth,
        "step_count": record.step_count,
        "habituation": record.habituation,
        "disengagement_risk": record.disengagement_risk,
        "disengaged": record.terminated,
    }


_COLUMNS = (
    "day", "statement", "statement_author", "context_probability_work", "inferred_context", "true_context", "can_walk",
    "walk_state_was_set",
    "candidate_action", "p_send", "verdict", "verdict_source", "reason", "failure", "latency_ms", "model",
    "belief", "was_asked", "executed_action", "held_back", "allowed_action", "agrees_with_truth", "step_count",
    "habituation", "disengagement_risk", "disengaged",
)  # fmt: skip

TRUTH_COLUMNS = ("true_context", "can_walk", "allowed_action", "agrees_with_truth")
"""What nobody but the simulator knows."""


def safe_csv(table: "pd.DataFrame") -> str:
    """Return the table as CSV in which no spreadsheet program finds a formula.

    What participants write is untrusted. Numbers stay numbers.
    """
    texts = table.select_dtypes(include=["object", "str"]).columns
    guarded = table.copy()
    for column in texts:
        guarded[column] = guarded[column].map(lambda value: for_spreadsheet(value) if isinstance(value, str) else value)
    # With this line end, a lone carriage return in a text is quoted too, as RFC 4180 wants it.
    return guarded.to_csv(index=False, lineterminator="\r\n")
