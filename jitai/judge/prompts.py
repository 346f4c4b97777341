"""The judge's strategies, as data in assets/prompts/ and in the person's own folder, never as code.

A statement is untrusted, so it is never formatted: the templates are taken apart when they are loaded, and the
statement is put between the parts as it is. What the fields of a file mean is told in assets/prompts/README.md.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from jitai.errors import ParameterError
from jitai.judge.calibration import UNCALIBRATED, Calibration
from jitai.parameters import suggestion
from jitai.records import Decision

STATEMENT_FIELD = "{statement}"
ANSWER_FIELD = "{answer}"
REASONING_FIELD = "{reasoning}"
DEFAULT_PROMPT = "few_shot"
TUNED_PROMPT = "fine_tuned"
"""The project's strategies for a model that nothing is known of, and for the model with our adapter."""
MAX_REASONING_TOKENS = 200


class ReadingMethod(StrEnum):
    """How the answer is read out of a reply."""

    ANSWER_TOKENS = "answer_tokens"
    TWO_QUESTIONS = "two_questions"
    REASONING = "reasoning_then_answer"
    JSON = "json"
    TYPED = "typed_decision"


READING_METHOD_LABELS: dict[ReadingMethod, str] = {
    ReadingMethod.ANSWER_TOKENS: "likelihood of two answer words",
    ReadingMethod.TWO_QUESTIONS: "two questions, both must be answered with yes",
    ReadingMethod.REASONING: "the model thinks first, then the likelihood of two answer words",
    ReadingMethod.JSON: "JSON with a reason, written by the model",
    ReadingMethod.TYPED: "a typed decision of the server where it has them, else the likelihood of two answer words",
}


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
        """Return the whole question about a cleaned statement; braces in it have no meaning."""
        return f"{self.head}{self.before}{statement}{self.after}"

    @property
    def constant_part(self) -> str:
        """The text with which all rendered questions begin."""
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
        known_words_only: whether statements with hardly a word that the judge has learnt are called unsure unasked.
        calibrations: by model digest ("sha256:...").
        is_own: whether it is the person's own, and not one that came with the project.
    """

    name: str
    version: str
    purpose: str
    questions: tuple[Question, ...]
    reading: ReadingMethod = ReadingMethod.ANSWER_TOKENS
    reasoning_tokens: int = 0
    known_words_only: bool = False
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    is_own: bool = False

    def render(self, statement: str) -> str:
        """Return the first question about a cleaned statement."""
        return self.questions[0].render(statement)

    def calibration_for(self, digest: str, server_digest: str = "") -> Calibration:
        """Return the calibration that was fitted for a model, or UNCALIBRATED.

        Args:
            digest: of what the model is made of.
            server_digest: what its server calls it: a calibration of the person's own, of an earlier version of the
                project, may be kept under it.
        """
        known = self.calibrations.get(digest, UNCALIBRATED)
        earlier = self.calibrations.get(server_digest, UNCALIBRATED)
        return earlier if earlier.is_own and not known.is_own else known

    def with_calibrations(self, more: Mapping[str, Calibration]) -> "Prompt":
        """Return the same strategy with the person's calibrations added; a new one for a model replaces the old.

        What was measured with the old one is still the best that is known of the model, so it is shown, and said to be.
        """
        own = {digest: replace(item, is_own=True) for digest, item in more.items()}
        for digest, item in own.items():
            before = self.calibration_for(digest).measured
            if before is not None and item.measured is None:
                own[digest] = replace(item, measured=replace(before, is_of_replaced=True))
        return replace(self, calibrations={**self.calibrations, **own})

    @property
    def label(self) -> str:
        """Name and version, in the form that people see and verdicts keep."""
        return f"{self.name} {self.version}"

    @cached_property
    def content_hash(self) -> str:
        """64 hexadecimal digits that change whenever the model is asked differently, even under the same version."""
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


def find_prompt(prompts: Sequence[Prompt], name: str) -> Prompt:
    """Return the strategy of a name.

    Raises: ParameterError naming those there are.
    """
    for prompt in prompts:
        if prompt.name == name:
            return prompt
    names = tuple(prompt.name for prompt in prompts)
    raise ParameterError(f"There is no prompt {name[:60]!r}{suggestion(name, names)}")
