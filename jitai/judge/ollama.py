"""Models on an Ollama server, through the official client.

What the server does and how it fails was recorded (tests/data/ollama_exchanges_0.24.0.json). Its messages are not
passed on: they may repeat the prompt, and with it what a participant wrote. Known ones become sentences of ours.
"""

import ipaddress
import json
import math
import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from jitai.errors import (
    BackendError,
    BackendTimeout,
    ModelMissing,
    ParameterError,
    ServerUnreachable,
    UnreadableReply,
)
from jitai.judge.base import ModelIdentity, Reply, Request, as_word, folded, read_answers

if TYPE_CHECKING:
    import ollama

DEFAULT_PORT = 11434

N_LISTED = 20
"""The most likely next tokens that the server lists; more is an error."""

CONNECT_TIMEOUT_S = 0.5
"""Longest wait for a connection to a server on this machine, which is there at once or not at all."""

REMOTE_CONNECT_TIMEOUT_S = 3.0
"""The same for any other address: a lost first packet alone is sent again only after a second."""

LISTING_TIMEOUT_S = 2.0
MAY_TRUNCATE = ("/api/generate", "/api/chat")
"""Where the server would cut a prompt that is too long, and say nothing."""

RETRY_PAUSES_S = (0.25, 1.0)
"""Pauses before asking a busy or just restarted server again."""

IDENTITY_LIFETIME_S = 60.0
"""After this time a model's digest is looked up again with the next question: it may have been pulled anew."""

READING = "2"
"""How answers are read; goes up when the same ones are read differently. 2: in any spelling, and within JSON."""

START_HINT = "Start Ollama, or set OLLAMA_HOST to its address, or choose the embedded model."

_DURATION = re.compile(r"-?(\d+(\.\d+)?(ms|s|m|h))+")
_JSON_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_TYPED_QUESTION = "answer"
_NO_TYPED_DECISIONS = {400, 404, 405, 501}
"""How a server says that it, or the model, has no typed decisions; 404 was recorded."""

_Answer = TypeVar("_Answer")


class Refused(BackendError):
    """The server answered, but with an error.

    Attributes:
        status: the HTTP status; -1 where the error came in the middle of an answer.
        is_too_long: the prompt has no room in the context.
        is_about_thinking: the server did not like what was said about thinking.
    """

    status = -1
    is_too_long = False
    is_about_thinking = False


@dataclass(frozen=True)
class OllamaSettings:
    """How a server is asked.

    Attributes:
        keep_alive: how long a model stays in memory after an answer, as Ollama writes it: "10m", "1h30m"; negative for
            as long as the server runs.
        context_tokens: room for prompt and answer (num_ctx). One number for all questions to a model, because another
            one makes the server load it again.
        read_timeout_s: longest wait for an answer, in seconds; a large model takes tens of them to load.
    Raises: ParameterError for values that no server accepts.
    """

    keep_alive: str = "10m"
    context_tokens: int = 2048
    read_timeout_s: float = 120.0

    def __post_init__(self) -> None:
        if not _DURATION.fullmatch(self.keep_alive):
            raise ParameterError('How long a model stays loaded is written as in "30s", "10m" or "1h30m".')
        if not 256 <= self.context_tokens <= 131072:
            raise ParameterError("The context has from 256 to 131,072 tokens.")
        if not 0 < self.read_timeout_s <= 3600:
            raise ParameterError("The longest wait is more than 0 and at most 3,600 seconds.")


@dataclass(frozen=True)
class OllamaModel:
    """A model on the server.

    Attributes:
        name: such as "gemma3:4b".
        digest: "sha256:" and 64 hexadecimal digits.
        size_bytes: on disk; 0 if the server does not say.
        family: architecture, such as "llama"; empty if the server does not say.
        parameter_size: such as "134.52M"; empty if the server does not say.
        quantisation: such as "Q4_1"; empty if the server does not say.
    """

    name: str
    digest: str
    size_bytes: int
    family: str = ""
    parameter_size: str = ""
    quantisation: str = ""


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


