"""Models on an Ollama server, through the official client.

What the server does and how it fails was recorded (tests/data/ollama_exchanges_0.24.0.json). Its messages are not
passed on: they may repeat the prompt, and with it what a participant wrote. Known ones become sentences of ours.
"""

import math
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from jitai.errors import BackendError, BackendTimeout, FileFormatError, ModelMissing, ServerUnreachable, UnreadableReply
from jitai.files import read_json
from jitai.judge.base import ModelIdentity, Reply, Request, as_word, folded, read_answers
from jitai.judge.ollama.errors import Refused, broken_connections, missing_model
from jitai.judge.ollama.options import OLLAMA_PREFIX, OllamaProbe, ollama_option, probe_ollama
from jitai.judge.ollama.server import OllamaServer, OllamaSettings, ServerAnswer
from jitai.judge.prompts import Prompt
from jitai.judge.registered_backend import JudgeOption, RegisteredBackend

if TYPE_CHECKING:
    import ollama


RETRY_PAUSES_S = (0.25, 1.0)
"""Pauses before asking a busy or just restarted server again."""
IDENTITY_LIFETIME_S = 60.0
"""After this time a model's digest is looked up again with the next question: it may have been pulled anew."""
READING = "2"
"""How answers are read; goes up when the same ones are read differently. 2: in any spelling, and within JSON."""
_JSON_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_NO_TYPED_DECISIONS = {400, 404, 405, 501}
"""How a server says that it, or the model, has no typed decisions; 404 was recorded."""


@dataclass(frozen=True)
class _Written:
    """What a model wrote, whichever way it was asked.

    Attributes:
        text: its words.
        thinking: what it thought before, as far as the server tells.
        cut_short: it was stopped by the limit of tokens.
        tokens: each token written, with the likeliest ones in its place; empty without log-probabilities.
        model_ms: the time that the server reports, in milliseconds.
    """

    text: str
    thinking: str
    cut_short: bool
    tokens: Sequence[tuple[str, tuple[tuple[str, float], ...]]] = field(default_factory=tuple)
    model_ms: float = 0.0


