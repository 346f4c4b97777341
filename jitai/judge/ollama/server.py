"""An Ollama server: its address, what it holds and which models are loaded."""

import ipaddress
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from jitai.errors import BackendError, BackendTimeout, JitaiError, ServerUnreachable, UnreadableReply
from jitai.judge.base import Request
from jitai.judge.ollama.errors import START_HINT, bad_address, status_error
from jitai.parameters import parameter, text_parameter, validate
from jitai.sanitise import for_sentence

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
_DURATION = r"-?(\d+(\.\d+)?(ms|s|m|h))+"
_GROUP = "asking an Ollama server"
_TYPED_QUESTION = "answer"
ServerAnswer = TypeVar("ServerAnswer")


@dataclass(frozen=True)
class OllamaSettings:
    """How requests to a server are made.

    Raises: ParameterError for values that no server accepts.
    """

    keep_alive: str = text_parameter(
        "10m", label="A model stays in memory", group=_GROUP, source="our choice", pattern=_DURATION,
        form="as in 30s, 10m or 1h30m",
        help="How long a model stays in the server's memory after an answer, such as 30s, 10m or 1h30m; -1m: as long "
        "as the server runs.",
    )  # fmt: skip
    context_tokens: int = parameter(
        2048, label="Context", low=256, high=131072, step=256, unit="tokens", group=_GROUP, source="our choice",
        help="Room for examples, statement and answer (num_ctx); another number makes the server load the model again.",
    )  # fmt: skip
    read_timeout_s: float = parameter(
        120.0, label="Longest wait", low=0.001, high=3600.0, step=5.0, unit="seconds", group=_GROUP,
        source="our choice", help="For one answer, loading included; a large model takes tens of seconds to load.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        validate(self)


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


class OllamaServer:
    """Talks to a server. Making one sends nothing.

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
        self.address = for_sentence(urlsplit(address).netloc)
        # Short waits for what must never hold up a page, long ones for what may have to load a model first.
        self._connect_timeout_s = connect_timeout_s(address)
        self._brief = httpx.Timeout(LISTING_TIMEOUT_S, connect=self._connect_timeout_s)
        patient = httpx.Timeout(self.settings.read_timeout_s, connect=self._connect_timeout_s)
        try:
            self._client = ollama.Client(address, timeout=patient, transport=WithoutTruncation())
            self._listing_client = ollama.Client(address, timeout=self._brief, transport=httpx.HTTPTransport())
        except (ValueError, httpx.InvalidURL):
            raise bad_address() from None

    def version(self) -> str:
        """Return the server's version, such as "0.24.0".

        Raises: BackendError, ServerUnreachable and the others of the tree.
        """
        import httpx

        def ask() -> str:
            # The client has no call for it; the path is part of the server's documented interface.
            response = httpx.get(f"{self._base_url}/api/version", timeout=self._brief, trust_env=False)
            response.raise_for_status()
            return for_sentence(str(response.json()["version"]))

        return self.translated(ask)

    def list_models(self) -> list[OllamaModel]:
        """Return the models on the server; fails within LISTING_TIMEOUT_S seconds of being connected.

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
        """Ask for a typed decision: the server's own probability of each answer.

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

    def ask(self, ask: "Callable[[ollama.Client], ServerAnswer]", model: str = "") -> ServerAnswer:
        """Ask through the official client, as long as the settings allow.

        Args:
            ask: what to do with the client.
            model: named in sentences about failures.
        Raises: as version; ModelMissing if the server does not have the model.
        """
        return self.translated(lambda: ask(self._client), model)

    def ask_briefly(self, ask: "Callable[[ollama.Client], ServerAnswer]", model: str = "") -> ServerAnswer:
        """Ask what takes no model; fails within LISTING_TIMEOUT_S seconds of being connected."""
        return self.translated(lambda: ask(self._listing_client), model)

    def client_without_limit(self, on_response: Callable[[Any], None]) -> "ollama.Client":
        """Return a client for long work, such as a download, during which the server may be silent for minutes.

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
        """Return the options of a question."""
        options: dict[str, Any] = {
            "temperature": 0,
            "num_predict": request.max_tokens,
            "num_ctx": self.settings.context_tokens,
            # The default of 1.1 punishes the answer words, because they stand in the examples.
            "repeat_penalty": 1.0,
        }
        return {**options, "stop": list(request.stop)} if request.stop else options

    def translated(self, ask: Callable[[], ServerAnswer], model: str = "") -> ServerAnswer:
        """Return what ``ask`` returns, and turn every way in which a server can fail into an error of our tree.

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
            raise status_error(error.response.status_code, "", model, self.address) from None
        except ollama.ResponseError as error:
            raise status_error(error.status_code, str(error.error), model, self.address) from None
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


def _schema(request: Request) -> dict[str, Any] | None:
    """Return the JSON schema in the form that the client takes."""
    return dict(request.schema) if request.schema is not None else None


def _wish_for_probabilities(request: Request) -> dict[str, Any]:
    """Return the options for log-probabilities, only if answers are read in them: they cost the server time."""
    return {"logprobs": True, "top_logprobs": N_LISTED} if request.answers else {}


def _base_url(host: str) -> str:
    """Complete an address as a person writes it (name, name:port, URL) to a URL that a client can call.

    Raises: ParameterError if it cannot be understood.
    """
    host = host.strip()
    scheme, separator, rest = host.rpartition("://")
    scheme = scheme.lower() if separator else "http"
    if scheme not in ("http", "https"):
        raise bad_address()
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        name = parts.hostname or "127.0.0.1"
        # Where an address is given as a URL its own default ports hold, as in the official client.
        port = parts.port or ({"http": 80, "https": 443}[scheme] if separator else DEFAULT_PORT)
    except ValueError:
        raise bad_address() from None
    # "Listen everywhere", which servers are often told by the same setting, is no address to call.
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)  # noqa: S104
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}{parts.path.rstrip('/')}"


def connect_timeout_s(url: str) -> float:
    """Return how long to wait for a connection to a URL, in seconds; longer where a network lies between."""
    name = urlsplit(url).hostname or ""
    try:
        is_here = ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_here = name == "localhost"
    return CONNECT_TIMEOUT_S if is_here else REMOTE_CONNECT_TIMEOUT_S


@dataclass(frozen=True)
class Loaded:
    """A model's place in memory.

    Attributes:
        size_bytes: memory that it takes.
        on_gpu_bytes: the part of it that is on a graphics card.
        context_tokens: what it was loaded with; 0 if the server does not say.
        until: when the server will drop it; None if it does not say.
    """

    size_bytes: int
    on_gpu_bytes: int = 0
    context_tokens: int = 0
    until: datetime | None = None


@dataclass(frozen=True)
class ModelDetails:
    """A model on a server, with all that is shown about it.

    Attributes:
        model: name, digest, size, family, quantisation.
        context_tokens: the most that it can read; 0 if the server does not say.
        capabilities: such as "completion"; empty if the server does not say.
        loaded: None if it is not in memory.
    """

    model: OllamaModel
    context_tokens: int = 0
    capabilities: tuple[str, ...] = ()
    loaded: Loaded | None = None

    @property
    def can_judge(self) -> bool:
        """Whether it writes text; some models only turn texts into vectors."""
        return not self.capabilities or "completion" in self.capabilities


@dataclass(frozen=True)
class ServerOverview:
    """The models that a server holds, and which of them are in memory.

    Attributes:
        address: such as "127.0.0.1:11434"; empty if what OLLAMA_HOST says is none.
        version: empty if no server answered.
        models: on it, in the server's order: the latest first.
        failure: why it could not be looked at, as a sentence with what to do; empty if it could.
    """

    address: str = ""
    version: str = ""
    models: tuple[ModelDetails, ...] = ()
    failure: str = ""


def probe_server(server: OllamaServer, before: ServerOverview | None = None) -> ServerOverview:
    """Find out which models a server holds, and which are in memory. Never raises JitaiError.

    Args:
        server: to ask.
        before: an earlier answer; the server is not asked again about models that have not changed since.
    """
    known = {item.model.digest: item for item in before.models} if before is not None else {}
    try:
        version = server.version()
        loaded = _loaded_models(server)
        models = tuple(_details(server, model, known, loaded) for model in server.list_models())
    except JitaiError as error:
        return ServerOverview(server.address, failure=error.in_full)
    return ServerOverview(server.address, version, models)


def _loaded_models(server: OllamaServer) -> dict[str, Loaded]:
    """Return the models in memory by name."""
    return {
        item.model or item.name or "": Loaded(
            int(item.size or 0), int(item.size_vram or 0), item.context_length or 0, item.expires_at
        )
        for item in server.ask_briefly(lambda client: client.ps()).models
    }


def _details(
    server: OllamaServer, model: OllamaModel, known: Mapping[str, ModelDetails], loaded: Mapping[str, Loaded]
) -> ModelDetails:
    """Return a listed model with its details, or without them if the server has none (it may be deleted by now)."""
    in_memory = loaded.get(model.name)
    before = known.get(model.digest)
    if before is not None and before.capabilities:
        return ModelDetails(model, before.context_tokens, before.capabilities, in_memory)
    try:
        shown = server.ask_briefly(lambda client: client.show(model.name), model.name)
    except BackendError:
        return ModelDetails(model, loaded=in_memory)
    lengths = [value for key, value in (shown.modelinfo or {}).items() if key.endswith(".context_length")]
    context_tokens = lengths[0] if lengths and isinstance(lengths[0], int) else 0
    return ModelDetails(model, context_tokens, tuple(shown.capabilities or ()), in_memory)
