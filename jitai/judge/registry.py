"""Which judge is at work: what there is to choose from, and making the one that was chosen.

A choice is a key: "embedded", "embedded-tuned" (with our adapter), or "ollama:" and the name of a model on the Ollama
server; and the name of a prompt, or none for the one that suits the model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jitai.decision import DEFAULT_BAND, UnsureBand
from jitai.errors import JitaiError, ParameterError
from jitai.judge import embedded
from jitai.judge.base import Backend
from jitai.judge.cache import VerdictCache
from jitai.judge.judge import Judge
from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.ollama.management import JUDGE_NAME
from jitai.judge.ollama.server import OllamaModel, OllamaServer, OllamaSettings
from jitai.judge.prompt_file import DEFAULT_PROMPT_FILE, TUNED_PROMPT_FILE, load_prompt
from jitai.judge.prompts import Prompt
from jitai.judge.rules import Rules, load_rules
from jitai.parameters import suggestion
from jitai.records import Decision

EMBEDDED = "embedded"
TUNED = "embedded-tuned"
OLLAMA_PREFIX = "ollama:"
DEFAULT_PROMPT = "few_shot"
TUNED_PROMPT = "fine_tuned"

# These turn texts into vectors and cannot answer. The server's list of models says nothing of capabilities, and newer
# embedding models are of families that also write; their names say what they are.
_EMBEDDING_FAMILIES = {"bert", "nomic-bert", "nomic-bert-moe", "xlm-roberta"}
_EMBEDDING_NAME = "embed"


@dataclass(frozen=True)
class JudgeOption:
    """A judge that may be chosen.

    Attributes:
        key: "embedded", "embedded-tuned" or "ollama:NAME".
        label: shown to people.
        prompt: name of the strategy that suits it best.
        note: what they should know about it; empty if nothing.
        usable: False if something has to be installed first, which the note then says.
    """

    key: str
    label: str
    prompt: str
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
        return OllamaProbe(failure=error.in_full)
    try:
        version = server.version()
        models = tuple(model for model in server.list_models() if _writes_text(model))
    except JitaiError as error:
        return OllamaProbe(failure=error.in_full)
    finally:
        server.close()
    failure = "" if models else "The Ollama server has no model yet. Run `ollama pull gemma3:1b`, for example."
    return OllamaProbe(version, models, failure)


def available_judges(found: OllamaProbe, prompts: Sequence[Prompt]) -> tuple[JudgeOption, ...]:
    """The judges to choose from, the recommended one first: see ``_rank``.

    Args:
        found: what probe found.
        prompts: the strategies, whose calibrations tell which models are known.
    """
    options = [_ollama_option(model, prompts) for model in found.models]
    shares = {
        option.key: _share_right(model, option, prompts) for model, option in zip(found.models, options, strict=True)
    }
    installed = embedded.is_installed()
    for key, name, prompt_name in (
        (TUNED, embedded.ADAPTER_NAME, TUNED_PROMPT),
        (EMBEDDED, embedded.MODEL_NAME, DEFAULT_PROMPT),
    ):
        if key == TUNED and embedded.find_adapter() is None:
            continue
        note = "Runs inside the dashboard; needs no server." if installed else f"Not installed. {embedded.INSTALL_HINT}"
        # By name: the digest takes a moment to compute, and the first page does not wait for it.
        fitted = [item for item in find_prompt(prompts, prompt_name).calibrations.values() if item.model == name]
        if installed:
            note = " ".join([note, *(item.measured for item in fitted)]).strip()
        shares[key] = next((item.share_right for item in fitted if item.share_right is not None), None)
        options.append(JudgeOption(key, f"Embedded: {name}", prompt_name, note, installed))
    return tuple(sorted(options, key=lambda option: _rank(option.key, shares)))


def _writes_text(model: OllamaModel) -> bool:
    """Whether a model can answer at all, as far as the server's list tells."""
    return model.family not in _EMBEDDING_FAMILIES and _EMBEDDING_NAME not in _bare_name(model.name).lower()


def _bare_name(name: str) -> str:
    """A model's name without registry, namespace and tag."""
    return name.rpartition("/")[2].partition(":")[0]


def _is_our_judge(name: str) -> bool:
    """Whether a name on an Ollama server is that of our tuned model, put there from this machine or another."""
    return _bare_name(name) == JUDGE_NAME


def _ollama_option(model: OllamaModel, prompts: Sequence[Prompt]) -> JudgeOption:
    name = _suited_to(model, prompts)
    calibration = find_prompt(prompts, name).calibration_for(model.digest)
    note = calibration.measured
    if not calibration.is_fitted:
        note = "Not calibrated: its probabilities are taken as they are."
    elif not note:
        note = "Calibrated, but nobody has measured how often it is right: the Validation page does."
    return JudgeOption(
        OLLAMA_PREFIX + model.name,
        f"Ollama: {model.name}" + (f" ({model.size_bytes / 1e9:.1f} GB)" if model.size_bytes else ""),
        name,
        note,
    )


