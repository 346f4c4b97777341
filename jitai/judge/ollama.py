"""Models on an Ollama server, through the official client.

What the server does and how it fails was recorded (tests/data/ollama_exchanges_0.24.0.json). Its messages are not
passed on: they may repeat the prompt, and with it what a participant wrote. Known ones become sentences of ours.
"""

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
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
from jitai.judge.base import ModelIdentity, Reply, Request, read_answers

if TYPE_CHECKING:
    import ollama

DEFAULT_PORT = 11434

CONTEXT_TOKENS = 2048
"""Always the same: another number would make the server load the model again."""

N_LISTED = 20
"""The most likely next tokens that the server lists; more is an error."""

CONNECT_TIMEOUT_S = 0.5
LISTING_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 60.0
"""A large model takes tens of seconds to load before it answers for the first time."""

KEEP_LOADED = "10m"
RETRY_PAUSES_S = (0.25, 1.0)
"""Pauses before asking a busy or just restarted server again."""

IDENTITY_LIFETIME_S = 60.0
"""After this time a model's digest is looked up again with the next question: it may have been pulled anew."""

START_HINT = "Start Ollama, or set OLLAMA_HOST to its address, or choose the embedded model."

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class OllamaModel:
    """A model on the server.

    Attributes:
        name: such as "gemma3:4b".
        digest: "sha256:" and 64 hexadecimal digits.
        size_bytes: on disk; 0 if the server does not say.
        family: architecture, such as "llama"; empty if the server does not say.
    """

    name: str
    digest: str
    size_bytes: int
    family: str = ""


