"""Which judge is at work: what there is to choose from, and making the one that was chosen.

A choice is a key: "embedded", or "ollama:" and the name of a model on the Ollama server.
"""

from dataclasses import dataclass
from pathlib import Path

from jitai.errors import JitaiError, ParameterError
from jitai.judge import embedded
from jitai.judge.base import Backend
from jitai.judge.cache import VerdictCache
from jitai.judge.judge import Judge
from jitai.judge.ollama import OllamaBackend, OllamaModel, OllamaServer
from jitai.judge.prompts import Prompt, load_prompt
from jitai.judge.rules import Rules, load_rules
from jitai.records import Decision

EMBEDDED = "embedded"
OLLAMA_PREFIX = "ollama:"

# These turn texts into vectors and cannot answer.
_EMBEDDING_FAMILIES = {"bert", "nomic-bert", "nomic-bert-moe", "xlm-roberta"}


@dataclass(frozen=True)
class JudgeOption:
    """A judge that may be chosen.

    Attributes:
        key: "embedded" or "ollama:NAME".
        label: shown to people.
        note: what they should know about it; empty if nothing.
        usable: False if something has to be installed first, which the note then says.
    """

    key: str
    label: str
    note: str = ""
    usable: bool = True


@dataclass(frozen=True)
class OllamaProbe:
    """What a look at the Ollama server found.

    Attributes:
        version: of the server; empty if none answered.
        models: on it.
        failure: why there is nothing to choose, as a sentence with what to do; empty if there is.
    """

    version: str = ""
    models: tuple[OllamaModel, ...] = ()
    failure: str = ""


def probe(host: str | None = None) -> OllamaProbe:
    """Look for an Ollama server and its models; takes a few seconds at the very most, and never raises JitaiError.

    Args:
        host: address; by default the setting OLLAMA_HOST, or 127.0.0.1:11434.
    """
    try:
        server = OllamaServer(host)
    except JitaiError as error:
        return OllamaProbe(failure=f"{error} {error.hint}".strip())
    try:
        version = server.version()
        models = tuple(model for model in server.list_models() if model.family not in _EMBEDDING_FAMILIES)
    except JitaiError as error:
        return OllamaProbe(failure=f"{error} {error.hint}".strip())
    finally:
        server.close()
    failure = "" if models else "The Ollama server has no model yet. Run `ollama pull gemma3:1b`, for example."
    return OllamaProbe(version, models, failure)


def available_judges(found: OllamaProbe, prompt: Prompt) -> tuple[JudgeOption, ...]:
    """The judges to choose from, the recommended one first: Ollama's models, calibrated ones ahead, then the embedded.

    Args:
        found: what probe found.
        prompt: whose calibrations tell which models are known.
    """

    def is_fitted(model: OllamaModel) -> bool:
        return prompt.calibration_for(model.digest).is_fitted

    options = [
        JudgeOption(
            OLLAMA_PREFIX + model.name,
            f"Ollama: {model.name}" + (f" ({model.size_bytes / 1e9:.1f} GB)" if model.size_bytes else ""),
            "" if is_fitted(model) else "Not calibrated for this prompt: its probabilities are taken as they are.",
        )
        for model in sorted(found.models, key=lambda model: not is_fitted(model))
    ]
    installed = embedded.is_installed()
    note = "Runs inside the dashboard; needs no server." if installed else f"Not installed. {embedded.INSTALL_HINT}"
    if installed:
        # By name: the digest takes a moment to compute, and the first page does not wait for it.
        fitted = (item for item in prompt.calibrations.values() if item.model == embedded.MODEL_NAME)
        note = " ".join([note, *(item.measured for item in fitted)]).strip()
    options.append(JudgeOption(EMBEDDED, f"Embedded: {embedded.MODEL_NAME}", note, installed))
    return tuple(options)


def choose_judge(options: tuple[JudgeOption, ...], picked: str = "") -> str:
    """The key of the judge to use: the one that the person picked if it is there, or the first usable one.

    Args:
        options: from available_judges.
        picked: the person's choice; empty if none was made.
    """
    usable = [option.key for option in options if option.usable]
    if picked in usable:
        return picked
    return usable[0] if usable else EMBEDDED


def open_backend(key: str, *, host: str | None = None, n_threads: int = embedded.DEFAULT_THREADS) -> Backend:
    """The backend of a key; nothing is loaded and nothing sent yet.

    Args:
        key: "embedded" or "ollama:NAME".
        host: address of the Ollama server; by default OLLAMA_HOST.
        n_threads: threads of the embedded model; more than one pays only where nothing else runs.
    Raises: ParameterError for any other key.
    """
    if key == EMBEDDED:
        return embedded.EmbeddedBackend(n_threads=n_threads)
    name = key.removeprefix(OLLAMA_PREFIX)
    if key.startswith(OLLAMA_PREFIX) and name:
        return OllamaBackend(name, OllamaServer(host))
    raise ParameterError('A judge is "embedded" or "ollama:NAME", NAME being a model on the Ollama server.')


def open_judge(
    key: str = EMBEDDED,
    *,
    prompt: Prompt | None = None,
    rules: Rules | None = None,
    cache_folder: Path | None = None,
    on_failure: Decision = Decision.HOLD_BACK,
    host: str | None = None,
    n_threads: int = embedded.DEFAULT_THREADS,
) -> Judge:
    """The judge of a key, ready to be asked; the model is loaded by the first question or by Judge.warm_up.

    Args:
        key, host, n_threads: as for open_backend.
        prompt, rules: by default those of assets/prompts/.
        cache_folder: where replies are kept, such as cache.default_cache_dir(); by default in memory only.
        on_failure: the decision where the model cannot answer.
    Raises: ParameterError, FileFormatError.
    """
    return Judge(
        open_backend(key, host=host, n_threads=n_threads),
        prompt if prompt is not None else load_prompt(),
        rules if rules is not None else load_rules(),
        VerdictCache(cache_folder),
        on_failure,
    )
