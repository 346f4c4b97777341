"""Prompts and calibrations as JSON files: reading, checking, listing."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from jitai.errors import FileFormatError
from jitai.judge.base import as_word
from jitai.judge.calibration import Calibration
from jitai.judge.prompts import (
    ANSWER_FIELD,
    ANSWER_KEYS,
    REASONING_FIELD,
    STATEMENT_FIELD,
    Prompt,
    Question,
    ReadingMethod,
)
from jitai.records import Decision

PROMPTS_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "prompts"
DEFAULT_PROMPT_FILE = PROMPTS_FOLDER / "few_shot.json"
TUNED_PROMPT_FILE = PROMPTS_FOLDER / "fine_tuned.json"
MAX_REASONING_TOKENS = 200


def load_prompt(path: Path = DEFAULT_PROMPT_FILE) -> Prompt:
    """Read a prompt file.

    Args:
        path: a JSON file of the shape that assets/prompts/README.md describes.
    Raises: FileFormatError, with the file's name and what is missing or wrong in it.
    """
    return read_prompt(JsonReader(path))


def read_prompt(reader: "JsonReader") -> Prompt:
    """The prompt in a reader's file.

    Raises: FileFormatError, with the file's name and what is missing or wrong in it.
    """
    content = reader.load()
    reading = _reading(reader, content)
    if reading == ReadingMethod.TWO_QUESTIONS:
        rows = reader.rows(content, "questions")
        if len(rows) != 2:
            raise reader.error('"questions" must hold two questions')
    else:
        rows = [content]
    return Prompt(
        name=reader.text(content, "name"),
        version=reader.label(content, "version"),
        purpose=reader.text(content, "purpose"),
        questions=tuple(_question(reader, row, reading) for row in rows),
        reading=reading,
        reasoning_tokens=_reasoning_tokens(reader, content) if reading == ReadingMethod.REASONING else 0,
        known_words_only=_flag(reader, content, "known_words_only"),
        calibrations=_calibrations(reader, content),
    )


def available_prompts(own: Path | None = None) -> tuple[Prompt, ...]:
    """The strategies that come with the project, and after them the person's own, each by name.

    Args:
        own: the folder of the person's own; files in it that cannot be read are passed over (``damaged_prompts``).
    """
    shipped = (load_prompt(path) for path in sorted(PROMPTS_FOLDER.glob("*.json")) if path.name != "rules.json")
    return (*shipped, *(found for found in _own_prompts(own) if isinstance(found, Prompt)))


def damaged_prompts(own: Path) -> tuple[FileFormatError, ...]:
    """What is wrong with those of the person's own files that cannot be read, each error with the file's name."""
    return tuple(found for found in _own_prompts(own) if isinstance(found, FileFormatError))


def _own_prompts(folder: Path | None) -> Iterator[Prompt | FileFormatError]:
    """A prompt for each of the person's files, or why it is none."""
    for path in sorted(folder.glob("*.json")) if folder is not None else ():
        try:
            yield replace(load_prompt(path), is_own=True)
        except FileFormatError as error:
            yield error


