"""A lesson's file as pydantic models. Importing this imports pydantic."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from jitai.file_models import FileModel, Label, Text

MAX_SENTENCE = 600
MAX_STEPS = 30
MAX_PEOPLE = 4
MOST_DAYS = 20


def _identifier(text: str) -> str:
    if not text or len(text) > 60 or not set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-"):
        raise ValueError("must consist of a-z, 0-9 and -, at most 60 of them")
    return text


Identifier = Annotated[str, AfterValidator(_identifier)]
Sentence = Annotated[Text, Field(max_length=MAX_SENTENCE)]
Short = Annotated[Text, Field(max_length=80)]
Minutes = Annotated[float, Field(gt=0, le=60)]
Day = Annotated[int, Field(ge=1, le=365)]
Kind = Literal["choice", "see", "predict", "watch", "reveal", "second", "why", "take", "try"]


class Part(FileModel, extra="forbid"):
    """Base of all parts: a name that is not known is an error."""


Value = str | int | float
Settings = Annotated[dict[str, Value], Field(max_length=40)]


class PersonEntry(Part):
    """A person: a link of the player, field by field, and what it is compared with."""

    name: Short
    link: Settings
    against: Settings = Field(default={})
    subject: Short = "Listening"
    without: Short = "without the judge"


class OptionEntry(Part):
    """One answer of a choice."""

    text: Sentence
    worth: Short


class PredictionEntry(Part):
    """What is predicted."""

    kind: Literal["range", "number", "choice", "curve"]
    ask: Sentence
    axis: Annotated[list[float], Field(min_length=2, max_length=2)] = Field(default=[0.0, 1.0])
    step: Annotated[float, Field(gt=0)] = 1.0
    sure: Annotated[float, Field(ge=0.1, le=0.95)] = 0.5
    fact: str = ""
    options: Annotated[list[OptionEntry], Field(max_length=6)] = Field(default=[])
    right: Annotated[int, Field(ge=0, le=6)] = 0


class StepEntry(Part):
    """One step; which fields it may have depends on its kind."""

    kind: Kind
    name: Short
    minutes: Minutes
    say: Sentence
    misconception: Sentence
    title: Sentence = Field(default="", validate_default=False)
    text: Sentence = Field(default="", validate_default=False)
    person: Label = Field(default="", validate_default=False)
    people: Annotated[list[Label], Field(max_length=MAX_PEOPLE)] = Field(default=[])
    notes: Annotated[list[Sentence], Field(max_length=6)] = Field(default=[])
    days: Annotated[list[Day], Field(max_length=4)] = Field(default=[])
    right: Annotated[int, Field(ge=0, le=365)] = 0
    options: Annotated[list[OptionEntry], Field(max_length=6)] = Field(default=[])
    answer: Sentence = Field(default="", validate_default=False)
    day: Annotated[int, Field(ge=0, le=365)] = 0
    rules: Annotated[list[str], Field(max_length=3)] = Field(default=[])
    predict: PredictionEntry | None = None
    stops: Annotated[list[Day], Field(max_length=MOST_DAYS)] = Field(default=[])
    truth: Literal["can walk", "best"] = "can walk"
    sentences: Annotated[list[Sentence], Field(max_length=4)] = Field(default=[])
    knob: str = ""
    low: float = 0.0
    high: float = 0.0
    step: Annotated[float, Field(ge=0)] = 0.0


class LessonFile(Part):
    """All of it."""

    id: Identifier
    title: Short
    minutes: Minutes
    summary: Sentence
    people: Annotated[dict[str, PersonEntry], Field(min_length=1, max_length=MAX_PEOPLE)]
    many: Annotated[int, Field(ge=10, le=400)] = 200
    steps: Annotated[list[StepEntry], Field(min_length=3, max_length=MAX_STEPS)]
    claims: Annotated[list[Sentence], Field(max_length=20)] = Field(default=[])
