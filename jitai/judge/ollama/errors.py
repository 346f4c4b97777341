"""Failures of an Ollama server as errors with sentences."""

from collections.abc import Sequence
from difflib import get_close_matches

from jitai.errors import BackendError, ModelMissing, ParameterError
from jitai.sanitise import for_sentence

START_HINT = "Start Ollama, or set OLLAMA_HOST to its address, or choose the embedded model."


TOO_LONG = ("context length", "context size")
"""How 0.24.0 and 0.33.0 word that a prompt is too long."""


class Refused(BackendError):
    """The server answered, but with an error.

    Attributes:
        status: the HTTP status; -1 where the error came in the middle of an answer.
        is_too_long: the prompt has no room in the context.
        is_about_thinking: the server did not like what was said about thinking.
        retry_after_s: the wait that the server asks for, in seconds; None if it says nothing.
    """

    status = -1
    is_too_long = False
    is_about_thinking = False
    retry_after_s: float | None = None


def broken_connections() -> tuple[type[Exception], ...]:
    """Return the exceptions of a connection that existed and broke off."""
    import httpx

    return (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


def missing_model(model: str, address: str, known: Sequence[str] = ()) -> ModelMissing:
    """Return the error for a model that the server lacks, with the nearest name of those that it has."""
    name = for_sentence(model)
    near = get_close_matches(name.casefold(), [for_sentence(item) for item in known], n=1, cutoff=0.6)
    hint = f"Did you mean {near[0]}? Or run `ollama pull {name}`." if near else f"Run `ollama pull {name}`."
    return ModelMissing(f"The Ollama server at {address} does not have the model {name}.", hint=hint)


def status_error(
    status: int, message: str, model: str, address: str, retry_after_s: float | None = None
) -> BackendError:
    """Return our error for an HTTP status and the server's own message, which is read but never shown."""
    known = message.lower()
    if status == 404 and model and "not found" in known and "page" not in known:
        return missing_model(model, address)
    sentence, hint = _refusal(status, known, for_sentence(model), address)
    error = Refused(sentence, hint=hint)
    error.status = status
    error.retryable = status in (429, 503) or "runner" in known
    error.is_too_long = any(words in known for words in TOO_LONG)
    error.is_about_thinking = status == 400 and "think" in known
    error.retry_after_s = retry_after_s
    return error


def _refusal(status: int, known: str, model: str, address: str) -> tuple[str, str]:
    """Return the sentence and the hint for a status and a message in small letters."""
    if 300 <= status < 400:
        return (
            f"What answers at {address} sends us on to another address; nothing was sent there.",
            "Set OLLAMA_HOST to the address of the Ollama server itself.",
        )
    if status == 404:
        return (
            f"What answers at {address} lacks a part of Ollama that is needed.",
            "Check OLLAMA_HOST, or update Ollama.",
        )
    if status == 401:
        return (
            f"The server at {address} wants to know who asks for the model {model}.",
            "Run `ollama signin` on the server's machine for a cloud model; set OLLAMA_API_KEY where a server asks for "
            "a key.",
        )
    if status in (402, 403):
        return (
            f"The server at {address} does not give this account the model {model}.",
            "Look at what your account at ollama.com includes, set OLLAMA_API_KEY, or choose another model.",
        )
    if status == 429:
        return (
            f"The model {model} may not be asked more often at present: the limit of its server is reached.",
            "Wait a while, or choose a model on this machine.",
        )
    if any(words in known for words in TOO_LONG):
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
    if status in (502, 504):
        return (
            f"The Ollama server cannot reach what the model {model} runs on.",
            "Check that machine's internet connection, or choose a model that is on it.",
        )
    if "runner" in known:
        return (
            "The model's process on the Ollama server ended unexpectedly.",
            "Try again: the server will load the model anew.",
        )
    where = "an internal error" if status >= 500 else "a request that it does not accept"
    return f"The Ollama server reports {where} (status {status}).", "Its own log says more; updating Ollama may help."


def bad_address(sentence: str = "") -> ParameterError:
    """Return the error for an address that cannot be understood, or that says what is wrong with it."""
    return ParameterError(
        sentence or "The address of the Ollama server (OLLAMA_HOST) cannot be understood.",
        hint="Write OLLAMA_HOST as 127.0.0.1:11434, [::1]:11434 or http://name:11434.",
    )
