"""One look at an Ollama server: the models that it holds, and which of them are in memory."""

from dataclasses import dataclass

from jitai.errors import JitaiError
from jitai.judge.ollama.listing import Loaded, OllamaModel
from jitai.judge.ollama.server import OllamaServer

LOOK_TIMEOUT_S = 10.0
"""For all questions of one look together."""


@dataclass(frozen=True)
class ModelDetails:
    """A model on a server, with all that is shown about it.

    Attributes:
        model: name, digest, size, family, quantisation, and where it runs.
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


def probe_server(server: OllamaServer) -> ServerOverview:
    """Find out which models a server holds, and which are in memory. Never raises JitaiError."""
    try:
        with server.limits.within(LOOK_TIMEOUT_S):
            version, loaded = server.version(), server.loaded_models()
            models = tuple(
                ModelDetails(model, known.context_tokens, known.capabilities, loaded.get(model.name))
                for model, known in server.all_recognised(server.list_models())
            )
    except JitaiError as error:
        return ServerOverview(server.address, failure=error.in_full)
    return ServerOverview(server.address, version, models)
