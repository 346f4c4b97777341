"""How a model is asked: the judge's strategies, as data in assets/prompts/ and in the person's own folder, never code.

A statement is untrusted, so it is never formatted: the templates are taken apart when they are loaded, and the
statement is put between the parts as it is. What the fields of a file mean is told in assets/prompts/README.md.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from jitai.errors import FileFormatError
from jitai.judge.base import as_word
from jitai.records import Decision

PROMPTS_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "prompts"
DEFAULT_PROMPT_FILE = PROMPTS_FOLDER / "few_shot.json"
TUNED_PROMPT_FILE = PROMPTS_FOLDER / "fine_tuned.json"

MAX_REASONING_TOKENS = 200

_RIGHT_ON = re.compile(r"\bRight on (\d{1,3}(?:\.\d+)?) % of")
"""As the sentence on what was measured begins (jitai/validation/calibration.py)."""

MEASURED_AS_SHIPPED = "Measured with the calibration that came with the project, which yours replaces: "

_STATEMENT = "{statement}"
_ANSWER = "{answer}"
_REASONING = "{reasoning}"
_ANSWER_KEYS = (("send", Decision.SEND), ("hold_back", Decision.HOLD_BACK))


class Reading(StrEnum):
    """How the answer is read out of a reply."""

    ANSWER_TOKENS = "answer_tokens"
    TWO_QUESTIONS = "two_questions"
    REASONING = "reasoning_then_answer"
    JSON = "json"
    TYPED = "typed_decision"


READING_LABELS: dict[Reading, str] = {
    Reading.ANSWER_TOKENS: "likelihood of two answer words",
    Reading.TWO_QUESTIONS: "two questions, both must be answered with yes",
    Reading.REASONING: "the model thinks first, then the likelihood of two answer words",
    Reading.JSON: "JSON with a reason, written by the model",
    Reading.TYPED: "a typed decision of the server where it has them, else the likelihood of two answer words",
}


@dataclass(frozen=True)
class Calibration:
    """How the log-odds of one model become a probability.

    P(send) = 1 / (1 + exp(-(scale * log_odds + bias))), the log-odds being those of the answer that means "send"
    against the one that means "do not send", in natural logarithms; 1 / scale is what is called the temperature
    (Guo et al. 2017, arXiv:1706.04599).

    Attributes:
        scale: above 0.
        bias: any finite number.
        model: name of the model that it was fitted for.
        fitted_on: what it was fitted on, in words.
        measured: how often the judge is right on held-out statements, in words; empty if nobody measured it.
        is_fitted: False for the default, which takes a model at its word.
        is_own: whether the person fitted it on this machine; where it came from makes no other calibration of it.
    """

    scale: float = 1.0
    bias: float = 0.0
    model: str = ""
    fitted_on: str = ""
    measured: str = ""
    is_fitted: bool = False
    is_own: bool = field(default=False, compare=False)

    @property
    def share_right(self) -> float | None:
        """The share of held-out statements on which the judge was right, in [0, 1]; None if ``measured`` says none."""
        found = _RIGHT_ON.search(self.measured)
        return min(float(found.group(1)) / 100.0, 1.0) if found else None

    def p_send(self, log_odds: float) -> float:
        """P(send) in [0, 1] for log-odds in natural logarithms; any number is accepted."""
        # Beyond 700 the exponential overflows, and the probability has long been 0 or 1.
        exponent = max(-700.0, min(700.0, self.scale * log_odds + self.bias))
        return 1.0 / (1.0 + math.exp(-exponent))

    def as_mapping(self) -> dict[str, Any]:
        """What a file keeps of it."""
        return {name: value for name, value in asdict(self).items() if name not in ("is_fitted", "is_own")}


UNCALIBRATED = Calibration()
"""For a model that the prompt's file does not know: its probabilities as they are."""


@dataclass(frozen=True)
class Question:
    """One question to a model.

    Attributes:
        head: the constant part in front: instructions and worked examples; empty in a chat.
        before, after: what stands before and after the statement, behind the head.
        answers: what the model answers for each decision (SEND, HOLD_BACK).
        after_reasoning: what stands between the model's reasoning and its answer.
        chat: whether it is asked in the model's own chat format.
        system: the instructions of a chat.
        meanings: what each answer means, for typed decisions; empty otherwise.
    """

    head: str
    before: str
    after: str
    answers: Mapping[Decision, str]
    after_reasoning: str = ""
    chat: bool = False
    system: str = ""
    meanings: Mapping[Decision, str] = field(default_factory=dict)

    def render(self, statement: str) -> str:
        """The whole question about a cleaned statement; braces in it have no meaning."""
        return f"{self.head}{self.before}{statement}{self.after}"

    @property
    def constant_part(self) -> str:
        """What all rendered questions begin with."""
        return self.head + self.before

    @property
    def answer_pair(self) -> tuple[str, str]:
        """The answers that mean "send" and "do not send"."""
        return self.answers[Decision.SEND], self.answers[Decision.HOLD_BACK]


