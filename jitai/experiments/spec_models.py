"""A description of an experiment as pydantic models: what stands where. Importing this imports pydantic.

Settings are plain names and values here: their own classes know what is allowed of them (``jitai.parameters``).
"""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from jitai.corpus import EVERYDAY_KINDS
from jitai.experiments.spec import FORMAT, MAX_CELLS
from jitai.file_models import FileModel, WholeText
from jitai.trial.filters import NONE

MAX_ITEMS = 1_000
"""Most methods, policies, filters or claims of a description, so that none keeps a computer busy for minutes."""


def _named(name: str) -> Callable[[object], object]:
    """A text alone stands for a mapping that holds it under this name."""
    return lambda value: {name: value} if isinstance(value, str) else value


Text = Annotated[WholeText, Field(max_length=2_000)]
Number = Annotated[float, Field(ge=-1e9, le=1e9)]
Values = dict[str, Any]
FilterValues = Annotated[Values, BeforeValidator(_named("strategy"))]
"""The key of a filter, or a mapping with its key as "strategy" beside its settings."""


class Part(FileModel, extra="forbid"):
    """Base of the parts of a description: a name that is not known is an error."""


class Seeds(Part):
    """The same seeds in every cell."""

    first: int = 0
    count: int = 100


class Statements(Part):
    """Which statements participants write."""

    kinds: Annotated[list[Text], Field(max_length=MAX_ITEMS)] = Field(default=list(EVERYDAY_KINDS))


class JudgeEntry(Part, extra="allow"):
    """A judge; what else it holds are the settings of its backend, a list for every combination."""

    key: Text = ""
    prompt: Text = ""


class MethodEntry(Part, extra="allow"):
    """A policy with a filter; what else it holds are the settings of a policy, under its key."""

    name: Text | None = None
    policy: Text = ""
    network: Any = None
    filter: FilterValues = Field(default={"strategy": NONE})
    belief: Values = Field(default={})
    model: Values = Field(default={})
    where: Values = Field(default={})


class ClaimEntry(Part):
    """What the experiment is to show."""

    text: Text = ""
    method: Text = ""
    above: Text = ""
    times: Number = 1.0
    share: Number = 0.0
    where: Values = Field(default={})


class Description(Part):
    """All of it."""

    format: int = FORMAT
    name: Text = ""
    description: Text = ""
    seeds: Seeds = Seeds()
    participant: Values = Field(default={})
    scenarios: dict[str, list[Any]] = Field(default={})
    statements: Statements = Statements()
    judges: Annotated[list[Annotated[JudgeEntry, BeforeValidator(_named("key"))]], Field(max_length=MAX_CELLS)] = Field(
        default=[]
    )
    methods: Annotated[list[MethodEntry], Field(max_length=MAX_ITEMS)] = Field(default=[])
    policies: Annotated[list[Text], Field(max_length=MAX_ITEMS)] = Field(default=[])
    filters: Annotated[list[FilterValues], Field(max_length=MAX_ITEMS)] = Field(default=[NONE], validate_default=True)
    baseline: Text | None = None
    claims: Annotated[list[ClaimEntry], Field(max_length=MAX_ITEMS)] = Field(default=[])
