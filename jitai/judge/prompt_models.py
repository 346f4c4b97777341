"""The JSON files of prompts, calibrations and rules as pydantic models; importing this imports pydantic."""

import difflib
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from jitai.errors import JitaiError
from jitai.file_models import LIST_OF_OBJECTS, Complaint, FileModel, Label, Text, Texts, validated
from jitai.judge.base import as_word
from jitai.judge.calibration import (
    CALIBRATION_FORMAT,
    MEASURED_PARTS,
    Calibration,
    Improvement,
    Measured,
    measured_from_format_1,
)
from jitai.judge.prompts import (
    ANSWER_FIELD,
    MAX_REASONING_TOKENS,
    REASONING_FIELD,
    STATEMENT_FIELD,
    Question,
    ReadingMethod,
)
from jitai.parameters import suggestion
from jitai.records import Decision

Share = Annotated[float, Field(ge=0, le=1)]


def _by_model(value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError("must be a JSON object")
    if not all(digest.startswith("sha256:") and isinstance(row, dict) for digest, row in value.items()):
        raise ValueError('must give a JSON object for each "sha256:..." digest of a model')
    return value


def _above_zero(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
        raise ValueError("must be above 0, or the answers would change their meaning")
    return value


def _reading_method(value: object) -> ReadingMethod:
    if not isinstance(value, str):
        raise ValueError("must be a text that is not empty")
    known = tuple(item.value for item in ReadingMethod)
    if value not in known:
        near = difflib.get_close_matches(value[:60], known, n=1)
        raise ValueError(f"must be one of {', '.join(known)}" + (f"; did you mean {near[0]!r}" if near else ""))
    return ReadingMethod(value)


def _two(value: object) -> object:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("must be a list of JSON objects")
    if len(value) != 2:
        raise ValueError("must hold two questions")
    return value


def _reasoning_tokens(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_REASONING_TOKENS:
        raise ValueError(f"must be a whole number from 1 to {MAX_REASONING_TOKENS}")
    return value


def _of_any_format(value: object) -> object:
    """Return the numbers; for a sentence of format 1 those in it, or nothing."""
    if not isinstance(value, str):
        return value
    measured = measured_from_format_1(value)
    return None if measured is None else measured.as_mapping()


def _known_parts(value: object) -> object:
    for name in value if isinstance(value, dict) else ():
        if name not in MEASURED_PARTS:
            raise ValueError(f"holds {str(name)[:60]!r}{suggestion(str(name), MEASURED_PARTS)}".rstrip("?."))
    return value


class MeasuredFile(FileModel):
    """What was measured, as it stands in a calibration."""

    share_right: Share
    n: Annotated[int, Field(ge=1, le=10**9)]
    parts: Annotated[dict[str, Share], BeforeValidator(_known_parts)] = Field(default_factory=dict)
    balanced_accuracy: Share | None = None
    low: Share | None = None
    high: Share | None = None
    statements: str = ""
    date: str = ""
    is_of_replaced: bool = False

    def measured(self) -> Measured:
        """Return the content as a record."""
        return Measured(**self.model_dump())


class ImprovementFile(FileModel):
    """What a calibration changes, as it stands in it."""

    before: Share
    after: Share
    n: Annotated[int, Field(ge=1, le=10**9)]
    low: Annotated[float, Field(ge=-1, le=1)] | None
    high: Annotated[float, Field(ge=-1, le=1)] | None

    def improvement(self) -> Improvement:
        """Return the content as a record."""
        return Improvement(**self.model_dump())


class CalibrationFile(FileModel):
    """A calibration, of any format."""

    format: Annotated[int, Field(ge=1, le=CALIBRATION_FORMAT)] = 1
    scale: Annotated[float, BeforeValidator(_above_zero)]
    bias: float
    model: str = ""
    fitted_on: str = ""
    measured: Annotated[MeasuredFile | None, BeforeValidator(_of_any_format)] = None
    improvement: ImprovementFile | None = None

    def calibration(self) -> Calibration:
        """Return the content as a record."""
        measured = None if self.measured is None else self.measured.measured()
        improvement = None if self.improvement is None else self.improvement.improvement()
        return Calibration(
            self.scale, self.bias, self.model, self.fitted_on, measured, is_fitted=True, improvement=improvement
        )


class CalibrationsFile(FileModel):
    """Calibrations by model digest; a part of a prompt file."""

    calibration: Annotated[dict[str, CalibrationFile], BeforeValidator(_by_model)] = Field(default_factory=dict)

    def calibrations(self) -> dict[str, Calibration]:
        """Return the content as records."""
        return {digest: item.calibration() for digest, item in self.calibration.items()}


class AnswersFile(FileModel):
    """A text for either decision: the answers, or what they mean."""

    send: Text
    hold_back: Text

    def by_decision(self) -> dict[Decision, str]:
        """Return the texts by decision."""
        return {Decision.SEND: self.send, Decision.HOLD_BACK: self.hold_back}


class ExampleFile(FileModel):
    """A worked example."""

    statement: Text
    decision: Text
    reasoning: str = ""


class QuestionFile(FileModel):
    """A question: the prompt file itself, or an item of its "questions"."""

    answers: AnswersFile
    question_template: Text
    chat: bool = False
    meanings: AnswersFile | None = None
    instructions: Text = ""
    examples: Annotated[list[ExampleFile], LIST_OF_OBJECTS] = Field(default_factory=list)
    example_template: Text = ""

    def question(self, reading: ReadingMethod) -> Question:
        """Return the question for a way of reading its answer.

        Raises: Complaint if its parts do not fit each other.
        """
        answers = self.answers.by_decision()
        if as_word(answers[Decision.SEND]) == as_word(answers[Decision.HOLD_BACK]):
            raise Complaint("the two answers must be different words, whatever their capitals")
        if self.chat and reading == ReadingMethod.REASONING:
            raise Complaint('"chat" cannot be used with reasoning_then_answer: the answer has to follow the reasoning')
        if reading in (ReadingMethod.JSON, ReadingMethod.TYPED) and not self.chat:
            raise Complaint(f'"chat" must be true where the reading is {reading}')
        if reading == ReadingMethod.TYPED and self.meanings is None:
            raise Complaint('"meanings" is missing')
        before, after = _split(self.question_template, "question_template")
        after_reasoning = ""
        if reading == ReadingMethod.REASONING:
            after, after_reasoning = _parted(after, REASONING_FIELD, "question_template")
        if not after and not self.chat:
            raise Complaint('"question_template" must go on after {statement}, so that the model knows where it ended')
        examples = self._examples(answers, reading) if self.examples else ""
        if self.chat and examples:
            raise Complaint('"examples" cannot be used in a chat; put them into "instructions"')
        return Question(
            head="" if self.chat else (f"{self.instructions}\n\n" if self.instructions else "") + examples,
            before=before,
            after=after,
            answers=answers,
            after_reasoning=after_reasoning,
            chat=self.chat,
            system=self.instructions if self.chat else "",
            meanings=self.meanings.by_decision() if self.meanings and reading == ReadingMethod.TYPED else {},
        )

    def _examples(self, answers: dict[Decision, str], reading: ReadingMethod) -> str:
        """Return the worked examples, one after the other."""
        if not self.example_template:
            raise Complaint('"example_template" is missing')
        before, after = _split(self.example_template, "example_template")
        if after.count(ANSWER_FIELD) != 1 or ANSWER_FIELD in before:
            raise Complaint('"example_template" must contain {answer} exactly once, after {statement}')
        between, parts = "", []
        if reading == ReadingMethod.REASONING:
            between, after = _parted(after, REASONING_FIELD, "example_template")
        for number, row in enumerate(self.examples, start=1):
            if row.decision not in answers:
                raise Complaint(
                    f'example {number} has the decision "{row.decision[:40]}"; "send" and "do not send" exist'
                )
            if reading == ReadingMethod.REASONING and not row.reasoning.strip():
                raise Complaint(f'"reasoning" must be a text that is not empty (in "examples", number {number})')
            reasoning = between + row.reasoning if reading == ReadingMethod.REASONING else ""
            answered = after.replace(ANSWER_FIELD, answers[Decision(row.decision)])
            parts.append(before + row.statement + reasoning + answered)
        return "".join(parts)


class PromptFile(CalibrationsFile):
    """What a prompt file holds beside its question or questions."""

    reading: Annotated[ReadingMethod, BeforeValidator(_reading_method)]
    name: Text
    version: Label
    purpose: Text
    known_words_only: bool = False
    questions: Any = None
    reasoning_tokens: Any = None

    def two_questions(self, error: Callable[[str], JitaiError]) -> list[dict[str, Any]]:
        """Return the contents of both questions.

        Raises: what ``error`` makes, if there are not two.
        """
        rows = validated(TwoQuestionsFile, {} if self.questions is None else {"questions": self.questions}, error)
        return rows.questions


class TwoQuestionsFile(FileModel):
    """What a prompt with two questions has beside the rest."""

    questions: Annotated[list[dict[str, Any]], BeforeValidator(_two)]


class ReasoningFile(FileModel):
    """What a prompt has beside the rest where the model reasons first."""

    reasoning_tokens: Annotated[int, BeforeValidator(_reasoning_tokens)]


class OptOutFile(FileModel):
    """An explicit wish not to be messaged: a regular expression, and the language that it is in."""

    language: Text
    pattern: Text


class RulesFile(FileModel):
    """What is decided before any model is asked."""

    version: Label
    opt_out: Annotated[list[OptOutFile], LIST_OF_OBJECTS]
    cannot_walk_emoji: Texts
    can_walk_emoji: Texts


def _split(template: str, key: str) -> tuple[str, str]:
    """Return the text before and after the one {statement} of a template."""
    if template.count(STATEMENT_FIELD) != 1:
        raise Complaint(f'"{key}" must contain {{statement}} exactly once')
    before, _, after = template.partition(STATEMENT_FIELD)
    return before, after


def _parted(template: str, mark: str, key: str) -> tuple[str, str]:
    """Return the text before and after a mark that occurs once; neither may be empty."""
    first, found, rest = template.partition(mark)
    if not found or not first or not rest or mark in rest:
        raise Complaint(f'"{key}" must contain {mark} exactly once, after {{statement}} and with text on both sides')
    return first, rest