@dataclass(frozen=True)
class Prompt:
    """A strategy: what the model is asked, and how its answer is read.

    Attributes:
        name, version, purpose: as in the file.
        questions: one, or two where reading is TWO_QUESTIONS.
        reading: how the answer is read.
        reasoning_tokens: the longest reasoning, in tokens; 0 where there is none.
        known_words_only: whether statements with hardly a word of jitai.judge.vocabulary are called unsure unasked.
        calibrations: by model digest ("sha256:...").
        is_own: whether it is the person's own, and not one that came with the project.
    """

    name: str
    version: str
    purpose: str
    questions: tuple[Question, ...]
    reading: Reading = Reading.ANSWER_TOKENS
    reasoning_tokens: int = 0
    known_words_only: bool = False
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    is_own: bool = False

    def render(self, statement: str) -> str:
        """The first question about a cleaned statement."""
        return self.questions[0].render(statement)

    def calibration_for(self, digest: str) -> Calibration:
        """The calibration fitted for a model, or UNCALIBRATED."""
        return self.calibrations.get(digest, UNCALIBRATED)

    def with_calibrations(self, more: Mapping[str, Calibration]) -> "Prompt":
        """The same strategy with the person's calibrations added; a new one for a model replaces the old.

        What was measured with the old one is still the best that is known of the model, so it is shown, and said to be.
        """
        own = {digest: replace(item, is_own=True) for digest, item in more.items()}
        for digest, item in own.items():
            before = self.calibration_for(digest).measured
            if before and not item.measured:
                own[digest] = replace(item, measured=MEASURED_AS_SHIPPED + before)
        return replace(self, calibrations={**self.calibrations, **own})

    @property
    def label(self) -> str:
        """Name and version, as shown to people and kept with verdicts."""
        return f"{self.name} {self.version}"

    @property
    def content_hash(self) -> str:
        """64 hexadecimal digits that change whenever the model is asked differently, though the version stayed."""
        parts = [
            (
                item.head,
                item.before,
                item.after,
                item.after_reasoning,
                item.chat,
                item.system,
                *item.answer_pair,
                *item.meanings.values(),
            )
            for item in self.questions
        ]
        return hashlib.sha256(json.dumps([self.reading, self.reasoning_tokens, parts]).encode()).hexdigest()


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
    if reading == Reading.TWO_QUESTIONS:
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
        reasoning_tokens=_reasoning_tokens(reader, content) if reading == Reading.REASONING else 0,
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
    if template.count(_STATEMENT) != 1:
        raise reader.error(f'"{key}" must contain {{statement}} exactly once')
    before, _, after = template.partition(_STATEMENT)
    return before, after


def _reading(reader: JsonReader, content: Mapping[str, Any]) -> Reading:
    """How the answer is read."""
    value = reader.text(content, "reading")
    if value not in set(Reading):
        raise reader.error(f'"reading" must be one of {", ".join(Reading)}')
    return Reading(value)


def _flag(reader: JsonReader, content: Mapping[str, Any], key: str) -> bool:
    """True or false; false where it is not said."""
    value = content.get(key, False)
    if not isinstance(value, bool):
        raise reader.error(f'"{key}" must be true or false')
    return value


def _question(reader: JsonReader, content: Mapping[str, Any], reading: Reading) -> Question:
    """One question: the file itself, or a row of its "questions"."""
    answers = {decision: reader.text(reader.mapping(content, "answers"), key) for key, decision in _ANSWER_KEYS}
    if as_word(answers[Decision.SEND]) == as_word(answers[Decision.HOLD_BACK]):
        raise reader.error("the two answers must be different words, whatever their capitals")
    chat = _flag(reader, content, "chat")
    if chat and reading == Reading.REASONING:
        raise reader.error('"chat" cannot be used with reasoning_then_answer: the answer has to follow the reasoning')
    if reading in (Reading.JSON, Reading.TYPED) and not chat:
        raise reader.error(f'"chat" must be true where the reading is {reading}')
    meanings = {}
    if reading == Reading.TYPED:
        said = reader.mapping(content, "meanings")
        meanings = {decision: reader.text(said, key) for key, decision in _ANSWER_KEYS}
    instructions = reader.text(content, "instructions") if "instructions" in content else ""
    before, after = _split(reader, reader.text(content, "question_template"), "question_template")
    after_reasoning = ""
    if reading == Reading.REASONING:
        after, after_reasoning = _parted(reader, after, _REASONING, "question_template")
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
    reader: JsonReader, content: Mapping[str, Any], answers: Mapping[Decision, str], reading: Reading
) -> Iterator[str]:
    """The worked examples, one after the other; none where the file has none."""
    if not content.get("examples", []) and isinstance(content.get("examples", []), list):
        return
    before, after = _split(reader, reader.text(content, "example_template"), "example_template")
    if after.count(_ANSWER) != 1 or _ANSWER in before:
        raise reader.error('"example_template" must contain {answer} exactly once, after {statement}')
    between = ""
    if reading == Reading.REASONING:
        between, after = _parted(reader, after, _REASONING, "example_template")
    for number, row in enumerate(reader.rows(content, "examples"), start=1):
        decision = reader.text(row, "decision")
        if decision not in answers:
            raise reader.error(f'example {number} has the decision "{decision[:40]}"; "send" and "do not send" exist')
        reasoning = between + reader.text(row, "reasoning") if reading == Reading.REASONING else ""
        answered = after.replace(_ANSWER, answers[Decision(decision)])
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
