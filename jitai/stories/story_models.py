"""A story's file as pydantic models. Importing this imports pydantic."""

from typing import Annotated

from pydantic import Field

from jitai.file_models import FileModel, Text, WholeText
from jitai.seeding import MAX_SEED

Line = Annotated[Text, Field(max_length=400)]


class Part(FileModel, extra="forbid"):
    """Base of the parts of a story: a name that is not known is an error."""


class Who(Part):
    """The run: names as in experiment files, with the defaults of a run."""

    participant: Line
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)]
    policy: Line = "thompson"
    filter: Line = "veto"
    judge: Line = "embedded-tuned"
    kinds: list[Line] = Field(default=[])


class DayEntry(Part):
    """What is said, and what is true, on a day; statements of the corpus, so that its judge need not be asked."""

    words: WholeText = ""
    can_walk: bool | None = None


class SceneEntry(Part):
    """A day at which the story stops, and what is said then."""

    day: Annotated[int, Field(ge=0, le=365)]
    say: Line
    why: bool = False
    truth: bool = False


class StoryFile(Part):
    """All of it."""

    title: Line
    summary: Line
    minutes: Annotated[int, Field(ge=1, le=60)]
    run: Who
    days: dict[str, DayEntry] = Field(default={})
    scenes: Annotated[list[SceneEntry], Field(min_length=2, max_length=20)]