class OllamaServer:
    """A connection to a server. Making one sends nothing.

    Args:
        host: address; by default the setting OLLAMA_HOST, or 127.0.0.1:11434.
        settings: by default OllamaSettings().
    Raises: ParameterError if the address cannot be understood.
    """

    def __init__(self, host: str | None = None, settings: OllamaSettings | None = None) -> None:
        import httpx
        import ollama

        class WithoutTruncation(httpx.HTTPTransport):
            """Asks the server to refuse an over-long prompt, which it would cut silently; the client cannot say so.

            Having a transport of its own also keeps a proxy for the internet out of a local conversation.
            """

            def handle_request(self, request: httpx.Request) -> httpx.Response:
                if request.url.path.endswith(MAY_TRUNCATE):
                    body = json.loads(request.read())
                    headers = {key: value for key, value in request.headers.items() if key.lower() != "content-length"}
                    request = httpx.Request(
                        request.method,
                        request.url,
                        headers=headers,
                        content=json.dumps({**body, "truncate": False}).encode(),
                        extensions=request.extensions,
                    )
                return super().handle_request(request)

        address = _base_url(host or os.environ.get("OLLAMA_HOST", ""))
        self._base_url = address
        self.settings = settings if settings is not None else OllamaSettings()
        self.address = _harmless(urlsplit(address).netloc)
        # Short waits for what must never hold up a page, long ones for what may have to load a model first.
        self._connect_timeout_s = connect_timeout_s(address)
        self._brief = httpx.Timeout(LISTING_TIMEOUT_S, connect=self._connect_timeout_s)
        patient = httpx.Timeout(self.settings.read_timeout_s, connect=self._connect_timeout_s)
        try:
            self._client = ollama.Client(address, timeout=patient, transport=WithoutTruncation())
            self._listing_client = ollama.Client(address, timeout=self._brief, transport=httpx.HTTPTransport())
        except (ValueError, httpx.InvalidURL):
            raise _bad_address() from None

    def version(self) -> str:
        """The server's version, such as "0.24.0".

        Raises: BackendError, ServerUnreachable and the others of the tree.
        """
        import httpx

        def ask() -> str:
            # The client has no call for it; the path is part of the server's documented interface.
            response = httpx.get(f"{self._base_url}/api/version", timeout=self._brief, trust_env=False)
            response.raise_for_status()
            return _harmless(str(response.json()["version"]))

        return self.translated(ask)

    def list_models(self) -> list[OllamaModel]:
        """The models that are on the server; fails within LISTING_TIMEOUT_S seconds of being connected.

        Raises: as version.
        """
        listing = self.ask_briefly(lambda client: client.list())
        return [
            OllamaModel(
                name=model.model,
                digest=f"sha256:{(model.digest or '').removeprefix('sha256:')}",
                size_bytes=int(model.size or 0),
                family=(model.details.family or "") if model.details else "",
                parameter_size=(model.details.parameter_size or "") if model.details else "",
                quantisation=(model.details.quantization_level or "") if model.details else "",
            )
            for model in listing.models
            if model.model
        ]

    def generate(self, model: str, request: Request) -> "ollama.GenerateResponse":
        """Complete a prompt as it stands, without the model's chat template.

        Raises: as version; ModelMissing if the server does not have the model.
        """
        return self.ask(
            lambda client: client.generate(
                model=model,
                prompt=request.prompt,
                raw=True,
                stream=False,
                format=_schema(request),
                options=self._options(request),
                keep_alive=self.settings.keep_alive,
                **_wish_for_probabilities(request),
            ),
            model,
        )

    def chat(self, model: str, request: Request, think: bool | None = False) -> "ollama.ChatResponse":
        """Answer a person's turn, in the model's own chat format.

        Args:
            model: its name.
            request: with chat set.
            think: False asks a model that can think not to; None leaves it to the model.
        Raises: as generate.
        """
        turns = [("system", request.system)] if request.system else []
        return self.ask(
            lambda client: client.chat(
                model=model,
                messages=[{"role": role, "content": text} for role, text in [*turns, ("user", request.prompt)]],
                stream=False,
                think=think,
                format=_schema(request),
                options=self._options(request),
                keep_alive=self.settings.keep_alive,
                **_wish_for_probabilities(request),
            ),
            model,
        )

    def decide(self, model: str, request: Request, meanings: Mapping[str, str]) -> Mapping[str, float]:
        """A typed decision: the server's own probability of each answer.

        Args:
            model: its name.
            request: the system text says what is asked, the prompt is what it is asked about.
            meanings: what each answer means, by answer; the answer's own words where it is missing.
        Raises: as generate; a BackendError of its own status where the server has no typed decisions.
        """
        names = {answer.strip(): answer for answer in request.answers}
        question = {
            "type": "choice",
            "instructions": request.system or "Choose the answer that fits.",
            "criteria": {name: meanings.get(answer, name) for name, answer in names.items()},
        }

        def ask(client: "ollama.Client") -> Mapping[str, float]:
            response = client.systemone(
                model, request.prompt, {_TYPED_QUESTION: question}, keep_alive=self.settings.keep_alive
            )
            answer = response.answers[_TYPED_QUESTION]
            if answer.type != "choice":
                raise ValueError
            return {names[name]: value for name, value in answer.probabilities.items() if name in names}

        return self.ask(ask, model)

    def ask(self, ask: "Callable[[ollama.Client], _Answer]", model: str = "") -> _Answer:
        """Ask through the official client, as long as the settings allow.

        Args:
            ask: what to do with the client.
            model: named in sentences about failures.
        Raises: as version; ModelMissing if the server does not have the model.
        """
        return self.translated(lambda: ask(self._client), model)

    def ask_briefly(self, ask: "Callable[[ollama.Client], _Answer]", model: str = "") -> _Answer:
        """As ask, for what takes no model: fails within LISTING_TIMEOUT_S seconds of being connected."""
        return self.translated(lambda: ask(self._listing_client), model)

    def client_without_limit(self, on_response: Callable[[Any], None]) -> "ollama.Client":
        """A client for long work, such as a download, during which the server may be silent for minutes.

        Args:
            on_response: called with each httpx.Response as soon as it begins.
        Returns: a client for the caller to close.
        """
        import httpx
        import ollama

        return ollama.Client(
            self._base_url,
            timeout=httpx.Timeout(None, connect=self._connect_timeout_s),
            transport=httpx.HTTPTransport(),
            event_hooks={"response": [on_response]},
        )

    def close(self) -> None:
        """Close the connections."""
        clients: tuple[Any, ...] = (self._client, self._listing_client)  # their close() has no type hints
        for client in clients:
            client.close()

    def _options(self, request: Request) -> dict[str, Any]:
        """The options of a question."""
        options: dict[str, Any] = {
            "temperature": 0,
            "num_predict": request.max_tokens,
            "num_ctx": self.settings.context_tokens,
            # The default of 1.1 punishes the answer words, because they stand in the examples.
            "repeat_penalty": 1.0,
        }
        return {**options, "stop": list(request.stop)} if request.stop else options

    def translated(self, ask: Callable[[], _Answer], model: str = "") -> _Answer:
        """What ask returns; every way in which a server can fail becomes an error of our tree.

        Args:
            ask: what to do.
            model: named in sentences about failures.
        Raises: as version; ModelMissing if the server does not have the model.
        """
        import httpx
        import ollama

        try:
            return ask()
        except httpx.ConnectTimeout as error:
            raise ServerUnreachable(f"Nobody answers at {self.address}.", hint=START_HINT) from error
        except httpx.TimeoutException as error:
            raise BackendTimeout(
                f"The Ollama server at {self.address} did not answer in time.",
                hint="A large model may still be loading: try again, or choose a smaller one.",
            ) from error
        except ConnectionError as error:  # what the client makes of a refused connection
            raise ServerUnreachable(f"Nobody answers at {self.address}.", hint=START_HINT) from error
        except httpx.HTTPStatusError as error:
            raise _status_error(error.response.status_code, "", model, self.address) from None
        except ollama.ResponseError as error:
            raise _status_error(error.status_code, str(error.error), model, self.address) from None
        except httpx.ConnectError as error:
            raise ServerUnreachable(f"Nobody answers at {self.address}.", hint=START_HINT) from error
        except (httpx.TransportError, httpx.TooManyRedirects) as error:
            raise ServerUnreachable(
                f"The connection to the Ollama server at {self.address} broke off.", hint="Try again."
            ) from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, httpx.DecodingError):
            # Not chained: such an error repeats what was received.
            raise UnreadableReply(
                f"What answers at {self.address} does not talk as an Ollama server does.",
                hint="Check OLLAMA_HOST, or update Ollama.",
            ) from None


