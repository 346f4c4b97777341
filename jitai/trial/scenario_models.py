"""A scenario's file as pydantic models, beside its ``trial``, which reads itself. Importing this imports pydantic."""

from typing import Annotated, Any

from pydantic import Field

from jitai.corpus import EVERYDAY_KINDS
from jitai.file_models import FileModel, Text, WholeText
from jitai.records import Decision, VerdictSource
from jitai.seeding import MAX_SEED
from jitai.trial.scenario import MAX_BRANCH_NAME, MAX_WORDS

Words = Annotated[WholeText, Field(max_length=MAX_WORDS)]


Share = Annotated[float, Field(ge=0, le=1)]


class Part(FileModel, extra="forbid"):
    """Base of the parts of a scenario: a name that is not known is an error."""


class RatesEntry(Part):
    """How often a simulated judge errs."""

    finds_cannot_walk: Share
    false_alarms: Share


class JudgeEntry(Part):
    """The fields of ``JudgeReference``."""

    key: Annotated[Text, Field(max_length=MAX_WORDS)]
    prompt: Words = ""
    prompt_version: Words = ""
    digest: Words = ""
    name: Words = ""
    error_rates: RatesEntry | None = None


class DayEntry(Part):
    """The fields of ``ScriptedDay``."""

    text: Words = ""
    can_walk: bool | None = None
    action: Annotated[int, Field(ge=0, le=3)] | None = None


class VerdictEntry(Part):
    """Words, and what is kept of the ``Verdict`` on them."""

    words: Words
    decision: Annotated[Decision, Field(strict=False)]
    p_send: Annotated[float, Field(ge=0, le=1)] | None = None
    source: Annotated[VerdictSource, Field(strict=False)]
    reason: Words = ""
    model: Words = ""
    prompt_version: Words = ""
    latency_ms: Annotated[float, Field(ge=0, lt=1e12)] = 0.0
    failure: Words = ""
    model_reason: Words = ""


class BranchEntry(Part):
    """What a branch changes of the run."""

    name: Annotated[Words, Field(max_length=MAX_BRANCH_NAME)]
    first_day: Annotated[int, Field(ge=1)]
    words: dict[str, Words] = Field(default={})
    days: dict[str, DayEntry] = Field(default={})
    verdicts: list[VerdictEntry] = Field(default=[])


class ScenarioFile(Part):
    """All of it."""

    scenario: int
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)]
    trial: dict[str, Any]
    kinds: list[Words] = Field(default=list(EVERYDAY_KINDS), min_length=1)
    judge: JudgeEntry | None = None
    words: dict[str, Words]
    days: dict[str, DayEntry] = Field(default={})
    verdicts: list[VerdictEntry] = Field(default=[])
    branches: list[BranchEntry] = Field(default=[], max_length=4)
