"""An Ollama server: what it holds, and how it is asked."""

import importlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from jitai.errors import BackendError, BackendTimeout, FileFormatError, ServerUnreachable, UnreadableReply
from jitai.files import read_json
from jitai.judge.base import Request
from jitai.judge.embedded import MODEL_DIGEST
from jitai.judge.ollama.address import read_address
from jitai.judge.ollama.errors import START_HINT, bad_address, status_error
from jitai.judge.ollama.listing import (
    Description,
    Loaded,
    OllamaModel,
    clock_of,
    description_in,
    loaded_in,
    models_in,
)
from jitai.judge.ollama.reading import Written, chatted, completed
from jitai.judge.ollama.whereabouts import is_this_machine, whereabouts
from jitai.parameters import parameter, text_parameter, validate
from jitai.sanitise import for_sentence

if TYPE_CHECKING:
    import ollama

N_LISTED = 20
"""The most likely next tokens that the server lists; more is an error."""
CONNECT_TIMEOUT_S = 0.5
"""Longest wait for a connection to a server on this machine, which is there at once or not at all."""
REMOTE_CONNECT_TIMEOUT_S = 3.0
"""The same for any other address: a lost first packet alone is sent again only after a second."""
LISTING_TIMEOUT_S = 2.0
_DURATION = r"-?(\d+(\.\d+)?(ms|s|m|h))+"
_GROUP = "asking an Ollama server"
_TYPED_QUESTION = "answer"
_environment = threading.Lock()
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


_described: dict[tuple[str, str], Description] = {}
"""By the server's URL and the manifest's digest, which changes whenever what it says of a model may change."""
_MAX_DESCRIBED = 5_000


