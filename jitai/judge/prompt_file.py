"""Prompts and calibrations as JSON files: reading, checking, listing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from jitai.errors import FileFormatError
from jitai.files import read_json
from jitai.judge.calibration import Calibration
from jitai.judge.prompts import DEFAULT_PROMPT, TUNED_PROMPT, Prompt, ReadingMethod
from jitai.paths import resource

PROMPTS_FOLDER = resource("assets", "prompts")
DEFAULT_PROMPT_FILE = PROMPTS_FOLDER / f"{DEFAULT_PROMPT}.json"
TUNED_PROMPT_FILE = PROMPTS_FOLDER / f"{TUNED_PROMPT}.json"
_USED_BY = {
    "meanings": ReadingMethod.TYPED,
    "questions": ReadingMethod.TWO_QUESTIONS,
    "reasoning_tokens": ReadingMethod.REASONING,
}
"""Fields that mean something for one way of reading only; elsewhere they may hold anything."""


def load_prompt(path: Path = DEFAULT_PROMPT_FILE) -> Prompt:
    """Read a prompt file.

    Args:
        path: a JSON file of the shape that assets/prompts/README.md describes.
    Raises: FileFormatError, with the file's name and what is missing or wrong in it.
    """
    return read_prompt(JsonReader(path))


def read_prompt(reader: "JsonReader", known_names_only: bool = False) -> Prompt:
    """Read the prompt in a reader's file.

    Args:
        reader: of the file.
        known_names_only: whether a field that no prompt has is an error.
    Raises: FileFormatError, with the file's name and what is missing or wrong in it.
    """
    # On first use: pydantic takes a moment to import.
    from jitai.file_models import Complaint, validated
    from jitai.judge.prompt_models import PromptFile, QuestionFile, ReasoningFile

    content = _used_fields(reader.load())
    of_question = tuple(QuestionFile.model_fields)
    file = validated(
        PromptFile,
        {name: value for name, value in content.items() if name not in of_question},
        reader.error,
        known_names_only=known_names_only,
        also_known=of_question,
    )
    if file.reading == ReadingMethod.TWO_QUESTIONS:
        rows = file.two_questions(reader.error)
    else:
        rows = [{name: value for name, value in content.items() if name in of_question}]
    questions = []
    for number, row in enumerate(rows):
        inside = ("questions", number) if len(rows) > 1 else ()
        found = validated(QuestionFile, row, reader.error, known_names_only=known_names_only, inside=inside)
        try:
            questions.append(found.question(file.reading))
        except Complaint as complaint:
            raise reader.error(str(complaint)) from None
    n_tokens = 0
    if file.reading == ReadingMethod.REASONING:
        n_tokens = validated(ReasoningFile, content, reader.error).reasoning_tokens
    return Prompt(
        file.name,
        file.version,
        file.purpose,
        tuple(questions),
        file.reading,
        n_tokens,
        file.known_words_only,
        file.calibrations(),
    )


def _used_fields(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a file's content without the fields that its way of reading ignores."""
    unused = {name for name, reading in _USED_BY.items() if content.get("reading") != reading}
    if content.get("examples") in (None, []):
        unused.add("example_template")
    return {name: value for name, value in content.items() if name not in unused}


def read_calibrations(reader: "JsonReader", rows: Mapping[str, Any]) -> dict[str, Calibration]:
    """Read calibrations by model digest.

    Raises: FileFormatError, with the file's name and what is missing or wrong in it.
    """
    from jitai.file_models import validated
    from jitai.judge.prompt_models import CalibrationsFile

    return validated(CalibrationsFile, {"calibration": rows}, reader.error).calibrations()


def available_prompts(own: Path | None = None) -> tuple[Prompt, ...]:
    """Return the strategies that come with the project, and after them the person's own, each by name.

    Args:
        own: the folder of the person's own; files in it that cannot be read are passed over (``damaged_prompts``).
    """
    shipped = (load_prompt(path) for path in sorted(PROMPTS_FOLDER.glob("*.json")) if path.name != "rules.json")
    return (*shipped, *(found for found in _own_prompts(own) if isinstance(found, Prompt)))


def damaged_prompts(own: Path) -> tuple[FileFormatError, ...]:
    """Return what is wrong with the person's own files that cannot be read, each with its file's name."""
    return tuple(found for found in _own_prompts(own) if isinstance(found, FileFormatError))


def _own_prompts(folder: Path | None) -> Iterator[Prompt | FileFormatError]:
    """Return a prompt for each of the person's files, or why it is none."""
    for path in sorted(folder.glob("*.json")) if folder is not None else ():
        try:
            yield replace(load_prompt(path), is_own=True)
        except FileFormatError as error:
            yield error


class JsonReader:
    """Reads a JSON file; every complaint names the file.

    Args:
        path: the file.
        text: its content, where it is not (yet) on the disk.
    """

    def __init__(self, path: Path, text: str | None = None) -> None:
        self.path = path
        self._text = text
        self._hint = f"Correct the file {path}." if text is None else "Correct it and try again."

    def error(self, complaint: str) -> FileFormatError:
        """Return the error to raise for a complaint about this file."""
        return FileFormatError(f"{self.path.name} cannot be used: {complaint}.", self._hint)

    def load(self, only_finite: bool = True) -> dict[str, Any]:
        """Read the file's content; ``only_finite`` as for ``read_json``.

        Raises: FileFormatError if it cannot be read or is no JSON object.
        """
        source = self.path if self._text is None else self._text
        content = read_json(source, self.path.name, hint=self._hint, only_finite=only_finite)
        if not isinstance(content, dict):
            raise self.error("it must be a JSON object")
        return content