class OllamaBackend(RegisteredBackend):
    """Asks one model of an Ollama server.

    Args:
        model: its name, such as "gemma3:4b".
        server: by default the one at OLLAMA_HOST; its settings say how it is asked.
        retry_pauses_s: pauses before asking again when the server is busy or the connection broke, in seconds.
    Attributes:
        has_typed_decisions: whether server and model answer typed decisions; None until decide has tried.
    """

    key = "ollama"
    label = "Ollama"
    Settings = OllamaSettings
    settings_matter = False
    option_names: ClassVar[Mapping[str, str]] = {
        "keep_alive": "keep-alive",
        "context_tokens": "context",
        "read_timeout_s": "timeout",
    }

    @classmethod
    def open(cls, key: str, settings: OllamaSettings) -> "OllamaBackend":
        """Connect to a model of the server at OLLAMA_HOST, which is not asked yet; see RegisteredBackend."""
        return cls(key.removeprefix(OLLAMA_PREFIX), OllamaServer(settings=settings))

    @classmethod
    def key_forms(cls) -> tuple[str, ...]:
        """Return the prefix with NAME for the model's name."""
        return (f"{OLLAMA_PREFIX}NAME",)

    @classmethod
    def accepts(cls, key: str) -> bool:
        """Return whether a key is the prefix and a name, which may be any: servers name their models as they like."""
        return key.startswith(OLLAMA_PREFIX) and key != OLLAMA_PREFIX

    @classmethod
    def probe(cls) -> OllamaProbe:
        """Look for the server at OLLAMA_HOST and its models."""
        return probe_ollama()

    @classmethod
    def options(cls, probed: OllamaProbe | None, prompts: Sequence[Prompt]) -> tuple[JudgeOption, ...]:
        """Return every model of the server that writes text."""
        return tuple(ollama_option(model, prompts) for model in (probed.models if probed is not None else ()))

    @classmethod
    def status(cls, probed: OllamaProbe | None) -> str:
        """Return version and number of models, or that there is no server."""
        if probed is None or not probed.version:
            return "No Ollama server found."
        return f"Ollama {probed.version}, models: {len(probed.models)}."

    @classmethod
    def why_missing(cls, probed: OllamaProbe | None) -> str:
        """Return why the server offers nothing; empty if it does."""
        return "" if probed is None else probed.failure

    def __init__(
        self, model: str, server: OllamaServer | None = None, retry_pauses_s: tuple[float, ...] = RETRY_PAUSES_S
    ) -> None:
        self.model = model
        self.server = server if server is not None else OllamaServer()
        self._retry_pauses_s = retry_pauses_s
        self._lock = threading.Lock()
        self._identity: ModelIdentity | None = None
        self._identity_read_at = 0.0
        self._think: bool | None = False
        self.has_typed_decisions: bool | None = None

    def identity(self) -> ModelIdentity:
        """Return name and digest; asks the server once only, so that a known statement costs no connection."""
        with self._lock:
            if self._identity is None:
                self._look_up()
            assert self._identity is not None
            return self._identity

    def complete(self, request: Request) -> Reply:
        """Have the server complete a prompt; see Backend."""
        self._refresh_identity()
        written = self._with_retries(lambda: self._written(request))
        _check_that_it_answered(written, request)
        if not request.answers:
            return Reply(written.text, {}, None, written.model_ms)
        listed = _where_the_answer_stands(written, request)
        if listed is None and request.schema is None and as_word(written.text) not in map(as_word, request.answers):
            # A server older than log-probabilities ignores the wish for them: then only the word itself is left.
            raise UnreadableReply(
                "The model wrote neither of the answers, and the server gives no probabilities.",
                hint="Update Ollama: servers that give log-probabilities can be read more reliably.",
            )
        if listed is None:
            gave_none = not any(likeliest for _, likeliest in written.tokens)
            return Reply(written.text, {}, None, written.model_ms, is_makeshift=gave_none)
        found, least_listed = read_answers(listed, request.answers, any_spelling=True)
        return Reply(written.text, found, least_listed, written.model_ms)

    def decide(self, request: Request, meanings: Mapping[str, str] | None = None) -> Reply:
        """As complete, but by a typed decision (POST /v1/systemone) where server and model have them.

        Whether they do is found out with the first question and remembered; see has_typed_decisions.

        Args:
            request: with two answers or more; the system text says what is asked, the prompt is what it is asked about.
            meanings: what each answer means, by answer.
        Returns: the answer as text, and the logarithms of the probabilities that the server gives.
        Raises: as complete.
        """
        if self.has_typed_decisions is False or len(request.answers) < 2:
            return self.complete(request)
        started = time.perf_counter()
        try:
            probabilities = self._with_retries(lambda: self.server.decide(self.model, request, meanings or {}))
        except Refused as error:
            if error.status not in _NO_TYPED_DECISIONS or error.is_too_long:
                raise
            self.has_typed_decisions = False
            return self.complete(request)
        self.has_typed_decisions = True
        found = {answer: _logarithm(probabilities.get(answer)) for answer in request.answers}
        known = [answer for answer in request.answers if found[answer] is not None]
        if not known:
            raise UnreadableReply(
                "The server's typed decision holds none of the answers.", hint="Ask for the answer in words instead."
            )
        likeliest = max(known, key=lambda answer: probabilities[answer])
        # The endpoint reports no time of its own: this is the time until the answer was here.
        return Reply(likeliest, found, None, (time.perf_counter() - started) * 1e3, is_typed=True)

    def warm_up(self, opening: Request) -> None:
        """Make the server load the model and read the opening; see Backend."""
        self._refresh_identity()
        # Whatever it says to half a question, it may answer whole ones.
        self._with_retries(lambda: self._written(opening))

    def close(self) -> None:
        """Close the server's connections."""
        self.server.close()

    def _refresh_identity(self) -> None:
        """Look the model's digest up again if it was read too long ago.

        A server that is too busy to list its models in time may still answer: then the digest that is known stands
        for another while, rather than that a judgement fails which would have succeeded.
        """
        with self._lock:
            if self._identity is not None and time.monotonic() - self._identity_read_at <= IDENTITY_LIFETIME_S:
                return
            try:
                self._look_up()
            except ModelMissing:
                raise
            except BackendError:
                if self._identity is None:
                    raise
                self._identity_read_at = time.monotonic()

    def _look_up(self) -> None:
        """Read the model's digest from the server's list. The lock is held."""
        wanted = {self.model, f"{self.model}:latest"}
        for model in self.server.list_models():
            if model.name in wanted:
                self._identity = ModelIdentity(self.model, model.digest, READING)
                self._identity_read_at = time.monotonic()
                return
        self._identity = None
        raise missing_model(self.model, self.server.address)

    def _written(self, request: Request) -> _Written:
        """Return what the model writes, as a chat or as a continuation of the prompt."""
        if not request.chat:
            response = self.server.generate(self.model, request)
            return _read(response, response.response, response.thinking)
        try:
            answer = self.server.chat(self.model, request, self._think)
        except Refused as error:
            # Some servers refuse even the wish not to think for a model that cannot.
            if self._think is None or not error.is_about_thinking:
                raise
            self._think = None
            answer = self.server.chat(self.model, request, self._think)
        return _read(answer, answer.message.content, answer.message.thinking)

    def _with_retries(self, ask: Callable[[], ServerAnswer]) -> ServerAnswer:
        """Return the server's answer; ask again while the failure may pass by itself."""
        for pause_s in self._retry_pauses_s:
            try:
                return ask()
            except BackendError as error:
                # Waiting a second time for a server that is not there, or too slow, would only double the wait.
                absent = isinstance(error, ServerUnreachable) and not isinstance(error.__cause__, broken_connections())
                if not error.retryable or absent or isinstance(error, BackendTimeout):
                    raise
            time.sleep(pause_s)
        return ask()