def _suited_to(model: OllamaModel, prompts: Sequence[Prompt]) -> str:
    """The name of the strategy to ask a model on the server with: of those calibrated for it, the best measured.

    Our own judge understands one prompt only, whether or not a calibration on this machine says so.
    """
    if _is_our_judge(model.name):
        return TUNED_PROMPT
    fitted = [prompt for prompt in prompts if prompt.calibration_for(model.digest).is_fitted]

    def merit(prompt: Prompt) -> tuple[float, bool]:
        return prompt.calibration_for(model.digest).share_right or 0.0, prompt.name == DEFAULT_PROMPT

    return max(fitted, key=merit).name if fitted else DEFAULT_PROMPT


def _share_right(model: OllamaModel, option: JudgeOption, prompts: Sequence[Prompt]) -> float | None:
    """What was measured of a model on the server under the strategy that suits it; None if nothing was."""
    return find_prompt(prompts, option.prompt).calibration_for(model.digest).share_right


def _rank(key: str, shares: Mapping[str, float | None]) -> tuple[int, float]:
    """Smaller is better.

    What was measured to be better than our adapter comes before it, the rest of what was measured behind it; so a copy
    of our adapter on a server, which is slower, does too. Unmeasured models stand behind those: they may well be better
    than the plain embedded model, but nobody knows.

    Args:
        key: of the judge.
        shares: of statements on which each judge was right, in [0, 1]; None where nobody measured it.
    """
    tuned, plain = (shares.get(embedded_key) or 0.0 for embedded_key in (TUNED, EMBEDDED))
    share = shares[key]
    if key in (TUNED, EMBEDDED):
        return (1 if key == TUNED else 4), 0.0
    if share is None:
        # Our own judge, measured elsewhere, before strangers.
        return 3, float(not _is_our_judge(key.removeprefix(OLLAMA_PREFIX)))
    if share > tuned:
        return 0, -share
    return (2 if share > plain else 5), -share


def find_prompt(prompts: Sequence[Prompt], name: str) -> Prompt:
    """The strategy of a name.

    Raises: ParameterError naming those there are.
    """
    for prompt in prompts:
        if prompt.name == name:
            return prompt
    names = tuple(prompt.name for prompt in prompts)
    raise ParameterError(f"There is no prompt {name[:60]!r}{suggestion(name, names)}")


def suited_prompt(options: Sequence[JudgeOption], prompts: Sequence[Prompt], key: str, name: str = "") -> Prompt | None:
    """The strategy to ask a judge with: the one that was named, or the one that suits it.

    Args:
        options: from available_judges.
        prompts: the strategies.
        key: of the judge.
        name: of the strategy; empty for the one that suits.
    Returns: None where the judge is not among the options and nothing was named: its backend then has a default.
    Raises: ParameterError if there is no strategy of that name.
    """
    name = name or next((option.prompt for option in options if option.key == key), "")
    return find_prompt(prompts, name) if name else None


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


def open_backend(
    key: str,
    *,
    host: str | None = None,
    n_threads: int = embedded.DEFAULT_THREADS,
    ollama: OllamaSettings | None = None,
) -> Backend:
    """The backend of a key; nothing is loaded and nothing sent yet.

    Args:
        key: "embedded", "embedded-tuned" or "ollama:NAME".
        host: address of the Ollama server; by default OLLAMA_HOST.
        n_threads: threads of the embedded model; more than one pays only where nothing else runs.
        ollama: how an Ollama server is asked.
    Raises: ParameterError for any other key.
    """
    if key in (EMBEDDED, TUNED):
        return embedded.EmbeddedBackend(n_threads=n_threads, tuned=key == TUNED)
    name = key.removeprefix(OLLAMA_PREFIX)
    if key.startswith(OLLAMA_PREFIX) and name:
        return OllamaBackend(name, OllamaServer(host, ollama))
    raise ParameterError(
        'A judge is "embedded", "embedded-tuned" or "ollama:NAME", NAME being a model on the Ollama server.'
    )


def open_judge(
    key: str = EMBEDDED,
    *,
    prompt: Prompt | None = None,
    rules: Rules | None = None,
    cache_folder: Path | None = None,
    on_failure: Decision = Decision.HOLD_BACK,
    host: str | None = None,
    n_threads: int = embedded.DEFAULT_THREADS,
    band: UnsureBand = DEFAULT_BAND,
    ollama: OllamaSettings | None = None,
) -> Judge:
    """The judge of a key, ready to be asked; the model is loaded by the first question or by Judge.warm_up.

    Args:
        key, host, n_threads, ollama: as for open_backend.
        prompt, rules: by default those of assets/prompts/, for the tuned model its own prompt.
        cache_folder: where replies are kept, such as cache.default_cache_dir(); by default in memory only.
        on_failure: the decision where the model cannot answer.
        band: between which probabilities it is unsure.
    Raises: ParameterError, FileFormatError.
    """
    return Judge(
        open_backend(key, host=host, n_threads=n_threads, ollama=ollama),
        prompt if prompt is not None else load_prompt(TUNED_PROMPT_FILE if key == TUNED else DEFAULT_PROMPT_FILE),
        rules if rules is not None else load_rules(),
        VerdictCache(cache_folder),
        on_failure,
        band,
    )
