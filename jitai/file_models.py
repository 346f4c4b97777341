"""What the pydantic models of people's files share: strict types, and complaints in this project's own sentences.

Importing this module imports pydantic, which takes a moment: import it, and modules with models, where a file is read.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from jitai.errors import JitaiError, ParameterError
from jitai.parameters import shortened, suggestion

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound="FileModel")
_LONGEST_KEY = 20


class FileModel(BaseModel):
    """Base of models of JSON or YAML files: nothing is converted, and fields that are not known are passed over."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class Complaint(ValueError):
    """What is wrong with a file, as a clause of its own: 'the two answers must be different words'.

    A plain ValueError of a validator says what its field must be instead: "must be above 0".
    """


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must be a text that is not empty")
    return text


def whole_characters(text: str) -> str:
    """Return the text. Raises: ValueError if it holds half a character, which no file can."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("must be a text that UTF-8 can hold, without half a character") from None
    return text


def _label(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _objects(value: object) -> object:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("must be a list of JSON objects")
    return value


def _texts(value: object) -> object:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise ValueError("must be a list of texts that are not empty")
    return value


WholeText = Annotated[str, AfterValidator(whole_characters)]
"""A text that a file can hold."""
Text = Annotated[str, AfterValidator(_not_blank)]
"""A text that is not blank."""
Label = Annotated[str, BeforeValidator(_label), AfterValidator(_not_blank)]
"""A text that is not blank, or a whole number, which becomes a text."""
Texts = Annotated[list[str], BeforeValidator(_texts)]
"""A list of texts that are not blank."""
LIST_OF_OBJECTS = BeforeValidator(_objects)
"""To annotate a list of models with."""


def validated(
    model: type[Model],
    content: object,
    error: Callable[[str], JitaiError],
    *,
    known_names_only: bool = False,
    also_known: tuple[str, ...] = (),
    inside: Path = (),
) -> Model:
    """Return the content of a file, or a part of it, as a model.

    Args:
        model: what it has to look like.
        content: what the file holds: names and values.
        error: makes the error to raise from a complaint, a clause without a full stop.
        known_names_only: whether a field that the model does not know is an error.
        also_known: names of fields to suggest beside the model's own.
        inside: where in the file the content stands, for complaints.
    Raises: what ``error`` makes, naming the first field that is wrong.
    """
    try:
        return model.model_validate(content, extra="forbid" if known_names_only else None)
    except ValidationError as problem:
        raise error(complaint(problem, model, also_known, inside)) from None


def as_parameter_error(complaint: str) -> ParameterError:
    """Return the error of a complaint that stands as a sentence of its own; to hand to ``validated``."""
    return ParameterError(f"{complaint[:1].upper()}{complaint[1:]}.")


def complaint(
    problem: ValidationError, model: type[BaseModel], also_known: tuple[str, ...] = (), inside: Path = ()
) -> str:
    """Return the first complaint of pydantic's as a clause that names the field, and the near word for a wrong name.

    Args:
        problem: from validating.
        model: that was validated.
        also_known: names of fields to suggest beside the model's own.
        inside: where in the file its content stands.
    """
    errors = problem.errors(include_url=False)
    # A name that is written wrongly says more than that the right one is missing.
    first = next((item for item in errors if item["type"] == "extra_forbidden"), errors[0])
    path, context = (*inside, *first["loc"]), first.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, Complaint):
        return f"{cause}{_place(path)}"
    if not path:
        return "it must hold names and values (a JSON object)"
    if first["type"] == "extra_forbidden":
        known = (*_model_at(model, first["loc"][:-1]).model_fields, *(also_known if len(first["loc"]) == 1 else ()))
        name = str(path[-1])[:60]
        return f"there is no field {name!r}{_place(path[:-1])}{suggestion(name, known)}".rstrip(".?")
    predicate = (
        str(cause)
        if isinstance(cause, ValueError)
        else _predicate(first["type"], context, first["msg"], first["input"])
    )
    start = max((index for index, part in enumerate(path) if isinstance(part, str)), default=0)
    return f"{_named(path[start:])} {predicate}{_place(path[:start])}"


_LIMITS = {"greater_than": ("above", "gt"), "greater_than_equal": ("at least", "ge"), "less_than": ("below", "lt"),
           "less_than_equal": ("at most", "le")}  # fmt: skip
_KINDS = {
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a finite number",
    "finite_number": "must be a finite number",
    "dict_type": "must hold names and values (a JSON object)",
    "model_type": "must hold names and values (a JSON object)",
    "list_type": "must be a list",
}


def _predicate(kind: str, context: dict[str, Any], message: str, given: object) -> str:
    """What a field must be, for one of pydantic's kinds of error."""
    if kind in _LIMITS:
        words, name = _LIMITS[kind]
        return f"must be {words} {context[name]:,.16g}, not {shortened(given)}"
    if kind in _KINDS:
        return f"{_KINDS[kind]}, not {shortened(given)}"
    if kind == "too_long":
        what = "characters" if isinstance(given, str) else "values"
        return f"holds {context['actual_length']:,} {what}: at most {context['max_length']:,} are allowed"
    if kind == "enum":
        return f"must be {context['expected']}, not {shortened(given)}"
    if kind == "too_short":
        return f"holds {context['actual_length']:,} values: at least {context['min_length']:,} is needed"
    return "is missing" if kind == "missing" else f"cannot be used ({message})"


def _named(path: Path) -> str:
    """A place in words: '"answers"', or '"examples", number 2,'."""
    words = [f'"{part}"' if isinstance(part, str) else f"number {part + 1}" for part in path]
    return ", ".join(words) + ("," if len(words) > 1 else "")


def _place(path: Path) -> str:
    """Where a field stands, if not at the top: ' (in "examples", number 2)'."""
    shown = [
        f"number {part + 1}" if isinstance(part, int) else f'"{part if len(part) <= 20 else part[:_LONGEST_KEY] + "…"}"'
        for part in path
    ]
    return f" (in {', '.join(shown)})" if shown else ""


def _model_at(model: type[BaseModel], path: tuple[str | int, ...]) -> type[BaseModel]:
    """The model of the place that a path leads to; keys of mappings and numbers of lists lead no deeper."""
    for part in path:
        field = model.model_fields.get(str(part))
        found = None if field is None else _model_in(field.annotation)
        model = model if found is None else found
    return model


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model in an annotation such as dict[str, Model]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for item in get_args(annotation) if (found := _model_in(item)) is not None), None)