def _read(
    response: "ollama.GenerateResponse | ollama.ChatResponse", text: str | None, thinking: str | None
) -> _Written:
    """Return what a model wrote in a response."""
    return _Written(
        text=text or "",
        thinking=thinking or "",
        cut_short=response.done_reason == "length",
        tokens=[
            (item.token, tuple((listed.token, listed.logprob) for listed in item.top_logprobs or ()))
            for item in response.logprobs or ()
        ],
        model_ms=max(0.0, (response.total_duration or 0) / 1e6),
    )


def _check_that_it_answered(written: _Written, request: Request) -> None:
    """Raise if the model only thought, or if its JSON was cut in the middle.

    Raises: UnreadableReply.
    """
    text = written.text.strip()
    if (not text and written.thinking.strip()) or (text.startswith("<think>") and "</think>" not in text):
        raise UnreadableReply(
            "The model only thought, and did not come to an answer.",
            hint="Choose a model that answers without thinking first.",
        )
    if request.schema is None:
        return
    try:
        read_json(text)
    except FileFormatError:
        if written.cut_short:
            raise UnreadableReply(
                f"The model's JSON was cut off after {request.max_tokens} tokens, before it was complete.",
                hint="Allow longer answers, or choose a model that keeps them short.",
            ) from None
        raise UnreadableReply(
            "The model's answer is not the JSON that was asked for.",
            hint="Update Ollama: newer servers hold a model to the form of its answer.",
        ) from None


def _where_the_answer_stands(written: _Written, request: Request) -> tuple[tuple[str, float], ...] | None:
    """Return the likeliest tokens in the place of the answer; None if the server gave none.

    Free text begins with its answer. JSON begins with a brace: there the answer is the value of the property that is a
    choice. Its words may well stand in the reason too, so it is that value's place that counts; an answer of several
    tokens has no one place.
    """
    if request.schema is None:
        return written.tokens[0][1] or None if written.tokens else None
    choices = {
        name
        for name, form in request.schema.get("properties", {}).items()
        if "enum" in form or form.get("type") == "boolean"
    }
    pieces = list(_JSON_PIECE.finditer("".join(token for token, _ in written.tokens)))
    values = [
        value
        for name, colon, value in zip(pieces, pieces[1:], pieces[2:], strict=False)
        if colon.group() == ":" and name.group().strip('"') in choices
    ]
    wanted = {folded(answer) for answer in request.answers} & {folded(values[-1].group().strip('"')) if values else ""}
    begins_at = 0
    for token, likeliest in written.tokens if wanted else ():
        # The opening quotation mark of a text is a token of its own, or else its first token is not the answer alone.
        if begins_at <= values[-1].start() + values[-1].group().startswith('"') < begins_at + len(token):
            return likeliest or None if folded(token) in wanted else None
        begins_at += len(token)
    return None


def _logarithm(probability: float | None) -> float | None:
    """Return the natural logarithm of a probability, of 0 that of the smallest number; None for no probability."""
    if probability is None or not 0 <= probability <= 1 + 1e-3:
        return None
    return math.log(max(probability, 1e-300))
