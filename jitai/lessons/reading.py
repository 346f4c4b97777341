"""A lesson from a file that anybody may have written."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from jitai.errors import FileFormatError
from jitai.experiments.description_text import plain_values
from jitai.lessons.living import side_from
from jitai.lessons.records import Lesson, Option, Person, Prediction, Side, Step

MAX_BYTES = 100_000
"""Largest size of a lesson's file."""
_FILTER = "filter"
_HINT = "docs/LESSONS.md says what stands where; a lesson of assets/lessons may be copied."


def read_lesson(content: bytes, name: str) -> Lesson:
    """Return the lesson in a file's content, which may be anything.

    Args:
        content: YAML or JSON.
        name: of the file, for errors.
    Raises: FileFormatError naming the file and the field that is wrong. Whether what it says is true is the matter of
        ``checking``.
    """
    if len(content) > MAX_BYTES:
        raise FileFormatError(f"{name} is larger than {MAX_BYTES:,} bytes, which no lesson is.", _HINT)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{name} cannot be used: it is not UTF-8 text.", _HINT) from error
    return _lesson_from(plain_values(text, name), name, hashlib.sha256(content).hexdigest()[:12])


def _lesson_from(content: object, name: str, digest: str) -> Lesson:
    # On first use: pydantic takes a moment to import.
    from jitai.file_models import validated
    from jitai.lessons.models import LessonFile

    def error(complaint: str) -> FileFormatError:
        return FileFormatError(f"{name} cannot be used as a lesson: {complaint}.", _HINT)

    file = validated(LessonFile, content, error)
    people = {}
    for key, entry in file.people.items():
        if not (key.isidentifier() and len(key) <= 12):
            raise error(f'the person {key[:20]!r} (in "people") needs a short name of letters, such as a')
        run = _side(entry.link, f'"link" of person {key}', name)
        against = _side({**entry.link, _FILTER: "none", **entry.against}, f'"against" of person {key}', name)
        people[key] = Person(key, entry.name, run, against, entry.subject, entry.without)
    steps = tuple(_step(entry.model_dump(), next(iter(people))) for entry in file.steps)
    return Lesson(file.id, file.title, file.minutes, file.summary, people, file.many, steps, tuple(file.claims), digest)


def _side(settings: Mapping[str, Any], place: str, name: str) -> Side:
    """Return one run of a person from what stands in the file.

    Raises: FileFormatError naming the place.
    """
    given = {key: str(value) for key, value in settings.items()}
    judge = given.pop("judge", "")
    if _FILTER in given:
        given["strategy"] = given.pop(_FILTER)
    return _placed(lambda: side_from(given, judge), place, name)


def _placed(make: Callable[[], Side], place: str, name: str) -> Side:
    from jitai.errors import JitaiError

    try:
        return make()
    except JitaiError as error:
        raise FileFormatError(f"{name} cannot be used as a lesson: {place}: {error}", error.hint) from error
    except KeyError as error:
        raise FileFormatError(f"{name} cannot be used as a lesson: {place}: there is no {error}.", _HINT) from error


def _step(entry: dict[str, Any], first: str) -> Step:
    """Return a step; whoever is not named is the first person."""
    predict = entry.pop("predict")
    options = tuple(Option(**option) for option in entry.pop("options"))
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    fields["person"] = fields["person"] or first
    return Step(**fields, options=options, predict=None if predict is None else _prediction(predict))


def _prediction(entry: dict[str, Any]) -> Prediction:
    options = tuple(Option(**option) for option in entry.pop("options"))
    low, high = entry.pop("axis")
    return Prediction(**entry, axis=(low, high), options=options)