class OllamaServer:
    """A connection to a server. Making one sends nothing.

    Args:
        host: address; by default the setting OLLAMA_HOST, or 127.0.0.1:11434.
        read_timeout_s: longest wait for an answer, loading of the model included, in seconds.
    Raises: ParameterError if the address cannot be understood.
    """

    def __init__(self, host: str | None = None, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        import httpx
        import ollama

        class WithoutTruncation(httpx.HTTPTransport):
            """Asks the server to refuse an over-long prompt, which it would cut silently; the client cannot say so.

            Having a transport of its own also keeps a proxy for the internet out of a local conversation.
            """

            def handle_request(self, request: httpx.Request) -> httpx.Response:
                if request.url.path.endswith("/api/generate"):
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
        self.read_timeout_s = read_timeout_s
        self.address = _harmless(urlsplit(address).netloc)
        # Short waits for what must never hold up a page, long ones for what may have to load a model first.
        self._brief = httpx.Timeout(LISTING_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        patient = httpx.Timeout(read_timeout_s, connect=CONNECT_TIMEOUT_S)
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

        return self._translated(ask, "")

    def list_models(self) -> list[OllamaModel]:
        """The models that are on the server; fails within LISTING_TIMEOUT_S seconds.

        Raises: as version.
        """
        listing = self._translated(lambda: self._listing_client.list(), "")
        return [
            OllamaModel(
                name=model.model,
                digest=f"sha256:{(model.digest or '').removeprefix('sha256:')}",
                size_bytes=int(model.size or 0),
                family=(model.details.family or "") if model.details else "",
            )
            for model in listing.models
            if model.model
        ]

    def generate(self, model: str, request: Request) -> "ollama.GenerateResponse":
        """Complete a prompt as it stands, without the model's chat template.

        Raises: as version; ModelMissing if the server does not have the model.
        """
        return self._translated(
            lambda: self._client.generate(
                model=model,
                prompt=request.prompt,
                raw=True,
                stream=False,
                options={
                    "temperature": 0,
                    "num_predict": request.max_tokens,
                    "num_ctx": CONTEXT_TOKENS,
                    # The default of 1.1 punishes the answer words, because they stand in the examples.
                    "repeat_penalty": 1.0,
                },
                logprobs=True,
                top_logprobs=N_LISTED,
                keep_alive=KEEP_LOADED,
            ),
            model,
        )

    def close(self) -> None:
        """Close the connections."""
        clients: tuple[Any, ...] = (self._client, self._listing_client)  # their close() has no type hints
        for client in clients:
            client.close()

    def _translated(self, ask: Callable[[], _Answer], model: str) -> _Answer:
        """What ask returns; every way in which a server can fail becomes an error of our tree."""
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
        server: by default the one at OLLAMA_HOST.
        retry_pauses_s: pauses before asking again when the server is busy or the connection broke, in seconds.
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

    def identity(self) -> ModelIdentity:
        """Name and digest. Asks the server the first time only, so that a known statement costs no connection."""
        with self._lock:
            if self._identity is None:
                self._look_up()
            assert self._identity is not None
            return self._identity

    def complete(self, request: Request) -> Reply:
        """One completion by the server; see Backend."""
        with self._lock:
            if self._identity is None or time.monotonic() - self._identity_read_at > IDENTITY_LIFETIME_S:
                self._look_up()
        response = self._generate_with_retries(request)
        logprobs = response.logprobs[0].top_logprobs if response.logprobs else None
        found, least_listed = read_answers(((item.token, item.logprob) for item in logprobs or ()), request.answers)
        text = response.response or ""
        model_ms = max(0.0, (response.total_duration or 0) / 1e6)
        if not logprobs:
            # A server older than log-probabilities ignores the wish for them: then only the word itself is left.
            if request.answers and text.strip() not in {answer.strip() for answer in request.answers}:
                raise UnreadableReply(
                    "The model wrote neither of the answers, and the server gives no probabilities.",
                    hint="Update Ollama: servers that give log-probabilities can be read more reliably.",
                )
            return Reply(text, {}, None, model_ms)
        return Reply(text, found, least_listed, model_ms)

    def warm_up(self, prompt_head: str) -> None:
        """Make the server load the model and read the head; see Backend."""
        self.complete(Request(prompt_head, ()))

    def close(self) -> None:
        """Close the server's connections."""
        self.server.close()

    def _look_up(self) -> None:
        """Read the model's digest from the server's list. The lock is held."""
        wanted = {self.model, f"{self.model}:latest"}
        for model in self.server.list_models():
            if model.name in wanted:
                self._identity = ModelIdentity(self.model, model.digest)
                self._identity_read_at = time.monotonic()
                return
        self._identity = None
        raise _missing(self.model, self.server.address)

    def _generate_with_retries(self, request: Request) -> "ollama.GenerateResponse":
        """The server's answer, asked for again while the failure may pass by itself."""
        for pause_s in self._retry_pauses_s:
            try:
                return self.server.generate(self.model, request)
            except BackendError as error:
                # Waiting a second time for a server that is not there, or too slow, would only double the wait.
                absent = isinstance(error, ServerUnreachable) and not isinstance(error.__cause__, _broken_connections())
                if not error.retryable or absent or isinstance(error, BackendTimeout):
                    raise
            time.sleep(pause_s)
        return self.server.generate(self.model, request)


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
    if status == 404:
        return BackendError(
            f"What answers at {address} lacks a part of Ollama that is needed.",
            hint="Check OLLAMA_HOST, or update Ollama.",
        )
    if status in (401, 403):
        return BackendError(f"The server at {address} refuses access.", hint="Set OLLAMA_API_KEY.")
    if "context length" in known:
        return BackendError(
            f"The prompt is too long for the model {_harmless(model)}.",
            hint="Use fewer or shorter examples in the prompt.",
        )
    if "memory" in known:
        return BackendError(
            f"The server has too little memory for the model {_harmless(model)}.", hint="Choose a smaller model."
        )
    if status == 503 or "runner" in known:
        busy = status == 503
        error = BackendError(
            "The Ollama server is busy." if busy else "The model's process on the Ollama server ended unexpectedly.",
            hint="Try again in a moment." if busy else "Try again: the server will load the model anew.",
        )
        error.retryable = True
        return error
    where = "an internal error" if status >= 500 else "a request that it does not accept"
    return BackendError(
        f"The Ollama server reports {where} (status {status}).", hint="Its own log says more; updating Ollama may help."
    )


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


def _bad_address() -> ParameterError:
    """The error for an address that cannot be understood."""
    return ParameterError(
        "The address of the Ollama server (OLLAMA_HOST) cannot be understood.",
        hint="Write it as 127.0.0.1:11434 or http://name:11434.",
    )


def _harmless(text: str) -> str:
    """A name that came from outside, fit for a sentence: printable, on one line, at most 80 characters."""
    return "".join(character if character.isprintable() and character != "`" else "?" for character in text)[:80]
