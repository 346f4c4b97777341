"""Failures of an Ollama server as errors with sentences."""

from jitai.errors import BackendError, ModelMissing, ParameterError
from jitai.sanitise import for_sentence

START_HINT = "Start Ollama, or set OLLAMA_HOST to its address, or choose the embedded model."


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


def broken_connections() -> tuple[type[Exception], ...]:
    """Return the exceptions of a connection that existed and broke off."""
    import httpx

    return (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


def missing_model(model: str, address: str) -> ModelMissing:
    """Return the error for a model that the server lacks."""
    name = for_sentence(model)
    return ModelMissing(
        f"The Ollama server at {address} does not have the model {name}.", hint=f"Run `ollama pull {name}`."
    )


def status_error(status: int, message: str, model: str, address: str) -> BackendError:
    """Return our error for an HTTP status and the server's own message, which is read but never shown."""
    known = message.lower()
    if status == 404 and model and "not found" in known and "page" not in known:
        return missing_model(model, address)
    sentence, hint = _refusal(status, known, for_sentence(model), address)
    error = Refused(sentence, hint=hint)
    error.status = status
    error.retryable = status == 503 or "runner" in known
    error.is_too_long = "context length" in known
    error.is_about_thinking = status == 400 and "thinking" in known
    return error


def _refusal(status: int, known: str, model: str, address: str) -> tuple[str, str]:
    """Return the sentence and the hint for a status and a message in small letters."""
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


def bad_address() -> ParameterError:
    """Return the error for an address that cannot be understood."""
    return ParameterError(
        "The address of the Ollama server (OLLAMA_HOST) cannot be understood.",
        hint="Write it as 127.0.0.1:11434 or http://name:11434.",
    )