class OllamaServer:
    """Talks to a server. Making one sends nothing.

    Args:
        host: address; by default the setting OLLAMA_HOST, or 127.0.0.1:11434.
        settings: by default OllamaSettings().
    Raises: ParameterError if the address cannot be understood.
    """

    def __init__(self, host: str | None = None, settings: OllamaSettings | None = None) -> None:
        with _environment:
            address = read_address(host or os.environ.get("OLLAMA_HOST", ""))
        library = _library()
        import httpx

        from jitai.judge.ollama.transport import LimitedTransport, Limits

        self.url, self.address = address.url, address.shown
        self.settings = settings if settings is not None else OllamaSettings()
        self.limits = Limits()
        # Short waits for what must never hold up a page, long ones for what may have to load a model first.
        self._connect_timeout_s = connect_timeout_s(self.url)
        brief = httpx.Timeout(LISTING_TIMEOUT_S, connect=self._connect_timeout_s)
        patient = httpx.Timeout(self.settings.read_timeout_s, connect=self._connect_timeout_s)
        self._usual: dict[str, Any] = {"auth": address.login, "follow_redirects": False}
        try:
            self._client = library.Client(
                self.url, timeout=patient, transport=LimitedTransport(self.limits), **self._usual
            )
            self._listing_client = httpx.Client(
                base_url=self.url,
                timeout=brief,
                transport=LimitedTransport(self.limits),
                headers=_api_key(),
                **self._usual,
            )
        except (ValueError, httpx.InvalidURL):
            raise bad_address() from None

    def version(self) -> str:
        """Return the server's version, such as "0.24.0".

        Raises: BackendError, ServerUnreachable and the others of the tree.
        """
        # The client has no call for it; the path is part of the server's documented interface.
        return self._look_up("/api/version", lambda content, _: for_sentence(str(content["version"])))

    def list_models(self) -> list[OllamaModel]:
        """Return the models on the server; fails within LISTING_TIMEOUT_S seconds of being connected.

        Raises: as version.
        """
        # The client would leave out of the list what tells a cloud model.
        return self._look_up("/api/tags", lambda content, _: models_in(content, self.url))

    def loaded_models(self) -> dict[str, Loaded]:
        """Return the models in memory by name.

        Raises: as version.
        """
        return self._look_up("/api/ps", lambda content, date: loaded_in(content, clock_of(self.url, date)))

    def all_recognised(self, models: Iterable[OllamaModel]) -> list[tuple[OllamaModel, Description]]:
        """As ``recognised``, of many models; those for which there is no time stay as they are until the next look."""
        found, has_time = [], True
        for model in models:
            known = model, Description()
            if has_time:
                try:
                    known = self.recognised(model)
                except BackendError:
                    has_time = False
            found.append(known)
        return found

    def recognised(self, model: OllamaModel) -> tuple[OllamaModel, Description]:
        """Return a model of the list under the digest of what it is made of, and what the server says of it.

        A model that the server does not describe, because it has been deleted for example, stays as it is.

        Raises: as version, where the server does not answer in time or at all.
        """
        key = self.url, model.manifest
        known = _described.get(key)
        if known is None:
            asked = {"model": model.name}
            try:
                known = self._look_up("/api/show", lambda content, _: description_in(content), asked, model.name)
            except (BackendTimeout, ServerUnreachable):
                raise
            except BackendError:
                return model, Description()
            if len(_described) >= _MAX_DESCRIBED:
                _described.clear()
            if len(model.manifest) == len(MODEL_DIGEST):  # else it is no digest, and may be anything's
                _described[key] = known
        where = model.where
        if known.remote_host or known.remote_model:
            where = whereabouts(self.url, model.name, remote_host=known.remote_host, remote_model=known.remote_model)
        return replace(model, digest=known.made_of or model.digest, where=where), known

    def _look_up(
        self,
        path: str,
        read: Callable[[Mapping[str, Any], str], ServerAnswer],
        asked: Mapping[str, Any] | None = None,
        model: str = "",
    ) -> ServerAnswer:
        """Return what ``read`` makes of the answer to a question that takes no model, and of its date.

        Raises: as version.
        """

        def ask() -> ServerAnswer:
            response = self._listing_client.request("GET" if asked is None else "POST", path, json=asked)
            response.raise_for_status()
            content = read_json(response.content, max_bytes=len(response.content), only_finite=False)
            return read(content, response.headers.get("date", ""))

        with self.limits.within(LISTING_TIMEOUT_S + self._connect_timeout_s):
            return self.translated(ask, model)

    def generate(self, model: str, request: Request) -> Written:
        """Complete a prompt as it stands, without the model's chat template.

        Raises: as version; ModelMissing if the server does not have the model.
        """
        return self.ask(
            lambda client: completed(
                client.generate(
                    model=model,
                    prompt=request.prompt,
                    raw=True,
                    stream=False,
                    format=_schema(request),
                    options=self._options(request),
                    keep_alive=self.settings.keep_alive,
                    **_wish_for_probabilities(request),
                )
            ),
            model,
        )

    def chat(
        self, model: str, request: Request, think: "bool | Literal['low'] | None" = False, room: int = 0
    ) -> Written:
        """Answer a person's turn, in the model's own chat format.

        Args:
            model: its name.
            request: with chat set. JSON is read as it is written, and no further than to its end.
            think: False asks a model that can think not to, "low" to think little; None leaves it to the model.
            room: tokens that it may write beyond the answer's, for its thoughts.
        Raises: as generate.
        """
        turns = [("system", request.system)] if request.system else []
        streams = request.schema is not None

        def ask(client: Any) -> Written:
            started = time.perf_counter()
            answer = client.chat(
                model=model,
                messages=[{"role": role, "content": text} for role, text in [*turns, ("user", request.prompt)]],
                stream=streams,
                think=think,
                format=_schema(request),
                options=self._options(request, room),
                keep_alive=self.settings.keep_alive,
                **_wish_for_probabilities(request),
            )
            if not streams:
                return chatted([answer], False)
            with closing(answer):  # a model that goes on after the end of its answer is not waited for
                written = chatted(answer, True)
            # The server tells its time at the very end only.
            return written if written.model_ms else replace(written, model_ms=(time.perf_counter() - started) * 1e3)

        return self.ask(ask, model)

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
        """Ask through the official client; the whole answer has to be there within the settings' longest wait.

        Args:
            ask: what to do with the client.
            model: named in sentences about failures.
        Raises: as version; ModelMissing if the server does not have the model.
        """
        with self.limits.within(self.settings.read_timeout_s):
            return self.translated(lambda: ask(self._client), model)

    def upload(self, path: Path) -> str:
        """Upload a file, however long that takes as long as it goes on; return its digest.

        Raises: as version.
        """
        return self.translated(lambda: str(self._client.create_blob(path)))

    def client_without_limit(self, on_response: Callable[[Any], None]) -> "ollama.Client":
        """Return a client for long work, such as a download, during which the server may be silent for minutes.

        Args:
            on_response: called with each httpx.Response as soon as it begins.
        Returns: a client for the caller to close.
        """
        import httpx

        from jitai.judge.ollama.transport import LimitedTransport

        client: ollama.Client = _library().Client(
            self.url,
            timeout=httpx.Timeout(None, connect=self._connect_timeout_s),
            transport=LimitedTransport(self.limits, has_no_end=True),
            event_hooks={"response": [on_response]},
            **self._usual,
        )
        return client

    def close(self) -> None:
        """Close the connections."""
        clients: tuple[Any, ...] = (self._client, self._listing_client)  # their close() has no type hints
        for client in clients:
            client.close()

    def _options(self, request: Request, room: int = 0) -> dict[str, Any]:
        """Return the options of a question; ``room`` as for chat."""
        options: dict[str, Any] = {
            "temperature": 0,
            "num_predict": request.max_tokens + room,
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
            answer = error.response
            raise status_error(
                answer.status_code, answer.text, model, self.address, self.limits.retry_after_s
            ) from None
        except ollama.ResponseError as error:
            said = str(error.error)
            raise status_error(error.status_code, said, model, self.address, self.limits.retry_after_s) from None
        except httpx.ConnectError as error:
            raise ServerUnreachable(f"Nobody answers at {self.address}.", hint=START_HINT) from error
        except (httpx.TransportError, httpx.TooManyRedirects) as error:
            raise ServerUnreachable(
                f"The connection to the Ollama server at {self.address} broke off.", hint="Try again."
            ) from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, FileFormatError, httpx.DecodingError):
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


def _library() -> Any:
    """Return the official client's module. It reads OLLAMA_HOST when it is first imported, and fails at what it
    cannot read, such as ::1; we read the address ourselves.
    """
    with _environment:
        said = None if "ollama" in sys.modules else os.environ.pop("OLLAMA_HOST", None)
        try:
            return importlib.import_module("ollama")
        finally:
            if said is not None:
                os.environ["OLLAMA_HOST"] = said


def _api_key() -> dict[str, str]:
    """Return the header that the official client sends for OLLAMA_API_KEY; empty without one."""
    key = os.environ.get("OLLAMA_API_KEY", "")
    return {"authorization": f"Bearer {key}"} if key else {}


def connect_timeout_s(url: str) -> float:
    """Return how long to wait for a connection to a URL, in seconds; longer where a network lies between."""
    return CONNECT_TIMEOUT_S if is_this_machine(url) else REMOTE_CONNECT_TIMEOUT_S
