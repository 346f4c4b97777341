"""The few-shot prompts of the judge: data in assets/prompts/, never code.

A statement is untrusted, so it is never formatted: the template is taken apart when it is loaded, and the statement
is put between the parts as it is.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jitai.errors import FileFormatError
from jitai.records import Decision

PROMPTS_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "prompts"
DEFAULT_PROMPT_FILE = PROMPTS_FOLDER / "few_shot.json"

_STATEMENT = "{statement}"
_ANSWER = "{answer}"


@dataclass(frozen=True)
class Calibration:
    """How the log-odds of one model become a probability and a decision.

    P(send) = 1 / (1 + exp(-(scale * log_odds + bias))), the log-odds being those of the answer that means "send"
    against the one that means "do not send", in natural logarithms.

    Attributes:
        scale: above 0.
        bias: any finite number.
        unsure_low: do not send at this P(send) or below.
        unsure_high: send at this P(send) or above; unsure in between.
        model: name of the model that it was fitted for.
        fitted_on: what it was fitted on, in words.
        measured: how often the judge is right on held-out statements, in words; empty if nobody measured it.
        is_fitted: False for the default, which takes a model at its word.
    """

    scale: float = 1.0
    bias: float = 0.0
    unsure_low: float = 0.4
    unsure_high: float = 0.6
    model: str = ""
    fitted_on: str = ""
    measured: str = ""
    is_fitted: bool = False

    def p_send(self, log_odds: float) -> float:
        """P(send) in [0, 1] for log-odds in natural logarithms; any number is accepted."""
        # Beyond 700 the exponential overflows, and the probability has long been 0 or 1.
        exponent = max(-700.0, min(700.0, self.scale * log_odds + self.bias))
        return 1.0 / (1.0 + math.exp(-exponent))

    def decision(self, p_send: float) -> Decision:
        """The decision that P(send) calls for."""
        if p_send >= self.unsure_high:
            return Decision.SEND
        return Decision.HOLD_BACK if p_send <= self.unsure_low else Decision.UNSURE


UNCALIBRATED = Calibration()
"""For a model that the prompt's file does not know: its probabilities as they are, unsure between 0.4 and 0.6."""


@dataclass(frozen=True)
class Prompt:
    """A few-shot prompt that ends where the model's answer token begins.

    Attributes:
        name, version, purpose: as in the file.
        head: the constant part: all worked examples.
        before, after: what stands before and after the statement, behind the head.
        answers: the answer token that means each decision (SEND, HOLD_BACK).
        calibrations: by model digest ("sha256:...").
    """

    name: str
    version: str
    purpose: str
    head: str
    before: str
    after: str
    answers: Mapping[Decision, str]
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)

    def render(self, statement: str) -> str:
        """The whole prompt for a cleaned statement; braces in it have no meaning."""
        return f"{self.head}{self.before}{statement}{self.after}"

    def calibration_for(self, digest: str) -> Calibration:
        """The calibration fitted for a model, or UNCALIBRATED."""
        return self.calibrations.get(digest, UNCALIBRATED)

    @property
    def constant_part(self) -> str:
        """What all rendered prompts begin with."""
        return self.head + self.before

    @property
    def label(self) -> str:
        """Name and version, as shown to people and kept with verdicts."""
        return f"{self.name} {self.version}"

    @property
    def content_hash(self) -> str:
        """64 hexadecimal digits that change whenever the model is asked differently, though the version stayed."""
        parts = (self.head, self.before, self.after, self.answers[Decision.SEND], self.answers[Decision.HOLD_BACK])
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def load_prompt(path: Path = DEFAULT_PROMPT_FILE) -> Prompt:
    """Read a prompt file.

    Args:
        path: a JSON file of the shape that assets/prompts/README.md describes.
    Raises: FileFormatError, with the file's name and what is missing or wrong in it.
    """
    reader = JsonReader(path)
    content = reader.load()
    reading = reader.text(content, "reading")
    if reading != "answer_tokens":
        raise reader.error('"reading" must be "answer_tokens", the only way of reading an answer there is')
    answers = {
        decision: reader.text(reader.mapping(content, "answers"), key)
        for key, decision in (("send", Decision.SEND), ("hold_back", Decision.HOLD_BACK))
    }
    if answers[Decision.SEND].strip() == answers[Decision.HOLD_BACK].strip():
        raise reader.error("the two answers must be different words")
    before, after = _split(reader, reader.text(content, "question_template"), "question_template")
    if not after:
        raise reader.error('"question_template" must go on after {statement}, so that the model knows where it ended')
    return Prompt(
        name=reader.text(content, "name"),
        version=reader.label(content, "version"),
        purpose=reader.text(content, "purpose"),
        head=_head(reader, content, answers),
        before=before,
        after=after,
        answers=answers,
        calibrations=_calibrations(reader, content),
    )


class JsonReader:
    """Takes checked values out of a JSON file; every complaint names the file and the field.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def error(self, complaint: str) -> FileFormatError:
        """The error to raise for this file."""
        return FileFormatError(f"{self.path.name} cannot be used: {complaint}.", hint=f"Correct the file {self.path}.")

    def load(self) -> dict[str, Any]:
        """The file's content.

        Raises: FileFormatError if it cannot be read or is no JSON object.
        """
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
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


def _head(reader: JsonReader, content: Mapping[str, Any], answers: Mapping[Decision, str]) -> str:
    """All worked examples, one after the other."""
    before, after = _split(reader, reader.text(content, "example_template"), "example_template")
    if after.count(_ANSWER) != 1 or _ANSWER in before:
        raise reader.error('"example_template" must contain {answer} exactly once, after {statement}')
    examples = []
    for number, row in enumerate(reader.rows(content, "examples"), start=1):
        decision = reader.text(row, "decision")
        if decision not in answers:
            raise reader.error(f'example {number} has the decision "{decision[:40]}"; "send" and "do not send" exist')
        examples.append(before + reader.text(row, "statement") + after.replace(_ANSWER, answers[Decision(decision)]))
    return "".join(examples)


def _calibrations(reader: JsonReader, content: Mapping[str, Any]) -> dict[str, Calibration]:
    """The calibrations of a prompt file by model digest; none where the file has none."""
    if "calibration" not in content:
        return {}
    calibrations = {}
    for digest, row in reader.mapping(content, "calibration").items():
        if not digest.startswith("sha256:") or not isinstance(row, dict):
            raise reader.error('"calibration" must give a JSON object for each "sha256:..." digest of a model')
        scale = reader.number(reader.value(row, "scale"), "scale")
        if scale <= 0:
            raise reader.error('"scale" must be above 0, or the answers would change their meaning')
        band = reader.value(row, "unsure")
        if not isinstance(band, list) or len(band) != 2:
            raise reader.error('"unsure" must be a list of two numbers')
        low, high = (reader.number(edge, "unsure") for edge in band)
        if not 0.0 <= low <= high <= 1.0:
            raise reader.error('"unsure" must be two rising numbers in [0, 1]')
        calibrations[digest] = Calibration(
            scale=scale,
            bias=reader.number(reader.value(row, "bias"), "bias"),
            unsure_low=low,
            unsure_high=high,
            model=str(row.get("model", "")),
            fitted_on=str(row.get("fitted_on", "")),
            measured=str(row.get("measured", "")),
            is_fitted=True,
        )
    return calibrations
