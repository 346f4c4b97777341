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
    names = [cell.strip().casefold() for cell in rows[0]]
    known = set(names)
    for number, row in enumerate(rows[1:4], start=1):
        if _is_import_id(row):
            return Export("Qualtrics", number)
    if len(known & _QUALTRICS) >= 3:
        second = {cell.strip().casefold() for cell in rows[1]} if len(rows) > 1 else set()
        return Export("Qualtrics", 1 if len(second & _QUALTRICS_LABELS) >= 2 else 0)
    if {"respondent id", "collector id"} <= known:
        return Export("SurveyMonkey", 1 if len(rows) > 1 and not rows[1][0].strip() else 0)
    if known & {"redcap_event_name", "redcap_repeat_instance", "redcap_survey_identifier"} or (
        "record_id" in known and any(name.endswith("_complete") for name in names)
    ):
        return Export("REDCap")
    if {"connectionid", "legacycode"} <= known or len(known & _M_PATH) >= 3:
        return Export("m-Path")
    if {"submitdate", "lastpage", "startlanguage"} <= known:
        return Export("LimeSurvey")
    if names[0] == "timestamp" and len(names) > 1:
        return Export("Google Forms")
    return None


_M_PATH = {
    "connectionid", "questionlistname", "questionlistlabel", "timestampscheduled", "timestampstart", "timestampsent",
    "timestampstop", "sentbeepid", "scheduledbeepid",
}  # fmt: skip


def _is_import_id(row: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in row if cell.strip()]
    return bool(filled) and all(cell.startswith("{") and "importid" in cell.casefold() for cell in filled)
