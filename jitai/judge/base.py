"""What every language model behind the judge must be able to do, and how its answers are read.

A backend completes a prompt by one token and says how likely each answer word was. To add one, see
``jitai/judge/registered_backend.py``.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

_FINAL_PUNCTUATION = ".,;:!?\u2026\u3002\uff01"


@dataclass(frozen=True)
class Request:
    """A question to a language model.

    Attributes:
        prompt: the whole text to complete.
        answers: the tokens whose log-probabilities are wanted, as they follow the prompt (" good", " bad").
        max_tokens: tokens to write at most; one is enough to read log-probabilities.
        head: the beginning of the prompt that all statements share; a backend may keep it computed.
        chat: the prompt is a person's turn in the model's own chat format; otherwise it is completed as it stands.
        system: the instructions of a chat; empty for none.
        schema: a JSON schema that the reply has to follow; None for free text. The answers are then values of the
            property that is a choice; a backend that cannot find their log-probabilities there gives none.
        stop: the reply ends before the first of these texts.
    """

    prompt: str
    answers: tuple[str, ...]
    max_tokens: int = 1
    head: str = ""
    chat: bool = False
    system: str = ""
    schema: Mapping[str, Any] | None = None
    stop: tuple[str, ...] = ()


class Ending(StrEnum):
    """Why a model stopped writing."""

    DONE = ""
    CUT_OFF = "cut off"
    """The limit of tokens was reached."""
    REPEATING = "repeating"
    """The server stopped it, because it wrote the same thing again and again."""


@dataclass(frozen=True)
class Reply:
    """What a language model answered.

    Attributes:
        text: its own words, unedited.
        log_probabilities: natural logarithm of the probability of each answer as the next token; None for an answer
            that was not among those listed; empty where the server gives no log-probabilities.
        least_listed: the smallest log-probability listed: an answer that is not in the list has at most this one.
        model_ms: the time that the model itself reports, in milliseconds.
        is_typed: the server chose by a typed decision, and did not write words.
        is_makeshift: log-probabilities were asked for and the server gave none. After an update it may give them, so
            such a reply is not kept beyond the program.
        ending: why the model stopped writing.
    """

    text: str
    log_probabilities: Mapping[str, float | None] = field(default_factory=dict)
    least_listed: float | None = None
    model_ms: float = 0.0
    is_typed: bool = False
    is_makeshift: bool = False
    ending: Ending = Ending.DONE


@dataclass(frozen=True)
class ModelIdentity:
    """The identity of a model: its name and digest.

    Attributes:
        name: shown to people.
        digest: "sha256:" and 64 hexadecimal digits, of what the model is made of: its calibrations go by it.
        reader_version: changes whenever the backend reads the same answers differently, so that replies that were kept
            before are not used any more; empty for the first way.
        server_digest: what a server calls it, which changes with its template and with the server's version, and with
            them its answers may; empty without a server. Earlier versions kept calibrations under it.
    """

    name: str
    digest: str
    reader_version: str = ""
    server_digest: str = ""

    @property
    def answers_version(self) -> str:
        """Changes whenever the same files may be read to give another answer; empty for the first way."""
        return f"{self.reader_version} {self.server_digest}".strip()


@runtime_checkable
class TypedBackend(Protocol):
    """A backend whose server may answer a choice as such, with a probability for each answer."""

    def decide(self, request: Request, meanings: Mapping[str, str]) -> Reply:
        """Choose among the request's answers; meanings says what each of them means.

        Raises: BackendError, or one of the errors below it, if there is no answer.
        """
        ...


class Backend(Protocol):
    """A language model that the judge can ask. All methods may be called from several threads at once."""

    def identity(self) -> ModelIdentity:
        """Return which model answers; quick, because every judgement asks.

        Raises: BackendError if that cannot be found out.
        """
        ...

    def complete(self, request: Request) -> Reply:
        """Return the model's completion of a prompt.

        Raises: BackendError, or one of the errors below it, if there is no answer.
        """
        ...

    def warm_up(self, opening: Request) -> None:
        """Load the model and let it read what all questions begin with, so that the first statement is not slow.

        Args:
            opening: a question that ends where the statement would begin; its answer is of no interest.
        Raises: BackendError as complete does.
        """
        ...


def folded(text: str) -> str:
    """Return a word without white space around it and without capitals."""
    return text.strip().casefold()


def as_word(text: str) -> str:
    """Return a written answer in the form in which answers are compared: "YES." becomes "yes"."""
    word = folded(text)
    return word.rstrip(_FINAL_PUNCTUATION).rstrip() or word


def read_answers(
    listed: Iterable[tuple[str, float]], answers: tuple[str, ...], any_spelling: bool = False
) -> tuple[dict[str, float | None], float | None]:
    """Find the answer tokens among the likeliest next tokens.

    Args:
        listed: tokens with their log-probabilities, in any order; impossible values are passed over.
        answers: the tokens wanted.
        any_spelling: whether an answer is as likely as all its spellings together (" yes", "Yes", "YES"), as models
            that were shown no example write it. Otherwise it counts as it stands, which is what the embedded model
            was calibrated on.
    Returns: the log-probability of each answer (None where it is not listed), and the smallest one listed. An answer
        that is not there as it stands may stand there with other white space around it, as some tokenizers write it.
    """
    exact: dict[str, float] = {}
    stripped: dict[str, float] = {}
    for token, log_probability in listed:
        if not math.isfinite(log_probability) or log_probability > 1e-3:  # rounding may lift a certain token above 0
            continue
        exact[token] = max(log_probability, exact.get(token, -math.inf))
        stripped[token.strip()] = max(log_probability, stripped.get(token.strip(), -math.inf))
    if any_spelling:
        found = {
            answer: _log_of_sum([value for token, value in exact.items() if folded(token) == folded(answer)])
            for answer in answers
        }
    else:
        found = {answer: exact.get(answer, stripped.get(answer.strip())) for answer in answers}
    return found, min(exact.values(), default=None)


def _log_of_sum(log_probabilities: list[float]) -> float | None:
    """Return the logarithm of the sum of probabilities, at most 0; None if there are none."""
    if len(log_probabilities) < 2:
        return log_probabilities[0] if log_probabilities else None
    largest = max(log_probabilities)
    return min(0.0, largest + math.log(sum(math.exp(value - largest) for value in log_probabilities)))