class OllamaBackend:
    """One model of an Ollama server.

    Args:
        model: its name, such as "gemma3:4b".
        server: by default the one at OLLAMA_HOST; its settings say how it is asked.
        retry_pauses_s: pauses before asking again when the server is busy or the connection broke, in seconds.
    Attributes:
        has_typed_decisions: whether server and model answer typed decisions; None until decide has tried.
    """

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
        """Name and digest. Asks the server the first time only, so that a known statement costs no connection."""
        with self._lock:
            if self._identity is None:
                self._look_up()
            assert self._identity is not None
            return self._identity

    def complete(self, request: Request) -> Reply:
        """One completion by the server; see Backend."""
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
        """Look the model's digest up again where it was read too long ago.

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
        raise _missing(self.model, self.server.address)

    def _written(self, request: Request) -> _Written:
        """What the model writes: as a chat, or going on with the prompt."""
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

    def _with_retries(self, ask: Callable[[], _Answer]) -> _Answer:
        """The server's answer, asked for again while the failure may pass by itself."""
        for pause_s in self._retry_pauses_s:
            try:
                return ask()
            except BackendError as error:
                # Waiting a second time for a server that is not there, or too slow, would only double the wait.
                absent = isinstance(error, ServerUnreachable) and not isinstance(error.__cause__, _broken_connections())
                if not error.retryable or absent or isinstance(error, BackendTimeout):
                    raise
            time.sleep(pause_s)
        return ask()


