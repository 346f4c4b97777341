"""The file of a trained policy as pydantic models. Importing this imports pydantic."""

from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from jitai.errors import FileFormatError
from jitai.file_models import Complaint, FileModel, WholeText, validated, whole_characters
from jitai.policies.network import (
    FORMAT,
    MAX_DECISIONS,
    MAX_LAYERS,
    MAX_PARTICIPANTS,
    MAX_WIDTH,
    Layer,
    PolicyNetwork,
    TrainedOn,
)


def _settings(value: object) -> object:
    if (
        not isinstance(value, dict)
        or len(value) > 100
        or not all(isinstance(item, float | int | str) for item in value.values())
    ):
        raise ValueError("must hold at most 100 names and values: numbers, words, true and false")
    whole_characters("".join(item for item in (*value, *value.values()) if isinstance(item, str)))
    return value


Settings = Annotated[dict[str, Any], BeforeValidator(_settings)]
Row = Annotated[list[float], Field(max_length=MAX_WIDTH)]
Short = Annotated[WholeText, AfterValidator(lambda text: text[:20])]
Name = Annotated[WholeText, AfterValidator(lambda text: text[:80])]


class LayerFile(FileModel):
    """A layer as ``Layer`` has it."""

    weights: Annotated[list[Row], Field(max_length=MAX_WIDTH)]
    bias: Row

    @model_validator(mode="after")
    def _is_a_matrix(self) -> "LayerFile":
        if len({len(row) for row in self.weights}) != 1:
            raise Complaint(f'"weights" must be 1 to {MAX_WIDTH} rows of the same length')
        return self


class TrainedOnFile(FileModel):
    """The fields of ``TrainedOn``."""

    participants: Annotated[list[Settings], Field(min_length=1, max_length=MAX_PARTICIPANTS)]
    belief: Settings
    filter: Short
    judge: Name
    learning: Settings
    n_steps: Annotated[int, Field(ge=0, lt=MAX_DECISIONS)]
    minutes: Annotated[float, Field(ge=0)]
    version: Short


class PolicyFile(FileModel):
    """The fields of ``PolicyNetwork``, which checks them itself."""

    name: Name
    algorithm: WholeText
    observations: Annotated[list[Short], Field(max_length=20)]
    layers: Annotated[list[LayerFile], Field(max_length=MAX_LAYERS)]
    activation: WholeText
    steps_per_value: float
    trained_on: TrainedOnFile


def network_in(content: object) -> PolicyNetwork:
    """Return the policy in a file's content, which may be anything.

    Raises: FileFormatError naming what is wrong; ParameterError as ``PolicyNetwork``.
    """
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FileFormatError(f'A policy is a JSON object with "format": "{FORMAT}".')
    file = validated(PolicyFile, content, lambda complaint: FileFormatError(f"{complaint}."))
    trained_on = {**dict(file.trained_on), "participants": tuple(file.trained_on.participants)}
    return PolicyNetwork(
        **{
            **dict(file),
            "observations": tuple(file.observations),
            "layers": tuple(Layer(np.array(layer.weights), np.array(layer.bias)) for layer in file.layers),
            "trained_on": TrainedOn(**trained_on),
        }
    )
