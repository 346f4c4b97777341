"""Exports of programs that collect answers, recognised by their shape: which program, and which rows are no answers."""

from collections.abc import Sequence
from dataclasses import dataclass

_QUALTRICS = {"startdate", "enddate", "status", "ipaddress", "responseid", "recordeddate", "finished", "progress"}
_QUALTRICS_LABELS = {
    "start date",
    "end date",
    "response type",
    "ip address",
    "response id",
    "recorded date",
    "finished",
}


@dataclass(frozen=True)
class Export:
    """What was recognised.

    Attributes:
        program: its name.
        n_skipped: rows below the header that hold labels or identifiers of questions.
    """

    program: str
    n_skipped: int = 0


def recognise(rows: Sequence[Sequence[str]]) -> Export | None:
    """The program that wrote a table.

    Args:
        rows: the first ones, the header before all others.
    """
    if not rows:
        return None
    names, second = _plain(rows[0]), _plain(rows[1]) if len(rows) > 1 else []
    known, below = set(names), set(second)
    for number, row in enumerate(rows[1:4], start=1):
        if _is_import_id(row):
            return Export("Qualtrics", number)
    if len(known & _QUALTRICS) >= 3:
        return Export("Qualtrics", 1 if len(below & _QUALTRICS_LABELS) >= 2 else 0)
    if {"respondent id", "collector id"} <= known or {"respondent_id", "collector_id"} <= known:
        return Export("SurveyMonkey", 1 if second and not second[0] else 0)
    if known & {"redcap_event_name", "redcap_repeat_instance", "redcap_survey_identifier"} or (
        "record_id" in known and any(name.endswith("_complete") for name in names)
    ):
        return Export("REDCap", 1 if second and second[0] == "record id" else 0)
    if {"record id", "complete?"} <= known or {"record id", "event name"} <= known:
        return Export("REDCap")
    if {"connectionid", "legacycode"} <= known or len(known & _M_PATH) >= 3:
        return Export("m-Path")
    for codes, n_labels in ((known, 0), (below, 1)):  # a VV file has its codes under its questions
        if {name.split(".")[0] for name in codes} >= _LIME:
            return Export("LimeSurvey", n_labels)
    if {"response id", "date submitted", "last page", "start language"} <= known:
        return Export("LimeSurvey")
    if {"start time", "completion time"} <= known:
        return Export("Microsoft Forms")
    if names[0] == "timestamp" and len(names) > 1:
        return Export("Google Forms")
    return None


_LIME = {"submitdate", "lastpage", "startlanguage"}
_M_PATH = {
    "connectionid", "questionlistname", "questionlistlabel", "timestampscheduled", "timestampstart", "timestampsent",
    "timestampstop", "sentbeepid", "scheduledbeepid",
}  # fmt: skip


def _plain(row: Sequence[str]) -> list[str]:
    return [cell.strip().casefold() for cell in row]


def _is_import_id(row: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in row if cell.strip()]
    return bool(filled) and all(cell.startswith("{") and "importid" in cell.casefold() for cell in filled)