def _schema(request: Request) -> dict[str, Any] | None:
    """The JSON schema as the client takes it."""
    return dict(request.schema) if request.schema is not None else None


def _wish_for_probabilities(request: Request) -> dict[str, Any]:
    """Log-probabilities cost the server time: they are asked for where answers are to be read in them."""
    return {"logprobs": True, "top_logprobs": N_LISTED} if request.answers else {}


def _read(
    response: "ollama.GenerateResponse | ollama.ChatResponse", text: str | None, thinking: str | None
) -> _Written:
    """What a response says."""
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
    """Neither thought only, nor cut in the middle of its JSON.

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
        json.loads(text)
    except (ValueError, RecursionError):
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
    """The likeliest tokens in the place of the answer; None if the server gave none.

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
    """The natural logarithm of a probability; None where it is none. Of 0 it is that of the smallest number."""
    if probability is None or not 0 <= probability <= 1 + 1e-3:
        return None
    return math.log(max(probability, 1e-300))


def _broken_connections() -> tuple[type[Exception], ...]:
    """Failures of a connection that existed."""
    import httpx

    return (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


def _missing(model: str, address: str) -> ModelMissing:
    """The error for a model that the server lacks."""
    name = _harmless(model)
    return ModelMissing(
        f"The Ollama server at {address} does not have the model {name}.", hint=f"Run `ollama pull {name}`."
    )


def _status_error(status: int, message: str, model: str, address: str) -> BackendError:
    """The error of our tree for an HTTP status and the server's own message, which is looked at but not shown."""
    known = message.lower()
    if status == 404 and model and "not found" in known and "page" not in known:
        return _missing(model, address)
    sentence, hint = _refusal(status, known, _harmless(model), address)
    error = Refused(sentence, hint=hint)
    error.status = status
    error.retryable = status == 503 or "runner" in known
    error.is_too_long = "context length" in known
    error.is_about_thinking = status == 400 and "thinking" in known
    return error


def _refusal(status: int, known: str, model: str, address: str) -> tuple[str, str]:
    """The sentence and the hint for a status and a message in small letters."""
    if status == 404:
        return (
            f"What answers at {address} lacks a part of Ollama that is needed.",
            "Check OLLAMA_HOST, or update Ollama.",
        )
    if status in (401, 403):
        return f"The server at {address} refuses access.", "Set OLLAMA_API_KEY."
    if "context length" in known:
        return (
            f"The prompt is too long for the model {model}.",
            "Use fewer or shorter examples in the prompt, or a larger context.",
        )
    if "memory" in known:
        return (
            f"The server has too little memory for the model {model}.",
            "Choose a smaller model, or a smaller context.",
        )
    if status == 503:
        return "The Ollama server is busy.", "Try again in a moment."
    if "runner" in known:
        return (
            "The model's process on the Ollama server ended unexpectedly.",
            "Try again: the server will load the model anew.",
        )
    where = "an internal error" if status >= 500 else "a request that it does not accept"
    return f"The Ollama server reports {where} (status {status}).", "Its own log says more; updating Ollama may help."


def _base_url(host: str) -> str:
    """An address as a person writes it (name, name:port, URL), completed to a URL that a client can call.

    Raises: ParameterError if it cannot be understood.
    """
    host = host.strip()
    scheme, separator, rest = host.rpartition("://")
    scheme = scheme.lower() if separator else "http"
    if scheme not in ("http", "https"):
        raise _bad_address()
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        name = parts.hostname or "127.0.0.1"
        # Where an address is given as a URL its own default ports hold, as in the official client.
        port = parts.port or ({"http": 80, "https": 443}[scheme] if separator else DEFAULT_PORT)
    except ValueError:
        raise _bad_address() from None
    # "Listen everywhere", which servers are often told by the same setting, is no address to call.
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)  # noqa: S104
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}{parts.path.rstrip('/')}"


def connect_timeout_s(url: str) -> float:
    """How long to wait for a connection to a URL, in seconds: long enough for a network, where there is one between."""
    name = urlsplit(url).hostname or ""
    try:
        is_here = ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_here = name == "localhost"
    return CONNECT_TIMEOUT_S if is_here else REMOTE_CONNECT_TIMEOUT_S


def _bad_address() -> ParameterError:
    """The error for an address that cannot be understood."""
    return ParameterError(
        "The address of the Ollama server (OLLAMA_HOST) cannot be understood.",
        hint="Write it as 127.0.0.1:11434 or http://name:11434.",
    )


def _harmless(text: str) -> str:
    """A name that came from outside, fit for a sentence: printable, on one line, at most 80 characters."""
    return "".join(character if character.isprintable() and character != "`" else "?" for character in text)[:80]