class JsonReader:
    """Takes checked values out of a JSON file; every complaint names the file and the field.

    Args:
        path: the file.
        text: its content, where it is not (yet) on the disk.
    """

    def __init__(self, path: Path, text: str | None = None) -> None:
        self.path = path
        self._text = text

    def error(self, complaint: str) -> FileFormatError:
        """The error to raise for this file."""
        hint = f"Correct the file {self.path}." if self._text is None else "Correct it and try again."
        return FileFormatError(f"{self.path.name} cannot be used: {complaint}.", hint=hint)

    def load(self) -> dict[str, Any]:
        """The file's content.

        Raises: FileFormatError if it cannot be read or is no JSON object.
        """
        try:
            content = json.loads(self._text if self._text is not None else self.path.read_text(encoding="utf-8"))
        except OSError as error:
            raise self.error(f"it cannot be read ({error.strerror or 'unknown reason'})") from error
        except UnicodeDecodeError as error:
            raise self.error("it is not UTF-8 text") from error
        except (json.JSONDecodeError, RecursionError) as error:
            where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            raise self.error(f"it is not valid JSON{where}") from error
        if not isinstance(content, dict):
            raise self.error("it must be a JSON object")
        return content

    def value(self, mapping: Mapping[str, Any], key: str) -> Any:
        """What stands under a key that must be there."""
        if key not in mapping:
            raise self.error(f'"{key}" is missing')
        return mapping[key]

    def text(self, mapping: Mapping[str, Any], key: str) -> str:
        """A text that is not blank."""
        value = self.value(mapping, key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(f'"{key}" must be a text that is not empty')
        return value

    def label(self, mapping: Mapping[str, Any], key: str) -> str:
        """A text or a whole number, as text."""
        value = self.value(mapping, key)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self.text(mapping, key)

    def mapping(self, mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
        """A JSON object."""
        value = self.value(mapping, key)
        if not isinstance(value, dict):
            raise self.error(f'"{key}" must be a JSON object')
        return value

    def rows(self, mapping: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        """A list of JSON objects."""
        value = self.value(mapping, key)
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise self.error(f'"{key}" must be a list of JSON objects')
        return value

    def texts(self, mapping: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """A list of texts that are not blank."""
        value = self.value(mapping, key)
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.error(f'"{key}" must be a list of texts that are not empty')
        return tuple(value)

    def number(self, value: Any, key: str) -> float:
        """A finite number."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.error(f'"{key}" must be a finite number')
        return float(value)


def _split(reader: JsonReader, template: str, key: str) -> tuple[str, str]:
    """What stands before and after the one {statement} of a template."""
    if template.count(STATEMENT_FIELD) != 1:
        raise reader.error(f'"{key}" must contain {{statement}} exactly once')
    before, _, after = template.partition(STATEMENT_FIELD)
    return before, after


def _reading(reader: JsonReader, content: Mapping[str, Any]) -> ReadingMethod:
    """How the answer is read."""
    value = reader.text(content, "reading")
    if value not in set(ReadingMethod):
        raise reader.error(f'"reading" must be one of {", ".join(ReadingMethod)}')
    return ReadingMethod(value)


def _flag(reader: JsonReader, content: Mapping[str, Any], key: str) -> bool:
    """True or false; false where it is not said."""
    value = content.get(key, False)
    if not isinstance(value, bool):
        raise reader.error(f'"{key}" must be true or false')
    return value


def _question(reader: JsonReader, content: Mapping[str, Any], reading: ReadingMethod) -> Question:
    """One question: the file itself, or a row of its "questions"."""
    answers = {decision: reader.text(reader.mapping(content, "answers"), key) for key, decision in ANSWER_KEYS}
    if as_word(answers[Decision.SEND]) == as_word(answers[Decision.HOLD_BACK]):
        raise reader.error("the two answers must be different words, whatever their capitals")
    chat = _flag(reader, content, "chat")
    if chat and reading == ReadingMethod.REASONING:
        raise reader.error('"chat" cannot be used with reasoning_then_answer: the answer has to follow the reasoning')
    if reading in (ReadingMethod.JSON, ReadingMethod.TYPED) and not chat:
        raise reader.error(f'"chat" must be true where the reading is {reading}')
    meanings = {}
    if reading == ReadingMethod.TYPED:
        said = reader.mapping(content, "meanings")
        meanings = {decision: reader.text(said, key) for key, decision in ANSWER_KEYS}
    instructions = reader.text(content, "instructions") if "instructions" in content else ""
    before, after = _split(reader, reader.text(content, "question_template"), "question_template")
    after_reasoning = ""
    if reading == ReadingMethod.REASONING:
        after, after_reasoning = _parted(reader, after, REASONING_FIELD, "question_template")
    if not after and not chat:
        raise reader.error('"question_template" must go on after {statement}, so that the model knows where it ended')
    examples = "".join(_examples(reader, content, answers, reading))
    if chat and examples:
        raise reader.error('"examples" cannot be used in a chat; put them into "instructions"')
    return Question(
        head="" if chat else (f"{instructions}\n\n" if instructions else "") + examples,
        before=before,
        after=after,
        answers=answers,
        after_reasoning=after_reasoning,
        chat=chat,
        system=instructions if chat else "",
        meanings=meanings,
    )


def _parted(reader: JsonReader, template: str, mark: str, key: str) -> tuple[str, str]:
    """What stands before and after a mark that is there once, neither of them empty."""
    first, found, rest = template.partition(mark)
    if not found or not first or not rest or mark in rest:
        raise reader.error(f'"{key}" must contain {mark} exactly once, after {{statement}} and with text on both sides')
    return first, rest


def _examples(
    reader: JsonReader, content: Mapping[str, Any], answers: Mapping[Decision, str], reading: ReadingMethod
) -> Iterator[str]:
    """The worked examples, one after the other; none where the file has none."""
    if not content.get("examples", []) and isinstance(content.get("examples", []), list):
        return
    before, after = _split(reader, reader.text(content, "example_template"), "example_template")
    if after.count(ANSWER_FIELD) != 1 or ANSWER_FIELD in before:
        raise reader.error('"example_template" must contain {answer} exactly once, after {statement}')
    between = ""
    if reading == ReadingMethod.REASONING:
        between, after = _parted(reader, after, REASONING_FIELD, "example_template")
    for number, row in enumerate(reader.rows(content, "examples"), start=1):
        decision = reader.text(row, "decision")
        if decision not in answers:
            raise reader.error(f'example {number} has the decision "{decision[:40]}"; "send" and "do not send" exist')
        reasoning = between + reader.text(row, "reasoning") if reading == ReadingMethod.REASONING else ""
        answered = after.replace(ANSWER_FIELD, answers[Decision(decision)])
        yield before + reader.text(row, "statement") + reasoning + answered


def _reasoning_tokens(reader: JsonReader, content: Mapping[str, Any]) -> int:
    """The longest reasoning."""
    tokens = reader.value(content, "reasoning_tokens")
    if isinstance(tokens, bool) or not isinstance(tokens, int) or not 1 <= tokens <= MAX_REASONING_TOKENS:
        raise reader.error(f'"reasoning_tokens" must be a whole number from 1 to {MAX_REASONING_TOKENS}')
    return tokens


def _calibrations(reader: JsonReader, content: Mapping[str, Any]) -> dict[str, Calibration]:
    """The calibrations of a prompt file by model digest; none where the file has none."""
    return read_calibrations(reader, reader.mapping(content, "calibration")) if "calibration" in content else {}


def read_calibrations(reader: JsonReader, rows: Mapping[str, Any]) -> dict[str, Calibration]:
    """Calibrations by model digest.

    Raises: FileFormatError, with the file's name and what is missing or wrong in it.
    """
    calibrations = {}
    for digest, row in rows.items():
        if not digest.startswith("sha256:") or not isinstance(row, dict):
            raise reader.error('"calibration" must give a JSON object for each "sha256:..." digest of a model')
        scale = reader.number(reader.value(row, "scale"), "scale")
        if scale <= 0:
            raise reader.error('"scale" must be above 0, or the answers would change their meaning')
        calibrations[digest] = Calibration(
            scale=scale,
            bias=reader.number(reader.value(row, "bias"), "bias"),
            model=str(row.get("model", "")),
            fitted_on=str(row.get("fitted_on", "")),
            measured=str(row.get("measured", "")),
            is_fitted=True,
        )
    return calibrations
